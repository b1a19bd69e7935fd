"""Series and waitlists over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.workers.invite import invite_waiting
from tests.api.conftest import TUESDAY_TEN, Place
from tests.api.driver import Reply

WEEKLY: dict[str, Any] = {
    "first_on": "2026-06-02",
    "starts_at": "10:00",
    "frequency": "weekly",
    "count": 3,
    "contact": {"name": "Ada"},
}


@pytest.fixture
def salon(place: Place) -> Place:
    """A salon whose cut is booked up to five times together and has a waitlist."""
    changes = {"series_max": 5, "has_waitlist": True}
    assert place.owner.patch(f"/v1/offerings/{place.cut}", changes).status == 200
    return place


def book_series(place: Place, **more: object) -> Reply:
    return place.page.post("/v1/series", {"offering_id": place.cut, **WEEKLY, **more})


def take(place: Place, starts_at: str) -> str:
    body = {"offering_id": place.cut, "starts_at": starts_at, "contact": {"name": "Ben"}}
    reply = place.staff.post("/v1/bookings", body)
    assert reply.status == 201, reply.body
    return str(reply.json["booking_id"])


def test_a_series_is_booked_and_shown_ac_i04(salon: Place) -> None:
    made = book_series(salon)

    assert made.status == 201
    assert made.headers["location"] == f"/v1/series/{made.json['series']['series_id']}"
    assert made.json["series"]["rule"] == "FREQ=WEEKLY;INTERVAL=1;COUNT=3"
    assert [one["outcome"] for one in made.json["occurrences"]] == ["created"] * 3
    shown = salon.page.get(made.headers["location"]).json
    assert [one["starts_at"] for one in shown["occurrences"]] == [
        "2026-06-02T08:00:00Z",
        "2026-06-09T08:00:00Z",
        "2026-06-16T08:00:00Z",
    ]
    assert {one["booking_status"] for one in shown["occurrences"]} == {"confirmed"}
    booking = salon.page.get(f"/v1/bookings/{shown['occurrences'][1]['booking_id']}").json
    assert (booking["series_id"], booking["series_index"]) == (shown["series"]["series_id"], 1)


def test_a_refused_series_names_each_that_is_taken_and_a_plan_what_is_free(salon: Place) -> None:
    take(salon, "2026-06-09T08:00:00Z")
    plan = {name: value for name, value in WEEKLY.items() if name != "contact"}

    refused = book_series(salon)
    planned = salon.page.post("/v1/series/plan", {"offering_id": salon.cut, **plan})
    skipped = book_series(salon, clashes="skip")

    assert (refused.status, refused.code) == (409, "series.refused")
    assert [(one["index"], one["code"]) for one in refused.json["occurrences"]] == [
        (1, "capacity.exceeded")
    ]
    assert planned.json["is_free"] is False
    assert planned.json["occurrences"][1]["alternatives"][0] == "2026-06-09T09:00:00Z"
    assert [one["outcome"] for one in skipped.json["occurrences"]] == [
        "created",
        "skipped",
        "created",
    ]
    assert skipped.json["occurrences"][1]["alternatives"][0] == "2026-06-09T09:00:00Z"


def test_a_retry_answers_the_same_series_although_it_is_taken_now(salon: Place) -> None:
    body = {"offering_id": salon.cut, **WEEKLY, "clashes": "shift"}

    first = salon.page.post("/v1/series", body, Idempotency_Key="series-1")
    second = salon.page.post("/v1/series", body, Idempotency_Key="series-1")

    assert first.status == 201
    assert (second.status, second.body) == (201, first.body)
    assert second.headers["idempotency-replayed"] == "true"


def test_how_often_is_said_in_one_way(salon: Place) -> None:
    def pointer(**more: object) -> str:
        return str(book_series(salon, **more).json["errors"][0]["pointer"])

    assert pointer(rule="FREQ=WEEKLY;COUNT=3") == "/rule"
    assert pointer(frequency=None) == "/rule"
    assert pointer(until_on="2026-07-01") == "/count"
    assert pointer(starts_at=None) == "/starts_at"
    assert pointer(clashes="plan_only") == "/clashes"


def test_who_waits_is_invited_and_accepts_over_http_ac_h03(salon: Place) -> None:
    booking_id = take(salon, TUESDAY_TEN)
    wish = {
        "offering_id": salon.cut,
        "dates": [{"first_on": "2026-06-02", "last_on": "2026-06-02"}],
        "starts_from": "10:00",
        "starts_until": "10:00",
        "contact": {"name": "Ada"},
    }

    full = salon.page.post("/v1/holds", {"offering_id": salon.cut, "starts_at": TUESDAY_TEN})
    joined = salon.page.post("/v1/waitlist", wish)
    path = f"/v1/waitlist/{joined.json['entry_id']}"
    salon.staff.post(f"/v1/bookings/{booking_id}/cancel", {})
    invite_waiting(salon.engine)
    invited = salon.page.get(path).json
    listed = salon.staff.get("/v1/waitlist").json["items"]
    accepted = salon.page.post(f"{path}/accept", {})

    assert full.json["has_waitlist"] is True
    assert (joined.status, joined.json["position"]) == (201, 1)
    assert (invited["status"], invited["position"]) == ("invited", None)
    assert invited["invitation"]["starts_at"] == TUESDAY_TEN
    assert invited["invitation"]["expires_at"] == "2026-06-01T08:30:00Z"
    assert [one["entry_id"] for one in listed] == [joined.json["entry_id"]]
    assert (accepted.status, accepted.json["number"]) == (201, joined.json["number"])
