"""The nemesis: stores in which, when it is told to, something goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

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
from holdfast.engine.sweeping import Ended, Held
from holdfast.simulation.steps import Fault
from holdfast.storage.database import Database, WriteTransaction
from holdfast.storage.database.steps import Step
from holdfast.storage.flushing import flush
from holdfast.storage.stores import SqlWriteStore
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
        self.must_lock: Callable[[str], bool] = lambda _key: True
        self.has_struck = False
        self.has_committed = False
        self.unlocked: list[str] = []

    def arm(self, fault: Fault | None) -> None:
        """Say what goes wrong next; None is nothing."""
        self._fault = fault
        self._times = fault.times if fault is not None else 0
        self.has_struck = False
        self.has_committed = False

    def disarm(self) -> None:
        """Let nothing go wrong any more; what has happened is remembered."""
        self._fault = None

    def at(self, where: str) -> None:
        """Strike before a step of a transaction, if that is where."""
        if self._fault is not None and self._fault.where == where:
            self._strike(self._fault)

    def steps_before(self) -> int | None:
        """Return how many steps of a flush are written before one is struck; None is all."""
        is_meant = self._fault is not None and self._fault.where == "write"
        return self._fault.amount if self._fault is not None and is_meant else None

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


class _Interrupted:
    """A transaction that is struck between two steps of its flush, or after the last."""

    def __init__(self, transaction: WriteTransaction, nemesis: Nemesis, count: int) -> None:
        self._transaction, self._nemesis, self._count = transaction, nemesis, count
        self.tenant_id = transaction.tenant_id

    def write(self, steps: Sequence[Step]) -> list[int]:
        """Write some steps, be struck, and write the others if that was survived."""
        written = self._transaction.write(steps[: self._count])
        self._nemesis.at("write")
        return written + self._transaction.write(steps[self._count :])


class NemesisStore:
    """A write transaction in which something may go wrong before each step."""

    def __init__(self, transaction: WriteTransaction, nemesis: Nemesis) -> None:
        self._transaction, self._store = transaction, SqlWriteStore(transaction)
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
        count = nemesis.steps_before()
        if count is None:
            self._store.flush(changes)
            return
        flush(_Interrupted(self._transaction, nemesis, count), changes)

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

    def __init__(self, database: Database, nemesis: Nemesis) -> None:
        self._database = database
        self._nemesis = nemesis

    @contextmanager
    def write(self, tenant_id: TenantId) -> Iterator[NemesisStore]:
        """Begin a write transaction, after a chance."""
        self._nemesis.at("begin")
        with self._database.write(tenant_id) as transaction:
            yield NemesisStore(transaction, self._nemesis)

    def settle(self, tenant_id: TenantId, batch_id: BatchId) -> bool:
        """Settle a lost COMMIT."""
        return self._database.settle(tenant_id=tenant_id, batch_id=batch_id)
