"""Accounts: people who sign in, in the books of the house. Passwords arrive here as their hashes.

A sign-in counts in its account's generation only, so that all of them end by the change of one
number, and one that begins meanwhile, with the password of before, does not count either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.accounts import ABSOLUTE, SEEN_EVERY, Account, SignIn
from holdfast.domain.customers import email_key
from holdfast.domain.digests import digest_of
from holdfast.domain.errors import RecordChanged, RecordExists
from holdfast.domain.ids import AccountId, SignInId
from holdfast.engine.ports import Where
from holdfast.engine.use_cases import Look, Needs, UseCase, View


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAccount:
    """Let a person sign in from now on."""

    email: str
    name: str
    password_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePassword:
    """Exchange a password; every sign-in ends.

    `generation` is the one in which the old password was checked; None where an operator decides.
    """

    account_id: AccountId
    password_hash: str
    generation: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartSignIn:
    """Sign a person in, whose password was found right in a generation of the account.

    `instead_of` is the digest of the sign-in that this browser had before; that one ends.
    """

    account_id: AccountId
    generation: int
    instead_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UseSignIn:
    """Note that a sign-in is in use, so that it does not end of idleness."""

    sign_in_id: SignInId


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSignIn:
    """Sign out in one browser. Doing so again changes nothing."""

    sign_in_id: SignInId


@dataclass(frozen=True, slots=True, kw_only=True)
class EndAllSignIns:
    """Sign a person out everywhere."""

    account_id: AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSignIn:
    """A new sign-in with its secret, which is never shown again."""

    sign_in: SignIn
    secret: str


def _add_needs(command: AddAccount, _look: Look) -> Needs:
    return Needs.of(reads=[Where(Account, "email_key", email_key(command.email))])


def _add(view: View, command: AddAccount, now: datetime) -> Account:
    checks.require(
        [checks.email("/email", command.email), checks.line("/name", command.name, shortest=1)]
    )
    account = Account(
        account_id=AccountId(view.new_id("acc")),
        email=command.email.strip(),
        email_key=email_key(command.email),
        name=command.name.strip(),
        password_hash=command.password_hash,
        generation=1,
        created_at=now,
        version=1,
    )
    if view.where(Account, "email_key", account.email_key):
        raise RecordExists(kind="account", key=account.email)
    view.insert(account)
    view.fact("account.added", account)
    return account


def _account_needs(command: ChangePassword | StartSignIn | EndAllSignIns, look: Look) -> Needs:
    look.get(Account, command.account_id)
    if isinstance(command, StartSignIn) and command.instead_of is not None:
        look.where(SignIn, "digest", command.instead_of)
    return Needs()


def _change_password(view: View, command: ChangePassword, _now: datetime) -> Account:
    account = view.get(Account, command.account_id)
    _require_generation(account, command.generation)
    changed = view.update(
        account, password_hash=command.password_hash, generation=account.generation + 1
    )
    view.fact("account.password_changed", changed)
    return changed


def _require_generation(account: Account, checked: int | None) -> None:
    """Refuse what was allowed by a password that is not the password any more.

    Raises:
        RecordChanged: It has been changed since it was checked.
    """
    if checked is not None and checked != account.generation:
        raise RecordChanged(
            kind="account", key=account.account_id, expected=checked, actual=account.generation
        )


def _start(view: View, command: StartSignIn, now: datetime) -> NewSignIn:
    account = view.get(Account, command.account_id)
    _require_generation(account, command.generation)
    if command.instead_of is not None:
        for former in view.where(SignIn, "digest", command.instead_of):
            if former.ended_at is None:
                view.update(former, ended_at=now)
    secret = view.new_secret()
    sign_in = SignIn(
        sign_in_id=SignInId(view.new_id("sgn")),
        account_id=account.account_id,
        generation=account.generation,
        digest=digest_of(secret),
        created_at=now,
        seen_at=now,
        ends_at=now + ABSOLUTE,
        ended_at=None,
        version=1,
    )
    view.insert(sign_in)
    view.fact("sign_in.started", sign_in)
    return NewSignIn(sign_in=sign_in, secret=secret)


def _sign_in_needs(command: UseSignIn | EndSignIn, look: Look) -> Needs:
    look.get(SignIn, command.sign_in_id)
    return Needs()


def _use(view: View, command: UseSignIn, now: datetime) -> SignIn:
    sign_in = view.get(SignIn, command.sign_in_id)
    if now < sign_in.seen_at + SEEN_EVERY:  # two requests at once
        return sign_in
    return view.update(sign_in, seen_at=now)


def _end(view: View, command: EndSignIn, now: datetime) -> SignIn:
    sign_in = view.get(SignIn, command.sign_in_id)
    if sign_in.ended_at is not None:
        return sign_in
    ended = view.update(sign_in, ended_at=now)
    view.fact("sign_in.ended", ended)
    return ended


def _end_all(view: View, command: EndAllSignIns, _now: datetime) -> Account:
    account = view.get(Account, command.account_id)
    ended = view.update(account, generation=account.generation + 1)
    view.fact("account.signed_out", ended)
    return ended


_SCOPES = (Scope.ACCESS_WRITE,)

USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        AddAccount: UseCase("account.add", scopes=_SCOPES, needs=_add_needs, decide=_add),
        ChangePassword: UseCase(
            "account.change_password", scopes=_SCOPES, needs=_account_needs, decide=_change_password
        ),
        StartSignIn: UseCase("sign_in.start", scopes=_SCOPES, needs=_account_needs, decide=_start),
        UseSignIn: UseCase("sign_in.use", scopes=_SCOPES, needs=_sign_in_needs, decide=_use),
        EndSignIn: UseCase("sign_in.end", scopes=_SCOPES, needs=_sign_in_needs, decide=_end),
        EndAllSignIns: UseCase(
            "sign_in.end_all", scopes=_SCOPES, needs=_account_needs, decide=_end_all
        ),
    }
)
