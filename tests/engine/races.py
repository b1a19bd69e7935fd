"""What races need: engines of their own, gates to meet at, and stores that do it wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select

from holdfast.bootstrap import Engine
from holdfast.domain.errors import HoldfastError
from holdfast.domain.ids import BatchId, TenantId
from holdfast.engine.facade import Engine as AnyEngine
from holdfast.engine.ports import (
    CapacityKind,
    Changes,
    KeptAnswer,
    Lapsed,
    LockedRow,
    LockRequest,
    Read,
    WriteStore,
    WriteStores,
)
from holdfast.engine.registry import USE_CASES
from holdfast.engine.unit_of_work import UnitOfWork
from holdfast.storage import reading
from holdfast.storage.database import Database, DatabaseOptions
from holdfast.storage.schema.capacity import capacity
from holdfast.storage.stores import SqlStores, SqlWriteStore
from holdfast.testing.clocks import ManualClock, SeededIds
from tests.engine.faults import Interfere, WatchedStores, engine_over, let_be

PATIENT = DatabaseOptions(
    writers=2, readers=1, acquire_seconds=30.0, lock_seconds=30.0, idle_in_transaction_seconds=30.0
)

T = TypeVar("T")


@dataclass(kw_only=True)
class Racers:
    """Engines over one database, each with connections of its own, as if in as many processes."""

    url: str
    clock: ManualClock
    databases: list[Database] = field(default_factory=list)

    def engine(
        self,
        *,
        wrap: Callable[[Database], WriteStores] = SqlStores,
        interfere: Interfere = let_be,
    ) -> AnyEngine:
        """Open one more engine, whose stores may be wrapped and interfered with."""
        database = Database.open(self.url, clock=self.clock, options=PATIENT)
        self.databases.append(database)
        ids = SeededIds(len(self.databases))
        unit_of_work = UnitOfWork(
            stores=WatchedStores(wrap(database), interfere),
            ids=ids,
            use_cases=USE_CASES,
            monotonic=lambda: 0.0,
        )
        return engine_over(database, clock=self.clock, ids=ids, unit_of_work=unit_of_work)

    def first(self) -> Engine:
        """Open the engine that sets everything up."""
        database = Database.open(self.url, clock=self.clock, options=PATIENT)
        self.databases.append(database)
        return Engine.over(database, clock=self.clock, ids=SeededIds())

    def close(self) -> None:
        """Close all connections."""
        for database in self.databases:
            database.dispose()


def all_at_once(acts: Sequence[Callable[[], object]]) -> list[str]:
    """Let everybody do something in the same moment; return their refusals' codes, or `done`."""
    start = threading.Barrier(len(acts))

    def one(act: Callable[[], object]) -> str:
        start.wait()
        try:
            act()
        except HoldfastError as refusal:
            return refusal.code
        return "done"

    with ThreadPoolExecutor(max_workers=len(acts)) as crowd:
        return list(crowd.map(one, acts))


def gate(parties: int, *, seconds: float) -> Interfere:
    """Have so many meet once all of them have decided and none has written.

    Where decisions are made under locks they never meet, and go on after a while.
    """
    barrier = threading.Barrier(parties)

    def interfere(step: str, store: WriteStore, subject: object) -> None:
        if step == "flush":
            try:
                barrier.wait(seconds)
            except threading.BrokenBarrierError:
                return

    return interfere


@dataclass(kw_only=True)
class Pause:
    """Stop once before a step, say so, and go on when told to."""

    step: str
    reached: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)

    def __call__(self, step: str, store: WriteStore, subject: object) -> None:
        """Stop here, the first time."""
        if step == self.step and not self.reached.is_set():
            self.reached.set()
            assert self.go.wait(10.0)


class HastyStore:
    """Decides on what it saw without any lock, and locks only when it writes."""

    def __init__(self, database: Database, tenant_id: TenantId) -> None:
        self._database, self._tenant_id = database, tenant_id
        self._requests: list[LockRequest] = []
        self._writing: SqlWriteStore | None = None
        self._open: Callable[[], SqlWriteStore] = lambda: SqlWriteStore(database.write(tenant_id))

    def lock(self, requests: Sequence[LockRequest]) -> list[LockedRow]:
        """Look at the rows, and remember them for later."""
        self._requests = list(requests)
        return [self._seen(request) for request in requests]

    def _seen(self, request: LockRequest) -> LockedRow:
        columns = capacity.columns
        statement = select(capacity).where(
            columns.tenant_id == self._tenant_id, columns.key == request.key
        )
        with self._database.read(self._tenant_id) as transaction:
            found = transaction.connection.execute(statement).mappings().one_or_none()
        return LockedRow(
            key=request.key,
            kind=request.kind,
            used=found["used"] if found else 0,
            cap=found["cap"] if found else None,
            over_commit=0,
            seq=found["seq"] if found else 1,
            decided_at=found["decided_at"] if found else None,
        )

    def now(self) -> datetime:
        """Tell the time."""
        with self._database.read(self._tenant_id) as transaction:
            return transaction.now()

    def load(self, reads: Collection[Read]) -> Mapping[Read, tuple[object, ...]]:
        """Load without a lock."""
        with self._database.read(self._tenant_id) as transaction:
            return reading.load(transaction, self._tenant_id, reads)

    def lapsed(self, keys: Collection[str], *, now: datetime) -> list[Lapsed]:
        """Sum up without a lock."""
        with self._database.read(self._tenant_id) as transaction:
            return reading.lapsed(transaction, self._tenant_id, keys, now)

    def answers(
        self, names: Collection[tuple[str, str, str]]
    ) -> dict[tuple[str, str, str], KeptAnswer]:
        """Find none."""
        return {}

    def flush(self, changes: Changes) -> None:
        """Lock at last, and write what was decided before."""
        self._writing = self._open()
        self._writing.lock(self._requests)
        self._writing.flush(changes)

    def commit(self) -> None:
        """Commit."""
        assert self._writing is not None
        self._writing.commit()

    def rollback(self) -> None:
        """Undo everything."""
        if self._writing is not None:
            self._writing.rollback()


class HastyStores:
    """Stores that look, then decide, and lock last: what most booking systems have done."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def write(self, tenant_id: TenantId) -> Iterator[HastyStore]:
        """Begin without beginning."""
        store = HastyStore(self._database, tenant_id)
        try:
            yield store
        finally:
            store.rollback()

    def settle(self, tenant_id: TenantId, batch_id: BatchId) -> bool:
        """Settle a lost COMMIT."""
        return self._database.settle(tenant_id=tenant_id, batch_id=batch_id)


class LockWithout:
    """A store that locks only what is there already, as an UPDATE would, or in its own order."""

    def __init__(
        self,
        store: WriteStore,
        database: Database,
        tenant_id: TenantId,
        order: Callable[[list[LockRequest]], list[LockRequest]] | None,
    ) -> None:
        self._store, self._database, self._tenant_id = store, database, tenant_id
        self._order = order
        self._missing: list[LockRequest] = []
        self.now, self.load = store.now, store.load
        self.lapsed, self.answers = store.lapsed, store.answers
        self.commit, self.rollback = store.commit, store.rollback

    def lock(self, requests: Sequence[LockRequest]) -> list[LockedRow]:
        """Lock wrongly."""
        if self._order is not None:
            return self._store.lock(self._order(list(requests)))
        columns = capacity.columns
        with self._database.read(self._tenant_id) as transaction:
            statement = select(columns.key).where(columns.tenant_id == self._tenant_id)
            there = set(transaction.connection.execute(statement).scalars())
        found = self._store.lock([request for request in requests if request.key in there])
        self._missing = [request for request in requests if request.key not in there]
        return found + [
            LockedRow(
                key=request.key,
                kind=CapacityKind(request.kind),
                used=0,
                cap=None,
                over_commit=0,
                seq=1,
                decided_at=None,
            )
            for request in self._missing
        ]

    def flush(self, changes: Changes) -> None:
        """Make the rows that were not there, and write."""
        self._store.lock(self._missing)
        self._store.flush(changes)


class LocksWithout:
    """Stores that lock only rows that are there, or in an order of their own."""

    def __init__(
        self,
        database: Database,
        *,
        order: Callable[[list[LockRequest]], list[LockRequest]] | None = None,
    ) -> None:
        self._database, self._stores, self._order = database, SqlStores(database), order

    @contextmanager
    def write(self, tenant_id: TenantId) -> Iterator[LockWithout]:
        """Begin a write transaction."""
        with self._stores.write(tenant_id) as store:
            yield LockWithout(store, self._database, tenant_id, self._order)

    def settle(self, tenant_id: TenantId, batch_id: BatchId) -> bool:
        """Settle a lost COMMIT."""
        return self._stores.settle(tenant_id, batch_id)
