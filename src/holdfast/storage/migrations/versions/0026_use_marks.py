"""By what a customer's uses of promo codes are counted, once their address has changed.

The new column may be empty, so that a server of the release before can go on writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the column."""
    op.add_column("customer", sa.Column("use_mark", _WORDS, nullable=True))
