"""Limits on SQLite: the same rows as the library's, written by bare sqlite3.

The statements are made from what one real hold wrote, as those for pgbench are: the rows that came
with it and the columns that it changed, with ids of their own and later times each time. Values
are made up beforehand and are no part of what is measured: nobody can be faster with the same rows
and the same pragmas.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

_DIGITS = 11
_STAY = 30 * 60 * 1_000_000
_YEARS = 20 * 365 * 24 * 3_600 * 1_000_000
"""How far from the library's times the limit's are: it is not to take what others hold."""
_TIMED = {"starts_at", "ends_at"}
_PREPARED = 64
"""So many transactions are made up before some are measured."""

Row = tuple[object, ...]
Rows = Mapping[str, Mapping[Row, Row]]
"""Of each table its rows by their keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A statement and its values in the hold that it was made from."""

    sql: str
    names: tuple[str, ...]
    values: Row
    is_once: bool


@dataclass(slots=True, kw_only=True)
class SqliteScript:
    """What a hold writes, to be written again.

    Attributes:
        path: The database.
        room: The resource that was held; others take its place in turn.
        ids: What was made up for the hold, and is made up anew each time.
        batch_id: What was made up for its transaction.
    """

    path: Path
    room: str
    rooms: Sequence[str]
    steps: Sequence[_Step]
    ids: Sequence[str]
    batch_id: str
    _holds: int = field(default=0, init=False)
    _transactions: int = field(default=0, init=False)

    def measure(self, *, seconds: float, size: int) -> float:
        """Return how many holds a second are written, so many in one transaction."""
        spent, before = 0.0, self._holds
        with closing(_connect(self.path)) as connection:
            while spent < seconds:
                prepared = [self._transaction(size) for _ in range(_PREPARED)]
                began = time.perf_counter()
                for transaction in prepared:
                    connection.execute("BEGIN IMMEDIATE")
                    for sql, values in transaction:
                        connection.executemany(sql, values)
                    connection.execute("COMMIT")
                spent += time.perf_counter() - began
        return (self._holds - before) / spent

    def _transaction(self, size: int) -> list[tuple[str, list[Row]]]:
        """Make up the values of so many holds that are written together."""
        self._transactions += 1
        batch_id = _anew(self.batch_id, self._transactions)
        written: list[list[Row]] = [[] for _ in self.steps]
        for place in range(size):
            self._holds += 1
            change = self._changes(batch_id)
            for values, step in zip(written, self.steps, strict=True):
                if place == 0 or not step.is_once:
                    values.append(self._values(step, change))
        return [(step.sql, values) for step, values in zip(self.steps, written, strict=True)]

    def _changes(self, batch_id: str) -> dict[str, str]:
        room = self.rooms[self._holds % len(self.rooms)]
        changes = {found: _anew(found, self._holds) for found in self.ids}
        return {**changes, self.batch_id: batch_id, self.room: room}

    def _values(self, step: _Step, changes: Mapping[str, str]) -> Row:
        later = _YEARS + self._holds // len(self.rooms) * _STAY
        row: list[object] = []
        for name, value in zip(step.names, step.values, strict=True):
            if isinstance(value, str):
                text = value
                for old, new in changes.items():
                    text = text.replace(old, new)
                row.append(text)
            else:
                is_timed = name in _TIMED and isinstance(value, int)
                row.append(int(str(value)) + later if is_timed else value)
        return tuple(row)


def sqlite_script(
    path: Path, *, room: str, rooms: Sequence[str], place: Callable[[], object]
) -> SqliteScript:
    """Place one hold, and make a script from what it wrote."""
    with closing(_connect(path)) as connection:
        before = _rows(connection)
        place()
        after = _rows(connection)
        steps, ids = [], set[str]()
        for table, rows in after.items():
            names, keys = _columns(connection, table)
            for key, row in rows.items():
                old = before[table].get(key)
                if old is None:
                    steps.append(_insert(table, names, row))
                    ids |= {text for text in key if isinstance(text, str)}
                elif old != row:
                    steps.append(_update(table, names, keys, old, row))
        (tenant_id,) = connection.execute("SELECT tenant_id FROM tenant").fetchone()
    (batch_id,) = (found for found in ids if found.startswith("bat_"))
    return SqliteScript(
        path=path,
        room=room,
        rooms=rooms,
        steps=steps,
        ids=sorted(ids - {str(tenant_id), batch_id}),
        batch_id=batch_id,
    )


def _connect(path: Path) -> sqlite3.Connection:
    """Open it under the pragmas that Holdfast has for its writers."""
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=512)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = 1"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _rows(connection: sqlite3.Connection) -> Rows:
    """Return all rows of all businesses' tables, parents before children."""
    found: dict[str, dict[Row, Row]] = {}
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
        names, keys = _columns(connection, table)
        if "tenant_id" in names:
            places = [names.index(key) for key in keys]
            rows = connection.execute(f'SELECT * FROM "{table}"').fetchall()
            found[table] = {tuple(row[place] for place in places): row for row in rows}
    return found


def _columns(connection: sqlite3.Connection, table: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of a table's columns, and those of its key."""
    columns = connection.execute("SELECT name, pk FROM pragma_table_info(?)", (table,)).fetchall()
    return tuple(name for name, _ in columns), tuple(name for name, is_key in columns if is_key)


def _insert(table: str, names: tuple[str, ...], row: Row) -> _Step:
    listed, marks = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
    sql = f'INSERT INTO "{table}" ({listed}) VALUES ({marks})'
    return _Step(sql=sql, names=names, values=row, is_once=table == "batch")


def _update(table: str, names: tuple[str, ...], keys: tuple[str, ...], old: Row, row: Row) -> _Step:
    pairs = dict(zip(names, row, strict=True))
    changed = [name for name, was in zip(names, old, strict=True) if pairs[name] != was]
    wanted = " AND ".join(f'"{key}" = ?' for key in keys)
    sets = ", ".join(f'"{name}" = ?' for name in changed)
    used = (*changed, *keys)
    values = tuple(pairs[name] for name in used)
    return _Step(
        sql=f'UPDATE "{table}" SET {sets} WHERE {wanted}', names=used, values=values, is_once=False
    )


def _anew(found: str, number: int) -> str:
    """Return an id as long as one that was found, and as sorted as real ones are."""
    return f"{found[:-_DIGITS]}{number:0{_DIGITS}}"
