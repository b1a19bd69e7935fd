"""What a database must be able to do for Holdfast: one protocol, two implementations."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, Engine

from holdfast.engine.ports import LockedRow, LockRequest, StorageFault
from holdfast.storage.database.steps import Answer, Query, Step


class DatabaseMisconfigured(Exception):
    """The database cannot be used as it is set up; the message says what to change."""


class Statistics:
    """How much was asked of the database since it was opened. Exact, threads or not."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.statements = 0
        self.commits = 0
        self.rollbacks = 0

    def add_statements(self, count: int) -> None:
        """Count statements that were sent: an `executemany` as one, BEGIN and COMMIT as none."""
        with self._lock:
            self.statements += count

    def add_commit(self) -> None:
        """Count a COMMIT that the database acknowledged."""
        with self._lock:
            self.commits += 1

    def add_rollback(self) -> None:
        """Count a transaction that was begun and came to nothing."""
        with self._lock:
            self.rollbacks += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """What came back from locking: the rows, and the database's clock after the last lock."""

    rows: list[LockedRow]
    instant: datetime | None


class Backend(Protocol):
    """One kind of database. Every method raises `StorageFault`s, translated already."""

    name: str
    has_clock: bool
    writers: Engine
    readers: Engine

    def turn(self) -> AbstractContextManager[None]:
        """Wait for the turn to write; hold it for the block."""
        ...

    def begin_write(self, connection: Connection) -> None:
        """Begin a transaction that may write."""
        ...

    def begin_read(self, connection: Connection) -> None:
        """Begin a transaction that cannot write and sees one state."""
        ...

    def lock(
        self,
        connection: Connection,
        *,
        tenant_id: str,
        requests: Sequence[LockRequest],
        is_first: bool,
    ) -> Locked:
        """Lock rows in the order given; with `is_first`, begin the transaction before that."""
        ...

    def read(self, connection: Connection, queries: Sequence[Query]) -> list[Answer]:
        """Answer queries, each in its place."""
        ...

    def write(self, connection: Connection, steps: Sequence[Step]) -> list[int]:
        """Write rows, step by step, and return how many each step inserted or changed."""
        ...

    def now(self, connection: Connection) -> datetime:
        """Read the database's clock, never the transaction's start. Only with `has_clock`."""
        ...

    def own_number(self, connection: Connection) -> int:
        """Return the number of the write transaction that the connection is in; they go up."""
        ...

    def oldest_alive(self, connection: Connection) -> int | None:
        """Return the lowest number of a write transaction that may be alive; None is no other."""
        ...

    def commit(self, connection: Connection, *, limit_seconds: float) -> None:
        """Commit on a connection that is not lost, or say what became of it."""
        ...

    def rollback(self, connection: Connection) -> None:
        """Roll back; may raise anything."""
        ...

    def is_idle(self, connection: Connection) -> bool:
        """Whether the connection is alive and in no transaction."""
        ...

    def is_lost(self, connection: Connection) -> bool:
        """Whether the connection can never be used again."""
        ...

    def translate(self, error: BaseException) -> StorageFault | None:
        """Return what a driver's or SQLAlchemy's exception means, or None if nothing of ours."""
        ...

    def version(self, connection: Connection) -> tuple[int, ...]:
        """Return the database's version; one that is too old raises `DatabaseMisconfigured`."""
        ...

    def has_btree_gist(self, connection: Connection) -> bool:
        """Whether the exclusion constraint's extension is installed or can be."""
        ...

    def forget(self) -> None:
        """After a fork, in the child: leave the parent's connections alone for ever."""
        ...

    def dispose(self) -> None:
        """Close the connections and remove what was made for this process only."""
        ...
