"""The kinds of schedule rules: on which local dates, from when to when, and to what effect.

Every rule is one stretch of the wall clock on some dates. A `WeeklyRule` names them by weekday, a
`RecurrenceRule` by a recurrence of RFC 5545, a `RangeRule` from a first to a last date, a
`DatesRule` one by one. What it does on them is its `Effect`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeAlias

from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT
from holdfast.domain.recurrence import DATES_MAX, Recurrence, falls_on, first_of, last_of
from holdfast.domain.zones import MINUTES_PER_DAY, zone

STEP_MAX = timedelta(days=1)

_MINUTE = timedelta(minutes=1)
_SUNDAY = 7


class Effect(StrEnum):
    """What a rule does on its dates.

    OPENS: it is open then, besides whatever else opens. REPLACES: it is open then instead of what
    less particular rules open on that date. CLOSES: nothing is open then, whoever opens it.
    """

    OPENS = "opens"
    REPLACES = "replaces"
    CLOSES = "closes"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyRule:
    """From one wall-clock label to another on some weekdays, perhaps between two dates.

    Attributes:
        weekdays: ISO weekdays, 1 to 7, of the date on which it opens.
        opens_minute: Minutes since 00:00 on the wall clock, 0 to 1439.
        closes_minute: After `opens_minute`, by at most 1440: a bar may close after midnight.
        zone: The IANA name of the zone of the wall clock.
        slot_step: Whole minutes between the starts of slots; None leaves it to the question.
        valid_from: The first local date on which it opens.
        valid_until: The last local date on which it opens; that date included.
        effect: OPENS or CLOSES: what recurs has nothing less particular to replace.
        reason: Why, for those who read it.
        is_repeated_hour_used: Whether slots start at both showings of a label that the clock
            shows twice, rather than at the first only.

    Raises:
        ValueError: A field is out of its range.
        UnknownZone: There is no such zone.
    """

    weekdays: frozenset[int]
    opens_minute: int
    closes_minute: int
    zone: str
    slot_step: timedelta | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    effect: Effect = Effect.OPENS
    reason: str = ""
    is_repeated_hour_used: bool = False

    def __post_init__(self) -> None:
        """Refuse what could not be expanded."""
        _check_window(self)
        if not self.weekdays or not self.weekdays <= frozenset(range(1, _SUNDAY + 1)):
            raise ValueError("A weekly rule needs weekdays from 1 (Monday) to 7 (Sunday).")
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise ValueError("A rule's last date cannot be before its first.")
        _check_recurring(self.effect)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurrenceRule:
    """From one wall-clock label to another on the dates of a recurrence: every second Tuesday.

    The other attributes are those of `WeeklyRule`.

    Attributes:
        recurrence: Which dates; `parse_recurrence` reads it.

    Raises:
        ValueError: A field is out of its range.
        UnknownZone: There is no such zone.
    """

    recurrence: Recurrence
    opens_minute: int
    closes_minute: int
    zone: str
    slot_step: timedelta | None = None
    effect: Effect = Effect.OPENS
    reason: str = ""
    is_repeated_hour_used: bool = False

    def __post_init__(self) -> None:
        """Refuse what could not be expanded."""
        _check_window(self)
        _check_recurring(self.effect)


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeRule:
    """From one wall-clock label to another on every date from a first to a last, both included.

    The whole day, unless told otherwise. The other attributes are those of `WeeklyRule`.

    Raises:
        ValueError: A field is out of its range.
        UnknownZone: There is no such zone.
    """

    valid_from: date
    valid_until: date
    zone: str
    effect: Effect
    opens_minute: int = 0
    closes_minute: int = MINUTES_PER_DAY
    slot_step: timedelta | None = None
    reason: str = ""
    is_repeated_hour_used: bool = False

    def __post_init__(self) -> None:
        """Refuse what could not be expanded."""
        _check_window(self)
        if self.valid_until < self.valid_from:
            raise ValueError("A rule's last date cannot be before its first.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DatesRule:
    """From one wall-clock label to another on particular dates.

    The whole day, unless told otherwise. The other attributes are those of `WeeklyRule`.

    Raises:
        ValueError: A field is out of its range.
        UnknownZone: There is no such zone.
    """

    dates: frozenset[date]
    zone: str
    effect: Effect
    opens_minute: int = 0
    closes_minute: int = MINUTES_PER_DAY
    slot_step: timedelta | None = None
    reason: str = ""
    is_repeated_hour_used: bool = False

    def __post_init__(self) -> None:
        """Refuse what could not be expanded."""
        _check_window(self)
        if not 0 < len(self.dates) <= DATES_MAX:
            raise ValueError(f"A rule of dates needs 1 to {DATES_MAX} of them.")
        if any(not FIRST_INSTANT.year <= day.year < LAST_INSTANT.year for day in self.dates):
            raise ValueError(f"Dates lie between {FIRST_INSTANT.year} and {LAST_INSTANT.year}.")


Rule: TypeAlias = WeeklyRule | RecurrenceRule | RangeRule | DatesRule
"""Whatever opens or closes a resource or an offering."""


def dates_of_rule(rule: Rule, first: date, last: date) -> Iterator[date]:
    """Yield the dates of a rule from a first to a last one, both included, in order."""
    match rule:
        case WeeklyRule(valid_from=since, valid_until=until):
            for day in _days(first, last, since, until):
                if day.isoweekday() in rule.weekdays:
                    yield day
        case RecurrenceRule(recurrence=recurrence):
            for day in _days(first, last, first_of(recurrence), last_of(recurrence)):
                if falls_on(recurrence, day):
                    yield day
        case RangeRule(valid_from=since, valid_until=until):
            yield from _days(first, last, since, until)
        case DatesRule(dates=dates):
            yield from sorted(day for day in dates if first <= day <= last)


def rank_of(rule: Rule) -> int:
    """Return how particular a rule is: single dates before ranges before what recurs."""
    match rule:
        case WeeklyRule() | RecurrenceRule():
            return 0
        case RangeRule():
            return 1
        case DatesRule():
            return 2


def is_whole_day(rule: Rule) -> bool:
    """Say whether a rule is about its whole dates, from 00:00 to 24:00."""
    return (rule.opens_minute, rule.closes_minute) == (0, MINUTES_PER_DAY)


def check_step(step: timedelta) -> None:
    """Refuse a spacing that is not on the wall clock's grid of minutes.

    Raises:
        ValueError: It is not whole minutes, or not 1 to 1440 of them.
    """
    if not _MINUTE <= step <= STEP_MAX or step % _MINUTE:
        raise ValueError(
            f"The step between slots must be whole minutes, 1 to 1440, not {step}; without a "
            f"step it is the duration."
        )


def _days(first: date, last: date, since: date | None, until: date | None) -> Iterator[date]:
    """Return the dates that lie within both of two ranges, in order."""
    first = first if since is None else max(first, since)
    last = last if until is None else min(last, until)
    return map(date.fromordinal, range(first.toordinal(), last.toordinal() + 1))


def _check_window(rule: Rule) -> None:
    """Refuse a stretch of the wall clock that is none."""
    zone(rule.zone)
    if not 0 <= rule.opens_minute < MINUTES_PER_DAY:
        raise ValueError(f"A rule opens at minute 0 to 1439 of its day, not {rule.opens_minute}.")
    if not 0 < rule.closes_minute - rule.opens_minute <= MINUTES_PER_DAY:
        raise ValueError("A rule closes after it opens, and at most 24 hours later.")
    if rule.slot_step is not None:
        check_step(rule.slot_step)


def _check_recurring(effect: Effect) -> None:
    """Refuse to replace where nothing could be replaced."""
    if effect is Effect.REPLACES:
        raise ValueError(
            "What recurs opens or closes; only dates and ranges of dates replace what recurs."
        )
