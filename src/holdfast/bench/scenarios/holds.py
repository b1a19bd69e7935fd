"""`holds`, `hot`, `tenants`, `idle`: holds over HTTP beside pgbench writing the same rows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from holdfast.bench import limits
from holdfast.bench.load import Journey
from holdfast.bench.measuring import Measured, Result, compared, measure
from holdfast.bench.options import Options
from holdfast.bench.places import WARM_JOURNEYS, Place, open_event, placed, warm_up
from holdfast.bench.shops import Shop, add_rooms, open_shop, stays
from holdfast.domain.ids import ResourceId
from holdfast.engine.choosing import Choice

CONNECTIONS = 64
ROOMS = 1_000
TENANTS = 64
TICKETS = 1_000_000
JOURNEYS_PER_SECOND_MAX = 8_000
"""So many requests are written beforehand for each second."""


def holds(options: Options) -> Result:
    """Create holds of 1,000 exclusive resources of one tenant from 64 connections."""
    with placed(options) as place:
        wanted = stays(add_rooms(place.shop, ROOMS))
        asked = ((place.shop.post("/v1/holds", body),) for body in wanted)
        return _beside_limit(place, options, asked, is_hot=False)


def hot(options: Options) -> Result:
    """The same on one event, whose places one counter counts."""
    with placed(options) as place:
        slot_id = open_event(place.shop, places=TICKETS)
        asked = _endlessly((place.shop, {"slot_id": slot_id}))
        found = _beside_limit(place, options, asked, is_hot=True)
        return {**found, **_slowing(place, asked)}


def tenants(options: Options) -> Result:
    """Create holds from 64 connections for 64 tenants, who cannot share batches."""
    with placed(options) as place:
        shops = [open_shop(place.engine, f"bench-{number}") for number in range(TENANTS)]
        wanted = [(shop, stays(add_rooms(shop, ROOMS // TENANTS))) for shop in shops]
        wanted += [(place.shop, stays(add_rooms(place.shop, ROOMS // TENANTS)))]

        def asked() -> Iterator[Journey]:
            # The limit's script is made from the last of the first, of the shop that stands last.
            yield from (
                (place.shop.post("/v1/holds", next(wanted[-1][1])),) for _ in range(WARM_JOURNEYS)
            )
            while True:
                for shop, bodies in wanted[:-1]:
                    yield (shop.post("/v1/holds", next(bodies)),)

        return _beside_limit(place, options, asked(), is_hot=False)


def idle(options: Options) -> Result:
    """One client after the other: the lane and HTTP beside a direct call of the library."""
    with placed(options) as place:
        bodies = stays(add_rooms(place.shop, ROOMS))
        asked = ((place.shop.post("/v1/holds", body),) for body in bodies)
        warm_up(place, asked, connections=1)
        found = _send(place, asked, connections=1, seconds=options.seconds)
        direct = _directly(place, bodies, seconds=options.seconds)
        return {
            "holdfast_per_second": round(found.per_second, 1),
            "library_per_second": round(direct, 1),
            "ratio": round(found.per_second / direct, 3),
            **found.waits(),
            **found.used(),
            "settings": place.ground.settings(),
        }


def _directly(place: Place, bodies: Iterator[dict[str, str]], *, seconds: float) -> float:
    """Return how many holds a second one caller of the library places on the same database."""
    began = time.perf_counter()
    count = 0
    while (passed := time.perf_counter() - began) < seconds:
        wanted = next(bodies)
        place.shop.desk.holds.place(
            choice=Choice(
                resource_id=ResourceId(wanted["resource_id"]),
                starts_at=datetime.fromisoformat(wanted["starts_at"]),
                ends_at=datetime.fromisoformat(wanted["ends_at"]),
            )
        )
        count += 1
    return count / passed


def _beside_limit(
    place: Place, options: Options, asked: Iterator[Journey], *, is_hot: bool
) -> Result:
    """Measure the limit, Holdfast, and the limit again."""
    # The last one finds everything warm: the script is made from it.
    warm_up(place, asked, connections=1)
    script = limits.script_of(place.ground, tenant_id=str(place.shop.desk.tenant_id), is_hot=is_hot)
    before = script.measure(seconds=options.seconds, run=0)
    warm_up(place, asked, connections=CONNECTIONS)
    found = _send(place, asked, connections=CONNECTIONS, seconds=options.seconds)
    after = script.measure(seconds=options.seconds, run=1)
    return {
        **found.beside(limits.best(before, after)),
        **compared(before, after),
        "servers": options.servers,
        "connections": CONNECTIONS,
        "settings": place.ground.settings(),
    }


def _send(place: Place, asked: Iterator[Journey], *, connections: int, seconds: float) -> Measured:
    journeys = list(islice(asked, round(seconds * JOURNEYS_PER_SECOND_MAX)))
    return measure(place.ground, place.servers, journeys, connections=connections, seconds=seconds)


def _endlessly(*wanted: tuple[Shop, dict[str, str]]) -> Iterator[Journey]:
    while True:
        for shop, body in wanted:
            yield (shop.post("/v1/holds", body),)


def _slowing(place: Place, asked: Iterator[Journey]) -> Result:
    """Compare a thousand holds now with a thousand once 50,000 are sold."""
    first = _send_count(place, asked, 1_000)
    (sold,), *_ = place.ground.ask("SELECT max(used) FROM capacity WHERE kind = 'counter'")
    _send_count(place, asked, max(0, 50_000 - int(str(sold))))
    last = _send_count(place, asked, 1_000)
    return {
        "first_thousand_ms": round(first * 1_000),
        "fifty_thousandth_ms": round(last * 1_000),
        "slower": round(last / first, 3),
    }


def _send_count(place: Place, asked: Iterator[Journey], count: int) -> float:
    """Return the CPU seconds of servers and database for so many holds."""
    journeys = list(islice(asked, count))
    found = measure(place.ground, place.servers, journeys, connections=CONNECTIONS, seconds=600)
    return found.server_cpu_seconds + found.database_cpu_seconds
