"""Awaiting: the bookings that wait for a person of the business to say yes or no."""

from __future__ import annotations

from holdfast.domain.access import Actor, Scope
from holdfast.domain.bookings import Booking, BookingStatus, PendingReason
from holdfast.engine.ports import Comparison, Filter, ReadStore

ANSWERED_BY_PEOPLE = (PendingReason.APPROVAL, PendingReason.REVIEW)
"""What only a person sets aside; payment and delay end by themselves."""


def count_awaiting(store: ReadStore, *, actor: Actor) -> int:
    """Count the bookings that wait for a person's answer.

    Raises:
        AccessDenied: The actor may not see bookings.
    """
    actor.require(Scope.BOOKINGS_READ)
    pending = [Filter("status", Comparison.EQUAL, BookingStatus.PENDING)]
    counted = store.counts(Booking, "pending_reasons", pending)
    return sum(
        count
        for reasons, count in counted.items()
        if any(reason.value in reasons for reason in ANSWERED_BY_PEOPLE)
    )
