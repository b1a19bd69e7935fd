"""The times: schedules, blocks and slots made by hand, changed with bookings on them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.blocks import Block, BlockStatus
from holdfast.domain.closures import WhenBooked
from holdfast.domain.requirements import Per, Requirement
from holdfast.domain.resources import Resource
from holdfast.domain.rules import RuleStatus
from holdfast.domain.slots import Slot, SlotOrigin, SlotStatus
from holdfast.engine.blocks import AddBlock
from holdfast.engine.facade import TenantEngine
from holdfast.engine.schedules import WeeklyOpening
from holdfast.engine.slots import AddSlot
from holdfast.storage.database import Database
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    EVERY_DAY,
    FOR_ADA,
    ROUND_THE_CLOCK,
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


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


def block(
    desk: TenantEngine,
    room: Resource,
    since: str,
    until: str,
    *,
    day: int = 0,
    when_booked: WhenBooked = WhenBooked.REFUSE,
) -> Block:
    """Take time away from a resource."""
    return desk.blocks.add(
        AddBlock(
            resource_id=room.resource_id,
            starts_at=at(since, day=day),
            ends_at=at(until, day=day),
            reason="Painting",
            when_booked=when_booked,
        )
    )


# Schedules


def test_setting_a_schedule_replaces_all_of_it_and_a_single_rule_can_be_removed(
    desk: TenantEngine,
) -> None:
    """AC-B01."""
    cut = add_offering(desk, "cut", add_room(desk))
    morning = WeeklyOpening(weekdays=EVERY_DAY, opens_minute=9 * 60, closes_minute=11 * 60)
    evening = WeeklyOpening(weekdays=(2, 1), opens_minute=18 * 60, closes_minute=20 * 60)
    old = desk.schedules.list(cut.offering_id)

    rules = desk.schedules.set(cut.offering_id, [morning, evening])
    both = starts(desk, cut, at("00:00", day=1), at("00:00", day=2))
    removed = desk.schedules.remove(rules[0].rule_id)
    one = starts(desk, cut, at("00:00", day=1), at("00:00", day=2))

    assert [(rule.weekdays, rule.zone) for rule in rules] == [(EVERY_DAY, "UTC"), ((1, 2), "UTC")]
    assert both == [at(time, day=1) for time in ("09:00", "10:00", "18:00", "19:00")]
    assert removed == replace(rules[0], status=RuleStatus.REMOVED, version=2)
    assert one == [at(time, day=1) for time in ("18:00", "19:00")]
    assert desk.schedules.list(cut.offering_id) == (rules[1],)
    assert old[0].rule_id not in {rule.rule_id for rule in rules}


def test_a_malformed_schedule_is_refused_with_every_fault_named_and_the_old_one_stays(
    desk: TenantEngine,
) -> None:
    cut = add_offering(desk, "cut", add_room(desk))
    old = desk.schedules.list(cut.offering_id)
    bad = WeeklyOpening(
        weekdays=(0,),
        opens_minute=1_500,
        closes_minute=1_400,
        slot_step=timedelta(seconds=90),
        valid_from=date(2026, 2, 1),
        valid_until=date(2026, 1, 1),
        zone="Mars/Base",
    )

    refusal = refusal_of(lambda: desk.schedules.set(cut.offering_id, [ROUND_THE_CLOCK, bad]))

    assert pointers(refusal) == [
        ("/rules/1/weekdays", "not_weekdays"),
        ("/rules/1/opens", "out_of_range"),
        ("/rules/1/closes", "out_of_range"),
        ("/rules/1/slot_step", "not_whole_minutes"),
        ("/rules/1/valid_until", "reversed"),
        ("/rules/1/zone", "unknown_zone"),
    ]
    assert desk.schedules.list(cut.offering_id) == old


# Blocks


def test_blocked_time_cannot_be_booked_until_the_block_is_removed(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-B03."""
    room = add_room(desk)
    cut = add_offering(desk, "cut", room)

    added = block(desk, room, "11:30", "13:00")
    cause = cause_of(lambda: book(desk, cut, at("12:00")))
    around = starts(desk, cut, at("10:00"), at("14:00"))
    clock.advance(minutes=1)
    removed = desk.blocks.remove(added.block_id)

    assert added == Block(
        block_id=added.block_id,
        resource_id=room.resource_id,
        starts_at=at("11:30"),
        ends_at=at("13:00"),
        reason="Painting",
        status=BlockStatus.ACTIVE,
        created_at=at("08:00"),
        removed_at=None,
        version=1,
    )
    assert (cause, around) == (closed("blocked"), [at("10:00"), at("13:00")])
    assert removed == replace(added, status=BlockStatus.REMOVED, removed_at=at("08:01"), version=2)
    assert desk.blocks.remove(added.block_id) == removed
    assert starts(desk, cut, at("10:00"), at("14:00")) == [
        at(f"{hour}:00") for hour in range(10, 14)
    ]


def test_time_that_somebody_counts_on_is_not_blocked_and_the_refusal_lists_them(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-B03, C7, I-7."""
    room = add_room(desk, capacity=3)
    cut = add_offering(desk, "cut", room)
    booking, held = book(desk, cut, at("12:00")), hold(desk, cut, at("13:00"))

    both = cause_of(lambda: block(desk, room, "12:30", "14:00"))
    clock.advance(minutes=30)
    only_the_booking = cause_of(lambda: block(desk, room, "12:30", "14:00"))
    between = block(desk, room, "13:00", "14:00")

    in_use = {"code": "record.in_use", "kind": "resource", "key": room.resource_id}
    affected = [
        {"kind": "booking", "id": booking.booking_id},
        {"kind": "hold", "id": held.hold_id},
    ]
    assert both == {**in_use, "affected": affected}
    assert only_the_booking == {**in_use, "affected": affected[:1]}
    assert between.status is BlockStatus.ACTIVE


def test_a_block_takes_all_of_a_shared_room(desk: TenantEngine) -> None:
    room = add_room(desk, capacity=3)
    cut = add_offering(desk, "cut", room)

    block(desk, room, "12:00", "13:00")

    assert starts(desk, cut, at("11:00"), at("14:00")) == [at("11:00"), at("13:00")]


def test_an_unlimited_resource_is_closed_by_a_block_for_everybody(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """I-10, I-7."""
    webinar = add_room(desk, "Webinar", capacity=None)
    talk = add_offering(desk, "talk", webinar)
    booked = book(desk, talk, at("12:00"))

    refused = cause_of(lambda: block(desk, webinar, "12:00", "13:00"))
    block(desk, webinar, "12:00", "13:00", when_booked=WhenBooked.LIST)
    cause = cause_of(lambda: book(desk, talk, at("12:00")))

    assert refused["affected"] == [{"kind": "booking", "id": booked.booking_id}]
    assert (booked.starts_at, cause) == (at("12:00"), closed("blocked"))
    assert starts(desk, talk, at("11:00"), at("14:00")) == [at("11:00"), at("13:00")]


@pytest.mark.parametrize(("since", "until"), [("12:00", "12:00"), ("13:00", "12:00")])
def test_a_block_without_any_time_is_malformed(desk: TenantEngine, since: str, until: str) -> None:
    room = add_room(desk)

    refusal = refusal_of(lambda: block(desk, room, since, until))

    assert pointers(refusal) == [("/ends_at", "reversed")]


def test_a_block_of_a_year_is_kept_in_pieces_and_found_in_each_of_them(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    room = add_room(desk)
    cut = add_offering(desk, "cut", room)
    year = desk.blocks.add(
        AddBlock(resource_id=room.resource_id, starts_at=at("12:00"), ends_at=at("12:00", day=360))
    )

    causes = [cause_of(partial(book, desk, cut, at("15:00", day=day))) for day in (0, 31, 200)]
    desk.blocks.remove(year.block_id)

    assert causes == [closed("blocked")] * 3
    assert book(desk, cut, at("15:00", day=200)).status.value == "confirmed"
    assert faults_in(database, clock.now()) == []


# Slots by hand


def test_a_slot_by_hand_is_booked_where_no_schedule_opens(desk: TenantEngine) -> None:
    """AC-B08."""
    hall = add_room(desk, "Hall")
    show = add_class(desk, "show", hall, places=2, openings=())
    slot_id = desk.slots.new_id()

    added = desk.slots.add(
        AddSlot(slot_id=slot_id, offering_id=show.offering_id, starts_at=at("19:17"))
    )

    assert added == Slot(
        slot_id=slot_id,
        offering_id=show.offering_id,
        starts_at=at("19:17"),
        ends_at=at("20:17"),
        capacity=2,
        is_capacity_own=False,
        origin=SlotOrigin.MANUAL,
        status=SlotStatus.OPEN,
        created_at=at("08:00"),
        version=1,
    )
    assert (book(desk, show, at("19:17")).slot_id, remaining(desk, show, at("19:17"))) == (
        slot_id,
        1,
    )
    assert desk.bookings.place(slot_id=slot_id, details=FOR_ADA).slot_id == slot_id


def test_a_slot_by_hand_takes_its_room_at_once_and_keeps_it_though_nobody_comes(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    hall = add_room(desk, "Hall")
    show, meeting = add_class(desk, "show", hall, places=2), add_offering(desk, "meeting", hall)
    add_slot(desk, show, at("19:00"), ends_at=at("21:00"))

    cause = cause_of(lambda: book(desk, meeting, at("20:00")))
    twice = cause_of(lambda: add_slot(desk, show, at("19:30")))

    assert cause == short(requested=1, remaining=0, limited_by=hall.resource_id)
    assert twice == short(requested=1, remaining=0, limited_by=hall.resource_id)
    assert faults_in(database, clock.now()) == []


def test_two_slots_of_an_offering_do_not_start_at_the_same_time(desk: TenantEngine) -> None:
    show = add_class(desk, "show", places=2)
    add_slot(desk, show, at("19:00"))

    cause = cause_of(lambda: add_slot(desk, show, at("19:00")))

    assert cause == {
        "code": "record.already_exists",
        "kind": "slot",
        "key": "show at 2026-06-01T19:00:00+00:00",
    }


def test_the_id_of_a_slot_names_one_slot_only(desk: TenantEngine) -> None:
    show = add_class(desk, "show", places=2)
    added = add_slot(desk, show, at("19:00"))

    cause = cause_of(
        lambda: desk.slots.add(
            AddSlot(slot_id=added.slot_id, offering_id=show.offering_id, starts_at=at("21:00"))
        )
    )

    assert cause == {"code": "record.already_exists", "kind": "slot", "key": added.slot_id}


def test_an_offering_per_participant_needs_seats_for_each_guest(desk: TenantEngine) -> None:
    bikes = add_room(desk, "Bikes", capacity=10)
    tour = add_offering(
        desk,
        "tour",
        Requirement(resource_id=bikes.resource_id, quantity=2, per=Per.PARTICIPANT),
    )

    booking = book(desk, tour, at("12:00"), 3)
    cause = cause_of(lambda: book(desk, tour, at("12:00"), 3))

    assert [part.units for part in booking.assigned] == [6]
    assert cause == short(requested=6, remaining=4, limited_by=bikes.resource_id)
    assert remaining(desk, tour, at("12:00")) == 2  # guests, two bikes each
