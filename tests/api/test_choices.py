"""Every way to say what is booked, in holds, bookings and checks, and every way to say it badly."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import TUESDAY_TEN, Place
from tests.api.driver import Reply
from tests.api.subjects import FAIR_AT, FORMS, OVERRIDE, Bazaar

PATHS = ("/v1/holds", "/v1/bookings", "/v1/availability/check")
ADA = {"name": "Ada"}
JULY = "2026-07-"


def ask(place: Place, path: str, body: dict[str, Any]) -> Reply:
    """Send a choice to one of the routes that take one."""
    more = {"contact": ADA} if path == "/v1/bookings" else {}
    return place.owner.post(path, {**body, **more})


def pointed(reply: Reply) -> list[tuple[str, str]]:
    """Return where and how a request is malformed."""
    assert reply.status == 422, reply.body
    return [(fault["pointer"], fault["code"]) for fault in reply.json["errors"]]


@pytest.mark.parametrize("form", FORMS)
def test_a_hold_and_a_booking_say_what_was_chosen_in_every_form(place: Place, form: str) -> None:
    """AC-B10, AC-B11, AC-C04, AC-D02."""
    bazaar = Bazaar(place)
    asked = FORMS[form](bazaar)
    expected: dict[str, Any] = {
        "free": {
            "offering_id": None,
            "resource_id": bazaar.lawn,
            "slot_id": None,
            "starts_at": FAIR_AT,
            "ends_at": "2026-07-14T19:00:00Z",
            "dates": [],
            "party_size": 2,
            "resource_ids": [bazaar.lawn],
            "components": [],
        },
        "dates": {
            "offering_id": bazaar.beach,
            "resource_id": None,
            "slot_id": None,
            "starts_at": f"{JULY}13T22:00:00Z",
            "ends_at": f"{JULY}16T22:00:00Z",
            "dates": [f"{JULY}14", f"{JULY}16"],
            "party_size": 1,
            "resource_ids": [],
            "components": ["breakfast"],
        },
        "range": {
            "offering_id": bazaar.beach,
            "starts_at": f"{JULY}13T22:00:00Z",
            "ends_at": f"{JULY}16T22:00:00Z",
            "dates": [f"{JULY}14", f"{JULY}15", f"{JULY}16"],
        },
        "nights": {
            "offering_id": bazaar.camp,
            "starts_at": f"{JULY}14T13:00:00Z",  # 15:00 in Paris
            "ends_at": f"{JULY}16T09:00:00Z",  # 11:00
            "dates": [f"{JULY}14", f"{JULY}15"],
        },
    }[form]

    held, booked, checked = (ask(place, path, asked) for path in PATHS)

    for reply in (held, booked):
        assert reply.status == 201, reply.body
        assert {name: reply.json[name] for name in expected} == expected
        assert [one["name"] for one in reply.json["assigned"]] == ["Lawn"]
    assert (checked.status, checked.json["can_book"]) == (200, True)
    converted = place.owner.post(f"/v1/holds/{held.json['hold_id']}/convert", {"contact": ADA})
    assert {name: converted.json[name] for name in expected} == expected


BAD_CHOICES: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({}, ("/slot_id", "slot_choice")),
    ({"offering_id": "beach", "resource_id": "lawn"}, ("/resource_id", "slot_choice")),
    ({"slot_id": "slot", "resource_id": "lawn"}, ("/resource_id", "slot_choice")),
    ({"slot_id": "slot", "dates": [f"{JULY}14"]}, ("/dates", "slot_choice")),
    ({"slot_id": "slot", "ends_at": FAIR_AT}, ("/ends_at", "slot_choice")),
    ({"resource_id": "lawn"}, ("/starts_at", "slot_choice")),
    ({"resource_id": "lawn", "ends_at": FAIR_AT}, ("/starts_at", "missing")),
    ({"resource_id": "lawn", "starts_at": FAIR_AT}, ("/ends_at", "wrong_form")),
    (
        {"resource_id": "lawn", "starts_at": FAIR_AT, "ends_at": FAIR_AT},
        ("/ends_at", "reversed"),
    ),
    ({"resource_id": "lawn", "dates": [f"{JULY}14"]}, ("/dates", "wrong_form")),
    ({"offering_id": "beach", "starts_at": FAIR_AT}, ("/starts_at", "wrong_form")),
    ({"offering_id": "fair", "dates": [f"{JULY}14"]}, ("/dates", "wrong_form")),
    ({"offering_id": "beach", "dates": []}, ("/dates", "too_few")),
    ({"offering_id": "beach", "dates": [f"{JULY}14"] * 2}, ("/dates/1", "twice")),
    ({"offering_id": "beach", "dates": ["14.7.2026"]}, ("/dates/0", "not_a_date")),
    ({"offering_id": "beach", "dates": [f"{JULY}14"] * 400}, ("/dates", "too_many")),
    ({"offering_id": "beach", "first_on": f"{JULY}14"}, ("/last_on", "missing")),
    ({"offering_id": "beach", "last_on": f"{JULY}14"}, ("/first_on", "missing")),
    (
        {"offering_id": "beach", "first_on": f"{JULY}15", "last_on": f"{JULY}14"},
        ("/last_on", "reversed"),
    ),
    (
        {"offering_id": "beach", "first_on": f"{JULY}15", "last_on": "2027-08-01"},
        ("/last_on", "too_many"),
    ),
    (
        {"offering_id": "beach", "dates": [f"{JULY}14"], "first_on": f"{JULY}14"},
        ("/first_on", "two_forms"),
    ),
    (
        {"offering_id": "beach", "dates": [f"{JULY}14"], "starts_at": FAIR_AT},
        ("/dates", "two_forms"),
    ),
    ({"offering_id": "camp", "check_in_on": f"{JULY}14"}, ("/check_out_on", "missing")),
    (
        {"offering_id": "camp", "check_in_on": f"{JULY}14", "check_out_on": f"{JULY}14"},
        ("/check_out_on", "reversed"),
    ),
    (
        {"offering_id": "beach", "check_in_on": f"{JULY}14", "check_out_on": f"{JULY}15"},
        ("/check_in_on", "wrong_form"),
    ),
    (
        {"offering_id": "camp", "dates": [f"{JULY}14", f"{JULY}16"]},
        ("/dates", "out_of_range"),
    ),
    ({"slot_id": "slot", "quantity": 2, "party_size": 2}, ("/quantity", "two_forms")),
    ({"slot_id": "slot", "resource_ids": ["lawn"]}, ("/resource_ids/0", "unknown_resource")),
    ({"slot_id": "slot", "components": ["x"]}, ("/components/0", "unknown_component")),
    (
        {"offering_id": "beach", "dates": [f"{JULY}14"], "components": ["breakfast"] * 2},
        ("/components/1", "twice"),
    ),
    (
        {"offering_id": "beach", "dates": [f"{JULY}14"], "resource_ids": ["lawn", "lawn"]},
        ("/resource_ids/1", "twice"),
    ),
]


@pytest.mark.parametrize(
    ("asked", "expected"), BAD_CHOICES, ids=[f"{i}-{e[0]}" for i, (_, e) in enumerate(BAD_CHOICES)]
)
def test_a_choice_that_says_not_exactly_one_thing_points_to_what_is_wrong(
    place: Place, asked: dict[str, Any], expected: tuple[str, str]
) -> None:
    """AC-B11, C-29: the same answer wherever it is asked, and nothing is taken."""
    bazaar = Bazaar(place)
    names = {
        "slot": bazaar.slot,
        "lawn": bazaar.lawn,
        "beach": bazaar.beach,
        "camp": bazaar.camp,
        "fair": bazaar.fair,
    }
    body = {name: _named(value, names) for name, value in asked.items()}

    replies = [ask(place, path, body) for path in PATHS]

    assert [pointed(reply)[0] for reply in replies] == [expected] * 3


def _named(value: object, names: dict[str, str]) -> object:
    if isinstance(value, list):
        return [_named(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


def test_only_staff_may_set_anything_aside_and_what_they_set_aside_is_recorded(
    place: Place,
) -> None:
    """C-02: an override says why, and is no bypass for the public."""
    body = {"offering_id": place.cut, "starts_at": TUESDAY_TEN}
    place.staff.post("/v1/holds", body)
    over = {**body, "override": {**OVERRIDE, "capacity": True}}

    public = place.page.post("/v1/holds", over)
    unreasoned = place.staff.post("/v1/holds", {**body, "override": {"capacity": True}})
    empty = place.staff.post("/v1/holds", {**body, "override": {"reason": ""}})
    plain = place.staff.post("/v1/bookings", {**body, "contact": ADA})
    forced = place.staff.post("/v1/bookings", {**over, "contact": ADA})

    assert (public.status, public.code) == (403, "access.denied")
    assert pointed(unreasoned) == [("/override/reason", "missing")]
    assert [pointer for pointer, _ in pointed(empty)] == ["/override/reason"]
    assert (plain.status, plain.code) == (409, "capacity.exceeded")
    assert (forced.status, forced.json["status"]) == (201, "confirmed")


def test_a_resource_that_is_not_booked_by_itself_is_not_there_for_the_public(place: Place) -> None:
    """A12: it is booked by its offerings."""
    bazaar = Bazaar(place)
    body = {"resource_id": bazaar.lawn, "starts_at": FAIR_AT, "ends_at": f"{JULY}14T20:00:00Z"}

    replies = [place.page.post(path, {**body, **_for(path)}) for path in PATHS]

    assert [(reply.status, reply.code) for reply in replies] == [(404, "record.not_found")] * 3


def _for(path: str) -> dict[str, Any]:
    return {"contact": ADA} if path == "/v1/bookings" else {}


def test_a_resource_wished_for_by_name_serves_and_another_only_if_none_was_wished_for(
    place: Place,
) -> None:
    """AC-E01, AC-E05."""
    made = [place.owner.post("/v1/resources", {"name": f"Room {i}"}).json for i in range(3)]
    ids = [room["resource_id"] for room in made]
    offering = place.owner.post(
        "/v1/offerings",
        {
            "slug": "meeting",
            "name": "Meeting",
            "shape": "free",
            "length_min_minutes": 30,
            "is_always_open": True,
            "requirements": [{"resource_ids": ids, "choosing": "any_of", "role": "room"}],
        },
    ).json["offering_id"]
    time = {"starts_at": FAIR_AT, "ends_at": f"{JULY}14T19:00:00Z", "contact": ADA}
    body = {"offering_id": offering, **time}

    wished = place.page.post("/v1/bookings", {**body, "resource_ids": [ids[1]]})
    first = place.page.post("/v1/bookings", body)
    again = place.page.post("/v1/bookings", {**body, "resource_ids": [ids[1]]})
    last = place.page.post("/v1/bookings", body)

    assert [reply.status for reply in (wished, first, again, last)] == [201, 201, 409, 201]
    assert [r.json["assigned"][0]["name"] for r in (wished, first, last)] == [
        "Room 1",
        "Room 0",
        "Room 2",
    ]
    assert wished.json["assigned"][0]["role"] == "room"
    assert len(again.json["alternatives"]) == 5


def test_holds_and_bookings_of_a_resource_by_itself_are_found_by_it(place: Place) -> None:
    """AC-D06."""
    bazaar = Bazaar(place)
    asked = FORMS["free"](bazaar)
    held = ask(place, "/v1/holds", asked).json["hold_id"]
    booked = ask(place, "/v1/bookings", asked).json["booking_id"]
    ask(place, "/v1/bookings", FORMS["dates"](bazaar))

    holds = place.owner.get("/v1/holds", {"resource_id": bazaar.lawn}).json["items"]
    bookings = place.owner.get("/v1/bookings", {"resource_id": bazaar.lawn}).json["items"]

    assert [one["hold_id"] for one in holds] == [held]
    assert [one["booking_id"] for one in bookings] == [booked]
