"""The watch over the clock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from holdfast.engine.ports import StorageUnavailable
from holdfast.server.skew import SkewGuard


@pytest.mark.parametrize("seconds", [0, 5, -5])
def test_up_to_five_seconds_either_way_are_let_pass(seconds: float) -> None:
    guard = SkewGuard(lambda: timedelta(seconds=seconds))

    guard.check()

    assert not guard.is_too_large


@pytest.mark.parametrize("seconds", [5.1, -5.1])
def test_more_than_five_seconds_either_way_refuse_writes(seconds: float) -> None:
    guard = SkewGuard(lambda: timedelta(seconds=seconds))

    guard.check()

    assert guard.is_too_large


def test_only_one_caller_measures_and_only_now_and_then() -> None:
    now = [0.0]
    guard = SkewGuard(lambda: timedelta(0), monotonic=lambda: now[0])

    at_first = [guard.claim_check(), guard.claim_check()]
    now[0] += 29.9
    before_time = guard.claim_check()
    now[0] += 0.2
    in_time = [guard.claim_check(), guard.claim_check()]

    assert at_first == [True, False]
    assert not before_time
    assert in_time == [True, False]


def test_a_database_that_cannot_be_asked_leaves_what_was_known() -> None:
    answers = [timedelta(seconds=9), None, timedelta(0)]

    def measure() -> timedelta:
        answer = answers.pop(0)
        if answer is None:
            raise StorageUnavailable
        return answer

    guard = SkewGuard(measure)
    known = []
    for _ in range(3):
        guard.check()
        known.append(guard.is_too_large)

    assert known == [True, True, False]


def test_the_refusal_says_by_how_much() -> None:
    guard = SkewGuard(lambda: timedelta(seconds=-7.25))

    guard.check()

    assert "7.2 s (behind)" in guard.refusal().detail
    assert guard.refusal().code == "server.busy"
