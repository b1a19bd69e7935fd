"""Watching: a few cheap looks at a business's rows, for a simulation after each of its steps."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BindParameter, Table, bindparam, func, or_, select

from holdfast.engine.ports import CapacityKind
from holdfast.storage.database import Database
from holdfast.storage.schema import capacity as ledger_schema
from holdfast.storage.schema import catalogue, ledger

_capacity = ledger_schema.capacity.columns
_claim = ledger.claim.columns
_TENANT: BindParameter[str] = bindparam("tenant")
_TABLES: dict[str, tuple[Table, str]] = {
    "hold": (ledger.hold, "hold_id"),
    "booking": (ledger.booking, "booking_id"),
    "block": (catalogue.block, "block_id"),
    "slot": (ledger.slot, "slot_id"),
}
_STANDING = {
    kind: select(table.columns[id_name], table.columns.status, table.columns.version).where(
        table.columns.tenant_id == _TENANT
    )
    for kind, (table, id_name) in _TABLES.items()
}
_SETTLING = {
    kind: select(_TABLES[kind][0].columns[_TABLES[kind][1]]).where(
        _TABLES[kind][0].columns.tenant_id == _TENANT, _TABLES[kind][0].columns.is_settling
    )
    for kind in ("block", "slot")
}
_taken = (
    select(_claim.key, func.sum(_claim.units).label("units"))
    .where(_claim.tenant_id == _TENANT, _claim.released_at.is_(None))
    .group_by(_claim.key)
    .subquery()
)
_units = func.coalesce(_taken.columns.units, 0)
_MISCOUNTED = (
    select(_capacity.key, _capacity.used, _units)
    .join(_taken, _taken.columns.key == _capacity.key, isouter=True)
    .where(
        _capacity.tenant_id == _TENANT,
        _capacity.kind == CapacityKind.COUNTER,
        _capacity.cap.is_not(None),
        or_(
            _capacity.used != _units,
            _capacity.used < 0,
            _capacity.used > _capacity.cap + _capacity.over_commit,
        ),
    )
    .order_by(_capacity.key)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What was seen of a business at one instant.

    Attributes:
        standing: The status and version of every hold, booking, block and slot, by kind and id.
        settling: The ids of the blocks and slots whose bookings are being called off, by kind.
        miscounted: The counters that are out of range, or count other than their claims.
    """

    standing: dict[str, dict[str, tuple[str, int]]]
    settling: dict[str, set[str]]
    miscounted: list[str]


def watch(database: Database, tenant_id: str) -> Sight:
    """Look at a business, in one read transaction."""
    values = {"tenant": tenant_id}
    with database.read(tenant_id) as transaction:
        run = transaction.connection.execute
        return Sight(
            standing={
                kind: {row[0]: (str(row[1]), row[2]) for row in run(statement, values)}
                for kind, statement in _STANDING.items()
            },
            settling={
                kind: set(run(statement, values).scalars()) for kind, statement in _SETTLING.items()
            },
            miscounted=[
                f"{key} counts {used}, claimed are {claimed}"
                for key, used, claimed in run(_MISCOUNTED, values)
            ],
        )
