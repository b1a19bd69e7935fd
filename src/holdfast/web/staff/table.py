"""The table of staff's pages of a business: what answers where, and which scope it takes.

A new page is a new row. The rail shows a part of the shell to whoever may look at the page at its
path. Rows with fixed words stand before rows with gaps.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from starlette.responses import Response

from holdfast.domain.access import Scope
from holdfast.web.staff import day, people
from holdfast.web.staff.visits import StaffVisit

StaffAnswer = Callable[[StaffVisit], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffAddress:
    """One address below `/staff/{tenant}`.

    Attributes:
        path: Below the business: `/bookings/{booking_id}`; empty for its own address.
        scope: What somebody must be allowed to do to look at it.
        post_scope: The same for sending its form, where that takes more.
    """

    path: str
    get: StaffAnswer | None = None
    post: StaffAnswer | None = None
    scope: Scope
    post_scope: Scope | None = None


STAFF_ADDRESSES: tuple[StaffAddress, ...] = (
    StaffAddress(path="", get=day.show, scope=Scope.BOOKINGS_READ),
    StaffAddress(
        path="/set-up/people", get=people.show, post=people.change, scope=Scope.ACCESS_WRITE
    ),
)


SCOPES_BY_PATH: Mapping[str, Scope] = MappingProxyType(
    {row.path.strip("/"): row.scope for row in STAFF_ADDRESSES if row.get is not None}
)
"""What it takes to look at each page, by where it is below the business."""
