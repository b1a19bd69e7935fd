"""Faults: what Pydantic finds wrong with an input, in our words."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from holdfast.api.strict_json import pointer
from holdfast.domain.errors import InputFault, InputInvalid

M = TypeVar("M", bound=BaseModel)

FAULTS_MAX = 50
GUESSED_LENGTH_MAX = 40

# Our code and words for Pydantic's kinds of faults.
_SAID: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "bool_type": ("wrong_type", "Give true or false."),
        "dict_type": ("wrong_type", "Give an object: {{…}}."),
        "enum": ("not_one_of", "It has to be {expected}."),
        "extra_forbidden": ("unknown_field", "There is no such field here. Leave it out."),
        "greater_than_equal": ("out_of_range", "It has to be at least {ge}."),
        "int_type": ("wrong_type", "Give a whole number."),
        "less_than_equal": ("out_of_range", "It has to be at most {le}."),
        "list_type": ("wrong_type", "Give a list: […]."),
        "literal_error": ("not_one_of", "It has to be {expected}."),
        "missing": ("missing", "This is needed."),
        "model_type": ("wrong_type", "Give an object: {{…}}."),
        "string_too_long": ("too_long", "It may have at most {max_length} characters."),
        "string_too_short": ("too_short", "It needs at least {min_length} characters."),
        "string_type": ("wrong_type", "Give a text."),
        "too_long": ("too_many", "Give at most {max_length}; these are {actual_length}."),
        "too_short": ("too_few", "Give at least {min_length}."),
    }
)
_FORMS: Mapping[str, str] = MappingProxyType(
    {"^[A-Z]{3}$": "Give an ISO 4217 code of three capital letters, such as EUR."}
)
_ID_PREFIX_LENGTH = len("^res_")
_WORDS = re.compile(r"\^\(([a-z_]+(?:\|[a-z_]+)*)\)\$")


def wrong(code: str, detail: str) -> PydanticCustomError:
    """Return what a validator raises."""
    return PydanticCustomError(code, "{detail}", {"detail": detail})


def validated(model: type[M], value: object, *, fixed: Collection[str] = ()) -> M:
    """Return a value as a model.

    Args:
        model: The form that it has to have.
        value: What was sent.
        fixed: Fields that the record has and nobody can change.

    Raises:
        InputInvalid: It is not of that form; every fault is named.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        known = [field.alias or name for name, field in model.model_fields.items()]
        found = error.errors(include_url=False, include_input=False)[:FAULTS_MAX]
        raise InputInvalid([_fault(one, known, fixed) for one in found]) from None


def _fault(found: ErrorDetails, known: Collection[str], fixed: Collection[str]) -> InputFault:
    place = [part for part in found["loc"] if part != "[key]"]
    code, detail = _said(found["type"], found.get("ctx", {}))
    if code == "unknown_field" and len(place) == 1:
        name = str(place[0])
        if name in fixed:
            code, detail = "not_changeable", "This cannot be changed here. Leave it out."
        elif len(name) <= GUESSED_LENGTH_MAX and (near := get_close_matches(name, known, n=1)):
            detail = f"There is no such field here. Did you mean '{near[0]}'?"
    return InputFault(pointer=pointer(place), code=code, detail=detail)


def _said(kind: str, more: Mapping[str, Any]) -> tuple[str, str]:
    """Return our code and words for one of Pydantic's; those of our own validators stay."""
    if "detail" in more:
        return kind, more["detail"]
    if kind == "string_pattern_mismatch":
        return "bad_form", _form(more["pattern"])
    if kind in _SAID:
        code, words = _SAID[kind]
        return code, words.format_map(more)
    return kind, "This is not taken here. See the field in the OpenAPI document."


def _form(pattern: str) -> str:
    """Say which form a text has to have."""
    if pattern in _FORMS:
        return _FORMS[pattern]
    prefix = pattern[1:_ID_PREFIX_LENGTH]
    if prefix.endswith("_"):
        return f"Give an id as the API answers it: {prefix} and its letters and digits."
    words = _WORDS.fullmatch(pattern)
    if words is not None:
        return f"It has to be one of {', '.join(words[1].split('|'))}."
    return f"It has to match {pattern}"
