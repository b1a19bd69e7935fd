"""Vetoes of times (AC-Q01, seed 003's own availability): one evaluator for listing and booking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import Booking
from holdfast.domain.errors import Alternative, HookFailed
from holdfast.domain.holds import Hold
from holdfast.domain.hooks import TimeAsked
from holdfast.domain.ids import BookingId
from holdfast.domain.shapes import Shape
from holdfast.engine.asking import Hooks, OnFailure
from holdfast.engine.availability import AvailabilityQuery
from holdfast.engine.choosing import Choice
from holdfast.engine.facade.emergencies import Emergency
from holdfast.engine.moving import Move
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    FOR_ADA,
    HOUR,
    add_offering,
    add_room,
    at,
    book,
    cause_of,
    closed,
    hold,
    open_desk,
    refusal_of,
    starts,
)
from tests.engine.hooked import House, hooked, open_house
from tests.engine.tables import records

NINE, NOON = at("09:00", day=1), at("12:00", day=1)
LUNCH = at("10:30", day=1), at("11:30", day=1)
"""What the calendar of somebody else says: busy in the second and the third hour."""


@pytest.fixture
def house(engine: Engine, clock: ManualClock) -> House:
    """A business of one room, on each database in turn."""
    return open_house(engine, clock)


def calendar(asked: list[TimeAsked]) -> Callable[[TimeAsked], list[tuple[datetime, datetime]]]:
    """Return a calendar of another system, which notes what it was asked."""

    def busy(window: TimeAsked) -> list[tuple[datetime, datetime]]:
        asked.append(window)
        return [LUNCH]

    return busy


def test_a_busy_time_is_neither_listed_nor_held_booked_or_moved_to(house: House) -> None:
    """AC-B19."""
    asked: list[TimeAsked] = []
    booking = book(house.desk, house.talk, NINE)
    desk = house.with_hooks(Hooks(busy=[calendar(asked)]))
    ten, eleven = at("10:00", day=1), at("11:00", day=1)

    listed = starts(desk, house.talk, NINE, at("13:00", day=1))
    refused = [
        cause_of(lambda: hold(desk, house.talk, ten)),
        cause_of(lambda: book(desk, house.talk, eleven)),
        cause_of(lambda: desk.bookings.reschedule(booking.booking_id, Move(starts_at=ten))),
    ]

    assert listed == [NOON]
    assert refused == [closed("vetoed")] * 3
    assert [(one.offering_id, one.starts_at, one.ends_at) for one in asked[:2]] == [
        (house.talk.offering_id, ten, at("13:00", day=1)),
        (house.talk.offering_id, ten, eleven),
    ]
    assert records(house.engine.database, Hold) == []
    assert book(desk, house.talk, NOON).starts_at == NOON


def test_what_touches_a_busy_time_is_free(house: House) -> None:
    def busy(_: TimeAsked) -> list[tuple[datetime, datetime]]:
        return [(at("10:00", day=1), at("11:00", day=1))]

    desk = house.with_hooks(Hooks(busy=[busy]))

    assert starts(desk, house.talk, NINE, NOON) == [NINE, at("11:00", day=1)]


def test_seed_003s_check_of_availability_is_asked_of_each_time(house: House) -> None:
    asked: list[tuple[str | None, datetime, datetime]] = []

    async def check_availability(time: TimeAsked) -> bool:
        asked.append((time.offering_id, time.starts_at, time.ends_at))
        return time.starts_at.hour % 2 == 0

    desk = house.with_hooks(Hooks(available=[check_availability]))
    ten = at("10:00", day=1)

    listed = starts(desk, house.talk, NINE, NOON)
    refusal = refusal_of(lambda: book(desk, house.talk, NINE))

    assert listed == [ten]
    assert asked[:3] == [
        (house.talk.offering_id, at(f"{hour}:00", day=1), at(f"{hour + 1}:00", day=1))
        for hour in (9, 10, 11)
    ]
    assert (refusal.code, refusal.fields["reason"]) == ("availability.closed", "vetoed")
    offered = cast("tuple[Alternative, ...]", refusal.fields["alternatives"])
    assert offered
    assert all(one.starts_at.hour % 2 == 0 for one in offered)


def test_days_count_only_what_is_not_vetoed(house: House) -> None:
    def busy(_: TimeAsked) -> list[tuple[datetime, datetime]]:
        return [(at("00:00", day=1), at("20:00", day=1)), (at("00:00", day=2), at("00:00", day=3))]

    desk = house.with_hooks(Hooks(busy=[busy]))
    query = AvailabilityQuery(
        offering_id=house.talk.offering_id, starts_at=at("00:00", day=1), ends_at=at("00:00", day=4)
    )

    days = desk.availability.by_day(query).days

    assert [
        (day.is_available, day.open_count, day.first_starts_at, day.reason) for day in days
    ] == [
        (True, 4, at("20:00", day=1), None),
        (False, 0, None, "availability.closed"),
        (True, 24, at("00:00", day=3), None),
    ]


def test_nights_are_vetoed_by_their_dates(engine: Engine, clock: ManualClock) -> None:
    desk = open_desk(engine)
    night = add_offering(desk, "night", add_room(desk), shape=Shape.NIGHTS, openings=())

    def busy(_: TimeAsked) -> list[tuple[datetime, datetime]]:
        return [(at("20:00", day=2), at("21:00", day=2))]

    front = hooked(engine, clock, Hooks(busy=[busy])).at(desk.tenant_id, actor=desk.actor)
    query = AvailabilityQuery(
        offering_id=night.offering_id,
        first_on=at("00:00", day=1).date(),
        last_on=at("0:00", day=3).date(),
    )

    days = front.availability.by_day(query).days
    slots = front.availability.answer(query).slots

    assert [(day.on.day, day.is_available) for day in days] == [(2, True), (3, False), (4, True)]
    assert [slot.dates[0].day for slot in slots] == [2, 4]


def test_the_next_free_times_are_looked_for_behind_the_vetoed_ones(house: House) -> None:
    until = at("00:00", day=3)

    def busy(_: TimeAsked) -> list[tuple[datetime, datetime]]:
        return [(at("00:00"), until)]

    desk = house.with_hooks(Hooks(busy=[busy]))
    query = AvailabilityQuery(offering_id=house.talk.offering_id)

    one = desk.availability.next(query, count=20)
    none = desk.availability.next(query, count=20, max_wait=timedelta(days=1))

    assert [slot.starts_at for slot in one.slots[:2]] == [until, until + timedelta(hours=1)]
    assert (len(one.slots), none.slots) == (20, ())


def test_an_emergency_is_booked_behind_the_vetoed_times(house: House) -> None:
    morning = at("00:00"), at("12:30")
    desk = house.with_hooks(Hooks(busy=[lambda _: [morning]]))
    wanted = Emergency(
        offering_id=house.talk.offering_id, max_wait=timedelta(hours=9), reason="It hurts."
    )

    booked = desk.bookings.emergency(wanted, details=FOR_ADA)
    in_vain = refusal_of(
        lambda: desk.bookings.emergency(replace(wanted, max_wait=2 * HOUR), details=FOR_ADA)
    )

    found = cast("list[Alternative]", in_vain.fields["alternatives"])
    assert isinstance(booked, Booking)
    assert booked.starts_at == at("13:00")
    assert in_vain.fields["reason"] == "none_in_time"
    assert all(one.starts_at > at("13:00") for one in found)


def test_a_check_says_that_the_time_is_vetoed_and_what_is_not(house: House) -> None:
    desk = house.with_hooks(Hooks(busy=[calendar([])]))
    offering_id = house.talk.offering_id

    no = desk.availability.check(Choice(offering_id=offering_id, starts_at=at("10:00", day=1)))
    yes = desk.availability.check(Choice(offering_id=offering_id, starts_at=NOON))

    assert (no.can_book, yes.can_book) == (False, True)
    assert no.refusal is not None
    assert no.refusal.fields["reason"] == "vetoed"
    assert no.alternatives
    assert at("11:00", day=1) not in {one.starts_at for one in no.alternatives}


def _raise(_: TimeAsked) -> object:
    raise OSError("calendar.example is down")


BAD: dict[str, Callable[[TimeAsked], object]] = {
    "raises": _raise,
    "answers nothing": lambda _: None,
    "answers words": lambda _: ["now"],
    "answers without a zone": lambda _: [
        tuple(map(datetime.fromisoformat, ("2026-06-01", "2026-06-02")))
    ],
    "answers backwards": lambda _: [LUNCH[::-1]],
}


@pytest.mark.parametrize("name", BAD)
def test_a_calendar_that_misbehaves_lists_nothing_and_books_nothing(
    house: House, name: str
) -> None:
    desk = house.with_hooks(Hooks(busy=[BAD[name]]))

    with pytest.raises(HookFailed) as listing:
        starts(desk, house.talk, NINE, NOON)
    with pytest.raises(HookFailed) as booking:
        book(desk, house.talk, NINE)

    assert listing.value.fields["action"] == "list"
    assert booking.value.fields["action"] == "reserve"
    assert "calendar.example" not in listing.value.detail


def test_a_calendar_that_misbehaves_is_passed_over_where_that_was_chosen(house: House) -> None:
    desk = house.with_hooks(Hooks(busy=[_raise], on_failure=OnFailure.ALLOW))

    assert starts(desk, house.talk, NINE, at("10:00", day=1)) == [NINE]
    assert book(desk, house.talk, NINE).starts_at == NINE


def test_a_veto_sees_a_resource_that_is_booked_by_itself(
    engine: Engine, clock: ManualClock
) -> None:
    asked: list[TimeAsked] = []
    desk = open_desk(engine)
    room = add_room(desk)
    front = hooked(engine, clock, Hooks(busy=[calendar(asked)])).at(
        desk.tenant_id, actor=desk.actor
    )
    choice = Choice(resource_id=room.resource_id, starts_at=LUNCH[0], ends_at=LUNCH[1])

    refused = cause_of(lambda: front.bookings.place(choice=choice, details=FOR_ADA))

    assert refused == closed("vetoed")
    assert [(one.offering_id, one.resource_id) for one in asked[:1]] == [(None, room.resource_id)]


def test_vetoes_do_not_stand_in_the_way_of_what_is_booked_already(house: House) -> None:
    booking = book(house.desk, house.talk, at("10:00", day=1))
    desk = house.with_hooks(Hooks(busy=[calendar([])]))

    gone = desk.bookings.cancel(BookingId(booking.booking_id))

    assert gone.status == "cancelled"
