"""Blocks over HTTP: over bookings, by local days, taken back by resource and start."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import TUESDAY_TEN, Place

CONTACT = {"name": "Ada", "email": "ada@b.example"}
TUESDAY = {"first_on": "2026-06-02", "last_on": "2026-06-02"}


def booked(place: Place) -> dict[str, Any]:
    """Book a cut on Tuesday at ten."""
    body = {"offering_id": place.cut, "starts_at": TUESDAY_TEN, "contact": CONTACT}
    reply = place.staff.post("/v1/bookings", body)
    assert reply.status == 201, reply.body
    return reply.json


@pytest.mark.parametrize(("mode", "status"), [("list", "confirmed"), ("cancel", "cancelled")])
def test_a_block_over_bookings_lists_them_or_calls_them_off(
    place: Place, mode: str, status: str
) -> None:
    """AC-B03, AC-K07, R-41."""
    booking = booked(place)
    path = f"/v1/resources/{place.chair}/blocks"

    refused = place.owner.post(path, TUESDAY)
    block = place.owner.post(path, {**TUESDAY, "when_booked": mode, "reason": "paint"})

    affected = [{"kind": "booking", "id": booking["booking_id"]}]
    assert (refused.code, refused.json["affected"]) == ("record.in_use", affected)
    assert (block.status, block.json["affected"], block.json["is_more"]) == (201, affected, False)
    assert place.staff.get(f"/v1/bookings/{booking['booking_id']}").json["status"] == status
    assert place.owner.get(f"/v1/blocks/{block.json['block_id']}").json["is_settling"] is False
    again = {"offering_id": place.cut, "starts_at": TUESDAY_TEN, "contact": CONTACT}
    assert place.staff.post("/v1/bookings", again).json["reason"] == "blocked"


def test_the_bookings_of_a_blocked_class_are_called_off(place: Place) -> None:
    """AC-K07: through the slot whose room it takes."""
    room = place.owner.post("/v1/resources", {"name": "Hall"}).json["resource_id"]
    body = {
        "slug": "yoga",
        "name": "Yoga",
        "duration_minutes": 60,
        "counting": "places",
        "slot_capacity": 5,
        "requirements": [{"resource_id": room}],
    }
    yoga = place.owner.post("/v1/offerings", body).json["offering_id"]
    slot = place.owner.post("/v1/slots", {"offering_id": yoga, "starts_at": TUESDAY_TEN}).json
    wanted = {"slot_id": slot["slot_id"], "contact": CONTACT}
    booking = place.staff.post("/v1/bookings", wanted).json

    block = place.owner.post(
        "/v1/blocks", {"resource_id": room, **TUESDAY, "when_booked": "cancel"}
    ).json
    blocked = place.owner.get(f"/v1/slots/{slot['slot_id']}").json
    refused = place.staff.post("/v1/bookings", wanted)
    place.owner.delete(f"/v1/blocks/{block['block_id']}")

    assert [one["kind"] for one in block["affected"]] == ["booking", "slot"]
    assert place.staff.get(f"/v1/bookings/{booking['booking_id']}").json["status"] == "cancelled"
    assert (blocked["status"], blocked["blocked_by"], blocked["is_settling"]) == (
        "blocked",
        block["block_id"],
        False,
    )
    assert (refused.code, refused.json["reason"]) == ("availability.closed", "slot_blocked")
    assert place.owner.get(f"/v1/slots/{slot['slot_id']}").json["status"] == "open"


def test_a_block_is_taken_back_by_its_resource_and_start(place: Place) -> None:
    """P-044."""
    path = f"/v1/resources/{place.chair}/blocks"
    block = place.owner.post(path, TUESDAY).json

    removed = place.owner.delete(path, {"starts_at": block["starts_at"]})
    again = place.owner.delete(path, {"starts_at": block["starts_at"]})

    assert (removed.status, removed.json["status"]) == (200, "removed")
    assert removed.json["block_id"] == block["block_id"]
    assert (again.status, again.code) == (404, "record.not_found")


def test_who_may_not_cancel_bookings_calls_none_off_by_a_block(place: Place) -> None:
    booking = booked(place)

    reply = place.staff.post(
        "/v1/blocks", {"resource_id": place.chair, **TUESDAY, "when_booked": "cancel"}
    )

    assert reply.status == 403
    assert place.staff.get(f"/v1/bookings/{booking['booking_id']}").json["status"] == "confirmed"
