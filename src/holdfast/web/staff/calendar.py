"""The calendar: what stands in the days, as a picture and, without a script, as a list."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from starlette.responses import Response

from holdfast.domain.access import Scope
from holdfast.domain.bookings import KEEPING, Booking
from holdfast.domain.categories import Category
from holdfast.domain.ids import SlotId, looks_like_id
from holdfast.domain.intervals import Interval
from holdfast.domain.offerings import Offering
from holdfast.domain.resources import Resource
from holdfast.domain.slots import Slot
from holdfast.domain.zones import SkippedDay, day_interval, local_day, zone
from holdfast.engine.agenda import Agenda
from holdfast.engine.facade.bookings import BookingQuery
from holdfast.engine.ports import Comparison, Filter
from holdfast.engine.reading import PAGE_MAX, PageRequest
from holdfast.web.languages import Language
from holdfast.web.rendering import is_built
from holdfast.web.staff.entries import (
    NOBODY,
    Entry,
    closed_everywhere,
    closed_times,
    entries_of,
    shown,
    shown_closed,
    status_words,
)
from holdfast.web.staff.showing import VIEWS, Showing, showing_of
from holdfast.web.staff.visits import StaffVisit

OPENS, CLOSES = 8, 19
"""Between which hours the picture is drawn where nobody says when they are open."""

_HOURS_A_DAY = 24
_TAG_LENGTH = 32
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A resource on one day of the list.

    Attributes:
        resource_id: The resource; empty for what nobody serves yet.
        hours: When it is open then; nothing where it has no hours of its own.
    """

    resource_id: str
    name: str
    hours: tuple[Interval, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDay:
    """One day of the list."""

    on: date
    rows: tuple[Row, ...]


async def show(visit: StaffVisit) -> Response:
    """Show the calendar."""
    showing = _showing(visit)
    found = await visit.read(lambda: _look(visit, showing))
    agenda = found.agenda
    is_drawn = is_built() and showing.is_picture
    # The script asks for what it draws.
    entries = [] if is_drawn else entries_of(agenda, visit.language, may_move=False)
    context = {
        "showing": showing,
        "agenda": agenda,
        "title": _title(visit, showing),
        "days": listed(agenda, entries, showing, visit.language.gettext("Nobody yet")),
        "views": [(one, _view_word(visit, one)) for one in VIEWS],
        "links": _links(visit, showing),
        "categories": found.categories,
        "resources": found.resources,
        "statuses": list(status_words(visit.language).items()),
        "is_drawn": is_drawn,
        "is_without_script": showing.is_picture and not is_drawn,
        "listed": _here(visit, showing, listed="yes"),
        "drawn": _here(visit, showing, listed="") if showing.is_listed and is_built() else "",
        "settings": json.dumps(_settings(visit, showing, agenda)) if is_drawn else "",
        "today": _today(visit),
    }
    return visit.page("staff/calendar.html", context)


async def feed(visit: StaffVisit) -> Response:
    """Say to the calendar's script what stands in the days; nothing if that has not changed."""
    showing = _showing(visit)
    agenda = await visit.read(lambda: visit.engine_desk().agenda.show(showing.query))
    entries = entries_of(agenda, visit.language, may_move=_may_move(visit))
    said = {
        "offset": _offset(visit.now, agenda.zone),
        "resources": _columns(agenda, entries, visit),
        "entries": [
            *(
                shown(one, agenda.zone, _href(visit, one), _names(agenda, showing, one))
                for one in entries
            ),
            *_closed(agenda, showing),
        ],
    }
    body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:_TAG_LENGTH]}"'
    if visit.request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(body, headers={"ETag": tag}, media_type="application/json")


async def show_slot(visit: StaffVisit) -> Response:
    """Show who is in a slot."""
    slot_id = SlotId(visit.path("slot_id"))
    slot, offering, bookings = await visit.read(lambda: _slot(visit, slot_id))
    context = {
        "slot": slot,
        "offering": offering,
        "bookings": bookings,
        "taken": sum(one.party_size for one in bookings),
        "zone": visit.tenant.zone,
    }
    return visit.page("staff/slot.html", context)


def _slot(visit: StaffVisit, slot_id: SlotId) -> tuple[Slot, Offering, tuple[Booking, ...]]:
    desk = visit.engine_desk()
    slot = desk.slots.get(slot_id)
    inside = (Filter("slot_id", Comparison.EQUAL, slot_id),)
    query = BookingQuery(statuses=tuple(sorted(KEEPING)), more=inside)
    bookings = desk.bookings.list(PageRequest(limit=PAGE_MAX), query=query)
    return slot, desk.offerings.get(slot.offering_id), bookings.items


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    agenda: Agenda
    resources: tuple[Resource, ...]
    categories: tuple[Category, ...]


def _look(visit: StaffVisit, showing: Showing) -> _Found:
    desk, page = visit.engine_desk(), PageRequest(limit=PAGE_MAX)
    return _Found(
        agenda=desk.agenda.show(showing.query),
        resources=tuple(sorted(desk.resources.list(page).items, key=in_order)),
        categories=desk.categories.list(page).items,
    )


def in_order(resource: Resource) -> tuple[int, str]:
    """Return what resources are put in order by: as the business says, or else by name."""
    return resource.sort_order, resource.name


def _showing(visit: StaffVisit) -> Showing:
    return showing_of(visit.query, today=_today(visit), language=visit.language)


def _today(visit: StaffVisit) -> date:
    return local_day(visit.now, zone(visit.tenant.zone))


def _may_move(visit: StaffVisit) -> bool:
    return visit.may(Scope.BOOKINGS_WRITE)


def _href(visit: StaffVisit, entry: Entry) -> str:
    return visit.here(*entry.path) if entry.path else ""


# -------------------------------------------------------------------------------------- the list


def listed(
    agenda: Agenda, entries: Sequence[Entry], showing: Showing, nobody: str
) -> list[ListedDay]:
    """Return the days that are shown, each with its resources; of several, those with something."""
    here, found = zone(agenda.zone), []
    is_one_day = agenda.first_on == agenda.last_on
    on = agenda.first_on
    while on <= agenda.last_on:
        try:
            day = day_interval(on, here)
        except SkippedDay:
            on += _A_DAY
            continue
        of_day = [one for one in entries if one.touches(day)]
        rows = [
            Row(
                resource_id=one.resource_id,
                name=one.name,
                hours=_hours(agenda.hours[one.resource_id], day),
                entries=tuple(e for e in of_day if one.resource_id in e.resource_ids),
            )
            for one in agenda.resources
        ]
        unserved = tuple(one for one in of_day if NOBODY in one.resource_ids)
        if unserved and not showing.resource_ids:
            rows.append(Row(resource_id="", name=nobody, hours=(), entries=unserved))
        shown_rows = tuple(one for one in rows if is_one_day or one.entries)
        found.append(ListedDay(on=on, rows=shown_rows))
        on += _A_DAY
    return found


def _hours(hours: Iterable[Interval], day: Interval) -> tuple[Interval, ...]:
    """Return when something is open on a day; nothing where that is all of it."""
    kept = tuple(
        Interval(starts_at=max(one.starts_at, day.starts_at), ends_at=min(one.ends_at, day.ends_at))
        for one in hours
        if one.starts_at < day.ends_at and one.ends_at > day.starts_at
    )
    return () if kept == (day,) else kept


# ----------------------------------------------------------------------------------- the picture


def _columns(agenda: Agenda, entries: Iterable[Entry], visit: StaffVisit) -> list[dict[str, str]]:
    columns = [{"id": str(one.resource_id), "title": one.name} for one in agenda.resources]
    if any(NOBODY in one.resource_ids for one in entries):
        columns.append({"id": NOBODY, "title": visit.language.gettext("Nobody yet")})
    return columns


def _names(agenda: Agenda, showing: Showing, entry: Entry) -> list[str]:
    """Return who serves, where no column or row says so."""
    if showing.view not in {"week", "month"}:
        return []
    return [one.name for one in agenda.resources if one.resource_id in entry.resource_ids]


def _closed(agenda: Agenda, showing: Showing) -> list[dict[str, object]]:
    if showing.view == "month":
        return []
    if showing.view == "week":
        return [shown_closed(None, one, agenda.zone) for one in closed_everywhere(agenda)]
    return [shown_closed(rid, one, agenda.zone) for rid, one in closed_times(agenda)]


def _settings(visit: StaffVisit, showing: Showing, agenda: Agenda) -> dict[str, object]:
    opens, closes = _drawn_hours(agenda)
    now = visit.now.astimezone(zone(agenda.zone))
    is_now = showing.first_on <= now.date() <= showing.last_on
    scroll = max(opens, now.hour - 1) if is_now else opens
    chosen = visit.query.text("booking")
    return {
        "view": showing.view,
        "on": showing.on.isoformat(),
        "feed": _here(visit, showing, "feed"),
        "move": visit.here("calendar", "move"),
        "block": visit.here("blocks"),
        "token": visit.token,
        "locale": visit.language.tag,
        # Scripts count Sunday as 0.
        "firstDay": (visit.language.first_weekday + 1) % 7,
        "opens": f"{opens:02}:00",
        "closes": f"{closes:02}:00",
        "scroll": f"{scroll:02}:00",
        "mayMove": _may_move(visit),
        "mayBlock": visit.may(Scope.CATALOGUE_WRITE),
        "chosen": visit.here("bookings", chosen) if looks_like_id(chosen, "bkg") else "",
        "links": _keys(visit, showing),
        "words": _words(visit.language),
    }


def _drawn_hours(agenda: Agenda) -> tuple[int, int]:
    """Return from which to which hour the picture is drawn: as long as somebody is open."""
    here = zone(agenda.zone)
    minutes: list[tuple[int, int]] = []
    for hours in agenda.hours.values():
        if hours == (agenda.interval,):
            continue
        for one in hours:
            since, until = one.starts_at.astimezone(here), one.ends_at.astimezone(here)
            is_over_midnight = since.date() != until.date()
            minutes.append((since.hour, _HOURS_A_DAY if is_over_midnight else _ceiling(until)))
    if not minutes:
        return OPENS, CLOSES
    return min(since for since, _ in minutes), max(until for _, until in minutes)


def _ceiling(until: datetime) -> int:
    return until.hour + (1 if until.minute or until.second else 0)


def _offset(now: datetime, zone_name: str) -> str:
    """Write how far the business's clock is from UTC now: +02:00."""
    written = now.astimezone(zone(zone_name)).strftime("%z")
    return f"{written[:3]}:{written[3:5]}"


def _words(language: Language) -> dict[str, str]:
    say = language.gettext
    return {
        "all_day": say("all day"),
        "again": say("Try again"),
        "close": say("Close"),
        "insist": say("Move it all the same"),
        "undo": say("Undo"),
        "unreachable": say("The server could not be reached, so this may not be current."),
        "whole": say("Open the whole page"),
    }


# -------------------------------------------------------------------------------------- its frame


def _here(visit: StaffVisit, showing: Showing, *parts: str, **said: object) -> str:
    """Return the calendar's address with what is shown, but for what is said otherwise."""
    where = {"view": showing.view, "on": showing.on.isoformat(), **showing.filters, **said}
    return visit.here("calendar", *parts, **where)


def _links(visit: StaffVisit, showing: Showing) -> dict[str, str]:
    links = {
        "before": _here(visit, showing, on=showing.before.isoformat()),
        "after": _here(visit, showing, on=showing.after.isoformat()),
        "today": _here(visit, showing, on=""),
        "all": visit.here("calendar", view=showing.view, on=showing.on.isoformat()),
    }
    return links | {one: _here(visit, showing, view=one) for one in VIEWS}


def _keys(visit: StaffVisit, showing: Showing) -> dict[str, str]:
    """Return where the keys of the calendar lead."""
    links = _links(visit, showing)
    keys = {"t": links["today"], "j": links["after"], "k": links["before"]}
    keys |= {str(number): links[view] for number, view in enumerate(VIEWS, start=1)}
    if visit.may_open("walk-in"):
        keys["n"] = visit.here("walk-in")
    return keys


def _view_word(visit: StaffVisit, view: str) -> str:
    say = visit.language.gettext
    words = {
        "timeline": say("Timeline"),
        "day": say("Day"),
        "week": say("Week"),
        "month": say("Month"),
        "list": say("List"),
    }
    return words[view]


def _title(visit: StaffVisit, showing: Showing) -> str:
    language = visit.language
    if showing.view == "month":
        return language.month(showing.on)
    if showing.view == "week":
        first, last = showing.first_on, showing.last_on
        return f"{language.short_day(first)} – {language.short_day(last)}"
    is_this_year = showing.on.year == _today(visit).year
    return language.day(showing.on) if is_this_year else language.long_day(showing.on)
