"""The nemesis: stores in which, when it is told to, something goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, Engine, event

from holdfast.domain.ids import BatchId, TenantId
from holdfast.engine.ports import (
    Changes,
    CommitUnknown,
    KeptAnswer,
    Lapsed,
    LockedRow,
    LockRequest,
    Read,
    StorageUnavailable,
    TransactionConflict,
)
from holdfast.engine.sweeping import Ended, Held, SweepStore, SweepStores
from holdfast.simulation.steps import Fault
from holdfast.testing.clocks import ManualClock


class Crash(BaseException):
    """The process is killed: whoever asked gets no answer."""


class Nemesis:
    """Lets one fault at a time happen, and watches what is locked.

    Attributes:
        has_struck: Whether the fault has happened.
        has_committed: Whether anything was committed since it was armed.
        unlocked: Keys under which claims were written without their lock.
    """

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._fault: Fault | None = None
        self._times = 0
        self._statements = 0
        self.must_lock: Callable[[str], bool] = lambda _key: True
        self.has_struck = False
        self.has_committed = False
        self.unlocked: list[str] = []

    def arm(self, fault: Fault | None) -> None:
        """Say what goes wrong next; None is nothing."""
        self._fault = fault
        self._times = fault.times if fault is not None else 0
        self._statements = 0
        self.has_struck = False
        self.has_committed = False

    def disarm(self) -> None:
        """Let nothing go wrong any more; what has happened is remembered."""
        self._fault = None
        self._statements = 0

    def at(self, where: str) -> None:
        """Strike before a step of a transaction, if that is where."""
        if self._fault is not None and self._fault.where == where:
            self._strike(self._fault)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Strike before one of the statements in the block, or at its end if they are fewer."""
        fault = self._fault
        if fault is None or fault.where != "write":
            yield
            return
        self._statements = fault.amount
        event.listen(Engine, "before_cursor_execute", self._on_statement)
        try:
            yield
        finally:
            event.remove(Engine, "before_cursor_execute", self._on_statement)
        if self._statements > 0:
            self._statements = 0
            self.at("write")

    def _on_statement(self, connection: Connection, *_: object) -> None:
        del connection
        if self._statements > 0:
            self._statements -= 1
            if self._statements == 0:
                self.at("write")

    def _strike(self, fault: Fault) -> None:
        if self._times <= 0:
            return
        self._times -= 1
        self.has_struck = True
        match fault.kind:
            case "wait":
                self._clock.advance(seconds=fault.amount)
            case "conflict":
                raise TransactionConflict("simulated: lost against another transaction")
            case "gone":
                raise StorageUnavailable("simulated: the connection is lost")
            case "unknown":
                raise CommitUnknown("simulated: no answer to COMMIT")
            case "bug":
                message = "simulated: a bug"
                raise RuntimeError(message)
            case _:
                raise Crash


class NemesisStore:
    """A write transaction in which something may go wrong before each step."""

    def __init__(self, store: SweepStore, nemesis: Nemesis) -> None:
        self._store = store
        self._nemesis = nemesis
        self._locked: set[str] = set()

    def lock(self, requests: Sequence[LockRequest]) -> list[LockedRow]:
        """Lock, between two chances."""
        self._nemesis.at("lock")
        rows = self._store.lock(requests)
        self._locked.update(row.key for row in rows)
        self._nemesis.at("locked")
        return rows

    def now(self) -> datetime:
        """Tell the time."""
        return self._store.now()

    def load(self, reads: Collection[Read]) -> Mapping[Read, tuple[object, ...]]:
        """Load, after a chance."""
        self._nemesis.at("load")
        return self._store.load(reads)

    def lapsed(self, keys: Collection[str], *, now: datetime) -> list[Lapsed]:
        """Sum up what has lapsed."""
        return self._store.lapsed(keys, now=now)

    def answers(
        self, names: Collection[tuple[str, str, str]]
    ) -> dict[tuple[str, str, str], KeptAnswer]:
        """Find kept answers."""
        return self._store.answers(names)

    def held(self, hold_ids: Collection[str]) -> list[Held]:
        """Find what holds claim, after a chance."""
        self._nemesis.at("load")
        return self._store.held(hold_ids)

    def expire_holds(self, hold_ids: Collection[str], *, now: datetime) -> Ended:
        """End holds, after a chance; note what is released without its lock."""
        nemesis = self._nemesis
        nemesis.at("flush")
        ended = self._store.expire_holds(hold_ids, now=now)
        unlocked = ended.units.keys() - self._locked
        nemesis.unlocked += sorted(key for key in unlocked if nemesis.must_lock(key))
        return ended

    def flush(self, changes: Changes) -> None:
        """Flush, with a chance before each statement; note what is written without its lock."""
        nemesis = self._nemesis
        keys = {claim.key for claim in changes.claims_inserted}
        keys.update(claim.key for _, claim in changes.claims_updated)
        keys.update(changes.counters)
        nemesis.unlocked += sorted(key for key in keys - self._locked if nemesis.must_lock(key))
        nemesis.at("flush")
        with nemesis.writing():
            self._store.flush(changes)

    def commit(self) -> None:
        """Commit, between two chances. What is killed or lost before has not been committed."""
        try:
            self._nemesis.at("commit")
        except BaseException:
            self._store.rollback()
            raise
        self._store.commit()
        self._nemesis.has_committed = True
        self._nemesis.at("committed")

    def rollback(self) -> None:
        """Undo everything."""
        self._store.rollback()


class NemesisStores:
    """Stores whose write transactions the nemesis may disturb."""

    def __init__(self, stores: SweepStores, nemesis: Nemesis) -> None:
        self._stores = stores
        self._nemesis = nemesis

    @contextmanager
    def write(self, tenant_id: TenantId) -> Iterator[NemesisStore]:
        """Begin a write transaction, after a chance."""
        self._nemesis.at("begin")
        with self._stores.write(tenant_id) as store:
            yield NemesisStore(store, self._nemesis)

    def settle(self, tenant_id: TenantId, batch_id: BatchId) -> bool:
        """Settle a lost COMMIT."""
        return self._stores.settle(tenant_id, batch_id)
