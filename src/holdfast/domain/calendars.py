"""Daily capacity calendars: how many units of a dated resource there are on which day."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from holdfast.domain.ids import ResourceId
from holdfast.domain.intervals import Interval, merged
from holdfast.domain.zones import Zone, day_interval

CALENDAR_DAYS_MAX = 1_100
"""How many days one command may initialise or adjust."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCapacity:
    """What a dated resource's capacity is on one local date, instead of its default.

    Attributes:
        day_id: `day_id_of(resource_id, falls_on)`.
        capacity: Units on that day; 0 means none, and wins over the default.
        reason, actor_id: Why it was last changed, and by whom.
    """

    day_id: str
    resource_id: ResourceId
    falls_on: date
    capacity: int
    reason: str
    actor_id: str
    created_at: datetime
    version: int


def day_id_of(resource_id: ResourceId, on: date) -> str:
    """Return the id of a calendar's day.

    >>> day_id_of(ResourceId("res_1"), date(2026, 1, 15))
    'res_1@2026-01-15'
    """
    return f"{resource_id}@{on.isoformat()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayState:
    """How a dated resource stands on one local date.

    Attributes:
        taken: Units in use.
        is_own: Whether the calendar says this day's capacity, rather than the resource's default.
        is_blocked: Whether blocks take all of the day away.
    """

    falls_on: date
    capacity: int
    taken: int
    is_own: bool
    is_blocked: bool

    @property
    def remaining(self) -> int:
        """How many units the public may still take; none of a day that is blocked."""
        return 0 if self.is_blocked else max(0, self.capacity - self.taken)

    @property
    def over_commit(self) -> int:
        """How many units are in use beyond the capacity, on purpose."""
        return max(0, self.taken - self.capacity)


def blocked_dates(blocks: Iterable[Interval], dates: Iterable[date], here: Zone) -> frozenset[date]:
    """Return those of some local dates of which blocks, alone or together, take everything."""
    closed = merged(blocks)
    found = set[date]()
    for falls_on in dates:
        try:
            day = day_interval(falls_on, here)
        except ValueError:
            # It never happened there, or begins or ends beyond the limits of time; blocks do not.
            continue
        at = bisect_right(closed, day.starts_at, key=_start) - 1
        if at >= 0 and day.ends_at <= closed[at].ends_at:
            found.add(falls_on)
    return frozenset(found)


def _start(interval: Interval) -> datetime:
    return interval.starts_at
