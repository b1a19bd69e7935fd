"""`availability`: one merged list of whatever any of 50 resources can serve in 30 days."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection

import psycopg

from holdfast.bench.copies import anew, copy_rows
from holdfast.bench.grounds import Ground
from holdfast.bench.load import percentile
from holdfast.bench.measuring import Result, measure
from holdfast.bench.options import Options
from holdfast.bench.places import Place, placed, warm_up
from holdfast.bench.shops import EVERY_DAY, STAY, first_instant
from holdfast.bootstrap import Engine
from holdfast.domain.bookings import Booking
from holdfast.domain.customers import Contact
from holdfast.domain.ids import ResourceId
from holdfast.domain.requirements import Choosing, Requirement
from holdfast.engine.availability import AvailabilityQuery
from holdfast.engine.making import Details
from holdfast.engine.offerings import AddOffering
from holdfast.engine.resources import AddResource
from holdfast.engine.schedules import WeeklyOpening

ROOMS, DAYS, A_DAY = 50, 30, 16
OPENS, CLOSES = timedelta(hours=9), timedelta(hours=17)
FEW = 10_000
"""So many bookings are in the window, of the 24,000 that it has place for."""
_LISTED_PER_SECOND_MAX = 500
_LOOKS = 20
# Shuffles the places of the window: prime to their number.
_STRIDE = 7_919
_DAY, _STAY = 86_400_000_000, 1_800_000_000
# What a listing goes by, all of it: nobody can read fewer rows in fewer queries.
_BARE_CLAIMS = (
    "SELECT claim.* FROM unnest(%(keys)s::text[]) AS wanted(key) JOIN claim ON"
    " claim.tenant_id = %(tenant)s AND claim.key = wanted.key AND released_at IS NULL"
    " AND starts_at < %(until)s AND ends_at > %(since)s AND starts_at > %(since)s - %(longest)s"
)
_BARE = (
    _BARE_CLAIMS,
    "SELECT * FROM resource WHERE tenant_id = %(tenant)s",
    "SELECT * FROM rule WHERE tenant_id = %(tenant)s",
    "SELECT * FROM offering WHERE tenant_id = %(tenant)s",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listing:
    """What is listed."""

    place: Place
    rooms: Sequence[str]
    booking: Booking
    path: str
    query: AvailabilityQuery


def availability(options: Options) -> Result:
    """List 30 days of any of 50 resources, with few and with many bookings stored."""
    with placed(options) as place:
        listing = _open(place)
        _store(listing, _IN_WINDOW)
        few = _case(listing, options)
        _store(listing, _outside(max(0, options.bookings - FEW)))
        many = _case(listing, options)
        return {
            "few": few,
            "many": many,
            "many_to_few": round(float(str(many["p50_ms"])) / float(str(few["p50_ms"])), 3),
            "servers": options.servers,
            "connections": 1,
            "settings": place.ground.settings(),
        }


def _open(place: Place) -> _Listing:
    """Open 50 resources and an offering, and book it once."""
    desk = place.shop.desk
    opening = WeeklyOpening(
        weekdays=EVERY_DAY,
        opens_minute=OPENS // timedelta(minutes=1),
        closes_minute=CLOSES // timedelta(minutes=1),
    )
    rooms = []
    for number in range(ROOMS):
        room = desk.resources.add(AddResource(name=f"Room {number + 1}", kind="room"))
        desk.schedules.set(room.resource_id, [opening])
        rooms.append(room.resource_id)
    needed = Requirement(resource_ids=tuple(rooms), choosing=Choosing.ANY_OF)
    offering = desk.offerings.add(
        AddOffering(slug="visit", name="Visit", duration=STAY, requirements=(needed,))
    )
    first = first_instant()
    booking = desk.bookings.place(
        offering_id=offering.offering_id,
        starts_at=first + OPENS,
        details=Details(contact=Contact(name="Ada", email="ada@example.com")),
    )
    until = first + timedelta(days=DAYS)
    last_on = (until - timedelta(days=1)).date()
    return _Listing(
        place=place,
        rooms=_first_first(rooms, booking),
        booking=booking,
        path=f"/v1/availability?offering_id={offering.offering_id}"
        f"&first_on={first.date()}&last_on={last_on}",
        query=AvailabilityQuery(
            offering_id=offering.offering_id, first_on=first.date(), last_on=last_on
        ),
    )


def _first_first(rooms: Sequence[ResourceId], booking: Booking) -> list[str]:
    """Return the rooms, that of the booking first."""
    booked = {assigned.resource_id for assigned in booking.assigned}
    return sorted((str(room) for room in rooms), key=lambda room: room not in booked)


# Of each new booking: its number, the number of its room, and how much later it is.
_IN_WINDOW = f"""SELECT n AS number, n % {ROOMS} AS room,
 n / {ROOMS * A_DAY} * {_DAY} + n / {ROOMS} % {A_DAY} * {_STAY} AS later
 FROM generate_series(1::bigint, {ROOMS * A_DAY * DAYS - 1}) AS n
 WHERE n * {_STRIDE} % {ROOMS * A_DAY * DAYS} < {FEW}"""


def _outside(count: int) -> str:
    """Say so many bookings, every second before the window and the others after it."""
    return f"""SELECT {10**6} + n AS number, n / 2 % {ROOMS} AS room,
 CASE n % 2 WHEN 0 THEN {DAYS} + n / {2 * ROOMS * A_DAY}
 ELSE -1 - n / {2 * ROOMS * A_DAY} END * {_DAY} + n / {2 * ROOMS} % {A_DAY} * {_STAY} AS later
 FROM generate_series(0::bigint, {count - 1}) AS n"""


def _store(listing: _Listing, source: str) -> None:
    """Store copies of the one booking and its claim."""
    listed = ", ".join(f"'{room}'" for room in listing.rooms)
    room, was = f"(ARRAY[{listed}])[new.room + 1]", f"'{listing.rooms[0]}'"
    booking_id, tenant_id = listing.booking.booking_id, listing.place.shop.desk.tenant_id
    times = {name: f"was.{name} + new.later" for name in ("starts_at", "ends_at")}
    copy_rows(
        listing.place.ground,
        "booking",
        f"was.tenant_id = '{tenant_id}' AND was.booking_id = '{booking_id}'",
        source=source,
        changes={
            **times,
            "booking_id": anew("booking_id"),
            "number": "lpad(new.number::text, length(was.number), '0')",
            "assigned": f"replace(was.assigned, {was}, {room})",
            "completes_at": "was.completes_at + new.later",
            "remind_at": "was.remind_at + new.later",
            "no_show_at": "was.no_show_at + new.later",
        },
    )
    copy_rows(
        listing.place.ground,
        "claim",
        f"was.tenant_id = '{tenant_id}' AND was.owner_id = '{booking_id}'",
        source=source,
        changes={
            **times,
            "claim_id": anew("claim_id"),
            "owner_id": anew("owner_id"),
            "resource_id": room,
            "key": f"replace(was.key, {was}, {room})",
        },
    )


def _case(listing: _Listing, options: Options) -> Result:
    """Measure the list as it is now."""
    place = listing.place
    place.ground.settle()
    request = place.shop.get(listing.path)
    warm_up(place, iter([(request,)] * 20), connections=1)
    count = round(options.seconds * _LISTED_PER_SECOND_MAX)
    found = measure(
        place.ground,
        place.servers,
        [(request,)] * count,
        connections=1,
        seconds=options.seconds,
    )
    latencies = found.loaded.latencies
    statements, rows = _read_by_one(listing)
    bare = _bare(listing, seconds=options.seconds / 2)
    (stored,), *_ = place.ground.ask("SELECT count(*) FROM booking")
    return {
        "bookings": stored,
        "p50_ms": percentile(latencies, 0.50),
        "p95_ms": percentile(latencies, 0.95),
        "per_second": round(found.per_second, 1),
        "server_cpu_ms": round(found.server_cpu_seconds / max(1, len(latencies)) * 1_000, 2),
        "sql_statements": statements,
        "rows_read": rows,
        "bare_p50_ms": percentile(bare, 0.50),
        "ratio_to_bare": round(percentile(latencies, 0.50) / percentile(bare, 0.50), 3),
        "errors": found.loaded.errors,
    }


def _read_by_one(listing: _Listing) -> tuple[float, float]:
    """Return how many statements the library sends for a list, and the rows they go through.

    A backend tells of what it has read when it ends: so it is one of our own.
    """
    ground, shop = listing.place.ground, listing.place.shop
    before = _rows_read(ground)
    engine = Engine.open(ground.url, migrate=False)
    try:
        desk = engine.at(shop.desk.tenant_id, actor=shop.desk.actor)
        sent = engine.database.statistics.statements
        for _ in range(_LOOKS):
            desk.availability.answers([listing.query])
        sent = engine.database.statistics.statements - sent
    finally:
        engine.close()
    time.sleep(1)
    return sent / _LOOKS, round((_rows_read(ground) - before) / _LOOKS, 1)


def _rows_read(ground: Ground) -> int:
    """Return how many rows of tables that a list goes by have been read so far."""
    (count,), *_ = ground.ask(
        "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint FROM pg_stat_user_tables"
        " WHERE relname NOT IN ('alembic_version', 'api_key')"
    )
    return int(str(count))


def _bare(listing: _Listing, *, seconds: float) -> list[float]:
    """Return how long it takes to fetch the same rows and write the same answer."""
    since = _microseconds(first_instant())
    named = {
        "tenant": listing.place.shop.desk.tenant_id,
        "keys": [f"res:{room}" for room in listing.rooms],
        "since": since,
        "until": since + DAYS * _DAY,
        "longest": _DAY,
    }
    answer = json.loads(_fetched(listing))
    latencies = []
    ends_at = time.perf_counter() + seconds
    with psycopg.connect(listing.place.ground.url, autocommit=True) as connection:
        while (began := time.perf_counter()) < ends_at:
            for statement in _BARE:
                connection.execute(statement.encode(), named, prepare=True).fetchall()
            json.dumps(answer)
            latencies.append(time.perf_counter() - began)
    return latencies


def _fetched(listing: _Listing) -> bytes:
    """Return the server's answer."""
    place = listing.place
    with closing(HTTPConnection("127.0.0.1", place.servers.ports[0], timeout=30)) as connection:
        headers = {"Authorization": f"Bearer {place.shop.secret}"}
        connection.request("GET", listing.path, headers=headers)
        return connection.getresponse().read()


def _microseconds(instant: datetime) -> int:
    return round(instant.timestamp()) * 1_000_000
