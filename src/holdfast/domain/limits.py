"""Limits: what a policy asks of a wish to book, and what the booking then waits for.

The limits are small functions in a list; the list is the specification. What concerns capacity
and opening hours is asked elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from holdfast.domain.bookings import PendingReason
from holdfast.domain.cancellation_policies import in_words
from holdfast.domain.errors import (
    CustomerBlocked,
    HoldfastError,
    LimitReached,
)
from holdfast.domain.money import Money
from holdfast.domain.policies import LimitScope, Policy
from holdfast.domain.zones import local_day, zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What somebody wants to book, and what is known of them, counted under a lock.

    Attributes:
        zone: The zone in which days are counted.
        booking_count: How many bookings it would make: more than one for a series.
        active_counts: The customer's bookings ahead: pending, confirmed or checked in, and not
            over. Those on the waitlist are not among them.
        created_at: When the customer's latest bookings were made, whatever has become of them.
        blocked_until: Until when the customer may not book.
    """

    zone: str
    booking_count: int = 1
    active_counts: Mapping[LimitScope, int] = field(default_factory=dict)
    created_at: Sequence[datetime] = ()
    blocked_until: datetime | None = None


Limit = Callable[[Policy, Proposal, datetime], HoldfastError | None]


def _not_blocked(_policy: Policy, proposal: Proposal, now: datetime) -> HoldfastError | None:
    until = proposal.blocked_until
    if until is None or until <= now:
        return None
    day = local_day(until, zone(proposal.zone)).isoformat()
    message = f"You can book again from {day}. Until then please call."
    return CustomerBlocked(message, until=until)


_WORDS_BY_SCOPE = MappingProxyType(
    {LimitScope.OFFERING: "of this kind", LimitScope.RESOURCE: "here", LimitScope.TENANT: "with us"}
)


def _active(policy: Policy, proposal: Proposal, _now: datetime) -> HoldfastError | None:
    for limit in policy.active_limits:
        count = proposal.active_counts.get(limit.scope, 0)
        if count + proposal.booking_count > limit.most:
            words = _WORDS_BY_SCOPE[limit.scope]
            message = f"At most {limit.most} bookings ahead {words}; you have {count}."
            return LimitReached(message, limit=limit.most, actual=count)
    return None


def _creations(policy: Policy, proposal: Proposal, now: datetime) -> HoldfastError | None:
    for limit in policy.creation_limits:
        oldest = now - limit.window
        count = sum(instant > oldest for instant in proposal.created_at)
        if count >= limit.most:
            message = f"At most {limit.most} bookings within {in_words(limit.window)}. Try later."
            return LimitReached(message, limit=limit.most, actual=count)
    return None


LIMITS: tuple[Limit, ...] = (
    _not_blocked,
    _active,
    _creations,
)


def refusal_of(
    policy: Policy, proposal: Proposal, *, now: datetime, limits: Sequence[Limit] = LIMITS
) -> HoldfastError | None:
    """Return the first refusal of a wish to book by a policy, or None when it passes.

    A series counts with all its bookings among those ahead, and as one act among those made.
    """
    for limit in limits:
        refusal = limit(policy, proposal, now)
        if refusal is not None:
            return refusal
    return None


def pending_reasons(policy: Policy, *, total: Money) -> tuple[PendingReason, ...]:
    """Return what a new booking waits for; nothing is: it is confirmed at once.

    A total has to be above `approval_above`, not at it; one in another currency cannot be
    compared, so that a person looks at it. What costs nothing needs no payment. A policy that never
    confirms by itself, where nothing is to be paid, waits for the business.

    >>> high = Policy(approval_above=Money(amount_minor=100_000, currency="EUR"))
    >>> [
    ...     pending_reasons(high, total=Money(amount_minor=n, currency="EUR"))
    ...     for n in (100_000, 100_001)
    ... ]
    [(), (<PendingReason.APPROVAL: 'approval'>,)]
    """
    found: list[PendingReason] = []
    limit = policy.approval_above
    is_high = limit is not None and (
        total.currency != limit.currency or total.amount_minor > limit.amount_minor
    )
    needs_payment = bool(policy.needs_payment) and total.amount_minor > 0
    is_never = policy.confirms is not None and policy.confirms.after is None
    if policy.is_approved_by_hand or is_high or (is_never and not needs_payment):
        found.append(PendingReason.APPROVAL)
    if needs_payment:
        found.append(PendingReason.PAYMENT)
    if policy.confirms is not None and policy.confirms.after:
        found.append(PendingReason.DELAY)
    return tuple(found)
