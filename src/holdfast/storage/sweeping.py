"""Sweeping: what ends many holds, a statement for all of them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, bindparam, case, select, update

from holdfast.domain.holds import HoldStatus
from holdfast.engine.sweeping import Ended, Held
from holdfast.storage.at_once import among, as_list
from holdfast.storage.database import WriteTransaction
from holdfast.storage.schema import catalogue, ledger
from holdfast.storage.types import Instant

_TENANT, _IDS, _NOW = "b_tenant", "b_ids", "b_now"
_claim = ledger.claim.columns
_hold = ledger.hold.columns
_resource = catalogue.resource.columns
_now = bindparam(_NOW, type_=Instant())

_HELD = (
    select(
        _claim.owner_id,
        _claim.key,
        _claim.resource_id,
        _resource.capacity,
    )
    .select_from(
        ledger.claim.outerjoin(
            catalogue.resource,
            and_(
                _resource.tenant_id == _claim.tenant_id,
                _resource.resource_id == _claim.resource_id,
            ),
        )
    )
    .where(
        _claim.tenant_id == bindparam(_TENANT),
        among(_claim.owner_id, _IDS),
        _claim.released_at.is_(None),
    )
)
_END = (
    update(ledger.hold)
    .where(
        _hold.tenant_id == bindparam(_TENANT),
        among(_hold.hold_id, _IDS),
        _hold.status == HoldStatus.ACTIVE,
        _hold.expires_at <= _now,
    )
    .values(status=HoldStatus.EXPIRED, ended_at=_now, version=_hold.version + 1)
    .returning(_hold.hold_id, _hold.version)
)
_RELEASE = (
    update(ledger.claim)
    .where(
        _claim.tenant_id == bindparam(_TENANT),
        among(_claim.owner_id, _IDS),
        _claim.released_at.is_(None),
    )
    .values(
        released_at=_now,
        # What was taken over the limit keeps the reason for which it was.
        reason=case((_claim.is_over, _claim.reason), else_=HoldStatus.EXPIRED.value),
    )
    .returning(_claim.key, _claim.units)
)


def held(transaction: WriteTransaction, hold_ids: Collection[str]) -> list[Held]:
    """Find what holds still claim."""
    values = {_TENANT: transaction.tenant_id, _IDS: as_list(hold_ids)}
    rows = transaction.connection.execute(_HELD, values)
    return [
        Held(
            owner_id=owner_id,
            key=key,
            is_of_resource=resource_id is not None,
            is_limited=capacity is not None,
        )
        for owner_id, key, resource_id, capacity in rows
    ]


def expire_holds(transaction: WriteTransaction, hold_ids: Collection[str], now: datetime) -> Ended:
    """End those of some holds that are active and past their time, and release their claims."""
    values = {_TENANT: transaction.tenant_id, _IDS: as_list(hold_ids), _NOW: now}
    connection = transaction.connection
    holds = {row[0]: row[1] for row in connection.execute(_END, values)}
    units: dict[str, int] = {}
    if holds:
        for key, count in connection.execute(_RELEASE, {**values, _IDS: as_list(holds)}):
            units[key] = units.get(key, 0) + count
    return Ended(holds=holds, units=units)
