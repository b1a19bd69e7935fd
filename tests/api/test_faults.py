"""Faults: what is wrong with an input is said in our words, at its place, with what to do."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.api.app import ENDPOINTS
from holdfast.api.models import Patch
from tests.api.conftest import Place
from tests.api.driver import Reply
from tests.api.subjects import SUBJECTS, Bazaar

PICKY = {
    "name": "Room",
    "scheme": "interval",
    "capacity": 1,
    "skills": ["massage"],
    "metadata": {},
    "is_bookable_alone": True,
}


def faults(reply: Reply) -> list[tuple[str, str, str]]:
    """Return pointer, code and words of every fault."""
    assert reply.status == 422, reply.body
    return [(one["pointer"], one["code"], one["detail"]) for one in reply.json["errors"]]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"name": ""}, ("/name", "too_short", "This may not be empty.")),
        ({"name": "  "}, ("/name", "too_short", "This may not be empty.")),
        ({"name": 7}, ("/name", "wrong_type", "Give a text.")),
        ({"name": None}, ("/name", "wrong_type", "Give a text.")),
        ({"name": "x" * 201}, ("/name", "too_long", "It may have at most 200 characters.")),
        ({"capacity": True}, ("/capacity", "wrong_type", "Give a whole number.")),
        ({"capacity": 1.0}, ("/capacity", "wrong_type", "Give a whole number.")),
        ({"capacity": 0}, ("/capacity", "out_of_range", "It has to be at least 1.")),
        ({"capacity": 10**7}, ("/capacity", "out_of_range", "It has to be at most 1000000.")),
        (
            {"capacity": 2**63},
            ("/capacity", "out_of_range", "This whole number is too large: 64 bits are the limit."),
        ),
        ({"scheme": "daily"}, ("/scheme", "not_one_of", "It has to be 'interval' or 'dated'.")),
        ({"skills": "massage"}, ("/skills", "wrong_type", "Give a list: […].")),
        ({"skills": ["a"] * 101}, ("/skills", "too_many", "Give at most 100; these are 101.")),
        ({"skills": ["a", ""]}, ("/skills/1", "too_short", "This may not be empty.")),
        ({"metadata": []}, ("/metadata", "wrong_type", "Give an object: {…}.")),
        ({"is_bookable_alone": 1}, ("/is_bookable_alone", "wrong_type", "Give true or false.")),
        (
            {"category_id": "cat_1"},
            (
                "/category_id",
                "bad_form",
                "Give an id as the API answers it: cat_ and its letters and digits.",
            ),
        ),
        (
            {"capacty": 1},
            ("/capacty", "unknown_field", "There is no such field here. Did you mean 'capacity'?"),
        ),
        (
            {"qqq": 1},
            ("/qqq", "unknown_field", "There is no such field here. Leave it out."),
        ),
    ],
)
def test_a_fault_says_what_is_expected(
    place: Place, changed: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    assert faults(place.owner.post("/v1/resources", {**PICKY, **changed})) == [expected]


def test_what_is_missing_too_few_or_of_another_form_is_said_too(place: Place) -> None:
    bazaar = Bazaar(place)
    days = f"/v1/resources/{bazaar.ids['resource_id']}/days/adjust"

    assert faults(place.owner.post("/v1/resources", {})) == [
        ("/name", "missing", "This is needed.")
    ]
    assert faults(place.owner.post(days, {"delta": 1, "dates": []})) == [
        ("/dates", "too_few", "Give at least 1.")
    ]
    money = {
        **SUBJECTS["addOffering"](bazaar).body,
        "price": {"amount_minor": 1, "currency": "eur"},
    }
    assert faults(place.owner.post("/v1/offerings", money)) == [
        (
            "/price/currency",
            "bad_form",
            "Give an ISO 4217 code of three capital letters, such as EUR.",
        )
    ]
    asked = {"key": "floor", "label": "Floor", "type": "number", "min": [1]}
    category = {"label": "Rooms", "custom_fields": [asked]}
    assert faults(place.owner.post("/v1/categories", category)) == [
        (
            "/custom_fields/0/min",
            "wrong_type",
            "Give a number; of a date field a date such as 2026-08-15.",
        )
    ]


@pytest.mark.parametrize(
    "name", [e.name for e in ENDPOINTS if e.body is not None and issubclass(e.body, Patch)]
)
def test_what_can_never_be_changed_is_called_so(place: Place, name: str) -> None:
    """Not "no such field": whoever changes it has just read it."""
    bazaar = Bazaar(place)
    endpoint = next(one for one in ENDPOINTS if one.name == name)
    path = SUBJECTS[name](bazaar).path
    assert endpoint.body is not None
    fixed = sorted(endpoint.answer.model_fields.keys() - endpoint.body.model_fields.keys())

    # An answer names at most fifty faults.
    found = [
        fault
        for some in (fixed[::2], fixed[1::2])
        for fault in faults(bazaar.owner.patch(path, dict.fromkeys(some, 1)))
    ]

    assert "version" in fixed
    assert sorted(found) == [
        (f"/{field}", "not_changeable", "This cannot be changed here. Leave it out.")
        for field in fixed
    ]


def test_a_capacity_below_what_is_taken_says_how_staff_may_go_there(place: Place) -> None:
    bikes = place.owner.post(
        "/v1/resources", {"name": "Bikes", "capacity": 2, "scheme": "dated"}
    ).json["resource_id"]
    for _ in range(2):
        body = {"resource_id": bikes, "dates": ["2026-06-03"], "contact": {"name": "Ada"}}
        assert place.owner.post("/v1/bookings", body).status == 201

    replies = [
        place.owner.patch(f"/v1/resources/{bikes}", {"capacity": 1}),
        place.owner.put(f"/v1/resources/{bikes}/days/2026-06-03", {"capacity": 1}),
    ]

    for reply in replies:
        assert reply.code == "capacity.exceeded"
        assert reply.json["detail"].endswith("Give more, or say may_be_over with a reason.")


def test_what_is_booked_says_how_staff_may_close_it(place: Place) -> None:
    chair, start = place.chair, "2026-06-02T08:00:00Z"
    body = {"offering_id": place.cut, "starts_at": start, "contact": {"name": "Ada"}}
    place.owner.post("/v1/bookings", body)

    block = {"starts_at": start, "ends_at": "2026-06-02T18:00:00Z"}
    refused = place.owner.post(f"/v1/resources/{chair}/blocks", block)

    assert refused.code == "record.in_use"
    assert "'list' keeps them" in refused.json["detail"]


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        (
            "/v1/offerings",
            {"slug": "cut", "name": "Cut", "duration_minutes": 30},
            "There is an offering 'cut' already. Choose another name.",
        ),
        (
            "/v1/customers",
            {"name": "Ada", "email": "ada@example.com"},
            (
                "There is a customer 'ada@example.com' already. Change that one, or give another"
                " e-mail address."
            ),
        ),
    ],
)
def test_a_name_that_is_taken_is_named_with_its_article_and_a_way_out(
    place: Place, path: str, body: dict[str, object], expected: str
) -> None:
    place.owner.post(path, body)

    reply = place.owner.post(path, body)

    assert (reply.status, reply.json["detail"]) == (409, expected)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"dates": ["2026-05-30"]}, "2026-05-30 is over. Choose a later date."),
        (
            {"starts_at": "2026-05-30T09:00:00Z", "ends_at": "2026-05-30T12:00:00Z"},
            "This start is over. Choose a later one.",
        ),
    ],
)
def test_what_is_over_is_said_in_the_words_of_what_is_booked(
    place: Place, choice: dict[str, object], expected: str
) -> None:
    scheme = "dated" if "dates" in choice else "interval"
    boat = place.owner.post("/v1/resources", {"name": "Boat", "scheme": scheme}).json
    body = {"resource_id": boat["resource_id"], "contact": {"name": "Ada"}, **choice}

    reply = place.owner.post("/v1/bookings", body)

    assert (reply.code, reply.json["detail"]) == ("policy.notice_too_short", expected)


def test_of_a_few_words_all_are_named(place: Place) -> None:
    """Not the pattern that they have to match."""
    words = faults(place.owner.patch("/v1/tenant", {"policy": {"caps": ["pets"]}}))
    days = {"dates": [{"first_on": "2026-06-09", "last_on": "2026-06-08"}]}
    yoga = place.owner.post(
        "/v1/offerings",
        {
            "slug": "line",
            "name": "Line",
            "duration_minutes": 60,
            "counting": "places",
            "has_waitlist": True,
        },
    ).json["offering_id"]
    wish = {"offering_id": yoga, "contact": {"name": "Ada"}, **days}

    ((pointer, code, said),) = words
    assert (pointer, code) == ("/policy/caps/0", "bad_form")
    assert said.startswith("It has to be one of ")
    assert "notice_minutes" in said
    assert faults(place.owner.post("/v1/waitlist", wish)) == [
        ("/dates/0/last_on", "out_of_range", "It is before the first.")
    ]
