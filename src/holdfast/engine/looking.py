"""Looking without locks: the scenes of offerings over a window, in two reads for all of them.

`load_company` finds who may serve some offerings, with their hours; `load_scenes` what is taken
around a window. Neither asks more often for many offerings and resources than for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from holdfast.domain.access import SYSTEM
from holdfast.domain.claims import Taking, day_key, resource_key
from holdfast.domain.errors import InputInvalid
from holdfast.domain.hosts import HostIndex, hosts_of
from holdfast.domain.ids import ResourceId, SlotId
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, Interval
from holdfast.domain.offerings import DURATION_MAX, Counting, Offering
from holdfast.domain.policies_in_force import padded, words_of
from holdfast.domain.pools import Pool
from holdfast.domain.resources import Resource, Scheme
from holdfast.domain.scenes import (
    ClaimIndex,
    DayUse,
    Scene,
    every_requirement,
    requirements_of,
    unknown_component,
)
from holdfast.domain.schedules import Rule
from holdfast.domain.shapes import DATED, Shape
from holdfast.domain.strategies import candidate_ids
from holdfast.domain.tenants import Tenant
from holdfast.domain.timetables import Timetables
from holdfast.domain.zones import days_touched
from holdfast.engine.ports import ById, ReadStore, Where
from holdfast.engine.snapshots import Snapshot, SnapshotLook
from holdfast.engine.staging import claims_key, members_of, zone_of
from holdfast.engine.takings import ServedBy, Takings, Whereabouts

_DAY = timedelta(days=1)
_NO_TIME = timedelta(0)
SLOT_DAYS_MAX = DURATION_MAX.days + 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Who may serve some offerings: the resources, those of each pool and category, all hours."""

    tenant: Tenant
    members: dict[str, tuple[ResourceId, ...]]
    resources: dict[ResourceId, Resource]
    rules: dict[str, tuple[Rule, ...]]


def load_company(
    store: ReadStore,
    *,
    tenant: Tenant,
    offerings: Sequence[Offering],
    known: Iterable[Resource] = (),
    pools: Iterable[Pool] = (),
) -> Company:
    """Load who may serve some offerings or is in some pools, whatever components are chosen.

    Args:
        store: Where to read.
        tenant: The business.
        offerings: Which; they may be implied by resources.
        known: Resources that have been read already.
        pools: Pools whose members are wanted besides.
    """
    requirements = [one for offering in offerings for one in every_requirement(offering)]
    resources = {one.resource_id: one for one in known}
    pool_ids = {one.pool_id for one in requirements if one.pool_id is not None}
    category_ids = {one.category_id for one in requirements if one.category_id is not None}
    found = store.serving(
        ServedBy(
            resource_ids={
                *(rid for one in requirements for rid in one.named_ids),
                *(rid for pool in pools for rid in pool.resource_ids),
            }
            - set(resources),
            pool_ids=pool_ids,
            category_ids=category_ids,
            owner_ids=[*(one.offering_id for one in offerings), *resources],
        )
    )
    resources.update((one.resource_id, one) for one in found.resources)
    snapshot = Snapshot()
    snapshot.loaded.update((ById(Pool, pool_id), ()) for pool_id in pool_ids)
    snapshot.loaded.update((ById(Pool, pool.pool_id), (pool,)) for pool in found.pools)
    for category_id in category_ids:
        theirs = [one for one in found.resources if one.category_id == category_id]
        snapshot.loaded[Where(Resource, "category_id", category_id)] = tuple(theirs)
    # By the function that finds them when something is booked.
    look = SnapshotLook(snapshot, tenant_id=tenant.tenant_id, actor=SYSTEM)
    rules: dict[str, list[Rule]] = {}
    for rule in found.rules:
        rules.setdefault(rule.owner_id, []).append(rule.weekly)
    return Company(
        tenant=tenant,
        members=members_of(look, requirements),
        resources=resources,
        rules=_shared(rules),
    )


def _shared(rules: Mapping[str, Sequence[Rule]]) -> dict[str, tuple[Rule, ...]]:
    """Return rules by owner, of which those that are equal are the same, to be looked at once."""
    known: dict[tuple[Rule, ...], tuple[Rule, ...]] = {}
    kept = {owner: tuple(theirs) for owner, theirs in rules.items()}
    return {owner: known.setdefault(theirs, theirs) for owner, theirs in kept.items()}


def load_scene(
    store: ReadStore,
    *,
    tenant: Tenant,
    offering: Offering,
    window: Interval,
    now: datetime,
    stay_days: int = 0,
) -> Scene:
    """Load everything that is known of one offering in a window, as `load_scenes` does."""
    company = load_company(store, tenant=tenant, offerings=[offering])
    return load_scenes(
        store, company, offerings=[offering], window=window, now=now, stay_days=stay_days
    )[0]


def load_scenes(
    store: ReadStore,
    company: Company,
    *,
    offerings: Sequence[Offering],
    window: Interval,
    now: datetime,
    stay_days: int = 0,
) -> list[Scene]:
    """Load what is taken of offerings around a window; returns the scene of each.

    Args:
        store: Where to read.
        company: Who may serve them.
        offerings: Which; they may be implied by resources.
        window: When what is looked at begins.
        now: The present.
        stay_days: How many days after the window's end a stay that begins in it may last.
    """
    stretch = _stretch(company, offerings, window, stay_days)
    # A slot made by hand may last longer than its offering's.
    long = _stretch(company, offerings, window, max(stay_days, SLOT_DAYS_MAX))
    dated = [
        one
        for one in company.resources.values()
        if one.scheme is Scheme.DATED and one.capacity is not None
    ]
    found = _takings(store, company, offerings, window=window, stretch=stretch, dates=long, now=now)
    limited = [one for one in found.slots if one.slot.capacity is not None]
    empty = {one.slot.slot_id for one in limited if one.slot.gives_way and one.used == 0}
    claims = _claims(company, found.claims, empty=empty)
    days = _days(found, [(one, days_touched(long, zone_of(one, company.tenant))) for one in dated])
    held = _held(found, empty)
    hosts = _hosts(found, empty=empty)
    owners = [*company.resources, *(one.offering_id for one in offerings)]
    rules = {owner: company.rules.get(owner, ()) for owner in owners}
    timetables = Timetables(stretch)
    return [
        Scene(
            tenant=company.tenant,
            offering=offering,
            resources=company.resources,
            members=company.members,
            rules=rules,
            claims=claims,
            days=days,
            used_by_slot={one.slot.slot_id: one.used for one in limited},
            stored_slots={
                one.slot.slot_id: one.slot
                for one in found.slots
                if one.slot.offering_id == offering.offering_id
            },
            hosts=hosts,
            slot_resources=held if _opens_slots(offering) else {},
            timetables=timetables,
        )
        for offering in offerings
    ]


def _takings(
    store: ReadStore,
    company: Company,
    offerings: Sequence[Offering],
    *,
    window: Interval,
    stretch: Interval,
    dates: Interval,
    now: datetime,
) -> Takings:
    resources = company.resources.values()
    words = words_of(company.tenant, resources, offerings)
    return store.takings(
        Whereabouts(
            claim_keys=[claims_key(one) for one in resources],
            starts_at=stretch.starts_at,
            ends_at=stretch.ends_at,
            offering_ids=[one.offering_id for one in offerings if one.shape is Shape.SLOTS],
            slots_from=window.starts_at,
            slots_before=window.ends_at,
            slots_keep=max((word.buffer_after or _NO_TIME for word in words), default=_NO_TIME),
            hosts={
                host
                for offering in offerings
                for host in hosts_of(company.tenant, offering, resources)
            },
            dated_ids=[one.resource_id for one in resources if one.scheme is Scheme.DATED],
            # Wherever it is, its date is at most a day from that of UTC.
            first_on=dates.starts_at.date() - _DAY,
            last_on=dates.ends_at.date() + _DAY,
            now=now,
        )
    )


def _opens_slots(offering: Offering) -> bool:
    """Whether the offering's slots take resources for themselves."""
    return offering.counting is Counting.PLACES and bool(offering.requirements)


def _stretch(
    company: Company, offerings: Sequence[Offering], window: Interval, stay_days: int
) -> Interval:
    """The time in which claims matter to what starts in a window."""
    parts = []
    for offering in offerings:
        longest = max(_usual_stay(offering), timedelta(days=stay_days))
        first, last = window.starts_at, min(window.ends_at + longest, LAST_INSTANT)
        if offering.shape in DATED:
            # A day has begun before the window, and elsewhere it may be the day before.
            first = max(first - 2 * _DAY, FIRST_INSTANT)
            last = min(last + 2 * _DAY, LAST_INSTANT)
        parts.append(Interval(starts_at=first, ends_at=last))
    whole = Interval(
        starts_at=min(part.starts_at for part in parts), ends_at=max(part.ends_at for part in parts)
    )
    words = words_of(company.tenant, company.resources.values(), offerings)
    return padded(words, whole)


def _usual_stay(offering: Offering) -> timedelta:
    """How long a stay of an offering lasts that is not asked to be longer."""
    if offering.shape in DATED:
        return timedelta(days=offering.dates_min)
    return max(offering.duration, offering.length_min or _NO_TIME)


def _claims(
    company: Company, claims: Sequence[Taking], *, empty: set[SlotId]
) -> dict[ResourceId, ClaimIndex]:
    """The claims by resource, without those that an empty slot would give back."""
    by_key: dict[str, list[Taking]] = {}
    for claim in claims:
        if claim.owner_id not in empty:
            by_key.setdefault(claim.key, []).append(claim)
    return {
        resource_id: ClaimIndex(by_key[key])
        for resource_id, resource in company.resources.items()
        if (key := claims_key(resource)) in by_key
    }


def _hosts(found: Takings, *, empty: set[SlotId]) -> dict[str, HostIndex]:
    """When the owners are busy of whom that matters, on all that they have."""
    if not found.owned:
        return {}
    owner_by_key = {resource_key(resource_id): owner for owner, resource_id in found.owned}
    claims: dict[str, list[Taking]] = {owner: [] for owner in owner_by_key.values()}
    for claim in found.claims:
        owner = owner_by_key.get(claim.key)
        if owner is not None and claim.owner_id not in empty:
            claims[owner].append(claim)
    return {owner: HostIndex(theirs) for owner, theirs in claims.items()}


def _held(found: Takings, empty: set[SlotId]) -> dict[SlotId, frozenset[ResourceId]]:
    """Which resources the offerings' open slots have taken for themselves."""
    held: dict[SlotId, set[ResourceId]] = {}
    for slot_id, resource_id in found.slot_claims:
        if slot_id not in empty:
            held.setdefault(slot_id, set()).add(resource_id)
    return {slot_id: frozenset(resources) for slot_id, resources in held.items()}


def _days(
    found: Takings, wanted: Sequence[tuple[Resource, Sequence[date]]]
) -> dict[tuple[ResourceId, date], DayUse]:
    """How dated resources stand on each date, by the rules of `day_counts.day_states`."""
    counted = {one.key: one for one in found.day_counts}
    own = {(one.resource_id, one.falls_on): one.capacity for one in found.days}
    uses = {}
    for resource, dates in wanted:
        for day in dates:
            count = counted.get(day_key(resource.resource_id, day))
            place = resource.resource_id, day
            if count is not None:
                uses[place] = DayUse(cap=count.cap, used=count.used)
            else:
                usual = resource.capacity or 0
                uses[place] = DayUse(cap=own.get(place, usual), used=0)
    return uses


def require_known(scene: Scene, picks: Sequence[ResourceId], components: Sequence[str]) -> None:
    """Refuse resources and components that the offering has not, as a booking would.

    Raises:
        InputInvalid: One is unknown.
    """
    offering = scene.offering
    known = {component.key for component in offering.components}
    for i, key in enumerate(components):
        if key not in known:
            raise unknown_component(offering, i, key)
    serving = {
        resource_id
        for requirement in requirements_of(offering, components)
        for resource_id in candidate_ids(requirement, scene.members)
    }
    for i, resource_id in enumerate(picks):
        if resource_id not in serving:
            message = f"'{resource_id}' does not serve '{offering.name}'."
            raise InputInvalid.at(f"/resource_ids/{i}", "unknown_resource", message)
