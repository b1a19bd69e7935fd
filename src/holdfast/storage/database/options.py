"""Sizes of the pools and limits of time. Everything has a limit, and the limit has a name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseOptions:
    """How many connections, and how long anything may take. Times are in seconds.

    Attributes:
        writers: Connections for write transactions (SQLite uses one, whatever this says).
        readers: Connections for read transactions.
        acquire_seconds: How long to wait for a free connection, and on SQLite for the turn to
            write; after it `StorageUnavailable`.
        connect_seconds: How long making a connection may take (PostgreSQL: at least 2).
        lock_seconds: How long one statement waits for a row's lock; after it
            `TransactionConflict`. PostgreSQL only.
        idle_in_transaction_seconds: After so long without a statement PostgreSQL ends a write
            transaction, so that a paused process does not stall a tenant.
        answer_seconds: How long PostgreSQL may take to begin a transaction, to give all its locks
            or to tell the time before the connection is dropped: a frozen server enforces nothing.
        write_seconds: How long PostgreSQL may take to write what a batch has decided before the
            connection is dropped.
        commit_seconds: How long COMMIT may take before its connection is dropped, never
            cancelled; after it `CommitUnknown`. PostgreSQL only.
        settle_seconds: For how long `Database.settle` tries.
        read_statement_seconds: How long one statement of a read transaction may take on
            PostgreSQL. Write transactions have no such limit, since it would cover COMMIT.
        read_idle_seconds: As `idle_in_transaction_seconds`, for read transactions.
        prepare_threshold: After how many runs psycopg prepares a statement on the server; None
            never does, which PgBouncer in transaction mode may need.
        keepalive_idle_seconds: Silence after which TCP asks whether the server is still there.
        keepalive_interval_seconds: Time between two such questions.
        keepalive_count_max: Unanswered questions after which the connection counts as lost.
    """

    writers: int = 4
    readers: int = 8
    acquire_seconds: float = 2.0
    connect_seconds: float = 2.0
    lock_seconds: float = 2.0
    idle_in_transaction_seconds: float = 5.0
    answer_seconds: float = 10.0
    write_seconds: float = 60.0
    commit_seconds: float = 10.0
    settle_seconds: float = 5.0
    read_statement_seconds: float = 30.0
    read_idle_seconds: float = 60.0
    prepare_threshold: int | None = 5
    keepalive_idle_seconds: int = 5
    keepalive_interval_seconds: int = 2
    keepalive_count_max: int = 3


def milliseconds(seconds: float) -> int:
    """Return a limit in the whole milliseconds that databases take, never 0, their "no limit"."""
    return max(1, round(seconds * 1000))
