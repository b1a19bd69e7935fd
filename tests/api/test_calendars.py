"""Daily calendars through the API: a year in one call, adjusted, set, listed, and refused well."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Place


@pytest.fixture
def bikes(place: Place) -> str:
    """Five bikes, let by the day."""
    body = {"name": "Bikes", "capacity": 5, "scheme": "dated"}
    return str(place.owner.post("/v1/resources", body).json["resource_id"])


def rent(place: Place, bikes: str, day: str, units: int) -> int:
    """Book some bikes of a day, and return the status of the answer."""
    offering: dict[str, Any] = {
        "slug": f"rental-{day}-{units}",
        "name": "Rental",
        "shape": "days",
        "duration_minutes": 1_440,
        "requirements": [{"resource_id": bikes, "per": "participant"}],
    }
    offering_id = place.owner.post("/v1/offerings", offering).json["offering_id"]
    booking = {
        "offering_id": offering_id,
        "dates": [day],
        "party_size": units,
        "contact": {"name": "Ada"},
    }
    return place.owner.post("/v1/bookings", booking).status


def test_a_year_is_initialised_adjusted_and_listed(place: Place, bikes: str) -> None:
    """AC-C03, R-23 to R-25, R-39."""
    path = f"/v1/resources/{bikes}/days"
    year = {"first_on": "2026-06-01", "last_on": "2027-05-31", "capacity": 20}

    made = place.owner.post(f"{path}/initialise", year)
    again = place.owner.post(f"{path}/initialise", year)
    adjusted = place.owner.post(
        f"{path}/adjust", {"dates": ["2026-06-03", "2026-06-05"], "delta": -5, "reason": "Repairs"}
    )
    put = place.owner.put(f"{path}/2026-06-04", {"capacity": 0})
    booked = rent(place, bikes, "2026-06-03", 2)
    listed = place.viewer.get(path, {"from": "2026-06-02", "to": "2026-06-05"})

    counts = [
        (reply.json["added"], reply.json["changed"], reply.json["skipped"])
        for reply in (made, again, adjusted, put)
    ]
    assert counts == [(365, 0, 0), (0, 0, 365), (0, 2, 0), (0, 1, 0)]
    assert booked == 201
    shown = [
        (day["date"], day["capacity"], day["taken"], day["remaining"], day["is_own"])
        for day in listed.json["items"]
    ]
    assert shown == [
        ("2026-06-02", 20, 0, 20, True),
        ("2026-06-03", 15, 2, 13, True),
        ("2026-06-04", 0, 0, 0, True),
        ("2026-06-05", 15, 0, 15, True),
    ]


def test_every_day_that_fails_is_named_and_none_is_changed(place: Place, bikes: str) -> None:
    """AC-C03, C-09."""
    path = f"/v1/resources/{bikes}/days"
    rent(place, bikes, "2026-06-03", 4)
    rent(place, bikes, "2026-06-05", 3)
    days = {"first_on": "2026-06-02", "last_on": "2026-06-06"}

    refused = place.owner.post(f"{path}/adjust", {**days, "delta": -3})
    listed = place.owner.get(path, {"from": "2026-06-03", "to": "2026-06-03"})
    forced = place.owner.post(
        f"{path}/adjust", {**days, "delta": -3, "may_be_over": True, "reason": "Broken"}
    )

    assert (refused.status, refused.code) == (409, "capacity.exceeded")
    assert refused.json["dates"] == [
        {"date": "2026-06-03", "capacity": 5, "taken": 4, "wanted": 2},
        {"date": "2026-06-05", "capacity": 5, "taken": 3, "wanted": 2},
    ]
    assert [day["capacity"] for day in listed.json["items"]] == [5]
    assert [day["over_commit"] for day in forced.json["items"]] == [0, 2, 0, 1, 0]


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("days/adjust", {"delta": 1}, "/dates"),
        ("days/adjust", {"delta": 1, "dates": ["2026-06-01"], "first_on": "2026-06-01"}, "/dates"),
        ("days/adjust", {"delta": 1, "dates": []}, "/dates"),
        (
            "days/adjust",
            {"delta": 1, "first_on": "2026-06-02", "last_on": "2026-06-01"},
            "/last_on",
        ),
        (
            "days/initialise",
            {"capacity": 1, "first_on": "2026-01-01", "last_on": "2036-01-01"},
            "/last_on",
        ),
        (
            "days/initialise",
            {"capacity": -1, "first_on": "2026-01-01", "last_on": "2026-01-01"},
            "/capacity",
        ),
        ("days/adjust", {"delta": 1, "dates": ["2026-06-01"], "may_be_over": True}, "/reason"),
    ],
)
def test_malformed_calendars_are_refused_with_the_field(
    place: Place, bikes: str, path: str, body: dict[str, Any], pointer: str
) -> None:
    """AC-C03."""
    refused = place.owner.post(f"/v1/resources/{bikes}/{path}", body)

    assert refused.status == 422
    assert [fault["pointer"] for fault in refused.json["errors"]] == [pointer]


def test_a_date_of_the_path_is_read_strictly(place: Place, bikes: str) -> None:
    """AC-C03."""
    refused = place.owner.put(f"/v1/resources/{bikes}/days/2026-02-30", {"capacity": 1})

    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/date")


def test_a_resource_counted_by_interval_says_why_it_has_no_calendar(place: Place) -> None:
    """AC-C03."""
    refused = place.owner.get(f"/v1/resources/{place.chair}/days")

    assert (refused.status, refused.json["errors"][0]["code"]) == (422, "not_dated")


def test_another_business_s_calendar_is_not_here(place: Place, bikes: str) -> None:
    """AC-C03."""
    replies = [
        place.stranger.get(f"/v1/resources/{bikes}/days"),
        place.stranger.put(f"/v1/resources/{bikes}/days/2026-06-01", {"capacity": 1}),
    ]

    assert [reply.status for reply in replies] == [404, 404]
