"""Locations over HTTP: a link into a call is shown to staff, and to whoever is confirmed."""

from __future__ import annotations

import asyncio

import pytest

from holdfast.bootstrap import Engine
from tests.api.shops import ADA, Shop

NOON = "2026-06-01T12:00:00Z"
CALL = {"kind": "virtual", "url": "https://call.example/1", "text": "By video"}
WITHOUT = {"kind": "virtual", "text": "By video"}


@pytest.fixture
def shop(engine: Engine, runner: asyncio.Runner) -> Shop:
    """A business."""
    return Shop(engine, runner)


def test_a_link_into_a_call_is_shown_once_the_booking_is_confirmed(shop: Shop) -> None:
    """AC-A07, B-169: not in the catalogue, and not while it waits for a yes."""
    visit = shop.offering("visit", shop.room(), location=CALL, is_approved_by_hand=True)
    body = {"offering_id": visit, "starts_at": NOON, "contact": ADA}
    path = f"/v1/bookings/{shop.page.post('/v1/bookings', body).json['booking_id']}"

    waiting = shop.page.get(f"{path}/location").json
    by_staff = shop.owner.get(f"{path}/location").json
    shop.owner.post(f"{path}/confirm")
    confirmed = shop.page.get(f"{path}/location").json
    shop.page.post(f"{path}/cancel")
    cancelled = shop.page.get(f"{path}/location").json

    assert [waiting, confirmed, cancelled] == [
        {"location": WITHOUT},
        {"location": CALL},
        {"location": WITHOUT},
    ]
    assert by_staff == {"location": CALL}
    shown = [client.get(f"/v1/offerings/{visit}").json for client in (shop.page, shop.owner)]
    listed = [client.get("/v1/offerings").json["items"][0] for client in (shop.page, shop.owner)]
    assert [one["location"] for one in shown] == [one["location"] for one in listed]
    assert [one["location"] for one in shown] == [WITHOUT, CALL]


def test_a_location_that_leads_nowhere_is_refused(shop: Shop) -> None:
    """AC-A07."""
    visit = shop.offering("visit", shop.room())

    reply = shop.owner.patch(f"/v1/offerings/{visit}", {"location": {"kind": "virtual"}})

    assert reply.status == 422
    assert [one["pointer"] for one in reply.json["errors"]] == ["/location/url"]
