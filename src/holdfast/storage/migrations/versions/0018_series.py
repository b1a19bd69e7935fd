"""Series: bookings made together, and each of their occurrences.

The new columns may be empty or have defaults, so that a server of the release before can go on
writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the tables and the columns."""
    op.add_column("offering", _number("series_max", nullable=True))
    none = sa.text("'[]'")
    op.add_column(
        "offering", sa.Column("series_frequencies", _WORDS, nullable=False, server_default=none)
    )
    op.add_column("booking", sa.Column("series_id", _WORDS, nullable=True))
    op.add_column("booking", _number("series_index", nullable=True))
    is_in_series = sa.text("series_id IS NOT NULL")
    op.create_index(
        "ix_booking_series",
        "booking",
        ["tenant_id", "series_id"],
        postgresql_where=is_in_series,
        sqlite_where=is_in_series,
    )
    _series()
    _occurrence()


def _series() -> None:
    op.create_table(
        "series",
        *_words("tenant_id", "series_id", "status", "offering_id", "offering_name", "rule"),
        *_words("starts_on"),
        _number("minute"),
        *_words("zone", "clashes"),
        _number("party_size"),
        _number("date_count", nullable=True),
        *_words("picks", "components"),
        *_words("customer_id", nullable=True),
        *_words("contact_name"),
        *_words("contact_email", "contact_phone", nullable=True),
        *_words("placed_by"),
        *_words("cancel_reason", nullable=True),
        _number("created_at"),
        _number("ends_at"),
        _number("ended_at", nullable=True),
        _number("version"),
        sa.PrimaryKeyConstraint("tenant_id", "series_id", name="pk_series"),
        sa.CheckConstraint(
            "status IN ('active', 'ended', 'cancelled')", name="ck_series_status_values"
        ),
        sa.CheckConstraint(
            "clashes IN ('all_or_nothing', 'skip', 'shift', 'plan_only')",
            name="ck_series_clashes_values",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "offering_id"],
            ["offering.tenant_id", "offering.offering_id"],
            name="fk_series_tenant_id_offering_id",
        ),
    )
    op.create_index("ix_series_created", "series", ["tenant_id", "created_at"])


def _occurrence() -> None:
    op.create_table(
        "occurrence",
        *_words("tenant_id", "occurrence_id", "series_id"),
        _number("series_index"),
        *_words("wanted_on"),
        *(_number(name) for name in ("wanted_minute", "starts_at", "ends_at")),
        *_words("outcome"),
        *_words("reason_code", "reason", nullable=True),
        *_words("alternatives"),
        *_words("booking_id", nullable=True),
        _number("created_at"),
        _number("version"),
        sa.PrimaryKeyConstraint("tenant_id", "occurrence_id", name="pk_occurrence"),
        sa.CheckConstraint(
            "outcome IN ('created', 'shifted', 'skipped', 'failed', 'planned')",
            name="ck_occurrence_outcome_values",
        ),
        sa.CheckConstraint("starts_at < ends_at", name="ck_occurrence_interval"),
        sa.CheckConstraint(
            "outcome NOT IN ('created', 'shifted') OR booking_id IS NOT NULL",
            name="ck_occurrence_booking",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "series_id"],
            ["series.tenant_id", "series.series_id"],
            name="fk_occurrence_tenant_id_series_id",
        ),
    )
    op.create_index("ix_occurrence_series", "occurrence", ["tenant_id", "series_id"])


def _words(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, _WORDS, nullable=nullable) for name in names]


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)
