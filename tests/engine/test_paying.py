"""Confirming on payment: what waits for money, what ends that, and what begins it again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import Booking, BookingStatus, PendingReason
from holdfast.domain.closures import WhenBooked
from holdfast.domain.history import Event
from holdfast.domain.offerings import Offering
from holdfast.domain.policies import Delay, Policy
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.requirements import Choosing, Requirement
from holdfast.engine.approvals import ConfirmDueBooking, ExpireBooking
from holdfast.engine.blocks import AddBlock
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.moving import Move
from holdfast.storage.database import Database
from holdfast.storage.proving import prove
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    FOR_ADA,
    HOUR,
    add_class,
    add_offering,
    add_room,
    at,
    book,
    cause_of,
    open_desk,
    remaining,
)
from tests.engine.invariants import faults_in
from tests.engine.races import Racers, all_at_once
from tests.engine.tables import records

PRICE = 4_000
PAYMENT, APPROVAL, DELAY = PendingReason.PAYMENT, PendingReason.APPROVAL, PendingReason.DELAY
PENDING, CONFIRMED = BookingStatus.PENDING, BookingStatus.CONFIRMED
PAID_FIRST = Policy(needs_payment=True)


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk: it is 08:00."""
    return open_desk(engine)


def add_cut(desk: TenantEngine, policy: Policy = PAID_FIRST, price: int = PRICE) -> Offering:
    """Add an offering that has to be paid for."""
    return add_offering(desk, "cut", add_room(desk), price_minor=price, policy=policy)


def state(booking: Booking) -> tuple[BookingStatus, tuple[PendingReason, ...]]:
    return booking.status, booking.pending_reasons


def test_a_booking_waits_until_it_is_paid_in_full_and_paying_twice_is_paying_once(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-D04, M-54: on payment."""
    cut = add_cut(desk)
    asked = book(desk, cut, at("12:00"))
    pay = partial(desk.bookings.record_paid, asked.booking_id)

    left_while_waiting = remaining(desk, cut, at("12:00"))
    partly = pay(paid_minor=PRICE - 1)
    not_really = pay(paid_minor=PRICE, refunded_minor=1)
    paid = pay(paid_minor=PRICE)
    again = pay(paid_minor=PRICE)
    confirmed_again = desk.bookings.confirm(asked.booking_id)
    given_back = pay(paid_minor=PRICE, refunded_minor=PRICE)

    assert left_while_waiting == 0
    assert [state(one) for one in (asked, partly, not_really)] == [(PENDING, (PAYMENT,))] * 3
    assert (state(paid), paid.confirmed_at) == ((CONFIRMED, ()), clock.now())
    assert (again, confirmed_again) == (paid, paid)
    assert (given_back.status, given_back.refunded_minor) == (CONFIRMED, PRICE)
    assert faults_in(database, clock.now()) == []
    assert prove(database).violations == ()


def test_what_costs_nothing_is_confirmed_at_once_and_a_walk_in_has_paid_at_the_desk(
    desk: TenantEngine,
) -> None:
    """AC-D04."""
    free, cut = (
        add_cut(desk, price=0),
        add_offering(desk, "dear", add_room(desk), price_minor=PRICE, policy=PAID_FIRST),
    )

    now = Choice(offering_id=cut.offering_id, starts_at=at("08:00"))
    walked_in = desk.bookings.walk_in(now, details=FOR_ADA)

    assert book(desk, free, at("12:00")).status is CONFIRMED
    assert walked_in.status is BookingStatus.CHECKED_IN


@pytest.mark.parametrize("level", ["tenant", "resource", "offering"])
def test_any_level_may_ask_for_payment(desk: TenantEngine, level: str) -> None:
    room = add_room(desk)
    cut = add_offering(desk, "cut", room, price_minor=PRICE)
    changes: dict[str, object] = {"policy": {"needs_payment": True}}
    match level:
        case "tenant":
            desk.change(changes)
        case "resource":
            desk.resources.change(room.resource_id, changes)
        case _:
            desk.offerings.change(cut.offering_id, changes)

    asked = book(desk, cut, at("12:00"))
    desk.offerings.change(cut.offering_id, {"policy": {"needs_payment": False}})

    assert state(asked) == (PENDING, (PAYMENT,))
    assert book(desk, cut, at("14:00")).status is CONFIRMED


@pytest.mark.parametrize("is_paid_first", [True, False])
@pytest.mark.parametrize("takes", [True, False])
def test_approval_and_payment_come_in_any_order(
    desk: TenantEngine, database: Database, clock: ManualClock, *, takes: bool, is_paid_first: bool
) -> None:
    """AC-D03, AC-D04: places that are not kept meanwhile are taken with the approval."""
    policy = Policy(needs_payment=True, is_approved_by_hand=True)
    cut = add_offering(
        desk, "cut", add_room(desk), price_minor=PRICE, policy=policy, pending_takes=takes
    )
    asked, other = book(desk, cut, at("12:00")), None if takes else book(desk, cut, at("12:00"))
    approve = partial(desk.bookings.confirm, asked.booking_id)
    pay = partial(desk.bookings.record_paid, asked.booking_id, paid_minor=PRICE)

    first, second = (pay, approve) if is_paid_first else (approve, pay)
    halfway, done = first(), second()

    assert state(asked) == (PENDING, (APPROVAL, PAYMENT))
    assert state(halfway) == (PENDING, (APPROVAL,) if is_paid_first else (PAYMENT,))
    assert (state(done), len(done.assigned)) == ((CONFIRMED, ()), 1)
    if other is not None:
        desk.bookings.record_paid(other.booking_id, paid_minor=PRICE)
        refused = cause_of(lambda: desk.bookings.confirm(other.booking_id))
        assert refused["code"] == "capacity.exceeded"
        assert state(desk.bookings.get(other.booking_id)) == (PENDING, (APPROVAL,))
    assert faults_in(database, clock.now()) == []
    assert prove(database).violations == ()


def test_what_is_not_paid_in_time_expires_and_paying_then_confirms_nothing(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-D19, C-05, C-54: the time begins anew with the approval."""
    policy = Policy(
        needs_payment=True, is_approved_by_hand=True, pending_expires=Delay(after=2 * HOUR)
    )
    cut = add_cut(desk, policy)
    asked = book(desk, cut, at("12:00"))
    clock.advance(hours=1)
    approved = desk.bookings.confirm(asked.booking_id)
    desk.bookings.record_paid(asked.booking_id, paid_minor=1)
    clock.advance(hours=2)

    late = desk.bookings.record_paid(asked.booking_id, paid_minor=PRICE)
    taken = book(desk, cut, at("12:00"))
    expired = desk.run(ExpireBooking(booking_id=asked.booking_id))
    later = desk.bookings.record_paid(asked.booking_id, paid_minor=PRICE, refunded_minor=PRICE)

    assert [asked.expires_at, approved.expires_at] == [at("10:00"), at("11:00")]
    assert (state(late), late.paid_minor) == ((PENDING, (PAYMENT,)), PRICE)
    assert taken.status is PENDING
    assert isinstance(expired, Booking)
    assert [expired.status, later.status] == [BookingStatus.EXPIRED] * 2
    assert faults_in(database, clock.now()) == []
    assert prove(database).violations == ()


@pytest.mark.parametrize("is_swept_first", [True, False])
@pytest.mark.parametrize("is_free", [True, False])
def test_what_is_paid_too_late_has_its_place_again_or_says_that_the_money_goes_back(
    desk: TenantEngine,
    database: Database,
    clock: ManualClock,
    *,
    is_free: bool,
    is_swept_first: bool,
) -> None:
    """C-05: never confirmed over somebody else."""
    cut = add_cut(desk, Policy(needs_payment=True, pending_expires=Delay(after=HOUR)))
    asked = book(desk, cut, at("12:00"))
    clock.advance(hours=1)
    steps: list[Callable[[], object]] = [
        lambda: desk.run(ExpireBooking(booking_id=asked.booking_id)),
        lambda: desk.bookings.record_paid(asked.booking_id, paid_minor=PRICE),
    ]
    if not is_free:
        book(desk, cut, at("12:00"))

    for step in steps if is_swept_first else reversed(steps):
        step()

    found = desk.bookings.get(asked.booking_id)
    told = [one.type for one in records(database, Event) if one.subject_id == asked.booking_id]
    assert found.status is (CONFIRMED if is_free else BookingStatus.EXPIRED)
    assert (found.expires_at is None, len(found.assigned)) == (is_free, 1)
    assert told.count("booking.paid_too_late") == (0 if is_free else 1)
    assert remaining(desk, cut, at("12:00")) == 0
    assert faults_in(database, clock.now()) == []
    assert prove(database).violations == ()


def test_what_has_begun_or_had_to_be_approved_does_not_come_back_by_itself(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """C-05."""
    policy = Policy(needs_payment=True, pending_expires=Delay(after=HOUR))
    begun = book(desk, add_cut(desk, policy), at("10:00"))
    by_hand = add_offering(
        desk,
        "talk",
        add_room(desk),
        price_minor=PRICE,
        policy=policy,
        is_approved_by_hand=True,
    )
    asked = book(desk, by_hand, at("18:00"))
    clock.advance(hours=2)
    for one in (begun, asked):
        desk.run(ExpireBooking(booking_id=one.booking_id))

    late = [desk.bookings.record_paid(one.booking_id, paid_minor=PRICE) for one in (begun, asked)]

    assert [one.status for one in late] == [BookingStatus.EXPIRED] * 2
    assert prove(database).violations == ()


def test_of_what_costs_nothing_nobody_is_told_that_it_was_paid_too_late(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """C-05: it only was not answered in time."""
    policy = Policy(needs_payment=True, pending_expires=Delay(after=HOUR))
    free = add_offering(
        desk, "talk", add_room(desk), price_minor=0, policy=policy, is_approved_by_hand=True
    )
    asked = book(desk, free, at("12:00"))
    clock.advance(hours=1)

    desk.run(ExpireBooking(booking_id=asked.booking_id))

    told = {one.type for one in records(database, Event) if one.subject_id == asked.booking_id}
    assert told == {"booking.pending", "booking.expired"}
    assert desk.bookings.get(asked.booking_id).status is BookingStatus.EXPIRED


def _without_hours(desk: TenantEngine, cut: Offering) -> None:
    desk.schedules.set(cut.offering_id, [])


def _closed(desk: TenantEngine, cut: Offering) -> None:
    desk.offerings.change(cut.offering_id, {"status": "inactive"})


def _by_others(desk: TenantEngine, cut: Offering) -> None:
    other = Requirement(resource_id=add_room(desk, "Other").resource_id)
    desk.offerings.change(cut.offering_id, {"requirements": (other,)})


def _shorter(desk: TenantEngine, cut: Offering) -> None:
    desk.offerings.change(cut.offering_id, {"duration": HOUR / 2})


@pytest.mark.parametrize("is_swept_first", [True, False])
@pytest.mark.parametrize("change", [_without_hours, _closed, _by_others])
def test_money_that_was_seen_is_recorded_whatever_has_become_of_the_offering(
    desk: TenantEngine,
    database: Database,
    clock: ManualClock,
    change: Callable[[TenantEngine, Offering], None],
    *,
    is_swept_first: bool,
) -> None:
    """C-05."""
    rooms = [add_room(desk, name) for name in ("North", "South")]
    any_of = Requirement(
        resource_ids=tuple(one.resource_id for one in rooms), choosing=Choosing.ANY_OF
    )
    policy = Policy(needs_payment=True, pending_expires=Delay(after=HOUR))
    cut = add_offering(desk, "cut", any_of, price_minor=PRICE, policy=policy)
    wish = Choice(offering_id=cut.offering_id, starts_at=at("12:00"), picks=(rooms[1].resource_id,))
    asked = desk.bookings.place(choice=wish, details=FOR_ADA)
    clock.advance(hours=1)
    expire = partial(desk.run, ExpireBooking(booking_id=asked.booking_id))
    if is_swept_first:
        expire()
    change(desk, cut)

    paid = desk.bookings.record_paid(asked.booking_id, paid_minor=PRICE)
    expire()

    found = desk.bookings.get(asked.booking_id)
    assert (paid.paid_minor, found.status) == (PRICE, BookingStatus.EXPIRED)
    assert prove(database).violations == ()


@pytest.mark.parametrize("step", ["approve", "resize", "reassign", "pay"])
def test_a_booking_keeps_its_length_when_its_offering_gets_another(
    desk: TenantEngine, database: Database, clock: ManualClock, step: str
) -> None:
    """AC-D03: whatever takes its places anew takes all of its time, and none but that."""
    rooms = [add_room(desk, name) for name in ("North", "South")]
    any_of = Requirement(
        resource_ids=tuple(one.resource_id for one in rooms), choosing=Choosing.ANY_OF
    )
    is_by_hand = step == "approve"
    policy = Policy(needs_payment=step == "pay", pending_expires=Delay(after=HOUR))
    cut = add_offering(
        desk,
        "cut",
        any_of,
        price_minor=PRICE,
        policy=policy,
        is_approved_by_hand=is_by_hand,
        pending_takes=not is_by_hand,
    )
    booking_id = book(desk, cut, at("12:00")).booking_id
    _shorter(desk, cut)

    match step:
        case "approve":
            after = desk.bookings.confirm(booking_id)
        case "resize":
            after = desk.bookings.change(booking_id, {"party_size": 2})
        case "reassign":
            north = rooms[0].resource_id
            block = AddBlock(
                resource_id=north,
                starts_at=at("12:00"),
                ends_at=at("13:00"),
                when_booked=WhenBooked.LIST,
            )
            desk.blocks.add(block)
            after = desk.reassigning.reassign(booking_id)
        case _:
            clock.advance(hours=1)
            desk.run(ExpireBooking(booking_id=booking_id))
            after = desk.bookings.record_paid(booking_id, paid_minor=PRICE)

    assert (after.status, after.ends_at, after.reschedule_count) == (CONFIRMED, at("13:00"), 0)
    assert after.assigned[0].name == ("South" if step == "reassign" else "North")
    assert prove(database).violations == ()


def test_a_delay_runs_beside_the_payment_and_a_correction_asks_for_it_again(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """C-57."""
    policy = Policy(
        needs_payment=True, confirms=Delay(after=HOUR), pending_expires=Delay(after=5 * HOUR)
    )
    asked = book(desk, add_cut(desk, policy), at("18:00"))
    pay = partial(desk.bookings.record_paid, asked.booking_id)

    paid = pay(paid_minor=PRICE)
    corrected = pay(paid_minor=0)
    clock.advance(hours=1)
    due = desk.run(ConfirmDueBooking(booking_id=asked.booking_id))
    confirmed = pay(paid_minor=PRICE)

    assert [(state(one), one.expires_at) for one in (asked, paid, corrected)] == [
        ((PENDING, (PAYMENT, DELAY)), at("13:00")),
        ((PENDING, (DELAY,)), None),
        ((PENDING, (PAYMENT, DELAY)), at("13:00")),
    ]
    assert isinstance(due, Booking)
    assert (state(due), due.confirms_at, due.expires_at) == (
        (PENDING, (PAYMENT,)),
        None,
        at("13:00"),
    )
    assert (state(confirmed), confirmed.expires_at) == ((CONFIRMED, ()), None)
    assert prove(database).violations == ()


def test_the_business_may_waive_the_payment(desk: TenantEngine, database: Database) -> None:
    asked = book(desk, add_cut(desk), at("12:00"))

    unchanged = desk.bookings.confirm(asked.booking_id)
    confirmed = desk.bookings.confirm(asked.booking_id, waives_payment=True)

    assert unchanged == asked
    assert (state(confirmed), confirmed.paid_minor) == ((CONFIRMED, ()), 0)
    assert prove(database).violations == ()


def test_what_is_paid_for_a_slot_that_was_closed_meanwhile_waits_for_an_answer(
    desk: TenantEngine, database: Database
) -> None:
    policy = Policy(needs_payment=True, pending_expires=Delay(after=HOUR))
    yoga = add_class(desk, "yoga", places=5, price_minor=PRICE, policy=policy)
    asked = book(desk, yoga, at("12:00"))
    desk.offerings.change(yoga.offering_id, {"status": "inactive"})

    paid = desk.bookings.record_paid(asked.booking_id, paid_minor=PRICE)

    assert (state(paid), paid.expires_at, paid.paid_minor) == (
        (PENDING, (APPROVAL,)),
        None,
        PRICE,
    )
    assert prove(database).violations == ()


def test_a_change_of_price_is_settled_with_what_was_paid(
    desk: TenantEngine, database: Database
) -> None:
    yoga = add_class(
        desk,
        "yoga",
        places=9,
        price_minor=PRICE,
        policy=Policy(needs_payment=True, confirms=Delay(after=HOUR)),
    )
    desk.offerings.change(yoga.offering_id, {"price_unit": PriceUnit.PARTICIPANT})
    two = book(desk, yoga, at("12:00"), party_size=2)
    three = book(desk, yoga, at("12:00"), party_size=2)
    desk.bookings.record_paid(two.booking_id, paid_minor=PRICE)
    desk.bookings.record_paid(three.booking_id, paid_minor=2 * PRICE)

    cheaper = desk.bookings.change(two.booking_id, {"party_size": 1})
    dearer = desk.bookings.change(three.booking_id, {"party_size": 3})
    moved = desk.bookings.reschedule(three.booking_id, Move(starts_at=at("14:00")))

    assert [state(one) for one in (cheaper, dearer, moved)] == [
        (PENDING, (DELAY,)),
        (PENDING, (PAYMENT, DELAY)),
        (PENDING, (PAYMENT, DELAY)),
    ]
    assert prove(database).violations == ()


@pytest.fixture
def racers(fresh_url: Callable[[], str], clock: ManualClock) -> Iterator[Racers]:
    """Engines over one database."""
    racers = Racers(url=fresh_url(), clock=clock)
    yield racers
    racers.close()


def test_paid_by_several_and_cancelled_at_once_it_is_confirmed_once_or_not_at_all(
    racers: Racers, clock: ManualClock
) -> None:
    """AC-D04: each of them locks what it confirms."""
    first = racers.first()
    desk = open_desk(first)
    cut = add_cut(desk)
    booked = [book(desk, cut, at(f"{hour}:00")).booking_id for hour in range(10, 14)]
    desks = [racers.engine().at(desk.tenant_id, actor=desk.actor) for _ in range(4)]

    acts: list[Callable[[], object]] = []
    for booking_id in booked:
        acts += [
            partial(one.bookings.record_paid, booking_id, paid_minor=PRICE) for one in desks[:3]
        ]
        acts.append(partial(desks[3].bookings.cancel, booking_id))
    codes = Counter(all_at_once(acts))

    found = [desk.bookings.get(booking_id) for booking_id in booked]
    assert codes == {"done": len(acts)}
    assert [(one.status, one.paid_minor) for one in found] == [(BookingStatus.CANCELLED, PRICE)] * 4
    assert faults_in(first.database, clock.now()) == []
    assert prove(first.database).violations == ()
