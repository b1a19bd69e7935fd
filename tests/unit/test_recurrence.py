"""Recurrence rules: examples of the RFC, two other engines, and forty bombs."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import islice

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from holdfast.domain import recurrence as engine
from holdfast.domain.recurrence import (
    COUNTED_DATES_MAX,
    DATES_MAX,
    falls_on,
    first_of,
    last_of,
    parse_recurrence,
)
from tests.unit.rfc5545 import NAMES, occurrences

DAY = timedelta(days=1)


def days(first: date, count: int) -> list[date]:
    return [first + n * DAY for n in range(count)]


def named(text: str, starts_on: date, *, until: date) -> list[date]:
    """List what our engine names, date by date, and one date before the start."""
    recurrence = parse_recurrence(text, starts_on)
    asked = days(starts_on - DAY, (until - starts_on).days + 2)
    return [day for day in asked if falls_on(recurrence, day)]


def short(found: list[date]) -> str:
    return " ".join(f"{day:%y-%m-%d}" for day in found)


@pytest.mark.parametrize(
    ("text", "starts_on", "until", "expected"),
    [
        # What people ask for.
        (
            "FREQ=MONTHLY;BYDAY=2TU",
            "2026-01-01",
            "2026-06-30",
            "26-01-13 26-02-10 26-03-10 26-04-14 26-05-12 26-06-09",
        ),
        (
            "FREQ=MONTHLY;BYDAY=-1FR",
            "2026-01-01",
            "2026-06-30",
            "26-01-30 26-02-27 26-03-27 26-04-24 26-05-29 26-06-26",
        ),
        ("FREQ=YEARLY", "2026-12-24", "2028-12-31", "26-12-24 27-12-24 28-12-24"),
        ("FREQ=YEARLY", "2024-02-29", "2033-01-01", "24-02-29 28-02-29 32-02-29"),
        (
            "FREQ=MONTHLY;BYMONTHDAY=1,15,-1",
            "2026-01-10",
            "2026-03-20",
            "26-01-15 26-01-31 26-02-01 26-02-15 26-02-28 26-03-01 26-03-15",
        ),
        ("FREQ=MONTHLY", "2026-01-31", "2026-08-01", "26-01-31 26-03-31 26-05-31 26-07-31"),
        ("RRULE:FREQ=weekly;byday=mo", "2026-06-02", "2026-06-20", "26-06-08 26-06-15"),
        # RFC 5545, section 3.8.5.3.
        (
            "FREQ=WEEKLY;INTERVAL=2;UNTIL=19970924;WKST=SU;BYDAY=MO,WE,FR",
            "1997-09-01",
            "1997-10-31",
            "97-09-01 97-09-03 97-09-05 97-09-15 97-09-17 97-09-19",
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
            "1997-08-05",
            "1997-10-31",
            "97-08-05 97-08-10 97-08-19 97-08-24",
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
            "1997-08-05",
            "1997-10-31",
            "97-08-05 97-08-17 97-08-19 97-08-31",
        ),
        (
            "FREQ=MONTHLY;INTERVAL=2;COUNT=8;BYDAY=1SU,-1SU",
            "1997-09-07",
            "1998-12-31",
            "97-09-07 97-09-28 97-11-02 97-11-30 98-01-04 98-01-25 98-03-01 98-03-29",
        ),
        (
            "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
            "1997-09-22",
            "1998-12-31",
            "97-09-22 97-10-20 97-11-17 97-12-22 98-01-19 98-02-16",
        ),
        ("FREQ=YEARLY;BYDAY=20MO", "1997-05-19", "1999-12-31", "97-05-19 98-05-18 99-05-17"),
        (
            "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
            "1997-09-02",
            "2000-12-31",
            "98-02-13 98-03-13 98-11-13 99-08-13 00-10-13",
        ),
        (
            "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
            "1996-11-05",
            "2004-12-31",
            "96-11-05 00-11-07 04-11-02",
        ),
        (
            "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
            "1997-09-04",
            "1998-12-31",
            "97-09-04 97-10-07 97-11-06",
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
            "1997-09-29",
            "1998-02-28",
            "97-09-29 97-10-30 97-11-27 97-12-30 98-01-29 98-02-26",
        ),
        (
            "FREQ=YEARLY;INTERVAL=2;COUNT=4;BYMONTH=1,3",
            "1997-03-10",
            "2001-12-31",
            "97-03-10 99-01-10 99-03-10 01-01-10",
        ),
        (
            "FREQ=DAILY;INTERVAL=10;COUNT=3",
            "1997-09-02",
            "1997-12-31",
            "97-09-02 97-09-12 97-09-22",
        ),
    ],
)
def test_a_rule_names_its_dates(text: str, starts_on: str, until: str, expected: str) -> None:
    """AC-B04, M-85, M-95."""
    first, last = date.fromisoformat(starts_on), date.fromisoformat(until)

    found = named(text, first, until=last)

    assert short(found) == expected


def test_dates_are_added_and_left_out() -> None:
    """AC-B04: RDATE and EXDATE. COUNT counts what is left out as well."""
    recurrence = parse_recurrence(
        "FREQ=WEEKLY;COUNT=4",
        date(2026, 6, 1),
        frozenset({date(2026, 5, 1), date(2026, 6, 8), date(2027, 1, 1), date(2026, 6, 15)}),
        frozenset({date(2026, 6, 15), date(2026, 6, 30)}),
    )

    found = [day for day in days(date(2026, 4, 1), 400) if falls_on(recurrence, day)]

    assert short(found) == "26-05-01 26-06-01 26-06-08 26-06-22 27-01-01"
    assert (first_of(recurrence), last_of(recurrence)) == (date(2026, 5, 1), date(2027, 1, 1))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not a part of a recurrence rule"),
        ("second tuesday", "not a part of a recurrence rule"),
        ("FREQ=", "not a part of a recurrence rule"),
        ("INTERVAL=2", "FREQ is DAILY, WEEKLY, MONTHLY or YEARLY, not ''"),
        ("FREQ=FORTNIGHTLY", "not 'FORTNIGHTLY'"),
        ("FREQ=DAILY;FREQ=DAILY", "FREQ stands twice"),
        ("FREQ=DAILY;BYEASTER=0", "BYEASTER is not read"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL takes whole numbers from 1 to 1000, not '0'"),
        ("FREQ=DAILY;INTERVAL=1.5", "INTERVAL takes"),
        ("FREQ=DAILY;INTERVAL=٣", "INTERVAL takes"),
        ("FREQ=DAILY;COUNT=5;UNTIL=20270101", "not by both"),
        ("FREQ=DAILY;UNTIL=2027-01-01", "UNTIL is a date such as 20261231"),
        ("FREQ=DAILY;UNTIL=20270101T000000Z", "UNTIL is a date such as 20261231"),
        ("FREQ=DAILY;UNTIL=20270230", "UNTIL=20270230 is not a date"),
        ("FREQ=DAILY;UNTIL=20200101", "cannot be before the start"),
        ("FREQ=WEEKLY;BYDAY=1MO", "1MO needs FREQ=MONTHLY or FREQ=YEARLY"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY has no meaning in a weekly rule"),
        ("FREQ=MONTHLY;BYDAY=6MO", "BYDAY takes whole numbers from -5 to 5, not '6'"),
        ("FREQ=MONTHLY;BYDAY=0MO", "BYDAY takes"),
        ("FREQ=MONTHLY;BYDAY=-+1MO", "BYDAY takes"),
        ("FREQ=MONTHLY;BYDAY=MON", "BYDAY takes weekdays such as MO, 2TU or -1FR, not 'MON'"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY takes"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY takes"),
        ("FREQ=YEARLY;BYMONTH=-1", "BYMONTH takes"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS chooses among"),
        ("FREQ=DAILY;WKST=1", "WKST is a weekday"),
    ],
)
def test_what_is_not_read_is_refused_with_advice(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as refusal:
        parse_recurrence(text, date(2026, 1, 1))

    assert len(str(refusal.value)) < 150


def test_dates_out_of_time_and_too_many_dates_are_refused() -> None:
    many = frozenset(days(date(2026, 1, 1), DATES_MAX + 1))

    for starts_on in (date(1969, 12, 31), date(2200, 1, 1)):
        with pytest.raises(ValueError, match="between 1970 and 2200"):
            parse_recurrence("FREQ=DAILY", starts_on)
    with pytest.raises(ValueError, match="At most 500 dates"):
        parse_recurrence("FREQ=DAILY", date(2026, 1, 1), many)
    with pytest.raises(ValueError, match="At most 500 dates"):
        parse_recurrence("FREQ=DAILY", date(2026, 1, 1), frozenset(), many)


# ----------------------------------------------------------------------------- other engines


@st.composite
def rules(draw: st.DrawFn) -> tuple[str, date]:
    """Draw a rule that is read, and its start."""
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={frequency}"]
    months = draw(st.none() | st.lists(st.integers(1, 12), min_size=1, max_size=3))
    month_days = draw(
        st.none() | st.lists(st.integers(1, 31) | st.integers(-31, -1), min_size=1, max_size=5)
    )
    if frequency == "WEEKLY":
        month_days = None
    ordinals = st.just("")
    if frequency in {"MONTHLY", "YEARLY"}:
        most = 5 if frequency == "MONTHLY" or months else 53
        ordinals |= st.integers(1, most).map(str) | st.integers(-most, -1).map(str)
    weekday = st.tuples(ordinals, st.sampled_from(NAMES)).map("".join)
    weekdays = draw(st.none() | st.lists(weekday, min_size=1, max_size=4))
    positions = draw(
        st.none() | st.lists(st.integers(1, 6) | st.integers(-6, -1), min_size=1, max_size=2)
    )
    if not (months or month_days or weekdays):
        positions = None
    named_parts = {
        "BYMONTH": months,
        "BYMONTHDAY": month_days,
        "BYDAY": weekdays,
        "BYSETPOS": positions,
    }
    for name, values in named_parts.items():
        if values:
            parts.append(f"{name}={','.join(map(str, values))}")
    parts.append(f"INTERVAL={draw(st.sampled_from([1, 1, 2, 3, 4, 7, 13]))}")
    parts.append(f"WKST={draw(st.sampled_from(NAMES))}")
    end = draw(st.sampled_from(["", "", "COUNT=1", "COUNT=7", "UNTIL=20270228", "UNTIL=20310101"]))
    parts.extend([end] if end else [])
    starts_on = date(2024, 2, 1) + draw(st.integers(0, 800)) * DAY
    return ";".join(parts), starts_on


def is_counted_in_time(text: str, starts_on: date) -> bool:
    """Say whether the rule is one of those that are not refused for their COUNT."""
    try:
        return parse_recurrence(text, starts_on).starts_on == starts_on
    except ValueError as refusal:
        if "too far away to be counted" in str(refusal):
            return False
        raise


@settings(deadline=None, max_examples=300)
@given(rule=rules())
def test_every_rule_names_what_the_slow_engine_names(rule: tuple[str, date]) -> None:
    """AC-B04: against an independent engine that expands whole periods, over six years."""
    text, starts_on = rule
    until = starts_on + 2_200 * DAY
    assume(is_counted_in_time(text, starts_on))

    found = named(text, starts_on, until=until)

    assert found == occurrences(text, starts_on, until)


def is_read_otherwise_by_dateutil(text: str) -> bool:
    """Say whether python-dateutil departs from the RFC for a rule.

    Its first week begins at the start and not at WKST, so that positions in it are others; and it
    takes MO,2TU for the dates that are both, which there are none of, and looks for ever.
    """
    parts = dict(part.split("=") for part in text.split(";"))
    has_ordinal = {len(name) > 2 for name in parts.get("BYDAY", "").split(",")}
    return len(has_ordinal) > 1 or (parts["FREQ"] == "WEEKLY" and "BYSETPOS" in parts)


@settings(deadline=None, max_examples=60)
@given(rule=rules())
def test_every_rule_that_names_anything_names_what_dateutil_names(rule: tuple[str, date]) -> None:
    """Against python-dateutil, where it ends at all: it looks for ever for what never comes."""
    text, starts_on = rule
    assume(is_counted_in_time(text, starts_on) and not is_read_otherwise_by_dateutil(text))
    ours = named(text, starts_on, until=starts_on + 1_500 * DAY)
    theirs = rrulestr(text, dtstart=datetime.combine(starts_on, time.min))

    found = [at.date() for at in islice(theirs, len(ours))]

    assert found == ours


# ----------------------------------------------------------------------------------- the bombs

BOMBS = [
    *(f"FREQ={unit}" for unit in ("SECONDLY", "MINUTELY", "HOURLY", "secondly", "MILLENNIALLY")),
    *(f"FREQ=DAILY;{part}=0" for part in ("BYHOUR", "BYMINUTE", "BYSECOND", "BYWEEKNO")),
    "FREQ=YEARLY;BYYEARDAY=366",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=1",
    "FREQ=DAILY;INTERVAL=1000;BYMONTH=2;BYMONTHDAY=29;COUNT=1000",
    "FREQ=DAILY;COUNT=1000",
    "FREQ=DAILY;COUNT=1001",
    "FREQ=DAILY;COUNT=999999999999999999999",
    "FREQ=DAILY;INTERVAL=999999999999",
    "FREQ=DAILY;BYDAY=MO;BYMONTHDAY=31;BYMONTH=4",
    "FREQ=WEEKLY;BYMONTH=2;BYDAY=MO;BYSETPOS=6",
    "FREQ=WEEKLY;INTERVAL=1000;COUNT=1000",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;COUNT=1000",
    "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2,4,6,9,11",
    "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2,4,6,9,11;COUNT=5",
    "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6",
    "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=-366;COUNT=9",
    "FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1",
    "FREQ=MONTHLY;INTERVAL=1000;BYMONTHDAY=31;COUNT=1000",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=1000",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=1",
    "FREQ=YEARLY;BYDAY=MO;BYSETPOS=366",
    "FREQ=YEARLY;BYDAY=53MO;COUNT=1000",
    "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=" + ",".join(map(str, range(1, 100))),
    "FREQ=YEARLY;BYDAY=1MO;BYSETPOS=2;COUNT=1000",
    "FREQ=YEARLY;INTERVAL=1000;COUNT=1000",
    "FREQ=YEARLY;UNTIL=99991231",
    "FREQ=DAILY;" + "BYMONTH=1;" * 100,
    "FREQ=DAILY;BYMONTHDAY=" + ",".join(["1"] * 10_000),
    "FREQ=DAILY;INTERVAL=" + "9" * 10_000,
    ";" * 10_000,
]


def test_there_are_forty_bombs() -> None:
    assert len(set(BOMBS)) == 40


@pytest.mark.parametrize("text", BOMBS, ids=lambda text: text[:40])
def test_a_bomb_is_refused_or_answered_within_a_budget(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """AC-B04, O4: counted in dates looked at, of four weeks a hundred years from the start."""
    looks = 0
    passes = engine._passes

    def counted(recurrence: engine.Recurrence, day: date) -> bool:
        nonlocal looks
        looks += 1
        return passes(recurrence, day)

    monkeypatch.setattr(engine, "_passes", counted)
    for cached in (engine.parse_recurrence, engine._chosen, engine._last_counted):
        cached.cache_clear()
    asked = days(date(2126, 2, 10), 28)

    try:
        recurrence = parse_recurrence(text, date(2026, 1, 1))
    except ValueError:
        assert looks <= COUNTED_DATES_MAX
        return
    counting = looks
    answers = [falls_on(recurrence, day) for day in asked]

    assert len(answers) == 28
    assert counting <= COUNTED_DATES_MAX
    # Each date itself, and once all dates of every period that they touch.
    assert looks - counting <= 28 + 366
