"""Stores from which one guard of the ledger is taken away: the dangers that races must show.

Each is what the ledger warns of, as somebody might have written it. None is reachable from `src`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, text

from holdfast.domain.ids import BatchId, TenantId
from holdfast.engine.ports import (
    ById,
    CapacityKind,
    Changes,
    Clock,
    ConstraintViolated,
    KeptAnswer,
    Lapsed,
    LockedRow,
    LockRequest,
    Read,
    StorageFault,
    WriteStore,
)
from holdfast.engine.records import id_of, version_of
from holdfast.storage import flushing, reading
from holdfast.storage.database import Database, ReadTransaction, WriteTransaction
from holdfast.storage.schema.capacity import capacity
from holdfast.storage.stores import SqlStores, SqlWriteStore

_LOCK_FOUND = text("UPDATE capacity SET seq = seq + 1 WHERE tenant_id = :tenant_id AND key = :key")
_MAKE = text(
    "INSERT INTO capacity (tenant_id, key, kind, used, over_commit, seq)"
    " VALUES (:tenant_id, :key, 'guard', 0, 0, 1) ON CONFLICT DO NOTHING"
)
_FOUND = select(capacity).where(
    capacity.c.tenant_id == bindparam("tenant_id"),
    capacity.c.key.in_(bindparam("keys", expanding=True)),
)


@dataclass
class HastyStores:
    """Decides first and locks afterwards: looks through a transaction that only reads.

    All statements of the ledger are there, the lock included, in the order in which people write
    them who know no better. It works alike on every database.

    Attributes:
        is_blind: Whether it overwrites records whatever their version, too.
        alarms: The constraints that caught it, and the other faults of its flushes by name.
    """

    database: Database
    _: KW_ONLY
    is_blind: bool = False
    alarms: list[str] = field(default_factory=list)

    @contextmanager
    def write(self, tenant_id: TenantId) -> Iterator[WriteStore]:
        """Begin a transaction that reads, with one that writes to follow."""
        with self.database.read(tenant_id) as looking, ExitStack() as writing:
            yield _HastyStore(self, tenant_id, looking, writing)

    def settle(self, tenant_id: TenantId, batch_id: BatchId) -> bool:
        """Settle a lost COMMIT, truly."""
        return SqlStores(self.database).settle(tenant_id, batch_id)


class _HastyStore:
    """What a batch believes to be its one transaction."""

    def __init__(
        self,
        stores: HastyStores,
        tenant_id: TenantId,
        looking: ReadTransaction,
        writing: ExitStack,
    ) -> None:
        self._stores = stores
        self._tenant_id = tenant_id
        self._looking = looking
        self._stack = writing
        self._requests: Sequence[LockRequest] = ()
        self._writing: WriteTransaction | None = None

    def lock(self, requests: Sequence[LockRequest]) -> list[LockedRow]:
        """Only look at the rows."""
        self._requests = requests
        return found_rows(self._looking, self._tenant_id, requests)

    def now(self) -> datetime:
        return self._looking.now()

    def load(self, reads: Collection[Read]) -> Mapping[Read, tuple[object, ...]]:
        return reading.load(self._looking, self._tenant_id, reads) if reads else {}

    def lapsed(self, keys: Collection[str], *, now: datetime) -> list[Lapsed]:
        return reading.lapsed(self._looking, self._tenant_id, keys, now)

    def answers(
        self, names: Collection[tuple[str, str, str]]
    ) -> dict[tuple[str, str, str], KeptAnswer]:
        return reading.answers(self._looking, self._tenant_id, names)

    def flush(self, changes: Changes) -> None:
        """Now that all is decided: lock, and write."""
        self._writing = self._stack.enter_context(self._stores.database.write(self._tenant_id))
        try:
            self._writing.lock(self._requests)
            if self._stores.is_blind:
                changes.updated = [self._as_it_is(*pair) for pair in changes.updated]
            flushing.flush(self._writing, changes)
        except ConstraintViolated as alarm:
            self._stores.alarms.append(str(alarm.constraint))
            raise
        except StorageFault as fault:
            self._stores.alarms.append(type(fault).__name__)
            raise

    def commit(self) -> None:
        assert self._writing is not None
        self._writing.commit()

    def rollback(self) -> None:
        if self._writing is not None:
            self._writing.rollback()

    def _as_it_is(self, before: object, after: object) -> tuple[object, object]:
        """Put the version of now in the place of the one that was read."""
        assert self._writing is not None
        read = ById(type(after), id_of(after))
        (found,) = reading.load(self._writing, self._tenant_id, [read])[read]
        versioned: Any = before
        return replace(versioned, version=version_of(found)), after


def found_rows(
    transaction: ReadTransaction | WriteTransaction,
    tenant_id: str,
    requests: Sequence[LockRequest],
) -> list[LockedRow]:
    """Read capacity rows without locking them; those that are not there look new."""
    keys = [request.key for request in requests]
    rows = transaction.connection.execute(_FOUND, {"tenant_id": tenant_id, "keys": keys})
    by_key = {row["key"]: row for row in rows.mappings()}
    return [_as_locked(request, by_key.get(request.key)) for request in requests]


def _as_locked(request: LockRequest, row: Mapping[Any, Any] | None) -> LockedRow:
    if row is None:
        return LockedRow(
            key=request.key,
            kind=request.kind,
            used=0,
            cap=None,
            over_commit=0,
            seq=1,
            decided_at=None,
        )
    return LockedRow(
        key=row["key"],
        kind=CapacityKind(row["kind"]),
        used=row["used"],
        cap=row["cap"],
        over_commit=row["over_commit"],
        seq=row["seq"],
        decided_at=row["decided_at"],
    )


def _lock_truly(store: SqlWriteStore, requests: Sequence[LockRequest]) -> list[LockedRow]:
    return store.lock(requests)


def _flush_truly(store: SqlWriteStore, changes: Changes) -> None:
    store.flush(changes)


@dataclass
class TamperedStores:
    """Real transactions, of which one step is done in another way.

    Attributes:
        clock: If given, `now` is what it shows when the transaction begins.
    """

    database: Database
    _: KW_ONLY
    clock: Clock | None = None
    lock: Callable[[SqlWriteStore, Sequence[LockRequest]], list[LockedRow]] = _lock_truly
    flush: Callable[[SqlWriteStore, Changes], None] = _flush_truly

    @contextmanager
    def write(self, tenant_id: TenantId) -> Iterator[WriteStore]:
        """Begin a write transaction."""
        begun_at = None if self.clock is None else self.clock.now()
        with SqlStores(self.database).write(tenant_id) as store:
            yield _TamperedStore(self, store, begun_at)

    def settle(self, tenant_id: TenantId, batch_id: BatchId) -> bool:
        """Settle a lost COMMIT, truly."""
        return SqlStores(self.database).settle(tenant_id, batch_id)


class _TamperedStore:
    """One of those transactions."""

    def __init__(
        self, stores: TamperedStores, store: SqlWriteStore, begun_at: datetime | None
    ) -> None:
        self._stores = stores
        self._store = store
        self._begun_at = begun_at

    def lock(self, requests: Sequence[LockRequest]) -> list[LockedRow]:
        return self._stores.lock(self._store, requests)

    def now(self) -> datetime:
        return self._begun_at or self._store.now()

    def load(self, reads: Collection[Read]) -> Mapping[Read, tuple[object, ...]]:
        return self._store.load(reads)

    def lapsed(self, keys: Collection[str], *, now: datetime) -> list[Lapsed]:
        return self._store.lapsed(keys, now=now)

    def answers(
        self, names: Collection[tuple[str, str, str]]
    ) -> dict[tuple[str, str, str], KeptAnswer]:
        return self._store.answers(names)

    def flush(self, changes: Changes) -> None:
        self._stores.flush(self._store, changes)

    def commit(self) -> None:
        self._store.commit()

    def rollback(self) -> None:
        self._store.rollback()


def lock_what_is_there(store: SqlWriteStore, requests: Sequence[LockRequest]) -> list[LockedRow]:
    """Lock rows by an UPDATE, which finds no row to lock where there is none yet."""
    transaction = store._transaction
    for request in requests:
        transaction.connection.execute(_LOCK_FOUND, _name(transaction, request.key))
    return found_rows(transaction, transaction.tenant_id, requests)


def flush_with_missing_rows(store: SqlWriteStore, changes: Changes) -> None:
    """Make the rows that were not there when they were to be locked, then flush."""
    transaction = store._transaction
    for key in sorted(changes.counters):
        transaction.connection.execute(_MAKE, _name(transaction, key))
    store.flush(changes)


def lock_without_the_time(store: SqlWriteStore, requests: Sequence[LockRequest]) -> list[LockedRow]:
    """Lock, and forget when these rows were last decided about."""
    return [replace(row, decided_at=None) for row in store.lock(requests)]


def lock_in_order(store: SqlWriteStore, requests: Sequence[LockRequest]) -> list[LockedRow]:
    """Lock one row after another, each in a round trip of its own, in the order that is given."""
    return [row for request in requests for row in store.lock([request])]


def lock_in_any_order(store: SqlWriteStore, requests: Sequence[LockRequest]) -> list[LockedRow]:
    """Lock one row after another, in no order at all."""
    shuffled = random.sample(list(requests), len(requests))
    return [row for request in shuffled for row in store.lock([request])]


def _name(transaction: WriteTransaction, key: str) -> dict[str, str]:
    return {"tenant_id": transaction.tenant_id, "key": key}
