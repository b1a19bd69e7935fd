"""Weekly rules as tables: parsing, open time, grids, windows, limits and refusals."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TypedDict

import pytest

from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, Interval, UtcInstant
from holdfast.domain.schedules import (
    CANDIDATES_MAX,
    RULE_DAYS_MAX,
    WeeklyRule,
    expand_rules,
    is_open,
    open_intervals,
    parse_wall_time,
    parse_weekdays,
    slots_on_grid,
)
from holdfast.domain.zones import UnknownZone, zone

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
EVERY_DAY = frozenset(range(1, 8))


def instant(text: str) -> UtcInstant:
    return datetime.fromisoformat(text).astimezone(UTC)


def window(start: str, end: str) -> Interval:
    return Interval(starts_at=instant(start), ends_at=instant(end))


def rule(
    opens: str,
    closes_minute: int | str,
    *,
    weekdays: frozenset[int] = EVERY_DAY,
    zone_name: str = "Europe/Paris",
    slot_step: timedelta | None = None,
) -> WeeklyRule:
    if isinstance(closes_minute, str):
        closes_minute = parse_wall_time(closes_minute, closing=True)
    return WeeklyRule(
        weekdays=weekdays,
        opens_minute=parse_wall_time(opens),
        closes_minute=closes_minute,
        zone=zone_name,
        slot_step=slot_step,
    )


def local_starts(slots: tuple[Interval, ...], zone_name: str = "Europe/Paris") -> list[str]:
    return [slot.starts_at.astimezone(zone(zone_name)).strftime("%a %H:%M%z") for slot in slots]


# -------------------------------------------------------------------------------- golden tests


@pytest.mark.parametrize(
    ("week", "first_slot"),
    [
        (window("2026-07-06T00:00Z", "2026-07-13T00:00Z"), "2026-07-06T07:00+00:00"),
        (window("2026-01-05T00:00Z", "2026-01-12T00:00Z"), "2026-01-05T08:00+00:00"),
    ],
)
def test_golden_1_monday_morning_in_paris_follows_the_season(
    week: Interval, first_slot: str
) -> None:
    monday_morning = rule("09:00", "12:00", weekdays=parse_weekdays([1]))

    slots = expand_rules([monday_morning], week, duration=HOUR)

    first = datetime.fromisoformat(first_slot)
    assert [slot.starts_at for slot in slots] == [first, first + HOUR, first + 2 * HOUR]


def test_golden_2_sarah_has_18_slots_from_tuesday_to_saturday() -> None:
    sarah = rule("10:00", "19:00", weekdays=parse_weekdays([2, 3, 4, 5, 6]))
    week = window("2026-07-06T00:00+02:00", "2026-07-13T00:00+02:00")

    slots = expand_rules([sarah], week, duration=30 * MINUTE)

    labels = [f"{10 + n // 2}:{n % 2 * 30:02}+0200" for n in range(18)]
    days = ["Tue", "Wed", "Thu", "Fri", "Sat"]
    assert local_starts(slots) == [f"{day} {label}" for day in days for label in labels]


def test_golden_3_dr_martin_has_14_and_16_slots_a_day() -> None:
    weekdays = parse_weekdays([1, 2, 4, 5])
    martin = [
        rule("09:00", "12:30", weekdays=weekdays, slot_step=15 * MINUTE),
        rule("14:00", "18:00", weekdays=weekdays, slot_step=15 * MINUTE),
    ]
    week = window("2026-07-06T00:00+02:00", "2026-07-13T00:00+02:00")

    slots = expand_rules(martin, week, duration=15 * MINUTE)

    labels = [
        f"{hour_from + n // 4:02}:{n % 4 * 15:02}+0200"
        for hour_from, slot_count in ((9, 14), (14, 16))
        for n in range(slot_count)
    ]
    assert local_starts(slots) == [
        f"{day} {label}" for day in ("Mon", "Tue", "Thu", "Fri") for label in labels
    ]


# ---------------------------------------------------------------------------- grids and windows


@pytest.mark.parametrize(
    ("minutes", "step", "slot_step", "expected"),
    [
        (60, None, None, ["18:30"]),  # the step is the duration
        (75, None, None, ["18:30"]),  # C-20: a window equal to the duration is one slot
        (76, None, None, []),
        (30, 15, None, ["18:30", "18:45", "19:00", "19:15"]),
        (30, 15, 45, ["18:30", "19:15"]),  # the rule's own step goes first
        (2 * 1440, None, None, []),
    ],
)
def test_a_slot_ends_by_the_closing_time(
    minutes: int, step: int | None, slot_step: int | None, expected: list[str]
) -> None:
    yoga = rule("18:30", "19:45", slot_step=slot_step * MINUTE if slot_step else None)
    monday = window("2026-07-06T00:00+02:00", "2026-07-07T00:00+02:00")

    slots = expand_rules(
        [yoga], monday, duration=minutes * MINUTE, step=step * MINUTE if step else None
    )

    assert local_starts(slots) == [f"Mon {label}+0200" for label in expected]


def test_a_slot_belongs_to_the_window_in_which_it_starts() -> None:
    morning = rule("09:00", "12:00")
    asked = window("2026-07-06T09:30+02:00", "2026-07-06T11:00+02:00")

    slots = expand_rules([morning], asked, duration=HOUR, step=30 * MINUTE)

    labels = ["09:30", "10:00", "10:30"]
    assert local_starts(slots) == [f"Mon {label}+0200" for label in labels]


def test_a_bar_is_still_open_after_midnight_of_the_day_it_opened() -> None:
    friday_night = rule("22:00", 26 * 60, weekdays=frozenset({5}))
    saturday = window("2026-07-11T00:00+02:00", "2026-07-12T00:00+02:00")

    opened = open_intervals([friday_night], saturday)
    slots = expand_rules([friday_night], saturday, duration=HOUR)

    assert opened == (window("2026-07-11T00:00+02:00", "2026-07-11T02:00+02:00"),)
    assert local_starts(slots) == ["Sat 00:00+0200", "Sat 01:00+0200"]


def test_a_rule_opens_from_its_first_date_to_its_last_date_included() -> None:
    summer = WeeklyRule(
        weekdays=EVERY_DAY,
        opens_minute=540,
        closes_minute=600,
        zone="Europe/Paris",
        valid_from=date(2026, 7, 7),
        valid_until=date(2026, 7, 8),
    )
    week = window("2026-07-06T00:00+02:00", "2026-07-13T00:00+02:00")

    slots = expand_rules([summer], week, duration=HOUR)

    assert local_starts(slots) == ["Tue 09:00+0200", "Wed 09:00+0200"]


def test_a_slot_given_by_several_rules_is_one_slot_and_all_are_sorted() -> None:
    rules = [
        rule("11:00", "12:00"),
        rule("09:00", "12:00"),
        rule("05:00", "06:00", zone_name="America/New_York"),  # 11:00 in Paris
    ]
    monday = window("2026-07-06T00:00+02:00", "2026-07-07T00:00+02:00")

    slots = expand_rules(rules, monday, duration=HOUR)

    assert local_starts(slots) == ["Mon 09:00+0200", "Mon 10:00+0200", "Mon 11:00+0200"]


def test_no_rules_open_nothing() -> None:
    monday = window("2026-07-06T00:00+02:00", "2026-07-07T00:00+02:00")

    answers = (
        open_intervals([], monday),
        expand_rules([], monday, duration=HOUR),
        is_open([], monday),
        slots_on_grid([], monday.starts_at, HOUR),
    )

    assert answers == ((), (), False, False)


@pytest.mark.parametrize(
    ("start", "minutes", "expected"),
    [
        ("2026-07-06T09:00", 180, True),
        ("2026-07-06T11:30", 90, True),  # over the seam of two rules
        ("2026-07-06T08:59", 10, False),
        ("2026-07-06T13:50", 11, False),
        ("2026-07-06T15:00", 10, False),
    ],
)
def test_an_interval_is_open_if_the_rules_together_are(
    start: str, minutes: int, *, expected: bool
) -> None:
    rules = [rule("09:00", "12:00"), rule("12:00", "14:00")]
    starts_at = instant(start + "+02:00")

    answer = is_open(rules, Interval(starts_at=starts_at, ends_at=starts_at + minutes * MINUTE))

    assert answer is expected


@pytest.mark.parametrize(
    ("zone_name", "last_count"),
    [("Pacific/Kiritimati", 22), ("Pacific/Pago_Pago", 22), ("UTC", 23)],
)
def test_the_ends_of_time_are_answered_and_never_passed(zone_name: str, last_count: int) -> None:
    always = rule("00:00", "24:00", zone_name=zone_name)
    ends = [
        Interval(starts_at=FIRST_INSTANT, ends_at=FIRST_INSTANT + DAY),
        Interval(starts_at=LAST_INSTANT - DAY, ends_at=LAST_INSTANT),
    ]

    opened = [open_intervals([always], end) for end in ends]
    counts = [len(expand_rules([always], end, duration=2 * HOUR, step=HOUR)) for end in ends]

    assert opened == [(ends[0],), (ends[1],)]
    assert counts == [23, last_count]
    assert not slots_on_grid([always], LAST_INSTANT, HOUR)


# -------------------------------------------------------------------------- limits and refusals


def test_a_question_with_too_many_candidates_is_refused() -> None:
    around_the_clock = rule("00:00", "24:00", zone_name="UTC")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    full = CANDIDATES_MAX * MINUTE
    most = Interval(starts_at=start, ends_at=start + full)
    too_many = Interval(starts_at=start, ends_at=start + full + MINUTE)

    slots = expand_rules([around_the_clock], most, duration=MINUTE)

    assert len(slots) == CANDIDATES_MAX
    with pytest.raises(ValueError, match="ask for a shorter window"):
        expand_rules([around_the_clock], too_many, duration=MINUTE)


def test_a_question_with_too_many_days_and_rules_is_refused_before_any_work() -> None:
    rules = [rule("09:00", "10:00")] * 1000
    start = datetime(2026, 1, 1, tzinfo=UTC)
    years = Interval(starts_at=start, ends_at=start + RULE_DAYS_MAX // 1000 * DAY)

    with pytest.raises(ValueError, match="1000 rules over 200 days are too many"):
        open_intervals(rules, years)
    with pytest.raises(ValueError, match="1000 rules over 200 days are too many"):
        expand_rules(rules, years, duration=HOUR)


@pytest.mark.parametrize(
    ("duration", "step", "reason"),
    [
        (timedelta(0), None, "must be positive"),
        (-HOUR, HOUR, "must be positive"),
        (HOUR, timedelta(0), "whole minutes, 1 to 1440"),
        (HOUR, timedelta(seconds=90), "whole minutes, 1 to 1440"),
        (HOUR, timedelta(days=2), "whole minutes, 1 to 1440"),
        (timedelta(seconds=90), None, "without a step it is the duration"),
    ],
)
def test_a_grid_that_is_not_one_of_minutes_is_refused(
    duration: timedelta, step: timedelta | None, reason: str
) -> None:
    morning = rule("09:00", "12:00")
    monday = window("2026-07-06T00:00+02:00", "2026-07-07T00:00+02:00")

    with pytest.raises(ValueError, match=reason):
        expand_rules([morning], monday, duration=duration, step=step)
    with pytest.raises(ValueError, match=reason):
        slots_on_grid([morning], instant("2026-07-06T09:00+02:00"), duration, step)


class Fields(TypedDict, total=False):
    """The fields of a rule that a refusal is about."""

    weekdays: frozenset[int]
    opens_minute: int
    closes_minute: int
    slot_step: timedelta
    valid_from: date
    valid_until: date
    zone: str


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (Fields(weekdays=frozenset()), "needs weekdays from 1"),
        (Fields(weekdays=frozenset({0})), "needs weekdays from 1"),
        (Fields(opens_minute=-1), "opens at minute 0 to 1439"),
        (Fields(opens_minute=1440, closes_minute=1500), "opens at minute 0 to 1439"),
        (Fields(closes_minute=540), "closes after it opens"),
        (Fields(closes_minute=540 + 1441), "at most 24 hours later"),
        (Fields(slot_step=timedelta(0)), "whole minutes"),
        (
            Fields(valid_from=date(2026, 7, 2), valid_until=date(2026, 7, 1)),
            "last date cannot be before",
        ),
        (Fields(zone="Europe/Pari"), "'Europe/Pari' is not a time zone"),
    ],
)
def test_a_rule_that_could_not_be_expanded_is_refused(fields: Fields, reason: str) -> None:
    sound = Fields(weekdays=EVERY_DAY, opens_minute=540, closes_minute=720, zone="Europe/Paris")

    with pytest.raises(ValueError, match=reason):
        WeeklyRule(**(sound | fields))


def test_an_unknown_zone_of_a_rule_has_its_own_error() -> None:
    with pytest.raises(UnknownZone):
        rule("09:00", "10:00", zone_name="Mars/Olympus")


@pytest.mark.parametrize(
    ("values", "expected"),
    [([0], {7}), ([7], {7}), ([0, 7], {7}), ([1, 2, 3], {1, 2, 3}), (range(8), EVERY_DAY)],
)
def test_weekdays_count_from_monday_and_sunday_is_0_or_7(
    values: list[int], expected: set[int]
) -> None:
    assert parse_weekdays(values) == expected


@pytest.mark.parametrize("values", [[8], [-1], [True], [1.0], ["1"], [None], []])
def test_other_weekdays_are_refused(values: list[int]) -> None:
    with pytest.raises(ValueError, match=r"use 1 \(Monday\)|at least one weekday"):
        parse_weekdays(values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("00:00", 0), ("09:30", 570), ("09:30:00", 570), ("23:59", 1439), ("24:00", 1440)],
)
def test_a_time_of_day_is_read_as_minutes(text: str, expected: int) -> None:
    assert parse_wall_time(text, closing=True) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("9:30", "write it as HH:MM"),
        ("0930", "write it as HH:MM"),
        ("", "write it as HH:MM"),
        ("09:30 ", "write it as HH:MM"),
        ("-1:30", "write it as HH:MM"),
        ("٠٩:٣٠", "write it as HH:MM"),
        ("09:30:00.5", "write it as HH:MM"),
        ("09:30+02:00", "write it as HH:MM"),
        ("9" * 10_000, "write it as HH:MM"),
        ("09:30:01", "schedules are in whole minutes"),
        ("24:00", "24:00 may only close"),
        ("24:01", "hours go to 23"),
        ("25:00", "hours go to 23"),
        ("12:60", "minutes to 59"),
    ],
)
def test_what_is_not_a_time_of_day_is_refused_with_advice(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as refusal:
        parse_wall_time(text)

    assert len(str(refusal.value)) < 120
