"""Scenes and wishes: what is known of an offering around some time, and what a request asks for."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate

from holdfast.domain.capacity import peak_units
from holdfast.domain.claims import Claim, ClaimOwner, Taking
from holdfast.domain.errors import InputInvalid
from holdfast.domain.hosts import HostIndex, host_conflict_of
from holdfast.domain.ids import ResourceId, SlotId, generated_slot_id
from holdfast.domain.intervals import Interval
from holdfast.domain.offerings import Component, Counting, Offering
from holdfast.domain.policies import HostConflict, Policy
from holdfast.domain.policies_in_force import padded, policy_in_force, says_nothing
from holdfast.domain.requirements import Per, Requirement
from holdfast.domain.resources import Resource, ResourceStatus, Scheme
from holdfast.domain.schedules import Rule
from holdfast.domain.shapes import Shape, Stay, dates_of, stretches
from holdfast.domain.slots import Slot
from holdfast.domain.strategies import Load, candidate_ids
from holdfast.domain.tenants import Tenant
from holdfast.domain.timetables import Timetables
from holdfast.domain.zones import Zone, day_interval, zone


class ClaimIndex:
    """Claims of one key: what is taken at any time, found by halving."""

    __slots__ = ("_blocks", "_claims", "_edges", "_owners", "_units")

    def __init__(self, claims: Iterable[Claim | Taking]) -> None:
        self._claims = tuple(claims)
        self._owners = {claim.owner_id for claim in self._claims}
        blocks = [one for one in self._claims if one.owner_kind is ClaimOwner.BLOCK]
        self._blocks = sorted(blocks, key=lambda one: (one.starts_at, one.ends_at, one.owner_id))
        changes: dict[datetime, int] = {}
        for claim in self._claims:
            starts_at, ends_at, units = claim.starts_at, claim.ends_at, claim.units
            changes[starts_at] = changes.get(starts_at, 0) + units
            changes[ends_at] = changes.get(ends_at, 0) - units
        # From each edge to the next one so many units are in use.
        self._edges = sorted(changes)
        self._units = list(accumulate(changes[edge] for edge in self._edges))

    @property
    def has_blocks(self) -> bool:
        """Whether a block is among them."""
        return bool(self._blocks)

    def block_over(self, interval: Interval) -> Claim | Taking | None:
        """Return a block that overlaps an interval, the one that begins first."""
        for claim in self._blocks:
            if claim.starts_at < interval.ends_at and claim.ends_at > interval.starts_at:
                return claim
        return None

    @property
    def peak_of_all(self) -> int:
        """The most units that are ever in use at one instant."""
        return max(self._units, default=0)

    def starts_within(self, interval: Interval) -> list[datetime]:
        """Return when claims start within an interval, later than it does itself."""
        starts_at, ends_at = interval.starts_at, interval.ends_at
        return [one.starts_at for one in self._claims if starts_at < one.starts_at < ends_at]

    def units_at(self, instant: datetime, *, without: Collection[str] = ()) -> int:
        """Return how many units are in use at an instant, not counting those of some owners."""
        return sum(
            one.units
            for one in self._claims
            if one.starts_at <= instant < one.ends_at and one.owner_id not in without
        )

    def peak(self, interval: Interval, *, without: Collection[str] = ()) -> int:
        """Return the most units in use at one instant, not counting those of some owners."""
        if without and not self._owners.isdisjoint(without):
            return peak_units(
                (one for one in self._claims if one.owner_id not in without), interval
            )
        edges = self._edges
        first = bisect_right(edges, interval.starts_at) - 1
        last = bisect_left(edges, interval.ends_at)
        units = self._units[max(first, 0) : last]
        return max(units) if units else 0


@dataclass(frozen=True, slots=True)
class DayUse:
    """How many units of a dated resource there are on one date, and how many are taken."""

    cap: int
    used: int

    @property
    def left(self) -> int:
        """How many more fit; over-commitment leaves nothing, never less than nothing."""
        return max(0, self.cap - self.used)


class _Found:
    """What was found last in a scene: the same is asked again and again of one wish.

    Attributes:
        stay, stretches: What a stay takes of the time of resources, by their policy.
        wish, lefts: What is left of each resource for a wish.
        grid_owners: Whose rules make the grid, once that is known.
        groups: Who may serve each requirement, by its identity.
        is_over: Whether more is taken of anything, at any time, than there is.
    """

    __slots__ = ("grid_owners", "groups", "is_over", "lefts", "stay", "stretches", "wish")

    def __init__(self) -> None:
        self.stay: Stay | None = None
        self.stretches: dict[int, tuple[Interval, ...]] = {}
        self.wish: Wish | None = None
        self.lefts: dict[ResourceId, int | None] = {}
        self.grid_owners: tuple[str, ...] | None = None
        self.groups: dict[int, Group] = {}
        self.is_over: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Who may serve a requirement, in order, and what is true of all of them at any time.

    Attributes:
        hours: Their hours, each of which may be those of many.
    """

    requirement: Requirement
    resources: list[Resource]
    is_in_use: bool
    serves_any_party: bool
    has_blocks: bool
    hours: tuple[Sequence[Rule], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is known of one offering around some time, under a lock or at one read.

    Attributes:
        resources: Every resource that any requirement may be served by.
        members: The resources of each pool and category that is required, in order.
        rules: Schedule rules by owner: the offering and each resource.
        claims: Counting claims by resource; of unlimited and of dated ones only the blocks. What
            has lapsed is not among them, nor what an empty slot opened by demand would give back.
        days: Use of dated resources on the dates in question.
        used_by_slot: Places taken, of the slots that have a counter.
        stored_slots: The offering's stored slots by id.
        slot_resources: The resources that open slots have taken for themselves.
        loads: What those have to do among whom it is chosen by that.
        hosts: When the owners of resources are busy, of whom that matters.
        timetables: The hours that are worked out ahead, where many slots are looked at.
    """

    tenant: Tenant
    offering: Offering
    resources: Mapping[ResourceId, Resource]
    members: Mapping[str, Sequence[ResourceId]] = field(default_factory=dict)
    rules: Mapping[str, Sequence[Rule]]
    claims: Mapping[ResourceId, ClaimIndex]
    days: Mapping[tuple[ResourceId, date], DayUse] = field(default_factory=dict)
    used_by_slot: Mapping[SlotId, int]
    stored_slots: Mapping[SlotId, Slot]
    slot_resources: Mapping[SlotId, frozenset[ResourceId]] = field(default_factory=dict)
    loads: Mapping[ResourceId, Load] = field(default_factory=dict)
    hosts: Mapping[str, HostIndex] = field(default_factory=dict)
    timetables: Timetables = field(default_factory=Timetables, compare=False)
    found: _Found = field(default_factory=_Found, init=False, repr=False, compare=False)
    _policies: dict[str, Policy] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _alike: list[bool] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def is_one_policy(self) -> bool:
        """Whether nobody who may serve has a policy of their own."""
        if not self._alike:
            usual = self.policy()
            self._alike.append(all(self.policy(one) is usual for one in self.resources.values()))
        return self._alike[0]

    def policy(self, resource: Resource | None = None) -> Policy:
        """The policy that counts: on a resource, or whoever serves."""
        # Found once: it is asked of every slot that is listed.
        key = "" if resource is None else resource.resource_id
        found = self._policies.get(key)
        if found is None:
            if resource is None:
                found = policy_in_force(self.tenant, self.offering)
            elif says_nothing(resource):
                found = self.policy()
            else:
                found = policy_in_force(self.tenant, self.offering, [resource])
            self._policies[key] = found
        return found

    def grid_step(self, owner: str) -> timedelta | None:
        """The distance of starts on an owner's grid; None leaves it to the rule or duration."""
        offering = self.offering
        if not offering.grid_includes_buffer:
            return offering.slot_step
        policy = self.policy(self.resources.get(ResourceId(owner)))
        buffers = (policy.buffer_before, policy.buffer_after)
        length = offering.slot_step or offering.duration
        return sum((one for one in buffers if one is not None), start=length)

    @property
    def is_over(self) -> bool:
        """Whether more is taken of anybody, at any time, than there is."""
        found = self.found
        if found.is_over is None:
            blocked = {rid for rid, index in self.claims.items() if index.has_blocks}
            found.is_over = any(
                use.used > (0 if rid in blocked else use.cap) for (rid, _), use in self.days.items()
            ) or any(
                index.peak_of_all > (one.capacity or 0)
                for rid, index in self.claims.items()
                if (one := self.resources[rid]).capacity is not None
            )
        return found.is_over

    @property
    def zone_name(self) -> str:
        """The zone in which the offering's days are counted."""
        return self.offering.zone or self.tenant.zone

    def zone_of(self, resource: Resource) -> Zone:
        """The zone in which a resource's days are counted."""
        return zone(resource.zone or self.tenant.zone)

    def group(self, requirement: Requirement) -> Group:
        """Who may serve a requirement."""
        # Found once; and it keeps the requirement, whose identity is nobody else's so long.
        group = self.found.groups.get(id(requirement))
        if group is None:
            group = self.found.groups[id(requirement)] = self._group(requirement)
        return group

    def _group(self, requirement: Requirement) -> Group:
        skills = set(requirement.skills)
        named = (self.resources[rid] for rid in candidate_ids(requirement, self.members))
        resources = [one for one in named if skills <= set(one.skills)]
        indexes = (self.claims.get(one.resource_id) for one in resources)
        hours = {id(rules): rules for one in resources if (rules := self.hours_of(one))}
        return Group(
            requirement=requirement,
            resources=resources,
            is_in_use=all(
                one.status is ResourceStatus.ACTIVE and not one.is_settling for one in resources
            ),
            serves_any_party=all(one.party_min is one.party_max is None for one in resources),
            has_blocks=any(index is not None and index.has_blocks for index in indexes),
            hours=tuple(hours.values()),
        )

    def hours_of(self, resource: Resource) -> Sequence[Rule]:
        """The rules of a resource; without any it is open whenever its offering is."""
        return self.rules.get(resource.resource_id, ())

    def candidates(self, requirement: Requirement) -> list[Resource]:
        """The resources that a requirement may be served by, in the order they are tried."""
        return self.group(requirement).resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One request.

    Attributes:
        slot_id, slot: The slot asked for, and its stored row if there is one.
        picks: Resources asked for by name; they go before the others that would serve.
        components: The chosen parts of the offering.
        ignores: Owners whose claims do not stand in the way: what the request itself has already.
        had: What it had until now and gives back, if it is a booking that moves.
    """

    slot_id: SlotId | None
    stay: Stay
    party_size: int
    slot: Slot | None = None
    picks: tuple[ResourceId, ...] = ()
    components: tuple[str, ...] = ()
    ignores: frozenset[str] = frozenset()
    had: tuple[Claim, ...] = ()

    @property
    def starts_at(self) -> datetime:
        """The first instant asked for."""
        return self.stay.starts_at

    @property
    def ends_at(self) -> datetime:
        """The instant from which it is free again."""
        return self.stay.ends_at

    @property
    def interval(self) -> Interval:
        """The time asked for, without buffers."""
        return self.stay.interval


def wish_for(
    offering: Offering, *, slot: Slot | None, starts_at: datetime, party_size: int
) -> Wish:
    """Return the wish for a stored slot, or for the slot that schedules generate at a start."""
    if slot is not None:
        stay = Stay(starts_at=slot.starts_at, ends_at=slot.ends_at)
        return Wish(slot_id=slot.slot_id, stay=stay, party_size=party_size, slot=slot)
    return Wish(
        slot_id=generated_slot_id(offering.offering_id, starts_at),
        stay=Stay(starts_at=starts_at, ends_at=starts_at + offering.duration),
        party_size=party_size,
    )


def taken_stretches(scene: Scene, stay: Stay, resource: Resource) -> tuple[Interval, ...]:
    """Return the stretches of time that a stay takes from a resource counted by interval.

    The buffers in force for the resource are around each of them.
    """
    found, policy = scene.found, scene.policy(resource)
    if found.stay is not stay:
        found.stay, found.stretches = stay, {}
    # A policy is the same object as long as the scene lasts, and mostly everybody's.
    known = found.stretches.get(id(policy))
    if known is None:
        known = found.stretches[id(policy)] = _stretches(scene, stay, policy)
    return known


def _stretches(scene: Scene, stay: Stay, policy: Policy) -> tuple[Interval, ...]:
    policies, shape = (policy,), scene.offering.shape
    if shape is not Shape.DAYS:
        return (padded(policies, stay.interval),)
    here = zone(scene.zone_name)
    return tuple(padded(policies, one) for one in stretches(stay, shape, here))


def unknown_component(offering: Offering, i: int, key: str) -> InputInvalid:
    """Return the refusal of a component, the i-th of a request, that the offering has not."""
    known = ", ".join(sorted(f"'{component.key}'" for component in offering.components))
    instead = f"Choose among {known}." if known else "It has none: leave them out."
    message = f"'{offering.name}' has no component '{key}'. {instead}"
    return InputInvalid.at(f"/components/{i}", "unknown_component", message)


def chosen_components(offering: Offering, keys: Iterable[str]) -> list[Component]:
    """Return the components of an offering that are among some keys."""
    wanted = set(keys)
    return [component for component in offering.components if component.key in wanted]


def requirements_of(offering: Offering, components: Collection[str] = ()) -> list[Requirement]:
    """Return what an offering needs, and what its chosen components need on top."""
    chosen = chosen_components(offering, components) if components else ()
    return [*offering.requirements, *(r for one in chosen for r in one.requirements)]


def every_requirement(offering: Offering) -> Iterator[Requirement]:
    """Yield what an offering needs, whatever components are chosen."""
    yield from requirements_of(offering, [component.key for component in offering.components])


def is_claimed_by_slot(offering: Offering, requirement: Requirement) -> bool:
    """Whether the slot itself claims what is required, rather than each booking in it."""
    return (
        offering.counting is Counting.PLACES
        and requirement.per is Per.BOOKING
        and requirement.members_per is Per.BOOKING
        and requirement in offering.requirements
    )


def is_host_busy(scene: Scene, wish: Wish, resource: Resource) -> bool:
    """Whether the owner of a resource is busy on another one then, and that matters."""
    host = scene.hosts.get(resource.owner_id) if resource.owner_id is not None else None
    if host is None:
        return False
    rule = host_conflict_of(scene.tenant, scene.offering, resource)
    if rule is HostConflict.ALLOW_OVERLAP:
        return False
    without = wish.ignores if wish.slot_id is None else wish.ignores | {wish.slot_id}
    return any(
        host.is_busy(stretch, but_on=resource.resource_id, without=without)
        for stretch in taken_stretches(scene, wish.stay, resource)
    )


@dataclass(frozen=True, slots=True)
class Room:
    """How many units of a resource are left for a wish; None is unlimited.

    Attributes:
        dates: Of a dated resource, what is left on each date.
    """

    left: int | None
    dates: tuple[tuple[date, int], ...] = ()

    def fits(self, units: int) -> bool:
        """Whether so many more units fit."""
        return self.left is None or units <= self.left


def room_on(scene: Scene, wish: Wish, resource: Resource) -> Room:
    """Return how many units of a resource are left for a wish, over all of its time."""
    if resource.scheme is Scheme.DATED and resource.capacity is not None:
        dates = _left_by_date(scene, wish, resource)
        return Room(min(left for _, left in dates), dates)
    return Room(lefts_on(scene, wish, [resource])[0])


def lefts_on(scene: Scene, wish: Wish, resources: Sequence[Resource]) -> list[int | None]:
    """Return how many units of each of some resources are left for a wish; None is unlimited."""
    found = scene.found
    if found.wish is not wish:
        found.wish, found.lefts = wish, {}
    lefts = found.lefts
    missing = [one for one in resources if one.resource_id not in lefts]
    if missing:
        _look_for_lefts(scene, wish, missing, lefts)
    return [lefts[one.resource_id] for one in resources]


def _look_for_lefts(
    scene: Scene, wish: Wish, resources: Sequence[Resource], lefts: dict[ResourceId, int | None]
) -> None:
    # A listing comes here for every slot with all who may serve: nothing is done twice.
    without = wish.ignores if wish.slot_id is None else wish.ignores | {wish.slot_id}
    usual = taken_stretches(scene, wish.stay, resources[0]) if scene.is_one_policy else None
    for one in resources:
        left = one.capacity
        if left is not None and one.scheme is Scheme.DATED:
            left = min(free for _, free in _left_by_date(scene, wish, one))
        elif left is not None and (index := scene.claims.get(one.resource_id)) is not None:
            taken = usual or taken_stretches(scene, wish.stay, one)
            peak = index.peak(taken[0], without=without)
            for stretch in taken[1:]:
                peak = max(peak, index.peak(stretch, without=without))
            left = left - peak if left > peak else 0
        lefts[one.resource_id] = left


def _left_by_date(scene: Scene, wish: Wish, resource: Resource) -> tuple[tuple[date, int], ...]:
    return tuple(
        (day, scene.days[resource.resource_id, day].left)
        for day in dates_of(wish.stay, scene.zone_of(resource))
    )


def is_blocked_on(scene: Scene, resource: Resource, day: date) -> bool:
    """Whether a dated resource is blocked during a part of a date."""
    index = scene.claims.get(resource.resource_id)
    if index is None or not index.has_blocks:
        return False
    return index.block_over(day_interval(day, scene.zone_of(resource))) is not None
