"""PostgreSQL 15 and later, through psycopg 3."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from itertools import islice
from typing import Any, cast

import psycopg
from psycopg.adapt import Transformer
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

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
from holdfast.storage.database import wire
from holdfast.storage.database.backend import DatabaseMisconfigured, Locked
from holdfast.storage.database.options import DatabaseOptions, milliseconds
from holdfast.storage.database.steps import (
    POSTGRESQL,
    Answer,
    Insertion,
    Query,
    Step,
    array,
    change_form,
    insert_form,
    parameter,
    query_form,
)
from holdfast.storage.types import instant_from

VERSION_MIN = (15, 0)

# The classes of SQLSTATE. 40: rolled back, may be run again; 55P03: a lock was not got in time.
# 08: the connection; 53: no room, memory or connections; 57: the operator, a time limit included;
# 58: the machine below; 25P03: idle for too long.
_CONFLICT = ("40", "55P03")
_UNAVAILABLE = ("08", "53", "57", "58", "25P03")
_INTEGRITY = "23"
_OUTCOME_UNKNOWN = "40003"
_WARNING = "01000"

# The clock is read by the very statement that got the lock, so the last row's is the one after
# the last lock, without another round trip.
_LOCK = b"""
INSERT INTO capacity (tenant_id, key, kind, used, over_commit, seq)
VALUES ($1, $2, $3, 0, 0, 1)
ON CONFLICT (tenant_id, key) DO UPDATE SET seq = capacity.seq + 1
RETURNING kind, used, cap, over_commit, seq, decided_at,
  (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
"""
_CLOCK = b"SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_KINDS = {kind.value.encode(): kind for kind in CapacityKind}

_NOTICES = "holdfast_notices"
_PREPARED = "holdfast_prepared"


class PostgresBackend:
    """What Holdfast asks of PostgreSQL."""

    name = "postgresql"
    has_clock = True

    def __init__(self, url: URL, *, options: DatabaseOptions) -> None:
        """Make the pools; no connection is made yet."""
        self._options = options
        self._inherited: list[object] = []
        lock = milliseconds(options.lock_seconds)
        idle = milliseconds(options.idle_in_transaction_seconds)
        # statement_timeout is switched off expressly: a role's or database's default would cover
        # COMMIT, whose outcome would then be unknown. The transaction gets its number at once, not
        # with its first write: `Database.outlive` waits for numbers, and must not miss one that has
        # read the old state and not written yet. (With the locks first, they write at once.)
        self._begin_write = (
            "BEGIN ISOLATION LEVEL READ COMMITTED;"
            f"SET LOCAL lock_timeout = {lock};"
            f"SET LOCAL idle_in_transaction_session_timeout = {idle};"
            "SET LOCAL statement_timeout = 0;"
            "SELECT pg_current_xact_id()"
        ).encode()
        self._begin_pipelined = (
            wire.with_parameters(b"BEGIN ISOLATION LEVEL READ COMMITTED"),
            wire.with_parameters(
                f"SELECT set_config('lock_timeout', '{lock}', true),"
                f" set_config('idle_in_transaction_session_timeout', '{idle}', true),"
                " set_config('statement_timeout', '0', true)".encode()
            ),
        )
        self._begin_read = (
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
            f"SET LOCAL statement_timeout = {milliseconds(options.read_statement_seconds)};"
            "SET LOCAL idle_in_transaction_session_timeout ="
            f" {milliseconds(options.read_idle_seconds)}"
        ).encode()
        self.writers = _engine(url, size=options.writers, options=options)
        self.readers = _engine(url, size=options.readers, options=options)

    def turn(self) -> AbstractContextManager[None]:
        """Let everybody write at once: rows have their own queues."""
        return nullcontext()

    def begin_write(self, connection: Connection) -> None:
        """Begin READ COMMITTED, with the limits of time that hold for writers."""
        with self._faults():
            _raise_first_failure(self._ask(connection, self._begin_write))

    def begin_read(self, connection: Connection) -> None:
        """Begin REPEATABLE READ, READ ONLY: all statements see one state."""
        with self._faults():
            _raise_first_failure(self._ask(connection, self._begin_read))

    def lock(
        self,
        connection: Connection,
        *,
        tenant_id: str,
        requests: Sequence[LockRequest],
        is_first: bool,
    ) -> Locked:
        """Lock rows in the order given: one upsert a row, all in one round trip."""
        tenant = tenant_id.encode()
        rows = [(tenant, item.key.encode(), item.kind.value.encode()) for item in requests]
        exchange = self._exchange(connection)
        if is_first:
            for send in self._begin_pipelined:
                exchange.add(send)
        for row in rows:
            exchange.run(_LOCK, row)
        with self._faults():
            answers = exchange.end(limit_seconds=self._options.answer_seconds)[-len(rows) :]
        found = [_locked_row(item, answer) for item, answer in zip(requests, answers, strict=True)]
        clock = int(answers[-1].get_value(0, 6) or 0) if answers else None
        return Locked(rows=found, instant=None if clock is None else instant_from(clock))

    def read(self, connection: Connection, queries: Sequence[Query]) -> list[Answer]:
        """Answer queries, in one round trip."""
        exchange = self._exchange(connection)
        forms = [query_form(query.statement, POSTGRESQL) for query in queries]
        for form, query in zip(forms, queries, strict=True):
            values = [parameter(value) for value in form.parameters(query.values)]
            exchange.run(form.sql.encode(), values)
        with self._faults():
            outcomes = exchange.end(limit_seconds=self._options.read_statement_seconds)
            loading = Transformer(_driver(connection))
            answers = []
            for form, outcome in zip(forms, outcomes, strict=True):
                loading.set_pgresult(outcome)
                answers.append(form.rows(loading.load_rows(0, outcome.ntuples, tuple)))
        return answers

    def write(self, connection: Connection, steps: Sequence[Step]) -> list[int]:
        """Write rows, in one round trip: an array a column, or a prepared statement a row."""
        exchange = self._exchange(connection)
        for step in steps:
            if isinstance(step, Insertion):
                form = insert_form(step.table, tuple(step.rows[0]), POSTGRESQL)
                exchange.run(
                    form.sql.encode(), [array(column) for column in form.columns(step.rows)]
                )
                continue
            form = change_form(step.statement, POSTGRESQL)
            for row in step.rows:
                exchange.run(form.sql.encode(), [parameter(value) for value in form.values(row)])
        with self._faults():
            outcomes = iter(exchange.end(limit_seconds=self._options.write_seconds))
        sizes = [1 if isinstance(step, Insertion) else len(step.rows) for step in steps]
        return [
            sum(outcome.command_tuples or 0 for outcome in islice(outcomes, size)) for size in sizes
        ]

    def now(self, connection: Connection) -> datetime:
        """Read `clock_timestamp()`, never `now()`, which is the transaction's start."""
        with self._faults():
            outcomes = self._ask(connection, _CLOCK)
            _raise_first_failure(outcomes)
        return instant_from(int(outcomes[0].get_value(0, 0) or 0))

    def own_number(self, connection: Connection) -> int:
        """Return the number of the write transaction that the connection is in."""
        return int(connection.execute(text("SELECT pg_current_xact_id()::text")).scalar_one())

    def oldest_alive(self, connection: Connection) -> int | None:
        """Return the lowest number of a write transaction that may be alive."""
        query = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
        return int(connection.execute(query).scalar_one())

    def commit(self, connection: Connection, *, limit_seconds: float) -> None:
        """Send COMMIT and tell what became of it.

        Raises:
            CommitUnknown: Nobody can tell: the connection broke, no answer came in time, the
                server was shut down, or a synchronous standby was not waited for.
            TransactionConflict: It was rolled back.
            ConstraintViolated: It was rolled back, by a deferred constraint.
        """
        driver = _driver(connection)
        notices = cast("list[str | None]", connection.info[_NOTICES])
        notices.clear()
        try:
            outcomes = wire.simple(driver, b"COMMIT", limit_seconds=limit_seconds)
        except wire.ConnectionLost as error:
            raise CommitUnknown(str(error)) from error
        failed = _first_failure(outcomes)
        if failed is not None:
            fault = _fault(_state(failed), _message(failed), _constraint(failed))
            if isinstance(fault, TransactionConflict | ConstraintViolated) and (
                _state(failed) != _OUTCOME_UNKNOWN
            ):
                raise fault
            raise CommitUnknown(_message(failed))
        if outcomes[-1].command_status != b"COMMIT":
            # PostgreSQL answers COMMIT of a failed transaction with a cheerful ROLLBACK.
            raise TransactionConflict("The transaction had failed; COMMIT rolled it back.")
        if _WARNING in notices:
            raise CommitUnknown("The database did not wait for its synchronous standby.")

    def rollback(self, connection: Connection) -> None:
        """Send ROLLBACK."""
        wire.simple(_driver(connection), b"ROLLBACK", limit_seconds=self._options.acquire_seconds)

    def is_idle(self, connection: Connection) -> bool:
        """Whether the connection is alive and in no transaction."""
        if connection.invalidated:
            return False
        driver = _driver(connection)
        return not driver.closed and driver.pgconn.transaction_status == TransactionStatus.IDLE

    def is_lost(self, connection: Connection) -> bool:
        """Whether the connection can never be used again."""
        return connection.invalidated or _driver(connection).closed

    def translate(self, error: BaseException) -> StorageFault | None:
        """Return what psycopg's or SQLAlchemy's exception means, or None if nothing of ours."""
        if isinstance(error, PoolTimeoutError):
            return StorageUnavailable("No database connection came free in time.")
        cause = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(cause, wire.ConnectionLost):
            return StorageUnavailable(f"The connection to the database was lost: {cause}")
        if not isinstance(cause, psycopg.Error):
            return None
        if cause.sqlstate is None:
            is_broken = isinstance(cause, psycopg.OperationalError)
            return StorageUnavailable(str(cause)) if is_broken else None
        # Only the first line: what follows it quotes the row, which may be somebody's address.
        message = cause.diag.message_primary or type(cause).__name__
        return _fault(cause.sqlstate, message, cause.diag.constraint_name)

    def version(self, connection: Connection) -> tuple[int, ...]:
        """Return (major, minor), refusing what is older than PostgreSQL 15."""
        number = _driver(connection).info.server_version
        found = (number // 10_000, number % 10_000)
        refuse_old_server(found)
        return found

    def has_btree_gist(self, connection: Connection) -> bool:
        """Whether the extension is there, installed in this database or not."""
        query = text("SELECT count(*) FROM pg_available_extensions WHERE name = 'btree_gist'")
        return bool(connection.execute(query).scalar_one())

    def forget(self) -> None:
        """Keep the parent's connections unused, and unclosed, for the child's whole life."""
        for engine in (self.writers, self.readers):
            self._inherited.append(engine.pool)
            engine.dispose(close=False)

    def dispose(self) -> None:
        """Close the connections."""
        self.writers.dispose()
        self.readers.dispose()

    def _exchange(self, connection: Connection) -> _Exchange:
        """Begin to gather statements."""
        prepares = self._options.prepare_threshold is not None
        return _Exchange(connection, prepares=prepares)

    def _ask(self, connection: Connection, sql: bytes) -> list[wire.Outcome]:
        """Send what is answered at once."""
        return wire.simple(_driver(connection), sql, limit_seconds=self._options.answer_seconds)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Translate what the block raises."""
        try:
            yield
        except (psycopg.Error, wire.ConnectionLost) as error:
            fault = self.translate(error)
            if fault is None:
                raise
            raise fault from error


class _Exchange:
    """Statements that are sent in one go, those of the hot path prepared once a connection."""

    def __init__(self, connection: Connection, *, prepares: bool) -> None:
        self._connection = connection
        self._names: dict[bytes, bytes] | None = None
        if prepares:
            self._names = connection.info.setdefault(_PREPARED, {})
        self._sends: list[wire.Send] = []
        self._prepared_at: dict[int, bytes] = {}
        self._new: dict[bytes, bytes] = {}

    def add(self, send: wire.Send) -> None:
        """Send something that is not prepared."""
        self._sends.append(send)

    def run(self, sql: bytes, parameters: Sequence[bytes | None]) -> None:
        """Send a statement."""
        if self._names is None:
            self._sends.append(wire.with_parameters(sql, parameters))
            return
        name = self._names.get(sql) or self._new.get(sql)
        if name is None:
            name = self._new[sql] = f"holdfast_{len(self._names) + len(self._new)}".encode()
            self._prepared_at[len(self._sends)] = sql
            self._sends.append(wire.prepare(name, sql))
        self._sends.append(wire.with_prepared(name, parameters))

    def end(self, *, limit_seconds: float) -> list[wire.Outcome]:
        """Send everything and return the outcomes, but for those of preparing."""
        driver = _driver(self._connection)
        outcomes = wire.pipelined(driver, self._sends, limit_seconds=limit_seconds)
        for place, sql in self._prepared_at.items():
            # It stays prepared when something behind it fails, and cannot be prepared twice.
            if self._names is not None and outcomes[place].status == ExecStatus.COMMAND_OK:
                self._names[sql] = self._new[sql]
        _raise_first_failure(outcomes)
        return [one for place, one in enumerate(outcomes) if place not in self._prepared_at]


def refuse_old_server(version: tuple[int, ...]) -> None:
    """Raise `DatabaseMisconfigured` for a version before PostgreSQL 15."""
    if version < VERSION_MIN:
        raise DatabaseMisconfigured(
            f"Holdfast needs PostgreSQL {VERSION_MIN[0]} or later; this server is"
            f" {'.'.join(map(str, version))}. Upgrade it, or use SQLite."
        )


def _engine(url: URL, *, size: int, options: DatabaseOptions) -> Engine:
    """Make one pool. What the URL says itself is left as it is said there."""
    wanted: dict[str, Any] = {
        "application_name": "holdfast",
        "connect_timeout": max(2, math.ceil(options.connect_seconds)),
        "keepalives": 1,
        "keepalives_idle": options.keepalive_idle_seconds,
        "keepalives_interval": options.keepalive_interval_seconds,
        "keepalives_count": options.keepalive_count_max,
        # How long what we sent may stay unacknowledged: keepalives do not cover that.
        "tcp_user_timeout": 1000
        * (
            options.keepalive_idle_seconds
            + options.keepalive_interval_seconds * options.keepalive_count_max
        ),
    }
    arguments = {name: value for name, value in wanted.items() if name not in url.query}
    engine = create_engine(
        url,
        connect_args={
            **arguments,
            "autocommit": True,  # BEGIN and COMMIT are ours, not the driver's
            "prepare_threshold": options.prepare_threshold,
        },
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0,
        pool_timeout=options.acquire_seconds,
        pool_use_lifo=True,
        pool_reset_on_return=None,  # transactions end themselves, and it is checked
        hide_parameters=True,
        use_native_hstore=False,
    )
    event.listen(engine, "connect", _keep_notices)
    return engine


def _keep_notices(driver: psycopg.Connection[Any], record: ConnectionPoolEntry) -> None:
    """Remember the codes of the notices that come, for COMMIT to look at."""
    notices: list[str | None] = []
    record.info[_NOTICES] = notices
    driver.add_notice_handler(lambda diagnostic: notices.append(diagnostic.sqlstate))


def _driver(connection: Connection) -> wire.Driver:
    """Return psycopg's own connection."""
    return cast("wire.Driver", connection.connection.driver_connection)


def _locked_row(request: LockRequest, answer: wire.Outcome) -> LockedRow:
    """Read one row that the lock returned."""
    kind, used, cap, over_commit, seq, decided_at = (answer.get_value(0, at) for at in range(6))
    return LockedRow(
        key=request.key,
        kind=_KINDS[kind or b""],
        used=int(used or 0),
        cap=None if cap is None else int(cap),
        over_commit=int(over_commit or 0),
        seq=int(seq or 0),
        decided_at=None if decided_at is None else instant_from(int(decided_at)),
    )


def _fault(sqlstate: str, message: str, constraint: str | None) -> StorageFault | None:
    """Return what an SQLSTATE means, or None if nothing of ours."""
    if sqlstate.startswith(_CONFLICT):
        return TransactionConflict(message)
    if sqlstate.startswith(_INTEGRITY):
        return ConstraintViolated(message, constraint=constraint)
    if sqlstate.startswith(_UNAVAILABLE):
        return StorageUnavailable(message)
    return None


def _first_failure(outcomes: Sequence[wire.Outcome]) -> wire.Outcome | None:
    """Return the outcome that failed; those behind it in a pipeline were not run."""
    return next((item for item in outcomes if item.status == ExecStatus.FATAL_ERROR), None)


def _raise_first_failure(outcomes: Sequence[wire.Outcome]) -> None:
    """Raise psycopg's exception for a statement that failed, or the fault that it is."""
    failed = _first_failure(outcomes)
    if failed is None:
        return
    state, message = _state(failed), _message(failed)
    fault = _fault(state, message, _constraint(failed))
    if fault is not None:
        raise fault
    raise psycopg.DatabaseError(f"{message} ({state})")


def _state(failed: wire.Outcome) -> str:
    return _field(failed, DiagnosticField.SQLSTATE) or ""


def _message(failed: wire.Outcome) -> str:
    return _field(failed, DiagnosticField.MESSAGE_PRIMARY) or "The database gave no reason."


def _constraint(failed: wire.Outcome) -> str | None:
    return _field(failed, DiagnosticField.CONSTRAINT_NAME)


def _field(failed: wire.Outcome, field: DiagnosticField) -> str | None:
    """Return one field of an error report."""
    value = failed.error_field(field)
    return None if value is None else value.decode(errors="replace")
