"""The golden tests 11 to 14 and 17 of the acceptance table, through the API; and quotes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.price_rules import PriceRule
from holdfast.domain.terms import Terms
from tests.api.conftest import TUESDAY_TEN, Place
from tests.api.shops import ADA, Shop
from tests.engine.priced import CASES, OFFERS, Case
from tests.unit.pricing import seed_rules

LONGEST_MINUTES = 10 * 24 * 60


@pytest.fixture
def memory_engine(engine: Engine) -> Engine:
    """An engine over each database in turn: what golden tests say holds on both."""
    return engine


def rule_sent(rule: PriceRule) -> dict[str, Any]:
    return {
        "rule_id": rule.rule_id,
        "label": rule.label,
        "mode": rule.mode.value,
        "condition": rule.condition,
        "amount_minor": rule.amount_minor,
        "block_minutes": rule.block_minutes,
    }


def terms_sent(terms: Terms) -> dict[str, Any]:
    return {
        "order_total_minor": terms.order_total_minor,
        "customer_attributes": terms.attributes,
    }


def request_of(case: Case, offering_id: str) -> dict[str, Any]:
    return {
        "offering_id": offering_id,
        "starts_at": case.starts_at.isoformat(),
        "ends_at": (case.starts_at + case.length).isoformat(),
        "party_size": case.party_size,
        **terms_sent(case.terms),
    }


def test_golden_11_to_14_and_17_the_price_is_the_same_quoted_held_converted_and_booked(
    engine: Engine, runner: asyncio.Runner
) -> None:
    """AC-F01, AC-F02, AC-F03, AC-F06, AC-F09 (B-098..109, C-12..C-16)."""
    shop = Shop(engine, runner, zone="Europe/Paris")
    ids = {
        offer.slug: shop.offering(
            offer.slug,
            rules=(),
            shape="free",
            is_always_open=True,
            length_max_minutes=LONGEST_MINUTES,
            price={"amount_minor": offer.price_minor},
            price_unit=offer.unit.value,
            price_rules=[rule_sent(rule) for rule in seed_rules(list(offer.tiers))],
        )
        for offer in OFFERS
    }
    totals = {}

    for case in CASES:
        body = request_of(case, ids[case.offer.slug])
        quoted = shop.owner.post("/v1/quotes", body)
        held = shop.made("/v1/holds", body)
        converted = shop.made(f"/v1/holds/{held['hold_id']}/convert", {"contact": ADA})
        booked = shop.made("/v1/bookings", {**body, "contact": ADA})
        totals[case.name] = quoted.json["price"]
        for record in (held, converted, booked):
            assert record["price"] == quoted.json["price"]
            assert record["price_lines"] == quoted.json["price_lines"]
            assert record["order_total_minor"] == case.terms.order_total_minor
            assert record["customer_attributes"] == case.terms.attributes

    assert totals == {
        case.name: {"amount_minor": case.expected, "currency": "EUR"} for case in CASES
    }


def test_a_quote_says_every_line_and_its_reason(place: Place) -> None:
    """AC-F06."""
    rules = [
        {"label": "Tuesday", "mode": "percent", "condition": "dayOfWeek == 2", "basis_points": -500}
    ]
    changed = place.owner.patch(f"/v1/offerings/{place.cut}", {"price_rules": rules})
    body = {"offering_id": place.cut, "starts_at": TUESDAY_TEN}

    quoted = place.page.post("/v1/quotes", body)

    assert changed.status == 200
    assert (quoted.status, quoted.json) == (
        200,
        {
            "price": {"amount_minor": 2_375, "currency": "EUR"},
            "price_lines": [
                {
                    "kind": "price",
                    "label": "",
                    "quantity": "1",
                    "unit": "per_booking",
                    "unit_amount_minor": 2_500,
                    "amount_minor": 2_500,
                    "reason": "offering",
                    "detail": "The price of the offering.",
                    "rule_id": None,
                    "condition": None,
                    "promo_id": None,
                },
                {
                    "kind": "percent",
                    "label": "Tuesday",
                    "quantity": "1",
                    "unit": "per_booking",
                    "unit_amount_minor": -125,
                    "amount_minor": -125,
                    "reason": "rule",
                    "detail": "Rule 'Tuesday'.",
                    "rule_id": "rule-1",
                    "condition": "dayOfWeek == 2",
                    "promo_id": None,
                },
            ],
            "promo_refusals": [],
            "remarks": [],
        },
    )


def test_a_quote_writes_nothing_and_takes_nothing(place: Place) -> None:
    before = place.owner.get("/v1/availability", {"offering_id": place.cut}).json

    place.page.post("/v1/quotes", {"offering_id": place.cut, "starts_at": TUESDAY_TEN})

    assert place.owner.get("/v1/availability", {"offering_id": place.cut}).json == before


def test_staff_are_told_of_a_rule_that_could_not_be_judged_and_customers_are_not(
    place: Place,
) -> None:
    rules = [
        {
            "label": "Odd",
            "mode": "unit_override",
            "condition": "metadata.nights > 2",
            "amount_minor": 1,
        }
    ]
    believing = {"price_rules": rules, "believes_customers": True}
    place.owner.patch(f"/v1/offerings/{place.cut}", believing)
    body = {
        "offering_id": place.cut,
        "starts_at": TUESDAY_TEN,
        "metadata": {"nights": "three"},
    }

    by_staff, by_page = place.owner.post("/v1/quotes", body), place.page.post("/v1/quotes", body)

    assert [one["kind"] for one in by_staff.json["remarks"]] == ["condition_refused"]
    assert by_page.json["remarks"] == []
    assert by_staff.json["price"] == by_page.json["price"]


def test_a_bad_condition_is_answered_with_its_place(place: Place) -> None:
    bad = {"label": "Bad", "mode": "flat_total", "amount_minor": 1}
    rules = [{**bad, "condition": "participants >="}]

    reply = place.owner.patch(f"/v1/offerings/{place.cut}", {"price_rules": rules})

    assert reply.status == 422
    (error,) = reply.json["errors"]
    assert (error["pointer"], error["code"]) == ("/price_rules/0/condition", "bad_expression")
    assert error["detail"].startswith("Line 1, column 16: ")


def test_a_publishable_key_names_no_customer_and_claims_nothing_about_itself(place: Place) -> None:
    body = {"offering_id": place.cut, "starts_at": TUESDAY_TEN}
    customer = place.owner.post("/v1/customers", {"name": "Ada"}).json["customer_id"]

    replies = [
        place.page.post("/v1/quotes", {**body, "customer_id": customer}),
        place.page.post("/v1/quotes", {**body, "order_total_minor": 1}),
        place.page.post("/v1/holds", {**body, "customer_attributes": {"student": True}}),
    ]

    assert [(reply.status, reply.json["code"]) for reply in replies] == [(403, "access.denied")] * 3


@pytest.mark.parametrize(
    ("mode", "needed"),
    [
        ("unit_override", "amount_minor"),
        ("flat_total", "amount_minor"),
        ("surcharge", "amount_minor"),
        ("percent", "basis_points"),
    ],
)
def test_a_rule_that_does_not_say_how_much_is_refused(place: Place, mode: str, needed: str) -> None:
    """AC-F03: nothing is sold for nothing by mistake."""
    rules = [{"label": "Evening", "mode": mode, "condition": "hour >= 18"}]

    reply = place.owner.patch(f"/v1/offerings/{place.cut}", {"price_rules": rules})

    assert (reply.status, reply.code) == (422, "input.invalid")
    assert [fault["pointer"] for fault in reply.json["errors"]] == [f"/price_rules/0/{needed}"]
