"""Accounts: people who sign in, whichever businesses they work for, and where they are signed in.

An account belongs to a person and not to a business. It is kept like everything else, in the books
of a house of its own, so that it passes the same guards; no business sees those books. A member of
a business is bound to an account when the person accepts the invitation, and by nothing else: that
two addresses are alike proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from holdfast.domain.ids import BODY_LENGTH, AccountId, SignInId, TenantId

HOUSE = TenantId("tnt_" + "0" * BODY_LENGTH)
"""In whose books accounts are kept. No business has this id: the time of its making is 1970."""

PASSWORD_LENGTH_MIN = 10
PASSWORD_LENGTH_MAX = 200
IDLE = timedelta(hours=24)
"""A sign-in ends when it has not been used for so long."""
ABSOLUTE = timedelta(days=30)
"""A sign-in ends after so long, however much it is used."""
SEEN_EVERY = timedelta(hours=1)
"""How exactly it is kept when a sign-in was last used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person who can sign in.

    Attributes:
        password_hash: What a password is held against; the password itself is kept nowhere.
        generation: How often all sign-ins were ended. A sign-in counts in its own generation only.
    """

    account_id: AccountId
    email: str
    email_key: str
    name: str
    password_hash: str
    generation: int
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """One browser in which a person is signed in. Only a digest of its secret is kept.

    Attributes:
        ends_at: When it ends at the latest.
        ended_at: When the person signed out.
    """

    sign_in_id: SignInId
    account_id: AccountId
    generation: int
    digest: str
    created_at: datetime
    seen_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    version: int


def counts(sign_in: SignIn, account: Account, *, now: datetime) -> bool:
    """Tell whether somebody is still signed in."""
    return (
        sign_in.ended_at is None
        and sign_in.account_id == account.account_id
        and sign_in.generation == account.generation
        and now < min(sign_in.ends_at, sign_in.seen_at + IDLE)
    )
