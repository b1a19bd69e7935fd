"""Weekly rules when clocks are changed: as tables, and against a timetable painted tick by tick."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.domain.intervals import Interval, UtcInstant
from holdfast.domain.schedules import (
    WeeklyRule,
    expand_rules,
    is_open,
    open_intervals,
    parse_wall_time,
    slots_on_grid,
)
from holdfast.domain.zones import day_interval, zone

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
EVERY_DAY = frozenset(range(1, 8))

# Zones whose clocks are changed at different hours, by different amounts, or never.
ZONE_NAMES = [
    "Europe/Paris",
    "Europe/London",
    "Europe/Dublin",
    "Atlantic/Azores",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "America/Santiago",
    "America/Nuuk",
    "America/Scoresbysund",
    "Africa/Algiers",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Asia/Kathmandu",
    "Antarctica/Troll",
    "Australia/Adelaide",
    "Australia/Brisbane",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Easter",
    "Pacific/Norfolk",
]

# Changes of the past that are harsher than any to come.
HARSH_CHANGES = [
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),  # a whole day skipped
    ("America/Sao_Paulo", datetime(2018, 11, 4, 3, tzinfo=UTC)),  # midnight skipped
    ("America/Sao_Paulo", datetime(2018, 2, 18, 2, tzinfo=UTC)),  # 23:00 twice
    ("America/St_Johns", datetime(2010, 11, 7, 2, 31, tzinfo=UTC)),  # 23:01 twice, over midnight
    ("Asia/Pyongyang", datetime(2015, 8, 14, 15, tzinfo=UTC)),  # half an hour, at midnight
]


def window(text: str) -> Interval:
    starts_at, ends_at = (datetime.fromisoformat(part).astimezone(UTC) for part in text.split("/"))
    return Interval(starts_at=starts_at, ends_at=ends_at)


def rule(opens: str, closes: str) -> WeeklyRule:
    return WeeklyRule(
        weekdays=EVERY_DAY,
        opens_minute=parse_wall_time(opens),
        closes_minute=parse_wall_time(closes, closing=True),
        zone="Europe/Paris",
    )


def local_starts(slots: tuple[Interval, ...], zone_name: str) -> list[str]:
    return [slot.starts_at.astimezone(zone(zone_name)).strftime("%H:%M%z") for slot in slots]


# --------------------------------------------------------------------------------- the seasons


@pytest.mark.parametrize(
    ("zone_name", "on", "opens", "closes", "minutes", "expected"),
    [
        # Spring in Paris: 02:00 to 03:00 is missing, and its labels with it.
        (
            "Europe/Paris",
            "2026-03-29",
            "01:00",
            "04:00",
            30,
            "01:00+0100 01:30+0100 03:00+0200 03:30+0200",
        ),
        # C-31: 01:45 lasts until 03:30, so 03:15 overlaps it and is dropped.
        ("Europe/Paris", "2026-03-29", "01:00", "05:00", 45, "01:00+0100 01:45+0100 04:00+0200"),
        # Opening and closing in the gap: nothing is open, nothing is offered.
        ("Europe/Paris", "2026-03-29", "02:10", "02:50", 10, ""),
        # Opening in the gap: open from 03:00, but on the grid of the labels.
        ("Europe/Paris", "2026-03-29", "02:20", "04:00", 30, "03:20+0200"),
        # Autumn in Paris: 02:00 to 03:00 comes twice and is offered once, the first time.
        (
            "Europe/Paris",
            "2026-10-25",
            "01:00",
            "04:00",
            30,
            "01:00+0200 01:30+0200 02:00+0200 02:30+0200 03:00+0100 03:30+0100",
        ),
        # Closing in it: at the first 02:30.
        ("Europe/Paris", "2026-10-25", "01:00", "02:30", 30, "01:00+0200 01:30+0200 02:00+0200"),
        (
            "America/New_York",
            "2026-03-08",
            "01:30",
            "04:00",
            30,
            "01:30-0500 03:00-0400 03:30-0400",
        ),
        (
            "America/New_York",
            "2026-11-01",
            "00:30",
            "02:30",
            30,
            "00:30-0400 01:00-0400 01:30-0400 02:00-0500",
        ),
        # Lord Howe changes by half an hour, at 02:00.
        (
            "Australia/Lord_Howe",
            "2026-10-04",
            "01:30",
            "03:00",
            15,
            "01:30+1030 01:45+1030 02:30+1100 02:45+1100",
        ),
        (
            "Australia/Lord_Howe",
            "2026-04-05",
            "01:00",
            "02:30",
            30,
            "01:00+1100 01:30+1100 02:00+1030",
        ),
        # No seasons there.
        ("Africa/Algiers", "2026-03-29", "01:00", "03:00", 60, "01:00+0100 02:00+0100"),
        ("Australia/Brisbane", "2026-10-04", "01:00", "03:00", 60, "01:00+1000 02:00+1000"),
        # The Friday that never was.
        ("Pacific/Apia", "2011-12-30", "09:00", "12:00", 60, ""),
        # Midnight is missing.
        ("America/Sao_Paulo", "2018-11-04", "00:00", "02:00", 30, "01:00-0200 01:30-0200"),
    ],
)
def test_the_grid_of_a_night_when_clocks_are_changed(
    zone_name: str, on: str, opens: str, closes: str, *, minutes: int, expected: str
) -> None:
    day = date.fromisoformat(on)
    opening = WeeklyRule(
        weekdays=EVERY_DAY,
        opens_minute=parse_wall_time(opens),
        closes_minute=parse_wall_time(closes, closing=True),
        zone=zone_name,
        valid_from=day,
        valid_until=day,
    )
    midnight = datetime.combine(day, time(), tzinfo=UTC)
    around = Interval(starts_at=midnight - 2 * DAY, ends_at=midnight + 3 * DAY)

    slots = expand_rules([opening], around, duration=minutes * MINUTE)

    assert local_starts(slots, zone_name) == expected.split()


def test_slots_longer_than_their_step_overlap_after_a_gap_as_before_it() -> None:
    night = rule("01:00", "05:00")
    sunday = window("2026-03-29T00:00+01:00/2026-03-30T00:00+02:00")

    slots = expand_rules([night], sunday, duration=HOUR, step=30 * MINUTE)

    labels = ["01:00+0100", "01:30+0100", "03:00+0200", "03:30+0200", "04:00+0200"]
    assert local_starts(slots, "Europe/Paris") == labels


def test_a_slot_after_a_gap_that_overlaps_none_is_kept_however_soon_it_starts() -> None:
    night = rule("01:00", "05:00")
    sunday = window("2026-03-29T00:00+01:00/2026-03-30T00:00+02:00")

    slots = expand_rules([night], sunday, duration=30 * MINUTE, step=45 * MINUTE)

    labels = ["01:00+0100", "01:45+0100", "03:15+0200", "04:00+0200"]
    assert local_starts(slots, "Europe/Paris") == labels


@pytest.mark.parametrize(
    ("opens", "closes", "expected"),
    [
        ("01:00", "04:00", ["2026-03-29T00:00Z/2026-03-29T02:00Z"]),  # two hours, not three
        ("01:00", "02:30", ["2026-03-29T00:00Z/2026-03-29T01:00Z"]),  # closes at the change
        ("02:30", "04:00", ["2026-03-29T01:00Z/2026-03-29T02:00Z"]),  # opens at the change
        ("02:10", "02:50", []),
    ],
)
def test_opening_and_closing_in_a_gap_move_to_its_end(
    opens: str, closes: str, expected: list[str]
) -> None:
    sunday = window("2026-03-29T00:00+01:00/2026-03-30T00:00+02:00")

    opened = open_intervals([rule(opens, closes)], sunday)

    assert opened == tuple(window(text) for text in expected)


@pytest.mark.parametrize(
    ("opens", "closes", "expected"),
    [
        ("01:00", "04:00", ["2026-10-24T23:00Z/2026-10-25T03:00Z"]),  # four hours, not three
        ("01:00", "02:30", ["2026-10-24T23:00Z/2026-10-25T00:30Z"]),  # closes the first time
        ("02:30", "04:00", ["2026-10-25T00:30Z/2026-10-25T03:00Z"]),  # opens the first time
        ("02:10", "02:50", ["2026-10-25T00:10Z/2026-10-25T00:50Z"]),
    ],
)
def test_opening_and_closing_in_the_hour_lived_twice_are_at_its_first_time(
    opens: str, closes: str, expected: list[str]
) -> None:
    sunday = window("2026-10-25T00:00+02:00/2026-10-26T00:00+01:00")

    opened = open_intervals([rule(opens, closes)], sunday)

    assert opened == tuple(window(text) for text in expected)


# ------------------------------------------------------------------- the model to compare with


@cache
def changes_of(zone_name: str) -> tuple[UtcInstant, ...]:
    """Find the changes of a zone's clock from 2024 to 2040 by watching its offset."""
    found = []
    step = 12 * HOUR
    before = datetime(2024, 1, 1, tzinfo=UTC)
    while before < datetime(2041, 1, 1, tzinfo=UTC):
        low, high = before, before + step
        if offset(low, zone_name) != offset(high, zone_name):
            while high - low > MINUTE:
                middle = low + (high - low) // MINUTE // 2 * MINUTE
                same = offset(middle, zone_name) == offset(low, zone_name)
                low, high = (middle, high) if same else (low, middle)
            found.append(high)
        before += step
    return tuple(found)


def offset(at: UtcInstant, zone_name: str) -> timedelta | None:
    return at.astimezone(zone(zone_name)).utcoffset()


class Timetable:
    """What a very patient person would write down who watches a clock around one instant.

    Every `tick` is noted with what the clock shows, and with the furthest that it has shown so
    far: in the hour that is lived twice, the clock has not got further until it is over.
    """

    def __init__(self, zone_name: str, middle: UtcInstant, *, tick: timedelta) -> None:
        self.tick = tick
        self.first_shown: dict[datetime, UtcInstant] = {}
        self.furthest: list[tuple[UtcInstant, datetime]] = []
        at = middle - 4 * DAY
        furthest = at.astimezone(zone(zone_name)).replace(tzinfo=None)
        while at < middle + 4 * DAY:
            shown = at.astimezone(zone(zone_name)).replace(tzinfo=None)
            furthest = max(furthest, shown)
            self.first_shown.setdefault(shown, at)
            self.furthest.append((at, furthest))
            at += tick

    def open_ticks(self, weekly: WeeklyRule, day: date) -> list[UtcInstant]:
        """The ticks during which the rule is open that it opens on this date."""
        midnight = datetime.combine(day, time())
        opens = midnight + weekly.opens_minute * MINUTE
        closes = midnight + weekly.closes_minute * MINUTE
        if day.isoweekday() not in weekly.weekdays:
            return []
        return [at for at, furthest in self.furthest if opens <= furthest < closes]

    def slots(
        self, weekly: WeeklyRule, day: date, *, duration: timedelta, step: timedelta
    ) -> list[UtcInstant]:
        """The starts of the slots of one date, found label by label."""
        open_ticks = set(self.open_ticks(weekly, day))
        kept: list[UtcInstant] = []
        for minute in range(weekly.opens_minute, weekly.closes_minute, step // MINUTE):
            at = self.first_shown.get(datetime.combine(day, time()) + minute * MINUTE)
            if at is None or not open_ticks.issuperset(
                at + n * self.tick for n in range(duration // self.tick)
            ):
                continue
            if step >= duration and kept and kept[-1] + duration > at:
                continue
            kept.append(at)
        return kept


@cache
def timetable(zone_name: str, middle: UtcInstant, tick: timedelta) -> Timetable:
    return Timetable(zone_name, middle, tick=tick)


def days_around(middle: UtcInstant) -> list[date]:
    return [(middle + days * DAY).date() for days in range(-3, 4)]


def painted(intervals: tuple[Interval, ...], tick: timedelta) -> set[UtcInstant]:
    return {
        interval.starts_at + n * tick
        for interval in intervals
        for n in range(interval.duration // tick)
    }


# ------------------------------------------------------------------- every change of 17 years


@pytest.mark.parametrize("zone_name", ZONE_NAMES)
def test_rules_that_tile_the_wall_clock_tile_every_day_of_17_years(zone_name: str) -> None:
    cuts = [0, 30, 75, 120, 150, 200, 1380, 1415, 1440]
    tiles = [
        WeeklyRule(weekdays=EVERY_DAY, opens_minute=a, closes_minute=b, zone=zone_name)
        for a, b in pairwise(cuts)
    ]

    for change in changes_of(zone_name):
        day = day_interval(change.astimezone(zone(zone_name)).date(), zone(zone_name))
        opened = [open_intervals([tile], day.padded(DAY, DAY)) for tile in tiles]
        elapsed = sum((part.duration for parts in opened for part in parts), timedelta(0))

        assert elapsed == day.duration + 2 * DAY
        assert is_open(tiles, day)


@pytest.mark.parametrize("zone_name", ZONE_NAMES)
def test_no_change_of_17_years_makes_slots_that_overlap_or_differ_from_the_timetable(
    zone_name: str,
) -> None:
    tick = 15 * MINUTE
    weekly = WeeklyRule(
        weekdays=EVERY_DAY, opens_minute=1290, closes_minute=1290 + 1440, zone=zone_name
    )

    for change in changes_of(zone_name):
        around = Interval(starts_at=change - DAY, ends_at=change + DAY)
        slots = expand_rules([weekly], around, duration=45 * MINUTE)
        model = timetable(zone_name, change, tick)
        expected = [
            at
            for day in days_around(change)
            for at in model.slots(weekly, day, duration=45 * MINUTE, step=45 * MINUTE)
            if around.covers(at)
        ]

        assert all(slot.duration == 45 * MINUTE for slot in slots)
        assert all(left.ends_at <= right.starts_at for left, right in pairwise(slots))
        assert [slot.starts_at for slot in slots] == expected


@pytest.mark.parametrize("zone_name", ZONE_NAMES)
def test_no_zone_changes_its_clock_twice_within_two_days(zone_name: str) -> None:
    changes = changes_of(zone_name)

    assert all(second - first > 2 * DAY for first, second in pairwise(changes))


# ---------------------------------------------------------------------- against the timetable


@st.composite
def changes(draw: st.DrawFn) -> tuple[str, UtcInstant]:
    """Draw a zone and an instant when its clock is changed, or an ordinary one."""
    zone_name = draw(st.sampled_from(["Europe/Paris", "Australia/Lord_Howe", "America/New_York"]))
    around = changes_of(zone_name)[4:6]
    ordinary = ("Africa/Algiers", datetime(2026, 3, 29, 1, tzinfo=UTC))
    return draw(st.sampled_from([*HARSH_CHANGES, ordinary, *((zone_name, at) for at in around)]))


@st.composite
def weekly_rules(draw: st.DrawFn, zone_name: str) -> WeeklyRule:
    opens = draw(st.integers(0, 200) | st.integers(1320, 1439) | st.integers(0, 1439))
    return WeeklyRule(
        weekdays=draw(st.just(EVERY_DAY) | st.frozensets(st.integers(1, 7), min_size=1)),
        opens_minute=opens,
        closes_minute=opens + draw(st.integers(1, 300) | st.integers(1, 1440)),
        zone=zone_name,
        slot_step=draw(st.none() | st.integers(5, 120).map(lambda n: n * MINUTE)),
    )


@st.composite
def questions(draw: st.DrawFn) -> tuple[list[WeeklyRule], Interval, UtcInstant]:
    """Draw rules of one zone, a window near a change of its clock, and that change."""
    zone_name, change = draw(changes())
    rules = draw(st.lists(weekly_rules(zone_name), min_size=1, max_size=3))
    starts_at = change + draw(st.integers(-1500, 300)) * MINUTE
    ends_at = starts_at + draw(st.integers(1, 1600)) * MINUTE
    return rules, Interval(starts_at=starts_at, ends_at=ends_at), change


@settings(deadline=None)
@given(question=questions())
def test_open_time_equals_the_painted_timetable(
    question: tuple[list[WeeklyRule], Interval, UtcInstant],
) -> None:
    rules, asked, change = question
    model = timetable(rules[0].zone, change, MINUTE)

    opened = open_intervals(rules, asked)

    expected = {
        at
        for weekly in rules
        for day in days_around(change)
        for at in model.open_ticks(weekly, day)
        if asked.covers(at)
    }
    assert painted(opened, MINUTE) == expected
    assert all(left.ends_at < right.starts_at for left, right in pairwise(opened))
    assert is_open(rules, asked) is (expected == painted((asked,), MINUTE))
    assert all(is_open(rules, part) for part in opened)


@settings(deadline=None)
@given(
    question=questions(),
    duration=st.integers(1, 200).map(lambda n: n * MINUTE),
    step=st.none() | st.integers(5, 120).map(lambda n: n * MINUTE),
)
def test_slots_equal_those_read_off_the_timetable(
    question: tuple[list[WeeklyRule], Interval, UtcInstant],
    duration: timedelta,
    step: timedelta | None,
) -> None:
    rules, asked, change = question
    model = timetable(rules[0].zone, change, MINUTE)
    expected = {
        at
        for weekly in rules
        for day in days_around(change)
        for at in model.slots(
            weekly, day, duration=duration, step=weekly.slot_step or step or duration
        )
        if asked.covers(at)
    }

    slots = expand_rules(rules, asked, duration=duration, step=step)

    assert slots == tuple(Interval(starts_at=at, ends_at=at + duration) for at in sorted(expected))
    near = {at + n * MINUTE for at in expected for n in (-5, -1, 0, 1)} | {asked.starts_at, change}
    for at in sorted(near)[:60]:
        if asked.covers(at):
            assert slots_on_grid(rules, at, duration, step) is (at in expected)
