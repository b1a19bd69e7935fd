"""The register of businesses, and the workers' question: who has something due?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select

from holdfast.domain.holds import HoldStatus
from holdfast.domain.ids import HoldId, TenantId
from holdfast.domain.tenants import Tenant
from holdfast.storage.database import Database
from holdfast.storage.mapping import mapper_of
from holdfast.storage.schema import catalogue, ledger


class SqlTenantRegister:
    """The one store that is searched without knowing the tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, slug_or_id: str) -> Tenant | None:
        """Return a business by its slug or id, or None."""
        if slug_or_id.startswith("tnt_"):
            found = self._select(catalogue.tenant.columns.tenant_id == slug_or_id)
            return found[0] if found else None
        return self.find_by_slug(slug_or_id)

    def find_by_slug(self, slug: str) -> Tenant | None:
        """Return a business by its slug, or None."""
        found = self._select(catalogue.tenant.columns.slug == slug)
        return found[0] if found else None

    def list_all(self) -> list[Tenant]:
        """Return all businesses, by slug."""
        return self._select(catalogue.tenant.columns.slug.is_not(None))

    def with_due_holds(self, *, limit: int) -> list[TenantId]:
        """Return businesses that have active holds whose time is over."""
        hold = ledger.hold.columns
        with self._database.read() as transaction:
            statement = (
                select(hold.tenant_id)
                .where(hold.status == HoldStatus.ACTIVE, hold.expires_at <= transaction.now())
                .distinct()
                .order_by(hold.tenant_id)
                .limit(limit)
            )
            return [TenantId(row[0]) for row in transaction.connection.execute(statement)]

    def due_holds(
        self, tenant_id: TenantId, *, after: tuple[datetime, HoldId] | None, limit: int
    ) -> list[tuple[datetime, HoldId]]:
        """Return a page of a business's active holds whose time is over, in that order."""
        hold = ledger.hold.columns
        with self._database.read(tenant_id) as transaction:
            statement = (
                select(hold.expires_at, hold.hold_id)
                .where(
                    hold.tenant_id == tenant_id,
                    hold.status == HoldStatus.ACTIVE,
                    hold.expires_at <= transaction.now(),
                )
                .order_by(hold.expires_at, hold.hold_id)
                .limit(limit)
            )
            if after is not None:
                expires_at, hold_id = after
                is_later = hold.expires_at > expires_at
                is_next = and_(hold.expires_at == expires_at, hold.hold_id > hold_id)
                statement = statement.where(or_(is_later, is_next))
            rows = transaction.connection.execute(statement)
            return [(row.expires_at, HoldId(row.hold_id)) for row in rows]

    def _select(self, condition: ColumnElement[bool]) -> list[Tenant]:
        mapper = mapper_of(Tenant)
        statement = select(mapper.table).where(condition).order_by(mapper.table.columns.slug)
        with self._database.read() as transaction:
            rows = transaction.connection.execute(statement).mappings()
            return [mapper.from_row(row) for row in rows]
