"""Prices: rules on offerings, and the lines of a price with each hold and booking.

The new columns have defaults, so that a server of the release before can go on writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NO_LIST = sa.text("'[]'")
_CHECK = "ck_offering_price_unit_values"
_UNITS = (
    "price_unit IN ('per_booking', 'per_participant', 'per_hour', 'per_night', 'per_slot',"
    " 'per_unit')"
)


def upgrade() -> None:
    """Add the columns, and a price for a slot."""
    # SQLite cannot change a CHECK: there the small table of offerings is written anew.
    with op.batch_alter_table("offering") as offering:
        offering.drop_constraint(_CHECK, type_="check")
        offering.create_check_constraint(_CHECK, _UNITS)
    _add("offering", sa.Column("price_rules", _WORDS, nullable=False, server_default=_NO_LIST))
    _add(
        "offering",
        sa.Column("believes_customers", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    for table in ("hold", "booking"):
        _add(table, sa.Column("price_lines", _WORDS, nullable=False, server_default=_NO_LIST))
        _add(table, sa.Column("terms", _WORDS, nullable=True))


def _add(table: str, column: sa.Column[object]) -> None:
    op.add_column(table, column)
