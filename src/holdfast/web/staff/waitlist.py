"""The waitlist: who waits for what, in their order, and whose invitation is open."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from holdfast.domain.bookings import Booking
from holdfast.domain.errors import HoldfastError, RecordNotFound
from holdfast.domain.ids import OfferingId, WaitlistEntryId, looks_like_id
from holdfast.domain.offerings import Offering
from holdfast.domain.waitlists import InLine, WaitlistEntry, WaitlistStatus
from holdfast.domain.zones import MINUTES_PER_DAY
from holdfast.engine.reading import PAGE_MAX, PageRequest
from holdfast.engine.waitlist import AcceptInvitation, DeclineInvitation, LeaveWaitlist
from holdfast.web.staff.refusals import refused_here
from holdfast.web.staff.visits import StaffVisit

_IN_LINE = (WaitlistStatus.INVITED, WaitlistStatus.WAITING)
_ENDS = {"leave": LeaveWaitlist, "decline": DeclineInvitation}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Those who wait for one offering: invitations first, then everybody in order."""

    offering: Offering
    zone: str
    entries: tuple[InLine, ...]


async def show(visit: StaffVisit) -> Response:
    """Show every line."""
    return await _page(visit)


async def act(visit: StaffVisit) -> Response:
    """Take somebody off the list, or answer their invitation for them."""
    form = await visit.form()
    text, what = form.text("entry"), form.text("act")
    if not looks_like_id(text, "wle"):
        raise RecordNotFound(kind="waitlist_entry", key=text)
    entry_id = WaitlistEntryId(text)
    try:
        if what == "accept":
            booking = await visit.run(AcceptInvitation(entry_id=entry_id), Booking)
            return visit.go(visit.here("bookings", booking.booking_id))
        await visit.run(_ENDS.get(what, LeaveWaitlist)(entry_id=entry_id), WaitlistEntry)
    except HoldfastError as refusal:
        return await _page(visit, refusal)
    return visit.go(visit.here("waitlist"))


async def _page(visit: StaffVisit, refusal: HoldfastError | None = None) -> Response:
    lines, is_cut = await visit.read(lambda: _lines(visit))
    said = None if refusal is None else refused_here(refusal, visit.language)
    context = {
        "lines": lines,
        "is_cut": is_cut,
        "refusal": said,
        "minutes_of_day": MINUTES_PER_DAY,
    }
    status = 200 if refusal is None else refusal.status
    return visit.page("staff/waitlist.html", context, status=status)


def _lines(visit: StaffVisit) -> tuple[list[Line], bool]:
    desk = visit.engine_desk()
    page = desk.waitlist.list(PageRequest(limit=PAGE_MAX), statuses=_IN_LINE)
    by_offering: dict[OfferingId, list[InLine]] = {}
    for line in page.items:
        by_offering.setdefault(line.entry.offering_id, []).append(line)
    lines = []
    for offering_id, entries in by_offering.items():
        offering = desk.offerings.get(offering_id)
        # Whoever is invited has no position any more, and comes first.
        entries.sort(key=lambda one: (one.position or 0, one.entry.created_at))
        zone = offering.zone or visit.tenant.zone
        lines.append(Line(offering=offering, zone=zone, entries=tuple(entries)))
    lines.sort(key=lambda line: line.offering.name)
    return lines, page.next_after is not None
