"""Policies of businesses, resources and offerings, and what a booking was made under.

The new columns may be empty, so that a server of the release before can go on writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns."""
    for name in ("notice", "horizon_days", "buffer_before", "buffer_after"):
        op.add_column("resource", sa.Column(name, sa.BigInteger(), nullable=True))
    for table in ("tenant", "resource", "offering", "booking"):
        op.add_column(table, sa.Column("policy", _WORDS, nullable=True))
