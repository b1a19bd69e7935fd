"""The foundation: all tables of the first release.

Frozen once released: what comes later is a script of its own. So it names plain types and not the
classes of today's code, which may change.
"""

from __future__ import annotations

import sqlalchemy as sa
import structlog
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

log = structlog.get_logger("holdfast.migrations")

# Text compares bytewise on both databases: PostgreSQL is told so, SQLite does by itself.
_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

_ENABLE_BTREE_GIST = """
DO $$
BEGIN
  CREATE EXTENSION IF NOT EXISTS btree_gist;
EXCEPTION
  WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN NULL;
END
$$
"""
_HAS_BTREE_GIST = "SELECT count(*) FROM pg_extension WHERE extname = 'btree_gist'"
_EXCLUDE = """
ALTER TABLE claim ADD CONSTRAINT ex_claim_exclusive EXCLUDE USING gist (
  tenant_id WITH =, key WITH =, int8range(starts_at, ends_at) WITH &&
) WHERE (released_at IS NULL AND is_exclusive AND NOT is_over)
"""


def upgrade() -> None:
    """Make all tables, parents before children, and the alarm where PostgreSQL can have it."""
    for create in (
        _answer,
        _api_key,
        _audit,
        _batch,
        _booking,
        _capacity,
        _category,
        _claim,
        _customer,
        _hold,
        _member,
        _offering,
        _outbox,
        _rule,
        _tenant,
        _resource,
        _slot,
        _block,
    ):
        create()
    if op.get_context().dialect.name == "postgresql":
        _exclusion()


def _words(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, _WORDS, nullable=nullable) for name in names]


def _numbers(*names: str, nullable: bool = False) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=nullable) for name in names]


def _flags(*names: str) -> list[sa.Column[bool]]:
    return [sa.Column(name, sa.Boolean(), nullable=False) for name in names]


def _index(
    table: str, name: str, *columns: str, unique: bool = False, where: str | None = None
) -> None:
    condition = None if where is None else sa.text(where)
    op.create_index(
        name,
        table,
        columns,
        unique=unique,
        postgresql_where=condition,
        sqlite_where=condition,
    )


def _answer() -> None:
    op.create_table(
        "answer",
        *_words("tenant_id", "caller", "route", "key", "fingerprint"),
        *_numbers("status"),
        *_words("headers"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        *_numbers("at"),
        sa.PrimaryKeyConstraint("tenant_id", "caller", "route", "key", name="pk_answer"),
    )
    _index("answer", "ix_answer_at", "tenant_id", "at")


def _api_key() -> None:
    op.create_table(
        "api_key",
        *_words("tenant_id", "key_id", "name", "kind"),
        *_words("role", nullable=True),
        *_words("digest", "hint", "status"),
        *_numbers("created_at"),
        *_numbers("revoked_at", nullable=True),
        *_numbers("version"),
        sa.PrimaryKeyConstraint("tenant_id", "key_id", name="pk_api_key"),
        sa.CheckConstraint("kind IN ('secret', 'publishable')", name="ck_api_key_kind_values"),
        sa.CheckConstraint(
            "role IN ('owner', 'manager', 'staff', 'viewer')", name="ck_api_key_role_values"
        ),
        sa.CheckConstraint("status IN ('active', 'inactive')", name="ck_api_key_status_values"),
        sa.CheckConstraint(
            "(kind = 'secret') = (role IS NOT NULL)", name="ck_api_key_role_of_kind"
        ),
    )
    _index("api_key", "uq_api_key_digest", "tenant_id", "digest", unique=True)


def _audit() -> None:
    op.create_table(
        "audit",
        *_words("tenant_id", "audit_id", "batch_id", "action", "actor_kind", "actor_id"),
        *_words("subject_kind", "subject_id"),
        *_numbers("subject_version"),
        *_words("changes"),
        *_numbers("at"),
        sa.PrimaryKeyConstraint("tenant_id", "audit_id", name="pk_audit"),
        sa.CheckConstraint(
            "actor_kind IN ('member', 'secret_key', 'publishable_key', 'customer_link', 'system')",
            name="ck_audit_actor_kind_values",
        ),
    )
    _index("audit", "ix_audit_subject", "tenant_id", "subject_id", "subject_version")


def _batch() -> None:
    op.create_table(
        "batch",
        *_words("tenant_id", "batch_id"),
        *_flags("is_void"),
        *_numbers("created_at"),
        sa.PrimaryKeyConstraint("tenant_id", "batch_id", name="pk_batch"),
    )


def _booking() -> None:
    op.create_table(
        "booking",
        *_words("tenant_id", "booking_id", "number", "status", "pending_reasons"),
        *_words("offering_id", "offering_name", "slot_id"),
        *_numbers("starts_at", "ends_at"),
        *_words("zone"),
        *_numbers("party_size"),
        *_words("assigned"),
        *_numbers("price_minor"),
        *_words("price_currency"),
        *_words("customer_id", nullable=True),
        *_words("contact_name"),
        *_words("contact_email", "contact_phone", "hold_id", nullable=True),
        *_words("source", "note", "internal_note"),
        *_words("external_order_id", "external_line_id", nullable=True),
        *_words("placed_by"),
        *_words("cancelled_by", "cancel_reason", nullable=True),
        *_words("metadata"),
        *_numbers("created_at"),
        *_numbers("confirmed_at", "ended_at", nullable=True),
        *_numbers("version"),
        sa.PrimaryKeyConstraint("tenant_id", "booking_id", name="pk_booking"),
        sa.CheckConstraint(
            "status IN ('pending', 'confirmed', 'checked_in', 'completed', 'cancelled', 'declined',"
            " 'expired', 'no_show')",
            name="ck_booking_status_values",
        ),
        sa.CheckConstraint(
            "cancelled_by IN ('customer', 'business')", name="ck_booking_cancelled_by_values"
        ),
    )
    _index("booking", "ix_booking_customer", "tenant_id", "customer_id")
    _index("booking", "ix_booking_order", "tenant_id", "external_order_id")
    _index("booking", "ix_booking_start", "tenant_id", "starts_at")
    _index("booking", "uq_booking_number", "tenant_id", "number", unique=True)


def _capacity() -> None:
    op.create_table(
        "capacity",
        *_words("tenant_id", "key", "kind"),
        *_numbers("used"),
        *_numbers("cap", nullable=True),
        *_numbers("over_commit", "seq"),
        *_numbers("decided_at", nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "key", name="pk_capacity"),
        sa.CheckConstraint("kind IN ('guard', 'counter')", name="ck_capacity_kind_values"),
        sa.CheckConstraint(
            "used >= 0 AND (cap IS NULL OR used <= cap + over_commit)", name="ck_capacity_within"
        ),
        postgresql_with={"fillfactor": 50},
    )


def _category() -> None:
    op.create_table(
        "category",
        *_words("tenant_id", "category_id", "label", "label_plural", "kind"),
        *_words("icon", nullable=True),
        *_numbers("sort_order"),
        *_words("status", "metadata"),
        *_numbers("created_at", "version"),
        sa.PrimaryKeyConstraint("tenant_id", "category_id", name="pk_category"),
        sa.CheckConstraint(
            "status IN ('active', 'inactive', 'deleted')", name="ck_category_status_values"
        ),
    )


def _claim() -> None:
    op.create_table(
        "claim",
        *_words("tenant_id", "claim_id", "key"),
        *_words("resource_id", nullable=True),
        *_words("owner_kind", "owner_id"),
        *_numbers("units", "starts_at", "ends_at"),
        *_numbers("counts_until", nullable=True),
        *_flags("is_exclusive", "is_over"),
        *_words("actor_id"),
        *_words("reason", nullable=True),
        *_numbers("acquired_at"),
        *_numbers("converted_at", "released_at", nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "claim_id", name="pk_claim"),
        sa.CheckConstraint(
            "owner_kind IN ('hold', 'booking', 'block', 'slot')", name="ck_claim_owner_kind_values"
        ),
        sa.CheckConstraint("starts_at < ends_at", name="ck_claim_interval"),
        sa.CheckConstraint("NOT is_over OR reason IS NOT NULL", name="ck_claim_over_has_reason"),
        sa.CheckConstraint("units > 0", name="ck_claim_units_positive"),
    )
    _index(
        "claim",
        "ix_claim_lapse",
        "tenant_id",
        "key",
        "counts_until",
        where="released_at IS NULL AND counts_until IS NOT NULL",
    )
    _index("claim", "ix_claim_over", "tenant_id", "key", "starts_at", where="released_at IS NULL")
    _index("claim", "ix_claim_owner", "tenant_id", "owner_id", where="released_at IS NULL")


def _customer() -> None:
    op.create_table(
        "customer",
        *_words("tenant_id", "customer_id", "name"),
        *_words("email", "phone", "email_key", "phone_key", "account_id", nullable=True),
        *_words("status", "metadata"),
        *_numbers("created_at", "version"),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", name="pk_customer"),
        sa.CheckConstraint("status IN ('active', 'deleted')", name="ck_customer_status_values"),
    )
    _index("customer", "ix_customer_phone", "tenant_id", "phone_key")
    _index(
        "customer",
        "uq_customer_email",
        "tenant_id",
        "email_key",
        unique=True,
        where="status = 'active'",
    )


def _hold() -> None:
    op.create_table(
        "hold",
        *_words("tenant_id", "hold_id", "status", "offering_id", "slot_id"),
        *_numbers("starts_at", "ends_at", "party_size"),
        *_words("assigned"),
        *_numbers("price_minor"),
        *_words("price_currency"),
        *_words("client_key", nullable=True),
        *_words("contact_name"),
        *_words("contact_email", "contact_phone", nullable=True),
        *_words("placed_by"),
        *_flags("is_public"),
        *_numbers("expires_at", "ceiling_at", "extension_count"),
        *_words("booking_id", nullable=True),
        *_words("metadata"),
        *_numbers("created_at"),
        *_numbers("ended_at", nullable=True),
        *_numbers("version"),
        sa.PrimaryKeyConstraint("tenant_id", "hold_id", name="pk_hold"),
        sa.CheckConstraint(
            "status IN ('active', 'converted', 'released', 'expired')", name="ck_hold_status_values"
        ),
        sa.CheckConstraint(
            "(status = 'converted') = (booking_id IS NOT NULL)", name="ck_hold_booking"
        ),
        sa.CheckConstraint("expires_at <= ceiling_at", name="ck_hold_ceiling"),
    )
    _index("hold", "ix_hold_client_key", "tenant_id", "client_key")
    _index("hold", "ix_hold_due", "tenant_id", "expires_at", where="status = 'active'")


def _member() -> None:
    op.create_table(
        "member",
        *_words("tenant_id", "member_id", "email", "email_key", "name", "role", "status"),
        *_numbers("created_at", "version"),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", name="pk_member"),
        sa.CheckConstraint(
            "role IN ('owner', 'manager', 'staff', 'viewer')", name="ck_member_role_values"
        ),
        sa.CheckConstraint("status IN ('active', 'inactive')", name="ck_member_status_values"),
    )
    _index("member", "uq_member_email", "tenant_id", "email_key", unique=True)


def _offering() -> None:
    op.create_table(
        "offering",
        *_words("tenant_id", "offering_id", "slug", "name", "description", "kind", "counting"),
        *_numbers("slot_capacity", nullable=True),
        *_numbers("duration"),
        *_numbers("slot_step", nullable=True),
        *_numbers("buffer_before", "buffer_after"),
        *_numbers("notice", "horizon_days", nullable=True),
        *_numbers("party_min"),
        *_numbers("party_max", nullable=True),
        *_numbers("hold_ttl"),
        *_flags("is_approved_by_hand"),
        *_numbers("price_minor"),
        *_words("price_currency", "price_unit", "requirements"),
        *_words("zone", nullable=True),
        *_words("location"),
        *_numbers("sort_order"),
        *_words("status", "metadata"),
        *_numbers("created_at"),
        *_numbers("deleted_at", nullable=True),
        *_numbers("version"),
        sa.PrimaryKeyConstraint("tenant_id", "offering_id", name="pk_offering"),
        sa.CheckConstraint(
            "counting IN ('resources', 'places')", name="ck_offering_counting_values"
        ),
        sa.CheckConstraint(
            "price_unit IN ('per_booking', 'per_participant', 'per_hour', 'per_night', 'per_unit')",
            name="ck_offering_price_unit_values",
        ),
        sa.CheckConstraint(
            "status IN ('active', 'inactive', 'deleted')", name="ck_offering_status_values"
        ),
    )
    _index("offering", "uq_offering_slug", "tenant_id", "slug", unique=True)


def _outbox() -> None:
    op.create_table(
        "outbox",
        *_words("tenant_id", "event_id", "type", "subject_kind", "subject_id"),
        *_numbers("subject_version"),
        *_words("payload"),
        *_numbers("at"),
        *_numbers("delivered_at", nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "event_id", name="pk_outbox"),
    )
    _index("outbox", "ix_outbox_due", "tenant_id", "at", where="delivered_at IS NULL")


def _rule() -> None:
    op.create_table(
        "rule",
        *_words("tenant_id", "rule_id", "owner_id", "weekdays"),
        *_numbers("opens_minute", "closes_minute"),
        *_numbers("slot_step", nullable=True),
        *_words("valid_from", "valid_until", nullable=True),
        *_words("zone", "status"),
        *_numbers("created_at", "version"),
        sa.PrimaryKeyConstraint("tenant_id", "rule_id", name="pk_rule"),
        sa.CheckConstraint("status IN ('active', 'removed')", name="ck_rule_status_values"),
    )
    _index("rule", "ix_rule_owner", "tenant_id", "owner_id", "status")


def _tenant() -> None:
    op.create_table(
        "tenant",
        *_words("tenant_id", "slug", "name", "zone", "currency"),
        *_numbers("notice", "horizon_days"),
        *_words("status", "metadata"),
        *_numbers("created_at", "version"),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_tenant"),
        sa.CheckConstraint("status IN ('active', 'inactive')", name="ck_tenant_status_values"),
    )
    _index("tenant", "uq_tenant_slug", "slug", unique=True)


def _resource() -> None:
    op.create_table(
        "resource",
        *_words("tenant_id", "resource_id", "kind", "name"),
        *_words("short_name", nullable=True),
        *_words("description"),
        *_words("category_id", nullable=True),
        *_numbers("capacity", nullable=True),
        *_words("scheme"),
        *_words("zone", "owner_id", nullable=True),
        *_words("skills"),
        *_numbers("sort_order"),
        *_words("status", "metadata"),
        *_numbers("created_at"),
        *_numbers("deleted_at", nullable=True),
        *_numbers("version"),
        sa.PrimaryKeyConstraint("tenant_id", "resource_id", name="pk_resource"),
        sa.CheckConstraint("scheme IN ('interval', 'dated')", name="ck_resource_scheme_values"),
        sa.CheckConstraint(
            "status IN ('active', 'inactive', 'deleted')", name="ck_resource_status_values"
        ),
        sa.CheckConstraint(
            "capacity IS NULL OR capacity > 0", name="ck_resource_capacity_positive"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "category_id"],
            ["category.tenant_id", "category.category_id"],
            name="fk_resource_tenant_id_category_id",
        ),
    )


def _slot() -> None:
    op.create_table(
        "slot",
        *_words("tenant_id", "slot_id", "offering_id", "start_key"),
        *_numbers("starts_at", "ends_at"),
        *_numbers("capacity", nullable=True),
        *_flags("is_capacity_own"),
        *_words("origin", "status", "metadata"),
        *_numbers("created_at", "version"),
        sa.PrimaryKeyConstraint("tenant_id", "slot_id", name="pk_slot"),
        sa.CheckConstraint("origin IN ('manual', 'generated')", name="ck_slot_origin_values"),
        sa.CheckConstraint(
            "status IN ('open', 'blocked', 'cancelled', 'past')", name="ck_slot_status_values"
        ),
        sa.CheckConstraint("starts_at < ends_at", name="ck_slot_interval"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "offering_id"],
            ["offering.tenant_id", "offering.offering_id"],
            name="fk_slot_tenant_id_offering_id",
        ),
    )
    _index("slot", "ix_slot_offering", "tenant_id", "offering_id", "starts_at")
    _index("slot", "ix_slot_start_key", "tenant_id", "start_key")


def _block() -> None:
    op.create_table(
        "block",
        *_words("tenant_id", "block_id", "resource_id"),
        *_numbers("starts_at", "ends_at"),
        *_words("reason", "status"),
        *_numbers("created_at"),
        *_numbers("removed_at", nullable=True),
        *_numbers("version"),
        sa.PrimaryKeyConstraint("tenant_id", "block_id", name="pk_block"),
        sa.CheckConstraint("status IN ('active', 'removed')", name="ck_block_status_values"),
        sa.CheckConstraint("starts_at < ends_at", name="ck_block_interval"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "resource_id"],
            ["resource.tenant_id", "resource.resource_id"],
            name="fk_block_tenant_id_resource_id",
        ),
    )
    _index("block", "ix_block_resource", "tenant_id", "resource_id", "ends_at")


def _exclusion() -> None:
    """Add the alarm for overlapping exclusive claims; without btree_gist, go on without it.

    The block in the server is a savepoint: who may not make the extension keeps the rest.
    """
    connection = op.get_bind()
    connection.execute(sa.text(_ENABLE_BTREE_GIST))
    if connection.execute(sa.text(_HAS_BTREE_GIST)).scalar_one():
        op.execute(_EXCLUDE)
    else:
        log.warning("migration.no_exclusion_alarm", reason="btree_gist cannot be had here")
