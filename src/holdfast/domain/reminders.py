"""Reminders: when a booking's customer is reminded of it, by the policy that it was made under."""

from __future__ import annotations

from datetime import datetime, timedelta

from holdfast.domain.policies import Policy

_MINUTE = timedelta(minutes=1)


def remind_at(policy: Policy, *, starts_at: datetime, after: datetime) -> datetime | None:
    """Return when the next reminder is due, later than an instant; None is never.

    What was due before the booking was made, confirmed or moved is not caught up on.

    >>> from holdfast.domain.intervals import FIRST_INSTANT as first
    >>> policy = Policy(reminder_before=(timedelta(hours=24), timedelta(hours=2)))
    >>> start = first + timedelta(hours=30)
    >>> due = remind_at(policy, starts_at=start, after=first)
    >>> start - due, start - remind_at(policy, starts_at=start, after=due)
    (datetime.timedelta(days=1), datetime.timedelta(seconds=7200))
    >>> remind_at(policy, starts_at=start, after=start) is None
    True
    """
    instants = (starts_at - length for length in policy.reminder_before or ())
    return min((instant for instant in instants if instant > after), default=None)


def minutes_before(*, starts_at: datetime, due_at: datetime) -> int:
    """Return how many minutes before the start a reminder was to come."""
    return (starts_at - due_at) // _MINUTE
