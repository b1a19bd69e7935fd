"""Three saturated servers on one SQLite file: each gets its share, and nobody is told "busy"."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from holdfast.bootstrap import Engine
from tests.engine.businesses import add_class, add_room, add_slot
from tests.lending import Lending
from tests.races.clients import Client, crowd
from tests.races.servers import Server, serving
from tests.races.sites import Shop, Site, ahead

SERVERS, CLIENTS = 3, 18
LOAD_SECONDS = 6.0
LEAST_SHARE = 0.2

_BATCHES = re.compile(rb"^holdfast_batch_size_count ([0-9.e+]+)$", re.MULTILINE)


async def commits(client: Client, shop: Shop) -> float:
    """Return how many batches a server has run; under this load each is a commit."""
    found = _BATCHES.search((await client.ask(shop.requests.get("/metrics"))).body)
    assert found is not None
    return float(found[1])


async def load(
    servers: Sequence[Server], shop: Shop, slot_id: str
) -> tuple[Counter[int], list[float]]:
    """Keep all servers busy for a while; return the replies by status, and each one's commits."""
    request = shop.requests.post("/v1/holds", {"slot_id": slot_id})
    statuses: Counter[int] = Counter()

    async def press(client: Client) -> None:
        while time.monotonic() < until:
            statuses[(await client.ask(request)).status] += 1

    async with crowd(servers, shop.requests, count=CLIENTS) as clients:
        asked = clients[:SERVERS]
        before = [await commits(client, shop) for client in asked]
        until = time.monotonic() + LOAD_SECONDS
        await asyncio.gather(*(press(client) for client in clients))
        after = [await commits(client, shop) for client in asked]
    return statuses, [late - early for early, late in zip(before, after, strict=True)]


def test_each_of_three_saturated_servers_gets_a_fifth_of_the_commits(
    lending: Lending, tmp_path: Path, measured: Callable[..., None]
) -> None:
    url = lending.copy("sqlite")
    engine = Engine.open(url, migrate=False)
    with serving(url, tmp_path, count=SERVERS) as servers:
        shop = Site(url=url, servers=servers, engine=engine).open_shop()
        hall = add_room(shop.desk)
        concert = add_class(shop.desk, "concert", hall, places=100_000, openings=())
        evening = add_slot(shop.desk, concert, ahead(20))

        statuses, each = asyncio.run(load(servers, shop, evening.slot_id))

    shares = [count / sum(each) for count in each]
    measured(
        commits=each,
        shares=[round(share, 3) for share in shares],
        **{str(status): count for status, count in statuses.items()},
    )
    assert statuses.keys() == {201}
    assert min(shares) >= LEAST_SHARE, f"{each} commits"
    assert shop.books.used(f"slot:{evening.slot_id}") == [statuses[201]]
    assert shop.books.violations() == []
    engine.close()
