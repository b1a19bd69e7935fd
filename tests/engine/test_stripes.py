"""Stripes: the places of a hot slot over several counters, exact like one counter."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import SYSTEM
from holdfast.domain.bookings import Booking
from holdfast.domain.closures import WhenBooked
from holdfast.domain.errors import InputInvalid, RecordInUse
from holdfast.domain.overrides import Override
from holdfast.domain.slots import Slot
from holdfast.engine import placing
from holdfast.engine.facade import TenantEngine
from holdfast.engine.making import Details
from holdfast.engine.schedules import WeeklyOpening
from holdfast.storage.database import Database
from holdfast.storage.proving import prove
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    EVERY_DAY,
    add_class,
    add_room,
    add_slot,
    at,
    open_desk,
    pointers,
    refusal_of,
)
from tests.engine.races import Racers, all_at_once
from tests.engine.tables import records

GUEST = Details(external_order_id="order 1")
EVENING = at("20:00")


def open_evening(desk: TenantEngine, *, places: int, stripes: int) -> Slot:
    """Open an evening whose places are spread over some counters."""
    concert = add_class(desk, "concert", places=places, openings=())
    evening = add_slot(desk, concert, EVENING)
    return desk.slots.stripe(evening.slot_id, stripes)


def open_scheduled(desk: TenantEngine, *, places: int, stripes: int) -> Slot:
    """Store the evening of a schedule, and spread its places over some counters."""
    daily = WeeklyOpening(weekdays=EVERY_DAY, opens_minute=20 * 60, closes_minute=21 * 60)
    concert = add_class(desk, "concert", places=places, openings=(daily,))
    made = desk.slots.generate(
        concert.offering_id, starts_from=at("00:00"), starts_before=at("00:00", day=1)
    )
    return desk.slots.stripe(made.slots[0].slot_id, stripes)


def book(desk: TenantEngine, slot: Slot, guests: int = 1) -> Booking:
    """Book some places."""
    return desk.bookings.place(slot_id=slot.slot_id, party_size=guests, details=GUEST)


def left(desk: TenantEngine, slot: Slot) -> int | None:
    """How many places are shown as left; None when the slot is not listed."""
    slots = desk.availability.list(slot.offering_id, starts_at=at("00:00"), ends_at=at("23:00"))
    return next((one.remaining for one in slots.slots if one.slot_id == slot.slot_id), None)


@pytest.mark.parametrize("seed", range(6))
def test_stripes_answer_as_one_counter_would(desk: TenantEngine, seed: int) -> None:
    """Of a slot that was made by hand, and of a schedule's."""
    chance = random.Random(seed)
    places = chance.randint(5, 30)
    opened = open_evening if seed % 2 else open_scheduled
    slot = opened(desk, places=places, stripes=chance.choice([2, 3, 8]))
    live: list[Booking] = []
    taken = 0

    for _ in range(60):
        guests = chance.randint(1, 6)
        if live and chance.random() < 0.4:
            gone = live.pop(chance.randrange(len(live)))
            desk.bookings.cancel(gone.booking_id)
            taken -= gone.party_size
        elif taken + guests <= places:
            live.append(book(desk, slot, guests))
            taken += guests
        else:
            refusal = refusal_of(partial(book, desk, slot, guests))
            assert (refusal.code, refusal.fields["remaining"]) == (
                "capacity.exceeded",
                places - taken,
            )
        assert left(desk, slot) == (places - taken or None)


def test_a_party_takes_from_several_stripes_when_none_has_them_all(desk: TenantEngine) -> None:
    slot = open_evening(desk, places=8, stripes=4)

    booked = book(desk, slot, 5)
    refusal = refusal_of(lambda: book(desk, slot, 4))
    desk.bookings.cancel(booked.booking_id)

    assert refusal.fields["remaining"] == 3
    assert left(desk, slot) == 8


def test_stripes_are_switched_on_and_off_as_the_operator_likes(desk: TenantEngine) -> None:
    slot = open_evening(desk, places=6, stripes=1)
    first = book(desk, slot, 3)

    striped = desk.slots.stripe(slot.slot_id, 3)
    rest = [book(desk, slot) for _ in range(3)]
    full = refusal_of(lambda: book(desk, slot))
    held = refusal_of(lambda: desk.slots.stripe(slot.slot_id, 1))
    for one in (first, *rest):
        desk.bookings.cancel(one.booking_id)
    single = desk.slots.stripe(slot.slot_id, 1)

    assert (striped.stripes, single.stripes) == (3, 1)
    assert (full.code, type(held)) == ("capacity.exceeded", RecordInUse)
    assert book(desk, slot, 6).party_size == 6


def test_the_capacity_of_a_striped_slot_can_change(desk: TenantEngine) -> None:
    slot = open_evening(desk, places=4, stripes=4)
    book(desk, slot, 3)

    too_few = refusal_of(lambda: desk.slots.change(slot.slot_id, {"capacity": 2}))
    desk.slots.change(slot.slot_id, {"capacity": 10})

    assert too_few.code == "capacity.exceeded"
    assert (left(desk, slot), book(desk, slot, 7).party_size, left(desk, slot)) == (7, 7, None)


def test_not_even_staff_go_over_the_limit_of_stripes(desk: TenantEngine) -> None:
    """A place given back in one stripe would be sold while another one is over."""
    slot = open_evening(desk, places=3, stripes=2)
    over = Override(reason="The mayor.", capacity=True)

    def squeeze(guests: int) -> Booking:
        return desk.bookings.place(
            slot_id=slot.slot_id, party_size=guests, details=GUEST, override=over
        )

    refusal = refusal_of(partial(squeeze, 4))
    fitting = squeeze(3)
    lowered = refusal_of(
        lambda: desk.slots.change(
            slot.slot_id, {"capacity": 2}, may_be_over=True, reason="fire rules"
        )
    )
    desk.bookings.cancel(fitting.booking_id)
    desk.slots.stripe(slot.slot_id, 1)
    squeeze(4)

    assert (refusal.fields["remaining"], lowered.code) == (3, "capacity.exceeded")
    assert type(refusal_of(lambda: desk.slots.stripe(slot.slot_id, 2))) is RecordInUse


def test_a_hold_in_a_striped_slot_is_kept_converted_and_given_back(
    desk: TenantEngine, clock: ManualClock
) -> None:
    slot = open_evening(desk, places=2, stripes=2)
    kept = desk.holds.place(slot_id=slot.slot_id)
    lapsing = desk.holds.place(slot_id=slot.slot_id)

    desk.holds.extend(kept.hold_id)
    booked = desk.bookings.convert(kept.hold_id, details=GUEST)
    clock.set(lapsing.expires_at)

    assert book(desk, slot).party_size == 1  # where the lapsed hold was
    assert refusal_of(lambda: book(desk, slot)).code == "capacity.exceeded"
    assert desk.bookings.cancel(booked.booking_id).status.value == "cancelled"


def test_a_cancelled_evening_gives_everything_back(desk: TenantEngine) -> None:
    slot = open_evening(desk, places=9, stripes=3)
    booked = [book(desk, slot, 2) for _ in range(4)]

    closed = desk.slots.cancel(slot.slot_id, when_booked=WhenBooked.CANCEL)

    assert closed.record.status.value == "cancelled"
    assert {desk.bookings.get(one.booking_id).status.value for one in booked} == {"cancelled"}


def test_only_counted_places_have_stripes_and_no_rooms_that_demand_takes(
    desk: TenantEngine,
) -> None:
    endless = add_class(desk, "endless", places=None, openings=())
    slot = add_slot(desk, endless, EVENING)

    unlimited = refusal_of(lambda: desk.slots.stripe(slot.slot_id, 4))
    too_many = refusal_of(lambda: desk.slots.stripe(slot.slot_id, 33))

    lesson = add_class(desk, "lesson", add_room(desk), places=5)
    lessons = desk.slots.generate(
        lesson.offering_id, starts_from=EVENING, starts_before=at("21:00")
    ).slots
    in_a_room = refusal_of(lambda: desk.slots.stripe(lessons[0].slot_id, 4))

    assert (type(unlimited), type(too_many)) == (InputInvalid, InputInvalid)
    assert pointers(in_a_room) == [("/stripes", "opened_by_demand")]


@pytest.fixture
def desk(engine: Engine, database: Database) -> Iterator[TenantEngine]:
    """A business whose books are proved when the test is over."""
    yield open_desk(engine)
    assert prove(database).violations == ()


# Races


@pytest.fixture
def racers(fresh_url: Callable[[], str], clock: ManualClock) -> Iterator[Racers]:
    """Engines over one fresh database of each kind in turn."""
    opened = Racers(url=fresh_url(), clock=clock)
    yield opened
    opened.close()


def rush(racers: Racers, *, places: int, stripes: int, buyers: int) -> list[str]:
    """Let buyers come to two engines at once; return what they were told."""
    first = open_desk(racers.first())
    slot = open_evening(first, places=places, stripes=stripes)
    engines = [racers.engine() for _ in range(2)]
    desks = [engine.at(first.tenant_id, actor=SYSTEM) for engine in engines]

    def buy(number: int) -> Callable[[], object]:
        return lambda: book(desks[number % 2], slot)

    return all_at_once([buy(number) for number in range(buyers)])


@pytest.mark.race
@pytest.mark.timeout(300)
def test_a_rush_sells_every_place_of_all_stripes_and_none_twice(racers: Racers) -> None:
    told = rush(racers, places=24, stripes=4, buyers=32)

    assert (told.count("done"), told.count("capacity.exceeded")) == (24, 8)
    assert prove(racers.databases[0]).violations == ()


@pytest.mark.race
@pytest.mark.timeout(300)
def test_who_looks_at_one_stripe_only_is_refused_while_places_are_left(
    racers: Racers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: without looking at all stripes, places are left unsold."""
    monkeypatch.setattr(placing, "_has_all_stripes", lambda view, target: True)

    told = rush(racers, places=24, stripes=4, buyers=32)

    sold = sum(slot.party_size for slot in records(racers.databases[0], Booking))
    assert (told.count("done"), sold) == (sold, sold)
    assert sold < 24
