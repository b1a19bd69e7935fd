"""Approvals: the bookings that wait for a person's yes or no, the first to begin first."""

from __future__ import annotations

from starlette.responses import Response

from holdfast.domain.bookings import Booking, BookingStatus
from holdfast.engine.awaiting import ANSWERED_BY_PEOPLE
from holdfast.engine.facade.bookings import BookingQuery
from holdfast.engine.reading import PAGE_MAX, PageRequest
from holdfast.web.staff.visits import StaffVisit


async def show(visit: StaffVisit) -> Response:
    """Show who waits, with both answers as buttons."""
    waiting, is_cut = await visit.read(lambda: _waiting(visit))
    context = {"waiting": waiting, "is_cut": is_cut, "just": visit.query.text("just")}
    return visit.page("staff/approvals.html", context)


def _waiting(visit: StaffVisit) -> tuple[list[Booking], bool]:
    query = BookingQuery(statuses=(BookingStatus.PENDING,))
    page = visit.engine_desk().bookings.list(PageRequest(limit=PAGE_MAX), query=query)
    found = [one for one in page.items if set(one.pending_reasons) & set(ANSWERED_BY_PEOPLE)]
    return found, page.next_after is not None
