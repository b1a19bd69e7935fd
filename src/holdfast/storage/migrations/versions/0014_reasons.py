"""Reasons: by which door a change came, and why, in the words of whoever made it.

The new columns may be empty, so that a server of the release before can go on writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns."""
    source = sa.Column("source", _WORDS, nullable=False, server_default=sa.text("''"))
    op.add_column("audit", source)
    op.add_column("audit", sa.Column("reason", _WORDS, nullable=True))
