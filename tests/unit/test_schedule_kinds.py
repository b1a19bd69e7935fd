"""What rules of different kinds and effects open together: as tables, and tick by tick."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TypedDict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.domain.intervals import Interval, UtcInstant
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
    is_open,
    open_intervals,
    opens_anything,
    parse_wall_time,
    slots_on_grid,
)
from holdfast.domain.zones import instant_of, zone

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


# ------------------------------------------------------------------------------------ tick by tick

TICK = 15 * MINUTE
FIRST_DAY = date(2026, 10, 21)  # the clock is put back on the 25th
DAYS = [FIRST_DAY + n * DAY for n in range(9)]
TEXTS = ["FREQ=DAILY;INTERVAL=2", "FREQ=WEEKLY;BYDAY=SA,SU", "FREQ=MONTHLY;BYDAY=-1SU"]


class Labels(TypedDict):
    """From when to when."""

    opens_minute: int
    closes_minute: int


@st.composite
def any_rules(draw: st.DrawFn) -> Rule:
    opens = draw(st.integers(0, 95)) * 15
    closes = opens + draw(st.integers(1, 96)) * 15
    if draw(st.booleans()):
        opens, closes = 0, 1440
    recurs = draw(st.sampled_from([OPENS, OPENS, CLOSES]))
    special = draw(st.sampled_from([OPENS, REPLACES, CLOSES]))
    days = draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=4))
    fields = Labels(opens_minute=opens, closes_minute=closes)
    match draw(st.sampled_from(["weekly", "recurrence", "range", "dates"])):
        case "weekly":
            named = frozenset(day.isoweekday() for day in days)
            return WeeklyRule(weekdays=named, zone=PARIS, effect=recurs, **fields)
        case "recurrence":
            recurrence = parse_recurrence(draw(st.sampled_from(TEXTS)), FIRST_DAY)
            return RecurrenceRule(recurrence=recurrence, zone=PARIS, effect=recurs, **fields)
        case "range":
            first, last = min(days), max(days)
            return RangeRule(
                valid_from=first, valid_until=last, zone=PARIS, effect=special, **fields
            )
        case _:
            return DatesRule(dates=frozenset(days), zone=PARIS, effect=special, **fields)


def is_on(rule: Rule, day: date) -> bool:
    """Say whether a rule is about a date, from nothing but its definition."""
    match rule:
        case WeeklyRule():
            return day.isoweekday() in rule.weekdays
        case RecurrenceRule():
            texts = {parse_recurrence(text, FIRST_DAY): text for text in TEXTS}
            match texts[rule.recurrence]:
                case "FREQ=DAILY;INTERVAL=2":
                    return day >= FIRST_DAY and (day - FIRST_DAY).days % 2 == 0
                case "FREQ=WEEKLY;BYDAY=SA,SU":
                    return day >= FIRST_DAY and day.isoweekday() in {6, 7}
                case _:
                    return day == date(2026, 10, 25)
        case RangeRule():
            return rule.valid_from <= day <= rule.valid_until
        case DatesRule():
            return day in rule.dates


def ticks_of(rule: Rule, day: date) -> set[UtcInstant]:
    here = zone(PARIS)
    opens_at = instant_of(day, rule.opens_minute, here, gap="forward")
    closes_at = instant_of(day, rule.closes_minute, here, gap="forward")
    return {opens_at + n * TICK for n in range((closes_at - opens_at) // TICK)}


def painted_day(rules: list[Rule], day: date) -> set[UtcInstant]:
    """Return the ticks that belong to a date, before anything is closed by the clock."""
    of_day = [rule for rule in rules if is_on(rule, day)]
    whole = [r for r in of_day if r.effect is CLOSES and r.closes_minute - r.opens_minute == 1440]
    if any(rule.opens_minute == 0 for rule in whole):
        return set()
    dates = [r for r in of_day if isinstance(r, DatesRule) and r.effect is not CLOSES]
    ranges = [r for r in of_day if isinstance(r, RangeRule) and r.effect is not CLOSES]
    others = [
        r for r in of_day if isinstance(r, (WeeklyRule, RecurrenceRule)) and r.effect is OPENS
    ]
    if any(rule.effect is REPLACES for rule in dates):
        opening: list[Rule] = [*dates]
    elif any(rule.effect is REPLACES for rule in ranges):
        opening = [*dates, *ranges]
    else:
        opening = [*dates, *ranges, *others]
    return {tick for rule in opening for tick in ticks_of(rule, day)}


def painted(rules: list[Rule], window: Interval) -> set[UtcInstant]:
    """Return every open tick of a window, by painting day after day and wiping what is closed."""
    days = [FIRST_DAY + n * DAY for n in range(-3, 13)]
    closing = [rule for rule in rules if rule.effect is CLOSES]
    if rules and len(closing) == len(rules):
        count = (window.ends_at - window.starts_at) // TICK
        ticks = {window.starts_at + n * TICK for n in range(count)}
        by_clock = closing
    else:
        ticks = {tick for day in days for tick in painted_day(rules, day)}
        by_clock = [r for r in closing if (r.opens_minute, r.closes_minute) != (0, 1440)]
    for rule in by_clock:
        for day in days:
            if is_on(rule, day):
                ticks -= ticks_of(rule, day)
    return {tick for tick in ticks if window.covers(tick)}


@settings(deadline=None, max_examples=200)
@given(rules=st.lists(any_rules(), max_size=6))
def test_open_time_is_what_painting_says(rules: list[Rule]) -> None:
    window = local("2026-10-22", "2026-10-29")

    opened = open_intervals(rules, window)

    found = {part.starts_at + n * TICK for part in opened for n in range(part.duration // TICK)}
    assert found == painted(rules, window)
    assert all(left.ends_at < right.starts_at for left, right in pairwise(opened))


@settings(deadline=None, max_examples=100)
@given(
    rules=st.lists(any_rules(), min_size=1, max_size=5),
    duration=st.sampled_from([15, 30, 60, 90, 240]).map(lambda n: n * MINUTE),
)
def test_a_slot_is_on_the_grid_exactly_when_it_is_listed_and_is_open_all_along(
    rules: list[Rule], duration: timedelta
) -> None:
    """AC-B05."""
    window = local("2026-10-22", "2026-10-29")
    free = painted(rules, Interval(starts_at=window.starts_at, ends_at=window.ends_at + DAY))

    slots = expand_rules(rules, window, duration=duration, step=30 * MINUTE)

    listed = {slot.starts_at for slot in slots}
    asked = {window.starts_at + n * TICK for n in range(window.duration // TICK)}
    assert {at for at in asked if slots_on_grid(rules, at, duration, 30 * MINUTE)} == listed
    if opens_anything(rules):
        for slot in slots:
            assert all(slot.starts_at + n * TICK in free for n in range(duration // TICK))
            assert is_open(rules, slot)


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
