"""Copies: rows of one real request, repeated by SQL with ids and times of their own."""

from __future__ import annotations

from collections.abc import Mapping

from holdfast.bench.grounds import Ground

_DIGITS = 11


def copy_rows(
    ground: Ground, table: str, where: str, *, source: str, changes: Mapping[str, str]
) -> None:
    """Insert a copy of some rows for each row of a source.

    Args:
        ground: Where they are.
        table: Whose rows, known as `was` to all that is said here.
        where: Which.
        source: A query, known as `new`.
        changes: Expressions of columns that are not as they were.
    """
    names = [
        str(name)
        for (name,) in ground.ask(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass"
            " AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            table,
        )
    ]
    listed = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(changes.get(name, f'was."{name}"') for name in names)
    ground.run(
        f'INSERT INTO "{table}" ({listed}) SELECT {values} FROM "{table}" AS was, ({source}) AS new'
        f" WHERE {where}"
    )


def anew(name: str, number: str = "new.number") -> str:
    """Write an id like that of a column, of the same length, with a number in it."""
    return f"left(was.{name}, -{_DIGITS}) || lpad(({number})::text, {_DIGITS}, '0')"
