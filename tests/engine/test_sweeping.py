"""Ending holds by the hundred is ending them one by one, in fewer statements."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import SYSTEM
from holdfast.domain.holds import Hold, HoldStatus
from holdfast.domain.ids import HoldId, TenantId
from holdfast.domain.terms import Terms, Tickets
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.holds import ExpireHold
from holdfast.engine.ports import CommitUnknown, TransactionConflict
from holdfast.engine.sweeping import Sweeper, Swept
from holdfast.engine.use_cases import Envelope
from holdfast.storage.database import Database
from holdfast.storage.proving import prove
from holdfast.storage.stores import SqlStores, SqlWriteStore
from holdfast.testing.clocks import DEFAULT_START, ManualClock, SeededIds
from holdfast.workers.expire import expire_holds
from tests.engine.businesses import FOR_ADA, add_class, add_offering, add_room, at, open_desk
from tests.engine.invariants import faults_in
from tests.engine.lived_in import LivedIn, june
from tests.engine.races import all_at_once
from tests.engine.tables import all_rows, records, story_of
from tests.lending import KINDS, Lending


def hold_some_of_everything(lived: LivedIn) -> None:
    """Hold whatever the business still has: rooms, days, nights, places, tickets, components."""
    desk, number = lived.desk, 0

    def hold(choice: Choice) -> None:
        nonlocal number
        number += 1
        desk.holds.place(choice=choice, client_key=f"held {number}")

    for hour in ("09:00", "11:00", "13:00"):
        for offering in (lived.meet_north, lived.meet_south, lived.yoga, lived.talk):
            hold(Choice(offering_id=offering.offering_id, starts_at=at(hour, day=12)))
    hold(Choice(offering_id=lived.yoga.offering_id, starts_at=at("09:00", day=12)))
    hold(Choice(offering_id=lived.paddle.offering_id, dates=june(25, 27)))
    hold(Choice(offering_id=lived.paddle.offering_id, dates=june(25)))
    hold(Choice(offering_id=lived.stay.offering_id, dates=june(24, 25)))
    hold(
        Choice(
            offering_id=lived.play.offering_id,
            starts_at=at("09:00", day=13),
            ends_at=at("10:30", day=13),
        )
    )
    hold(Choice(resource_id=lived.tents.resource_id, dates=june(28)))
    terms = Terms(promo_codes=("jam",), tickets=(Tickets(tier="child"),))
    desk.holds.place(
        choice=Choice(offering_id=lived.jam.offering_id, starts_at=at("18:00", day=19)),
        terms=terms,
        contact=FOR_ADA.contact,
        client_key="tickets",
    )


def due_ids(database: Database, now: ManualClock) -> list[HoldId]:
    return [
        hold.hold_id
        for hold in records(database, Hold)
        if hold.status is HoldStatus.ACTIVE and hold.expires_at <= now.now()
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_sweep_leaves_what_ending_one_by_one_leaves(lending: Lending, kind: str) -> None:
    # U02: the set-based way is checked against the use case.
    stories = []
    clock = lending.clock
    with lending.lent(kind) as first, lending.lent(kind) as second:
        for database, is_swept in ((first, True), (second, False)):
            clock.set(DEFAULT_START)
            lived = LivedIn(Engine.over(database, clock=clock, ids=SeededIds()), clock)
            hold_some_of_everything(lived)
            clock.advance(hours=3)
            due = due_ids(database, clock)
            assert len(due) > 20
            if is_swept:
                assert expire_holds(lived.engine) == {"released": len(due)}
            else:
                for hold_id in due:
                    command = ExpireHold(hold_id=hold_id)
                    envelope = Envelope(command=command, actor=SYSTEM, source="worker")
                    (outcome,) = lived.engine.unit_of_work.run(lived.desk.tenant_id, [envelope])
                    assert outcome.error is None
            assert due_ids(database, clock) == []
            assert prove(database).violations == ()
            # Who comes to a counter first reaps all its claims: they have another reason then.
            stories.append([line.replace('"lapsed"', '"expired"') for line in story_of(database)])

    swept, one_by_one = stories
    assert swept == one_by_one


def test_what_has_other_consequences_is_left_for_one_by_one(
    engine: Engine, clock: ManualClock
) -> None:
    lived = LivedIn(engine, clock)
    hold_some_of_everything(lived)
    clock.advance(hours=3)
    due = due_ids(engine.database, clock)

    swept = engine.sweeper.expire_holds(lived.desk.tenant_id, due)

    kinds = {lived.desk.holds.get(HoldId(hold_id)).offering_id for hold_id in swept.left}
    assert kinds == {lived.yoga.offering_id, lived.jam.offering_id}
    assert swept.ended == len(due) - len(swept.left) > 10


def holds_of(desk: TenantEngine, count: int, *, ttl: timedelta | None = None) -> list[Hold]:
    room = add_room(desk, "Hall", 9)
    offering = add_offering(desk, "meet", room)
    choice = Choice(offering_id=offering.offering_id, starts_at=at("10:00", day=2))
    return [desk.holds.place(choice=choice, ttl=ttl) for _ in range(count)]


def test_what_was_taken_up_in_the_meantime_is_passed_over(
    engine: Engine, clock: ManualClock
) -> None:
    desk = open_desk(engine)
    due, converted, released, extended = holds_of(desk, 4, ttl=timedelta(minutes=5))
    desk.bookings.convert(converted.hold_id, details=FOR_ADA)
    desk.holds.release(released.hold_id)
    desk.holds.extend(extended.hold_id, ttl=timedelta(minutes=20))
    clock.advance(minutes=6)
    every = [hold.hold_id for hold in (due, converted, released, extended)]

    assert engine.sweeper.expire_holds(desk.tenant_id, every) == Swept(ended=1, left=())

    assert [desk.holds.get(hold_id).status for hold_id in every] == [
        HoldStatus.EXPIRED,
        HoldStatus.CONVERTED,
        HoldStatus.RELEASED,
        HoldStatus.ACTIVE,
    ]
    again = engine.sweeper.expire_holds(desk.tenant_id, [*every, "hld_of_nobody"])
    assert again == Swept(ended=0, left=())
    assert faults_in(engine.database, clock.now()) == []


class FailingStore(SqlWriteStore):
    """A transaction that comes to grief when it commits."""

    fault: Exception

    def commit(self) -> None:
        raise self.fault


class FailingStores(SqlStores):
    """Where such transactions come from."""

    def __init__(self, database: Database, fault: Exception) -> None:
        super().__init__(database)
        self._opened, self._fault = database, fault

    @contextmanager
    def write(self, tenant_id: TenantId) -> Iterator[SqlWriteStore]:
        with self._opened.write(tenant_id) as transaction:
            store = FailingStore(transaction)
            store.fault = self._fault
            yield store


@pytest.mark.parametrize("fault", [TransactionConflict("conflict"), CommitUnknown("lost")])
def test_a_sweep_that_fails_has_done_nothing_and_leaves_all(
    engine: Engine, clock: ManualClock, fault: Exception
) -> None:
    desk = open_desk(engine)
    due = [hold.hold_id for hold in holds_of(desk, 3)]
    clock.advance(hours=1)
    before = {name: rows for name, rows in all_rows(engine.database).items() if name != "batch"}
    sweeper = Sweeper(stores=FailingStores(engine.database, fault), ids=SeededIds(7))

    assert sweeper.expire_holds(desk.tenant_id, due) == Swept(ended=0, left=tuple(due))

    after = {name: rows for name, rows in all_rows(engine.database).items() if name != "batch"}
    assert after == before
    assert expire_holds(engine) == {"released": 3}


def test_a_page_takes_the_same_few_statements_whatever_its_size(
    engine: Engine, clock: ManualClock
) -> None:
    counts = []
    for size in (2, 9):
        desk = open_desk(engine, slug=f"of-{size}")
        due = [hold.hold_id for hold in holds_of(desk, size)]
        clock.advance(hours=1)
        before = engine.database.statistics.statements
        assert engine.sweeper.expire_holds(desk.tenant_id, due).ended == size
        counts.append(engine.database.statistics.statements - before)
    assert counts[0] == counts[1]


def test_sweeps_and_customers_at_once_sell_nothing_twice(
    engine: Engine, clock: ManualClock
) -> None:
    # C-11, G: several workers and customers on one event, whose holds are over.
    desk = open_desk(engine)
    offering = add_class(desk, "yoga", places=40)
    choice = Choice(offering_id=offering.offering_id, starts_at=at("18:00", day=2))
    due = [desk.holds.place(choice=choice).hold_id for _ in range(40)]
    clock.advance(hours=1)
    lock, sold = threading.Lock(), []

    def buy() -> None:
        for _ in range(8):
            booking = desk.bookings.place(choice=choice, details=FOR_ADA)
            with lock:
                sold.append(booking.booking_id)

    def sweep() -> None:
        for first in range(0, len(due), 10):
            engine.sweeper.expire_holds(desk.tenant_id, due[first : first + 10])

    acts: Sequence[Callable[[], object]] = [sweep, buy, sweep, buy, buy]
    assert all_at_once(acts) == ["done"] * 5
    expire_holds(engine)

    assert len(sold) == 24
    assert due_ids(engine.database, clock) == []
    assert faults_in(engine.database, clock.now()) == []
