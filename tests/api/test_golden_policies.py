"""The golden tests 15 and 19 of the acceptance table, through the API, on each database."""

from __future__ import annotations

import asyncio

import pytest

from holdfast.bootstrap import Engine
from holdfast.testing.clocks import ManualClock
from tests.api.shops import Shop
from tests.engine.businesses import at

WEEK_MINUTES = 60 * 24 * 7


@pytest.fixture
def shop(engine: Engine, runner: asyncio.Runner) -> Shop:
    """A business: it is 08:00 on Monday, 1 June 2026."""
    return Shop(engine, runner)


def test_golden_15_an_exam_cancelled_eight_days_before_gives_half_back_and_six_days_before_nothing(
    shop: Shop, clock: ManualClock
) -> None:
    """AC-K01, AC-K02, C-52, C-53 (B-168): exactly at the cutoff is in time."""
    policy = {
        "cancellation": {
            "cutoff_minutes": WEEK_MINUTES,
            "tiers": [{"before_minutes": WEEK_MINUTES, "percent": 50}],
        }
    }
    price = {"amount_minor": 13_200, "currency": "EUR"}
    toeic = shop.offering("toeic", shop.room(capacity=2), policy=policy, price=price)
    paths = []
    for _ in range(2):
        booked = shop.book(toeic, "2026-06-11T08:00:00Z")
        assert booked.status == 201, booked.body
        paths.append(f"/v1/bookings/{booked.json['booking_id']}")
        paid = shop.owner.post(f"{paths[-1]}/paid", {"paid_minor": 13_200})
        assert paid.status == 200, paid.body
    early, late = paths
    by_customer = {"cancelled_by": "customer"}

    clock.set(at("08:00", day=2))
    cancelled = shop.owner.post(f"{early}/cancel", by_customer)
    clock.set(at("08:00", day=3))
    at_cutoff = shop.owner.get(f"{late}/cancellation")
    clock.set(at("08:00", day=4))
    refused = shop.owner.post(f"{late}/cancel", by_customer)

    half = {"amount_minor": 6_600, "currency": "EUR"}
    settled = cancelled.json["settlement"]
    assert (cancelled.json["status"], settled["percent"]) == ("cancelled", 50)
    assert (settled["refund"], settled["kept"], at_cutoff.json["refund"]) == (half, half, half)
    assert (refused.status, refused.code) == (409, "policy.cancellation_closed")
    assert (refused.json["limit"], refused.json["actual"]) == (604_800, 518_400)
    assert shop.owner.get(late).json["status"] == "confirmed"


def test_golden_19_the_seventh_within_the_hour_is_refused_and_100001_waits_for_a_yes(
    shop: Shop, clock: ManualClock
) -> None:
    """AC-D16, AC-D17, C-49 (B-188, B-189)."""
    policy = {
        "creation_limits": [{"most": 6, "window_seconds": 3_600}],
        "approval_above": {"amount_minor": 100_000, "currency": "EUR"},
    }
    room = shop.room(capacity=9)
    at_limit, above = (
        shop.offering(slug, room, policy=policy, price={"amount_minor": amount, "currency": "EUR"})
        for slug, amount in (("fair", 100_000), ("gala", 100_001))
    )
    made = [shop.book(at_limit, f"2026-06-{day:02}T12:00:00Z") for day in range(2, 7)]
    high = shop.book(above, "2026-06-07T12:00:00Z")

    refused = shop.book(at_limit, "2026-06-08T12:00:00Z")
    clock.advance(hours=1)
    later = shop.book(at_limit, "2026-06-08T12:00:00Z")

    assert [one.json["status"] for one in (*made, later)] == ["confirmed"] * 6
    assert (high.json["status"], high.json["pending_reasons"]) == ("pending", ["approval"])
    assert (refused.status, refused.code) == (409, "policy.limit_reached")
    assert (refused.json["limit"], refused.json["actual"]) == (6, 6)
