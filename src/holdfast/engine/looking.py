"""Looking without locks: the scene of an offering over a window, in a few reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar, cast

from holdfast.domain.access import SYSTEM
from holdfast.domain.claims import Claim, ClaimOwner
from holdfast.domain.ids import ResourceId, SlotId
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, Interval
from holdfast.domain.offerings import Counting, Offering
from holdfast.domain.resources import Resource, Scheme
from holdfast.domain.rules import ScheduleRule
from holdfast.domain.scenes import (
    ClaimIndex,
    DayUse,
    Scene,
    candidate_ids,
    every_requirement,
    padded,
)
from holdfast.domain.shapes import Shape
from holdfast.domain.slots import Slot, SlotOrigin
from holdfast.domain.tenants import Tenant
from holdfast.domain.zones import days_touched
from holdfast.engine.day_counts import day_states
from holdfast.engine.ports import ById, Over, ReadStore, Where
from holdfast.engine.snapshots import look_up
from holdfast.engine.staging import claims_key, members_of, zone_of

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Who may serve an offering: the resources by id, and those of each pool and category."""

    tenant: Tenant
    members: dict[str, tuple[ResourceId, ...]]
    resources: dict[ResourceId, Resource]


def load_scene(
    store: ReadStore,
    *,
    tenant: Tenant,
    offering: Offering,
    window: Interval,
    now: datetime,
    stay_days: int = 0,
) -> Scene:
    """Load everything that is known of an offering in a window.

    Args:
        store: Where to read.
        tenant: The business.
        offering: What is looked at; it may be implied by a resource.
        window: When what is looked at begins.
        now: The present.
        stay_days: How many days after the window's end a stay that begins in it may last.
    """
    company = load_company(store, tenant, offering)
    stretch = _stretch(offering, window, stay_days)
    claims = _claims(store, company, stretch, now)
    stored = _stored_slots(store, offering, window)
    others = _demand_slots(store, claims, stored)
    limited = [s for s in (*stored.values(), *others.values()) if s.capacity is not None]
    used = store.used([key for slot in limited for key in slot.counter_keys], now=now)
    used_by_slot = {
        slot.slot_id: sum(used.get(key, 0) for key in slot.counter_keys) for slot in limited
    }
    empty = {
        slot.slot_id
        for slot in limited
        if slot.origin is SlotOrigin.GENERATED and used_by_slot[slot.slot_id] == 0
    }
    owners = [offering.offering_id, *company.resources]
    rules = store.load([Where(ScheduleRule, "owner_id", owner) for owner in owners])
    return Scene(
        tenant=tenant,
        offering=offering,
        resources=company.resources,
        members=company.members,
        rules={
            owner: tuple(
                rule.weekly
                for rule in _all(ScheduleRule, rules[Where(ScheduleRule, "owner_id", owner)])
            )
            for owner in owners
        },
        claims={
            rid: ClaimIndex(claim for claim in found if claim.owner_id not in empty)
            for rid, found in claims.items()
        },
        days=_days(store, company, stretch, now),
        used_by_slot=used_by_slot,
        stored_slots=stored,
        slot_resources=_slot_resources(store, offering, stored, empty),
    )


def load_company(store: ReadStore, tenant: Tenant, offering: Offering) -> Company:
    """Load who may serve an offering, whatever components are chosen."""
    requirements = list(every_requirement(offering))
    members = look_up(
        store,
        lambda look: members_of(look, requirements),
        tenant_id=tenant.tenant_id,
        actor=SYSTEM,
    )
    ids = list(dict.fromkeys(rid for one in requirements for rid in candidate_ids(one, members)))
    loaded = store.load([ById(Resource, rid) for rid in ids])
    resources = {rid: _all(Resource, loaded[ById(Resource, rid)])[0] for rid in ids}
    return Company(tenant=tenant, members=members, resources=resources)


def _all(kind: type[R], rows: Iterable[object]) -> Sequence[R]:
    del kind
    return cast("Sequence[R]", rows)


def _stretch(offering: Offering, window: Interval, stay_days: int) -> Interval:
    """The time in which claims matter to what starts in a window."""
    longest = max(offering.duration, timedelta(days=max(31, stay_days + 2)))
    first, last = window.starts_at, min(window.ends_at + longest, LAST_INSTANT)
    if offering.shape in {Shape.DAYS, Shape.NIGHTS}:
        # A day has begun before the window, and elsewhere it may be the day before.
        first = max(first - timedelta(days=2), FIRST_INSTANT)
    return padded(offering, Interval(starts_at=first, ends_at=last))


def _claims(
    store: ReadStore, company: Company, stretch: Interval, now: datetime
) -> dict[ResourceId, list[Claim]]:
    overs = {
        rid: Over(claims_key(resource), stretch.starts_at, stretch.ends_at)
        for rid, resource in company.resources.items()
    }
    loaded = store.load(list(overs.values()))
    return {
        rid: [row for row in _all(Claim, loaded[over]) if row.counts_at(now)]
        for rid, over in overs.items()
    }


def _stored_slots(store: ReadStore, offering: Offering, window: Interval) -> dict[SlotId, Slot]:
    if offering.shape is not Shape.SLOTS:
        return {}
    found = store.slots_between([offering.offering_id], window.starts_at, window.ends_at)
    return {slot.slot_id: slot for slot in found}


def _demand_slots(
    store: ReadStore, claims: dict[ResourceId, list[Claim]], own: dict[SlotId, Slot]
) -> dict[SlotId, Slot]:
    """Slots of other offerings that hold our resources; those opened by demand may be empty."""
    owners = {
        claim.owner_id
        for found in claims.values()
        for claim in found
        if claim.owner_kind is ClaimOwner.SLOT and claim.owner_id not in own
    }
    loaded = store.load([ById(Slot, owner) for owner in owners])
    return {row.slot_id: row for found in loaded.values() for row in _all(Slot, found)}


def _slot_resources(
    store: ReadStore, offering: Offering, stored: dict[SlotId, Slot], empty: set[SlotId]
) -> dict[SlotId, frozenset[ResourceId]]:
    """Which resources the offering's open slots have taken for themselves."""
    if offering.counting is not Counting.PLACES or not offering.requirements:
        return {}
    ids = [slot_id for slot_id in stored if slot_id not in empty]
    loaded = store.load([Where(Claim, "owner_id", slot_id) for slot_id in ids])
    held = {
        slot_id: frozenset(
            claim.resource_id
            for claim in _all(Claim, loaded[Where(Claim, "owner_id", slot_id)])
            if claim.resource_id is not None
        )
        for slot_id in ids
    }
    return {slot_id: resources for slot_id, resources in held.items() if resources}


def _days(
    store: ReadStore, company: Company, stretch: Interval, now: datetime
) -> dict[tuple[ResourceId, date], DayUse]:
    wanted = [
        (resource, days_touched(stretch, zone_of(resource, company.tenant)))
        for resource in company.resources.values()
        if resource.scheme is Scheme.DATED and resource.capacity is not None
    ]
    states = day_states(store, wanted, now=now) if wanted else {}
    return {place: DayUse(cap=state.capacity, used=state.taken) for place, state in states.items()}
