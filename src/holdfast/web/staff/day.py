"""The day: what today and the next seven days bring."""

from __future__ import annotations

from starlette.responses import Response

from holdfast.web.staff.visits import StaffVisit


async def show(visit: StaffVisit) -> Response:
    """Show today."""
    return visit.page("staff/day.html", {})
