"""Slots: several at once, generated, changed, cancelled with what is booked in them, past."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TypedDict, Unpack

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import Role
from holdfast.domain.bookings import Booking, BookingStatus, CancelledBy
from holdfast.domain.closures import CALLED_OFF_MAX, SETTLED_AFTER, WhenBooked
from holdfast.domain.holds import Hold
from holdfast.domain.ids import SlotId, generated_slot_id
from holdfast.domain.offerings import Offering
from holdfast.domain.slots import Slot, SlotOrigin, SlotStatus
from holdfast.engine.facade import TenantEngine
from holdfast.engine.slot_changes import CancelSlot, MarkSlotsPast
from holdfast.engine.slots import AddSlot
from holdfast.storage.database import Database
from holdfast.testing.clocks import ManualClock
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


def statuses(database: Database) -> list[str]:
    """The statuses of all bookings and holds, in order."""
    found = [*records(database, Booking), *records(database, Hold)]
    return sorted(one.status.value for one in found)


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


# Cancelled


def test_a_slot_that_nobody_has_booked_is_cancelled_and_gives_its_room_back(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    room = add_room(desk)
    yoga, cut = add_class(desk, "yoga", room, places=2), add_offering(desk, "cut", room)
    slot = add_slot(desk, yoga, at("12:00"))

    closure = desk.slots.cancel(slot.slot_id, reason="ill")
    again = desk.slots.cancel(slot.slot_id)

    assert (closure.record.status, closure.record.cancel_reason) == (SlotStatus.CANCELLED, "ill")
    assert (closure.record.is_settling, closure.affected, again.record) == (
        False,
        (),
        closure.record,
    )
    assert cause_of(lambda: desk.bookings.place(slot_id=slot.slot_id, details=FOR_ADA)) == closed(
        "slot_cancelled"
    )
    assert book(desk, cut, at("12:00")).status is BookingStatus.CONFIRMED
    assert faults_in(database, clock.now()) == []


def test_a_booked_slot_is_not_cancelled_unless_one_says_what_becomes_of_its_bookings(
    desk: TenantEngine,
) -> None:
    """AC-K07: refuse, with the list."""
    yoga = add_class(desk, "yoga", places=5)
    booked, kept = book(desk, yoga, at("12:00")), hold(desk, yoga, at("12:00"))
    assert booked.slot_id is not None

    cause = cause_of(lambda: desk.slots.cancel(SlotId(str(booked.slot_id))))

    assert cause == {
        "code": "record.in_use",
        "kind": "slot",
        "key": booked.slot_id,
        "affected": [
            {"kind": "booking", "id": booked.booking_id},
            {"kind": "hold", "id": kept.hold_id},
        ],
    }
    assert remaining(desk, yoga, at("12:00")) == 3


def test_the_bookings_of_a_cancelled_slot_may_be_kept_for_staff_to_see_to(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-K07: list. Its holds cannot be converted any more, and nobody gets a place."""
    room = add_room(desk)
    yoga, cut = add_class(desk, "yoga", room, places=5), add_offering(desk, "cut", room)
    booked, kept = book(desk, yoga, at("12:00")), hold(desk, yoga, at("12:00"))
    assert booked.slot_id is not None

    closure = desk.slots.cancel(booked.slot_id, when_booked=WhenBooked.LIST, reason="ill")

    assert [(one.kind, one.record_id) for one in closure.affected] == [
        ("booking", booked.booking_id),
        ("hold", kept.hold_id),
    ]
    assert desk.bookings.get(booked.booking_id).status is BookingStatus.CONFIRMED
    assert cause_of(lambda: desk.bookings.convert(kept.hold_id, details=FOR_ADA)) == closed(
        "slot_cancelled"
    )
    assert remaining(desk, yoga, at("12:00")) == 0
    assert book(desk, cut, at("12:00")).status is BookingStatus.CONFIRMED
    assert desk.bookings.cancel(booked.booking_id).status is BookingStatus.CANCELLED


@pytest.mark.parametrize("is_counted", [True, False])
def test_cancelling_a_slot_calls_off_every_booking_and_hold_in_it(
    desk: TenantEngine, database: Database, clock: ManualClock, *, is_counted: bool
) -> None:
    """AC-B09, AC-K07, M-36."""
    room = add_room(desk, capacity=10)
    yoga = add_class(desk, "yoga", places=10) if is_counted else add_offering(desk, "swim", room)
    booked = [book(desk, yoga, at("12:00")) for _ in range(3)]
    hold(desk, yoga, at("12:00"))
    other = book(desk, yoga, at("13:00"))
    slot_id = booked[0].slot_id
    assert slot_id is not None

    closure = desk.slots.cancel(slot_id, when_booked=WhenBooked.CANCEL, reason="fire")

    assert (len(closure.affected), closure.called_off) == (4, 4)
    assert statuses(database) == ["cancelled", "cancelled", "cancelled", "confirmed", "released"]
    ended = desk.bookings.get(booked[0].booking_id)
    assert (ended.cancel_reason, ended.cancelled_by) == ("fire", CancelledBy.BUSINESS)
    assert desk.bookings.get(other.booking_id).status is BookingStatus.CONFIRMED
    facts = [row["type"] for row in rows_of(database, "outbox")]
    assert (facts.count("booking.cancelled"), facts.count("slot.cancelled")) == (3, 1)
    assert faults_in(database, clock.now()) == []


@pytest.mark.parametrize("places", [5, None])
def test_what_an_earlier_list_has_left_in_a_slot_is_called_off_when_it_is_cancelled_again(
    desk: TenantEngine, database: Database, clock: ManualClock, *, places: int | None
) -> None:
    """AC-K07: staff who have seen the list want them called off after all."""
    yoga = add_class(desk, "yoga", places=places)
    booked, _ = book(desk, yoga, at("12:00")), hold(desk, yoga, at("12:00"))
    slot_id = SlotId(str(booked.slot_id))
    listed = desk.slots.cancel(slot_id, when_booked=WhenBooked.LIST, reason="ill")

    again = desk.slots.cancel(slot_id, when_booked=WhenBooked.LIST)
    untouched = desk.slots.cancel(slot_id)
    kept = statuses(database)
    cancelled = desk.slots.cancel(slot_id, when_booked=WhenBooked.CANCEL)
    nothing = desk.slots.cancel(slot_id, when_booked=WhenBooked.CANCEL)

    assert (again, untouched.record, untouched.affected) == (listed, listed.record, ())
    assert kept == ["active", "confirmed"]
    assert (cancelled.affected, cancelled.called_off) == (listed.affected, 2)
    assert (nothing.affected, nothing.called_off) == ((), 0)
    assert statuses(database) == ["cancelled", "released"]
    assert desk.bookings.get(booked.booking_id).cancel_reason == "ill"
    assert faults_in(database, clock.now()) == []


def test_what_a_cancelled_slot_has_left_is_not_called_off_once_it_is_over(
    desk: TenantEngine, clock: ManualClock
) -> None:
    yoga = add_class(desk, "yoga", places=5)
    booked = book(desk, yoga, at("12:00"))
    slot_id = SlotId(str(booked.slot_id))
    desk.slots.cancel(slot_id, when_booked=WhenBooked.LIST)
    clock.set(at("13:00"))

    cause = cause_of(lambda: desk.slots.cancel(slot_id, when_booked=WhenBooked.CANCEL))

    assert cause == {
        "code": "state.transition_not_allowed",
        "kind": "slot",
        "status": "past",
        "action": "cancel",
    }
    assert desk.bookings.get(booked.booking_id).status is BookingStatus.CONFIRMED


def test_a_slot_of_a_schedule_is_cancelled_without_having_been_stored(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    yoga = add_class(desk, "yoga", places=2)
    cut = add_offering(desk, "cut", add_room(desk))

    for offering in (yoga, cut):
        desk.slots.cancel(generated_slot_id(offering.offering_id, at("12:00")))

    assert starts(desk, yoga, at("11:00"), at("13:30")) == [at("11:00"), at("13:00")]
    assert starts(desk, cut, at("11:00"), at("13:30")) == [at("11:00"), at("13:00")]
    assert cause_of(lambda: book(desk, cut, at("12:00"))) == closed("slot_cancelled")
    off_grid = generated_slot_id(yoga.offering_id, at("12:30"))
    assert refusal_of(lambda: desk.slots.cancel(off_grid)).code == "record.not_found"
    assert faults_in(database, clock.now()) == []


def test_pending_bookings_that_have_taken_nothing_are_called_off_as_well(
    desk: TenantEngine, database: Database
) -> None:
    yoga = add_class(desk, "yoga", places=2, is_approved_by_hand=True, pending_takes=False)
    asked = book(desk, yoga, at("12:00"))
    slot_id = generated_slot_id(yoga.offering_id, at("12:00"))

    closure = desk.slots.cancel(slot_id, when_booked=WhenBooked.CANCEL)

    assert (asked.status, closure.called_off) == (BookingStatus.PENDING, 1)
    assert statuses(database) == ["cancelled"]


def test_many_bookings_are_called_off_in_chunks_and_closed_before_the_first(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-B09: the first transaction closes, each of the others calls off at most 100."""
    fair = add_class(desk, "fair", places=500)
    slot = add_slot(desk, fair, at("12:00"))
    count = 2 * CALLED_OFF_MAX + 5
    for _ in range(count):
        desk.bookings.place(slot_id=slot.slot_id, details=FOR_ADA)
    command = CancelSlot(slot_id=slot.slot_id, when_booked=WhenBooked.CANCEL)

    desk.run(command)
    after_closing = statuses(database)
    refused = cause_of(lambda: desk.bookings.place(slot_id=slot.slot_id, details=FOR_ADA))
    before = database.statistics.commits
    called_off = desk.slots.settle(slot.slot_id)

    assert after_closing == ["confirmed"] * count
    assert refused == closed("slot_cancelled")
    assert (called_off, database.statistics.commits - before) == (count, 3)
    assert statuses(database) == ["cancelled"] * count
    assert desk.slots.get(slot.slot_id).is_settling is False
    assert faults_in(database, clock.now()) == []


def test_a_slot_without_limit_is_looked_at_again_when_nobody_can_be_on_their_way_any_more(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """Its bookings share no lock with whoever cancels it."""
    talk = add_class(desk, "talk", places=None)
    slot = add_slot(desk, talk, at("12:00"))
    desk.bookings.place(slot_id=slot.slot_id, details=FOR_ADA)

    closure = desk.slots.cancel(slot.slot_id, when_booked=WhenBooked.CANCEL)
    clock.set(clock.now() + SETTLED_AFTER)
    desk.slots.settle(slot.slot_id)

    assert (closure.called_off, closure.record.is_settling) == (1, True)
    assert desk.slots.get(slot.slot_id).is_settling is False


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


def test_only_who_may_cancel_bookings_cancels_a_slot_with_them(
    engine: Engine, desk: TenantEngine
) -> None:
    yoga = add_class(desk, "yoga", places=5)
    slot = add_slot(desk, yoga, at("12:00"))
    viewer = acting_as(engine, desk, Role.VIEWER)

    for mode in WhenBooked:
        refusal = refusal_of(partial(viewer.slots.cancel, slot.slot_id, when_booked=mode))
        assert refusal.code == "access.denied"


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
