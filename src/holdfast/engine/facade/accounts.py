"""The facade's features of the house: accounts, and who is signed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from holdfast.domain.access import Member
from holdfast.domain.accounts import HOUSE, SEEN_EVERY, Account, SignIn, counts
from holdfast.domain.customers import email_key
from holdfast.domain.digests import digest_of
from holdfast.domain.ids import AccountId, TenantId
from holdfast.domain.tenants import Tenant
from holdfast.engine.accounts import AddAccount, ChangePassword
from holdfast.engine.facade.port import Port, result_of
from holdfast.engine.members import AcceptInvitation, invitation_of, is_open
from holdfast.engine.ports import ReadStores, TenantRegister
from holdfast.engine.reading import find, where


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who is signed in.

    Attributes:
        is_to_be_noted: Whether it is time to note that the sign-in is in use.
    """

    account: Account
    sign_in: SignIn
    is_to_be_noted: bool


class Accounts:
    """People who sign in, whichever businesses they work for."""

    def __init__(
        self,
        *,
        register: TenantRegister,
        reads: ReadStores,
        house: Port,
        port_of: Callable[[TenantId], Port],
    ) -> None:
        self._register = register
        self._reads = reads
        self._house = house
        self._port_of = port_of

    def add(self, command: AddAccount) -> Account:
        """Let a person sign in. See `AddAccount`."""
        return result_of(Account, self._house.run(command))

    def change_password(self, command: ChangePassword) -> Account:
        """Exchange a password. See `ChangePassword`."""
        return result_of(Account, self._house.run(command))

    def find(self, email: str) -> Account | None:
        """Return the account of an e-mail address, or None."""
        key = email_key(email)
        found = self._house.read(lambda store: where(store, Account, "email_key", key))
        return found[0] if found else None

    def person_of(self, secret: str, *, now: datetime) -> Person | None:
        """Return who is signed in with a secret; None when nobody is, or not any more."""
        with self._reads.read(HOUSE) as store:
            found = where(store, SignIn, "digest", digest_of(secret))
            account = find(store, Account, found[0].account_id) if found else None
        if account is None or not counts(found[0], account, now=now):
            return None
        is_old = now >= found[0].seen_at + SEEN_EVERY
        return Person(account=account, sign_in=found[0], is_to_be_noted=is_old)

    def member_of(self, tenant_id: TenantId, account_id: AccountId) -> Member | None:
        """Return whom a person is in a business, if they may sign in there."""
        with self._reads.read(tenant_id) as store:
            found = where(store, Member, "account_id", account_id)
        return next((member for member in found if member.can_sign_in), None)

    def tenants_of(self, account_id: AccountId) -> list[Tenant]:
        """Return the businesses that a person may act for, by slug."""
        return self._register.of_account(account_id)

    def invited_by(self, token: str, *, now: datetime) -> tuple[Tenant, Member] | None:
        """Return the business and the member that a link invites; None when it does not work."""
        said = invitation_of(token)
        tenant = self._register.find(said[0]) if said else None
        if said is None or tenant is None:
            return None
        with self._reads.read(tenant.tenant_id) as store:
            found = where(store, Member, "invite_digest", said[1])
        return (tenant, found[0]) if found and is_open(found[0], now=now) else None

    def accept(self, token: str, *, account_id: AccountId, name: str) -> Member:
        """Bind the member whom a link invites to an account. See `AcceptInvitation`.

        Raises:
            RecordNotFound: The link does not work.
        """
        tenant_id, digest = invitation_of(token) or (HOUSE, "")
        command = AcceptInvitation(digest=digest, account_id=account_id, name=name)
        return result_of(Member, self._port_of(tenant_id).run(command))
