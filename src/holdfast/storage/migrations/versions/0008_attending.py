"""Attending: when guests came and left, and when places were given back before their time.

The new columns may be empty, so that a server of the release before can go on writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    for name in ("checked_in_at", "checked_out_at", "freed_at"):
        op.add_column("booking", sa.Column(name, sa.BigInteger(), nullable=True))
