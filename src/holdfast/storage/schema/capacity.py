"""The ledger's two tables: `capacity`, whose rows are the locks, and `batch`, one row a commit."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Table

from holdfast.engine.ports import CapacityKind
from holdfast.storage.schema.base import (
    flag_column,
    instant_column,
    key_column,
    metadata,
    number_column,
    status_column,
    tenant_key,
)
from holdfast.storage.types import Words

# No foreign key to or from it: a child inserted before the counter is locked deadlocked 1,050
# times in 1,200 tries. Half of each page stays free, and nothing but the key is indexed, so that
# every update stays on its page and writes no index.
capacity = Table(
    "capacity",
    metadata,
    tenant_key(),
    key_column("key", Words()),
    status_column("kind", CapacityKind),
    number_column("used"),
    number_column("cap", nullable=True),
    number_column("over_commit"),
    number_column("seq"),
    instant_column("decided_at", nullable=True),
    CheckConstraint("used >= 0 AND (cap IS NULL OR used <= cap + over_commit)", name="within"),
    postgresql_with={"fillfactor": 50},
)
"""What is used of each scarce thing. Locked by its upsert; see `Database.write`."""

batch = Table(
    "batch",
    metadata,
    tenant_key(),
    key_column("batch_id"),
    flag_column("is_void"),
    instant_column("created_at"),
)
"""Which batches have committed, and which (void) never can. See `Database.settle`."""
