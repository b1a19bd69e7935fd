"""Rulings: comparing what the engine said with what it may say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from holdfast.simulation.steps import Difference, Said, plain

Cause = dict[str, object]


def refused(code: str, **fields: object) -> Cause:
    """Return the cause of a refusal."""
    return {"code": code, **fields}


def allowed(said: Said, expected: Sequence[Cause | None]) -> bool:
    """Return whether the engine has accepted, after comparing with the answers that are right.

    Raises:
        Difference: It said something else.
    """
    actual: Cause | None = None if said.code is None else {"code": said.code, **said.fields}
    for one in expected:
        if one is None or actual is None:
            if one is actual:
                return actual is None
            continue
        if all(_alike(actual.get(name), value) for name, value in one.items()):
            return False
    wanted = " or ".join("accepted" if one is None else str(one) for one in expected)
    got = "accepted" if actual is None else str(actual)
    raise Difference(f"expected {wanted}, got {got}")


def _alike(actual: object, expected: object) -> bool:
    if isinstance(expected, datetime):
        return str(actual) == expected.isoformat()
    return actual == expected


def require_accepted(said: Said) -> None:
    """Require that the engine has accepted.

    Raises:
        Difference: It has not.
    """
    allowed(said, [None])


def differ_unless(holds: object, message: str) -> None:
    """Raise a difference unless something holds.

    Raises:
        Difference: It does not.
    """
    if not holds:
        raise Difference(message)


def differ(actual: Mapping[str, object], expected: Mapping[str, object]) -> None:
    """Compare what the engine says of something with what is expected.

    Raises:
        Difference: They are not the same.
    """
    wrong = {
        name: {"expected": plain(value), "actual": plain(actual.get(name))}
        for name, value in expected.items()
        if plain(actual.get(name)) != plain(value)
    }
    if wrong:
        raise Difference(f"{wrong}")
