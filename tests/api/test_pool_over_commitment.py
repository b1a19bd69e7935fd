"""Pools that are over their capacity, over HTTP: what becomes free is not sold meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any

from holdfast.bootstrap import Engine
from tests.api.driver import Reply
from tests.api.shops import ADA, Shop

NOON = "2026-06-01T12:00:00Z"


def listed(shop: Shop, offering_id: str) -> list[Any]:
    """What is offered at noon, and how much of it."""
    query = [("offering_id", offering_id), ("from", NOON), ("to", "2026-06-01T13:00:00Z")]
    reply = shop.page.get("/v1/availability", query)
    assert reply.status == 200, reply.body
    return [one["remaining"] for one in reply.json["slots"] if one["starts_at"] == NOON]


def test_a_chair_that_becomes_free_while_another_one_is_over_is_not_sold(
    engine: Engine, runner: asyncio.Runner
) -> None:
    """AC-C10, AC-E05: listed, asked for and booked alike."""
    shop = Shop(engine, runner)
    chairs = [shop.room(name) for name in ("C1", "C2")]
    any_of = {"resource_ids": chairs, "choosing": "any_of", "members": 1}
    cut = shop.offering("cut", requirements=[any_of])

    def book(**more: object) -> Reply:
        body = {"offering_id": cut, "starts_at": NOON, "contact": ADA, **more}
        return shop.owner.post("/v1/bookings", body)

    _, second = book(), book()
    third = book(resource_ids=[chairs[0]], override={"reason": "a friend", "capacity": True})
    shop.owner.post(f"/v1/bookings/{second.json['booking_id']}/cancel")
    while_over = listed(shop, cut), book(), book(resource_ids=[chairs[1]])
    shop.owner.post(f"/v1/bookings/{third.json['booking_id']}/cancel")

    assert third.status == 201, third.body
    assert while_over[0] == []
    assert [one.code for one in while_over[1:]] == ["capacity.exceeded"] * 2
    assert listed(shop, cut) == [1]
    assert book().json["assigned"][0]["name"] == "C2"
