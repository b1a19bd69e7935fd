"""Availability through the API: by slot and by day, of several, next, checked and explained."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from holdfast.testing.clocks import ManualClock
from tests.api.conftest import TUESDAY_TEN, Place
from tests.api.subjects import FAIR_AT, Bazaar

ADA = {"name": "Ada"}


def take(place: Place, *starts: str) -> None:
    """Book haircuts."""
    for starts_at in starts:
        body = {"offering_id": place.cut, "starts_at": starts_at, "contact": ADA}
        reply = place.staff.post("/v1/bookings", body)
        assert reply.status == 201, reply.body


def test_by_day_says_of_each_local_date_how_much_is_open_and_from_when(place: Place) -> None:
    """AC-B06, AC-L03 (R-30)."""
    query = {
        "offering_id": place.cut,
        "by": "day",
        "first_on": "2026-06-01",
        "last_on": "2026-06-03",
    }

    found = place.page.get("/v1/availability", query)

    assert found.json == {
        "offering_id": place.cut,
        "resource_id": None,
        "pool_id": None,
        "zone": "Europe/Paris",
        "from": "2026-05-31T22:00:00Z",
        "to": "2026-06-03T22:00:00Z",
        "party_size": 1,
        "all_dates_available": False,
        "unavailable_dates": ["2026-06-01"],
        "days": [
            day("2026-06-01", 0, None),
            day("2026-06-02", 18, TUESDAY_TEN),
            day("2026-06-03", 18, "2026-06-03T08:00:00Z"),
        ],
    }


def day(date: str, count: int, first: str | None) -> dict[str, Any]:
    """Return a day of slots as it is shown."""
    return {
        "date": date,
        "is_available": count > 0,
        "open_count": count,
        "first_starts_at": first,
        "capacity": None,
        "remaining": min(count, 1),
        "reason": None if count else "availability.closed",
    }


def test_of_several_offerings_and_resources_there_is_one_answer_each(place: Place) -> None:
    """AC-B06."""
    bazaar = Bazaar(place)
    query = [
        ("offering_id", f"{place.cut},{bazaar.beach}"),
        ("resource_id", bazaar.lawn),
        ("from", "2026-06-02T00:00:00Z"),
        ("to", "2026-06-03T00:00:00Z"),
    ]

    by_slot = place.owner.get("/v1/availability", query).json
    by_day = place.owner.get("/v1/availability", [*query, ("by", "day")]).json
    following = place.owner.get("/v1/availability/next", [*query, ("count", "1")]).json

    named = [(item["offering_id"], item["resource_id"]) for item in by_slot["items"]]
    assert named == [(place.cut, None), (bazaar.beach, None), (None, bazaar.lawn)]
    assert [len(item["slots"]) for item in by_slot["items"]] == [18, 2, 48]
    assert [[d["is_available"] for d in item["days"]] for item in by_day["items"]] == [
        [True, False],
        [True, True],
        [True, True],
    ]
    assert [len(item["slots"]) for item in following["items"]] == [1, 1, 1]


def test_of_a_pool_it_is_listed_when_any_one_of_its_members_is_free(place: Place) -> None:
    """AC-B06, AC-E05."""
    bazaar = Bazaar(place)
    pool = place.owner.post("/v1/pools", {"name": "Green", "resource_ids": [bazaar.lawn]}).json
    query = {"pool_id": pool["pool_id"], "first_on": "2026-06-02", "last_on": "2026-06-02"}

    found = place.owner.get("/v1/availability", query).json
    too_many = place.owner.get(
        "/v1/availability/next", {"pool_id": ",".join([pool["pool_id"]] * 21)}
    )

    assert (found["pool_id"], found["offering_id"], found["resource_id"]) == (
        pool["pool_id"],
        None,
        None,
    )
    assert len(found["slots"]) == 48
    assert (too_many.status, too_many.json["errors"][0]["code"]) == (422, "too_many")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ("/offering_id", "missing")),
        ("offering_id=cut", ("/offering_id/0", "bad_form")),
        ("offering_id={cut}&by=week", ("/by", "not_one_of")),
        ("offering_id={cut}&date_count=2", ("/date_count", "wrong_form")),
        ("offering_id={cut}&length_minutes=60", ("/length_minutes", "wrong_form")),
        ("offering_id={cut}&length_minutes=0", ("/length_minutes", "out_of_range")),
        ("offering_id={cut}&party_size=2&quantity=2", ("/quantity", "two_forms")),
        ("offering_id={cut}&first_on=2026-02-30", ("/first_on", "not_a_date")),
        ("offering_id={cut}&last_on=2026-06-02", ("/first_on", "missing")),
        (
            "offering_id={cut}&first_on=2026-06-02&from=2026-06-02T00:00:00Z",
            ("/first_on", "two_forms"),
        ),
        ("offering_id={cut}&first_on=2026-06-02&last_on=2027-07-07", ("/last_on", "too_long")),
        ("offering_id={cut}&components=x", ("/components/0", "unknown_component")),
        ("offering_id={cut}&resource_ids={lawn}", ("/resource_ids/0", "unknown_resource")),
        ("offering_id=" + ",".join(["{cut}"] * 51), ("/offering_id", "too_many")),
    ],
)
def test_a_question_that_means_nothing_is_refused(
    place: Place, query: str, expected: tuple[str, str]
) -> None:
    filled = query.format(cut=place.cut, lawn=Bazaar(place).lawn)

    for path in ("/v1/availability", "/v1/availability/next"):
        if "by=" in query and path.endswith("next"):
            continue
        reply = place.page.get(path, filled)
        assert reply.status == 422, reply.body
        assert next((f["pointer"], f["code"]) for f in reply.json["errors"]) == expected


def test_next_honours_party_wait_count_and_start(place: Place) -> None:
    """AC-B13, AC-B14."""
    take(place, TUESDAY_TEN)
    query: dict[str, object] = {"offering_id": place.cut}

    def starts(**more: object) -> list[str]:
        reply = place.page.get("/v1/availability/next", {**query, **more})
        assert reply.status == 200, reply.body
        return [slot["starts_at"][8:16] for slot in reply.json["slots"]]

    assert starts() == ["02T09:00", "02T09:30", "02T10:00", "02T10:30", "02T11:00"]
    assert starts(count=1, first_on="2026-06-04") == ["04T08:00"]
    assert starts(max_wait_minutes=25 * 60) == ["02T09:00"]
    assert starts(max_wait_minutes=25 * 60 - 1) == []
    assert starts(party_size=2) == []
    assert starts(**{"from": "2026-06-02T16:00:00Z", "to": "2026-06-02T17:00:00Z"}) == [
        "02T16:00",
        "02T16:30",
    ]


def test_a_check_says_the_very_problem_that_a_booking_gets_and_writes_nothing(place: Place) -> None:
    """AC-B12 (D-24..D-27): 200 also when it cannot be booked."""
    take(place, TUESDAY_TEN)
    body = {"offering_id": place.cut, "starts_at": TUESDAY_TEN}
    writes = place.gateway.write_count

    reply = place.page.post("/v1/availability/check", body)

    assert (reply.status, place.gateway.write_count) == (200, writes)
    refused = place.page.post("/v1/bookings", {**body, "contact": ADA}).json
    verdict = reply.json
    assert verdict["can_book"] is False
    assert verdict["capacity"] == {
        "is_valid": True,
        "capacity_max": 1,
        "requested": 1,
        "limited_by": place.cut,
        "message": "",
    }
    assert verdict["availability"] == {
        "is_available": False,
        "remaining": 0,
        "requirements": [
            {
                "role": "",
                "target_id": place.chair,
                "is_required": True,
                "is_met": False,
                "needed": 1,
                "total": 1,
                "free": 0,
                "used": 1,
                "reason": "capacity",
            }
        ],
    }
    assert verdict["alternatives"] == refused["alternatives"]
    left = {name: refused[name] for name in refused if name not in {"instance", "alternatives"}}
    assert verdict["refusal"] == left


@pytest.mark.parametrize(
    ("starts_at", "code"),
    [
        ("2026-06-02T08:10:00Z", "availability.closed"),
        ("2026-06-01T09:00:00Z", "availability.closed"),
        ("2026-08-04T08:00:00Z", "policy.beyond_horizon"),
    ],
)
def test_a_check_foretells_every_refusal(place: Place, starts_at: str, code: str) -> None:
    body = {"offering_id": place.cut, "starts_at": starts_at}

    verdict = place.page.post("/v1/availability/check", body).json
    refused = place.page.post("/v1/holds", body).json

    assert (verdict["can_book"], verdict["availability"]["is_available"]) == (False, False)
    assert verdict["refusal"]["code"] == refused["code"] == code
    assert verdict["refusal"]["detail"] == refused["detail"]
    assert verdict["alternatives"] == refused.get("alternatives", [])


def test_a_check_is_told_who_books_and_on_which_terms(place: Place) -> None:
    """AC-B12: what is said of them is asked as a booking asks it."""
    when = {"offering_id": place.cut, "starts_at": TUESDAY_TEN}
    path = "/v1/availability/check"

    code = place.page.post(path, {**when, "promo_codes": ["NEVER"]}).json
    plain = place.page.post(path, {**when, "contact": {"email": "ada@example.com"}}).json
    tickets = place.page.post(path, {**when, "tickets": [{"tier": "child", "quantity": 1}]})
    named = place.page.post(path, {**when, "customer_id": f"cus_{'0' * 26}"})
    unknown = place.staff.post(path, {**when, "customer_id": f"cus_{'0' * 26}"})

    assert (code["can_book"], code["refusal"]["code"]) == (False, "promo.refused")
    assert code["availability"]["is_available"]
    assert plain["can_book"]
    assert (tickets.status, tickets.code) == (422, "input.invalid")
    assert (named.status, named.code) == (403, "access.denied")
    assert (unknown.status, unknown.code) == (404, "record.not_found")


def test_a_check_of_what_is_not_there_is_refused(place: Place) -> None:
    body = {"offering_id": f"off_{'0' * 26}", "starts_at": TUESDAY_TEN}

    unknown = place.page.post("/v1/availability/check", body)

    assert (unknown.status, unknown.code) == (404, "record.not_found")


def test_an_explanation_has_every_reason_and_every_resource(place: Place) -> None:
    """AC-B12."""
    block = {
        "resource_id": place.chair,
        "starts_at": TUESDAY_TEN,
        "ends_at": "2026-06-02T09:00:00Z",
        "reason": "paint",
    }
    assert place.owner.post("/v1/blocks", block).status == 201
    query = {"offering_id": place.cut, "starts_at": TUESDAY_TEN, "party_size": 2}

    found = place.page.get("/v1/availability/explain", query).json
    fine = place.page.get(
        "/v1/availability/explain", {**query, "starts_at": "2026-06-02T10:00:00Z", "party_size": 1}
    ).json

    assert [reason["code"] for reason in found["reasons"]] == [
        "policy.party_size",
        "availability.closed",
    ]
    assert found["is_available"] is False
    assert found["requirements"][0]["resources"] == [
        {
            "resource_id": place.chair,
            "name": "Sarah's chair",
            "is_free": False,
            "capacity": 1,
            "remaining": 0,
            "reason": "blocked",
            "is_host_busy": False,
        }
    ]
    assert (fine["is_available"], fine["reasons"]) == (True, [])
    assert fine["requirements"][0]["resources"][0]["is_free"] is True


def test_an_explanation_is_asked_in_every_form(place: Place) -> None:
    bazaar = Bazaar(place)
    queries = [
        f"slot_id={bazaar.slot}",
        f"offering_id={bazaar.fair}&starts_at={FAIR_AT}",
        f"resource_id={bazaar.lawn}&starts_at={FAIR_AT}&ends_at=2026-07-14T20:00:00Z&quantity=3",
        f"offering_id={bazaar.beach}&dates=2026-07-14,2026-07-16&components=breakfast",
        f"offering_id={bazaar.beach}&first_on=2026-07-14&last_on=2026-07-16",
        f"offering_id={bazaar.camp}&check_in_on=2026-07-14&check_out_on=2026-07-16",
    ]

    replies = [place.owner.get("/v1/availability/explain", query) for query in queries]
    bad = place.owner.get("/v1/availability/explain", f"offering_id={bazaar.fair}")

    assert [(reply.status, reply.json.get("reasons")) for reply in replies] == [(200, [])] * 6
    assert (bad.status, bad.json["errors"][0]["code"]) == (422, "slot_choice")


def test_a_strangers_offerings_are_not_there(place: Place) -> None:
    body = {"offering_id": place.cut, "starts_at": TUESDAY_TEN}

    replies = [
        place.stranger.post("/v1/availability/check", body),
        place.stranger.get("/v1/availability/explain", body),
        place.stranger.get("/v1/availability/next", {"offering_id": place.cut}),
        place.stranger.get("/v1/availability", {"offering_id": place.cut, "by": "day"}),
    ]

    assert [(reply.status, reply.code) for reply in replies] == [(404, "record.not_found")] * 4


def test_staff_find_what_has_begun_and_what_is_too_soon_for_customers(
    place: Place, clock: ManualClock
) -> None:
    """AC-D11."""
    place.owner.patch(f"/v1/offerings/{place.cut}", {"notice_minutes": 240})
    clock.set(datetime(2026, 6, 2, 8, 10, tzinfo=UTC))
    query = {"offering_id": place.cut, "max_wait_minutes": "60", "at_the_desk": "true"}

    replies = [one.get("/v1/availability/next", query) for one in (place.staff, place.page)]
    ordinary = place.staff.get("/v1/availability/next", {**query, "at_the_desk": "false"})

    starts = [one["starts_at"] for one in replies[0].json["slots"]]
    assert starts[:2] == [TUESDAY_TEN, "2026-06-02T08:30:00Z"]
    assert (replies[1].status, ordinary.json["slots"]) == (403, [])
