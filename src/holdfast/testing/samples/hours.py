"""Businesses that live by the hours of the week: a doctor, meeting rooms, a live class."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from holdfast.domain.intervals import utc
from holdfast.domain.offerings import Counting, Offering
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.requirements import Requirement
from holdfast.domain.resources import Resource
from holdfast.domain.tenants import Tenant
from holdfast.domain.zones import Zone, instant_of, local_day, zone
from holdfast.engine.blocks import AddBlock
from holdfast.engine.facade import Engine, TenantEngine
from holdfast.engine.offerings import AddOffering
from holdfast.engine.resources import AddResource
from holdfast.engine.schedules import WeeklyOpening
from holdfast.engine.tenants import AddTenant

_HOUR = 60
_QUARTER = timedelta(minutes=15)
WEEKDAYS = (1, 2, 3, 4, 5)
WEDNESDAY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """Dr Martin: consultations of 15 minutes, mornings and afternoons, Europe/Paris."""

    tenant: Tenant
    desk: TenantEngine
    doctor: Resource
    consultation: Offering


def open_practice(engine: Engine, *, now: datetime, slug: str = "dr-martin") -> Practice:
    """Open the practice: a day's notice, 30 days ahead, closed from 15 to 22 August."""
    tenant = engine.add_tenant(
        AddTenant(slug=slug, name="Dr Martin", zone="Europe/Paris", currency="EUR")
    )
    desk = engine.tenant(slug)
    doctor = desk.resources.add(AddResource(name="Dr Martin", kind="doctor-visit"))
    halves = ((9 * _HOUR, 12 * _HOUR + 30), (14 * _HOUR, 18 * _HOUR))
    desk.schedules.set(
        doctor.resource_id,
        [
            WeeklyOpening(
                weekdays=(1, 2, 4, 5), opens_minute=opens, closes_minute=closes, slot_step=_QUARTER
            )
            for opens, closes in halves
        ],
    )
    here = zone("Europe/Paris")
    year = _next_year_of(date(1, 8, 15), utc(now), here)
    desk.blocks.add(
        AddBlock(
            resource_id=doctor.resource_id,
            starts_at=instant_of(date(year, 8, 15), 0, here, gap="forward"),
            ends_at=instant_of(date(year, 8, 23), 0, here, gap="forward"),
            reason="Vacances",
        )
    )
    consultation = desk.offerings.add(
        AddOffering(
            slug="consultation",
            name="Consultation",
            duration=_QUARTER,
            notice=timedelta(hours=24),
            horizon_days=30,
            party_max=1,
            price_minor=3_000,
            requirements=(Requirement(resource_id=doctor.resource_id, role="doctor"),),
        )
    )
    return Practice(tenant=tenant, desk=desk, doctor=doctor, consultation=consultation)


def _next_year_of(day: date, now: datetime, here: Zone) -> int:
    """Return the year in which a day of the year comes next."""
    today = local_day(utc(now), here)
    is_over = (today.month, today.day) > (day.month, day.day)
    return today.year + is_over


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """Salle Mont-Blanc: one party of up to twelve at a time, by the hour."""

    tenant: Tenant
    desk: TenantEngine
    room: Resource
    hour: Offering


def open_rooms(engine: Engine, *, slug: str = "mont-blanc") -> Rooms:
    """Open the meeting room: Monday to Friday, 08:00 to 20:00, 15 minutes between meetings."""
    tenant = engine.add_tenant(
        AddTenant(slug=slug, name="Espace Mont-Blanc", zone="Europe/Paris", currency="EUR")
    )
    desk = engine.tenant(slug)
    room = desk.resources.add(
        AddResource(name="Salle Mont-Blanc", kind="meeting-room", party_max=12)
    )
    desk.schedules.set(
        room.resource_id,
        [WeeklyOpening(weekdays=WEEKDAYS, opens_minute=8 * _HOUR, closes_minute=20 * _HOUR)],
    )
    hour = desk.offerings.add(
        AddOffering(
            slug="meeting",
            name="Meeting room, one hour",
            kind="room",
            duration=timedelta(hours=1),
            buffer_after=_QUARTER,
            grid_includes_buffer=True,
            price_minor=4_000,
            price_unit=PriceUnit.HOUR,
            requirements=(Requirement(resource_id=room.resource_id, role="room"),),
        )
    )
    return Rooms(tenant=tenant, desk=desk, room=room, hour=hour)


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """A live class: thirty places every Wednesday at 14:00, Africa/Algiers."""

    tenant: Tenant
    desk: TenantEngine
    teacher: Resource
    live: Offering


def open_studio(engine: Engine, *, slug: str = "atelier") -> Studio:
    """Open the class: it takes its teacher only once somebody comes."""
    tenant = engine.add_tenant(
        AddTenant(slug=slug, name="L'Atelier", zone="Africa/Algiers", currency="DZD")
    )
    desk = engine.tenant(slug)
    teacher = desk.resources.add(AddResource(name="Lina", kind="teacher"))
    live = desk.offerings.add(
        AddOffering(
            slug="live-class",
            name="Live class",
            kind="course",
            duration=timedelta(minutes=90),
            counting=Counting.PLACES,
            slot_capacity=30,
            party_max=4,
            price_minor=150_000,
            price_unit=PriceUnit.PARTICIPANT,
            requirements=(Requirement(resource_id=teacher.resource_id, role="teacher"),),
        )
    )
    desk.schedules.set(
        live.offering_id,
        [
            WeeklyOpening(
                weekdays=(WEDNESDAY,), opens_minute=14 * _HOUR, closes_minute=15 * _HOUR + 30
            )
        ],
    )
    return Studio(tenant=tenant, desk=desk, teacher=teacher, live=live)
