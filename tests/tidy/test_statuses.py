"""A status is one enum in Python and the same values in a CHECK of the database."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import cast

from sqlalchemy import CheckConstraint, Column, Table

from holdfast.storage.schema import metadata

QUOTED = re.compile(r"'((?:[^']|'')*)'")


def checks_of_values(table: Table) -> dict[str, set[str]]:
    """Return the values allowed by each CHECK named ck_<table>_<column>_values, by that name."""
    declared = [
        *table.constraints,
        *(item for column in table.columns for item in column.constraints),
    ]
    checks = [item for item in declared if isinstance(item, CheckConstraint)]
    return {
        str(check.name): set(QUOTED.findall(str(check.sqltext)))
        for check in checks
        if str(check.name).startswith("ck_") and str(check.name).endswith("_values")
    }


def enum_columns(table: Table) -> dict[str, set[str]]:
    """Return the values of each column's enum, by the name that its CHECK must have."""
    columns = cast("list[Column[object]]", [item for item in table.columns if "enum" in item.info])
    return {
        f"ck_{table.name}_{column.name}_values": {
            member.value for member in cast("type[StrEnum]", column.info["enum"])
        }
        for column in columns
    }


def test_every_enum_column_has_a_check_of_exactly_its_values() -> None:
    enums = {name: enum_columns(table) for name, table in metadata.tables.items()}

    checks = {name: checks_of_values(table) for name, table in metadata.tables.items()}

    assert checks == enums


def test_the_schema_has_statuses_at_all() -> None:
    assert any(enum_columns(table) for table in metadata.tables.values())
