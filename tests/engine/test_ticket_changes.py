"""Tickets of a booking that is there already: other tiers, more, fewer; races beside a control."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text

from holdfast.bootstrap import Engine
from holdfast.domain.access import SYSTEM
from holdfast.domain.bookings import Booking
from holdfast.domain.cancellation_policies import CancellationPolicy
from holdfast.domain.closures import WhenBooked
from holdfast.domain.ids import TenantId
from holdfast.domain.offerings import Offering
from holdfast.domain.policies import Policy
from holdfast.domain.prices import TicketTier
from holdfast.domain.promo_codes import PromoKind
from holdfast.domain.terms import Terms, Tickets
from holdfast.engine.blocks import AddBlock
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.moving import Move
from holdfast.engine.ports import WriteStores
from holdfast.engine.promo_codes import AddPromoCode
from holdfast.engine.slots import AddSlot
from holdfast.storage.database import Database
from holdfast.storage.proving import prove
from holdfast.storage.stores import SqlStores
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    FOR_ADA,
    add_class,
    add_room,
    at,
    cause_of,
    open_desk,
    pointers,
    refusal_of,
    shop_window,
)
from tests.engine.races import HastyStores, Racers, all_at_once, gate

ADULT = TicketTier(key="adult", label="Adult", price_minor=3_500, quota=None)
CHILD = TicketTier(key="child", label="Child", price_minor=1_500, quota=3)
CROWD = 6


def tickets(adults: int, children: int) -> tuple[Tickets, ...]:
    kinds = (Tickets(tier="adult", quantity=adults), Tickets(tier="child", quantity=children))
    return tuple(one for one in kinds if one.quantity)


def add_show(desk: TenantEngine, slug: str = "jazz", places: int | None = 10) -> Offering:
    """Add something with tickets of two tiers in each slot."""
    added = add_class(desk, slug, places=places)
    return desk.offerings.change(added.offering_id, {"ticket_tiers": (ADULT, CHILD)})


def booked(desk: TenantEngine, show: Offering, adults: int, children: int, *codes: str) -> Booking:
    return desk.bookings.place(
        choice=Choice(offering_id=show.offering_id, starts_at=at("20:00", day=1)),
        party_size=adults + children,
        terms=Terms(tickets=tickets(adults, children), promo_codes=codes),
        details=FOR_ADA,
    )


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


def test_other_tickets_are_taken_of_their_tiers_and_priced_anew(
    engine: Engine, desk: TenantEngine
) -> None:
    """AC-D07, AC-F08: by a change and by a move, with the code that was agreed."""
    show = add_show(desk)
    half = AddPromoCode(code="HALF", kind=PromoKind.PERCENT, basis_points=5_000, uses_max=1)
    desk.promo_codes.add(half)
    booking = booked(desk, show, 2, 0, "HALF")

    family = desk.bookings.change(booking.booking_id, {"tickets": tickets(1, 2)})
    too_many = cause_of(partial(booked, desk, show, 0, 2))
    same = desk.bookings.change(booking.booking_id, {"tickets": tickets(1, 2), "party_size": 3})
    later = Move(starts_at=at("21:00", day=1), tickets=tickets(0, 3))
    quoted = desk.quotes.of_move(booking.booking_id, later)
    moved = desk.bookings.reschedule(booking.booking_id, later)
    after = booked(desk, show, 0, 3)

    assert (family.party_size, family.price.amount_minor) == (3, (3_500 + 2 * 1_500) // 2)
    assert family.terms == Terms(tickets=tickets(1, 2), promo_codes=("HALF",))
    assert same == family
    assert too_many["limited_by"] == "child"
    assert (moved.party_size, moved.price.amount_minor) == (3, 3 * 1_500 // 2)
    assert quoted.total == moved.price
    assert after.price.amount_minor == 3 * 1_500
    assert prove(engine.database).violations == ()


def test_tickets_that_cannot_be_had_leave_a_booking_as_it_is(
    engine: Engine, desk: TenantEngine
) -> None:
    show, plain = add_show(desk), add_class(desk, "plain", places=9)
    booking = booked(desk, show, 2, 0)
    other = desk.bookings.place(
        choice=Choice(offering_id=plain.offering_id, starts_at=at("20:00", day=1)), details=FOR_ADA
    )
    change = partial(desk.bookings.change, booking.booking_id)
    unknown = (Tickets(tier="vip", quantity=2),)

    short = cause_of(partial(change, {"tickets": tickets(0, 4)}))
    wrong = [
        pointers(refusal_of(partial(change, changes)))
        for changes in (
            {"tickets": unknown},
            {"tickets": ()},
            {"tickets": tickets(1, 1), "party_size": 3},
            {"tickets": [{"tier": "child"}]},
            {"tickets": (Tickets(tier="child", quantity=0),)},
            {"party_size": 3},
        )
    ]
    none = refusal_of(lambda: desk.bookings.change(other.booking_id, {"tickets": tickets(1, 0)}))

    assert short == {
        "code": "capacity.exceeded",
        "requested": 4,
        "remaining": 3,
        "limited_by": "child",
    }
    assert wrong == [
        [("/tickets/0/tier", "unknown_tier")],
        [("/tickets", "wrong_count")],
        [("/tickets", "wrong_count")],
        [("/tickets", "wrong_type")],
        [("/tickets/0/quantity", "out_of_range")],
        [("/tickets", "wrong_count")],
    ]
    assert pointers(none) == [("/tickets", "not_offered")]
    assert desk.bookings.get(booking.booking_id) == booking
    assert prove(engine.database).violations == ()


def test_the_prices_of_tiers_stand_for_one_that_is_written_on_the_slot(
    desk: TenantEngine,
) -> None:
    show = add_show(desk)
    slot_id = desk.slots.new_id()
    desk.slots.add(
        AddSlot(
            slot_id=slot_id,
            offering_id=show.offering_id,
            starts_at=at("18:00", day=1),
            price_minor=99,
        )
    )

    family = desk.bookings.place(
        choice=Choice(slot_id=slot_id),
        party_size=2,
        terms=Terms(tickets=tickets(1, 1)),
        details=FOR_ADA,
    )

    assert family.price.amount_minor == 3_500 + 1_500


def test_a_quota_that_falls_while_a_slot_is_blocked_counts_once_it_is_open_again(
    engine: Engine, desk: TenantEngine
) -> None:
    room = add_room(desk, capacity=None)
    added = add_class(desk, "jazz", room, places=10)
    show = desk.offerings.change(added.offering_id, {"ticket_tiers": (ADULT, CHILD)})
    booked(desk, show, 0, 1)
    fewer = {"ticket_tiers": (ADULT, replace(CHILD, quota=1))}

    block = desk.blocks.close(
        AddBlock(
            resource_id=room.resource_id,
            starts_at=at("19:00", day=1),
            ends_at=at("22:00", day=1),
            reason="painting",
            when_booked=WhenBooked.LIST,
        )
    )
    desk.offerings.change(show.offering_id, fewer)
    desk.blocks.remove(block.record.block_id)
    refused = cause_of(partial(booked, desk, show, 0, 1))

    assert (refused["code"], refused["limited_by"]) == ("capacity.exceeded", "child")
    assert prove(engine.database).violations == ()


def test_customers_take_dearer_tickets_late_and_no_cheaper_ones(
    engine: Engine, desk: TenantEngine, clock: ManualClock
) -> None:
    """What becomes cheaper gives something up, as with fewer guests."""
    show = add_show(desk)
    late = Policy(cancellation=CancellationPolicy(cutoff=timedelta(days=9)))
    desk.offerings.change(show.offering_id, {"policy": late})
    window = shop_window(engine, desk)
    booking = booked(window, show, 1, 1)

    cheaper = refusal_of(
        lambda: window.bookings.change(booking.booking_id, {"tickets": tickets(0, 2)})
    )
    dearer = window.bookings.change(booking.booking_id, {"tickets": tickets(2, 0)})

    assert cheaper.code == "policy.cancellation_closed"
    assert dearer.price.amount_minor == 7_000


# Races


@pytest.fixture
def racers(fresh_url: Callable[[], str], clock: ManualClock) -> Iterator[Racers]:
    """Engines over one fresh database of each kind in turn."""
    opened = Racers(url=fresh_url(), clock=clock)
    yield opened
    opened.close()


def _change_all(
    racers: Racers, wrap: Callable[[Database], WriteStores], count: int, seconds: float
) -> Counter[str]:
    """Let so many change a ticket of an adult into one of the last of a child, at once."""
    desk = open_desk(racers.first())
    show = add_show(desk, places=None)
    desk.offerings.change(show.offering_id, {"ticket_tiers": (ADULT, replace(CHILD, quota=1))})
    bookings = [booked(desk, show, 1, 0) for _ in range(count)]
    meeting = gate(count, seconds=seconds)
    desks = [
        racers.engine(wrap=wrap, interfere=meeting).at(desk.tenant_id, actor=SYSTEM)
        for _ in bookings
    ]
    acts = [
        partial(one.bookings.change, booking.booking_id, {"tickets": tickets(0, 1)})
        for one, booking in zip(desks, bookings, strict=True)
    ]
    return Counter(all_at_once(acts))


def kinds_found(racers: Racers) -> set[str]:
    return {one.kind for one in prove(racers.databases[0]).violations}


@pytest.mark.race
@pytest.mark.timeout(300)
def test_the_last_ticket_of_a_tier_is_changed_into_once(racers: Racers) -> None:
    """AC-F08, C6."""
    outcomes = _change_all(racers, SqlStores, CROWD, 0.2)

    assert outcomes == {"done": 1, "capacity.exceeded": CROWD - 1}
    assert kinds_found(racers) == set()


def drop_alarm(racers: Racers) -> None:
    """Take away the database's own check of what is used."""
    with racers.first().database.write(TenantId("tnt_none")) as transaction:
        drop = "ALTER TABLE capacity DROP CONSTRAINT ck_capacity_within"
        transaction.connection.execute(text(drop))
        transaction.commit()


@pytest.mark.race
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "kind", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_stores_that_look_before_they_lock_would_let_two_have_it(racers: Racers) -> None:
    """The control, without the database's own alarm; the proof finds what it did."""
    drop_alarm(racers)

    outcomes = _change_all(racers, HastyStores, 2, 10.0)

    assert outcomes == {"done": 2}
    assert kinds_found(racers) == {"counter.out_of_range"}


def _sell_while_the_quota_falls(
    racers: Racers, wrap: Callable[[Database], WriteStores], seconds: float
) -> list[str]:
    """Let one sell the third ticket of a tier while another says that there are only two."""
    desk = open_desk(racers.first())
    show = add_show(desk, places=None)
    booked(desk, show, 0, 2)
    meeting = gate(2, seconds=seconds)
    seller, owner = (
        racers.engine(wrap=wrap, interfere=meeting).at(desk.tenant_id, actor=SYSTEM)
        for _ in range(2)
    )
    fewer = {"ticket_tiers": (ADULT, replace(CHILD, quota=2))}
    return sorted(
        all_at_once(
            [
                partial(booked, seller, show, 0, 1),
                partial(owner.offerings.change, show.offering_id, fewer),
            ]
        )
    )


@pytest.mark.race
@pytest.mark.timeout(300)
def test_a_quota_does_not_fall_below_what_is_sold_at_that_moment(racers: Racers) -> None:
    """C7."""
    assert _sell_while_the_quota_falls(racers, SqlStores, 0.2) == ["capacity.exceeded", "done"]
    assert kinds_found(racers) == set()


@pytest.mark.race
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "kind", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_looking_before_locking_would_let_the_quota_fall_below(racers: Racers) -> None:
    """The control."""
    drop_alarm(racers)

    outcomes = _sell_while_the_quota_falls(racers, HastyStores, 10.0)

    assert outcomes == ["done", "done"]
    assert "counter.out_of_range" in kinds_found(racers)
