"""The tables of what is taken: slots, claims, holds, bookings."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Table, text

from holdfast.domain.bookings import BookingStatus, CancelledBy
from holdfast.domain.claims import ClaimOwner
from holdfast.domain.holds import HoldStatus
from holdfast.domain.slots import SlotOrigin, SlotStatus
from holdfast.storage.schema.base import (
    flag_column,
    id_column,
    instant_column,
    json_column,
    key_column,
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

_UNRELEASED = text("released_at IS NULL")
_MAY_LAPSE = text("released_at IS NULL AND counts_until IS NOT NULL")
_ACTIVE = text("status = 'active'")
_OPEN = text("status = 'open'")
_SETTLING = text("is_settling")
_LIMITING = text("limit_to IS NOT NULL")
_BLOCKED = text("blocked_by IS NOT NULL")
_MAY_EXPIRE = text("status = 'pending' AND expires_at IS NOT NULL")
_MAY_CONFIRM = text("status = 'pending' AND confirms_at IS NOT NULL")

slot = Table(
    "slot",
    metadata,
    tenant_key(),
    key_column("slot_id"),
    id_column("offering_id"),
    words_column("start_key"),
    instant_column("starts_at"),
    instant_column("ends_at"),
    number_column("capacity", nullable=True),
    flag_column("is_capacity_own"),
    status_column("origin", SlotOrigin),
    status_column("status", SlotStatus),
    json_column("metadata"),
    instant_column("created_at"),
    number_column("version"),
    number_column("price_minor", nullable=True),
    later_number("stripes", 1),
    later_flag("is_settling", default=False),
    words_column("cancel_reason", nullable=True),
    id_column("blocked_by", nullable=True),
    number_column("limit_to", nullable=True),
    CheckConstraint("starts_at < ends_at", name="interval"),
    ForeignKeyConstraint(
        ["tenant_id", "offering_id"], ["offering.tenant_id", "offering.offering_id"]
    ),
    Index("ix_slot_start_key", "tenant_id", "start_key"),
    Index("ix_slot_offering", "tenant_id", "offering_id", "starts_at"),
    # What has passed without anybody having said so.
    Index("ix_slot_passing", "tenant_id", "ends_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
    # What a worker has to see through, and what a block gives back.
    Index(
        "ix_slot_settling",
        "tenant_id",
        "starts_at",
        postgresql_where=_SETTLING,
        sqlite_where=_SETTLING,
    ),
    Index(
        "ix_slot_limiting",
        "tenant_id",
        "starts_at",
        postgresql_where=_LIMITING,
        sqlite_where=_LIMITING,
    ),
    Index(
        "ix_slot_blocked",
        "tenant_id",
        "blocked_by",
        postgresql_where=_BLOCKED,
        sqlite_where=_BLOCKED,
    ),
)

claim = Table(
    "claim",
    metadata,
    tenant_key(),
    key_column("claim_id"),
    words_column("key"),
    id_column("resource_id", nullable=True),
    status_column("owner_kind", ClaimOwner),
    id_column("owner_id"),
    number_column("units"),
    instant_column("starts_at"),
    instant_column("ends_at"),
    instant_column("counts_until", nullable=True),
    flag_column("is_exclusive"),
    flag_column("is_over"),
    words_column("actor_id"),
    words_column("reason", nullable=True),
    instant_column("acquired_at"),
    instant_column("converted_at", nullable=True),
    instant_column("released_at", nullable=True),
    CheckConstraint("units > 0", name="units_positive"),
    CheckConstraint("starts_at < ends_at", name="interval"),
    CheckConstraint("NOT is_over OR reason IS NOT NULL", name="over_has_reason"),
    # The unreleased claims of a key around some time: the search under the guard.
    Index(
        "ix_claim_over",
        "tenant_id",
        "key",
        "starts_at",
        postgresql_where=_UNRELEASED,
        sqlite_where=_UNRELEASED,
    ),
    Index(
        "ix_claim_owner",
        "tenant_id",
        "owner_id",
        postgresql_where=_UNRELEASED,
        sqlite_where=_UNRELEASED,
    ),
    # What may have lapsed on a counter.
    Index(
        "ix_claim_lapse",
        "tenant_id",
        "key",
        "counts_until",
        postgresql_where=_MAY_LAPSE,
        sqlite_where=_MAY_LAPSE,
    ),
)

hold = Table(
    "hold",
    metadata,
    tenant_key(),
    key_column("hold_id"),
    status_column("status", HoldStatus),
    id_column("offering_id"),
    id_column("slot_id"),
    instant_column("starts_at"),
    instant_column("ends_at"),
    number_column("party_size"),
    json_column("assigned"),
    number_column("price_minor"),
    words_column("price_currency"),
    words_column("client_key", nullable=True),
    words_column("contact_name"),
    words_column("contact_email", nullable=True),
    words_column("contact_phone", nullable=True),
    words_column("placed_by"),
    flag_column("is_public"),
    instant_column("expires_at"),
    instant_column("ceiling_at"),
    number_column("extension_count"),
    id_column("booking_id", nullable=True),
    json_column("metadata"),
    instant_column("created_at"),
    instant_column("ended_at", nullable=True),
    number_column("version"),
    later_json("dates", "[]"),
    id_column("resource_id", nullable=True),
    later_json("picks", "[]"),
    later_json("components", "[]"),
    json_column("override", nullable=True),
    CheckConstraint("expires_at <= ceiling_at", name="ceiling"),
    CheckConstraint("(status = 'converted') = (booking_id IS NOT NULL)", name="booking"),
    Index(
        "ix_hold_due",
        "tenant_id",
        "expires_at",
        postgresql_where=_ACTIVE,
        sqlite_where=_ACTIVE,
    ),
    Index("ix_hold_client_key", "tenant_id", "client_key"),
    Index("ix_hold_slot", "tenant_id", "slot_id", postgresql_where=_ACTIVE, sqlite_where=_ACTIVE),
)

booking = Table(
    "booking",
    metadata,
    tenant_key(),
    key_column("booking_id"),
    words_column("number"),
    status_column("status", BookingStatus),
    json_column("pending_reasons"),
    id_column("offering_id"),
    words_column("offering_name"),
    id_column("slot_id"),
    instant_column("starts_at"),
    instant_column("ends_at"),
    words_column("zone"),
    number_column("party_size"),
    json_column("assigned"),
    number_column("price_minor"),
    words_column("price_currency"),
    id_column("customer_id", nullable=True),
    words_column("contact_name"),
    words_column("contact_email", nullable=True),
    words_column("contact_phone", nullable=True),
    id_column("hold_id", nullable=True),
    words_column("source"),
    words_column("note"),
    words_column("internal_note"),
    words_column("external_order_id", nullable=True),
    words_column("external_line_id", nullable=True),
    words_column("placed_by"),
    status_column("cancelled_by", CancelledBy, nullable=True),
    words_column("cancel_reason", nullable=True),
    json_column("metadata"),
    instant_column("created_at"),
    instant_column("confirmed_at", nullable=True),
    instant_column("ended_at", nullable=True),
    number_column("version"),
    later_json("dates", "[]"),
    id_column("resource_id", nullable=True),
    later_json("picks", "[]"),
    later_json("components", "[]"),
    instant_column("expires_at", nullable=True),
    instant_column("confirms_at", nullable=True),
    later_words("local_start", ""),
    words_column("external_offer_id", nullable=True),
    json_column("override", nullable=True),
    Index("uq_booking_number", "tenant_id", "number", unique=True),
    Index("ix_booking_start", "tenant_id", "starts_at"),
    Index("ix_booking_customer", "tenant_id", "customer_id"),
    Index("ix_booking_order", "tenant_id", "external_order_id"),
    Index("ix_booking_slot", "tenant_id", "slot_id"),
    # What a worker confirms or expires.
    Index(
        "ix_booking_expiring",
        "tenant_id",
        "expires_at",
        postgresql_where=_MAY_EXPIRE,
        sqlite_where=_MAY_EXPIRE,
    ),
    Index(
        "ix_booking_confirming",
        "tenant_id",
        "confirms_at",
        postgresql_where=_MAY_CONFIRM,
        sqlite_where=_MAY_CONFIRM,
    ),
)
