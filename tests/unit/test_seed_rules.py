"""Opening hours as web shops' plugins write them, as our rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from holdfast.domain.errors import InputFault, InputInvalid
from holdfast.domain.intervals import Interval
from holdfast.domain.rule_kinds import Effect
from holdfast.domain.rules import RuleDraft, RuleKind
from holdfast.domain.schedules import expand_rules
from holdfast.domain.seed_rules import rules_from_seed
from holdfast.domain.zones import zone

HOUR = timedelta(hours=1)
PARIS = "Europe/Paris"
# B-162, as its document gives it, Sunday as 0.
TENNIS = [
    {"dayOfWeek": day, "startTime": "08:00", "endTime": "22:00"} for day in (1, 2, 3, 4, 5, 6, 0)
]
BASTILLE = {
    "date": "2024-07-14",
    "slots": [{"startTime": "10:00", "endTime": "18:00", "available": True}],
}


def starts_on(drafts: tuple[RuleDraft, ...], day: str, duration: timedelta) -> list[str]:
    """List when slots start on a day in Paris."""
    here = zone(PARIS)
    first = datetime.fromisoformat(day).replace(tzinfo=here).astimezone(UTC)
    window = Interval(starts_at=first, ends_at=first + 24 * HOUR)
    slots = expand_rules([draft.rule(PARIS) for draft in drafts], window, duration=duration)
    return [f"{slot.starts_at.astimezone(here):%H:%M}" for slot in slots]


def test_the_tennis_court_has_other_hours_on_the_holiday() -> None:
    """B-063, B-064, B-162, C-16, C-20, C-22."""
    drafts = rules_from_seed(TENNIS, [BASTILLE])

    assert drafts == (
        RuleDraft(weekdays=(1, 2, 3, 4, 5, 6, 7), opens_minute=480, closes_minute=1320),
        RuleDraft(
            kind=RuleKind.DATES,
            effect=Effect.REPLACES,
            dates=(date(2024, 7, 14),),
            opens_minute=600,
            closes_minute=1080,
        ),
    )
    assert starts_on(drafts, "2024-07-13", HOUR) == [f"{hour:02}:00" for hour in range(8, 22)]
    assert starts_on(drafts, "2024-07-14", HOUR) == [f"{hour:02}:00" for hour in range(10, 18)]


def test_a_concert_is_bookable_on_its_evening_only() -> None:
    """B-067, B-165, C-21."""
    evening = {"startTime": "20:00", "endTime": "22:00", "available": True}
    drafts = rules_from_seed([], [{"date": "2024-12-31", "slots": [evening]}])

    found = [starts_on(drafts, day, 2 * HOUR) for day in ("2024-12-30", "2024-12-31")]

    assert found == [[], ["20:00"]]


def test_an_exam_has_two_more_sittings_on_a_special_sunday() -> None:
    """B-168."""
    sittings = [("09:00", "11:00"), ("14:00", "16:00")]
    windows = [{"startTime": a, "endTime": b} for a, b in sittings]
    drafts = rules_from_seed(
        [{"dayOfWeek": 6, **window} for window in windows],
        [{"date": "2024-12-15", "slots": windows}],
    )

    found = [starts_on(drafts, day, 2 * HOUR) for day in ("2024-12-14", "2024-12-15", "2024-12-16")]

    assert found == [["09:00", "14:00"], ["09:00", "14:00"], []]


def test_a_part_of_a_day_is_closed_and_a_mode_adds() -> None:
    """C-22: available false subtracts, `mode: add` adds, no window at all closes the date."""
    pause = {"startTime": "12:00", "endTime": "20:00", "available": False}
    late = {"startTime": "22:00", "endTime": "01:00"}
    drafts = rules_from_seed(
        TENNIS,
        [
            {"date": "2024-07-15", "slots": [pause]},
            {"date": "2024-07-16", "mode": "add", "slots": [late]},
            {"date": "2024-07-17", "slots": []},
        ],
        zone=PARIS,
        slot_step=2 * HOUR,
    )

    found = [starts_on(drafts, f"2024-07-{day}", HOUR) for day in (15, 16, 17)]

    assert found == [
        ["08:00", "10:00", "20:00"],
        ["08:00", "10:00", "12:00", "14:00", "16:00", "18:00", "20:00", "22:00"],
        ["00:00"],  # an hour of the evening before
    ]


@pytest.mark.parametrize(
    ("weekly", "special", "expected"),
    [
        ({"dayOfWeek": 8}, {}, [("/availableSlots/0/dayOfWeek", "not_weekdays")]),
        ({"dayOfWeek": True}, {}, [("/availableSlots/0/dayOfWeek", "not_weekdays")]),
        ({"dayOfWeek": "1"}, {}, [("/availableSlots/0/dayOfWeek", "not_weekdays")]),
        ({"startTime": "9:00"}, {}, [("/availableSlots/0/startTime", "not_a_time")]),
        ({"endTime": 1080}, {}, [("/availableSlots/0/endTime", "not_a_time")]),
        ({"price": 3}, {}, [("/availableSlots/0/price", "unknown_field")]),
        ({}, {"date": "14/07/2024"}, [("/specialAvailability/0/date", "not_a_date")]),
        ({}, {"date": "2024-02-30"}, [("/specialAvailability/0/date", "not_a_date")]),
        ({}, {"mode": "maybe"}, [("/specialAvailability/0/mode", "not_one_of")]),
        ({}, {"slots": "all"}, [("/specialAvailability/0/slots", "wrong_type")]),
        ({}, {"slots": ["all"]}, [("/specialAvailability/0/slots/0", "wrong_type")]),
        (
            {"dayOfWeek": 9},
            {"slots": [{"startTime": "09:00", "endTime": "25:00", "available": "no"}]},
            [
                ("/availableSlots/0/dayOfWeek", "not_weekdays"),
                ("/specialAvailability/0/slots/0/available", "wrong_type"),
                ("/specialAvailability/0/slots/0/endTime", "not_a_time"),
            ],
        ),
    ],
)
def test_every_fault_is_named_by_its_place(
    weekly: dict[str, Any], special: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    window = {"startTime": "09:00", "endTime": "12:00"}

    with pytest.raises(InputInvalid) as refusal:
        rules_from_seed([{"dayOfWeek": 1, **window, **weekly}], [{**BASTILLE, **special}])

    faults = refusal.value.fields["errors"]
    assert isinstance(faults, tuple)
    found = [(fault.pointer, fault.code) for fault in faults if isinstance(fault, InputFault)]
    assert found == expected


def test_lists_that_are_too_long_are_refused_before_any_work() -> None:
    with pytest.raises(InputInvalid):
        rules_from_seed(TENNIS * 100, [BASTILLE])
