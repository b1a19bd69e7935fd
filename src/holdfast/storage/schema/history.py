"""The tables of what is remembered: audit, outbox, askings of hooks, answers kept for retries."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, Table, text

from holdfast.domain.access import ActorKind
from holdfast.domain.hooks import AttemptStatus, HookAction
from holdfast.storage.schema.base import (
    id_column,
    instant_column,
    json_column,
    key_column,
    later_number,
    later_words,
    metadata,
    number_column,
    status_column,
    tenant_key,
    words_column,
)
from holdfast.storage.types import Words

audit = Table(
    "audit",
    metadata,
    tenant_key(),
    key_column("audit_id"),
    id_column("batch_id"),
    words_column("action"),
    status_column("actor_kind", ActorKind),
    words_column("actor_id"),
    words_column("subject_kind"),
    id_column("subject_id"),
    number_column("subject_version"),
    json_column("changes"),
    instant_column("at"),
    later_words("source", ""),
    words_column("reason", nullable=True),
    Index("ix_audit_subject", "tenant_id", "subject_id", "subject_version"),
)

outbox = Table(
    "outbox",
    metadata,
    tenant_key(),
    key_column("event_id"),
    words_column("type"),
    words_column("subject_kind"),
    id_column("subject_id"),
    number_column("subject_version"),
    json_column("payload"),
    instant_column("at"),
    instant_column("delivered_at", nullable=True),
    later_number("ordinal", 0),
    number_column("position", nullable=True),
    Index("ix_outbox_position", "tenant_id", "position", unique=True),
    Index(
        "ix_outbox_unnumbered",
        "tenant_id",
        "at",
        postgresql_where=text("position IS NULL"),
        sqlite_where=text("position IS NULL"),
    ),
)

stream = Table(
    "stream",
    metadata,
    tenant_key(),
    number_column("last_position"),
)
"""How many facts of a business have their numbers, which are given after the commit."""

listener = Table(
    "listener",
    metadata,
    tenant_key(),
    key_column("name", Words()),
    number_column("position"),
    number_column("tries"),
    words_column("error", nullable=True),
    instant_column("retry_at", nullable=True),
    instant_column("leased_until", nullable=True),
    words_column("token", nullable=True),
    number_column("given_up_count"),
    id_column("given_up_event_id", nullable=True),
)
"""How far whoever is told of facts has come at a business, and whose turn it is to tell."""

_ASKING = text("status = 'asking'")

attempt = Table(
    "attempt",
    metadata,
    tenant_key(),
    key_column("attempt_id"),
    status_column("action", HookAction),
    status_column("status", AttemptStatus),
    words_column("request"),
    words_column("fingerprint"),
    id_column("subject_id"),
    id_column("hold_id", nullable=True),
    words_column("seen"),
    instant_column("leased_until"),
    instant_column("gives_up_at"),
    id_column("booking_id", nullable=True),
    words_column("reason", nullable=True),
    instant_column("created_at"),
    instant_column("ended_at", nullable=True),
    number_column("version"),
    CheckConstraint("(status = 'asking') = (ended_at IS NULL)", name="ended"),
    # One asking at a time about one wish, and about one thing.
    Index(
        "uq_attempt_request",
        "tenant_id",
        "request",
        unique=True,
        postgresql_where=_ASKING,
        sqlite_where=_ASKING,
    ),
    Index(
        "uq_attempt_subject",
        "tenant_id",
        "subject_id",
        unique=True,
        postgresql_where=_ASKING,
        sqlite_where=_ASKING,
    ),
    Index(
        "ix_attempt_due",
        "tenant_id",
        "gives_up_at",
        postgresql_where=_ASKING,
        sqlite_where=_ASKING,
    ),
)
"""The traces of asking hooks: see `holdfast.domain.hooks`."""

answer = Table(
    "answer",
    metadata,
    tenant_key(),
    key_column("caller", Words()),
    key_column("route", Words()),
    key_column("key", Words()),
    words_column("fingerprint"),
    number_column("status"),
    json_column("headers"),
    Column("body", LargeBinary(), nullable=False),
    instant_column("at"),
    Index("ix_answer_at", "tenant_id", "at"),
)
"""Answers under their idempotency keys, byte for byte."""
