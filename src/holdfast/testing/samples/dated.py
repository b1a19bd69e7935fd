"""Businesses that sell days: a vehicle by the day, and a region of setups and operators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from holdfast.domain.intervals import utc
from holdfast.domain.offerings import Component, Offering
from holdfast.domain.pools import Pool
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.requirements import Choosing, Requirement
from holdfast.domain.resources import Resource, Scheme
from holdfast.domain.shapes import Shape
from holdfast.domain.tenants import Tenant
from holdfast.domain.zones import local_day, zone
from holdfast.engine.calendars import InitialiseDays
from holdfast.engine.facade import Engine, TenantEngine
from holdfast.engine.offerings import AddOffering
from holdfast.engine.pools import AddPool
from holdfast.engine.resources import AddResource
from holdfast.engine.tenants import AddTenant

A_YEAR = timedelta(days=364)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rental:
    """Fraser Island: one 4WD by the day, with a capacity calendar for a year."""

    tenant: Tenant
    desk: TenantEngine
    vehicle: Resource
    hire: Offering


def open_rental(engine: Engine, *, now: datetime, slug: str = "fraser-island") -> Rental:
    """Open the rental: any days, scattered or in a row, up to a month of them."""
    place = "Australia/Brisbane"
    tenant = engine.add_tenant(
        AddTenant(slug=slug, name="Fraser Island 4WD", zone=place, currency="AUD", horizon_days=365)
    )
    desk = engine.tenant(slug)
    vehicle = desk.resources.add(
        AddResource(
            name="Land Cruiser", kind="vehicle", scheme=Scheme.DATED, is_bookable_alone=True
        )
    )
    today = local_day(utc(now), zone(place))
    desk.calendars.initialise(
        InitialiseDays(
            resource_id=vehicle.resource_id, first_on=today, last_on=today + A_YEAR, capacity=1
        )
    )
    hire = desk.offerings.add(
        AddOffering(
            slug="day-hire",
            name="4WD day hire",
            kind="rental",
            duration=_DAY,
            shape=Shape.DAYS,
            dates_max=31,
            price_minor=24_900,
            price_unit=PriceUnit.UNIT,
            requirements=(Requirement(resource_id=vehicle.resource_id, role="vehicle"),),
        )
    )
    return Rental(tenant=tenant, desk=desk, vehicle=vehicle, hire=hire)


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Occitanie: five setups and four operators, any of each; days are approved by hand."""

    tenant: Tenant
    desk: TenantEngine
    setups: Pool
    operators: Pool
    training: Offering


def open_region(
    engine: Engine, *, setups: int = 5, operators: int = 4, slug: str = "occitanie"
) -> Region:
    """Open the region. A day takes one setup and one operator, once it is approved."""
    tenant = engine.add_tenant(
        AddTenant(slug=slug, name="DST Occitanie", zone="Europe/Paris", currency="EUR")
    )
    desk = engine.tenant(slug)
    pools = {}
    for name, kind, count in (("Setups", "setup", setups), ("Operators", "operator", operators)):
        members = [
            desk.resources.add(
                AddResource(name=f"{kind.title()} {number}", kind=kind, scheme=Scheme.DATED)
            )
            for number in range(1, count + 1)
        ]
        pools[kind] = desk.pools.add(
            AddPool(
                name=f"{name} of Occitanie",
                kind="region",
                resource_ids=tuple(member.resource_id for member in members),
            )
        )
    training = desk.offerings.add(
        AddOffering(
            slug="training-day",
            name="Training day",
            kind="course",
            duration=_DAY,
            shape=Shape.DAYS,
            dates_max=1,
            is_approved_by_hand=True,
            pending_takes=False,
            requirements=tuple(
                Requirement(pool_id=pool.pool_id, choosing=Choosing.ANY_OF, role=kind)
                for kind, pool in pools.items()
            ),
            components=(
                Component(key="module-x", name="Module X", capacity=12),
                Component(key="module-y", name="Module Y", capacity=20),
            ),
        )
    )
    return Region(
        tenant=tenant,
        desk=desk,
        setups=pools["setup"],
        operators=pools["operator"],
        training=training,
    )
