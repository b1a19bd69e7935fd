"""What moves cost: parts that are given up, and offerings that have another currency by now."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import Booking
from holdfast.domain.cancellation_policies import CancellationPolicy
from holdfast.domain.money import Money
from holdfast.domain.offerings import Component, Offering
from holdfast.domain.policies import Policy
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.moving import Move
from tests.engine.businesses import (
    FOR_ADA,
    add_offering,
    add_room,
    at,
    open_desk,
    refusal_of,
    shop_window,
)

LATE = Policy(cancellation=CancellationPolicy(cutoff=timedelta(days=9)))
WITH_LUNCH = ("hall", "lunch")


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


@pytest.fixture
def outing(desk: TenantEngine) -> Offering:
    """Something with a part that costs nothing by itself, and that can hardly be cancelled."""
    added = add_offering(desk, "outing", add_room(desk, capacity=9), price_minor=1_000, policy=LATE)
    parts = tuple(Component(key=key, name=key.capitalize()) for key in WITH_LUNCH)
    return desk.offerings.change(added.offering_id, {"components": parts})


def booked(port: TenantEngine, outing: Offering) -> Booking:
    choice = Choice(
        offering_id=outing.offering_id, starts_at=at("12:00", day=1), components=WITH_LUNCH
    )
    return port.bookings.place(choice=choice, details=FOR_ADA, party_size=2)


def test_customers_do_not_give_up_a_part_late_and_staff_may(
    engine: Engine, desk: TenantEngine, outing: Offering
) -> None:
    """Though it costs the same, and at another time too."""
    window = shop_window(engine, desk)
    booking = booked(window, outing)
    moves = (
        Move(components=("hall",)),
        Move(components=("hall",), starts_at=at("15:00", day=1)),
        Move(party_size=1),
    )

    tries = [partial(window.bookings.reschedule, booking.booking_id, move) for move in moves]

    assert {refusal_of(one).code for one in tries} == {"policy.cancellation_closed"}
    assert desk.bookings.get(booking.booking_id) == booking
    assert desk.bookings.reschedule(booking.booking_id, moves[1]).components == ("hall",)
    assert desk.bookings.reschedule(booking.booking_id, moves[2]).party_size == 1


def test_another_currency_is_agreed_while_nothing_is_paid_and_by_customers_in_good_time_only(
    engine: Engine, desk: TenantEngine, outing: Offering
) -> None:
    """Whether a price has fallen cannot be told across currencies."""
    window = shop_window(engine, desk)
    mine, paid = booked(window, outing), booked(window, outing)
    desk.bookings.record_paid(paid.booking_id, paid_minor=1_000)
    yen = Money(amount_minor=200_000, currency="JPY")
    desk.offerings.change(outing.offering_id, {"price": yen})
    later = Move(starts_at=at("15:00", day=1))
    larger: dict[str, object] = {"party_size": 3}

    by_customer = refusal_of(lambda: window.bookings.change(mine.booking_id, larger))
    when_paid = [
        refusal_of(partial(desk.bookings.reschedule, paid.booking_id, later)),
        refusal_of(partial(desk.bookings.change, paid.booking_id, larger)),
    ]
    kept = desk.bookings.reschedule(paid.booking_id, later, keeps_price=True)
    moved = desk.bookings.reschedule(mine.booking_id, later)

    assert by_customer.code == "policy.cancellation_closed"
    assert {one.code for one in when_paid} == {"state.transition_not_allowed"}
    assert "JPY" in when_paid[0].detail
    assert (kept.price, kept.starts_at) == (paid.price, at("15:00", day=1))
    assert moved.price == yen
