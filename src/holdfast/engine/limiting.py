"""Limiting: the second step of giving a capacity to what was unlimited.

Bookings of something unlimited share no lock, so the first step only closes it: what it is to be
limited to is committed, and nothing is booked meanwhile. Once everybody has ended who may not
have seen that (`Quiescence`), this step counts what was booked until then, and opens.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.bookings import Booking
from holdfast.domain.calendars import DayCapacity, day_id_of
from holdfast.domain.claims import (
    Claim,
    ClaimOwner,
    closure_key,
    day_key,
    resource_key,
    slot_key,
)
from holdfast.domain.errors import (
    CapacityExceeded,
    InputInvalid,
    RecordInUse,
    TransitionNotAllowed,
)
from holdfast.domain.holds import Hold
from holdfast.domain.ids import ClaimId, ResourceId, SlotId
from holdfast.domain.intervals import LAST_INSTANT, Interval
from holdfast.domain.offerings import Counting, Offering
from holdfast.domain.resources import (
    CAPACITY_MAX,
    Resource,
    ResourceAction,
    ResourceStatus,
    Scheme,
    transition,
)
from holdfast.domain.shapes import Stay, dates_of
from holdfast.domain.slots import Slot, SlotStatus
from holdfast.domain.tenants import Tenant
from holdfast.domain.waitlists import Kept, WaitlistEntry
from holdfast.domain.zones import day_interval
from holdfast.engine.capping import ALL_THE_SAME, take_beyond, take_over
from holdfast.engine.ports import ById
from holdfast.engine.staging import day_cap, zone_of
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.engine.versions import require_version

WHILE_UNLIMITED = "booked while it was unlimited"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleResource:
    """Count what is claimed of a resource that was unlimited, and open it.

    To be run when nobody can still be booking it unlimited. What was booked beyond the capacity is
    recorded as over-commitment. One that was deleted instead, and booked just then, is back
    afterwards. A resource that is not settling is left as it is.

    Attributes:
        since: A recent instant; what was over by then is not looked at.
    """

    resource_id: ResourceId
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSlot:
    """Give a slot a capacity whose places were unlimited: the first step, which only closes it.

    Refused below what is taken, unless `may_be_over` with a reason.
    """

    slot_id: SlotId
    capacity: int
    may_be_over: bool = False
    reason: str = ""
    if_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleSlotLimit:
    """Count the places that are taken in a slot that was unlimited, and open it.

    As `SettleResource`. A slot that is not being limited is left as it is.
    """

    slot_id: SlotId


_OWNERS: Mapping[ClaimOwner, type] = MappingProxyType(
    {
        ClaimOwner.HOLD: Hold,
        ClaimOwner.BOOKING: Booking,
        ClaimOwner.SLOT: Slot,
        ClaimOwner.INVITATION: WaitlistEntry,
    }
)


def _claims(look: Look, key: str, since: datetime) -> tuple[Claim, ...]:
    return look.claims_over(key, Interval(starts_at=since, ends_at=LAST_INSTANT))


def _needs(command: SettleResource, look: Look) -> Needs:
    resource = look.get(Resource, command.resource_id)
    key, closure = resource_key(resource.resource_id), closure_key(resource.resource_id)
    guards = {key, closure}
    if not resource.is_settling:
        return Needs.of(guards=[key])
    claims = _claims(look, key, command.since)
    _claims(look, closure, command.since)
    if resource.scheme is not Scheme.DATED or resource.capacity is None:
        return Needs.of(guards=guards)
    look.want(
        ById(Tenant, look.tenant_id),
        *(ById(_OWNERS[claim.owner_kind], claim.owner_id) for claim in claims),
    )
    days = {day for taking in _takings(look, resource, claims) for day in taking.dates}
    look.want(*(ById(DayCapacity, day_id_of(resource.resource_id, day)) for day in days))
    counters = [day_key(resource.resource_id, day) for day in days]
    return Needs.of(guards=guards, counters=counters)


def _settle(view: View, command: SettleResource, now: datetime) -> Resource:
    resource = view.get(Resource, command.resource_id)
    if not resource.is_settling:
        return resource
    key = resource_key(resource.resource_id)
    claims = [claim for claim in _claims(view, key, command.since) if claim.counts_at(now)]
    if resource.capacity is None:
        return _settle_deletion(view, resource, is_used=any(one.ends_at > now for one in claims))
    if resource.scheme is Scheme.DATED:
        _count_days(view, resource, claims)
    else:
        blocks = _move_blocks(view, resource, command.since)
        take_beyond(view, [*claims, *blocks], resource.capacity, reason=WHILE_UNLIMITED)
    settled = view.update(resource, is_settling=False)
    view.fact("resource.limited", settled, capacity=settled.capacity)
    return settled


def _settle_deletion(view: View, resource: Resource, *, is_used: bool) -> Resource:
    if not is_used or resource.status is not ResourceStatus.DELETED:
        return view.update(resource, is_settling=False)
    back = transition(resource.status, ResourceAction.RESTORE)
    restored = view.update(resource, status=back, deleted_at=None, is_settling=False)
    view.fact(f"resource.{back}", restored)
    return restored


def require_deleted(resource: Resource) -> None:
    """Refuse a deletion after all, of what was booked at that very moment.

    Raises:
        RecordInUse: It is back.
    """
    if resource.status is not ResourceStatus.DELETED:
        message = f"{resource.name} was booked just now. Cancel or move that first, or use force."
        raise RecordInUse(message, kind="resource", key=resource.resource_id)


def _move_blocks(view: View, resource: Resource, since: datetime) -> list[Claim]:
    """Put the blocks where those of a limited resource are found, taking all of it."""
    moved = []
    for claim in _claims(view, closure_key(resource.resource_id), since):
        view.change_claim(claim, released_at=view.now, reason="resource limited")
        block = replace(
            claim,
            claim_id=ClaimId(view.new_id("clm")),
            key=resource_key(resource.resource_id),
            units=resource.capacity or 1,
            acquired_at=view.now,
        )
        view.acquire(block)
        moved.append(block)
    return moved


@dataclass(frozen=True, slots=True)
class _Taking:
    """Units that one owner takes on each of some dates."""

    claim: Claim
    dates: tuple[date, ...]


def _takings(look: Look, resource: Resource, claims: Iterable[Claim]) -> list[_Taking]:
    """Return what owners take, date by date: their claims name stretches of time until now."""
    here = zone_of(resource, look.get(Tenant, look.tenant_id))
    by_owner: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        by_owner[claim.owner_id].append(claim)
    found = []
    for owner_id, own in by_owner.items():
        kind: type[object] = _OWNERS[own[0].owner_kind]
        owner = look.get(kind, owner_id)
        if isinstance(owner, WaitlistEntry):
            owner = owner.kept
        assert isinstance(owner, Hold | Booking | Slot | Kept)
        stay = (
            Stay(starts_at=owner.starts_at, ends_at=owner.ends_at)
            if isinstance(owner, Slot)
            else owner.stay
        )
        # A long stay is cut into several claims: those of its first stretch say how much it takes.
        first = min(claim.starts_at for claim in own)
        dates = dates_of(stay, here)
        found += [_Taking(claim, dates) for claim in own if claim.starts_at == first]
    return found


def _count_days(view: View, resource: Resource, claims: list[Claim]) -> None:
    here = zone_of(resource, view.get(Tenant, view.tenant_id))
    takings = _takings(view, resource, claims)
    for claim in claims:
        view.change_claim(claim, released_at=view.now, reason="resource limited")
    used: dict[str, int] = {}
    for taking in sorted(takings, key=lambda one: (one.claim.acquired_at, one.claim.claim_id)):
        for day in taking.dates:
            key = day_key(resource.resource_id, day)
            if key not in used:
                used[key] = view.counter(key).used
                view.set_cap(key, day_cap(view, resource, day), may_be_over=True)
            used[key] += taking.claim.units
            is_over = used[key] > day_cap(view, resource, day)
            interval = day_interval(day, here)
            view.acquire(
                replace(
                    taking.claim,
                    claim_id=ClaimId(view.new_id("clm")),
                    key=key,
                    starts_at=interval.starts_at,
                    ends_at=interval.ends_at,
                    is_over=is_over,
                    reason=WHILE_UNLIMITED if is_over else taking.claim.reason,
                    acquired_at=view.now,
                    converted_at=None,
                )
            )


def _places(look: Look, slot: Slot) -> tuple[Claim, ...]:
    interval = Interval(starts_at=slot.starts_at, ends_at=slot.ends_at)
    return look.claims_over(slot_key(slot.slot_id), interval)


def _slot_needs(command: LimitSlot | SettleSlotLimit, look: Look) -> Needs:
    slot = look.get(Slot, command.slot_id)
    look.get(Offering, slot.offering_id)
    _places(look, slot)
    return Needs.of(counters=[slot_key(slot.slot_id)])


def _limit_slot(view: View, command: LimitSlot, now: datetime) -> Slot:
    slot = view.get(Slot, command.slot_id)
    require_version(slot, command.if_version)
    reason = checks.line("/reason", command.reason)
    if command.may_be_over and not command.reason.strip():
        message = "Say why: a capacity below what is taken needs a reason."
        reason = checks.fault("/reason", "missing", message)
    checks.require(
        [reason, checks.whole("/capacity", command.capacity, least=1, most=CAPACITY_MAX)]
    )
    is_counted = view.get(Offering, slot.offering_id).counting is Counting.PLACES
    if slot.capacity is not None or not is_counted:
        message = "Only a slot of unlimited places can be limited; change its capacity instead."
        raise InputInvalid.at("/slot_id", "not_unlimited", message)
    if slot.status is not SlotStatus.OPEN or slot.is_settling or slot.limit_to is not None:
        raise TransitionNotAllowed(kind="slot", status=slot.status, action="limit")
    taken = sum(claim.units for claim in _places(view, slot) if claim.counts_at(now))
    if taken > command.capacity and not command.may_be_over:
        message = f"{taken} places are taken; {command.capacity} is too few. {ALL_THE_SAME}"
        left = command.capacity
        raise CapacityExceeded(message, requested=taken, remaining=left, limited_by=slot.slot_id)
    changed = view.update(slot, limit_to=command.capacity)
    view.fact("slot.changed", changed, limit_to=command.capacity, reason=command.reason)
    return changed


def _settle_slot(view: View, command: SettleSlotLimit, now: datetime) -> Slot:
    slot = view.get(Slot, command.slot_id)
    if slot.limit_to is None:
        return slot
    if slot.status in {SlotStatus.CANCELLED, SlotStatus.PAST}:
        return view.update(slot, limit_to=None)
    claims = [claim for claim in _places(view, slot) if claim.counts_at(now)]
    used = sum(claim.units for claim in claims)
    view.set_cap(slot_key(slot.slot_id), slot.limit_to, used=used, may_be_over=True)
    room = slot.limit_to
    for claim in sorted(claims, key=lambda one: (one.acquired_at, one.claim_id)):
        if claim.units > room:
            take_over(view, claim, reason=WHILE_UNLIMITED)
        else:
            room -= claim.units
    settled = view.update(slot, capacity=slot.limit_to, is_capacity_own=True, limit_to=None)
    view.fact("slot.limited", settled, capacity=settled.capacity)
    return settled


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        SettleResource: UseCase(
            "resource.settle", scopes=(Scope.CATALOGUE_WRITE,), needs=_needs, decide=_settle
        ),
        LimitSlot: UseCase(
            "slot.limit", scopes=(Scope.CATALOGUE_WRITE,), needs=_slot_needs, decide=_limit_slot
        ),
        SettleSlotLimit: UseCase(
            "slot.settle_limit",
            scopes=(Scope.CATALOGUE_WRITE,),
            needs=_slot_needs,
            decide=_settle_slot,
        ),
    }
)
