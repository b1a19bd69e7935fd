"""Reminders: when a booking's next reminder is due.

The new column may be empty, so that a server of the release before can go on writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and what finds those that are due."""
    op.add_column("booking", sa.Column("remind_at", sa.BigInteger(), nullable=True))
    due = sa.text("status = 'confirmed' AND remind_at IS NOT NULL")
    op.create_index(
        "ix_booking_reminding",
        "booking",
        ["tenant_id", "remind_at"],
        postgresql_where=due,
        sqlite_where=due,
    )
