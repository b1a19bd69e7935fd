"""Cancelling slots: alone or with what is booked in them; settled in steps."""

from __future__ import annotations

from functools import partial

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import SYSTEM, Role
from holdfast.domain.bookings import BookingStatus, CancelledBy
from holdfast.domain.closures import CALLED_OFF_MAX, Settled, WhenBooked
from holdfast.domain.ids import SlotId, generated_slot_id
from holdfast.domain.slots import SlotStatus
from holdfast.engine.facade import TenantEngine
from holdfast.engine.slot_changes import CancelSlot, SettleSlot
from holdfast.storage.database import Database
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
    refusal_of,
    remaining,
    starts,
)
from tests.engine.invariants import faults_in
from tests.engine.limits import Stubborn
from tests.engine.tables import rows_of, statuses


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


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


def test_a_slot_without_limit_is_settled_once_nobody_can_be_on_their_way_any_more(
    engine: Engine, desk: TenantEngine
) -> None:
    """Decision 0012: its bookings share no lock with whoever cancels it."""
    talk = add_class(desk, "talk", places=None)
    slot = add_slot(desk, talk, at("12:00"))
    desk.bookings.place(slot_id=slot.slot_id, details=FOR_ADA)
    true, engine.quiescence = engine.quiescence, Stubborn()
    busy = engine.at(desk.tenant_id, actor=SYSTEM)

    closure = busy.slots.cancel(slot.slot_id, when_booked=WhenBooked.CANCEL)
    still = settle_closures(engine), busy.slots.get(slot.slot_id).is_settling
    engine.quiescence = true
    settle_closures(engine)

    assert (closure.called_off, closure.record.is_settling) == (1, True)
    assert still == ({"called_off": 0}, True)
    assert desk.slots.get(slot.slot_id).is_settling is False


def test_a_slot_that_was_opened_and_closed_again_meanwhile_is_waited_for_anew(
    desk: TenantEngine,
) -> None:
    """What was outlived is one version of the slot; later ones may have been seen open."""
    talk = add_class(desk, "talk", places=None)
    slot = add_slot(desk, talk, at("12:00"))
    desk.run(CancelSlot(slot_id=slot.slot_id, when_booked=WhenBooked.CANCEL))
    version = desk.slots.get(slot.slot_id).version

    early = desk.run(SettleSlot(slot_id=slot.slot_id, outlived_version=version - 1))
    late = desk.run(SettleSlot(slot_id=slot.slot_id, outlived_version=version))

    assert early == Settled(called_off=0, is_done=True, is_settling=True)
    assert late == Settled(called_off=0, is_done=True, is_settling=False)


def test_only_who_may_cancel_bookings_cancels_a_slot_with_them(
    engine: Engine, desk: TenantEngine
) -> None:
    yoga = add_class(desk, "yoga", places=5)
    slot = add_slot(desk, yoga, at("12:00"))
    viewer = acting_as(engine, desk, Role.VIEWER)

    for mode in WhenBooked:
        refusal = refusal_of(partial(viewer.slots.cancel, slot.slot_id, when_booked=mode))
        assert refusal.code == "access.denied"
