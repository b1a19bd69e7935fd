"""Instants, intervals and their algebra, against sets of painted minutes."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.intervals import (
    FIRST_INSTANT,
    LAST_INSTANT,
    Interval,
    intersected,
    merged,
    subtracted,
    utc,
)
from holdfast.domain.zones import zone

EPOCH = datetime(2026, 7, 6, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(minute: int) -> datetime:
    return EPOCH + minute * MINUTE


def span(start: int, end: int) -> Interval:
    return Interval(starts_at=at(start), ends_at=at(end))


def painted(intervals: tuple[Interval, ...]) -> set[int]:
    return {
        minute
        for interval in intervals
        for minute in range(
            (interval.starts_at - EPOCH) // MINUTE, (interval.ends_at - EPOCH) // MINUTE
        )
    }


spans = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 12)).map(lambda pair: span(pair[0], sum(pair))),
    max_size=12,
).map(tuple)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(2026, 7, 6, 9, tzinfo=zone("Europe/Paris")), datetime(2026, 7, 6, 7, tzinfo=UTC)),
        (datetime(2026, 1, 5, 9, tzinfo=zone("Europe/Paris")), datetime(2026, 1, 5, 8, tzinfo=UTC)),
        (
            datetime(2026, 7, 6, 9, tzinfo=timezone(timedelta(hours=-4))),
            datetime(2026, 7, 6, 13, tzinfo=UTC),
        ),
        (
            datetime(2026, 7, 6, 9, 0, 0, 1, tzinfo=UTC),
            datetime(2026, 7, 6, 9, 0, 0, 1, tzinfo=UTC),
        ),
        (FIRST_INSTANT, FIRST_INSTANT),
        (LAST_INSTANT, LAST_INSTANT),
    ],
)
def test_an_aware_datetime_becomes_the_same_instant_in_utc(
    value: datetime, expected: datetime
) -> None:
    instant = utc(value)

    assert (instant, instant.tzinfo) == (expected, UTC)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (datetime.fromisoformat("2026-07-06T09:00"), "has no UTC offset"),
        (FIRST_INSTANT - timedelta(microseconds=1), "is outside 1970-01-01 to 2200-01-01"),
        (LAST_INSTANT + timedelta(microseconds=1), "is outside 1970-01-01 to 2200-01-01"),
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=14))), "is outside"),
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-12))), "is outside"),
    ],
)
def test_a_naive_or_far_away_datetime_is_refused(value: datetime, reason: str) -> None:
    """T5, T6."""
    with pytest.raises(ValueError, match=reason):
        utc(value)


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "reason"),
    [
        (at(5), at(5), "must end after it starts"),
        (at(5), at(4), "must end after it starts"),
        (FIRST_INSTANT - MINUTE, at(4), "must end after it starts and lie within 1970-01-01"),
        (at(5), LAST_INSTANT + MINUTE, "must end after it starts and lie within 1970-01-01"),
        (at(5).replace(tzinfo=None), at(6), "convert both ends"),
        (at(5), at(6).replace(tzinfo=None), "convert both ends"),
        (at(5), datetime(2027, 1, 1, tzinfo=zone("Europe/London")), "convert both ends"),
    ],
)
def test_what_is_not_an_interval_in_utc_is_refused(
    starts_at: datetime, ends_at: datetime, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        Interval(starts_at=starts_at, ends_at=ends_at)


def test_an_interval_survives_copying_and_pickling() -> None:
    interval = span(0, 5)

    copies = [copy.deepcopy(interval), pickle.loads(pickle.dumps(interval))]

    assert copies == [interval, interval]


@pytest.mark.parametrize(
    ("other", "overlaps"),
    [
        (span(0, 10), False),
        (span(0, 11), True),
        (span(10, 20), True),
        (span(12, 15), True),
        (span(10, 21), True),
        (span(19, 30), True),
        (span(20, 30), False),
    ],
)
def test_intervals_are_half_open_when_they_meet(other: Interval, *, overlaps: bool) -> None:
    interval = span(10, 20)

    answers = (interval.overlaps(other), other.overlaps(interval))

    assert answers == (overlaps, overlaps)


def test_an_interval_covers_its_start_and_not_its_end() -> None:
    interval = span(10, 20)

    covered = [interval.covers(at(minute)) for minute in (9, 10, 19, 20)]

    assert covered == [False, True, True, False]


def test_padding_makes_an_interval_longer_at_both_ends() -> None:
    interval = span(10, 20)

    padded = interval.padded(5 * MINUTE, 15 * MINUTE)

    assert (padded, padded.duration) == (span(5, 35), 30 * MINUTE)


@pytest.mark.parametrize(("before", "after"), [(-MINUTE, MINUTE), (MINUTE, -MINUTE)])
def test_a_negative_padding_is_refused(before: timedelta, after: timedelta) -> None:
    with pytest.raises(ValueError, match="cannot be negative"):
        span(10, 20).padded(before, after)


def test_touching_intervals_become_one() -> None:
    assert merged([span(5, 9), span(0, 5), span(10, 12)]) == (span(0, 9), span(10, 12))


@given(a=spans, b=spans)
def test_the_algebra_equals_that_of_painted_minutes(
    a: tuple[Interval, ...], b: tuple[Interval, ...]
) -> None:
    results = [merged(a), intersected(a, b), subtracted(a, b)]

    assert [painted(result) for result in results] == [
        painted(a),
        painted(a) & painted(b),
        painted(a) - painted(b),
    ]
    for result in results:
        assert all(left.ends_at < right.starts_at for left, right in pairwise(result))
