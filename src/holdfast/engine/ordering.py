"""Ordering: the order of all categories, or of all resources, given anew in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeVar

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.categories import Category, CategoryStatus
from holdfast.domain.ids import CategoryId, ResourceId
from holdfast.domain.resources import Resource, ResourceStatus
from holdfast.engine.ports import Where
from holdfast.engine.records import KINDS, id_of
from holdfast.engine.use_cases import Look, Needs, UseCase, View

R = TypeVar("R", Category, Resource)

ORDERED_MAX = 2_000
FAULTS_MAX = 50
_CATEGORIES = (CategoryStatus.ACTIVE, CategoryStatus.INACTIVE)
_RESOURCES = (ResourceStatus.ACTIVE, ResourceStatus.INACTIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReorderCategories:
    """Put all categories that are not deleted in this order. All of them change, or none."""

    category_ids: tuple[CategoryId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReorderResources:
    """Put all resources that are not deleted in this order. All of them change, or none."""

    resource_ids: tuple[ResourceId, ...]


def _categories_needs(_command: ReorderCategories, look: Look) -> Needs:
    look.want(*(Where(Category, "status", status) for status in _CATEGORIES))
    return Needs()


def _order_categories(
    view: View, command: ReorderCategories, _now: datetime
) -> tuple[Category, ...]:
    live = [one for status in _CATEGORIES for one in view.where(Category, "status", status)]
    return _ordered(view, Category, live, command.category_ids)


def _resources_needs(_command: ReorderResources, look: Look) -> Needs:
    look.want(*(Where(Resource, "status", status) for status in _RESOURCES))
    return Needs()


def _order_resources(view: View, command: ReorderResources, _now: datetime) -> tuple[Resource, ...]:
    live = [one for status in _RESOURCES for one in view.where(Resource, "status", status)]
    return _ordered(view, Resource, live, command.resource_ids)


def _ordered(view: View, kind: type[R], live: Sequence[R], ids: Sequence[str]) -> tuple[R, ...]:
    """Number the records from 1 on; those that have their number already stay as they are."""
    name = KINDS[kind].name
    by_id = {id_of(one): one for one in live}
    checks.require(_faults(name, by_id, ids))
    ordered = []
    for number, record_id in enumerate(ids, start=1):
        record = by_id[record_id]
        if record.sort_order != number:
            record = view.update(record, sort_order=number)
            view.fact(f"{name}.changed", record)
        ordered.append(record)
    return tuple(ordered)


def _faults(name: str, by_id: Mapping[str, object], ids: Sequence[str]) -> list[checks.Fault]:
    """Name every id that is unknown or stands twice, and say which are left out."""
    there = f"/{name}_ids"
    if len(ids) > ORDERED_MAX:
        message = f"At most {ORDERED_MAX} are put in order at a time."
        return [checks.fault(there, "too_many", message)]
    found, seen = [], set[str]()
    for i, record_id in enumerate(ids):
        if record_id in seen:
            found.append(
                checks.fault(
                    f"{there}/{i}", "repeated", "This id stands above already. Leave it out."
                )
            )
        elif record_id not in by_id:
            message = f"There is no {name} '{record_id}' here."
            found.append(checks.fault(f"{there}/{i}", f"unknown_{name}", message))
        seen.add(record_id)
    missing = [record_id for record_id in by_id if record_id not in seen]
    if missing:
        others = f" and {len(missing) - 1} more are" if len(missing) > 1 else " is"
        message = f"Name every {name} once; '{missing[0]}'{others} left out."
        found.append(checks.fault(there, "incomplete", message))
    return found[:FAULTS_MAX]


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        ReorderCategories: UseCase(
            "category.reorder",
            scopes=(Scope.CATALOGUE_WRITE,),
            needs=_categories_needs,
            decide=_order_categories,
        ),
        ReorderResources: UseCase(
            "resource.reorder",
            scopes=(Scope.CATALOGUE_WRITE,),
            needs=_resources_needs,
            decide=_order_resources,
        ),
    }
)
