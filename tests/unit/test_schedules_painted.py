"""What rules of any kinds and effects open together, against a calendar painted tick by tick."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TypedDict

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
    WeeklyRule,
    expand_rules,
    is_open,
    open_intervals,
    opens_anything,
    slots_on_grid,
)
from holdfast.domain.zones import instant_of, zone

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
PARIS = "Europe/Paris"
OPENS, REPLACES, CLOSES = Effect.OPENS, Effect.REPLACES, Effect.CLOSES
TICK = 15 * MINUTE
FIRST_DAY = date(2026, 10, 21)  # the clock is put back on the 25th
DAYS = [FIRST_DAY + n * DAY for n in range(9)]
TEXTS = ["FREQ=DAILY;INTERVAL=2", "FREQ=WEEKLY;BYDAY=SA,SU", "FREQ=MONTHLY;BYDAY=-1SU"]
WEEK = Interval(
    starts_at=datetime(2026, 10, 21, 22, tzinfo=UTC), ends_at=datetime(2026, 10, 28, 23, tzinfo=UTC)
)


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
    window = WEEK

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
    window = WEEK
    free = painted(rules, Interval(starts_at=window.starts_at, ends_at=window.ends_at + DAY))

    slots = expand_rules(rules, window, duration=duration, step=30 * MINUTE)

    listed = {slot.starts_at for slot in slots}
    asked = {window.starts_at + n * TICK for n in range(window.duration // TICK)}
    assert {at for at in asked if slots_on_grid(rules, at, duration, 30 * MINUTE)} == listed
    if opens_anything(rules):
        for slot in slots:
            assert all(slot.starts_at + n * TICK in free for n in range(duration // TICK))
            assert is_open(rules, slot)
