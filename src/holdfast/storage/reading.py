"""Reading: many reads in a few statements, whatever their number; pages; sums of claims."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, tuple_
from sqlalchemy import false as sql_false

from holdfast.domain.claims import LONGEST_CLAIM, Claim
from holdfast.domain.slots import Slot
from holdfast.engine.ports import (
    Answer,
    ById,
    Comparison,
    Filter,
    IdempotencyKey,
    KeptAnswer,
    Lapsed,
    Listing,
    Over,
    Read,
    Where,
)
from holdfast.engine.records import KINDS, id_of
from holdfast.storage.mapping import Mapper, mapper_of
from holdfast.storage.schema import capacity as ledger_schema
from holdfast.storage.schema import history, ledger

# The databases take far more; a statement of this size is still planned quickly.
CHUNK = 400
OVERS_PER_STATEMENT = 60

T = TypeVar("T")


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut items into lists of at most a size."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part


def load(
    connection: Connection, tenant_id: str, reads: Collection[Read]
) -> dict[Read, tuple[object, ...]]:
    """Answer reads: by id and by field one statement a kind, overlaps one for all of them."""
    answers: dict[Read, tuple[object, ...]] = {}
    by_id: dict[type, list[ById]] = {}
    where: dict[tuple[type, str], list[Where]] = {}
    overs: list[Over] = []
    for read in reads:
        if isinstance(read, ById):
            by_id.setdefault(read.kind, []).append(read)
        elif isinstance(read, Where):
            where.setdefault((read.kind, read.field), []).append(read)
        else:
            overs.append(read)
    for kind, wanted in by_id.items():
        answers.update(_load_by_id(connection, tenant_id, kind, wanted))
    for (kind, field), fields in where.items():
        answers.update(_load_where(connection, tenant_id, kind, field, fields))
    for part in chunks(overs, OVERS_PER_STATEMENT):
        answers.update(_load_over(connection, tenant_id, part))
    return answers


def _load_by_id(
    connection: Connection, tenant_id: str, kind: type, reads: Sequence[ById]
) -> dict[Read, tuple[object, ...]]:
    mapper = mapper_of(kind)
    answers: dict[Read, tuple[object, ...]] = dict.fromkeys(reads, ())
    for part in chunks(reads, CHUNK):
        ids = [read.record_id for read in part]
        condition = mapper.id_column.in_(ids)
        for record in _select(connection, tenant_id, mapper, condition):
            answers[ById(kind, id_of(record))] = (record,)
    return answers


def _load_where(
    connection: Connection, tenant_id: str, kind: type, field: str, reads: Sequence[Where]
) -> dict[Read, tuple[object, ...]]:
    mapper = mapper_of(kind)
    column = mapper.table.columns[field]
    found: dict[str, list[object]] = {read.value: [] for read in reads}
    for part in chunks(found, CHUNK):
        condition = and_(column.in_(part), _live(mapper))
        for record in _select(connection, tenant_id, mapper, condition):
            found[getattr(record, field)].append(record)
    return {read: tuple(found[read.value]) for read in reads}


def _live(mapper: Mapper) -> ColumnElement[bool]:
    kind = KINDS[mapper.kind]
    if kind.live_field is None:
        return mapper.id_column.is_not(None)
    column = mapper.table.columns[kind.live_field]
    return column.is_(None) if kind.live_value is None else column == kind.live_value


def _load_over(
    connection: Connection, tenant_id: str, overs: Sequence[Over]
) -> dict[Read, tuple[object, ...]]:
    claim = ledger.claim.columns
    ranges = [
        and_(
            claim.key == over.key,
            claim.starts_at < over.ends_at,
            claim.ends_at > over.starts_at,
            # No claim is longer than this, so the search has an end on both sides.
            claim.starts_at > _bounded(over.starts_at),
        )
        for over in overs
    ]
    condition = and_(claim.released_at.is_(None), or_(*ranges))
    rows: dict[str, list[Claim]] = {}
    for found in _select(connection, tenant_id, mapper_of(Claim), condition):
        rows.setdefault(found.key, []).append(found)
    return {
        over: tuple(
            row
            for row in rows.get(over.key, ())
            if row.starts_at < over.ends_at and row.ends_at > over.starts_at
        )
        for over in overs
    }


def _bounded(starts_at: datetime) -> datetime:
    earliest = datetime.min.replace(tzinfo=starts_at.tzinfo)
    return earliest if starts_at - earliest < LONGEST_CLAIM else starts_at - LONGEST_CLAIM


def _select(
    connection: Connection, tenant_id: str, mapper: Mapper, condition: ColumnElement[bool]
) -> Iterator[Any]:
    statement = (
        select(mapper.table)
        .where(mapper.table.columns.tenant_id == tenant_id, condition)
        .order_by(mapper.id_column)
    )
    for row in connection.execute(statement).mappings():
        yield mapper.from_row(row)


def lapsed(
    connection: Connection, tenant_id: str, keys: Collection[str], now: datetime
) -> list[Lapsed]:
    """Sum up the claims of counters that no longer count and are not yet released."""
    claim = ledger.claim.columns
    found = []
    for part in chunks(sorted(keys), CHUNK):
        statement = (
            select(claim.key, func.sum(claim.units), func.count())
            .where(
                claim.tenant_id == tenant_id,
                claim.key.in_(part),
                claim.released_at.is_(None),
                claim.counts_until.is_not(None),
                claim.counts_until <= now,
            )
            .group_by(claim.key)
            .order_by(claim.key)
        )
        for key, units, count in connection.execute(statement):
            found.append(Lapsed(key=key, units=int(units), count=int(count)))
    return found


def used(
    connection: Connection, tenant_id: str, keys: Collection[str], now: datetime
) -> dict[str, int]:
    """Return what counters have in use, lapsed claims not counted. For display only."""
    table = ledger_schema.capacity.columns
    found: dict[str, int] = {}
    for part in chunks(sorted(keys), CHUNK):
        statement = select(table.key, table.used).where(
            table.tenant_id == tenant_id, table.key.in_(part)
        )
        found.update((key, units) for key, units in connection.execute(statement))
    for row in lapsed(connection, tenant_id, list(found), now):
        found[row.key] -= row.units
    return found


def answers(
    connection: Connection, tenant_id: str, names: Collection[tuple[str, str, str]]
) -> dict[tuple[str, str, str], KeptAnswer]:
    """Find committed answers by caller, route and idempotency key."""
    table = history.answer.columns
    found = {}
    for part in chunks(sorted(names), CHUNK):
        statement = select(history.answer).where(
            table.tenant_id == tenant_id, tuple_(table.caller, table.route, table.key).in_(part)
        )
        for row in connection.execute(statement).mappings():
            key = IdempotencyKey(
                caller=row["caller"],
                route=row["route"],
                key=row["key"],
                fingerprint=row["fingerprint"],
            )
            headers = tuple((name, value) for name, value in row["headers"])
            answer = Answer(status=row["status"], headers=headers, body=bytes(row["body"]))
            found[key.name] = KeptAnswer(key=key, answer=answer, at=row["at"])
    return found


def slots_between(
    connection: Connection,
    tenant_id: str,
    offering_ids: Collection[str],
    starts_at: datetime,
    ends_at: datetime,
) -> list[Slot]:
    """Return the stored slots of offerings that start in a stretch of time."""
    slot = ledger.slot.columns
    condition = and_(
        slot.offering_id.in_(sorted(offering_ids)),
        slot.starts_at >= starts_at,
        slot.starts_at < ends_at,
    )
    return list(_select(connection, tenant_id, mapper_of(Slot), condition))


def page(connection: Connection, tenant_id: str, listing: Listing) -> list[object]:
    """Return one page of records, in a total order, after the last one seen."""
    mapper = mapper_of(listing.kind)
    columns = mapper.table.columns
    order, record_id = columns[listing.order_by], mapper.id_column
    conditions = [columns.tenant_id == tenant_id]
    conditions += [_condition(columns[f.field], f) for f in listing.filters]
    if listing.after is not None:
        value, last_id = listing.after
        beyond = order < value if listing.is_descending else order > value
        further = record_id < last_id if listing.is_descending else record_id > last_id
        conditions.append(or_(beyond, and_(order == value, further)))
    ordering = (order.asc(), record_id.asc())
    if listing.is_descending:
        ordering = (order.desc(), record_id.desc())
    statement = select(mapper.table).where(*conditions).order_by(*ordering).limit(listing.limit)
    rows = connection.execute(statement).mappings()
    return [mapper.from_row(row) for row in rows]


def _condition(column: ColumnElement[Any], condition: Filter) -> ColumnElement[bool]:
    match condition.comparison:
        case Comparison.EQUAL:
            return column == condition.value
        case Comparison.ONE_OF:
            values = list(condition.value) if isinstance(condition.value, Iterable) else []
            return column.in_(values) if values else sql_false()
        case Comparison.AT_LEAST:
            return column >= condition.value
        case Comparison.BELOW:
            return column < condition.value
        case Comparison.IS_NULL:
            return column.is_(None)
