"""What a listing costs: at most three statements, and rows in proportion to what is taken."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import pytest
from sqlalchemy import Connection, event

from holdfast.bootstrap import Engine
from holdfast.domain.errors import CapacityExceeded
from holdfast.domain.ids import OfferingId, PoolId, ResourceId
from holdfast.domain.policies import HostConflict, Policy
from holdfast.domain.resources import Resource
from holdfast.domain.shapes import Shape
from holdfast.engine.availability import AvailabilityQuery
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.pools import AddPool
from holdfast.engine.resources import AddResource
from holdfast.engine.schedules import WeeklyOpening
from holdfast.storage.database import Database
from holdfast.storage.database.steps import Answer, Query
from holdfast.testing.clocks import ManualClock, SeededIds
from tests.engine.businesses import (
    EVERY_DAY,
    HOUR,
    add_class,
    add_offering,
    add_room,
    add_slot,
    at,
    book,
    hold,
    open_desk,
)
from tests.engine.outings import add_outing, add_thing, any_of, by_dates, by_time, keep, on

STATEMENTS_MAX = 3
SEARCHED_MAX = 7
ROOMS = 50
SINCE, UNTIL = at("00:00", day=1), at("00:00", day=8)
HOURS = [
    WeeklyOpening(weekdays=EVERY_DAY, opens_minute=8 * 60, closes_minute=12 * 60),
    WeeklyOpening(weekdays=EVERY_DAY, opens_minute=13 * 60, closes_minute=18 * 60),
]


@dataclass
class Cost:
    """How many statements were read by, and how many rows they gave."""

    statements: int = 0
    rows: int = 0


@contextmanager
def counting(database: Database) -> Iterator[Cost]:
    """Count what is read while a block lasts: SQLite's rows one by one, PostgreSQL's as it says.

    What PostgreSQL answers in an exchange of its own goes past the cursors, and is counted there.
    """
    readers, cost = database._backend.readers, Cost()
    read = database._backend.read
    before = database.statistics.statements

    def starts(_connection: object, cursor: Cursor, *_: object) -> None:
        if database.dialect_name == "sqlite":
            cursor.row_factory = count_one

    def count_one(_cursor: object, row: object) -> object:
        cost.rows += 1
        return row

    def ends(_connection: object, cursor: Cursor, *_: object) -> None:
        if database.dialect_name != "sqlite":
            cost.rows += cursor.rowcount

    def exchanged(connection: Connection, queries: Sequence[Query]) -> list[Answer]:
        answers = read(connection, queries)
        if database.dialect_name != "sqlite":
            cost.rows += sum(len(rows) for rows in answers)
        return answers

    vars(database._backend)["read"] = exchanged
    event.listen(readers, "before_cursor_execute", starts)
    event.listen(readers, "after_cursor_execute", ends)
    try:
        yield cost
    finally:
        del vars(database._backend)["read"]
        event.remove(readers, "before_cursor_execute", starts)
        event.remove(readers, "after_cursor_execute", ends)
        cost.statements = database.statistics.statements - before


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business with a clock of record that is not asked by a statement."""
    return open_desk(engine)


class Cursor(Protocol):
    """What both drivers' cursors have, or may be given."""

    rowcount: int
    row_factory: Callable[[object, object], object]


def _rooms(desk: TenantEngine, count: int) -> list[Resource]:
    rooms = [
        desk.resources.add(
            AddResource(name=f"Room {i}", kind="room", capacity=1, is_bookable_alone=True)
        )
        for i in range(count)
    ]
    for room in rooms:
        desk.schedules.set(room.resource_id, HOURS)
    return rooms


def _take(desk: TenantEngine, room: Resource, *, times: int, chance: random.Random) -> int:
    """Hold a room some times within the window; returns how often that went well."""
    taken = 0
    for _ in range(times):
        starts_at = at("08:00", day=chance.randrange(1, 7)) + chance.randrange(8) * HOUR / 2
        with suppress(CapacityExceeded):
            keep(desk, by_time(room, starts_at, starts_at + HOUR / 2))
            taken += 1
    return taken


def test_one_resource_fifty_and_any_of_fifty_are_listed_by_three_statements_at_most(
    desk: TenantEngine, database: Database
) -> None:
    """Issue 4: the rows are at most twice the claims in the window and the rules."""
    rooms = _rooms(desk, ROOMS)
    taken = [_take(desk, room, times=2, chance=random.Random(i)) for i, room in enumerate(rooms)]
    pool = desk.pools.add(
        AddPool(name="Rooms", resource_ids=tuple(room.resource_id for room in rooms))
    )
    by_name = add_offering(desk, "by-name", any_of(rooms), openings=[])
    by_pool = add_offering(desk, "by-pool", any_of(rooms, pool_id=pool.pool_id), openings=[])
    each = [_week(resource_id=room.resource_id) for room in rooms]
    asked: list[Callable[[], object]] = [
        lambda: desk.availability.answers(each[:1]),
        lambda: desk.availability.answers(each),
        lambda: desk.availability.answers_by_day(each),
        lambda: desk.availability.answer(_week(offering_id=by_name.offering_id)),
        lambda: desk.availability.answer(_week(offering_id=by_pool.offering_id)),
        lambda: desk.availability.answer(_week(pool_id=pool.pool_id)),
        lambda: desk.availability.check(
            Choice(offering_id=by_pool.offering_id, starts_at=at("09:00", day=2))
        ),
    ]

    costs = [_cost(database, ask) for ask in asked]

    assert [cost.statements for cost in costs] == [STATEMENTS_MAX] * len(asked)
    assert 0 < costs[0].rows <= 2 * (taken[0] + len(HOURS))
    for cost in costs[1:-1]:
        assert ROOMS < cost.rows <= 2 * (sum(taken) + ROOMS * len(HOURS))


def test_what_is_taken_before_and_after_the_window_is_not_read(
    desk: TenantEngine, database: Database
) -> None:
    """Issue 4: a listing costs what its window has, however much is stored around it."""
    room = _rooms(desk, 1)[0]
    visit = add_offering(desk, "visit", room, openings=[])
    ask = [
        partial(desk.availability.answer, _week(resource_id=room.resource_id)),
        partial(desk.availability.answer, _week(offering_id=visit.offering_id)),
    ]
    hold(desk, visit, at("09:00", day=2))
    before = [_cost(database, one) for one in ask]

    for day in [0, *range(9, 39)]:
        hold(desk, visit, at("09:00", day=day))

    assert [_cost(database, one) for one in ask] == before


def test_a_slot_made_by_hand_that_outlasts_the_window_is_judged_by_all_of_its_time(
    desk: TenantEngine,
) -> None:
    room = add_room(desk)
    camp, visit = add_offering(desk, "camp", room, openings=[]), add_offering(desk, "visit", room)
    made = add_slot(desk, camp, at("12:00", day=7), ends_at=at("12:00", day=30))
    week = _week(offering_id=camp.offering_id)
    before = [slot.slot_id for slot in desk.availability.answer(week).slots]

    hold(desk, visit, at("11:00", day=30))

    assert before == [made.slot_id]
    assert desk.availability.answer(week).slots == ()


def test_a_search_takes_as_many_statements_however_little_it_finds(
    desk: TenantEngine, database: Database
) -> None:
    """AC-B14: seven stretches reach as far as anybody may look, and one loads what is asked."""
    room = _rooms(desk, 1)[0]
    visit = add_offering(desk, "visit", room, openings=[], horizon_days=400)
    far = add_offering(desk, "far", add_room(desk), openings=[], horizon_days=400)
    add_slot(desk, far, at("12:00", day=390))
    queries = [AvailabilityQuery(offering_id=one.offering_id) for one in (visit, far)]

    costs = [_cost(database, partial(desk.availability.next, query)) for query in queries]

    assert [cost.statements for cost in costs] == [STATEMENTS_MAX, 2 + SEARCHED_MAX]


def test_owners_who_must_not_be_busy_elsewhere_cost_no_more_statements(
    desk: TenantEngine, database: Database
) -> None:
    """AC-B18: what else they have is found by the statement that reads the claims."""
    minds = Policy(on_host_conflict=HostConflict.REJECT)
    rooms = [
        desk.resources.add(AddResource(name=f"Room {i}", owner_id="mbr_1", policy=minds))
        for i in range(4)
    ]
    visit, other = (add_offering(desk, f"visit-{i}", rooms[i], openings=HOURS) for i in range(2))
    hold(desk, other, at("09:00", day=2))
    choice = Choice(offering_id=visit.offering_id, starts_at=at("09:00", day=2))

    costs = [
        _cost(database, lambda: desk.availability.answer(_week(offering_id=visit.offering_id))),
        _cost(database, lambda: desk.availability.check(choice)),
    ]

    assert costs[0].statements == STATEMENTS_MAX
    # Their four resources, one claim, the room itself, the offering, the tenant and the rules.
    assert costs[0].rows <= len(rooms) + 4 + len(HOURS)
    assert costs[1].statements <= 2 * STATEMENTS_MAX + SEARCHED_MAX
    assert not desk.availability.check(choice).can_book


def test_what_an_exchange_answers_is_counted(desk: TenantEngine, database: Database) -> None:
    """The control of this file: rows that come past the cursors."""
    visit = add_offering(desk, "visit", add_room(desk))
    booked = book(desk, visit, at("09:00", day=1))

    cost = _cost(database, lambda: desk.reassigning.affected(booked.assigned[0].resource_id))

    assert cost.rows > 0


def test_classes_and_dated_things_cost_no_more_statements(
    desk: TenantEngine, database: Database
) -> None:
    hall, cars = add_room(desk), [add_thing(desk, f"Car {i}") for i in range(5)]
    lesson = add_class(desk, "lesson", hall, places=8, openings=HOURS)
    other = add_class(desk, "other", hall, places=8, openings=HOURS)
    safari = add_outing(desk, Shape.DAYS, any_of(cars))
    for day in range(1, 7):
        book(desk, lesson, at("09:00", day=day))
        hold(desk, other, at("13:00", day=day), 2)
        keep(desk, by_dates(cars[0], on(day + 1)))
    subjects: list[Callable[[], object]] = [
        lambda: desk.availability.answer(_week(offering_id=lesson.offering_id)),
        lambda: desk.availability.by_day(_week(offering_id=safari.offering_id)),
        lambda: desk.availability.answers(
            [_week(offering_id=one.offering_id) for one in (lesson, other, safari)]
            + [_week(resource_id=car.resource_id) for car in cars]
        ),
    ]

    costs = [_cost(database, ask) for ask in subjects]

    assert all(cost.statements <= STATEMENTS_MAX for cost in costs)
    # Two claims of places and rooms a class, and two rules.
    assert costs[0].rows <= 2 * (6 * 2 * 2 + len(HOURS))


def _cost(database: Database, ask: Callable[[], object]) -> Cost:
    with counting(database) as cost:
        ask()
    return cost


def _week(
    *,
    offering_id: OfferingId | None = None,
    resource_id: ResourceId | None = None,
    pool_id: PoolId | None = None,
) -> AvailabilityQuery:
    return AvailabilityQuery(
        offering_id=offering_id,
        resource_id=resource_id,
        pool_id=pool_id,
        starts_at=SINCE,
        ends_at=UNTIL,
    )


@pytest.mark.postgresql
@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_the_databases_own_clock_takes_no_statement_of_its_own(
    fresh_url: Callable[[], str],
) -> None:
    database = Database.open(fresh_url())
    ids = SeededIds()
    desk = open_desk(Engine.over(database, clock=ManualClock(), ids=ids))
    room = _rooms(desk, 1)[0]

    with counting(database) as cost:
        desk.availability.answer(AvailabilityQuery(resource_id=room.resource_id))
    database.dispose()

    assert cost.statements == STATEMENTS_MAX
