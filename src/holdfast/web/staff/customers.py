"""Customers: who they are, what they have booked, and whether they may book."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.responses import Response

from holdfast.domain.bookings import Booking
from holdfast.domain.customers import Customer
from holdfast.domain.errors import HoldfastError, InputInvalid, RecordNotFound
from holdfast.domain.ids import CustomerId, looks_like_id
from holdfast.domain.zones import day_interval, zone
from holdfast.engine.customers import BlockCustomer, ChangeCustomer, LiftCustomerBlock
from holdfast.engine.facade.bookings import BookingQuery
from holdfast.engine.finding import WORDS_MAX
from holdfast.engine.reading import PageRequest
from holdfast.web.staff.refusals import refused_here
from holdfast.web.staff.showing import bounded, day_in
from holdfast.web.staff.visits import StaffVisit
from holdfast.web.visits import Form

SHOWN_MAX = 50
_NOTHING_TYPED = Form([])
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    customer: Customer
    bookings: tuple[Booking, ...]
    is_cut: bool


async def show(visit: StaffVisit) -> Response:
    """Show the latest customers, or those that were found."""
    words = visit.query.text("q")[:WORDS_MAX]
    customers, is_cut = await visit.read(lambda: _list(visit, words))
    context = {"words": words, "customers": customers, "is_cut": is_cut}
    return visit.page("staff/customers.html", context)


async def show_one(visit: StaffVisit) -> Response:
    """Show a customer."""
    return await _page(visit)


async def act(visit: StaffVisit) -> Response:
    """Change a customer, keep them from booking, or let them book again."""
    form = await visit.form()
    customer_id = _id(visit)
    try:
        await visit.run(_command(visit, form, customer_id), Customer)
    except HoldfastError as refusal:
        return await _page(visit, typed=form, refusal=refusal)
    return visit.go(visit.here("customers", customer_id))


def _list(visit: StaffVisit, words: str) -> tuple[tuple[Customer, ...], bool]:
    desk = visit.engine_desk()
    if words:
        found = desk.reports.find(words)
        return found.customers, found.is_cut
    page = desk.customers.list(PageRequest(limit=SHOWN_MAX))
    return page.items, page.next_after is not None


def _id(visit: StaffVisit) -> CustomerId:
    text = visit.path("customer_id")
    if not looks_like_id(text, "cus"):
        raise RecordNotFound(kind="customer", key=text)
    return CustomerId(text)


def _command(visit: StaffVisit, form: Form, customer_id: CustomerId) -> object:
    version = form.whole("version", 0, least=0, most=10**9) or None
    match form.text("act"):
        case "block":
            return BlockCustomer(
                customer_id=customer_id,
                until=_until(visit, form),
                reason=form.text("reason"),
                if_version=version,
            )
        case "lift":
            return LiftCustomerBlock(customer_id=customer_id, if_version=version)
        case _:
            changes: dict[str, object] = {
                "name": form.text("name"),
                "email": form.text("email") or None,
                "phone": form.text("phone") or None,
            }
            return ChangeCustomer(customer_id=customer_id, changes=changes, if_version=version)


def _until(visit: StaffVisit, form: Form) -> datetime:
    """Return the end of the last day on which somebody may not book."""
    day = day_in(form.text("until"))
    if day is None:
        raise InputInvalid.at("/until", "missing", "Say until which day.")
    return day_interval(bounded(day), zone(visit.tenant.zone)).ends_at


def _find(visit: StaffVisit) -> _Found:
    desk, customer_id = visit.engine_desk(), _id(visit)
    customer = desk.customers.get(customer_id)
    query = BookingQuery(customer_id=customer_id)
    page = desk.bookings.list(PageRequest(limit=SHOWN_MAX), query=query)
    bookings = tuple(sorted(page.items, key=lambda one: one.starts_at, reverse=True))
    return _Found(customer=customer, bookings=bookings, is_cut=page.next_after is not None)


async def _page(
    visit: StaffVisit, *, typed: Form = _NOTHING_TYPED, refusal: HoldfastError | None = None
) -> Response:
    found = await visit.read(lambda: _find(visit))
    said = None if refusal is None else refused_here(refusal, visit.language)
    customer, now = found.customer, visit.now
    return visit.page(
        "staff/customer.html",
        {
            "customer": customer,
            "bookings": found.bookings,
            "is_cut": found.is_cut,
            "is_blocked": customer.blocked_until is not None and now < customer.blocked_until,
            "last_blocked": None
            if customer.blocked_until is None
            else customer.blocked_until - _A_DAY,
            "typed": typed,
            "acted": typed.text("act"),
            "refusal": said,
        },
        status=200 if refusal is None else refusal.status,
    )
