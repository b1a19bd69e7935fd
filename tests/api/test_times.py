"""Times through the API: schedules, blocks, slots, availability."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from holdfast.engine.schedules import WeeklyOpening
from tests.api.conftest import TUESDAY_TEN, Place
from tests.api.driver import Client
from tests.api.subjects import FAIR_AT, Bazaar

TUESDAY = {"from": "2026-06-02T00:00:00Z", "to": "2026-06-03T00:00:00Z"}


def made(client: Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Make something."""
    reply = client.post(path, body)
    assert reply.status == 201, reply.body
    return reply.json


def starts(place: Place, **query: object) -> list[str]:
    """List when cuts can be booked on Tuesday."""
    asked = {"offering_id": place.cut, **TUESDAY, **query}
    slots = place.page.get("/v1/availability", asked).json["slots"]
    return [slot["starts_at"][11:16] for slot in slots]


# ------------------------------------------------------------------------------------- schedules


def test_a_schedule_is_replaced_as_a_whole_and_a_rule_removed(place: Place) -> None:
    """AC-B01, C-16: 0 and 7 are Sunday, answers are ISO."""
    path = f"/v1/resources/{place.chair}/schedule"
    rules = [
        {
            "weekdays": [0, 6, 6],
            "opens": "09:00",
            "closes": "12:30",
            "slot_step_minutes": 30,
            "valid_from": "2026-06-01",
            "valid_until": "2026-08-31",
            "zone": "Europe/London",
        },
        {"weekdays": [2], "opens": "18:00", "closes": "02:00"},
        {"weekdays": [3], "opens": "00:00", "closes": "24:00"},
    ]

    replaced = place.owner.put(path, {"rules": rules})
    shown = place.page.get(path).json["rules"]
    removed = place.owner.delete(f"/v1/rules/{shown[0]['rule_id']}").json
    left = place.page.get(path).json["rules"]

    assert replaced.json["rules"] == shown
    told = ("weekdays", "opens", "closes", "slot_step_minutes", "valid_from", "valid_until", "zone")
    assert [[rule[name] for name in told] for rule in shown] == [
        [[2], "18:00", "02:00", None, None, None, "Europe/Paris"],
        [[3], "00:00", "24:00", None, None, None, "Europe/Paris"],
        [[6, 7], "09:00", "12:30", 30, "2026-06-01", "2026-08-31", "Europe/London"],
    ]
    assert removed["status"] == "removed"
    assert [rule["rule_id"] for rule in left] == [rule["rule_id"] for rule in shown[1:]]


def test_what_is_answered_can_be_sent_back(place: Place) -> None:
    """Also a rule that the library made, which closes a whole day later."""
    opening = WeeklyOpening(
        weekdays=(5,), opens_minute=540, closes_minute=540 + 1_440, slot_step=timedelta(minutes=30)
    )
    place.salon.desk.schedules.set(place.salon.cut.offering_id, [opening])
    path = f"/v1/offerings/{place.cut}/schedule"
    before = place.page.get(path).json["rules"]
    made_by_us = ("rule_id", "owner_id", "status", "created_at", "version")

    back = [{k: v for k, v in rule.items() if k not in made_by_us} for rule in before]
    after = place.owner.put(path, {"rules": back}).json["rules"]

    assert (before[0]["opens"], before[0]["closes"]) == ("09:00", "09:00")
    assert [{k: v for k, v in rule.items() if k not in made_by_us} for rule in after] == back


def test_a_schedule_of_an_evening_past_midnight_is_open_after_midnight(place: Place) -> None:
    rule = {"weekdays": [2], "opens": "22:00", "closes": "02:00", "slot_step_minutes": 60}
    place.owner.put(f"/v1/resources/{place.chair}/schedule", {"rules": [rule]})

    found = starts(place, **{"from": "2026-06-02T00:00:00Z", "to": "2026-06-03T12:00:00Z"})

    assert found == ["20:00", "21:00", "22:00", "23:00"]  # 22:00 to 01:00 in Paris


@pytest.mark.parametrize(
    ("rule", "pointer"),
    [
        ({"weekdays": []}, "/rules/0/weekdays"),
        ({"weekdays": [8]}, "/rules/0/weekdays/0"),
        ({"weekdays": [-1]}, "/rules/0/weekdays/0"),
        ({"weekdays": ["1"]}, "/rules/0/weekdays/0"),
        ({"opens": "24:00"}, "/rules/0/opens"),
        ({"opens": "9:00"}, "/rules/0/opens"),
        ({"closes": "24:01"}, "/rules/0/closes"),
        ({"closes": 720}, "/rules/0/closes"),
        ({"slot_step_minutes": 1_441}, "/rules/0/slot_step_minutes"),
        ({"valid_from": "2026-07-01", "valid_until": "2026-06-01"}, "/rules/0/valid_until"),
        ({"zone": "Mars/Olympus"}, "/rules/0/zone"),
        ({"frequency": "daily"}, "/rules/0/frequency"),
    ],
)
def test_a_malformed_rule_is_pointed_at(place: Place, rule: dict[str, Any], pointer: str) -> None:
    whole = {"weekdays": [1], "opens": "09:00", "closes": "12:00", **rule}

    reply = place.owner.put(f"/v1/resources/{place.chair}/schedule", {"rules": [whole]})

    assert [fault["pointer"] for fault in reply.json["errors"]] == [pointer]


# ---------------------------------------------------------------------------------------- blocks


def test_a_block_takes_instants_away_and_gives_them_back(place: Place) -> None:
    """AC-B03."""
    body = {
        "resource_id": place.chair,
        "starts_at": "2026-06-02T08:00:00Z",
        "ends_at": "2026-06-02T15:00:00Z",
        "reason": "Inventory",
    }
    free = starts(place)
    block = made(place.owner, "/v1/blocks", body)
    path = f"/v1/blocks/{block['block_id']}"

    blocked = starts(place)
    shown = place.viewer.get(path).json
    removed = [place.owner.delete(path).json["status"] for _ in range(2)]

    assert block == {**shown, "affected": [], "is_more": False}
    assert shown == {**shown, **body, "status": "active", "version": 1}
    assert blocked == ["15:00", "15:30", "16:00", "16:30"]
    assert removed == ["removed", "removed"]
    assert starts(place) == free


def test_a_block_of_dates_is_of_local_days_the_last_included(place: Place) -> None:
    """C-28, C-29, C-30: in the resource's zone, through a change of clocks."""
    path = f"/v1/resources/{place.chair}"
    days = {"first_on": "2026-10-25", "last_on": "2026-10-26"}

    paris = made(place.owner, f"{path}/blocks", days)
    place.owner.patch(path, {"zone": "Pacific/Kiritimati"})
    kiritimati = made(
        place.owner, f"{path}/blocks", {"first_on": "2027-01-01", "last_on": "2027-01-01"}
    )

    assert (paris["starts_at"], paris["ends_at"]) == (
        "2026-10-24T22:00:00Z",
        "2026-10-26T23:00:00Z",
    )
    assert (kiritimati["starts_at"], kiritimati["ends_at"]) == (
        "2026-12-31T10:00:00Z",
        "2027-01-01T10:00:00Z",
    )


@pytest.mark.parametrize(
    "when",
    [
        {},
        {"starts_at": "2026-07-01T00:00:00Z"},
        {"first_on": "2026-07-01"},
        {"starts_at": "2026-07-01T00:00:00Z", "last_on": "2026-07-01"},
        {
            "starts_at": "2026-07-01T00:00:00Z",
            "ends_at": "2026-07-02T00:00:00Z",
            "first_on": "2026-07-01",
            "last_on": "2026-07-01",
        },
        {"starts_at": "2026-07-02T00:00:00Z", "ends_at": "2026-07-01T00:00:00Z"},
        {"first_on": "2026-07-02", "last_on": "2026-07-01"},
        {"first_on": "2026-07-01", "last_on": "2036-07-01"},
    ],
)
def test_a_block_says_when_in_one_way(place: Place, when: dict[str, str]) -> None:
    reply = place.owner.post("/v1/blocks", {"resource_id": place.chair, **when})

    assert (reply.status, reply.code) == (422, "input.invalid")


def test_a_block_over_a_hold_is_refused_and_names_it(place: Place) -> None:
    hold = place.staff.post("/v1/holds", {"offering_id": place.cut, "starts_at": TUESDAY_TEN}).json
    days = {"first_on": "2026-06-02", "last_on": "2026-06-02"}

    reply = place.owner.post(f"/v1/resources/{place.chair}/blocks", days)

    assert reply.code == "record.in_use"
    assert reply.json["affected"] == [{"kind": "hold", "id": hold["hold_id"]}]


def test_blocks_are_listed_by_start_and_filtered(place: Place) -> None:
    bazaar = Bazaar(place)
    later = {"first_on": "2026-12-01", "last_on": "2026-12-01"}
    made(place.owner, f"/v1/resources/{place.chair}/blocks", later)

    def found(path: str = "/v1/blocks", **query: object) -> list[str]:
        return [item["resource_id"] for item in place.viewer.get(path, query).json["items"]]

    assert found() == [bazaar.room, place.chair]
    assert found(resource_id=place.chair) == [place.chair]
    assert found(f"/v1/resources/{bazaar.room}/blocks") == [bazaar.room]
    assert found(ends_after="2026-11-01T00:00:00Z") == [place.chair]
    assert found(status="removed") == []
    assert place.viewer.get(f"/v1/resources/res_{'0' * 26}/blocks").status == 404


# ----------------------------------------------------------------------------------------- slots


def test_a_slot_made_by_hand_is_as_long_and_large_as_its_offering_unless_told(
    place: Place,
) -> None:
    """AC-B08."""
    owner = place.stranger
    offering = place.concert.ticket.offering_id
    plain = made(owner, "/v1/slots", {"offering_id": offering, "starts_at": "2026-07-20T18:00:00Z"})
    small = made(
        owner,
        "/v1/slots",
        {
            "offering_id": offering,
            "starts_at": "2026-07-21T18:00:00Z",
            "ends_at": "2026-07-21T19:00:00Z",
            "capacity": 10,
            "metadata": {"tour": "b"},
        },
    )
    endless = {"offering_id": offering, "starts_at": "2026-07-22T18:00:00Z", "capacity": None}
    unlimited = made(owner, "/v1/slots", endless)
    again = owner.post("/v1/slots", endless)

    told = ("starts_at", "ends_at", "capacity", "is_capacity_own", "origin", "status")
    assert [[slot[name] for name in told] for slot in (plain, small, unlimited)] == [
        ["2026-07-20T18:00:00Z", "2026-07-20T21:00:00Z", 250, False, "manual", "open"],
        ["2026-07-21T18:00:00Z", "2026-07-21T19:00:00Z", 10, True, "manual", "open"],
        ["2026-07-22T18:00:00Z", "2026-07-22T21:00:00Z", None, True, "manual", "open"],
    ]
    assert again.code == "record.already_exists"
    assert owner.get(f"/v1/slots/{small['slot_id']}").json == {
        **small,
        "taken": 0,
        "tickets_left": {},
    }
    window = {"from": "2026-07-20T18:00:00Z", "to": "2026-07-22T18:00:00Z"}
    listed = owner.get("/v1/slots", {"offering_id": offering, **window}).json["items"]
    assert listed == [
        {**plain, "taken": 0, "tickets_left": {}},
        {**small, "taken": 0, "tickets_left": {}},
    ]


# ---------------------------------------------------------------------------------- availability


def test_availability_says_its_window_its_zone_and_what_is_left(place: Place) -> None:
    """AC-B06, AC-L03."""
    bazaar = Bazaar(place)
    place.owner.patch(f"/v1/offerings/{bazaar.fair}", {"party_max": 4})

    default = place.page.get("/v1/availability", {"offering_id": place.cut}).json
    fair = place.page.get(
        "/v1/availability", {"offering_id": bazaar.fair, "from": FAIR_AT, "party_size": "4"}
    ).json

    assert (default["from"], default["to"]) == ("2026-06-01T08:00:00Z", "2026-06-08T08:00:00Z")
    assert (default["zone"], default["party_size"], len(default["slots"])) == (
        "Europe/Paris",
        1,
        90,
    )
    assert fair["slots"] == [
        {
            "slot_id": bazaar.slot,
            "starts_at": FAIR_AT,
            "ends_at": "2026-07-14T19:00:00Z",
            "remaining": None,
            "dates": [],
        }
    ]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({}, "/offering_id"),
        ({"party_size": "0"}, "/party_size"),
        ({"from": "2026-06-02T00:00:00Z", "to": "2026-06-01T00:00:00Z"}, "/to"),
        ({"from": "2026-06-02T00:00:00Z", "to": "2027-08-01T00:00:00Z"}, "/to"),
        ({"from": "yesterday"}, "/from"),
    ],
)
def test_a_question_that_cannot_be_answered_is_pointed_at(
    place: Place, query: dict[str, str], pointer: str
) -> None:
    """O7."""
    asked = {"offering_id": place.cut, **query} if query else {}

    reply = place.page.get("/v1/availability", asked)

    assert [fault["pointer"] for fault in reply.json["errors"]] == [pointer]
