"""Limits: the same rows as Holdfast's, written by pgbench, one transaction each.

The script is made from what one real request wrote: the rows that bear its transaction's number,
with ids of their own and the next half hour each time. So the limit changes when the rows do. It
is PostgreSQL's best case: no HTTP, no rules, no reading, prepared statements, and the transaction
in one pipeline, which is one round trip.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from holdfast.bench.grounds import Ground
from holdfast.bench.options import BenchUnavailable
from holdfast.testing.postgres import find_postgres_binaries

CLIENTS = (4, 16, 64)
_DIGITS = 11
_RESOURCES = 1_000
_DONE = re.compile(r"actually processed: (\d+)")
_TPS = re.compile(r"tps = ([0-9.]+) \(without")
_LOCK = """INSERT INTO capacity (tenant_id, key, kind, used, over_commit, seq)
VALUES ('{tenant}', {key}, '{kind}', 0, 0, 1)
ON CONFLICT (tenant_id, key) DO UPDATE SET seq = capacity.seq + 1
RETURNING kind, used, cap, over_commit, seq, decided_at;"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What pgbench reached.

    Attributes:
        per_second: Transactions a second, of the best number of clients.
        clients: That number.
        rows, wal_bytes: Written by one transaction, on average of all.
    """

    per_second: float
    clients: int
    rows: float
    wal_bytes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A transaction for pgbench, made from one that Holdfast made."""

    text: str
    ground: Ground

    def measure(self, *, seconds: float, run: int) -> Limit:
        """Return the best of all numbers of clients, each for its share of the time.

        Args:
            seconds: How long together.
            run: Which measurement this is: from 0, each with rows of its own.
        """
        file = self.ground.folder / "limit.sql"
        file.write_text(self.text, encoding="utf-8")
        self.ground.settle()
        rates = {}
        rows_before, wal_before = self.ground.written()
        done = 0
        for place, clients in enumerate(CLIENTS):
            share = max(1, round(seconds / len(CLIENTS)))
            first = (run * len(CLIENTS) + place) * 10**8
            count, rates[clients] = _pgbench(self.ground.url, file, clients, share, first=first)
            done += count
        rows, wal = self.ground.written()
        best = max(rates, key=lambda clients: rates[clients])
        return Limit(
            per_second=rates[best],
            clients=best,
            rows=round((rows - rows_before) / done, 2),
            wal_bytes=round((wal - wal_before) / done),
        )


def best(*limits: Limit) -> Limit:
    """Return the higher one: what the machine can do, when it is let."""
    return max(limits, key=lambda limit: limit.per_second)


def _pgbench(url: str, file: Path, clients: int, seconds: int, *, first: int) -> tuple[int, float]:
    """Run pgbench and return its transactions, in all and a second."""
    binaries = find_postgres_binaries()
    beside = None if binaries is None else Path(binaries.program("pgbench"))
    program = str(beside) if beside is not None and beside.exists() else shutil.which("pgbench")
    if program is None:
        raise BenchUnavailable("pgbench is missing; Debian's package postgresql brings it.")
    where = psycopg.conninfo.conninfo_to_dict(url)
    named = {
        "PGHOST": where.get("host"),
        "PGPORT": where.get("port"),
        "PGUSER": where.get("user"),
        "PGPASSWORD": where.get("password"),
    }
    environment = {**os.environ, **{name: str(said) for name, said in named.items() if said}}
    command = [program, "--no-vacuum", "--protocol=prepared", f"--file={file}"]
    command += [f"--client={clients}", "--jobs=1", f"--time={seconds}"]
    command += ["-D", "i=0", "-D", f"first={first}", str(where["dbname"])]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    count, rate = _DONE.search(done.stdout), _TPS.search(done.stdout)
    if done.returncode != 0 or count is None or rate is None:
        message = f"pgbench failed: {done.stderr.strip()[-1_500:]}"
        raise BenchUnavailable(message)
    return int(count[1]), float(rate[1])


def script_of(ground: Ground, *, tenant_id: str, is_hot: bool) -> Script:
    """Make the script from the last batch of a tenant, which must have been one command.

    Args:
        ground: Where it was written.
        tenant_id: Whose.
        is_hot: Whether all transactions count on that one counter; else each locks one of 1,000
            resources, which are copies of the one that was locked.
    """
    (number, batch), *_ = ground.ask(
        "SELECT xmin::text, batch_id FROM batch WHERE tenant_id = %s"
        " ORDER BY created_at DESC, batch_id DESC LIMIT 1",
        tenant_id,
    )
    tables = _tables(ground)
    rows = {
        table: _rows(ground, table, names, str(number))
        for table, names in tables.items()
        if table != "capacity"
    }
    ids = {str(batch)} | {
        row[name][0] or ""
        for table, found in rows.items()
        for row in found
        for name in _key_names(ground, table)
        if name != "tenant_id" and len(row[name][0] or "") > _DIGITS
    }
    counters = _rows(ground, "capacity", tables["capacity"], str(number))
    writer = _Writer(
        ids={found for found in ids if _is_new(found, rows)},
        resources=frozenset() if is_hot else _copies(ground, tenant_id, counters),
    )
    lines = [
        "\\set i :i + 1",
        f"\\set n {10 ** (_DIGITS - 1)} + :first + :i * 100 + :client_id",
        f"\\set r random({_RESOURCES}, {2 * _RESOURCES - 1})",
        "\\startpipeline",
        "BEGIN;",
    ]
    for counter in counters:
        key, kind = (str(counter[name][0]) for name in ("key", "kind"))
        lines.append(_LOCK.format(tenant=tenant_id, key=writer.text(key), kind=kind))
    for table, found in rows.items():
        lines += [writer.insert(table, row) for row in found]
    for counter in counters:
        if counter["decided_at"][0] is not None and is_hot:
            key = writer.text(str(counter["key"][0]))
            lines.append(
                f"UPDATE capacity SET used = used + 1, decided_at = {counter['decided_at'][0]}"
                f" WHERE tenant_id = '{tenant_id}' AND key = {key};"
            )
    return Script(text="\n".join([*lines, "COMMIT;", "\\endpipeline", ""]), ground=ground)


Cells = dict[str, tuple[str | None, str]]
"""A row: of each column its text and its type."""


def _tables(ground: Ground) -> dict[str, list[tuple[str, str]]]:
    """Return the tables with their columns and types, parents before children."""
    found: dict[str, list[tuple[str, str]]] = {}
    for table, name, kind in ground.ask(
        "SELECT c.relname, a.attname, format_type(a.atttypid, NULL) FROM pg_class c"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
        " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
        " ORDER BY c.oid, a.attnum"
    ):
        found.setdefault(str(table), []).append((str(name), str(kind)))
    return {table: names for table, names in found.items() if ("tenant_id", "text") in names}


def _rows(ground: Ground, table: str, names: Sequence[tuple[str, str]], number: str) -> list[Cells]:
    """Return the rows of a table that one transaction wrote."""
    listed = ", ".join(f'"{name}"::text' for name, _ in names)
    found = ground.ask(f'SELECT {listed} FROM "{table}" WHERE xmin::text = %s', number)
    return [
        {
            name: (None if value is None else str(value), kind)
            for (name, kind), value in zip(names, row, strict=True)
        }
        for row in found
    ]


def _key_names(ground: Ground, table: str) -> list[str]:
    """Return the columns of a table's primary key."""
    found = ground.ask(
        "SELECT a.attname FROM pg_index i JOIN pg_attribute a"
        " ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)"
        " WHERE i.indisprimary AND i.indrelid = %s::regclass",
        table,
    )
    return [str(name) for (name,) in found]


def _is_new(found: str, rows: dict[str, list[Cells]]) -> bool:
    """Whether an id was made by the request: callers and routes are part of keys too."""
    answers = rows.get("answer", ())
    return all(found not in {row["caller"][0], row["route"][0]} for row in answers)


def _copies(ground: Ground, tenant_id: str, counters: Sequence[Cells]) -> frozenset[str]:
    """Copy the resource that was locked 1,000 times, and return its id."""
    keys = [str(counter["key"][0]) for counter in counters]
    found = frozenset(key.removeprefix("res:") for key in keys if key.startswith("res:"))
    names = [name for name, _ in _tables(ground)["resource"]]
    others = ", ".join(f'"{name}"' for name in names if name != "resource_id")
    for resource_id in found:
        ground.run(
            f"INSERT INTO resource (resource_id, {others})"
            f" SELECT left(resource_id, -4) || number, {others} FROM resource,"
            f" generate_series({_RESOURCES}, {2 * _RESOURCES - 1}) AS number"
            f" WHERE tenant_id = '{tenant_id}' AND resource_id = '{resource_id}'"
            " ON CONFLICT DO NOTHING"
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writer:
    """Writes literals in which the request's own ids give way to each transaction's."""

    ids: set[str]
    resources: frozenset[str]

    def insert(self, table: str, row: Cells) -> str:
        names = ", ".join(f'"{name}"' for name in row)
        values = ", ".join(self._value(table, name, *cell) for name, cell in row.items())
        return f'INSERT INTO "{table}" ({names}) VALUES ({values});'

    def _value(self, table: str, name: str, value: str | None, kind: str) -> str:
        if value is None:
            return "NULL"
        is_interval = table in {"claim", "hold", "booking"} and name in {"starts_at", "ends_at"}
        if is_interval and self.resources:
            return f"{value} + (:n::bigint - {10 ** (_DIGITS - 1)}) * 1800000000"
        if kind in {"bigint", "boolean"}:
            return f"'{value}'::{kind}"
        return self.text(value) if kind == "text" else f"({self.text(value)})::{kind}"

    def text(self, value: str) -> str:
        """Write a text as SQL."""
        parts = [value]
        for number, wanted in enumerate([*self.ids, *self.resources]):
            variable = ":n" if number < len(self.ids) else ":r"
            length = _DIGITS if variable == ":n" else 4
            split: list[str] = []
            for part in parts:
                if part in {":n", ":r"}:
                    split.append(part)
                    continue
                pieces = part.split(wanted)
                split.append(pieces[0])
                for piece in pieces[1:]:
                    split[-1] += wanted[:-length]
                    split += [variable, piece]
            parts = split
        return " || ".join(part if part in {":n", ":r"} else _quoted(part) for part in parts)


def _quoted(text: str) -> str:
    """Write a literal, without a colon that pgbench would take for a variable's."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace(":", "\\x3a")
    return f"E'{escaped}'::text"
