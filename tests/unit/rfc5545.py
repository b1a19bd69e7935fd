"""A slow, obvious engine for recurrence rules: expand each period to lists, then limit them.

It follows the table of RFC 5545, section 3.3.10, row by row, walks from the start period by period
and counts as it goes. It shares no code and no method with the engine that it judges, which asks
about one date at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

DAY = timedelta(days=1)
NAMES = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def occurrences(text: str, starts_on: date, until: date) -> list[date]:
    """List what a rule names from its start to a date, both included."""
    parts = dict(part.split("=") for part in text.split(";"))
    last = read_date(parts["UNTIL"]) if "UNTIL" in parts else until
    count = int(parts["COUNT"]) if "COUNT" in parts else None
    found: list[date] = []
    for days in periods(parts, starts_on, min(last, until)):
        named = chosen(parts, expanded(parts, days, starts_on))
        found += [day for day in named if starts_on <= day <= last]
        if count is not None and len(found) >= count:
            found = found[:count]
            break
    return [day for day in found if day <= until]


def read_date(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def numbers(parts: dict[str, str], name: str) -> list[int]:
    return [int(number) for number in parts[name].split(",")] if name in parts else []


def days_between(first: date, last: date) -> list[date]:
    return [first + n * DAY for n in range((last - first).days + 1)]


def month_of(year: int, month: int) -> list[date]:
    after = date(year + month // 12, month % 12 + 1, 1)
    return days_between(date(year, month, 1), after - DAY)


def year_of(year: int) -> list[date]:
    return days_between(date(year, 1, 1), date(year, 12, 31))


def periods(parts: dict[str, str], starts_on: date, until: date) -> Iterator[list[date]]:
    """Yield all dates of every INTERVAL-th period, from the one of the start."""
    step = int(parts.get("INTERVAL", "1"))
    match parts["FREQ"]:
        case "DAILY":
            day = starts_on
            while day <= until:
                yield [day]
                day += step * DAY
        case "WEEKLY":
            first = starts_on
            while NAMES[first.weekday()] != parts.get("WKST", "MO"):
                first -= DAY
            while first <= until:
                yield days_between(first, first + 6 * DAY)
                first += 7 * step * DAY
        case "MONTHLY":
            index = 0
            while True:
                year, month = divmod(starts_on.year * 12 + starts_on.month - 1 + index, 12)
                if date(year, month + 1, 1) > until:
                    return
                yield month_of(year, month + 1)
                index += step
        case _:
            for year in range(starts_on.year, until.year + 1, step):
                yield year_of(year)


def expanded(parts: dict[str, str], days: list[date], starts_on: date) -> list[date]:
    """Return the dates of one period that the BY… parts name, BYSETPOS apart."""
    months = numbers(parts, "BYMONTH")
    month_days = numbers(parts, "BYMONTHDAY")
    weekdays = parts["BYDAY"].split(",") if "BYDAY" in parts else []
    frequency = parts["FREQ"]
    if months:
        days = [day for day in days if day.month in months]
    if month_days:
        days = [day for day in days if is_month_day(day, month_days)]
    if weekdays:
        by_year = frequency == "YEARLY" and not months
        days = [
            day for day in days if any(is_weekday(day, name, by_year=by_year) for name in weekdays)
        ]
    if weekdays or month_days:
        return days
    match frequency:
        case "WEEKLY":
            return [day for day in days if day.weekday() == starts_on.weekday()]
        case "MONTHLY":
            return [day for day in days if day.day == starts_on.day]
        case "YEARLY":
            in_month = months or [starts_on.month]
            return [day for day in days if day.day == starts_on.day and day.month in in_month]
        case _:
            return days


def is_month_day(day: date, month_days: list[int]) -> bool:
    month = month_of(day.year, day.month)
    counted = [month[n - 1 if n > 0 else n] for n in month_days if abs(n) <= len(month)]
    return day in counted


def is_weekday(day: date, name: str, *, by_year: bool) -> bool:
    """Say whether a date is every MO, or the 2MO, or the -1MO, of its month or year."""
    ordinal, name = name[:-2], name[-2:]
    if NAMES[day.weekday()] != name:
        return False
    whole = year_of(day.year) if by_year else month_of(day.year, day.month)
    same = [each for each in whole if each.weekday() == day.weekday()]
    if not ordinal:
        return True
    n = int(ordinal)
    return abs(n) <= len(same) and same[n - 1 if n > 0 else n] == day


def chosen(parts: dict[str, str], days: list[date]) -> list[date]:
    """Return what BYSETPOS leaves of one period."""
    positions = numbers(parts, "BYSETPOS")
    if not positions:
        return days
    picked = {days[n - 1 if n > 0 else n] for n in positions if abs(n) <= len(days)}
    return sorted(picked)
