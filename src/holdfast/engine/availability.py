"""Availability: which slots of an offering could be booked now, and what else if one cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from holdfast.domain.access import Actor, Scope
from holdfast.domain.availability import (
    WINDOW_DAYS_MAX,
    ClaimIndex,
    OpenSlot,
    Scene,
    open_slots,
    padded,
)
from holdfast.domain.claims import Claim, ClaimOwner, slot_key
from holdfast.domain.errors import (
    Alternative,
    AvailabilityClosed,
    CapacityExceeded,
    HoldfastError,
    InputInvalid,
    RecordNotFound,
)
from holdfast.domain.ids import OfferingId, ResourceId, SlotId, read_generated_slot_id
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, Interval
from holdfast.domain.offerings import Offering, OfferingStatus
from holdfast.domain.resources import Resource
from holdfast.domain.rules import ScheduleRule
from holdfast.domain.schedules import TooManySlots
from holdfast.domain.slots import Slot, SlotOrigin
from holdfast.domain.tenants import Tenant
from holdfast.domain.zones import instant_of, local_day, zone
from holdfast.engine.placing import SlotChoice, claims_key
from holdfast.engine.ports import ById, Over, ReadStore, Where
from holdfast.engine.reading import get

DEFAULT_WINDOW = timedelta(days=7)
ALTERNATIVES = 5
# Anybody may ask for what is full, so the search for alternatives looks at so many slots at most.
ALTERNATIVES_JUDGED_MAX = 2_000
# How far ahead alternatives are looked for, in growing steps.
SEARCH_DAYS = (7, 35, 190, WINDOW_DAYS_MAX)
# What is closed for one of these reasons is closed at any time.
OUT_OF_USE = frozenset({"tenant_inactive", "offering_inactive", "resource_inactive"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityQuery:
    """Which slots of an offering to list. The window defaults to the next seven days."""

    offering_id: OfferingId
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    party_size: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """The answer: the window that was looked at and its open slots, in order."""

    offering: Offering
    zone: str
    window: Interval
    slots: tuple[OpenSlot, ...]


def list_open_slots(
    store: ReadStore, *, tenant_id: str, actor: Actor, query: AvailabilityQuery
) -> Availability:
    """List what could be booked.

    Raises:
        AccessDenied: The actor may not look.
        InputInvalid: The window is reversed or longer than 400 days, or the party is empty.
        RecordNotFound: There is no such offering.
    """
    actor.require(Scope.AVAILABILITY_READ)
    if query.party_size < 1:
        raise InputInvalid.at("/party_size", "out_of_range", "A party is at least one guest.")
    now = store.now()
    window = _window(query, now)
    offering = get(store, Offering, query.offering_id)
    if offering.status is OfferingStatus.DELETED:
        raise RecordNotFound(kind="offering", key=query.offering_id)
    scene = load_scene(store, tenant_id=tenant_id, offering=offering, window=window, now=now)
    try:
        slots = open_slots(scene, window, party_size=query.party_size, now=now)
    except TooManySlots:
        message = "There are too many slots in that window. Ask for a shorter one."
        raise InputInvalid.at("/to", "too_long", message) from None
    return Availability(offering=offering, zone=scene.zone_name, window=window, slots=tuple(slots))


def _window(query: AvailabilityQuery, now: datetime) -> Interval:
    starts_at = query.starts_at if query.starts_at is not None else now
    ends_at = query.ends_at if query.ends_at is not None else starts_at + DEFAULT_WINDOW
    if not FIRST_INSTANT <= starts_at < ends_at <= LAST_INSTANT:
        raise InputInvalid.at("/to", "reversed", "The window has to end after it starts.")
    if ends_at - starts_at > timedelta(days=WINDOW_DAYS_MAX):
        message = f"Ask for at most {WINDOW_DAYS_MAX} days at a time."
        raise InputInvalid.at("/to", "too_long", message)
    return Interval(starts_at=starts_at, ends_at=ends_at)


def load_scene(
    store: ReadStore, *, tenant_id: str, offering: Offering, window: Interval, now: datetime
) -> Scene:
    """Load everything that is known of an offering in a window."""
    ids = [requirement.resource_id for requirement in offering.requirements]
    owners = [offering.offering_id, *ids]
    first = store.load(
        [
            ById(Tenant, tenant_id),
            *(ById(Resource, resource_id) for resource_id in ids),
            *(Where(ScheduleRule, "owner_id", owner) for owner in owners),
        ]
    )
    resources: dict[ResourceId, Resource] = {}
    for resource_id in ids:
        found = first[ById(Resource, resource_id)]
        assert found, "an offering's resources are checked when it is saved"
        resource = found[0]
        assert isinstance(resource, Resource)
        resources[resource_id] = resource
    tenant = first[ById(Tenant, tenant_id)][0]
    assert isinstance(tenant, Tenant)
    stretch = _claims_stretch(offering, window)
    overs = {
        rid: Over(claims_key(resource), stretch.starts_at, stretch.ends_at)
        for rid, resource in resources.items()
    }
    claims = _claims_by_resource(store, overs, now)
    stored = store.slots_between([offering.offering_id], window.starts_at, window.ends_at)
    slots = {slot.slot_id: slot for slot in stored}
    others = _demand_slots(store, claims, slots)
    limited = [s for s in (*slots.values(), *others.values()) if s.capacity is not None]
    used = store.used([slot_key(slot.slot_id) for slot in limited], now=now)
    used_by_slot = {slot.slot_id: used.get(slot_key(slot.slot_id), 0) for slot in limited}
    empty = {
        slot.slot_id
        for slot in limited
        if slot.origin is SlotOrigin.GENERATED and used_by_slot[slot.slot_id] == 0
    }
    return Scene(
        tenant=tenant,
        offering=offering,
        resources=resources,
        rules={
            owner: tuple(
                rule.weekly
                for rule in first[Where(ScheduleRule, "owner_id", owner)]
                if isinstance(rule, ScheduleRule)
            )
            for owner in owners
        },
        claims={
            rid: ClaimIndex(claim for claim in found if claim.owner_id not in empty)
            for rid, found in claims.items()
        },
        used_by_slot=used_by_slot,
        stored_slots=slots,
    )


def _claims_stretch(offering: Offering, window: Interval) -> Interval:
    """The time in which claims matter to slots that start in a window."""
    last = min(window.ends_at + max(offering.duration, timedelta(days=31)), LAST_INSTANT)
    return padded(offering, Interval(starts_at=window.starts_at, ends_at=last))


def _claims_by_resource(
    store: ReadStore, overs: dict[ResourceId, Over], now: datetime
) -> dict[ResourceId, list[Claim]]:
    loaded = store.load(list(overs.values()))
    return {
        rid: [row for row in loaded[over] if isinstance(row, Claim) and row.counts_at(now)]
        for rid, over in overs.items()
    }


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
    rows = [row for found in loaded.values() for row in found]
    return {row.slot_id: row for row in rows if isinstance(row, Slot)}


def with_alternatives(
    store: ReadStore,
    *,
    tenant_id: str,
    choice: SlotChoice,
    party_size: int,
    refusal: HoldfastError,
) -> HoldfastError:
    """Add to a shortage up to five slots that would be accepted for the same request.

    Other refusals are returned as they are.
    """
    is_searched = isinstance(refusal, (CapacityExceeded, AvailabilityClosed))
    if is_searched and refusal.fields.get("reason") not in OUT_OF_USE:
        found = _alternatives(store, tenant_id=tenant_id, choice=choice, party_size=party_size)
        refusal.fields["alternatives"] = tuple(found)
    return refusal


def _alternatives(
    store: ReadStore, *, tenant_id: str, choice: SlotChoice, party_size: int
) -> Sequence[Alternative]:
    meant = _meant(store, choice)
    if meant is None:
        return ()
    offering_id, wished = meant
    rows = store.load([ById(Offering, offering_id), ById(Tenant, tenant_id)])
    offering = next(iter(rows[ById(Offering, offering_id)]), None)
    tenant = next(iter(rows[ById(Tenant, tenant_id)]), None)
    if not isinstance(offering, Offering) or not isinstance(tenant, Tenant):
        return ()
    now = store.now()
    here = zone(offering.zone or tenant.zone)
    # From the wished day on, earlier slots of that day included, but never from the past.
    since = max(instant_of(local_day(wished, here), 0, here, gap="forward"), now)
    horizon = tenant.horizon_days if offering.horizon_days is None else offering.horizon_days
    latest = min(now + timedelta(days=horizon + 1), LAST_INSTANT)
    slots: list[OpenSlot] = []
    for days in SEARCH_DAYS:
        until = min(since + timedelta(days=days), latest)
        if until <= since:
            return ()
        window = Interval(starts_at=since, ends_at=until)
        scene = load_scene(store, tenant_id=tenant_id, offering=offering, window=window, now=now)
        try:
            slots = open_slots(
                scene,
                window,
                party_size=party_size,
                now=now,
                limit=ALTERNATIVES,
                judged_max=ALTERNATIVES_JUDGED_MAX,
            )
        except TooManySlots:
            break
        if len(slots) == ALTERNATIVES or until == latest:
            break
    return [
        Alternative(
            slot_id=slot.slot_id,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            remaining=slot.remaining,
        )
        for slot in slots
    ]


def _meant(store: ReadStore, choice: SlotChoice) -> tuple[OfferingId, datetime] | None:
    """The offering and start that a choice means, if they can be told."""
    if choice.slot_id is None:
        if choice.offering_id is None or choice.starts_at is None:
            return None
        return choice.offering_id, choice.starts_at
    said = read_generated_slot_id(choice.slot_id)
    if said is not None:
        return said
    found = store.load([ById(Slot, choice.slot_id)])[ById(Slot, choice.slot_id)]
    slot = found[0] if found else None
    return (slot.offering_id, slot.starts_at) if isinstance(slot, Slot) else None
