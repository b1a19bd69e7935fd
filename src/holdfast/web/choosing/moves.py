"""Moves: a booking that its customer gives another time."""

from __future__ import annotations

from dataclasses import dataclass, replace

from holdfast.domain.bookings import Booking
from holdfast.domain.errors import InputInvalid, RecordNotFound
from holdfast.domain.ids import SlotId, read_generated_slot_id
from holdfast.domain.listing import stay_of
from holdfast.domain.money import Money
from holdfast.domain.offerings import Offering
from holdfast.domain.shapes import Stay
from holdfast.domain.tenants import Tenant
from holdfast.domain.zones import SkippedDay, zone
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.moving import Move
from holdfast.web.choosing.wanted import Wanted
from holdfast.web.links import find_booking
from holdfast.web.visits import Visit, bearer_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """A booking, what it would become, and what it would cost then.

    Attributes:
        after: The booking with its new time; nothing else of it is different yet.
    """

    tenant: Tenant
    offering: Offering
    booking: Booking
    after: Booking
    price: Money


def moving_in(
    visit: Visit, tenant: Tenant, offering: Offering, wanted: Wanted, choice: Choice
) -> Moving:
    """Return what a move would make of a booking, within one read.

    Raises:
        RecordNotFound: The link is not good, or the booking is of something else.
        HoldfastError: There is no such time.
    """
    booking = find_booking(visit, tenant, wanted.change)
    if booking.offering_id != offering.offering_id:
        raise RecordNotFound(kind="link", key="")
    desk = visit.desk(tenant.tenant_id, bearer_of(booking.booking_id))
    quote = desk.quotes.of_move(booking.booking_id, move_of(choice, wanted))
    time = time_of_choice(desk, offering, choice, zone_name=booking.zone)
    after = replace(booking, starts_at=time.starts_at, ends_at=time.ends_at, dates=time.dates)
    return Moving(tenant=tenant, offering=offering, booking=booking, after=after, price=quote.total)


def as_booked(visit: Visit, tenant: Tenant, wanted: Wanted) -> Wanted:
    """Return what is wanted of a booking that moves: its tickets and its parts stay.

    Raises:
        RecordNotFound: The link is not good.
    """
    if not wanted.change:
        return wanted
    booking = find_booking(visit, tenant, wanted.change)
    wanted = replace(wanted, components=booking.components)
    if not booking.terms.tickets:
        return wanted
    return replace(wanted, tickets=booking.terms.tickets, people=booking.party_size)


def time_of_choice(
    desk: TenantEngine, offering: Offering, choice: Choice, *, zone_name: str
) -> Stay:
    """Return when a choice is, whether or not it could be booked.

    Raises:
        RecordNotFound: There is no such slot.
        InputInvalid: The dates make no stay.
    """
    if choice.dates:
        try:
            return stay_of(offering, list(choice.dates), zone(zone_name))
        except (SkippedDay, ValueError) as fault:
            raise InputInvalid.at("/dates", "out_of_range", str(fault)) from None
    if choice.starts_at is not None and choice.ends_at is not None:
        return Stay(starts_at=choice.starts_at, ends_at=choice.ends_at)
    generated = read_generated_slot_id(choice.slot_id or "")
    if generated is not None and choice.slot_id is not None:
        starts_at = generated[1]
        return Stay(starts_at=starts_at, ends_at=starts_at + offering.duration)
    slot = desk.slots.get(choice.slot_id or SlotId(""))
    return Stay(starts_at=slot.starts_at, ends_at=slot.ends_at)


def move_of(choice: Choice, wanted: Wanted) -> Move:
    """Return a choice as a move; whom the customer wishes for is part of it."""
    return Move(
        slot_id=choice.slot_id,
        starts_at=choice.starts_at,
        ends_at=choice.ends_at,
        dates=choice.dates,
        is_by_nights=choice.is_by_nights,
        picks=choice.picks or None,
        party_size=wanted.people,
    )
