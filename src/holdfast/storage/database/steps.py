"""Queries and steps of a flush: statements of the hot path, past what SQLAlchemy does anew.

The statements are SQLAlchemy's own, compiled once for each database; what is saved is its work for
every execution and every row. PostgreSQL gets all queries of a load, and all steps of a flush, in
one round trip, an insertion as one array a column; SQLite gets them one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    Dialect,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    cast,
    func,
    insert,
    select,
)
from sqlalchemy.dialects import registry
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Row = Mapping[str, Any]
Bind = Callable[[Any], Any] | None
"""What turns a value into what the driver takes; None leaves it as it is."""

# Many more than there are tables and kinds of changes.
_FORMS_KEPT = 512

POSTGRESQL: Dialect = registry.load("postgresql")(paramstyle="numeric_dollar")
SQLITE: Dialect = registry.load("sqlite")(paramstyle="qmark")


@dataclass(frozen=True, slots=True)
class Insertion:
    """Rows to insert into one table, all with a value for the same columns."""

    table: Table
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Change:
    """One UPDATE for many rows, each with a value for every parameter of the statement.

    The statement is one of a few that live as long as the program: it is compiled once.
    """

    statement: Update
    rows: Sequence[Row]


Step = Insertion | Change


@dataclass(frozen=True, slots=True)
class Query:
    """A SELECT and the values of its parameters. It lives as long as the program, too."""

    statement: Select[Any]
    values: Row


Answer = list[dict[str, Any]]
"""The rows of a query, by the names of its columns."""


@dataclass(frozen=True, slots=True)
class Form:
    """A statement as one database takes it: its SQL, and what its parameters are called."""

    sql: str
    binds: tuple[tuple[str, Bind], ...]

    def values(self, row: Row) -> list[Any]:
        """Return a row's values in the order of the parameters."""
        return [row[name] if bind is None else bind(row[name]) for name, bind in self.binds]

    def columns(self, rows: Sequence[Row]) -> list[list[Any]]:
        """Return the rows' values by parameter."""
        return [
            [row[name] for row in rows] if bind is None else [bind(row[name]) for row in rows]
            for name, bind in self.binds
        ]


@dataclass(frozen=True, slots=True)
class QueryForm(Form):
    """A query as one database takes it, and how its rows are read."""

    columns_read: tuple[tuple[str, Bind], ...]
    constants: Row

    def parameters(self, values: Row) -> list[Any]:
        """Return a query's values, and what its statement says itself, in their order."""
        return self.values({**self.constants, **values})

    def rows(self, found: Iterable[Sequence[Any]]) -> Answer:
        """Return rows as the driver gave them by the names of their columns."""
        columns = self.columns_read
        return [
            {
                name: value if read is None else read(value)
                for (name, read), value in zip(columns, row, strict=True)
            }
            for row in found
        ]


@lru_cache(maxsize=_FORMS_KEPT)
def query_form(statement: Select[Any], dialect: Dialect) -> QueryForm:
    """Compile a SELECT."""
    sql, names, compiled = _compiled(statement, dialect)
    binds = [compiled.binds[name] for name in names]
    kinds = [bind.type for bind in binds]
    columns_read = tuple(
        (column.name, column.type.dialect_impl(dialect).result_processor(dialect, None))
        for column in statement.selected_columns
    )
    return QueryForm(
        sql=sql,
        binds=_binds(names, kinds, dialect),
        columns_read=columns_read,
        constants={
            name: bind.effective_value
            for name, bind in zip(names, binds, strict=True)
            if not bind.required
        },
    )


@lru_cache(maxsize=_FORMS_KEPT)
def change_form(statement: Update, dialect: Dialect) -> Form:
    """Compile an UPDATE of one row."""
    sql, names, compiled = _compiled(statement, dialect)
    kinds = [compiled.binds[name].type for name in names]
    return Form(sql=sql, binds=_binds(names, kinds, dialect))


@lru_cache(maxsize=_FORMS_KEPT)
def insert_form(table: Table, names: tuple[str, ...], dialect: Dialect) -> Form:
    """Compile an INSERT: of one row for SQLite, of arrays, one a column, for PostgreSQL."""
    values: dict[str, Any] = {name: bindparam(name) for name in names}
    statement: Insert = insert(table).values(values)
    if dialect is POSTGRESQL:
        arrays = [
            cast(values[name], ARRAY(table.columns[name].type.dialect_impl(dialect)))
            for name in names
        ]
        rows = func.unnest(*arrays).table_valued(*names, name="rows").render_derived()
        statement = insert(table).from_select(list(names), select(*rows.columns))
    sql, parameters, _ = _compiled(statement, dialect)
    kinds = [table.columns[name].type for name in parameters]
    return Form(sql=sql, binds=_binds(parameters, kinds, dialect))


def _compiled(
    statement: Insert | Update | Select[Any], dialect: Dialect
) -> tuple[str, list[str], SQLCompiler]:
    """Return the SQL and the names of its parameters, in their order."""
    compiled = statement.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)
    return str(compiled), compiled.positiontup or [], compiled


def _binds(
    names: Sequence[str], kinds: Sequence[TypeEngine[Any]], dialect: Dialect
) -> tuple[tuple[str, Bind], ...]:
    return tuple(
        (name, kind.dialect_impl(dialect).bind_processor(dialect))
        for name, kind in zip(names, kinds, strict=True)
    )


def parameter(value: object) -> bytes | None:
    r"""Write one value as PostgreSQL reads it.

    >>> parameter(True), parameter(-3), parameter("é"), parameter(b"\x00a"), parameter(None)
    (b't', b'-3', b'\xc3\xa9', b'\\x0061', None)
    """
    match value:
        case None:
            return None
        case bool():
            return b"t" if value else b"f"
        case bytes():
            return b"\\x" + value.hex().encode()
        case _:
            return str(value).encode()


def array(values: Sequence[object]) -> bytes:
    r"""Write an array as PostgreSQL reads it.

    >>> array([1, None, True]), array(['a"b', "c\\d", "NULL", ""])
    (b'{1,NULL,t}', b'{"a\\"b","c\\\\d","NULL",""}')
    """
    return ("{" + ",".join([_element(value) for value in values]) + "}").encode()


def _element(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        if "\\" in value or '"' in value:
            value = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{value}"'
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, bytes):
        return f'"\\\\x{value.hex()}"'
    return str(value)
