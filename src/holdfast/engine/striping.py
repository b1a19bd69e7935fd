"""Stripes: the places of a very hot slot spread over several counters.

Several servers that sell one event wait for one another at its one counter. With stripes each
booking takes one of several counters at random, and only what does not fit there looks at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.capacity import spread
from holdfast.domain.claims import slot_key
from holdfast.domain.errors import InputInvalid, RecordInUse, TransitionNotAllowed
from holdfast.domain.ids import SlotId
from holdfast.domain.offerings import Counting, Offering
from holdfast.domain.scenes import is_claimed_by_slot
from holdfast.domain.slots import STRIPES_MAX, Slot, SlotOrigin, SlotStatus
from holdfast.engine.ports import ById
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.engine.versions import require_version


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeSlot:
    """Spread the places of a slot over so many counters; 1 is one counter again.

    Only places that are counted and limited are spread. A slot of a schedule has to be stored, and
    may take no rooms or staff for itself: demand opens those, and would have to look at all
    counters to close it. Fewer stripes need those that go to be empty: their places have to be
    given back first.
    """

    slot_id: SlotId
    stripes: int
    if_version: int | None = None


def _needs(command: StripeSlot, look: Look) -> Needs:
    checks.require([checks.whole("/stripes", command.stripes, least=1, most=STRIPES_MAX)])
    slot = look.get(Slot, command.slot_id)
    look.want(ById(Offering, slot.offering_id))
    return Needs.of(counters=_keys(slot, max(slot.stripes, command.stripes)))


def _keys(slot: Slot, count: int) -> list[str]:
    return [slot_key(slot.slot_id, stripe) for stripe in range(count)]


def _stripe(view: View, command: StripeSlot, now: datetime) -> Slot:
    del now
    slot = view.get(Slot, command.slot_id)
    require_version(slot, command.if_version)
    if slot.status not in {SlotStatus.OPEN, SlotStatus.BLOCKED}:
        raise TransitionNotAllowed(kind="slot", status=slot.status, action="stripe")
    offering = view.get(Offering, slot.offering_id)
    if offering.counting is not Counting.PLACES or slot.capacity is None:
        message = "Only a slot with a capacity of its places has stripes."
        raise InputInvalid.at("/stripes", "not_counted", message)
    takes_rooms = any(is_claimed_by_slot(offering, one) for one in offering.requirements)
    if slot.origin is SlotOrigin.GENERATED and takes_rooms:
        message = (
            "A slot of a schedule that takes rooms or staff for itself has no stripes. Make it by"
            " hand, at another start or with the schedule closed then."
        )
        raise InputInvalid.at("/stripes", "opened_by_demand", message)
    if slot.stripes == command.stripes:
        return slot
    keys = _keys(slot, command.stripes)
    leaving = [key for key in slot.counter_keys if key not in keys]
    held = sum(view.counter(key).used for key in leaving)
    if held:
        message = f"{held} places are taken in the stripes that would go. Wait until they are back."
        raise RecordInUse(message, kind="slot", key=slot.slot_id, taken=held)
    used = [view.counter(key).used for key in keys]
    if sum(used) > slot.capacity:
        message = (
            f"{sum(used)} places of {slot.capacity} are taken, and stripes are never over. Wait"
            " until so many are given back, or raise the capacity."
        )
        raise RecordInUse(message, kind="slot", key=slot.slot_id, taken=sum(used))
    for key in leaving:
        view.set_cap(key, 0)
    for key, cap in zip(keys, spread(slot.capacity, used), strict=True):
        view.set_cap(key, cap)
    striped = view.update(slot, stripes=command.stripes)
    view.fact("slot.changed", striped)
    return striped


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        StripeSlot: UseCase(
            "slot.stripe", scopes=(Scope.CATALOGUE_WRITE,), needs=_needs, decide=_stripe
        ),
    }
)
