"""Categories: what kind of resource something is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from holdfast.domain import checks
from holdfast.domain.answers import plain_answers, read_answers
from holdfast.domain.field_forms import fields_in
from holdfast.domain.fields import Patterns
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
        custom_fields: What is asked of every resource of the category, beyond its own fields, as
            plain objects; `kept_fields` says what they may be.
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


def field_values_for(
    category: Category | None, given: Mapping[str, object], patterns: Patterns
) -> dict[str, object]:
    """Return what a resource says to the fields of its category, as it is kept.

    Without a category nothing is asked, so that nothing can be said.

    Raises:
        InputInvalid: A value is wrong, missing or to nothing that is asked; all are named.
    """
    asked = category.custom_fields if category is not None else ()
    fields, _ = fields_in(asked, pointer="/custom_fields")
    read = read_answers(fields, given, patterns=patterns, pointer="/field_values")
    checks.require(read.faults)
    return plain_answers(read.answers)
