"""The golden tests 6, 8, 9 and 20 of the acceptance table, through the API."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from holdfast.api.app import create_app
from holdfast.bootstrap import Engine
from holdfast.domain.access import Role
from holdfast.testing.clocks import ManualClock
from holdfast.workers.expire import expire_holds
from tests.api.conftest import secret_of
from tests.api.driver import Reply, ask, scope_of
from tests.api.gateway_for_tests import ThreadGateway
from tests.api.shops import ADA, Shop

JUNE = "2026-06-"


def thing(shop: Shop, name: str, capacity: int | None = 1) -> str:
    """Add something that everybody may book by dates."""
    body = {"name": name, "capacity": capacity, "scheme": "dated", "is_bookable_alone": True}
    return str(shop.made("/v1/resources", body)["resource_id"])


class Region:
    """A region with setups and operators in two pools, and missions that need one of each."""

    def __init__(
        self, shop: Shop, *, setup_count: int, operator_count: int, **fields: object
    ) -> None:
        self.shop = shop
        self.setups = [thing(shop, f"Setup {i}") for i in range(1, setup_count + 1)]
        self.operators = [thing(shop, f"Operator {i}") for i in range(1, operator_count + 1)]
        self.setup_pool = self._pool("Setups", self.setups)
        self.operator_pool = self._pool("Operators", self.operators)
        body = {
            "slug": "mission",
            "name": "Mission",
            "shape": "days",
            "requirements": [
                {"pool_id": self.setup_pool, "choosing": "any_of", "role": "setup"},
                {"pool_id": self.operator_pool, "choosing": "any_of", "role": "operator"},
            ],
            **fields,
        }
        self.mission = str(shop.made("/v1/offerings", body)["offering_id"])

    def _pool(self, name: str, ids: list[str]) -> str:
        body = {"name": name, "resource_ids": ids}
        return str(self.shop.made("/v1/pools", body)["pool_id"])

    def book(self, day: int, **more: object) -> Reply:
        """Ask for a mission on a date in June."""
        body = {"offering_id": self.mission, "dates": [f"{JUNE}{day:02}"], "contact": ADA, **more}
        return self.shop.page.post("/v1/bookings", body)

    def check(self, day: int, **more: object) -> dict[str, Any]:
        """Ask whether a mission could be booked."""
        body = {"offering_id": self.mission, "dates": [f"{JUNE}{day:02}"], **more}
        reply = self.shop.page.post("/v1/availability/check", body)
        assert reply.status == 200, reply.body
        return reply.json


def hold_of(shop: Shop, resource_id: str, *days: int, **more: object) -> Reply:
    """Ask for a hold of a resource by itself on dates in June."""
    body = {"resource_id": resource_id, "dates": [f"{JUNE}{day:02}" for day in days], **more}
    return shop.page.post("/v1/holds", body)


def dates_of(alternatives: list[dict[str, Any]]) -> list[str]:
    """Return the days in June of alternatives of one date each."""
    return [day.removeprefix(JUNE) for other in alternatives for day in other["dates"]]


def test_golden_6_fraser_is_held_on_scattered_dates_and_only_the_full_date_is_not_available(
    engine: Engine, runner: asyncio.Runner
) -> None:
    """AC-B11, AC-C09, AC-L03 (R-14, R-30, R-31, R-44, R-46, U-03)."""
    shop = Shop(engine, runner)
    fraser = thing(shop, "Fraser", 2)
    hold_of(shop, fraser, 16, quantity=2)
    asked = {"resource_id": fraser, "dates": [f"{JUNE}15", f"{JUNE}17"]}
    first = shop.page.post("/v1/holds", asked, Idempotency_Key="token")
    again = shop.page.post("/v1/holds", asked, Idempotency_Key="token")
    other = shop.page.post("/v1/holds", {**asked, "quantity": 2}, Idempotency_Key="token")

    query = {"resource_id": fraser, "by": "day", "first_on": f"{JUNE}15", "last_on": f"{JUNE}17"}
    found = shop.page.get("/v1/availability", query).json
    short = shop.page.post(
        "/v1/holds", {"resource_id": fraser, "first_on": f"{JUNE}15", "last_on": f"{JUNE}17"}
    )

    assert (first.status, first.json["status"]) == (201, "active")
    assert first.json["dates"] == [f"{JUNE}15", f"{JUNE}17"]
    assert (again.status, again.body) == (201, first.body)
    assert (other.status, other.code) == (422, "request.key_reused")
    shown = [(day["date"], day["is_available"], day["remaining"]) for day in found["days"]]
    assert shown == [(f"{JUNE}15", True, 1), (f"{JUNE}16", False, 0), (f"{JUNE}17", True, 1)]
    assert (found["all_dates_available"], found["unavailable_dates"]) == (False, [f"{JUNE}16"])
    assert (short.status, short.code) == (409, "capacity.exceeded")
    assert short.json["dates"] == [{"date": f"{JUNE}16", "requested": 1, "remaining": 0}]
    assert len(short.json["alternatives"]) == 5


def test_golden_8_what_is_left_is_the_least_of_free_setups_and_free_operators(
    engine: Engine, runner: asyncio.Runner
) -> None:
    """AC-C11, AC-E07 (D-04, D-05, D-25, C-11)."""
    shop = Shop(engine, runner)
    region = Region(shop, setup_count=5, operator_count=4)
    for setup in region.setups[:2]:
        assert hold_of(shop, setup, 15).status == 201

    two_used = region.check(15)["availability"]
    for operator in region.operators[:2]:
        assert hold_of(shop, operator, 15).status == 201
    two_operators = region.check(15)["availability"]
    on_16 = [hold_of(shop, operator, 16).status for operator in region.operators[:2]]
    next_day = region.check(16)["availability"]

    assert (two_used["is_available"], two_used["remaining"]) == (True, 3)
    tally = {
        one["role"]: (one["total"], one["used"], one["free"]) for one in two_used["requirements"]
    }
    assert tally == {"setup": (5, 2, 3), "operator": (4, 0, 4)}
    assert (two_operators["remaining"], on_16, next_day["remaining"]) == (2, [201, 201], 2)


def test_golden_9_a_component_that_is_too_small_for_the_party_is_named(
    engine: Engine, runner: asyncio.Runner
) -> None:
    """AC-B12, AC-D21 (D-06, D-13, D-25, D-26)."""
    shop = Shop(engine, runner)
    modules = [
        {"key": "theory", "name": "Theory", "capacity": 20},
        {"key": "practice", "name": "Module X", "capacity": 12},
    ]
    region = Region(shop, setup_count=1, operator_count=1, components=modules)
    both = {"components": ["theory", "practice"], "party_size": 15}

    refused = region.book(15, **both)
    checked = region.check(15, **both)

    assert (refused.status, refused.code) == (409, "capacity.exceeded")
    assert (refused.json["requested"], refused.json["remaining"]) == (15, 12)
    assert refused.json["limited_by"] == "practice"
    assert "limited by Module X" in refused.json["detail"]
    assert checked["can_book"] is False
    assert checked["capacity"] == {
        "is_valid": False,
        "capacity_max": 12,
        "requested": 15,
        "limited_by": "practice",
        "message": refused.json["detail"],
    }
    assert checked["availability"]["is_available"] is True
    assert checked["refusal"] == {
        name: value
        for name, value in refused.json.items()
        if name not in {"instance", "alternatives"}
    }


def test_golden_9_a_full_date_gets_the_next_five_dates_and_gaps_are_left_out(
    engine: Engine, runner: asyncio.Runner
) -> None:
    """AC-B13 (D-14, D-29)."""
    shop = Shop(engine, runner)
    region = Region(shop, setup_count=1, operator_count=1)
    assert [region.book(day).status for day in (15, 17, 18)] == [201] * 3

    refused = region.book(15)
    checked = region.check(15)
    suggested = shop.page.get(
        "/v1/availability/next", {"offering_id": region.mission, "first_on": f"{JUNE}15"}
    ).json

    expected = ["16", "19", "20", "21", "22"]
    assert dates_of(refused.json["alternatives"]) == expected
    assert dates_of(checked["alternatives"]) == expected
    assert dates_of(suggested["slots"]) == expected


def test_golden_9_the_first_of_two_pendings_gets_the_last_setup_and_the_second_stays_pending(
    engine: Engine, runner: asyncio.Runner
) -> None:
    """AC-D03, AC-D05 (D-02, D-03, D-15, D-18, D-28)."""
    shop = Shop(engine, runner)
    region = Region(
        shop, setup_count=1, operator_count=2, is_approved_by_hand=True, pending_takes=False
    )
    paths = [f"/v1/bookings/{region.book(15).json['booking_id']}" for _ in range(2)]
    before = shop.page.get(paths[1]).json

    confirmed = shop.owner.post(f"{paths[0]}/confirm")
    refused = shop.owner.post(f"{paths[1]}/confirm")

    assert (before["is_pending"], before["is_confirmed"], before["assigned"]) == (True, False, [])
    assert (confirmed.status, confirmed.json["is_confirmed"]) == (200, True)
    assert [(one["role"], one["name"]) for one in confirmed.json["assigned"]] == [
        ("setup", "Setup 1"),
        ("operator", "Operator 1"),
    ]
    assert (refused.status, refused.code) == (409, "capacity.exceeded")
    assert refused.json["limited_by"] == region.setup_pool
    assert dates_of(refused.json["alternatives"]) == ["16", "17", "18", "19", "20"]
    assert shop.page.get(paths[1]).json == before


def test_golden_20_a_thousand_expired_holds_are_cleaned_up(
    engine: Engine, clock: ManualClock, runner: asyncio.Runner
) -> None:
    """AC-C08 (R-78): 100 holds of ten places each; the work itself is counted by the library's."""
    shop = Shop(engine, runner)
    beach = thing(shop, "Beach", 1_000)
    placed = [hold_of(shop, beach, 15, quantity=10).status for _ in range(100)]
    full = hold_of(shop, beach, 15)
    clock.advance(minutes=15)  # a page's holds last no longer

    released = expire_holds(engine)
    listed = shop.owner.get("/v1/holds", {"status": "expired", "limit": "200"}).json["items"]
    again = hold_of(shop, beach, 15, quantity=1_000)

    assert (placed, full.code) == ([201] * 100, "capacity.exceeded")
    assert released == {"released": 100}
    assert len(listed) == 100
    assert again.status == 201


@pytest.mark.race
def test_golden_20_a_hundred_distinct_bookings_at_once_all_succeed(
    engine: Engine, runner: asyncio.Runner
) -> None:
    """AC-C10, AC-B10 (B-196): starts a minute apart, half an hour long."""
    shop = Shop(engine, runner)
    lawn = shop.room("Lawn", 30)
    desk = engine.tenant("shop")
    app = create_app(ThreadGateway(engine))
    headers = [
        (b"authorization", f"Bearer {secret_of(desk, Role.STAFF)}".encode()),
        (b"content-type", b"application/json"),
    ]
    first = datetime(2026, 6, 4, 10, tzinfo=UTC)

    async def book(number: int) -> str:
        starts_at = first + number * timedelta(minutes=1)
        body = {
            "resource_id": lawn,
            "starts_at": starts_at.isoformat(),
            "ends_at": (starts_at + timedelta(minutes=30)).isoformat(),
            "contact": {"name": f"Guest {number}"},
        }
        while True:
            scope = scope_of("POST", "/v1/bookings", headers=headers)
            reply = await ask(app, scope, [json.dumps(body).encode()])
            if reply.status != 503:
                return "booked" if reply.status == 201 else reply.code

    async def crowd() -> list[str]:
        return list(await asyncio.gather(*(book(number) for number in range(100))))

    outcomes = runner.run(crowd())

    assert Counter(outcomes) == {"booked": 100}
