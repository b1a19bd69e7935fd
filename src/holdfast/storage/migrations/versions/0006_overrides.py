"""Overrides: what staff set aside for a hold or booking, and why.

The new columns may be empty, so that a server of the release before can go on writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns."""
    for table in ("hold", "booking"):
        op.add_column(table, sa.Column("override", _WORDS, nullable=True))
