"""Generating slots: store those of an offering's schedules, to be priced or changed singly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from holdfast.domain.access import Scope
from holdfast.domain.claims import offering_key, slot_key
from holdfast.domain.errors import InputInvalid, TransitionNotAllowed
from holdfast.domain.ids import OfferingId, SlotId
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, Interval
from holdfast.domain.listing import WINDOW_DAYS_MAX
from holdfast.domain.offerings import Counting, Offering, OfferingStatus
from holdfast.domain.shapes import Shape
from holdfast.domain.slots import Slot, SlotOrigin, SlotStatus, start_key
from holdfast.domain.tenants import Tenant
from holdfast.engine.grids import slots_on_schedule
from holdfast.engine.ports import ById, Where
from holdfast.engine.use_cases import Look, Needs, UseCase, View

GENERATED_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateSlots:
    """Store the slots that start in a window by the schedules of an offering, from now on.

    They keep the ids that they have anyway. Those that are stored already are left as they are.
    """

    offering_id: OfferingId
    starts_from: datetime
    starts_before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """What was stored.

    Attributes:
        skipped_count: How many there were already.
    """

    slots: tuple[Slot, ...]
    skipped_count: int


def _wanted(look: Look, command: GenerateSlots) -> dict[SlotId, Interval]:
    if not FIRST_INSTANT <= command.starts_from < command.starts_before <= LAST_INSTANT:
        message = "The window has to end after it starts."
        raise InputInvalid.at("/starts_before", "reversed", message)
    if command.starts_before - command.starts_from > timedelta(days=WINDOW_DAYS_MAX):
        message = f"Generate at most {WINDOW_DAYS_MAX} days at a time."
        raise InputInvalid.at("/starts_before", "too_long", message)
    look.want(ById(Tenant, look.tenant_id), ById(Offering, command.offering_id))
    offering = look.get(Offering, command.offering_id)
    if offering.shape is not Shape.SLOTS:
        message = f"'{offering.name}' is not booked by slots."
        raise InputInvalid.at("/offering_id", "wrong_form", message)
    window = Interval(starts_at=command.starts_from, ends_at=command.starts_before)
    found = slots_on_schedule(look, look.get(Tenant, look.tenant_id), offering, window)
    if len(found) > GENERATED_MAX:
        message = f"These are {len(found)} slots; generate at most {GENERATED_MAX} at a time."
        raise InputInvalid.at("/starts_before", "too_many", message)
    look.want(
        *(ById(Slot, slot_id) for slot_id in found),
        *(Where(Slot, "start_key", _start_key(command, one)) for one in found.values()),
    )
    return found


def _start_key(command: GenerateSlots, interval: Interval) -> str:
    return start_key(command.offering_id, interval.starts_at)


def _generate_needs(command: GenerateSlots, look: Look) -> Needs:
    wanted = _wanted(look, command)
    offering = look.get(Offering, command.offering_id)
    # Whoever opens a slot of them meanwhile reads its cap under the offering's lock as well.
    guards = {offering_key(offering.offering_id)}
    counters = set[str]()
    if offering.counting is Counting.PLACES:
        counters = {slot_key(slot_id) for slot_id in wanted if look.find(Slot, slot_id) is None}
    return Needs.of(guards=guards, counters=counters)


def _generate(view: View, command: GenerateSlots, now: datetime) -> Generated:
    wanted = _wanted(view, command)
    offering = view.get(Offering, command.offering_id)
    if offering.status is OfferingStatus.DELETED:
        raise TransitionNotAllowed(kind="offering", status=offering.status, action="generate")
    made: list[Slot] = []
    skipped = 0
    for slot_id, interval in wanted.items():
        if interval.starts_at < now:
            continue
        same = view.where(Slot, "start_key", _start_key(command, interval))
        if any(slot.slot_id == slot_id or slot.status is SlotStatus.OPEN for slot in same):
            skipped += 1
            continue
        made.append(_store(view, offering, slot_id, interval, now=now))
    return Generated(slots=tuple(made), skipped_count=skipped)


def _store(
    view: View, offering: Offering, slot_id: SlotId, interval: Interval, *, now: datetime
) -> Slot:
    slot = Slot(
        slot_id=slot_id,
        offering_id=offering.offering_id,
        starts_at=interval.starts_at,
        ends_at=interval.ends_at,
        capacity=offering.slot_capacity,
        is_capacity_own=False,
        origin=SlotOrigin.GENERATED,
        status=SlotStatus.OPEN,
        created_at=now,
        version=1,
    )
    view.insert(slot)
    if offering.counting is Counting.PLACES:
        view.set_cap(slot_key(slot_id), slot.capacity)
    view.fact("slot.added", slot)
    return slot


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        GenerateSlots: UseCase(
            "slot.generate",
            scopes=(Scope.CATALOGUE_WRITE,),
            needs=_generate_needs,
            decide=_generate,
        ),
    }
)
