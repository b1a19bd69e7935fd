"""Resources by their owner: who must not be busy on another one."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_resource_owner", "resource", ["tenant_id", "owner_id"])
