"""`Database`: opened once, it gives out transactions."""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Self

from sqlalchemy import URL, Connection, Engine, ExceptionContext, event, make_url, text
from sqlalchemy.exc import ArgumentError

from holdfast.engine.ports import (
    Clock,
    CommitUnknown,
    StorageFault,
    StorageUnavailable,
    TransactionConflict,
)
from holdfast.storage.database.backend import Backend, DatabaseMisconfigured, Statistics
from holdfast.storage.database.options import DatabaseOptions
from holdfast.storage.database.sqlite import SqliteBackend
from holdfast.storage.database.transactions import FAILED, ReadTransaction, WriteTransaction
from holdfast.storage.types import microseconds

_POSTGRESQL_NAMES = frozenset({"postgresql", "postgres", "postgresql+psycopg"})
_SQLITE_NAMES = frozenset({"sqlite", "sqlite+pysqlite"})

_SETTLING_PAUSE_SECONDS = 0.05
_OUTLIVING_PAUSE_SECONDS = 0.005
_OUTLIVING_PAUSE_SECONDS_MAX = 0.1
# The update changes nothing, and so is written to the log and to the standby all the same.
_SETTLE = text(
    "INSERT INTO batch (tenant_id, batch_id, is_void, created_at)"
    " VALUES (:tenant_id, :batch_id, true, :created_at)"
    " ON CONFLICT (tenant_id, batch_id) DO UPDATE SET created_at = batch.created_at"
    " RETURNING is_void"
)


class Database:
    """A database, of either kind, from which transactions are taken.

    Attributes:
        statistics: How many statements, commits and rollbacks there were.
    """

    def __init__(self, *, backend: Backend, clock: Clock | None, options: DatabaseOptions) -> None:
        """Use `Database.open`."""
        self.statistics = Statistics()
        self._backend = backend
        self._clock = clock
        self._options = options
        for engine in (backend.writers, backend.readers):
            _watch(engine, backend=backend, statistics=self.statistics)
        _opened.add(self)

    @classmethod
    def open(
        cls, url: str, *, clock: Clock | None = None, options: DatabaseOptions | None = None
    ) -> Self:
        """Open a database. No connection is made yet, so PostgreSQL may start later.

        Args:
            url: `sqlite:///path`, `sqlite:///:memory:` or `postgresql://user@host/name`, whose
                query may hold whatever libpq knows (`?host=/run/postgresql`).
            clock: The clock of record. PostgreSQL has one of its own; SQLite needs this.
            options: Sizes and limits.

        Raises:
            DatabaseMisconfigured: The URL cannot be used; the message says what to change.
        """
        chosen = options or DatabaseOptions()
        try:
            parsed = make_url(url)
        except ArgumentError:
            # Without the URL, which may hold a password.
            raise DatabaseMisconfigured(
                "The database URL cannot be read. Write sqlite:///file or"
                " postgresql://user@host/name."
            ) from None
        backend: Backend
        if parsed.drivername in _SQLITE_NAMES:
            if clock is None:
                raise DatabaseMisconfigured("SQLite has no clock of its own; open it with one.")
            backend = SqliteBackend(parsed, options=chosen)
        elif parsed.drivername in _POSTGRESQL_NAMES:
            backend = _postgresql(parsed.set(drivername="postgresql+psycopg"), options=chosen)
        else:
            raise DatabaseMisconfigured(
                f"Holdfast keeps its books in SQLite or PostgreSQL, not in {parsed.drivername!r}."
            )
        return cls(backend=backend, clock=clock, options=chosen)

    @property
    def dialect_name(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._backend.name

    def write(self, tenant_id: str) -> WriteTransaction:
        """Return a transaction that may write, to be used in a `with` block."""
        return self._write(tenant_id, commit_seconds=self._options.commit_seconds)

    def read(self, tenant_id: str | None = None) -> ReadTransaction:
        """Return a transaction that cannot write, to be used in a `with` block."""
        return ReadTransaction(
            backend=self._backend,
            statistics=self.statistics,
            clock=self._clock,
            tenant_id=tenant_id,
        )

    def settle(self, *, tenant_id: str, batch_id: str) -> bool:
        """Find out, or decide, what became of a batch whose COMMIT was lost.

        The same `batch_id` is inserted as void, which waits for the old transaction. A plain
        look-up would not: it saw nothing, and then the old COMMIT landed.

        Returns:
            True if the old batch has committed: its answers stand. False if it never can, so that
            it may be run again under a new id.

        Raises:
            StorageUnavailable: It could not be told in time; nothing may be run again.
        """
        deadline = time.monotonic() + self._options.settle_seconds
        pause = _SETTLING_PAUSE_SECONDS
        while True:
            try:
                return self._settle_once(tenant_id, batch_id, deadline=deadline)
            except (CommitUnknown, StorageUnavailable, TransactionConflict) as fault:
                if time.monotonic() + pause >= deadline:
                    raise StorageUnavailable(
                        f"The outcome of batch {batch_id} could not be settled in time."
                    ) from fault
            time.sleep(pause)
            pause *= 2

    def outlive(self, *, tenant_id: str, seconds: float) -> bool:
        """Wait until every write transaction that is alive now has ended.

        Whoever begins after this call sees what was committed before it. Transactions of other
        programs on the same server are waited for as well, since nobody can tell them apart.

        Returns:
            False if some were still alive after so many seconds.

        Raises:
            StorageUnavailable: The database cannot be reached.
        """
        with self.read(tenant_id) as reading:
            if self._backend.oldest_alive(reading.connection) is None:
                return True
        with self.write(tenant_id) as mark:
            number = self._backend.own_number(mark.connection)
        deadline = time.monotonic() + seconds
        pause = _OUTLIVING_PAUSE_SECONDS
        while True:
            with self.read(tenant_id) as reading:
                oldest = self._backend.oldest_alive(reading.connection)
            if oldest is None or oldest >= number:
                return True
            if time.monotonic() + pause >= deadline:
                return False
            time.sleep(pause)
            pause = min(2 * pause, _OUTLIVING_PAUSE_SECONDS_MAX)

    def clock_skew(self, wall_clock: Callable[[], datetime]) -> timedelta:
        """Return by how much a clock is ahead of the database's own, half the way there deducted.

        Zero where the clock of record is another one: that which the database was opened with.
        """
        if self._clock is not None:
            return timedelta(0)
        with self.read() as transaction:
            connection = transaction.connection
            before = wall_clock()
            there = self._backend.now(connection)
            after = wall_clock()
        return before + (after - before) / 2 - there

    def server_version(self) -> tuple[int, ...]:
        """Return the database's version, highest part first.

        Raises:
            DatabaseMisconfigured: It is too old for Holdfast.
            StorageUnavailable: It cannot be reached.
        """
        with self.read() as transaction:
            return self._backend.version(transaction.connection)

    def has_btree_gist(self) -> bool:
        """Whether the extension behind the exclusion constraint is there, installed or not."""
        with self.read() as transaction:
            return self._backend.has_btree_gist(transaction.connection)

    def translate(self, error: BaseException) -> StorageFault | None:
        """Return what a driver's or SQLAlchemy's exception means, or None if nothing of ours.

        Transactions have done this already with whatever their connection raises.
        """
        return error if isinstance(error, StorageFault) else self._backend.translate(error)

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Translate what the block raises; for statements outside our own transactions."""
        try:
            yield
        except StorageFault:
            raise
        except Exception as error:  # whatever is not ours goes on unchanged
            fault = self._backend.translate(error)
            if fault is None:
                raise
            raise fault from error

    def dispose(self) -> None:
        """Close all connections. A database in memory is gone after this."""
        self._backend.dispose()

    def forget_connections(self) -> None:
        """Leave the connections to the process that this one was forked from (done by itself)."""
        self._backend.forget()

    def _write(self, tenant_id: str, *, commit_seconds: float) -> WriteTransaction:
        return WriteTransaction(
            backend=self._backend,
            statistics=self.statistics,
            clock=self._clock,
            tenant_id=tenant_id,
            commit_seconds=commit_seconds,
        )

    def _settle_once(self, tenant_id: str, batch_id: str, *, deadline: float) -> bool:
        remaining = max(0.1, deadline - time.monotonic())
        with self._write(tenant_id, commit_seconds=remaining) as transaction:
            values = {
                "tenant_id": tenant_id,
                "batch_id": batch_id,
                "created_at": microseconds(transaction.now()),
            }
            is_void = transaction.connection.execute(_SETTLE, values).scalar_one()
            transaction.commit()
        return not is_void


_opened: weakref.WeakSet[Database] = weakref.WeakSet()


def _forget_what_was_inherited() -> None:
    """After a fork, in the child: two processes on one connection would talk into each other."""
    for database in list(_opened):
        database.forget_connections()


os.register_at_fork(after_in_child=_forget_what_was_inherited)


def _postgresql(url: URL, *, options: DatabaseOptions) -> Backend:
    """Make the backend of PostgreSQL, whose driver is an extra."""
    try:
        from holdfast.storage.database.postgresql import PostgresBackend  # optional: psycopg
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise
        raise DatabaseMisconfigured(
            "PostgreSQL needs its driver: pip install 'holdfast[postgresql]'"
        ) from error
    return PostgresBackend(url, options=options)


def _watch(engine: Engine, *, backend: Backend, statistics: Statistics) -> None:
    """Translate what fails on an engine's connections, count statements, and guard the end."""

    def on_statement(connection: Connection, *_: object) -> None:
        # PostgreSQL refuses this itself. SQLite would go on, after a full disk even outside any
        # transaction, where each statement commits itself.
        assert FAILED not in connection.info, "a statement of this transaction has failed"
        statistics.add_statements(1)

    def on_error(context: ExceptionContext) -> BaseException | None:
        if context.connection is not None and not context.is_disconnect:
            context.connection.info[FAILED] = True
        return backend.translate(context.original_exception)

    def on_commit(connection: Connection) -> None:
        del connection
        raise AssertionError("a transaction is committed by its own commit()")

    event.listen(engine, "before_cursor_execute", on_statement)
    event.listen(engine, "handle_error", on_error)
    event.listen(engine, "commit", on_commit)
