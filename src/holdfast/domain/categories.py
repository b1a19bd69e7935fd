"""Categories: what kind of resource something is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from holdfast.domain.ids import CategoryId


class CategoryStatus(StrEnum):
    """Whether the category is in use."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A kind of resource, with the words a page shows for one and for many.

    Attributes:
        custom_fields: What is asked of every resource of the category, beyond its own fields.
    """

    category_id: CategoryId
    label: str
    label_plural: str
    kind: str
    icon: str | None
    sort_order: int
    status: CategoryStatus
    metadata: dict[str, object] = field(default_factory=dict)
    created_at: datetime
    version: int
    custom_fields: tuple[dict[str, object], ...] = ()
