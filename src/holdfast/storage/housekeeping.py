"""Housekeeping: removing rows that have served, a bounded number of one tenant at a time."""

from __future__ import annotations

from sqlalchemy import delete, exists, func, or_, select

from holdfast.domain.accounts import HOUSE
from holdfast.domain.ids import TenantId, make_id
from holdfast.engine.ports import Cutoffs
from holdfast.storage.database import Database, WriteTransaction
from holdfast.storage.schema import capacity as ledger_schema
from holdfast.storage.schema import catalogue, history

_tenant = catalogue.tenant.columns
_batch = ledger_schema.batch.columns
_answer = history.answer.columns


class SqlHousekeeping:
    """Removes old rows of `batch` and `answer`."""

    def __init__(self, database: Database) -> None:
        """Work on a database."""
        self._database = database

    def with_old_rows(self, cutoffs: Cutoffs, *, limit: int) -> list[TenantId]:
        """Return businesses that have rows to be removed: one look into an index for each."""
        old_batch = exists().where(
            _batch.tenant_id == _tenant.tenant_id, _batch.batch_id < _first_batch_id(cutoffs)
        )
        old_answer = exists().where(
            _answer.tenant_id == _tenant.tenant_id, _answer.at < cutoffs.answers_before
        )
        statement = (
            select(_tenant.tenant_id)
            .where(or_(old_batch, old_answer))
            .order_by(_tenant.tenant_id)
            .limit(limit)
        )
        with self._database.read() as transaction:
            found = [TenantId(row[0]) for row in transaction.connection.execute(statement)]
        # The house keeps books and stands in no register.
        return [*found, HOUSE] if len(found) < limit and self._is_old(HOUSE, cutoffs) else found

    def _is_old(self, tenant_id: TenantId, cutoffs: Cutoffs) -> bool:
        old = exists().where(
            _batch.tenant_id == tenant_id, _batch.batch_id < _first_batch_id(cutoffs)
        )
        with self._database.read(tenant_id) as transaction:
            return bool(transaction.connection.execute(select(old)).scalar())

    def purge(self, tenant_id: TenantId, cutoffs: Cutoffs, *, limit: int) -> int:
        """Remove about `limit` old rows of each kind in one transaction; return how many.

        Raises:
            StorageFault: The database could not be asked, or somebody else did the same.
        """
        with self._database.write(tenant_id) as transaction:
            count = _delete_batches(transaction, cutoffs, limit=limit)
            count += _delete_answers(transaction, cutoffs, limit=limit)
            if count:
                transaction.commit()
        return count


def _first_batch_id(cutoffs: Cutoffs) -> str:
    """Return the least id of a batch that stays: ids are in the order of time, and indexed."""
    return make_id("bat", now=cutoffs.batches_before, randomness=0)


def _delete_batches(transaction: WriteTransaction, cutoffs: Cutoffs, *, limit: int) -> int:
    old = (
        select(_batch.batch_id)
        .where(
            _batch.tenant_id == transaction.tenant_id, _batch.batch_id < _first_batch_id(cutoffs)
        )
        .order_by(_batch.batch_id)
        .limit(limit)
    )
    statement = delete(ledger_schema.batch).where(
        _batch.tenant_id == transaction.tenant_id, _batch.batch_id.in_(old)
    )
    return transaction.connection.execute(statement).rowcount


def _delete_answers(transaction: WriteTransaction, cutoffs: Cutoffs, *, limit: int) -> int:
    """Delete by instant: everything up to the last of the first `limit` rows."""
    oldest = (
        select(_answer.at)
        .where(_answer.tenant_id == transaction.tenant_id, _answer.at < cutoffs.answers_before)
        .order_by(_answer.at)
        .limit(limit)
        .subquery()
    )
    last = select(func.max(oldest.c.at)).scalar_subquery()
    statement = delete(history.answer).where(
        _answer.tenant_id == transaction.tenant_id, _answer.at <= last
    )
    return transaction.connection.execute(statement).rowcount
