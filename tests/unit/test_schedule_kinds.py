"""What rules of different kinds and effects open together: as tables, and tick by tick."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from holdfast.domain.intervals import Interval
from holdfast.domain.recurrence import parse_recurrence
from holdfast.domain.schedules import (
    DatesRule,
    Effect,
    RangeRule,
    RecurrenceRule,
    Rule,
    TooManySlots,
    WeeklyRule,
    closed_by,
    expand_rules,
    open_intervals,
    opens_anything,
    parse_wall_time,
    slots_on_grid,
)
from holdfast.domain.zones import zone

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PARIS = "Europe/Paris"
EVERY_DAY = frozenset(range(1, 8))
BASTILLE = date(2026, 7, 14)  # a Tuesday
OPENS, REPLACES, CLOSES = Effect.OPENS, Effect.REPLACES, Effect.CLOSES


def labels(hours: str) -> tuple[int, int]:
    """Turn "18:00-02:00" into minutes."""
    opens, closes = (parse_wall_time(part, closing=True) for part in hours.split("-"))
    return opens, closes if closes > opens else closes + 1440


def weekly(hours: str, weekdays: frozenset[int] = EVERY_DAY, effect: Effect = OPENS) -> WeeklyRule:
    opens, closes = labels(hours)
    return WeeklyRule(
        weekdays=weekdays, opens_minute=opens, closes_minute=closes, zone=PARIS, effect=effect
    )


def on_dates(effect: Effect, *days: date, hours: str = "00:00-24:00") -> DatesRule:
    opens, closes = labels(hours)
    return DatesRule(
        dates=frozenset(days),
        zone=PARIS,
        effect=effect,
        opens_minute=opens,
        closes_minute=closes,
        reason=f"{effect} {hours}",
    )


def in_range(effect: Effect, first: str, last: str, hours: str = "00:00-24:00") -> RangeRule:
    opens, closes = labels(hours)
    return RangeRule(
        valid_from=date.fromisoformat(first),
        valid_until=date.fromisoformat(last),
        zone=PARIS,
        effect=effect,
        opens_minute=opens,
        closes_minute=closes,
    )


def recurring(text: str, hours: str, starts_on: str = "2026-01-01", effect: Effect = OPENS) -> Rule:
    opens, closes = labels(hours)
    return RecurrenceRule(
        recurrence=parse_recurrence(text, date.fromisoformat(starts_on)),
        opens_minute=opens,
        closes_minute=closes,
        zone=PARIS,
        effect=effect,
    )


def local(first: str, last: str) -> Interval:
    """Return the time from one instant of Paris to another."""
    ends = (datetime.fromisoformat(text).replace(tzinfo=zone(PARIS)) for text in (first, last))
    starts_at, ends_at = (end.astimezone(UTC) for end in ends)
    return Interval(starts_at=starts_at, ends_at=ends_at)


def shown(intervals: tuple[Interval, ...]) -> list[str]:
    """Write intervals as people of Paris read them."""
    pairs = (
        (i.starts_at.astimezone(zone(PARIS)), i.ends_at.astimezone(zone(PARIS))) for i in intervals
    )
    return [f"{a:%d %H:%M}-{b:%H:%M}" for a, b in pairs]


WEEK = local("2026-07-13", "2026-07-16")  # Monday to Wednesday, 14 July in between

# ------------------------------------------------------------------------- what rules do together


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        # C-22: the tennis court's holiday hours replace those of the week.
        (
            [weekly("08:00-22:00"), on_dates(REPLACES, BASTILLE, hours="10:00-18:00")],
            ["13 08:00-22:00", "14 10:00-18:00", "15 08:00-22:00"],
        ),
        # Two replacing windows of a date open together.
        (
            [
                weekly("08:00-22:00"),
                on_dates(REPLACES, BASTILLE, hours="10:00-12:00"),
                on_dates(REPLACES, BASTILLE, hours="14:00-16:00"),
            ],
            ["13 08:00-22:00", "14 10:00-12:00", "14 14:00-16:00", "15 08:00-22:00"],
        ),
        # C-22, mode add: besides what is open anyway.
        (
            [
                weekly("09:00-12:00", frozenset({1, 2})),
                on_dates(OPENS, BASTILLE, hours="20:00-22:00"),
            ],
            ["13 09:00-12:00", "14 09:00-12:00", "14 20:00-22:00"],
        ),
        # C-22: available false takes a part of the day away, and always wins.
        (
            [
                weekly("08:00-22:00"),
                on_dates(REPLACES, BASTILLE, hours="10:00-18:00"),
                on_dates(CLOSES, BASTILLE, hours="12:00-13:00"),
            ],
            ["13 08:00-22:00", "14 10:00-12:00", "14 13:00-18:00", "15 08:00-22:00"],
        ),
        # C-21: a concert is open on its evening and never else.
        ([on_dates(OPENS, BASTILLE, hours="20:00-22:00")], ["14 20:00-22:00"]),
        ([on_dates(REPLACES, BASTILLE, hours="20:00-22:00")], ["14 20:00-22:00"]),
        # C-28: closed from the 13th to the 14th, both included.
        (
            [weekly("09:00-18:00"), in_range(CLOSES, "2026-07-13", "2026-07-14")],
            ["15 09:00-18:00"],
        ),
        # A whole date is closed with all that belongs to it, and with nothing else.
        (
            [weekly("18:00-02:00"), on_dates(CLOSES, BASTILLE)],
            ["13 00:00-02:00", "13 18:00-02:00", "15 18:00-00:00"],
        ),
        # By the clock, whichever date it belongs to.
        (
            [weekly("18:00-02:00"), on_dates(CLOSES, BASTILLE, hours="00:00-20:00")],
            ["13 00:00-02:00", "13 18:00-00:00", "14 20:00-02:00", "15 18:00-00:00"],
        ),
        # Dates before ranges before what recurs.
        (
            [
                weekly("08:00-22:00"),
                in_range(REPLACES, "2026-07-14", "2026-07-15", "10:00-16:00"),
                on_dates(REPLACES, BASTILLE, hours="11:00-12:00"),
            ],
            ["13 08:00-22:00", "14 11:00-12:00", "15 10:00-16:00"],
        ),
        (
            [
                weekly("08:00-22:00"),
                in_range(REPLACES, "2026-07-14", "2026-07-15", "10:00-16:00"),
                on_dates(OPENS, BASTILLE, hours="18:00-19:00"),
            ],
            ["13 08:00-22:00", "14 10:00-16:00", "14 18:00-19:00", "15 10:00-16:00"],
        ),
        # Closed all range long, whatever opens in it.
        (
            [
                weekly("08:00-22:00"),
                in_range(CLOSES, "2026-07-14", "2026-07-15"),
                on_dates(REPLACES, BASTILLE, hours="11:00-12:00"),
            ],
            ["13 08:00-22:00"],
        ),
        # A pause every day, and a stocktaking every second Tuesday.
        (
            [
                weekly("08:00-18:00"),
                weekly("12:00-13:00", effect=CLOSES),
                recurring("FREQ=MONTHLY;BYDAY=2TU", "16:00-18:00", effect=CLOSES),
            ],
            [
                *("13 08:00-12:00", "13 13:00-18:00", "14 08:00-12:00", "14 13:00-16:00"),
                *("15 08:00-12:00", "15 13:00-18:00"),
            ],
        ),
        # M-85: the second Tuesday of the month.
        ([recurring("FREQ=MONTHLY;BYDAY=2TU", "19:00-21:00")], ["14 19:00-21:00"]),
        # Rules that only close leave the rest open; none at all opens nothing.
        (
            [on_dates(CLOSES, BASTILLE), weekly("12:00-13:00", effect=CLOSES)],
            ["13 00:00-12:00", "13 13:00-00:00", "15 00:00-12:00", "15 13:00-00:00"],
        ),
        ([], []),
    ],
)
def test_rules_open_together(rules: list[Rule], expected: list[str]) -> None:
    """AC-B02, AC-B04."""
    assert shown(open_intervals(rules, WEEK)) == expected
    assert shown(open_intervals(reversed(rules), WEEK)) == expected


@pytest.mark.parametrize(
    ("days", "windows", "minutes", "slot_count"),
    [
        ("MO", ["09:00-12:00"], 60, 3),  # golden test 1
        ("TU,WE,TH,FR,SA", ["10:00-19:00"], 30, 5 * 18),  # golden test 2
        ("MO,TU,TH,FR", ["09:00-12:30", "14:00-18:00"], 15, 4 * 30),  # golden test 3
    ],
)
def test_a_weekly_recurrence_gives_the_slots_of_the_weekly_rule(
    days: str, windows: list[str], minutes: int, slot_count: int
) -> None:
    """AC-B04, AC-B05: the golden tests of weekly rules, said as recurrences."""
    names = ["", "MO", "TU", "WE", "TH", "FR", "SA", "SU"]
    weekdays = frozenset(names.index(name) for name in days.split(","))
    summer, winter = local("2026-07-06", "2026-07-13"), local("2026-01-05", "2026-01-12")

    for week in (summer, winter):
        expected = expand_rules(
            [weekly(hours, weekdays) for hours in windows], week, duration=minutes * MINUTE
        )
        found = expand_rules(
            [recurring(f"FREQ=WEEKLY;BYDAY={days}", hours) for hours in windows],
            week,
            duration=minutes * MINUTE,
        )

        assert found == expected
        assert len(found) == slot_count


def test_a_slot_that_reaches_into_a_closed_time_is_dropped_and_the_grid_stays() -> None:
    """AC-B02: a part of a day is blocked."""
    rules: list[Rule] = [weekly("09:00-17:00"), on_dates(CLOSES, BASTILLE, hours="12:30-13:30")]
    day = local("2026-07-14", "2026-07-15")

    slots = expand_rules(rules, day, duration=HOUR)

    assert [f"{slot.starts_at.astimezone(zone(PARIS)):%H}" for slot in slots] == [
        *("09", "10", "11"),
        *("14", "15", "16"),
    ]


def test_a_slot_that_would_reach_into_a_closed_time_after_the_window_is_dropped() -> None:
    rules: list[Rule] = [weekly("09:00-17:00"), on_dates(CLOSES, BASTILLE, hours="12:00-13:00")]
    before = local("2026-07-14T10:00", "2026-07-14T11:01")

    slots = expand_rules(rules, before, duration=2 * HOUR, step=30 * MINUTE)

    assert shown(slots) == ["14 10:00-12:00"]


def test_a_schedule_of_closures_has_no_grid() -> None:
    closures: list[Rule] = [on_dates(CLOSES, BASTILLE)]

    assert not opens_anything(closures)
    assert expand_rules(closures, WEEK, duration=HOUR) == ()
    assert opens_anything([*closures, on_dates(REPLACES, BASTILLE)])


def test_what_closes_says_why() -> None:
    bar = weekly("18:00-02:00")
    closed = on_dates(CLOSES, BASTILLE)
    pause = on_dates(CLOSES, BASTILLE, hours="20:00-21:00")
    late = local("2026-07-15T00:00", "2026-07-15T01:00")  # still the evening of the 14th
    early = local("2026-07-14T00:00", "2026-07-14T01:00")  # still the evening of the 13th
    evening = local("2026-07-14T20:30", "2026-07-14T22:00")
    noon = local("2026-07-14T12:00", "2026-07-14T13:00")

    found = [closed_by([pause, bar, closed], part) for part in (late, early, evening, noon)]

    assert found == [(closed,), (), (pause, closed), ()]
    assert closed_by([closed], noon) == (closed,)
    assert closed_by([], noon) == ()


@pytest.mark.parametrize(
    ("is_used", "hours", "minutes", "expected"),
    [
        (False, "01:00-04:00", 30, "01:00+02 01:30+02 02:00+02 02:30+02 03:00+01 03:30+01"),
        (
            True,
            "01:00-04:00",
            30,
            "01:00+02 01:30+02 02:00+02 02:30+02 02:00+01 02:30+01 03:00+01 03:30+01",
        ),
        (True, "01:00-02:30", 30, "01:00+02 01:30+02 02:00+02"),  # closed at the first 02:30
        (True, "01:00-05:00", 45, "01:00+02 01:45+02 02:30+02 02:30+01 03:15+01 04:00+01"),
    ],
)
def test_both_showings_of_an_hour_are_offered_if_the_rule_says_so(
    minutes: int, hours: str, expected: str, *, is_used: bool
) -> None:
    """C-31, option both: on 25 October the clock shows 02:00 to 03:00 twice."""
    opens, closes = labels(hours)
    night = DatesRule(
        dates=frozenset({date(2026, 10, 25)}),
        zone=PARIS,
        effect=OPENS,
        opens_minute=opens,
        closes_minute=closes,
        is_repeated_hour_used=is_used,
    )
    day = local("2026-10-25", "2026-10-26")

    slots = expand_rules([night], day, duration=minutes * MINUTE)

    found = [slot.starts_at.astimezone(zone(PARIS)).strftime("%H:%M%z")[:-2] for slot in slots]
    assert " ".join(found) == expected
    assert all(left.ends_at <= right.starts_at for left, right in pairwise(slots))
    assert all(slots_on_grid([night], s.starts_at, minutes * MINUTE) for s in slots)


def test_a_leap_day_is_open_in_leap_years_only() -> None:
    """C-31, T5: 29 February."""
    yearly = recurring("FREQ=YEARLY", "10:00-12:00", "2024-02-29")
    window = local("2024-01-01", "2033-01-01")

    days = [part.starts_at.date() for part in open_intervals([yearly], window)]

    assert days == [date(2024, 2, 29), date(2028, 2, 29), date(2032, 2, 29)]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: weekly("09:00-10:00", effect=REPLACES), "only dates and ranges"),
        (lambda: recurring("FREQ=DAILY", "09:00-10:00", effect=REPLACES), "only dates and ranges"),
        (lambda: on_dates(CLOSES), "needs 1 to 500"),
        (lambda: on_dates(CLOSES, date(2200, 1, 1)), "between 1970 and 2200"),
        (lambda: in_range(CLOSES, "2026-07-02", "2026-07-01"), "last date cannot be before"),
        (
            lambda: DatesRule(dates=frozenset({BASTILLE}), zone="Mars/Olympus", effect=OPENS),
            "is not a time zone",
        ),
    ],
)
def test_a_rule_that_means_nothing_is_refused(make: object, reason: str) -> None:
    assert callable(make)
    with pytest.raises(ValueError, match=reason):
        make()


def test_thousands_of_rules_are_refused_before_any_work() -> None:
    """O4: counted in rules times days."""
    rules: list[Rule] = [recurring("FREQ=DAILY", "09:00-10:00")] * 5_000
    window = local("2026-01-01", "2026-12-31")
    slot = window.starts_at

    for ask in (
        lambda: open_intervals(rules, window),
        lambda: expand_rules(rules, window, duration=HOUR),
        lambda: closed_by(rules, window),
        lambda: slots_on_grid([*rules, on_dates(CLOSES, BASTILLE)], slot, 400 * DAY),
    ):
        with pytest.raises(TooManySlots, match="days are too many"):
            ask()


# ------------------------------------------------------------------------------- the process's zone

SCRIPT = """
import time
from datetime import date, timedelta
from holdfast.domain.intervals import FIRST_INSTANT, Interval
from holdfast.domain.recurrence import parse_recurrence
from holdfast.domain.schedules import DatesRule, Effect, RecurrenceRule, expand_rules

rules = [
    RecurrenceRule(
        recurrence=parse_recurrence("FREQ=MONTHLY;BYDAY=-1SU", date(2026, 1, 1)),
        opens_minute=60, closes_minute=300, zone="Europe/Paris", is_repeated_hour_used=True,
    ),
    DatesRule(dates=frozenset({date(2026, 12, 27)}), zone="Europe/Paris", effect=Effect.CLOSES),
]
start = FIRST_INSTANT + timedelta(days=20_454)
window = Interval(starts_at=start, ends_at=start + timedelta(days=365))
print(time.tzname[0])
for slot in expand_rules(rules, window, duration=timedelta(minutes=45)):
    print(slot.starts_at.isoformat())
"""


def test_the_zone_of_the_process_has_no_effect() -> None:
    """C-27, T5."""
    answers = []
    for name in ("UTC", "Pacific/Kiritimati", "America/St_Johns"):
        environment = {**os.environ, "TZ": name, "PYTHONTZPATH": "/nowhere"}
        ran = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        process_zone, *slots = ran.stdout.split()
        answers.append((process_zone, slots))

    assert len({process_zone for process_zone, _ in answers}) == 3
    assert len(answers[0][1]) > 50
    assert [slots for _, slots in answers] == [answers[0][1]] * 3
