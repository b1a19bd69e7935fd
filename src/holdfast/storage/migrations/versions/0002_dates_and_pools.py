"""Days, nights, pools, calendars and approval: new tables, and columns with defaults.

Every new column has a default, so that a server of the release before can go on writing.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add what is new, tables first."""
    _pool()
    _day()
    _add("category", _words("custom_fields", "[]"))
    _add(
        "resource",
        _maybe_number("party_min"),
        _maybe_number("party_max"),
        _flag("is_bookable_alone"),
        _flag("is_settling"),
        _words("field_values", "{}"),
    )
    _add(
        "offering",
        _words("shape", "slots"),
        _maybe_number("length_min"),
        _maybe_number("length_max"),
        _number("dates_min", 1),
        _maybe_number("dates_max"),
        _flag("is_scattered", default=True),
        _number("check_in_minute", 900),
        _number("check_out_minute", 660),
        _flag("is_always_open"),
        _flag("grid_includes_buffer"),
        _flag("pending_takes", default=True),
        _maybe_number("pending_ttl"),
        _maybe_number("confirm_delay"),
        _words("components", "[]"),
    )
    _add(
        "slot",
        _maybe_number("price_minor"),
        _number("stripes", 1),
        _flag("is_settling"),
        _maybe_words("cancel_reason"),
    )
    _index("slot", "ix_slot_passing", "ends_at", where="status = 'open'")
    _add("hold", *_stay())
    _add(
        "booking",
        *_stay(),
        _maybe_number("expires_at"),
        _maybe_number("confirms_at"),
        _words("local_start", ""),
        _maybe_words("external_offer_id"),
    )
    _index("booking", "ix_booking_slot", "slot_id")
    for name, column in (("expiring", "expires_at"), ("confirming", "confirms_at")):
        where = f"status = 'pending' AND {column} IS NOT NULL"
        _index("booking", f"ix_booking_{name}", column, where=where)


def _stay() -> list[sa.Column[Any]]:
    return [
        _words("dates", "[]"),
        _maybe_words("resource_id"),
        _words("picks", "[]"),
        _words("components", "[]"),
    ]


def _pool() -> None:
    op.create_table(
        "pool",
        *(_plain(name, _WORDS) for name in ("tenant_id", "pool_id", "name", "kind")),
        *(_plain(name, _WORDS) for name in ("description", "resource_ids")),
        _plain("sort_order", sa.BigInteger()),
        _plain("status", _WORDS),
        _plain("metadata", _WORDS),
        _plain("created_at", sa.BigInteger()),
        _maybe_number("deleted_at"),
        _plain("version", sa.BigInteger()),
        sa.PrimaryKeyConstraint("tenant_id", "pool_id", name="pk_pool"),
        sa.CheckConstraint("status IN ('active', 'deleted')", name="ck_pool_status_values"),
    )


def _day() -> None:
    op.create_table(
        "day",
        *(_plain(name, _WORDS) for name in ("tenant_id", "day_id", "resource_id", "falls_on")),
        _plain("capacity", sa.BigInteger()),
        *(_plain(name, _WORDS) for name in ("reason", "actor_id")),
        *(_plain(name, sa.BigInteger()) for name in ("created_at", "version")),
        sa.PrimaryKeyConstraint("tenant_id", "day_id", name="pk_day"),
        sa.CheckConstraint("capacity >= 0", name="ck_day_capacity_not_negative"),
    )
    op.create_index("ix_day_resource", "day", ["tenant_id", "resource_id", "falls_on"])


def _add(table: str, *columns: sa.Column[Any]) -> None:
    for column in columns:
        op.add_column(table, column)


def _index(table: str, name: str, column: str, where: str | None = None) -> None:
    condition = None if where is None else sa.text(where)
    op.create_index(
        name,
        table,
        ["tenant_id", column],
        postgresql_where=condition,
        sqlite_where=condition,
    )


def _plain(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _number(name: str, default: int) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default=sa.text(str(default)))


def _maybe_number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=True)


def _flag(name: str, *, default: bool = False) -> sa.Column[bool]:
    value = sa.true() if default else sa.false()
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=value)


def _words(name: str, default: str) -> sa.Column[str]:
    return sa.Column(name, _WORDS, nullable=False, server_default=sa.text(f"'{default}'"))


def _maybe_words(name: str) -> sa.Column[str]:
    return sa.Column(name, _WORDS, nullable=True)
