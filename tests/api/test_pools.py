"""Pools through the API: places of their own, with the names of what is in them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Place
from tests.api.driver import Client, Reply

NOWHERE = "res_" + "0" * 26
NO_POOL = "/v1/pools/pol_" + "0" * 26


def made(client: Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Make something."""
    reply = client.post(path, body)
    assert reply.status == 201, reply.body
    return reply.json


def room(place: Place, name: str) -> str:
    """Add a resource."""
    return str(made(place.owner, "/v1/resources", {"name": name})["resource_id"])


def faults(reply: Reply) -> list[tuple[str, str]]:
    """Return where and how an input is malformed."""
    return [(fault["pointer"], fault["code"]) for fault in reply.json["errors"]]


def test_a_pool_is_added_changed_and_read_with_the_names_of_its_resources(place: Place) -> None:
    """AC-A11."""
    one, two = room(place, "One"), room(place, "Two")
    body = {
        "name": "Tunis",
        "kind": "region",
        "description": "The north.",
        "resource_ids": [two, one],
        "sort_order": 2,
        "metadata": {"country": "TN"},
    }

    reply = place.owner.post("/v1/pools", body)
    added = reply.json
    path = f"/v1/pools/{added['pool_id']}"
    read = place.page.get(path)
    changed = place.owner.patch(path, {"resource_ids": [one]}, If_Match=read.headers["etag"])
    late = place.owner.patch(path, {"name": "X"}, If_Match=read.headers["etag"])

    assert (reply.headers["location"], reply.headers["etag"]) == (path, '"v1"')
    assert added == {
        **body,
        "pool_id": added["pool_id"],
        "status": "active",
        "created_at": "2026-06-01T08:00:00Z",
        "deleted_at": None,
        "version": 1,
    }
    assert read.json == {
        **added,
        "resources": [
            {"resource_id": two, "name": "Two", "status": "active"},
            {"resource_id": one, "name": "One", "status": "active"},
        ],
    }
    assert changed.json == {**added, "resource_ids": [one], "version": 2}
    assert (late.status, late.code) == (412, "record.changed")


def test_the_names_of_resources_are_as_they_are_now_whatever_the_version(place: Place) -> None:
    one = room(place, "One")
    pool = made(place.owner, "/v1/pools", {"name": "P", "resource_ids": [one]})
    path = f"/v1/pools/{pool['pool_id']}"
    place.owner.patch(f"/v1/resources/{one}", {"name": "Uno"})

    reply = place.viewer.get(path, If_None_Match='"v1"')

    assert (reply.status, reply.json["resources"][0]["name"]) == (200, "Uno")


def test_regions_are_listed_by_kind_a_page_at_a_time(place: Place) -> None:
    """AC-A11."""
    for order, kind in enumerate(("region", "team", "region")):
        body = {"name": f"Pool {order}", "kind": kind, "sort_order": order}
        made(place.owner, "/v1/pools", body)

    first = place.page.get("/v1/pools", {"kind": "region", "limit": 1}).json
    query = {"kind": "region", "limit": 1, "cursor": first["next_cursor"]}
    second = place.page.get("/v1/pools", query).json

    names = [item["name"] for page in (first, second) for item in page["items"]]
    assert (names, second["next_cursor"]) == (["Pool 0", "Pool 2"], None)
    assert place.page.get("/v1/pools", {"kind": "street"}).json["items"] == []


def test_a_pool_is_deleted_softly_unless_it_is_needed_and_restored(place: Place) -> None:
    pool = made(place.owner, "/v1/pools", {"name": "P", "resource_ids": [room(place, "One")]})
    needed = {"pool_id": pool["pool_id"], "choosing": "any_of"}
    body = {"slug": "dye", "name": "Dye", "duration_minutes": 30, "requirements": [needed]}
    made(place.owner, "/v1/offerings", body)
    path = f"/v1/pools/{pool['pool_id']}"

    refused = place.owner.delete(path)
    forced = place.owner.delete(path, {"force": "true"})
    listed = place.viewer.get("/v1/pools").json["items"]
    late = place.owner.patch(path, {"name": "X"})
    restored = place.owner.post(f"{path}/restore")

    assert (refused.status, refused.code, refused.json["offerings"]) == (
        409,
        "record.in_use",
        ["dye"],
    )
    assert (forced.json["status"], listed) == ("deleted", [])
    assert late.code == "state.transition_not_allowed"
    assert (restored.json["status"], restored.json["deleted_at"]) == ("active", None)


def test_members_that_cannot_be_are_named(place: Place) -> None:
    one = room(place, "One")
    stranger = place.concert.hall.resource_id

    replies = [
        place.owner.post("/v1/pools", {"name": "P", "resource_ids": wanted})
        for wanted in ([one, NOWHERE], [one, one], [stranger], ["res_1"], ["x"] * 501, "res")
    ]

    assert [faults(reply) for reply in replies] == [
        [("/resource_ids/1", "unknown_resource")],
        [("/resource_ids/1", "repeated")],
        [("/resource_ids/0", "unknown_resource")],
        [("/resource_ids/0", "bad_form")],
        [("/resource_ids", "too_many")],
        [("/resource_ids", "wrong_type")],
    ]
    assert place.viewer.get("/v1/pools").json["items"] == []


@pytest.mark.parametrize("field", ["name", "kind", "resource_ids", "metadata", "status"])
def test_what_cannot_be_without_value_is_refused(place: Place, field: str) -> None:
    pool = made(place.owner, "/v1/pools", {"name": "P"})

    reply = place.owner.patch(f"/v1/pools/{pool['pool_id']}", {field: None})

    assert [pointer for pointer, _ in faults(reply)] == [f"/{field}"]


def test_what_is_not_there_or_not_theirs_is_not_found(place: Place) -> None:
    pool = made(place.owner, "/v1/pools", {"name": "P"})
    path = f"/v1/pools/{pool['pool_id']}"

    replies = [
        place.owner.get(NO_POOL),
        place.owner.patch(NO_POOL, {}),
        place.owner.delete(NO_POOL),
        place.owner.post(f"{NO_POOL}/restore"),
        place.owner.get("/v1/pools/tunis"),
        place.stranger.get(path),
        place.stranger.patch(path, {"name": "Mine"}),
    ]

    assert {(reply.status, reply.code) for reply in replies} == {(404, "record.not_found")}


def test_a_pool_added_again_with_the_same_key_is_one_pool(place: Place) -> None:
    first, again = (
        place.owner.post("/v1/pools", {"name": "P"}, Idempotency_Key="k1") for _ in range(2)
    )

    assert (again.json, again.headers["idempotency-replayed"]) == (first.json, "true")
    assert len(place.viewer.get("/v1/pools").json["items"]) == 1
