"""The series of a customer, by when they were made."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_series_customer", "series", ["tenant_id", "customer_id", "created_at"])
