"""The register of businesses, and the workers' question: who has something due?"""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from holdfast.domain.holds import HoldStatus
from holdfast.domain.ids import TenantId
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

    def _select(self, condition: ColumnElement[bool]) -> list[Tenant]:
        mapper = mapper_of(Tenant)
        statement = select(mapper.table).where(condition).order_by(mapper.table.columns.slug)
        with self._database.read() as transaction:
            rows = transaction.connection.execute(statement).mappings()
            return [mapper.from_row(row) for row in rows]
