"""`holdfast zones`: future bookings whose wall time moved when time-zone rules changed.

A booking keeps its instant, and what the clock on the wall was to show then. When a government
changes its clocks after that, the two part: the customer comes by the clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime

from holdfast.bootstrap import Engine
from holdfast.cli import output
from holdfast.cli.opening import engine_at
from holdfast.domain.bookings import LIVE, Booking
from holdfast.domain.zones import UnknownZone, instant_of, tzdata_version, wall_time, zone
from holdfast.engine.facade.bookings import BookingQuery
from holdfast.engine.reading import PAGE_MAX, PageRequest

_MINUTES_PER_HOUR = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A booking whose wall time is another now.

    Attributes:
        was: What the clock was to show at its start; `now` is what it will show.
        starts_at: Its instant, which is kept.
        by_the_clock_at: When the clock will show `was`; None if it never will.
    """

    tenant: str
    number: str
    booking_id: str
    offering: str
    zone: str
    was: str
    now: str
    starts_at: datetime
    by_the_clock_at: datetime | None


def show(url: str, *, tenant: str | None, is_json: bool) -> None:
    """List the bookings of one tenant, or of all.

    Raises:
        RecordNotFound: There is no such tenant.
    """
    looked_count, found = 0, list[Moved]()
    with engine_at(url) as engine, output.progress("Looking at the bookings to come"):
        chosen = engine.tenant(tenant).tenant_id if tenant is not None else None
        for each in engine.list_tenants():
            if chosen in {None, each.tenant_id}:
                for booking in _future(engine, each.slug):
                    looked_count += 1
                    moved = moved_of(booking, tenant=each.slug)
                    found.extend([moved] if moved else [])
    if is_json:
        output.as_json([_plain(moved) for moved in found])
        return
    output.listing(
        ["tenant", "number", "offering", "was to start", "starts by the clock", "zone"],
        [[m.tenant, m.number, m.offering, m.was, m.now, m.zone] for m in found],
        none=f"None of {looked_count:,} future booking(s) moved; time zones of {tzdata_version()}.",
    )


def moved_of(booking: Booking, *, tenant: str) -> Moved | None:
    """Return how a booking moved, or None: it did not, or is from before wall times were kept."""
    if not booking.local_start:
        return None
    by_the_clock_at = None
    try:
        here = zone(booking.zone)
    except UnknownZone:
        now = "no such zone"
    else:
        now = wall_time(booking.starts_at, here)
        day, _, clock = booking.local_start.partition("T")
        hours, _, minutes = clock.partition(":")
        minute = int(hours) * _MINUTES_PER_HOUR + int(minutes)
        by_the_clock_at = instant_of(date.fromisoformat(day), minute, here)
    if now == booking.local_start:
        return None
    return Moved(
        tenant=tenant,
        number=booking.number,
        booking_id=booking.booking_id,
        offering=booking.offering_name,
        zone=booking.zone,
        was=booking.local_start,
        now=now,
        starts_at=booking.starts_at,
        by_the_clock_at=by_the_clock_at,
    )


def _future(engine: Engine, tenant: str) -> Iterator[Booking]:
    """Yield the live bookings of a tenant that are still to come, by their start."""
    query = BookingQuery(statuses=tuple(sorted(LIVE)), starts_from=engine.clock.now())
    desk, after = engine.tenant(tenant), None
    while True:
        page = desk.bookings.list(PageRequest(limit=PAGE_MAX, after=after), query=query)
        yield from page.items
        after = page.next_after
        if after is None:
            return


def _plain(moved: Moved) -> dict[str, object]:
    at = moved.by_the_clock_at
    instants = {
        "starts_at": moved.starts_at.isoformat(),
        "by_the_clock_at": None if at is None else at.isoformat(),
    }
    return {**asdict(moved), **instants}
