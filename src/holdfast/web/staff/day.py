"""The day: who comes today, and the next seven days in figures."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from holdfast.domain.bookings import BookingStatus
from holdfast.domain.offerings import OfferingStatus
from holdfast.engine.outlook import Outlook, OutlookDay
from holdfast.engine.reading import PageRequest
from holdfast.web.staff.visits import StaffVisit

_WHOLE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One day of the week's picture.

    Attributes:
        share: How much comes to it, in percent of the busiest day.
    """

    day: OutlookDay
    share: int


async def show(visit: StaffVisit) -> Response:
    """Show today, and the week to come."""
    outlook, is_new = await visit.read(lambda: _found(visit))
    today, most = outlook.days[0], max(day.count for day in outlook.days)
    return visit.page(
        "staff/day.html",
        {
            "today": today,
            "expected": _count(today, BookingStatus.CONFIRMED),
            "here_now": _count(today, BookingStatus.CHECKED_IN),
            "bookings": outlook.today,
            "week": [
                Bar(day=day, share=day.count * _WHOLE // most if most else 0)
                for day in outlook.days[1:]
            ],
            "is_cut": outlook.is_cut,
            "is_new": is_new,
        },
    )


def _found(visit: StaffVisit) -> tuple[Outlook, bool]:
    """Return what the days bring, and whether nothing is on offer yet."""
    desk = visit.engine_desk()
    is_new = not desk.offerings.list(PageRequest(limit=1), statuses=(OfferingStatus.ACTIVE,)).items
    return desk.reports.outlook(), is_new


def _count(day: OutlookDay, status: BookingStatus) -> int:
    return day.statuses.get(status, 0)
