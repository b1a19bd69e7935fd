"""Every change of every clock from 2024 to 2040: a sample here, all zones in the long proof."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from itertools import pairwise

import pytest

from holdfast.domain.intervals import Interval, UtcInstant, subtracted
from holdfast.domain.recurrence import parse_recurrence
from holdfast.domain.schedules import (
    DatesRule,
    Effect,
    RangeRule,
    RecurrenceRule,
    Rule,
    WeeklyRule,
    expand_rules,
    open_intervals,
    slots_on_grid,
)
from holdfast.domain.zones import day_interval, local_day, zone, zone_names

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
EVERY_DAY = frozenset(range(1, 8))
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
LAST = datetime(2041, 1, 1, tzinfo=UTC)

# Europe, America, half an hour, none, at midnight, over the date line, in Ramadan.
SAMPLE = [
    "Europe/Paris",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Algiers",
    "Australia/Brisbane",
    "Africa/Casablanca",
    "America/Havana",
    "Asia/Beirut",
    "Antarctica/Troll",
    "Pacific/Kiritimati",
]
# Hours that meet a change at 00:00, 01:00, 02:00, 02:30 or 03:00, and one past midnight.
HOURS = [(0, 1440), (0, 150), (90, 200), (150, 600), (1380, 1380 + 300)]


def changes_of(zone_name: str, since: UtcInstant, until: UtcInstant) -> list[UtcInstant]:
    """Return every change of a zone's clock between two instants, to the minute."""
    here, found, day = zone(zone_name), [], since
    while day < until:
        low, high = day, day + DAY
        if low.astimezone(here).utcoffset() != high.astimezone(here).utcoffset():
            while high - low > MINUTE:
                middle = low + (high - low) // MINUTE // 2 * MINUTE
                if middle.astimezone(here).utcoffset() == low.astimezone(here).utcoffset():
                    low = middle
                else:
                    high = middle
            found.append(high)
        day += DAY
    return found


def rules_of(zone_name: str, day: date, opens: int, closes: int) -> list[Rule]:
    """Return one rule of each kind that opens every day around a date."""
    daily = parse_recurrence("FREQ=DAILY", date(2023, 1, 1))
    days = [day + n * DAY for n in (-2, -1, 0, 1, 2)]
    return [
        WeeklyRule(weekdays=EVERY_DAY, opens_minute=opens, closes_minute=closes, zone=zone_name),
        RecurrenceRule(
            recurrence=daily,
            opens_minute=opens,
            closes_minute=closes,
            zone=zone_name,
            is_repeated_hour_used=True,
        ),
        RangeRule(
            valid_from=days[0],
            valid_until=days[-1],
            zone=zone_name,
            effect=Effect.OPENS,
            opens_minute=opens,
            closes_minute=closes,
        ),
        DatesRule(
            dates=frozenset(days),
            zone=zone_name,
            effect=Effect.REPLACES,
            opens_minute=opens,
            closes_minute=closes,
            is_repeated_hour_used=True,
        ),
    ]


def labels_of(zone_name: str, window: Interval) -> dict[tuple[date, int], UtcInstant]:
    """Return what a clock on the wall shows, minute by minute: when it first shows each label."""
    here, shown = zone(zone_name), dict[tuple[date, int], UtcInstant]()
    at = window.starts_at
    while at < window.ends_at:
        local = at.astimezone(here)
        shown.setdefault((local.date(), local.hour * 60 + local.minute), at)
        at += MINUTE
    return shown


def instant(shown: dict[tuple[date, int], UtcInstant], day: date, minute: int) -> UtcInstant:
    """Return when the wall first shows a label, or the next one that it shows at all."""
    while True:
        later, rest = divmod(minute, 1440)
        found = shown.get((day + later * DAY, rest))
        if found is not None:
            return found
        minute += 1


def sweep(zone_name: str, *, since: UtcInstant = FIRST, until: UtcInstant = LAST) -> int:
    """Look at every change of a zone, and return how many slots were looked at."""
    here, slot_count = zone(zone_name), 0
    for change in changes_of(zone_name, since, until) or [since]:
        day = local_day(change, here)
        window = day_interval(day, here).padded(DAY, DAY)
        shown = labels_of(zone_name, window.padded(2 * DAY, 2 * DAY))
        for opens, closes in HOURS:
            expected = timedelta(0)
            for each in (day + n * DAY for n in (-2, -1, 0, 1, 2)):
                starts_at = max(instant(shown, each, opens), window.starts_at)
                ends_at = min(instant(shown, each, closes), window.ends_at)
                expected += max(ends_at - starts_at, timedelta(0))
            for rule in rules_of(zone_name, day, opens, closes):
                opened = open_intervals([rule], window)
                assert sum((part.duration for part in opened), timedelta(0)) == expected
                slot_count += look_at_slots(rule, window)
    return slot_count


def look_at_slots(rule: Rule, window: Interval) -> int:
    """Assert that slots last, do not overlap, lie in open time and are found one by one."""
    slot_count = 0
    opened = open_intervals([rule], window.padded(timedelta(0), DAY))
    for duration in (45 * MINUTE, 60 * MINUTE):
        slots = expand_rules([rule], window, duration=duration)
        assert all(slot.duration == duration for slot in slots)
        assert all(left.ends_at <= right.starts_at for left, right in pairwise(slots))
        assert subtracted(slots, opened) == ()
        assert all(slots_on_grid([rule], slot.starts_at, duration) for slot in slots[::7])
        slot_count += len(slots)
    return slot_count


@pytest.mark.parametrize("zone_name", SAMPLE)
def test_open_time_is_what_the_wall_shows_at_every_change(zone_name: str) -> None:
    """AC-B05, C-31, T2, T3: a sample of the zones, for two years."""
    until = datetime(2028, 1, 1, tzinfo=UTC)

    assert sweep(zone_name, since=datetime(2026, 1, 1, tzinfo=UTC), until=until) > 100


@pytest.mark.proof
@pytest.mark.timeout(3_600)
def test_open_time_is_what_the_wall_shows_at_every_change_of_every_zone() -> None:
    """AC-B05, C-31, T2, T3: all zones, all their changes from 2024 to 2040."""
    names_by_file: dict[bytes, list[str]] = {}
    for name in sorted(zone_names()):
        path = files("tzdata").joinpath("zoneinfo", *name.split("/"))
        names_by_file.setdefault(path.read_bytes(), []).append(name)

    counts = {names[0]: sweep(names[0]) for names in names_by_file.values()}

    assert sum(map(len, names_by_file.values())) > 550
    assert min(counts.values()) > 100
