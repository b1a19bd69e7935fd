"""Attempts: the traces of asking hooks.

A table of its own, which a server of the release before does not look at.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_ASKING = sa.text("status = 'asking'")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "attempt",
        *_words("tenant_id", "attempt_id", "action", "status", "request", "fingerprint"),
        *_words("subject_id"),
        *_words("hold_id", nullable=True),
        *_words("seen"),
        _number("leased_until"),
        _number("gives_up_at"),
        *_words("booking_id", "reason", nullable=True),
        _number("created_at"),
        _number("ended_at", nullable=True),
        _number("version"),
        sa.PrimaryKeyConstraint("tenant_id", "attempt_id", name="pk_attempt"),
        sa.CheckConstraint(
            "action IN ('hold', 'reserve', 'move', 'confirm', 'cancel', 'attend')",
            name="ck_attempt_action_values",
        ),
        sa.CheckConstraint(
            "status IN ('asking', 'done', 'refused', 'lost')", name="ck_attempt_status_values"
        ),
        sa.CheckConstraint("(status = 'asking') = (ended_at IS NULL)", name="ck_attempt_ended"),
    )
    _index("uq_attempt_request", "request", unique=True)
    _index("uq_attempt_subject", "subject_id", unique=True)
    _index("ix_attempt_due", "gives_up_at", unique=False)


def _index(name: str, column: str, *, unique: bool) -> None:
    op.create_index(
        name,
        "attempt",
        ["tenant_id", column],
        unique=unique,
        postgresql_where=_ASKING,
        sqlite_where=_ASKING,
    )


def _words(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, _WORDS, nullable=nullable) for name in names]


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)
