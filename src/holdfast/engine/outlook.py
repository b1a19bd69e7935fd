"""The outlook: today and the days to come in figures: bookings, people, what comes in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast

from holdfast.domain.access import Actor, Scope
from holdfast.domain.bookings import KEEPING, Booking, BookingStatus
from holdfast.domain.errors import InputInvalid
from holdfast.domain.money import Money
from holdfast.domain.tenants import Tenant
from holdfast.domain.zones import SkippedDay, day_interval, local_day, zone
from holdfast.engine.ports import Comparison, Filter, Listing, ReadStore
from holdfast.engine.reading import get

OUTLOOK_DAYS = 8
"""Today and the next seven days."""

OUTLOOK_DAYS_MAX = 31
OUTLOOK_ROWS_MAX = 10_000
"""So many bookings are counted; of more, the first ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlookDay:
    """One local day.

    Attributes:
        statuses: How many bookings begin on it, by status; those called off are left out.
        people: How many come with those that do not wait.
        revenue: What those come to that do not wait, whether or not it is paid yet.
        paid: What of that was paid and has not gone back.
    """

    on: date
    statuses: dict[BookingStatus, int]
    people: int
    revenue: Money
    paid: Money

    @property
    def count(self) -> int:
        """How many bookings begin on it."""
        return sum(self.statuses.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Some days from today on, and the bookings of the first.

    Attributes:
        today: What begins today, in order, those called off left out.
        is_cut: Whether there was more than can be counted at once.
    """

    days: tuple[OutlookDay, ...]
    today: tuple[Booking, ...]
    is_cut: bool


def outlook_of(
    store: ReadStore, *, tenant_id: str, actor: Actor, days: int = OUTLOOK_DAYS
) -> Outlook:
    """Return today and the next days in figures, in one statement for them all.

    Amounts are in the business's currency; a booking in another one is counted, its price is not.

    Raises:
        AccessDenied: The actor may not look.
        InputInvalid: Less than one day, or more than 31.
    """
    actor.require(Scope.BOOKINGS_READ)
    if not 1 <= days <= OUTLOOK_DAYS_MAX:
        message = f"Ask for 1 to {OUTLOOK_DAYS_MAX} days."
        raise InputInvalid.at("/days", "out_of_range", message)
    tenant = get(store, Tenant, tenant_id)
    here = zone(tenant.zone)
    first = local_day(store.now(), here)
    dates = [first + timedelta(days=count) for count in range(days)]
    listing = Listing(
        kind=Booking,
        filters=(
            Filter("starts_at", Comparison.AT_LEAST, _begin_of(dates[0], tenant)),
            Filter("starts_at", Comparison.BELOW, _begin_of(dates[-1] + timedelta(days=1), tenant)),
            Filter("status", Comparison.ONE_OF, tuple(sorted(KEEPING))),
        ),
        order_by="starts_at",
        limit=OUTLOOK_ROWS_MAX + 1,
    )
    found = cast("list[Booking]", store.page(listing))
    by_day: dict[date, list[Booking]] = {day: [] for day in dates}
    for booking in found[:OUTLOOK_ROWS_MAX]:
        by_day[local_day(booking.starts_at, here)].append(booking)
    return Outlook(
        days=tuple(_day(day, rows, tenant.currency) for day, rows in by_day.items()),
        today=tuple(by_day[first]),
        is_cut=len(found) > OUTLOOK_ROWS_MAX,
    )


def _begin_of(day: date, tenant: Tenant) -> datetime:
    try:
        return day_interval(day, zone(tenant.zone)).starts_at
    except SkippedDay:
        return day_interval(day + timedelta(days=1), zone(tenant.zone)).starts_at


def _day(day: date, bookings: Iterable[Booking], currency: str) -> OutlookDay:
    rows = list(bookings)
    agreed = [one for one in rows if one.status is not BookingStatus.PENDING]
    ours = [one for one in agreed if one.price.currency == currency]
    counted = Counter(one.status for one in rows)
    return OutlookDay(
        on=day,
        statuses={status: counted[status] for status in BookingStatus if counted[status]},
        people=sum(one.party_size for one in agreed),
        revenue=Money(amount_minor=sum(one.price.amount_minor for one in ours), currency=currency),
        paid=Money(
            amount_minor=sum(one.paid_minor - one.refunded_minor for one in ours),
            currency=currency,
        ),
    )
