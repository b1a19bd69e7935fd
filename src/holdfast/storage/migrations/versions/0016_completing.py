"""Completing: when a booking completes by itself.

The new column may be empty, so that a server of the release before can go on writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and what finds those that are due."""
    op.add_column("booking", sa.Column("completes_at", sa.BigInteger(), nullable=True))
    due = sa.text("status IN ('confirmed', 'checked_in') AND completes_at IS NOT NULL")
    op.create_index(
        "ix_booking_completing",
        "booking",
        ["tenant_id", "completes_at"],
        postgresql_where=due,
        sqlite_where=due,
    )
