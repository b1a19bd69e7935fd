"""Stores in which something goes wrong on purpose, and use cases that misbehave."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from holdfast.bootstrap import Engine
from holdfast.domain.access import Scope
from holdfast.domain.ids import BatchId, TenantId
from holdfast.engine import facade
from holdfast.engine.ports import (
    Changes,
    Clock,
    Ids,
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
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.storage.database import Database

Interfere = Callable[[str, WriteStore, object], None]
"""Called before a step (`begin`, `lock`, `now`, `load`, `flush`, `commit`), and after the last
(`committed`), with the store and what the step was given. It may raise, wait or write."""


class WatchedStore:
    """A write transaction, each step of which somebody interferes with."""

    def __init__(self, store: WriteStore, interfere: Interfere) -> None:
        self.store = store
        self._interfere = interfere

    def lock(self, requests: Sequence[LockRequest]) -> list[LockedRow]:
        """Lock, after the interference."""
        self._interfere("lock", self.store, requests)
        return self.store.lock(requests)

    def now(self) -> datetime:
        """Tell the time, after the interference."""
        self._interfere("now", self.store, None)
        return self.store.now()

    def load(self, reads: Collection[Read]) -> Mapping[Read, tuple[object, ...]]:
        """Load, after the interference."""
        self._interfere("load", self.store, reads)
        return self.store.load(reads)

    def lapsed(self, keys: Collection[str], *, now: datetime) -> list[Lapsed]:
        """Sum up what has lapsed."""
        return self.store.lapsed(keys, now=now)

    def answers(
        self, names: Collection[tuple[str, str, str]]
    ) -> dict[tuple[str, str, str], KeptAnswer]:
        """Find kept answers."""
        return self.store.answers(names)

    def flush(self, changes: Changes) -> None:
        """Flush, after the interference."""
        self._interfere("flush", self.store, changes)
        self.store.flush(changes)

    def commit(self) -> None:
        """Commit, between two interferences."""
        self._interfere("commit", self.store, None)
        self.store.commit()
        self._interfere("committed", self.store, None)

    def rollback(self) -> None:
        """Undo everything."""
        self.store.rollback()


class WatchedStores:
    """Stores each step of whose transactions somebody interferes with."""

    def __init__(self, stores: WriteStores, interfere: Interfere) -> None:
        self.stores = stores
        self._interfere = interfere

    @contextmanager
    def write(self, tenant_id: TenantId) -> Iterator[WriteStore]:
        """Begin a write transaction."""
        with self.stores.write(tenant_id) as store:
            self._interfere("begin", store, tenant_id)
            yield WatchedStore(store, self._interfere)

    def settle(self, tenant_id: TenantId, batch_id: BatchId) -> bool:
        """Settle a lost COMMIT, truly."""
        return self.stores.settle(tenant_id, batch_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Misbehave:
    """Do whatever a test wants, as if it were a use case, under the locks of some guards."""

    decide: Callable[[View, datetime], object]
    keys: tuple[str, ...] = ()
    look: Callable[[Look], None] = lambda look: None


def _needs(command: Misbehave, look: Look) -> Needs:
    command.look(look)
    return Needs.of(guards=command.keys)


def _decide(view: View, command: Misbehave, now: datetime) -> object:
    return command.decide(view, now)


MISBEHAVING: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        **USE_CASES,
        Misbehave: UseCase(
            "test.misbehave", scopes=(Scope.HOLDS_ANY,), needs=_needs, decide=_decide
        ),
    }
)


def let_be(step: str, store: WriteStore, subject: object) -> None:
    """Interfere with nothing."""


def unit_of_work_over(
    stores: WriteStores, *, ids: Ids, interfere: Interfere = let_be
) -> UnitOfWork:
    """Return a unit of work whose stores are interfered with, and whose use cases misbehave."""
    return UnitOfWork(
        stores=WatchedStores(stores, interfere),
        ids=ids,
        use_cases=MISBEHAVING,
        monotonic=lambda: 0.0,
    )


def engine_over(
    database: Database, *, clock: Clock, ids: Ids, unit_of_work: UnitOfWork
) -> facade.Engine:
    """Return an engine that writes by way of another unit of work."""
    plain = Engine.over(database, clock=clock, ids=ids)
    return facade.Engine(
        unit_of_work=unit_of_work,
        sweeper=plain.sweeper,
        reads=plain.reads,
        quiescence=plain.quiescence,
        register=plain.register,
        ids=ids,
        clock=clock,
        close=database.dispose,
    )
