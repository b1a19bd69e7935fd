"""Slots: several at once, generated, changed, cancelled with what is booked in them, past."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TypedDict, Unpack

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.closures import WhenBooked
from holdfast.domain.ids import SlotId, generated_slot_id
from holdfast.domain.offerings import Offering
from holdfast.domain.slots import Slot, SlotOrigin, SlotStatus
from holdfast.engine.facade import TenantEngine
from holdfast.engine.slot_changes import MarkSlotsPast
from holdfast.engine.slots import AddSlot
from holdfast.storage.database import Database
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    FOR_ADA,
    add_class,
    add_offering,
    add_room,
    add_slot,
    at,
    book,
    cause_of,
    hold,
    open_desk,
    pointers,
    refusal_of,
    remaining,
    short,
    starts,
)
from tests.engine.invariants import faults_in
from tests.engine.tables import records, rows_of


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


class NewSlot(TypedDict, total=False):
    """What a test may want of a slot."""

    ends_at: datetime
    capacity: int
    price_minor: int


def new_slot(
    desk: TenantEngine, offering: Offering, starts_at: datetime, **more: Unpack[NewSlot]
) -> AddSlot:
    """Describe a slot to be made."""
    return AddSlot(
        slot_id=desk.slots.new_id(),
        offering_id=offering.offering_id,
        starts_at=starts_at,
        **more,
    )


# Several at once


def test_several_slots_are_made_at_once(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-B08, P-136 createMany: each with a capacity and price of its own."""
    fair = add_class(desk, "fair", add_room(desk), places=10, openings=())

    slots = desk.slots.add_many(
        [
            new_slot(desk, fair, at("09:00")),
            new_slot(desk, fair, at("11:00"), capacity=3, price_minor=900),
        ]
    )

    assert [(s.capacity, s.price_minor, s.status) for s in slots] == [
        (10, None, SlotStatus.OPEN),
        (3, 900, SlotStatus.OPEN),
    ]
    assert book(desk, fair, at("11:00"), 2).price.amount_minor == 900
    assert remaining(desk, fair, at("11:00")) == 1
    assert faults_in(database, clock.now()) == []


def test_of_several_slots_none_is_made_if_one_is_refused_and_each_fault_says_which(
    desk: TenantEngine, database: Database
) -> None:
    """AC-B08: in one room only one at a time."""
    fair = add_class(desk, "fair", add_room(desk), places=10, openings=())
    wanted = [new_slot(desk, fair, at(time)) for time in ("09:00", "09:30", "12:00", "12:00")]

    refusal = refusal_of(lambda: desk.slots.add_many(wanted))

    faults = refusal.fields["faults"]
    assert isinstance(faults, tuple)
    assert [(fault["index"], fault["code"]) for fault in faults] == [
        (1, "capacity.exceeded"),
        (3, "record.already_exists"),
    ]
    assert records(database, Slot) == []


def test_every_malformed_slot_of_several_is_named(desk: TenantEngine) -> None:
    fair = add_class(desk, "fair", places=10, openings=())

    refusal = refusal_of(
        lambda: desk.slots.add_many(
            [
                new_slot(desk, fair, at("09:00"), ends_at=at("08:00")),
                new_slot(desk, fair, at("11:00")),
                new_slot(desk, fair, at("12:00"), price_minor=-1),
            ]
        )
    )
    empty = refusal_of(lambda: desk.slots.add_many([]))

    assert pointers(refusal) == [
        ("/slots/0/ends_at", "reversed"),
        ("/slots/2/price_minor", "out_of_range"),
    ]
    assert pointers(empty) == [("/slots", "out_of_range")]


def test_a_slot_is_made_in_time(desk: TenantEngine, clock: ManualClock) -> None:
    """What has begun could be booked by nobody."""
    fair = add_class(desk, "fair", places=5, openings=())
    clock.set(at("12:00"))
    late, begun = new_slot(desk, fair, at("13:00")), new_slot(desk, fair, at("11:59"))

    refusals = [refusal_of(partial(desk.slots.add, begun))]
    refusals.append(refusal_of(partial(desk.slots.add_many, [late, begun])))

    assert [pointers(one) for one in refusals] == [
        [("/starts_at", "over")],
        [("/slots/1/starts_at", "over")],
    ]
    assert desk.slots.add(new_slot(desk, fair, at("12:00"))).status is SlotStatus.OPEN


# Generated


def test_the_slots_of_a_schedule_are_stored_with_the_ids_they_have_anyway(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-B08, P-136 generateSlotsForResource."""
    yoga = add_class(desk, "yoga", add_room(desk), places=2)
    taken = book(desk, yoga, at("13:00"))

    made = desk.slots.generate(yoga.offering_id, starts_from=at("12:00"), starts_before=at("15:00"))
    again = desk.slots.generate(
        yoga.offering_id, starts_from=at("12:00"), starts_before=at("15:00")
    )

    twelve, two = (generated_slot_id(yoga.offering_id, at(t)) for t in ("12:00", "14:00"))
    assert [slot.slot_id for slot in made.slots] == [twelve, two]
    assert (made.skipped_count, again.slots, again.skipped_count) == (1, (), 3)
    assert {slot.origin for slot in records(database, Slot)} == {SlotOrigin.GENERATED}
    assert book(desk, yoga, at("12:00"), 2).slot_id == twelve
    assert cause_of(lambda: book(desk, yoga, at("12:00"))) == short(
        requested=1, remaining=0, limited_by=twelve
    )
    assert taken.slot_id == generated_slot_id(yoga.offering_id, at("13:00"))
    assert faults_in(database, clock.now()) == []


def test_generated_slots_of_an_offering_that_counts_resources_are_booked_as_ever(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    room = add_room(desk)
    cut = add_offering(desk, "cut", room)

    made = desk.slots.generate(cut.offering_id, starts_from=at("12:00"), starts_before=at("14:00"))
    desk.slots.change(made.slots[0].slot_id, {"price_minor": 4_200})
    booked = book(desk, cut, at("12:00"))

    assert booked.price.amount_minor == 4_200
    assert cause_of(lambda: book(desk, cut, at("12:00"))) == short(
        requested=1, remaining=0, limited_by=room.resource_id
    )
    assert starts(desk, cut, at("12:00"), at("15:00")) == [at("13:00"), at("14:00")]
    assert faults_in(database, clock.now()) == []


def test_what_has_begun_is_not_generated_and_neither_is_too_much(desk: TenantEngine) -> None:
    yoga = add_class(desk, "yoga", places=2)

    made = desk.slots.generate(yoga.offering_id, starts_from=at("07:00"), starts_before=at("10:00"))
    too_many = refusal_of(
        lambda: desk.slots.generate(
            yoga.offering_id, starts_from=at("00:00"), starts_before=at("00:00", day=30)
        )
    )

    assert [slot.starts_at for slot in made.slots] == [at("08:00"), at("09:00")]
    assert pointers(too_many) == [("/starts_before", "too_many")]


# Changed


def test_a_slots_price_and_capacity_are_changed(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-B08, P-129 priceOverride and capacity."""
    yoga = add_class(desk, "yoga", places=2)
    slot = add_slot(desk, yoga, at("12:00"))
    desk.bookings.place(slot_id=slot.slot_id, party_size=2, details=FOR_ADA)

    changed = desk.slots.change(
        slot.slot_id, {"capacity": 3, "price_minor": 700}, if_version=slot.version
    )
    more = desk.bookings.place(slot_id=slot.slot_id, details=FOR_ADA)

    assert (changed.capacity, changed.is_capacity_own, changed.price_minor) == (3, True, 700)
    assert more.price.amount_minor == 700
    assert cause_of(lambda: hold(desk, yoga, at("12:00"))) == short(
        requested=1, remaining=0, limited_by=slot.slot_id
    )
    assert faults_in(database, clock.now()) == []


def test_a_capacity_below_what_is_taken_needs_a_reason_and_sells_nothing_again(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    yoga = add_class(desk, "yoga", places=5, openings=())
    slot = add_slot(desk, yoga, at("12:00"))
    booked = [desk.bookings.place(slot_id=slot.slot_id, details=FOR_ADA) for _ in range(4)]
    too_few = cause_of(lambda: desk.slots.change(slot.slot_id, {"capacity": 2}))
    why = refusal_of(lambda: desk.slots.change(slot.slot_id, {"capacity": 2}, may_be_over=True))

    desk.slots.change(slot.slot_id, {"capacity": 2}, may_be_over=True, reason="Broken chairs")
    for booking in booked[:2]:
        desk.bookings.cancel(booking.booking_id)
        assert remaining(desk, yoga, at("12:00")) == 0
    desk.bookings.cancel(booked[2].booking_id)

    assert too_few == short(requested=4, remaining=2, limited_by=slot.slot_id)
    assert pointers(why) == [("/reason", "missing")]
    assert remaining(desk, yoga, at("12:00")) == 1
    assert {row["over_commit"] for row in rows_of(database, "capacity")} == {0}
    assert faults_in(database, clock.now()) == []


def test_what_is_not_counted_cannot_become_counted(desk: TenantEngine) -> None:
    talk = add_class(desk, "talk", places=None)
    cut = add_offering(desk, "cut", add_room(desk))
    open_to_all, chair = add_slot(desk, talk, at("12:00")), add_slot(desk, cut, at("12:00"))

    assert refusal_of(lambda: desk.slots.change(open_to_all.slot_id, {"capacity": 3})).code == (
        "record.in_use"
    )
    assert pointers(refusal_of(lambda: desk.slots.change(chair.slot_id, {"capacity": 3}))) == [
        ("/capacity", "not_counted")
    ]


# Deleted


def test_a_range_of_slots_is_deleted_all_or_none(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-B08, P-136 deleteByDateRange."""
    fair = add_class(desk, "fair", places=5, openings=())
    slots = desk.slots.add_many([new_slot(desk, fair, at(f"{hour}:00")) for hour in (10, 12, 14)])
    booked = desk.bookings.place(slot_id=slots[1].slot_id, details=FOR_ADA)
    delete = partial(
        desk.slots.delete,
        fair.offering_id,
        starts_from=at("10:00"),
        starts_before=at("14:00"),
    )

    refusal = cause_of(delete)
    untouched = [slot.status for slot in desk.slots.list().items]
    closures = delete(when_booked=WhenBooked.LIST)
    nothing = delete()

    assert refusal["affected"] == [{"kind": "booking", "id": booked.booking_id}]
    assert untouched == [SlotStatus.OPEN] * 3
    assert [(one.record.slot_id, one.record.cancel_reason) for one in closures] == [
        (slots[0].slot_id, "deleted"),
        (slots[1].slot_id, "deleted"),
    ]
    assert [slot.slot_id for slot in desk.slots.list().items] == [slots[2].slot_id]
    assert nothing == ()


# Past


def test_what_is_over_is_marked_past_and_is_not_changed_or_cancelled_any_more(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-B17, M-68."""
    yoga = add_class(desk, "yoga", places=5)
    slot, later = add_slot(desk, yoga, at("12:00")), add_slot(desk, yoga, at("13:00"))
    command = MarkSlotsPast(slot_ids=(slot.slot_id, later.slot_id, SlotId("slt_unknown")))

    clock.set(slot.ends_at - timedelta(microseconds=1))
    too_early = desk.run(command)
    clock.set(slot.ends_at)

    assert (too_early, desk.run(command), desk.run(command)) == (0, 1, 0)
    assert desk.slots.get(slot.slot_id).status is SlotStatus.PAST
    assert desk.slots.get(later.slot_id).status is SlotStatus.OPEN
    for act in (
        lambda: desk.slots.cancel(slot.slot_id),
        lambda: desk.slots.change(slot.slot_id, {"price_minor": 1}),
    ):
        assert refusal_of(act).code == "state.transition_not_allowed"
