"""Availability: what of an offering could be booked now, and what else if one thing cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from holdfast.domain.access import Actor, Scope
from holdfast.domain.errors import (
    Alternative,
    AvailabilityClosed,
    CapacityExceeded,
    HoldfastError,
    InputInvalid,
    RecordNotFound,
)
from holdfast.domain.ids import OfferingId, ResourceId, read_generated_slot_id
from holdfast.domain.implied import implied_offering
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, Interval
from holdfast.domain.listing import WINDOW_DAYS_MAX, Asked, OpenSlot, open_slots
from holdfast.domain.offerings import Offering, OfferingStatus
from holdfast.domain.resources import Resource, ResourceStatus
from holdfast.domain.schedules import TooManySlots
from holdfast.domain.shapes import DATES_MAX, Shape
from holdfast.domain.slots import Slot
from holdfast.domain.tenants import Tenant
from holdfast.domain.zones import instant_of, local_day, zone
from holdfast.engine.choosing import Choice
from holdfast.engine.looking import load_scene
from holdfast.engine.ports import ById, ReadStore
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
    """What of an offering, or of a resource by itself, to list, by default for seven days.

    Attributes:
        date_count: For how many days or nights; None is as few as the offering takes.
        length: For how long, of free start and end; None is as short as the offering takes.
        picks: Resources asked for by name.
        components: The chosen parts of the offering.
    """

    offering_id: OfferingId | None = None
    resource_id: ResourceId | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    party_size: int = 1
    date_count: int | None = None
    length: timedelta | None = None
    picks: tuple[ResourceId, ...] = ()
    components: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """The answer: the window that was looked at and what is open in it, in order."""

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
        RecordNotFound: There is no such offering or resource.
    """
    actor.require(Scope.AVAILABILITY_READ)
    _require_sizes(query)
    now = store.now()
    window = _window(query, now)
    tenant = get(store, Tenant, tenant_id)
    offering = _offering(store, actor, tenant, query)
    scene = load_scene(
        store,
        tenant=tenant,
        offering=offering,
        window=window,
        now=now,
        stay_days=_stay_days(query),
    )
    asked = Asked(
        party_size=query.party_size,
        picks=query.picks,
        components=query.components,
        date_count=query.date_count,
        length=query.length,
    )
    try:
        slots = open_slots(scene, window, asked=asked, now=now)
    except TooManySlots:
        message = "There are too many slots in that window. Ask for a shorter one."
        raise InputInvalid.at("/to", "too_long", message) from None
    return Availability(offering=offering, zone=scene.zone_name, window=window, slots=tuple(slots))


def _require_sizes(query: AvailabilityQuery) -> None:
    if query.party_size < 1:
        raise InputInvalid.at("/party_size", "out_of_range", "A party is at least one guest.")
    if query.date_count is not None and not 1 <= query.date_count <= DATES_MAX:
        message = f"Ask for 1 to {DATES_MAX} days or nights."
        raise InputInvalid.at("/date_count", "out_of_range", message)
    if query.length is not None and not timedelta(0) < query.length <= timedelta(days=DATES_MAX):
        message = "A length is positive and at most a year."
        raise InputInvalid.at("/length_minutes", "out_of_range", message)


def _stay_days(query: AvailabilityQuery) -> int:
    length = query.length.days + 1 if query.length is not None else 0
    return max(query.date_count or 0, length)


def _offering(store: ReadStore, actor: Actor, tenant: Tenant, query: AvailabilityQuery) -> Offering:
    if (query.offering_id is None) is (query.resource_id is None):
        message = "Say what to look at: an offering_id or a resource_id."
        raise InputInvalid.at("/offering_id", "missing", message)
    if query.offering_id is not None:
        offering = get(store, Offering, query.offering_id)
        if offering.status is OfferingStatus.DELETED:
            raise RecordNotFound(kind="offering", key=query.offering_id)
        return offering
    resource_id = query.resource_id or ""
    resource = get(store, Resource, resource_id)
    is_theirs = resource.is_bookable_alone or Scope.BOOKINGS_READ in actor.scopes
    if resource.status is ResourceStatus.DELETED or not is_theirs:
        raise RecordNotFound(kind="resource", key=resource_id)
    return implied_offering(resource, tenant)


def _window(query: AvailabilityQuery, now: datetime) -> Interval:
    starts_at = query.starts_at if query.starts_at is not None else now
    ends_at = query.ends_at if query.ends_at is not None else starts_at + DEFAULT_WINDOW
    if not FIRST_INSTANT <= starts_at < ends_at <= LAST_INSTANT:
        raise InputInvalid.at("/to", "reversed", "The window has to end after it starts.")
    if ends_at - starts_at > timedelta(days=WINDOW_DAYS_MAX):
        message = f"Ask for at most {WINDOW_DAYS_MAX} days at a time."
        raise InputInvalid.at("/to", "too_long", message)
    return Interval(starts_at=starts_at, ends_at=ends_at)


def with_alternatives(
    store: ReadStore,
    *,
    tenant_id: str,
    choice: Choice,
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
    store: ReadStore, *, tenant_id: str, choice: Choice, party_size: int
) -> Sequence[Alternative]:
    tenant = get(store, Tenant, tenant_id)
    meant = _meant(store, tenant, choice)
    if meant is None:
        return ()
    offering, wished = meant
    now = store.now()
    here = zone(offering.zone or tenant.zone)
    # From the wished day on, earlier slots of that day included, but never from the past.
    day = local_day(wished, here) if isinstance(wished, datetime) else wished
    since = max(instant_of(day, 0, here, gap="forward"), now)
    horizon = tenant.horizon_days if offering.horizon_days is None else offering.horizon_days
    latest = min(now + timedelta(days=horizon + 1), LAST_INSTANT)
    asked = _same(choice, party_size)
    slots: list[OpenSlot] = []
    for days in SEARCH_DAYS:
        until = min(since + timedelta(days=days), latest)
        if until <= since:
            return ()
        window = Interval(starts_at=since, ends_at=until)
        scene = load_scene(
            store,
            tenant=tenant,
            offering=offering,
            window=window,
            now=now,
            stay_days=asked.date_count or 0,
        )
        try:
            slots = open_slots(
                scene,
                window,
                asked=asked,
                now=now,
                limit=ALTERNATIVES,
                judged_max=ALTERNATIVES_JUDGED_MAX,
            )
        except TooManySlots:
            break
        if len(slots) == ALTERNATIVES or until == latest:
            break
    return [_alternative(slot) for slot in slots]


def _same(choice: Choice, party_size: int) -> Asked:
    """Ask for the same that was refused: as many days in a row, as long, for as many."""
    length = None
    if choice.starts_at is not None and choice.ends_at is not None:
        length = choice.ends_at - choice.starts_at
    return Asked(
        party_size=party_size,
        picks=choice.picks,
        components=choice.components,
        date_count=len(set(choice.dates)) or None,
        length=length,
    )


def _alternative(slot: OpenSlot) -> Alternative:
    return Alternative(
        slot_id=slot.slot_id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        remaining=slot.remaining,
        dates=slot.dates,
    )


def _meant(
    store: ReadStore, tenant: Tenant, choice: Choice
) -> tuple[Offering, datetime | date] | None:
    """The offering and start that a choice means, if they can be told."""
    offering_id, starts_at = choice.offering_id, choice.starts_at
    if choice.slot_id is not None:
        said = read_generated_slot_id(choice.slot_id)
        if said is None:
            slot = _one(store, Slot, choice.slot_id)
            if not isinstance(slot, Slot):
                return None
            said = slot.offering_id, slot.starts_at
        offering_id, starts_at = said
    start: datetime | date | None = min(choice.dates) if choice.dates else starts_at
    offering = _one(store, Offering, offering_id) if offering_id is not None else None
    if offering_id is None and choice.resource_id is not None:
        resource = _one(store, Resource, choice.resource_id)
        if isinstance(resource, Resource):
            offering = implied_offering(resource, tenant)
    if not isinstance(offering, Offering) or start is None:
        return None
    if (offering.shape in {Shape.DAYS, Shape.NIGHTS}) is not bool(choice.dates):
        return None
    return offering, start


def _one(store: ReadStore, kind: type, record_id: str) -> object | None:
    read = ById(kind, record_id)
    return next(iter(store.load([read])[read]), None)
