"""Refusals: each with its cause, in the order of the specification, and what would do instead."""

from __future__ import annotations

from datetime import timedelta

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.offerings import Offering
from holdfast.engine.blocks import AddBlock
from holdfast.engine.facade import TenantEngine
from holdfast.engine.schedules import WeeklyOpening
from holdfast.storage.database import Database
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    FOR_ADA,
    HOUR,
    MINUTE,
    add_class,
    add_offering,
    add_room,
    at,
    book,
    cause_of,
    closed,
    hold,
    open_desk,
    refusal_of,
    short,
    starts,
)
from tests.engine.tables import capacity_of


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


# Refusals in the order of the specification, with their causes


def wanted_too_late(desk: TenantEngine) -> Offering:
    """An offering that wants four hours' notice."""
    return add_offering(desk, "late", add_room(desk), notice=4 * HOUR)


def test_notice_is_counted_to_the_instant(desk: TenantEngine, clock: ManualClock) -> None:
    """AC-B16."""
    late = wanted_too_late(desk)
    just_right = book(desk, late, at("12:00"))
    clock.advance(microseconds=1)

    cause = cause_of(lambda: book(desk, late, at("12:00")))

    assert just_right.starts_at == at("12:00")
    assert cause == {
        "code": "policy.notice_too_short",
        "limit": 4 * 3_600,
        "actual": 4 * 3_600 - 1,
    }
    assert starts(desk, late, at("11:00"), at("15:00")) == [at("13:00"), at("14:00")]


def test_what_has_begun_cannot_be_booked(desk: TenantEngine, clock: ManualClock) -> None:
    cut = add_offering(desk, "cut", add_room(desk))
    clock.set(at("12:00"))
    in_this_instant = book(desk, cut, at("12:00"))
    clock.set(at("13:00") + timedelta(seconds=90))

    cause = cause_of(lambda: book(desk, cut, at("13:00")))

    assert in_this_instant.starts_at == at("12:00")
    assert cause == {"code": "policy.notice_too_short", "limit": 0, "actual": -90}


def test_the_horizon_is_counted_in_days_of_the_offerings_zone(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-B16."""
    clock.set(at("10:30"))  # 22:30 in Auckland, on the same day
    room = add_room(desk)
    here = add_offering(desk, "here", room, horizon_days=1)
    there = add_offering(desk, "there", room, horizon_days=1, zone="Pacific/Auckland")

    causes = [
        cause_of(lambda: book(desk, here, at("00:00", day=2))),
        cause_of(lambda: book(desk, there, at("12:00", day=1))),
    ]

    too_far = {"code": "policy.beyond_horizon", "limit": 1, "actual": 2}
    assert causes == [too_far, too_far]
    assert starts(desk, here, at("23:00", day=1), at("03:00", day=2)) == [at("23:00", day=1)]
    assert starts(desk, there, at("10:00", day=1), at("15:00", day=1)) == [
        *(at("10:00", day=1), at("11:00", day=1))
    ]


@pytest.mark.parametrize(("size", "limit"), [(1, 2), (5, 4), (0, 2), (-1, 2)])
def test_a_party_is_neither_too_small_nor_too_large(
    desk: TenantEngine, size: int, limit: int
) -> None:
    """AC-A06."""
    dinner = add_class(desk, "dinner", places=9, party_min=2, party_max=4)

    cause = cause_of(lambda: book(desk, dinner, at("19:00"), size))

    assert cause == {"code": "policy.party_size", "limit": limit, "actual": size}


@pytest.mark.parametrize(
    ("start", "reason"),
    [("12:30", "not_on_grid"), ("07:00", "outside_hours"), ("17:30", "outside_hours")],
)
def test_a_start_that_no_schedule_makes_is_closed_for_a_reason(
    desk: TenantEngine, start: str, reason: str
) -> None:
    opening = WeeklyOpening(weekdays=(1,), opens_minute=9 * 60, closes_minute=18 * 60)
    cut = add_offering(desk, "cut", add_room(desk), openings=[opening])

    cause = cause_of(lambda: book(desk, cut, at(start, day=7)))

    assert cause == closed(reason)


def test_an_offering_without_any_schedule_is_closed(desk: TenantEngine) -> None:
    cut = add_offering(desk, "cut", add_room(desk), openings=())

    cause = cause_of(lambda: book(desk, cut, at("12:00")))

    assert cause == closed("no_schedule")


def test_a_resource_that_has_hours_of_its_own_must_be_open_too(desk: TenantEngine) -> None:
    doctor = add_room(desk, "Doctor")
    visit = add_offering(desk, "visit", doctor)
    afternoon = WeeklyOpening(weekdays=(1,), opens_minute=13 * 60, closes_minute=15 * 60)
    desk.schedules.set(doctor.resource_id, [afternoon])

    cause = cause_of(lambda: book(desk, visit, at("12:00")))

    assert cause == closed("outside_hours")
    assert starts(desk, visit, at("09:00"), at("23:00")) == [at("13:00"), at("14:00")]


def test_a_refusal_offers_the_next_five_slots_that_would_be_accepted(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-B13."""
    room = add_room(desk)
    cut = add_offering(desk, "cut", room, notice=HOUR)
    for start in ("12:00", "13:00", "15:00"):
        book(desk, cut, at(start))

    refusal = refusal_of(lambda: book(desk, cut, at("12:00")))

    offered = refusal.fields["alternatives"]
    assert isinstance(offered, tuple)
    assert [alternative.starts_at for alternative in offered] == [
        at(time) for time in ("09:00", "10:00", "11:00", "14:00", "16:00")
    ]
    for alternative in offered:
        booked = desk.bookings.place(slot_id=alternative.slot_id, details=FOR_ADA)
        assert booked.starts_at == alternative.starts_at


def test_alternatives_fit_the_whole_party(desk: TenantEngine) -> None:
    """AC-B13."""
    yoga = add_class(desk, "yoga", places=3)
    book(desk, yoga, at("12:00"), 2)
    book(desk, yoga, at("09:00"), 2)

    refusal = refusal_of(lambda: book(desk, yoga, at("12:00"), 2))

    offered = refusal.fields["alternatives"]
    assert isinstance(offered, tuple)
    assert [(one.starts_at, one.remaining) for one in offered] == [
        (at(time), 3) for time in ("08:00", "10:00", "11:00", "13:00", "14:00")
    ]


def test_where_nothing_is_left_within_the_horizon_the_alternatives_are_empty(
    desk: TenantEngine,
) -> None:
    """AC-B13."""
    room = add_room(desk)
    cut = add_offering(desk, "cut", room, horizon_days=0, duration=4 * HOUR)
    for start in ("08:00", "12:00", "16:00", "20:00"):
        book(desk, cut, at(start))

    refusal = refusal_of(lambda: book(desk, cut, at("12:00")))

    assert refusal.fields["alternatives"] == ()


def test_a_refusal_on_a_fine_grid_that_is_full_of_holes_is_still_a_refusal(
    desk: TenantEngine,
) -> None:
    room = add_room(desk)
    call = add_offering(desk, "call", room, duration=MINUTE)
    desk.blocks.add(
        AddBlock(
            resource_id=room.resource_id, starts_at=at("08:00"), ends_at=at("08:00", day=1_000)
        )
    )

    refusal = refusal_of(lambda: hold(desk, call, at("12:00")))

    assert (refusal.code, refusal.fields) == (
        "availability.closed",
        {"reason": "blocked", "alternatives": ()},
    )


def test_a_window_with_too_many_slots_is_refused(desk: TenantEngine) -> None:
    call = add_offering(desk, "call", add_room(desk), duration=MINUTE)

    cause = cause_of(lambda: starts(desk, call, at("08:00"), at("08:00", day=399)))

    assert cause["code"] == "input.invalid"


def test_a_full_class_counts_before_its_room_does(desk: TenantEngine) -> None:
    """The slot itself is named as the limit, since its room is its own."""
    hall = add_room(desk, "Hall")
    yoga = add_class(desk, "yoga", hall, places=2)
    booked = book(desk, yoga, at("12:00"), 2)

    cause = cause_of(lambda: book(desk, yoga, at("12:00")))

    assert cause == short(requested=1, remaining=0, limited_by=booked.slot_id)


def test_a_counter_is_made_with_the_cap_that_the_offering_has_then(
    desk: TenantEngine, database: Database
) -> None:
    yoga = add_class(desk, "yoga", places=2)
    before = book(desk, yoga, at("12:00"))
    desk.offerings.change(yoga.offering_id, {"slot_capacity": 7})
    after = book(desk, yoga, at("13:00"))

    caps = capacity_of(database)

    assert [caps[f"slot:{booking.slot_id}"] for booking in (before, after)] == [(1, 7), (1, 7)]
