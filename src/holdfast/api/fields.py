"""Fields on the wire: the questions of categories and offerings, and the answers to them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from holdfast.api.faults import wrong
from holdfast.api.models import Body, Line, LongText, Out, Word
from holdfast.domain.fields import FIELDS_MAX, OPTIONS_MAX, ORDER_MAX, PATTERN_MAX, FieldType


def _read_bound(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise wrong("wrong_type", "Give a number; of a date field a date such as 2026-08-15.")
    return value


Bound = Annotated[int | float | str, BeforeValidator(_read_bound)]
"""The least or the most of a field: a number, or a date."""


class FieldIn(Body):
    """One question.

    `min` and `max` limit a number, the length of a text or the number of options chosen; of a date
    they are dates. A `pattern` of a text, phone or e-mail is found by an engine that cannot hang.
    """

    key: Line
    label: Line
    type: Word[FieldType]
    required: bool = False
    options: Annotated[list[Line], Field(max_length=OPTIONS_MAX)] = Field(default_factory=list)
    pattern: Annotated[str, Field(max_length=PATTERN_MAX)] | None = None
    min: Bound | None = None
    max: Bound | None = None
    help: LongText = ""
    order: Annotated[int, Field(ge=-ORDER_MAX, le=ORDER_MAX)] = 0
    is_private: bool = False

    def said(self) -> dict[str, object]:
        """Return it as the engine takes it."""
        return self.model_dump(mode="json")


Fields = Annotated[list[FieldIn], Field(max_length=FIELDS_MAX)]


def fields_said(given: list[FieldIn]) -> tuple[dict[str, object], ...]:
    """Return questions as the engine takes them."""
    return tuple(one.said() for one in given)


class FieldOut(Out):
    """One question."""

    key: str
    label: str
    type: FieldType
    required: bool = False
    options: list[str] = Field(default_factory=list)
    pattern: str | None = None
    min: int | float | str | None = None
    max: int | float | str | None = None
    help: str = ""
    order: int = 0
    is_private: bool = False


def fields_out(kept: tuple[dict[str, Any], ...]) -> list[FieldOut]:
    """Show questions in the order in which they are kept."""
    return [FieldOut(**one) for one in kept]
