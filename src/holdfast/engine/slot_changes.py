"""Changing slots: their price and capacity; cancelling them with what is booked in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.bookings import Booking
from holdfast.domain.capacity import spread
from holdfast.domain.claims import Claim, offering_key, slot_key
from holdfast.domain.closures import (
    AFFECTED_SHOWN_MAX,
    CALLED_OFF_MAX,
    Closure,
    Settled,
    WhenBooked,
    shown,
)
from holdfast.domain.errors import (
    CapacityExceeded,
    InputInvalid,
    RecordInUse,
    RecordNotFound,
    TransitionNotAllowed,
)
from holdfast.domain.holds import Hold
from holdfast.domain.ids import SlotId
from holdfast.domain.intervals import Interval
from holdfast.domain.money import AMOUNT_MAX
from holdfast.domain.offerings import Counting, Offering
from holdfast.domain.resources import CAPACITY_MAX
from holdfast.domain.slots import Slot, SlotOrigin, SlotStatus
from holdfast.engine.capping import ALL_THE_SAME
from holdfast.engine.choosing import Choice, Target, choose
from holdfast.engine.ending import (
    EMPTY_FIRST,
    MAY_BE_CALLED_OFF,
    bookings_in,
    call_off,
    counting_on,
    holds_in,
)
from holdfast.engine.gathering import gathered
from holdfast.engine.grids import slots_on_schedule
from holdfast.engine.patches import patched
from holdfast.engine.ports import ById, Read, Where
from holdfast.engine.releasing import release, release_needs
from holdfast.engine.staging import Stage, keys_of, stage_of
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.engine.versions import require_version

CHANGEABLE = frozenset({"price_minor", "capacity", "metadata"})
SLOTS_CANCELLED_MAX = 200
SLOTS_PASSED_MAX = 200
NEVER_OVER = "A slot in stripes is never over: make one counter of them first (stripes: 1)."


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSlot:
    """Change a stored slot's `price_minor`, `capacity` or `metadata`.

    A capacity below what is taken is refused, unless it `may_be_over` for a `reason`: nobody then
    gets a place until so many are given back. A `price_minor` of None is the offering's price.
    """

    slot_id: SlotId
    changes: Mapping[str, object]
    may_be_over: bool = False
    reason: str = ""
    if_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelSlot:
    """Cancel a slot; one of a schedule need not be stored for that.

    From then on nothing is booked, converted or confirmed in them, and their rooms and staff are
    free. `when_booked` says what becomes of bookings and holds; those that are to be called off
    are so by `SettleSlot`, step by step. Cancelling again changes nothing but that: what an earlier
    `list` has left is listed again, or called off.
    """

    slot_id: SlotId
    when_booked: WhenBooked = WhenBooked.REFUSE
    reason: str | None = None
    if_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelSlots:
    """Cancel several slots, all or none. See `CancelSlot`."""

    slot_ids: tuple[SlotId, ...]
    when_booked: WhenBooked = WhenBooked.REFUSE
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleSlot:
    """Call off the next few bookings and holds of a slot that is settling.

    Bookings that share no lock with us may be on their way still, so the slot goes on settling.
    When everybody has ended who may have seen it open (`Quiescence`), a step that says so is the
    last one.

    Attributes:
        outlived_version: The slot's version as it was before that was waited for; None if nobody
            has waited.
    """

    slot_id: SlotId
    outlived_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkSlotsPast:
    """Record that open slots are over."""

    slot_ids: tuple[SlotId, ...]


def _change_needs(command: ChangeSlot, look: Look) -> Needs:
    slot = look.get(Slot, command.slot_id)
    look.want(ById(Offering, slot.offering_id))
    # Its price and capacity are the offering's unless given, so that may not change meanwhile.
    guards = {offering_key(slot.offering_id)}
    return Needs.of(guards=guards, counters=slot.counter_keys)


def _change(view: View, command: ChangeSlot, now: datetime) -> Slot:
    del now
    slot = view.get(Slot, command.slot_id)
    require_version(slot, command.if_version)
    if slot.status not in {SlotStatus.OPEN, SlotStatus.BLOCKED}:
        raise TransitionNotAllowed(kind="slot", status=slot.status, action="change")
    changes = dict(command.changes)
    if "capacity" in changes:
        changes["is_capacity_own"] = True
    checks.require([checks.line("/reason", command.reason)])
    changed = patched(view, slot, changes, CHANGEABLE | {"is_capacity_own"}, _require_valid)
    if changed.capacity != slot.capacity:
        _recap(view, command, slot, changed.capacity)
    over = {"reason": command.reason} if command.may_be_over else {}
    view.fact("slot.changed", changed, **over)
    return changed


def _require_valid(slot: Slot) -> None:
    checks.require(
        [
            checks.whole("/price_minor", slot.price_minor, least=0, most=AMOUNT_MAX),
            checks.whole("/capacity", slot.capacity, least=1, most=CAPACITY_MAX),
            checks.metadata("/metadata", slot.metadata),
        ]
    )


def _recap(view: View, command: ChangeSlot, slot: Slot, capacity: int | None) -> None:
    """Give the slot's counter its new cap."""
    if view.get(Offering, slot.offering_id).counting is not Counting.PLACES:
        message = "Its resources alone limit this slot; change their capacity instead."
        raise InputInvalid.at("/capacity", "not_counted", message)
    if (slot.capacity is None) != (capacity is None):
        message = (
            "What is unlimited is not counted. Limit such a slot; one that is counted cannot become"
            " unlimited: cancel it and make another."
        )
        raise RecordInUse(message, kind="slot", key=slot.slot_id)
    used = [view.counter(key).used for key in slot.counter_keys]
    if capacity is not None and sum(used) > capacity:
        if not command.may_be_over or slot.stripes > 1:
            instead = ALL_THE_SAME if slot.stripes == 1 else NEVER_OVER
            message = f"{sum(used)} places are taken; {capacity} is too few. {instead}"
            raise CapacityExceeded(
                message, requested=sum(used), remaining=capacity, limited_by=slot.slot_id
            )
        if not command.reason.strip():
            message = "Say why: a capacity below what is taken needs a reason."
            raise InputInvalid.at("/reason", "missing", message)
    is_one = capacity is None or slot.stripes == 1
    caps = (capacity,) if is_one else spread(capacity or 0, used)
    for key, cap in zip(slot.counter_keys, caps, strict=True):
        view.set_cap(key, cap, may_be_over=command.may_be_over)


def _cancel_needs(command: CancelSlot, look: Look) -> Needs:
    checks.require([checks.text("/reason", command.reason)])
    return _cancel_one_needs(look, command.slot_id)


def _cancel_all_needs(command: CancelSlots, look: Look) -> Needs:
    if len(command.slot_ids) > SLOTS_CANCELLED_MAX:
        message = f"Cancel at most {SLOTS_CANCELLED_MAX} slots at a time."
        raise InputInvalid.at("/slot_ids", "too_many", message)
    checks.require([checks.text("/reason", command.reason)])
    return gathered(partial(_cancel_one_needs, look, slot_id) for slot_id in command.slot_ids)


def _cancel_one_needs(look: Look, slot_id: SlotId) -> Needs:
    target = _target(look, slot_id)
    guards, counters = set[str](), {slot_key(slot_id)}
    if target.slot is not None:
        counters.update(target.slot.counter_keys)
    if target.slot is None:
        guards.add(offering_key(target.offering.offering_id))
    if target.offering.counting is Counting.RESOURCES:
        # Its bookings lock no counter of the slot, but what they take.
        stage = _stage(look, target)
        keys = keys_of(look, stage, stage.claimed_ids)
        guards |= keys.guards
        counters |= keys.counters
    look.want(Where(Claim, "owner_id", slot_id))
    own = release_needs(look, slot_id)
    bookings_in(look, slot_id, limit=AFFECTED_SHOWN_MAX + 1)
    holds_in(look, slot_id, limit=AFFECTED_SHOWN_MAX + 1)
    return Needs.of(guards=guards | own.guards, counters=counters | own.counters, reads=own.reads)


def _target(look: Look, slot_id: SlotId) -> Target:
    target = choose(look, Choice(slot_id=slot_id))
    if target.slot is not None:
        return target
    second = Interval(
        starts_at=target.stay.starts_at, ends_at=target.stay.starts_at + timedelta(seconds=1)
    )
    if slot_id not in slots_on_schedule(look, target.tenant, target.offering, second):
        raise RecordNotFound(kind="slot", key=slot_id)
    return target


def _cancel(view: View, command: CancelSlot, now: datetime) -> Closure[Slot]:
    slot = view.find(Slot, command.slot_id)
    if slot is not None:
        require_version(slot, command.if_version)
    closure = _cancel_one(view, command, command.slot_id, now=now)
    _require_free([closure], command.when_booked)
    return closure


def _cancel_all(view: View, command: CancelSlots, now: datetime) -> tuple[Closure[Slot], ...]:
    closures = tuple(
        _cancel_one(view, command, slot_id, now=now) for slot_id in dict.fromkeys(command.slot_ids)
    )
    _require_free(closures, command.when_booked)
    return closures


def _require_free(closures: Sequence[Closure[Slot]], when_booked: WhenBooked) -> None:
    """Refuse to close what is booked, if so wanted; nothing of what was done stays then."""
    affected = {one for closure in closures for one in closure.affected}
    if not affected or when_booked is not WhenBooked.REFUSE:
        return
    some, is_more = shown(affected)
    count = f"More than {AFFECTED_SHOWN_MAX}" if is_more else str(len(some))
    where = "that slot" if len(closures) == 1 else "those slots"
    message = f"{count} booking(s) or hold(s) are in {where}. {EMPTY_FIRST}"
    listed = [{"kind": one.kind, "id": one.record_id} for one in some]
    key = next(closure.record.slot_id for closure in closures if closure.affected)
    raise RecordInUse(message, kind="slot", key=key, affected=listed)


def _cancel_one(
    view: View, command: CancelSlot | CancelSlots, slot_id: SlotId, *, now: datetime
) -> Closure[Slot]:
    if command.when_booked is WhenBooked.CANCEL:
        view.actor.require(Scope.BOOKINGS_WRITE)
    target = _target(view, slot_id)
    stored = target.slot
    if stored is not None:
        if stored.status is SlotStatus.CANCELLED:
            return _cancel_again(view, command, target, stored, now=now)
        if stored.status is SlotStatus.PAST or stored.ends_at <= now:
            raise TransitionNotAllowed(kind="slot", status=SlotStatus.PAST, action="cancel")
    affected, is_more = shown(counting_on(view, slot_id, limit=AFFECTED_SHOWN_MAX + 1))
    is_emptied = command.when_booked is not WhenBooked.LIST
    is_settling = is_emptied and (bool(affected) or not _is_guarded(view, target))
    # What a block over it is calling off goes on being called off.
    is_settling = is_settling or (stored is not None and stored.is_settling)
    release(view, slot_id, reason="cancelled")
    closing: dict[str, Any] = {
        "status": SlotStatus.CANCELLED,
        "cancel_reason": command.reason,
        "is_settling": is_settling,
        "blocked_by": None,
    }
    if stored is None:
        cancelled = replace(_new(target, slot_id, now=now), **closing)
        view.insert(cancelled)
    else:
        cancelled = view.update(stored, **closing)
    if stored is None and target.offering.counting is Counting.PLACES:
        view.set_cap(slot_key(slot_id), cancelled.capacity)
    view.fact("slot.cancelled", cancelled, reason=command.reason, when_booked=command.when_booked)
    return Closure(record=cancelled, affected=affected, is_more=is_more)


def _cancel_again(
    view: View, command: CancelSlot | CancelSlots, target: Target, slot: Slot, *, now: datetime
) -> Closure[Slot]:
    """List what an earlier cancellation has left in a slot, or have it called off."""
    if command.when_booked is WhenBooked.REFUSE:
        return Closure(record=slot)
    affected, is_more = shown(counting_on(view, slot.slot_id, limit=AFFECTED_SHOWN_MAX + 1))
    is_left = bool(affected) or not _is_guarded(view, target)
    if command.when_booked is WhenBooked.CANCEL and is_left and not slot.is_settling:
        if slot.ends_at <= now:
            raise TransitionNotAllowed(kind="slot", status=SlotStatus.PAST, action="cancel")
        slot = view.update(
            slot, is_settling=True, cancel_reason=command.reason or slot.cancel_reason
        )
        view.fact(
            "slot.cancelled", slot, reason=slot.cancel_reason, when_booked=command.when_booked
        )
    return Closure(record=slot, affected=affected, is_more=is_more)


def _is_guarded(view: View, target: Target) -> bool:
    """Whether nobody can be booking in the slot while we have its locks."""
    if target.offering.counting is Counting.PLACES:
        slot = target.slot
        return (target.offering.slot_capacity if slot is None else slot.capacity) is not None
    stage = _stage(view, target)
    needs_some = any(one.is_required for one in target.offering.requirements)
    return needs_some and all(one.capacity is not None for one in stage.resources.values())


def _stage(look: Look, target: Target) -> Stage:
    components = tuple(component.key for component in target.offering.components)
    return stage_of(look, target, components)


def _new(target: Target, slot_id: SlotId, *, now: datetime) -> Slot:
    return Slot(
        slot_id=slot_id,
        offering_id=target.offering.offering_id,
        starts_at=target.stay.starts_at,
        ends_at=target.stay.ends_at,
        capacity=target.offering.slot_capacity,
        is_capacity_own=False,
        origin=SlotOrigin.GENERATED,
        status=SlotStatus.OPEN,
        created_at=now,
        version=1,
    )


def _settle_needs(command: SettleSlot, look: Look) -> Needs:
    slot = look.get(Slot, command.slot_id)
    if not slot.is_settling:
        return Needs()
    look.want(ById(Offering, slot.offering_id))
    owners = _left_in(look, slot.slot_id)
    wanted: list[Read] = [Where(Claim, "owner_id", _id_of(owner)) for owner in owners]
    look.want(*wanted)
    needs = gathered(partial(release_needs, look, _id_of(owner)) for owner in owners)
    counters = needs.counters | set(slot.counter_keys)
    return Needs(needs.guards, counters, needs.reads)


def _left_in(look: Look, slot_id: SlotId) -> list[Booking | Hold]:
    most = CALLED_OFF_MAX
    bookings = bookings_in(look, slot_id, limit=most, statuses=MAY_BE_CALLED_OFF)
    holds = holds_in(look, slot_id, limit=most)
    owners: list[Booking | Hold] = [*bookings, *holds]
    return owners[:most]


def _id_of(owner: Booking | Hold) -> str:
    return owner.booking_id if isinstance(owner, Booking) else owner.hold_id


def _settle(view: View, command: SettleSlot, now: datetime) -> Settled:
    del now
    slot = view.get(Slot, command.slot_id)
    if not slot.is_settling:
        return Settled(called_off=0, is_done=True, is_settling=False)
    owners = _left_in(view, slot.slot_id)
    called_off = sum(call_off(view, one, reason=slot.cancel_reason) for one in owners)
    if len(owners) == CALLED_OFF_MAX:
        return Settled(called_off=called_off, is_done=False, is_settling=True)
    offering = view.get(Offering, slot.offering_id)
    is_guarded = offering.counting is Counting.PLACES and slot.capacity is not None
    if is_guarded or command.outlived_version == slot.version:
        slot = view.update(slot, is_settling=False)
    return Settled(called_off=called_off, is_done=True, is_settling=slot.is_settling)


def _pass_needs(command: MarkSlotsPast, look: Look) -> Needs:
    if len(command.slot_ids) > SLOTS_PASSED_MAX:
        message = f"Mark at most {SLOTS_PASSED_MAX} slots at a time."
        raise InputInvalid.at("/slot_ids", "too_many", message)
    # Nothing becomes scarcer by it: what is over cannot be booked. The version is compared.
    look.want(*(ById(Slot, slot_id) for slot_id in command.slot_ids))
    return Needs()


def _pass(view: View, command: MarkSlotsPast, now: datetime) -> int:
    count = 0
    for slot_id in command.slot_ids:
        slot = view.find(Slot, slot_id)
        if slot is not None and slot.status is SlotStatus.OPEN and slot.ends_at <= now:
            view.update(slot, status=SlotStatus.PAST)
            count += 1
    return count


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        ChangeSlot: UseCase(
            "slot.change", scopes=(Scope.CATALOGUE_WRITE,), needs=_change_needs, decide=_change
        ),
        CancelSlot: UseCase(
            "slot.cancel", scopes=(Scope.CATALOGUE_WRITE,), needs=_cancel_needs, decide=_cancel
        ),
        CancelSlots: UseCase(
            "slot.cancel_many",
            scopes=(Scope.CATALOGUE_WRITE,),
            needs=_cancel_all_needs,
            decide=_cancel_all,
        ),
        SettleSlot: UseCase(
            "slot.settle", scopes=(Scope.CATALOGUE_WRITE,), needs=_settle_needs, decide=_settle
        ),
        MarkSlotsPast: UseCase(
            "slot.pass", scopes=(Scope.CATALOGUE_WRITE,), needs=_pass_needs, decide=_pass
        ),
    }
)
