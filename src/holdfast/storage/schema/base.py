"""What all tables share: one `metadata`, names for constraints, and the columns' forms."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, MetaData, false, text, true
from sqlalchemy.types import TypeEngine

from holdfast.storage.types import Enumerated, Id, Instant, Json, LocalDate, Words

NAMING_CONVENTION = {
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
}

metadata = MetaData(naming_convention=NAMING_CONVENTION)
"""Every table of Holdfast. Importing `holdfast.storage.schema.<feature>` adds that feature's."""


def tenant_key() -> Column[str]:
    """Declare `tenant_id`, which leads every table's primary key."""
    return Column("tenant_id", Id(), primary_key=True, nullable=False)


def key_column(name: str, kind: TypeEngine[Any] | None = None) -> Column[Any]:
    """Declare a further column of the primary key: an id unless another type is given."""
    return Column(name, Id() if kind is None else kind, primary_key=True, nullable=False)


def id_column(name: str, *, nullable: bool = False) -> Column[str]:
    """Declare a column that holds the id of another row."""
    return Column(name, Id(), nullable=nullable)


def words_column(name: str, *, nullable: bool = False) -> Column[str]:
    """Declare a column of bytewise text."""
    return Column(name, Words(), nullable=nullable)


def instant_column(name: str, *, nullable: bool = False) -> Column[Any]:
    """Declare a column of UTC instants, named `…_at`."""
    return Column(name, Instant(), nullable=nullable)


def date_column(name: str, *, nullable: bool = False) -> Column[Any]:
    """Declare a column of calendar dates, named `…_on`."""
    return Column(name, LocalDate(), nullable=nullable)


def number_column(name: str, *, nullable: bool = False) -> Column[int]:
    """Declare a column of whole numbers of 64 bits."""
    return Column(name, BigInteger(), nullable=nullable)


def flag_column(name: str) -> Column[bool]:
    """Declare a column that is true or false, never null."""
    return Column(name, Boolean(), nullable=False)


def json_column(name: str, *, nullable: bool = False) -> Column[Any]:
    """Declare a column of canonical JSON."""
    return Column(name, Json(), nullable=nullable)


# Columns that came after their table have a default, for the rows that were there before.


def later_number(name: str, default: int) -> Column[int]:
    """Declare a whole number that was added to a table with rows in it."""
    return Column(name, BigInteger(), nullable=False, server_default=text(str(default)))


def later_flag(name: str, *, default: bool) -> Column[bool]:
    """Declare a flag that was added to a table with rows in it."""
    return Column(name, Boolean(), nullable=False, server_default=true() if default else false())


def later_words(name: str, default: str) -> Column[str]:
    """Declare a text that was added to a table with rows in it."""
    return Column(name, Words(), nullable=False, server_default=text(f"'{default}'"))


def later_json(name: str, default: str) -> Column[Any]:
    """Declare a JSON value that was added to a table with rows in it."""
    return Column(name, Json(), nullable=False, server_default=text(f"'{default}'"))


def later_choice(name: str, default: StrEnum) -> Column[Any]:
    """Declare a value of an enumeration that was added to a table with rows in it.

    SQLite adds no CHECK to a table that is there, so the type alone holds it to its values.
    """
    enumerated = Enumerated(type(default))
    return Column(name, enumerated, nullable=False, server_default=text(f"'{default.value}'"))


def status_column(name: str, enum_class: type[StrEnum], *, nullable: bool = False) -> Column[Any]:
    """Declare a column of an enumeration's values, held to them by the database.

    The column's `info["enum"]` is the enumeration. The CHECK is named
    `ck_<table>_<name>_values` and lists the values in the enumeration's order.
    """
    values = ", ".join("'" + member.value.replace("'", "''") + "'" for member in enum_class)
    return Column(
        name,
        Enumerated(enum_class),
        CheckConstraint(f"{name} IN ({values})", name=f"{name}_values"),
        nullable=nullable,
        info={"enum": enum_class},
    )
