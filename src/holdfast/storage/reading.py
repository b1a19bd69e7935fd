"""Reading: many reads in one exchange, whatever their number; pages; sums of claims."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from itertools import islice
from typing import Any, Protocol, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
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
    Latest,
    Listing,
    Over,
    Read,
    Where,
)
from holdfast.engine.records import KINDS, id_of
from holdfast.storage.at_once import among, as_list, elements, led_by, number_at, text_at
from holdfast.storage.database.steps import Answer as Answered
from holdfast.storage.database.steps import Query
from holdfast.storage.mapping import Mapper, mapper_of
from holdfast.storage.schema import capacity as ledger_schema
from holdfast.storage.schema import history, ledger
from holdfast.storage.types import Instant, Words, canonical_json, microseconds

# The databases take far more; a statement of this size is still planned quickly.
CHUNK = 400

T = TypeVar("T")


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut items into lists of at most a size."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part


class Reading(Protocol):
    """A transaction that answers queries."""

    def read(self, queries: Sequence[Query]) -> list[Answered]:
        """Answer queries, each in its place."""


def load(
    transaction: Reading, tenant_id: str, reads: Collection[Read]
) -> dict[Read, tuple[object, ...]]:
    """Answer reads in one exchange: by id and by field one query a kind, overlaps one for all.

    Looking for a few takes a query each.
    """
    answers = unanswerable(reads)
    if answers:
        reads = [read for read in reads if read not in answers]
    questions = list(_questions(tenant_id, reads))
    for question, rows in zip(
        questions, transaction.read([question.query for question in questions]), strict=True
    ):
        answers.update(question.answer(rows))
    return answers


def unanswerable(reads: Iterable[Read]) -> dict[Read, tuple[object, ...]]:
    """Return nothing for each read that looks for a text which no database could have."""
    return {read: () for read in reads if not is_storable(_text_of(read))}


def is_storable(text: str) -> bool:
    """Whether a text may stand in a database: what may not is never found there."""
    if "\x00" in text:
        return False
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _text_of(read: Read) -> str:
    """Return the text that a read looks for."""
    match read:
        case ById():
            return read.record_id
        case Where() | Few() | Latest():
            return read.value
        case Over() | CounterOf():
            return read.key
        case CountersBetween():
            return read.first_key + read.last_key


@dataclass(frozen=True, slots=True)
class _Question:
    """A query that answers several reads, and how."""

    query: Query
    answer: Callable[[Answered], Mapping[Read, tuple[object, ...]]]


def _questions(tenant_id: str, reads: Collection[Read]) -> Iterator[_Question]:
    grouped: dict[tuple[type, type | None, str | None], list[Any]] = {}
    for read in reads:
        match read:
            case Few() | CountersBetween() | Latest():
                yield _question_of(tenant_id, read)
            case ById():
                grouped.setdefault((ById, read.kind, None), []).append(read)
            case Where():
                grouped.setdefault((Where, read.kind, read.field), []).append(read)
            case Over() | CounterOf():
                grouped.setdefault((type(read), None, None), []).append(read)
    for (of, kind, field), wanted in grouped.items():
        if of is Over:
            yield _over(tenant_id, wanted)
        elif of is CounterOf:
            yield _caps(tenant_id, wanted)
        else:
            assert kind is not None
            yield _records(tenant_id, kind, field, wanted)


def _question_of(tenant_id: str, read: Few | CountersBetween | Latest) -> _Question:
    if isinstance(read, CountersBetween):
        values = {_TENANT: tenant_id, "b_first": read.first_key, "b_last": read.last_key}
        return _Question(
            Query(_COUNTERS, values), lambda rows: {read: tuple(row["key"] for row in rows)}
        )
    if isinstance(read, Latest):
        statement = _latest_statement(
            read.kind, read.field, read.statuses, read.order_by, read.without
        )
    else:
        statement = _few_statement(read.kind, read.field, read.statuses)
    from_row = mapper_of(read.kind).from_row
    asked = {_TENANT: tenant_id, "b_value": read.value, _LIMIT: read.limit}
    return _Question(Query(statement, asked), lambda rows: {read: tuple(map(from_row, rows))})


def _caps(tenant_id: str, reads: Sequence[CounterOf]) -> _Question:
    values = {_TENANT: tenant_id, _VALUES: as_list(read.key for read in reads)}
    nothing: dict[Read, tuple[object, ...]] = dict.fromkeys(reads, ())
    return _Question(
        Query(_CAPS, values),
        lambda rows: (
            nothing | {CounterOf(row["key"]): (row["cap"], row["over_commit"]) for row in rows}
        ),
    )


def _records(
    tenant_id: str, kind: type, field: str | None, reads: Sequence[ById | Where]
) -> _Question:
    mapper = mapper_of(kind)
    texts = [read.record_id if isinstance(read, ById) else read.value for read in reads]

    def answer(rows: Answered) -> Mapping[Read, tuple[object, ...]]:
        found: dict[str, list[object]] = {text: [] for text in texts}
        for record in map(mapper.from_row, rows):
            found[id_of(record) if field is None else getattr(record, field)].append(record)
        return {read: tuple(found[text]) for read, text in zip(reads, texts, strict=True)}

    statement = _in_statement(kind, field)
    return _Question(Query(statement, {_TENANT: tenant_id, _VALUES: as_list(texts)}), answer)


def _over(tenant_id: str, overs: Sequence[Over]) -> _Question:
    ranges = {
        (
            over.key,
            microseconds(over.ends_at),
            microseconds(over.starts_at),
            microseconds(bounded(over.starts_at)),
        )
        for over in overs
    }

    def answer(rows: Answered) -> Mapping[Read, tuple[object, ...]]:
        # A claim in two ranges is found twice.
        claims = {row["claim_id"]: row for row in rows}
        by_key: dict[str, list[Claim]] = {}
        from_row = mapper_of(Claim).from_row
        for claim_id in sorted(claims):
            claim: Claim = from_row(claims[claim_id])
            by_key.setdefault(claim.key, []).append(claim)
        return {
            over: tuple(
                claim
                for claim in by_key.get(over.key, ())
                if claim.starts_at < over.ends_at and claim.ends_at > over.starts_at
            )
            for over in overs
        }

    values = {_TENANT: tenant_id, _VALUES: canonical_json(sorted(ranges))}
    return _Question(Query(_OVER, values), answer)


_TENANT, _VALUES, _LIMIT = "b_tenant", "b_values", "b_limit"


def _tenant() -> ColumnElement[str]:
    return bindparam(_TENANT, type_=Text())


# Building an expression costs more than running it, so they are built once.
_row = ledger_schema.capacity.columns
_CAPS = select(_row.key, _row.cap, _row.over_commit).where(
    _row.tenant_id == _tenant(), among(_row.key, _VALUES), _row.cap.is_not(None)
)
_COUNTERS = (
    select(_row.key)
    .where(
        _row.tenant_id == _tenant(),
        _row.key >= bindparam("b_first", type_=Words()),
        _row.key <= bindparam("b_last", type_=Words()),
        _row.cap.is_not(None),
    )
    .order_by(_row.key)
)
_claim = ledger.claim.columns
_range = elements(_VALUES)
# The ranges lead and the claims follow, one search in the index for each. A chain of alternatives
# was searched through the tenant's every claim until PostgreSQL knew its tables.
_OVER = (
    select(ledger.claim)
    .select_from(led_by(_range, ledger.claim))
    .where(
        _claim.tenant_id == _tenant(),
        _claim.released_at.is_(None),
        _claim.key == text_at(_range, 0),
        _claim.starts_at < number_at(_range, 1),
        _claim.ends_at > number_at(_range, 2),
        # No claim is longer than this, so the search has an end on both sides.
        _claim.starts_at > number_at(_range, 3),
    )
)


@cache
def _few_statement(kind: type[object], field: str, statuses: tuple[str, ...]) -> Select[Any]:
    mapper = mapper_of(kind)
    columns = mapper.table.columns
    # Written out, since an index that covers one status is of no use to a status yet unknown.
    assert all(status.isidentifier() for status in statuses), "a status is a word"
    named = [columns.status == literal_column(f"'{status}'") for status in statuses]
    value = bindparam("b_value", type_=columns[field].type)
    return (
        select(mapper.table)
        .where(columns.tenant_id == _tenant(), columns[field] == value, or_(*named))
        .order_by(mapper.id_column)
        .limit(bindparam(_LIMIT, type_=BigInteger()))
    )


@cache
def _latest_statement(
    kind: type[object],
    field: str,
    statuses: tuple[str, ...],
    order_by: str,
    without: str | None,
) -> Select[Any]:
    mapper = mapper_of(kind)
    columns = mapper.table.columns
    assert all(status.isidentifier() for status in statuses), "a status is a word"
    named = [columns.status == literal_column(f"'{status}'") for status in statuses]
    value = bindparam("b_value", type_=columns[field].type)
    return (
        select(mapper.table)
        .where(
            columns.tenant_id == _tenant(),
            columns[field] == value,
            *([or_(*named)] if named else []),
            *([columns[without].is_(None)] if without is not None else []),
        )
        .order_by(columns[order_by].desc(), mapper.id_column.desc())
        .limit(bindparam(_LIMIT, type_=BigInteger()))
    )


@cache
def _in_statement(kind: type[object], field: str | None) -> Select[Any]:
    """The records of a kind whose field (None: whose id) is one of some values."""
    mapper = mapper_of(kind)
    column = mapper.id_column if field is None else mapper.table.columns[field]
    conditions = [mapper.table.columns.tenant_id == _tenant(), among(column, _VALUES)]
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


def bounded(starts_at: datetime) -> datetime:
    """Return the instant after which every claim begins that lasts beyond another one."""
    earliest = datetime.min.replace(tzinfo=starts_at.tzinfo)
    return earliest if starts_at - earliest < LONGEST_CLAIM else starts_at - LONGEST_CLAIM


def lapsed(
    transaction: Reading, tenant_id: str, keys: Collection[str], now: datetime
) -> list[Lapsed]:
    """Sum up the claims of counters that no longer count and are not yet released."""
    if not keys:
        return []
    values = {_TENANT: tenant_id, _VALUES: as_list(keys), "b_now": now}
    (rows,) = transaction.read([Query(_LAPSED, values)])
    return [Lapsed(key=row["key"], units=int(row["units"]), count=row["count"]) for row in rows]


_LAPSED = (
    select(_claim.key, func.sum(_claim.units).label("units"), func.count().label("count"))
    .where(
        _claim.tenant_id == _tenant(),
        among(_claim.key, _VALUES),
        _claim.released_at.is_(None),
        _claim.counts_until.is_not(None),
        _claim.counts_until <= bindparam("b_now", type_=Instant()),
    )
    .group_by(_claim.key)
    .order_by(_claim.key)
)


def used(
    transaction: Reading, tenant_id: str, keys: Collection[str], now: datetime
) -> dict[str, int]:
    """Return what counters have in use, lapsed claims not counted. For display only."""
    if not keys:
        return {}
    (rows,) = transaction.read([Query(_USED, {_TENANT: tenant_id, _VALUES: as_list(keys)})])
    found: dict[str, int] = {row["key"]: row["used"] for row in rows}
    for ended in lapsed(transaction, tenant_id, list(found), now):
        found[ended.key] -= ended.units
    return found


_USED = select(_row.key, _row.used).where(_row.tenant_id == _tenant(), among(_row.key, _VALUES))


def answers(
    transaction: Reading, tenant_id: str, names: Collection[tuple[str, str, str]]
) -> dict[tuple[str, str, str], KeptAnswer]:
    """Find committed answers by caller, route and idempotency key."""
    values = {_TENANT: tenant_id, _VALUES: canonical_json(sorted(names))}
    (rows,) = transaction.read([Query(_ANSWERS, values)])
    found = {}
    for row in rows:
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


_answer = history.answer.columns
_name = elements(_VALUES)
_ANSWERS = (
    select(history.answer)
    .select_from(led_by(_name, history.answer))
    .where(
        _answer.tenant_id == _tenant(),
        _answer.caller == text_at(_name, 0),
        _answer.route == text_at(_name, 1),
        _answer.key == text_at(_name, 2),
    )
)


def page(connection: Connection, tenant_id: str, listing: Listing) -> list[object]:
    """Return one page of records, in a total order, after the last one seen."""
    if not _is_askable(listing.filters):
        return []
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
    if not _is_askable(filters):
        return {}
    columns = mapper_of(kind).table.columns
    grouped = columns[field]
    conditions = [columns.tenant_id == tenant_id, grouped.is_not(None)]
    conditions += [_condition(columns[f.field], f) for f in filters]
    statement = select(grouped, func.count()).where(*conditions).group_by(grouped)
    found = {str(value): int(count) for value, count in connection.execute(statement)}
    return dict(sorted(found.items()))


def _is_askable(filters: Iterable[Filter]) -> bool:
    """Whether any record may pass some filters: none has a text that cannot be kept."""
    return all(is_storable(one.value) for one in filters if isinstance(one.value, str))


def _is(column: ColumnElement[Any], value: StrEnum) -> ColumnElement[bool]:
    """Compare with one of our own words, written out: so SQLite sees which index is for it."""
    return column == bindparam(None, value, type_=column.type, literal_execute=True)


def _condition(column: ColumnElement[Any], condition: Filter) -> ColumnElement[bool]:
    match condition.comparison:
        case Comparison.EQUAL if isinstance(condition.value, StrEnum):
            return _is(column, condition.value)
        case Comparison.EQUAL:
            return column == condition.value
        case Comparison.ONE_OF:
            values = list(condition.value) if isinstance(condition.value, Iterable) else []
            if len(values) == 1 and isinstance(values[0], StrEnum):
                return _is(column, values[0])
            return column.in_(values) if values else sql_false()
        case Comparison.AT_LEAST:
            return column >= condition.value
        case Comparison.BELOW:
            return column < condition.value
        case Comparison.IS_NULL:
            return column.is_(None)
        case Comparison.MENTIONS:
            # Ids are lower-case letters and digits, so the canonical text has them between quotes.
            return type_coerce(column, Text).contains(f'"{condition.value}"', autoescape=True)
