"""Pools that are over their capacity: a member that becomes free is owed, and not sold again."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import SYSTEM
from holdfast.domain.bookings import Booking
from holdfast.domain.closures import WhenBooked
from holdfast.domain.errors import CapacityExceeded
from holdfast.domain.ids import BlockId, BookingId, ResourceId
from holdfast.domain.offerings import Offering
from holdfast.domain.resources import Resource
from holdfast.domain.shapes import Shape
from holdfast.engine.blocks import AddBlock
from holdfast.engine.calendars import AdjustDays
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.moving import Move
from holdfast.engine.placing import POOL_LOCK_MAX
from holdfast.engine.pools import AddPool
from holdfast.engine.ports import WriteStores
from holdfast.storage.database import Database
from holdfast.storage.proving import prove
from holdfast.storage.stores import SqlStores
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    FOR_ADA,
    HOUR,
    ROUND_THE_CLOCK,
    at,
    book,
    cause_of,
    open_desk,
    refusal_of,
    remaining,
)
from tests.engine.lived_in import STAFF, any_of, dated, june, offer, timed
from tests.engine.races import HastyStores, Racers, all_at_once, gate

NOON = at("12:00")


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


def pooled(
    desk: TenantEngine, slug: str, *members: Resource, shape: Shape | None = None
) -> Offering:
    """Add an offering that any of some resources serve."""
    ids = tuple(one.resource_id for one in members)
    needed = any_of(desk.pools.add(AddPool(name=slug, resource_ids=ids)))
    if shape is not None:
        return offer(desk, slug, needed, shape=shape)
    return offer(desk, slug, needed, opening=ROUND_THE_CLOCK)


def squeeze(desk: TenantEngine, choice: Choice, resource: Resource) -> Booking:
    """Have staff put one more on a resource that is taken."""
    wanted = Choice(
        offering_id=choice.offering_id,
        starts_at=choice.starts_at,
        dates=choice.dates,
        picks=(resource.resource_id,),
    )
    return desk.bookings.place(choice=wanted, details=FOR_ADA, override=STAFF)


def test_what_becomes_free_in_a_pool_that_is_over_is_not_sold_until_it_is_over_no_longer(
    engine: Engine, desk: TenantEngine
) -> None:
    """AC-C10, AC-E05: of two chairs with three customers, two are sold."""
    first, second = timed(desk, "C1", 1), timed(desk, "C2", 1)
    cut = pooled(desk, "cut", first, second)
    choice = Choice(offering_id=cut.offering_id, starts_at=NOON)
    one, other = book(desk, cut, NOON), book(desk, cut, NOON)
    third = squeeze(desk, choice, first)
    left = remaining(desk, cut, NOON)
    desk.bookings.cancel(other.booking_id)

    while_over = cause_of(lambda: book(desk, cut, NOON))
    named = cause_of(
        lambda: desk.bookings.place(
            choice=Choice(offering_id=cut.offering_id, starts_at=NOON, picks=(second.resource_id,)),
            details=FOR_ADA,
        )
    )
    listed = remaining(desk, cut, NOON)
    elsewhere = remaining(desk, cut, at("14:00"))
    verdict = desk.availability.check(choice=choice)
    alone = Choice(resource_id=second.resource_id, starts_at=NOON, ends_at=NOON + HOUR)
    by_itself = desk.availability.check(choice=alone)
    desk.bookings.cancel(third.booking_id)

    assert [one.assigned[0].name, other.assigned[0].name, third.assigned[0].name] == [
        "C1",
        "C2",
        "C1",
    ]
    assert (left, listed, elsewhere) == (0, 0, 2)
    assert while_over["code"] == named["code"] == "capacity.exceeded"
    assert (verdict.can_book, verdict.availability.requirements[0].free) == (False, 0)
    assert by_itself.can_book
    assert book(desk, cut, NOON).assigned[0].name == "C2"
    assert refusal_of(lambda: book(desk, cut, NOON)).code == "capacity.exceeded"
    assert prove(engine.database).violations == ()


def test_who_is_in_a_pool_that_is_over_may_change_there_and_is_moved_to_what_is_free(
    engine: Engine, desk: TenantEngine
) -> None:
    first, second = timed(desk, "C1", 1), timed(desk, "C2", 1)
    cut = pooled(desk, "cut", first, second)
    choice = Choice(offering_id=cut.offering_id, starts_at=NOON)
    book(desk, cut, NOON)
    other = book(desk, cut, NOON)
    third = squeeze(desk, choice, first)

    bigger = desk.bookings.change(other.booking_id, {"party_size": 2})
    desk.bookings.cancel(other.booking_id)
    moved = desk.bookings.reschedule(third.booking_id, Move(picks=(second.resource_id,)))
    desk.bookings.reschedule(third.booking_id, Move(starts_at=at("14:00")))

    held = desk.holds.place(choice=Choice(offering_id=cut.offering_id, starts_at=NOON))
    squeeze(desk, choice, first)
    again = desk.holds.place(choice=choice, instead_of=held.hold_id)

    assert [one.name for one in again.assigned] == ["C2"]
    assert (bigger.party_size, bigger.assigned[0].name) == (2, "C2")
    assert moved.assigned[0].name == "C2"
    assert prove(engine.database).violations == ()


def test_whose_chair_is_blocked_has_the_other_one_kept_for_them(
    engine: Engine, desk: TenantEngine
) -> None:
    """AC-B14, AC-E05: a block over bookings takes no more than there is either."""
    first, second = timed(desk, "C1", 1), timed(desk, "C2", 1)
    cut = pooled(desk, "cut", first, second)
    one = book(desk, cut, NOON)
    desk.run(
        AddBlock(
            resource_id=first.resource_id,
            starts_at=NOON,
            ends_at=NOON + HOUR,
            when_booked=WhenBooked.LIST,
        )
    )

    refused = refusal_of(lambda: book(desk, cut, NOON))
    reassigned = desk.reassigning.reassign(one.booking_id)

    assert refused.code == "capacity.exceeded"
    assert reassigned.assigned[0].name == "C2"
    assert prove(engine.database).violations == ()


def test_days_of_a_pool_are_counted_together_when_one_of_them_was_lowered(
    engine: Engine, desk: TenantEngine
) -> None:
    """AC-C03, AC-C11: a stolen bike that is booked is owed by the other shed."""
    north, south = dated(desk, "North", 2), dated(desk, "South", 2)
    ride = pooled(desk, "ride", north, south, shape=Shape.DAYS)
    days = Choice(offering_id=ride.offering_id, dates=june(10, 11))
    for _ in range(2):
        squeeze(desk, days, north)
    desk.run(
        AdjustDays(
            resource_id=north.resource_id,
            dates=june(10),
            delta=-1,
            reason="stolen",
            may_be_over=True,
        )
    )

    def ride_on(*dates: int) -> Booking:
        choice = Choice(offering_id=ride.offering_id, dates=june(*dates))
        return desk.bookings.place(choice=choice, details=FOR_ADA)

    first = ride_on(10, 11)
    refused = refusal_of(lambda: ride_on(10, 11))

    assert (first.assigned[0].name, refused.code) == ("South", "capacity.exceeded")
    assert ride_on(11).assigned[0].name == "South"
    assert refusal_of(lambda: ride_on(10)).code == "capacity.exceeded"
    assert prove(engine.database).violations == ()


@pytest.mark.parametrize("is_dated", [False, True])
def test_a_pool_too_large_to_lock_as_a_whole_owes_what_its_members_are_over_as_well(
    engine: Engine, desk: TenantEngine, *, is_dated: bool
) -> None:
    add = dated if is_dated else timed
    boats = [add(desk, f"Boat {number}", 1) for number in range(POOL_LOCK_MAX + 2)]
    trip = pooled(desk, "trip", *boats, shape=Shape.DAYS if is_dated else None)
    choice = Choice(offering_id=trip.offering_id, starts_at=NOON)
    if is_dated:
        choice = Choice(offering_id=trip.offering_id, dates=june(10))
    made = [desk.bookings.place(choice=choice, details=FOR_ADA) for _ in range(POOL_LOCK_MAX + 2)]
    over = squeeze(desk, choice, boats[-1])
    desk.bookings.cancel(made[0].booking_id)

    refused = refusal_of(lambda: desk.bookings.place(choice=choice, details=FOR_ADA))
    desk.bookings.cancel(over.booking_id)

    assert refused.code == "capacity.exceeded"
    assert desk.bookings.place(choice=choice, details=FOR_ADA).assigned[0].name == "Boat 0"


# Against a model that counts hours one by one


@dataclass(kw_only=True)
class Yard:
    """Three rooms of one pool: who is in which of them, hour by hour."""

    caps: dict[ResourceId, int]
    used: Counter[tuple[ResourceId, datetime]] = field(default_factory=Counter)
    blocked: dict[BlockId, tuple[ResourceId, tuple[datetime, ...]]] = field(default_factory=dict)

    def left(self, room: ResourceId, hour: datetime) -> int:
        """How many more there could be in an hour; less than none if there are too many."""
        closed = sum(room == one and hour in hours for one, hours in self.blocked.values())
        return self.caps[room] * (1 - closed) - self.used[room, hour]

    def may(self, hours: tuple[datetime, ...]) -> bool:
        """Whether one more may come: one room has a place, and all of them together do."""
        closed = {room for room, taken in self.blocked.values() if set(taken) & set(hours)}
        able = [room for room in self.caps if room not in closed]
        has_room = any(all(self.left(room, hour) > 0 for hour in hours) for room in able)
        return has_room and all(
            sum(self.left(room, hour) for room in able)
            + sum(min(0, self.left(room, hour)) for room in closed)
            > 0
            for hour in hours
        )

    def put(self, booking: Booking, hours: tuple[datetime, ...], sign: int = 1) -> None:
        """Write down who serves."""
        for hour in hours:
            self.used[booking.assigned[0].resource_id, hour] += sign


@pytest.mark.parametrize("seed", range(4))
def test_a_pool_sells_what_all_of_its_members_have_together_and_no_more(
    engine: Engine, desk: TenantEngine, seed: int
) -> None:
    chance = random.Random(seed)
    rooms = [timed(desk, f"Room {number}", cap) for number, cap in enumerate((1, 1, 2))]
    pool = desk.pools.add(AddPool(name="all", resource_ids=tuple(one.resource_id for one in rooms)))
    play = offer(desk, "play", any_of(pool), shape=Shape.FREE, is_always_open=True)
    yard = Yard(caps={one.resource_id: one.capacity or 0 for one in rooms})
    live: dict[BookingId, tuple[Booking, tuple[datetime, ...]]] = {}
    answers: Counter[tuple[str, bool]] = Counter()
    for _ in range(60):
        start = at(f"{chance.randrange(10, 14)}:00")
        hours = tuple(start + n * HOUR for n in range(chance.randrange(1, 4)))
        ends_at = hours[-1] + HOUR
        match chance.choices(("book", "force", "cancel", "block", "unblock"), (6, 2, 3, 1, 2))[0]:
            case "book":
                choice = Choice(offering_id=play.offering_id, starts_at=start, ends_at=ends_at)
                expected = yard.may(hours)
                answers["book", expected] += 1
                verdict = desk.availability.check(choice)
                left = verdict.availability.remaining or 0
                assert (verdict.can_book, left > 0) == (expected, expected)
                try:
                    booking = desk.bookings.place(choice=choice, details=FOR_ADA)
                except CapacityExceeded:
                    assert not expected
                    continue
                assert expected
                yard.put(booking, hours)
                live[booking.booking_id] = booking, hours
            case "force":
                room = chance.choice(rooms).resource_id
                choice = Choice(
                    offering_id=play.offering_id, starts_at=start, ends_at=ends_at, picks=(room,)
                )
                if any(room == one for one, _ in yard.blocked.values()):
                    continue
                booking = desk.bookings.place(choice=choice, details=FOR_ADA, override=STAFF)
                yard.put(booking, hours)
                live[booking.booking_id] = booking, hours
            case "cancel" if live:
                booking, hours = live.pop(chance.choice(sorted(live)))
                desk.bookings.cancel(booking.booking_id)
                yard.put(booking, hours, sign=-1)
            case "block" if len(yard.blocked) < 2:
                room = chance.choice(rooms).resource_id
                if any(room == one for one, _ in yard.blocked.values()):
                    continue
                placed = desk.blocks.add(
                    AddBlock(
                        resource_id=room,
                        starts_at=start,
                        ends_at=ends_at,
                        when_booked=WhenBooked.LIST,
                    )
                )
                yard.blocked[placed.block_id] = room, hours
            case "unblock" if yard.blocked:
                block_id = chance.choice(sorted(yard.blocked))
                desk.blocks.remove(block_id)
                del yard.blocked[block_id]
            case _:
                pass

    assert min(answers["book", True], answers["book", False]) > 3
    assert prove(engine.database).violations == ()


# At once


@pytest.fixture
def racers(fresh_url: Callable[[], str], clock: ManualClock) -> Iterator[Racers]:
    """Engines over one database."""
    racers = Racers(url=fresh_url(), clock=clock)
    yield racers
    racers.close()


@pytest.mark.parametrize(("wrap", "sold"), [(SqlStores, 1), (HastyStores, 2)])
def test_two_who_want_the_one_place_that_a_pool_does_not_owe_do_not_both_get_it(
    racers: Racers, wrap: Callable[[Database], WriteStores], sold: int
) -> None:
    """With stores that lock nothing both get one: the danger is there."""
    desk = open_desk(racers.first())
    rooms = [timed(desk, name, 2) for name in ("Red", "Green", "Blue")]
    pool = desk.pools.add(AddPool(name="all", resource_ids=tuple(one.resource_id for one in rooms)))
    whole = any_of(pool)
    play = offer(desk, "play", whole, opening=ROUND_THE_CLOCK)
    choice = Choice(offering_id=play.offering_id, starts_at=NOON)
    made = [desk.bookings.place(choice=choice, details=FOR_ADA) for _ in range(6)]
    squeeze(desk, choice, rooms[0])
    for one in [one for one in made if one.assigned[0].name != "Red"][:2]:
        desk.bookings.cancel(one.booking_id)
    together = gate(2, seconds=0.5 if wrap is SqlStores else 10.0)
    crowd = [
        racers.engine(wrap=wrap, interfere=together).at(desk.tenant_id, actor=SYSTEM)
        for _ in range(2)
    ]

    codes = all_at_once(
        [partial(one.bookings.place, choice=choice, details=FOR_ADA) for one in crowd]
    )

    assert sorted(codes) == ["capacity.exceeded"] * (2 - sold) + ["done"] * sold
