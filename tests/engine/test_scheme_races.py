"""Races between ways of booking that meet in one resource, each beside its control."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import partial

import psycopg
import pytest

from holdfast.domain.access import SYSTEM
from holdfast.domain.errors import HoldfastError
from holdfast.domain.offerings import Counting, Offering
from holdfast.domain.pools import Pool
from holdfast.domain.requirements import Requirement
from holdfast.domain.resources import Resource
from holdfast.domain.shapes import Shape
from holdfast.engine.calendars import AdjustDays
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.pools import AddPool
from holdfast.engine.ports import WriteStores
from holdfast.storage.database import Database
from holdfast.storage.proving import prove
from holdfast.storage.stores import SqlStores
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import FOR_ADA, ROUND_THE_CLOCK, at, book, open_desk
from tests.engine.lived_in import any_of, dated, june, offer, timed
from tests.engine.races import HastyStores, LocksWithout, Racers, all_at_once, gate
from tests.engine.test_races import deadlocks, reshuffled

pytestmark = [pytest.mark.race, pytest.mark.timeout(600)]

ROUNDS = 6
SOLD_OUT = {"capacity.exceeded", "server.busy"}
ON_POSTGRESQL = pytest.mark.parametrize(
    "kind", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


@pytest.fixture
def racers(fresh_url: Callable[[], str], clock: ManualClock) -> Iterator[Racers]:
    """Engines over one fresh database of each kind in turn."""
    opened = Racers(url=fresh_url(), clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def desk(racers: Racers) -> TenantEngine:
    """The desk of the business that everybody runs to."""
    return open_desk(racers.first())


def pooled(desk: TenantEngine, slug: str, *members: Resource) -> Offering:
    """Add an offering that takes both units of any member of a new pool."""
    ids = tuple(one.resource_id for one in members)
    pool = desk.run(AddPool(name=slug, resource_ids=ids))
    assert isinstance(pool, Pool)
    return offer(desk, slug, both_units_of(any_of(pool)), opening=ROUND_THE_CLOCK)


def both_units_of(wanted: Requirement | Resource) -> Requirement:
    """Take all of a room of two units: exclusive, but not for the database's last alarm."""
    if isinstance(wanted, Resource):
        wanted = Requirement(resource_id=wanted.resource_id)
    return replace(wanted, quantity=2)


def book_noon(offering: Offering, one: TenantEngine) -> object:
    """Book the hour at noon."""
    choice = Choice(offering_id=offering.offering_id, starts_at=at("12:00"))
    return one.bookings.place(choice=choice, details=FOR_ADA)


def book_days(offering: Offering, dates: tuple[date, ...], one: TenantEngine) -> object:
    """Book days."""
    choice = Choice(offering_id=offering.offering_id, dates=dates)
    return one.bookings.place(choice=choice, details=FOR_ADA)


def kinds_found(racers: Racers) -> set[str]:
    """What the proof finds."""
    return {one.kind for one in prove(racers.databases[0]).violations}


def meet(
    racers: Racers,
    desk: TenantEngine,
    wrap: Callable[[Database], WriteStores],
    *acts: Callable[[TenantEngine], object],
) -> list[str]:
    """Let everybody decide, each through an engine of its own, before anybody writes.

    Who decides under locks never meets the others there, and goes on after half a second.
    """
    seconds = 0.5 if wrap is SqlStores else 10.0
    together = gate(len(acts), seconds=seconds)
    crowd = [
        racers.engine(wrap=wrap, interfere=together).at(desk.tenant_id, actor=SYSTEM) for _ in acts
    ]
    return sorted(all_at_once([partial(act, one) for act, one in zip(acts, crowd, strict=True)]))


# One room: by name, by one pool and by another


def three_ways_to_one_room(desk: TenantEngine) -> list[Offering]:
    """A room that is booked by its name and is the last one free of two pools."""
    shared, first, second = (timed(desk, name, 2) for name in ("Shared", "First", "Second"))
    by_name = offer(desk, "by-name", both_units_of(shared), opening=ROUND_THE_CLOCK)
    pools = [pooled(desk, "north", first, shared), pooled(desk, "south", shared, second)]
    for room in (first, second):
        book_noon(
            offer(desk, f"just-{room.name.lower()}", both_units_of(room), opening=ROUND_THE_CLOCK),
            desk,
        )
    return [by_name, *pools]


def test_a_room_goes_to_whoever_names_it_or_to_one_of_its_pools_and_never_to_two(
    racers: Racers, desk: TenantEngine
) -> None:
    ways = three_ways_to_one_room(desk)

    outcomes = meet(racers, desk, SqlStores, *(partial(book_noon, one) for one in ways))

    assert outcomes == ["capacity.exceeded", "capacity.exceeded", "done"]
    assert kinds_found(racers) == set()


def test_a_crowd_that_wants_one_room_in_three_ways_books_it_once(
    racers: Racers, desk: TenantEngine
) -> None:
    ways = three_ways_to_one_room(desk)
    crowd = [racers.engine().at(desk.tenant_id, actor=SYSTEM) for _ in range(12)]

    outcomes = Counter(
        all_at_once([partial(book_noon, ways[number % 3], one) for number, one in enumerate(crowd)])
    )

    assert outcomes == {"done": 1, "capacity.exceeded": 11}
    assert kinds_found(racers) == set()


def test_looking_before_locking_would_give_the_room_to_all_three(
    racers: Racers, desk: TenantEngine
) -> None:
    """The control of the two tests above."""
    ways = three_ways_to_one_room(desk)

    outcomes = meet(racers, desk, HastyStores, *(partial(book_noon, one) for one in ways))

    assert outcomes == ["done", "done", "done"]
    assert kinds_found(racers) == {"capacity.oversold"}


# A class and a meeting in one room


def class_and_meeting(desk: TenantEngine) -> list[Offering]:
    """A class whose room is taken when somebody comes, and a meeting in that room."""
    room = timed(desk, "Room", 2)
    lesson = offer(
        desk,
        "class",
        both_units_of(room),
        opening=ROUND_THE_CLOCK,
        counting=Counting.PLACES,
        slot_capacity=5,
    )
    meeting = offer(desk, "meeting", both_units_of(room), opening=ROUND_THE_CLOCK)
    book(desk, meeting, at("15:00"))  # so that the customer is known, and is not what they race for
    return [lesson, meeting]


def test_a_class_and_a_meeting_do_not_both_get_their_room(
    racers: Racers, desk: TenantEngine
) -> None:
    """The first place in a class opens it, and takes its room."""
    both = class_and_meeting(desk)

    outcomes = meet(racers, desk, SqlStores, *(partial(book_noon, one) for one in both))

    assert outcomes == ["capacity.exceeded", "done"]
    assert kinds_found(racers) == set()


def test_looking_before_locking_would_have_them_meet_in_the_room(
    racers: Racers, desk: TenantEngine
) -> None:
    """The control of the test above."""
    both = class_and_meeting(desk)

    outcomes = meet(racers, desk, HastyStores, *(partial(book_noon, one) for one in both))

    assert outcomes == ["done", "done"]
    assert kinds_found(racers) == {"capacity.oversold"}


# Scattered dates


def scatter(
    racers: Racers, desk: TenantEngine, wrap: Callable[[Database], WriteStores]
) -> Counter[str]:
    """Let eight engines take and give back scattered dates, in the order in which they come."""
    dice = random.Random(11)
    paddle = offer(desk, "paddle", dated(desk, "Kayaks", 4), shape=Shape.DAYS)
    fortnight = june(*range(10, 24))
    desk.bookings.cancel(
        desk.bookings.place(
            choice=Choice(offering_id=paddle.offering_id, dates=fortnight), details=FOR_ADA
        ).booking_id
    )
    plans = [[tuple(dice.sample(fortnight, 4)) for _ in range(ROUNDS)] for _ in range(8)]

    def go_round(one: TenantEngine, plan: list[tuple[date, ...]]) -> None:
        for dates in plan:
            try:
                choice = Choice(offering_id=paddle.offering_id, dates=dates)
                one.holds.release(one.holds.place(choice=choice).hold_id)
            except HoldfastError as refusal:
                if refusal.code not in SOLD_OUT:
                    raise

    crowd = [racers.engine(wrap=wrap).at(desk.tenant_id, actor=SYSTEM) for _ in plans]
    return Counter(
        all_at_once([partial(go_round, one, plan) for one, plan in zip(crowd, plans, strict=True)])
    )


def test_scattered_dates_never_deadlock(racers: Racers, desk: TenantEngine, kind: str) -> None:
    outcomes = scatter(racers, desk, SqlStores)

    found = kinds_found(racers)
    racers.close()  # what connections have counted is known at the latest when they close
    assert outcomes == {"done": 8}
    assert found == set()
    assert kind == "sqlite" or deadlocks(racers.url) == 0


@ON_POSTGRESQL
def test_scattered_dates_locked_in_whatever_order_would_deadlock(
    racers: Racers, desk: TenantEngine
) -> None:
    """The control of the test above."""
    scatter(racers, desk, partial(LocksWithout, order=reshuffled))

    racers.close()
    assert deadlocks(racers.url) > 0


# The capacity of a date


def last_kayak(desk: TenantEngine, *, is_counted: bool) -> tuple[Resource, Offering]:
    """One kayak for a day, on which somebody has counted before, or not."""
    kayaks = dated(desk, "Kayaks", 1)
    paddle = offer(desk, "paddle", kayaks, shape=Shape.DAYS)
    book_days(paddle, june(20), desk)  # so that the customer is known
    if is_counted:
        made = desk.bookings.place(
            choice=Choice(offering_id=paddle.offering_id, dates=june(10)), details=FOR_ADA
        )
        desk.bookings.cancel(made.booking_id)
    return kayaks, paddle


def take_off(kayaks: Resource, one: TenantEngine) -> object:
    """Take a kayak off the water for a day."""
    return one.run(AdjustDays(resource_id=kayaks.resource_id, dates=june(10), delta=-1))


COUNTED = pytest.mark.parametrize("is_counted", [True, False], ids=["a counted day", "a new day"])


@COUNTED
def test_a_day_is_booked_or_loses_its_capacity_and_never_both(
    racers: Racers, desk: TenantEngine, *, is_counted: bool
) -> None:
    kayaks, paddle = last_kayak(desk, is_counted=is_counted)

    outcomes = meet(
        racers, desk, SqlStores, partial(book_days, paddle, june(10)), partial(take_off, kayaks)
    )

    assert outcomes == ["capacity.exceeded", "done"]
    assert kinds_found(racers) == set()


@ON_POSTGRESQL
def test_looking_before_locking_would_book_what_was_taken_away(
    racers: Racers, desk: TenantEngine
) -> None:
    """The control of the test above, without the database's own check, which is the last net."""
    kayaks, paddle = last_kayak(desk, is_counted=True)
    with psycopg.connect(racers.url, autocommit=True) as connection:
        connection.execute("ALTER TABLE capacity DROP CONSTRAINT ck_capacity_within")

    outcomes = meet(
        racers, desk, HastyStores, partial(book_days, paddle, june(10)), partial(take_off, kayaks)
    )

    assert outcomes == ["done", "done"]
    assert kinds_found(racers) & {"counter.out_of_range", "capacity.oversold"} != set()
