"""SQLite: one file, write-ahead log, one writer at a time."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import cast

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from holdfast.engine.ports import (
    CapacityKind,
    CommitUnknown,
    ConstraintViolated,
    LockedRow,
    LockRequest,
    StorageFault,
    StorageUnavailable,
    TransactionConflict,
)
from holdfast.storage.database.backend import DatabaseMisconfigured, Locked
from holdfast.storage.database.constraints import constraint_in
from holdfast.storage.database.memory import MemoryFolder
from holdfast.storage.database.options import DatabaseOptions, milliseconds
from holdfast.storage.database.queueing import WriterQueue
from holdfast.storage.database.steps import (
    SQLITE,
    Answer,
    Insertion,
    Query,
    Step,
    change_form,
    insert_form,
    query_form,
)
from holdfast.storage.types import instant_from

VERSION_MIN = (3, 35, 0)  # the first with RETURNING

_CONFLICT = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_UNAVAILABLE = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM}
)
_SYNCHRONOUS_FULL = 2

_LOCK = """
INSERT INTO capacity (tenant_id, key, kind, used, over_commit, seq)
VALUES (?, ?, ?, 0, 0, 1)
ON CONFLICT (tenant_id, key) DO UPDATE SET seq = capacity.seq + 1
RETURNING kind, used, cap, over_commit, seq, decided_at
"""


class SqliteBackend:
    """What Holdfast asks of SQLite."""

    name = "sqlite"
    has_clock = False

    def __init__(self, url: URL, *, options: DatabaseOptions) -> None:
        """Make the pools; no connection is made yet."""
        self._options = options
        self._inherited: list[object] = []
        self._memory: MemoryFolder | None = None
        self._lock_path: Path | None
        if url.query:
            raise DatabaseMisconfigured("A SQLite URL takes no options after '?'.")
        if url.database is None or url.database in {"", ":memory:"}:
            self._memory = MemoryFolder()
            self._path, self._lock_path = self._memory.path / "memory.sqlite", None
        else:
            self._path = Path(url.database).resolve()
            self._lock_path = self._path.with_name(self._path.name + ".lock")
            if not self._path.parent.is_dir():
                raise DatabaseMisconfigured(
                    f"The folder {self._path.parent} does not exist, so the database"
                    f" {self._path.name} cannot be made in it."
                )
        self._queue = WriterQueue(lock_path=self._lock_path)
        self.writers = self._engine(size=1, is_reader=False)
        self.readers = self._engine(size=options.readers, is_reader=True)

    def turn(self) -> AbstractContextManager[None]:
        """Wait for the turn to write, behind this process's threads and the other processes."""
        return self._queue.turn(timeout_seconds=self._options.acquire_seconds)

    def begin_write(self, connection: Connection) -> None:
        """Begin IMMEDIATE: the lock is taken now, not in the middle, where it could not be got."""
        with self._faults():
            _driver(connection).execute("BEGIN IMMEDIATE")

    def begin_read(self, connection: Connection) -> None:
        """Begin; all statements see the state that the first one found."""
        with self._faults():
            _driver(connection).execute("BEGIN")

    def lock(
        self,
        connection: Connection,
        *,
        tenant_id: str,
        requests: Sequence[LockRequest],
        is_first: bool,
    ) -> Locked:
        """Lock rows in the order given. The whole file is locked already; this makes and reads."""
        if is_first:
            self.begin_write(connection)
        rows = []
        cursor = _driver(connection).cursor()
        with self._faults():
            for request in requests:
                cursor.execute(_LOCK, (tenant_id, request.key, request.kind.value))
                kind, used, cap, over_commit, seq, decided_at = cursor.fetchone()
                rows.append(
                    LockedRow(
                        key=request.key,
                        kind=CapacityKind(kind),
                        used=used,
                        cap=cap,
                        over_commit=over_commit,
                        seq=seq,
                        decided_at=None if decided_at is None else instant_from(decided_at),
                    )
                )
        return Locked(rows=rows, instant=None)

    def read(self, connection: Connection, queries: Sequence[Query]) -> list[Answer]:
        """Answer queries, one after the other."""
        answers = []
        cursor = _driver(connection).cursor()
        with self._faults():
            for query in queries:
                form = query_form(query.statement, SQLITE)
                answers.append(form.rows(cursor.execute(form.sql, form.parameters(query.values))))
        return answers

    def write(self, connection: Connection, steps: Sequence[Step]) -> list[int]:
        """Write rows: one `executemany` a step."""
        counts = []
        cursor = _driver(connection).cursor()
        with self._faults():
            for step in steps:
                if isinstance(step, Insertion):
                    form = insert_form(step.table, tuple(step.rows[0]), SQLITE)
                else:
                    form = change_form(step.statement, SQLITE)
                cursor.executemany(form.sql, [form.values(row) for row in step.rows])
                counts.append(cursor.rowcount)
        return counts

    def now(self, connection: Connection) -> datetime:
        """Never asked: SQLite has no clock of its own, and `Database.open` demands one."""
        del connection
        raise AssertionError("SQLite has no clock")

    def own_number(self, connection: Connection) -> int:
        """Return any number: one transaction writes at a time, and nobody waits for another."""
        del connection
        return 0

    def oldest_alive(self, connection: Connection) -> int | None:
        """Return None: whoever wrote before has ended when its effect can be seen."""
        del connection
        return None

    def commit(self, connection: Connection, *, limit_seconds: float) -> None:
        """Commit.

        Raises:
            TransactionConflict: The file was busy; nothing was committed.
            ConstraintViolated: A deferred constraint refused; nothing was committed.
            CommitUnknown: The disk failed or was full. What was written of the transaction may
                be found and taken for committed after a crash, until it is settled.
        """
        del limit_seconds  # nobody else is waited for
        try:
            _driver(connection).execute("COMMIT")
        except sqlite3.Error as error:
            fault = self.translate(error)
            if isinstance(fault, TransactionConflict | ConstraintViolated):
                raise fault from error
            raise CommitUnknown(str(error)) from error

    def rollback(self, connection: Connection) -> None:
        """Roll back, unless SQLite has done so already, as it does when the disk is full."""
        driver = _driver(connection)
        if driver.in_transaction:
            driver.execute("ROLLBACK")

    def is_idle(self, connection: Connection) -> bool:
        """Whether the connection is in no transaction."""
        return not connection.invalidated and not _driver(connection).in_transaction

    def is_lost(self, connection: Connection) -> bool:
        """Whether the connection can never be used again."""
        return connection.invalidated

    def translate(self, error: BaseException) -> StorageFault | None:
        """Return what sqlite3's or SQLAlchemy's exception means, or None if nothing of ours."""
        if isinstance(error, PoolTimeoutError):
            return StorageUnavailable("No database connection came free in time.")
        cause = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(cause, sqlite3.Error):
            return None
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # without its extension
        if code in _CONFLICT:
            return TransactionConflict(str(cause))
        if code == sqlite3.SQLITE_CONSTRAINT:
            return ConstraintViolated(str(cause), constraint=constraint_in(str(cause)))
        return StorageUnavailable(str(cause)) if code in _UNAVAILABLE else None

    def version(self, connection: Connection) -> tuple[int, ...]:
        """Return SQLite's version, refusing one without RETURNING."""
        del connection
        if sqlite3.sqlite_version_info < VERSION_MIN:
            raise DatabaseMisconfigured(
                f"Holdfast needs SQLite {'.'.join(map(str, VERSION_MIN))} or later; this Python"
                f" has {sqlite3.sqlite_version}."
            )
        return sqlite3.sqlite_version_info

    def has_btree_gist(self, connection: Connection) -> bool:
        """Never: it is PostgreSQL's."""
        del connection
        return False

    def forget(self) -> None:
        """Keep the parent's connections unused, and unclosed, for the child's whole life."""
        for engine in (self.writers, self.readers):
            self._inherited.append(engine.pool)
            engine.dispose(close=False)
        self._queue = WriterQueue(lock_path=self._lock_path)

    def dispose(self) -> None:
        """Close the connections and remove a database that was in memory."""
        self.writers.dispose()
        self.readers.dispose()
        if self._memory is not None:
            self._memory.remove()

    def _engine(self, *, size: int, is_reader: bool) -> Engine:
        """Make one pool."""
        return create_engine(
            URL.create("sqlite", database=str(self._path)),
            creator=lambda: _connect(self._path, is_reader=is_reader, options=self._options),
            poolclass=QueuePool,
            pool_size=size,
            max_overflow=0,
            pool_timeout=self._options.acquire_seconds,
            pool_use_lifo=True,
            pool_reset_on_return=None,  # transactions end themselves, and it is checked
            hide_parameters=True,
        )

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Translate what the block raises."""
        try:
            yield
        except sqlite3.Error as error:
            fault = self.translate(error)
            if fault is None:
                raise
            raise fault from error


def _connect(path: Path, *, is_reader: bool, options: DatabaseOptions) -> sqlite3.Connection:
    """Make one connection and see to it that it is what we rely on."""
    driver = sqlite3.connect(
        path,
        isolation_level=None,  # BEGIN and COMMIT are ours, not the driver's
        check_same_thread=False,  # a pool hands it from thread to thread, one at a time
        cached_statements=512,
    )
    try:
        driver.execute(f"PRAGMA busy_timeout = {milliseconds(options.acquire_seconds)}")
        _switch_to_write_ahead_log(driver, deadline=time.monotonic() + options.acquire_seconds)
        _set(driver, "synchronous", _SYNCHRONOUS_FULL)
        _set(driver, "foreign_keys", 1)
        if is_reader:
            _set(driver, "query_only", 1)
    except BaseException:
        driver.close()
        raise
    return driver


def _switch_to_write_ahead_log(driver: sqlite3.Connection, *, deadline: float) -> None:
    """Set the journal mode, which is kept in the file and does not wait when it is busy."""
    while True:
        try:
            (mode,) = driver.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.01)  # somebody else is making the same switch
        else:
            break
    if mode != "wal":
        raise DatabaseMisconfigured(
            f"SQLite keeps this database in journal mode {mode!r} and not in 'wal'. Put the file"
            " on a local disk."
        )


def _set(driver: sqlite3.Connection, pragma: str, value: int) -> None:
    """Set a pragma and read it back: SQLite ignores what it does not know or cannot do."""
    driver.execute(f"PRAGMA {pragma} = {value}")
    (found,) = driver.execute(f"PRAGMA {pragma}").fetchone()
    if found != value:
        raise DatabaseMisconfigured(f"SQLite has {pragma} = {found} where {value} was asked for.")


def _driver(connection: Connection) -> sqlite3.Connection:
    """Return sqlite3's own connection."""
    return cast("sqlite3.Connection", connection.connection.driver_connection)
