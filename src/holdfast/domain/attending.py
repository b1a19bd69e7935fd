"""Attending: when guests may be checked in, and until when staff may take a step back."""

from __future__ import annotations

from datetime import datetime, timedelta

from holdfast.domain.bookings import Booking, BookingAction, BookingStatus
from holdfast.domain.cancellation_policies import in_words
from holdfast.domain.errors import TooEarly, TooLate
from holdfast.domain.no_shows import counts_from
from holdfast.domain.policies import Completion, Policy, check_in_interval
from holdfast.domain.zones import day_interval, local_day, zone

_MICROSECOND = timedelta(microseconds=1)


def require_check_in_open(
    booking: Booking, *, instead: str = "Staff may do it all the same, and say why.", now: datetime
) -> None:
    """Refuse to check in outside of the window that the booking's policy leaves for it.

    What may be done `instead` is said with the refusal.

    Raises:
        TooEarly: It has not opened.
        TooLate: It has closed.
    """
    starts_at, ends_at = booking.starts_at, booking.ends_at
    window = check_in_interval(booking.policy, starts_at=starts_at, ends_at=ends_at)
    if now < window.starts_at:
        message = f"It is too early to check in. {instead}"
        raise TooEarly(message, opens_at=window.starts_at)
    if now >= window.ends_at:
        message = f"It is too late to check in. {instead}"
        raise TooLate(message, closed_at=window.ends_at)


def completes_at(policy: Policy, *, ends_at: datetime, has_come: bool) -> datetime | None:
    """Return when a booking completes by itself: at its end, or never.

    >>> from holdfast.domain.intervals import FIRST_INSTANT
    >>> from holdfast.domain.policies import NOTHING_SAID
    >>> completes_at(NOTHING_SAID, ends_at=FIRST_INSTANT, has_come=True) is None
    True
    """
    wanted = policy.completion
    is_due = wanted is Completion.ALL or (wanted is Completion.CHECKED_IN and has_come)
    return ends_at if is_due else None


def require_begun(booking: Booking, action: BookingAction, *, now: datetime) -> None:
    """Refuse to say how something went that has not begun, or of whom one has to wait for.

    Raises:
        TooEarly: It begins later.
    """
    if now < booking.starts_at:
        said = "completed" if action is BookingAction.COMPLETE else "a no-show"
        message = f"It has not begun, so it cannot be {said}. Cancel or reschedule it instead."
        raise TooEarly(message, opens_at=booking.starts_at)
    policy = booking.policy.no_show
    if action is BookingAction.MARK_NO_SHOW and policy is not None:
        opens_at = counts_from(policy, starts_at=booking.starts_at)
        if now < opens_at:
            grace = in_words(policy.grace)
            message = f"They may still come: it counts as a no-show {grace} after its start."
            raise TooEarly(message, opens_at=opens_at)


def require_day_open(booking: Booking, *, now: datetime) -> None:
    """Refuse to take a step back once the local day is over.

    The day is the one on which the booking ends, or that of the step if it was taken later.

    Raises:
        TooLate: It is over.
    """
    here = zone(booking.zone)
    step_at = booking.ended_at or booking.checked_in_at or booking.ends_at
    last = max(step_at, booking.ends_at - _MICROSECOND)
    closed_at = day_interval(local_day(last, here), here).ends_at
    if now >= closed_at:
        message = "Its local day is over, so this stands. Staff may still write a note about it."
        raise TooLate(message, closed_at=closed_at)


def step_back(booking: Booking) -> BookingAction:
    """Return what undoing the last step is called: who had come is there again."""
    is_done = booking.status is BookingStatus.COMPLETED
    has_come = booking.checked_in_at is not None
    return BookingAction.RESUME if is_done and has_come else BookingAction.UNDO
