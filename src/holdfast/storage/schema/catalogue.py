"""The tables of a business and what it offers: tenants, categories, resources, offerings, rules."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Table, text

from holdfast.domain.blocks import BlockStatus
from holdfast.domain.categories import CategoryStatus
from holdfast.domain.offerings import Counting, OfferingStatus
from holdfast.domain.pools import PoolStatus
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.promo_codes import PromoKind
from holdfast.domain.resources import ResourceStatus, Scheme
from holdfast.domain.rule_kinds import Effect
from holdfast.domain.rules import RuleKind, RuleStatus
from holdfast.domain.shapes import DEFAULT_CHECK_IN_MINUTE, DEFAULT_CHECK_OUT_MINUTE, Shape
from holdfast.domain.tenants import TenantStatus
from holdfast.storage.schema.base import (
    date_column,
    flag_column,
    id_column,
    instant_column,
    json_column,
    key_column,
    later_choice,
    later_flag,
    later_json,
    later_number,
    later_words,
    metadata,
    number_column,
    status_column,
    tenant_key,
    words_column,
)
from holdfast.storage.types import Length

_SETTLING = text("is_settling")

tenant = Table(
    "tenant",
    metadata,
    tenant_key(),
    words_column("slug"),
    words_column("name"),
    words_column("zone"),
    words_column("currency"),
    Column("notice", Length(), nullable=False),
    number_column("horizon_days"),
    status_column("status", TenantStatus),
    json_column("metadata"),
    instant_column("created_at"),
    number_column("version"),
    json_column("policy", nullable=True),
    later_json("embed_origins", "[]"),
    # The register of businesses: the one unique key that the tenant does not lead.
    Index("uq_tenant_slug", "slug", unique=True),
)
"""The businesses. The only table that is searched without knowing the tenant."""

category = Table(
    "category",
    metadata,
    tenant_key(),
    key_column("category_id"),
    words_column("label"),
    words_column("label_plural"),
    words_column("kind"),
    words_column("icon", nullable=True),
    number_column("sort_order"),
    status_column("status", CategoryStatus),
    json_column("metadata"),
    instant_column("created_at"),
    number_column("version"),
    later_json("custom_fields", "[]"),
)

resource = Table(
    "resource",
    metadata,
    tenant_key(),
    key_column("resource_id"),
    words_column("kind"),
    words_column("name"),
    words_column("short_name", nullable=True),
    words_column("description"),
    id_column("category_id", nullable=True),
    number_column("capacity", nullable=True),
    status_column("scheme", Scheme),
    words_column("zone", nullable=True),
    words_column("owner_id", nullable=True),
    json_column("skills"),
    number_column("sort_order"),
    status_column("status", ResourceStatus),
    json_column("metadata"),
    instant_column("created_at"),
    instant_column("deleted_at", nullable=True),
    number_column("version"),
    number_column("party_min", nullable=True),
    number_column("party_max", nullable=True),
    later_flag("is_bookable_alone", default=False),
    later_flag("is_settling", default=False),
    later_json("field_values", "{}"),
    Column("notice", Length(), nullable=True),
    number_column("horizon_days", nullable=True),
    Column("buffer_before", Length(), nullable=True),
    Column("buffer_after", Length(), nullable=True),
    json_column("policy", nullable=True),
    CheckConstraint("capacity IS NULL OR capacity > 0", name="capacity_positive"),
    ForeignKeyConstraint(
        ["tenant_id", "category_id"], ["category.tenant_id", "category.category_id"]
    ),
    # What else somebody has who must not be busy elsewhere.
    Index("ix_resource_owner", "tenant_id", "owner_id"),
    # What a worker has to open.
    Index(
        "ix_resource_settling",
        "tenant_id",
        "created_at",
        postgresql_where=_SETTLING,
        sqlite_where=_SETTLING,
    ),
)

offering = Table(
    "offering",
    metadata,
    tenant_key(),
    key_column("offering_id"),
    words_column("slug"),
    words_column("name"),
    words_column("description"),
    words_column("kind"),
    status_column("counting", Counting),
    number_column("slot_capacity", nullable=True),
    Column("duration", Length(), nullable=False),
    Column("slot_step", Length(), nullable=True),
    Column("buffer_before", Length(), nullable=False),
    Column("buffer_after", Length(), nullable=False),
    Column("notice", Length(), nullable=True),
    number_column("horizon_days", nullable=True),
    number_column("party_min"),
    number_column("party_max", nullable=True),
    Column("hold_ttl", Length(), nullable=False),
    flag_column("is_approved_by_hand"),
    number_column("price_minor"),
    words_column("price_currency"),
    status_column("price_unit", PriceUnit),
    json_column("requirements"),
    words_column("zone", nullable=True),
    json_column("location"),
    number_column("sort_order"),
    status_column("status", OfferingStatus),
    json_column("metadata"),
    instant_column("created_at"),
    instant_column("deleted_at", nullable=True),
    number_column("version"),
    later_choice("shape", Shape.SLOTS),
    Column("length_min", Length(), nullable=True),
    Column("length_max", Length(), nullable=True),
    later_number("dates_min", 1),
    number_column("dates_max", nullable=True),
    later_flag("is_scattered", default=True),
    later_number("check_in_minute", DEFAULT_CHECK_IN_MINUTE),
    later_number("check_out_minute", DEFAULT_CHECK_OUT_MINUTE),
    later_flag("is_always_open", default=False),
    later_flag("grid_includes_buffer", default=False),
    later_flag("pending_takes", default=True),
    Column("pending_ttl", Length(), nullable=True),
    Column("confirm_delay", Length(), nullable=True),
    later_json("components", "[]"),
    later_json("price_rules", "[]"),
    later_flag("believes_customers", default=False),
    json_column("policy", nullable=True),
    later_flag("has_waitlist", default=False),
    Column("invitation_ttl", Length(), nullable=True),
    later_json("ticket_tiers", "[]"),
    number_column("series_max", nullable=True),
    later_json("series_frequencies", "[]"),
    later_json("fields", "[]"),
    Index("uq_offering_slug", "tenant_id", "slug", unique=True),
)

promo_code = Table(
    "promo_code",
    metadata,
    tenant_key(),
    key_column("promo_id"),
    words_column("code"),
    status_column("kind", PromoKind),
    words_column("description"),
    number_column("basis_points"),
    number_column("amount_minor"),
    words_column("currency", nullable=True),
    number_column("discount_max_minor", nullable=True),
    number_column("minimum_minor"),
    instant_column("valid_from", nullable=True),
    instant_column("valid_until", nullable=True),
    number_column("uses_max", nullable=True),
    number_column("uses_per_customer_max", nullable=True),
    json_column("offering_ids"),
    flag_column("is_combinable"),
    flag_column("is_active"),
    instant_column("created_at"),
    number_column("version"),
    Index("uq_promo_code_code", "tenant_id", "code", unique=True),
)

pool = Table(
    "pool",
    metadata,
    tenant_key(),
    key_column("pool_id"),
    words_column("name"),
    words_column("kind"),
    words_column("description"),
    json_column("resource_ids"),
    number_column("sort_order"),
    status_column("status", PoolStatus),
    json_column("metadata"),
    instant_column("created_at"),
    instant_column("deleted_at", nullable=True),
    number_column("version"),
)

day = Table(
    "day",
    metadata,
    tenant_key(),
    key_column("day_id"),
    id_column("resource_id"),
    date_column("falls_on"),
    number_column("capacity"),
    words_column("reason"),
    words_column("actor_id"),
    instant_column("created_at"),
    number_column("version"),
    CheckConstraint("capacity >= 0", name="capacity_not_negative"),
    Index("ix_day_resource", "tenant_id", "resource_id", "falls_on"),
)
"""Daily capacity calendars: the days that have a capacity of their own."""

rule = Table(
    "rule",
    metadata,
    tenant_key(),
    key_column("rule_id"),
    id_column("owner_id"),
    json_column("weekdays"),
    number_column("opens_minute"),
    number_column("closes_minute"),
    Column("slot_step", Length(), nullable=True),
    date_column("valid_from", nullable=True),
    date_column("valid_until", nullable=True),
    words_column("zone"),
    status_column("status", RuleStatus),
    instant_column("created_at"),
    number_column("version"),
    later_choice("kind", RuleKind.WEEKLY),
    later_choice("effect", Effect.OPENS),
    words_column("recurrence", nullable=True),
    later_json("dates", "[]"),
    later_json("dates_left_out", "[]"),
    later_words("reason", ""),
    later_flag("is_repeated_hour_used", default=False),
    Index("ix_rule_owner", "tenant_id", "owner_id", "status"),
)

block = Table(
    "block",
    metadata,
    tenant_key(),
    key_column("block_id"),
    id_column("resource_id"),
    instant_column("starts_at"),
    instant_column("ends_at"),
    words_column("reason"),
    status_column("status", BlockStatus),
    instant_column("created_at"),
    instant_column("removed_at", nullable=True),
    number_column("version"),
    later_flag("is_settling", default=False),
    CheckConstraint("starts_at < ends_at", name="interval"),
    ForeignKeyConstraint(
        ["tenant_id", "resource_id"], ["resource.tenant_id", "resource.resource_id"]
    ),
    Index("ix_block_resource", "tenant_id", "resource_id", "ends_at"),
    # What a worker has to see through.
    Index(
        "ix_block_settling",
        "tenant_id",
        "starts_at",
        postgresql_where=_SETTLING,
        sqlite_where=_SETTLING,
    ),
)
