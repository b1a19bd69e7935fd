"""Holds through the API: place, look, extend, let go."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.api.conftest import TUESDAY_TEN, Place
from tests.api.driver import Client

LATER = "2026-06-02T10:00:00Z"


def hold(client: Client, place: Place, **more: object) -> dict[str, object]:
    """Place a hold at ten on Tuesday."""
    body = {"offering_id": place.cut, "starts_at": TUESDAY_TEN, **more}
    reply = client.post("/v1/holds", body)
    assert reply.status == 201, reply.body
    return reply.json


PRICE_OF_THE_CUT = {
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
}


def test_a_hold_says_everything_about_itself(place: Place) -> None:
    """AC-C04."""
    body = {
        "offering_id": place.cut,
        "starts_at": TUESDAY_TEN,
        "ttl_seconds": 600,
        "client_key": "basket 7",
        "contact": {"name": "Ada", "email": "ada@b.example", "phone": "+33 6 12"},
        "metadata": {"cart": [1, 2]},
    }

    reply = place.staff.post("/v1/holds", body)

    shown = reply.json
    assert shown == {
        "hold_id": shown["hold_id"],
        "status": "active",
        "offering_id": place.cut,
        "resource_id": None,
        "slot_id": shown["slot_id"],
        "starts_at": TUESDAY_TEN,
        "ends_at": "2026-06-02T08:30:00Z",
        "dates": [],
        "party_size": 1,
        "resource_ids": [],
        "components": [],
        "assigned": [
            {
                "resource_id": place.chair,
                "name": "Sarah's chair",
                "units": 1,
                "role": "",
                "reason": "needed",
                "is_host_busy": False,
            }
        ],
        "price": {"amount_minor": 2_500, "currency": "EUR"},
        "price_lines": [PRICE_OF_THE_CUT],
        "promo_codes": [],
        "tickets": [],
        "order_total_minor": None,
        "customer_attributes": {},
        "client_key": "basket 7",
        "contact": {"name": "Ada", "email": "ada@b.example", "phone": "+33 6 12"},
        "placed_by": shown["placed_by"],
        "expires_at": "2026-06-01T08:10:00Z",
        "time_left_seconds": 600,
        "ceiling_at": "2026-06-01T10:00:00Z",
        "extension_count": 0,
        "booking_id": None,
        "metadata": {"cart": [1, 2]},
        "answers": {},
        "created_at": "2026-06-01T08:00:00Z",
        "ended_at": None,
        "version": 1,
    }
    assert reply.headers["location"] == f"/v1/holds/{shown['hold_id']}"
    assert reply.headers["etag"] == '"v1"'
    assert place.viewer.get(reply.headers["location"]).json == shown


def test_a_slot_of_the_availability_answer_can_be_held_by_its_id(place: Place) -> None:
    """AC-B07: the slot is stored nowhere until it is taken."""
    query = {"offering_id": place.cut, "from": TUESDAY_TEN}
    slot = place.page.get("/v1/availability", query).json["slots"][0]

    reply = place.page.post("/v1/holds", {"slot_id": slot["slot_id"]})

    assert (reply.status, reply.json["starts_at"]) == (201, slot["starts_at"])


@pytest.mark.parametrize(
    "choice",
    [
        {},
        {"offering_id": "cut"},
        {"starts_at": TUESDAY_TEN},
        {"slot_id": "slot", "offering_id": "cut"},
        {"slot_id": "slot", "starts_at": TUESDAY_TEN},
    ],
)
def test_a_hold_names_a_slot_or_an_offering_with_a_start(
    place: Place, choice: dict[str, str]
) -> None:
    real = {"cut": place.cut, "slot": f"slt_{place.cut[4:]}1n1x3c0"}
    body = {name: real.get(value, value) for name, value in choice.items()}

    reply = place.staff.post("/v1/holds", body)

    assert [fault["code"] for fault in reply.json["errors"]] == ["slot_choice"]


def test_time_runs_and_the_end_is_seen_at_once(place: Place) -> None:
    """AC-C08, C-03: whether or not a worker has been there."""
    path = f"/v1/holds/{hold(place.staff, place)['hold_id']}"

    place.clock.advance(minutes=29, seconds=59)
    last = place.staff.get(path).json
    place.clock.advance(seconds=1)
    over = place.staff.get(path).json

    assert (last["status"], last["time_left_seconds"]) == ("active", 1)
    assert (over["status"], over["time_left_seconds"], over["ended_at"]) == ("expired", 0, None)
    assert place.staff.get("/v1/holds", {"status": "active"}).json["items"] == []
    assert len(place.staff.get("/v1/holds").json["items"]) == 1


def test_a_hold_is_extended_up_to_its_ceiling(place: Place) -> None:
    """AC-C07."""
    path = f"/v1/holds/{hold(place.staff, place)['hold_id']}"
    place.clock.advance(minutes=20)

    longer = place.staff.post(f"{path}/extend", {"ttl_seconds": 3_600}).json
    ceiling = place.staff.post(f"{path}/extend", {"ttl_seconds": 604_800}).json

    assert (longer["expires_at"], longer["time_left_seconds"]) == ("2026-06-01T09:20:00Z", 3_600)
    assert (ceiling["expires_at"], ceiling["extension_count"]) == ("2026-06-01T10:00:00Z", 2)


def test_a_page_holds_for_a_quarter_of_an_hour_and_extends_once(place: Place) -> None:
    placed = hold(place.page, place, ttl_seconds=3_600)
    path = f"/v1/holds/{placed['hold_id']}"
    place.clock.advance(minutes=10)

    once = place.page.post(f"{path}/extend", {"ttl_seconds": 3_600})
    twice = place.page.post(f"{path}/extend")

    assert placed["time_left_seconds"] == 900
    assert (once.json["expires_at"], once.json["time_left_seconds"]) == (
        "2026-06-01T08:25:00Z",
        900,
    )
    assert (twice.status, twice.code) == (409, "policy.limit_reached")


@pytest.mark.parametrize("method", ["release", "delete"])
def test_letting_go_gives_the_place_back_and_may_be_repeated(place: Place, method: str) -> None:
    """AC-C06: POST …/release and DELETE do the same."""
    path = f"/v1/holds/{hold(place.page, place)['hold_id']}"

    def let_go() -> dict[str, object]:
        reply = (
            place.page.post(f"{path}/release") if method == "release" else place.page.delete(path)
        )
        assert reply.status == 200
        return reply.json

    first, second = let_go(), let_go()

    assert (first["status"], first["time_left_seconds"]) == ("released", 0)
    assert second == first
    assert hold(place.staff, place)["status"] == "active"


def test_everything_of_a_client_key_is_let_go_at_once(place: Place) -> None:
    """AC-C06 (R-33): the whole visit, and nobody else's."""
    first = hold(place.page, place, client_key="visit")["hold_id"]
    second = hold(place.page, place, client_key="visit", starts_at=LATER)["hold_id"]
    hold(place.page, place, client_key="other", starts_at="2026-06-02T12:00:00Z")
    hold(place.staff, place, client_key="visit", starts_at="2026-06-02T14:00:00Z")

    reply = place.page.post("/v1/holds/release", {"client_key": "visit"})

    released = {item["hold_id"]: item["status"] for item in reply.json["items"]}
    assert released == {first: "released", second: "released"}
    assert len(place.staff.get("/v1/holds", {"status": "active"}).json["items"]) == 2


def test_holds_are_listed_newest_first_and_filtered(place: Place) -> None:
    first = hold(place.staff, place, client_key="a")["hold_id"]
    place.clock.advance(seconds=1)
    second = hold(place.staff, place, client_key="b", starts_at=LATER)["hold_id"]
    place.staff.delete(f"/v1/holds/{first}")

    def ids(**query: object) -> list[str]:
        items = place.staff.get("/v1/holds", query).json["items"]
        return [item["hold_id"] for item in items]

    assert ids() == [second, first]
    assert ids(status="released") == [first]
    assert ids(status=["Active", "RELEASED"]) == [second, first]
    assert ids(client_key="b") == [second]
    assert ids(offering_id=place.cut, status="active") == [second]


def test_a_hold_that_ran_out_cannot_be_let_go_twice_over_but_is_no_error(place: Place) -> None:
    path = f"/v1/holds/{hold(place.staff, place)['hold_id']}"
    place.clock.set(datetime(2026, 6, 1, 9, tzinfo=UTC))

    reply = place.staff.post(f"{path}/release")

    assert (reply.status, reply.json["status"]) == (200, "expired")


def test_a_hold_instead_of_another_is_had_or_the_other_is_kept(place: Place) -> None:
    first = place.page.post("/v1/holds", {"offering_id": place.cut, "starts_at": TUESDAY_TEN})
    instead = {"offering_id": place.cut, "instead_of": first.json["hold_id"]}

    refused = place.page.post("/v1/holds", {**instead, "starts_at": "2026-06-02T01:00:00Z"})
    kept = place.page.get(first.headers["location"]).json["status"]
    second = place.page.post("/v1/holds", {**instead, "starts_at": TUESDAY_TEN})
    given = place.page.get(first.headers["location"]).json["status"]

    assert (refused.code, kept) == ("availability.closed", "active")
    assert (second.status, given) == (201, "released")
