"""Waiting: join the waitlist of what is taken, see one's place, and answer an invitation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from starlette.responses import Response

from holdfast.domain.bookings import Booking
from holdfast.domain.customers import Contact
from holdfast.domain.errors import (
    AvailabilityClosed,
    HoldfastError,
    InputInvalid,
    TransitionNotAllowed,
)
from holdfast.domain.fields import Field
from holdfast.domain.ids import ResourceId, looks_like_id
from holdfast.domain.offerings import Offering
from holdfast.domain.shapes import DATED, Shape
from holdfast.domain.tenants import Tenant
from holdfast.domain.waitlists import InLine, WaitlistEntry, WaitlistStatus, WishedDates, Wishes
from holdfast.domain.zones import MINUTES_PER_DAY, local_day, zone
from holdfast.engine.making import Details
from holdfast.engine.waitlist import (
    AcceptInvitation,
    DeclineInvitation,
    JoinWaitlist,
    LeaveWaitlist,
)
from holdfast.web import asking
from holdfast.web.contacts import contact_faults, contact_in
from holdfast.web.limiting import ASKING, BOOKING
from holdfast.web.links import find_entry, link_to, link_to_entry
from holdfast.web.prices import bill_of
from holdfast.web.refusals import refused
from holdfast.web.stays import stay_of_record
from holdfast.web.visits import Form, Visit, bearer_of

SOURCE = "page"
PEOPLE_MAX = 1_000
DAYS_AHEAD_MAX = 366
_USUAL_SPAN = timedelta(days=14)
_NOON, _EVENING = 12 * 60, 17 * 60
PARTS: Mapping[str, tuple[int, int]] = {
    "": (0, MINUTES_PER_DAY),
    "morning": (0, _NOON - 1),
    "afternoon": (_NOON, _EVENING - 1),
    "evening": (_EVENING, MINUTES_PER_DAY),
}
"""The parts of a day for which somebody may wait, in minutes of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What somebody would take, as it stands in the form."""

    people: int
    first: date
    last: date
    part: str
    pick: ResourceId | None
    components: tuple[str, ...]
    minutes: int | None
    contact: Contact
    note: str

    def wishes(self, offering: Offering) -> Wishes:
        """Return it as the engine takes it."""
        least, most = PARTS[self.part]
        is_free = offering.shape is Shape.FREE and self.minutes
        return Wishes(
            dates=(WishedDates(first=self.first, last=self.last),),
            first_minute=least,
            last_minute=most,
            resources=() if self.pick is None else (self.pick,),
            length=timedelta(minutes=self.minutes or 0) if is_free else None,
        )


async def ask_join(visit: Visit) -> Response:
    """Ask what somebody would take, and how they are reached."""
    visit.count(ASKING)
    tenant, offering = await visit.read(visit.find_offering)
    if not offering.has_waitlist:
        return visit.go(visit.url(tenant.slug, offering.slug))
    return _join_page(visit, tenant, offering, _wish_in(visit, visit.query, tenant, offering))


async def join(visit: Visit) -> Response:
    """Join the line."""
    form = await visit.form()
    visit.count(BOOKING)
    tenant, offering = await visit.read(visit.find_offering)
    wish = _wish_in(visit, form, tenant, offering)
    faults = contact_faults(wish.contact, wish.note, visit.language)
    if wish.last < wish.first:
        faults["until"] = visit.language.gettext("This is before the first day.")
    if faults:
        return _join_page(visit, tenant, offering, wish, faults=faults, status=422)
    command = JoinWaitlist(
        offering_id=offering.offering_id,
        party_size=wish.people,
        wishes=wish.wishes(offering),
        components=wish.components,
        details=Details(contact=wish.contact, note=wish.note, source=SOURCE),
    )
    try:
        line = await visit.write(tenant.tenant_id, visit.make_visitor(), command, InLine)
    except HoldfastError as error:
        return _join_page(visit, tenant, offering, wish, refusal=error, status=error.status)
    return visit.go(link_to_entry(visit, tenant, line.entry, just="joined"))


async def show(visit: Visit) -> Response:
    """Show a place in line, or the invitation that it has become."""
    visit.count(ASKING)
    found = await visit.read(lambda: _find(visit))
    return await _answered(visit, found)


async def accept(visit: Visit) -> Response:
    """Say yes to an invitation: it becomes a booking."""
    form = await visit.form()
    visit.count(BOOKING)
    found = await visit.read(lambda: _find(visit))
    entry, typed = found.entry, asking.typed_in(form, found.asked)
    faults = asking.answer_faults(found.asked, typed, visit.language)
    if faults and entry.status is WaitlistStatus.INVITED:
        return _page(visit, found, typed=typed, faults=faults, status=422)
    details = Details(source=SOURCE, answers=asking.answers_of(found.asked, typed))
    command = AcceptInvitation(entry_id=entry.entry_id, details=details)
    actor = bearer_of(entry.entry_id)
    try:
        booking = await visit.write(found.tenant.tenant_id, actor, command, Booking)
    except InputInvalid as error:
        said = error.fields["errors"]
        faults = asking.said_of(
            said if isinstance(said, tuple) else (), found.asked, visit.language
        )
        return _page(visit, found, typed=typed, faults=faults, status=422)
    except HoldfastError as error:
        return await _after(visit, error, typed)
    return visit.go(link_to(visit, found.tenant, booking, just="booked"))


async def decline(visit: Visit) -> Response:
    """Say no to an invitation; it goes to the next in line."""
    return await _end(visit, DeclineInvitation)


async def leave(visit: Visit) -> Response:
    """Wait no longer."""
    return await _end(visit, LeaveWaitlist)


async def _end(visit: Visit, kind: type[DeclineInvitation | LeaveWaitlist]) -> Response:
    await visit.form()
    found = await visit.read(lambda: _find(visit))
    entry_id = found.entry.entry_id
    command = kind(entry_id=entry_id)
    try:
        await visit.write(found.tenant.tenant_id, bearer_of(entry_id), command, WaitlistEntry)
    except TransitionNotAllowed as error:
        return await _after(visit, error, {})
    return visit.go(visit.url(found.tenant.slug, "waitlist", visit.path("link")))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    tenant: Tenant
    offering: Offering
    line: InLine
    booking: Booking | None

    @property
    def entry(self) -> WaitlistEntry:
        """The place in line."""
        return self.line.entry

    @property
    def asked(self) -> list[Field]:
        """What the offering asks of whoever books."""
        return asking.asked_by(self.offering)


def _find(visit: Visit) -> _Found:
    """Find the place in line that the link of the path is about.

    Raises:
        RecordNotFound: The link is not ours, was changed or has run out.
    """
    tenant = visit.find_tenant()
    line = find_entry(visit, tenant, visit.path("link"))
    entry = line.entry
    desk = visit.desk(tenant.tenant_id, bearer_of(entry.entry_id))
    offering = desk.offerings.get(entry.offering_id)
    booking = None
    if entry.booking_id is not None:
        of_booking = visit.desk(tenant.tenant_id, bearer_of(entry.booking_id))
        booking = of_booking.bookings.get(entry.booking_id)
    return _Found(tenant=tenant, offering=offering, line=line, booking=booking)


async def _after(visit: Visit, error: HoldfastError, typed: asking.Typed) -> Response:
    """Show how things stand after a refusal."""
    found = await visit.read(lambda: _find(visit))
    if found.booking is not None:
        return visit.go(link_to(visit, found.tenant, found.booking))
    return _page(visit, found, typed=typed, refusal=error, status=error.status)


async def _answered(visit: Visit, found: _Found) -> Response:
    if found.booking is not None:
        return visit.go(link_to(visit, found.tenant, found.booking))
    return _page(visit, found, typed={})


def _page(
    visit: Visit,
    found: _Found,
    *,
    typed: asking.Typed,
    faults: Mapping[str, str] | None = None,
    refusal: HoldfastError | None = None,
    status: int = 200,
) -> Response:
    entry, kept, zone_name = found.entry, found.entry.kept, _zone_of(found.tenant, found.offering)
    now, shown_zone = visit.now, visit.zone_name(zone_name)
    until = entry.expires_at
    is_invited = entry.status is WaitlistStatus.INVITED and until is not None and now < until
    is_over = entry.status not in {WaitlistStatus.WAITING, WaitlistStatus.INVITED}
    return visit.page(
        "waiting.html",
        {
            "tenant": found.tenant,
            "offering": found.offering,
            "entry": entry,
            "position": found.line.position,
            "link": visit.path("link"),
            "is_new": visit.query.text("just") == "joined",
            "is_invited": is_invited,
            "is_over": is_over or (entry.status is WaitlistStatus.INVITED and not is_invited),
            "left_seconds": int((until - now).total_seconds()) if until and is_invited else 0,
            "stay": stay_of_record(kept, found.offering, zone_name=zone_name, shown_zone=shown_zone)
            if kept is not None and is_invited
            else None,
            "bill": bill_of(entry.price_lines, entry.price.currency, visit.language)
            if entry.price is not None
            else (),
            "questions": asking.questions(found.asked, typed),
            "faults": faults or {},
            "refusal": refused(refusal, visit.language) if refusal is not None else None,
            "zone": shown_zone,
        },
        status=status,
    )


def _zone_of(tenant: Tenant, offering: Offering) -> str:
    return offering.zone or tenant.zone


def _wish_in(visit: Visit, form: Form, tenant: Tenant, offering: Offering) -> _Wish:
    """Read what somebody would take; what makes no sense is the nearest thing that does."""
    today = local_day(visit.now, zone(_zone_of(tenant, offering)))
    first = _day(form.text("from"), today) or today
    last = _day(form.text("until"), today)
    if last is None:
        last = first if form.text("from") else today + _USUAL_SPAN
    most = min(offering.party_max or PEOPLE_MAX, PEOPLE_MAX)
    part, pick = form.text("part_of_day"), form.text("pick")
    known = {component.key for component in offering.components}
    return _Wish(
        people=form.whole("people", offering.party_min, least=offering.party_min, most=most),
        first=max(first, today),
        last=last,
        part=part if part in PARTS else "",
        pick=ResourceId(pick) if looks_like_id(pick, "res") else None,
        components=tuple(key for key in dict.fromkeys(form.texts("part")) if key in known),
        minutes=form.whole("minutes", 0, least=0, most=31 * MINUTES_PER_DAY) or None,
        contact=contact_in(form),
        note=form.text("note").replace("\r\n", "\n"),
    )


def _day(text: str, today: date) -> date | None:
    """Read a day within the coming year."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return min(max(found, today), today + timedelta(days=DAYS_AHEAD_MAX))


def _join_page(
    visit: Visit,
    tenant: Tenant,
    offering: Offering,
    wish: _Wish,
    *,
    faults: Mapping[str, str] | None = None,
    refusal: HoldfastError | None = None,
    status: int = 200,
) -> Response:
    today = local_day(visit.now, zone(_zone_of(tenant, offering)))
    return visit.page(
        "join.html",
        {
            "tenant": tenant,
            "offering": offering,
            "wish": wish,
            "today": today,
            "latest": today + timedelta(days=DAYS_AHEAD_MAX),
            "has_parts": offering.shape not in DATED,
            "faults": faults or {},
            "refusal": _join_refused(visit, refusal),
        },
        status=status,
    )


def _join_refused(visit: Visit, refusal: HoldfastError | None) -> str | None:
    if refusal is None:
        return None
    if isinstance(refusal, AvailabilityClosed):
        return visit.language.gettext("Nobody can wait for this at the moment.")
    return refused(refusal, visit.language).sentence
