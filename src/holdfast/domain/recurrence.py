"""Recurrence rules of RFC 5545 on plain dates: reading them, and which dates they name.

Only what names whole dates is read: FREQ of DAILY or coarser, INTERVAL, BYDAY (with ordinals),
BYMONTHDAY, BYMONTH, BYSETPOS, WKST, and COUNT or UNTIL. A date is asked about by itself, in a
time that does not grow with its distance from the start, so no rule can keep the machine busy;
only COUNT has to be counted from the start, which happens once, within a budget.

Source: RFC 5545, section 3.3.10. As most engines do, and unlike its section 3.8.5.3, the start is
itself an occurrence only when the rule names it.
"""

from __future__ import annotations

from calendar import isleap, monthrange
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT

RECURRENCE_TEXT_MAX = 500
INTERVAL_MAX = 1_000
COUNT_MAX = 1_000
DATES_MAX = 500
"""How many dates may be added to a recurrence, and how many left out."""

COUNTED_DATES_MAX = 20_000
"""How many dates are looked at to find the last one of a COUNT."""

_LAST_YEAR = LAST_INSTANT.year
_DAYS_PER_WEEK = 7
_WEEKS_PER_MONTH = 5
_WEEKS_PER_YEAR = 53
_MONTHS_PER_YEAR = 12
_MONTH_DAYS_MAX = 31
_YEAR_DAYS_MAX = 366
_DATE_LENGTH = len("20261231")
_WEEKDAYS = MappingProxyType({"MO": 1, "TU": 2, "WE": 3, "TH": 4, "FR": 5, "SA": 6, "SU": 7})
_PARTS = frozenset(
    {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST"}
)


class Frequency(StrEnum):
    """How long one period of a recurrence is."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """Which dates recur. `parse_recurrence` makes one, with all that the start implies filled in.

    Attributes:
        starts_on: The first date that may be named; from its period INTERVAL is counted.
        weekdays: Pairs of an ordinal (0: every one) and an ISO weekday.
        month_days, positions: From 1, or from the end: -1.
        week_start: The ISO weekday on which weeks begin.
        until: The last date that may be named; that date included.
        dates: Dates named besides (RDATE), whatever the rule says.
        dates_left_out: Dates not named at all (EXDATE).
    """

    frequency: Frequency
    starts_on: date
    interval: int = 1
    weekdays: tuple[tuple[int, int], ...] = ()
    month_days: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()
    week_start: int = 1
    count: int | None = None
    until: date | None = None
    dates: frozenset[date] = field(default_factory=frozenset)
    dates_left_out: frozenset[date] = field(default_factory=frozenset)


@lru_cache(maxsize=4096)
def parse_recurrence(
    text: str,
    starts_on: date,
    dates: frozenset[date] = frozenset(),
    dates_left_out: frozenset[date] = frozenset(),
) -> Recurrence:
    """Read the text of an RRULE, such as "FREQ=MONTHLY;BYDAY=2TU".

    Args:
        text: The rule, with or without "RRULE:" before it.
        starts_on: Its DTSTART.
        dates: Its RDATEs.
        dates_left_out: Its EXDATEs.

    >>> second_tuesday = parse_recurrence("FREQ=MONTHLY;BYDAY=2TU", date(2026, 1, 1))
    >>> falls_on(second_tuesday, date(2026, 7, 14)), falls_on(second_tuesday, date(2026, 7, 7))
    (True, False)

    Raises:
        ValueError: It is not such a rule, or one that is not read here; the message says why.
    """
    if max(len(dates), len(dates_left_out)) > DATES_MAX:
        raise ValueError(f"At most {DATES_MAX} dates can be added to a rule, or left out.")
    for day in (starts_on, *dates, *dates_left_out):
        _check_year(day)
    parts = _split(text)
    frequency = _frequency(parts.get("FREQ", ""))
    months = _numbers(parts, "BYMONTH", least=1, most=_MONTHS_PER_YEAR)
    month_days = _numbers(parts, "BYMONTHDAY", least=-_MONTH_DAYS_MAX, most=_MONTH_DAYS_MAX)
    weekdays = _parse_weekdays(parts, frequency, is_by_month=bool(months))
    if month_days and frequency is Frequency.WEEKLY:
        raise ValueError("BYMONTHDAY has no meaning in a weekly rule; use FREQ=MONTHLY.")
    positions = _numbers(parts, "BYSETPOS", least=-_YEAR_DAYS_MAX, most=_YEAR_DAYS_MAX)
    if positions and not (months or month_days or weekdays):
        raise ValueError("BYSETPOS chooses among the dates of a BYDAY, BYMONTHDAY or BYMONTH.")
    # What is not said is taken from the start, as the RFC says.
    if not (weekdays or month_days):
        if frequency is Frequency.WEEKLY:
            weekdays = ((0, starts_on.isoweekday()),)
        elif frequency in {Frequency.MONTHLY, Frequency.YEARLY}:
            month_days = (starts_on.day,)
            if frequency is Frequency.YEARLY and not months:
                months = (starts_on.month,)
    if "COUNT" in parts and "UNTIL" in parts:
        raise ValueError("A rule ends by COUNT or by UNTIL, not by both.")
    recurrence = Recurrence(
        frequency=frequency,
        starts_on=starts_on,
        interval=_number(parts.get("INTERVAL", "1"), "INTERVAL", least=1, most=INTERVAL_MAX),
        weekdays=weekdays,
        month_days=month_days,
        months=months,
        positions=positions,
        week_start=_week_start(parts.get("WKST", "MO")),
        count=_count(parts),
        until=_until(parts, starts_on),
        dates=dates,
        dates_left_out=dates_left_out,
    )
    if recurrence.count is not None:
        _last_counted(recurrence)
    return recurrence


def falls_on(recurrence: Recurrence, day: date) -> bool:
    """Say whether a recurrence names a date.

    >>> leap = parse_recurrence("FREQ=YEARLY", date(2024, 2, 29))
    >>> [year for year in range(2024, 2033) if isleap(year) and falls_on(leap, date(year, 2, 29))]
    [2024, 2028, 2032]
    """
    if day in recurrence.dates_left_out:
        return False
    if day in recurrence.dates:
        return True
    if day < recurrence.starts_on or (recurrence.until is not None and day > recurrence.until):
        return False
    if not (_is_in_period(recurrence, day) and _passes(recurrence, day)):
        return False
    if recurrence.positions and day not in _chosen(recurrence, _period_of(recurrence, day)):
        return False
    return recurrence.count is None or day <= _last_counted(recurrence)


def last_of(recurrence: Recurrence) -> date | None:
    """Return a date after which nothing is named, or None when it goes on for ever."""
    end = recurrence.until
    if recurrence.count is not None:
        end = _last_counted(recurrence)
    return None if end is None else max([end, *recurrence.dates])


def first_of(recurrence: Recurrence) -> date:
    """Return a date before which nothing is named."""
    return min([recurrence.starts_on, *recurrence.dates])


# ----------------------------------------------------------------------------- which dates it is


def _is_in_period(recurrence: Recurrence, day: date) -> bool:
    """Say whether the date lies in a period that INTERVAL does not skip."""
    if recurrence.interval == 1:
        return True
    start = recurrence.starts_on
    match recurrence.frequency:
        case Frequency.DAILY:
            distance = day.toordinal() - start.toordinal()
        case Frequency.WEEKLY:
            first = _week_of(start, recurrence.week_start)
            distance = (_week_of(day, recurrence.week_start) - first) // _DAYS_PER_WEEK
        case Frequency.MONTHLY:
            distance = (day.year - start.year) * _MONTHS_PER_YEAR + day.month - start.month
        case Frequency.YEARLY:
            distance = day.year - start.year
    return distance % recurrence.interval == 0


def _passes(recurrence: Recurrence, day: date) -> bool:
    """Say whether the date is one of those that the BY… parts name, BYSETPOS apart."""
    if recurrence.months and day.month not in recurrence.months:
        return False
    if recurrence.month_days:
        from_end = day.day - monthrange(day.year, day.month)[1] - 1
        if day.day not in recurrence.month_days and from_end not in recurrence.month_days:
            return False
    return not recurrence.weekdays or any(
        weekday == day.isoweekday() and (not ordinal or ordinal in _ordinals(recurrence, day))
        for ordinal, weekday in recurrence.weekdays
    )


def _ordinals(recurrence: Recurrence, day: date) -> tuple[int, int]:
    """Return the how-manieth of its weekday a date is, from the first and from the last."""
    if recurrence.frequency is Frequency.MONTHLY or recurrence.months:
        index, length = day.day - 1, monthrange(day.year, day.month)[1]
    else:
        index = day.toordinal() - date(day.year, 1, 1).toordinal()
        length = _YEAR_DAYS_MAX if isleap(day.year) else _YEAR_DAYS_MAX - 1
    return index // _DAYS_PER_WEEK + 1, -((length - 1 - index) // _DAYS_PER_WEEK + 1)


def _week_of(day: date, week_start: int) -> int:
    """Return the ordinal of the first date of a date's week."""
    return day.toordinal() - (day.isoweekday() - week_start) % _DAYS_PER_WEEK


def _period_of(recurrence: Recurrence, day: date) -> date:
    """Return the first date of a date's period."""
    match recurrence.frequency:
        case Frequency.DAILY:
            return day
        case Frequency.WEEKLY:
            return date.fromordinal(_week_of(day, recurrence.week_start))
        case Frequency.MONTHLY:
            return day.replace(day=1)
        case Frequency.YEARLY:
            return date(day.year, 1, 1)


def _days_of(recurrence: Recurrence, period: date) -> Iterator[date]:
    """Yield the dates of a period that could be named."""
    match recurrence.frequency:
        case Frequency.DAILY:
            yield period
        case Frequency.WEEKLY:
            first = period.toordinal()
            yield from map(date.fromordinal, range(first, first + _DAYS_PER_WEEK))
        case Frequency.MONTHLY:
            yield from _days_of_month(period.year, period.month)
        case Frequency.YEARLY:
            for month in sorted(recurrence.months) or range(1, _MONTHS_PER_YEAR + 1):
                yield from _days_of_month(period.year, month)


def _days_of_month(year: int, month: int) -> Iterator[date]:
    first = date(year, month, 1).toordinal()
    yield from map(date.fromordinal, range(first, first + monthrange(year, month)[1]))


@lru_cache(maxsize=4096)
def _chosen(recurrence: Recurrence, period: date) -> tuple[date, ...]:
    """Return the dates that a whole period names, in order, before or after the start alike."""
    return _among(recurrence, _days_of(recurrence, period))


def _among(recurrence: Recurrence, days: Iterable[date]) -> tuple[date, ...]:
    """Return the dates that are named among those of a whole period."""
    named = [day for day in days if _passes(recurrence, day)]
    if not recurrence.positions:
        return tuple(named)
    indexes = {p - 1 if p > 0 else len(named) + p for p in recurrence.positions}
    return tuple(day for index, day in enumerate(named) if index in indexes)


@lru_cache(maxsize=4096)
def _last_counted(recurrence: Recurrence) -> date:
    """Return the last date of a COUNT; the end of time when it is never reached.

    Raises:
        ValueError: It is too far away to be counted.
    """
    assert recurrence.count is not None
    left, looked_count = recurrence.count, 0
    period = _period_of(recurrence, recurrence.starts_on)
    while period.year < _LAST_YEAR:
        days = list(_days_of(recurrence, period))
        looked_count += len(days)
        if looked_count > COUNTED_DATES_MAX:
            raise ValueError(
                f"COUNT={recurrence.count} of this rule is too far away to be counted; "
                f"end it with UNTIL."
            )
        for day in _among(recurrence, days):
            left -= day >= recurrence.starts_on
            if left == 0:
                return day
        period = _next_period(recurrence, period)
    return LAST_INSTANT.date()


def _next_period(recurrence: Recurrence, period: date) -> date:
    """Return the next period that INTERVAL does not skip."""
    step = recurrence.interval
    match recurrence.frequency:
        case Frequency.DAILY:
            return date.fromordinal(period.toordinal() + step)
        case Frequency.WEEKLY:
            return date.fromordinal(period.toordinal() + step * _DAYS_PER_WEEK)
        case Frequency.MONTHLY:
            months = period.year * _MONTHS_PER_YEAR + period.month - 1 + step
            return date(months // _MONTHS_PER_YEAR, months % _MONTHS_PER_YEAR + 1, 1)
        case Frequency.YEARLY:
            return date(period.year + step, 1, 1)


# ------------------------------------------------------------------------------------- reading it


def _split(text: str) -> dict[str, str]:
    """Cut a rule into its parts, in upper case."""
    if len(text) > RECURRENCE_TEXT_MAX:
        raise ValueError(f"A recurrence rule has at most {RECURRENCE_TEXT_MAX} characters.")
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").rstrip(";").split(";"):
        name, _, value = part.partition("=")
        if not value:
            raise ValueError(
                f"{part[:40]!r} is not a part of a recurrence rule; write them as "
                f"FREQ=MONTHLY;BYDAY=2TU."
            )
        if name not in _PARTS:
            raise ValueError(f"{name[:40]} is not read; use {', '.join(sorted(_PARTS))}.")
        if name in parts:
            raise ValueError(f"{name} stands twice.")
        parts[name] = value
    return parts


def _frequency(text: str) -> Frequency:
    try:
        return Frequency(text)
    except ValueError:
        raise ValueError(
            f"FREQ is DAILY, WEEKLY, MONTHLY or YEARLY, not {text[:40]!r}: rules name dates, "
            f"and the opening hours name the time."
        ) from None


def _number(text: str, name: str, *, least: int, most: int) -> int:
    digits = text[1:] if least < 0 and text[:1] in {"+", "-"} else text
    if digits.isascii() and digits.isdecimal() and len(digits) <= len(str(most)):
        number = int(text)
        if least <= number <= most and (number or least == 0):
            return number
    raise ValueError(f"{name} takes whole numbers from {least} to {most}, not {text[:40]!r}.")


def _numbers(parts: Mapping[str, str], name: str, *, least: int, most: int) -> tuple[int, ...]:
    if name not in parts:
        return ()
    found = {_number(part, name, least=least, most=most) for part in parts[name].split(",")}
    return tuple(sorted(found))


def _parse_weekdays(
    parts: Mapping[str, str], frequency: Frequency, *, is_by_month: bool
) -> tuple[tuple[int, int], ...]:
    """Read BYDAY: weekdays with an ordinal before them, or without."""
    if "BYDAY" not in parts:
        return ()
    is_month = frequency is Frequency.MONTHLY or is_by_month
    most = _WEEKS_PER_MONTH if is_month else _WEEKS_PER_YEAR
    found = set()
    for part in parts["BYDAY"].split(","):
        ordinal, name = part[:-2], part[-2:]
        if name not in _WEEKDAYS:
            raise ValueError(f"BYDAY takes weekdays such as MO, 2TU or -1FR, not {part[:40]!r}.")
        if ordinal and frequency in {Frequency.DAILY, Frequency.WEEKLY}:
            raise ValueError(f"{part[:40]} needs FREQ=MONTHLY or FREQ=YEARLY.")
        number = _number(ordinal, "BYDAY", least=-most, most=most) if ordinal else 0
        found.add((number, _WEEKDAYS[name]))
    return tuple(sorted(found))


def _week_start(text: str) -> int:
    if text not in _WEEKDAYS:
        raise ValueError(f"WKST is a weekday such as MO, not {text[:40]!r}.")
    return _WEEKDAYS[text]


def _count(parts: Mapping[str, str]) -> int | None:
    if "COUNT" not in parts:
        return None
    return _number(parts["COUNT"], "COUNT", least=1, most=COUNT_MAX)


def _until(parts: Mapping[str, str], starts_on: date) -> date | None:
    if "UNTIL" not in parts:
        return None
    text = parts["UNTIL"]
    if len(text) != _DATE_LENGTH or not (text.isascii() and text.isdecimal()):
        raise ValueError(f"UNTIL is a date such as 20261231, not {text[:40]!r}.")
    try:
        until = date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise ValueError(f"UNTIL={text} is not a date.") from None
    if until < starts_on:
        raise ValueError("UNTIL cannot be before the start.")
    return until


def _check_year(day: date) -> None:
    if not FIRST_INSTANT.year <= day.year < _LAST_YEAR:
        raise ValueError(f"Dates lie between {FIRST_INSTANT.year} and {_LAST_YEAR}.")
