"""Changing a resource's capacity through the API: limited, lowered, over-committed."""

from __future__ import annotations

from typing import Any

from tests.api.conftest import Place


def offered(place: Place, resource_id: str) -> str:
    """Add an offering of an hour, open round the clock, that takes a unit of a resource."""
    offering: dict[str, Any] = {
        "slug": "talk",
        "name": "Talk",
        "duration_minutes": 60,
        "requirements": [{"resource_id": resource_id}],
    }
    offering_id = str(place.owner.post("/v1/offerings", offering).json["offering_id"])
    always = {"weekdays": [1, 2, 3, 4, 5, 6, 7], "opens": "00:00", "closes": "24:00"}
    place.owner.put(f"/v1/offerings/{offering_id}/schedule", {"rules": [always]})
    return offering_id


def book(place: Place, offering_id: str) -> int:
    """Book the talk, and return the status of the answer."""
    booking = {
        "offering_id": offering_id,
        "starts_at": "2026-06-02T12:00:00Z",
        "contact": {"name": "Ada"},
    }
    return place.owner.post("/v1/bookings", booking).status


def test_an_unlimited_resource_is_limited_and_open_again_when_the_answer_has_come(
    place: Place,
) -> None:
    """AC-C01, C-10: the answer says that it was closed for a moment."""
    made = place.owner.post("/v1/resources", {"name": "Webinar", "capacity": None})
    path = f"/v1/resources/{made.json['resource_id']}"
    talk = offered(place, made.json["resource_id"])
    first = book(place, talk)

    changed = place.owner.patch(path, {"capacity": 2})
    now = place.owner.get(path)
    later = [book(place, talk) for _ in range(2)]

    assert (changed.status, changed.json["capacity"], changed.json["is_settling"]) == (200, 2, True)
    assert (now.json["capacity"], now.json["is_settling"]) == (2, False)
    assert [first, *later] == [201, 201, 409]


def test_a_capacity_below_what_is_claimed_needs_may_be_over_and_a_reason(place: Place) -> None:
    """AC-C01."""
    made = place.owner.post("/v1/resources", {"name": "Pool", "capacity": 3})
    path = f"/v1/resources/{made.json['resource_id']}"
    talk = offered(place, made.json["resource_id"])
    for _ in range(2):
        book(place, talk)

    refused = place.owner.patch(path, {"capacity": 1})
    silent = place.owner.patch(path, {"capacity": 1, "may_be_over": True})
    forced = place.owner.patch(path, {"capacity": 1, "may_be_over": True, "reason": "A leak"})

    assert (refused.status, refused.code) == (409, "capacity.exceeded")
    assert (silent.status, silent.json["errors"][0]["pointer"]) == (422, "/reason")
    assert (forced.status, forced.json["capacity"]) == (200, 1)


def test_a_slot_of_unlimited_places_is_limited(place: Place) -> None:
    """AC-C01, C-10."""
    offering = {"slug": "show", "name": "Show", "duration_minutes": 60, "counting": "places"}
    show = place.owner.post("/v1/offerings", offering).json["offering_id"]
    body = {"offering_id": show, "starts_at": "2026-06-02T12:00:00Z", "capacity": None}
    slot = place.owner.post("/v1/slots", body).json["slot_id"]
    first = book(place, show)

    limited = place.owner.post(f"/v1/slots/{slot}/limit", {"capacity": 2})
    later = [book(place, show) for _ in range(2)]
    again = place.owner.post(f"/v1/slots/{slot}/limit", {"capacity": 3})

    assert (limited.status, limited.json["capacity"], limited.json["limit_to"]) == (200, None, 2)
    assert [first, *later] == [201, 201, 409]
    assert (again.status, again.json["errors"][0]["code"]) == (422, "not_unlimited")
