"""Businesses to test with: a catalogue made in a line each, and instants that read like a diary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TypedDict, Unpack

from holdfast.domain.access import SYSTEM, Actor, ActorKind, KeyKind, Role
from holdfast.domain.bookings import Booking
from holdfast.domain.customers import Contact
from holdfast.domain.errors import HoldfastError, InputFault, InputInvalid
from holdfast.domain.holds import Hold
from holdfast.domain.offerings import Counting, Offering
from holdfast.domain.policies import Policy
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.quotes import LineKind, QuoteLine, Reason
from holdfast.domain.requirements import Requirement
from holdfast.domain.resources import Resource
from holdfast.domain.shapes import Shape
from holdfast.domain.slots import Slot
from holdfast.engine.facade import Engine, TenantEngine
from holdfast.engine.making import Details
from holdfast.engine.offerings import AddOffering
from holdfast.engine.resources import AddResource
from holdfast.engine.schedules import WeeklyOpening
from holdfast.engine.slots import AddSlot
from holdfast.engine.tenants import AddTenant

EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
ROUND_THE_CLOCK = WeeklyOpening(weekdays=EVERY_DAY, opens_minute=0, closes_minute=24 * 60)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
INSTANT = timedelta(microseconds=1)

ADA = Contact(name="Ada", email="ada@example.com")
FOR_ADA = Details(contact=ADA)


class TenantFields(TypedDict, total=False):
    """What a test may want of a business."""

    zone: str
    notice: timedelta
    horizon_days: int


class OfferingFields(TypedDict, total=False):
    """What a test may want of an offering."""

    duration: timedelta
    slot_step: timedelta | None
    buffer_before: timedelta
    buffer_after: timedelta
    notice: timedelta | None
    horizon_days: int | None
    party_min: int
    party_max: int | None
    hold_ttl: timedelta
    is_approved_by_hand: bool
    pending_takes: bool
    pending_ttl: timedelta | None
    confirm_delay: timedelta | None
    price_minor: int
    zone: str | None
    counting: Counting
    slot_capacity: int | None
    shape: Shape
    policy: Policy


class SlotFields(TypedDict, total=False):
    """What a test may want of a slot made by hand."""

    ends_at: datetime | None
    capacity: int | None
    is_capacity_own: bool


class HoldFields(TypedDict, total=False):
    """What a test may want of a hold."""

    ttl: timedelta | None
    client_key: str | None
    contact: Contact
    idempotency_key: str | None


def at(clock_time: str, *, day: int = 0) -> datetime:
    """Return a time of day in UTC, so many days after Monday, 1 June 2026."""
    hours, minutes = clock_time.split(":")
    start = datetime(2026, 6, 1, tzinfo=UTC)
    return start + timedelta(days=day, hours=int(hours), minutes=int(minutes))


def open_desk(
    engine: Engine, *, slug: str = "desk", **fields: Unpack[TenantFields]
) -> TenantEngine:
    """Open a business, in UTC unless told otherwise, and sit down at its desk."""
    zoned: TenantFields = {"zone": "UTC", **fields}
    tenant = engine.add_tenant(AddTenant(slug=slug, name="The Desk", currency="EUR", **zoned))
    return engine.at(tenant.tenant_id, actor=SYSTEM)


def add_room(desk: TenantEngine, name: str = "Room", capacity: int | None = 1) -> Resource:
    """Add something that can be booked."""
    return desk.resources.add(AddResource(name=name, kind="room", capacity=capacity))


def add_offering(
    desk: TenantEngine,
    slug: str,
    *rooms: Resource | Requirement,
    openings: Sequence[WeeklyOpening] = (ROUND_THE_CLOCK,),
    **fields: Unpack[OfferingFields],
) -> Offering:
    """Add an offering of an hour, open round the clock unless other openings are given."""
    needed = tuple(
        Requirement(resource_id=room.resource_id) if isinstance(room, Resource) else room
        for room in rooms
    )
    timed: OfferingFields = {"duration": HOUR, **fields}
    offering = desk.offerings.add(
        AddOffering(slug=slug, name=slug.capitalize(), requirements=needed, **timed)
    )
    if openings:
        desk.schedules.set(offering.offering_id, openings)
    return offering


def add_class(
    desk: TenantEngine,
    slug: str,
    *rooms: Resource | Requirement,
    places: int | None,
    openings: Sequence[WeeklyOpening] = (ROUND_THE_CLOCK,),
    **fields: Unpack[OfferingFields],
) -> Offering:
    """Add an offering whose places are counted."""
    counted: OfferingFields = {"counting": Counting.PLACES, "slot_capacity": places, **fields}
    return add_offering(desk, slug, *rooms, openings=openings, **counted)


def add_slot(
    desk: TenantEngine, offering: Offering, starts_at: datetime, **fields: Unpack[SlotFields]
) -> Slot:
    """Make a slot by hand."""
    slot_id, offering_id = desk.slots.new_id(), offering.offering_id
    return desk.slots.add(
        AddSlot(slot_id=slot_id, offering_id=offering_id, starts_at=starts_at, **fields)
    )


def hold(
    desk: TenantEngine,
    offering: Offering,
    starts_at: datetime,
    party_size: int = 1,
    **fields: Unpack[HoldFields],
) -> Hold:
    """Keep places of the slot that starts then."""
    return desk.holds.place(
        offering_id=offering.offering_id, starts_at=starts_at, party_size=party_size, **fields
    )


def book(
    desk: TenantEngine,
    offering: Offering,
    starts_at: datetime,
    party_size: int = 1,
    details: Details = FOR_ADA,
) -> Booking:
    """Book the slot that starts then."""
    return desk.bookings.place(
        offering_id=offering.offering_id,
        starts_at=starts_at,
        party_size=party_size,
        details=details,
    )


def plain_line(amount_minor: int) -> QuoteLine:
    """Return the one line of an offering's own price per booking."""
    return QuoteLine(
        kind=LineKind.PRICE,
        label="",
        quantity=Fraction(1),
        unit=PriceUnit.BOOKING,
        unit_amount_minor=amount_minor,
        amount_minor=amount_minor,
        reason=Reason.OFFERING,
        detail="The price of the offering.",
    )


def starts(
    desk: TenantEngine,
    offering: Offering,
    since: datetime,
    until: datetime,
    party_size: int = 1,
) -> list[datetime]:
    """List when the open slots of an offering begin."""
    answer = desk.availability.list(
        offering.offering_id, starts_at=since, ends_at=until, party_size=party_size
    )
    return [slot.starts_at for slot in answer.slots]


def remaining(desk: TenantEngine, offering: Offering, starts_at: datetime) -> int | None:
    """Return what is left of the slot that starts then; 0 when it is not offered."""
    answer = desk.availability.list(
        offering.offering_id, starts_at=starts_at, ends_at=starts_at + MINUTE
    )
    return answer.slots[0].remaining if answer.slots else 0


def refusal_of(act: Callable[[], object]) -> HoldfastError:
    """Do something that is refused, and return the refusal."""
    try:
        done = act()
    except HoldfastError as refusal:
        return refusal
    raise AssertionError(f"not refused: {done!r}")


def cause_of(act: Callable[[], object]) -> dict[str, object]:
    """Do something that is refused, and return its code and fields, without alternatives."""
    refusal = refusal_of(act)
    fields = {name: value for name, value in refusal.fields.items() if name != "alternatives"}
    return {"code": refusal.code, **fields}


def short(*, requested: int, remaining: int, limited_by: str | None) -> dict[str, object]:
    """Return the cause of a refusal for want of capacity."""
    return {
        "code": "capacity.exceeded",
        "requested": requested,
        "remaining": remaining,
        "limited_by": limited_by,
    }


def closed(reason: str) -> dict[str, object]:
    """Return the cause of a refusal because something is not open then."""
    return {"code": "availability.closed", "reason": reason}


def shop_window(engine: Engine, desk: TenantEngine, name: str = "web") -> TenantEngine:
    """Return what the public sees of a business, through a publishable key."""
    made = desk.keys.add(name, kind=KeyKind.PUBLISHABLE)
    return engine.at(desk.tenant_id, actor=made.key.actor)


def acting_as(engine: Engine, desk: TenantEngine, role: Role) -> TenantEngine:
    """Return a business as a member in a role sees it."""
    actor = Actor(kind=ActorKind.MEMBER, actor_id=f"mbr_{role.value}", role=role)
    return engine.at(desk.tenant_id, actor=actor)


def pointers(refusal: object) -> list[tuple[str, str]]:
    """Return where and how an input is malformed."""
    assert isinstance(refusal, InputInvalid)
    faults = refusal.fields["errors"]
    assert isinstance(faults, tuple)
    return [(fault.pointer, fault.code) for fault in faults if isinstance(fault, InputFault)]
