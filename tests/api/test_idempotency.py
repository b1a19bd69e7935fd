"""Idempotency keys: the same request again has no second effect and gets the same bytes."""

from __future__ import annotations

import json

import pytest

from holdfast.api.app import ENDPOINTS
from tests.api.conftest import TUESDAY_TEN, Place
from tests.api.driver import Reply
from tests.api.subjects import SUBJECTS, Bazaar, query_of

WRITES = [e.name for e in ENDPOINTS if e.is_write and e.takes_idempotency_key]
AGAIN = "idempotency-replayed"


def without_again(reply: Reply) -> tuple[int, dict[str, str], bytes]:
    """Return an answer without the mark of a replay."""
    headers = {name: value for name, value in reply.headers.items() if name != AGAIN}
    return reply.status, headers, reply.body


@pytest.mark.parametrize("name", WRITES)
def test_a_repeated_request_gets_the_same_bytes_and_does_nothing(place: Place, name: str) -> None:
    """AC-C09, C-41: on every route that writes, later and with its keys in another order."""
    endpoint = next(e for e in ENDPOINTS if e.name == name)
    bazaar = Bazaar(place)
    asked = SUBJECTS[name](bazaar) if name in SUBJECTS else None
    path = asked.path if asked else bazaar.path_of(endpoint)
    body = asked.body if asked else None
    turned = dict(reversed(body.items())) if body else body
    query = query_of(name, bazaar)
    key = {"Idempotency-Key": f"the one key of {name}".replace(" ", "-")}

    first = place.owner.send(endpoint.method, path, query=query, body=body, headers=key)
    place.clock.advance(seconds=90)
    history_before = place.owner.get("/v1/history", {"limit": "200"}).json["items"]
    second = place.owner.send(endpoint.method, path, query=query, body=turned, headers=key)

    assert first.status == endpoint.status, first.body
    assert without_again(second) == without_again(first)
    assert (AGAIN in first.headers, second.headers[AGAIN]) == (False, "true")
    history_after = place.owner.get("/v1/history", {"limit": "200"}).json["items"]
    assert len(history_after) == len(history_before)


def test_the_same_key_for_another_request_is_refused(place: Place) -> None:
    body = {"offering_id": place.cut, "starts_at": TUESDAY_TEN}
    made = place.staff.post("/v1/holds", body, Idempotency_Key="k").json["hold_id"]

    other_body = place.staff.post("/v1/holds", {**body, "party_size": 2}, Idempotency_Key="k")
    place.staff.post(f"/v1/holds/{made}/extend", {}, Idempotency_Key="e")
    other_path = place.staff.post(f"/v1/holds/hld_{'0' * 26}/extend", {}, Idempotency_Key="e")

    assert [other_body.code, other_path.code] == ["request.key_reused"] * 2


def test_the_query_belongs_to_the_request(place: Place) -> None:
    path = f"/v1/resources/{place.chair}"
    place.owner.delete(path, "force=true", Idempotency_Key="k")

    reply = place.owner.delete(path, "force=false", Idempotency_Key="k")

    assert reply.code == "request.key_reused"


def test_keys_of_different_callers_and_routes_do_not_meet(place: Place) -> None:
    body = {"offering_id": place.cut, "starts_at": TUESDAY_TEN}
    first = place.staff.post("/v1/holds", body, Idempotency_Key="k")

    other_caller = place.page.post("/v1/holds", body, Idempotency_Key="k")
    other_route = place.staff.post("/v1/holds/release", {"client_key": "x"}, Idempotency_Key="k")

    assert (first.status, other_caller.code, other_route.status) == (201, "capacity.exceeded", 200)


def test_a_refusal_is_not_kept_and_may_be_tried_again(place: Place) -> None:
    body = {"offering_id": place.cut, "starts_at": TUESDAY_TEN}
    taken = place.staff.post("/v1/holds", body).json["hold_id"]
    refused = place.page.post("/v1/holds", body, Idempotency_Key="k")
    place.staff.delete(f"/v1/holds/{taken}")

    again = place.page.post("/v1/holds", body, Idempotency_Key="k")

    assert (refused.status, again.status, AGAIN in again.headers) == (409, 201, False)


def test_a_replay_names_the_place_of_the_first_answer(place: Place) -> None:
    body = {"label": "Room"}
    first = place.owner.post("/v1/categories", body, Idempotency_Key="k")

    second = place.owner.post("/v1/categories", body, Idempotency_Key="k")

    location = f"/v1/categories/{first.json['category_id']}"
    assert [first.headers["location"], second.headers["location"]] == [location] * 2
    assert len(place.owner.get("/v1/categories").json["items"]) == 1


@pytest.mark.parametrize(
    "key", ["", " ", "a b", "x" * 256, "é", "a\tb", "\x7f"], ids=lambda key: ascii(key)[:12]
)
def test_a_key_that_is_not_visible_ascii_of_255_characters_is_refused(
    place: Place, key: str
) -> None:
    reply = place.owner.post("/v1/categories", {"label": "x"}, Idempotency_Key=key)

    assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, "/Idempotency-Key")
    assert place.owner.get("/v1/categories").json["items"] == []


@pytest.mark.parametrize("key", ["!", "~" * 255, '"quoted"', "a,b;c=d"])
def test_every_visible_character_may_be_in_a_key(place: Place, key: str) -> None:
    reply = place.owner.post("/v1/categories", {"label": "x"}, Idempotency_Key=key)

    assert reply.status == 201


def test_two_keys_are_refused(place: Place) -> None:
    headers = [
        (b"authorization", f"Bearer {place.owner.key}".encode()),
        (b"idempotency-key", b"a"),
        (b"idempotency-key", b"b"),
    ]

    reply = place.owner.raw_header("DELETE", f"/v1/resources/{place.chair}", headers)

    assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, "/Idempotency-Key")


def test_making_a_key_takes_no_idempotency_key_since_the_secret_would_be_kept(
    place: Place,
) -> None:
    body = {"name": "k", "kind": "secret", "role": "viewer"}

    refused = place.owner.post("/v1/keys", body, Idempotency_Key="k")
    made = place.owner.post("/v1/keys", body)

    assert (refused.status, refused.json["errors"][0]["code"]) == (422, "not_supported")
    assert made.json["secret"].startswith("hfs_")
    everything = json.dumps(place.owner.get("/v1/history", {"limit": "200"}).json)
    assert made.json["secret"] not in everything
    assert "digest" not in everything


def test_a_question_takes_a_key_as_every_post_does_and_is_answered_anew(place: Place) -> None:
    """C-41."""
    ask = {"offering_id": place.cut, "starts_at": "2026-06-02T08:00:00Z"}

    first = place.page.post("/v1/availability/check", ask, Idempotency_Key="k")
    booked = place.staff.post("/v1/bookings", {**ask, "contact": {"name": "Ada"}})
    second = place.page.post("/v1/availability/check", ask, Idempotency_Key="k")

    assert (first.status, booked.status, second.status) == (200, 201, 200)
    assert (first.json["can_book"], second.json["can_book"]) == (True, False)
    assert "idempotency-replayed" not in second.headers
