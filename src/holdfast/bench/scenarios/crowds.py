"""`mixed` and `storm`: customers who book from beginning to end, and a rush for too few places."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from holdfast.bench.grounds import Ground
from holdfast.bench.load import CREATED, Journey
from holdfast.bench.measuring import Result, measure
from holdfast.bench.options import Options
from holdfast.bench.places import open_event, placed, warm_up
from holdfast.bench.shops import STAY, Shop, add_rooms, stays

CUSTOMERS = 100
ROOMS = 50
STORMERS, PLACES, STORM_SERVERS = 200, 100, 2
JOURNEYS_PER_SECOND_MAX = 2_000
SEED_PER_SECOND = 100
"""What seed 002 asks for at 100 customers: requests a second."""


def mixed(options: Options) -> Result:
    """Let 100 customers at once look at a day, hold a time and confirm it (AC-U01)."""
    with placed(options) as place:
        asked = _journeys(place.shop, stays(add_rooms(place.shop, ROOMS)))
        warm_up(place, asked, connections=CUSTOMERS)
        journeys = list(islice(asked, round(options.seconds * JOURNEYS_PER_SECOND_MAX)))
        found = measure(
            place.ground,
            place.servers,
            journeys,
            connections=CUSTOMERS,
            seconds=options.seconds,
        )
        return {
            "requests_per_second": round(found.per_second, 1),
            "bookings_per_second": round(found.loaded.journeys / found.loaded.seconds, 1),
            "ratio_to_seed": round(found.per_second / SEED_PER_SECOND, 2),
            **found.waits(),
            **found.used(),
            "servers": options.servers,
            "connections": CUSTOMERS,
            "settings": place.ground.settings(),
        }


def storm(options: Options) -> Result:
    """Let 200 clients rush for 100 places of one event, at two servers (AC-U04)."""
    with placed(options, servers=STORM_SERVERS) as place:
        slot_id = open_event(place.shop, places=PLACES)
        deadlocks = _deadlocks(place.ground)
        journeys = [(place.shop.post("/v1/holds", {"slot_id": slot_id}),) for _ in range(STORMERS)]
        found = measure(
            place.ground, place.servers, journeys, connections=STORMERS, seconds=options.seconds
        )
        return {
            "sold": found.loaded.accepted,
            "refused": found.loaded.statuses.get("409", 0),
            "errors": found.loaded.errors,
            "deadlocks": _deadlocks(place.ground) - deadlocks,
            "seconds": round(found.loaded.seconds, 3),
            "servers": STORM_SERVERS,
            "connections": STORMERS,
            "settings": place.ground.settings(),
        }


def _journeys(shop: Shop, bodies: Iterator[dict[str, str]]) -> Iterator[Journey]:
    """A customer looks at a day of one room, holds half an hour and confirms it."""
    contact = {"name": "Ada", "email": "ada@example.com"}
    for body in bodies:
        first = body["starts_at"][:10]
        minutes = STAY // timedelta(minutes=1)
        asked = f"resource_id={body['resource_id']}&first_on={first}&last_on={first}"
        yield (
            shop.get(f"/v1/availability?{asked}&by=day&length_minutes={minutes}"),
            shop.post("/v1/holds", body),
            shop.post(f"/v1/holds/{CREATED}/convert", {"contact": contact}),
        )


def _deadlocks(ground: Ground) -> int:
    query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    (count,), *_ = ground.ask(query)
    return int(str(count))
