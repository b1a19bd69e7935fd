"""Slots made by hand: an event, an extra opening, or many at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.assignment import Taken
from holdfast.domain.availability import OPENING_CHECKS, plan
from holdfast.domain.claims import offering_key, slot_key
from holdfast.domain.errors import HoldfastError, InputFault, InputInvalid, RecordExists
from holdfast.domain.ids import OfferingId, ResourceId, SlotId, read_generated_slot_id
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, Interval
from holdfast.domain.money import AMOUNT_MAX
from holdfast.domain.offerings import DURATION_MAX, Counting, Offering
from holdfast.domain.resources import CAPACITY_MAX
from holdfast.domain.scenes import Scene, is_claimed_by_slot
from holdfast.domain.shapes import Stay
from holdfast.domain.slots import Slot, SlotOrigin, SlotStatus, start_key
from holdfast.domain.strategies import candidate_ids
from holdfast.domain.tenants import Tenant
from holdfast.engine.choosing import Choice, Target
from holdfast.engine.gathering import gathered
from holdfast.engine.placing import claim_for_slot
from holdfast.engine.ports import ById, Read, Where
from holdfast.engine.releasing import make_way, way_making_needs
from holdfast.engine.staging import Stage, keys_of, scene_of, stage_of
from holdfast.engine.use_cases import Look, Needs, UseCase, View

SLOTS_ADDED_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AddSlot:
    """Make a bookable interval by hand, under an id that its maker gives it.

    `ends_at` None means the offering's duration; `capacity` None means the offering's own, unless
    `is_capacity_own`, which makes the slot unlimited. `price_minor` None is the offering's price.
    """

    slot_id: SlotId
    offering_id: OfferingId
    starts_at: datetime
    ends_at: datetime | None = None
    capacity: int | None = None
    is_capacity_own: bool = False
    metadata: dict[str, object] = field(default_factory=dict)
    price_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddSlots:
    """Make several slots by hand: all of them, or none and every fault with its place."""

    slots: tuple[AddSlot, ...]


def _interval(command: AddSlot, offering: Offering) -> Interval:
    ends_at = command.ends_at or command.starts_at + offering.duration
    if not FIRST_INSTANT <= command.starts_at < ends_at <= LAST_INSTANT:
        raise InputInvalid.at("/ends_at", "reversed", "A slot ends after it starts.")
    if command.starts_at.microsecond or ends_at.microsecond:
        raise InputInvalid.at("/starts_at", "not_whole_seconds", "Slots start on whole seconds.")
    if ends_at - command.starts_at > DURATION_MAX:
        message = f"A slot is at most {DURATION_MAX.days} days long."
        raise InputInvalid.at("/ends_at", "too_long", message)
    return Interval(starts_at=command.starts_at, ends_at=ends_at)


def _require_to_come(interval: Interval, now: datetime) -> None:
    """Refuse a slot that nobody could book any more."""
    if interval.starts_at < now:
        message = "This start is over. Give one that is to come."
        raise InputInvalid.at("/starts_at", "over", message)


def _target(look: Look, command: AddSlot) -> Target:
    look.want(ById(Tenant, look.tenant_id), ById(Offering, command.offering_id))
    offering = look.get(Offering, command.offering_id)
    interval = _interval(command, offering)
    return Target(
        tenant=look.get(Tenant, look.tenant_id),
        offering=offering,
        resource=None,
        slot=None,
        slot_id=command.slot_id,
        stay=Stay(starts_at=interval.starts_at, ends_at=interval.ends_at),
    )


def _own_ids(stage: Stage) -> list[ResourceId]:
    """The resources that the slot may take for itself."""
    offering = stage.target.offering
    return list(
        dict.fromkeys(
            rid
            for requirement in offering.requirements
            if is_claimed_by_slot(offering, requirement)
            for rid in candidate_ids(requirement, stage.members)
        )
    )


def _add_needs(command: AddSlot, look: Look) -> Needs:
    target = _target(look, command)
    offering = target.offering
    stage = stage_of(look, target, ())
    keys = keys_of(look, stage, _own_ids(stage))
    more = way_making_needs(look, keys.overs, stage.interval, own_id=None)
    guards = keys.guards | {offering_key(offering.offering_id)} | more.guards
    counters = keys.counters | more.counters
    if offering.counting is Counting.PLACES:
        counters.add(slot_key(command.slot_id))
    key = start_key(offering.offering_id, command.starts_at)
    same: list[Read] = [Where(Slot, "start_key", key), ById(Slot, command.slot_id)]
    return Needs.of(guards=guards, counters=counters, reads=same)


def _add(view: View, command: AddSlot, now: datetime) -> Slot:
    offering = view.get(Offering, command.offering_id)
    interval = _interval(command, offering)
    _require_to_come(interval, now)
    checks.require(
        [
            checks.whole("/capacity", command.capacity, least=1, most=CAPACITY_MAX),
            checks.whole("/price_minor", command.price_minor, least=0, most=AMOUNT_MAX),
            checks.metadata("/metadata", command.metadata),
        ]
    )
    if read_generated_slot_id(command.slot_id) is not None:
        message = "Ids of this form belong to the slots of schedules. Use a new id."
        raise InputInvalid.at("/slot_id", "reserved", message)
    if view.find(Slot, command.slot_id) is not None:
        raise RecordExists(kind="slot", key=command.slot_id)
    key = start_key(offering.offering_id, interval.starts_at)
    if any(slot.status is SlotStatus.OPEN for slot in view.where(Slot, "start_key", key)):
        raise RecordExists(kind="slot", key=f"{offering.slug} at {interval.starts_at.isoformat()}")
    is_own = command.is_capacity_own or command.capacity is not None
    slot = Slot(
        slot_id=command.slot_id,
        offering_id=offering.offering_id,
        starts_at=interval.starts_at,
        ends_at=interval.ends_at,
        capacity=command.capacity if is_own else offering.slot_capacity,
        is_capacity_own=is_own,
        origin=SlotOrigin.MANUAL,
        status=SlotStatus.OPEN,
        metadata=command.metadata,
        created_at=now,
        version=1,
        price_minor=command.price_minor,
    )
    scene, taken = _opened(view, command, slot)
    view.insert(slot)
    if offering.counting is Counting.PLACES:
        view.set_cap(slot_key(slot.slot_id), slot.capacity)
        stay = Stay(starts_at=slot.starts_at, ends_at=slot.ends_at)
        claim_for_slot(view, scene, slot.slot_id, stay, taken)
    view.fact("slot.added", slot)
    return slot


def _opened(view: View, command: AddSlot, slot: Slot) -> tuple[Scene, tuple[Taken, ...]]:
    """Return the rooms and staff that a slot takes, or refuse it if they are taken or closed."""
    target = replace(_target(view, command), slot=slot)
    stage = stage_of(view, target, ())
    own = _own_ids(stage)
    keys = keys_of(view, stage, own)
    make_way(view, keys.overs, stage.interval, own_id=None)
    scene = scene_of(view, replace(stage, claimed_ids=tuple(own)), locked_ids=own)
    wish = target.wish(Choice(slot_id=slot.slot_id), party_size=1, ignores=frozenset())
    return scene, plan(scene, wish, now=view.now, checks=OPENING_CHECKS)


def _add_all_needs(command: AddSlots, look: Look) -> Needs:
    if not 1 <= len(command.slots) <= SLOTS_ADDED_MAX:
        message = f"Make 1 to {SLOTS_ADDED_MAX} slots at a time."
        raise InputInvalid.at("/slots", "out_of_range", message)
    return gathered(partial(_add_needs, one, look) for one in command.slots)


def _add_all(view: View, command: AddSlots, now: datetime) -> tuple[Slot, ...]:
    added: list[Slot] = []
    refused: list[tuple[int, HoldfastError]] = []
    for i, one in enumerate(command.slots):
        try:
            added.append(_add(view, one, now))
        except HoldfastError as refusal:
            # Nothing of the whole is kept, so the others may be judged as if this had not been.
            refused.append((i, refusal))
    if refused:
        raise _all_refused(refused)
    return tuple(added)


def _all_refused(refused: Sequence[tuple[int, HoldfastError]]) -> HoldfastError:
    """Return one refusal for many: malformed input goes first, with a pointer to each fault."""
    faults = [
        replace(fault, pointer=f"/slots/{i}{fault.pointer}")
        for i, refusal in refused
        if isinstance(refusal, InputInvalid)
        for fault in _faults_of(refusal)
    ]
    if faults:
        return InputInvalid(faults)
    first = refused[0][1]
    first.fields["faults"] = tuple(
        {"index": i, "code": refusal.code, "detail": refusal.detail} for i, refusal in refused
    )
    return first


def _faults_of(refusal: InputInvalid) -> Iterator[InputFault]:
    faults = refusal.fields["errors"]
    assert isinstance(faults, tuple)
    yield from faults


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        AddSlots: UseCase(
            "slot.add_many",
            scopes=(Scope.CATALOGUE_WRITE,),
            needs=_add_all_needs,
            decide=_add_all,
        ),
        AddSlot: UseCase(
            "slot.add", scopes=(Scope.CATALOGUE_WRITE,), needs=_add_needs, decide=_add
        ),
    }
)
