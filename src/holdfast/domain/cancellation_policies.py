"""Cancellation policies: until when customers may cancel, what goes back, what follows.

A policy is a cutoff and tiers of percentages by the time left. What it comes to in a case is said
in `cancelling.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from holdfast.domain import checks
from holdfast.domain.checks import YEAR, Fault

WHOLE_PERCENT = 100
TIERS_MAX = 20
CUTOFF_MAX = YEAR
BLOCK_DAYS_MAX = 3_650
_NO_TIME = timedelta(0)


class LateAction(StrEnum):
    """What follows when a customer cancels after the cutoff.

    FORFEIT: Nothing of what was paid goes back.
    WARN: The tiers decide as ever, and the business is told.
    BLOCK_FUTURE: The tiers decide as ever, and the customer cannot book for some days.
    """

    FORFEIT = "forfeit"
    WARN = "warn"
    BLOCK_FUTURE = "block_future"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """The share that goes back when at least `before` is left until the start."""

    before: timedelta
    percent: int


EVERYTHING = (Tier(before=_NO_TIME, percent=WHOLE_PERCENT),)


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationPolicy:
    """When a booking may be cancelled and what goes back.

    Attributes:
        is_allowed: Whether customers may cancel at all.
        cutoff: How long before the start they may do so in time.
        tiers: What goes back, by the time left; where none applies, nothing.
        customer_may_cancel_late: Whether they may still cancel after the cutoff, until the start.
        late_action: What follows from that.
        block_days: For how many days `block_future` keeps them from booking.
        business_percent: What goes back when the business cancels.
    """

    is_allowed: bool = True
    cutoff: timedelta = _NO_TIME
    tiers: tuple[Tier, ...] = EVERYTHING
    customer_may_cancel_late: bool = False
    late_action: LateAction = LateAction.FORFEIT
    block_days: int = 30
    business_percent: int = WHOLE_PERCENT

    def tier_at(self, left: timedelta) -> Tier | None:
        """Return the tier that applies with so much time left, if any does.

        >>> day = timedelta(days=1)
        >>> both = (Tier(before=2 * day, percent=100), Tier(before=day, percent=75))
        >>> CancellationPolicy(tiers=both).tier_at(2 * day).percent
        100
        """
        within = [tier for tier in self.tiers if left >= tier.before]
        return max(within, key=lambda tier: tier.before, default=None)


def cancellation_faults(
    policy: CancellationPolicy, *, pointer: str = "/cancellation"
) -> list[Fault]:
    """List what is wrong with a policy before it is saved.

    Less time left never gives more back: else waiting would pay, and nobody could explain it.

    >>> odd = CancellationPolicy(tiers=(Tier(before=timedelta(0), percent=101),))
    >>> [(fault.pointer, fault.code) for fault in cancellation_faults(odd)]
    [('/cancellation/tiers/0/percent', 'out_of_range')]
    """
    days = checks.whole(f"{pointer}/block_days", policy.block_days, least=1, most=BLOCK_DAYS_MAX)
    found = [
        checks.length(f"{pointer}/cutoff", policy.cutoff, least=_NO_TIME, most=CUTOFF_MAX),
        percent_fault(f"{pointer}/business_percent", policy.business_percent),
        days,
    ]
    if len(policy.tiers) > TIERS_MAX:
        found.append(checks.fault(f"{pointer}/tiers", "too_many", f"At most {TIERS_MAX} tiers."))
    else:
        found += _tier_faults(policy.tiers, f"{pointer}/tiers")
    return [fault for fault in found if fault is not None]


def _tier_faults(tiers: tuple[Tier, ...], pointer: str) -> Iterator[Fault | None]:
    for index, tier in enumerate(tiers):
        here = f"{pointer}/{index}"
        yield checks.length(f"{here}/before", tier.before, least=_NO_TIME, most=CUTOFF_MAX)
        yield percent_fault(f"{here}/percent", tier.percent)
        earlier = [other for other in tiers[:index] if other.before == tier.before]
        if earlier:
            yield checks.fault(f"{here}/before", "repeated", "Another tier begins there already.")
        if any(other.before > tier.before and other.percent < tier.percent for other in tiers):
            message = "Somebody who cancels earlier would get less back."
            yield checks.fault(f"{here}/percent", "out_of_order", message)


def percent_fault(pointer: str, percent: int | None) -> Fault | None:
    """Check a whole percentage.

    >>> percent_fault("/percent", 100) is None, percent_fault("/percent", 101).code
    (True, 'out_of_range')
    """
    return checks.whole(pointer, percent, least=0, most=WHOLE_PERCENT)


def in_words(length: timedelta) -> str:
    """Write a length of time as people say it, in the largest unit that fits.

    >>> in_words(timedelta(days=7)), in_words(timedelta(hours=1)), in_words(timedelta(minutes=90))
    ('7 days', '1 hour', '90 minutes')
    """
    units = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)))
    for name, unit in units:
        if length >= unit and not length % unit:
            return _counted(length // unit, name)
    return _counted(length // timedelta(minutes=1), "minute")


def _counted(count: int, name: str) -> str:
    return f"{count} {name}{'' if count == 1 else 's'}"
