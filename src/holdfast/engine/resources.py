"""Resources: add, change, activate, deactivate, delete softly, restore."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.capacity import peak_units
from holdfast.domain.categories import Category
from holdfast.domain.claims import resource_key
from holdfast.domain.errors import CapacityExceeded, RecordInUse, TransitionNotAllowed
from holdfast.domain.ids import CategoryId, ResourceId
from holdfast.domain.intervals import LAST_INSTANT, Interval
from holdfast.domain.resources import (
    CAPACITY_MAX,
    Resource,
    ResourceAction,
    ResourceStatus,
    Scheme,
    transition,
)
from holdfast.engine.patches import patched
from holdfast.engine.ports import ById
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.engine.versions import require_version

SKILLS_MAX = 100
SORT_ORDER_MAX = 1_000_000
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddResource:
    """Add a thing or person that can be booked. `capacity` None is unlimited."""

    name: str
    kind: str = "other"
    capacity: int | None = 1
    scheme: Scheme = Scheme.INTERVAL
    short_name: str | None = None
    description: str = ""
    category_id: CategoryId | None = None
    zone: str | None = None
    owner_id: str | None = None
    skills: tuple[str, ...] = ()
    sort_order: int = 0
    metadata: dict[str, object] = field(default_factory=dict)
    party_min: int | None = None
    party_max: int | None = None
    is_bookable_alone: bool = False
    field_values: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeResource:
    """Change a resource. Its capacity may not fall below what is claimed."""

    resource_id: ResourceId
    changes: Mapping[str, object]
    if_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActOnResource:
    """Activate, deactivate, delete or restore a resource. Nothing is ever really deleted.

    Deleting is refused while upcoming claims are on it, unless `is_forced`.
    """

    resource_id: ResourceId
    action: ResourceAction
    is_forced: bool = False
    if_version: int | None = None


CHANGEABLE = frozenset(
    {
        "name",
        "kind",
        "capacity",
        "short_name",
        "description",
        "category_id",
        "zone",
        "owner_id",
        "skills",
        "sort_order",
        "metadata",
        "party_min",
        "party_max",
        "is_bookable_alone",
        "field_values",
    }
)


def require_valid(resource: Resource) -> None:
    """Refuse a resource whose fields are malformed.

    Raises:
        InputInvalid: Something is wrong; every fault is named.
    """
    too_many = checks.fault("/skills", "too_many", f"At most {SKILLS_MAX} skills are kept.")
    checks.require(
        [
            checks.line("/name", resource.name, shortest=1),
            checks.line("/kind", resource.kind, shortest=1),
            checks.whole("/capacity", resource.capacity, least=1, most=CAPACITY_MAX),
            checks.line("/short_name", resource.short_name),
            checks.text("/description", resource.description),
            checks.zone_name("/zone", resource.zone),
            checks.line("/owner_id", resource.owner_id),
            too_many if len(resource.skills) > SKILLS_MAX else None,
            *(
                checks.line(f"/skills/{i}", skill, shortest=1)
                for i, skill in enumerate(resource.skills)
            ),
            checks.whole("/sort_order", resource.sort_order, least=0, most=SORT_ORDER_MAX),
            checks.metadata("/metadata", resource.metadata),
            checks.whole("/party_min", resource.party_min, least=1, most=CAPACITY_MAX),
            checks.whole(
                "/party_max", resource.party_max, least=resource.party_min or 1, most=CAPACITY_MAX
            ),
            checks.metadata("/field_values", resource.field_values),
        ]
    )


def _add_needs(command: AddResource, look: Look) -> Needs:
    if command.category_id is not None:
        look.get(Category, command.category_id)
    return Needs()


def _add(view: View, command: AddResource, now: datetime) -> Resource:
    resource = Resource(
        resource_id=ResourceId(view.new_id("res")),
        kind=command.kind,
        name=command.name,
        short_name=command.short_name,
        description=command.description,
        category_id=command.category_id,
        capacity=command.capacity,
        scheme=command.scheme,
        zone=command.zone,
        owner_id=command.owner_id,
        skills=command.skills,
        sort_order=command.sort_order,
        status=ResourceStatus.ACTIVE,
        metadata=command.metadata,
        created_at=now,
        deleted_at=None,
        version=1,
        party_min=command.party_min,
        party_max=command.party_max,
        is_bookable_alone=command.is_bookable_alone,
        field_values=command.field_values,
    )
    require_valid(resource)
    view.insert(resource)
    view.fact("resource.added", resource)
    return resource


def _change_needs(command: ChangeResource, look: Look) -> Needs:
    look.want(ById(Resource, command.resource_id))
    resource = look.get(Resource, command.resource_id)
    category_id = command.changes.get("category_id")
    if isinstance(category_id, str):
        look.get(Category, category_id)
    key = resource_key(resource.resource_id)
    if "capacity" in command.changes:
        look.claims_over(key, _EVER)
    return Needs.of(guards=[key])


_EVER = Interval(starts_at=_LONG_AGO, ends_at=LAST_INSTANT)


def _change(view: View, command: ChangeResource, now: datetime) -> Resource:
    resource = view.get(Resource, command.resource_id)
    require_version(resource, command.if_version)
    if resource.status is ResourceStatus.DELETED:
        raise TransitionNotAllowed(kind="resource", status=resource.status, action="change")
    if "capacity" in command.changes:
        _require_room(view, resource, command.changes["capacity"], now=now)
    changed = patched(view, resource, command.changes, CHANGEABLE, require_valid)
    view.fact("resource.changed", changed)
    return changed


def _require_room(view: View, resource: Resource, capacity: object, *, now: datetime) -> None:
    """Refuse a capacity below what is claimed, now or later."""
    if capacity == resource.capacity:
        return
    if capacity is None:
        _require_unused(view, resource, now=now)
        return
    if not isinstance(capacity, int):
        return
    if resource.capacity is None:
        message = (
            "An unlimited resource cannot be limited, since its bookings were never counted."
            " Add a limited resource and let the offering need that one."
        )
        raise RecordInUse(message, kind="resource", key=resource.resource_id)
    key = resource_key(resource.resource_id)
    claims = [
        claim
        for claim in view.claims_over(key, _EVER)
        if claim.counts_at(now) and claim.ends_at > now
    ]
    peak = peak_units(claims, Interval(starts_at=now, ends_at=LAST_INSTANT))
    if capacity < peak:
        message = f"Up to {peak} units are claimed at once; a capacity of {capacity} is too small."
        raise CapacityExceeded(message, requested=peak, remaining=capacity, limited_by=key)


def _act_needs(command: ActOnResource, look: Look) -> Needs:
    resource = look.get(Resource, command.resource_id)
    key = resource_key(resource.resource_id)
    if command.action is ResourceAction.DELETE:
        look.claims_over(key, _EVER)
    return Needs.of(guards=[key])


def _act(view: View, command: ActOnResource, now: datetime) -> Resource:
    resource = view.get(Resource, command.resource_id)
    require_version(resource, command.if_version)
    status = transition(resource.status, command.action)
    if status is resource.status:
        return resource
    if command.action is ResourceAction.DELETE and not command.is_forced:
        _require_unused(view, resource, now=now)
    deleted_at = now if status is ResourceStatus.DELETED else None
    changed = view.update(resource, status=status, deleted_at=deleted_at)
    view.fact(f"resource.{status}", changed)
    return changed


def _require_unused(view: View, resource: Resource, *, now: datetime) -> None:
    key = resource_key(resource.resource_id)
    upcoming = sum(
        claim.counts_at(now) and claim.ends_at > now for claim in view.claims_over(key, _EVER)
    )
    if upcoming:
        message = (
            f"{upcoming} upcoming claim(s) are on {resource.name}. Cancel or move them first; to"
            " delete it all the same, use force: its bookings then stay."
        )
        raise RecordInUse(message, kind="resource", key=resource.resource_id, upcoming=upcoming)


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        AddResource: UseCase(
            "resource.add", scopes=(Scope.CATALOGUE_WRITE,), needs=_add_needs, decide=_add
        ),
        ChangeResource: UseCase(
            "resource.change",
            scopes=(Scope.CATALOGUE_WRITE,),
            needs=_change_needs,
            decide=_change,
        ),
        ActOnResource: UseCase(
            "resource.act", scopes=(Scope.CATALOGUE_WRITE,), needs=_act_needs, decide=_act
        ),
    }
)
