"""The golden tests 6, 8, 9 and 20 of the acceptance table, through the library."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, event

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import BookingStatus
from holdfast.domain.errors import HoldfastError
from holdfast.domain.holds import HoldStatus
from holdfast.domain.offerings import Component, Offering
from holdfast.domain.resources import Resource, Scheme
from holdfast.domain.shapes import Shape
from holdfast.domain.verdicts import Verdict
from holdfast.engine.availability import AvailabilityQuery
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.holds import PlaceHold
from holdfast.engine.making import Details
from holdfast.engine.use_cases import Envelope
from holdfast.storage.database import Database
from holdfast.storage.database.steps import Answer, Query, Step
from holdfast.testing.clocks import ManualClock
from holdfast.workers.due import BATCH_MAX
from holdfast.workers.expire import expire_holds
from tests.engine.businesses import (
    FOR_ADA,
    HOUR,
    MINUTE,
    add_room,
    at,
    cause_of,
    open_desk,
    refusal_of,
    short,
)
from tests.engine.outings import Region, add_outing, add_thing, by_dates, by_time, keep, on


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


def test_golden_6_fraser_is_held_on_scattered_dates_and_only_the_full_date_is_not_available(
    desk: TenantEngine,
) -> None:
    """AC-B11, AC-C09 (R-14, R-22, R-30, U-03)."""
    fraser = add_thing(desk, "Fraser", capacity=2)
    keep(desk, by_dates(fraser, on(16)), party_size=2)
    choice = by_dates(fraser, on(17), on(15))
    first = desk.holds.place(choice=choice, idempotency_key="token")
    again = desk.holds.place(choice=choice, idempotency_key="token")

    found = desk.availability.by_day(
        AvailabilityQuery(resource_id=fraser.resource_id, first_on=on(15), last_on=on(17))
    )
    cause = cause_of(lambda: keep(desk, by_dates(fraser, on(15), on(16), on(17))))

    assert (first.status, first.dates) == (HoldStatus.ACTIVE, (on(15), on(17)))
    assert again == first
    assert [(day.on, day.is_available, day.capacity, day.remaining) for day in found.days] == [
        (on(15), True, 2, 1),
        (on(16), False, 2, 0),
        (on(17), True, 2, 1),
    ]
    assert not found.all_dates_available
    assert cause == {
        **short(requested=1, remaining=0, limited_by=fraser.resource_id),
        "dates": ({"date": "2026-06-16", "requested": 1, "remaining": 0},),
    }


@pytest.mark.parametrize(
    ("scheme", "shape"),
    [(Scheme.DATED, Shape.DAYS), (Scheme.INTERVAL, Shape.DAYS), (Scheme.INTERVAL, Shape.FREE)],
)
def test_golden_8_what_is_left_is_the_least_of_free_setups_and_free_operators(
    desk: TenantEngine, scheme: Scheme, shape: Shape
) -> None:
    """AC-C11, AC-E07 (D-04, D-05, C-11): busy operators really count."""
    region = Region(desk, scheme=scheme, shape=shape, is_always_open=True)

    def one_day(what: Offering | Resource) -> Choice:
        is_dated = scheme is Scheme.DATED or (shape is Shape.DAYS and isinstance(what, Offering))
        if is_dated:
            return by_dates(what, on(15))
        return by_time(what, at("00:00", day=14), at("00:00", day=15))

    mission = one_day(region.mission)
    for setup in region.setups[:2]:
        keep(desk, one_day(setup))
    two_used = desk.availability.check(mission)
    for operator in region.operators[:2]:
        keep(desk, one_day(operator))
    two_operators = desk.availability.check(mission)
    placed = [desk.bookings.place(choice=mission, details=FOR_ADA) for _ in range(2)]
    refusal = cause_of(lambda: desk.bookings.place(choice=mission, details=FOR_ADA))

    assert _tally(two_used) == (True, 3, {"setup": (5, 3), "operator": (4, 4)})
    assert _tally(two_operators) == (True, 2, {"setup": (5, 3), "operator": (4, 2)})
    names = [[one.name for one in booking.assigned] for booking in placed]
    assert names == [["Setup 3", "Operator 3"], ["Setup 4", "Operator 4"]]
    assert refusal == short(requested=1, remaining=0, limited_by=region.operator_pool)


def _tally(verdict: Verdict) -> tuple[bool, int | None, dict[str, tuple[int, int]]]:
    """Return whether it can be booked, how much is left, and of each requirement total and free."""
    there = verdict.availability
    return (
        verdict.can_book,
        there.remaining,
        {one.role: (one.total, one.free) for one in there.requirements},
    )


def test_golden_8_five_free_setups_and_two_operators_are_two(desk: TenantEngine) -> None:
    """AC-C11 (D-04, D-05)."""
    region = Region(desk, setup_count=5, operator_count=2)

    found = desk.availability.by_day(
        AvailabilityQuery(offering_id=region.mission.offering_id, first_on=on(15), last_on=on(15))
    )

    assert [(day.capacity, day.remaining) for day in found.days] == [(2, 2)]


def test_golden_9_a_component_that_is_too_small_for_the_party_is_named(desk: TenantEngine) -> None:
    """AC-B12, AC-B13 (D-06, D-10, D-13, D-25, D-26)."""
    modules = (
        Component(key="theory", name="Theory", capacity=20),
        Component(key="practice", name="Module X", capacity=12),
    )
    region = Region(desk, components=modules)
    both = ("theory", "practice")
    choice = by_dates(region.mission, on(15), components=both)

    cause = cause_of(lambda: region.book(on(15), components=both, party_size=15))
    verdict = desk.availability.check(choice, party_size=15)
    fits = desk.availability.check(choice, party_size=12)

    assert cause == short(requested=15, remaining=12, limited_by="practice")
    assert (verdict.can_book, verdict.capacity.is_valid) == (False, False)
    assert (verdict.capacity.capacity_max, verdict.capacity.limited_by) == (12, "practice")
    assert "15 participants exceed the capacity of 12: limited by Module X" in (
        verdict.capacity.message
    )
    assert verdict.availability.is_available
    assert (fits.can_book, fits.capacity.is_valid, fits.refusal) == (True, True, None)


def test_golden_9_a_full_date_gets_the_next_five_dates_and_gaps_are_left_out(
    desk: TenantEngine,
) -> None:
    """AC-B13 (D-14, D-29, D-30, C-61)."""
    region = Region(desk, setup_count=1, operator_count=1)
    for day in (15, 17, 18):
        region.book(on(day))

    refusal = refusal_of(lambda: region.book(on(15)))
    verdict = desk.availability.check(by_dates(region.mission, on(15)))

    expected = [(on(day),) for day in (16, 19, 20, 21, 22)]
    found = refusal.fields["alternatives"]
    assert isinstance(found, tuple)
    assert [other.dates for other in found] == expected
    assert [other.dates for other in verdict.alternatives] == expected


def test_golden_9_the_first_of_two_pendings_gets_the_last_setup_and_the_second_stays_pending(
    desk: TenantEngine,
) -> None:
    """AC-D03 (D-02, D-03, D-15, D-18)."""
    region = Region(
        desk, setup_count=1, operator_count=2, is_approved_by_hand=True, pending_takes=False
    )
    first, second = region.book(on(15)), region.book(on(15))

    confirmed = desk.bookings.confirm(first.booking_id)
    refusal = refusal_of(lambda: desk.bookings.confirm(second.booking_id))

    assert [one.assigned for one in (first, second)] == [(), ()]
    assert confirmed.status is BookingStatus.CONFIRMED
    assert [one.name for one in confirmed.assigned] == ["Setup 1", "Operator 1"]
    assert (refusal.code, refusal.fields["limited_by"]) == (
        "capacity.exceeded",
        region.setup_pool,
    )
    alternatives = refusal.fields["alternatives"]
    assert isinstance(alternatives, tuple)
    assert [other.dates for other in alternatives] == [(on(day),) for day in range(16, 21)]
    assert desk.bookings.get(second.booking_id) == second


@contextmanager
def _statements(database: Database) -> Iterator[Counter[str]]:
    """Count what the writers send while a block lasts."""
    backend = database._backend
    read, write = backend.read, backend.write
    counted: Counter[str] = Counter()

    def count(*_: object) -> None:
        counted["statements"] += 1

    def read_counted(connection: Connection, queries: Sequence[Query]) -> list[Answer]:
        counted["statements"] += len(queries)
        return read(connection, queries)

    def write_counted(connection: Connection, steps: Sequence[Step]) -> list[int]:
        counted["statements"] += len(steps)
        return write(connection, steps)

    event.listen(backend.writers, "before_cursor_execute", count)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(backend, "read", read_counted)
            patch.setattr(backend, "write", write_counted)
            yield counted
    finally:
        event.remove(backend.writers, "before_cursor_execute", count)


HOLDS = 1_000
STATEMENTS_PER_BATCH_MAX = 25


def test_golden_20_a_thousand_expired_holds_are_cleaned_up_in_a_handful_of_batches(
    engine: Engine, desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-C08 (R-78): work done, not time."""
    beach = add_thing(desk, "Beach", capacity=HOLDS)
    command = PlaceHold(choice=by_dates(beach, on(15)))
    envelopes = [Envelope(command=command, actor=desk.actor) for _ in range(HOLDS)]
    for start in range(0, HOLDS, BATCH_MAX):
        engine.unit_of_work.run(desk.tenant_id, envelopes[start : start + BATCH_MAX])
    full = refusal_of(lambda: keep(desk, by_dates(beach, on(15))))
    clock.advance(minutes=30)

    with _statements(database) as counted:
        released = expire_holds(engine)

    batches = -(-HOLDS // BATCH_MAX)
    assert full.code == "capacity.exceeded"
    assert released == {"released": HOLDS}
    assert counted["statements"] <= STATEMENTS_PER_BATCH_MAX * batches, counted
    assert keep(desk, by_dates(beach, on(15)), party_size=HOLDS).party_size == HOLDS


@pytest.mark.race
def test_golden_20_a_hundred_distinct_bookings_at_once_all_succeed(desk: TenantEngine) -> None:
    """AC-C10, AC-B10 (B-196): starts a minute apart, half an hour long."""
    lawn = add_room(desk, "Lawn", capacity=30)
    picnic = add_outing(desk, Shape.FREE, lawn, is_always_open=True, length_min=MINUTE)

    def book(number: int) -> str:
        starts_at = at("10:00", day=3) + number * MINUTE
        choice = by_time(picnic, starts_at, starts_at + HOUR / 2)
        while True:
            try:
                details = Details(external_order_id=f"order {number}")
                desk.bookings.place(choice=choice, details=details)
            except HoldfastError as refusal:
                if refusal.code != "server.busy":
                    return refusal.code
            else:
                return "booked"

    with ThreadPoolExecutor(max_workers=16) as crowd:
        outcomes = Counter(crowd.map(book, range(100)))

    assert outcomes == {"booked": 100}
