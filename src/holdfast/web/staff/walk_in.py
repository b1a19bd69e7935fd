"""Walk-ins: whoever stands at the desk, or is on the telephone, is booked: what, who, when, done.

What begins about now is checked in at once. What begins later, today or on another day, is booked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import cast

from starlette.responses import Response

from holdfast.domain.bookings import Booking
from holdfast.domain.customers import Contact
from holdfast.domain.errors import (
    AvailabilityClosed,
    CapacityExceeded,
    HoldfastError,
    InputFault,
    InputInvalid,
    TooEarly,
)
from holdfast.domain.fields import Field
from holdfast.domain.ids import OfferingId, SlotId
from holdfast.domain.listing import OpenSlot
from holdfast.domain.offerings import Offering, OfferingStatus
from holdfast.domain.overrides import Override
from holdfast.domain.zones import local_day, zone
from holdfast.engine.availability import AvailabilityQuery
from holdfast.engine.bookings import PlaceBooking
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.making import Details
from holdfast.engine.reading import PAGE_MAX, PageRequest
from holdfast.engine.walk_ins import PlaceWalkIn
from holdfast.web import asking
from holdfast.web.staff.refusals import refused_here
from holdfast.web.staff.showing import bounded, day_in
from holdfast.web.staff.visits import STAFF, StaffVisit
from holdfast.web.visits import Form

SOON = timedelta(hours=4)
TIMES_MAX = 30
PARTY_MAX = 999
_SOON_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What stands in the form, right or wrong."""

    offering_id: str = ""
    on: str = ""
    people: int = 1
    name: str = ""
    email: str = ""
    phone: str = ""
    note: str = ""
    answers: asking.Typed = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """One time that can be given.

    Attributes:
        value: What its button sends.
        has_begun: Whether it is going on already.
    """

    value: str
    starts_at: datetime
    ends_at: datetime
    dates: tuple[date, ...]
    has_begun: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    offerings: tuple[Offering, ...]
    offering: Offering | None
    times: tuple[Time, ...]
    asked: Sequence[Field] = ()


async def show(visit: StaffVisit) -> Response:
    """Ask what, for whom and when."""
    typed = _typed(visit.query, ())
    found = await visit.read(lambda: _look(visit, typed))
    return await _page(visit, found, typed)


async def book(visit: StaffVisit) -> Response:
    """Book it; what is refused keeps what was typed, and shows what is free."""
    form = await visit.form()
    before = _typed(form, ())
    found = await visit.read(lambda: _look(visit, before))
    typed = _typed(form, found.asked)
    offering = found.offering
    choice = _choice(form.text("time"), offering) if offering is not None else None
    if offering is None or choice is None:
        return await _page(visit, found, typed)
    faults = asking.answer_faults(found.asked, typed.answers, visit.language)
    if faults:
        return await _page(visit, found, typed, faults=faults, status=422)
    try:
        booking = await _book(visit, choice, typed, found.asked)
    except HoldfastError as refusal:
        said = _faults(refusal, found.asked, visit)
        now = await visit.read(lambda: _look(visit, typed))
        return await _page(
            visit,
            now,
            typed,
            faults=said,
            refusal=None if said else refusal,
            status=refusal.status,
        )
    return visit.go(visit.here("bookings", booking.booking_id))


async def _book(visit: StaffVisit, choice: Choice, typed: Typed, asked: Sequence[Field]) -> Booking:
    """Book and check in; what begins too late for that is booked alone."""
    walked_in = visit.language.gettext("Walked in")
    details = Details(
        contact=Contact(
            name=typed.name or walked_in, email=typed.email or None, phone=typed.phone or None
        ),
        note=typed.note,
        source=STAFF,
        answers=asking.answers_of(asked, typed.answers),
    )
    try:
        command = PlaceWalkIn(choice=choice, party_size=typed.people, details=details)
        return await visit.run(command, Booking)
    except TooEarly:
        reason = visit.language.gettext("Booked at the desk")
        later = PlaceBooking(
            choice=choice,
            party_size=typed.people,
            details=details,
            override=Override(reason=reason, notice=True),
        )
        return await visit.run(later, Booking)


async def _page(
    visit: StaffVisit,
    found: _Found,
    typed: Typed,
    *,
    faults: Mapping[str, str] | None = None,
    refusal: HoldfastError | None = None,
    status: int = 200,
) -> Response:
    is_taken = isinstance(refusal, CapacityExceeded | AvailabilityClosed)
    context = {
        "typed": typed,
        "offerings": found.offerings,
        "offering": found.offering,
        "times": found.times,
        "questions": asking.questions(found.asked, typed.answers),
        "faults": faults or {},
        "refusal": None if refusal is None else refused_here(refusal, visit.language),
        "is_taken": is_taken,
        "today": local_day(visit.now, zone(visit.tenant.zone)),
        "on": day_in(typed.on),
        "zone": visit.tenant.zone,
    }
    return visit.page("staff/walk_in.html", context, status=status)


# ---------------------------------------------------------------------------------- what is there


def _look(visit: StaffVisit, typed: Typed) -> _Found:
    desk = visit.engine_desk()
    offerings = desk.offerings.list(PageRequest(limit=PAGE_MAX)).items
    shown = tuple(one for one in offerings if one.status is OfferingStatus.ACTIVE)
    offering = next((one for one in shown if one.offering_id == typed.offering_id), None)
    if offering is None and len(shown) == 1:
        offering = shown[0]
    if offering is None:
        return _Found(offerings=shown, offering=None, times=())
    times = _times(visit, desk, offering, typed)
    return _Found(offerings=shown, offering=offering, times=times, asked=asking.asked_by(offering))


def _times(
    visit: StaffVisit, desk: TenantEngine, offering: Offering, typed: Typed
) -> tuple[Time, ...]:
    query = AvailabilityQuery(offering_id=offering.offering_id, party_size=typed.people)
    on = day_in(typed.on)
    try:
        if on is None:
            found = desk.availability.at_the_desk(query, max_wait=SOON).slots[:_SOON_SHOWN]
        else:
            day = bounded(on)
            wanted = replace(query, first_on=day, last_on=day)
            found = desk.availability.next(wanted, count=TIMES_MAX).slots
    except HoldfastError:
        # The party is larger than the offering takes: nothing is free for it.
        return ()
    return tuple(_time(one, visit.now) for one in found)


def _time(slot: OpenSlot, now: datetime) -> Time:
    value = str(slot.slot_id)
    if slot.slot_id is None and slot.dates:
        value = ",".join(one.isoformat() for one in slot.dates)
    elif slot.slot_id is None:
        value = f"{slot.starts_at.isoformat()}/{slot.ends_at.isoformat()}"
    return Time(
        value=value,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        dates=slot.dates,
        has_begun=slot.starts_at <= now,
    )


def _choice(said: str, offering: Offering) -> Choice | None:
    """Return what the button of a time means; None where no such button is ours."""
    if said.startswith("slt_"):
        return Choice(slot_id=SlotId(said))
    starts, slash, ends = said.partition("/")
    try:
        if slash:
            return Choice(
                offering_id=offering.offering_id,
                starts_at=datetime.fromisoformat(starts),
                ends_at=datetime.fromisoformat(ends),
            )
        dates = tuple(date.fromisoformat(one) for one in said.split(","))
    except ValueError:
        return None
    return Choice(offering_id=offering.offering_id, dates=dates)


# ------------------------------------------------------------------------------------ what is said


def _typed(form: Form, asked: Sequence[Field]) -> Typed:
    return Typed(
        offering_id=OfferingId(form.text("offering")),
        on=form.text("on"),
        people=form.whole("people", 1, least=1, most=PARTY_MAX),
        name=form.text("name"),
        email=form.text("email"),
        phone=form.text("phone"),
        note=form.text("note"),
        answers=asking.typed_in(form, asked),
    )


def _faults(refusal: HoldfastError, asked: Sequence[Field], visit: StaffVisit) -> dict[str, str]:
    """Say what is wrong, beside the input where it was typed."""
    if not isinstance(refusal, InputInvalid):
        return {}
    faults = cast("tuple[InputFault, ...]", refusal.fields["errors"])
    wrong = visit.language.gettext("This cannot be read. Check it.")
    typed = {"/contact/name": "name", "/contact/email": "email", "/contact/phone": "phone"}
    found = {typed[one.pointer]: wrong for one in faults if one.pointer in typed}
    return {**found, **asking.said_of(faults, asked, visit.language)}
