"""Blocks over bookings: refused, listed or cleared; by instants and by local days; taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from typing import TypedDict

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import SYSTEM, Role
from holdfast.domain.blocks import Block, BlockStatus
from holdfast.domain.bookings import LIVE, BookingStatus
from holdfast.domain.closures import CALLED_OFF_MAX, Closure, WhenBooked
from holdfast.domain.resources import Resource
from holdfast.domain.slots import SlotStatus
from holdfast.engine.blocks import AddBlock
from holdfast.engine.facade import TenantEngine
from holdfast.engine.ports import WriteStores
from holdfast.storage.database import Database
from holdfast.storage.proving import prove
from holdfast.storage.stores import SqlStores
from holdfast.testing.clocks import ManualClock
from holdfast.workers.settle import settle_closures
from tests.engine.businesses import (
    FOR_ADA,
    acting_as,
    add_class,
    add_offering,
    add_room,
    add_slot,
    at,
    book,
    cause_of,
    closed,
    hold,
    open_desk,
    pointers,
    refusal_of,
    starts,
)
from tests.engine.dated import add_dated, add_rental, day, days, rent
from tests.engine.invariants import faults_in
from tests.engine.limits import Stubborn
from tests.engine.races import HastyStores, Racers, all_at_once, gate
from tests.engine.tables import rows_of, statuses


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


def close(
    desk: TenantEngine,
    room: Resource,
    since: str,
    until: str,
    *,
    when_booked: WhenBooked = WhenBooked.REFUSE,
    until_day: int = 0,
) -> Closure[Block]:
    """Take time away from a resource."""
    return desk.blocks.close(
        AddBlock(
            resource_id=room.resource_id,
            starts_at=at(since),
            ends_at=at(until, day=until_day),
            reason="Painting",
            when_booked=when_booked,
        )
    )


def named(closure: Closure[Block]) -> list[tuple[str, str]]:
    """Whom a closure concerns."""
    return [(one.kind, one.record_id) for one in closure.affected]


# By interval


def test_a_block_over_bookings_may_keep_them_for_staff_to_see_to(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-B03, AC-K07, R-41: they are listed, and the time is sold to nobody else."""
    room = add_room(desk)
    cut = add_offering(desk, "cut", room)
    booked, kept = book(desk, cut, at("12:00")), hold(desk, cut, at("13:00"))

    closure = close(desk, room, "12:30", "15:00", when_booked=WhenBooked.LIST)
    desk.bookings.cancel(booked.booking_id)

    assert named(closure) == [("booking", booked.booking_id), ("hold", kept.hold_id)]
    assert cause_of(lambda: book(desk, cut, at("12:00"))) == closed("blocked")
    assert starts(desk, cut, at("12:00"), at("16:00")) == [at("15:00")]
    desk.blocks.remove(closure.record.block_id)
    assert starts(desk, cut, at("12:00"), at("16:00")) == [at("12:00"), at("14:00"), at("15:00")]


def test_a_block_may_call_off_the_bookings_and_holds_in_its_time(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-K07."""
    room = add_room(desk, capacity=3)
    cut = add_offering(desk, "cut", room)
    booked = [book(desk, cut, at("12:00")) for _ in range(2)]
    hold(desk, cut, at("13:00"))
    other = book(desk, cut, at("16:00"))

    closure = close(desk, room, "12:30", "15:00", when_booked=WhenBooked.CANCEL)

    assert (len(closure.affected), closure.called_off) == (3, 3)
    assert closure.record.is_settling is False
    assert statuses(database) == ["cancelled", "cancelled", "confirmed", "released"]
    assert desk.bookings.get(booked[0].booking_id).cancel_reason == "Painting"
    assert desk.bookings.get(other.booking_id).status is BookingStatus.CONFIRMED
    assert faults_in(database, clock.now()) == []


def test_many_bookings_under_a_block_are_called_off_in_chunks(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    count = CALLED_OFF_MAX + 20
    room = add_room(desk, capacity=count)
    cut = add_offering(desk, "cut", room)
    for _ in range(count):
        book(desk, cut, at("12:00"))
    before = database.statistics.commits

    closure = close(desk, room, "12:00", "15:00", when_booked=WhenBooked.CANCEL)

    assert (closure.called_off, len(closure.affected), closure.is_more) == (count, 50, True)
    assert database.statistics.commits - before == 3
    assert statuses(database) == ["cancelled"] * count


def test_a_slot_whose_room_is_blocked_takes_no_more_bookings_until_the_block_is_gone(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-K07: list."""
    room, hall = add_room(desk), add_room(desk, "Hall")
    yoga = add_class(desk, "yoga", room, hall, places=5)
    slot = add_slot(desk, yoga, at("12:00"))
    booked = desk.bookings.place(slot_id=slot.slot_id, details=FOR_ADA)
    kept = desk.holds.place(slot_id=slot.slot_id)

    closure = close(desk, room, "12:00", "15:00", when_booked=WhenBooked.LIST)
    other = close(desk, hall, "12:00", "13:00", when_booked=WhenBooked.LIST)
    while_blocked = [
        cause_of(lambda: desk.bookings.place(slot_id=slot.slot_id, details=FOR_ADA)),
        cause_of(lambda: desk.bookings.convert(kept.hold_id, details=FOR_ADA)),
    ]
    desk.blocks.remove(closure.record.block_id)
    still = desk.slots.get(slot.slot_id)
    desk.blocks.remove(other.record.block_id)

    assert named(closure) == [
        ("booking", booked.booking_id),
        ("hold", kept.hold_id),
        ("slot", slot.slot_id),
    ]
    assert while_blocked == [closed("slot_blocked")] * 2
    assert (still.status, still.blocked_by) == (SlotStatus.BLOCKED, other.record.block_id)
    assert desk.slots.get(slot.slot_id).status is SlotStatus.OPEN
    assert desk.bookings.convert(kept.hold_id, details=FOR_ADA).status is BookingStatus.CONFIRMED
    assert faults_in(database, clock.now()) == []


def test_the_bookings_of_slots_whose_room_is_blocked_are_called_off_too(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-K07: cancel, with a slot by hand and one opened by demand."""
    room = add_room(desk)
    yoga = add_class(desk, "yoga", room, places=5)
    slot = add_slot(desk, yoga, at("12:00"))
    desk.bookings.place(slot_id=slot.slot_id, details=FOR_ADA)
    book(desk, yoga, at("14:00"), 2)

    closure = close(desk, room, "12:00", "16:00", when_booked=WhenBooked.CANCEL)
    while_blocked = starts(desk, yoga, at("12:00"), at("17:00"))
    desk.blocks.remove(closure.record.block_id)

    assert closure.called_off == 2
    assert statuses(database) == ["cancelled", "cancelled"]
    assert while_blocked == [at("16:00")]
    assert desk.slots.get(slot.slot_id).status is SlotStatus.OPEN
    assert book(desk, yoga, at("14:00")).status is BookingStatus.CONFIRMED
    assert faults_in(database, clock.now()) == []


def test_a_slot_that_is_cancelled_while_a_block_empties_it_is_emptied_all_the_same(
    desk: TenantEngine, database: Database
) -> None:
    room = add_room(desk)
    yoga = add_class(desk, "yoga", room, places=5)
    slot = add_slot(desk, yoga, at("12:00"))
    desk.bookings.place(slot_id=slot.slot_id, details=FOR_ADA)
    desk.run(
        AddBlock(
            resource_id=room.resource_id,
            starts_at=at("12:00"),
            ends_at=at("13:00"),
            when_booked=WhenBooked.CANCEL,
        )
    )

    closure = desk.slots.cancel(slot.slot_id, when_booked=WhenBooked.LIST)

    assert (closure.record.status, closure.called_off) == (SlotStatus.CANCELLED, 1)
    assert statuses(database) == ["cancelled"]


def test_a_block_calls_off_what_another_block_had_left_in_a_slot(
    desk: TenantEngine, database: Database
) -> None:
    room = add_room(desk)
    yoga = add_class(desk, "yoga", room, places=5)
    slot = add_slot(desk, yoga, at("12:00"))
    desk.bookings.place(slot_id=slot.slot_id, details=FOR_ADA)
    close(desk, room, "12:00", "13:00", when_booked=WhenBooked.LIST)

    closure = close(desk, room, "11:00", "14:00", when_booked=WhenBooked.CANCEL)

    assert closure.called_off == 1
    assert statuses(database) == ["cancelled"]
    assert desk.slots.get(slot.slot_id).status is SlotStatus.BLOCKED
    assert prove(database).violations == ()


# By date


def test_a_block_on_what_is_let_by_the_day_sees_its_bookings(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    bikes = add_dated(desk)
    rental = add_rental(desk, bikes)
    booked = rent(desk, rental, days(2, 3))

    cause = cause_of(lambda: close(desk, bikes, "00:00", "00:00", until_day=4))
    free = close(desk, bikes, "00:00", "00:00", until_day=2)

    assert cause["affected"] == [{"kind": "booking", "id": booked.booking_id}]
    assert free.affected == ()
    assert cause_of(lambda: rent(desk, rental, days(1))) == closed("blocked")


@pytest.mark.parametrize("mode", [WhenBooked.LIST, WhenBooked.CANCEL])
def test_a_block_over_booked_days_keeps_or_calls_off_their_bookings(
    desk: TenantEngine, database: Database, clock: ManualClock, mode: WhenBooked
) -> None:
    bikes = add_dated(desk)
    rental = add_rental(desk, bikes)
    booked, later = rent(desk, rental, days(2, 3)), rent(desk, rental, days(6))

    closure = close(desk, bikes, "00:00", "00:00", until_day=4, when_booked=mode)

    ended = mode is WhenBooked.CANCEL
    assert named(closure) == [("booking", booked.booking_id)]
    assert closure.called_off == int(ended)
    assert statuses(database) == (["cancelled", "confirmed"] if ended else ["confirmed"] * 2)
    assert desk.bookings.get(later.booking_id).status is BookingStatus.CONFIRMED
    assert cause_of(lambda: rent(desk, rental, days(1))) == closed("blocked")
    assert cause_of(lambda: rent(desk, rental, days(3))) == closed("blocked")


def test_a_long_block_locks_only_the_days_that_somebody_has_counted_on(
    desk: TenantEngine, database: Database
) -> None:
    """Whoever counts on a day for the first time locks the definition, as the block does."""
    bikes = add_dated(desk)
    rental = add_rental(desk, bikes)
    rent(desk, rental, days(100))

    closure = close(desk, bikes, "00:00", "00:00", until_day=1_000, when_booked=WhenBooked.CANCEL)

    keys = {row["key"].rpartition(":")[0] for row in rows_of(database, "capacity")}
    assert closure.called_off == 1
    assert keys == {"res", f"day:{bikes.resource_id}"}
    assert len(rows_of(database, "capacity")) == 2


@pytest.mark.parametrize(
    ("zone", "starts_at", "ends_at"),
    [
        # AC-B03, C-28: 15 to 22 August, both included; Paris is two hours ahead of UTC.
        (
            "Europe/Paris",
            datetime(2026, 8, 14, 22, tzinfo=UTC),
            datetime(2026, 8, 22, 22, tzinfo=UTC),
        ),
        (None, datetime(2026, 8, 15, tzinfo=UTC), datetime(2026, 8, 23, tzinfo=UTC)),
    ],
)
def test_days_are_those_of_the_resource_and_the_last_is_included(
    desk: TenantEngine, zone: str | None, starts_at: datetime, ends_at: datetime
) -> None:
    bikes = add_dated(desk, zone=zone)

    block = desk.blocks.add(
        AddBlock(
            resource_id=bikes.resource_id, first_on=date(2026, 8, 15), last_on=date(2026, 8, 22)
        )
    )

    assert (block.starts_at, block.ends_at) == (starts_at, ends_at)


class Time(TypedDict, total=False):
    """How a test says when."""

    starts_at: datetime
    ends_at: datetime
    first_on: date
    last_on: date


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (Time(), ("/starts_at", "time_choice")),
        (Time(starts_at=at("12:00")), ("/starts_at", "time_choice")),
        (Time(starts_at=at("12:00"), last_on=day(1)), ("/starts_at", "time_choice")),
        (Time(first_on=day(2), last_on=day(1)), ("/last_on", "reversed")),
        (Time(first_on=day(1), last_on=day(1_200)), ("/ends_at", "too_long")),
        (Time(starts_at=at("12:00"), ends_at=at("12:00")), ("/ends_at", "reversed")),
    ],
)
def test_a_block_says_its_time_in_one_way(
    desk: TenantEngine, wrong: Time, fault: tuple[str, str]
) -> None:
    room = add_room(desk)

    refusal = refusal_of(lambda: desk.blocks.add(AddBlock(resource_id=room.resource_id, **wrong)))

    assert pointers(refusal) == [fault]


# Unlimited


def test_a_block_on_what_is_unlimited_is_settled_once_nobody_can_be_on_their_way_any_more(
    engine: Engine, desk: TenantEngine, database: Database
) -> None:
    """Decision 0012: its bookings share no lock with the block."""
    webinar = add_room(desk, "Webinar", capacity=None)
    talk = add_offering(desk, "talk", webinar)
    book(desk, talk, at("12:00"))
    true, engine.quiescence = engine.quiescence, Stubborn()
    busy = engine.at(desk.tenant_id, actor=SYSTEM)

    closure = close(busy, webinar, "12:00", "13:00", when_booked=WhenBooked.CANCEL)
    engine.quiescence = true
    settle_closures(engine)

    assert (closure.called_off, closure.record.is_settling) == (1, True)
    assert desk.blocks.get(closure.record.block_id).is_settling is False
    assert statuses(database) == ["cancelled"]


# Taken back, and who may


def test_a_block_is_taken_back_by_its_resource_and_start(desk: TenantEngine) -> None:
    """P-044."""
    room = add_room(desk)
    closure = close(desk, room, "12:00", "15:00")

    removed = desk.blocks.remove_at(room.resource_id, at("12:00"))

    assert (removed.block_id, removed.status) == (closure.record.block_id, BlockStatus.REMOVED)
    assert refusal_of(lambda: desk.blocks.remove_at(room.resource_id, at("12:00"))).code == (
        "record.not_found"
    )


def test_the_same_block_twice_under_one_key_is_one_block(desk: TenantEngine) -> None:
    room = add_room(desk)
    command = AddBlock(resource_id=room.resource_id, starts_at=at("12:00"), ends_at=at("13:00"))

    first = desk.blocks.add(command, idempotency_key="k")

    assert desk.blocks.add(command, idempotency_key="k") == first


def test_who_may_only_look_closes_nothing(engine: Engine, desk: TenantEngine) -> None:
    room = add_room(desk)
    viewer = acting_as(engine, desk, Role.VIEWER)

    for mode in WhenBooked:
        refusal = refusal_of(partial(close, viewer, room, "12:00", "13:00", when_booked=mode))
        assert refusal.code == "access.denied"


# Races


@pytest.fixture
def racers(fresh_url: Callable[[], str], clock: ManualClock) -> Iterator[Racers]:
    """Engines over one fresh database of each kind in turn."""
    opened = Racers(url=fresh_url(), clock=clock)
    yield opened
    opened.close()


def block_against_booking(
    racers: Racers, wrap: Callable[[Database], WriteStores], *, is_counted: bool
) -> Counter[str]:
    """Let one block days while another books one of them, on which somebody counts or nobody."""
    desk = open_desk(racers.first())
    bikes = add_dated(desk)
    rental = add_rental(desk, bikes)
    if is_counted:
        desk.bookings.cancel(rent(desk, rental, days(3)).booking_id)
    meeting = gate(2, seconds=0.3)
    staff, guest = (
        racers.engine(wrap=wrap, interfere=meeting).at(desk.tenant_id, actor=SYSTEM)
        for _ in range(2)
    )
    block = AddBlock(resource_id=bikes.resource_id, first_on=day(1), last_on=day(30))
    return Counter(
        all_at_once([partial(staff.blocks.add, block), partial(rent, guest, rental, days(3))])
    )


@pytest.mark.race
@pytest.mark.parametrize("is_counted", [True, False])
def test_a_day_is_either_blocked_or_booked_and_never_both(
    racers: Racers, *, is_counted: bool
) -> None:
    """C6, AC-B03: also if nobody has counted on it yet, and there is no row to lock."""
    outcomes = block_against_booking(racers, SqlStores, is_counted=is_counted)

    assert outcomes in (
        {"done": 1, "availability.closed": 1},
        {"done": 1, "record.in_use": 1},
    )


@pytest.mark.race
@pytest.mark.parametrize("is_counted", [True, False])
def test_a_day_that_is_judged_before_the_lock_is_blocked_and_booked(
    racers: Racers, *, is_counted: bool
) -> None:
    """The control of the test above."""
    outcomes = block_against_booking(racers, HastyStores, is_counted=is_counted)

    assert outcomes == {"done": 2}


# The proof


@pytest.mark.parametrize("mode", [WhenBooked.LIST, WhenBooked.CANCEL])
def test_the_books_prove_true_after_everything_was_closed_over_bookings(
    desk: TenantEngine, database: Database, clock: ManualClock, mode: WhenBooked
) -> None:
    """Audit: blocks by interval and by date, over slots by hand and by demand; slots cancelled."""
    room, bikes = add_room(desk), add_dated(desk)
    webinar = add_room(desk, "Webinar", capacity=None)
    yoga, cut = add_class(desk, "yoga", room, places=5), add_offering(desk, "cut", room)
    talk, rental = add_offering(desk, "talk", webinar), add_rental(desk, bikes)
    slot = add_slot(desk, yoga, at("10:00"))
    gone = desk.bookings.place(slot_id=slot.slot_id, details=FOR_ADA)
    by_demand = book(desk, yoga, at("12:00"))
    book(desk, cut, at("14:00"))
    hold(desk, cut, at("15:00"))
    book(desk, talk, at("12:00"))
    rent(desk, rental, days(0, 1))
    rent(desk, rental, days(5))
    slot_id = by_demand.slot_id
    assert slot_id is not None

    desk.slots.cancel(slot.slot_id, when_booked=mode, reason="ill")
    closures = [
        close(desk, one, "11:00", "18:00", until_day=2, when_booked=mode)
        for one in (room, bikes, webinar)
    ]
    while_closed = prove(database).violations
    clock.advance(minutes=5)
    for closure in closures[:2]:
        desk.blocks.remove(closure.record.block_id)
    again = desk.slots.get(slot_id).status

    assert again is SlotStatus.OPEN
    assert (desk.bookings.get(gone.booking_id).status in LIVE) is (mode is WhenBooked.LIST)
    assert while_closed == ()
    assert prove(database).violations == ()
