"""Slots of an offering: made from its hours or by hand, and closed again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from starlette.responses import Response

from holdfast.domain.closures import Closure
from holdfast.domain.errors import HoldfastError
from holdfast.domain.ids import SlotId, looks_like_id
from holdfast.domain.intervals import utc
from holdfast.domain.offerings import Counting, Offering
from holdfast.domain.slots import Slot, SlotStatus
from holdfast.domain.zones import Zone, instant_of, local_day, zone
from holdfast.engine.reading import PAGE_MAX, PageRequest
from holdfast.engine.slot_changes import CancelSlot
from holdfast.engine.slot_generating import Generated, GenerateSlots
from holdfast.engine.slots import AddSlot
from holdfast.web.staff.set_up.editing import UNPROCESSABLE, sent, sentence_of
from holdfast.web.staff.set_up.offering_forms import editor_of, offering_of
from holdfast.web.staff.set_up.sheets import Entry, Kind, Say, Sheet, Wall, read_sheet, shown_sheet
from holdfast.web.staff.visits import StaffVisit
from holdfast.web.visits import Form

HERE = "slots"
_TWO_WEEKS = timedelta(days=14)
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """An offering with the slots that are stored of it, and how many places are taken in each."""

    offering: Offering
    slots: tuple[Slot, ...]
    taken: dict[SlotId, int | None]
    has_more: bool

    def zone(self, visit: StaffVisit) -> Zone:
        """The zone of its wall clock."""
        return zone(self.offering.zone or visit.tenant.zone)


async def show(visit: StaffVisit) -> Response:
    """List the slots that are stored, and ask for more."""
    stored = await visit.read(lambda: _stored(visit))
    return _page(visit, stored, _generating(visit, stored), _by_hand(visit, stored))


async def change(visit: StaffVisit) -> Response:
    """Make slots from the hours, make one by hand, or close one."""
    form = await visit.form()
    stored = await visit.read(lambda: _stored(visit))
    match form.text("what"):
        case "generate":
            return await _generate(visit, stored, form)
        case "close":
            return await _close(visit, stored, form)
        case _:
            return await _add(visit, stored, form)


async def _generate(visit: StaffVisit, stored: _Stored, form: Form) -> Response:
    say = visit.language.gettext
    sheet = read_sheet(_range_entries(say), form, visit.language)
    first, last = sheet.values.get("first_on"), sheet.values.get("last_on")
    if isinstance(first, date) and isinstance(last, date):
        starts_from = _instant((first, 0), stored.zone(visit), sheet, "first_on", say)
        starts_before = _instant((last + _A_DAY, 0), stored.zone(visit), sheet, "last_on", say)
        if sheet.is_right and starts_from and starts_before:
            command = GenerateSlots(
                offering_id=stored.offering.offering_id,
                starts_from=starts_from,
                starts_before=starts_before,
            )
            named = {"starts_before": "last_on", "starts_from": "first_on"}
            made = await sent(visit, sheet, command, Generated, named=named)
            if made is not None:
                return _back(visit, stored, made=len(made.slots), kept=made.skipped_count)
    return _page(visit, stored, sheet, _by_hand(visit, stored), status=UNPROCESSABLE)


async def _add(visit: StaffVisit, stored: _Stored, form: Form) -> Response:
    say, offering = visit.language.gettext, stored.offering
    currency = offering.price.currency
    sheet = read_sheet(_slot_entries(say, offering), form, visit.language, currency=currency)
    wall = sheet.values.get("starts_at")
    starts_at = None
    if isinstance(wall, tuple):
        starts_at = _instant((wall[0], wall[1]), stored.zone(visit), sheet, "starts_at", say)
    if sheet.is_right and starts_at is not None:
        capacity, price = sheet.values.get("capacity"), sheet.values.get("price")
        desk = visit.engine_desk()
        command = AddSlot(
            slot_id=await visit.read(desk.slots.new_id),
            offering_id=offering.offering_id,
            starts_at=starts_at,
            capacity=capacity if isinstance(capacity, int) else None,
            price_minor=price if isinstance(price, int) else None,
        )
        named = {"price_minor": "price", "ends_at": "starts_at"}
        made = await sent(visit, sheet, command, Slot, named=named, taken="starts_at")
        if made is not None:
            return _back(visit, stored, made=1)
    return _page(visit, stored, _generating(visit, stored), sheet, status=UNPROCESSABLE)


async def _close(visit: StaffVisit, stored: _Stored, form: Form) -> Response:
    slot_id = form.text("slot")
    if not looks_like_id(slot_id, "slt"):
        return _back(visit, stored)
    try:
        # Nothing of it is booked: what slips in just now is called off by a worker.
        await visit.run(CancelSlot(slot_id=SlotId(slot_id)), Closure)
    except HoldfastError as refusal:
        sheet = _generating(visit, stored)
        sheet.general.append(sentence_of(refusal, visit))
        return _page(visit, stored, sheet, _by_hand(visit, stored), status=refusal.status)
    return _back(visit, stored, closed=1)


def _back(visit: StaffVisit, stored: _Stored, **said: int) -> Response:
    own = ("set-up", "offerings", stored.offering.offering_id, HERE)
    return visit.go(visit.here(*own, **{name: str(count) for name, count in said.items()}))


# ---------------------------------------------------------------------------------------- the page


def _page(
    visit: StaffVisit, stored: _Stored, generating: Sheet, by_hand: Sheet, *, status: int = 200
) -> Response:
    say = visit.language.gettext
    editor = replace(
        editor_of(visit, stored.offering, HERE),
        template="staff/set_up/slots.html",
        save_words=say("Store these slots"),
    )
    more = {
        "slots": [
            (one, stored.taken.get(one.slot_id), one.status is not SlotStatus.OPEN)
            for one in stored.slots
        ],
        "has_more": stored.has_more,
        "zone": stored.offering.zone or visit.tenant.zone,
        "by_hand": by_hand,
        "made": visit.query.whole("made", 0, least=0, most=999_999_999),
        "kept": visit.query.whole("kept", 0, least=0, most=999_999_999),
        "closed": visit.query.text("closed"),
        "was_generated": "made" in dict(visit.query.pairs()),
    }
    return editor.show(visit, generating, more, status=status)


def _range_entries(say: Say) -> tuple[Entry, ...]:
    return (
        Entry(name="first_on", label=say("From this day"), kind=Kind.DATE, is_needed=True),
        Entry(name="last_on", label=say("Until this day"), kind=Kind.DATE, is_needed=True),
    )


def _slot_entries(say: Say, offering: Offering) -> tuple[Entry, ...]:
    entries = [
        Entry(name="starts_at", label=say("Begins"), kind=Kind.MOMENT, is_needed=True),
    ]
    if offering.counting is Counting.PLACES:
        usual = say("Empty is as many as the offering says.")
        entries.append(Entry(name="capacity", label=say("Places"), kind=Kind.WHOLE, help=usual))
    price = say("Empty is the price of the offering.")
    entries.append(
        Entry(
            name="price",
            label=say("Price"),
            kind=Kind.MONEY,
            suffix=offering.price.currency,
            help=price,
        )
    )
    return tuple(entries)


def _generating(visit: StaffVisit, stored: _Stored) -> Sheet:
    today = local_day(utc(visit.now), stored.zone(visit))
    values = {"first_on": today, "last_on": today + _TWO_WEEKS}
    return shown_sheet(_range_entries(visit.language.gettext), values)


def _by_hand(visit: StaffVisit, stored: _Stored) -> Sheet:
    return shown_sheet(_slot_entries(visit.language.gettext, stored.offering), {})


def _instant(wall: Wall, here: Zone, sheet: Sheet, name: str, say: Say) -> datetime | None:
    """Return an instant of the wall; what lies outside the calendar stands beside its entry."""
    try:
        return instant_of(*wall, here, gap="forward")
    except (ValueError, OverflowError):
        sheet.faults[name] = say("Give a date such as 2026-12-31.")
        return None


def _stored(visit: StaffVisit) -> _Stored:
    offering, desk = offering_of(visit), visit.engine_desk()
    page = desk.slots.list(
        PageRequest(limit=PAGE_MAX), offering_id=offering.offering_id, starts_from=visit.now
    )
    return _Stored(
        offering=offering,
        slots=page.items,
        taken=desk.slots.taken(page.items),
        has_more=page.next_after is not None,
    )
