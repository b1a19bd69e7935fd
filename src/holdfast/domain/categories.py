"""Categories: what kind of resource something is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from holdfast.domain import checks
from holdfast.domain.answers import read_answers
from holdfast.domain.field_forms import field_out, fields_in
from holdfast.domain.fields import Patterns, definition_faults
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
            plain objects; `own_fields` says what they may be.
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


def own_fields(
    written: Sequence[Mapping[str, object]], patterns: Patterns
) -> tuple[dict[str, object], ...]:
    """Return the fields of a category as they are kept.

    Raises:
        InputInvalid: Something about them is wrong; every fault is named.

    >>> from holdfast.domain.fields import NO_PATTERNS
    >>> plate = {"key": "plate", "label": "Plate", "type": "text", "help": ""}
    >>> own_fields([plate], NO_PATTERNS)
    ({'key': 'plate', 'label': 'Plate', 'type': 'text'},)
    """
    fields, faults = fields_in(written, pointer="/custom_fields")
    checks.require(faults)
    checks.require(definition_faults(fields, patterns, pointer="/custom_fields"))
    return tuple(field_out(one) for one in fields)


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
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in read.answers.items()
    }
