"""Categories: kinds of resources, their words and their order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.categories import Category, CategoryStatus
from holdfast.domain.field_forms import kept_fields
from holdfast.domain.ids import CategoryId
from holdfast.engine.patches import patched
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.engine.versions import require_version

SORT_ORDER_MAX = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCategory:
    """Add a kind of resource. `custom_fields` are questions as plain objects, see `Field`."""

    label: str
    label_plural: str | None = None
    kind: str = "other"
    icon: str | None = None
    sort_order: int = 0
    metadata: dict[str, object] = field(default_factory=dict)
    custom_fields: tuple[dict[str, object], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCategory:
    """Change a category; status `deleted` hides it, `active` brings it back.

    Other `custom_fields` leave what resources have said as it is, until they are changed.
    """

    category_id: CategoryId
    changes: Mapping[str, object]
    if_version: int | None = None


CHANGEABLE = frozenset(
    {"label", "label_plural", "kind", "icon", "sort_order", "status", "metadata", "custom_fields"}
)


def require_valid(category: Category) -> None:
    """Refuse a category whose fields are malformed.

    Raises:
        InputInvalid: Something is wrong; every fault is named.
    """
    checks.require(
        [
            checks.line("/label", category.label, shortest=1),
            checks.line("/label_plural", category.label_plural, shortest=1),
            checks.line("/kind", category.kind, shortest=1),
            checks.line("/icon", category.icon),
            checks.whole("/sort_order", category.sort_order, least=0, most=SORT_ORDER_MAX),
            checks.metadata("/metadata", category.metadata),
        ]
    )


def _add_needs(_command: AddCategory, _look: Look) -> Needs:
    return Needs()


def _add(view: View, command: AddCategory, now: datetime) -> Category:
    category = Category(
        category_id=CategoryId(view.new_id("cat")),
        label=command.label,
        label_plural=command.label if command.label_plural is None else command.label_plural,
        kind=command.kind,
        icon=command.icon,
        sort_order=command.sort_order,
        status=CategoryStatus.ACTIVE,
        metadata=command.metadata,
        created_at=now,
        version=1,
        custom_fields=kept_fields(command.custom_fields, view.patterns, pointer="/custom_fields"),
    )
    require_valid(category)
    view.insert(category)
    view.fact("category.added", category)
    return category


def _change_needs(command: ChangeCategory, look: Look) -> Needs:
    look.get(Category, command.category_id)
    return Needs()


def _change(view: View, command: ChangeCategory, _now: datetime) -> Category:
    category = view.get(Category, command.category_id)
    require_version(category, command.if_version)
    changes = dict(command.changes)
    asked = changes.get("custom_fields")
    if isinstance(asked, tuple):
        changes["custom_fields"] = kept_fields(asked, view.patterns, pointer="/custom_fields")
    changed = patched(view, category, changes, CHANGEABLE, require_valid)
    view.fact("category.changed", changed)
    return changed


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        AddCategory: UseCase(
            "category.add", scopes=(Scope.CATALOGUE_WRITE,), needs=_add_needs, decide=_add
        ),
        ChangeCategory: UseCase(
            "category.change",
            scopes=(Scope.CATALOGUE_WRITE,),
            needs=_change_needs,
            decide=_change,
        ),
    }
)
