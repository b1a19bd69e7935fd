"""Random days of a business of every scheme: each answer is the model's, and the books are clean.

Dates in a row and scattered, nights, free start and end with buffers, any of several with shared
members and by name, places in classes whose rooms are found by demand, components, resources
without an offering, blocks, and bookings that take their places only when they are approved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.domain import assignment, scenes
from holdfast.domain.errors import HoldfastError
from holdfast.domain.ids import ResourceId
from holdfast.domain.resources import Resource
from holdfast.domain.scenes import Room, Scene, Wish
from holdfast.domain.shapes import Stay
from holdfast.engine import releasing
from holdfast.testing.clocks import DEFAULT_START
from tests.engine.businesses import MINUTE, at
from tests.engine.scheme_models import Ask
from tests.engine.schemes_modelled import CAPACITIES, DATED, OFFERS, SchemePair
from tests.lending import Lending

Step = tuple[str, int, int, int, int]

VERBS = (
    *("hold", "hold", "hold", "book", "book", "book", "convert", "release", "cancel"),
    *("confirm", "confirm", "expire", "wait", "block", "unblock", "set day", "resize"),
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(VERBS),
        st.integers(0, 99),
        st.integers(0, 99),
        st.integers(0, 2),
        st.integers(0, 9),
    ),
    min_size=6,
    max_size=30,
)
WAITS = (0, 1, 29, 30, 31)
DAYS = tuple(date(2026, 6, day) for day in (10, 11, 12, 13))
IN_A_ROW = (DAYS[:1], DAYS[1:2], DAYS[:2], DAYS[1:3], DAYS[2:], DAYS)
SCATTERED = (*IN_A_ROW, (DAYS[0], DAYS[2]), (DAYS[1], DAYS[3]), (DAYS[0], DAYS[3]))
QUIETLY = (HealthCheck.too_slow, HealthCheck.data_too_large)


def ask_for(name: str, second: int, third: int, fourth: int) -> Ask:
    """Choose a time, a party, and now and then somebody by name or something on top."""
    offer, guests = OFFERS[name], third + 1
    extras = tuple(sorted(offer.extras)[: fourth % 3]) if fourth < 6 else ()
    wished = [one for need in offer.needs if need.members for one in need.names]
    picks = (wished[second % len(wished)],) if wished and fourth >= 7 else ()
    if offer.form in {"days", "nights"}:
        dates = IN_A_ROW if offer.form == "nights" else SCATTERED
        return Ask(offer=name, dates=dates[second % len(dates)], guests=guests, picks=picks)
    if offer.form == "free":
        start = at("09:00", day=9) + (second % 9) * 10 * MINUTE
        end = start + (30 + 25 * fourth) * MINUTE
        return Ask(offer=name, start=start, end=end, guests=guests, picks=picks)
    hour = (22 if name == "tour" else 9) + second % 3
    start = at("00:00", day=9) + timedelta(hours=hour)
    return Ask(offer=name, start=start, guests=guests, picks=picks, extras=extras)


def play(pair: SchemePair, step: Step) -> None:
    """Do one step; one for which there is nothing to choose from does nothing."""
    verb, first, second, third, fourth = step
    match verb:
        case "hold" | "book":
            name = list(OFFERS)[first % len(OFFERS)]
            kind = "hold" if verb == "hold" else "booking"
            pair.place(kind, ask_for(name, second, third, fourth))
        case "wait":
            pair.clock.set(pair.now + WAITS[first % len(WAITS)] * MINUTE)
        case "expire":
            pair.expire_all()
        case "block":
            name = list(CAPACITIES)[first % len(CAPACITIES)]
            start = at("00:00" if name in DATED else "09:00", day=9 + second % 3)
            pair.block(name, start, timedelta(days=1) if name in DATED else 45 * MINUTE)
        case "set day":
            pair.set_day(sorted(DATED)[first % len(DATED)], DAYS[second % len(DAYS)], third + 1)
        case "resize":
            pair.resize(("kayaks", "tents", "dorm", "court")[first % 4], second % 4 + 1)
        case "unblock":
            closed = [one for one in pair.model.closed if one.is_active]
            if closed:
                pair.unblock(closed[first % len(closed)])
        case _:
            kind, status = {
                "convert": ("hold", "active"),
                "release": ("hold", "active"),
                "cancel": ("booking", "confirmed"),
                "confirm": ("booking", "asked"),
            }[verb]
            found = pair.of(kind, status)
            if found:
                getattr(pair, verb)(found[first % len(found)])


def live_through(lending: Lending, kind: str, steps: Sequence[Step]) -> None:
    """Live through one day, and prove the books."""
    lending.clock.set(DEFAULT_START)
    with lending.lent(kind) as database:
        pair = SchemePair(database=database, clock=lending.clock)
        for step in steps:
            play(pair, step)
        pair.check()
        pair.clock.set(pair.now + timedelta(days=1))
        pair.check()


@pytest.mark.slow
@pytest.mark.timeout(600)
@given(steps=STEPS)
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=QUIETLY)
def test_on_sqlite_every_scheme_goes_as_its_model_says(lending: Lending, steps: list[Step]) -> None:
    live_through(lending, "sqlite", steps)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.postgresql
@given(steps=STEPS)
@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=QUIETLY)
def test_on_postgresql_every_scheme_goes_as_its_model_says(
    lending: Lending, steps: list[Step]
) -> None:
    live_through(lending, "postgresql", steps)


@pytest.mark.proof
@pytest.mark.timeout(3_600)
@given(steps=STEPS)
@settings(max_examples=3_000, deadline=None, print_blob=True, suppress_health_check=QUIETLY)
def test_three_thousand_days_of_every_scheme_go_as_the_model_says(
    lending: Lending, steps: list[Step]
) -> None:
    live_through(lending, "sqlite", steps)


# Controls: an engine with one mistake, and a day on which the mistake shows


def with_one_date_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the first date of several is looked at."""
    whole = scenes.room_on

    def of_first(scene: Scene, wish: Wish, resource: Resource) -> Room:
        room = whole(scene, wish, resource)
        return Room(room.dates[0][1], room.dates[:1]) if room.dates else room

    def lefts(scene: Scene, wish: Wish, resources: Sequence[Resource]) -> list[int | None]:
        return [of_first(scene, wish, one).left for one in resources]

    monkeypatch.setattr(assignment, "room_on", of_first)
    monkeypatch.setattr(assignment, "lefts_on", lefts)


def without_moving_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is chosen first stays, though another would do as well."""
    whole = assignment._Matching._augment

    def first_come(
        matching: assignment._Matching, place: tuple[int, int], seen: set[ResourceId]
    ) -> bool:
        return whole(matching, place, {one.resource_id for one in matching._edges[place]} | seen)

    monkeypatch.setattr(assignment._Matching, "_augment", first_come)


def without_giving_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty class keeps its room."""
    monkeypatch.setattr(releasing, "_close_if_empty", lambda view, slot: None)


def without_the_second_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """What begins late counts on the day on which it begins, and not on the next."""
    monkeypatch.setattr(scenes, "dates_of", lambda stay, here: _first_day(stay))


def _first_day(stay: Stay) -> tuple[date, ...]:
    return stay.dates or (stay.starts_at.date(),)


PADDLE, TOUR, WARM, BOTH, YOGA, DRILL = (
    list(OFFERS).index(name) for name in ("paddle", "tour", "warm", "both", "yoga", "drill")
)
TWO_DAYS, SECOND_DAY = 2, 1


def step(verb: str, offer: int, when: int = 0, guests: int = 1) -> Step:
    """Write a step that asks for nobody by name."""
    return (verb, offer, when, guests - 1, 6)


@pytest.mark.parametrize(
    ("spoil", "steps"),
    [
        (
            with_one_date_for_all,
            [step("book", PADDLE, SECOND_DAY, guests=3), step("book", PADDLE, TWO_DAYS)],
        ),
        (
            without_moving_aside,
            [step("book", WARM), step("book", BOTH)],
        ),
        (
            without_giving_way,
            [step("hold", YOGA), step("hold", DRILL), ("wait", 4, 0, 0, 0), step("book", BOTH)],
        ),
        (
            without_the_second_day,
            [step("book", PADDLE, SECOND_DAY, guests=3), step("book", TOUR, 1)],
        ),
    ],
    ids=lambda part: getattr(part, "__name__", ""),
)
def test_the_models_notice_a_mistake(
    lending: Lending,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[pytest.MonkeyPatch], None],
    steps: list[Step],
) -> None:
    live_through(lending, "sqlite", steps)
    spoil(monkeypatch)

    with pytest.raises((AssertionError, HoldfastError)):
        live_through(lending, "sqlite", steps)
