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
from holdfast.web.staff import (
    approvals,
    blocks,
    booking,
    bookings,
    calendar,
    customers,
    day,
    moves,
    people,
    reports,
    waitlist,
    walk_in,
)
from holdfast.web.staff.set_up import (
    business,
    categories,
    holidays,
    home,
    hours,
    keys,
    needs,
    offerings,
    parts,
    policy,
    pools,
    prices,
    promo_codes,
    questions,
    resources,
    slots,
    wizard,
)
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


def _set_up(
    path: str,
    get: StaffAnswer,
    post: StaffAnswer | None = None,
    scope: Scope = Scope.CATALOGUE_WRITE,
) -> StaffAddress:
    return StaffAddress(path=f"/set-up{path}", get=get, post=post, scope=scope)


_SET_UP = (
    _set_up("", home.show),
    _set_up("/link.png", home.code),
    _set_up("/start", wizard.show, wizard.begin),
    _set_up("/start/done", wizard.done),
    _set_up("/business", business.show, business.change, Scope.ACCESS_WRITE),
    _set_up("/keys", keys.show, keys.change, Scope.ACCESS_WRITE),
    _set_up("/policy/business", policy.show_business, policy.change_business, Scope.ACCESS_WRITE),
    _set_up("/policy/{level}", policy.show, policy.change),
    _set_up("/hours/{owner_id}", hours.show, hours.change),
    _set_up("/hours/{owner_id}/holidays", holidays.ask, holidays.add),
    _set_up("/resources", resources.show_all),
    _set_up("/resources/new", resources.ask_new, resources.add),
    _set_up("/resources/{resource_id}", resources.show, resources.change),
    _set_up("/pools", pools.show_all),
    _set_up("/pools/new", pools.ask_new, pools.add),
    _set_up("/pools/{pool_id}", pools.show, pools.change),
    _set_up("/categories", categories.show_all),
    _set_up("/categories/new", categories.ask_new, categories.add),
    _set_up("/categories/{category_id}", categories.show, categories.change),
    _set_up("/offerings", offerings.show_all),
    _set_up("/offerings/new", offerings.ask_new, offerings.add),
    _set_up("/offerings/{offering_id}", offerings.show, offerings.change),
    _set_up("/offerings/{offering_id}/needs", needs.show, needs.change),
    _set_up("/offerings/{offering_id}/prices", prices.show, prices.change),
    _set_up("/offerings/{offering_id}/tickets", parts.show_tickets, parts.change_tickets),
    _set_up("/offerings/{offering_id}/parts", parts.show_components, parts.change_components),
    _set_up("/offerings/{offering_id}/questions", questions.show, questions.change),
    _set_up("/offerings/{offering_id}/slots", slots.show, slots.change),
    _set_up("/promo-codes", promo_codes.show_all),
    _set_up("/promo-codes/new", promo_codes.ask_new, promo_codes.add),
    _set_up("/promo-codes/{promo_id}", promo_codes.show, promo_codes.change),
)

STAFF_ADDRESSES: tuple[StaffAddress, ...] = (
    StaffAddress(path="", get=day.show, scope=Scope.BOOKINGS_READ),
    StaffAddress(path="/approvals", get=approvals.show, scope=Scope.BOOKINGS_READ),
    StaffAddress(path="/bookings", get=bookings.show, scope=Scope.BOOKINGS_READ),
    StaffAddress(
        path="/bookings/{booking_id}",
        get=booking.show,
        post=booking.act,
        scope=Scope.BOOKINGS_READ,
        post_scope=Scope.BOOKINGS_WRITE,
    ),
    StaffAddress(
        path="/bookings/{booking_id}/move", get=booking.ask_move, scope=Scope.BOOKINGS_WRITE
    ),
    StaffAddress(path="/calendar", get=calendar.show, scope=Scope.BOOKINGS_READ),
    StaffAddress(path="/calendar/feed", get=calendar.feed, scope=Scope.BOOKINGS_READ),
    StaffAddress(path="/calendar/move", post=moves.move, scope=Scope.BOOKINGS_WRITE),
    StaffAddress(
        path="/calendar/slots/{slot_id}", get=calendar.show_slot, scope=Scope.BOOKINGS_READ
    ),
    StaffAddress(
        path="/blocks",
        get=blocks.show,
        post=blocks.add,
        scope=Scope.CATALOGUE_READ,
        post_scope=Scope.CATALOGUE_WRITE,
    ),
    StaffAddress(
        path="/blocks/{block_id}",
        get=blocks.show_one,
        post=blocks.remove,
        scope=Scope.CATALOGUE_READ,
        post_scope=Scope.CATALOGUE_WRITE,
    ),
    StaffAddress(path="/walk-in", get=walk_in.show, post=walk_in.book, scope=Scope.BOOKINGS_WRITE),
    StaffAddress(
        path="/waitlist",
        get=waitlist.show,
        post=waitlist.act,
        scope=Scope.BOOKINGS_READ,
        post_scope=Scope.BOOKINGS_WRITE,
    ),
    StaffAddress(path="/customers", get=customers.show, scope=Scope.CUSTOMERS_READ),
    StaffAddress(
        path="/customers/{customer_id}",
        get=customers.show_one,
        post=customers.act,
        scope=Scope.CUSTOMERS_READ,
        post_scope=Scope.CUSTOMERS_WRITE,
    ),
    StaffAddress(path="/reports", get=reports.show, scope=Scope.BOOKINGS_READ),
    StaffAddress(
        path="/set-up/people", get=people.show, post=people.change, scope=Scope.ACCESS_WRITE
    ),
    *_SET_UP,
)


SCOPES_BY_PATH: Mapping[str, Scope] = MappingProxyType(
    {row.path.strip("/"): row.scope for row in STAFF_ADDRESSES if row.get is not None}
)
"""What it takes to look at each page, by where it is below the business."""
