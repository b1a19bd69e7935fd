"""Limiting what is unlimited, in a line each, and what the books say of it."""

from __future__ import annotations

from holdfast.domain.ids import TenantId
from holdfast.domain.resources import Resource
from holdfast.engine.facade import TenantEngine
from holdfast.storage.database import Database
from holdfast.storage.proving import prove
from tests.engine.tables import rows_of


class Stubborn:
    """Somebody who never stops writing."""

    def outlive(self, tenant_id: TenantId, *, seconds: float) -> bool:
        """Wait in vain."""
        del tenant_id, seconds
        return False


class Impatient:
    """Somebody who does not wait for those who are writing."""

    def outlive(self, tenant_id: TenantId, *, seconds: float) -> bool:
        """Go on at once."""
        del tenant_id, seconds
        return True


def limited(
    desk: TenantEngine, resource: Resource, capacity: int, reason: str = "", *, over: bool = False
) -> Resource:
    """Give an unlimited resource a capacity."""
    changes = {"capacity": capacity}
    return desk.resources.change(resource.resource_id, changes, may_be_over=over, reason=reason)


def places_of(database: Database) -> list[tuple[int, int | None, int]]:
    """What the counters of slots say: used, cap and over-commitment."""
    return [
        (row["used"], row["cap"], row["over_commit"])
        for row in rows_of(database, "capacity")
        if row["key"].startswith("slot:")
    ]


def proof(database: Database) -> list[str]:
    """What the audit finds wrong with the books."""
    return [f"{found.kind}: {found.detail}" for found in prove(database).violations]
