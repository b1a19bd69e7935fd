"""Weeks: the picture of what a schedule opens, from the engine's own expansion of its rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from holdfast.domain.intervals import Interval
from holdfast.domain.rule_kinds import Rule
from holdfast.domain.schedules import TooManySlots, expand_rules, open_intervals
from holdfast.domain.zones import Zone, day_interval

DAYS = 7
_MINUTE = timedelta(minutes=1)
_DAY_MINUTES = 1_440
_HOUR = 60
_HOURS_SHOWN_MAX = 8
# A slot that is lower than this in the picture would only be noise.
_SLOT_MINUTES_MIN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of one day that is open, in minutes of its wall clock.

    Attributes:
        starts: Where slots begin in it, in minutes.
    """

    opens: int
    closes: int
    starts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of the picture."""

    on: date
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What seven days look like.

    Attributes:
        first_hour, last_hour: Between which hours the picture is drawn.
    """

    days: tuple[Day, ...]
    first_hour: int
    last_hour: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing is open at all."""
        return not any(day.stretches for day in self.days)

    @property
    def hours(self) -> tuple[int, ...]:
        """The hours that stand beside the picture."""
        step = 2 if self.last_hour - self.first_hour > _HOURS_SHOWN_MAX else 1
        return tuple(range(self.first_hour, self.last_hour + 1, step))


def week_of(
    rules: Sequence[Rule],
    monday: date,
    zone: Zone,
    *,
    duration: timedelta | None = None,
    step: timedelta | None = None,
) -> Week:
    """Return the picture of the week that begins on a date.

    Args:
        rules: What opens and closes.
        monday: Its first day.
        zone: The zone of its days.
        duration: How long a slot is; without it no slots are drawn.
        step: The distance of their starts, where no rule says another.
    """
    days = [monday + timedelta(days=i) for i in range(DAYS)]
    bounds = [day_interval(day, zone) for day in days]
    whole = Interval(starts_at=bounds[0].starts_at, ends_at=bounds[-1].ends_at)
    opened = open_intervals(rules, whole)
    starts: tuple[Interval, ...] = ()
    if duration is not None and duration >= _SLOT_MINUTES_MIN * _MINUTE:
        try:
            starts = expand_rules(rules, whole, duration=duration, step=step)
        except TooManySlots:
            starts = ()
    found = tuple(
        Day(on=day, stretches=_stretches(bound, opened, starts, zone))
        for day, bound in zip(days, bounds, strict=True)
    )
    edges = [edge for day in found for one in day.stretches for edge in (one.opens, one.closes)]
    first = min(edges, default=8 * _HOUR) // _HOUR
    last = -(-max(edges, default=18 * _HOUR) // _HOUR)
    return Week(days=found, first_hour=max(0, first - 1), last_hour=min(24, last + 1))


def _stretches(
    bound: Interval, opened: Sequence[Interval], slots: Sequence[Interval], zone: Zone
) -> tuple[Stretch, ...]:
    found = []
    for one in opened:
        starts_at = max(one.starts_at, bound.starts_at)
        ends_at = min(one.ends_at, bound.ends_at)
        if starts_at >= ends_at:
            continue
        closes = _DAY_MINUTES if ends_at == bound.ends_at else _minute(ends_at.astimezone(zone))
        begins = [slot.starts_at for slot in slots if starts_at <= slot.starts_at < ends_at]
        found.append(
            Stretch(
                opens=_minute(starts_at.astimezone(zone)),
                closes=closes,
                starts=tuple(_minute(at.astimezone(zone)) for at in begins),
            )
        )
    return tuple(found)


def _minute(wall: datetime) -> int:
    return wall.hour * _HOUR + wall.minute
