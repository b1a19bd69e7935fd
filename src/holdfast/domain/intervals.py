"""Instants in UTC, half-open intervals between them, and the algebra of sets of intervals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import TypeAlias

UtcInstant: TypeAlias = datetime
"""An aware datetime whose `tzinfo` is `datetime.UTC`, as `utc` makes it; one microsecond fine."""

FIRST_INSTANT: UtcInstant = datetime(1970, 1, 1, tzinfo=UTC)
LAST_INSTANT: UtcInstant = datetime(2200, 1, 1, tzinfo=UTC)

_NO_TIME = timedelta(0)
_by_start = attrgetter("starts_at")


def utc(value: datetime) -> UtcInstant:
    """Convert an aware datetime of any zone to UTC.

    >>> utc(datetime.fromisoformat("2026-07-06T09:00+02:00")).isoformat()
    '2026-07-06T07:00:00+00:00'

    Raises:
        ValueError: The value has no zone, or lies outside FIRST_INSTANT to LAST_INSTANT.
    """
    if value.utcoffset() is None:
        raise ValueError(f"{value.isoformat()} has no UTC offset; give one, such as +00:00.")
    if not FIRST_INSTANT <= value <= LAST_INSTANT:
        raise ValueError(
            f"{value.isoformat()} is outside {FIRST_INSTANT.date()} to {LAST_INSTANT.date()}."
        )
    return value.astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Interval:
    """The time from `starts_at` up to but not including `ends_at`.

    Raises:
        ValueError: An end is not in UTC or outside the limits, or the interval would be empty.
    """

    starts_at: UtcInstant
    ends_at: UtcInstant

    def __post_init__(self) -> None:
        """Refuse what is not an interval."""
        starts_at, ends_at = self.starts_at, self.ends_at
        # Identity, not "offset zero": Europe/London in winter compares equal and adds wrongly.
        if starts_at.tzinfo is not UTC or ends_at.tzinfo is not UTC:
            raise ValueError("An interval is in UTC; convert both ends with utc().")
        if not FIRST_INSTANT <= starts_at < ends_at <= LAST_INSTANT:
            raise ValueError(
                f"{starts_at.isoformat()} to {ends_at.isoformat()} is not an interval: it must "
                f"end after it starts and lie within {FIRST_INSTANT.date()} to "
                f"{LAST_INSTANT.date()}."
            )

    def overlaps(self, other: Interval) -> bool:
        """Say whether the two share at least one instant; touching is not overlapping."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at

    def covers(self, instant: UtcInstant) -> bool:
        """Say whether the instant lies in this interval; its end does not."""
        return self.starts_at <= instant < self.ends_at

    @property
    def duration(self) -> timedelta:
        """The elapsed time from start to end."""
        return self.ends_at - self.starts_at

    def padded(self, before: timedelta, after: timedelta) -> Interval:
        """Return the interval made longer at both ends, as buffers do.

        Raises:
            ValueError: A padding is negative, or the result would pass the limits of time.
        """
        if before < _NO_TIME or after < _NO_TIME:
            raise ValueError("A padding cannot be negative.")
        return Interval(starts_at=self.starts_at - before, ends_at=self.ends_at + after)


def merged(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """Return the union, sorted, in as few intervals as can be: touching ones become one."""
    union: list[Interval] = []
    for interval in sorted(intervals, key=_by_start):
        if not union or union[-1].ends_at < interval.starts_at:
            union.append(interval)
        elif union[-1].ends_at < interval.ends_at:
            union[-1] = Interval(starts_at=union[-1].starts_at, ends_at=interval.ends_at)
    return tuple(union)


def intersected(a: Iterable[Interval], b: Iterable[Interval]) -> tuple[Interval, ...]:
    """Return the time that is in both, sorted, disjoint and not touching."""
    left, right = merged(a), merged(b)
    common: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        starts_at = max(left[i].starts_at, right[j].starts_at)
        ends_at = min(left[i].ends_at, right[j].ends_at)
        if starts_at < ends_at:
            common.append(Interval(starts_at=starts_at, ends_at=ends_at))
        if left[i].ends_at < right[j].ends_at:
            i += 1
        else:
            j += 1
    return tuple(common)


def subtracted(a: Iterable[Interval], b: Iterable[Interval]) -> tuple[Interval, ...]:
    """Return the time that is in `a` and not in `b`, sorted, disjoint and not touching."""
    taken = merged(b)
    rest: list[Interval] = []
    j = 0
    for interval in merged(a):
        starts_at = interval.starts_at
        while j < len(taken) and taken[j].ends_at <= starts_at:
            j += 1
        k = j
        while k < len(taken) and taken[k].starts_at < interval.ends_at:
            if starts_at < taken[k].starts_at:
                rest.append(Interval(starts_at=starts_at, ends_at=taken[k].starts_at))
            starts_at = taken[k].ends_at
            k += 1
        # The last one may reach into the next interval of `a`, so it is looked at again.
        j = max(j, k - 1)
        if starts_at < interval.ends_at:
            rest.append(Interval(starts_at=starts_at, ends_at=interval.ends_at))
    return tuple(rest)
