"""The two simplest businesses: a hairdresser's chair and a concert of 250 places."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from holdfast.domain.offerings import Counting, Offering
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.requirements import Per, Requirement
from holdfast.domain.resources import Resource
from holdfast.domain.slots import Slot
from holdfast.domain.tenants import Tenant
from holdfast.engine.facade import Engine, TenantEngine
from holdfast.engine.offerings import AddOffering
from holdfast.engine.resources import AddResource
from holdfast.engine.schedules import WeeklyOpening
from holdfast.engine.slots import AddSlot
from holdfast.engine.tenants import AddTenant

TUESDAY_TO_SATURDAY = (2, 3, 4, 5, 6)
TEN, NINETEEN = 10 * 60, 19 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Salon:
    """Sarah's salon: one chair, 10:00 to 19:00 from Tuesday to Saturday, Europe/Paris."""

    tenant: Tenant
    desk: TenantEngine
    chair: Resource
    cut: Offering


def open_salon(engine: Engine, *, slug: str = "sarah") -> Salon:
    """Open the salon: 30-minute cuts, a 15-minute buffer after, 4 hours' notice, 60 days ahead."""
    tenant = engine.add_tenant(
        AddTenant(slug=slug, name="Salon Sarah", zone="Europe/Paris", currency="EUR")
    )
    desk = engine.tenant(slug)
    chair = desk.resources.add(AddResource(name="Sarah's chair", kind="hairdresser-cut"))
    desk.schedules.set(
        chair.resource_id,
        [
            WeeklyOpening(
                weekdays=TUESDAY_TO_SATURDAY,
                opens_minute=TEN,
                closes_minute=NINETEEN,
                slot_step=timedelta(minutes=30),
            )
        ],
    )
    cut = desk.offerings.add(
        AddOffering(
            slug="cut",
            name="Haircut",
            description="Wash, cut and dry.",
            duration=timedelta(minutes=30),
            buffer_after=timedelta(minutes=15),
            notice=timedelta(hours=4),
            horizon_days=60,
            party_max=1,
            price_minor=2_500,
            requirements=(Requirement(resource_id=chair.resource_id),),
        )
    )
    return Salon(tenant=tenant, desk=desk, chair=chair, cut=cut)


@dataclass(frozen=True, slots=True, kw_only=True)
class Concert:
    """One evening in one hall, sold by the place."""

    tenant: Tenant
    desk: TenantEngine
    hall: Resource
    ticket: Offering
    evening: Slot


def open_concert(
    engine: Engine, *, starts_at: datetime, places: int = 250, slug: str = "odeon"
) -> Concert:
    """Open a concert hall with one evening of three hours."""
    tenant = engine.add_tenant(
        AddTenant(slug=slug, name="Odéon", zone="Europe/Paris", currency="EUR")
    )
    desk = engine.tenant(slug)
    hall = desk.resources.add(AddResource(name="Great hall", kind="hall"))
    ticket = desk.offerings.add(
        AddOffering(
            slug="concert",
            name="Concert",
            description="An evening with the quartet.",
            kind="event",
            duration=timedelta(hours=3),
            counting=Counting.PLACES,
            slot_capacity=places,
            party_max=10,
            price_minor=3_500,
            price_unit=PriceUnit.PARTICIPANT,
            requirements=(Requirement(resource_id=hall.resource_id, per=Per.BOOKING),),
        )
    )
    evening = desk.slots.add(
        AddSlot(slot_id=desk.slots.new_id(), offering_id=ticket.offering_id, starts_at=starts_at)
    )
    return Concert(tenant=tenant, desk=desk, hall=hall, ticket=ticket, evening=evening)
