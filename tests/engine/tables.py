"""The tables as they stand: whole, under names instead of ids, and held against the invariants."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from holdfast.domain.bookings import Booking
from holdfast.domain.claims import Claim
from holdfast.domain.holds import Hold
from holdfast.engine.records import canonical_json, plain
from holdfast.storage.database import Database
from holdfast.storage.mapping import MAPPERS
from holdfast.storage.schema import metadata

Row = dict[str, Any]
Rows = list[Row]


def rows_of(database: Database, name: str) -> Rows:
    """Return all rows of a table, by its primary key."""
    table = metadata.tables[name]
    with database.read() as transaction:
        statement = select(table).order_by(*table.primary_key.columns)
        return [dict(row) for row in transaction.connection.execute(statement).mappings()]


def all_rows(database: Database) -> dict[str, Rows]:
    """Return all rows of all tables."""
    return {name: rows_of(database, name) for name in sorted(metadata.tables)}


def records(database: Database, kind: type) -> list[Any]:
    """Return all records of a kind, of every tenant, by their ids."""
    mapper = MAPPERS[kind]
    return [mapper.from_row(row) for row in rows_of(database, mapper.table.name)]


def counting(database: Database, now: datetime) -> list[Claim]:
    """Return the claims that count at an instant."""
    return [claim for claim in records(database, Claim) if claim.counts_at(now)]


def capacity_of(database: Database) -> dict[str, tuple[int, int | None]]:
    """Return what each capacity row says is used, and its cap."""
    return {row["key"]: (row["used"], row["cap"]) for row in rows_of(database, "capacity")}


def story_of(database: Database, *, lapsed_by: datetime | None = None) -> list[str]:
    """Return what the tables say, as sorted lines, with names in the place of ids.

    What depends on how many transactions it took is left out: batch ids, places within a batch,
    how often a row was locked, and rows that were locked for nothing. With `lapsed_by` also what
    depends on when somebody came by to reap: the claims that had lapsed by then, and what counters
    say.
    """
    names = names_in(database)
    lines = []
    for table, rows in all_rows(database).items():
        for row in rows:
            if table == "batch" or (table == "capacity" and row["decided_at"] is None):
                continue
            if lapsed_by is not None and _is_reapable(table, row, lapsed_by):
                continue
            kept = {name: value for name, value in row.items() if name not in _OF_A_BATCH}
            lines.append(f"{table} {named(kept, names)}")
    return sorted(lines)


_OF_A_BATCH = {"batch_id", "seq", "ordinal"}


def _is_reapable(table: str, row: Row, lapsed_by: datetime) -> bool:
    if table != "claim":
        return table == "capacity"
    return row["counts_until"] is not None and bool(row["counts_until"] <= lapsed_by)


def named(value: object, names: Mapping[str, str]) -> str:
    """Write a value as JSON, with names in the place of ids."""
    if isinstance(value, dict):
        value = {
            key: part.hex() if isinstance(part, bytes) else part for key, part in value.items()
        }
    text = canonical_json(plain(value))
    for record_id, name in names.items():
        text = text.replace(record_id, name)
    return text


def names_in(database: Database) -> dict[str, str]:
    """Name every id that differs between two runs of the same story, after what it belongs to."""
    names: dict[str, str] = {}
    for row in rows_of(database, "customer"):
        names[row["customer_id"]] = f"<customer {row['name']}>"
    for row in rows_of(database, "hold"):
        names[row["hold_id"]] = f"<hold {row['client_key']}>"
    for row in rows_of(database, "booking"):
        name = f"<booking {row['contact_name']} {row['external_order_id']} {row['slot_id']}>"
        names[row["booking_id"]], names[row["number"]] = name, f"<number of {name}>"
    for row in rows_of(database, "claim"):
        owner = names.get(row["owner_id"], row["owner_id"])
        names[row["claim_id"]] = f"<claim {owner} {row['key']} {row['starts_at']}>"
    for row in rows_of(database, "audit"):
        names[row["audit_id"]] = "<audit>"
    for row in rows_of(database, "outbox"):
        names[row["event_id"]] = "<event>"
    return names


def statuses(database: Database) -> list[str]:
    """The statuses of all bookings and holds, in order."""
    found = [*records(database, Booking), *records(database, Hold)]
    return sorted(one.status.value for one in found)
