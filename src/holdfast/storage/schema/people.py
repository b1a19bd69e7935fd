"""The tables of people and their access: customers, members, accounts, API keys."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, Table, text

from holdfast.domain.access import AccessStatus, KeyKind, Role
from holdfast.domain.customers import CustomerStatus
from holdfast.storage.schema.base import (
    id_column,
    instant_column,
    json_column,
    key_column,
    later_json,
    later_words,
    metadata,
    number_column,
    status_column,
    tenant_key,
    words_column,
)

_ACTIVE = text("status = 'active'")

customer = Table(
    "customer",
    metadata,
    tenant_key(),
    key_column("customer_id"),
    words_column("name"),
    words_column("email", nullable=True),
    words_column("phone", nullable=True),
    words_column("email_key", nullable=True),
    words_column("phone_key", nullable=True),
    words_column("account_id", nullable=True),
    status_column("status", CustomerStatus),
    json_column("metadata"),
    instant_column("created_at"),
    number_column("version"),
    instant_column("blocked_until", nullable=True),
    words_column("block_reason", nullable=True),
    later_json("no_shows", "[]"),
    instant_column("lifted_at", nullable=True),
    words_column("use_mark", nullable=True),
    Index(
        "uq_customer_email",
        "tenant_id",
        "email_key",
        unique=True,
        postgresql_where=_ACTIVE,
        sqlite_where=_ACTIVE,
    ),
    later_words("name_key", ""),
    later_words("last_name_key", ""),
    Index("ix_customer_phone", "tenant_id", "phone_key"),
    # By the beginning of a name, or of a family name.
    Index("ix_customer_name", "tenant_id", "name_key"),
    Index("ix_customer_last_name", "tenant_id", "last_name_key"),
    Index("ix_customer_account", "tenant_id", "account_id"),
)

member = Table(
    "member",
    metadata,
    tenant_key(),
    key_column("member_id"),
    words_column("email"),
    words_column("email_key"),
    words_column("name"),
    status_column("role", Role),
    status_column("status", AccessStatus),
    instant_column("created_at"),
    number_column("version"),
    id_column("account_id", nullable=True),
    words_column("invite_digest", nullable=True),
    instant_column("invited_until", nullable=True),
    Index("uq_member_email", "tenant_id", "email_key", unique=True),
    # For whom does a person work? Asked without knowing the business.
    Index("ix_member_account", "account_id"),
)

account = Table(
    "account",
    metadata,
    tenant_key(),
    key_column("account_id"),
    words_column("email"),
    words_column("email_key"),
    words_column("name"),
    words_column("password_hash"),
    number_column("generation"),
    instant_column("created_at"),
    number_column("version"),
    Index("uq_account_email", "tenant_id", "email_key", unique=True),
)
"""People who sign in, in the books of the house: see `holdfast.domain.accounts`."""

sign_in = Table(
    "sign_in",
    metadata,
    tenant_key(),
    key_column("sign_in_id"),
    id_column("account_id"),
    number_column("generation"),
    words_column("digest"),
    instant_column("created_at"),
    instant_column("seen_at"),
    instant_column("ends_at"),
    instant_column("ended_at", nullable=True),
    number_column("version"),
    Index("uq_sign_in_digest", "tenant_id", "digest", unique=True),
    Index("ix_sign_in_end", "tenant_id", "ends_at"),
)

key = Table(
    "api_key",
    metadata,
    tenant_key(),
    key_column("key_id"),
    words_column("name"),
    status_column("kind", KeyKind),
    status_column("role", Role, nullable=True),
    words_column("digest"),
    words_column("hint"),
    status_column("status", AccessStatus),
    instant_column("created_at"),
    instant_column("revoked_at", nullable=True),
    number_column("version"),
    CheckConstraint("(kind = 'secret') = (role IS NOT NULL)", name="role_of_kind"),
    Index("uq_api_key_digest", "tenant_id", "digest", unique=True),
)
