"""The clock in the capacity rows: how far decisions are ahead of the database's clock, and a reset.

Time never runs backwards on a row: a decision is never earlier than the row's last one. A clock
that has gone back by more than `CLOCK_BEHIND_MAX` is not followed, and nothing is sold until it
has caught up, or until an operator says that the rows are wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from holdfast.engine.ports import LockedRow, LockRequest
from holdfast.engine.unit_of_work import CLOCK_BEHIND_MAX
from holdfast.storage.database import Database
from holdfast.storage.reading import chunks
from holdfast.storage.schema.capacity import capacity

ROWS_PER_TRANSACTION = 200

_row = capacity.columns


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantClock:
    """How late it is by one business's rows.

    Attributes:
        decided_at: The latest instant at which something was decided.
        ahead: By how much that is after now; negative if it is past, as it should be.
        row_count: How many rows are too far ahead for anything to be decided on them.
    """

    tenant_id: str
    decided_at: datetime
    ahead: timedelta
    row_count: int

    @property
    def is_wrong(self) -> bool:
        """Whether something cannot be sold until the clock has caught up."""
        return self.row_count > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockReport:
    """How late it is by the database's clock, and by the rows of each business, by its id."""

    now: datetime
    tenants: tuple[TenantClock, ...]

    @property
    def is_wrong(self) -> bool:
        """Whether any business cannot sell something."""
        return any(tenant.is_wrong for tenant in self.tenants)


def read_clock_rows(database: Database) -> ClockReport:
    """Compare the capacity rows with the database's clock. Reads all rows once.

    Raises:
        StorageFault: The database could not be asked.
    """
    with database.read() as transaction:
        now = transaction.now()
        too_far = _row.decided_at > now + CLOCK_BEHIND_MAX
        statement = (
            select(_row.tenant_id, func.max(_row.decided_at), func.count().filter(too_far))
            .where(_row.decided_at.is_not(None))
            .group_by(_row.tenant_id)
            .order_by(_row.tenant_id)
        )
        tenants = [
            TenantClock(
                tenant_id=tenant_id, decided_at=decided_at, ahead=decided_at - now, row_count=count
            )
            for tenant_id, decided_at, count in transaction.connection.execute(statement)
        ]
    return ClockReport(now=now, tenants=tuple(tenants))


def reset_clock_rows(database: Database, *, tenant_id: str | None = None) -> int:
    """Set rows that are too far ahead to now, of one business or of all; return how many.

    Whatever was decided in that future stays as it is. Rows are locked in the order in which
    everybody locks them, so this may be done while others sell.

    Raises:
        StorageFault: The database could not be asked; what was reset until then stays so.
    """
    count = 0
    for tenant in read_clock_rows(database).tenants:
        if tenant.is_wrong and tenant_id in {None, tenant.tenant_id}:
            for rows in chunks(_rows_ahead(database, tenant.tenant_id), ROWS_PER_TRANSACTION):
                count += _reset(database, tenant.tenant_id, rows)
    return count


def _rows_ahead(database: Database, tenant_id: str) -> Iterator[LockRequest]:
    """Find the rows that are too far ahead, in the order of locking."""
    with database.read(tenant_id) as transaction:
        statement = (
            select(_row.key, _row.kind)
            .where(
                _row.tenant_id == tenant_id,
                _row.decided_at > transaction.now() + CLOCK_BEHIND_MAX,
            )
            .order_by(_row.key)
        )
        found = transaction.connection.execute(statement).all()
    for key, kind in found:
        yield LockRequest(key=key, kind=kind)


def _reset(database: Database, tenant_id: str, requests: list[LockRequest]) -> int:
    """Reset some rows in one transaction, looking at them again under their locks."""
    with database.write(tenant_id) as transaction:
        locked = transaction.lock(requests)
        now = transaction.now()
        keys = [row.key for row in locked if _is_ahead(row, now)]
        statement = (
            update(capacity)
            .where(_row.tenant_id == tenant_id, _row.key.in_(keys))
            .values(decided_at=now)
        )
        transaction.connection.execute(statement)
        transaction.commit()
    return len(keys)


def _is_ahead(row: LockedRow, now: datetime) -> bool:
    return row.decided_at is not None and row.decided_at > now + CLOCK_BEHIND_MAX
