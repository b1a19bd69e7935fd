"""Staging: who may serve a request, which keys and claims that concerns, and the scene of it.

The same functions look before the locks, to find the keys, and under them, to decide.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from holdfast.domain.calendars import DayCapacity, day_id_of
from holdfast.domain.claims import (
    Claim,
    ClaimOwner,
    closure_key,
    day_key,
    resource_key,
)
from holdfast.domain.errors import InputInvalid
from holdfast.domain.hosts import HostIndex, hosts_of, keeps_busy
from holdfast.domain.ids import ResourceId, SlotId
from holdfast.domain.intervals import Interval
from holdfast.domain.policies_in_force import padded, words_of
from holdfast.domain.pools import Pool, PoolStatus
from holdfast.domain.requirements import CANDIDATES_MAX, Requirement
from holdfast.domain.resources import Resource, ResourceStatus, Scheme
from holdfast.domain.rules import ScheduleRule
from holdfast.domain.scenes import (
    ClaimIndex,
    DayUse,
    Scene,
    is_claimed_by_slot,
    requirements_of,
)
from holdfast.domain.schedules import Rule
from holdfast.domain.shapes import Stay, dates_of
from holdfast.domain.slots import Slot
from holdfast.domain.strategies import Load, around, candidate_ids, is_by_load, load_of, unasked
from holdfast.domain.tenants import Tenant
from holdfast.domain.zones import Zone, zone
from holdfast.engine.choosing import Target
from holdfast.engine.ports import ById, CounterOf, Over, Where
from holdfast.engine.use_cases import Look, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Who may serve a request, and whose claims have to be looked at for it.

    Attributes:
        requirements: What is needed, but for what the slot has taken already.
        members: The resources of every pool and category that is required.
        resources: Everybody who may serve, by id.
        claimed_ids: Those of them that the request would claim, itself or by opening its slot.
        ranked_ids: Those among whom it is chosen by what they have to do.
        interval: The time in which their claims matter, buffers included.
        hosts: Of those whose owners must not be busy elsewhere, all that the owners have.
    """

    target: Target
    members: dict[str, tuple[ResourceId, ...]]
    resources: dict[ResourceId, Resource]
    requirements: tuple[Requirement, ...]
    claimed_ids: tuple[ResourceId, ...]
    ranked_ids: frozenset[ResourceId]
    interval: Interval
    hosts: dict[str, tuple[Resource, ...]]


@dataclass(slots=True)
class Keys:
    """Capacity keys, and where the claims are that are looked at under them."""

    guards: set[str] = field(default_factory=set)
    counters: set[str] = field(default_factory=set)
    overs: list[Over] = field(default_factory=list)


def stage_of(look: Look, target: Target, components: tuple[str, ...]) -> Stage:
    """Find who may serve a request."""
    # A target is the same object as long as nothing has changed since it was found.
    return look.once(("stage", id(target), components), lambda: _stage_of(look, target, components))


def _stage_of(look: Look, target: Target, components: tuple[str, ...]) -> Stage:
    requirements = requirements_of(target.offering, components)
    members = members_of(look, requirements)
    by_requirement = [candidate_ids(one, members) for one in requirements]
    ids = list(dict.fromkeys(rid for found in by_requirement for rid in found))
    is_open = is_slot_open(look, target)
    look.want(
        *(ById(Resource, rid) for rid in ids),
        *(Where(ScheduleRule, "owner_id", owner) for owner in [target.offering.offering_id, *ids]),
    )
    needed = [
        one for one in requirements if not (is_open and is_claimed_by_slot(target.offering, one))
    ]
    claimed = dict.fromkeys(rid for one in needed for rid in candidate_ids(one, members))
    resources = {rid: look.get(Resource, rid) for rid in ids}
    return Stage(
        target=target,
        members=members,
        resources=resources,
        requirements=tuple(needed),
        claimed_ids=tuple(claimed),
        ranked_ids=frozenset(
            rid for one in needed if is_by_load(one) for rid in candidate_ids(one, members)
        ),
        interval=padded(
            words_of(target.tenant, resources.values(), [target.offering]), target.stay.interval
        ),
        hosts=_hosts(look, target, [resources[rid] for rid in claimed]),
    )


def _hosts(
    look: Look, target: Target, resources: Sequence[Resource]
) -> dict[str, tuple[Resource, ...]]:
    """Return by owner what they have, of those owners who must not be busy elsewhere."""
    owners = sorted(hosts_of(target.tenant, target.offering, resources))
    look.want(*(Where(Resource, "owner_id", owner) for owner in owners))
    return {
        owner: tuple(filter(keeps_busy, look.where(Resource, "owner_id", owner)))
        for owner in owners
    }


def candidates_of(look: Look, target: Target, components: tuple[str, ...]) -> tuple[Resource, ...]:
    """Return everybody who may serve a request."""
    return tuple(stage_of(look, target, components).resources.values())


def members_of(
    look: Look, requirements: Sequence[Requirement]
) -> dict[str, tuple[ResourceId, ...]]:
    """Return the resources of the pools and categories that requirements name."""
    pools = [one.pool_id for one in requirements if one.pool_id is not None]
    categories = [one.category_id for one in requirements if one.category_id is not None]
    look.want(
        *(ById(Pool, pool_id) for pool_id in pools),
        *(Where(Resource, "category_id", category_id) for category_id in categories),
    )
    members: dict[str, tuple[ResourceId, ...]] = {}
    for pool_id in pools:
        pool = look.find(Pool, pool_id)
        is_active = pool is not None and pool.status is PoolStatus.ACTIVE
        members[pool_id] = pool.resource_ids[:CANDIDATES_MAX] if pool and is_active else ()
    for category_id in categories:
        found = look.where(Resource, "category_id", category_id)
        members[category_id] = in_order(found)
    return members


def in_order(resources: Iterable[Resource]) -> tuple[ResourceId, ...]:
    """Return the ids of resources that are not deleted, in the order of the business."""
    kept = [one for one in resources if one.status is not ResourceStatus.DELETED]
    kept.sort(key=lambda one: (one.sort_order, one.resource_id))
    return tuple(one.resource_id for one in kept[:CANDIDATES_MAX])


def is_slot_open(look: Look, target: Target) -> bool:
    """Whether the slot itself has taken its rooms and staff."""
    if target.slot_id is None:
        return False
    return bool(look.where(Claim, "owner_id", target.slot_id))


def keys_of(look: Look, stage: Stage, resource_ids: Iterable[ResourceId]) -> Keys:
    """Find what claiming some of the resources would lock and look at."""
    keys, resource_ids = Keys(), list(resource_ids)
    elsewhere = host_keys(stage, resource_ids)
    dates: dict[ResourceId, tuple[date, ...]] = {}
    interval = stage.interval
    for resource_id in resource_ids:
        resource = stage.resources[resource_id]
        key = claims_key(resource)
        keys.overs.append(Over(key, interval.starts_at, interval.ends_at))
        if resource.capacity is None:
            continue
        if resource.scheme is Scheme.INTERVAL:
            keys.guards.add(key)
        else:
            here = zone_of(resource, stage.target.tenant)
            dates[resource_id] = dates_of(stage.target.stay, here)
    keys.guards |= elsewhere
    keys.overs += [Over(key, interval.starts_at, interval.ends_at) for key in sorted(elsewhere)]
    # Each kind of look for all of them at once: a round for each would be too many.
    keys.counters, guards = day_keys(look, dates)
    keys.guards |= guards
    look.want(*keys.overs, *load_overs(stage, resource_ids).values())
    return keys


def host_keys(stage: Stage, resource_ids: Iterable[ResourceId]) -> set[str]:
    """Return under which other keys it stands whether the owners of resources are busy."""
    if not stage.hosts:
        return set()
    ids = set(resource_ids)
    owners = {stage.resources[rid].owner_id for rid in ids} & stage.hosts.keys()
    theirs = {one.resource_id for owner in owners if owner for one in stage.hosts[owner]}
    return {resource_key(resource_id) for resource_id in theirs - ids}


def load_overs(stage: Stage, resource_ids: Iterable[ResourceId]) -> dict[ResourceId, Over]:
    """Return where it stands what those have to do among whom it is chosen by that.

    It changes under the very keys that claiming them locks; of dated resources it would not.
    """
    stretch = around(stage.target.stay.interval)
    return {
        rid: Over(resource_key(rid), stretch.starts_at, stretch.ends_at)
        for rid in resource_ids
        if rid in stage.ranked_ids
        and stage.resources[rid].scheme is Scheme.INTERVAL
        and stage.resources[rid].capacity is not None
    }


def loads_on(
    look: Look, stage: Stage, resource_ids: Iterable[ResourceId], *, now: datetime | None = None
) -> dict[ResourceId, Load]:
    """Return what resources have to do around the time that is asked for.

    Without `now`, what has lapsed counts too: good enough to guess whom to lock.
    """
    stretch = around(stage.target.stay.interval)
    return {
        rid: load_of(
            claim
            for claim in look.claims_over(over.key, stretch)
            if now is None or claim.counts_at(now)
        )
        for rid, over in load_overs(stage, resource_ids).items()
    }


def require_asked(
    requirements: Iterable[Requirement],
    members: Mapping[str, Sequence[ResourceId]],
    picks: Sequence[ResourceId],
) -> None:
    """Refuse a request that names nobody where only those serve who are asked for by name.

    Raises:
        InputInvalid: It does not name enough of them.
    """
    needed = unasked(requirements, members, picks)
    if needed is not None:
        what = needed.role or "whom"
        message = f"Say {what} you want: {needed.members} of them by name."
        raise InputInvalid.at("/resource_ids", "missing", message)


def zone_of(resource: Resource, tenant: Tenant) -> Zone:
    """Return the zone in which a resource's days are counted."""
    return zone(resource.zone or tenant.zone)


def day_keys(look: Look, dates: Mapping[ResourceId, Collection[date]]) -> tuple[set[str], set[str]]:
    """Return the counters of dated resources' dates, and the locks of definitions if needed.

    Whoever counts on a date first reads its cap from the definition, under that lock.
    """
    days = [(resource_id, day) for resource_id, some in dates.items() for day in some]
    counters = {day_key(resource_id, day) for resource_id, day in days}
    look.want(*(CounterOf(key) for key in counters))
    new = [(rid, day) for rid, day in days if look.cap_of(day_key(rid, day)) is None]
    look.want(*(ById(DayCapacity, day_id_of(resource_id, day)) for resource_id, day in new))
    return counters, {resource_key(resource_id) for resource_id, _ in new}


def claimed_keys(resource: Resource, stay: Stay, tenant: Tenant) -> set[str]:
    """Return the keys under which a resource is claimed for a stay; none if it is unlimited."""
    if resource.capacity is None:
        return set()
    if resource.scheme is Scheme.INTERVAL:
        return {resource_key(resource.resource_id)}
    dates = dates_of(stay, zone_of(resource, tenant))
    return {day_key(resource.resource_id, day) for day in dates}


def scene_of(view: View, stage: Stage, *, locked_ids: Collection[ResourceId]) -> Scene:
    """Build what the evaluator judges, from what is locked and loaded.

    Of a pool, only those members are in it whose keys are locked.
    """
    target = stage.target
    left_out = {rid for rid in stage.claimed_ids if rid not in locked_ids}
    claims, days = {}, {}
    for resource_id in stage.claimed_ids:
        if resource_id in left_out:
            continue
        resource = stage.resources[resource_id]
        key = claims_key(resource)
        claims[resource_id] = ClaimIndex(
            claim for claim in view.claims_over(key, stage.interval) if claim.counts_at(view.now)
        )
        if resource.scheme is Scheme.DATED and resource.capacity is not None:
            for day in dates_of(target.stay, zone_of(resource, target.tenant)):
                days[resource_id, day] = day_use(view, resource, day)
    used = {}
    slot = target.slot
    if slot is not None and slot.capacity is not None:
        rows = [view.counter(key) for key in slot.counter_keys if view.is_locked(key)]
        if rows:
            # Of a striped slot only what is locked is known to be free.
            free = sum(max(0, (row.cap or 0) - row.used) for row in rows)
            used[slot.slot_id] = slot.capacity - free
    return Scene(
        tenant=target.tenant,
        offering=target.offering,
        resources=stage.resources,
        members={
            name: tuple(rid for rid in ids if rid not in left_out)
            for name, ids in stage.members.items()
        },
        rules=rules_of(view, [target.offering.offering_id, *stage.resources]),
        claims=claims,
        days=days,
        used_by_slot=used,
        stored_slots={} if target.slot is None else {target.slot.slot_id: target.slot},
        slot_resources=_slot_resources(view, target),
        hosts=_host_indexes(view, stage, locked_ids),
        loads=loads_on(
            view, stage, [rid for rid in stage.claimed_ids if rid not in left_out], now=view.now
        ),
    )


def _host_indexes(
    view: View, stage: Stage, locked_ids: Collection[ResourceId]
) -> dict[str, HostIndex]:
    """Return when the owners are busy of whom that matters, by all that is locked of theirs."""
    owners = {stage.resources[rid].owner_id for rid in locked_ids} & stage.hosts.keys()
    return {
        owner: HostIndex(
            claim
            for one in stage.hosts[owner]
            for claim in view.claims_over(resource_key(one.resource_id), stage.interval)
            if claim.counts_at(view.now)
        )
        for owner in owners
        if owner is not None
    }


def rules_of(look: Look, owners: Iterable[str]) -> dict[str, tuple[Rule, ...]]:
    """Return the schedule rules of owners."""
    return {
        owner: tuple(rule.weekly for rule in look.where(ScheduleRule, "owner_id", owner))
        for owner in owners
    }


def _slot_resources(look: Look, target: Target) -> dict[SlotId, frozenset[ResourceId]]:
    if target.slot_id is None:
        return {}
    claims = look.where(Claim, "owner_id", target.slot_id)
    held = frozenset(claim.resource_id for claim in claims if claim.resource_id is not None)
    return {target.slot_id: held} if held else {}


def claims_key(resource: Resource) -> str:
    """Return where the claims are that matter for a resource: of some, only its blocks."""
    if resource.capacity is None or resource.scheme is Scheme.DATED:
        return closure_key(resource.resource_id)
    return resource_key(resource.resource_id)


def day_use(view: View, resource: Resource, day: date) -> DayUse:
    """Return how a dated resource is used on a date, under its counter's lock."""
    row = view.counter(day_key(resource.resource_id, day))
    cap = row.cap
    if cap is None:
        cap = day_cap(view, resource, day)
    return DayUse(cap=cap, used=row.used)


def day_cap(look: Look, resource: Resource, day: date) -> int:
    """Return a date's capacity by the definition: the calendar's, else the resource's own."""
    own = look.find(DayCapacity, day_id_of(resource.resource_id, day))
    if own is not None:
        return own.capacity
    assert resource.capacity is not None, "an unlimited resource has no counters"
    return resource.capacity


def demand_slots(
    look: Look, overs: Iterable[Over], interval: Interval, *, own_id: str | None
) -> list[Slot]:
    """Slots opened by demand that have a claim where we want to be: empty ones give way."""
    owners = {
        claim.owner_id
        for over in overs
        for claim in look.claims_over(over.key, interval)
        if claim.owner_kind is ClaimOwner.SLOT and claim.owner_id != own_id
    }
    look.want(
        *(ById(Slot, owner) for owner in owners),
        *(Where(Claim, "owner_id", owner) for owner in owners),
    )
    slots = [look.get(Slot, owner) for owner in sorted(owners)]
    return [slot for slot in slots if slot.gives_way]
