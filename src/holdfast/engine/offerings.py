"""Offerings: add, change, take out of use. A change of capacity re-caps the slots that follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.claims import offering_key, slot_key
from holdfast.domain.errors import CapacityExceeded, RecordExists, RecordInUse, TransitionNotAllowed
from holdfast.domain.holds import HOLD_TTL_MAX
from holdfast.domain.ids import OfferingId
from holdfast.domain.money import AMOUNT_MAX, Money
from holdfast.domain.offerings import (
    DURATION_MAX,
    REQUIREMENTS_MAX,
    Counting,
    Offering,
    OfferingStatus,
    PriceUnit,
    Requirement,
)
from holdfast.domain.resources import CAPACITY_MAX, Resource
from holdfast.domain.schedules import STEP_MAX
from holdfast.domain.slots import Slot, SlotStatus
from holdfast.domain.tenants import DEFAULT_HOLD_TTL, Tenant, is_slug
from holdfast.engine.patches import patched
from holdfast.engine.ports import ById, Where
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.engine.versions import require_version

HORIZON_DAYS_MAX = 3_660
SORT_ORDER_MAX = 1_000_000
_MINUTE = timedelta(minutes=1)
_ZERO = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOffering:
    """Add something that customers can book. `slot_capacity` None is unlimited places."""

    slug: str
    name: str
    duration: timedelta
    description: str = ""
    kind: str = "appointment"
    counting: Counting = Counting.RESOURCES
    slot_capacity: int | None = None
    slot_step: timedelta | None = None
    buffer_before: timedelta = _ZERO
    buffer_after: timedelta = _ZERO
    notice: timedelta | None = None
    horizon_days: int | None = None
    party_min: int = 1
    party_max: int | None = None
    hold_ttl: timedelta = DEFAULT_HOLD_TTL
    is_approved_by_hand: bool = False
    price_minor: int = 0
    currency: str | None = None
    price_unit: PriceUnit = PriceUnit.BOOKING
    requirements: tuple[Requirement, ...] = ()
    zone: str | None = None
    location: dict[str, object] = field(default_factory=dict)
    sort_order: int = 0
    metadata: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOffering:
    """Change an offering. Status `inactive` takes it off sale, `deleted` hides it."""

    offering_id: OfferingId
    changes: Mapping[str, object]
    if_version: int | None = None


CHANGEABLE = frozenset(
    {
        "slug",
        "name",
        "description",
        "kind",
        "slot_capacity",
        "duration",
        "slot_step",
        "buffer_before",
        "buffer_after",
        "notice",
        "horizon_days",
        "party_min",
        "party_max",
        "hold_ttl",
        "is_approved_by_hand",
        "price",
        "price_unit",
        "requirements",
        "zone",
        "location",
        "sort_order",
        "status",
        "metadata",
    }
)


def require_valid(offering: Offering) -> None:
    """Refuse an offering whose fields are malformed.

    Raises:
        InputInvalid: Something is wrong; every fault is named.
    """
    checks.require([*_faults_of_words(offering), *_faults_of_numbers(offering)])
    checks.require(_faults_of_requirements(offering))


def _faults_of_words(offering: Offering) -> list[checks.Fault | None]:
    slug_message = "3 to 40 letters a to z, digits and hyphens, and not a reserved word."
    bad_slug = checks.fault("/slug", "not_a_slug", slug_message)
    return [
        None if is_slug(offering.slug) else bad_slug,
        checks.line("/name", offering.name, shortest=1),
        checks.text("/description", offering.description),
        checks.line("/kind", offering.kind, shortest=1),
        checks.zone_name("/zone", offering.zone),
        checks.metadata("/location", offering.location),
        checks.metadata("/metadata", offering.metadata),
    ]


def _faults_of_numbers(offering: Offering) -> list[checks.Fault | None]:
    least_max = offering.party_min
    return [
        checks.minutes("/duration", offering.duration, least=_MINUTE, most=DURATION_MAX),
        checks.minutes("/slot_step", offering.slot_step, least=_MINUTE, most=STEP_MAX),
        checks.length("/buffer_before", offering.buffer_before, least=_ZERO, most=DURATION_MAX),
        checks.length("/buffer_after", offering.buffer_after, least=_ZERO, most=DURATION_MAX),
        checks.length("/notice", offering.notice, least=_ZERO, most=checks.YEAR),
        checks.length("/hold_ttl", offering.hold_ttl, least=_MINUTE, most=HOLD_TTL_MAX),
        checks.whole("/horizon_days", offering.horizon_days, least=0, most=HORIZON_DAYS_MAX),
        checks.whole("/slot_capacity", offering.slot_capacity, least=1, most=CAPACITY_MAX),
        checks.whole("/party_min", offering.party_min, least=1, most=CAPACITY_MAX),
        checks.whole("/party_max", offering.party_max, least=least_max, most=CAPACITY_MAX),
        checks.whole("/price_minor", offering.price.amount_minor, least=0, most=AMOUNT_MAX),
        _fault_of_largest_price(offering),
        checks.whole("/sort_order", offering.sort_order, least=0, most=SORT_ORDER_MAX),
    ]


def _fault_of_largest_price(offering: Offering) -> checks.Fault | None:
    try:
        offering.price_of(party_size=offering.party_max or CAPACITY_MAX)
    except ValueError:
        message = "For the largest party the price would be too much; lower it or party_max."
        return checks.fault("/price_minor", "out_of_range", message)
    return None


def _faults_of_requirements(offering: Offering) -> list[checks.Fault | None]:
    needed = offering.requirements
    message = f"An offering needs at most {REQUIREMENTS_MAX} resources."
    faults: list[checks.Fault | None] = [
        checks.fault("/requirements", "too_many", message)
        if len(needed) > REQUIREMENTS_MAX
        else None
    ]
    seen = set[str]()
    for i, requirement in enumerate(needed):
        pointer = f"/requirements/{i}"
        if requirement.resource_id in seen:
            twice = "This resource is required twice; add up the quantities."
            faults.append(checks.fault(pointer, "twice", twice))
        seen.add(requirement.resource_id)
        faults.append(
            checks.whole(f"{pointer}/quantity", requirement.quantity, least=1, most=CAPACITY_MAX)
        )
    return faults


def _resource_reads(requirements: object) -> list[ById]:
    if not isinstance(requirements, tuple):
        return []
    return [ById(Resource, requirement.resource_id) for requirement in requirements]


def _require_resources(view: Look, requirements: tuple[Requirement, ...]) -> None:
    for i, requirement in enumerate(requirements):
        if view.find(Resource, requirement.resource_id) is None:
            message = f"There is no resource '{requirement.resource_id}' here."
            pointer = f"/requirements/{i}/resource_id"
            checks.require([checks.fault(pointer, "unknown_resource", message)])


def _require_slug_free(view: View, slug: str, own_id: str | None) -> None:
    for other in view.where(Offering, "slug", slug):
        if other.offering_id != own_id:
            raise RecordExists(kind="offering", key=slug)


def _add_needs(command: AddOffering, look: Look) -> Needs:
    tenant, same = ById(Tenant, look.tenant_id), Where(Offering, "slug", command.slug)
    return Needs.of(reads=[tenant, same, *_resource_reads(command.requirements)])


def _add(view: View, command: AddOffering, now: datetime) -> Offering:
    tenant = view.get(Tenant, view.tenant_id)
    currency = command.currency or tenant.currency
    checks.require(
        [
            checks.currency("/currency", currency),
            checks.whole("/price_minor", command.price_minor, least=0, most=AMOUNT_MAX),
        ]
    )
    offering = Offering(
        offering_id=OfferingId(view.new_id("off")),
        slug=command.slug,
        name=command.name,
        description=command.description,
        kind=command.kind,
        counting=command.counting,
        slot_capacity=command.slot_capacity,
        duration=command.duration,
        slot_step=command.slot_step,
        buffer_before=command.buffer_before,
        buffer_after=command.buffer_after,
        notice=command.notice,
        horizon_days=command.horizon_days,
        party_min=command.party_min,
        party_max=command.party_max,
        hold_ttl=command.hold_ttl,
        is_approved_by_hand=command.is_approved_by_hand,
        price=Money(amount_minor=command.price_minor, currency=currency),
        price_unit=command.price_unit,
        requirements=command.requirements,
        zone=command.zone,
        location=command.location,
        sort_order=command.sort_order,
        status=OfferingStatus.ACTIVE,
        metadata=command.metadata,
        created_at=now,
        deleted_at=None,
        version=1,
    )
    require_valid(offering)
    _require_resources(view, offering.requirements)
    _require_slug_free(view, offering.slug, None)
    view.insert(offering)
    view.fact("offering.added", offering)
    return offering


def _change_needs(command: ChangeOffering, look: Look) -> Needs:
    offering = look.get(Offering, command.offering_id)
    reads = [*_resource_reads(command.changes.get("requirements"))]
    slug = command.changes.get("slug")
    slugs = [Where(Offering, "slug", slug)] if isinstance(slug, str) else []
    counters = set[str]()
    is_counted = offering.counting is Counting.PLACES
    if is_counted and command.changes.keys() & {"slot_capacity", "requirements"}:
        counters = {
            slot_key(slot.slot_id)
            for slot in look.where(Slot, "offering_id", offering.offering_id)
            if _follows(slot)
        }
    guards = [offering_key(offering.offering_id)]
    return Needs.of(guards=guards, counters=counters, reads=[*reads, *slugs])


def _follows(slot: Slot) -> bool:
    """Whether a slot's capacity is the offering's."""
    return slot.status is SlotStatus.OPEN and not slot.is_capacity_own


def _change(view: View, command: ChangeOffering, now: datetime) -> Offering:
    offering = view.get(Offering, command.offering_id)
    require_version(offering, command.if_version)
    changes = dict(command.changes)
    status = changes.get("status", offering.status)
    if offering.status is OfferingStatus.DELETED and status is OfferingStatus.DELETED:
        if changes.keys() <= {"status"}:
            return offering  # deleting it again
        raise TransitionNotAllowed(kind="offering", status=offering.status, action="change")
    if status is not offering.status:
        changes["deleted_at"] = now if status is OfferingStatus.DELETED else None
    requirements = changes.get("requirements")
    if isinstance(requirements, tuple):
        _require_resources(view, requirements)
        _require_no_open_slots(view, offering, now=now)
    slug = changes.get("slug")
    if isinstance(slug, str):
        _require_slug_free(view, slug, offering.offering_id)
    allowed = CHANGEABLE | {"deleted_at"}
    changed = patched(view, offering, changes, allowed, require_valid)
    if changed.slot_capacity != offering.slot_capacity:
        _recap(view, offering, changed.slot_capacity)
    view.fact("offering.changed", changed)
    return changed


def _require_no_open_slots(view: View, offering: Offering, *, now: datetime) -> None:
    """Refuse other requirements while slots hold the old ones' rooms and staff."""
    if offering.counting is not Counting.PLACES:
        return
    slots = view.where(Slot, "offering_id", offering.offering_id)
    upcoming = sum(slot.status is SlotStatus.OPEN and slot.ends_at > now for slot in slots)
    if upcoming:
        message = (
            f"{upcoming} slot(s) of '{offering.name}' are open with what it requires now. Add an"
            " offering with the new requirements instead."
        )
        raise RecordInUse(message, kind="offering", key=offering.offering_id, upcoming=upcoming)


def _recap(view: View, offering: Offering, capacity: int | None) -> None:
    """Give the slots that follow their offering the new cap, under the locks of all of them."""
    if offering.counting is not Counting.PLACES:
        return
    for slot in view.where(Slot, "offering_id", offering.offering_id):
        if not _follows(slot):
            continue
        if (slot.capacity is None) != (capacity is None):
            message = "Slots are open that were never counted. Add another offering instead."
            raise RecordInUse(message, kind="offering", key=offering.offering_id)
        key = slot_key(slot.slot_id)
        used = view.counter(key).used
        if capacity is not None and used > capacity:
            message = f"A slot has {used} places taken; {capacity} is too few."
            raise CapacityExceeded(
                message, requested=used, remaining=capacity, limited_by=slot.slot_id
            )
        view.set_cap(key, capacity)
        view.update(slot, capacity=capacity)


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        AddOffering: UseCase(
            "offering.add", scopes=(Scope.CATALOGUE_WRITE,), needs=_add_needs, decide=_add
        ),
        ChangeOffering: UseCase(
            "offering.change",
            scopes=(Scope.CATALOGUE_WRITE,),
            needs=_change_needs,
            decide=_change,
        ),
    }
)
