"""Times: what is shown of slots, of events, and of free start and end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType

from holdfast.domain.ids import SlotId
from holdfast.domain.listing import OpenSlot
from holdfast.domain.offerings import Counting
from holdfast.domain.slots import SlotStatus
from holdfast.domain.zones import day_interval, local_day, zone
from holdfast.engine.reading import PageRequest
from holdfast.web.choosing.months import Cell, last_of, shown_first
from holdfast.web.choosing.shop import Shop
from holdfast.web.choosing.tickets import Shelf, shelves_of

NOON_HOUR, EVENING_HOUR = 12, 17
EVENTS_SHOWN = 20
LENGTHS_MAX = 24
_USUAL_STEP = timedelta(minutes=30)
_STRIP_WIDTH = 1_000
NO_SHELVES: Mapping[SlotId, Shelf] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """One time that can be chosen.

    Attributes:
        until: What the business's clock shows in the end.
        own_clock: What the visitor's clock shows; the business's is `clock`.
        day_shift: By how many days the visitor's date differs from the business's.
        remaining: Places left, where places are counted; None otherwise.
        shelf: What a stored slot says beyond its time.
    """

    slot: OpenSlot
    clock: str
    until: str
    own_clock: str | None
    own_day: date | None
    remaining: int | None
    shelf: Shelf | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The times of a part of the day: `morning`, `afternoon` or `evening`."""

    part: str
    times: tuple[Time, ...]


def slots_view(shop: Shop) -> dict[str, object]:
    """Show a month of days, and the times of one of them."""
    return _day_by_day(shop)


def _day_by_day(shop: Shop, *, length: timedelta | None = None) -> dict[str, object]:
    """Show a month and the times of a day: the one asked for, or the first that has any."""
    wanted, today = shop.wanted, shop.today
    first = shown_first(wanted.month or wanted.day, today)
    by_day = shop.slots_by_day(first, last_of(first), length=length)
    chosen = wanted.day if wanted.day is not None and wanted.day >= today else None
    soonest = None
    if chosen is None:
        chosen = next(iter(by_day), None)
    if chosen not in by_day:
        since = chosen or (first if wanted.month is not None else None)
        soonest = next(iter(shop.next(length=length, since=since)), None)
    if chosen is None and soonest is not None and wanted.month is None:
        # Nothing is left in this month, and nobody asked for it: begin where there is something.
        chosen = local_day(soonest.starts_at, zone(shop.zone_name))
        first = shown_first(chosen, today)
        by_day = shop.slots_by_day(first, last_of(first), length=length)
    cells = {
        on: Cell(
            on=on,
            href=shop.url(month=f"{first:%Y-%m}", day=on),
            count=len(slots),
            is_today=on == today,
            is_chosen=on == chosen,
        )
        for on, slots in by_day.items()
    }
    for full in shop.full_days(first, last_of(first)) - set(cells):
        cells[full] = Cell(
            on=full,
            href=shop.url(month=f"{first:%Y-%m}", day=full),
            count=0,
            is_today=full == today,
            is_chosen=full == chosen,
            is_faint=True,
        )
    for on in (today, chosen):
        if on is not None and on not in cells:
            cells[on] = Cell(on=on, href=None, is_today=on == today, is_chosen=on == chosen)
    found = by_day.get(chosen, ()) if chosen is not None else ()
    return {
        "pager": shop.pager(first, cells),
        "day": chosen,
        "groups": _groups(shop, found),
        "slots": found,
        "soonest": soonest if chosen not in by_day else None,
        "soonest_url": _soonest_url(shop, soonest),
    }


def _soonest_url(shop: Shop, soonest: OpenSlot | None) -> str | None:
    if soonest is None:
        return None
    day = local_day(soonest.starts_at, zone(shop.zone_name))
    return shop.url(month=f"{day:%Y-%m}", day=day)


def _groups(shop: Shop, slots: Sequence[OpenSlot]) -> tuple[Group, ...]:
    """Put times under the parts of the business's day, whose clock leads."""
    here, shelves = zone(shop.zone_name), shelves_of(shop, slots)
    parts: dict[str, list[Time]] = {"morning": [], "afternoon": [], "evening": []}
    for slot in slots:
        hour = slot.starts_at.astimezone(here).hour
        part = "morning" if hour < NOON_HOUR else "afternoon"
        parts["evening" if hour >= EVENING_HOUR else part].append(time_of(shop, slot, shelves))
    return tuple(Group(part=part, times=tuple(times)) for part, times in parts.items() if times)


def time_of(shop: Shop, slot: OpenSlot, shelves: Mapping[SlotId, Shelf] = NO_SHELVES) -> Time:
    """Return an open slot as a visitor reads it."""
    language, here, there = shop.visit.language, shop.zone_name, shop.shown_zone
    is_elsewhere = differs(slot.starts_at, here, there)
    own = slot.starts_at.astimezone(zone(there))
    is_another_day = own.date() != slot.starts_at.astimezone(zone(here)).date()
    is_counted = shop.offering.counting is Counting.PLACES
    return Time(
        slot=slot,
        clock=language.clock(slot.starts_at, here),
        until=language.clock(slot.ends_at, here),
        own_clock=language.clock(slot.starts_at, there) if is_elsewhere else None,
        own_day=own.date() if is_another_day else None,
        remaining=slot.remaining if is_counted else None,
        shelf=shelves.get(slot.slot_id) if slot.slot_id is not None else None,
    )


def differs(instant: datetime, here: str, there: str) -> bool:
    """Tell whether clocks in two zones show different times at an instant."""
    return instant.astimezone(zone(here)).utcoffset() != instant.astimezone(zone(there)).utcoffset()


def events_view(shop: Shop) -> dict[str, object]:
    """Show the coming dates of an event, each with the places left."""
    found = shop.next(EVENTS_SHOWN)
    shelves = shelves_of(shop, found)
    times = [time_of(shop, slot, shelves) for slot in found]
    times += [time_of(shop, slot) for slot in _sold_out(shop, {slot.slot_id for slot in found})]
    return {"times": sorted(times, key=lambda time: time.slot.starts_at)[:EVENTS_SHOWN]}


def _sold_out(shop: Shop, open_ids: set[SlotId | None]) -> list[OpenSlot]:
    """List the coming dates that have too few places left: they may be waited for."""
    stored = shop.desk.slots.list(
        PageRequest(limit=EVENTS_SHOWN),
        offering_id=shop.offering.offering_id,
        starts_from=shop.now,
        statuses=(SlotStatus.OPEN,),
    ).items
    closed = [slot for slot in stored if slot.slot_id not in open_ids]
    taken = shop.desk.slots.taken(closed)
    found = []
    for slot in closed:
        used = taken[slot.slot_id]
        if slot.capacity is None or used is None:
            continue
        left = max(0, slot.capacity - used)
        if left < shop.wanted.people:
            found.append(
                OpenSlot(
                    slot_id=slot.slot_id,
                    starts_at=slot.starts_at,
                    ends_at=slot.ends_at,
                    remaining=left,
                )
            )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of the day in the picture of it, from 0 to 1,000 across."""

    x: int
    width: int


def free_view(shop: Shop) -> dict[str, object]:
    """Show how long, then a month, then the starts of a day from which that much is free."""
    offering = shop.offering
    lengths = lengths_of(shop)
    minutes = shop.wanted.minutes
    length = timedelta(minutes=minutes) if minutes else lengths[0]
    if length not in lengths:
        length = min(lengths, key=lambda one: abs(one - length))
    shown = _day_by_day(shop, length=length)
    found = shown["slots"]
    assert isinstance(found, tuple)
    day = shown["day"]
    strip: tuple[Stretch, ...] = ()
    if isinstance(day, date):
        strip = _strip(shop, day, found)
    return {
        **shown,
        "length": length,
        "lengths": [
            (one, shop.url(minutes=one // timedelta(minutes=1), day=day), one == length)
            for one in lengths
        ],
        "strip": strip,
        "price": offering.price,
    }


def lengths_of(shop: Shop) -> list[timedelta]:
    """List how long one may stay: from the shortest to the longest, in steps."""
    offering = shop.offering
    least = offering.length_min or offering.duration
    most = offering.length_max or max(least, timedelta(hours=8))
    step = max(offering.slot_step or _USUAL_STEP, timedelta(minutes=5))
    while least + step * (LENGTHS_MAX - 1) < most:
        step *= 2
    found = [least]
    while found[-1] + step <= most:
        found.append(found[-1] + step)
    return found if found[-1] == most else [*found, most]


def _strip(shop: Shop, day: date, slots: Sequence[OpenSlot]) -> tuple[Stretch, ...]:
    """Draw which parts of a day are free, as a picture."""
    whole = day_interval(day, zone(shop.zone_name))
    merged: list[list[datetime]] = []
    for slot in sorted(slots, key=lambda one: one.starts_at):
        if merged and slot.starts_at <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], slot.ends_at)
        else:
            merged.append([slot.starts_at, slot.ends_at])
    stretches = []
    for starts_at, ends_at in merged:
        x = int((starts_at - whole.starts_at) / whole.duration * _STRIP_WIDTH)
        end = int((min(ends_at, whole.ends_at) - whole.starts_at) / whole.duration * _STRIP_WIDTH)
        stretches.append(Stretch(x=x, width=max(end - x, 1)))
    return tuple(stretches)
