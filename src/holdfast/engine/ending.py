"""Ending: calling off bookings and holds because what they counted on is closed."""

from __future__ import annotations

from datetime import datetime

from holdfast.domain.bookings import (
    LIVE,
    Booking,
    BookingAction,
    BookingStatus,
    CancelledBy,
    transition,
)
from holdfast.domain.closures import Affected
from holdfast.domain.holds import Hold, HoldAction, HoldStatus
from holdfast.domain.holds import transition as hold_transition
from holdfast.domain.ids import SlotId
from holdfast.engine.releasing import release
from holdfast.engine.settling import settle_cancellation
from holdfast.engine.use_cases import Look, View

EMPTY_FIRST = (
    "Cancel or move them first; or say by when_booked what becomes of them: 'list' keeps them for"
    " you to see to, 'cancel' calls them off."
)
"""What staff may do who would close what is booked."""

LIVE_STATUSES = tuple(sorted(status.value for status in LIVE))
MAY_BE_CALLED_OFF = (BookingStatus.CONFIRMED.value, BookingStatus.PENDING.value)


def bookings_in(
    look: Look, slot_id: SlotId, *, limit: int, statuses: tuple[str, ...] = LIVE_STATUSES
) -> tuple[Booking, ...]:
    """Return the first few bookings of a slot that are not over."""
    return look.few(Booking, "slot_id", slot_id, statuses=statuses, limit=limit)


def holds_in(look: Look, slot_id: SlotId, *, limit: int) -> tuple[Hold, ...]:
    """Return the first few holds of a slot that nobody has ended."""
    return look.few(Hold, "slot_id", slot_id, statuses=(HoldStatus.ACTIVE.value,), limit=limit)


def counting_on(view: View, slot_id: SlotId, *, limit: int) -> list[Affected]:
    """Return the first few bookings and holds that count on a slot now."""
    found = [
        Affected(kind="booking", record_id=booking.booking_id)
        for booking in bookings_in(view, slot_id, limit=limit)
    ]
    found += [
        Affected(kind="hold", record_id=hold.hold_id)
        for hold in holds_in(view, slot_id, limit=limit)
        if view.now < hold.expires_at
    ]
    return found


def may_be_called_off(record: Booking | Hold) -> bool:
    """Whether a booking or hold is still to come."""
    if isinstance(record, Booking):
        return record.status.value in MAY_BE_CALLED_OFF
    return record.status is HoldStatus.ACTIVE


def call_off(view: View, record: Booking | Hold, *, reason: str | None) -> bool:
    """Cancel a booking or let a hold go, in the business's name; say whether there was need to."""
    if not may_be_called_off(record):
        return False
    if isinstance(record, Booking):
        cancel(view, record, by=CancelledBy.BUSINESS, reason=reason, now=view.now)
        return True
    status = hold_transition(record, HoldAction.RELEASE, now=view.now)
    release(view, record.hold_id, reason=status)
    ended = view.update(record, status=status, ended_at=view.now)
    view.fact(f"hold.{status}", ended, reason=reason)
    return True


def cancel(
    view: View, booking: Booking, *, by: CancelledBy, reason: str | None, now: datetime
) -> Booking:
    """Cancel a booking that may be cancelled, settle it, and give its places back.

    Raises:
        CancellationClosed: The policy that it was made under does not allow it.
        TransitionNotAllowed: It is over.
    """
    status = transition(booking.status, BookingAction.CANCEL)
    settlement = settle_cancellation(view, booking, by=by, now=now)
    release(view, booking.booking_id, reason=status)
    cancelled = view.update(
        booking,
        status=status,
        pending_reasons=(),
        cancelled_by=by,
        cancel_reason=reason,
        ended_at=now,
        settlement=settlement,
    )
    view.fact(
        "booking.cancelled",
        cancelled,
        number=cancelled.number,
        by=by,
        reason=reason,
        refund=settlement.refund,
        late_action=settlement.late_action,
    )
    return cancelled
