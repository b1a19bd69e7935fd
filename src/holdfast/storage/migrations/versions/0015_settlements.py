"""Settlements: what bookings came to, and what keeps customers from booking.

The new columns have defaults or may be empty, so that a server of the release before can go on
writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_ACTIVE = sa.text("status = 'active'")
_MAY_BE_MISSING = sa.text("status = 'confirmed' AND no_show_at IS NOT NULL")


def upgrade() -> None:
    """Add the columns and their indexes."""
    op.add_column("customer", sa.Column("blocked_until", sa.BigInteger(), nullable=True))
    op.add_column("customer", sa.Column("block_reason", _WORDS, nullable=True))
    op.add_column(
        "customer", sa.Column("no_shows", _WORDS, nullable=False, server_default=sa.text("'[]'"))
    )
    op.add_column("customer", sa.Column("lifted_at", sa.BigInteger(), nullable=True))
    op.create_index("ix_customer_account", "customer", ["tenant_id", "account_id"])
    op.add_column("hold", sa.Column("contact_key", _WORDS, nullable=True))
    op.create_index(
        "ix_hold_contact",
        "hold",
        ["tenant_id", "contact_key"],
        postgresql_where=_ACTIVE,
        sqlite_where=_ACTIVE,
    )
    for name in ("paid_minor", "refunded_minor"):
        column = sa.Column(name, sa.BigInteger(), nullable=False, server_default=sa.text("0"))
        op.add_column("booking", column)
    op.add_column("booking", sa.Column("settlement", _WORDS, nullable=True))
    op.add_column("booking", sa.Column("no_show_at", sa.BigInteger(), nullable=True))
    op.drop_index("ix_booking_customer", "booking")
    for word, instant in (("end", "ends_at"), ("made", "created_at")):
        op.create_index(
            f"ix_booking_customer_{word}", "booking", ["tenant_id", "customer_id", instant]
        )
    op.create_index(
        "ix_booking_missing",
        "booking",
        ["tenant_id", "no_show_at"],
        postgresql_where=_MAY_BE_MISSING,
        sqlite_where=_MAY_BE_MISSING,
    )
