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
_BEFORE = "'per_night', 'per_unit'"
_NOW = "'per_night', 'per_slot', 'per_unit'"


def upgrade() -> None:
    """Add the columns, and a price for a slot."""
    if op.get_bind().dialect.name == "sqlite":
        _change_check_on_sqlite()
    else:
        units = f"price_unit IN ('per_booking', 'per_participant', 'per_hour', {_NOW})"
        op.drop_constraint(_CHECK, "offering", type_="check")
        op.create_check_constraint(_CHECK, "offering", units)
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


def _change_check_on_sqlite() -> None:
    """Change the CHECK in the table's own words: SQLite's documented way where no row changes.

    The table cannot be written anew and dropped, since slots refer to it and foreign keys cannot be
    switched off within a transaction.
    """
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    statement = sa.text(
        "UPDATE sqlite_master SET sql = replace(sql, :before, :now)"
        " WHERE type = 'table' AND name = 'offering'"
    )
    connection.execute(statement, {"before": _BEFORE, "now": _NOW})
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")
