"""Places to measure at: a database, a business in it, and servers on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from holdfast.bench.grounds import Ground, Servers, ground, serving
from holdfast.bench.load import Journey, Load, run
from holdfast.bench.options import Options
from holdfast.bench.shops import Shop, first_instant, open_shop
from holdfast.bootstrap import Engine
from holdfast.domain.offerings import Counting
from holdfast.engine.offerings import AddOffering
from holdfast.engine.slots import AddSlot

WARM_SECONDS_MAX = 60.0
WARM_JOURNEYS = 20
"""So many for each connection, before anything is measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where it is measured.

    Attributes:
        ground: The database.
        engine: Holdfast in this process, to prepare and to compare.
        shop: A business.
        servers: Holdfast as users run it.
    """

    ground: Ground
    engine: Engine
    shop: Shop
    servers: Servers


@contextmanager
def placed(options: Options, *, servers: int | None = None) -> Iterator[Place]:
    """Open a business on a database of its own, and serve it."""
    with ground(options.url) as found:
        engine = Engine.open(found.url)
        try:
            shop = open_shop(engine, options.new_slug())
            count = options.servers if servers is None else servers
            with serving(found.url, found.folder, count=count) as running:
                yield Place(ground=found, engine=engine, shop=shop, servers=running)
        finally:
            engine.close()


def warm_up(place: Place, asked: Iterator[Journey], *, connections: int) -> None:
    """Send some journeys that are not measured.

    Raises:
        RuntimeError: Not one of them went through: there is nothing to measure.
    """
    journeys = list(islice(asked, WARM_JOURNEYS * connections))
    load = Load(ports=place.servers.ports, connections=connections, seconds=WARM_SECONDS_MAX)
    done = run(load, journeys, folder=place.ground.folder)
    if not done.journeys:
        message = f"No request went through: {done.statuses}"
        raise RuntimeError(message)


def open_event(shop: Shop, *, places: int) -> str:
    """Add one event with so many places, and return its slot's id."""
    offering = shop.desk.offerings.add(
        AddOffering(
            slug="event",
            name="Event",
            counting=Counting.PLACES,
            slot_capacity=places,
            duration=timedelta(hours=3),
        )
    )
    slot_id = shop.desk.slots.new_id()
    shop.desk.slots.add(
        AddSlot(slot_id=slot_id, offering_id=offering.offering_id, starts_at=first_instant())
    )
    return str(slot_id)
