"""Daily calendars: initialised, set, adjusted, listed, and never below what is taken unasked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import partial

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import SYSTEM, Role
from holdfast.domain.calendars import CALENDAR_DAYS_MAX, DayCapacity
from holdfast.domain.closures import WhenBooked
from holdfast.domain.ids import ResourceId
from holdfast.domain.resources import Resource, ResourceAction
from holdfast.engine import calendars
from holdfast.engine.blocks import AddBlock
from holdfast.engine.calendars import AdjustDays, InitialiseDays, SetDays
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.use_cases import Look, Needs
from holdfast.storage.database import Database
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    HOUR,
    acting_as,
    add_room,
    at,
    cause_of,
    open_desk,
    pointers,
    refusal_of,
)
from tests.engine.dated import add_dated, add_rental, day, days, rent
from tests.engine.races import Pause, Racers, all_at_once
from tests.engine.tables import all_rows, records, rows_of


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


@pytest.fixture
def bikes(desk: TenantEngine) -> Resource:
    """Five bikes, let by the day."""
    return add_dated(desk, capacity=5)


def seen(desk: TenantEngine, bikes: Resource, *numbers: int) -> list[tuple[int, int, int, bool]]:
    """Return capacity, taken, remaining and whether the calendar says so, of some days."""
    listed = desk.calendars.list(bikes.resource_id, day(min(numbers)), day(max(numbers)))
    return [
        (state.capacity, state.taken, state.remaining, state.is_own)
        for state in listed
        if state.falls_on in days(*numbers)
    ]


def initialise(
    desk: TenantEngine, bikes: Resource, first: int, last: int, capacity: int, **more: bool
) -> tuple[int, int, int]:
    """Initialise a stretch of days, and return what became of how many."""
    made = desk.calendars.initialise(
        InitialiseDays(
            resource_id=bikes.resource_id,
            first_on=day(first),
            last_on=day(last),
            capacity=capacity,
            reason="The season",
            **more,
        )
    )
    return (made.added, made.changed, made.skipped)


# Initialising


def test_a_year_is_initialised_in_one_call_and_existing_days_are_skipped_and_counted(
    desk: TenantEngine, bikes: Resource, database: Database
) -> None:
    """AC-C03, R-23."""
    desk.calendars.set(bikes.resource_id, days(3, 7), 9)

    made = initialise(desk, bikes, 0, 364, 20)

    assert made == (363, 0, 2)
    assert seen(desk, bikes, 2, 3) == [(20, 0, 20, True), (9, 0, 9, True)]
    assert len(rows_of(database, "day")) == 365


def test_overwriting_changes_the_days_that_differ_and_leaves_those_that_do_not(
    desk: TenantEngine, bikes: Resource
) -> None:
    """AC-C03."""
    desk.calendars.set(bikes.resource_id, days(0), 9)
    desk.calendars.set(bikes.resource_id, days(1), 20)

    made = initialise(desk, bikes, 0, 2, 20, is_overwriting=True)

    assert made == (1, 1, 1)
    assert seen(desk, bikes, 0, 1, 2) == [(20, 0, 20, True)] * 3


def test_as_many_days_as_the_limit_are_initialised_at_once_and_one_more_is_refused(
    desk: TenantEngine, bikes: Resource
) -> None:
    """AC-C03."""
    too_many = refusal_of(lambda: initialise(desk, bikes, 0, CALENDAR_DAYS_MAX, 1))

    made = initialise(desk, bikes, 0, CALENDAR_DAYS_MAX - 1, 1)

    assert pointers(too_many) == [("/to", "too_many")]
    assert made == (CALENDAR_DAYS_MAX, 0, 0)


def test_the_public_books_what_the_calendar_says_and_elsewhere_the_default(
    desk: TenantEngine, bikes: Resource
) -> None:
    """AC-C03, C-08: an explicit day wins, even 0; without one the resource's default applies."""
    rental = add_rental(desk, bikes)
    desk.calendars.set(bikes.resource_id, days(1), 7)
    desk.calendars.set(bikes.resource_id, days(2), 0)

    rent(desk, rental, days(1), 7)
    more = cause_of(lambda: rent(desk, rental, days(1), 1))
    none = cause_of(lambda: rent(desk, rental, days(2), 1))
    rent(desk, rental, days(3), 5)
    default = cause_of(lambda: rent(desk, rental, days(3), 1))

    assert [refusal["remaining"] for refusal in (more, none, default)] == [0, 0, 0]
    assert seen(desk, bikes, 1, 2, 3) == [(7, 7, 0, True), (0, 0, 0, True), (5, 5, 0, False)]


# Adjusting


def test_days_are_adjusted_by_a_delta_whether_they_had_a_capacity_of_their_own_or_not(
    desk: TenantEngine, bikes: Resource, database: Database
) -> None:
    """AC-C03, R-24: a day that is booked already is re-capped at once."""
    rental = add_rental(desk, bikes)
    desk.calendars.set(bikes.resource_id, days(0), 9)
    rent(desk, rental, days(1), 4)

    changed = desk.calendars.adjust(bikes.resource_id, days(0, 1, 2), 3, reason="Three more")
    rent(desk, rental, days(1), 4)

    assert (changed.added, changed.changed, changed.skipped) == (2, 1, 0)
    assert [state.capacity for state in changed.days] == [12, 8, 8]
    assert seen(desk, bikes, 0, 1, 2) == [(12, 0, 12, True), (8, 8, 0, True), (8, 0, 8, True)]
    assert [(d.reason, d.actor_id) for d in records(database, DayCapacity)] == [
        ("Three more", SYSTEM.actor_id)
    ] * 3


def test_no_day_falls_below_what_is_taken_or_below_nothing_and_all_failing_days_are_named(
    desk: TenantEngine, bikes: Resource, database: Database
) -> None:
    """AC-C03, C-09: all or nothing; every short day is reported, not only the first."""
    rental = add_rental(desk, bikes)
    rent(desk, rental, days(1, 3), 4)
    desk.calendars.set(bikes.resource_id, days(2), 1)
    before = all_rows(database)

    refusal = refusal_of(lambda: desk.calendars.adjust_range(bikes.resource_id, day(0), day(4), -2))

    assert refusal.code == "capacity.exceeded"
    assert refusal.fields["dates"] == (
        {"date": "2026-06-02", "capacity": 5, "taken": 4, "wanted": 3},
        {"date": "2026-06-03", "capacity": 1, "taken": 0, "wanted": -1},
        {"date": "2026-06-04", "capacity": 5, "taken": 4, "wanted": 3},
    )
    assert all_rows(database) == before


def test_staff_may_go_below_what_is_taken_with_a_reason_and_freed_places_are_not_sold_again(
    desk: TenantEngine, bikes: Resource, database: Database
) -> None:
    """AC-C03: recorded as over-commitment; the public decides on the new capacity alone."""
    rental = add_rental(desk, bikes)
    kept = [rent(desk, rental, days(1), 2), rent(desk, rental, days(1), 2)]

    silent = refusal_of(
        lambda: desk.calendars.adjust(bikes.resource_id, days(1), -3, may_be_over=True)
    )
    changed = desk.calendars.adjust(
        bikes.resource_id, days(1), -3, reason="Two broke", may_be_over=True
    )
    over = rows_of(database, "capacity")
    desk.bookings.cancel(kept[0].booking_id, reason="")
    refused = cause_of(lambda: rent(desk, rental, days(1), 1))
    desk.bookings.cancel(kept[1].booking_id, reason="")
    rent(desk, rental, days(1), 2)

    assert pointers(silent) == [("/reason", "missing")]
    assert [(state.capacity, state.over_commit) for state in changed.days] == [(2, 2)]
    row = next(row for row in over if row["key"].startswith("day:"))
    assert (row["used"], row["cap"], row["over_commit"]) == (4, 2, 2)
    assert (refused["remaining"], refused["code"]) == (0, "capacity.exceeded")
    assert seen(desk, bikes, 1) == [(2, 2, 0, True)]


def test_an_over_committed_day_may_be_raised_without_ado(
    desk: TenantEngine, bikes: Resource
) -> None:
    """AC-C03: what goes up is never refused for what is taken."""
    rental = add_rental(desk, bikes)
    rent(desk, rental, days(1), 4)
    desk.calendars.set(bikes.resource_id, days(1), 1, reason="Broken", may_be_over=True)

    changed = desk.calendars.adjust(bikes.resource_id, days(1), 1)

    assert [(state.capacity, state.over_commit) for state in changed.days] == [(2, 2)]


def test_lapsed_holds_do_not_keep_a_day_from_being_lowered(
    desk: TenantEngine, bikes: Resource, clock: ManualClock
) -> None:
    """AC-C03: what has lapsed does not count, cleaned up or not."""
    rental = add_rental(desk, bikes)
    choice = Choice(offering_id=rental.offering_id, dates=days(1))
    desk.holds.place(choice=choice, party_size=5)
    clock.advance(hours=1)

    changed = desk.calendars.adjust(bikes.resource_id, days(1), -5)

    assert [(state.capacity, state.taken) for state in changed.days] == [(0, 0)]


# Bad paths


def test_of_a_day_that_blocks_take_away_nothing_remains_and_of_half_a_day_all_does(
    desk: TenantEngine, bikes: Resource
) -> None:
    """AC-B03, AC-C03: what blocks take away together, in the resource's own zone."""
    rent(desk, add_rental(desk, bikes), days(2), 2)
    for start in (at("00:00", day=2), at("12:00", day=2), at("00:00", day=3)):
        half_a_day = AddBlock(
            resource_id=bikes.resource_id,
            starts_at=start,
            ends_at=start + 12 * HOUR,
            when_booked=WhenBooked.LIST,
        )
        desk.blocks.add(half_a_day)

    listed = desk.calendars.list(bikes.resource_id, day(1), day(3))
    changed = desk.calendars.set(bikes.resource_id, days(1, 2, 3), 4).days

    assert [(one.taken, one.remaining, one.is_blocked) for one in listed] == [
        (0, 5, False),
        (2, 0, True),
        (0, 5, False),
    ]
    assert [(one.capacity, one.remaining, one.is_blocked) for one in changed] == [
        (4, 4, False),
        (4, 0, True),
        (4, 4, False),
    ]


def test_a_resource_that_is_not_dated_or_is_unlimited_has_no_calendar(desk: TenantEngine) -> None:
    """AC-C03."""
    room, free = add_room(desk), add_dated(desk, "Park", None)

    refusals = [
        refusal_of(partial(act, resource))
        for resource in (room, free)
        for act in (
            lambda one: desk.calendars.list(one.resource_id),
            lambda one: desk.calendars.adjust(one.resource_id, days(1), 1),
            lambda one: initialise(desk, one, 0, 1, 1),
        )
    ]

    assert [pointers(one) for one in refusals] == [[("/resource_id", "not_dated")]] * 3 + [
        [("/resource_id", "unlimited")]
    ] * 3


def test_a_deleted_resource_has_no_calendar_any_more(desk: TenantEngine, bikes: Resource) -> None:
    """AC-C03."""
    desk.resources.act(bikes.resource_id, ResourceAction.DELETE)

    cause = cause_of(lambda: desk.calendars.adjust(bikes.resource_id, days(1), 1))

    assert cause["code"] == "state.transition_not_allowed"


ONE = AdjustDays(resource_id=ResourceId(""), dates=days(1), delta=1)


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        (replace(ONE, dates=()), ("/dates", "missing")),
        (replace(ONE, dates=(date(1969, 1, 1),)), ("/dates", "out_of_range")),
        (replace(ONE, dates=(date(2200, 1, 1),)), ("/dates", "out_of_range")),
        (replace(ONE, delta=2_000_000), ("/delta", "out_of_range")),
        (replace(ONE, reason="two\nlines"), ("/reason", "bad_character")),
        (replace(ONE, dates=days(*range(CALENDAR_DAYS_MAX + 1))), ("/dates", "too_many")),
    ],
)
def test_a_malformed_adjustment_is_refused(
    desk: TenantEngine, bikes: Resource, command: AdjustDays, fault: tuple[str, str]
) -> None:
    """AC-C03."""
    refusal = refusal_of(lambda: desk.run(replace(command, resource_id=bikes.resource_id)))

    assert pointers(refusal) == [fault]


def test_a_capacity_is_from_nothing_to_the_limit_and_days_are_in_order(
    desk: TenantEngine, bikes: Resource
) -> None:
    """AC-C03: never below 0, never above the maximum."""
    below = refusal_of(lambda: desk.calendars.set(bikes.resource_id, days(1), -1))
    above = refusal_of(lambda: desk.calendars.set(bikes.resource_id, days(1), 1_000_001))
    reversed_ = refusal_of(lambda: initialise(desk, bikes, 3, 1, 1))

    assert pointers(below) == [("/capacity", "out_of_range")]
    assert pointers(above) == [("/capacity", "out_of_range")]
    assert pointers(reversed_) == [("/to", "reversed")]


def test_staff_read_a_calendar_and_only_managers_write_it(
    engine: Engine, desk: TenantEngine, bikes: Resource
) -> None:
    """AC-C03."""
    viewer = acting_as(engine, desk, Role.VIEWER)

    listed = viewer.calendars.list(bikes.resource_id)
    cause = cause_of(lambda: viewer.calendars.adjust(bikes.resource_id, days(1), 1))

    assert len(listed) == 31
    assert cause["code"] == "access.denied"


def test_days_are_those_of_the_resource_s_own_zone(engine: Engine, clock: ManualClock) -> None:
    """C-30: without a first day the list begins with today where the resource is."""
    desk = open_desk(engine, zone="UTC")
    far = add_dated(desk, zone="Pacific/Auckland")
    clock.set(clock.now().replace(hour=20))

    listed = desk.calendars.list(far.resource_id)

    assert listed[0].falls_on == day(1)


@pytest.mark.parametrize(
    ("zone", "edge"),
    [("Europe/Paris", date(1970, 1, 1)), ("America/New_York", date(2199, 12, 31))],
)
def test_a_day_that_reaches_beyond_the_limits_of_time_has_a_capacity_too(
    engine: Engine, zone: str, edge: date
) -> None:
    desk = open_desk(engine, zone=zone)
    bikes = add_dated(desk)

    desk.calendars.set(bikes.resource_id, [edge], 2)
    desk.calendars.adjust(bikes.resource_id, [edge], 1, reason="season")
    listed = desk.calendars.list(bikes.resource_id, edge, edge)

    assert [(state.capacity, state.is_blocked) for state in listed] == [(3, False)]


# Races


@pytest.fixture
def racers(fresh_url: Callable[[], str], clock: ManualClock) -> Iterator[Racers]:
    """Engines over one fresh database of each kind in turn."""
    opened = Racers(url=fresh_url(), clock=clock)
    yield opened
    opened.close()


def race_for_a_new_day(racers: Racers) -> tuple[list[str], int, int]:
    """Book five of a day that nobody counted before while its capacity is set to 2.

    The booker has read the definition and stops before it writes; the manager goes on when it can.

    Returns:
        What became of both, and the capacity and what is taken in the end.
    """
    desk = open_desk(racers.first())
    bikes = add_dated(desk, capacity=5)
    rental = add_rental(desk, bikes)
    pause = Pause(step="flush")
    booker = racers.engine(interfere=pause).at(desk.tenant_id, actor=SYSTEM)
    manager = racers.engine().at(desk.tenant_id, actor=SYSTEM)

    def lower() -> object:
        assert pause.reached.wait(10.0)
        threading.Timer(0.3, pause.go.set).start()
        return manager.calendars.set(bikes.resource_id, days(1), 2)

    outcomes = all_at_once([partial(rent, booker, rental, days(1), 5), lower])
    state = desk.calendars.list(bikes.resource_id, day(1), day(1))[0]
    row = next(r for r in rows_of(racers.databases[0], "capacity") if r["key"].startswith("day:"))
    assert row["cap"] is not None
    return outcomes, min(row["cap"], state.capacity), row["used"]


@pytest.mark.race
def test_whoever_counts_on_a_new_day_and_whoever_caps_it_exclude_each_other(
    racers: Racers,
) -> None:
    """AC-C03: the lower capacity is refused, since five are taken by then."""
    outcomes, capacity, taken = race_for_a_new_day(racers)

    assert outcomes == ["done", "capacity.exceeded"]
    assert (capacity, taken) == (5, 5)


@pytest.mark.race
@pytest.mark.parametrize(
    "kind", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_without_the_lock_of_the_definition_a_day_would_be_capped_below_its_bookings(
    racers: Racers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the manager locks only the days that have a counter."""
    whole = calendars.USE_CASES[SetDays].needs

    def half(command: SetDays, look: Look) -> Needs:
        return Needs.of(counters=whole(command, look).counters)

    monkeypatch.setattr(calendars.USE_CASES[SetDays], "needs", half)

    outcomes, _, taken = race_for_a_new_day(racers)

    assert outcomes == ["done", "done"]
    assert taken == 5
