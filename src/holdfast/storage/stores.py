"""The stores that the engine's ports ask for, over one database."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from holdfast.domain.ids import BatchId, TenantId
from holdfast.engine.ports import (
    ById,
    Changes,
    Filter,
    KeptAnswer,
    Lapsed,
    Listing,
    LockedRow,
    LockRequest,
    Read,
    Where,
)
from holdfast.engine.sweeping import Ended, Held
from holdfast.engine.takings import ServedBy, Serving, Takings, Whereabouts
from holdfast.storage import flushing, reading, surveying, sweeping
from holdfast.storage.database import Database, ReadTransaction, WriteTransaction


class SqlWriteStore:
    """One write transaction of one tenant."""

    def __init__(self, transaction: WriteTransaction) -> None:
        self._transaction = transaction

    def lock(self, requests: Sequence[LockRequest]) -> list[LockedRow]:
        """Lock capacity rows, making missing ones, in the order given."""
        return self._transaction.lock(requests)

    def now(self) -> datetime:
        """Read the clock of record."""
        return self._transaction.now()

    def load(self, reads: Collection[Read]) -> Mapping[Read, tuple[object, ...]]:
        """Answer reads in a few statements."""
        if not reads:
            return {}
        return reading.load(self._transaction, self._transaction.tenant_id, reads)

    def lapsed(self, keys: Collection[str], *, now: datetime) -> list[Lapsed]:
        """Sum up the lapsed claims of counters."""
        return reading.lapsed(self._transaction, self._transaction.tenant_id, keys, now)

    def answers(
        self, names: Collection[tuple[str, str, str]]
    ) -> dict[tuple[str, str, str], KeptAnswer]:
        """Find committed answers by caller, route and idempotency key."""
        return reading.answers(self._transaction, self._transaction.tenant_id, names)

    def held(self, hold_ids: Collection[str]) -> list[Held]:
        """Find what holds still claim, in one statement."""
        return sweeping.held(self._transaction, hold_ids)

    def expire_holds(self, hold_ids: Collection[str], *, now: datetime) -> Ended:
        """End those of some holds that are active and past their time, and release their claims."""
        return sweeping.expire_holds(self._transaction, hold_ids, now)

    def flush(self, changes: Changes) -> None:
        """Write everything in the fixed order of the ledger."""
        flushing.flush(self._transaction, changes)

    def commit(self) -> None:
        """Commit."""
        self._transaction.commit()

    def rollback(self) -> None:
        """Undo everything."""
        self._transaction.rollback()


class SqlReadStore:
    """One read transaction of one tenant."""

    def __init__(self, transaction: ReadTransaction, tenant_id: TenantId) -> None:
        self._transaction = transaction
        self._tenant_id = tenant_id
        self._now: datetime | None = None

    def now(self) -> datetime:
        """Read the clock of record once: what is read here has one present."""
        if self._now is None:
            self._now = self._transaction.now()
        return self._now

    def load(self, reads: Collection[Read]) -> Mapping[Read, tuple[object, ...]]:
        """Answer reads in a few statements: all that are by id or by field in one.

        The first such statement brings the database's time along.
        """
        found = reading.unanswerable(reads)
        asked = [read for read in reads if read not in found] if found else reads
        plain = [read for read in asked if isinstance(read, ById | Where)]
        others = [read for read in asked if not isinstance(read, ById | Where)]
        if others:
            found.update(reading.load(self._transaction, self._tenant_id, others))
        if plain:
            answers, instant = surveying.load(
                self._transaction.connection,
                self._tenant_id,
                plain,
                is_clock_asked=self._now is None and not self._transaction.has_clock,
            )
            found.update(answers)
            self._now = self._now or instant
        return found

    def serving(self, asked: ServedBy) -> Serving:
        """Find who may serve, with their hours, in one statement."""
        return surveying.serving(self._transaction.connection, self._tenant_id, asked)

    def takings(self, asked: Whereabouts) -> Takings:
        """Find what is taken around some time, in one statement."""
        return surveying.takings(self._transaction.connection, self._tenant_id, asked)

    def used(self, keys: Collection[str], *, now: datetime) -> dict[str, int]:
        """Return what counters have in use, lapsed claims not counted."""
        return reading.used(self._transaction, self._tenant_id, keys, now)

    def page(self, listing: Listing) -> list[object]:
        """Return one page of records."""
        return reading.page(self._transaction.connection, self._tenant_id, listing)

    def counts(self, kind: type, field: str, filters: Sequence[Filter]) -> dict[str, int]:
        """Count the records that pass all filters, by what they have in a field of words."""
        return reading.counts(self._transaction.connection, self._tenant_id, kind, field, filters)


class SqlStores:
    """Where the engine gets its transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def write(self, tenant_id: TenantId) -> Iterator[SqlWriteStore]:
        """Begin a write transaction that sees one tenant."""
        with self._database.write(tenant_id) as transaction:
            yield SqlWriteStore(transaction)

    @contextmanager
    def read(self, tenant_id: TenantId) -> Iterator[SqlReadStore]:
        """Begin a read transaction that sees one tenant."""
        with self._database.read(tenant_id) as transaction:
            yield SqlReadStore(transaction, tenant_id)

    def settle(self, tenant_id: TenantId, batch_id: BatchId) -> bool:
        """Settle a lost COMMIT."""
        return self._database.settle(tenant_id=tenant_id, batch_id=batch_id)

    def outlive(self, tenant_id: TenantId, *, seconds: float) -> bool:
        """Wait until every write transaction that is alive now has ended."""
        return self._database.outlive(tenant_id=tenant_id, seconds=seconds)
