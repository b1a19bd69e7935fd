"""Rows of several kinds by one statement: a UNION ALL of selects whose columns share places.

A column goes to the next free place of its family (text, number or flag); what a select has no
column for is NULL there. So one round trip answers what would take one for each kind, and a list
of ids is one parameter, whatever its length: a JSON array.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Dialect,
    FromClause,
    Join,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    null,
    select,
    true,
    type_coerce,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import TypeDecorator, TypeEngine

from holdfast.storage.types import canonical_json

_FAMILIES: tuple[TypeEngine[Any], ...] = (Text(), BigInteger(), Boolean())
_Decode = Callable[[Any], Any]


class _JsonTexts(GenericFunction[str]):
    """The texts of a JSON array that is kept or given as text, one a row, in column `value`."""

    name = "json_texts"
    inherit_cache = True


class _Bytewise(GenericFunction[str]):
    """A text that compares bytewise, as our columns do."""

    name = "bytewise"
    inherit_cache = True


class _JsonElements(GenericFunction[object]):
    """The elements of a JSON array that is given as text, one a row, in column `value`."""

    name = "json_elements"
    inherit_cache = True


class _JsonItem(GenericFunction[str]):
    """What stands at a place, counted from 0, in a JSON array: as text."""

    name = "json_item"
    inherit_cache = True


class _Led(Join):
    """Two tables, the first of which SQLite goes through for want of anything better to do."""

    inherit_cache = True


@compiles(_Led)
def _led(element: _Led, compiler: SQLCompiler, **options: object) -> str:
    options["asfrom"] = True
    left, right = (compiler.process(side, **options) for side in (element.left, element.right))
    return f"{left} CROSS JOIN {right}"


@compiles(_JsonElements, "sqlite")
def _elements_on_sqlite(element: _JsonElements, compiler: SQLCompiler, **options: object) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_JsonElements, "postgresql")
def _elements_on_postgresql(
    element: _JsonElements, compiler: SQLCompiler, **options: object
) -> str:
    return f"jsonb_array_elements(({compiler.process(element.clauses, **options)})::jsonb)"


@compiles(_JsonItem, "sqlite")
def _item_on_sqlite(element: _JsonItem, compiler: SQLCompiler, **options: object) -> str:
    array, place = (compiler.process(clause, **options) for clause in element.clauses)
    return f"json_extract({array}, '$[{place}]')"


@compiles(_JsonItem, "postgresql")
def _item_on_postgresql(element: _JsonItem, compiler: SQLCompiler, **options: object) -> str:
    array, place = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({array} ->> {place})"


@compiles(_JsonTexts, "sqlite")
def _texts_on_sqlite(element: _JsonTexts, compiler: SQLCompiler, **options: object) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_JsonTexts, "postgresql")
def _texts_on_postgresql(element: _JsonTexts, compiler: SQLCompiler, **options: object) -> str:
    return f"jsonb_array_elements_text(({compiler.process(element.clauses, **options)})::jsonb)"


@compiles(_Bytewise, "sqlite")
def _bytewise_on_sqlite(element: _Bytewise, compiler: SQLCompiler, **options: object) -> str:
    return compiler.process(element.clauses, **options)


@compiles(_Bytewise, "postgresql")
def _bytewise_on_postgresql(element: _Bytewise, compiler: SQLCompiler, **options: object) -> str:
    return f'({compiler.process(element.clauses, **options)}) COLLATE "C"'


def listed(name: str) -> FromClause:
    """Return the texts of a parameter as rows, in a column `value`; give them by `as_list`."""
    return func.json_texts(bindparam(name, type_=Text())).table_valued("value")


def elements(name: str) -> FromClause:
    """Return the elements of a parameter, a JSON array of arrays, as rows."""
    return func.json_elements(bindparam(name, type_=Text())).table_valued("value")


def led_by(rows: FromClause, table: FromClause) -> FromClause:
    """Return rows with those of a table, which is searched once for each of the first.

    SQLite, which knows nothing of a parameter's length, would go through the table otherwise.
    Conditions belong into WHERE.
    """
    return _Led(rows, table, true())


def text_at(rows: FromClause, place: int) -> ColumnElement[str]:
    """Return a text of each element of `elements`."""
    return bytewise(func.json_item(rows.c.value, literal_column(str(place))))


def number_at(rows: FromClause, place: int) -> ColumnElement[int]:
    """Return a number of each element of `elements`."""
    return cast(func.json_item(rows.c.value, literal_column(str(place))), BigInteger())


def as_list(texts: Iterable[str]) -> str:
    """Return texts as the parameter of `listed`."""
    return canonical_json(sorted(set(texts)))


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Say that a column is one of the texts of a parameter."""
    return column.in_(select(bytewise(listed(name).c.value)))


def bytewise(text: ColumnElement[Any]) -> ColumnElement[str]:
    """Return a text as one that compares bytewise on every database."""
    return func.bytewise(text, type_=Text())


def items_of(
    source: FromClause, column: ColumnElement[Any]
) -> tuple[FromClause, ColumnElement[str]]:
    """Return rows with each text of their JSON column, and the column of that text."""
    items = func.json_texts(type_coerce(column, Text())).table_valued("value")
    return source.join(items, true()), bytewise(items.c.value)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a column of a select stands in the union's rows, and how it is read."""

    name: str
    index: int
    decode: _Decode | None


class AtOnce:
    """One statement for several selects. Made once: building it costs more than running it.

    The rows of selects that are named as plain come as tuples of what the database has: there may
    be tens of thousands of them.
    """

    def __init__(self, selects: Mapping[str, Select[Any]], *, plain: Collection[str] = ()) -> None:
        self._columns = {name: list(one.selected_columns) for name, one in selects.items()}
        widths = [
            max(sum(_family(column) == family for column in columns) for columns in self._all())
            for family in range(len(_FAMILIES))
        ]
        starts = [1 + sum(widths[:family]) for family in range(len(_FAMILIES))]
        self._names = list(selects)
        self._indexes: list[list[int]] = []
        parts = []
        for number, one in enumerate(selects.values()):
            places: list[ColumnElement[Any]] = [
                cast(null(), _FAMILIES[family])
                for family in range(len(_FAMILIES))
                for _ in range(widths[family])
            ]
            free = list(starts)
            indexes = []
            for column in self._columns[self._names[number]]:
                family = _family(column)
                indexes.append(free[family])
                places[free[family] - 1] = type_coerce(column, _FAMILIES[family])
                free[family] += 1
            self._indexes.append(indexes)
            labelled = [place.label(f"c{i}") for i, place in enumerate(places)]
            part = literal_column(str(number), BigInteger()).label("part")
            parts.append(one.with_only_columns(part, *labelled))
        self._statement = union_all(*parts)
        self._plain = {
            number: itemgetter(*self._indexes[number])
            for number, name in enumerate(self._names)
            if name in plain
        }
        self._places: dict[str, list[list[_Place]]] = {}

    def _all(self) -> Sequence[list[Any]]:
        return list(self._columns.values())

    def run(self, connection: Connection, values: Mapping[str, object]) -> dict[str, list[Any]]:
        """Return the rows of each select, by the names of its columns, in no order."""
        found: dict[str, list[Any]] = {name: [] for name in self._names}
        places = self._places_for(connection.dialect)
        rows = [(found[name], places[number]) for number, name in enumerate(self._names)]
        plain = self._plain
        for row in connection.execute(self._statement, values).all():
            kept, columns = rows[row[0]]
            if row[0] in plain:
                kept.append(plain[row[0]](row))
                continue
            kept.append(
                {
                    place.name: row[place.index]
                    if place.decode is None
                    else place.decode(row[place.index])
                    for place in columns
                }
            )
        return found

    def _places_for(self, dialect: Dialect) -> list[list[_Place]]:
        places = self._places.get(dialect.name)
        if places is None:
            places = self._places[dialect.name] = [
                [
                    _Place(column.name, index, _decoder(column, dialect))
                    for column, index in zip(self._columns[name], indexes, strict=True)
                ]
                for name, indexes in zip(self._names, self._indexes, strict=True)
            ]
        return places


def _family(column: ColumnElement[Any]) -> int:
    kept = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
    return next(i for i, family in enumerate(_FAMILIES) if isinstance(kept, type(family)))


def _decoder(column: ColumnElement[Any], dialect: Dialect) -> _Decode | None:
    """Return what makes a column's value of what the database has; flags come ready."""
    if not isinstance(column.type, TypeDecorator):
        return None
    return column.type.dialect_impl(dialect).result_processor(dialect, None)
