"""What offerings ask, and what is answered with holds and bookings.

The new columns have defaults, so that a server of the release before can go on writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns."""
    _add("offering", "fields", "'[]'")
    for table in ("hold", "booking"):
        for name in ("answers", "private_answers"):
            _add(table, name, "'{}'")


def _add(table: str, name: str, empty: str) -> None:
    column = sa.Column(name, _WORDS, nullable=False, server_default=sa.text(empty))
    op.add_column(table, column)
