"""Strategies: who is chosen among those who are free, and why; the same under parallel requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import SYSTEM
from holdfast.domain.customers import Contact
from holdfast.domain.offerings import Offering
from holdfast.domain.requirements import Strategy
from holdfast.domain.resources import Resource
from holdfast.domain.strategies import Chosen
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.making import Details
from holdfast.engine.ports import WriteStores
from holdfast.engine.reading import PageRequest
from holdfast.storage.database import Database
from holdfast.storage.stores import SqlStores
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    FOR_ADA,
    HOUR,
    MINUTE,
    add_offering,
    add_room,
    at,
    open_desk,
    pointers,
    refusal_of,
)
from tests.engine.outings import any_of
from tests.engine.races import HastyStores, Racers, all_at_once, gate


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


def _salon(
    desk: TenantEngine, strategy: Strategy, *, seed: str = "", members: int = 1
) -> tuple[Offering, list[Resource]]:
    """Three stylists, any of whom cuts hair."""
    staff = [add_room(desk, name) for name in ("Ann", "Bob", "Cay")]
    needed = replace(any_of(staff, role="stylist", members=members), strategy=strategy, seed=seed)
    return add_offering(desk, "cut", needed), staff


def _served(
    desk: TenantEngine, cut: Offering, starts_at: datetime, *picks: Resource
) -> list[tuple[str, str | None]]:
    """Book, and say who serves and why."""
    choice = Choice(
        offering_id=cut.offering_id,
        starts_at=starts_at,
        picks=tuple(one.resource_id for one in picks),
    )
    booking = desk.bookings.place(choice=choice, details=FOR_ADA)
    kept = desk.bookings.get(booking.booking_id)
    assert kept.assigned == booking.assigned
    return [(one.name, one.reason) for one in kept.assigned]


def _names(desk: TenantEngine, cut: Offering, starts: list[datetime]) -> list[str]:
    return [_served(desk, cut, start)[0][0] for start in starts]


MORNING = [at("09:00", day=1) + i * HOUR for i in range(6)]


def test_the_first_that_is_free_serves_unless_another_is_asked_for(desk: TenantEngine) -> None:
    """AC-E04, AC-E08: the choice is kept with its reason."""
    cut, staff = _salon(desk, Strategy.FIRST_AVAILABLE)

    assert _served(desk, cut, MORNING[0]) == [("Ann", Chosen.FIRST_AVAILABLE)]
    assert _served(desk, cut, MORNING[0], staff[2]) == [("Cay", Chosen.ASKED)]
    assert _served(desk, cut, MORNING[0]) == [("Bob", Chosen.FIRST_AVAILABLE)]


def test_all_that_is_named_serves_because_it_is_needed(desk: TenantEngine) -> None:
    room = add_room(desk)
    visit = add_offering(desk, "visit", room)

    assert _served(desk, visit, MORNING[0]) == [("Room", Chosen.NEEDED)]


def test_round_robin_goes_to_who_was_chosen_longest_ago(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """M-86: a cancelled booking gives the turn back; who is asked for has had a turn."""
    cut, staff = _salon(desk, Strategy.ROUND_ROBIN)
    turns = []
    for start in MORNING[:4]:
        clock.advance(minutes=1)
        turns.append(_served(desk, cut, start)[0])

    last = desk.bookings.list().items[-1]
    clock.advance(minutes=1)
    desk.bookings.cancel(last.booking_id)
    again = _names(desk, cut, MORNING[4:5])
    clock.advance(minutes=1)
    _served(desk, cut, MORNING[5], staff[1])
    clock.advance(minutes=1)
    after = _names(desk, cut, [at("15:00", day=1)])

    assert turns == [(name, Chosen.ROUND_ROBIN) for name in ("Ann", "Bob", "Cay", "Ann")]
    assert again == [last.assigned[0].name]
    assert after == ["Cay"]


def test_the_least_loaded_has_the_least_to_do_in_the_weeks_around(desk: TenantEngine) -> None:
    """AC-E04: what lies further away than a week does not count."""
    cut, staff = _salon(desk, Strategy.LEAST_LOADED)
    _served(desk, cut, at("09:00", day=3), staff[0])
    _served(desk, cut, at("09:00", day=20), staff[1])

    first = _served(desk, cut, MORNING[0])
    others = _names(desk, cut, MORNING[1:5])

    assert first == [("Bob", Chosen.LEAST_LOADED)]
    assert others == ["Cay", "Ann", "Bob", "Cay"]


def test_priority_goes_by_the_order_of_the_business(desk: TenantEngine) -> None:
    cut, staff = _salon(desk, Strategy.PRIORITY)
    desk.resources.reorder([staff[i].resource_id for i in (2, 0, 1)])

    assert _names(desk, cut, [MORNING[0]] * 3) == ["Cay", "Ann", "Bob"]


def test_a_lot_is_the_same_for_the_same_seed_and_falls_on_everybody(desk: TenantEngine) -> None:
    cut, staff = _salon(desk, Strategy.RANDOM, seed="spring")
    times = [at("00:00", day=day) + i * HOUR for day in range(1, 3) for i in range(12)]

    drawn = _names(desk, cut, times)
    for booking in desk.bookings.list(PageRequest(limit=200)).items:
        desk.bookings.cancel(booking.booking_id)

    assert _names(desk, cut, times) == drawn
    assert set(drawn) == {one.name for one in staff}


def test_by_hand_only_those_serve_who_are_asked_for(desk: TenantEngine) -> None:
    """AC-E04: it is listed when somebody could be asked for, and refused if nobody is."""
    cut, staff = _salon(desk, Strategy.MANUAL, members=2)
    choice = Choice(offering_id=cut.offering_id, starts_at=MORNING[0])
    one = replace(choice, picks=(staff[1].resource_id,))

    listed = desk.availability.list(
        cut.offering_id, starts_at=MORNING[0], ends_at=MORNING[0] + MINUTE
    )
    refused = [
        refusal_of(lambda: desk.bookings.place(choice=choice, details=FOR_ADA)),
        refusal_of(lambda: desk.bookings.place(choice=one, details=FOR_ADA)),
        refusal_of(lambda: desk.availability.check(one)),
    ]

    assert len(listed.slots) == 1
    assert [pointers(refusal) for refusal in refused] == [[("/resource_ids", "missing")]] * 3
    assert _served(desk, cut, MORNING[0], *staff[1:]) == [
        ("Bob", Chosen.ASKED),
        ("Cay", Chosen.ASKED),
    ]


# ---------------------------------------------------------------------------------------- races


@pytest.fixture
def racers(fresh_url: Callable[[], str], clock: ManualClock) -> Iterator[Racers]:
    """Engines over one fresh database of each kind in turn."""
    opened = Racers(url=fresh_url(), clock=clock)
    yield opened
    opened.close()


def _race(
    racers: Racers,
    strategy: Strategy,
    wrap: Callable[[Database], WriteStores],
    *,
    seconds: float = 0.3,
) -> Counter[str]:
    """Let three book at once, each at another time; return how often each stylist serves."""
    desk = open_desk(racers.first())
    cut, _ = _salon(desk, strategy)
    meeting = gate(3, seconds=seconds)
    guests = [
        racers.engine(wrap=wrap, interfere=meeting).at(desk.tenant_id, actor=SYSTEM)
        for _ in range(3)
    ]
    acts = [
        partial(
            guest.bookings.place,
            offering_id=cut.offering_id,
            starts_at=MORNING[i],
            # Customers of their own, so that nothing but the choice is shared.
            details=Details(contact=Contact(name="G", email=f"g{i}@example.com")),
        )
        for i, guest in enumerate(guests)
    ]

    assert all_at_once(acts) == ["done"] * 3
    return Counter(one.assigned[0].name for one in desk.bookings.list().items)


@pytest.mark.parametrize("strategy", [Strategy.LEAST_LOADED, Strategy.ROUND_ROBIN])
def test_however_many_book_at_once_the_work_is_shared_evenly(
    racers: Racers, strategy: Strategy
) -> None:
    """What everybody has to do is read under the locks of all who may serve."""
    assert _race(racers, strategy, SqlStores) == {"Ann": 1, "Bob": 1, "Cay": 1}


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_without_locks_it_would_not_be(racers: Racers) -> None:
    assert _race(racers, Strategy.LEAST_LOADED, HastyStores, seconds=20) == {"Ann": 3}
