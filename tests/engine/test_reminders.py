"""Reminders: each is told once, to nobody who does not come, and anew when a booking moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import Booking
from holdfast.domain.history import Event
from holdfast.domain.policies import Policy
from holdfast.engine.facade import TenantEngine
from holdfast.engine.moving import Move
from holdfast.engine.ports import WriteStore
from holdfast.storage.database import Database
from holdfast.storage.proving import prove
from holdfast.storage.stores import SqlStores
from holdfast.testing.clocks import ManualClock, SeededIds
from holdfast.workers.clockwork import WorkIncomplete
from holdfast.workers.remind import remind_of_bookings
from tests.engine.businesses import (
    HOUR,
    INSTANT,
    MINUTE,
    add_class,
    add_offering,
    add_room,
    at,
    book,
    open_desk,
    pointers,
    refusal_of,
)
from tests.engine.faults import engine_over, unit_of_work_over
from tests.engine.races import Racers, all_at_once
from tests.engine.tables import records

DAY = timedelta(days=1)
TWICE = Policy(reminder_before=(2 * HOUR, DAY))


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk: it is Monday, 08:00."""
    return open_desk(engine)


def told(database: Database) -> list[tuple[str, str, object]]:
    """What was told of reminders: the booking, whether it was due, and which one."""
    events = sorted(records(database, Event), key=lambda event: event.subject_version)
    return [
        (one.subject_id, one.type.removeprefix("booking.reminder_"), one.payload["minutes_before"])
        for one in events
        if one.type.startswith("booking.reminder_")
    ]


def test_a_reminder_is_told_at_its_time_and_once(
    desk: TenantEngine, engine: Engine, clock: ManualClock
) -> None:
    """AC-S12."""
    booked = book(desk, add_offering(desk, "cut", add_room(desk), policy=TWICE), at("12:00", day=2))
    counts = []
    for instant in (at("12:00", day=1) - INSTANT, at("12:00", day=1), at("10:00", day=2)):
        clock.set(instant)
        counts += [remind_of_bookings(engine)["reminded"], remind_of_bookings(engine)["reminded"]]

    booking_id = booked.booking_id
    assert counts == [0, 0, 1, 0, 1, 0]
    assert told(engine.database) == [(booking_id, "due", 1_440), (booking_id, "due", 120)]
    assert (booked.remind_at, desk.bookings.get(booking_id).remind_at) == (at("12:00", day=1), None)
    assert prove(engine.database).violations == ()


def test_many_are_reminded_of_page_by_page_at_every_business(
    desk: TenantEngine, engine: Engine, clock: ManualClock
) -> None:
    """AC-S12: in as few batches as pages."""
    other = open_desk(engine, slug="other")
    for one, count in ((desk, 70), (other, 3)):
        yoga = add_class(one, "yoga", places=200, policy=Policy(reminder_before=(HOUR,)))
        for _ in range(count):
            book(one, yoga, at("12:00"))
    clock.set(at("11:30"))
    before = engine.database.statistics.commits

    done = remind_of_bookings(engine)

    assert done == {"reminded": 73}
    assert engine.database.statistics.commits - before == 3
    assert len(set(told(engine.database))) == 73
    assert remind_of_bookings(engine) == {"reminded": 0}


def test_a_move_arms_the_reminders_anew_and_another_size_does_not(
    desk: TenantEngine, engine: Engine, clock: ManualClock
) -> None:
    """AC-S12."""
    yoga = add_class(desk, "yoga", places=9, policy=Policy(reminder_before=(2 * HOUR, HOUR)))
    booking_id = book(desk, yoga, at("12:00")).booking_id
    clock.set(at("10:00"))
    remind_of_bookings(engine)
    desk.bookings.change(booking_id, {"party_size": 2})
    same = remind_of_bookings(engine)

    moved = desk.bookings.reschedule(booking_id, Move(starts_at=at("15:00")))
    clock.set(at("14:00"))
    remind_of_bookings(engine)

    assert (same, moved.remind_at) == ({"reminded": 0}, at("13:00"))
    assert told(engine.database) == [(booking_id, "due", minutes) for minutes in (120, 120, 60)]


def test_nobody_is_reminded_of_what_is_called_off_waits_or_has_begun(
    desk: TenantEngine, engine: Engine, clock: ManualClock
) -> None:
    """AC-S12."""
    policy = Policy(reminder_before=(2 * HOUR, HOUR))
    yoga = add_class(desk, "yoga", places=9, policy=policy)
    asked = add_class(desk, "talk", places=9, is_approved_by_hand=True, policy=policy)
    gone, there, late = (book(desk, yoga, at("12:00")) for _ in range(3))
    waiting, agreed = (book(desk, asked, at("12:00")) for _ in range(2))
    soon = book(desk, yoga, at("09:00"))
    desk.bookings.cancel(gone.booking_id)
    desk.bookings.check_in(there.booking_id, reason="early")
    clock.set(at("10:30"))
    desk.bookings.confirm(agreed.booking_id)
    while_waiting = remind_of_bookings(engine)
    clock.set(at("12:00"))

    remind_of_bookings(engine)

    assert (soon.remind_at, while_waiting) == (None, {"reminded": 1})
    assert waiting.remind_at == at("10:00")
    assert sorted(told(engine.database)) == sorted(
        [
            (late.booking_id, "due", 120),
            (late.booking_id, "skipped", 60),
            (agreed.booking_id, "skipped", 60),
        ]
    )
    assert prove(engine.database).violations == ()


def test_an_offering_may_say_that_nobody_is_reminded(desk: TenantEngine) -> None:
    desk.change({"policy": TWICE})
    cut = add_offering(desk, "cut", add_room(desk))
    before = book(desk, cut, at("12:00", day=2))
    desk.offerings.change(cut.offering_id, {"policy": {"reminder_before": ()}})

    assert before.remind_at == at("12:00", day=1)
    assert book(desk, cut, at("14:00", day=2)).remind_at is None


def test_reminders_that_make_no_sense_are_refused(desk: TenantEngine) -> None:
    wrong = (HOUR, HOUR, timedelta(0), MINUTE + timedelta(seconds=1), 367 * DAY, DAY)

    refusal = refusal_of(lambda: desk.change({"policy": Policy(reminder_before=wrong)}))

    there = "/policy/reminder_before"
    assert [pointer for pointer, _ in pointers(refusal)] == [
        there,
        *(f"{there}/{index}" for index in (1, 2, 3, 4)),
    ]


@pytest.mark.parametrize("step", ["flush", "commit", "committed"])
def test_a_worker_that_dies_loses_no_reminder_and_repeats_none(
    desk: TenantEngine, engine: Engine, clock: ManualClock, step: str
) -> None:
    """AC-S12: whatever it was doing."""
    booked = book(desk, add_offering(desk, "cut", add_room(desk), policy=TWICE), at("12:00", day=2))
    clock.set(at("13:00", day=1))

    def die(reached: str, _store: WriteStore, _subject: object) -> None:
        if reached == step:
            raise RuntimeError("dead")

    ids = SeededIds(7)
    unit_of_work = unit_of_work_over(SqlStores(engine.database), ids=ids, interfere=die)
    dying = engine_over(engine.database, clock=clock, ids=ids, unit_of_work=unit_of_work)
    with pytest.raises((WorkIncomplete, RuntimeError)):
        remind_of_bookings(dying)
    remind_of_bookings(engine)

    assert told(engine.database) == [(booked.booking_id, "due", 1_440)]


@pytest.fixture
def racers(fresh_url: Callable[[], str], clock: ManualClock) -> Iterator[Racers]:
    """Engines over one database."""
    racers = Racers(url=fresh_url(), clock=clock)
    yield racers
    racers.close()


def test_workers_that_run_at_once_tell_each_reminder_once(
    racers: Racers, clock: ManualClock
) -> None:
    """AC-S12: while somebody moves what is due."""
    first = racers.first()
    desk = open_desk(first)
    yoga = add_class(desk, "yoga", places=99, policy=Policy(reminder_before=(HOUR,)))
    booked: list[Booking] = [book(desk, yoga, at("12:00")) for _ in range(20)]
    clock.set(at("11:00"))
    mover = racers.engine().at(desk.tenant_id, actor=desk.actor)
    moves: list[Callable[[], object]] = [
        partial(mover.bookings.reschedule, one.booking_id, Move(starts_at=at("18:00")))
        for one in booked[::5]
    ]

    codes = all_at_once([*moves, *(partial(remind_of_bookings, racers.engine()) for _ in range(3))])
    remind_of_bookings(first)

    found = told(first.database)
    moved_first = {one.booking_id for one in booked} - {booking_id for booking_id, _, _ in found}
    assert set(codes) == {"done"}
    assert len(found) == len(set(found))
    assert moved_first <= {one.booking_id for one in booked[::5]}
    assert prove(first.database).violations == ()


def test_due_reminders_are_found_by_their_index(engine: Engine, clock: ManualClock) -> None:
    database = engine.database
    explain = "EXPLAIN QUERY PLAN " if database.dialect_name == "sqlite" else "EXPLAIN "
    statement = (
        "SELECT remind_at, booking_id FROM booking WHERE tenant_id = 'tnt_x'"
        " AND status = 'confirmed' AND remind_at <= 5 ORDER BY remind_at, booking_id LIMIT 64"
    )

    with database.read() as transaction:
        if database.dialect_name != "sqlite":
            transaction.connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = transaction.connection.execute(text(explain + statement)).all()

    assert "ix_booking_reminding" in str(plan)
    assert clock.now() == at("08:00")
