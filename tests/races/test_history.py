"""The checker of histories: it believes what can be true, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.races.history import History

CHAIR = "chair"

Story = Callable[[History], None]


def taken(history: History, record_id: str, *, asked: float, told: float, units: int = 1) -> None:
    history.begin({CHAIR: units}, at=asked).taken(record_id, at=told)


def refused(history: History, *, asked: float, told: float, units: int = 1) -> None:
    history.begin({CHAIR: units}, at=asked).refused(CHAIR, at=told)


def lapsed(history: History, record_id: str, *, asked: float, told: float, until: float) -> None:
    attempt = history.begin({CHAIR: 1}, at=asked)
    attempt.taken(record_id, at=told)
    attempt.lapses(until)


def unknown(history: History, *, asked: float) -> None:
    history.begin({CHAIR: 1}, at=asked)


def full_and_refused(history: History) -> None:
    taken(history, "a", asked=0, told=1)
    taken(history, "b", asked=0, told=5)
    refused(history, asked=2, told=3)


def full_of_what_is_unknown(history: History) -> None:
    taken(history, "a", asked=0, told=1)
    unknown(history, asked=0)
    refused(history, asked=2, told=3)


def given_back_and_taken_again(history: History) -> None:
    attempt = history.begin({CHAIR: 2}, at=0)
    attempt.taken("x", at=1)
    attempt.surely_until, attempt.maybe_until = 2, 4
    taken(history, "a", asked=2, told=3)
    refused(history, asked=3, told=3.5, units=2)
    taken(history, "b", asked=5, told=6)


def lapsed_and_taken_again(history: History) -> None:
    lapsed(history, "x", asked=0, told=1, until=2)
    taken(history, "a", asked=2, told=3)
    taken(history, "b", asked=2, told=3)


@pytest.mark.parametrize(
    "story",
    [
        full_and_refused,
        full_of_what_is_unknown,
        given_back_and_taken_again,
        lapsed_and_taken_again,
    ],
)
def test_what_can_be_true_is_believed(story: Story) -> None:
    history = History(capacities={CHAIR: 2})

    story(history)

    assert history.faults({"a", "b"}) == []


def three_at_once(history: History) -> None:
    for name in ("a", "b", "c"):
        taken(history, name, asked=0, told=1)


def taken_before_it_was_given_back(history: History) -> None:
    lapsed(history, "x", asked=0, told=1, until=5)
    taken(history, "a", asked=1, told=2)
    taken(history, "b", asked=3, told=4)


def acknowledged_and_gone(history: History) -> None:
    taken(history, "c", asked=0, told=1)


def refused_although_one_was_left(history: History) -> None:
    taken(history, "a", asked=0, told=1)
    refused(history, asked=2, told=3)
    taken(history, "b", asked=4, told=5)


def refused_although_it_had_lapsed(history: History) -> None:
    taken(history, "a", asked=0, told=1)
    lapsed(history, "x", asked=0, told=1, until=2)
    refused(history, asked=3, told=4)
    taken(history, "b", asked=5, told=6)


def refused_although_it_was_given_back(history: History) -> None:
    attempt = history.begin({CHAIR: 2}, at=0)
    attempt.taken("x", at=1)
    attempt.surely_until, attempt.maybe_until = 2, 3
    refused(history, asked=4, told=5)


def for_nothing(asked: float, told: float, *, most: int) -> str:
    return (
        f"refused for nothing: 1 of chair from {asked:.6f} to {told:.6f}, when at most {most} of 2"
        " can have been taken"
    )


def nobody_asked_for_b(history: History) -> None:
    taken(history, "a", asked=0, told=1)


@pytest.mark.parametrize(
    ("story", "fault"),
    [
        (three_at_once, "oversold: 3 of 2 on chair at 1.000000"),
        (taken_before_it_was_given_back, "oversold: 3 of 2 on chair at 4.000000"),
        (acknowledged_and_gone, "lost: c, acknowledged at 1.000000"),
        (
            refused_although_one_was_left,
            for_nothing(2, 3, most=1),
        ),
        (
            refused_although_it_had_lapsed,
            for_nothing(3, 4, most=1),
        ),
        (
            refused_although_it_was_given_back,
            for_nothing(4, 5, most=0),
        ),
        (nobody_asked_for_b, "without a cause: ['b']"),
    ],
)
def test_what_cannot_be_true_is_found(story: Story, fault: str) -> None:
    history = History(capacities={CHAIR: 2})

    story(history)

    assert fault in history.faults({"a", "b"})
