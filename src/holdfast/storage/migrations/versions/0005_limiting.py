"""Limiting what was unlimited: what a slot is limited to, and what finds what is not open yet.

The new column may be empty, so that a server of the release before can go on writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and indexes of the few rows that a worker looks for."""
    op.add_column("slot", sa.Column("limit_to", sa.BigInteger(), nullable=True))
    _index("slot", "ix_slot_limiting", "starts_at", where="limit_to IS NOT NULL")
    _index("resource", "ix_resource_settling", "created_at", where="is_settling")


def _index(table: str, name: str, column: str, *, where: str) -> None:
    condition = sa.text(where)
    op.create_index(
        name,
        table,
        ["tenant_id", column],
        postgresql_where=condition,
        sqlite_where=condition,
    )
