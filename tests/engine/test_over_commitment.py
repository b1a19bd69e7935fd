"""What staff take over the limit: it is recorded, with its reason, and is nobody's to sell."""

from __future__ import annotations

from datetime import timedelta

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.claims import Claim, ClaimOwner
from holdfast.domain.offerings import Counting
from holdfast.domain.overrides import Override
from holdfast.domain.requirements import Choosing, Requirement
from holdfast.domain.shapes import Shape
from holdfast.engine.choosing import Choice
from holdfast.storage.proving import prove
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    FOR_ADA,
    ROUND_THE_CLOCK,
    add_offering,
    add_room,
    at,
    book,
    open_desk,
    remaining,
)
from tests.engine.lived_in import STAFF, dated, june, offer, timed
from tests.engine.tables import records


@pytest.mark.parametrize("capacity", [1, 2])
def test_a_class_that_staff_squeeze_into_a_taken_room_is_over_the_rooms_limit(
    engine: Engine, capacity: int
) -> None:
    desk = open_desk(engine)
    room = timed(desk, "Room", capacity)
    whole = Requirement(resource_id=room.resource_id, quantity=capacity)
    lesson = offer(
        desk,
        "class",
        whole,
        opening=ROUND_THE_CLOCK,
        counting=Counting.PLACES,
        slot_capacity=5,
    )
    meeting = offer(desk, "meeting", whole, opening=ROUND_THE_CLOCK)
    book(desk, meeting, at("12:00"))

    choice = Choice(offering_id=lesson.offering_id, starts_at=at("12:00"))
    desk.bookings.place(choice=choice, details=FOR_ADA, override=STAFF)

    taken = [
        (claim.owner_kind, claim.is_over, claim.reason)
        for claim in records(engine.database, Claim)
        if claim.resource_id is not None
    ]
    assert sorted(taken) == [
        (ClaimOwner.BOOKING, False, None),
        (ClaimOwner.SLOT, True, STAFF.reason),
    ]
    assert remaining(desk, meeting, at("12:00")) == 0
    assert prove(engine.database).violations == ()


def test_what_was_over_the_limit_says_why_even_when_it_is_given_back_or_has_lapsed(
    engine: Engine, clock: ManualClock
) -> None:
    desk = open_desk(engine)
    paddle = offer(desk, "paddle", dated(desk, "Kayaks", 1), shape=Shape.DAYS)
    choice = Choice(offering_id=paddle.offering_id, dates=june(10))
    desk.bookings.place(choice=choice, details=FOR_ADA)
    called_off = desk.bookings.place(choice=choice, details=FOR_ADA, override=STAFF)
    desk.holds.place(choice=choice, override=STAFF)
    desk.bookings.cancel(called_off.booking_id)
    clock.advance(minutes=31)

    desk.bookings.place(choice=choice, details=FOR_ADA, override=STAFF)

    said = [(one.is_over, one.reason) for one in records(engine.database, Claim)]
    assert sorted(said, key=str) == [(False, None), *[(True, STAFF.reason)] * 3]
    assert prove(engine.database).violations == ()


def test_what_staff_set_aside_is_remembered_whatever_it_was(engine: Engine) -> None:
    desk = open_desk(engine)
    room = add_room(desk)
    late = add_offering(desk, "late", room, notice=timedelta(days=2))
    set_aside = Override(reason="She is a friend.", notice=True)

    booked = desk.bookings.place(
        choice=Choice(offering_id=late.offering_id, starts_at=at("12:00")),
        details=FOR_ADA,
        override=set_aside,
    )
    held = desk.holds.place(
        choice=Choice(offering_id=late.offering_id, starts_at=at("14:00")), override=set_aside
    )
    converted = desk.bookings.convert(held.hold_id, details=FOR_ADA)

    found = [desk.bookings.get(one.booking_id).override for one in (booked, converted)]
    assert [*found, desk.holds.get(held.hold_id).override] == [set_aside] * 3


def test_staff_get_whom_they_name_although_another_one_is_free(engine: Engine) -> None:
    desk = open_desk(engine)
    red, blue = (timed(desk, name, 1) for name in ("Red", "Blue"))
    any_of = Requirement(resource_ids=(red.resource_id, blue.resource_id), choosing=Choosing.ANY_OF)
    visit = offer(desk, "visit", any_of, opening=ROUND_THE_CLOCK)
    book(desk, visit, at("12:00"))

    choice = Choice(offering_id=visit.offering_id, starts_at=at("12:00"), picks=(red.resource_id,))
    squeezed = desk.bookings.place(choice=choice, details=FOR_ADA, override=STAFF)

    assert [one.resource_id for one in squeezed.assigned] == [red.resource_id]
    assert prove(engine.database).violations == ()
