"""Changing how many units of a resource there are, with bookings on it."""

from __future__ import annotations

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import Booking
from holdfast.domain.claims import Claim
from holdfast.domain.resources import Resource, ResourceAction, ResourceStatus
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.storage.database import Database
from holdfast.storage.proving import prove
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    add_offering,
    add_room,
    at,
    book,
    cause_of,
    hold,
    open_desk,
    pointers,
    refusal_of,
    remaining,
)
from tests.engine.dated import add_dated, add_rental, day, days, rent
from tests.engine.tables import all_rows, records, rows_of


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


def resized(desk: TenantEngine, resource: Resource, capacity: int | None) -> Resource:
    """Change a resource's capacity."""
    return desk.resources.change(resource.resource_id, {"capacity": capacity})


def proof(database: Database) -> list[str]:
    """What the audit finds wrong with the books."""
    return [f"{found.kind}: {found.detail}" for found in prove(database).violations]


# By interval


def test_a_capacity_below_what_is_claimed_is_refused_and_changes_nothing(
    desk: TenantEngine, database: Database
) -> None:
    """AC-C01."""
    room = add_room(desk, capacity=3)
    swim = add_offering(desk, "swim", room)
    for _ in range(2):
        book(desk, swim, at("12:00"))
    before = all_rows(database)

    cause = cause_of(lambda: resized(desk, room, 1))

    assert (cause["code"], cause["requested"], cause["remaining"]) == ("capacity.exceeded", 2, 1)
    assert all_rows(database) == before
    assert resized(desk, room, 2).capacity == 2


def test_staff_may_lower_it_with_a_reason_and_what_is_freed_is_not_sold_again(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-C01: what is over is marked, by whom and why; the public decides on the new cap alone."""
    room = add_room(desk, capacity=3)
    swim = add_offering(desk, "swim", room)
    booked = []
    for _ in range(3):
        booked.append(book(desk, swim, at("12:00")))
        clock.advance(minutes=1)

    silent = refusal_of(
        lambda: desk.resources.change(room.resource_id, {"capacity": 1}, may_be_over=True)
    )
    desk.resources.change(room.resource_id, {"capacity": 1}, may_be_over=True, reason="A leak")
    over = [claim for claim in records(database, Claim) if claim.is_over]
    desk.bookings.cancel(booked[0].booking_id, reason="")
    still = cause_of(lambda: book(desk, swim, at("12:00")))
    desk.bookings.cancel(booked[1].booking_id, reason="")
    full = cause_of(lambda: book(desk, swim, at("12:00")))
    desk.bookings.cancel(booked[2].booking_id, reason="")
    again = book(desk, swim, at("12:00"))

    assert pointers(silent) == [("/reason", "missing")]
    assert sorted((claim.owner_id, claim.reason) for claim in over) == sorted(
        (booking.booking_id, "A leak") for booking in booked[1:]
    )
    assert [still["remaining"], full["remaining"]] == [0, 0]
    assert isinstance(again, Booking)
    assert proof(database) == []


def test_raising_an_over_committed_capacity_is_never_refused(desk: TenantEngine) -> None:
    """AC-C01."""
    room = add_room(desk, capacity=4)
    swim = add_offering(desk, "swim", room)
    for _ in range(4):
        book(desk, swim, at("12:00"))
    desk.resources.change(room.resource_id, {"capacity": 1}, may_be_over=True, reason="A leak")

    raised = resized(desk, room, 2)
    more = resized(desk, room, 5)

    assert (raised.capacity, more.capacity) == (2, 5)
    assert remaining(desk, swim, at("12:00")) == 1


def test_only_what_overlaps_counts_and_what_is_over_is_past(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-C01: the peak of what is still to come."""
    room = add_room(desk, capacity=2)
    swim = add_offering(desk, "swim", room)
    for start in ("09:00", "09:00", "12:00", "13:00"):
        book(desk, swim, at(start))
    clock.advance(hours=2)

    assert resized(desk, room, 1).capacity == 1


# By date


def test_counters_of_coming_days_without_a_capacity_of_their_own_follow_the_default(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-C01, C-08."""
    bikes = add_dated(desk, capacity=5)
    rental = add_rental(desk, bikes)
    desk.calendars.set(bikes.resource_id, days(3), 7)
    rent(desk, rental, days(0, 2, 3), 2)
    clock.advance(days=1)

    resized(desk, bikes, 4)

    caps = {
        row["key"][-2:]: (row["used"], row["cap"])
        for row in rows_of(database, "capacity")
        if row["key"].startswith("day:")
    }
    assert caps == {"01": (2, 5), "03": (2, 4), "04": (2, 7)}
    assert cause_of(lambda: rent(desk, rental, days(2), 3))["remaining"] == 2
    assert [s.capacity for s in desk.calendars.list(bikes.resource_id, day(2), day(4))] == [4, 7, 4]
    assert proof(database) == []


def test_every_day_that_is_short_is_named_unless_it_may_be_over(
    desk: TenantEngine, database: Database
) -> None:
    """AC-C01, C-09."""
    bikes = add_dated(desk, capacity=5)
    rental = add_rental(desk, bikes)
    rent(desk, rental, days(1, 2), 3)
    rent(desk, rental, days(2), 2)
    before = all_rows(database)

    refusal = refusal_of(lambda: resized(desk, bikes, 2))
    untouched = all_rows(database)
    desk.resources.change(bikes.resource_id, {"capacity": 2}, may_be_over=True, reason="Stolen")

    assert refusal.fields["dates"] == (
        {"date": "2026-06-02", "capacity": 5, "taken": 3, "wanted": 2},
        {"date": "2026-06-03", "capacity": 5, "taken": 5, "wanted": 2},
    )
    assert untouched == before
    over = [s.over_commit for s in desk.calendars.list(bikes.resource_id, day(1), day(3))]
    assert over == [1, 3, 0]
    assert proof(database) == []


# Deleting


def test_deleting_sees_what_is_claimed_of_dates(desk: TenantEngine, clock: ManualClock) -> None:
    """AC-C01: of days from today on."""
    bikes = add_dated(desk)
    rental = add_rental(desk, bikes)
    booked = rent(desk, rental, days(1, 2), 2)

    cause = cause_of(lambda: desk.resources.act(bikes.resource_id, ResourceAction.DELETE))
    unlimited = cause_of(lambda: resized(desk, bikes, None))
    clock.advance(days=2)
    still = cause_of(lambda: desk.resources.act(bikes.resource_id, ResourceAction.DELETE))
    clock.advance(days=1)
    gone = desk.resources.act(bikes.resource_id, ResourceAction.DELETE)

    assert booked.dates == days(1, 2)
    assert [one["code"] for one in (cause, unlimited, still)] == ["record.in_use"] * 3
    assert (cause["upcoming"], still["upcoming"]) == (4, 2)
    assert gone.status is ResourceStatus.DELETED


def test_a_lapsed_hold_of_days_keeps_nothing_from_being_deleted_or_unlimited(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-C01."""
    bikes = add_dated(desk)
    rental = add_rental(desk, bikes)
    desk.holds.place(choice=Choice(offering_id=rental.offering_id, dates=days(1)), party_size=5)
    clock.advance(hours=1)

    unlimited = resized(desk, bikes, None)
    booked = rent(desk, rental, days(1), 50)
    gone = cause_of(lambda: desk.resources.act(bikes.resource_id, ResourceAction.DELETE))

    assert unlimited.capacity is None
    assert booked.party_size == 50
    assert gone["code"] == "record.in_use"
    assert proof(database) == []


def test_a_forced_deletion_leaves_the_bookings(desk: TenantEngine) -> None:
    """AC-C01."""
    bikes = add_dated(desk)
    booked = rent(desk, add_rental(desk, bikes), days(1), 2)

    gone = desk.resources.act(bikes.resource_id, ResourceAction.DELETE, is_forced=True)

    assert gone.status is ResourceStatus.DELETED
    assert desk.bookings.get(booked.booking_id).status == booked.status


def test_a_held_room_can_be_lowered_when_the_hold_has_lapsed(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-C01."""
    room = add_room(desk, capacity=2)
    swim = add_offering(desk, "swim", room)
    hold(desk, swim, at("18:00"))
    hold(desk, swim, at("18:00"))
    refused = cause_of(lambda: resized(desk, room, 1))
    clock.advance(hours=1)

    assert refused["code"] == "capacity.exceeded"
    assert resized(desk, room, 1).capacity == 1
