"""Bookings: found by a number, a name, an e-mail or a phone; else those of the coming days."""

from __future__ import annotations

from starlette.responses import Response

from holdfast.domain.bookings import LIVE
from holdfast.engine.facade.bookings import BookingQuery
from holdfast.engine.finding import WORDS_MAX, Found
from holdfast.engine.reading import PageRequest
from holdfast.web.staff.visits import StaffVisit

SHOWN_MAX = 50


async def show(visit: StaffVisit) -> Response:
    """Show what was found; if it is one booking by its number, that booking at once."""
    words = visit.query.text("q")[:WORDS_MAX]
    found = await visit.read(lambda: _found(visit, words))
    if words and len(found.bookings) == 1 and not found.customers:
        return visit.go(visit.here("bookings", found.bookings[0].booking_id))
    return visit.page("staff/bookings.html", {"words": words, "found": found})


def _found(visit: StaffVisit, words: str) -> Found:
    desk = visit.engine_desk()
    if words:
        return desk.reports.find(words)
    query = BookingQuery(statuses=tuple(sorted(LIVE)), starts_from=visit.now)
    page = desk.bookings.list(PageRequest(limit=SHOWN_MAX), query=query)
    return Found(bookings=page.items, is_cut=page.next_after is not None)
