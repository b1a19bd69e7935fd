"""The proof of the books, over a database: `prove`, and the streams that it reads."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, exists, func, select, text

from holdfast.domain.claims import Claim
from holdfast.domain.history import AuditEntry
from holdfast.domain.ids import TenantId
from holdfast.domain.proving import CapacityRow
from holdfast.engine.ports import CapacityKind, Read
from holdfast.engine.proving import Fact, ProofReport, Report, prove_books
from holdfast.storage import reading
from holdfast.storage.database import Database, ReadTransaction
from holdfast.storage.mapping import mapper_of
from holdfast.storage.schema import capacity as ledger_schema
from holdfast.storage.schema import history, ledger

# So many rows of a stream are in memory at a time.
ROWS_AT_ONCE = 1_000

_capacity = ledger_schema.capacity.columns
_batch = ledger_schema.batch.columns
_audit = history.audit.columns
_outbox = history.outbox.columns
_claim = ledger.claim.columns


def prove(
    database: Database, *, tenant_id: str | None = None, progress: Report | None = None
) -> ProofReport:
    """Prove from the stored history that nothing was ever oversold, and that the books agree.

    Args:
        database: An open database whose schema is up to date.
        tenant_id: The business whose books are proved; all of them if None.
        progress: Told now and then how far it is.

    Raises:
        StorageFault: The database could not be read to the end.
    """
    one = None if tenant_id is None else TenantId(tenant_id)
    return prove_books(SqlProofStores(database), tenant_id=one, progress=progress)


class SqlProofStores:
    """Where the proof reads from."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tenant_ids(self) -> Iterator[TenantId]:
        """Return every tenant that ever wrote anything, one look into an index for each."""
        last = ""
        while True:
            with self._database.read() as transaction:
                statement = select(func.min(_audit.tenant_id)).where(_audit.tenant_id > last)
                found = transaction.connection.execute(statement).scalar_one()
            if found is None:
                return
            yield TenantId(found)
            last = found

    @contextmanager
    def read(self, tenant_id: TenantId) -> Iterator[SqlProofStore]:
        """Begin a read transaction that sees one tenant, and in which sorting may take long."""
        with self._database.read(tenant_id) as transaction:
            if self._database.dialect_name == "postgresql":
                transaction.connection.execute(text("SET LOCAL statement_timeout = 0"))
            yield SqlProofStore(transaction, tenant_id)


class SqlProofStore:
    """One read transaction of one tenant, read as streams."""

    def __init__(self, transaction: ReadTransaction, tenant_id: TenantId) -> None:
        self._transaction = transaction
        self._tenant_id = tenant_id

    def now(self) -> datetime:
        """Read the clock of record."""
        return self._transaction.now()

    def load(self, reads: Collection[Read]) -> Mapping[Read, tuple[object, ...]]:
        """Answer reads in a few statements."""
        return reading.load(self._transaction, self._tenant_id, reads)

    def row_count(self) -> int:
        """Return how many rows the streams have, claims twice."""
        counts = [
            (2, ledger.claim, _claim.tenant_id),
            (1, ledger_schema.capacity, _capacity.tenant_id),
            (1, history.audit, _audit.tenant_id),
        ]
        total = 0
        for times, table, tenant in counts:
            statement = select(func.count()).select_from(table).where(tenant == self._tenant_id)
            total += times * self._transaction.connection.execute(statement).scalar_one()
        return total

    def claims_by_key(self) -> Iterator[Claim]:
        """Stream all claims, by key, start and id."""
        order = (_claim.key, _claim.starts_at, _claim.claim_id)
        return self._records(Claim, select(ledger.claim).order_by(*order))

    def claims_by_owner(self) -> Iterator[Claim]:
        """Stream all claims, by owner and id."""
        order = (_claim.owner_id, _claim.claim_id)
        return self._records(Claim, select(ledger.claim).order_by(*order))

    def capacity_rows(self) -> Iterator[CapacityRow]:
        """Stream all capacity rows, by key."""
        for row in self._rows(select(ledger_schema.capacity).order_by(_capacity.key)):
            yield CapacityRow(
                key=row["key"],
                is_counter=row["kind"] is CapacityKind.COUNTER,
                used=row["used"],
                cap=row["cap"],
                over_commit=row["over_commit"],
                decided_at=row["decided_at"],
            )

    def audit_by_subject(self, subject_kind: str | None = None) -> Iterator[AuditEntry]:
        """Stream all audit rows, or those of one kind of record, by subject and version."""
        statement = _by_subject(select(history.audit))
        if subject_kind is not None:
            statement = statement.where(_audit.subject_kind == subject_kind)
        return self._records(AuditEntry, statement)

    def audit_of(self, subject_ids: Collection[str]) -> list[AuditEntry]:
        """Return the audit rows of some records, by subject and version."""
        found = list[AuditEntry]()
        for part in reading.chunks(sorted(subject_ids), reading.CHUNK):
            statement = _by_subject(select(history.audit)).where(_audit.subject_id.in_(part))
            found += self._records(AuditEntry, statement)
        return found

    def facts_by_subject(self, subject_kinds: Collection[str]) -> Iterator[Fact]:
        """Stream the events of some kinds of records, by subject and version."""
        statement = (
            select(_outbox.tenant_id, _outbox.subject_id, _outbox.subject_version)
            .where(_outbox.subject_kind.in_(sorted(subject_kinds)))
            .order_by(_outbox.subject_id, _outbox.subject_version)
        )
        for row in self._rows(statement):
            yield Fact(row["subject_id"], row["subject_version"])

    def ids_without_audit(self, kind: type) -> Iterator[str]:
        """Return the ids of a kind's records that no audit row is about."""
        mapper = mapper_of(kind)
        columns, record_id = mapper.table.columns, mapper.id_column
        is_known = exists().where(
            _audit.tenant_id == columns.tenant_id, _audit.subject_id == record_id
        )
        statement = select(columns.tenant_id, record_id).where(~is_known).order_by(record_id)
        for row in self._rows(statement):
            yield row[record_id.name]

    def void_batches_with_audit(self) -> Iterator[str]:
        """Return the batches that can never have committed, and of which there are audit rows."""
        statement = (
            select(_audit.tenant_id, _audit.batch_id)
            .distinct()
            .join(
                ledger_schema.batch,
                (_batch.tenant_id == _audit.tenant_id) & (_batch.batch_id == _audit.batch_id),
            )
            .where(_batch.is_void)
            .order_by(_audit.batch_id)
        )
        for row in self._rows(statement):
            yield row["batch_id"]

    def _records(self, kind: type, statement: Select[Any]) -> Iterator[Any]:
        mapper = mapper_of(kind)
        for row in self._rows(statement):
            yield mapper.from_row(row)

    def _rows(self, statement: Select[Any]) -> Iterator[RowMapping]:
        """Stream the rows of a statement whose first column is the tenant."""
        of_tenant = statement.where(statement.selected_columns[0] == self._tenant_id)
        found = self._transaction.connection.execute(
            of_tenant, execution_options={"yield_per": ROWS_AT_ONCE}
        )
        yield from found.mappings()


def _by_subject(statement: Select[Any]) -> Select[Any]:
    return statement.order_by(_audit.subject_id, _audit.subject_version, _audit.audit_id)
