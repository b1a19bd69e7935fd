"""Versions: refusing a change that was made on an older state than the record's own."""

from __future__ import annotations

from holdfast.domain.errors import RecordChanged
from holdfast.engine.records import KINDS, id_of, version_of


def require_version(record: object, expected: int | None) -> None:
    """Refuse when the caller saw another version; None means any will do.

    Raises:
        RecordChanged: The record has another version now.
    """
    actual = version_of(record)
    if expected is not None and expected != actual:
        raise RecordChanged(
            kind=KINDS[type(record)].name, key=id_of(record), expected=expected, actual=actual
        )
