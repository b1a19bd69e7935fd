"""Transactions: a connection from a pool, held from the first statement until the end.

A transaction costs nothing until it is used: it begins together with its first statement, on
PostgreSQL in the same round trip as the locks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

from sqlalchemy import Connection, Engine

from holdfast.engine.ports import (
    Clock,
    LockedRow,
    LockRequest,
    StorageFault,
    StorageUnavailable,
    TransactionConflict,
)
from holdfast.storage.database.backend import Backend, Statistics
from holdfast.storage.database.steps import Answer, Query, Step

FAILED = "holdfast_failed"
"""Set on a connection when a statement failed on it, until its transaction is over."""

_Answer = TypeVar("_Answer")


class _Lease:
    """A connection taken from a pool, and how it is given back."""

    def __init__(self, *, backend: Backend, engine: Engine) -> None:
        self._backend = backend
        self._engine = engine
        self._connection: Connection | None = None
        self._pid = os.getpid()
        self.is_over = False

    @property
    def connection(self) -> Connection | None:
        """The connection, or None before the first statement."""
        assert not self.is_over, "the transaction has ended"
        assert self._pid == os.getpid(), "the transaction belongs to the process before the fork"
        return self._connection

    @property
    def has_begun(self) -> bool:
        """Whether a connection is held."""
        return self._connection is not None

    def start(self, first: Callable[[Connection], _Answer]) -> _Answer:
        """Take a connection and do the first thing with it; whoever fails at that is over.

        A connection that died in the pool (the server was restarted) is found out now. Nothing
        has been done yet, so the pool is emptied and the first thing done once more.
        """
        assert self.connection is None
        try:
            self._connection = self._engine.connect()
            try:
                return first(self._connection)
            except StorageUnavailable:
                if not self._backend.is_lost(self._connection):
                    raise
            self._give_back()
            self._engine.dispose()
            self._connection = self._engine.connect()
            return first(self._connection)
        except StorageFault:
            self.end()
            raise
        except BaseException as error:
            self.end()
            fault = self._backend.translate(error)
            if fault is None:
                raise
            raise fault from error

    def end(self) -> None:
        """Give the connection back, out of its transaction or not at all. Never raises."""
        if self.is_over:
            return
        self.is_over = True
        if self._connection is not None and self._pid == os.getpid():
            self._give_back()

    def _give_back(self) -> None:
        connection, self._connection = self._connection, None
        assert connection is not None
        # Whatever goes wrong here, the transaction is over: the database rolls back what it has
        # no connection to, and the pool makes another one.
        with suppress(Exception):
            if not self._backend.is_idle(connection):
                self._backend.rollback(connection)
        with suppress(Exception):
            # A connection on which a statement failed is not used again: psycopg takes what stood
            # behind it in the pipeline for prepared, and would fail at that for ever.
            if FAILED in connection.info or not self._backend.is_idle(connection):
                connection.invalidate()
        with suppress(Exception):
            connection.close()


class WriteTransaction:
    """One transaction that may write, of one tenant. Leaving its block without `commit` undoes it.

    Attributes:
        tenant_id: The tenant whose rows it locks and writes.
    """

    def __init__(
        self,
        *,
        backend: Backend,
        statistics: Statistics,
        clock: Clock | None,
        tenant_id: str,
        commit_seconds: float,
    ) -> None:
        """Make a transaction that has not begun; `Database.write` does this."""
        self.tenant_id = tenant_id
        self._backend = backend
        self._statistics = statistics
        self._clock = clock
        self._commit_seconds = commit_seconds
        self._lease = _Lease(backend=backend, engine=backend.writers)
        self._turn = ExitStack()
        self._instant_after_lock: datetime | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.rollback()

    @property
    def connection(self) -> Connection:
        """SQLAlchemy's connection, in the transaction. Failures on it are `StorageFault`s."""
        return self._lease.connection or self._begin(self._only_begin)

    def lock(self, requests: Sequence[LockRequest]) -> list[LockedRow]:
        """Lock capacity rows, making missing ones, in the order given (the caller sorts).

        Raises:
            TransactionConflict: A lock was not got in time, or waiting for it was a deadlock.
            StorageUnavailable: The database cannot be reached, or it was not our turn in time.
        """
        if not requests:
            return []
        # libpq would take the part before a NUL for the whole key.
        assert not any("\0" in request.key for request in requests), "a key has no NUL in it"
        self._statistics.add_statements(len(requests))
        connection = self._lease.connection
        lock = partial(self._backend.lock, tenant_id=self.tenant_id, requests=requests)
        try:
            if connection is None:
                locked = self._begin(partial(lock, is_first=True))
            else:
                locked = lock(connection, is_first=False)
        except BaseException:
            self.rollback()  # PostgreSQL's is broken now; SQLite's would have some of the locks
            raise
        self._instant_after_lock = locked.instant
        return locked.rows

    def read(self, queries: Sequence[Query]) -> list[Answer]:
        """Answer queries, each in its place.

        Raises:
            TransactionConflict, StorageUnavailable: And all is undone.
        """
        if not queries:
            return []
        connection = self.connection
        assert FAILED not in connection.info, "a statement of this transaction has failed"
        self._statistics.add_statements(len(queries))
        try:
            return self._backend.read(connection, queries)
        except BaseException:
            self.rollback()
            raise

    def write(self, steps: Sequence[Step]) -> list[int]:
        """Write rows, step by step, and return how many each step inserted or changed.

        Raises:
            TransactionConflict, ConstraintViolated, StorageUnavailable: And all is undone.
        """
        if not steps:
            return []
        connection = self.connection
        assert FAILED not in connection.info, "a statement of this transaction has failed"
        self._statistics.add_statements(len(steps))
        try:
            return self._backend.write(connection, steps)
        except BaseException:
            self.rollback()
            raise

    def now(self) -> datetime:
        """Return the clock of record: the clock given to `Database.open`, else the database's.

        The first call after `lock` returns the instant at which the last lock had been got, which
        came with the locks; any other call asks again.
        """
        if self._clock is not None:
            return self._clock.now()
        instant, self._instant_after_lock = self._instant_after_lock, None
        if instant is not None:
            return instant
        self._statistics.add_statements(1)
        return self._backend.now(self.connection)

    def commit(self) -> None:
        """Commit; the transaction is over, whatever comes of it.

        Raises:
            CommitUnknown: The outcome cannot be told: `Database.settle` it.
            TransactionConflict: Rolled back; it may be run again.
            ConstraintViolated: Rolled back by a constraint that is checked at the end.
            StorageUnavailable: The connection was lost before; nothing was committed.
        """
        connection = self._lease.connection
        if connection is None:
            self._lease.end()
            return
        if self._backend.is_lost(connection):
            self.rollback()
            raise StorageUnavailable("The connection was lost; nothing was committed.")
        if FAILED in connection.info:
            self.rollback()
            raise TransactionConflict("A statement had failed; nothing was committed.")
        try:
            self._backend.commit(connection, limit_seconds=self._commit_seconds)
        except BaseException:
            self.rollback()
            raise
        self._statistics.add_commit()
        self._end()

    def rollback(self) -> None:
        """Undo everything; never raises, and does nothing once the transaction is over."""
        if not self._lease.is_over and self._lease.has_begun:
            self._statistics.add_rollback()
        self._end()

    def _end(self) -> None:
        self._lease.end()
        self._turn.close()

    def _begin(self, first: Callable[[Connection], _Answer]) -> _Answer:
        """Wait for the turn, then begin with the first thing."""
        try:
            self._turn.enter_context(self._backend.turn())
            return self._lease.start(first)
        except BaseException:
            self._end()
            raise

    def _only_begin(self, connection: Connection) -> Connection:
        self._backend.begin_write(connection)
        return connection


class ReadTransaction:
    """One transaction that sees one state of the database and cannot write.

    Attributes:
        tenant_id: The tenant whose rows it reads; None for a worker's scan over all of them.
    """

    def __init__(
        self,
        *,
        backend: Backend,
        statistics: Statistics,
        clock: Clock | None,
        tenant_id: str | None,
    ) -> None:
        """Make a transaction that has not begun; `Database.read` does this."""
        self.tenant_id = tenant_id
        self._backend = backend
        self._statistics = statistics
        self._clock = clock
        self._lease = _Lease(backend=backend, engine=backend.readers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._lease.end()

    @property
    def connection(self) -> Connection:
        """SQLAlchemy's connection, in the transaction. Writing on it fails."""
        return self._lease.connection or self._lease.start(self._only_begin)

    def read(self, queries: Sequence[Query]) -> list[Answer]:
        """Answer queries, each in its place.

        Raises:
            StorageUnavailable: The database cannot be reached, or took too long.
        """
        if not queries:
            return []
        self._statistics.add_statements(len(queries))
        return self._backend.read(self.connection, queries)

    @property
    def has_clock(self) -> bool:
        """Whether the clock of record is one given to `Database.open`, not the database's."""
        return self._clock is not None

    def now(self) -> datetime:
        """Return the clock of record: the clock given to `Database.open`, else the database's."""
        if self._clock is not None:
            return self._clock.now()
        self._statistics.add_statements(1)
        return self._backend.now(self.connection)

    def _only_begin(self, connection: Connection) -> Connection:
        self._backend.begin_read(connection)
        return connection
