"""Closing slots and time over bookings: marks of what is not yet seen through.

Every new column has a default, so that a server of the release before can go on writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the marks, and what finds them."""
    op.add_column("slot", sa.Column("blocked_by", _WORDS, nullable=True))
    op.add_column(
        "block",
        sa.Column("is_settling", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    _index("slot", "ix_slot_settling", "starts_at", where="is_settling")
    _index("slot", "ix_slot_blocked", "blocked_by", where="blocked_by IS NOT NULL")
    _index("block", "ix_block_settling", "starts_at", where="is_settling")
    _index("hold", "ix_hold_slot", "slot_id", where="status = 'active'")


def _index(table: str, name: str, column: str, *, where: str) -> None:
    condition = sa.text(where)
    op.create_index(
        name,
        table,
        ["tenant_id", column],
        postgresql_where=condition,
        sqlite_where=condition,
    )
