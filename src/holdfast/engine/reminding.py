"""Reminding: telling, once for each time that the policy names, that a booking is near."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain.access import Scope
from holdfast.domain.bookings import Booking, BookingStatus
from holdfast.domain.ids import BookingId
from holdfast.domain.reminders import minutes_before, remind_at
from holdfast.engine.use_cases import Look, Needs, UseCase, View


@dataclass(frozen=True, slots=True, kw_only=True)
class RemindOfBooking:
    """Tell that a confirmed booking is near, if it is time; of what has begun nobody is told."""

    booking_id: BookingId


def _needs(command: RemindOfBooking, look: Look) -> Needs:
    look.get(Booking, command.booking_id)
    return Needs()


def _decide(view: View, command: RemindOfBooking, now: datetime) -> Booking:
    booking = view.get(Booking, command.booking_id)
    due_at = booking.remind_at
    if booking.status is not BookingStatus.CONFIRMED or due_at is None or now < due_at:
        # Another worker told it, or it was moved or called off in the meantime: nothing to do.
        return booking
    starts_at = booking.starts_at
    is_late = now >= starts_at
    after = starts_at if is_late else due_at
    next_at = remind_at(booking.policy, starts_at=starts_at, after=after)
    reminded = view.update(booking, remind_at=next_at)
    view.fact(
        "booking.reminder_skipped" if is_late else "booking.reminder_due",
        reminded,
        number=reminded.number,
        starts_at=starts_at,
        minutes_before=minutes_before(starts_at=starts_at, due_at=due_at),
    )
    return reminded


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        RemindOfBooking: UseCase(
            "booking.remind", scopes=(Scope.BOOKINGS_WRITE,), needs=_needs, decide=_decide
        ),
    }
)
