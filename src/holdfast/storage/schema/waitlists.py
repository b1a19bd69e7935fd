"""The table of those who wait for a place."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Table, text

from holdfast.domain.waitlists import WaitlistStatus
from holdfast.storage.schema.base import (
    flag_column,
    id_column,
    instant_column,
    json_column,
    key_column,
    metadata,
    number_column,
    status_column,
    tenant_key,
    words_column,
)

_WAITING = text("status = 'waiting'")
_MAY_END = text("due_at IS NOT NULL")

waitlist_entry = Table(
    "waitlist_entry",
    metadata,
    tenant_key(),
    key_column("entry_id"),
    words_column("number"),
    status_column("status", WaitlistStatus),
    id_column("offering_id"),
    number_column("party_size"),
    json_column("wishes"),
    json_column("components"),
    number_column("priority"),
    number_column("passed_count"),
    id_column("customer_id", nullable=True),
    words_column("contact_name"),
    words_column("contact_email", nullable=True),
    words_column("contact_phone", nullable=True),
    flag_column("is_vouched"),
    words_column("note"),
    json_column("metadata"),
    words_column("placed_by"),
    id_column("slot_id", nullable=True),
    instant_column("starts_at", nullable=True),
    instant_column("ends_at", nullable=True),
    json_column("dates"),
    json_column("picks"),
    json_column("assigned"),
    number_column("price_minor", nullable=True),
    words_column("price_currency", nullable=True),
    json_column("price_lines"),
    number_column("kept_count"),
    instant_column("kept_until", nullable=True),
    instant_column("invited_at", nullable=True),
    instant_column("expires_at", nullable=True),
    instant_column("due_at", nullable=True),
    id_column("booking_id", nullable=True),
    instant_column("created_at"),
    instant_column("ended_at", nullable=True),
    number_column("version"),
    CheckConstraint("kept_count >= 0 AND kept_count <= party_size", name="kept_count"),
    CheckConstraint("(status = 'accepted') = (booking_id IS NOT NULL)", name="booking"),
    CheckConstraint("status <> 'invited' OR expires_at IS NOT NULL", name="invitation_ends"),
    ForeignKeyConstraint(
        ["tenant_id", "offering_id"], ["offering.tenant_id", "offering.offering_id"]
    ),
    Index("uq_waitlist_entry_number", "tenant_id", "number", unique=True),
    Index("ix_waitlist_entry_created", "tenant_id", "created_at"),
    # The line of an offering, and whose line a worker has to look at.
    Index(
        "ix_waitlist_entry_waiting",
        "tenant_id",
        "offering_id",
        postgresql_where=_WAITING,
        sqlite_where=_WAITING,
    ),
    # What time ends by itself.
    Index(
        "ix_waitlist_entry_due",
        "tenant_id",
        "due_at",
        postgresql_where=_MAY_END,
        sqlite_where=_MAY_END,
    ),
)
