"""Months: a calendar's weeks, and what stands in each of its days."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from holdfast.domain.money import Money
from holdfast.web.languages import Language

MONTHS_AHEAD = 12
DOTS_MAX = 3
_SOME, _MANY = 3, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One day of a calendar.

    Attributes:
        href: Where choosing it leads; None where it cannot be chosen.
        count: How many times, or places, are open on it; None without limit.
        total: Of how many; None where that says nothing.
        price: What that day or night costs.
        is_chosen: Whether it is chosen. `is_edge`: as the first or last of a stretch.
        is_faint: Whether choosing it would begin anew.
    """

    on: date
    href: str | None
    count: int | None = None
    total: int | None = None
    price: Money | None = None
    is_today: bool = False
    is_chosen: bool = False
    is_edge: bool = False
    is_faint: bool = False

    @property
    def dots(self) -> int:
        """How much is open, from 0 to 3, to be seen at a glance."""
        if self.href is None or self.count == 0:
            return 0
        if self.count is None or self.count >= _MANY:
            return DOTS_MAX
        return 2 if self.count >= _SOME else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One month of a calendar: its weeks of seven cells, None outside the month."""

    first: date
    weeks: tuple[tuple[Cell | None, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """The months on show, and where the ones before and after are; None where there are none."""

    months: tuple[Month, ...]
    earlier: str | None
    later: str | None

    def price_without_currency(self, language: Language) -> Money | None:
        """Return a price of a day that is written without its currency, if there is one."""
        cells = (cell for month in self.months for week in month.weeks for cell in week if cell)
        prices = (cell.price for cell in cells if cell.price is not None)
        long = (one for one in prices if language.cell_money(one) != language.short_money(one))
        return next(long, None)


def first_of(day: date) -> date:
    """Return the first day of a day's month."""
    return day.replace(day=1)


def months_after(first: date, count: int) -> date:
    """Return the first day of the month so many months later.

    >>> months_after(date(2026, 11, 1), 2), months_after(date(2026, 1, 1), -1)
    (datetime.date(2027, 1, 1), datetime.date(2025, 12, 1))
    """
    year, month = divmod(first.year * 12 + first.month - 1 + count, 12)
    return date(year, month + 1, 1)


def last_of(first: date) -> date:
    """Return the last day of a month."""
    return first.replace(day=monthrange(first.year, first.month)[1])


def shown_first(wished: date | None, today: date) -> date:
    """Return the month to show first: the wished one, within a year from now."""
    this = first_of(today)
    return min(max(first_of(wished or today), this), months_after(this, MONTHS_AHEAD))


def month_of(first: date, cells: Mapping[date, Cell], *, first_weekday: int, today: date) -> Month:
    """Lay the days of a month out in weeks; those that are over are left out."""
    days: list[Cell | None] = [None] * ((first.weekday() - first_weekday) % 7)
    day, last = first, last_of(first)
    while day <= last:
        days.append(cells.get(day, Cell(on=day, href=None, count=0)))
        day += timedelta(days=1)
    days += [None] * (-len(days) % 7)
    weeks = (tuple(days[i : i + 7]) for i in range(0, len(days), 7))
    kept = tuple(week for week in weeks if any(cell and cell.on >= today for cell in week))
    return Month(first=first, weeks=kept)
