"""Bookings: placed directly or from a hold, approved or declined, cancelled, found again."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import Booking, BookingStatus, CancelledBy, PendingReason
from holdfast.domain.customers import Contact, Customer, CustomerStatus
from holdfast.domain.holds import AssignedResource
from holdfast.domain.ids import BookingId, CustomerId, generated_slot_id
from holdfast.domain.money import Money
from holdfast.domain.policies import Policy
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.settlements import Settlement, SettlementKind
from holdfast.domain.strategies import Chosen
from holdfast.engine.customers import AddCustomer
from holdfast.engine.facade import TenantEngine
from holdfast.engine.facade.bookings import BookingQuery
from holdfast.engine.making import Details
from holdfast.engine.reading import PageRequest
from holdfast.storage.database import Database
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    ADA,
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
    plain_line,
    remaining,
    shop_window,
)
from tests.engine.invariants import faults_in
from tests.engine.tables import counting, records

NOTHING = Money(amount_minor=0, currency="EUR")
SERVED = partial(AssignedResource, name="Blue room", units=1, reason=Chosen.NEEDED)


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


def not_allowed(status: str, action: str) -> dict[str, object]:
    """Return the cause of a refusal because of a booking's status."""
    return {
        "code": "state.transition_not_allowed",
        "kind": "booking",
        "status": status,
        "action": action,
    }


def test_a_direct_booking_says_all_that_was_agreed_and_is_read_as_it_was_placed(
    desk: TenantEngine,
) -> None:
    """AC-D02, AC-D05."""
    room = add_room(desk, "Blue room")
    cut = add_offering(desk, "cut", room, price_minor=2_500)
    details = Details(
        contact=ADA,
        source="phone",
        note="Please be quick.",
        internal_note="Always late.",
        external_order_id="order 1",
        external_line_id="line 2",
        metadata={"colour": "blue"},
    )

    booking = book(desk, cut, at("12:00"), details=details)

    assert booking == Booking(
        booking_id=booking.booking_id,
        number=booking.number,
        status=BookingStatus.CONFIRMED,
        pending_reasons=(),
        offering_id=cut.offering_id,
        offering_name="Cut",
        slot_id=generated_slot_id(cut.offering_id, at("12:00")),
        starts_at=at("12:00"),
        ends_at=at("13:00"),
        zone="UTC",
        party_size=1,
        assigned=(SERVED(resource_id=room.resource_id),),
        price=Money(amount_minor=2_500, currency="EUR"),
        customer_id=booking.customer_id,
        contact=ADA,
        hold_id=None,
        source="phone",
        note="Please be quick.",
        internal_note="Always late.",
        external_order_id="order 1",
        external_line_id="line 2",
        placed_by="system",
        cancelled_by=None,
        cancel_reason=None,
        metadata={"colour": "blue"},
        created_at=at("08:00"),
        confirmed_at=at("08:00"),
        ended_at=None,
        version=1,
        local_start="2026-06-01T12:00",
        price_lines=(plain_line(2_500),),
        policy=Policy(notice=timedelta(0), horizon_days=365),
    )
    assert desk.bookings.get(booking.booking_id) == booking


def test_a_booking_from_a_hold_keeps_its_places_price_and_contact(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-C05."""
    cut = add_offering(desk, "cut", add_room(desk), price_minor=2_500)
    placed = hold(desk, cut, at("12:00"), contact=ADA)
    before = counting(database, clock.now())
    clock.advance(minutes=5)

    booking = desk.bookings.convert(placed.hold_id, details=Details(source="web"))

    kept = ("hold_id", "slot_id", "assigned", "price")
    assert [getattr(booking, name) for name in kept] == [getattr(placed, name) for name in kept]
    assert (booking.contact, booking.source, booking.created_at) == (ADA, "web", at("08:05"))
    assert counting(database, clock.now()) == [
        replace(
            claim,
            owner_kind=type(claim.owner_kind).BOOKING,
            owner_id=booking.booking_id,
            counts_until=None,
            converted_at=at("08:05"),
        )
        for claim in before
    ]


def test_a_converted_hold_is_no_longer_given_back_when_its_time_is_over(
    desk: TenantEngine, clock: ManualClock
) -> None:
    cut = add_offering(desk, "cut", add_room(desk))
    desk.bookings.convert(hold(desk, cut, at("12:00")).hold_id, details=FOR_ADA)
    clock.advance(hours=3)

    left = remaining(desk, cut, at("12:00"))

    assert left == 0


@pytest.mark.parametrize("details", [Details(), Details(contact=Contact(name=""))])
def test_a_booking_of_nobody_and_of_no_order_is_malformed(
    desk: TenantEngine, details: Details
) -> None:
    cut = add_offering(desk, "cut", add_room(desk))

    cause = cause_of(lambda: book(desk, cut, at("12:00"), details=details))

    assert cause["code"] == "input.invalid"


def test_an_offering_approved_by_hand_waits_with_its_places_taken(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """C3: a pending booking holds its capacity, so that confirming it cannot oversell."""
    cut = add_offering(desk, "cut", add_room(desk), is_approved_by_hand=True)
    pending = book(desk, cut, at("12:00"))
    left = remaining(desk, cut, at("12:00"))
    clock.advance(minutes=5)

    confirmed = desk.bookings.confirm(pending.booking_id)

    assert (pending.status, pending.pending_reasons, pending.confirmed_at) == (
        *(BookingStatus.PENDING, (PendingReason.APPROVAL,), None),
    )
    assert left == 0
    assert confirmed == replace(
        pending,
        status=BookingStatus.CONFIRMED,
        pending_reasons=(),
        confirmed_at=at("08:05"),
        version=2,
    )
    assert desk.bookings.confirm(pending.booking_id) == confirmed


def test_a_declined_booking_gives_its_places_back(desk: TenantEngine, clock: ManualClock) -> None:
    """AC-D03."""
    cut = add_offering(desk, "cut", add_room(desk), is_approved_by_hand=True)
    pending = book(desk, cut, at("12:00"))
    clock.advance(minutes=5)

    declined = desk.bookings.decline(pending.booking_id, reason="We are closed.")

    assert declined == replace(
        pending,
        status=BookingStatus.DECLINED,
        pending_reasons=(),
        cancel_reason="We are closed.",
        ended_at=at("08:05"),
        version=2,
    )
    assert desk.bookings.decline(pending.booking_id) == declined
    assert remaining(desk, cut, at("12:00")) == 1


def test_a_pending_booking_whose_offering_was_closed_meanwhile_cannot_be_confirmed(
    desk: TenantEngine,
) -> None:
    cut = add_offering(desk, "cut", add_room(desk), is_approved_by_hand=True)
    pending = book(desk, cut, at("12:00"))
    desk.offerings.change(cut.offering_id, {"status": type(cut.status).INACTIVE})

    cause = cause_of(lambda: desk.bookings.confirm(pending.booking_id))

    assert cause == closed("offering_inactive")


def test_a_cancelled_booking_gives_its_places_back_once(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-C12, AC-K01, I-8."""
    cut = add_offering(desk, "cut", add_room(desk))
    booking = book(desk, cut, at("12:00"))
    clock.advance(minutes=5)

    cancelled = desk.bookings.cancel(
        booking.booking_id, reason="Ill.", cancelled_by=CancelledBy.CUSTOMER
    )
    clock.advance(minutes=5)
    again = desk.bookings.cancel(booking.booking_id, reason="Still ill.")

    assert cancelled == replace(
        booking,
        status=BookingStatus.CANCELLED,
        cancelled_by=CancelledBy.CUSTOMER,
        cancel_reason="Ill.",
        ended_at=at("08:05"),
        settlement=Settlement(
            kind=SettlementKind.CANCELLATION,
            reason="in_time",
            percent=100,
            refund=NOTHING,
            kept=NOTHING,
            fee=NOTHING,
            owed=NOTHING,
        ),
        version=2,
    )
    assert again == cancelled
    assert remaining(desk, cut, at("12:00")) == 1
    assert faults_in(database, clock.now()) == []


def test_cancelling_only_what_is_confirmed_leaves_a_pending_booking_alone(
    desk: TenantEngine,
) -> None:
    """AC-D20, the other way round; golden test 10 has the first."""
    asked = add_offering(desk, "asked", add_room(desk), is_approved_by_hand=True)
    pending, confirmed = book(desk, asked, at("10:00")), book(desk, asked, at("12:00"))
    desk.bookings.confirm(confirmed.booking_id)
    only = BookingStatus.CONFIRMED

    cause = cause_of(lambda: desk.bookings.cancel(pending.booking_id, only_if_status=only))
    cancelled = desk.bookings.cancel(confirmed.booking_id, only_if_status=only)

    assert cause == not_allowed("pending", "cancel")
    assert desk.bookings.get(pending.booking_id) == pending
    assert cancelled.status is BookingStatus.CANCELLED


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("decline", "confirm"),
        ("decline", "cancel"),
        ("cancel", "confirm"),
        ("cancel", "decline"),
        ("confirm", "decline"),
    ],
)
def test_what_has_ended_stays_as_it_ended(desk: TenantEngine, first: str, then: str) -> None:
    """AC-D01, I-11."""
    asked = add_offering(desk, "asked", add_room(desk), is_approved_by_hand=True)
    booking = book(desk, asked, at("10:00"))
    after = getattr(desk.bookings, first)(booking.booking_id)

    cause = cause_of(lambda: getattr(desk.bookings, then)(booking.booking_id))

    assert cause == not_allowed(after.status.value, then)
    assert desk.bookings.get(booking.booking_id) == after


def test_a_change_made_on_an_older_version_is_refused(desk: TenantEngine) -> None:
    """I-15."""
    asked = add_offering(desk, "asked", add_room(desk), is_approved_by_hand=True)
    booking = desk.bookings.confirm(book(desk, asked, at("10:00")).booking_id, if_version=1)

    cause = cause_of(lambda: desk.bookings.cancel(booking.booking_id, if_version=1))

    assert cause == {
        "code": "record.changed",
        "kind": "booking",
        "key": booking.booking_id,
        "expected": 1,
        "actual": 2,
    }


def test_a_number_is_random_short_and_found_however_it_is_typed(desk: TenantEngine) -> None:
    """AC-D13."""
    cut = add_offering(desk, "cut", add_room(desk))
    bookings = [book(desk, cut, at("12:00") + hour * HOUR) for hour in range(5)]
    number = bookings[0].number

    found = [
        desk.bookings.get_by_number(typed)
        for typed in (number, number.lower(), f"  {number.replace('-', ' ')} ")
    ]
    cause = cause_of(lambda: desk.bookings.get_by_number("0000-0000"))

    assert found == [bookings[0]] * 3
    assert cause == {"code": "record.not_found", "kind": "booking", "key": "0000-0000"}
    assert len({booking.number for booking in bookings}) == 5
    form = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}")
    assert all(form.fullmatch(booking.number) for booking in bookings)


def test_bookings_are_listed_by_their_start_in_pages_through_filters(desk: TenantEngine) -> None:
    """AC-D06."""
    cut, dye = (add_offering(desk, slug, add_room(desk, capacity=9)) for slug in ("cut", "dye"))
    orders = [Details(external_order_id=f"order {number}") for number in range(3)]
    late = book(desk, cut, at("15:00"), details=orders[0])
    early = book(desk, dye, at("10:00"), details=orders[1])
    twin = book(desk, cut, at("10:00"), details=orders[2])
    gone = desk.bookings.cancel(book(desk, cut, at("12:00")).booking_id)
    listed = (*sorted((early, twin), key=lambda booking: booking.booking_id), gone, late)
    only = BookingQuery

    pages = [desk.bookings.list(PageRequest(limit=3))]
    pages.append(desk.bookings.list(PageRequest(limit=3, after=pages[0].next_after)))

    def found(query: BookingQuery) -> tuple[Booking, ...]:
        return desk.bookings.list(query=query).items

    assert (pages[0].items + pages[1].items, pages[1].next_after) == (listed, None)
    assert found(only(statuses=(BookingStatus.CANCELLED,))) == (gone,)
    assert found(only(starts_from=at("12:00"))) == (gone, late)
    assert found(only(starts_before=at("12:00"))) == listed[:2]
    assert found(only(offering_id=dye.offering_id)) == (early,)
    assert found(only(external_order_id="order 0")) == (late,)
    assert found(only(customer_id=gone.customer_id)) == (gone,)


@pytest.mark.parametrize("limit", [0, 201])
def test_a_page_has_from_one_to_two_hundred_bookings(desk: TenantEngine, limit: int) -> None:
    cause = cause_of(lambda: desk.bookings.list(PageRequest(limit=limit)))

    assert cause["code"] == "input.invalid"


def test_whoever_books_for_the_first_time_becomes_a_customer_and_is_found_again(
    desk: TenantEngine, database: Database
) -> None:
    cut = add_offering(desk, "cut", add_room(desk, capacity=9))
    ada = Contact(name="Ada", email="Ada@Example.com", phone="+44 20 7946 0000")
    shouting = Contact(name="ADA L.", email=" ADA@example.COM")
    by_phone = Contact(name="Grace", phone="+44 20 7946 0001")
    same_phone = Contact(name="G.", phone="0044 20 7946-0001")

    customer_ids = [
        book(desk, cut, at("12:00"), details=Details(contact=contact)).customer_id
        for contact in (ada, shouting, by_phone, same_phone)
    ]

    first, _, second, _ = customer_ids
    assert customer_ids == [first, first, second, second]
    assert sorted(records(database, Customer), key=lambda customer: customer.name) == [
        customer_from(ada, first, email_key="ada@example.com", phone_key="+442079460000"),
        customer_from(by_phone, second, email_key=None, phone_key="+442079460001"),
    ]


def customer_from(
    contact: Contact,
    customer_id: CustomerId | None,
    *,
    email_key: str | None,
    phone_key: str | None,
) -> Customer:
    """Return the customer that a first booking at 8:00 makes of a contact."""
    assert customer_id is not None
    return Customer(
        customer_id=customer_id,
        name=contact.name,
        email=contact.email,
        phone=contact.phone,
        email_key=email_key,
        phone_key=phone_key,
        account_id=None,
        status=CustomerStatus.ACTIVE,
        created_at=at("08:00"),
        version=1,
    )


def test_a_booking_for_a_known_customer_names_it_and_an_unknown_one_is_refused(
    desk: TenantEngine,
) -> None:
    cut = add_offering(desk, "cut", add_room(desk, capacity=9))
    known = desk.customers.add(AddCustomer(name="Ada"))
    unknown = CustomerId("cus_00000000000000000000000000")

    booking = book(desk, cut, at("12:00"), details=Details(customer_id=known.customer_id))
    cause = cause_of(lambda: book(desk, cut, at("12:00"), details=Details(customer_id=unknown)))

    assert (booking.customer_id, booking.contact) == (known.customer_id, Contact())
    assert cause == {"code": "record.not_found", "kind": "customer", "key": unknown}


def test_an_order_without_a_contact_has_no_customer(desk: TenantEngine) -> None:
    cut = add_offering(desk, "cut", add_room(desk))

    booking = book(desk, cut, at("12:00"), details=Details(external_order_id="order 1"))

    assert booking.customer_id is None


@pytest.mark.parametrize(
    ("unit", "minutes", "party_size", "expected"),
    [
        (PriceUnit.BOOKING, 60, 3, 1_000),
        (PriceUnit.PARTICIPANT, 60, 3, 3_000),
        (PriceUnit.UNIT, 60, 3, 3_000),
        (PriceUnit.HOUR, 90, 3, 1_500),
    ],
)
def test_a_booking_costs_what_its_offering_asks(
    desk: TenantEngine, unit: PriceUnit, minutes: int, party_size: int, expected: int
) -> None:
    cut = add_offering(desk, "cut", add_room(desk), price_minor=1_000)
    desk.offerings.change(
        cut.offering_id, {"price_unit": unit, "duration": timedelta(minutes=minutes)}
    )

    booking = book(desk, cut, at("12:00"), party_size)

    assert booking.price == Money(amount_minor=expected, currency="EUR")


def test_a_booking_has_a_history_of_who_changed_what(
    engine: Engine, desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-D01, I-34."""
    web = shop_window(engine, desk)
    cut = add_offering(desk, "cut", add_room(desk), is_approved_by_hand=True)
    booking = book(web, cut, at("12:00"))
    clock.advance(minutes=1)
    desk.bookings.confirm(booking.booking_id)
    clock.advance(minutes=1)
    web.bookings.cancel(booking.booking_id, cancelled_by=CancelledBy.BUSINESS)

    entries = desk.history.of_booking(booking.booking_id).items

    assert [
        (entry.action, entry.actor_id, entry.at, entry.subject_version) for entry in entries
    ] == [
        ("booking.place", web.actor.actor_id, at("08:00"), 1),
        ("booking.confirm", "system", at("08:01"), 2),
        ("booking.cancel", web.actor.actor_id, at("08:02"), 3),
    ]
    changes = dict(entries[2].changes)
    assert changes.pop("settlement")
    assert changes == {
        "status": ["confirmed", "cancelled"],
        "cancelled_by": [None, "customer"],  # whatever the public says of itself
        "ended_at": [None, at("08:02").isoformat()],
    }


def test_a_booking_that_does_not_exist_cannot_be_found(desk: TenantEngine) -> None:
    nowhere = BookingId("bkg_00000000000000000000000000")

    causes = [
        cause_of(lambda: desk.bookings.get(nowhere)),
        cause_of(lambda: desk.bookings.confirm(nowhere)),
        cause_of(lambda: desk.bookings.cancel(nowhere)),
    ]

    assert causes == [{"code": "record.not_found", "kind": "booking", "key": nowhere}] * 3
