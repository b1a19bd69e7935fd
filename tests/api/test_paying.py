"""Confirming on payment, over HTTP: what staff record confirms what waits for it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holdfast.bootstrap import Engine
from tests.api.driver import Reply
from tests.api.shops import ADA, Shop

NOON = "2026-06-01T12:00:00Z"
PRICE = 4_000


@pytest.fixture
def shop(engine: Engine, runner: asyncio.Runner) -> Shop:
    """A business."""
    return Shop(engine, runner)


def asked(shop: Shop) -> str:
    """Book what has to be paid for, and return its path."""
    cut = shop.offering(
        "cut",
        shop.room(),
        price={"amount_minor": PRICE, "currency": "EUR"},
        policy={"needs_payment": True},
    )
    body = {"offering_id": cut, "starts_at": NOON, "contact": ADA}
    made = shop.page.post("/v1/bookings", body)
    assert shown(made, 201) == ["pending", ["payment"]]
    return f"/v1/bookings/{made.json['booking_id']}"


def shown(reply: Reply, status: int = 200) -> list[Any]:
    assert reply.status == status, reply.body
    return [reply.json["status"], reply.json["pending_reasons"]]


def test_a_booking_confirms_when_it_is_recorded_as_paid_and_a_retry_is_answered_alike(
    shop: Shop,
) -> None:
    """AC-D04, C-06."""
    path = asked(shop)
    key = {"idempotency_key": "paid-1"}

    partly = shop.owner.post(f"{path}/paid", {"paid_minor": PRICE - 1})
    paid = shop.owner.post(f"{path}/paid", {"paid_minor": PRICE}, **key)
    again = shop.owner.post(f"{path}/paid", {"paid_minor": PRICE}, **key)
    back = shop.owner.post(f"{path}/paid", {"paid_minor": PRICE, "refunded_minor": 1})

    assert shown(partly) == ["pending", ["payment"]]
    assert shown(paid) == shown(back) == ["confirmed", []]
    assert again.body == paid.body


def test_payment_is_recorded_by_staff_alone_and_in_whole_minor_units(shop: Shop) -> None:
    """AC-D04: nobody confirms by saying that they have paid."""
    path = asked(shop)

    by_customer = shop.page.post(f"{path}/paid", {"paid_minor": PRICE})
    by_nobody = shop.owner.with_key(None).post(f"{path}/paid", {"paid_minor": PRICE})
    wrong = [
        shop.owner.post(f"{path}/paid", body).status
        for body in (
            {},
            {"paid_minor": -1},
            {"paid_minor": "4000"},
            {"paid_minor": 40.5},
            {"paid_minor": 1, "refunded_minor": 2},
        )
    ]

    assert (by_customer.status, by_nobody.status) == (403, 401)
    assert wrong == [422] * 5
    assert shown(shop.owner.get(path)) == ["pending", ["payment"]]


def test_the_business_may_waive_the_payment_and_is_asked_before_it_is_paid_for(shop: Shop) -> None:
    path = asked(shop)

    said_yes = shop.owner.post(f"{path}/confirm")
    odd = shop.owner.post(f"{path}/confirm", {"waives_payment": "yes"})
    waived = shop.owner.post(f"{path}/confirm", {"waives_payment": True})

    assert shown(said_yes) == ["pending", ["payment"]]
    assert odd.status == 422
    assert shown(waived) == ["confirmed", []]
