"""The desk: whoever walks in, what cannot wait, and finding bookings again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import Actor, ActorKind
from holdfast.domain.bookings import Booking
from holdfast.domain.customers import Contact
from holdfast.domain.errors import HoldfastError
from holdfast.domain.shapes import Shape
from holdfast.domain.waitlists import InLine
from holdfast.engine.availability import AvailabilityQuery
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.facade.bookings import BookingQuery
from holdfast.engine.facade.emergencies import Emergency
from holdfast.engine.finding import FOUND_MAX
from holdfast.engine.making import Details
from holdfast.engine.moving import Move
from holdfast.storage.proving import prove
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    ADA,
    FOR_ADA,
    HOUR,
    add_class,
    add_offering,
    add_room,
    at,
    book,
    open_desk,
    refusal_of,
)

PAGE = Actor(kind=ActorKind.PUBLISHABLE_KEY, actor_id="key_page")


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business in UTC that wants two hours of notice."""
    return open_desk(engine, notice=2 * HOUR)


def code_of(call: Callable[[], object]) -> str:
    """Return the code of a refusal."""
    try:
        call()
    except HoldfastError as refusal:
        return refusal.code
    return "done"


def test_who_walks_in_is_booked_approved_and_checked_in_by_one_command_of_staff(
    engine: Engine, desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-D11."""
    cut = add_offering(desk, "cut", add_room(desk), is_approved_by_hand=True, pending_ttl=HOUR)
    choice = Choice(offering_id=cut.offering_id, starts_at=at("12:00"))
    page = engine.at(desk.tenant_id, actor=PAGE)
    early = code_of(lambda: desk.bookings.walk_in(choice, details=FOR_ADA))
    clock.set(at("12:10"))

    there = desk.bookings.walk_in(choice, details=FOR_ADA)

    assert early == "policy.too_early"
    assert (there.status, there.checked_in_at, there.source) == (
        "checked_in",
        at("12:10"),
        "walk_in",
    )
    assert (there.confirmed_at, there.expires_at) == (at("12:10"), None)
    lines = desk.bookings.history(there.booking_id).items
    assert [(one.action, one.actor_id) for one in lines] == [("booking.walk_in", "system")] * 2
    assert code_of(lambda: desk.bookings.walk_in(choice, details=FOR_ADA)) == "capacity.exceeded"
    assert code_of(lambda: page.bookings.walk_in(choice, details=FOR_ADA)) == "access.denied"
    assert prove(engine.database).violations == ()


def test_an_emergency_gets_the_next_free_time_within_the_wait_though_the_notice_is_longer(
    engine: Engine, desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-D18."""
    cut = add_offering(desk, "cut", add_room(desk))
    book(desk, cut, at("13:00"))
    clock.set(at("12:30"))
    wanted = Emergency(offering_id=cut.offering_id, max_wait=2 * HOUR, reason="a broken tooth")

    first = desk.bookings.emergency(wanted, details=FOR_ADA)
    second = code_of(lambda: desk.bookings.emergency(wanted, details=FOR_ADA))

    assert isinstance(first, Booking)
    assert (first.starts_at, first.source) == (at("14:00"), "emergency")
    assert first.override is not None
    assert (first.override.reason, first.override.notice) == ("a broken tooth", True)
    assert second == "availability.closed"
    page = engine.at(desk.tenant_id, actor=PAGE)
    assert code_of(lambda: page.bookings.emergency(wanted, details=FOR_ADA)) == "access.denied"


def test_an_emergency_that_nothing_is_free_for_names_what_is_free_later(
    desk: TenantEngine, clock: ManualClock
) -> None:
    cut = add_offering(desk, "cut", add_room(desk))
    clock.set(at("09:10"))
    wanted = Emergency(
        offering_id=cut.offering_id, max_wait=timedelta(minutes=30), reason="a broken tooth"
    )

    refusal = refusal_of(lambda: desk.bookings.emergency(wanted, details=FOR_ADA))

    assert (refusal.code, refusal.fields["reason"]) == ("availability.closed", "none_in_time")
    alternatives = refusal.fields["alternatives"]
    assert isinstance(alternatives, tuple)
    assert alternatives[0].starts_at == at("12:00")


def test_an_emergency_that_nothing_is_free_for_waits_before_all_others(
    engine: Engine, desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-D18, AC-H04: where there is a waitlist, unless staff say not to."""
    cut = add_offering(desk, "cut", add_room(desk))
    desk.offerings.change(cut.offering_id, {"has_waitlist": True})
    for hour in ("12:00", "13:00", "14:00"):
        book(desk, cut, at(hour))
    desk.waitlist.join(cut.offering_id, details=Details(contact=Contact(name="Ben")))
    clock.set(at("11:30"))
    wanted = Emergency(offering_id=cut.offering_id, max_wait=2 * HOUR, reason="a broken tooth")

    unwilling = replace(wanted, joins_waitlist=False)
    refused = code_of(lambda: desk.bookings.emergency(unwilling, details=FOR_ADA))
    waiting = desk.bookings.emergency(wanted, details=FOR_ADA)

    assert refused == "availability.closed"
    assert isinstance(waiting, InLine)
    assert (waiting.position, waiting.entry.note) == (1, "a broken tooth")
    assert desk.waitlist.get(waiting.entry.entry_id) == waiting
    assert prove(engine.database).violations == ()


def test_what_may_begin_at_any_minute_is_booked_at_the_first_that_is_free(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-D18: not at the next half hour."""
    court = add_offering(desk, "court", add_room(desk), shape=Shape.FREE)
    clock.set(at("12:07"))
    wanted = Emergency(offering_id=court.offering_id, max_wait=2 * HOUR, reason="a match")

    first = desk.bookings.emergency(wanted, details=FOR_ADA)
    second = desk.bookings.emergency(wanted, details=FOR_ADA)

    assert isinstance(first, Booking)
    assert isinstance(second, Booking)
    assert (first.starts_at, first.ends_at) == (at("12:07"), at("13:07"))
    assert second.starts_at == at("13:07")


def test_bookings_are_found_by_reference_by_who_serves_and_by_whether_they_were_moved(
    desk: TenantEngine,
) -> None:
    """AC-D05, AC-D06, AC-D22."""
    chair, other = add_room(desk), add_room(desk)
    cut, shave = add_offering(desk, "cut", chair), add_offering(desk, "shave", other)
    yoga = add_class(desk, "yoga", chair, places=3)
    ours = Details(contact=ADA, reference="ours-7")
    first = book(desk, cut, at("12:00"), details=ours)
    second = book(desk, shave, at("13:00"))
    third = book(desk, yoga, at("15:00"))
    moved = desk.bookings.reschedule(second.booking_id, Move(starts_at=at("14:00")))

    def found(query: BookingQuery) -> list[str]:
        return [one.booking_id for one in desk.bookings.list(query=query).items]

    assert found(BookingQuery(reference="ours-7")) == [first.booking_id]
    assert found(BookingQuery(served_by=chair.resource_id)) == [first.booking_id, third.booking_id]
    assert found(BookingQuery(served_by=other.resource_id)) == [second.booking_id]
    assert found(BookingQuery(is_rescheduled=True)) == [moved.booking_id]
    assert found(BookingQuery(is_rescheduled=False)) == [first.booking_id, third.booking_id]
    assert found(BookingQuery(customer_id=first.customer_id)) == [
        first.booking_id,
        second.booking_id,
        third.booking_id,
    ]
    assert desk.bookings.count() == {"confirmed": 3}


def test_whoever_stands_there_gets_what_has_begun_or_begins_soon(
    engine: Engine, desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-D11: notice is two hours, and does not count at the desk."""
    room = add_room(desk)
    cut = add_offering(desk, "cut", room)
    book(desk, cut, at("13:00"))
    clock.set(at("12:10"))
    query = AvailabilityQuery(offering_id=cut.offering_id)

    found = desk.availability.at_the_desk(query, max_wait=2 * HOUR)

    assert [one.starts_at for one in found.slots] == [at("12:00"), at("14:00")]
    page = engine.at(desk.tenant_id, actor=PAGE)
    assert code_of(lambda: page.availability.at_the_desk(query, max_wait=HOUR)) == "access.denied"


def test_of_many_bookings_of_one_reference_those_are_found_that_begin_last(engine: Engine) -> None:
    desk = open_desk(engine)
    yoga = add_class(desk, "yoga", places=FOUND_MAX)
    group = replace(FOR_ADA, reference="The Lovelaces")
    early = [book(desk, yoga, at("10:00"), details=group) for _ in range(FOUND_MAX)]
    last = book(desk, yoga, at("18:00"), details=group)

    found = desk.reports.find("The Lovelaces")

    assert found.bookings[0] == last
    assert (len(found.bookings), found.is_cut) == (FOUND_MAX, True)
    assert desk.reports.find(early[0].number).bookings == (early[0],)
    assert desk.reports.find("The \x00").bookings == ()
