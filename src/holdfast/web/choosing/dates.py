"""Dates: what is shown of nights and of days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from holdfast.domain.errors import HoldfastError
from holdfast.domain.listing import stay_of
from holdfast.domain.money import Money
from holdfast.domain.open_days import OpenDay
from holdfast.domain.shapes import DATES_MAX
from holdfast.domain.zones import SkippedDay, zone
from holdfast.engine.quoting import QuoteQuery
from holdfast.web.choosing.months import Cell, last_of, months_after, shown_first
from holdfast.web.choosing.shop import Shop
from holdfast.web.choosing.wanted import Wanted
from holdfast.web.prices import price_of_date

NIGHT_MONTHS = 2
_DAY = timedelta(days=1)


def nights_view(shop: Shop) -> dict[str, object]:
    """Show two months of nights: first the check-in is chosen, then the check-out."""
    wanted, today = shop.wanted, shop.today
    first = shown_first(wanted.month or wanted.check_in, today)
    until = last_of(months_after(first, NIGHT_MONTHS - 1))
    nights = shop.days(first, until)
    check_in = wanted.check_in if wanted.check_in and wanted.check_in >= today else None
    ends = _check_outs(shop, check_in) if check_in else {}
    if check_in and not ends:
        check_in = None
    check_out = wanted.check_out if wanted.check_out in ends else None
    month = f"{first:%Y-%m}"
    cells: dict[date, Cell] = {}
    for on, night in nights.items():
        # Once a check-in is chosen, the days that follow say where the stay may end.
        is_end = check_in is not None and check_out is None and on in ends
        href = None
        if is_end:
            href = shop.url(month=month, check_in=check_in, check_out=on)
        elif night.is_available:
            href = shop.url(month=month, check_in=on)
        is_inside = bool(check_in and check_out and check_in <= on <= check_out)
        cells[on] = Cell(
            on=on,
            href=href,
            count=night.remaining,
            price=_date_price(shop, on) if _is_free(night) else None,
            is_today=on == today,
            is_chosen=is_inside or on == check_in,
            is_edge=on in {check_in, check_out},
            is_faint=check_in is not None and not is_end and not is_inside and on != check_in,
        )
    stay = replace(wanted, check_in=check_in, check_out=check_out)
    return {
        "pager": shop.pager(first, cells, count=NIGHT_MONTHS),
        "check_in": check_in,
        "check_out": check_out,
        "nights": len(stay.nights),
        "total": _total(shop, stay),
        "has_any": any(night.is_available for night in nights.values()),
    }


def _is_free(day: OpenDay) -> bool:
    return day.remaining is None or day.remaining > 0


def _check_outs(shop: Shop, check_in: date) -> dict[date, int]:
    """List when a stay from a check-in may end, with its nights, up to the first taken night."""
    most = min(shop.offering.dates_max or 31, DATES_MAX, 60)
    nights = shop.days(check_in, check_in + timedelta(days=most - 1))
    found: dict[date, int] = {}
    for count in range(1, most + 1):
        night = nights.get(check_in + timedelta(days=count - 1))
        if night is None or night.remaining == 0:
            break
        if count >= shop.offering.dates_min:
            found[check_in + timedelta(days=count)] = count
    return found


def _date_price(shop: Shop, on: date) -> Money | None:
    here = zone(shop.zone_name)
    try:
        stay = stay_of(shop.offering, [on], here)
    except (SkippedDay, ValueError):
        return None
    people = shop.wanted.people
    return price_of_date(shop.offering, stay, people=people, zone_name=shop.zone_name, now=shop.now)


def _total(shop: Shop, wanted: Wanted) -> Money | None:
    """Return what a choice would cost; None while there is none, or where it cannot be said."""
    choice = wanted.choice(shop.offering)
    if choice is None:
        return None
    try:
        return shop.desk.quotes.of(QuoteQuery(choice=choice, party_size=wanted.people)).total
    except HoldfastError:
        # The dates make no stay: the button that takes them says why.
        return None


def days_view(shop: Shop) -> dict[str, object]:
    """Show a month of days, of which one or several can be chosen."""
    wanted, today, offering = shop.wanted, shop.today, shop.offering
    is_single = offering.dates_max == 1
    first = shown_first(wanted.month or (wanted.days[0] if wanted.days else None), today)
    days = shop.days(first, last_of(first))
    soonest = None
    if wanted.month is None and not wanted.days and not _any(days):
        soonest = next(iter(shop.next()), None)
        if soonest is not None:
            first = shown_first(soonest.dates[0], today)
            days = shop.days(first, last_of(first))
    month = f"{first:%Y-%m}"
    cells = {}
    for on, day in days.items():
        is_chosen = on in wanted.days
        is_free = day.is_available or _is_free(day)
        chosen = _toggled(wanted.days, on, is_single=is_single)
        href = shop.url(month=month, days=",".join(one.isoformat() for one in chosen)) or None
        cells[on] = Cell(
            on=on,
            href=href if is_free or is_chosen else None,
            count=day.remaining,
            total=day.capacity if day.capacity is not None and day.capacity > 1 else None,
            price=_date_price(shop, on) if offering.price.amount_minor else None,
            is_today=on == today,
            is_chosen=is_chosen,
        )
    return {
        "pager": shop.pager(first, cells),
        "chosen": wanted.days,
        "total": _total(shop, wanted),
        "is_single": is_single,
        "is_enough": len(wanted.days) >= offering.dates_min,
        "has_any": _any(days),
    }


def _any(days: dict[date, OpenDay]) -> bool:
    return any(day.is_available for day in days.values())


def _toggled(days: tuple[date, ...], on: date, *, is_single: bool) -> list[date]:
    if on in days:
        return [day for day in days if day != on]
    return [on] if is_single else sorted([*days, on])
