"""A booking as staff see it: everything of it, its history, and a form for whatever may be done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

from starlette.responses import Response

from holdfast.domain.access import Scope
from holdfast.domain.bookings import Booking, CancelledBy
from holdfast.domain.cancelling import CancellationVerdict
from holdfast.domain.errors import (
    AvailabilityClosed,
    CapacityExceeded,
    HoldfastError,
    RecordNotFound,
)
from holdfast.domain.history import AuditEntry
from holdfast.domain.ids import BookingId, looks_like_id
from holdfast.domain.listing import OpenSlot
from holdfast.domain.offerings import Offering
from holdfast.domain.shapes import Shape
from holdfast.domain.zones import local_day, zone
from holdfast.engine.availability import AvailabilityQuery
from holdfast.engine.facade import TenantEngine
from holdfast.engine.reading import PAGE_MAX, PageRequest
from holdfast.engine.settling import verdict_on_cancelling
from holdfast.web.asking import Answered, answered, asked_by
from holdfast.web.prices import bill_of
from holdfast.web.staff.acts import allowed, command_of, day_in, move_in
from holdfast.web.staff.refusals import refused_here
from holdfast.web.staff.told import told
from holdfast.web.staff.visits import StaffVisit
from holdfast.web.stays import stay_of_record
from holdfast.web.visits import Form

_NOTHING_TYPED = Form([])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    booking: Booking
    offering: Offering | None
    entries: tuple[AuditEntry, ...]
    names: dict[str, str]


async def show(visit: StaffVisit) -> Response:
    """Show a booking."""
    return await _page(visit)


async def act(visit: StaffVisit) -> Response:
    """Do what a button says; whatever was typed stays where it is refused."""
    form = await visit.form()
    found = await visit.read(lambda: _find(visit))
    try:
        await visit.run(command_of(form, found.booking), Booking)
    except HoldfastError as refusal:
        explained = await visit.read(partial(_explained, visit, found.booking, form, refusal))
        if form.text("act") == "move":
            return await _move_page(visit, typed=form, refusal=explained)
        return await _page(visit, typed=form, refusal=explained)
    if form.text("back") == "approvals":
        return visit.go(visit.here("approvals"))
    return visit.go(visit.here("bookings", found.booking.booking_id))


async def ask_move(visit: StaffVisit) -> Response:
    """Show what is free on a day, for a booking to move to."""
    return await _move_page(visit, typed=visit.query)


def _explained(
    visit: StaffVisit, booking: Booking, form: Form, refusal: HoldfastError
) -> HoldfastError:
    """Add what else is free to a refusal for want of places."""
    bookings = visit.engine_desk().bookings
    if not isinstance(refusal, CapacityExceeded | AvailabilityClosed):
        return refusal
    match form.text("act"):
        case "confirm":
            return bookings.explained(booking.booking_id, refusal)
        case "move":
            return bookings.explained_move(booking.booking_id, move_in(form, booking), refusal)
        case _:
            return refusal


def _find(visit: StaffVisit) -> _Found:
    text = visit.path("booking_id")
    if not looks_like_id(text, "bkg"):
        raise RecordNotFound(kind="booking", key=text)
    desk = visit.engine_desk()
    booking = desk.bookings.get(BookingId(text))
    offering = desk.offerings.get(booking.offering_id) if booking.offering_id else None
    entries, names = tuple[AuditEntry, ...](), dict[str, str]()
    if visit.may(Scope.AUDIT_READ):
        entries = _history(desk, booking.booking_id)
        names = desk.members.names({entry.actor_id for entry in entries})
    return _Found(booking=booking, offering=offering, entries=entries, names=names)


def _history(desk: TenantEngine, booking_id: BookingId) -> tuple[AuditEntry, ...]:
    """Return all that happened to a booking, page by page."""
    found, request = list[AuditEntry](), PageRequest(limit=PAGE_MAX)
    while True:
        page = desk.bookings.history(booking_id, request)
        found += page.items
        if page.next_after is None:
            return tuple(found)
        request = PageRequest(limit=PAGE_MAX, after=page.next_after)


async def _page(
    visit: StaffVisit,
    *,
    typed: Form = _NOTHING_TYPED,
    refusal: HoldfastError | None = None,
) -> Response:
    found = await visit.read(lambda: _find(visit))
    booking = found.booking
    may = allowed(booking) if visit.may(Scope.BOOKINGS_WRITE) else frozenset[str]()
    return visit.page(
        "staff/booking.html",
        {
            "booking": booking,
            "stay": stay_of_record(
                booking, found.offering, zone_name=booking.zone, shown_zone=booking.zone
            ),
            "bill": bill_of(booking.price_lines, booking.price.currency, visit.language),
            "answers": _answers(visit, found),
            "history": told(found.entries, booking, found.names, visit.language),
            "may": may,
            "refunds": _refunds(visit, booking) if "cancel" in may else (),
            "typed": typed,
            "acted": typed.text("act"),
            "refusal": refused_here(refusal, visit.language) if refusal is not None else None,
        },
        status=200 if refusal is None else refusal.status,
    )


def _answers(visit: StaffVisit, found: _Found) -> list[Answered]:
    if found.offering is None:
        return []
    kept = {**found.booking.answers, **found.booking.private_answers}
    return answered(asked_by(found.offering), kept, visit.language)


def _refunds(visit: StaffVisit, booking: Booking) -> list[tuple[str, CancellationVerdict]]:
    """Return what cancelling would come to, in whose name it is done."""
    return [
        (by.value, verdict_on_cancelling(booking, by=by, now=visit.now))
        for by in (CancelledBy.BUSINESS, CancelledBy.CUSTOMER)
    ]


# ------------------------------------------------------------------------------------- moving


async def _move_page(
    visit: StaffVisit, *, typed: Form, refusal: HoldfastError | None = None
) -> Response:
    found = await visit.read(lambda: _find(visit))
    booking, here = found.booking, zone(found.booking.zone)
    first = booking.dates[0] if booking.dates else local_day(booking.starts_at, here)
    today = local_day(visit.now, here)
    on = day_in(typed.text("on")) or max(first, today)
    free = await visit.read(lambda: _free(visit, found, on))
    said = refused_here(refusal, visit.language) if refusal is not None else None
    return visit.page(
        "staff/move.html",
        {
            "booking": booking,
            "stay": stay_of_record(
                booking, found.offering, zone_name=booking.zone, shown_zone=booking.zone
            ),
            "on": on,
            "at": f"{booking.starts_at.astimezone(here):%H:%M}",
            "before": max(on - timedelta(days=1), today),
            "after": on + timedelta(days=1),
            "free": free,
            "typed": typed,
            "refusal": said,
        },
        status=200 if refusal is None else refusal.status,
    )


def _free(visit: StaffVisit, found: _Found, on: date) -> tuple[OpenSlot, ...]:
    """Return what is free on a day for a booking's people, for as long as it is."""
    booking, offering = found.booking, found.offering
    if offering is None:
        return ()
    query = AvailabilityQuery(
        offering_id=offering.offering_id,
        first_on=on,
        last_on=on,
        party_size=booking.party_size,
        components=booking.components,
    )
    if booking.dates:
        query = replace(query, date_count=len(booking.dates))
    elif offering.shape is Shape.FREE:
        query = replace(query, length=booking.ends_at - booking.starts_at)
    try:
        return visit.engine_desk().availability.answer(query).slots
    except HoldfastError:
        # Its people or length are not what the offering takes now: the time is typed.
        return ()
