"""The name of the constraint that SQLite complains about, which names columns instead."""

from __future__ import annotations

import re

from sqlalchemy import Table, UniqueConstraint

from holdfast.storage.schema.base import metadata

_CHECK = re.compile(r"CHECK constraint failed: (\S+)$")
_UNIQUE_INDEX = re.compile(r"UNIQUE constraint failed: index '([^']+)'$")
_UNIQUE_COLUMNS = re.compile(r"UNIQUE constraint failed: (\S+\.\S+(?:, \S+\.\S+)*)$")


def constraint_in(message: str) -> str | None:
    """Return the constraint's name, as PostgreSQL would give it, or None if none is named.

    SQLite names a CHECK and an index over expressions; for any other unique key it names the
    columns, whose key is looked up in the schema. It says nothing about a foreign key.
    """
    if found := _CHECK.search(message) or _UNIQUE_INDEX.search(message):
        return found.group(1)
    if found := _UNIQUE_COLUMNS.search(message):
        table_name = found.group(1).partition(".")[0]
        columns = tuple(part.partition(".")[2] for part in found.group(1).split(", "))
        table = metadata.tables.get(table_name)
        return None if table is None else _unique_key(table, columns)
    return None


def _unique_key(table: Table, columns: tuple[str, ...]) -> str | None:
    """Return the name of the table's key over these columns in this order."""
    if tuple(table.primary_key.columns.keys()) == columns:
        return _text(table.primary_key.name)
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint) and tuple(constraint.columns.keys()) == columns:
            return _text(constraint.name)
    for index in table.indexes:
        if index.unique and tuple(index.columns.keys()) == columns:
            return _text(index.name)
    return None


def _text(name: object) -> str | None:
    """Return a constraint's name as plain text."""
    return str(name) if isinstance(name, str) else None
