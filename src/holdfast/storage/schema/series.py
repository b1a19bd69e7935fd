"""The tables of bookings that are made together."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Table

from holdfast.domain.series import ClashPolicy, OccurrenceOutcome, SeriesStatus
from holdfast.storage.schema.base import (
    date_column,
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

series = Table(
    "series",
    metadata,
    tenant_key(),
    key_column("series_id"),
    status_column("status", SeriesStatus),
    id_column("offering_id"),
    words_column("offering_name"),
    words_column("rule"),
    date_column("starts_on"),
    number_column("minute"),
    words_column("zone"),
    status_column("clashes", ClashPolicy),
    number_column("party_size"),
    number_column("date_count", nullable=True),
    json_column("picks"),
    json_column("components"),
    id_column("customer_id", nullable=True),
    words_column("contact_name"),
    words_column("contact_email", nullable=True),
    words_column("contact_phone", nullable=True),
    words_column("placed_by"),
    words_column("cancel_reason", nullable=True),
    instant_column("created_at"),
    instant_column("ends_at"),
    instant_column("ended_at", nullable=True),
    number_column("version"),
    ForeignKeyConstraint(
        ["tenant_id", "offering_id"], ["offering.tenant_id", "offering.offering_id"]
    ),
    Index("ix_series_created", "tenant_id", "created_at"),
    # What a customer has made of late.
    Index("ix_series_customer", "tenant_id", "customer_id", "created_at"),
)

occurrence = Table(
    "occurrence",
    metadata,
    tenant_key(),
    key_column("occurrence_id"),
    id_column("series_id"),
    number_column("series_index"),
    date_column("wanted_on"),
    number_column("wanted_minute"),
    instant_column("starts_at"),
    instant_column("ends_at"),
    status_column("outcome", OccurrenceOutcome),
    words_column("reason_code", nullable=True),
    words_column("reason", nullable=True),
    json_column("alternatives"),
    id_column("booking_id", nullable=True),
    instant_column("created_at"),
    number_column("version"),
    CheckConstraint("starts_at < ends_at", name="interval"),
    CheckConstraint(
        "outcome NOT IN ('created', 'shifted') OR booking_id IS NOT NULL", name="booking"
    ),
    ForeignKeyConstraint(["tenant_id", "series_id"], ["series.tenant_id", "series.series_id"]),
    Index("ix_occurrence_series", "tenant_id", "series_id"),
)
