"""Streams: the order of a business's facts, and how far whoever listens to them has come.

Facts have their numbers given after the commit, so the new columns may be empty or have defaults,
and a server of the release before can go on writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_UNNUMBERED = sa.text("position IS NULL")


def upgrade() -> None:
    """Add the columns and the tables."""
    zero = sa.text("0")
    op.add_column(
        "outbox", sa.Column("ordinal", sa.BigInteger(), nullable=False, server_default=zero)
    )
    op.add_column("outbox", _number("position", nullable=True))
    op.drop_index("ix_outbox_due", "outbox")
    op.create_index("ix_outbox_position", "outbox", ["tenant_id", "position"], unique=True)
    op.create_index(
        "ix_outbox_unnumbered",
        "outbox",
        ["tenant_id", "at"],
        postgresql_where=_UNNUMBERED,
        sqlite_where=_UNNUMBERED,
    )
    op.create_table(
        "stream",
        _words("tenant_id"),
        _number("last_position"),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_stream"),
    )
    op.create_table(
        "listener",
        _words("tenant_id"),
        _words("name"),
        _number("position"),
        _number("tries"),
        _words("error", nullable=True),
        _number("retry_at", nullable=True),
        _number("leased_until", nullable=True),
        _words("token", nullable=True),
        _number("given_up_count"),
        _words("given_up_event_id", nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "name", name="pk_listener"),
    )


def _words(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, _WORDS, nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)
