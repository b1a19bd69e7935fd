"""No-shows by themselves: nobody came, and the grace of an automatic policy is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain.access import Scope
from holdfast.domain.bookings import Booking, BookingAction, BookingStatus, transition
from holdfast.domain.ids import BookingId
from holdfast.engine.settling import customer_reads, settle_no_show
from holdfast.engine.use_cases import Look, Needs, UseCase, View


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkDueNoShow:
    """Record that nobody came, if the policy of a booking says so by itself and it is time."""

    booking_id: BookingId


def _needs(command: MarkDueNoShow, look: Look) -> Needs:
    return Needs.of(reads=customer_reads(look.get(Booking, command.booking_id)))


def _decide(view: View, command: MarkDueNoShow, now: datetime) -> Booking:
    booking = view.get(Booking, command.booking_id)
    due_at = booking.no_show_at
    if booking.status is not BookingStatus.CONFIRMED or due_at is None or now < due_at:
        # Somebody came, or it was moved or called off in the meantime: nothing to do.
        return booking
    action = BookingAction.MARK_NO_SHOW
    status = transition(booking.status, action)
    settlement = settle_no_show(view, booking)
    missed = view.update(booking, status=status, ended_at=now, settlement=settlement)
    view.fact(f"booking.{status}", missed, number=missed.number, by=action)
    return missed


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        MarkDueNoShow: UseCase(
            "booking.mark_due_no_show",
            scopes=(Scope.BOOKINGS_WRITE,),
            needs=_needs,
            decide=_decide,
        ),
    }
)
