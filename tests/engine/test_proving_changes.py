"""The proof of the books after definitions have changed under what is booked."""

from __future__ import annotations

from datetime import timedelta

from holdfast.bootstrap import Engine
from holdfast.domain.requirements import Requirement
from holdfast.domain.resources import Resource
from holdfast.domain.shapes import Shape
from holdfast.engine.blocks import AddBlock
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.limiting import SettleResource
from holdfast.engine.resources import ChangeResource
from holdfast.storage.proving import prove
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    FOR_ADA,
    ROUND_THE_CLOCK,
    add_class,
    add_slot,
    at,
    open_desk,
)
from tests.engine.lived_in import dated, june, offer, timed


def resize(desk: TenantEngine, resource: Resource, capacity: int | None) -> None:
    """Change how many units there are, whatever is claimed."""
    command = ChangeResource(
        resource_id=resource.resource_id,
        changes={"capacity": capacity},
        may_be_over=capacity is not None,
        reason="stocktaking",
    )
    desk.run(command)


def limit(desk: TenantEngine, resource: Resource, capacity: int, clock: ManualClock) -> None:
    """Give a capacity to what was unlimited, and count what is claimed a little later."""
    resize(desk, resource, capacity)
    clock.advance(minutes=2)
    desk.run(SettleResource(resource_id=resource.resource_id, since=clock.now()))


def test_places_of_a_slot_that_was_unlimited_are_proved_once_it_is_limited(
    engine: Engine, clock: ManualClock
) -> None:
    desk = open_desk(engine)
    show = add_class(desk, "show", places=3, openings=())
    slot = add_slot(desk, show, at("19:00"), is_capacity_own=True)
    desk.holds.place(slot_id=slot.slot_id, party_size=3)
    clock.advance(minutes=31)
    for guests in (2, 2, 1):
        desk.bookings.place(slot_id=slot.slot_id, party_size=guests, details=FOR_ADA)
    held = desk.holds.place(slot_id=slot.slot_id)

    desk.slots.limit(slot.slot_id, 3, may_be_over=True, reason="fire brigade")
    clock.advance(minutes=1)
    desk.holds.release(held.hold_id)

    assert prove(engine.database).violations == ()


def test_dates_that_were_unlimited_are_proved_once_they_are_counted(
    engine: Engine, clock: ManualClock
) -> None:
    desk = open_desk(engine, zone="Europe/Paris")
    kayaks = dated(desk, "Kayaks", None)
    paddle = offer(desk, "paddle", kayaks, shape=Shape.DAYS)
    for _ in range(3):
        choice = Choice(offering_id=paddle.offering_id, dates=june(10, 11, 14))
        desk.bookings.place(choice=choice, details=FOR_ADA)
    desk.holds.place(choice=Choice(offering_id=paddle.offering_id, dates=june(11)))
    long = Choice(offering_id=paddle.offering_id, dates=june(2, 10))
    desk.holds.place(choice=long, ttl=timedelta(days=3))
    clock.advance(minutes=40)

    limit(desk, kayaks, 2, clock)

    assert prove(engine.database).violations == ()


def test_a_stay_that_is_partly_over_when_it_is_counted_is_proved_all_the_same(
    engine: Engine, clock: ManualClock
) -> None:
    desk = open_desk(engine, zone="Europe/Paris")
    kayaks = dated(desk, "Kayaks", None)
    paddle = offer(desk, "paddle", kayaks, shape=Shape.DAYS)
    choice = Choice(offering_id=paddle.offering_id, dates=june(2, 5))
    desk.bookings.place(choice=choice, details=FOR_ADA)
    clock.advance(days=3)

    limit(desk, kayaks, 2, clock)
    limited = prove(engine.database).violations
    clock.advance(days=3)
    resize(desk, kayaks, 3)
    larger = prove(engine.database).violations
    resize(desk, kayaks, None)

    assert (limited, larger, prove(engine.database).violations) == ((), (), ())


def test_a_block_that_is_partly_over_when_its_resource_is_limited_is_proved_in_both_places(
    engine: Engine, clock: ManualClock
) -> None:
    desk = open_desk(engine)
    lawn = timed(desk, "Lawn", None)
    starts_at, ends_at = at("00:00"), at("00:00", day=80)
    desk.blocks.add(AddBlock(resource_id=lawn.resource_id, starts_at=starts_at, ends_at=ends_at))
    clock.advance(days=40)

    limit(desk, lawn, 2, clock)

    assert prove(engine.database).violations == ()


def test_a_hold_over_the_limit_that_is_converted_is_proved(
    engine: Engine, clock: ManualClock
) -> None:
    desk = open_desk(engine)
    bench = timed(desk, "bench", 5)
    pair = Requirement(resource_id=bench.resource_id, quantity=2)
    sit = offer(desk, "sit", pair, opening=ROUND_THE_CLOCK)
    held = [desk.holds.place(offering_id=sit.offering_id, starts_at=at("10:00")) for _ in "ab"]
    clock.advance(minutes=1)

    resize(desk, bench, 3)
    for hold in held:
        desk.bookings.convert(hold.hold_id, details=FOR_ADA)

    assert prove(engine.database).violations == ()
