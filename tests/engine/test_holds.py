"""Holds: placed, read, extended, released, expired, converted once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.customers import Contact
from holdfast.domain.holds import AssignedResource, Hold, HoldStatus, time_left
from holdfast.domain.ids import HoldId, generated_slot_id
from holdfast.domain.money import Money
from holdfast.domain.strategies import Chosen
from holdfast.engine.facade import TenantEngine
from holdfast.engine.holds import ExpireHold
from holdfast.engine.making import Details
from holdfast.engine.reading import PageRequest
from holdfast.storage.database import Database
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    ADA,
    FOR_ADA,
    HOUR,
    INSTANT,
    MINUTE,
    add_class,
    add_offering,
    add_room,
    at,
    cause_of,
    closed,
    hold,
    open_desk,
    plain_line,
    remaining,
    shop_window,
    short,
)
from tests.engine.invariants import faults_in
from tests.engine.tables import counting


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


def test_a_hold_says_all_that_it_keeps_and_is_read_as_it_was_placed(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-C04."""
    room = add_room(desk, "Blue room")
    cut = add_offering(desk, "cut", room, price_minor=2_500)

    placed = desk.holds.place(
        offering_id=cut.offering_id,
        starts_at=at("12:00"),
        client_key="cart 7",
        contact=ADA,
        metadata={"shop": "web"},
    )

    assert placed == Hold(
        hold_id=placed.hold_id,
        status=HoldStatus.ACTIVE,
        offering_id=cut.offering_id,
        slot_id=generated_slot_id(cut.offering_id, at("12:00")),
        starts_at=at("12:00"),
        ends_at=at("13:00"),
        party_size=1,
        assigned=(
            AssignedResource(
                resource_id=room.resource_id, name="Blue room", units=1, reason=Chosen.NEEDED
            ),
        ),
        price=Money(amount_minor=2_500, currency="EUR"),
        client_key="cart 7",
        contact=ADA,
        placed_by="system",
        is_public=False,
        expires_at=at("08:30"),
        ceiling_at=at("10:00"),
        extension_count=0,
        booking_id=None,
        metadata={"shop": "web"},
        created_at=at("08:00"),
        ended_at=None,
        version=1,
        price_lines=(plain_line(2_500),),
    )
    assert desk.holds.get(placed.hold_id) == placed
    assert time_left(placed, now=clock.now()) == timedelta(minutes=30)


def test_a_slot_is_chosen_by_its_id_or_by_offering_and_start_and_never_by_both_or_neither(
    desk: TenantEngine,
) -> None:
    cut = add_offering(desk, "cut", add_room(desk, capacity=2))
    slot_id = generated_slot_id(cut.offering_id, at("12:00"))

    by_id = desk.holds.place(slot_id=slot_id)
    by_start = desk.holds.place(offering_id=cut.offering_id, starts_at=at("12:00"))
    causes = [
        cause_of(desk.holds.place),
        cause_of(
            lambda: desk.holds.place(
                slot_id=slot_id, offering_id=cut.offering_id, starts_at=at("12:00")
            )
        ),
    ]

    assert (by_id.slot_id, by_start.slot_id) == (slot_id, slot_id)
    assert [cause["code"] for cause in causes] == ["input.invalid", "input.invalid"]


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        (None, timedelta(minutes=20)),
        (timedelta(minutes=5), timedelta(minutes=5)),
        (timedelta(hours=5), timedelta(hours=5)),
        (timedelta(days=30), timedelta(days=7)),
    ],
    ids=["the offering's own", "shorter", "longer", "longer than any"],
)
def test_a_hold_lasts_as_long_as_asked_for_within_the_limit(
    desk: TenantEngine, asked: timedelta | None, kept: timedelta
) -> None:
    cut = add_offering(desk, "cut", add_room(desk), hold_ttl=timedelta(minutes=20))

    placed = hold(desk, cut, at("12:00", day=20), ttl=asked)

    assert placed.expires_at == at("08:00") + kept
    assert placed.ceiling_at == at("08:00") + max(kept, 2 * HOUR)


@pytest.mark.parametrize("ttl", [timedelta(0), -MINUTE])
def test_a_hold_that_would_be_over_at_once_is_malformed(desk: TenantEngine, ttl: timedelta) -> None:
    cut = add_offering(desk, "cut", add_room(desk))

    cause = cause_of(lambda: hold(desk, cut, at("12:00"), ttl=ttl))

    assert cause["code"] == "input.invalid"


def test_extending_keeps_the_places_longer_from_now_on_but_never_beyond_the_ceiling(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-C07."""
    cut = add_offering(desk, "cut", add_room(desk))
    placed = hold(desk, cut, at("15:00"))
    ends = []
    for minute in (20, 40, 60, 80, 100, 119):
        clock.set(at("08:00") + minute * MINUTE)
        extended = desk.holds.extend(placed.hold_id)
        ends.append(extended.expires_at)

    clock.set(at("10:00") - INSTANT)
    at_the_last_instant = desk.holds.extend(placed.hold_id)
    clock.set(at("10:00"))
    cause = cause_of(lambda: desk.holds.extend(placed.hold_id))

    assert ends == [at(time) for time in ("08:50", "09:10", "09:30", "09:50", "10:00", "10:00")]
    assert at_the_last_instant == replace(
        placed, expires_at=at("10:00"), extension_count=7, version=8
    )
    assert cause == {"code": "hold.expired", "at": at("10:00")}
    assert remaining(desk, cut, at("15:00")) == 1


def test_extending_never_makes_a_hold_shorter(desk: TenantEngine) -> None:
    cut = add_offering(desk, "cut", add_room(desk))
    placed = hold(desk, cut, at("15:00"))

    extended = desk.holds.extend(placed.hold_id, ttl=MINUTE)

    assert extended == replace(placed, extension_count=1, version=2)


def test_a_hold_is_extended_twenty_times_and_not_more(desk: TenantEngine) -> None:
    cut = add_offering(desk, "cut", add_room(desk))
    placed = hold(desk, cut, at("15:00"))
    for _ in range(20):
        desk.holds.extend(placed.hold_id)

    cause = cause_of(lambda: desk.holds.extend(placed.hold_id))

    assert cause == {"code": "policy.limit_reached", "limit": 20, "actual": 20}


def test_the_public_holds_for_a_quarter_of_an_hour_and_extends_once(
    engine: Engine, desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-L03, C13."""
    web = shop_window(engine, desk)
    cut = add_offering(desk, "cut", add_room(desk))
    placed = hold(web, cut, at("15:00"), ttl=5 * HOUR)
    clock.set(at("08:10"))
    extended = web.holds.extend(placed.hold_id, ttl=5 * HOUR)

    cause = cause_of(lambda: web.holds.extend(placed.hold_id))

    assert (placed.is_public, placed.expires_at) == (True, at("08:15"))
    assert (extended.extension_count, extended.expires_at) == (1, at("08:25"))
    assert cause == {"code": "policy.limit_reached", "limit": 1, "actual": 1}


def test_a_released_hold_gives_its_places_back_and_releasing_it_again_changes_nothing(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-C06."""
    cut = add_offering(desk, "cut", add_room(desk))
    placed = hold(desk, cut, at("12:00"))
    clock.advance(minutes=1)

    released = desk.holds.release(placed.hold_id)
    clock.advance(minutes=1)
    again = desk.holds.release(placed.hold_id)

    assert released == replace(placed, status=HoldStatus.RELEASED, ended_at=at("08:01"), version=2)
    assert again == released
    assert remaining(desk, cut, at("12:00")) == 1


def test_all_holds_of_a_client_key_are_released_at_once_and_those_of_others_are_not(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-C06."""
    cut = add_offering(desk, "cut", add_room(desk))
    yoga = add_class(desk, "yoga", add_room(desk, "Hall"), places=5)
    mine = [
        hold(desk, cut, at("12:00"), client_key="mine"),
        hold(desk, yoga, at("12:00"), 2, client_key="mine"),
        hold(desk, yoga, at("14:00"), client_key="mine"),
    ]
    theirs = hold(desk, yoga, at("12:00"), client_key="theirs")
    gone = desk.holds.release(hold(desk, cut, at("16:00"), client_key="mine").hold_id)

    released = desk.holds.release_all("mine")

    assert released == tuple(
        replace(one, status=HoldStatus.RELEASED, ended_at=at("08:00"), version=2)
        for one in sorted(mine, key=lambda one: one.hold_id)
    )
    assert desk.holds.get(theirs.hold_id) == theirs
    assert desk.holds.get(gone.hold_id) == gone
    assert desk.holds.release_all("mine") == ()
    assert faults_in(database, clock.now()) == []


def test_an_empty_client_key_is_nobodys(desk: TenantEngine) -> None:
    cause = cause_of(lambda: desk.holds.release_all(""))

    assert cause["code"] == "input.invalid"


def test_a_hold_stops_counting_at_the_very_instant_of_its_end_without_any_worker(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-C08, I-12, I-13."""
    cut = add_offering(desk, "cut", add_room(desk))
    placed = hold(desk, cut, at("12:00"))
    clock.set(placed.expires_at - INSTANT)
    just_before = cause_of(lambda: hold(desk, cut, at("12:00")))
    clock.set(placed.expires_at)

    next_one = hold(desk, cut, at("12:00"))

    limited_by = placed.assigned[0].resource_id
    assert just_before == short(requested=1, remaining=0, limited_by=limited_by)
    assert next_one.status is HoldStatus.ACTIVE
    assert desk.holds.get(placed.hold_id) == placed  # the worker moves its status later


def test_a_worker_records_that_a_hold_is_over_not_a_moment_too_early(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-C08, I-12."""
    cut = add_offering(desk, "cut", add_room(desk))
    placed = hold(desk, cut, at("12:00"))
    clock.set(placed.expires_at - INSTANT)
    too_early = desk.run(ExpireHold(hold_id=placed.hold_id))
    clock.set(placed.expires_at)

    expired = desk.run(ExpireHold(hold_id=placed.hold_id))

    assert too_early == placed
    assert expired == replace(
        placed, status=HoldStatus.EXPIRED, ended_at=placed.expires_at, version=2
    )
    assert desk.run(ExpireHold(hold_id=placed.hold_id)) == expired


def test_releasing_a_hold_that_is_over_says_expired(desk: TenantEngine, clock: ManualClock) -> None:
    cut = add_offering(desk, "cut", add_room(desk))
    placed = hold(desk, cut, at("12:00"))
    clock.set(placed.expires_at)

    released = desk.holds.release(placed.hold_id)

    assert released.status is HoldStatus.EXPIRED


def test_a_hold_becomes_a_booking_in_the_last_instant_before_its_end(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-C05, I-12."""
    cut = add_offering(desk, "cut", add_room(desk))
    placed = hold(desk, cut, at("12:00"), contact=ADA)
    clock.set(placed.expires_at - INSTANT)

    booking = desk.bookings.convert(placed.hold_id, details=Details())

    assert (booking.hold_id, booking.contact, booking.starts_at) == (
        *(placed.hold_id, ADA, placed.starts_at),
    )
    assert desk.holds.get(placed.hold_id) == replace(
        placed,
        status=HoldStatus.CONVERTED,
        booking_id=booking.booking_id,
        ended_at=clock.now(),
        version=2,
    )


def test_a_hold_is_converted_once_and_the_same_order_again_gets_the_same_booking(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-C05, AC-C09."""
    cut = add_offering(desk, "cut", add_room(desk))
    placed = hold(desk, cut, at("12:00"))
    order = Details(external_order_id="order 1", contact=ADA)
    booking = desk.bookings.convert(placed.hold_id, details=order)

    again = desk.bookings.convert(placed.hold_id, details=order)
    other = cause_of(
        lambda: desk.bookings.convert(placed.hold_id, details=Details(external_order_id="order 2"))
    )
    anonymous = cause_of(lambda: desk.bookings.convert(placed.hold_id, details=FOR_ADA))

    converted = {
        "code": "state.transition_not_allowed",
        "kind": "hold",
        "status": "converted",
        "action": "convert",
    }
    assert again == booking
    assert (other, anonymous) == (converted, converted)
    assert faults_in(database, clock.now()) == []


@pytest.mark.parametrize("action", ["extend", "convert"])
def test_nothing_more_can_be_done_with_a_released_hold(desk: TenantEngine, action: str) -> None:
    cut = add_offering(desk, "cut", add_room(desk))
    gone = desk.holds.release(hold(desk, cut, at("12:00")).hold_id)
    acts = {
        "extend": lambda: desk.holds.extend(gone.hold_id),
        "convert": lambda: desk.bookings.convert(gone.hold_id, details=FOR_ADA),
    }

    cause = cause_of(acts[action])

    assert cause == {
        "code": "state.transition_not_allowed",
        "kind": "hold",
        "status": "released",
        "action": action,
    }


def test_a_change_made_on_an_older_version_is_refused(desk: TenantEngine) -> None:
    """I-15."""
    cut = add_offering(desk, "cut", add_room(desk))
    placed = hold(desk, cut, at("12:00"))
    desk.holds.extend(placed.hold_id, if_version=1)

    causes = [
        cause_of(lambda: desk.holds.extend(placed.hold_id, if_version=1)),
        cause_of(lambda: desk.holds.release(placed.hold_id, if_version=1)),
    ]

    assert (
        causes
        == [
            {
                "code": "record.changed",
                "kind": "hold",
                "key": placed.hold_id,
                "expected": 1,
                "actual": 2,
            }
        ]
        * 2
    )


def test_a_hold_that_does_not_exist_cannot_be_found(desk: TenantEngine) -> None:
    nowhere = HoldId("hld_00000000000000000000000000")

    causes = [
        cause_of(lambda: desk.holds.get(nowhere)),
        cause_of(lambda: desk.holds.extend(nowhere)),
        cause_of(lambda: desk.holds.release(nowhere)),
        cause_of(lambda: desk.bookings.convert(nowhere, details=FOR_ADA)),
    ]

    assert causes == [{"code": "record.not_found", "kind": "hold", "key": nowhere}] * 4


def test_a_hold_whose_room_was_closed_meanwhile_cannot_be_converted(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """The ledger: converting checks, under the same locks, that all is still open."""
    cut = add_offering(desk, "cut", add_room(desk))
    placed = hold(desk, cut, at("12:00"))
    desk.offerings.change(cut.offering_id, {"status": type(cut.status).INACTIVE})

    cause = cause_of(lambda: desk.bookings.convert(placed.hold_id, details=FOR_ADA))

    assert cause == closed("offering_inactive")
    assert [claim.owner_id for claim in counting(database, clock.now())] == [placed.hold_id]


def test_an_idempotency_key_makes_placing_a_hold_safe_to_repeat(desk: TenantEngine) -> None:
    """AC-C09."""
    cut = add_offering(desk, "cut", add_room(desk))
    placed = hold(desk, cut, at("12:00"), idempotency_key="once")
    extended = desk.holds.extend(placed.hold_id)

    again = hold(desk, cut, at("12:00"), idempotency_key="once")
    other = cause_of(lambda: hold(desk, cut, at("13:00"), idempotency_key="once"))

    assert again == extended  # the record as it is now
    assert other == {"code": "request.key_reused"}


def test_holds_are_listed_newest_first_by_status_offering_and_client(
    desk: TenantEngine, clock: ManualClock
) -> None:
    cut = add_offering(desk, "cut", add_room(desk))
    dye = add_offering(desk, "dye", add_room(desk, "Chair"))
    listed = []
    for number, offering in enumerate((cut, dye, cut, dye)):
        clock.advance(seconds=1)
        start = at("12:00") + number * HOUR
        listed.append(hold(desk, offering, start, client_key=f"client {number % 3}"))
    gone = desk.holds.release(listed[2].hold_id)
    newest_first = [listed[3], gone, listed[1], listed[0]]

    first = desk.holds.list(PageRequest(limit=3))
    second = desk.holds.list(PageRequest(limit=3, after=first.next_after))

    assert (first.items + second.items, second.next_after) == (tuple(newest_first), None)
    assert desk.holds.list(statuses=[HoldStatus.RELEASED]).items == (gone,)
    assert desk.holds.list(offering_id=dye.offering_id).items == (listed[3], listed[1])
    assert desk.holds.list(client_key="client 0").items == (listed[3], listed[0])


def test_what_a_hold_says_of_its_price_and_rooms_does_not_change_with_the_catalogue(
    desk: TenantEngine,
) -> None:
    room = add_room(desk, "Blue room")
    cut = add_offering(desk, "cut", room, price_minor=2_500)
    placed = hold(desk, cut, at("12:00"), contact=Contact(name="Grace"))
    desk.offerings.change(cut.offering_id, {"price": Money(amount_minor=9_900, currency="EUR")})
    desk.resources.change(room.resource_id, {"name": "Red room"})

    booking = desk.bookings.convert(placed.hold_id, details=Details())

    assert (booking.price, booking.assigned) == (placed.price, placed.assigned)
