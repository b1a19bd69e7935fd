"""The unreleased claims of a key by start and end: those that ended before are not fetched."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_UNRELEASED = sa.text("released_at IS NULL")


def upgrade() -> None:
    """Make the index anew, with the end."""
    op.drop_index("ix_claim_over", "claim")
    op.create_index(
        "ix_claim_over",
        "claim",
        ["tenant_id", "key", "starts_at", "ends_at"],
        postgresql_where=_UNRELEASED,
        sqlite_where=_UNRELEASED,
    )
