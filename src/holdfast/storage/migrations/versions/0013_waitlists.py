"""Waitlists: who waits for what, and claims that belong to an invitation.

The new columns have defaults, so that a server of the release before can go on writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_CHECK = "ck_claim_owner_kind_values"
_OWNERS_BEFORE = "owner_kind IN ('hold', 'booking', 'block', 'slot')"
_OWNERS = "owner_kind IN ('hold', 'booking', 'block', 'slot', 'invitation')"


def upgrade() -> None:
    """Add the table and the columns, and let claims be an invitation's."""
    no = sa.false()
    op.add_column(
        "offering", sa.Column("has_waitlist", sa.Boolean(), nullable=False, server_default=no)
    )
    op.add_column("offering", sa.Column("invitation_ttl", sa.BigInteger(), nullable=True))
    _waitlist_entry()
    if op.get_bind().dialect.name == "sqlite":
        _recheck_on_sqlite()
    else:
        op.drop_constraint(_CHECK, "claim", type_="check")
        op.create_check_constraint(_CHECK, "claim", _OWNERS)


def _waitlist_entry() -> None:
    op.create_table(
        "waitlist_entry",
        *_words("tenant_id", "entry_id", "number", "status", "offering_id"),
        _number("party_size"),
        *_words("wishes", "components"),
        *(_number(name) for name in ("priority", "passed_count")),
        sa.Column("customer_id", _WORDS, nullable=True),
        *_words("contact_name"),
        *(sa.Column(name, _WORDS, nullable=True) for name in ("contact_email", "contact_phone")),
        sa.Column("is_vouched", sa.Boolean(), nullable=False),
        *_words("note", "metadata", "placed_by"),
        sa.Column("slot_id", _WORDS, nullable=True),
        *(_number(name, nullable=True) for name in ("starts_at", "ends_at")),
        *_words("dates", "picks", "assigned"),
        _number("price_minor", nullable=True),
        sa.Column("price_currency", _WORDS, nullable=True),
        *_words("price_lines"),
        _number("kept_count"),
        *(
            _number(name, nullable=True)
            for name in ("kept_until", "invited_at", "expires_at", "due_at")
        ),
        sa.Column("booking_id", _WORDS, nullable=True),
        _number("created_at"),
        _number("ended_at", nullable=True),
        _number("version"),
        sa.PrimaryKeyConstraint("tenant_id", "entry_id", name="pk_waitlist_entry"),
        sa.CheckConstraint(
            "status IN ('waiting', 'invited', 'accepted', 'declined', 'expired', 'left')",
            name="ck_waitlist_entry_status_values",
        ),
        sa.CheckConstraint(
            "kept_count >= 0 AND kept_count <= party_size", name="ck_waitlist_entry_kept_count"
        ),
        sa.CheckConstraint(
            "(status = 'accepted') = (booking_id IS NOT NULL)", name="ck_waitlist_entry_booking"
        ),
        sa.CheckConstraint(
            "status <> 'invited' OR expires_at IS NOT NULL",
            name="ck_waitlist_entry_invitation_ends",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "offering_id"],
            ["offering.tenant_id", "offering.offering_id"],
            name="fk_waitlist_entry_tenant_id_offering_id",
        ),
    )
    _index("uq_waitlist_entry_number", "number", unique=True)
    _index("ix_waitlist_entry_created", "created_at")
    _index("ix_waitlist_entry_waiting", "offering_id", where="status = 'waiting'")
    _index("ix_waitlist_entry_due", "due_at", where="due_at IS NOT NULL")


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, _WORDS, nullable=False) for name in names]


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _index(name: str, column: str, *, where: str | None = None, unique: bool = False) -> None:
    condition = None if where is None else sa.text(where)
    op.create_index(
        name,
        "waitlist_entry",
        ["tenant_id", column],
        unique=unique,
        postgresql_where=condition,
        sqlite_where=condition,
    )


def _recheck_on_sqlite() -> None:
    """Write the table of claims anew: SQLite changes no CHECK of a table that is there."""
    connection = op.get_bind()
    found = "SELECT sql FROM sqlite_master WHERE tbl_name = 'claim' AND sql IS NOT NULL"
    table, *indexes = connection.execute(sa.text(f"{found} ORDER BY type DESC")).scalars()
    assert _OWNERS_BEFORE in table, "the CHECK is as the first migration wrote it"
    made = table.replace(_OWNERS_BEFORE, _OWNERS).replace("CREATE TABLE claim", _NEW_TABLE, 1)
    for statement in (made, _COPY, "DROP TABLE claim", _RENAME, *indexes):
        op.execute(sa.text(statement))


_NEW_TABLE = "CREATE TABLE claim_with_invitations"
_COPY = "INSERT INTO claim_with_invitations SELECT * FROM claim"
_RENAME = "ALTER TABLE claim_with_invitations RENAME TO claim"
