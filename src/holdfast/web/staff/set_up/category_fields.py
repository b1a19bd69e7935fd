"""Category fields: what a category asks of each of its resources, as entries of a form."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from holdfast.domain.categories import Category
from holdfast.domain.field_forms import fields_in
from holdfast.domain.fields import Field, FieldType, in_order
from holdfast.web.staff.set_up.sheets import Entry, Kind, Say, Sheet

_PLACE = "field_values"
_KINDS = {
    FieldType.SELECT: Kind.CHOICE,
    FieldType.MULTISELECT: Kind.SEVERAL,
    FieldType.CHECKBOX: Kind.FLAG,
    FieldType.DATE: Kind.DATE,
}


def _fields(category: Category) -> list[Field]:
    fields, _ = fields_in(category.custom_fields, pointer="/custom_fields")
    return in_order(fields)


def entries_of_category(category: Category, say: Say) -> tuple[Entry, ...]:
    """Return the entries for the fields of a category."""
    return tuple(_entry(one, say) for one in _fields(category))


def _entry(asked: Field, say: Say) -> Entry:
    options = tuple((option, option) for option in asked.options)
    is_choice = asked.type is FieldType.SELECT
    return Entry(
        name=f"{_PLACE}.{asked.key}",
        label=asked.label,
        kind=_KINDS.get(asked.type, Kind.LINE),
        help=asked.help,
        is_needed=asked.required,
        choices=(("", say("none")), *options) if is_choice else options,
    )


def answers_in(category: Category, sheet: Sheet) -> dict[str, object]:
    """Return what a sheet says to the fields of a category; what is left empty is not said."""
    found: dict[str, object] = {}
    for asked in _fields(category):
        value = sheet.values.get(f"{_PLACE}.{asked.key}")
        if asked.type is FieldType.CHECKBOX:
            found[asked.key] = bool(value)
        elif value in (None, "", ()):
            continue
        elif asked.type is FieldType.NUMBER:
            found[asked.key] = number_in(str(value))
        elif asked.type is FieldType.MULTISELECT:
            assert isinstance(value, tuple)
            found[asked.key] = list(value)
        else:
            found[asked.key] = str(value)
    return found


def number_in(said: str) -> object:
    """Return a number as the engine reads it; what is none stays text, and is refused there."""
    try:
        number = Decimal(said.replace(",", "."))
    except InvalidOperation:
        return said
    if not number.is_finite():
        return said
    return int(number) if number == number.to_integral_value() else float(number)


def answers_shown(category: Category, values: Mapping[str, object]) -> dict[str, object]:
    """Return what stands in the entries of a category."""
    found = {}
    for asked in _fields(category):
        value = values.get(asked.key)
        found[f"{_PLACE}.{asked.key}"] = tuple(value) if isinstance(value, list) else value
    return found
