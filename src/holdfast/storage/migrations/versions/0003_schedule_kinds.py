"""Kinds of schedule rules: columns with defaults, which make weekly rules of those there are.

Every new column has a default, so that a server of the release before can go on writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add what a rule may be besides weekly."""
    for name, default in (("kind", "weekly"), ("effect", "opens")):
        op.add_column("rule", _words(name, default))
    op.add_column("rule", sa.Column("recurrence", _WORDS, nullable=True))
    for name, default in (("dates", "[]"), ("dates_left_out", "[]"), ("reason", "")):
        op.add_column("rule", _words(name, default))
    op.add_column(
        "rule",
        sa.Column("is_repeated_hour_used", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def _words(name: str, default: str) -> sa.Column[str]:
    return sa.Column(name, _WORDS, nullable=False, server_default=sa.text(f"'{default}'"))
