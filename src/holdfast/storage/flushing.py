"""The flush: what a batch writes, in the ledger's fixed order, every row count checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Protocol

from sqlalchemy import Table, Update, bindparam, case, literal_column, update

from holdfast.domain.claims import Claim
from holdfast.domain.history import AuditEntry, Event
from holdfast.engine.ports import Changes, KeptAnswer, TransactionConflict
from holdfast.engine.records import version_of
from holdfast.storage.database.steps import Change, Insertion, Step
from holdfast.storage.mapping import MAPPERS, mapper_of
from holdfast.storage.schema import capacity as ledger_schema
from holdfast.storage.schema import history, ledger, metadata

Rows = list[dict[str, Any]]

# Parents before children, as foreign keys want it; the same on every server.
_TABLE_ORDER = {table.name: i for i, table in enumerate(metadata.sorted_tables)}
_KIND_BY_ORDER = sorted(MAPPERS, key=lambda kind: _TABLE_ORDER[MAPPERS[kind].table.name])

_claim = ledger.claim.columns
_RELEASE_LAPSED = (
    update(ledger.claim)
    .where(
        _claim.tenant_id == bindparam("b_tenant"),
        _claim.key == bindparam("b_key"),
        _claim.released_at.is_(None),
        _claim.counts_until <= bindparam("b_now"),
    )
    .values(
        released_at=bindparam("b_now"),
        # What was taken over the limit keeps the reason for which it was.
        reason=case((_claim.is_over, _claim.reason), else_=literal_column("'lapsed'")),
    )
)
_CHANGE_CLAIM = (
    update(ledger.claim)
    .where(
        _claim.tenant_id == bindparam("b_tenant"),
        _claim.claim_id == bindparam("b_id"),
        _claim.released_at.is_(None),
    )
    .values(
        owner_kind=bindparam("v_owner_kind"),
        owner_id=bindparam("v_owner_id"),
        counts_until=bindparam("v_counts_until"),
        converted_at=bindparam("v_converted_at"),
        released_at=bindparam("v_released_at"),
        reason=bindparam("v_reason"),
    )
)
_capacity = ledger_schema.capacity.columns
_COUNT = (
    update(ledger_schema.capacity)
    .where(_capacity.tenant_id == bindparam("b_tenant"), _capacity.key == bindparam("b_key"))
    .values(used=_capacity.used + bindparam("b_delta"), decided_at=bindparam("b_now"))
)
_RECAP = (
    update(ledger_schema.capacity)
    .where(_capacity.tenant_id == bindparam("b_tenant"), _capacity.key == bindparam("b_key"))
    .values(
        used=_capacity.used + bindparam("b_delta"),
        decided_at=bindparam("b_now"),
        cap=bindparam("b_cap"),
        over_commit=bindparam("b_over"),
    )
)


class Writing(Protocol):
    """What a flush needs of a transaction."""

    @property
    def tenant_id(self) -> str:
        """The one tenant that is written."""
        ...

    def write(self, steps: Sequence[Step]) -> list[int]:
        """Write rows, step by step, and return how many each step inserted or changed."""
        ...


def flush(transaction: Writing, changes: Changes) -> None:
    """Write a batch: releases, compare-and-sets, inserts, counters, history, answers.

    Raises:
        TransactionConflict: A row was not as it was read.
    """
    writer = _Writer(transaction.tenant_id)
    writer.release_lapsed(changes)
    writer.change_claims(changes)
    writer.change_records(changes)
    writer.insert_records(changes)
    writer.count(changes)
    writer.insert(history.audit, [mapper_of(AuditEntry).to_row(row) for row in changes.audit])
    told = mapper_of(Event)
    writer.insert(
        history.outbox,
        [{**told.to_row(row), "ordinal": i} for i, row in enumerate(changes.events)],
    )
    writer.insert(
        history.answer,
        [_answer_row(kept) for kept in sorted(changes.answers, key=lambda kept: kept.key.name)],
    )
    writer.insert(
        ledger_schema.batch,
        [{"batch_id": changes.batch_id, "is_void": False, "created_at": changes.now}],
    )
    found = transaction.write(writer.steps)
    for (expected, what), count in zip(writer.expected, found, strict=True):
        _expect(count, expected, what)


class _Writer:
    """Says what rows of one tenant are written, in sorted order, and how many there must be."""

    def __init__(self, tenant_id: str) -> None:
        self._tenant_id = tenant_id
        self.steps: list[Step] = []
        self.expected: list[tuple[int, str]] = []

    def release_lapsed(self, changes: Changes) -> None:
        for key, count in sorted(changes.lapsed_keys.items()):
            row = {"b_tenant": self._tenant_id, "b_key": key, "b_now": changes.now}
            self._change(_RELEASE_LAPSED, [row], "lapsed claims", expected=count)

    def change_claims(self, changes: Changes) -> None:
        # Releases first: on PostgreSQL the exclusion constraint looks at every row as it comes.
        pairs = sorted(
            changes.claims_updated,
            key=lambda pair: (pair[1].released_at is None, pair[1].claim_id),
        )
        rows = [
            {
                "b_tenant": self._tenant_id,
                "b_id": after.claim_id,
                "v_owner_kind": after.owner_kind,
                "v_owner_id": after.owner_id,
                "v_counts_until": after.counts_until,
                "v_converted_at": after.converted_at,
                "v_released_at": after.released_at,
                "v_reason": after.reason,
            }
            for _, after in pairs
        ]
        self._change(_CHANGE_CLAIM, rows, "claims")

    def change_records(self, changes: Changes) -> None:
        by_kind: dict[type, list[tuple[object, object]]] = {}
        for before, after in changes.updated:
            by_kind.setdefault(type(after), []).append((before, after))
        for kind in _KIND_BY_ORDER:
            pairs = by_kind.get(kind)
            if pairs:
                self._change_kind(kind, pairs)

    def _change_kind(self, kind: type, pairs: Sequence[tuple[object, object]]) -> None:
        mapper = mapper_of(kind)
        id_name = mapper.id_column.name
        rows = []
        for before, after in pairs:
            row = mapper.to_row(after)
            record_id = row.pop(id_name)
            rows.append(
                {
                    "b_tenant": self._tenant_id,
                    "b_id": record_id,
                    "b_version": version_of(before),
                    **{f"v_{name}": value for name, value in row.items()},
                }
            )
        rows.sort(key=lambda row: str(row["b_id"]))
        self._change(_change_statement(kind), rows, mapper.table.name)

    def insert_records(self, changes: Changes) -> None:
        by_kind: dict[type, list[object]] = {}
        for record in changes.inserted:
            by_kind.setdefault(type(record), []).append(record)
        by_kind.setdefault(Claim, []).extend(changes.claims_inserted)
        for kind in _KIND_BY_ORDER:
            mapper = mapper_of(kind)
            rows = [mapper.to_row(record) for record in by_kind.get(kind, ())]
            rows.sort(key=mapper.order_of)
            self.insert(mapper.table, rows)

    def count(self, changes: Changes) -> None:
        plain: Rows = []
        recapped: Rows = []
        for key, change in sorted(changes.counters.items()):
            row = {
                "b_tenant": self._tenant_id,
                "b_key": key,
                "b_delta": change.delta,
                "b_now": changes.now,
            }
            if change.is_cap_set or change.over_commit is not None:
                recapped.append({**row, "b_cap": change.cap, "b_over": change.over_commit or 0})
            else:
                plain.append(row)
        self._change(_COUNT, plain, "capacity")
        self._change(_RECAP, recapped, "capacity")

    def insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows; a taken unique key is the database's to refuse."""
        if rows:
            filled = [{"tenant_id": self._tenant_id, **row} for row in rows]
            self.steps.append(Insertion(table, filled))
            self.expected.append((len(rows), table.name))

    def _change(
        self, statement: Update, rows: Rows, what: str, *, expected: int | None = None
    ) -> None:
        """Change rows; each of them must be there."""
        if rows:
            self.steps.append(Change(statement, rows))
            self.expected.append((len(rows) if expected is None else expected, what))


@cache
def _change_statement(kind: type) -> Update:
    """Change every column of a record, if it has the version that was read."""
    mapper = mapper_of(kind)
    table, keys = mapper.table, {"tenant_id", mapper.id_column.name}
    return (
        update(table)
        .where(
            table.columns.tenant_id == bindparam("b_tenant"),
            mapper.id_column == bindparam("b_id"),
            table.columns.version == bindparam("b_version"),
        )
        .values(
            {
                column: bindparam(f"v_{column.name}")
                for column in table.columns
                if column.name not in keys
            }
        )
    )


def _expect(found: int, expected: int, what: str) -> None:
    if found != expected:
        message = f"{found} of {expected} rows of {what} were as they had been read"
        raise TransactionConflict(message)


def _answer_row(kept: KeptAnswer) -> dict[str, Any]:
    return {
        "caller": kept.key.caller,
        "route": kept.key.route,
        "key": kept.key.key,
        "fingerprint": kept.key.fingerprint,
        "status": kept.answer.status,
        "headers": [list(pair) for pair in kept.answer.headers],
        "body": kept.answer.body,
        "at": kept.at,
    }
