"""Limiting what was unlimited: closed, waited for, counted, opened; and who sees it through."""

from __future__ import annotations

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import SYSTEM
from holdfast.domain.claims import Claim, ClaimOwner
from holdfast.domain.resources import Resource, ResourceAction, ResourceStatus
from holdfast.engine.blocks import AddBlock
from holdfast.engine.facade import TenantEngine
from holdfast.engine.limiting import LimitSlot
from holdfast.engine.resources import ActOnResource, ChangeResource
from holdfast.storage.database import Database
from holdfast.testing.clocks import ManualClock
from holdfast.workers.clockwork import WorkIncomplete
from holdfast.workers.limit import settle_limits
from tests.engine.businesses import (
    FOR_ADA,
    HOUR,
    add_class,
    add_offering,
    add_room,
    add_slot,
    at,
    book,
    cause_of,
    closed,
    hold,
    open_desk,
    pointers,
    refusal_of,
    remaining,
)
from tests.engine.dated import add_dated, add_rental, day, days, rent
from tests.engine.limits import Stubborn, limited, places_of, proof
from tests.engine.tables import records, rows_of


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


def closed_only(
    desk: TenantEngine, resource: Resource, capacity: int, *, reason: str = ""
) -> Resource:
    """Do the first step of limiting, as a caller does that then is gone."""
    command = ChangeResource(
        resource_id=resource.resource_id,
        changes={"capacity": capacity},
        may_be_over=bool(reason),
        reason=reason,
    )
    changed = desk.run(command)
    assert isinstance(changed, Resource)
    return changed


# By interval


def test_what_was_booked_while_it_was_unlimited_counts_when_it_is_limited(
    desk: TenantEngine, database: Database
) -> None:
    """AC-C01, C-10."""
    room = add_room(desk, capacity=None)
    talk = add_offering(desk, "talk", room)
    for _ in range(2):
        book(desk, talk, at("12:00"))

    changed = limited(desk, room, 3)
    book(desk, talk, at("12:00"))
    cause = cause_of(lambda: book(desk, talk, at("12:00")))

    assert (changed.capacity, changed.is_settling) == (3, False)
    assert (cause["code"], cause["remaining"]) == ("capacity.exceeded", 0)
    assert proof(database) == []


def test_a_block_on_a_resource_that_is_being_limited_to_one_is_not_yet_exclusive(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    room = add_room(desk, capacity=None)
    closed_only(desk, room, 1)
    clock.advance(minutes=1)

    block = AddBlock(resource_id=room.resource_id, starts_at=at("12:00"), ends_at=at("13:00"))
    desk.run(block)

    assert [claim.is_exclusive for claim in records(database, Claim)] == [False]
    assert proof(database) == []


def test_a_capacity_below_what_is_booked_needs_a_reason_and_is_recorded(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-C01."""
    room = add_room(desk, capacity=None)
    talk = add_offering(desk, "talk", room)
    for _ in range(3):
        book(desk, talk, at("12:00"))
        clock.advance(minutes=1)

    cause = cause_of(lambda: limited(desk, room, 1))
    silent = refusal_of(lambda: limited(desk, room, 1, over=True))
    closed_only(desk, room, 1, reason="Fire rules")
    clock.advance(minutes=1)
    changed = desk.resources.settle(room.resource_id)
    over = [claim for claim in records(database, Claim) if claim.is_over]

    assert (cause["code"], cause["requested"]) == ("capacity.exceeded", 3)
    assert pointers(silent) == [("/reason", "missing")]
    assert (changed.capacity, changed.is_settling) == (1, False)
    assert [(claim.units, claim.actor_id) for claim in over] == [(1, SYSTEM.actor_id)] * 2
    assert remaining(desk, talk, at("12:00")) == 0
    assert proof(database) == []


def test_nothing_is_booked_while_it_is_settling_and_nothing_else_of_its_capacity_changes(
    desk: TenantEngine,
) -> None:
    """AC-C01: closed until what was booked is counted."""
    room = add_room(desk, capacity=None)
    talk = add_offering(desk, "talk", room)
    kept = hold(desk, talk, at("12:00"))

    settling = closed_only(desk, room, 2)
    cause = cause_of(lambda: book(desk, talk, at("12:00")))
    again = cause_of(lambda: closed_only(desk, room, 3))
    converted = desk.bookings.convert(kept.hold_id, details=FOR_ADA)
    opened = desk.resources.settle(room.resource_id)
    twice = desk.resources.settle(room.resource_id)

    assert (settling.capacity, settling.is_settling) == (2, True)
    assert cause == closed("settling")
    assert again == closed("settling")
    assert converted.assigned[0].resource_id == room.resource_id
    assert (opened.is_settling, twice) == (False, opened)
    assert remaining(desk, talk, at("12:00")) == 1


def test_blocks_of_an_unlimited_room_keep_blocking_it_when_it_is_limited(
    desk: TenantEngine, database: Database
) -> None:
    """AC-C01: they move to where the blocks of limited resources are looked for."""
    room = add_room(desk, capacity=None)
    talk = add_offering(desk, "talk", room)
    block = desk.blocks.add(
        AddBlock(
            resource_id=room.resource_id,
            starts_at=at("12:00"),
            ends_at=at("12:00") + HOUR,
            reason="Painting",
        )
    )

    limited(desk, room, 2)
    cause = cause_of(lambda: book(desk, talk, at("12:00")))
    blocked = [
        (claim.key, claim.units)
        for claim in records(database, Claim)
        if claim.owner_kind is ClaimOwner.BLOCK and claim.released_at is None
    ]
    desk.blocks.remove(block.block_id)
    book(desk, talk, at("12:00"))

    assert cause == closed("blocked")
    assert blocked == [(f"res:{room.resource_id}", 2)]
    assert proof(database) == []


# By date


def test_days_booked_while_it_was_unlimited_are_counted_day_by_day(
    desk: TenantEngine, database: Database
) -> None:
    """AC-C01, C-10: stays become claims of dates, under the counters of their dates."""
    park = add_dated(desk, "Park", None)
    visit = add_rental(desk, park)
    kept = rent(desk, visit, days(1, 2, 5), 3)
    rent(desk, visit, days(2), 2)

    limited(desk, park, 6)
    listed = desk.calendars.list(park.resource_id, day(1), day(5))
    cause = cause_of(lambda: rent(desk, visit, days(2), 2))
    desk.bookings.cancel(kept.booking_id, reason="")
    after = desk.calendars.list(park.resource_id, day(1), day(5))

    assert [state.taken for state in listed] == [3, 5, 0, 0, 3]
    assert cause["remaining"] == 1
    assert [state.taken for state in after] == [0, 2, 0, 0, 0]
    assert proof(database) == []


def test_days_beyond_the_new_capacity_are_over_committed_and_not_sold_again(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-C01."""
    park = add_dated(desk, "Park", None)
    visit = add_rental(desk, park)
    first = rent(desk, visit, days(1), 3)
    clock.advance(minutes=1)
    rent(desk, visit, days(1), 2)

    refused = cause_of(lambda: limited(desk, park, 4))
    limited(desk, park, 4, "Fire rules", over=True)
    listed = desk.calendars.list(park.resource_id, day(1), day(1))[0]
    row = next(row for row in rows_of(database, "capacity") if row["key"].startswith("day:"))
    desk.bookings.cancel(first.booking_id, reason="")
    rent(desk, visit, days(1), 2)
    full = cause_of(lambda: rent(desk, visit, days(1), 1))

    assert refused["code"] == "capacity.exceeded"
    assert (listed.taken, listed.over_commit) == (5, 1)
    assert (row["used"], row["cap"], row["over_commit"]) == (5, 4, 1)
    assert full["remaining"] == 0
    assert proof(database) == []


# Slots


def test_places_taken_while_a_slot_was_unlimited_count_when_it_is_limited(
    desk: TenantEngine, database: Database
) -> None:
    """AC-C01, C-10: holds as well, and what is given back is free again."""
    show = add_class(desk, "show", places=2, openings=())
    slot = add_slot(desk, show, at("19:00"), is_capacity_own=True)
    booked = book(desk, show, at("19:00"), 3)
    kept = hold(desk, show, at("19:00"), 2)

    changed = desk.slots.limit(slot.slot_id, 6)
    counted = places_of(database)
    cause = cause_of(lambda: book(desk, show, at("19:00"), 2))
    desk.holds.release(kept.hold_id)
    desk.bookings.cancel(booked.booking_id, reason="")
    book(desk, show, at("19:00"), 6)

    assert (changed.capacity, changed.is_capacity_own, changed.limit_to) == (6, True, None)
    assert counted == [(5, 6, 0)]
    assert cause["remaining"] == 1
    assert places_of(database) == [(6, 6, 0)]
    assert proof(database) == []


def test_a_slot_limited_below_what_is_taken_is_over_committed_with_a_reason(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-C01."""
    show = add_class(desk, "show", places=2, openings=())
    slot = add_slot(desk, show, at("19:00"), is_capacity_own=True)
    booked = [book(desk, show, at("19:00"), 3)]
    clock.advance(minutes=1)
    booked.append(book(desk, show, at("19:00"), 2))
    clock.advance(minutes=1)

    refused = cause_of(lambda: desk.slots.limit(slot.slot_id, 4))
    silent = refusal_of(lambda: desk.slots.limit(slot.slot_id, 4, may_be_over=True))
    desk.slots.limit(slot.slot_id, 4, may_be_over=True, reason="Fire rules")
    counted = places_of(database)
    desk.bookings.cancel(booked[0].booking_id, reason="")
    book(desk, show, at("19:00"), 2)
    full = cause_of(lambda: book(desk, show, at("19:00")))

    assert (refused["code"], refused["requested"]) == ("capacity.exceeded", 5)
    assert pointers(silent) == [("/reason", "missing")]
    assert counted == [(5, 4, 1)]
    assert full["remaining"] == 0
    assert places_of(database) == [(4, 4, 0)]
    assert proof(database) == []


def test_a_slot_that_is_being_limited_is_closed_and_gives_back_under_its_lock(
    engine: Engine, desk: TenantEngine, database: Database
) -> None:
    """AC-C01: between the two steps nothing is booked; what is given back then is not counted."""
    show = add_class(desk, "show", places=2, openings=())
    slot = add_slot(desk, show, at("19:00"), is_capacity_own=True)
    booked = [book(desk, show, at("19:00"), 3) for _ in range(2)]

    desk.run(LimitSlot(slot_id=slot.slot_id, capacity=8))
    cause = cause_of(lambda: book(desk, show, at("19:00")))
    twice = cause_of(lambda: desk.run(LimitSlot(slot_id=slot.slot_id, capacity=9)))
    desk.bookings.cancel(booked[0].booking_id, reason="")
    opened = settle_limits(engine)

    assert cause == closed("settling")
    assert twice["code"] == "state.transition_not_allowed"
    assert opened == {"opened": 1}
    assert places_of(database) == [(3, 8, 0)]
    assert proof(database) == []


def test_only_an_open_slot_of_unlimited_places_can_be_limited(desk: TenantEngine) -> None:
    """AC-C01."""
    show = add_class(desk, "show", places=2, openings=())
    limited_already = add_slot(desk, show, at("19:00"))
    cancelled = add_slot(desk, show, at("20:00"), is_capacity_own=True)
    desk.slots.cancel(cancelled.slot_id)

    refused = refusal_of(lambda: desk.slots.limit(limited_already.slot_id, 4))
    gone = cause_of(lambda: desk.slots.limit(cancelled.slot_id, 4))
    small = refusal_of(lambda: desk.slots.limit(limited_already.slot_id, 0))

    assert pointers(refused) == [("/slot_id", "not_unlimited")]
    assert gone["code"] == "state.transition_not_allowed"
    assert pointers(small) == [("/capacity", "out_of_range")]


# The worker


def test_a_worker_opens_what_a_caller_that_is_gone_has_only_closed(
    engine: Engine, desk: TenantEngine, database: Database
) -> None:
    """AC-C01."""
    rooms = [add_room(desk, f"Room {i}", None) for i in range(3)]
    for room in rooms[:2]:
        closed_only(desk, room, 2)

    done = [settle_limits(engine), settle_limits(engine)]

    assert done == [{"opened": 2}, {"opened": 0}]
    assert [desk.resources.get(room.resource_id).is_settling for room in rooms] == [False] * 3
    assert proof(database) == []


def test_deleting_what_is_unlimited_is_seen_through_too(
    engine: Engine, desk: TenantEngine, database: Database
) -> None:
    """AC-C01: by the caller, or by the worker."""
    mine, left = add_room(desk, capacity=None), add_room(desk, "Left", None)

    gone = desk.resources.act(mine.resource_id, ResourceAction.DELETE)
    desk.run(ActOnResource(resource_id=left.resource_id, action=ResourceAction.DELETE))
    opened = settle_limits(engine)
    back = desk.resources.act(mine.resource_id, ResourceAction.RESTORE)

    assert (gone.status, gone.is_settling) == (ResourceStatus.DELETED, False)
    assert opened == {"opened": 1}
    assert desk.resources.get(left.resource_id).status is ResourceStatus.DELETED
    assert (back.status, back.is_settling) == (ResourceStatus.ACTIVE, False)
    assert proof(database) == []


def test_what_cannot_be_waited_for_stays_closed_and_the_worker_says_so(
    engine: Engine, desk: TenantEngine
) -> None:
    """AC-C01: the wait is bounded, and who gives up leaves it closed, never open and uncounted."""
    room = add_room(desk, capacity=None)
    talk = add_offering(desk, "talk", room)
    true, engine.quiescence = engine.quiescence, Stubborn()
    busy = engine.at(desk.tenant_id, actor=SYSTEM)

    changed = limited(busy, room, 2)
    cause = cause_of(lambda: book(busy, talk, at("12:00")))
    with pytest.raises(WorkIncomplete):
        settle_limits(engine)
    engine.quiescence = true
    opened = settle_limits(engine)

    assert changed.is_settling
    assert cause == closed("settling")
    assert opened == {"opened": 1}
