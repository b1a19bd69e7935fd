"""Utilisation: how much of a resource's capacity was or is taken on one local day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from holdfast.domain.calendars import DayState
from holdfast.domain.claims import Claim, ClaimOwner
from holdfast.domain.ids import ResourceId
from holdfast.domain.intervals import Interval, intersected
from holdfast.domain.resources import Resource, Scheme

_MICROSECOND = timedelta(microseconds=1)
_MINUTE = timedelta(minutes=1)
_NO_TIME = timedelta(0)
_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReport:
    """One resource on one local day.

    What is dated and limited is reported in units; everything else in time, of which an hour of
    two units is two unit-hours.

    Attributes:
        capacity: Units; None is unlimited.
        units: How the day is counted; None unless the resource is dated and limited.
        open: How long the resource is open on that day, blocks left in.
        blocked: How much of that is blocked.
        booked, held, in_slots: Unit-time taken by bookings, by holds and invitations, and by slots
            for themselves; nothing of what is reported in units.
    """

    resource_id: ResourceId
    name: str
    scheme: Scheme
    falls_on: date
    capacity: int | None
    units: DayState | None
    open: timedelta
    blocked: timedelta
    booked: timedelta
    held: timedelta
    in_slots: timedelta

    @property
    def taken(self) -> timedelta:
        """The unit-time that is taken."""
        return self.booked + self.held + self.in_slots

    @property
    def open_units(self) -> timedelta | None:
        """The unit-time that is there; None when unlimited."""
        return None if self.capacity is None else self.open * self.capacity

    @property
    def utilisation(self) -> Decimal | None:
        """What is taken of what could be, exact and then rounded once, to four places.

        None where nothing could be taken, or nothing limits it. Above 1 where more is taken than
        there is, or outside the opening hours.
        """
        if self.units is not None:
            there = 0 if self.units.is_blocked else self.units.capacity
            return share(self.units.taken, there)
        if self.capacity is None:
            return None
        usable = (self.open - self.blocked) * self.capacity
        return share(self.taken // _MICROSECOND, usable // _MICROSECOND)


def share(taken: int, there: int) -> Decimal | None:
    """Return a share rounded to four places, half up; None of nothing.

    >>> share(1, 3), share(2, 3), share(1, 0)
    (Decimal('0.3333'), Decimal('0.6667'), None)
    """
    if there <= 0:
        return None
    exact = Fraction(taken, there) * 10_000
    rounded = (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
    return (Decimal(rounded) / 10_000).quantize(_PLACES, ROUND_HALF_UP)


def whole_minutes(length: timedelta) -> int:
    """Return a length in minutes, half a minute rounded up.

    >>> whole_minutes(timedelta(minutes=1, seconds=30))
    2
    """
    return (length + _MINUTE / 2) // _MINUTE


def report_day(
    resource: Resource,
    falls_on: date,
    day: Interval,
    *,
    hours: Sequence[Interval],
    claims: Iterable[Claim],
    units: DayState | None = None,
) -> DayReport:
    """Add up one day of a resource.

    Args:
        resource: The resource.
        falls_on: The local date.
        day: Its instants.
        hours: When the resource is open on it.
        claims: What counts on the resource around that day, blocks included.
        units: How the day is counted, of a dated resource of limited capacity.
    """
    taken = dict.fromkeys(ClaimOwner, _NO_TIME)
    blocks = []
    for claim in claims:
        starts_at, ends_at = max(claim.starts_at, day.starts_at), min(claim.ends_at, day.ends_at)
        if starts_at >= ends_at:
            continue
        if claim.owner_kind is ClaimOwner.BLOCK:
            blocks.append(Interval(starts_at=starts_at, ends_at=ends_at))
        else:
            taken[claim.owner_kind] += (ends_at - starts_at) * claim.units
    return DayReport(
        resource_id=resource.resource_id,
        name=resource.name,
        scheme=resource.scheme,
        falls_on=falls_on,
        capacity=resource.capacity if units is None else units.capacity,
        units=units,
        open=_length(hours),
        blocked=_length(intersected(hours, blocks)),
        booked=taken[ClaimOwner.BOOKING],
        held=taken[ClaimOwner.HOLD] + taken[ClaimOwner.INVITATION],
        in_slots=taken[ClaimOwner.SLOT],
    )


def _length(intervals: Iterable[Interval]) -> timedelta:
    return sum((one.duration for one in intervals), _NO_TIME)
