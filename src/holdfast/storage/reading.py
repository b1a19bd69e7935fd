"""Reading: many reads in a few statements, whatever their number; pages; sums of claims."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy import false as sql_false

from holdfast.domain.claims import LONGEST_CLAIM, Claim
from holdfast.engine.ports import (
    Answer,
    ById,
    Comparison,
    CounterOf,
    CountersBetween,
    Few,
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
OVER_SIZES = (1, 4, 16, 64)

T = TypeVar("T")


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut items into lists of at most a size."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part


def load(
    connection: Connection, tenant_id: str, reads: Collection[Read]
) -> dict[Read, tuple[object, ...]]:
    """Answer reads: by id and by field one statement a kind, overlaps one for all of them.

    Looking for a few takes a statement each.
    """
    answers: dict[Read, tuple[object, ...]] = {}
    by_id: dict[type, list[ById]] = {}
    where: dict[tuple[type, str], list[Where]] = {}
    overs: list[Over] = []
    counters: list[CounterOf] = []
    for read in reads:
        if isinstance(read, ById):
            by_id.setdefault(read.kind, []).append(read)
        elif isinstance(read, Where):
            where.setdefault((read.kind, read.field), []).append(read)
        elif isinstance(read, Over):
            overs.append(read)
        elif isinstance(read, Few):
            answers[read] = _load_few(connection, tenant_id, read)
        elif isinstance(read, CountersBetween):
            answers[read] = _load_counters(connection, tenant_id, read)
        else:
            counters.append(read)
    for kind, wanted in by_id.items():
        answers.update(_load_by_id(connection, tenant_id, kind, wanted))
    for (kind, field), fields in where.items():
        answers.update(_load_where(connection, tenant_id, kind, field, fields))
    for part in chunks(overs, OVER_SIZES[-1]):
        answers.update(_load_over(connection, tenant_id, part))
    for some in chunks(counters, CHUNK):
        answers.update(_load_caps(connection, tenant_id, some))
    return answers


def _load_caps(
    connection: Connection, tenant_id: str, reads: Sequence[CounterOf]
) -> dict[Read, tuple[object, ...]]:
    values = {"b_tenant": tenant_id, "b_keys": [read.key for read in reads]}
    answers: dict[Read, tuple[object, ...]] = dict.fromkeys(reads, ())
    for key, cap in connection.execute(_CAPS, values):
        answers[CounterOf(key)] = (cap,)
    return answers


_row = ledger_schema.capacity.columns
_CAPS = select(_row.key, _row.cap).where(
    _row.tenant_id == bindparam("b_tenant"),
    _row.key.in_(bindparam("b_keys", expanding=True)),
    _row.cap.is_not(None),
)


def _load_counters(
    connection: Connection, tenant_id: str, read: CountersBetween
) -> tuple[str, ...]:
    statement = (
        select(_row.key)
        .where(
            _row.tenant_id == tenant_id,
            _row.key >= read.first_key,
            _row.key <= read.last_key,
            _row.cap.is_not(None),
        )
        .order_by(_row.key)
    )
    return tuple(connection.execute(statement).scalars())


def _load_by_id(
    connection: Connection, tenant_id: str, kind: type, reads: Sequence[ById]
) -> dict[Read, tuple[object, ...]]:
    mapper = mapper_of(kind)
    statement = _in_statement(kind, None)
    answers: dict[Read, tuple[object, ...]] = dict.fromkeys(reads, ())
    for part in chunks(reads, CHUNK):
        values = {"b_tenant": tenant_id, "b_values": [read.record_id for read in part]}
        for record in _records(connection, statement, values, mapper):
            answers[ById(kind, id_of(record))] = (record,)
    return answers


def _load_where(
    connection: Connection, tenant_id: str, kind: type, field: str, reads: Sequence[Where]
) -> dict[Read, tuple[object, ...]]:
    mapper = mapper_of(kind)
    statement = _in_statement(kind, field)
    found: dict[str, list[object]] = {read.value: [] for read in reads}
    for part in chunks(found, CHUNK):
        values = {"b_tenant": tenant_id, "b_values": part}
        for record in _records(connection, statement, values, mapper):
            found[getattr(record, field)].append(record)
    return {read: tuple(found[read.value]) for read in reads}


def _load_few(connection: Connection, tenant_id: str, read: Few) -> tuple[object, ...]:
    mapper = mapper_of(read.kind)
    columns = mapper.table.columns
    # Written out, since an index that covers one status is of no use to a status yet unknown.
    named = [
        columns.status == literal(status, columns.status.type, literal_execute=True)
        for status in read.statuses
    ]
    statement = (
        select(mapper.table)
        .where(columns.tenant_id == tenant_id, columns[read.field] == read.value, or_(*named))
        .order_by(mapper.id_column)
        .limit(read.limit)
    )
    return tuple(_records(connection, statement, {}, mapper))


# Building an expression costs more than running it, so those of the hot path are built once.
@cache
def _in_statement(kind: type[object], field: str | None) -> Select[Any]:
    """The records of a kind whose field (None: whose id) is one of some values."""
    mapper = mapper_of(kind)
    column = mapper.id_column if field is None else mapper.table.columns[field]
    values = column.in_(bindparam("b_values", expanding=True))
    conditions = [mapper.table.columns.tenant_id == bindparam("b_tenant"), values]
    if field is not None:
        conditions.append(live(mapper))
    return select(mapper.table).where(*conditions).order_by(mapper.id_column)


def live(mapper: Mapper) -> ColumnElement[bool]:
    """Return the condition that a record is found by a `Where`."""
    kind = KINDS[mapper.kind]
    if kind.live_field is None:
        return mapper.id_column.is_not(None)
    column = mapper.table.columns[kind.live_field]
    return column.is_(None) if kind.live_value is None else column == kind.live_value


def _load_over(
    connection: Connection, tenant_id: str, overs: Sequence[Over]
) -> dict[Read, tuple[object, ...]]:
    # Statements come in a few sizes; what is left of a size repeats the last range.
    size = next(size for size in OVER_SIZES if size >= len(overs))
    values: dict[str, object] = {"b_tenant": tenant_id}
    for i in range(size):
        over = overs[min(i, len(overs) - 1)]
        values[f"key_{i}"], values[f"ends_{i}"] = over.key, over.ends_at
        values[f"starts_{i}"], values[f"bound_{i}"] = over.starts_at, bounded(over.starts_at)
    rows: dict[str, list[Claim]] = {}
    mapper = mapper_of(Claim)
    for found in _records(connection, _over_statement(size), values, mapper):
        rows.setdefault(found.key, []).append(found)
    return {
        over: tuple(
            row
            for row in rows.get(over.key, ())
            if row.starts_at < over.ends_at and row.ends_at > over.starts_at
        )
        for over in overs
    }


@cache
def _over_statement(size: int) -> Select[Any]:
    """The unreleased claims in any of some ranges of keys and time."""
    claim = ledger.claim.columns
    ranges = [
        and_(
            claim.key == bindparam(f"key_{i}"),
            claim.starts_at < bindparam(f"ends_{i}"),
            claim.ends_at > bindparam(f"starts_{i}"),
            # No claim is longer than this, so the search has an end on both sides.
            claim.starts_at > bindparam(f"bound_{i}"),
        )
        for i in range(size)
    ]
    return (
        select(ledger.claim)
        .where(claim.tenant_id == bindparam("b_tenant"), claim.released_at.is_(None), or_(*ranges))
        .order_by(claim.claim_id)
    )


def bounded(starts_at: datetime) -> datetime:
    """Return the instant after which every claim begins that lasts beyond another one."""
    earliest = datetime.min.replace(tzinfo=starts_at.tzinfo)
    return earliest if starts_at - earliest < LONGEST_CLAIM else starts_at - LONGEST_CLAIM


def _records(
    connection: Connection, statement: Select[Any], values: Mapping[str, object], mapper: Mapper
) -> Iterator[Any]:
    for row in connection.execute(statement, values).mappings():
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


def counts(
    connection: Connection, tenant_id: str, kind: type, field: str, filters: Sequence[Filter]
) -> dict[str, int]:
    """Count the records that pass all filters, by what they have in a field of words."""
    columns = mapper_of(kind).table.columns
    grouped = columns[field]
    conditions = [columns.tenant_id == tenant_id, grouped.is_not(None)]
    conditions += [_condition(columns[f.field], f) for f in filters]
    statement = select(grouped, func.count()).where(*conditions).group_by(grouped)
    found = {str(value): int(count) for value, count in connection.execute(statement)}
    return dict(sorted(found.items()))


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
