"""Shapes: the forms in which time is booked, and the stay that a request asks for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from holdfast.domain.intervals import Interval
from holdfast.domain.zones import Zone, day_interval, days_touched, instant_of

DATES_MAX = 366
"""How many dates one booking may ask for."""

DEFAULT_CHECK_IN_MINUTE = 15 * 60
DEFAULT_CHECK_OUT_MINUTE = 11 * 60

A_DAY = timedelta(days=1)


class Shape(StrEnum):
    """The form in which an offering's time is booked.

    SLOTS: one slot of a grid, or one made by hand. FREE: any start and end. DAYS: local dates, in a
    row or scattered. NIGHTS: consecutive nights, from check-in to check-out.
    """

    SLOTS = "slots"
    FREE = "free"
    DAYS = "days"
    NIGHTS = "nights"


DATED = frozenset({Shape.DAYS, Shape.NIGHTS})
"""What is booked by local dates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """The time that a request asks for: from when to when, and its dates if it is dated.

    Attributes:
        dates: Sorted local dates, each once: of DAYS the days, of NIGHTS the dates on which the
            nights begin. Empty for slots and free intervals.
    """

    starts_at: datetime
    ends_at: datetime
    dates: tuple[date, ...] = ()
    _interval: Interval | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def interval(self) -> Interval:
        """The whole time, from the first instant to the last, gaps between dates included."""
        if self._interval is None:
            # Made once: a listing asks for it for every resource that might serve.
            made = Interval(starts_at=self.starts_at, ends_at=self.ends_at)
            object.__setattr__(self, "_interval", made)
            return made
        return self._interval


def dates_between(first: date, last: date) -> tuple[date, ...]:
    """Return the dates from the first to the last, both included.

    >>> len(dates_between(date(2026, 1, 30), date(2026, 2, 2)))
    4
    """
    return tuple(first + timedelta(days=i) for i in range((last - first).days + 1))


def runs(dates: Sequence[date]) -> list[tuple[date, date]]:
    """Cut sorted dates into stretches of consecutive ones: first and last of each.

    >>> [(a.day, b.day) for a, b in runs([date(2026, 1, d) for d in (15, 16, 18)])]
    [(15, 16), (18, 18)]
    """
    found: list[tuple[date, date]] = []
    for day in dates:
        if found and day - found[-1][1] == A_DAY:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def stay_of_days(dates: Iterable[date], zone: Zone) -> Stay:
    """Return the stay over local days, from the first midnight to the last.

    Raises:
        SkippedDay: The zone never had one of the dates.
        ValueError: There is no date, or one is outside the limits of time.
    """
    days = tuple(sorted(set(dates)))
    if not days:
        raise ValueError("Give at least one date.")
    bounds = [day_interval(day, zone) for day in days]
    return Stay(starts_at=bounds[0].starts_at, ends_at=bounds[-1].ends_at, dates=days)


def stay_of_nights(
    dates: Iterable[date], zone: Zone, *, check_in_minute: int, check_out_minute: int
) -> Stay:
    """Return the stay over consecutive nights, each named by the date on which it begins.

    Raises:
        SkippedDay: The zone never had the date of check-in or check-out.
        ValueError: There is no date, the nights are not consecutive, or outside the limits.
    """
    nights = tuple(sorted(set(dates)))
    if not nights:
        raise ValueError("Give at least one night.")
    if len(runs(nights)) > 1:
        raise ValueError("Nights have to follow each other.")
    for day in (nights[0], nights[-1] + A_DAY):
        day_interval(day, zone)
    return Stay(
        starts_at=instant_of(nights[0], check_in_minute, zone, gap="forward"),
        ends_at=instant_of(nights[-1] + A_DAY, check_out_minute, zone, gap="forward"),
        dates=nights,
    )


def dates_of(stay: Stay, zone: Zone) -> tuple[date, ...]:
    """Return the local dates on which a dated resource is used: the stay's own, or those touched.

    A slot that begins late in the evening and ends after midnight uses two.
    """
    return stay.dates or days_touched(stay.interval, zone)


def stretches(stay: Stay, shape: Shape, zone: Zone) -> tuple[Interval, ...]:
    """Return the stretches of time that a resource counted by interval is taken for.

    Scattered days are several stretches; everything else is one.
    """
    if shape is not Shape.DAYS:
        return (stay.interval,)
    return tuple(
        Interval(
            starts_at=day_interval(first, zone).starts_at, ends_at=day_interval(last, zone).ends_at
        )
        for first, last in runs(stay.dates)
    )


def in_words(length: timedelta) -> str:
    """Write a length of time as people say it.

    >>> in_words(timedelta(hours=4)), in_words(timedelta(minutes=90)), in_words(timedelta(days=1))
    ('4 hours', '90 minutes', '24 hours')
    """
    minutes = int(length.total_seconds()) // 60
    if minutes % 60 == 0:
        hours = minutes // 60
        return f"{hours} hour{'' if hours == 1 else 's'}"
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
