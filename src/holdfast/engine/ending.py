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
from holdfast.domain.waitlists import NOTHING_KEPT, WaitlistAction, WaitlistEntry, WaitlistStatus
from holdfast.domain.waitlists import transition as waitlist_transition
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


def may_be_called_off(record: Booking | Hold | WaitlistEntry) -> bool:
    """Whether a booking or hold is still to come, or places are kept for somebody who waits."""
    if isinstance(record, Booking):
        return record.status.value in MAY_BE_CALLED_OFF
    if isinstance(record, WaitlistEntry):
        return record.kept_count > 0
    return record.status is HoldStatus.ACTIVE


def call_off(view: View, record: Booking | Hold | WaitlistEntry, *, reason: str | None) -> bool:
    """Cancel a booking or let a hold go, in the business's name; say whether there was need to.

    Who waits goes back in line, where they were.
    """
    if not may_be_called_off(record):
        return False
    if isinstance(record, WaitlistEntry):
        is_invited = record.status is WaitlistStatus.INVITED
        action, what = (WaitlistAction.WITHDRAW, "withdrawn") if is_invited else (None, "let_go")
        back_in_line(view, record, action, what, now=view.now)
        return True
    if isinstance(record, Booking):
        cancel(view, record, by=CancelledBy.BUSINESS, reason=reason, now=view.now)
        return True
    status = hold_transition(record, HoldAction.RELEASE, now=view.now)
    release(view, record.hold_id, reason=status)
    ended = view.update(record, status=status, ended_at=view.now)
    view.fact(f"hold.{status}", ended, reason=reason)
    return True


def back_in_line(
    view: View, entry: WaitlistEntry, action: WaitlistAction | None, what: str, *, now: datetime
) -> WaitlistEntry:
    """Give back what is kept for an entry that goes on waiting."""
    release(view, entry.entry_id, reason=what)
    status = entry.status
    if action is not None:
        status = waitlist_transition(entry.status, action, now=now)
    waiting = view.update(entry, status=status, **NOTHING_KEPT)
    view.fact(f"waitlist_entry.{what}", waiting, number=waiting.number)
    return waiting


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
