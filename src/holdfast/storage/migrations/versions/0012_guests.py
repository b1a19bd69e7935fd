"""Guests, references, moves and ratings of bookings.

The new columns have defaults or may be empty, so that a server of the release before can go on
writing.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns and an index."""
    _add(sa.Column("guests", _WORDS, nullable=False, server_default=sa.text("'[]'")))
    _add(sa.Column("reference", _WORDS, nullable=True))
    none = sa.text("0")
    _add(sa.Column("reschedule_count", sa.BigInteger(), nullable=False, server_default=none))
    _add(sa.Column("rating", sa.BigInteger(), nullable=True))
    for name in ("feedback", "referral_source"):
        _add(sa.Column(name, _WORDS, nullable=False, server_default=sa.text("''")))
    op.create_index("ix_booking_reference", "booking", ["tenant_id", "reference"])


def _add(column: sa.Column[Any]) -> None:
    op.add_column("booking", column)
