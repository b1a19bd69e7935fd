"""Who serves a wish: the matching against brute force, and the order in which it prefers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.domain import assignment
from holdfast.domain.assignment import Need, Taken, assign, needs_of
from holdfast.domain.claims import Claim, ClaimOwner
from holdfast.domain.ids import ClaimId, OfferingId, PoolId, ResourceId, TenantId
from holdfast.domain.money import Money
from holdfast.domain.offerings import Counting, Offering, OfferingStatus
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.requirements import Choosing, Per, Requirement
from holdfast.domain.resources import Resource, ResourceStatus, Scheme
from holdfast.domain.scenes import ClaimIndex, Scene, Wish
from holdfast.domain.shapes import Stay
from holdfast.domain.tenants import Tenant, TenantStatus

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ZERO = timedelta(0)
NAMES = ("ann", "bob", "cay", "dot", "eve")

tenant = Tenant(
    tenant_id=TenantId("tnt_1"),
    slug="clinic",
    name="Clinic",
    zone="UTC",
    currency="EUR",
    notice=ZERO,
    horizon_days=60,
    status=TenantStatus.ACTIVE,
    created_at=NOON,
    version=1,
)


def person(name: str, *, capacity: int | None = 1) -> Resource:
    """Somebody who may serve."""
    return Resource(
        resource_id=ResourceId(name),
        kind="person",
        name=name.title(),
        short_name=None,
        description="",
        category_id=None,
        capacity=capacity,
        scheme=Scheme.INTERVAL,
        zone=None,
        owner_id=None,
        skills=(),
        sort_order=0,
        status=ResourceStatus.ACTIVE,
        created_at=NOON,
        deleted_at=None,
        version=1,
    )


def offering(*requirements: Requirement) -> Offering:
    """Something that needs them."""
    return Offering(
        offering_id=OfferingId("off_1"),
        slug="care",
        name="Care",
        description="",
        kind="appointment",
        counting=Counting.RESOURCES,
        slot_capacity=None,
        duration=HOUR,
        slot_step=None,
        buffer_before=ZERO,
        buffer_after=ZERO,
        notice=None,
        horizon_days=None,
        party_min=1,
        party_max=None,
        hold_ttl=HOUR,
        is_approved_by_hand=False,
        price=Money(amount_minor=0, currency="EUR"),
        price_unit=PriceUnit.BOOKING,
        requirements=requirements,
        zone=None,
        sort_order=0,
        status=OfferingStatus.ACTIVE,
        created_at=NOON,
        deleted_at=None,
        version=1,
    )


def claimed(resource_id: str, units: int = 1) -> ClaimIndex:
    """Somebody else's claim over noon."""
    claim = Claim(
        claim_id=ClaimId(f"clm_{resource_id}"),
        key=f"res:{resource_id}",
        resource_id=ResourceId(resource_id),
        owner_kind=ClaimOwner.BOOKING,
        owner_id="bkg_1",
        units=units,
        starts_at=NOON,
        ends_at=NOON + HOUR,
        counts_until=None,
        is_exclusive=True,
        is_over=False,
        actor_id="system",
        reason=None,
        acquired_at=NOON,
        converted_at=None,
        released_at=None,
    )
    return ClaimIndex([claim])


def scene(
    *requirements: Requirement, busy: tuple[str, ...] = (), capacity: int | None = 1
) -> Scene:
    """All five, some of whom are busy."""
    people = {ResourceId(name): person(name, capacity=capacity) for name in NAMES}
    return Scene(
        tenant=tenant,
        offering=offering(*requirements),
        resources=people,
        members={one.pool_id: one.resource_ids for one in requirements if one.pool_id is not None},
        rules={},
        claims={ResourceId(name): claimed(name) for name in busy},
        used_by_slot={},
        stored_slots={},
    )


def any_of(names: tuple[str, ...], members: int = 1, *, is_required: bool = True) -> Requirement:
    """Any so many of some."""
    return Requirement(
        resource_ids=tuple(ResourceId(name) for name in names),
        choosing=Choosing.ANY_OF,
        members=members,
        is_required=is_required,
    )


def wish(*picks: str, party_size: int = 1) -> Wish:
    """An hour at noon."""
    return Wish(
        slot_id=None,
        stay=Stay(starts_at=NOON, ends_at=NOON + HOUR),
        party_size=party_size,
        picks=tuple(ResourceId(name) for name in picks),
    )


def names_of(taken: list[Taken]) -> list[str]:
    """Who was taken, in the order of the requirements."""
    return [one.resource.resource_id for one in taken]


def assigned(world: Scene, asked: Wish) -> tuple[list[str], tuple[int, int] | None]:
    """Who serves, and of what there was too little: so many asked, so many left."""
    taken, shortage = assign(world, asked, needs_of(world, asked))
    return names_of(taken), None if shortage is None else (shortage.asked, shortage.left)


def test_those_listed_first_are_taken_first() -> None:
    world = scene(any_of(("cay", "ann", "bob"), 2), busy=("ann",))

    assert assigned(world, wish()) == (["cay", "bob"], None)


def test_who_is_asked_for_by_name_goes_before_the_others() -> None:
    world = scene(any_of(("ann", "bob", "cay")))

    assert assigned(world, wish("cay")) == (["cay"], None)
    assert assigned(scene(any_of(("ann", "cay")), busy=("cay",)), wish("cay"))[1] == (1, 0)


def test_a_greedy_choice_is_undone_when_another_requirement_needs_it() -> None:
    # Ann may be a therapist and a physician; Bob only a therapist.
    world = scene(any_of(("ann", "bob")), any_of(("ann",)))

    assert assigned(world, wish()) == (["bob", "ann"], None)


def test_what_is_not_required_is_left_out_rather_than_to_refuse() -> None:
    world = scene(any_of(("ann",)), any_of(("bob",), is_required=False), busy=("bob",))

    assert assigned(world, wish()) == (["ann"], None)


def test_as_many_as_the_party_where_each_guest_needs_one() -> None:
    bikes = Requirement(
        resource_ids=tuple(map(ResourceId, NAMES)),
        choosing=Choosing.ANY_OF,
        members_per=Per.PARTICIPANT,
    )

    assert assigned(scene(bikes), wish(party_size=3)) == (["ann", "bob", "cay"], None)
    assert assigned(scene(bikes, busy=("dot",)), wish(party_size=5))[1] == (5, 4)


def test_units_of_a_shared_resource_add_up_over_requirements() -> None:
    mats = [Requirement(resource_ids=(ResourceId("ann"),), quantity=2) for _ in range(2)]

    assert assigned(scene(*mats, capacity=4), wish()) == (["ann", "ann"], None)
    assert assigned(scene(*mats, capacity=3), wish())[1] == (2, 1)


def test_staff_may_take_who_is_busy() -> None:
    world = scene(any_of(("ann", "bob")), busy=("ann", "bob"))

    taken, shortage = assign(world, wish(), needs_of(world, wish()), is_forced=True)

    assert (names_of(taken), [one.is_over for one in taken], shortage) == (["ann"], [True], None)


def test_a_pool_without_members_serves_nobody() -> None:
    empty = Requirement(pool_id=PoolId("pol_1"), choosing=Choosing.ANY_OF)
    everybody = Requirement(pool_id=PoolId("pol_1"))

    assert assigned(scene(empty), wish())[1] == (1, 0)
    assert assigned(scene(everybody), wish())[1] == (1, 0)


CANDIDATES = st.lists(st.sampled_from(NAMES), min_size=1, unique=True).map(tuple)
NEEDED = st.lists(st.tuples(CANDIDATES, st.integers(1, 3)), min_size=1, max_size=4)
BUSY = st.lists(st.sampled_from(NAMES), unique=True).map(tuple)


def can_be_served(needed: list[tuple[tuple[str, ...], int]], free: frozenset[str]) -> bool:
    """Try every choice there is."""
    if not needed:
        return True
    (candidates, members), rest = needed[0], needed[1:]
    able = [name for name in candidates if name in free]
    return any(can_be_served(rest, free - set(some)) for some in combinations(able, members))


@given(needed=NEEDED, busy=BUSY)
@settings(max_examples=300, deadline=None)
def test_a_wish_is_refused_only_when_no_choice_would_do(
    needed: list[tuple[tuple[str, ...], int]], busy: tuple[str, ...]
) -> None:
    requirements = [any_of(names, members) for names, members in needed]
    world = scene(*requirements, busy=busy)

    found, shortage = assigned(world, wish())

    assert (shortage is None) is can_be_served(needed, frozenset(NAMES) - set(busy))
    if shortage is None:
        assert len(set(found)) == len(found) == sum(members for _, members in needed)
        assert not set(found) & set(busy)


def test_a_greedy_choice_would_refuse_what_can_be_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without moving others aside, the order of the requirements decides."""
    matching = assignment._Matching

    def greedy(self: assignment._Matching, place: tuple[int, int], _seen: set[str]) -> bool:
        for resource in self._edges[place]:
            if resource.resource_id not in self._place_of:
                self._put(place, resource)
                return True
        return False

    monkeypatch.setattr(matching, "_augment", greedy)

    assert assigned(scene(any_of(("ann", "bob")), any_of(("ann",))), wish())[1] == (1, 0)


def test_the_needs_of_a_wish_are_those_of_its_requirements_in_order() -> None:
    world = scene(any_of(("ann", "bob")), Requirement(resource_id=ResourceId("cay")))

    needs: list[Need] = needs_of(world, wish())

    assert [[one.resource_id for one in need.candidates] for need in needs] == [
        ["ann", "bob"],
        ["cay"],
    ]


def test_who_is_asked_for_serves_beside_others() -> None:
    two = any_of(("ann", "bob", "cay"), 2)

    assert assigned(scene(two), wish("cay")) == (["cay", "ann"], None)
    assert assigned(scene(two, busy=("cay",)), wish("cay"))[1] == (2, 1)


def test_who_is_asked_for_serves_where_it_helps() -> None:
    # Ann could be the therapist too, but only she is a physician.
    world = scene(any_of(("ann", "bob")), any_of(("ann",)))

    assert assigned(world, wish("ann")) == (["bob", "ann"], None)
    assert assigned(world, wish("ann", "bob")) == (["bob", "ann"], None)


def test_who_is_asked_for_and_serves_nothing_refuses_the_wish() -> None:
    assert assigned(scene(any_of(("ann", "bob"))), wish("cay"))[1] == (1, 0)


def test_who_is_asked_for_is_taken_where_the_need_is_not_a_must() -> None:
    world = scene(any_of(("ann", "bob"), is_required=False), busy=("bob",))

    assert assigned(world, wish()) == (["ann"], None)
    assert assigned(world, wish("bob"))[1] == (1, 0)


@given(needed=NEEDED, busy=BUSY, picks=st.lists(st.sampled_from(NAMES), unique=True, max_size=3))
@settings(max_examples=300, deadline=None)
def test_those_asked_for_by_name_serve_or_the_wish_is_refused(
    needed: list[tuple[tuple[str, ...], int]], busy: tuple[str, ...], picks: list[str]
) -> None:
    candidates = {name for names, _ in needed for name in names}
    wanted = [name for name in picks if name in candidates]
    world = scene(*(any_of(names, members) for names, members in needed), busy=busy)

    found, shortage = assigned(world, wish(*wanted))

    free = frozenset(NAMES) - set(busy)
    assert (shortage is None) is can_be_served_with(needed, free, frozenset(wanted))
    if shortage is None:
        assert set(wanted) <= set(found)


def can_be_served_with(
    needed: list[tuple[tuple[str, ...], int]], free: frozenset[str], wanted: frozenset[str]
) -> bool:
    """Try every choice there is, and ask whether one has everybody who is wanted."""
    if not needed:
        return not wanted
    (candidates, members), rest = needed[0], needed[1:]
    able = [name for name in candidates if name in free]
    return any(
        can_be_served_with(rest, free - set(some), wanted - set(some))
        for some in combinations(able, members)
    )
