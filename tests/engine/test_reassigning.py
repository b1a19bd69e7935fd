"""When a resource is lost: whom it concerns, who serves instead, and what is left for staff."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import Booking
from holdfast.domain.closures import WhenBooked
from holdfast.domain.history import Event
from holdfast.domain.offerings import Offering
from holdfast.domain.resources import Resource, ResourceAction
from holdfast.engine.blocks import AddBlock
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.moving import Move
from holdfast.storage.database import Database
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    FOR_ADA,
    add_offering,
    add_room,
    at,
    cause_of,
    open_desk,
    refusal_of,
)
from tests.engine.invariants import faults_in
from tests.engine.outings import Region, any_of, by_dates, on
from tests.engine.tables import records


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


NINE, TEN = at("09:00", day=1), at("10:00", day=1)


def _clinic(desk: TenantEngine) -> tuple[Offering, list[Resource], list[Resource]]:
    """Any of two doctors sees patients in any of two rooms."""
    doctors = [add_room(desk, name) for name in ("Ann", "Bob")]
    rooms = [add_room(desk, name) for name in ("Red", "Blue")]
    visit = add_offering(desk, "visit", any_of(doctors, role="doctor"), any_of(rooms, role="room"))
    return visit, doctors, rooms


def _book(desk: TenantEngine, visit: Offering, *picks: Resource) -> Booking:
    choice = Choice(
        offering_id=visit.offering_id,
        starts_at=NINE,
        picks=tuple(one.resource_id for one in picks),
    )
    return desk.bookings.place(choice=choice, details=FOR_ADA)


def _names(booking: Booking) -> list[str]:
    return [one.name for one in booking.assigned]


def _deactivate(desk: TenantEngine, resource: Resource) -> None:
    desk.resources.act(resource.resource_id, ResourceAction.DEACTIVATE)


def _delete(desk: TenantEngine, resource: Resource) -> None:
    desk.resources.act(resource.resource_id, ResourceAction.DELETE, is_forced=True)


@pytest.mark.parametrize(
    ("lose", "reason"), [(_deactivate, "resource_inactive"), (_delete, "resource_deleted")]
)
def test_another_serves_at_the_same_time_and_who_still_can_goes_on(
    desk: TenantEngine,
    database: Database,
    clock: ManualClock,
    lose: Callable[[TenantEngine, Resource], None],
    reason: str,
) -> None:
    """AC-E09: listed, reassigned, and no longer listed."""
    visit, (ann, bob), (_, blue) = _clinic(desk)
    booking = _book(desk, visit, blue)
    lose(desk, ann)

    listed = desk.reassigning.affected(ann.resource_id)
    others = desk.reassigning.affected(bob.resource_id)
    left = desk.reassigning.reassign_all(ann.resource_id, reason="ill")

    after = desk.bookings.get(booking.booking_id)
    assert [(one.booking.booking_id, one.reason) for one in listed] == [
        (booking.booking_id, reason)
    ]
    assert (others, left, desk.reassigning.affected(ann.resource_id)) == ((), (), ())
    assert (_names(booking), _names(after)) == (["Ann", "Blue"], ["Bob", "Blue"])
    assert replace(after, assigned=booking.assigned, version=booking.version) == booking
    assert desk.reassigning.reassign(booking.booking_id) == after
    told = [one for one in records(database, Event) if one.type == "booking.reassigned"]
    assert [one.payload["before"] for one in told] == [
        [one.resource_id for one in booking.assigned]
    ]
    assert faults_in(database, clock.now()) == []


def test_a_block_over_a_booking_moves_it_to_another_and_the_rest_is_left_for_staff(
    desk: TenantEngine,
) -> None:
    """AC-E09: what nobody else can serve stays as it is, and stays listed."""
    visit, (ann, bob), _ = _clinic(desk)
    first, second = _book(desk, visit), _book(desk, visit)
    desk.blocks.add(
        AddBlock(
            resource_id=bob.resource_id,
            starts_at=NINE,
            ends_at=TEN,
            reason="ill",
            when_booked=WhenBooked.LIST,
        )
    )

    left = desk.reassigning.reassign_all(bob.resource_id)
    refusal = cause_of(lambda: desk.reassigning.reassign(second.booking_id))
    desk.bookings.cancel(first.booking_id)
    moved = desk.reassigning.reassign(second.booking_id)

    assert [(one.booking, one.reason) for one in left] == [(second, "blocked")]
    assert refusal["code"] == "capacity.exceeded"
    assert moved.assigned[0].resource_id == ann.resource_id
    assert desk.reassigning.affected(bob.resource_id) == ()


def test_who_was_asked_for_by_name_is_replaced_only_if_staff_say_so(desk: TenantEngine) -> None:
    visit, (ann, _), _ = _clinic(desk)
    booking = _book(desk, visit, ann)
    _deactivate(desk, ann)

    left = desk.reassigning.reassign_all(ann.resource_id)
    moved = desk.reassigning.reassign(booking.booking_id, drops_wishes=True)

    assert [one.booking for one in left] == [booking]
    assert (_names(moved)[0], moved.picks) == ("Bob", ())


def test_whom_the_offering_names_no_longer_does_not_go_on(desk: TenantEngine) -> None:
    """What an offering requires may change under its bookings."""
    first, second, third, fourth = (add_room(desk, name, capacity=9) for name in "ABCD")
    pair = add_offering(desk, "pair", any_of([first, second], members=2))
    one = add_offering(desk, "one", any_of([first]))
    choice = Choice(offering_id=one.offering_id, starts_at=NINE)
    both = _book(desk, pair)
    alone = desk.bookings.place(choice=choice, details=FOR_ADA)
    later = any_of([second, third, fourth], members=2)
    desk.offerings.change(pair.offering_id, {"requirements": (later,)})
    desk.offerings.change(one.offering_id, {"requirements": (any_of([third]),)})
    _deactivate(desk, second)

    served = desk.reassigning.reassign(both.booking_id)
    resized = desk.bookings.reschedule(alone.booking_id, Move(party_size=2))

    assert (sorted(_names(both)), sorted(_names(served))) == (["A", "B"], ["C", "D"])
    assert _names(resized) == ["C"]


def test_what_is_refused_for_any_reason_is_left_and_the_rest_is_reassigned(
    desk: TenantEngine,
) -> None:
    first, second = (add_room(desk, name, capacity=9) for name in "AB")
    cut = add_offering(desk, "cut", any_of([first, second]))
    large, small = (
        desk.bookings.place(
            choice=Choice(offering_id=cut.offering_id, starts_at=hour),
            party_size=size,
            details=FOR_ADA,
        )
        for size, hour in ((5, NINE), (1, TEN))
    )
    desk.offerings.change(cut.offering_id, {"party_max": 2})
    _deactivate(desk, first)

    left = desk.reassigning.reassign_all(first.resource_id)

    assert [one.booking for one in left] == [large]
    assert _names(desk.bookings.get(small.booking_id)) == ["B"]


def test_days_are_reassigned_too_and_a_resource_by_itself_cannot_be(desk: TenantEngine) -> None:
    """M-87, D-51."""
    region = Region(desk, setup_count=2, operator_count=2)
    mission = region.book(on(3), on(4))
    thing = region.setups[1]
    alone = desk.bookings.place(choice=by_dates(thing, on(9)), details=FOR_ADA)
    _deactivate(desk, region.setups[0])
    _deactivate(desk, thing)

    nobody = refusal_of(lambda: desk.reassigning.reassign(mission.booking_id))
    desk.resources.act(thing.resource_id, ResourceAction.ACTIVATE)
    moved = desk.reassigning.reassign(mission.booking_id)
    _deactivate(desk, thing)

    assert nobody.code == "availability.closed"
    assert _names(moved) == ["Setup 2", "Operator 1"]
    listed = desk.reassigning.affected(thing.resource_id)
    assert [one.booking.booking_id for one in listed] == [mission.booking_id, alone.booking_id]
    assert refusal_of(lambda: desk.reassigning.reassign(alone.booking_id)).code == (
        "availability.closed"
    )
