"""No-shows: when a booking counts as one, what it costs, and when somebody may not book again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from holdfast.domain import checks
from holdfast.domain.cancellation_policies import BLOCK_DAYS_MAX, WHOLE_PERCENT, percent_fault
from holdfast.domain.checks import YEAR, Fault
from holdfast.domain.money import AMOUNT_MAX, Money

STRIKES_MAX = 100
GRACE_MAX = timedelta(days=1)
STRIKES_WITHIN_MAX_DAYS = 3_650
_NO_TIME = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoShowPolicy:
    """What follows when nobody comes.

    Attributes:
        is_automatic: Whether a booking becomes a no-show by itself once the grace is over.
        grace: How long after the start one may still come.
        fee: A fixed fee; it may be more than the price, which is often nothing.
        fee_percent: A share of the price; with a fixed fee, the larger of the two is due.
        returns_rest: Whether what was paid above the fee goes back.
        strikes_max: After how many no-shows somebody is kept from booking; None is never.
        strikes_within: How long a no-show is remembered; None is for ever.
        block_days: For how many days they are kept from it.
    """

    is_automatic: bool = False
    grace: timedelta = timedelta(minutes=15)
    fee: Money | None = None
    fee_percent: int | None = None
    returns_rest: bool = False
    strikes_max: int | None = None
    strikes_within: timedelta | None = YEAR
    block_days: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class NoShowVerdict:
    """What a no-show comes to: the fee, what of it is still to be paid, and what goes back."""

    fee: Money
    owed: Money
    refund: Money


def counts_from(policy: NoShowPolicy, *, starts_at: datetime) -> datetime:
    """Return the instant from which a booking may be called a no-show.

    At it the business may say so; an automatic policy says so by itself.
    """
    return starts_at + policy.grace


def no_show_verdict(
    policy: NoShowPolicy, *, total: Money, paid: Money, refunded: Money
) -> NoShowVerdict:
    """Say what a no-show costs and what becomes of what was paid.

    A fee in another currency than the price cannot be owed of it, and is none.

    Args:
        policy: The policy that the booking was made under.
        total: The price of the booking.
        paid: What has really been paid.
        refunded: What has gone back before.

    Raises:
        ValueError: What was paid is in another currency than the price.
    """
    currencies = {money.currency for money in (total, paid, refunded)}
    if len(currencies) > 1:
        raise ValueError(
            f"A no-show is settled in one currency, not in {', '.join(sorted(currencies))}."
        )
    own = policy.fee if policy.fee is not None and policy.fee.currency in currencies else None
    fixed = own.amount_minor if own is not None else 0
    share = total.amount_minor * (policy.fee_percent or 0) // WHOLE_PERCENT
    fee = max(fixed, share)
    kept = paid.amount_minor - refunded.amount_minor
    refund = max(0, kept - fee) if policy.returns_rest else 0
    return NoShowVerdict(
        fee=Money(amount_minor=fee, currency=total.currency),
        owed=Money(amount_minor=max(0, fee - kept), currency=total.currency),
        refund=Money(amount_minor=refund, currency=total.currency),
    )


def strikes_at(
    policy: NoShowPolicy,
    no_shows: Sequence[datetime],
    *,
    now: datetime,
    lifted_at: datetime | None = None,
) -> list[datetime]:
    """Return the no-shows that still count, in order.

    Args:
        policy: How long they are remembered.
        no_shows: When the customer did not come, without those that were undone.
        now: The instant that counts.
        lifted_at: When staff last wiped the slate clean; what was before, and then, is forgiven.
    """
    oldest = None if policy.strikes_within is None else now - policy.strikes_within
    return sorted(
        instant
        for instant in no_shows
        if (oldest is None or instant > oldest) and (lifted_at is None or instant > lifted_at)
    )


def blocked_by_strikes(
    policy: NoShowPolicy,
    no_shows: Sequence[datetime],
    *,
    now: datetime,
    lifted_at: datetime | None = None,
) -> datetime | None:
    """Return until when a customer may not book because of no-shows; None when they may.

    The days run from the last no-show that counts. At their end one may book again.
    """
    if policy.strikes_max is None:
        return None
    strikes = strikes_at(policy, no_shows, now=now, lifted_at=lifted_at)
    if len(strikes) < policy.strikes_max:
        return None
    until = strikes[-1] + timedelta(days=policy.block_days)
    return until if until > now else None


def no_show_faults(policy: NoShowPolicy, *, pointer: str = "/no_show") -> list[Fault]:
    """List what is wrong with a policy before it is saved.

    >>> [fault.code for fault in no_show_faults(NoShowPolicy(strikes_max=0))]
    ['out_of_range']
    """
    fee = None if policy.fee is None else policy.fee.amount_minor
    most = timedelta(days=STRIKES_WITHIN_MAX_DAYS)
    within = policy.strikes_within
    found = [
        checks.length(f"{pointer}/grace", policy.grace, least=_NO_TIME, most=GRACE_MAX),
        checks.whole(f"{pointer}/fee", fee, least=0, most=AMOUNT_MAX),
        percent_fault(f"{pointer}/fee_percent", policy.fee_percent),
        checks.whole(f"{pointer}/strikes_max", policy.strikes_max, least=1, most=STRIKES_MAX),
        checks.length(f"{pointer}/strikes_within", within, least=timedelta(days=1), most=most),
        checks.whole(f"{pointer}/block_days", policy.block_days, least=1, most=BLOCK_DAYS_MAX),
    ]
    return [fault for fault in found if fault is not None]
