"""The sums of the ledger, against a count minute by minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.capacity import (
    Use,
    fits,
    lowered_over_commit,
    peak_units,
    remaining_units,
)
from holdfast.domain.intervals import Interval

EPOCH = datetime(2026, 7, 6, tzinfo=UTC)


def at(minute: int) -> datetime:
    return EPOCH + timedelta(minutes=minute)


def span(start: int, end: int) -> Interval:
    return Interval(starts_at=at(start), ends_at=at(end))


def use(start: int, end: int, units: int = 1) -> Use:
    return Use(starts_at=at(start), ends_at=at(end), units=units)


minutes = st.tuples(st.integers(0, 30), st.integers(1, 12))
uses_by_minute = st.lists(st.tuples(minutes, st.integers(1, 5)), max_size=15)


@pytest.mark.parametrize(
    ("uses", "expected"),
    [
        ([], 0),
        ([use(0, 10), use(20, 30)], 0),  # both only touch it
        ([use(0, 11, 2)], 2),
        ([use(0, 15), use(15, 30)], 1),  # one gives back at the instant the other takes
        ([use(15, 30), use(0, 15)], 1),
        ([use(0, 30, 3), use(12, 14, 2), use(14, 16, 4)], 7),
        ([use(0, 30), use(0, 30)], 2),
    ],
)
def test_the_peak_is_the_most_that_is_used_at_one_instant(uses: list[Use], expected: int) -> None:
    assert peak_units(uses, span(10, 20)) == expected


@given(rows=uses_by_minute, window=minutes)
def test_the_sums_equal_a_count_of_every_minute(
    rows: list[tuple[tuple[int, int], int]], window: tuple[int, int]
) -> None:
    uses = [use(start, start + length, units) for (start, length), units in rows]
    start, end = window[0], sum(window)
    used_at = [
        sum(units for (begin, length), units in rows if begin <= minute < begin + length)
        for minute in range(start, end)
    ]

    peak = peak_units(uses, span(start, end))
    remaining = [remaining_units(cap, uses, span(start, end)) for cap in (None, 0, 3, 100)]

    assert peak == max(used_at)
    assert remaining == [None, 0, max(0, 3 - peak), 100 - peak]


@pytest.mark.parametrize(
    ("cap", "used", "over_commit", "units", "expected"),
    [
        (8, 4, 0, 4, True),  # golden test 5: 4 + 4 on 8 ...
        (8, 8, 0, 1, False),  # ... and one more is refused
        (1, 0, 0, 1, True),
        (0, 0, 0, 1, False),
        (10, 12, 2, 1, False),
        (10, 9, 2, 1, True),  # an over-commitment not yet lowered makes no room and takes none
        (10, 9, 2, 2, False),
        (None, 10**9, 0, 10**9, True),
    ],
)
def test_the_cap_alone_decides_for_the_public(
    cap: int | None,
    used: int,
    over_commit: int,
    units: int,
    *,
    expected: bool,
) -> None:
    assert fits(cap=cap, used=used, over_commit=over_commit, units=units) is expected


def test_unrecorded_use_beyond_the_cap_is_a_bug() -> None:
    with pytest.raises(AssertionError, match="always recorded"):
        fits(cap=10, used=12, over_commit=1, units=1)


@pytest.mark.parametrize(
    ("used", "cap", "over_commit", "expected"),
    [
        (13, 10, 3, 3),
        (12, 10, 3, 2),
        (10, 10, 3, 0),
        (4, 10, 3, 0),
        (12, 10, 1, 1),  # a release never raises it
        (12, None, 3, 0),
    ],
)
def test_a_release_first_lowers_the_over_commitment(
    used: int, cap: int | None, over_commit: int, expected: int
) -> None:
    assert lowered_over_commit(used=used, cap=cap, over_commit=over_commit) == expected


@given(cap=st.integers(0, 20), extra=st.integers(0, 10), released=st.integers(0, 30))
def test_nothing_freed_while_over_committed_is_sold_again(
    cap: int, extra: int, released: int
) -> None:
    used = max(0, cap + extra - released)

    over_commit = lowered_over_commit(used=used, cap=cap, over_commit=extra)

    assert used <= cap + over_commit
    assert fits(cap=cap, used=used, over_commit=over_commit, units=1) is (used < cap)


@pytest.mark.parametrize(
    ("start", "end", "units", "reason"),
    [(0, 5, 0, "at least one unit"), (0, 5, -1, "at least one unit"), (5, 5, 1, "must end after")],
)
def test_a_use_that_takes_nothing_is_refused(start: int, end: int, units: int, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        use(start, end, units)
