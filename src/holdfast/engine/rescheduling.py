"""Rescheduling: the same booking at another time, or with other resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.bookings import Booking
from holdfast.domain.errors import AccessDenied
from holdfast.domain.guests import guest_faults
from holdfast.domain.ids import BookingId
from holdfast.domain.overrides import Override
from holdfast.engine.confirming import settle_payment
from holdfast.engine.moving import Move, moved, moving_needs
from holdfast.engine.ownership import own_booking
from holdfast.engine.series_times import follow, following_needs
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.engine.versions import require_version


@dataclass(frozen=True, slots=True, kw_only=True)
class RescheduleBooking:
    """Move a booking to another slot, time, dates or resources; id and number stay.

    Either all of it is moved or nothing is changed at all. What it costs is agreed anew unless
    staff keep the price. `override` is what staff set aside for it, with a reason.
    """

    booking_id: BookingId
    move: Move
    keeps_price: bool = False
    override: Override | None = None
    reason: str | None = None
    if_version: int | None = None


def _needs(command: RescheduleBooking, look: Look) -> Needs:
    checks.require([checks.text("/reason", command.reason)])
    booking = own_booking(look, command.booking_id)
    return moving_needs(look, booking, command.move) | following_needs(look, booking)


def _decide(view: View, command: RescheduleBooking, now: datetime) -> Booking:
    booking = own_booking(view, command.booking_id)
    require_version(booking, command.if_version)
    if command.keeps_price and view.actor.is_public:
        raise AccessDenied("Only staff may keep the price of what is moved.")
    changes = moved(
        view,
        booking,
        command.move,
        override=command.override,
        keeps_price=command.keeps_price,
    )
    if not changes:
        return booking
    after = view.update(booking, **changes)
    follow(view, after)
    checks.require(guest_faults(after.guests, party_size=after.party_size))
    view.fact(
        "booking.rescheduled",
        after,
        number=after.number,
        reason=command.reason,
        before=_told(booking),
        after=_told(after),
    )
    return settle_payment(view, after, now=now)


def _told(booking: Booking) -> dict[str, object]:
    """What a fact says of a booking's time and place."""
    return {
        "starts_at": booking.starts_at,
        "ends_at": booking.ends_at,
        "dates": booking.dates,
        "slot_id": booking.slot_id,
        "party_size": booking.party_size,
        "resource_ids": [one.resource_id for one in booking.assigned],
        "price": booking.price,
    }


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        RescheduleBooking: UseCase(
            "booking.reschedule",
            scopes=(Scope.BOOKINGS_OWN, Scope.BOOKINGS_WRITE),
            needs=_needs,
            decide=_decide,
        ),
    }
)
