"""Fields as they are written down: a question as a plain object, read and written back."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.checks import Fault
from holdfast.domain.fields import (
    FIELDS_MAX,
    Bound,
    Field,
    FieldType,
    Patterns,
    definition_faults,
)

FAULTS_MAX = 50
NAME_SHOWN_MAX = 80


class _Misread(Exception):
    """A part of a question cannot be read."""

    def __init__(self, code: str, detail: str, *, at: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.at = at


def fields_in(
    written: Sequence[Mapping[str, object]], *, pointer: str
) -> tuple[list[Field], list[Fault]]:
    """Read questions; what cannot be read is named, with its place.

    What they may ask is another matter: `fields.definition_faults` says.

    >>> plate = {"key": "plate", "label": "Plate", "type": "text"}
    >>> fields_in([plate], pointer="/custom_fields")[0] == [
    ...     Field(key="plate", label="Plate", type=FieldType.TEXT)
    ... ]
    True
    """
    if len(written) > FIELDS_MAX:
        return [], [checks.fault(pointer, "too_many", f"At most {FIELDS_MAX} fields are asked.")]
    fields: list[Field] = []
    faults: list[Fault] = []
    for i, one in enumerate(written):
        read, wrong = _field(one, f"{pointer}/{i}")
        faults += wrong
        if read is not None:
            fields.append(read)
    return fields, faults[:FAULTS_MAX]


def kept_fields(
    written: Sequence[Mapping[str, object]], patterns: Patterns, *, pointer: str
) -> tuple[dict[str, object], ...]:
    """Return questions as they are kept.

    Raises:
        InputInvalid: Something about them is wrong; every fault is named.

    >>> from holdfast.domain.fields import NO_PATTERNS
    >>> plate = {"key": "plate", "label": "Plate", "type": "text", "help": ""}
    >>> kept_fields([plate], NO_PATTERNS, pointer="/fields")
    ({'key': 'plate', 'label': 'Plate', 'type': 'text'},)
    """
    fields, faults = fields_in(written, pointer=pointer)
    checks.require(faults)
    checks.require(definition_faults(fields, patterns, pointer=pointer))
    return tuple(field_out(one) for one in fields)


def field_out(field: Field) -> dict[str, object]:
    """Return a question as a plain object, with what differs from saying nothing.

    >>> field_out(Field(key="seats", label="Seats", type=FieldType.NUMBER, min=Decimal(2)))
    {'key': 'seats', 'label': 'Seats', 'type': 'number', 'min': 2}
    """
    said: dict[str, object] = {
        "key": field.key,
        "label": field.label,
        "type": field.type.value,
        "required": field.required,
        "options": list(field.options),
        "pattern": field.pattern,
        "min": _bound_out(field.min),
        "max": _bound_out(field.max),
        "help": field.help,
        "order": field.order,
        "is_private": field.is_private,
    }
    needed = {"key", "label", "type"}
    return {name: said[name] for name in said if name in needed or said[name] != _SILENCE[name]}


_SILENCE: Mapping[str, object] = MappingProxyType(
    {
        "required": False,
        "options": [],
        "pattern": None,
        "min": None,
        "max": None,
        "help": "",
        "order": 0,
        "is_private": False,
    }
)


def _bound_out(bound: Bound | None) -> object:
    if bound is None:
        return None
    if isinstance(bound, date):
        return bound.isoformat()
    return int(bound) if bound == bound.to_integral_value() else float(bound)


def _field(written: object, here: str) -> tuple[Field | None, list[Fault]]:
    if not isinstance(written, Mapping):
        return None, [checks.fault(here, "wrong_type", "A field is an object.")]
    faults = []
    said: dict[str, Any] = {}
    for name, value in written.items():
        try:
            said[name] = _READERS.get(name, _unknown)(value)
        except _Misread as misread:
            at = f"{here}/{_pointed(name)}{misread.at}"
            faults.append(checks.fault(at, misread.code, misread.detail))
    faults += [
        checks.fault(f"{here}/{name}", "missing", "This is needed.")
        for name in ("key", "label", "type")
        if name not in written
    ]
    if faults:
        return None, faults
    is_date = said["type"] is FieldType.DATE
    for name in ("min", "max"):
        if isinstance(said.get(name), str) and is_date:
            try:
                said[name] = date.fromisoformat(said[name])
            except ValueError:
                faults.append(checks.fault(f"{here}/{name}", "not_a_date", "Give 2026-12-31."))
        elif isinstance(said.get(name), str):
            faults.append(checks.fault(f"{here}/{name}", "wrong_type", "Give a number."))
    return (None, faults) if faults else (Field(**said), [])


def _pointed(name: object) -> str:
    """Return a name as a JSON pointer writes it (RFC 6901), not longer than is useful."""
    plain = str(name)[:NAME_SHOWN_MAX].encode("ascii", "backslashreplace").decode()
    return plain.replace("~", "~0").replace("/", "~1")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _Misread("wrong_type", "Give a text.")
    return value


def _kind(value: object) -> FieldType:
    try:
        return FieldType(_text(value))
    except ValueError:
        words = ", ".join(FieldType)
        raise _Misread("not_one_of", f"Give one of {words}.") from None


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _Misread("wrong_type", "Give true or false.")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _Misread("wrong_type", "Give a whole number.")
    return value


def _options(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise _Misread("wrong_type", "Give a list of texts.")
    for i, option in enumerate(value):
        if not isinstance(option, str):
            raise _Misread("wrong_type", "Give a text.", at=f"/{i}")
    return tuple(value)


def _unknown(_value: object) -> object:
    raise _Misread("unknown_name", "A field has nothing of this name.")


def _maybe_text(value: object) -> str | None:
    return None if value is None else _text(value)


def _bound(value: object) -> Decimal | str | None:
    """Return a limit: a number, or the text of a date, which only a date has."""
    if value is None or isinstance(value, str):
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or (isinstance(value, float) and not math.isfinite(value)):
        raise _Misread("wrong_type", "Give a number, or a date as 2026-12-31.")
    return Decimal(repr(value))


_READERS: Mapping[str, Callable[[object], object]] = MappingProxyType(
    {
        "key": _text,
        "label": _text,
        "type": _kind,
        "required": _flag,
        "options": _options,
        "pattern": _maybe_text,
        "min": _bound,
        "max": _bound,
        "help": _text,
        "order": _whole,
        "is_private": _flag,
    }
)
