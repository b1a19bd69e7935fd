"""Accounts, where they are signed in, and the members that are bound to them.

The new columns may be null, so that a server of the release before can go on writing.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the tables and the columns."""
    op.create_table(
        "account",
        *_columns(_WORDS, "tenant_id", "account_id", "email", "email_key", "name"),
        *_columns(_WORDS, "password_hash"),
        *_columns(sa.BigInteger(), "generation", "created_at", "version"),
        sa.PrimaryKeyConstraint("tenant_id", "account_id", name="pk_account"),
    )
    op.create_index("uq_account_email", "account", ["tenant_id", "email_key"], unique=True)
    op.create_table(
        "sign_in",
        *_columns(_WORDS, "tenant_id", "sign_in_id", "account_id"),
        *_columns(sa.BigInteger(), "generation"),
        *_columns(_WORDS, "digest"),
        *_columns(sa.BigInteger(), "created_at", "seen_at", "ends_at"),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        *_columns(sa.BigInteger(), "version"),
        sa.PrimaryKeyConstraint("tenant_id", "sign_in_id", name="pk_sign_in"),
    )
    op.create_index("uq_sign_in_digest", "sign_in", ["tenant_id", "digest"], unique=True)
    op.create_index("ix_sign_in_end", "sign_in", ["tenant_id", "ends_at"])
    for name, kind in (
        ("account_id", _WORDS),
        ("invite_digest", _WORDS),
        ("invited_until", sa.BigInteger()),
    ):
        op.add_column("member", sa.Column(name, kind, nullable=True))
    op.create_index("ix_member_account", "member", ["account_id"])


def _columns(kind: sa.types.TypeEngine[Any], *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name in names]
