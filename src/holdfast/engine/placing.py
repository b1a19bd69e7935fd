"""Taking and giving back places: what holds and bookings share.

`choose` finds the offering and slot that a request means, `placing_needs` the keys it locks,
`scene_of` builds what the evaluator judges, and `take` writes the claims.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from holdfast.domain.availability import (
    CHECKS,
    CONVERSION_CHECKS,
    ClaimIndex,
    Scene,
    Wish,
    is_claimed_by_slot,
    judge,
    padded,
    wish_for,
)
from holdfast.domain.claims import (
    Claim,
    ClaimOwner,
    closure_key,
    offering_key,
    pieces,
    resource_key,
    slot_key,
)
from holdfast.domain.errors import InputInvalid, RecordNotFound
from holdfast.domain.holds import AssignedResource, Hold
from holdfast.domain.ids import (
    ClaimId,
    OfferingId,
    SlotId,
    generated_slot_id,
    read_generated_slot_id,
)
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, Interval
from holdfast.domain.offerings import Counting, Offering, Requirement
from holdfast.domain.resources import Resource
from holdfast.domain.rules import ScheduleRule
from holdfast.domain.slots import Slot, SlotOrigin, SlotStatus, start_key
from holdfast.domain.tenants import Tenant
from holdfast.engine.ports import ById, Over, Where
from holdfast.engine.use_cases import Look, Needs, View


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotChoice:
    """Which slot a request means: a slot's id, or an offering and a start."""

    slot_id: SlotId | None = None
    offering_id: OfferingId | None = None
    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The slot that a request means, as it is stored now."""

    tenant: Tenant
    offering: Offering
    slot: Slot | None
    starts_at: datetime

    @property
    def slot_id(self) -> SlotId:
        """The slot's id, stored or not."""
        if self.slot is not None:
            return self.slot.slot_id
        return generated_slot_id(self.offering.offering_id, self.starts_at)

    @property
    def interval(self) -> Interval:
        """The slot's time, without buffers."""
        if self.slot is not None:
            return Interval(starts_at=self.slot.starts_at, ends_at=self.slot.ends_at)
        return Interval(starts_at=self.starts_at, ends_at=self.starts_at + self.offering.duration)


def choose(look: Look, choice: SlotChoice) -> Target:
    """Find the tenant, offering and slot that a request means.

    Raises:
        InputInvalid: Neither a slot nor an offering with a start is named, or both.
        RecordNotFound: There is no such offering or slot.
    """
    _require_one_choice(choice)
    offering_id, starts_at, slot_id = choice.offering_id, choice.starts_at, choice.slot_id
    if slot_id is not None:
        said = read_generated_slot_id(slot_id)
        if said is None:
            look.want(ById(Tenant, look.tenant_id), ById(Slot, slot_id))
            slot = look.get(Slot, slot_id)
            offering_id, starts_at = slot.offering_id, slot.starts_at
        else:
            offering_id, starts_at = said
    assert offering_id is not None
    assert starts_at is not None
    if slot_id is None:
        slot_id = generated_slot_id(offering_id, starts_at)
    same_start = Where(Slot, "start_key", start_key(offering_id, starts_at))
    look.want(
        ById(Tenant, look.tenant_id), ById(Offering, offering_id), ById(Slot, slot_id), same_start
    )
    offering = look.find(Offering, offering_id)
    if offering is None:
        kind, key = ("offering", offering_id) if choice.slot_id is None else ("slot", slot_id)
        raise RecordNotFound(kind=kind, key=key)
    stored = look.find(Slot, slot_id)
    if stored is None and choice.slot_id is None:
        stored = _manual_slot_at(look, offering_id, starts_at)
    if stored is None and not FIRST_INSTANT <= starts_at <= LAST_INSTANT - offering.duration:
        raise RecordNotFound(kind="slot", key=slot_id)
    tenant = look.get(Tenant, look.tenant_id)
    return Target(tenant=tenant, offering=offering, slot=stored, starts_at=starts_at)


def _require_one_choice(choice: SlotChoice) -> None:
    given = [choice.slot_id, choice.offering_id, choice.starts_at]
    if [value is None for value in given] not in ([False, True, True], [True, False, False]):
        message = "Say which slot: either slot_id, or offering_id together with starts_at."
        raise InputInvalid.at("/slot_id", "slot_choice", message)
    starts_at = choice.starts_at
    if starts_at is None:
        return
    if starts_at.tzinfo is not UTC or not FIRST_INSTANT <= starts_at < LAST_INSTANT:
        message = "It has to be an instant in UTC, from 1970 to 2199."
        raise InputInvalid.at("/starts_at", "out_of_range", message)
    if starts_at.microsecond:
        message = "Slots start on whole seconds."
        raise InputInvalid.at("/starts_at", "not_whole_seconds", message)


def _manual_slot_at(look: Look, offering_id: OfferingId, starts_at: datetime) -> Slot | None:
    """The open slot made by hand that starts then, if the offering has one."""
    found = look.where(Slot, "start_key", start_key(offering_id, starts_at))
    live = [slot for slot in found if slot.status is SlotStatus.OPEN]
    return live[0] if live else None


def placing_needs(look: Look, choice: SlotChoice) -> Needs:
    """Find what a request for places locks and reads."""
    target = choose(look, choice)
    offering, interval = target.offering, padded(target.offering, target.interval)
    owners = [offering.offering_id, *(r.resource_id for r in offering.requirements)]
    opening = Where(Claim, "owner_id", target.slot_id)
    look.want(
        opening,
        *(ById(Resource, r.resource_id) for r in offering.requirements),
        *(Where(ScheduleRule, "owner_id", owner) for owner in owners),
    )
    guards = set[str]()
    counters = _counter_keys(target)
    if target.slot is None and offering.counting is Counting.PLACES:
        # Whoever makes the slot's counter reads its cap from the offering under that lock.
        guards.add(offering_key(offering.offering_id))
    own_guards, overs = look_over(look, _claimed_requirements(look, target), interval)
    more = way_making_needs(look, overs, interval, own_id=target.slot_id)
    return Needs.of(guards=guards | own_guards | more.guards, counters=counters | more.counters)


def way_making_needs(
    look: Look, overs: Iterable[Over], interval: Interval, *, own_id: str | None
) -> Needs:
    """Find what closing empty slots that are in the way locks."""
    guards, counters = set[str](), set[str]()
    for slot in demand_slots(look, overs, interval, own_id=own_id):
        counters.add(slot_key(slot.slot_id))
        guards.update(_limited(look, _resource_keys(look, slot.slot_id)))
    return Needs.of(guards=guards, counters=counters)


def make_way(view: View, overs: Iterable[Over], interval: Interval, *, own_id: str | None) -> None:
    """Close the empty slots that are in the way."""
    for slot in demand_slots(view, overs, interval, own_id=own_id):
        _close_if_empty(view, slot)


def _resource_keys(look: Look, owner_id: str) -> set[str]:
    """The resource keys that an owner's claims are under."""
    claims = look.where(Claim, "owner_id", owner_id)
    return {claim.key for claim in claims if claim.resource_id is not None}


def _counter_keys(target: Target) -> set[str]:
    """The counter of the slot's places, unless it is stored and unlimited."""
    if target.offering.counting is not Counting.PLACES:
        return set()
    if target.slot is not None and target.slot.capacity is None:
        return set()
    return {slot_key(target.slot_id)}


def is_slot_open(look: Look, slot_id: SlotId) -> bool:
    """Whether the slot itself has taken its rooms and staff."""
    return bool(look.where(Claim, "owner_id", slot_id))


def _claimed_requirements(look: Look, target: Target) -> list[Requirement]:
    """The requirements whose resources this request would claim, itself or by opening the slot."""
    offering = target.offering
    is_open = is_slot_open(look, target.slot_id)
    return [
        requirement
        for requirement in offering.requirements
        if not (is_open and is_claimed_by_slot(offering, requirement))
    ]


def look_over(
    look: Look, requirements: Iterable[Requirement], interval: Interval
) -> tuple[set[str], list[Over]]:
    """Return the guards of required resources, and where their claims and blocks are read."""
    guards, overs = set[str](), list[Over]()
    requirements = list(requirements)
    look.want(*(ById(Resource, r.resource_id) for r in requirements))
    for requirement in requirements:
        resource = look.get(Resource, requirement.resource_id)
        key = claims_key(resource)
        overs.append(Over(key, interval.starts_at, interval.ends_at))
        if resource.capacity is not None:
            guards.add(key)
    look.want(*overs)
    return guards, overs


def claims_key(resource: Resource) -> str:
    """Return where the claims are that matter for a resource: of an unlimited one, its blocks."""
    if resource.capacity is None:
        return closure_key(resource.resource_id)
    return resource_key(resource.resource_id)


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
    return [
        slot for slot in slots if slot.origin is SlotOrigin.GENERATED and slot.capacity is not None
    ]


def scene_of(view: View, target: Target) -> Scene:
    """Build what the evaluator judges, from what is locked and loaded."""
    offering, interval = target.offering, padded(target.offering, target.interval)
    resources = {r.resource_id: view.get(Resource, r.resource_id) for r in offering.requirements}
    owners = [offering.offering_id, *resources]
    claims = {}
    for requirement in _claimed_requirements(view, target):
        key = claims_key(resources[requirement.resource_id])
        found = view.claims_over(key, interval)
        claims[requirement.resource_id] = ClaimIndex(
            claim for claim in found if claim.counts_at(view.now)
        )
    used = {}
    if target.slot is not None and target.slot.capacity is not None:
        key = slot_key(target.slot_id)
        if view.is_locked(key):
            used[target.slot_id] = view.counter(key).used
    return Scene(
        tenant=target.tenant,
        offering=offering,
        resources=resources,
        rules={
            owner: tuple(rule.weekly for rule in view.where(ScheduleRule, "owner_id", owner))
            for owner in owners
        },
        claims=claims,
        used_by_slot=used,
        stored_slots={} if target.slot is None else {target.slot_id: target.slot},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """For whom places are taken, and until when they count by themselves."""

    owner_kind: ClaimOwner
    owner_id: str
    counts_until: datetime | None


def take(
    view: View, choice: SlotChoice, *, party_size: int, taker: Taker
) -> tuple[Target, Wish, tuple[AssignedResource, ...]]:
    """Judge a request under its locks and take its places.

    Raises:
        HoldfastError: The request is refused; nothing was taken.
    """
    target = choose(view, choice)
    interval = padded(target.offering, target.interval)
    _, overs = look_over(view, _claimed_requirements(view, target), interval)
    make_way(view, overs, interval, own_id=target.slot_id)
    scene = scene_of(view, target)
    wish = wish_for(
        target.offering, slot=target.slot, starts_at=target.starts_at, party_size=party_size
    )
    refusal = judge(scene, wish, now=view.now, checks=CHECKS)
    if refusal is not None:
        raise refusal
    if target.offering.counting is Counting.PLACES:
        _open_slot(view, target)
        view.acquire(
            _claim(
                view,
                taker,
                key=slot_key(wish.slot_id),
                resource=None,
                units=party_size,
                interval=wish.interval,
            )
        )
    assigned = []
    for requirement in target.offering.requirements:
        resource = scene.resources[requirement.resource_id]
        units = requirement.units(party_size)
        if not is_claimed_by_slot(target.offering, requirement):
            _acquire(view, taker, resource, units, padded(target.offering, wish.interval))
        assigned.append(
            AssignedResource(resource_id=resource.resource_id, name=resource.name, units=units)
        )
    return target, wish, tuple(assigned)


def check_conversion(view: View, target: Target) -> None:
    """Refuse to turn held places into a booking when their slot or resources are closed.

    Raises:
        AvailabilityClosed: Something is no longer in use.
    """
    offering = target.offering
    scene = Scene(
        tenant=target.tenant,
        offering=offering,
        resources={r.resource_id: view.get(Resource, r.resource_id) for r in offering.requirements},
        rules={},
        claims={},
        used_by_slot={},
        stored_slots={},
    )
    wish = wish_for(offering, slot=target.slot, starts_at=target.starts_at, party_size=1)
    refusal = judge(scene, wish, now=view.now, checks=CONVERSION_CHECKS)
    if refusal is not None:
        raise refusal


def release_needs(look: Look, owner_id: str) -> Needs:
    """Find what giving an owner's places back locks: their keys, and those of emptied slots."""
    claims = look.where(Claim, "owner_id", owner_id)
    guards = {claim.key for claim in claims if claim.resource_id is not None}
    counters = {claim.key for claim in claims if claim.resource_id is None}
    slot_ids = [key.removeprefix("slot:") for key in sorted(counters)]
    look.want(
        *(ById(Slot, slot_id) for slot_id in slot_ids),
        *(Where(Claim, "owner_id", slot_id) for slot_id in slot_ids),
    )
    for slot_id in slot_ids:
        slot = look.get(Slot, slot_id)
        if slot.capacity is None:
            counters.discard(slot_key(slot.slot_id))
        if slot.origin is SlotOrigin.GENERATED:
            guards.update(_resource_keys(look, slot_id))
    limited = _limited(look, guards)
    return Needs.of(guards=limited, counters=counters)


def keeping_needs(look: Look, hold: Hold) -> Needs:
    """Find what extending or converting a hold locks: what releasing it does, and all its keys.

    The keys are named even when nothing is claimed under them any more. Whoever reaped the claims
    left the time in those rows, and on a clock that has stepped back since, the hold must not
    find itself in time again: its place is sold.
    """
    needs = release_needs(look, hold.hold_id)
    look.want(ById(Offering, hold.offering_id), ById(Slot, hold.slot_id))
    offering, slot = look.get(Offering, hold.offering_id), look.find(Slot, hold.slot_id)
    by_slot = {r.resource_id for r in offering.requirements if is_claimed_by_slot(offering, r)}
    own = {resource_key(a.resource_id) for a in hold.assigned if a.resource_id not in by_slot}
    counters = set(needs.counters)
    if offering.counting is Counting.PLACES and slot is not None and slot.capacity is not None:
        counters.add(slot_key(slot.slot_id))
    guards = needs.guards | _limited(look, own)
    return Needs.of(guards=guards, counters=counters, reads=needs.reads)


def _limited(look: Look, guards: Iterable[str]) -> set[str]:
    """Leave out the keys of unlimited resources, which take no lock."""
    ids = {key: key.removeprefix("res:") for key in guards}
    look.want(*(ById(Resource, resource_id) for resource_id in ids.values()))
    return {key for key, rid in ids.items() if look.get(Resource, rid).capacity is not None}


def release(view: View, owner_id: str, *, reason: str) -> None:
    """Give an owner's places back, and close a slot opened by demand that this empties."""
    for claim in view.where(Claim, "owner_id", owner_id):
        view.change_claim(claim, released_at=view.now, reason=reason)
        if claim.resource_id is None:
            slot = view.get(Slot, claim.key.removeprefix("slot:"))
            _close_if_empty(view, slot)


def _close_if_empty(view: View, slot: Slot) -> None:
    if slot.origin is not SlotOrigin.GENERATED or slot.capacity is None:
        return
    if view.counter(slot_key(slot.slot_id)).used > 0:
        return
    for claim in view.where(Claim, "owner_id", slot.slot_id):
        view.change_claim(claim, released_at=view.now, reason="slot emptied")


def _open_slot(view: View, target: Target) -> None:
    """Store a generated slot with its counter, once, and take its rooms and staff."""
    offering = target.offering
    if target.slot is None:
        slot = Slot(
            slot_id=target.slot_id,
            offering_id=offering.offering_id,
            starts_at=target.interval.starts_at,
            ends_at=target.interval.ends_at,
            capacity=offering.slot_capacity,
            is_capacity_own=False,
            origin=SlotOrigin.GENERATED,
            status=SlotStatus.OPEN,
            created_at=view.now,
            version=1,
        )
        view.insert(slot)
        view.set_cap(slot_key(slot.slot_id), slot.capacity)
    if not is_slot_open(view, target.slot_id):
        claim_for_slot(view, offering, target.slot_id, target.interval)


def claim_for_slot(view: View, offering: Offering, slot_id: SlotId, interval: Interval) -> None:
    """Take the rooms and staff of a slot for the slot itself."""
    owner = Taker(owner_kind=ClaimOwner.SLOT, owner_id=slot_id, counts_until=None)
    for requirement in offering.requirements:
        if is_claimed_by_slot(offering, requirement):
            resource = view.get(Resource, requirement.resource_id)
            _acquire(view, owner, resource, requirement.quantity, padded(offering, interval))


def _acquire(view: View, taker: Taker, resource: Resource, units: int, interval: Interval) -> None:
    """Take units of a resource, a long stretch in several claims."""
    for piece in pieces(interval):
        view.acquire(
            _claim(
                view,
                taker,
                key=resource_key(resource.resource_id),
                resource=resource,
                units=units,
                interval=piece,
            )
        )


def _claim(
    view: View,
    taker: Taker,
    *,
    key: str,
    resource: Resource | None,
    units: int,
    interval: Interval,
) -> Claim:
    return Claim(
        claim_id=ClaimId(view.new_id("clm")),
        key=key,
        resource_id=resource.resource_id if resource is not None else None,
        owner_kind=taker.owner_kind,
        owner_id=taker.owner_id,
        units=units,
        starts_at=interval.starts_at,
        ends_at=interval.ends_at,
        counts_until=taker.counts_until,
        is_exclusive=resource is not None and resource.is_exclusive,
        is_over=False,
        actor_id=view.actor.actor_id,
        reason=None,
        acquired_at=view.now,
        converted_at=None,
        released_at=None,
    )
