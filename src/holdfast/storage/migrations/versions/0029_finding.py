"""Customers by the beginnings of their names, and the bookings that wait for somebody.

The new columns have defaults, so that a server of the release before can go on writing. Who was
there before is found by the whole name as it begins, in either order once they are changed.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_PENDING = sa.text("status = 'pending'")


def upgrade() -> None:
    """Add the columns, fill them for who is there, and add the indexes."""
    for name in ("name_key", "last_name_key"):
        column = sa.Column(name, _WORDS, nullable=False, server_default=sa.text("''"))
        op.add_column("customer", column)
    op.execute("UPDATE customer SET name_key = lower(name), last_name_key = lower(name)")
    op.create_index("ix_customer_name", "customer", ["tenant_id", "name_key"])
    op.create_index("ix_customer_last_name", "customer", ["tenant_id", "last_name_key"])
    op.create_index(
        "ix_booking_pending",
        "booking",
        ["tenant_id", "starts_at"],
        postgresql_where=_PENDING,
        sqlite_where=_PENDING,
    )
