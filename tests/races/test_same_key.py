"""The same request twenty times at once, over two servers: one effect, and one answer for all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from holdfast.domain.bookings import Booking
from holdfast.domain.claims import Claim
from holdfast.domain.offerings import Offering
from tests.engine.businesses import add_class, add_offering, add_room
from tests.races.clients import Reply, counts, crowd, together, wire_instant
from tests.races.sites import Shop, Site, ahead

CLIENTS = 20
CONTACT = {"contact": {"name": "Ada", "email": "ada@example.com"}}


def of_a_room(shop: Shop) -> Offering:
    return add_offering(shop.desk, "meeting", add_room(shop.desk))


def of_a_fresh_class(shop: Shop) -> Offering:
    return add_class(shop.desk, "yoga", add_room(shop.desk), places=30)


def of_what_is_unlimited(shop: Shop) -> Offering:
    """Nothing is locked for this: only the key itself stands between two servers."""
    return add_offering(shop.desk, "stream", add_room(shop.desk, capacity=None))


def rush(site: Site, shop: Shop, requests: Sequence[bytes]) -> list[Reply]:
    async def race() -> list[Reply]:
        async with crowd(site.servers, shop.requests, count=len(requests)) as clients:
            return await together(clients, requests)

    return asyncio.run(race())


@pytest.mark.parametrize("open_offering", [of_a_room, of_a_fresh_class, of_what_is_unlimited])
def test_one_request_sent_twenty_times_is_done_once_and_answered_alike(
    site: Site, measured: Callable[..., None], open_offering: Callable[[Shop], Offering]
) -> None:
    shop = site.open_shop()
    offering_id = open_offering(shop).offering_id
    body = {"offering_id": offering_id, "starts_at": wire_instant(ahead()), **CONTACT}
    request = shop.requests.post("/v1/bookings", body, key="once")

    replies = rush(site, shop, [request] * CLIENTS)
    later = rush(site, shop, [request] * 2)

    measured(**counts(replies), replayed=sum(reply.is_replayed for reply in replies))
    assert counts(replies) == {"201": CLIENTS}
    assert len({reply.body for reply in [*replies, *later]}) == 1
    assert {reply.server.pid for reply in replies} == {server.pid for server in site.servers}
    assert sum(not reply.is_replayed for reply in replies) == 1
    assert [reply.is_replayed for reply in later] == [True, True]
    (booking,) = shop.books.records(Booking)
    assert isinstance(booking, Booking)
    assert booking.booking_id == replies[0].said["booking_id"]
    owned = [c for c in shop.books.records(Claim) if c.owner_id == booking.booking_id]
    assert len(owned) == 1
    assert shop.books.violations() == []


def test_one_key_for_different_requests_is_given_to_one_of_them(
    site: Site, measured: Callable[..., None]
) -> None:
    shop = site.open_shop()
    offering_id = of_what_is_unlimited(shop).offering_id
    starts = [wire_instant(ahead(hour)) for hour in range(10, 20)]
    requests = [
        shop.requests.post(
            "/v1/bookings", {"offering_id": offering_id, "starts_at": start, **CONTACT}, key="once"
        )
        for start in starts
        for _ in range(2)
    ]

    replies = rush(site, shop, requests)

    measured(**counts(replies))
    assert counts(replies) == {"201": 2, "422 request.key_reused": CLIENTS - 2}
    assert len({reply.body for reply in replies if reply.status == 201}) == 1
    assert len(shop.books.records(Booking)) == 1
    assert shop.books.violations() == []


def test_without_a_key_every_request_is_done(site: Site) -> None:
    shop = site.open_shop()
    offering_id = of_what_is_unlimited(shop).offering_id
    body = {"offering_id": offering_id, "starts_at": wire_instant(ahead()), **CONTACT}

    replies = rush(site, shop, [shop.requests.post("/v1/bookings", body)] * CLIENTS)

    assert counts(replies) == {"201": CLIENTS}
    assert len({reply.said["booking_id"] for reply in replies}) == CLIENTS
    assert len(shop.books.records(Booking)) == CLIENTS
