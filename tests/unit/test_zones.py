"""Zones and wall clocks, against a clock that is watched minute by minute."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import holdfast
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, Interval, UtcInstant
from holdfast.domain.zones import (
    LABEL_MINUTE_MAX,
    SkippedDay,
    UnknownZone,
    day_interval,
    days_touched,
    instant_of,
    local_day,
    tzdata_version,
    zone,
    zone_names,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# Days around which clocks are changed in every way that is known.
CHANGES = [
    ("Europe/Paris", date(2026, 3, 29)),
    ("Europe/Paris", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # by half an hour
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Africa/Algiers", date(2026, 3, 29)),  # never
    ("Australia/Brisbane", date(2026, 10, 4)),  # never
    ("America/Sao_Paulo", date(2018, 2, 18)),  # midnight back to 23:00
    ("America/Sao_Paulo", date(2018, 11, 4)),  # midnight on to 01:00
    ("Asia/Beirut", date(2022, 3, 27)),  # midnight on to 01:00
    ("America/Havana", date(2024, 11, 3)),  # 01:00 back to midnight, which is shown twice
    ("America/St_Johns", date(2010, 11, 7)),  # 00:01 back to 23:01 of the day before
    ("America/St_Johns", date(2011, 3, 13)),  # 00:01 on to 01:01
    ("Pacific/Apia", date(2011, 12, 30)),  # the day that never was
    ("Pacific/Kwajalein", date(1993, 8, 21)),  # another one
    ("Asia/Pyongyang", date(2015, 8, 15)),  # half an hour back, at midnight
    ("Africa/Casablanca", date(2026, 2, 15)),
    ("Antarctica/Troll", date(2026, 3, 29)),  # by two hours
]
WATCHED_DAYS = 3


@lru_cache
def watched(name: str, middle: date) -> dict[datetime, UtcInstant]:
    """Watch the clock every minute for days; note when it first shows each label."""
    first_seen: dict[datetime, UtcInstant] = {}
    start = datetime(middle.year, middle.month, middle.day, tzinfo=UTC) - WATCHED_DAYS * DAY
    for minute in range((2 * WATCHED_DAYS + 1) * 1440):
        instant = start + minute * MINUTE
        first_seen.setdefault(instant.astimezone(zone(name)).replace(tzinfo=None), instant)
    return first_seen


@settings(deadline=None)
@given(
    change=st.sampled_from(CHANGES),
    day_offset=st.integers(-1, 1),
    minute=st.integers(0, 1440) | st.integers(0, 200),
)
def test_a_label_means_the_first_instant_at_which_the_clock_shows_it(
    change: tuple[str, date], day_offset: int, minute: int
) -> None:
    name, middle = change
    first_seen = watched(name, middle)
    day = middle + day_offset * DAY
    label = datetime.combine(day, time()) + minute * MINUTE

    dropped = instant_of(day, minute, zone(name))
    forward = instant_of(day, minute, zone(name), gap="forward")

    assert dropped == first_seen.get(label)
    assert forward == min(at for shown, at in first_seen.items() if shown >= label)


@pytest.mark.parametrize(("name", "middle"), CHANGES)
def test_the_days_of_a_zone_follow_each_other_and_own_their_instants(
    name: str, middle: date
) -> None:
    days = []
    for offset in range(-2, 3):
        try:
            days.append((middle + offset * DAY, day_interval(middle + offset * DAY, zone(name))))
        except SkippedDay:
            continue

    owners = [
        (local_day(interval.starts_at, zone(name)), local_day(last_of(interval), zone(name)))
        for _, interval in days
    ]

    assert all(left.ends_at == right.starts_at for (_, left), (_, right) in pairwise(days))
    assert owners == [(day, day) for day, _ in days]


def last_of(interval: Interval) -> UtcInstant:
    return interval.ends_at - timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("name", "day", "starts_at", "hours"),
    [
        ("Europe/Paris", date(2026, 3, 28), "2026-03-27T23:00+00:00", 24),
        ("Europe/Paris", date(2026, 3, 29), "2026-03-28T23:00+00:00", 23),
        ("Europe/Paris", date(2026, 10, 25), "2026-10-24T22:00+00:00", 25),
        ("America/New_York", date(2026, 3, 8), "2026-03-08T05:00+00:00", 23),
        ("Australia/Lord_Howe", date(2026, 4, 5), "2026-04-04T13:00+00:00", 24.5),
        ("Australia/Lord_Howe", date(2026, 10, 4), "2026-10-03T13:30+00:00", 23.5),
        ("Africa/Algiers", date(2026, 3, 29), "2026-03-28T23:00+00:00", 24),
        ("Australia/Brisbane", date(2026, 10, 4), "2026-10-03T14:00+00:00", 24),
        ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04T03:00+00:00", 23),
        ("America/Sao_Paulo", date(2018, 2, 17), "2018-02-17T02:00+00:00", 25),
        ("Asia/Beirut", date(2022, 3, 27), "2022-03-26T22:00+00:00", 23),
        ("America/Havana", date(2024, 11, 3), "2024-11-03T04:00+00:00", 25),
        ("Pacific/Apia", date(2011, 12, 29), "2011-12-29T10:00+00:00", 24),
        ("Pacific/Apia", date(2011, 12, 31), "2011-12-30T10:00+00:00", 24),
        ("UTC", date(2026, 7, 6), "2026-07-06T00:00+00:00", 24),
    ],
)
def test_a_local_day_is_as_long_as_its_clock_makes_it(
    name: str, day: date, starts_at: str, hours: float
) -> None:
    start = datetime.fromisoformat(starts_at)

    interval = day_interval(day, zone(name))

    assert (interval.starts_at, interval.ends_at) == (start, start + hours * HOUR)


def test_a_date_that_never_happened_is_refused() -> None:
    with pytest.raises(SkippedDay, match="2011-12-30 never happened in Pacific/Apia"):
        day_interval(date(2011, 12, 30), zone("Pacific/Apia"))


@pytest.mark.parametrize(
    ("name", "starts_at", "ends_at", "expected"),
    [
        ("Europe/Paris", "2026-07-05T22:00", "2026-07-06T22:00", ["2026-07-06"]),
        ("Europe/Paris", "2026-07-05T21:59", "2026-07-06T22:00", ["2026-07-05", "2026-07-06"]),
        ("Europe/Paris", "2026-07-06T00:00", "2026-07-06T22:01", ["2026-07-06", "2026-07-07"]),
        ("Pacific/Apia", "2011-12-30T09:00", "2011-12-30T11:00", ["2011-12-29", "2011-12-31"]),
        (
            "Pacific/Apia",
            "2011-12-28T11:00",
            "2011-12-31T09:00",
            ["2011-12-28", "2011-12-29", "2011-12-31"],
        ),
    ],
)
def test_the_days_that_an_interval_touches_are_those_of_the_zone(
    name: str, starts_at: str, ends_at: str, expected: list[str]
) -> None:
    interval = Interval(
        starts_at=datetime.fromisoformat(starts_at + "+00:00"),
        ends_at=datetime.fromisoformat(ends_at + "+00:00"),
    )

    days = days_touched(interval, zone(name))

    assert [day.isoformat() for day in days] == expected


def test_an_hour_lived_twice_across_midnight_belongs_to_the_day_that_had_begun() -> None:
    st_johns = zone("America/St_Johns")
    second_2330 = datetime(2010, 11, 7, 3, 0, tzinfo=UTC)

    day = local_day(second_2330, st_johns)

    assert second_2330.astimezone(st_johns).isoformat() == "2010-11-06T23:30:00-03:30"
    assert day == date(2010, 11, 7)


@pytest.mark.parametrize(
    "name",
    ["", "Mars/Olympus", "europe/paris", "../zones", "/etc/localtime", "Europe", "Europe/Paris "],
)
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(UnknownZone, match="is not a time zone; use an IANA name"):
        zone(name)


def test_every_named_zone_loads_and_loads_once() -> None:
    zones = {name: zone(name) for name in zone_names()}

    assert all(found.key == name and found is zone(name) for name, found in zones.items())
    assert {"Europe/Paris", "America/New_York", "Pacific/Apia", "UTC"} <= zones.keys()


def test_the_release_of_the_zones_is_that_of_the_package() -> None:
    stated = files("tzdata").joinpath("__init__.py").read_text()

    assert f'IANA_VERSION = "{tzdata_version()}"' in stated


@pytest.mark.parametrize(
    ("day", "minute", "reason"),
    [
        (date(2026, 7, 6), -1, "Minute -1 is outside"),
        (date(2026, 7, 6), LABEL_MINUTE_MAX + 1, "is outside 0 to 44640"),
        (date.min, 0, "0001-01-01 is outside"),
        (date.max, 0, "9999-12-31 is outside"),
    ],
)
def test_a_label_outside_the_limits_is_refused(day: date, minute: int, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        instant_of(day, minute, zone("Europe/Paris"))


def test_the_limits_of_time_have_a_local_day_everywhere() -> None:
    names = ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Etc/GMT+12", "Etc/GMT-14", "UTC"]

    days = [(local_day(FIRST_INSTANT, zone(n)), local_day(LAST_INSTANT, zone(n))) for n in names]

    assert days == [
        (date(1969, 12, 31), date(2200, 1, 1)),
        (date(1969, 12, 31), date(2199, 12, 31)),
        (date(1969, 12, 31), date(2199, 12, 31)),
        (date(1970, 1, 1), date(2200, 1, 1)),
        (date(1970, 1, 1), date(2200, 1, 1)),
    ]


ASK_THE_TIME = """
from datetime import date, datetime, UTC
from zoneinfo import ZoneInfo
from holdfast.domain.zones import instant_of, local_day, zone
now = datetime(2026, 7, 6, 7, tzinfo=UTC)
print(now.astimezone().hour, now.astimezone(ZoneInfo("Europe/Paris")).hour)
paris = zone("Europe/Paris")
print(instant_of(date(2026, 7, 6), 540, paris), local_day(now, paris), now.astimezone(paris).hour)
"""


def test_the_zone_and_the_database_of_the_process_have_no_effect(tmp_path: Path) -> None:
    tokyo = files("tzdata").joinpath("zoneinfo", "Asia", "Tokyo").read_bytes()
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe" / "Paris").write_bytes(tokyo)
    environment = {
        **os.environ,
        "TZ": "<+14>-14",  # as Pacific/Kiritimati, in the form that needs no database
        "PYTHONTZPATH": str(tmp_path),
        "PYTHONPATH": str(Path(holdfast.__file__).parent.parent),
    }

    answer = subprocess.run(
        [sys.executable, "-c", ASK_THE_TIME],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    deceived, sound = answer.stdout.splitlines()
    assert deceived == "21 16"  # what the standard library says: the danger is there
    assert sound == "2026-07-06 07:00:00+00:00 2026-07-06 9"
