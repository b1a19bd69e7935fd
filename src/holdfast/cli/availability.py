"""`holdfast availability`: what can be booked, as a calendar on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby

from rich.console import Console
from rich.text import Text

from holdfast.cli import output
from holdfast.cli.opening import engine_at, tenant_at
from holdfast.domain.ids import OfferingId, PoolId, ResourceId
from holdfast.domain.listing import OpenSlot
from holdfast.domain.open_days import OpenDay
from holdfast.domain.zones import Zone, local_day, zone
from holdfast.engine.availability import Availability, AvailabilityQuery, DailyAvailability
from holdfast.engine.facade import TenantEngine

WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
CELL = 9
CLOSED = "-"
DAYS_SHOWN = 31


def calendar(
    url: str,
    *,
    tenant: str | None,
    what: str,
    first_on: date | None,
    last_on: date | None,
    party_size: int,
    is_json: bool,
) -> None:
    """Print a calendar of what can be booked on each day, by default for a month from today on.

    Raises:
        RecordNotFound: There is no such tenant, offering, resource or pool.
        InputInvalid: The days are reversed or too many, or the party is empty.
    """
    with engine_at(url) as engine:
        desk = tenant_at(engine, tenant)
        query = _query(desk, what, first_on=first_on, last_on=last_on, party_size=party_size)
        found = desk.availability.by_day(query)
    if is_json:
        output.as_json([_plain_day(day) for day in found.days])
        return
    _title(found)
    console = Console(highlight=False)
    for (year, month), days in groupby(found.days, key=lambda day: (day.on.year, day.on.month)):
        console.print()
        console.print(Text(date(year, month, 1).strftime("%B %Y"), style="bold"))
        console.print(Text("".join(name.rjust(CELL) for name in WEEKDAYS), style="dim"))
        for week in _weeks(list(days)):
            console.print(Text.assemble(*(_cell(day) for day in week)), soft_wrap=True)
    output.say("Each day with how many starts are open, or what is left; - is nothing.")


def day(
    url: str,
    *,
    tenant: str | None,
    what: str,
    on: date,
    party_size: int,
    is_json: bool,
) -> None:
    """Print what can be booked on one day, start by start.

    Raises:
        RecordNotFound: There is no such tenant, offering, resource or pool.
        InputInvalid: The party is empty.
    """
    with engine_at(url) as engine:
        desk = tenant_at(engine, tenant)
        query = _query(desk, what, first_on=on, last_on=on, party_size=party_size)
        found = desk.availability.answer(query)
    if is_json:
        output.as_json([_plain_slot(slot) for slot in found.slots])
        return
    _title(found)
    here = zone(found.zone)
    rows = [_slot_row(slot, here) for slot in found.slots]
    output.listing(("from", "to", "left"), rows, none="Nothing can be booked on that day.")


def _query(
    desk: TenantEngine, what: str, *, first_on: date | None, last_on: date | None, party_size: int
) -> AvailabilityQuery:
    named = _named(desk, what)
    if first_on is None:
        # Without a window it begins now; the offering's zone says which day that is.
        now = desk.availability.by_day(named)
        first_on = local_day(now.window.starts_at, zone(now.zone))
    if last_on is None:
        last_on = first_on + timedelta(days=DAYS_SHOWN - 1)
    return replace(named, first_on=first_on, last_on=last_on, party_size=party_size)


def _named(desk: TenantEngine, what: str) -> AvailabilityQuery:
    if what.startswith("res_"):
        return AvailabilityQuery(resource_id=ResourceId(what))
    if what.startswith("pol_"):
        return AvailabilityQuery(pool_id=PoolId(what))
    offering = desk.offerings.find_by_slug(what)
    named = OfferingId(what) if offering is None else offering.offering_id
    return AvailabilityQuery(offering_id=named)


def _title(found: Availability | DailyAvailability) -> None:
    output.say(f"{found.offering.name}, times of {found.zone}")


def _weeks(days: Sequence[OpenDay]) -> list[list[OpenDay | None]]:
    """Put the days of a month in weeks from Monday on; None is a day that is not shown."""
    weeks: list[list[OpenDay | None]] = []
    for day in days:
        if not weeks or day.on.isoweekday() == 1:
            weeks.append([])
        missing = day.on.isoweekday() - 1 - len(weeks[-1])
        weeks[-1] += [None] * missing + [day]
    return weeks


def _cell(day: OpenDay | None) -> tuple[str, str]:
    if day is None:
        return " " * CELL, ""
    if not day.is_available:
        return f"{day.on.day} {CLOSED}".rjust(CELL), "dim"
    # Of what is booked by dates there is one start a day, and what is left says more.
    left = day.remaining if day.capacity is not None else day.open_count
    return f"{day.on.day} {left}".rjust(CELL), "green"


def _slot_row(slot: OpenSlot, here: Zone) -> tuple[str, str, str]:
    starts, ends = slot.starts_at.astimezone(here), slot.ends_at.astimezone(here)
    form = "%H:%M" if starts.date() == ends.date() else "%Y-%m-%d %H:%M"
    left = "unlimited" if slot.remaining is None else str(slot.remaining)
    return starts.strftime(form), ends.strftime(form), left


def _plain_day(day: OpenDay) -> dict[str, object]:
    return {
        "date": day.on.isoformat(),
        "is_available": day.is_available,
        "open_count": day.open_count,
        "remaining": day.remaining,
        "reason": day.reason,
    }


def _plain_slot(slot: OpenSlot) -> dict[str, object]:
    return {
        "slot_id": slot.slot_id,
        "starts_at": slot.starts_at.isoformat(),
        "ends_at": slot.ends_at.isoformat(),
        "remaining": slot.remaining,
        "dates": [day.isoformat() for day in slot.dates],
    }
