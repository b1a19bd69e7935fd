"""A restaurant: one large table, shared by the parties that come for lunch or dinner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from holdfast.domain.intervals import utc
from holdfast.domain.offerings import Counting, Offering
from holdfast.domain.requirements import Requirement
from holdfast.domain.resources import Resource
from holdfast.domain.tenants import Tenant
from holdfast.domain.zones import instant_of, local_day, zone
from holdfast.engine.facade import Engine, TenantEngine
from holdfast.engine.offerings import AddOffering
from holdfast.engine.resources import AddResource
from holdfast.engine.slots import AddSlot
from holdfast.engine.tenants import AddTenant

SITTINGS = ((12 * 60, 14 * 60), (19 * 60, 23 * 60))
"""Lunch and dinner, in minutes of the local day."""

COVERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Bistro:
    """Le Bistro: eight covers at one table, at lunch from 12 to 14 and at dinner from 19 to 23."""

    tenant: Tenant
    desk: TenantEngine
    table: Resource
    meal: Offering


def open_bistro(
    engine: Engine, *, now: datetime, days: int = 30, slug: str = "le-bistro"
) -> Bistro:
    """Open the restaurant, with slots made by hand from tomorrow on."""
    tenant = engine.add_tenant(
        AddTenant(slug=slug, name="Le Bistro", zone="Europe/Paris", currency="EUR")
    )
    desk = engine.tenant(slug)
    table = desk.resources.add(AddResource(name="Table d'hôtes", kind="restaurant-table"))
    meal = desk.offerings.add(
        AddOffering(
            slug="table",
            name="A seat at the table",
            kind="table",
            duration=timedelta(hours=2),
            counting=Counting.PLACES,
            slot_capacity=COVERS,
            requirements=(Requirement(resource_id=table.resource_id, role="table"),),
        )
    )
    here = zone("Europe/Paris")
    today = local_day(utc(now), here)
    for ahead in range(1, days + 1):
        for opens, closes in SITTINGS:
            day = today + timedelta(days=ahead)
            desk.slots.add(
                AddSlot(
                    slot_id=desk.slots.new_id(),
                    offering_id=meal.offering_id,
                    starts_at=instant_of(day, opens, here, gap="forward"),
                    ends_at=instant_of(day, closes, here, gap="forward"),
                )
            )
    return Bistro(tenant=tenant, desk=desk, table=table, meal=meal)
