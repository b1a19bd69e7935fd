"""Offerings: add, change, take out of use. A change of capacity re-caps the slots that follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.capacity import spread
from holdfast.domain.categories import Category
from holdfast.domain.claims import offering_key, tickets_key
from holdfast.domain.errors import (
    CapacityExceeded,
    InputInvalid,
    RecordExists,
    RecordInUse,
    TransitionNotAllowed,
)
from holdfast.domain.field_forms import kept_fields
from holdfast.domain.ids import OfferingId
from holdfast.domain.money import AMOUNT_MAX, Money
from holdfast.domain.offerings import Component, Counting, Offering, OfferingStatus
from holdfast.domain.policies import NOTHING_SAID, Policy
from holdfast.domain.policies_in_force import with_preset
from holdfast.domain.policy_presets import PolicyPreset
from holdfast.domain.pools import Pool
from holdfast.domain.price_rules import PriceRule
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.prices import QUOTA_MAX, TicketTier
from holdfast.domain.recurrence import Frequency
from holdfast.domain.requirements import Requirement
from holdfast.domain.resources import Resource
from holdfast.domain.shapes import (
    A_DAY,
    DATED,
    DEFAULT_CHECK_IN_MINUTE,
    DEFAULT_CHECK_OUT_MINUTE,
    Shape,
)
from holdfast.domain.slots import Slot, SlotStatus
from holdfast.domain.tenants import DEFAULT_HOLD_TTL, Tenant
from holdfast.engine.offering_checks import require_valid, requirement_places
from holdfast.engine.patches import patched
from holdfast.engine.policy_changes import with_policy
from holdfast.engine.ports import ById, CounterOf, Where
from holdfast.engine.records import KINDS
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.engine.versions import require_version

_ZERO = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOffering:
    """Add something that customers can book. `slot_capacity` None is unlimited places.

    Its `duration` is that of a slot, or of free start and end the shortest unless `length_min` says
    so; of what is booked by days or nights it means nothing.
    `preset` is the usual policy of a kind of business, for what is not said otherwise.
    """

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
    shape: Shape = Shape.SLOTS
    length_min: timedelta | None = None
    length_max: timedelta | None = None
    dates_min: int = 1
    dates_max: int | None = None
    is_scattered: bool = True
    check_in_minute: int = DEFAULT_CHECK_IN_MINUTE
    check_out_minute: int = DEFAULT_CHECK_OUT_MINUTE
    is_always_open: bool = False
    grid_includes_buffer: bool = False
    pending_takes: bool = True
    pending_ttl: timedelta | None = None
    confirm_delay: timedelta | None = None
    components: tuple[Component, ...] = ()
    price_rules: tuple[PriceRule, ...] = ()
    believes_customers: bool = False
    policy: Policy = NOTHING_SAID
    preset: PolicyPreset | None = None
    has_waitlist: bool = False
    invitation_ttl: timedelta | None = None
    ticket_tiers: tuple[TicketTier, ...] = ()
    series_max: int | None = None
    series_frequencies: tuple[Frequency, ...] = ()
    fields: tuple[dict[str, object], ...] = ()


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
        "length_min",
        "length_max",
        "dates_min",
        "dates_max",
        "is_scattered",
        "check_in_minute",
        "check_out_minute",
        "is_always_open",
        "grid_includes_buffer",
        "pending_takes",
        "pending_ttl",
        "confirm_delay",
        "components",
        "price_rules",
        "believes_customers",
        "policy",
        "has_waitlist",
        "invitation_ttl",
        "ticket_tiers",
        "series_max",
        "series_frequencies",
        "fields",
    }
)


def _named(requirements: Iterable[Requirement]) -> list[ById]:
    """What requirements name, to be read."""
    reads: list[ById] = []
    for requirement in requirements:
        reads += [ById(Resource, resource_id) for resource_id in requirement.named_ids]
        if requirement.pool_id is not None:
            reads.append(ById(Pool, requirement.pool_id))
        if requirement.category_id is not None:
            reads.append(ById(Category, requirement.category_id))
    return reads


def _named_by(requirements: object, components: object) -> list[ById]:
    own = requirements if isinstance(requirements, tuple) else ()
    parts = components if isinstance(components, tuple) else ()
    return _named([*own, *(needed for part in parts for needed in part.requirements)])


def _require_known(view: Look, places: Sequence[tuple[str, Requirement]]) -> None:
    """Refuse requirements that name what is not there."""
    faults = []
    for pointer, requirement in places:
        for read in _named([requirement]):
            if view.find(read.kind, read.record_id) is None:
                kind = KINDS[read.kind].name
                message = f"There is no {kind} '{read.record_id}' here."
                is_listed = read.record_id in requirement.resource_ids
                name = "resource_ids" if is_listed else f"{kind}_id"
                faults.append(checks.fault(f"{pointer}/{name}", f"unknown_{kind}", message))
    checks.require(faults)


def _require_slug_free(view: View, slug: str, own_id: str | None) -> None:
    for other in view.where(Offering, "slug", slug):
        if other.offering_id != own_id:
            raise RecordExists(kind="offering", key=slug)


def _add_needs(command: AddOffering, look: Look) -> Needs:
    tenant, same = ById(Tenant, look.tenant_id), Where(Offering, "slug", command.slug)
    return Needs.of(reads=[tenant, same, *_named_by(command.requirements, command.components)])


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
        duration=A_DAY if command.shape in DATED else command.duration,
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
        shape=command.shape,
        length_min=command.length_min,
        length_max=command.length_max,
        dates_min=command.dates_min,
        dates_max=command.dates_max,
        is_scattered=command.is_scattered,
        check_in_minute=command.check_in_minute,
        check_out_minute=command.check_out_minute,
        is_always_open=command.is_always_open,
        grid_includes_buffer=command.grid_includes_buffer,
        pending_takes=command.pending_takes,
        pending_ttl=command.pending_ttl,
        confirm_delay=command.confirm_delay,
        components=command.components,
        price_rules=command.price_rules,
        believes_customers=command.believes_customers,
        policy=command.policy,
        has_waitlist=command.has_waitlist,
        invitation_ttl=command.invitation_ttl,
        ticket_tiers=command.ticket_tiers,
        series_max=command.series_max,
        series_frequencies=command.series_frequencies,
        fields=kept_fields(command.fields, view.patterns, pointer="/fields"),
    )
    offering = replace(offering, policy=with_preset(offering, command.preset))
    require_valid(offering)
    _require_known(view, list(requirement_places(offering)))
    _require_slug_free(view, offering.slug, None)
    view.insert(offering)
    view.fact("offering.added", offering)
    return offering


def _change_needs(command: ChangeOffering, look: Look) -> Needs:
    offering = look.get(Offering, command.offering_id)
    reads: list[ById] = []
    if command.changes.keys() & {"requirements", "components"}:
        # Either of them changes, and all that the offering will need is looked at.
        reads = _named_by(
            command.changes.get("requirements", offering.requirements),
            command.changes.get("components", offering.components),
        )
    slug = command.changes.get("slug")
    slugs = [Where(Offering, "slug", slug)] if isinstance(slug, str) else []
    counters = set[str]()
    is_counted = offering.counting is Counting.PLACES
    if is_counted and command.changes.keys() & {"slot_capacity", "requirements"}:
        counters = {
            key
            for slot in look.where(Slot, "offering_id", offering.offering_id)
            if _follows(slot)
            for key in slot.counter_keys
        }
    counters |= _ticket_counters(look, offering, command.changes).keys()
    guards = [offering_key(offering.offering_id)]
    return Needs.of(guards=guards, counters=counters, reads=[*reads, *slugs])


def _ticket_counters(
    look: Look, offering: Offering, changes: Mapping[str, object]
) -> dict[str, TicketTier]:
    """Return the counters of tickets that have another quota than their tier is to have.

    A tier may have been away, or a slot closed, when the quota changed before.
    """
    tiers = changes.get("ticket_tiers")
    if not isinstance(tiers, tuple) or offering.counting is not Counting.PLACES:
        return {}
    slots = look.where(Slot, "offering_id", offering.offering_id) if tiers else ()
    found = {
        tickets_key(slot.slot_id, tier.key): tier
        for slot in slots
        for tier in tiers
        if slot.status in {SlotStatus.OPEN, SlotStatus.BLOCKED}
    }
    look.want(*(CounterOf(key) for key in found))
    return {
        key: tier
        for key, tier in found.items()
        if look.cap_of(key) not in {None, _cap_of_tier(tier)}
    }


def _cap_of_tier(tier: TicketTier) -> int:
    return QUOTA_MAX if tier.quota is None else tier.quota


def _recap_tickets(view: View, offering: Offering, changes: Mapping[str, object]) -> None:
    """Give the tickets that are counted already their new quotas, under their locks."""
    for key, tier in _ticket_counters(view, offering, changes).items():
        quota, used = _cap_of_tier(tier), view.counter(key).used
        if used > quota:
            message = f"{used} ticket(s) of tier '{tier.key}' are sold; {quota} is too few."
            raise CapacityExceeded(message, requested=used, remaining=quota, limited_by=tier.key)
        view.set_cap(key, quota)


def _follows(slot: Slot) -> bool:
    """Whether a slot's capacity is the offering's."""
    return slot.status is SlotStatus.OPEN and not slot.is_capacity_own


def _change(view: View, command: ChangeOffering, now: datetime) -> Offering:
    offering = view.get(Offering, command.offering_id)
    require_version(offering, command.if_version)
    changes = with_policy(command.changes, offering.policy)
    if "duration" in changes and offering.shape in DATED:
        message = f"'{offering.name}' is booked by {offering.shape}: leave the duration out."
        raise InputInvalid.at("/duration", "wrong_form", message)
    asked = changes.get("fields")
    if isinstance(asked, tuple):
        changes["fields"] = kept_fields(asked, view.patterns, pointer="/fields")
    status = changes.get("status", offering.status)
    if offering.status is OfferingStatus.DELETED and status is OfferingStatus.DELETED:
        if changes.keys() <= {"status"}:
            return offering  # deleting it again
        raise TransitionNotAllowed(kind="offering", status=offering.status, action="change")
    if status is not offering.status:
        changes["deleted_at"] = now if status is OfferingStatus.DELETED else None
    requirements = changes.get("requirements")
    if isinstance(requirements, tuple):
        _require_no_open_slots(view, offering, now=now)
    slug = changes.get("slug")
    if isinstance(slug, str):
        _require_slug_free(view, slug, offering.offering_id)
    allowed = CHANGEABLE | {"deleted_at"}
    changed = patched(view, offering, changes, allowed, require_valid)
    if changes.keys() & {"requirements", "components"}:
        _require_known(view, list(requirement_places(changed)))
    if changed.slot_capacity != offering.slot_capacity:
        _recap(view, offering, changed.slot_capacity)
    _recap_tickets(view, offering, changes)
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
        used = [view.counter(key).used for key in slot.counter_keys]
        if capacity is not None and sum(used) > capacity:
            message = (
                f"A slot has {sum(used)} places taken; {capacity} is too few. Give that slot a"
                " capacity of its own first: it may be over, with a reason."
            )
            raise CapacityExceeded(
                message, requested=sum(used), remaining=capacity, limited_by=slot.slot_id
            )
        caps = (None,) if capacity is None else spread(capacity, used)
        for key, cap in zip(slot.counter_keys, caps, strict=True):
            view.set_cap(key, cap)
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
