"""The catalogue: resources and offerings, changed with bookings on them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.offerings import OfferingStatus
from holdfast.domain.requirements import Requirement
from holdfast.domain.resources import Resource, ResourceAction, ResourceStatus, Scheme
from holdfast.engine.facade import TenantEngine
from holdfast.engine.offerings import AddOffering
from holdfast.engine.resources import AddResource
from holdfast.storage.database import Database
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
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
    short,
    starts,
)
from tests.engine.invariants import faults_in
from tests.engine.tables import capacity_of


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


# Resources


def test_a_resource_is_kept_with_everything_said_of_it(desk: TenantEngine) -> None:
    """AC-A01."""
    added = desk.resources.add(
        AddResource(
            name="Blue room",
            kind="room",
            capacity=4,
            short_name="Blue",
            description="With a view.",
            zone="Europe/Paris",
            owner_id="mbr_1",
            skills=("quiet",),
            sort_order=7,
            metadata={"floor": 2},
        )
    )

    assert added == Resource(
        resource_id=added.resource_id,
        kind="room",
        name="Blue room",
        short_name="Blue",
        description="With a view.",
        category_id=None,
        capacity=4,
        scheme=Scheme.INTERVAL,
        zone="Europe/Paris",
        owner_id="mbr_1",
        skills=("quiet",),
        sort_order=7,
        status=ResourceStatus.ACTIVE,
        metadata={"floor": 2},
        created_at=at("08:00"),
        deleted_at=None,
        version=1,
    )
    assert desk.resources.get(added.resource_id) == added


def test_a_deleted_resource_is_hidden_not_bookable_and_comes_back_as_it_was(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-A01."""
    room = add_room(desk)
    cut = add_offering(desk, "cut", room)
    clock.advance(minutes=1)

    deleted = desk.resources.act(room.resource_id, ResourceAction.DELETE)
    listed = desk.resources.list().items
    cause = cause_of(lambda: book(desk, cut, at("12:00")))
    restored = desk.resources.act(room.resource_id, ResourceAction.RESTORE)

    assert deleted == replace(
        room, status=ResourceStatus.DELETED, deleted_at=at("08:01"), version=2
    )
    assert (listed, cause) == ((), closed("resource_inactive"))
    assert restored == replace(room, version=3)
    assert desk.resources.list().items == (restored,)
    assert remaining(desk, cut, at("12:00")) == 1


def test_a_resource_with_upcoming_bookings_is_deleted_only_by_force_and_they_stay(
    desk: TenantEngine,
) -> None:
    """C7."""
    room = add_room(desk)
    booking = book(desk, add_offering(desk, "cut", room), at("12:00"))

    cause = cause_of(lambda: desk.resources.act(room.resource_id, ResourceAction.DELETE))
    forced = desk.resources.act(room.resource_id, ResourceAction.DELETE, is_forced=True)

    assert cause == {
        "code": "record.in_use",
        "kind": "resource",
        "key": room.resource_id,
        "upcoming": 1,
    }
    assert forced.status is ResourceStatus.DELETED
    assert desk.bookings.get(booking.booking_id) == booking


def test_an_inactive_resource_cannot_be_booked_until_it_is_active_again(
    desk: TenantEngine,
) -> None:
    room = add_room(desk)
    cut = add_offering(desk, "cut", room)
    desk.resources.act(room.resource_id, ResourceAction.DEACTIVATE)
    while_away = (
        cause_of(lambda: book(desk, cut, at("12:00"))),
        starts(desk, cut, at("12:00"), at("13:00")),
    )

    desk.resources.act(room.resource_id, ResourceAction.ACTIVATE)

    assert while_away == (closed("resource_inactive"), [])
    assert book(desk, cut, at("12:00")).starts_at == at("12:00")


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (ResourceAction.DELETE, ResourceAction.ACTIVATE),
        (ResourceAction.DELETE, ResourceAction.DEACTIVATE),
        (ResourceAction.DEACTIVATE, ResourceAction.RESTORE),
    ],
)
def test_what_a_resources_status_does_not_allow_is_refused(
    desk: TenantEngine, status: ResourceAction, action: ResourceAction
) -> None:
    room = add_room(desk)
    changed = desk.resources.act(room.resource_id, status)

    cause = cause_of(lambda: desk.resources.act(room.resource_id, action))

    assert cause == {
        "code": "state.transition_not_allowed",
        "kind": "resource",
        "status": changed.status.value,
        "action": action.value,
    }


def test_a_capacity_is_not_lowered_below_what_is_claimed_at_once(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """C7."""
    room = add_room(desk, capacity=5)
    cut = add_offering(desk, "cut", Requirement(resource_id=room.resource_id, quantity=2))
    for start in ("10:00", "12:00", "12:00"):
        book(desk, cut, at(start))

    cause = cause_of(lambda: desk.resources.change(room.resource_id, {"capacity": 3}))
    lowered = desk.resources.change(room.resource_id, {"capacity": 4})
    clock.set(at("12:30", day=1))
    after_all_is_over = desk.resources.change(room.resource_id, {"capacity": 1})

    assert cause == short(requested=4, remaining=3, limited_by=room.resource_id)
    assert (lowered.capacity, after_all_is_over.capacity) == (4, 1)


def test_a_resource_becomes_unlimited_only_without_bookings_and_limited_again(
    desk: TenantEngine,
) -> None:
    busy, idle = add_room(desk), add_room(desk, "Idle")
    book(desk, add_offering(desk, "cut", busy), at("12:00"))

    cause = cause_of(lambda: desk.resources.change(busy.resource_id, {"capacity": None}))
    unlimited = desk.resources.change(idle.resource_id, {"capacity": None})
    limited = desk.resources.change(idle.resource_id, {"capacity": 1})

    in_use = {"code": "record.in_use", "kind": "resource", "key": busy.resource_id}
    assert cause == {**in_use, "upcoming": 1}
    assert (unlimited.capacity, limited.capacity, limited.is_settling) == (None, 1, False)


def test_a_malformed_resource_is_refused_with_every_fault_named(desk: TenantEngine) -> None:
    refusal = refusal_of(
        lambda: desk.resources.add(
            AddResource(name=" ", capacity=0, zone="Mars/Base", skills=("",), sort_order=-1)
        )
    )

    assert pointers(refusal) == [
        ("/name", "too_short"),
        ("/capacity", "out_of_range"),
        ("/zone", "unknown_zone"),
        ("/skills/0", "too_short"),
        ("/sort_order", "out_of_range"),
    ]


def test_what_may_not_be_changed_is_refused_and_what_is_the_same_changes_nothing(
    desk: TenantEngine,
) -> None:
    room = add_room(desk)

    refusal = refusal_of(lambda: desk.resources.change(room.resource_id, {"scheme": "dated"}))
    same = desk.resources.change(room.resource_id, {"name": room.name})

    assert pointers(refusal) == [("/scheme", "not_changeable")]
    assert same == room


# Offerings


def test_a_malformed_offering_is_refused_with_every_fault_named(desk: TenantEngine) -> None:
    """AC-A04."""
    refusal = refusal_of(
        lambda: desk.offerings.add(
            AddOffering(
                slug="A b",
                name="",
                duration=timedelta(seconds=90),
                slot_step=timedelta(days=2),
                slot_capacity=0,
                buffer_after=-HOUR,
                notice=timedelta(days=400),
                horizon_days=-1,
                party_min=3,
                party_max=2,
                hold_ttl=timedelta(days=8),
            )
        )
    )

    assert pointers(refusal) == [
        ("/slug", "not_a_slug"),
        ("/name", "too_short"),
        ("/duration", "not_whole_minutes"),
        ("/slot_step", "out_of_range"),
        ("/buffer_after", "out_of_range"),
        ("/notice", "out_of_range"),
        ("/hold_ttl", "out_of_range"),
        ("/horizon_days", "out_of_range"),
        ("/slot_capacity", "out_of_range"),
        ("/party_max", "out_of_range"),
    ]


def test_an_offering_needs_resources_that_exist_each_once_and_in_sensible_numbers(
    desk: TenantEngine,
) -> None:
    room = add_room(desk)
    nowhere = type(room.resource_id)("res_00000000000000000000000000")
    wanted = [
        (Requirement(resource_id=nowhere),),
        (Requirement(resource_id=room.resource_id), Requirement(resource_id=room.resource_id)),
        (Requirement(resource_id=room.resource_id, quantity=0),),
    ]

    refusals = [
        refusal_of(
            partial(
                desk.offerings.add,
                AddOffering(slug="cut", name="Cut", duration=HOUR, requirements=needed),
            )
        )
        for needed in wanted
    ]

    assert [pointers(refusal) for refusal in refusals] == [
        [("/requirements/0/resource_id", "unknown_resource")],
        [("/requirements/1", "twice")],
        [("/requirements/0/quantity", "out_of_range")],
    ]


def test_a_slug_names_one_offering_only(desk: TenantEngine) -> None:
    cut, dye = add_offering(desk, "cut"), add_offering(desk, "dye")

    causes = [
        cause_of(lambda: add_offering(desk, "cut")),
        cause_of(lambda: desk.offerings.change(dye.offering_id, {"slug": "cut"})),
    ]

    assert causes == [{"code": "record.already_exists", "kind": "offering", "key": "cut"}] * 2
    assert desk.offerings.find_by_slug("cut") == cut


@pytest.mark.parametrize("status", [OfferingStatus.INACTIVE, OfferingStatus.DELETED])
def test_an_offering_out_of_use_cannot_be_booked_and_comes_back(
    desk: TenantEngine, status: OfferingStatus
) -> None:
    cut = add_offering(desk, "cut", add_room(desk))
    desk.offerings.change(cut.offering_id, {"status": status})

    cause = cause_of(lambda: book(desk, cut, at("12:00")))
    back = desk.offerings.change(cut.offering_id, {"status": OfferingStatus.ACTIVE})

    assert cause == closed("offering_inactive")
    assert back == replace(cut, version=3)
    assert book(desk, cut, at("12:00")).offering_id == cut.offering_id


def test_changing_the_places_of_an_offering_changes_the_slots_that_follow_it(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """AC-B08."""
    yoga = add_class(desk, "yoga", places=2)
    taken = book(desk, yoga, at("12:00"), 2).slot_id
    follows, own = add_slot(desk, yoga, at("14:30")), add_slot(desk, yoga, at("16:30"), capacity=9)

    desk.offerings.change(yoga.offering_id, {"slot_capacity": 5})

    assert {key: capacity_of(database)[f"slot:{key}"] for key in (taken, follows.slot_id)} == {
        taken: (2, 5),
        follows.slot_id: (0, 5),
    }
    assert desk.slots.get(own.slot_id) == own
    assert book(desk, yoga, at("12:00"), 3).slot_id == taken
    assert faults_in(database, clock.now()) == []


def test_places_are_not_taken_away_from_under_bookings_but_from_under_lapsed_holds(
    desk: TenantEngine, database: Database, clock: ManualClock
) -> None:
    """C7, I-2."""
    yoga = add_class(desk, "yoga", places=9)
    booked = book(desk, yoga, at("12:00"), 3)
    hold(desk, yoga, at("12:00"), 4)

    causes = [
        cause_of(lambda: desk.offerings.change(yoga.offering_id, {"slot_capacity": 6})),
        cause_of(lambda: desk.offerings.change(yoga.offering_id, {"slot_capacity": None})),
    ]
    clock.advance(minutes=30)
    changed = desk.offerings.change(yoga.offering_id, {"slot_capacity": 3})

    assert causes == [
        short(requested=7, remaining=6, limited_by=booked.slot_id),
        {"code": "record.in_use", "kind": "offering", "key": yoga.offering_id},
    ]
    assert changed.slot_capacity == 3
    assert capacity_of(database)[f"slot:{booked.slot_id}"] == (3, 3)
    assert faults_in(database, clock.now()) == []


def test_what_an_offering_needs_does_not_change_while_its_slots_hold_the_old_rooms(
    desk: TenantEngine, clock: ManualClock
) -> None:
    hall, other = add_room(desk, "Hall"), add_room(desk, "Other")
    yoga = add_class(desk, "yoga", hall, places=9)
    book(desk, yoga, at("12:00"))
    needed = {"requirements": (Requirement(resource_id=other.resource_id),)}

    cause = cause_of(lambda: desk.offerings.change(yoga.offering_id, needed))
    clock.set(at("13:00"))
    changed = desk.offerings.change(yoga.offering_id, needed)

    assert cause == {
        "code": "record.in_use",
        "kind": "offering",
        "key": yoga.offering_id,
        "upcoming": 1,
    }
    assert changed.requirements == needed["requirements"]
