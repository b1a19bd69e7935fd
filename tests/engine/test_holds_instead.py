"""Holds instead of others: given back and taken in one step, or nothing at all."""

from __future__ import annotations

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import BookingStatus
from holdfast.domain.holds import HoldStatus
from holdfast.domain.promo_codes import PromoKind
from holdfast.domain.terms import Terms
from holdfast.engine.facade import TenantEngine
from holdfast.engine.promo_codes import AddPromoCode
from holdfast.storage.database import Database
from holdfast.storage.proving import prove
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    FOR_ADA,
    add_class,
    add_offering,
    add_room,
    at,
    cause_of,
    open_desk,
    remaining,
    shop_window,
)
from tests.engine.invariants import faults_in


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


def test_a_hold_instead_of_another_is_not_in_its_way_and_gives_it_back(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    cut = add_offering(desk, "cut", add_room(desk))
    first = desk.holds.place(offering_id=cut.offering_id, starts_at=at("12:00"))
    clock.advance(minutes=10)

    again = desk.holds.place(
        offering_id=cut.offering_id, starts_at=at("12:00"), instead_of=first.hold_id
    )
    later = desk.holds.place(
        offering_id=cut.offering_id, starts_at=at("13:00"), instead_of=again.hold_id
    )

    assert [desk.holds.get(one.hold_id).status for one in (first, again, later)] == [
        HoldStatus.RELEASED,
        HoldStatus.RELEASED,
        HoldStatus.ACTIVE,
    ]
    # Of the same time it can be made to last no longer than the first one could.
    assert (again.ceiling_at, later.ceiling_at) == (at("10:00"), at("10:10"))
    assert [remaining(desk, cut, at(time)) for time in ("12:00", "13:00")] == [1, 0]
    assert faults_in(database, clock.now()) == []


def test_in_a_slot_of_one_place_the_same_place_is_kept_anew(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    yoga = add_class(desk, "yoga", add_room(desk), places=1)
    first = desk.holds.place(offering_id=yoga.offering_id, starts_at=at("12:00"))

    again = desk.holds.place(
        offering_id=yoga.offering_id, starts_at=at("12:00"), instead_of=first.hold_id
    )
    booking = desk.bookings.convert(again.hold_id, details=FOR_ADA)

    assert (again.slot_id, booking.status) == (first.slot_id, BookingStatus.CONFIRMED)
    assert remaining(desk, yoga, at("12:00")) == 0
    assert faults_in(database, clock.now()) == []


def test_what_it_used_of_a_code_is_used_by_the_one_that_stands_for_it(
    desk: TenantEngine, database: Database
) -> None:
    cut = add_offering(desk, "cut", add_room(desk), price_minor=2_500)
    desk.promo_codes.add(
        AddPromoCode(code="once", kind=PromoKind.PERCENT, basis_points=2_000, uses_max=1)
    )
    plain = desk.holds.place(offering_id=cut.offering_id, starts_at=at("12:00"))
    terms = Terms(promo_codes=("once",))

    coded = desk.holds.place(
        offering_id=cut.offering_id, starts_at=at("12:00"), terms=terms, instead_of=plain.hold_id
    )
    moved = desk.holds.place(
        offering_id=cut.offering_id, starts_at=at("14:00"), terms=terms, instead_of=coded.hold_id
    )
    other = cause_of(
        lambda: desk.holds.place(offering_id=cut.offering_id, starts_at=at("16:00"), terms=terms)
    )

    assert [one.price.amount_minor for one in (plain, coded, moved)] == [2_500, 2_000, 2_000]
    assert (other["code"], other["reason"]) == ("promo.refused", "used_up")
    assert [str(one) for one in prove(database).violations] == []


def test_a_hold_that_is_refused_leaves_the_one_that_it_would_have_stood_for(
    desk: TenantEngine,
) -> None:
    cut = add_offering(desk, "cut", add_room(desk))
    mine = desk.holds.place(offering_id=cut.offering_id, starts_at=at("12:00"))
    theirs = desk.holds.place(offering_id=cut.offering_id, starts_at=at("13:00"))

    cause = cause_of(
        lambda: desk.holds.place(
            offering_id=cut.offering_id, starts_at=at("13:00"), instead_of=mine.hold_id
        )
    )

    assert cause["code"] == "capacity.exceeded"
    assert desk.holds.get(mine.hold_id) == mine
    assert desk.holds.get(theirs.hold_id) == theirs


def test_nobody_places_a_hold_instead_of_somebody_elses(engine: Engine, desk: TenantEngine) -> None:
    cut = add_offering(desk, "cut", add_room(desk))
    mine = desk.holds.place(offering_id=cut.offering_id, starts_at=at("12:00"))
    other = shop_window(engine, desk)

    cause = cause_of(
        lambda: other.holds.place(
            offering_id=cut.offering_id, starts_at=at("14:00"), instead_of=mine.hold_id
        )
    )

    assert cause["code"] == "record.not_found"
    assert desk.holds.get(mine.hold_id) == mine
