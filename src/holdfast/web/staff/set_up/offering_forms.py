"""The form of an offering: its entries by what it is, and what it comes to; the pages about one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from holdfast.domain.errors import RecordNotFound
from holdfast.domain.ids import OfferingId, looks_like_id
from holdfast.domain.offerings import Counting, Offering, OfferingStatus
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.recurrence import Frequency
from holdfast.domain.shapes import A_DAY, DATED, Shape
from holdfast.domain.tenants import DEFAULT_HOLD_TTL
from holdfast.web.staff.set_up.editing import Editor, zone_options
from holdfast.web.staff.set_up.sheets import (
    Entry,
    Group,
    Kind,
    Say,
    Sheet,
    amount_of,
    length_units,
)
from holdfast.web.staff.visits import StaffVisit

PART = "offerings"
NO_TIME = timedelta(0)
PLACE_NAMES = ("name", "address", "city", "url")
_TIMED = (Shape.SLOTS, Shape.FREE)


def groups_of(visit: StaffVisit, offering: Offering | None) -> tuple[Group, ...]:
    """Return what is asked of an offering; of a new one, more."""
    say = visit.language.gettext
    shape = None if offering is None else offering.shape
    return (
        _what(say, offering),
        _price(visit, offering),
        _time(say, shape, offering),
        _people(say),
        _deciding(say),
        _together(say),
        _more(visit, offering),
    )


def _what(say: Say, offering: Offering | None) -> Group:
    address = say("The end of its address: small letters, digits and hyphens.")
    if offering is None:
        address = say("The end of its address. Empty takes it from the name.")
    kinds = (
        ("appointment", say("an appointment")),
        ("table", say("a table")),
        ("room", say("a room")),
        ("event", say("an event")),
        ("rental", say("a rental")),
        ("course", say("a course")),
        ("subscription", say("a subscription")),
        ("custom", say("something else")),
    )
    known = {kind for kind, _ in kinds}
    own = () if offering is None or offering.kind in known else ((offering.kind, offering.kind),)
    return Group(
        title=say("What it is"),
        entries=(
            Entry(name="name", label=say("Name"), is_needed=True),
            Entry(name="slug", label=say("Address"), help=address, is_needed=offering is not None),
            Entry(name="description", label=say("Description"), kind=Kind.TEXT),
            Entry(
                name="kind", label=say("Kind of offering"), kind=Kind.CHOICE, choices=(*own, *kinds)
            ),
        ),
    )


def _price(visit: StaffVisit, offering: Offering | None) -> Group:
    say = visit.language.gettext
    units = (
        (PriceUnit.BOOKING, say("for the booking")),
        (PriceUnit.PARTICIPANT, say("for each person")),
        (PriceUnit.HOUR, say("for each hour")),
        (PriceUnit.NIGHT, say("for each night")),
        (PriceUnit.SLOT, say("for each slot")),
        (PriceUnit.UNIT, say("for each thing and day")),
    )
    currency = visit.tenant.currency if offering is None else offering.price.currency
    return Group(
        title=say("Price"),
        entries=(
            Entry(name="price", label=say("Price"), kind=Kind.MONEY, suffix=currency),
            Entry(
                name="price_unit",
                label=say("What it is for"),
                kind=Kind.CHOICE,
                choices=tuple((unit.value, words) for unit, words in units),
            ),
        ),
    )


def _time(say: Say, shape: Shape | None, offering: Offering | None) -> Group:
    """Return what is asked of its time: of a shape that is known, only what that has."""
    entries: list[Entry] = []
    if shape is None:
        shapes = (
            ("slots", say("a slot of a grid, or one made by hand")),
            ("free", say("any start and end")),
            ("days", say("days")),
            ("nights", say("nights")),
        )
        counted = (
            ("resources", say("its resources: each booking takes them")),
            ("places", say("places: many book the same slot")),
        )
        fixed = say("This cannot be changed later.")
        entries += [
            Entry(
                name="shape",
                label=say("Customers book"),
                kind=Kind.CHOICE,
                choices=shapes,
                help=fixed,
            ),
            Entry(
                name="counting",
                label=say("What limits it"),
                kind=Kind.CHOICE,
                choices=counted,
                help=fixed,
            ),
        ]
    if shape is None or shape in _TIMED:
        entries += _grid_entries(say, shape)
    if shape is None or (offering is not None and offering.counting is Counting.PLACES):
        entries.append(
            Entry(
                name="slot_capacity",
                label=say("Places in a slot"),
                kind=Kind.WHOLE,
                help=say("Where places are counted; empty is without limit."),
            )
        )
    entries += _stay_entries(say, shape)
    return Group(title=say("Time"), entries=tuple(entries))


def _grid_entries(say: Say, shape: Shape | None) -> list[Entry]:
    units = length_units(say)
    return [
        Entry(
            name="duration",
            label=say("How long it takes"),
            kind=Kind.LENGTH,
            units=units,
            is_needed=shape is not None,
        ),
        Entry(
            name="slot_step",
            label=say("Starts every"),
            kind=Kind.LENGTH,
            units=units[:2],
            help=say("Empty leaves it to the hours, or to its length."),
        ),
        Entry(name="buffer_before", label=say("Kept free before"), kind=Kind.LENGTH, units=units),
        Entry(name="buffer_after", label=say("Kept free after"), kind=Kind.LENGTH, units=units),
        Entry(
            name="grid_includes_buffer",
            label=say("The grid leaves room for what is kept free"),
            kind=Kind.FLAG,
        ),
    ]


def _stay_entries(say: Say, shape: Shape | None) -> list[Entry]:
    units = length_units(say)
    entries: list[Entry] = []
    if shape is None or shape is Shape.FREE:
        entries += [
            Entry(name="length_min", label=say("Shortest"), kind=Kind.LENGTH, units=units),
            Entry(name="length_max", label=say("Longest"), kind=Kind.LENGTH, units=units),
            Entry(name="is_always_open", label=say("Open at any time"), kind=Kind.FLAG),
        ]
    if shape is None or shape in DATED:
        entries += [
            Entry(name="dates_min", label=say("Fewest days or nights"), kind=Kind.WHOLE),
            Entry(name="dates_max", label=say("Most days or nights"), kind=Kind.WHOLE),
        ]
    if shape is None or shape is Shape.DAYS:
        label = say("Days may have gaps between them")
        entries.append(Entry(name="is_scattered", label=label, kind=Kind.FLAG))
    if shape is None or shape is Shape.NIGHTS:
        entries += [
            Entry(name="check_in_minute", label=say("Check-in from"), kind=Kind.CLOCK),
            Entry(name="check_out_minute", label=say("Check-out until"), kind=Kind.CLOCK),
        ]
    return entries


def _people(say: Say) -> Group:
    units = length_units(say)
    return Group(
        title=say("Who and when"),
        entries=(
            Entry(name="party_min", label=say("Fewest people"), kind=Kind.WHOLE),
            Entry(name="party_max", label=say("Most people"), kind=Kind.WHOLE),
            Entry(name="notice", label=say("Notice before"), kind=Kind.LENGTH, units=units),
            Entry(
                name="horizon_days", label=say("Days ahead"), kind=Kind.WHOLE, suffix=say("days")
            ),
        ),
    )


def _deciding(say: Say) -> Group:
    units = length_units(say)
    return Group(
        title=say("Deciding"),
        entries=(
            Entry(
                name="is_approved_by_hand",
                label=say("Every booking waits for your yes"),
                kind=Kind.FLAG,
            ),
            Entry(
                name="pending_takes",
                label=say("What waits has its place already"),
                kind=Kind.FLAG,
            ),
            Entry(
                name="pending_ttl",
                label=say("It waits at most"),
                kind=Kind.LENGTH,
                units=units,
                help=say("Empty is for ever."),
            ),
            Entry(
                name="confirm_delay",
                label=say("It confirms by itself after"),
                kind=Kind.LENGTH,
                units=units,
                help=say("Empty is at once."),
            ),
            Entry(
                name="hold_ttl",
                label=say("A place is kept while somebody books"),
                kind=Kind.LENGTH,
                units=units[:2],
                help=say("Empty is 30 minutes; customers of the pages have at most 15."),
            ),
        ),
    )


def _together(say: Say) -> Group:
    frequencies = (
        (Frequency.DAILY, say("every so many days")),
        (Frequency.WEEKLY, say("every so many weeks")),
        (Frequency.MONTHLY, say("every so many months")),
        (Frequency.YEARLY, say("every so many years")),
    )
    return Group(
        title=say("Waitlist and series"),
        entries=(
            Entry(name="has_waitlist", label=say("It has a waitlist"), kind=Kind.FLAG),
            Entry(
                name="invitation_ttl",
                label=say("Who is invited may answer for"),
                kind=Kind.LENGTH,
                units=length_units(say),
                help=say("Empty is 30 minutes."),
            ),
            Entry(
                name="series_max",
                label=say("So many may be booked as a series"),
                kind=Kind.WHOLE,
                help=say("Empty is no series."),
            ),
            Entry(
                name="series_frequencies",
                label=say("A series may recur"),
                kind=Kind.SEVERAL,
                choices=frequencies,
                help=say("None ticked is any way."),
            ),
        ),
    )


def _more(visit: StaffVisit, offering: Offering | None) -> Group:
    say = visit.language.gettext
    chosen = "" if offering is None else offering.zone or ""
    zones = (("", say("as the business")), *zone_options(visit, chosen))
    return Group(
        title=say("Place"),
        entries=(
            Entry(name="location.name", label=say("Name of the place")),
            Entry(name="location.address", label=say("Street and number")),
            Entry(name="location.city", label=say("Town")),
            Entry(name="location.url", label=say("Link to it, or to a call")),
            Entry(name="zone", label=say("Time zone"), kind=Kind.CHOICE, choices=zones),
            Entry(name="sort_order", label=say("Place in lists"), kind=Kind.WHOLE),
        ),
    )


def all_entries(groups: tuple[Group, ...]) -> list[Entry]:
    """Return the entries of all groups."""
    return [entry for group in groups for entry in group.entries]


_LENGTHS = ("buffer_before", "buffer_after")
_PLAIN = (
    "slot_step",
    "notice",
    "horizon_days",
    "party_max",
    "pending_ttl",
    "confirm_delay",
    "length_min",
    "length_max",
    "dates_max",
    "slot_capacity",
    "invitation_ttl",
    "series_max",
)
_FLAGS = (
    "grid_includes_buffer",
    "is_always_open",
    "is_scattered",
    "is_approved_by_hand",
    "pending_takes",
    "has_waitlist",
)


def said_in(sheet: Sheet, shape: Shape) -> dict[str, Any]:
    """Return what a sheet says of an offering, by the engine's names."""
    values = sheet.values
    said: dict[str, Any] = {name: values[name] for name in _PLAIN if name in values}
    said |= {name: bool(values[name]) for name in _FLAGS if name in values}
    said |= {name: values[name] or NO_TIME for name in _LENGTHS if name in values}
    for name, usual in (("party_min", 1), ("dates_min", 1), ("sort_order", 0)):
        if name in values:
            said[name] = usual if values[name] is None else values[name]
    for name, usual in (("check_in_minute", 900), ("check_out_minute", 660)):
        if name in values:
            said[name] = usual if values[name] is None else values[name]
    ticked = values["series_frequencies"]
    recurring = ticked if isinstance(ticked, tuple) else ()
    place = {name: values[f"location.{name}"] for name in PLACE_NAMES}
    return {
        **said,
        "name": values["name"],
        "slug": values["slug"],
        "description": values["description"],
        "kind": values["kind"] or "appointment",
        "price_unit": PriceUnit(str(values["price_unit"] or "per_booking")),
        "duration": values.get("duration") or (A_DAY if shape in DATED else NO_TIME),
        "hold_ttl": values["hold_ttl"] or DEFAULT_HOLD_TTL,
        "zone": values["zone"] or None,
        "series_frequencies": tuple(Frequency(str(one)) for one in recurring),
        "location": {name: text for name, text in place.items() if text},
    }


def values_of(offering: Offering) -> dict[str, object]:
    """Return what stands in the form of an offering."""
    values: dict[str, object] = {name: getattr(offering, name) for name in (*_PLAIN, *_FLAGS)}
    values |= {name: getattr(offering, name) or None for name in _LENGTHS}
    place = {f"location.{name}": offering.location.get(name) or "" for name in PLACE_NAMES}
    return {
        **values,
        **place,
        "name": offering.name,
        "slug": offering.slug,
        "description": offering.description,
        "kind": offering.kind,
        "price": amount_of(offering.price.amount_minor, offering.price.currency),
        "price_unit": offering.price_unit.value,
        "duration": offering.duration,
        "party_min": offering.party_min,
        "dates_min": offering.dates_min,
        "check_in_minute": offering.check_in_minute,
        "check_out_minute": offering.check_out_minute,
        "hold_ttl": offering.hold_ttl,
        "series_frequencies": offering.series_frequencies,
        "zone": offering.zone,
        "sort_order": offering.sort_order,
    }


def offering_of(visit: StaffVisit) -> Offering:
    """Return the offering of the path; to be used within `read`.

    Raises:
        RecordNotFound: There is none.
    """
    text = visit.path("offering_id")
    if not looks_like_id(text, "off"):
        raise RecordNotFound(kind="offering", key=text)
    return visit.engine_desk().offerings.get(OfferingId(text))


def editor_of(visit: StaffVisit, offering: Offering, here: str) -> Editor:
    """Return the page of a form about an offering; `here` says which of its pages."""
    say = visit.language.gettext
    own = (PART, offering.offering_id)
    pages = [
        ("offering", own, say("Details")),
        ("needs", (*own, "needs"), say("Needs")),
        ("hours", ("hours", offering.offering_id), say("Hours")),
        ("prices", (*own, "prices"), say("Prices")),
        ("tickets", (*own, "tickets"), say("Tickets")),
        ("parts", (*own, "parts"), say("Parts")),
        ("questions", (*own, "questions"), say("Questions")),
        ("policy", ("policy", offering.offering_id), say("Rules")),
    ]
    if offering.shape is Shape.SLOTS:
        pages.append(("slots", (*own, "slots"), say("Slots")))
    addresses = {name: visit.here("set-up", *parts) for name, parts, _ in pages}
    states = {
        OfferingStatus.ACTIVE: "",
        OfferingStatus.INACTIVE: say("off sale"),
        OfferingStatus.DELETED: say("deleted"),
    }
    return Editor(
        part=PART,
        title=offering.name,
        back=visit.here("set-up", PART),
        back_words=say("Offerings"),
        action=addresses[here],
        version=offering.version,
        state=states[offering.status],
        tabs=[(addresses[name], words, name == here) for name, _, words in pages],
    )
