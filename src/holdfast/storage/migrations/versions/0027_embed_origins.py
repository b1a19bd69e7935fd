"""The sites in which a business's pages may be shown.

The new column has a default, so that a server of the release before can go on writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the column."""
    none = sa.text("'[]'")
    op.add_column("tenant", sa.Column("embed_origins", _WORDS, nullable=False, server_default=none))
