"""Cancelling: whether a booking may be cancelled now, and how much of what was paid goes back.

Exactly at a limit is in time. The refund is a share of what was really paid less what went back
before, in whole minor units, rounded down.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from holdfast.domain.bookings import CancelledBy
from holdfast.domain.cancellation_policies import (
    WHOLE_PERCENT,
    CancellationPolicy,
    LateAction,
    Tier,
    in_words,
)
from holdfast.domain.errors import CancellationClosed
from holdfast.domain.money import Money

_NO_TIME = timedelta(0)


class CancellationReason(StrEnum):
    """Why a cancellation is allowed or not."""

    BY_BUSINESS = "by_business"
    IN_TIME = "in_time"
    LATE = "late"
    NOT_AGREED = "not_agreed"
    NOT_ALLOWED = "not_allowed"
    TOO_LATE = "too_late"
    ALREADY_BEGUN = "already_begun"


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationVerdict:
    """What a cancellation would come to.

    Attributes:
        refund: What goes back, over and above what has gone back before.
        forfeited: What was paid and stays with the business.
        percent: Which share of what was paid goes back.
        tier: The tier that has decided the refund, if one has.
        late_action: What follows from cancelling late; None when it is not late.
        blocked_until: Until when the customer cannot book, because of this.
        left: The time from now to the start; negative after it.
    """

    allowed: bool
    reason: CancellationReason
    refund: Money
    forfeited: Money
    percent: int
    tier: Tier | None
    late_action: LateAction | None
    blocked_until: datetime | None
    left: timedelta


def share_of(paid: Money, *, refunded: Money, percent: int) -> Money:
    """Return a percentage of what was paid and has not gone back, rounded down.

    >>> paid = Money(amount_minor=13200, currency="EUR")
    >>> share_of(paid, refunded=Money(amount_minor=0, currency="EUR"), percent=50).amount_minor
    6600

    Raises:
        ValueError: Two currencies, or more refunded than paid.
    """
    if paid.currency != refunded.currency:
        message = f"A payment in {paid.currency} cannot be refunded in {refunded.currency}."
        raise ValueError(message)
    kept = paid.amount_minor - refunded.amount_minor
    if kept < 0 or refunded.amount_minor < 0:
        raise ValueError(f"Of {paid} at most that, and no less than nothing, is refunded.")
    return Money(amount_minor=kept * percent // WHOLE_PERCENT, currency=paid.currency)


def cancellation_verdict(
    policy: CancellationPolicy,
    *,
    starts_at: datetime,
    now: datetime,
    paid: Money,
    refunded: Money,
    by: CancelledBy,
    is_agreed: bool = True,
) -> CancellationVerdict:
    """Say whether a booking may be cancelled now, what goes back and what follows.

    Whether its status allows it is not asked here.

    Args:
        policy: The policy that the booking was made under.
        starts_at: When the booking begins.
        now: The instant that counts.
        paid: What has really been paid.
        refunded: What has gone back before.
        by: Who cancels.
        is_agreed: Whether the business has said yes; until then whoever asked may take it back.
    """
    left = starts_at - now
    reason = _reason(policy, left=left, by=by)
    if by is CancelledBy.CUSTOMER and not is_agreed:
        reason = CancellationReason.NOT_AGREED
    tier: Tier | None = None
    percent = 0
    late_action: LateAction | None = None
    if reason is CancellationReason.BY_BUSINESS:
        percent = policy.business_percent
    elif reason is CancellationReason.NOT_AGREED:
        percent = WHOLE_PERCENT
    elif reason is CancellationReason.IN_TIME:
        tier = policy.tier_at(left)
    elif reason is CancellationReason.LATE:
        late_action = policy.late_action
        tier = None if late_action is LateAction.FORFEIT else policy.tier_at(left)
    if tier is not None:
        percent = tier.percent
    refund = share_of(paid, refunded=refunded, percent=percent)
    is_blocking = late_action is LateAction.BLOCK_FUTURE
    return CancellationVerdict(
        allowed=reason in _ALLOWED,
        reason=reason,
        refund=refund,
        forfeited=_rest(paid, refunded, refund) if reason in _ALLOWED else _nothing(paid),
        percent=percent,
        tier=tier,
        late_action=late_action,
        blocked_until=now + timedelta(days=policy.block_days) if is_blocking else None,
        left=left,
    )


_ALLOWED = frozenset(
    {
        CancellationReason.BY_BUSINESS,
        CancellationReason.IN_TIME,
        CancellationReason.LATE,
        CancellationReason.NOT_AGREED,
    }
)


def require_movable(policy: CancellationPolicy, *, left: timedelta) -> None:
    """Refuse customers to move what they could no longer cancel without a loss.

    Else they would move it far away first, and cancel it there. What cannot be cancelled at all
    has nothing to lose by a move.

    Raises:
        CancellationClosed: It is too late. The limit is in seconds before the start.
    """
    if not policy.is_allowed:
        return
    tiers = policy.tiers
    most = max((tier.percent for tier in tiers), default=0)
    free = min((tier.before for tier in tiers if tier.percent == most), default=timedelta(0))
    needed = max(policy.cutoff, free)
    if left < needed:
        message = (
            f"This booking could be moved until {in_words(needed)} before its start. Please call."
        )
        second = timedelta(seconds=1)
        raise CancellationClosed(message, limit=needed // second, actual=left // second)


def require_allowed(verdict: CancellationVerdict, policy: CancellationPolicy) -> None:
    """Refuse a cancellation that its verdict does not allow.

    Raises:
        CancellationClosed: It is too late, or customers cannot cancel at all. Limits are seconds
            before the start.
    """
    if verdict.allowed:
        return
    limit: int | None = int(policy.cutoff.total_seconds())
    match verdict.reason:
        case CancellationReason.NOT_ALLOWED:
            message = "This booking cannot be cancelled online. Please call."
            limit = None
        case CancellationReason.ALREADY_BEGUN:
            message = "This booking has begun already, so it cannot be cancelled any more."
        case _:
            message = (
                f"This booking could be cancelled until {in_words(policy.cutoff)} before its start."
                " Please call."
            )
    raise CancellationClosed(message, limit=limit, actual=int(verdict.left.total_seconds()))


def _reason(policy: CancellationPolicy, *, left: timedelta, by: CancelledBy) -> CancellationReason:
    if by is CancelledBy.BUSINESS:
        return CancellationReason.BY_BUSINESS
    if not policy.is_allowed:
        return CancellationReason.NOT_ALLOWED
    if left < _NO_TIME:
        return CancellationReason.ALREADY_BEGUN
    if left >= policy.cutoff:
        return CancellationReason.IN_TIME
    may_be_late = policy.customer_may_cancel_late
    return CancellationReason.LATE if may_be_late else CancellationReason.TOO_LATE


def _nothing(paid: Money) -> Money:
    return Money(amount_minor=0, currency=paid.currency)


def _rest(paid: Money, refunded: Money, refund: Money) -> Money:
    amount = paid.amount_minor - refunded.amount_minor - refund.amount_minor
    return Money(amount_minor=amount, currency=paid.currency)
