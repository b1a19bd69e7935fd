"""Blocks: time that is taken away from a resource, also over bookings, and given back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import cast

from starlette.responses import Response

from holdfast.domain.blocks import Block
from holdfast.domain.bookings import Booking
from holdfast.domain.closures import Closure, Settled, WhenBooked
from holdfast.domain.errors import HoldfastError, InputFault, RecordInUse
from holdfast.domain.ids import BlockId, BookingId, ResourceId
from holdfast.domain.intervals import Interval
from holdfast.domain.resources import Resource, ResourceStatus
from holdfast.domain.tenants import Tenant
from holdfast.domain.zones import days_touched, instant_of, local_day, zone
from holdfast.engine.agenda import AGENDA_DAYS_MAX, FIRST_DAY, LAST_DAY, AgendaQuery
from holdfast.engine.blocks import AddBlock, RemoveBlock, SettleBlock
from holdfast.engine.facade import TenantEngine
from holdfast.engine.reading import PAGE_MAX, PageRequest
from holdfast.web.languages import Language
from holdfast.web.staff.refusals import refused_here
from holdfast.web.staff.showing import day_in
from holdfast.web.staff.visits import StaffVisit
from holdfast.web.visits import Form

AFFECTED_MAX = 20
"""So many bookings in the way are named."""

_SETTLING_STEPS_MAX = 20
_MINUTES_AN_HOUR = 60
_LAST_MINUTE = 24 * 60
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What stands in the form, right or wrong. Times are those on the business's wall."""

    resource_id: str = ""
    first_on: str = ""
    last_on: str = ""
    opens: str = ""
    closes: str = ""
    reason: str = ""
    when_booked: str = WhenBooked.REFUSE.value


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refused:
    """Why there is no block: what is wrong in the form, or who is in the way."""

    faults: Mapping[str, str] = field(default_factory=dict)
    sentence: str = ""
    bookings: tuple[Booking, ...] = ()
    is_booked: bool = False
    status: int = 200


_NOT_REFUSED = _Refused()


async def show(visit: StaffVisit) -> Response:
    """List the blocks that are not over, beside the form for another."""
    return await _page(visit, _typed_in_address(visit))


async def add(visit: StaffVisit) -> Response:
    """Take time away; what is in the way is named, and what was typed stays."""
    typed = _typed(await visit.form())
    command, faults = _command(typed, visit.tenant, visit.language)
    if command is None:
        return await _page(visit, typed, _Refused(faults=faults, status=422))
    try:
        closure = cast("Closure[Block]", await visit.run(command, Closure))
    except HoldfastError as refusal:
        return await _page(visit, typed, await _refused(visit, refusal))
    block = closure.record
    if block.is_settling:
        await _settle(visit, block.block_id)
    return visit.go(visit.here("blocks", block.block_id))


async def show_one(visit: StaffVisit) -> Response:
    """Show a block, and which bookings are in its time."""
    block_id = BlockId(visit.path("block_id"))
    return await visit.read(lambda: _one(visit, block_id))


async def remove(visit: StaffVisit) -> Response:
    """Give the time back."""
    await visit.form()
    block_id = BlockId(visit.path("block_id"))
    await visit.run(RemoveBlock(block_id=block_id), Block)
    return visit.go(visit.here("blocks", block_id))


# ---------------------------------------------------------------------------------- what is shown


async def _page(visit: StaffVisit, typed: Typed, refused: _Refused = _NOT_REFUSED) -> Response:
    resources, blocks = await visit.read(lambda: _look(visit))
    names = {one.resource_id: one.name for one in resources}
    shown = [one for one in resources if one.status is ResourceStatus.ACTIVE]
    context = {
        "typed": typed,
        "refused": refused,
        "resources": [(one.resource_id, one.name) for one in shown],
        "blocks": [(one, names.get(one.resource_id, "")) for one in blocks],
        "zone": visit.tenant.zone,
    }
    return visit.page("staff/blocks.html", context, status=refused.status)


def _look(visit: StaffVisit) -> tuple[tuple[Resource, ...], tuple[Block, ...]]:
    desk, page = visit.engine_desk(), PageRequest(limit=PAGE_MAX)
    blocks = desk.blocks.list(page, ends_after=visit.now)
    resources = sorted(desk.resources.list(page).items, key=lambda one: (one.sort_order, one.name))
    return tuple(resources), blocks.items


def _one(visit: StaffVisit, block_id: BlockId) -> Response:
    desk = visit.engine_desk()
    block = desk.blocks.get(block_id)
    context = {
        "block": block,
        "resource": desk.resources.get(block.resource_id),
        "bookings": _bookings_in(desk, block, visit.tenant),
        "zone": visit.tenant.zone,
    }
    return visit.page("staff/block.html", context)


def _bookings_in(desk: TenantEngine, block: Block, tenant: Tenant) -> list[Booking]:
    """Return the first bookings in a block's time."""
    time = Interval(starts_at=block.starts_at, ends_at=block.ends_at)
    days = days_touched(time, zone(tenant.zone))[:AGENDA_DAYS_MAX]
    query = AgendaQuery(first_on=days[0], last_on=days[-1], resource_ids=(block.resource_id,))
    return [
        one
        for one in desk.agenda.show(query).bookings
        if one.starts_at < block.ends_at and one.ends_at > block.starts_at
    ][:AFFECTED_MAX]


async def _settle(visit: StaffVisit, block_id: BlockId) -> None:
    """Call off who is in the block's time; if that takes longer a worker does the rest."""
    for _ in range(_SETTLING_STEPS_MAX):
        settled = await visit.run(SettleBlock(block_id=block_id), Settled)
        if settled.is_done:
            return


# ------------------------------------------------------------------------------------- what is said


def _typed(form: Form) -> Typed:
    return Typed(
        resource_id=form.text("resource"),
        first_on=form.text("first_on"),
        last_on=form.text("last_on"),
        opens=form.text("opens"),
        closes=form.text("closes"),
        reason=form.text("reason")[:1_000],
        when_booked=form.text("when_booked") or WhenBooked.REFUSE.value,
    )


def _typed_in_address(visit: StaffVisit) -> Typed:
    """Return what the calendar says of the time that was drawn in it."""
    query = visit.query
    today = local_day(visit.now, zone(visit.tenant.zone)).isoformat()
    first_on, _, opens = query.text("starts").partition("T")
    last_on, _, closes = query.text("ends").partition("T")
    first, last = day_in(first_on), day_in(last_on)
    if first is None or last is None:
        return Typed(resource_id=query.text("resource"), first_on=today, last_on=today)
    if query.text("is_days"):
        opens, closes, last = "", "", max(first, last - _A_DAY)
    return Typed(
        resource_id=query.text("resource"),
        first_on=first.isoformat(),
        last_on=last.isoformat(),
        opens=opens[: len("09:00")],
        closes=closes[: len("09:00")],
    )


def _command(
    typed: Typed, tenant: Tenant, language: Language
) -> tuple[AddBlock | None, dict[str, str]]:
    """Return what is asked of the engine, or what cannot be read, by the name of the input."""
    say, faults = language.gettext, {}
    first, last = _day(typed.first_on), _day(typed.last_on or typed.first_on)
    opens, closes = minute_in(typed.opens), minute_in(typed.closes)
    if not typed.resource_id:
        faults["resource"] = say("Choose what is blocked.")
    if first is None:
        faults["first_on"] = say("Choose a day.")
    if last is None or (first is not None and last < first):
        faults["last_on"] = say("The last day is the first one, or comes after it.")
    for name, text, minute in (("opens", typed.opens, opens), ("closes", typed.closes, closes)):
        if text and minute is None:
            faults[name] = say("Write a time such as 09:30.")
    if faults or first is None or last is None:
        return None, faults
    if not typed.opens and not typed.closes:
        return _add(typed, first_on=first, last_on=last), {}
    here = zone(tenant.zone)
    starts_at = instant_of(first, opens or 0, here, gap="forward")
    ends_at = instant_of(last, _LAST_MINUTE if closes is None else closes, here, gap="forward")
    if ends_at <= starts_at:
        return None, {"closes": say("It ends after it begins.")}
    return _add(typed, starts_at=starts_at, ends_at=ends_at), {}


def _day(text: str) -> date | None:
    """Return the date that a text says, if it is one of the calendar's."""
    found = day_in(text)
    return found if found is not None and FIRST_DAY <= found <= LAST_DAY else None


def _add(
    typed: Typed,
    *,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    first_on: date | None = None,
    last_on: date | None = None,
) -> AddBlock:
    choices = {one.value: one for one in WhenBooked}
    return AddBlock(
        resource_id=ResourceId(typed.resource_id),
        starts_at=starts_at,
        ends_at=ends_at,
        first_on=first_on,
        last_on=last_on,
        reason=typed.reason,
        when_booked=choices.get(typed.when_booked, WhenBooked.REFUSE),
    )


def minute_in(text: str) -> int | None:
    """Return the minute of the day that a text such as 09:30 says, if it says one."""
    hours, colon, minutes = text.partition(":")
    if not colon or not (hours + minutes).isascii() or not (hours + minutes).isdecimal():
        return None
    minute = int(hours[:4]) * _MINUTES_AN_HOUR + int(minutes[:4])
    is_time = len(minutes) == len("30") and int(minutes) < _MINUTES_AN_HOUR
    return minute if is_time and minute <= _LAST_MINUTE else None


async def _refused(visit: StaffVisit, refusal: HoldfastError) -> _Refused:
    if isinstance(refusal, RecordInUse):
        affected = cast("list[dict[str, str]]", refusal.fields.get("affected", []))
        ids = [BookingId(one["id"]) for one in affected if one["kind"] == "booking"]
        desk = visit.engine_desk()
        bookings = await visit.read(lambda: tuple(map(desk.bookings.get, ids[:AFFECTED_MAX])))
        return _Refused(
            sentence=visit.language.gettext(
                "Somebody counts on that time, so nothing was blocked. Say below what becomes of"
                " them, or choose another time."
            ),
            bookings=bookings,
            is_booked=True,
            status=refusal.status,
        )
    faults = cast("tuple[InputFault, ...]", refusal.fields.get("errors", ()))
    named = {"/reason": "reason", "/ends_at": "closes", "/last_on": "last_on"}
    said = {
        named[fault.pointer]: visit.language.gettext("This is longer than can be kept. Shorten it.")
        for fault in faults
        if fault.pointer in named
    }
    shown = refused_here(refusal, visit.language)
    return _Refused(faults=said, sentence=shown.sentence, status=refusal.status)
