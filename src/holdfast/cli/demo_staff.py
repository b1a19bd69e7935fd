"""Who works in the demo: one person, who owns all eight businesses and signs in to any of them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from holdfast.bootstrap import Engine
from holdfast.domain.access import Role
from holdfast.engine.accounts import AddAccount, ChangePassword
from holdfast.engine.members import InviteMember

EMAIL = "owner@example.com"
NAME = "Olive Owner"
PASSWORD_BYTES = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInLine:
    """With what staff's pages are opened."""

    email: str
    password: str


def hire(engine: Engine, slugs: Iterable[str]) -> SignInLine:
    """Let the person work for businesses, with a password that is new each time."""
    from holdfast.web.passwords import hash_of  # optional: comes with holdfast[server]

    password = secrets.token_urlsafe(PASSWORD_BYTES)
    kept, known = hash_of(password), engine.accounts.find(EMAIL)
    account = (
        engine.accounts.add(AddAccount(email=EMAIL, name=NAME, password_hash=kept))
        if known is None
        else engine.accounts.change_password(
            ChangePassword(account_id=known.account_id, password_hash=kept)
        )
    )
    theirs = {tenant.slug for tenant in engine.accounts.tenants_of(account.account_id)}
    for slug in slugs:
        if slug not in theirs:
            invite = InviteMember(email=EMAIL, role=Role.OWNER, name=NAME)
            token = engine.tenant(slug).members.invite(invite).token
            engine.accounts.accept(token, account_id=account.account_id, name=NAME)
    return SignInLine(email=EMAIL, password=password)
