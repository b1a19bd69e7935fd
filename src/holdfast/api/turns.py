"""Turns: how fields are called and kept inside, where that differs from the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any


def _as_it_is(value: object) -> object:
    return value


@dataclass(frozen=True, slots=True)
class Turn:
    """How a field of the wire is called inside, and how its value is read and shown.

    Null is the same on both sides.
    """

    inside: str
    read: Callable[[Any], object] = _as_it_is
    show: Callable[[Any], object] = _as_it_is


def read_fields(body: object, names: Iterable[str], turns: Mapping[str, Turn]) -> dict[str, object]:
    """Return fields of a body by the names and in the types of the records."""
    found: dict[str, object] = {}
    for name in names:
        turn, value = turns.get(name, Turn(name)), getattr(body, name)
        found[turn.inside] = None if value is None else turn.read(value)
    return found


def show_fields(record: object, names: Iterable[str], turns: Mapping[str, Turn]) -> dict[str, Any]:
    """Return fields of a record by the names and in the types of the wire."""
    found: dict[str, Any] = {}
    for name in names:
        turn = turns.get(name, Turn(name))
        value = getattr(record, turn.inside)
        found[name] = None if value is None else turn.show(value)
    return found


def pointers(turns: Mapping[str, Turn]) -> dict[str, str]:
    """Return the pointers of the wire by those of the engine's checks, where they differ."""
    return {f"/{turn.inside}": f"/{name}" for name, turn in turns.items() if turn.inside != name}
