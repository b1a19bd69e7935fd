"""Pools: places of their own, whose members are asked in their order."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import SYSTEM, Role
from holdfast.domain.bookings import Booking
from holdfast.domain.ids import PoolId, ResourceId
from holdfast.domain.pools import POOL_MEMBERS_MAX, Pool, PoolAction, PoolStatus, transition
from holdfast.domain.requirements import Choosing, Requirement
from holdfast.domain.resources import Resource, ResourceAction
from holdfast.engine.bookings import PlaceBooking
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.pools import AddPool, ChangePool
from holdfast.engine.reading import PageRequest
from holdfast.engine.use_cases import Envelope
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    FOR_ADA,
    acting_as,
    add_offering,
    add_room,
    at,
    book,
    cause_of,
    open_desk,
    pointers,
    refusal_of,
    shop_window,
    short,
)

NOWHERE = ResourceId("res_00000000000000000000000000")
NO_POOL = PoolId("pol_00000000000000000000000000")


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


def ids(*resources: Resource) -> tuple[ResourceId, ...]:
    """Return the ids of resources."""
    return tuple(resource.resource_id for resource in resources)


def any_of(pool: Pool, members: int = 1) -> Requirement:
    """Return a requirement of any so many of a pool."""
    return Requirement(pool_id=pool.pool_id, choosing=Choosing.ANY_OF, members=members)


# As places of their own


def test_a_pool_is_kept_with_everything_said_of_it_and_its_members_in_order(
    desk: TenantEngine,
) -> None:
    """AC-A11, AC-E05."""
    first, second = add_room(desk, "First"), add_room(desk, "Second")

    added = desk.pools.add(
        AddPool(
            name="Tunis",
            kind="region",
            description="The north.",
            resource_ids=ids(second, first),
            sort_order=3,
            metadata={"country": "TN"},
        )
    )

    assert added == Pool(
        pool_id=added.pool_id,
        name="Tunis",
        kind="region",
        description="The north.",
        resource_ids=ids(second, first),
        sort_order=3,
        status=PoolStatus.ACTIVE,
        metadata={"country": "TN"},
        created_at=at("08:00"),
        deleted_at=None,
        version=1,
    )
    assert desk.pools.get(added.pool_id) == added
    assert desk.pools.get_with_resources(added.pool_id) == (added, (second, first))


def test_pools_are_listed_by_kind_and_order_a_page_at_a_time(desk: TenantEngine) -> None:
    """AC-A11: regions are found by kind."""
    north, south = (
        desk.pools.add(AddPool(name=name, kind="region", sort_order=order))
        for name, order in (("North", 2), ("South", 1))
    )
    team = desk.pools.add(AddPool(name="Team", kind="team"))

    first = desk.pools.list(PageRequest(limit=1), kind="region")
    second = desk.pools.list(PageRequest(limit=1, after=first.next_after), kind="region")

    assert (first.items, second.items, second.next_after) == ((south,), (north,), None)
    assert desk.pools.list().items == (team, south, north)


def test_a_pool_changes_its_members_and_is_written_down_with_who_did_it(
    desk: TenantEngine, clock: ManualClock
) -> None:
    one, two, three = (add_room(desk, name) for name in ("One", "Two", "Three"))
    pool = desk.pools.add(AddPool(name="Rooms", resource_ids=ids(one, two)))
    clock.advance(minutes=1)

    changed = desk.pools.change(
        pool.pool_id, {"resource_ids": ids(three, two), "name": "Good rooms"}, if_version=1
    )
    entries = desk.history.list(subject_id=pool.pool_id).items

    assert changed == replace(pool, name="Good rooms", resource_ids=ids(three, two), version=2)
    assert [(entry.action, entry.actor_id) for entry in entries] == [
        ("pool.add", "system"),
        ("pool.change", "system"),
    ]
    assert entries[1].changes == {
        "name": ["Rooms", "Good rooms"],
        "resource_ids": [list(ids(one, two)), list(ids(three, two))],
    }


def test_a_resource_may_be_in_several_pools(desk: TenantEngine) -> None:
    room = add_room(desk)

    pools = [desk.pools.add(AddPool(name=name, resource_ids=ids(room))) for name in ("A", "B")]

    assert [pool.resource_ids for pool in pools] == [ids(room)] * 2


# What is refused


def test_members_that_are_unknown_deleted_or_named_twice_are_refused_and_nothing_is_kept(
    desk: TenantEngine,
) -> None:
    room, gone = add_room(desk), add_room(desk, "Gone")
    desk.resources.act(gone.resource_id, ResourceAction.DELETE)
    wanted = [
        (room.resource_id, NOWHERE),
        (room.resource_id, room.resource_id),
        (gone.resource_id,),
        (ResourceId("'; DROP TABLE pool;--"),),
        tuple(ResourceId(f"res_{i}") for i in range(POOL_MEMBERS_MAX + 1)),
    ]

    refusals = [
        refusal_of(partial(desk.pools.add, AddPool(name="Pool", resource_ids=members)))
        for members in wanted
    ]

    assert [pointers(refusal) for refusal in refusals] == [
        [("/resource_ids/1", "unknown_resource")],
        [("/resource_ids/1", "repeated")],
        [("/resource_ids/0", "deleted_resource")],
        [("/resource_ids/0", "unknown_resource")],
        [("/resource_ids", "too_many")],
    ]
    assert desk.pools.list().items == ()


def test_a_member_that_is_deleted_later_may_stay_but_another_may_not_come(
    desk: TenantEngine,
) -> None:
    first, second, third = (add_room(desk, name) for name in ("One", "Two", "Three"))
    pool = desk.pools.add(AddPool(name="Rooms", resource_ids=ids(first, second)))
    for room in (first, third):
        desk.resources.act(room.resource_id, ResourceAction.DELETE)

    kept = desk.pools.change(pool.pool_id, {"resource_ids": ids(second, first)})
    refusal = refusal_of(
        lambda: desk.pools.change(pool.pool_id, {"resource_ids": ids(second, third)})
    )

    assert kept.resource_ids == ids(second, first)
    assert pointers(refusal) == [("/resource_ids/1", "deleted_resource")]


def test_a_malformed_pool_is_refused_with_every_fault_named(desk: TenantEngine) -> None:
    pool = desk.pools.add(AddPool(name="Pool"))

    refusals = [
        refusal_of(lambda: desk.pools.add(AddPool(name=" ", kind="", sort_order=-1))),
        refusal_of(lambda: desk.pools.change(pool.pool_id, {"name": "a\nb"})),
        refusal_of(lambda: desk.pools.change(pool.pool_id, {"status": "deleted", "x": 1})),
    ]

    assert [pointers(refusal) for refusal in refusals] == [
        [("/name", "too_short"), ("/kind", "too_short"), ("/sort_order", "out_of_range")],
        [("/name", "bad_character")],
        [("/status", "not_changeable"), ("/x", "not_changeable")],
    ]
    assert desk.pools.get(pool.pool_id) == pool


def test_what_is_not_there_or_was_changed_meanwhile_is_refused(desk: TenantEngine) -> None:
    pool = desk.pools.add(AddPool(name="Pool"))

    codes = [
        cause_of(lambda: desk.pools.get(NO_POOL))["code"],
        cause_of(lambda: desk.pools.change(NO_POOL, {"name": "X"}))["code"],
        cause_of(lambda: desk.pools.delete(NO_POOL))["code"],
        cause_of(lambda: desk.pools.change(pool.pool_id, {"name": "X"}, if_version=7))["code"],
    ]

    assert codes == ["record.not_found"] * 3 + ["record.changed"]


def test_only_managers_change_pools_and_everybody_sees_them(
    engine: Engine, desk: TenantEngine
) -> None:
    pool = desk.pools.add(AddPool(name="Pool"))
    staff, page = acting_as(engine, desk, Role.STAFF), shop_window(engine, desk)

    codes = [
        cause_of(partial(desk_.pools.change, pool.pool_id, {"name": "X"}))["code"]
        for desk_ in (staff, page)
    ]

    assert codes == ["access.denied"] * 2
    assert [desk_.pools.get(pool.pool_id) for desk_ in (staff, page)] == [pool] * 2


# Deleting


@pytest.mark.parametrize(
    ("status", "action", "target"),
    [
        (PoolStatus.ACTIVE, PoolAction.DELETE, PoolStatus.DELETED),
        (PoolStatus.ACTIVE, PoolAction.RESTORE, PoolStatus.ACTIVE),
        (PoolStatus.DELETED, PoolAction.DELETE, PoolStatus.DELETED),
        (PoolStatus.DELETED, PoolAction.RESTORE, PoolStatus.ACTIVE),
    ],
)
def test_every_pair_of_a_pools_table(
    status: PoolStatus, action: PoolAction, target: PoolStatus
) -> None:
    assert transition(status, action) is target


def test_a_deleted_pool_is_hidden_not_changed_and_comes_back_as_it_was(
    desk: TenantEngine, clock: ManualClock
) -> None:
    room = add_room(desk)
    pool = desk.pools.add(AddPool(name="Pool", resource_ids=ids(room)))
    clock.advance(minutes=1)

    deleted = desk.pools.delete(pool.pool_id)
    again = desk.pools.delete(pool.pool_id)
    listed = desk.pools.list().items, desk.pools.list(statuses=(PoolStatus.DELETED,)).items
    cause = cause_of(lambda: desk.pools.change(pool.pool_id, {"name": "X"}))
    restored = desk.pools.restore(pool.pool_id)

    assert deleted == replace(pool, status=PoolStatus.DELETED, deleted_at=at("08:01"), version=2)
    assert (again, listed) == (deleted, ((), (deleted,)))
    assert cause["code"] == "state.transition_not_allowed"
    assert restored == replace(pool, version=3)


def test_a_pool_that_is_needed_is_deleted_only_by_force_and_its_bookings_stay(
    desk: TenantEngine,
) -> None:
    pool = desk.pools.add(AddPool(name="Pool", resource_ids=ids(add_room(desk))))
    cut = add_offering(desk, "cut", any_of(pool))
    booking = book(desk, cut, at("12:00"))

    cause = cause_of(lambda: desk.pools.delete(pool.pool_id))
    desk.pools.delete(pool.pool_id, is_forced=True)
    without = cause_of(lambda: book(desk, cut, at("14:00")))
    desk.pools.restore(pool.pool_id)

    assert cause == {
        "code": "record.in_use",
        "kind": "pool",
        "key": pool.pool_id,
        "offerings": ["cut"],
    }
    assert without == short(requested=1, remaining=0, limited_by=pool.pool_id)
    assert desk.bookings.get(booking.booking_id) == booking
    assert book(desk, cut, at("14:00")).starts_at == at("14:00")


# Booking


def test_members_are_tried_in_their_order_and_by_name(desk: TenantEngine) -> None:
    """AC-E04, AC-E05, AC-C03: any of them, in order, or the one asked for."""
    one, two, three = (add_room(desk, name) for name in ("One", "Two", "Three"))
    pool = desk.pools.add(AddPool(name="Rooms", resource_ids=ids(two, three, one)))
    cut = add_offering(desk, "cut", any_of(pool))
    picked = desk.bookings.place(
        choice=Choice(
            offering_id=cut.offering_id, starts_at=at("12:00"), picks=(three.resource_id,)
        ),
        details=FOR_ADA,
    )

    rest = [book(desk, cut, at("12:00")) for _ in range(2)]
    full = cause_of(lambda: book(desk, cut, at("12:00")))

    served = [booking.assigned[0].resource_id for booking in (picked, *rest)]
    assert served == [*ids(three, two, one)]
    assert full == short(requested=1, remaining=0, limited_by=pool.pool_id)


def test_a_change_of_members_counts_from_the_next_booking_on_and_moves_nobody(
    desk: TenantEngine,
) -> None:
    one, two = add_room(desk, "One"), add_room(desk, "Two")
    pool = desk.pools.add(AddPool(name="Rooms", resource_ids=ids(one)))
    cut = add_offering(desk, "cut", any_of(pool))
    before = book(desk, cut, at("12:00"))

    desk.pools.change(pool.pool_id, {"resource_ids": ids(two)})
    after = book(desk, cut, at("12:00"))

    assert desk.bookings.get(before.booking_id) == before
    assert [b.assigned[0].resource_id for b in (before, after)] == [*ids(one, two)]


# In one batch


def test_a_booking_in_the_batch_of_a_change_is_served_by_the_new_members(
    engine: Engine, desk: TenantEngine
) -> None:
    """A pool takes no lock: who books after its change in one batch looks again."""
    one, two = add_room(desk, "One"), add_room(desk, "Two")
    pool = desk.pools.add(AddPool(name="Rooms", resource_ids=ids(one)))
    cut = add_offering(desk, "cut", any_of(pool))
    choice = Choice(offering_id=cut.offering_id, starts_at=at("12:00"))
    commands = [
        PlaceBooking(choice=choice, details=FOR_ADA),
        ChangePool(pool_id=pool.pool_id, changes={"resource_ids": ids(two)}),
        PlaceBooking(choice=choice, details=FOR_ADA),
        PlaceBooking(choice=choice, details=FOR_ADA),
    ]

    outcomes = engine.unit_of_work.run(
        desk.tenant_id, [Envelope(command=command, actor=SYSTEM) for command in commands]
    )

    assert [getattr(outcome.error, "code", None) for outcome in outcomes] == [
        None,
        None,
        None,
        "capacity.exceeded",
    ]
    placed = [outcome.result for outcome in outcomes if isinstance(outcome.result, Booking)]
    assert [booking.assigned[0].resource_id for booking in placed] == [*ids(one, two)]
