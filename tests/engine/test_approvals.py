"""Approval and time: yes, no, no answer, a delay; two who wait for the last setup."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import SYSTEM
from holdfast.domain.bookings import Booking, BookingStatus, PendingReason
from holdfast.domain.closures import WhenBooked
from holdfast.domain.requirements import Requirement
from holdfast.engine.approvals import ConfirmDueBooking, ExpireBooking
from holdfast.engine.facade import Engine as AnyEngine
from holdfast.engine.facade import TenantEngine
from holdfast.engine.ports import WriteStores
from holdfast.storage.database import Database
from holdfast.storage.stores import SqlStores
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    MINUTE,
    add_class,
    add_offering,
    add_room,
    at,
    book,
    cause_of,
    closed,
    open_desk,
    refusal_of,
    remaining,
    short,
)
from tests.engine.invariants import faults_in
from tests.engine.races import HastyStores, Racers, all_at_once, gate
from tests.engine.tables import records


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


# The business's answer


def test_a_declined_booking_gives_its_place_back(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-D03."""
    cut = add_offering(desk, "cut", add_room(desk), is_approved_by_hand=True)
    asked = book(desk, cut, at("12:00"))

    declined = desk.bookings.decline(asked.booking_id, reason="full")

    assert (asked.status, declined.status) == (BookingStatus.PENDING, BookingStatus.DECLINED)
    assert declined.cancel_reason == "full"
    assert remaining(desk, cut, at("12:00")) == 1
    assert desk.bookings.decline(asked.booking_id) == declined
    assert refusal_of(lambda: desk.bookings.confirm(asked.booking_id)).code == (
        "state.transition_not_allowed"
    )
    assert faults_in(database, clock.now()) == []


def test_cancelling_a_pending_booking_twice_succeeds_twice_and_a_confirmed_one_is_left_alone(
    desk: TenantEngine,
) -> None:
    """AC-D20, D-20 to D-23."""
    cut = add_offering(desk, "cut", add_room(desk, capacity=2), is_approved_by_hand=True)
    asked, agreed = book(desk, cut, at("12:00")), book(desk, cut, at("12:00"))
    desk.bookings.confirm(agreed.booking_id)
    cancel = partial(desk.bookings.cancel, only_if_status=BookingStatus.PENDING)

    first, second = cancel(asked.booking_id), cancel(asked.booking_id)

    assert first.status is BookingStatus.CANCELLED
    assert second == first
    assert cause_of(lambda: cancel(agreed.booking_id)) == {
        "code": "state.transition_not_allowed",
        "kind": "booking",
        "status": "confirmed",
        "action": "cancel",
    }


def test_who_waits_without_a_place_gets_one_at_approval_or_alternatives_and_goes_on_waiting(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-D03: the second half of golden 9, with slots."""
    room = add_room(desk)
    cut = add_offering(desk, "cut", room, is_approved_by_hand=True, pending_takes=False)
    first, second = book(desk, cut, at("12:00")), book(desk, cut, at("12:00"))

    confirmed = desk.bookings.confirm(first.booking_id)
    refusal = refusal_of(lambda: desk.bookings.confirm(second.booking_id))

    alternatives = refusal.fields["alternatives"]
    assert isinstance(alternatives, tuple)
    assert confirmed.status is BookingStatus.CONFIRMED
    assert cause_of(lambda: desk.bookings.confirm(second.booking_id)) == short(
        requested=1, remaining=0, limited_by=room.resource_id
    )
    assert [other.starts_at for other in alternatives][:2] == [at("08:00"), at("09:00")]
    assert desk.bookings.get(second.booking_id) == second
    assert faults_in(database, clock.now()) == []


# Time's answer


def test_a_pending_booking_expires_at_the_instant_and_its_place_is_free_before_any_worker_came(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-D19."""
    cut = add_offering(
        desk, "cut", add_room(desk), is_approved_by_hand=True, pending_ttl=30 * MINUTE
    )
    asked = book(desk, cut, at("12:00"))
    expire = ExpireBooking(booking_id=asked.booking_id)
    assert asked.expires_at is not None

    clock.set(asked.expires_at - timedelta(microseconds=1))
    too_early = desk.run(expire)
    clock.set(asked.expires_at)
    too_late = refusal_of(lambda: desk.bookings.confirm(asked.booking_id)).code
    other = book(desk, cut, at("12:00"))
    expired = desk.run(expire)

    assert too_early == asked
    assert (too_late, other.status) == ("state.transition_not_allowed", BookingStatus.PENDING)
    assert isinstance(expired, Booking)
    assert (expired.status, desk.run(expire)) == (BookingStatus.EXPIRED, expired)
    assert faults_in(database, clock.now()) == []


def test_without_a_limit_a_pending_booking_waits_for_ever(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-D19: none is the default."""
    cut = add_offering(desk, "cut", add_room(desk), is_approved_by_hand=True)
    asked = book(desk, cut, at("12:00"))

    clock.advance(days=400)

    assert asked.expires_at is None
    assert desk.bookings.confirm(asked.booking_id).status is BookingStatus.CONFIRMED


@pytest.mark.parametrize(
    ("delay", "is_by_hand", "status"),
    [
        (None, False, BookingStatus.CONFIRMED),
        (None, True, BookingStatus.PENDING),
        (10 * MINUTE, False, BookingStatus.PENDING),
    ],
)
def test_a_booking_confirms_at_once_by_hand_or_after_a_delay(
    desk: TenantEngine, delay: timedelta | None, status: BookingStatus, *, is_by_hand: bool
) -> None:
    """AC-D04, C-57, M-54."""
    cut = add_offering(
        desk, "cut", add_room(desk), is_approved_by_hand=is_by_hand, confirm_delay=delay
    )

    assert book(desk, cut, at("12:00")).status is status


def test_a_delay_confirms_unless_the_booking_was_cancelled_meanwhile(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-D04, C-57."""
    cut = add_offering(desk, "cut", add_room(desk, capacity=2), confirm_delay=10 * MINUTE)
    kept, left = book(desk, cut, at("12:00")), book(desk, cut, at("12:00"))
    desk.bookings.cancel(left.booking_id)
    too_early = desk.run(ConfirmDueBooking(booking_id=kept.booking_id))

    clock.advance(minutes=10)
    found = [desk.run(ConfirmDueBooking(booking_id=one.booking_id)) for one in (kept, left)]

    assert too_early == kept
    assert kept.pending_reasons == (PendingReason.DELAY,)
    assert [one.status for one in found if isinstance(one, Booking)] == [
        BookingStatus.CONFIRMED,
        BookingStatus.CANCELLED,
    ]
    assert faults_in(database, clock.now()) == []


def test_nothing_is_confirmed_in_a_slot_that_is_cancelled(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-K07: whether by hand or by time."""
    yoga = add_class(desk, "yoga", places=5, confirm_delay=10 * MINUTE)
    asked = book(desk, yoga, at("12:00"))
    assert asked.slot_id is not None

    desk.slots.cancel(asked.slot_id, when_booked=WhenBooked.LIST)
    clock.advance(minutes=10)

    for act in (
        lambda: desk.bookings.confirm(asked.booking_id),
        lambda: desk.run(ConfirmDueBooking(booking_id=asked.booking_id)),
    ):
        assert cause_of(act) == closed("slot_cancelled")
    assert desk.bookings.get(asked.booking_id).status is BookingStatus.PENDING


# Races


@pytest.fixture
def racers(fresh_url: Callable[[], str], clock: ManualClock) -> Iterator[Racers]:
    """Engines over one fresh database of each kind in turn."""
    opened = Racers(url=fresh_url(), clock=clock)
    yield opened
    opened.close()


def at_desk(engine: AnyEngine, desk: TenantEngine) -> TenantEngine:
    """The same business through another engine."""
    return engine.at(desk.tenant_id, actor=SYSTEM)


def confirm_two(racers: Racers, wrap: Callable[[Database], WriteStores]) -> Counter[str]:
    """Let two members of staff confirm one of two pendings each, in the same moment."""
    desk = open_desk(racers.first())
    # Not an exclusive resource, whose claims PostgreSQL would not let overlap in any case.
    chairs = add_room(desk, capacity=3)
    pair = Requirement(resource_id=chairs.resource_id, quantity=2)
    setup = add_offering(desk, "tour", pair, is_approved_by_hand=True, pending_takes=False)
    asked = [book(desk, setup, at("12:00")) for _ in range(2)]
    meeting = gate(2, seconds=0.3)
    crowd = [at_desk(racers.engine(wrap=wrap, interfere=meeting), desk) for _ in asked]
    return Counter(
        all_at_once(
            [
                partial(one.bookings.confirm, booking.booking_id)
                for one, booking in zip(crowd, asked, strict=True)
            ]
        )
    )


@pytest.mark.race
def test_of_two_pendings_on_the_last_setup_one_is_confirmed_and_the_other_waits_on(
    racers: Racers,
) -> None:
    """AC-D03, D-18, golden 9."""
    outcomes = confirm_two(racers, SqlStores)

    found = Counter(booking.status for booking in records(racers.databases[0], Booking))
    assert outcomes == {"done": 1, "capacity.exceeded": 1}
    assert found == {BookingStatus.CONFIRMED: 1, BookingStatus.PENDING: 1}
    assert faults_in(racers.databases[0], racers.clock.now()) == []


@pytest.mark.race
def test_two_pendings_on_the_last_setup_that_are_judged_before_the_lock_are_both_confirmed(
    racers: Racers,
) -> None:
    """C3, the control of the test above."""
    outcomes = confirm_two(racers, HastyStores)

    assert outcomes == {"done": 2}
    assert faults_in(racers.databases[0], racers.clock.now()) != []


def cancel_against_booking(
    racers: Racers, wrap: Callable[[Database], WriteStores]
) -> tuple[Counter[str], list[BookingStatus]]:
    """Let one cancel an empty slot while another books it; return what is booked in it then."""
    desk = open_desk(racers.first())
    yoga = add_class(desk, "yoga", places=5)
    slot = desk.slots.generate(
        yoga.offering_id, starts_from=at("12:00"), starts_before=at("13:00")
    ).slots[0]
    meeting = gate(2, seconds=0.3)
    staff, guest = (at_desk(racers.engine(wrap=wrap, interfere=meeting), desk) for _ in range(2))
    outcomes = all_at_once(
        [partial(staff.slots.cancel, slot.slot_id), partial(book, guest, yoga, at("12:00"))]
    )
    return Counter(outcomes), [one.status for one in records(racers.databases[0], Booking)]


@pytest.mark.race
def test_a_slot_is_either_cancelled_or_booked_and_never_both(racers: Racers) -> None:
    """AC-B09, AC-K07: refuse."""
    outcomes, booked = cancel_against_booking(racers, SqlStores)

    assert outcomes in (
        {"done": 1, "availability.closed": 1},
        {"done": 1, "record.in_use": 1},
    )
    assert len(booked) == outcomes["record.in_use"]


@pytest.mark.race
def test_a_slot_that_is_judged_before_the_lock_is_cancelled_and_booked(racers: Racers) -> None:
    """The control of the test above."""
    outcomes, booked = cancel_against_booking(racers, HastyStores)

    assert (outcomes, booked) == ({"done": 2}, [BookingStatus.CONFIRMED])
