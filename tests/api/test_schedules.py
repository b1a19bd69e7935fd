"""Schedules through the API: recurrences, exceptions, closures; added, shown and sent back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Place

MADE_BY_US = ("rule_id", "owner_id", "status", "created_at", "version")
WEEKLY: dict[str, Any] = {"weekdays": [1, 2, 3, 4, 5, 6, 7], "opens": "09:00", "closes": "12:00"}
CLOSED: dict[str, Any] = {
    "kind": "range",
    "effect": "closes",
    "valid_from": "2026-06-03",
    "valid_until": "2026-06-04",
    "reason": "Holidays",
}
HOLIDAY_HOURS: dict[str, Any] = {
    "kind": "dates",
    "effect": "replaces",
    "dates": ["2026-06-05"],
    "opens": "10:00",
    "closes": "11:00",
}
SECOND_TUESDAY: dict[str, Any] = {
    "kind": "recurrence",
    "recurrence": "FREQ=MONTHLY;BYDAY=2TU",
    "valid_from": "2026-01-01",
    "dates": ["2026-05-01"],
    "dates_left_out": ["2026-07-14"],
    "opens": "19:00",
    "closes": "01:00",
}
QUIET: dict[str, Any] = {
    "kind": "weekly",
    "effect": "opens",
    "weekdays": [],
    "recurrence": None,
    "dates": [],
    "dates_left_out": [],
    "opens": "00:00",
    "closes": "24:00",
    "slot_step_minutes": None,
    "valid_from": None,
    "valid_until": None,
    "zone": "Europe/Paris",
    "reason": "",
    "is_repeated_hour_used": False,
}


def said(rule: dict[str, Any]) -> dict[str, Any]:
    """Return what was said of a rule, without what was made of it."""
    return {name: value for name, value in rule.items() if name not in MADE_BY_US}


def starts(place: Place, first: str, last: str) -> list[str]:
    """List when cuts can be booked."""
    asked = {"offering_id": place.cut, "from": f"{first}T00:00:00Z", "to": f"{last}T00:00:00Z"}
    slots = place.page.get("/v1/availability", asked).json["slots"]
    return [slot["starts_at"][8:16] for slot in slots]


def test_every_kind_of_rule_is_shown_as_it_was_said_and_can_be_sent_back(place: Place) -> None:
    """AC-B01, AC-B02, AC-B04."""
    path = f"/v1/offerings/{place.cut}/schedule"
    rules = [WEEKLY, SECOND_TUESDAY, CLOSED, HOLIDAY_HOURS]

    replaced = place.owner.put(path, {"rules": rules})
    shown = [said(rule) for rule in replaced.json["rules"]]
    again = place.owner.put(path, {"rules": shown})

    assert replaced.status == 200
    assert shown == [{**QUIET, **rule} for rule in rules]
    assert [said(rule) for rule in again.json["rules"]] == shown
    assert place.page.get(path).json == again.json


def test_rules_are_added_to_those_there_are_and_never_twice(place: Place) -> None:
    """AC-B01."""
    path = f"/v1/resources/{place.chair}/schedule"
    place.owner.put(path, {"rules": [WEEKLY]})

    added = place.owner.post(path, {"rules": [CLOSED, HOLIDAY_HOURS]})
    again = place.owner.post(path, {"rules": [HOLIDAY_HOURS]})
    shown = place.page.get(path).json["rules"]
    removed = place.owner.delete(f"/v1/rules/{shown[1]['rule_id']}").json

    assert (added.status, [said(rule) for rule in added.json["rules"]]) == (
        200,
        [{**QUIET, **CLOSED}, {**QUIET, **HOLIDAY_HOURS}],
    )
    assert again.json["rules"] == [added.json["rules"][1]]
    assert shown[1:] == added.json["rules"]
    assert (removed["rule_id"], removed["status"]) == (shown[1]["rule_id"], "removed")
    assert place.page.get(path).json["rules"] == [shown[0], shown[2]]


def test_closed_dates_and_other_hours_are_listed_as_they_are(place: Place) -> None:
    """C-22, C-28: the 3rd and 4th of June are closed, both included."""
    path = f"/v1/offerings/{place.cut}/schedule"
    hourly = {**WEEKLY, "slot_step_minutes": 60}
    rules = [hourly, CLOSED, {**HOLIDAY_HOURS, "slot_step_minutes": 60}]
    place.owner.put(f"/v1/resources/{place.chair}/schedule", {"rules": []})

    place.owner.put(path, {"rules": rules})

    assert starts(place, "2026-06-02", "2026-06-07") == [
        *("02T07:00", "02T08:00", "02T09:00"),
        "05T08:00",
        *("06T07:00", "06T08:00", "06T09:00"),
    ]


@pytest.mark.parametrize(
    ("rule", "pointer", "code"),
    [
        ({**WEEKLY, "weekdays": []}, "/rules/0/weekdays", "not_weekdays"),
        ({"weekdays": [1], "opens": "09:00"}, "/rules/0/closes", "missing"),
        ({**WEEKLY, "effect": "replaces"}, "/rules/0/effect", "not_for_kind"),
        ({**WEEKLY, "kind": "monthly"}, "/rules/0/kind", "not_one_of"),
        ({**CLOSED, "valid_until": None}, "/rules/0/valid_until", "missing"),
        ({**CLOSED, "weekdays": [1]}, "/rules/0/weekdays", "not_for_kind"),
        ({**HOLIDAY_HOURS, "dates": []}, "/rules/0/dates", "missing"),
        ({**HOLIDAY_HOURS, "dates": ["2026-02-30"]}, "/rules/0/dates/0", "not_a_date"),
        ({**HOLIDAY_HOURS, "dates": ["2026-06-05"] * 501}, "/rules/0/dates", "too_many"),
        ({**SECOND_TUESDAY, "valid_from": None}, "/rules/0/valid_from", "missing"),
        (
            {**SECOND_TUESDAY, "recurrence": "FREQ=HOURLY"},
            "/rules/0/recurrence",
            "not_a_recurrence",
        ),
        ({**SECOND_TUESDAY, "recurrence": "X" * 501}, "/rules/0/recurrence", "too_long"),
        ({**SECOND_TUESDAY, "is_repeated_hour_used": 1}, "/rules/0/is_repeated_hour_used", None),
        ({**CLOSED, "reason": "a\nb"}, "/rules/0/reason", "bad_character"),
    ],
)
def test_what_is_not_a_rule_is_pointed_at(
    place: Place, rule: dict[str, Any], pointer: str, code: str | None
) -> None:
    path = f"/v1/resources/{place.chair}/schedule"

    replies = [place.owner.put(path, {"rules": [rule]}), place.owner.post(path, {"rules": [rule]})]

    for reply in replies:
        assert (reply.status, reply.code) == (422, "input.invalid")
        assert [fault["pointer"] for fault in reply.json["errors"]] == [pointer]
        assert code is None or reply.json["errors"][0]["code"] == code


def test_a_recurrence_that_is_not_read_says_why(place: Place) -> None:
    """O4: a bomb is refused with advice."""
    rule = {**SECOND_TUESDAY, "recurrence": "FREQ=SECONDLY"}

    reply = place.owner.post(f"/v1/resources/{place.chair}/schedule", {"rules": [rule]})

    assert reply.json["errors"][0]["detail"] == (
        "FREQ is DAILY, WEEKLY, MONTHLY or YEARLY, not 'SECONDLY': rules name dates, and the"
        " opening hours name the time."
    )


def test_too_many_rules_are_refused(place: Place) -> None:
    path = f"/v1/resources/{place.chair}/schedule"
    many = [{**WEEKLY, "reason": str(n)} for n in range(200)]
    place.owner.put(path, {"rules": many})

    reply = place.owner.post(path, {"rules": [CLOSED]})

    assert (reply.status, reply.code) == (409, "policy.limit_reached")
    assert (reply.json["limit"], reply.json["actual"]) == (200, 201)
