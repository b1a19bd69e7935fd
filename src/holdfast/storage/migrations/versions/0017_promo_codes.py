"""Promo codes, ticket tiers, and what holds and bookings use up of them.

The new columns have defaults, so that a server of the release before can go on writing.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NO_LIST = sa.text("'[]'")


def upgrade() -> None:
    """Add the table and the columns."""
    op.create_table(
        "promo_code",
        *_columns(_WORDS, "tenant_id", "promo_id", "code", "kind", "description"),
        *_columns(sa.BigInteger(), "basis_points", "amount_minor"),
        sa.Column("currency", _WORDS, nullable=True),
        sa.Column("discount_max_minor", sa.BigInteger(), nullable=True),
        sa.Column("minimum_minor", sa.BigInteger(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=True)
            for name in ("valid_from", "valid_until", "uses_max", "uses_per_customer_max")
        ),
        sa.Column("offering_ids", _WORDS, nullable=False),
        *_columns(sa.Boolean(), "is_combinable", "is_active"),
        *_columns(sa.BigInteger(), "created_at", "version"),
        sa.PrimaryKeyConstraint("tenant_id", "promo_id", name="pk_promo_code"),
        sa.CheckConstraint("kind IN ('percent', 'fixed')", name="ck_promo_code_kind_values"),
    )
    op.create_index("uq_promo_code_code", "promo_code", ["tenant_id", "code"], unique=True)
    for table, name in (("offering", "ticket_tiers"), ("hold", "uses"), ("booking", "uses")):
        op.add_column(table, sa.Column(name, _WORDS, nullable=False, server_default=_NO_LIST))


def _columns(kind: sa.types.TypeEngine[Any], *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name in names]
