"""Random days of a business, each answer held against a dumber engine, each state against the laws.

After every step: the answer, the availability and the invariants 1 to 13 and 15. At the end of each
day: what is listed is what is accepted, both ways. Whenever something is refused: every alternative
is the model's, and is accepted.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.domain import assignment, availability, scenes
from holdfast.domain.claims import Claim
from holdfast.domain.errors import HoldfastError
from holdfast.domain.scenes import Room
from holdfast.engine import releasing, staging
from holdfast.testing.clocks import DEFAULT_START
from tests.engine.businesses import HOUR, MINUTE, at
from tests.engine.modelled import ROOMS, Pair, offers
from tests.lending import Lending

Step = tuple[str, int, int, int]

VERBS = (
    *("hold", "hold", "hold", "book", "book", "extend", "release", "convert", "cancel"),
    *("expire", "block", "unblock", "wait", "wait", "toggle"),
)
STEPS = st.lists(
    st.tuples(st.sampled_from(VERBS), st.integers(0, 99), st.integers(0, 99), st.integers(0, 4)),
    min_size=4,
    max_size=24,
)
WAITS = (0, 1, 15, 29, 30, 31, 60)


def play(pair: Pair, step: Step) -> None:
    """Do one step; one for which there is nothing to choose from does nothing."""
    verb, first, second, third = step
    match verb:
        case "hold" | "book":
            name = list(offers())[first % len(offers())]
            listed = pair.starts_of(name)
            start = listed[second % len(listed)]
            pair.place("hold" if verb == "hold" else "booking", name, start, third)
        case "expire":
            pair.expire_all()
        case "block":
            start = at("09:00") + (second % 10) * timedelta(minutes=30)
            pair.block(list(ROOMS)[first % len(ROOMS)], start, HOUR)
        case "wait":
            pair.clock.set(pair.now + WAITS[first % len(WAITS)] * MINUTE)
        case "toggle":
            pair.toggle(list(ROOMS)[first % len(ROOMS)])
        case _:
            kinds = {"cancel": "booking", "unblock": "block"}
            found = pair.of_kind(kinds.get(verb, "hold"))
            if found:
                getattr(pair, verb)(found[first % len(found)])


def live_through(lending: Lending, kind: str, steps: list[Step]) -> None:
    """Live through one day, checking all the way."""
    lending.clock.set(DEFAULT_START)
    with lending.lent(kind) as database:
        pair = Pair(database=database, clock=lending.clock)
        for step in steps:
            play(pair, step)
            pair.check()
        pair.check(everything=True)
        pair.check_that_what_is_listed_is_what_is_accepted()
        pair.check(everything=True)


QUIETLY = (HealthCheck.too_slow, HealthCheck.data_too_large)


@pytest.mark.slow
@pytest.mark.timeout(600)
@given(steps=STEPS)
@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=QUIETLY)
def test_on_sqlite_a_random_day_goes_as_the_model_says(lending: Lending, steps: list[Step]) -> None:
    live_through(lending, "sqlite", steps)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.postgresql
@given(steps=STEPS)
@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=QUIETLY)
def test_on_postgresql_a_random_day_goes_as_the_model_says(
    lending: Lending, steps: list[Step]
) -> None:
    live_through(lending, "postgresql", steps)


@pytest.mark.proof
@pytest.mark.timeout(3_600)
@given(steps=STEPS)
@settings(max_examples=2_000, deadline=None, print_blob=True, suppress_health_check=QUIETLY)
def test_two_thousand_random_days_go_as_the_model_says(lending: Lending, steps: list[Step]) -> None:
    live_through(lending, "sqlite", steps)


# Controls: an engine with one mistake, and a day on which the mistake shows


def without_capacity(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody asks whether enough is left."""
    monkeypatch.setattr(assignment, "room_on", lambda scene, wish, resource: Room(None))
    monkeypatch.setattr(
        assignment, "lefts_on", lambda scene, wish, resources: [None] * len(resources)
    )
    monkeypatch.setattr(availability, "slot_places_left", lambda scene, wish: None)


def with_late_expiry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hold still counts in the instant of its end."""
    monkeypatch.setattr(
        Claim,
        "counts_at",
        lambda claim, now: (
            claim.released_at is None and (claim.counts_until is None or now <= claim.counts_until)
        ),
    )


def without_giving_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty slot keeps its room."""
    monkeypatch.setattr(releasing, "_close_if_empty", lambda view, slot: None)


def without_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept free after a slot."""
    for module in (scenes, staging):
        monkeypatch.setattr(module, "padded", lambda offering, interval: interval)


CUT_AT_NINE: Step = ("hold", 0, 0, 1)
CUT_AT_TEN: Step = ("hold", 0, 2, 1)
YOGA_AT_NINE: Step = ("hold", 3, 0, 1)
BALL_AT_NINE: Step = ("hold", 5, 0, 1)
HALF_AN_HOUR_LATER: Step = ("wait", 4, 0, 0)


@pytest.mark.parametrize(
    ("spoil", "steps"),
    [
        (without_capacity, [CUT_AT_NINE, CUT_AT_NINE]),
        (with_late_expiry, [CUT_AT_NINE, HALF_AN_HOUR_LATER, CUT_AT_NINE]),
        (without_giving_way, [YOGA_AT_NINE, HALF_AN_HOUR_LATER, BALL_AT_NINE]),
        (without_buffers, [CUT_AT_NINE, CUT_AT_TEN]),
    ],
    ids=lambda part: getattr(part, "__name__", ""),
)
def test_the_model_notices_a_mistake(
    lending: Lending,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[pytest.MonkeyPatch], None],
    steps: list[Step],
) -> None:
    live_through(lending, "sqlite", steps)
    spoil(monkeypatch)

    with pytest.raises((AssertionError, HoldfastError)):
        live_through(lending, "sqlite", steps)
