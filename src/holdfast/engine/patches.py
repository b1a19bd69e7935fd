"""Changing some fields of a record: the names allowed, the result checked, then written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from holdfast.domain.errors import InputFault, InputInvalid
from holdfast.engine.use_cases import View

R = TypeVar("R")


def patched(
    view: View,
    record: R,
    changes: Mapping[str, object],
    allowed: frozenset[str],
    require_valid: Callable[[R], None],
) -> R:
    """Replace fields of a record; without a real change the record stays as it is.

    Raises:
        InputInvalid: A field may not be changed, or the record would be malformed.
    """
    require_known(changes, allowed)
    real = {name: value for name, value in changes.items() if getattr(record, name) != value}
    if not real:
        return record
    require_valid(replace(record, **real))  # type: ignore[type-var]  # every record is a dataclass
    return view.update(record, **real)


def require_known(changes: Mapping[str, object], allowed: frozenset[str]) -> None:
    """Refuse to change what cannot be changed.

    Raises:
        InputInvalid: It names such a field.
    """
    unknown = sorted(set(changes) - allowed)
    if unknown:
        raise InputInvalid(
            [
                InputFault(
                    pointer=f"/{name}", code="not_changeable", detail="This cannot be changed."
                )
                for name in unknown
            ]
        )
