"""Resources: add, change, activate, deactivate, delete softly, restore."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.categories import Category, field_values_for
from holdfast.domain.claims import resource_key
from holdfast.domain.errors import TransitionNotAllowed
from holdfast.domain.ids import CategoryId, ResourceId
from holdfast.domain.offerings import DURATION_MAX
from holdfast.domain.policies import HORIZON_DAYS_MAX, NOTHING_SAID, Policy
from holdfast.domain.policies_in_force import with_preset
from holdfast.domain.policy_presets import PolicyPreset
from holdfast.domain.resources import (
    CAPACITY_MAX,
    Resource,
    ResourceAction,
    ResourceStatus,
    Scheme,
    transition,
)
from holdfast.engine.capping import (
    DELETE_ALL_THE_SAME,
    claimed_needs,
    recap,
    require_unused,
)
from holdfast.engine.patches import patched
from holdfast.engine.policy_changes import require_policy, with_policy
from holdfast.engine.ports import ById
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.engine.versions import require_version

SKILLS_MAX = 100
SORT_ORDER_MAX = 1_000_000
_ZERO = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddResource:
    """Add a thing or person that can be booked. `capacity` None is unlimited.

    `preset` is the usual policy of a kind of business, for what is not said otherwise.
    """

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
    notice: timedelta | None = None
    horizon_days: int | None = None
    buffer_before: timedelta | None = None
    buffer_after: timedelta | None = None
    policy: Policy = NOTHING_SAID
    preset: PolicyPreset | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeResource:
    """Change a resource.

    Its capacity may not fall below what is claimed, unless `may_be_over` with a reason: then what
    is claimed beyond it is recorded as over-commitment. What was unlimited and gets a capacity is
    settling until `SettleResource`.
    """

    resource_id: ResourceId
    changes: Mapping[str, object]
    if_version: int | None = None
    may_be_over: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActOnResource:
    """Activate, deactivate, delete or restore a resource. Nothing is ever really deleted.

    Deleting is refused while upcoming claims are on it, unless `is_forced`. What is unlimited is
    settling when it is deleted: `SettleResource` brings it back if it was booked just then.
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
        "notice",
        "horizon_days",
        "buffer_before",
        "buffer_after",
        "policy",
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
            checks.length("/notice", resource.notice, least=_ZERO, most=checks.YEAR),
            checks.whole("/horizon_days", resource.horizon_days, least=0, most=HORIZON_DAYS_MAX),
            checks.length("/buffer_before", resource.buffer_before, least=_ZERO, most=DURATION_MAX),
            checks.length("/buffer_after", resource.buffer_after, least=_ZERO, most=DURATION_MAX),
        ]
    )
    require_policy(resource)


def _field_values(
    view: View, category_id: CategoryId | None, given: Mapping[str, object]
) -> dict[str, object]:
    """Return what is said to the fields of the category, checked against them."""
    checks.require([checks.metadata("/field_values", given)])
    category = None if category_id is None else view.get(Category, category_id)
    return field_values_for(category, given, view.patterns)


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
        field_values=_field_values(view, command.category_id, command.field_values),
        notice=command.notice,
        horizon_days=command.horizon_days,
        buffer_before=command.buffer_before,
        buffer_after=command.buffer_after,
        policy=command.policy,
    )
    resource = replace(resource, policy=with_preset(resource, command.preset))
    require_valid(resource)
    view.insert(resource)
    view.fact("resource.added", resource)
    return resource


def _change_needs(command: ChangeResource, look: Look) -> Needs:
    look.want(ById(Resource, command.resource_id))
    resource = look.get(Resource, command.resource_id)
    category_id = command.changes.get("category_id", resource.category_id)
    if isinstance(category_id, str):
        look.get(Category, category_id)
    if "capacity" in command.changes:
        return claimed_needs(look, resource)
    return Needs.of(guards=[resource_key(resource.resource_id)])


def _change(view: View, command: ChangeResource, now: datetime) -> Resource:
    resource = view.get(Resource, command.resource_id)
    require_version(resource, command.if_version)
    if resource.status is ResourceStatus.DELETED:
        raise TransitionNotAllowed(kind="resource", status=resource.status, action="change")
    checks.require([checks.line("/reason", command.reason)])
    changes = _with_field_values(view, resource, with_policy(command.changes, resource.policy))
    capacity = changes.get("capacity", resource.capacity)
    also: dict[str, object] = {}
    if capacity is None or isinstance(capacity, int):
        may_be_over, reason = command.may_be_over, command.reason
        also = recap(view, resource, capacity, may_be_over=may_be_over, reason=reason, now=now)
    changed = patched(view, resource, {**changes, **also}, CHANGEABLE | also.keys(), require_valid)
    more: dict[str, object] = {"reason": command.reason} if command.reason else {}
    view.fact("resource.changed", changed, **more)
    return changed


def _with_field_values(
    view: View, resource: Resource, changes: Mapping[str, object]
) -> Mapping[str, object]:
    """Check what is said of a resource when that or its category changes; returns the changes."""
    if not changes.keys() & {"field_values", "category_id"}:
        return changes
    category_id = changes.get("category_id", resource.category_id)
    given = changes.get("field_values", resource.field_values)
    if category_id == resource.category_id and given == resource.field_values:
        return changes  # what was said stays as it was said, though the questions may be others
    assert isinstance(given, Mapping)
    own = CategoryId(category_id) if isinstance(category_id, str) else None
    return {**changes, "field_values": _field_values(view, own, given)}


def _act_needs(command: ActOnResource, look: Look) -> Needs:
    resource = look.get(Resource, command.resource_id)
    if command.action is ResourceAction.DELETE and not command.is_forced:
        return claimed_needs(look, resource)
    return Needs.of(guards=[resource_key(resource.resource_id)])


def _act(view: View, command: ActOnResource, now: datetime) -> Resource:
    resource = view.get(Resource, command.resource_id)
    require_version(resource, command.if_version)
    status = transition(resource.status, command.action)
    if status is resource.status:
        return resource
    is_settling = resource.is_settling and resource.capacity is not None
    if command.action is ResourceAction.DELETE and not command.is_forced:
        require_unused(view, resource, instead=DELETE_ALL_THE_SAME, now=now)
        # Whoever is booking something unlimited just now takes no lock: `SettleResource` looks.
        is_open = resource.status is ResourceStatus.ACTIVE
        is_settling = is_settling or (is_open and resource.capacity is None)
    deleted_at = now if status is ResourceStatus.DELETED else None
    changed = view.update(resource, status=status, deleted_at=deleted_at, is_settling=is_settling)
    view.fact(f"resource.{status}", changed)
    return changed


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
