"""API keys: make one, shown once; revoke it; find who a request is by its secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import AccessStatus, ApiKey, KeyKind, Role, Scope
from holdfast.domain.digests import digest_of
from holdfast.domain.ids import ALPHABET, BODY_LENGTH, KeyId, TenantId
from holdfast.engine.use_cases import Look, Needs, UseCase, View

_LETTER = {KeyKind.SECRET: "s", KeyKind.PUBLISHABLE: "p"}
HINT_LENGTH = 4
_SECRET = re.compile(rf"hf[sp]_([{ALPHABET}]{{{BODY_LENGTH}}})_[0-9A-Za-z]{{40,100}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddKey:
    """Make an API key. A secret key has a role; a publishable one may be shown in a page."""

    name: str
    kind: KeyKind
    role: Role | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeKey:
    """Take a key's access away for good. Revoking again changes nothing."""

    key_id: KeyId


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A new key with its secret, which is never shown again."""

    key: ApiKey
    secret: str


def tenant_of(secret: str) -> TenantId | None:
    """Return the business that a secret names, or None when it is not one of ours."""
    found = _SECRET.fullmatch(secret)
    return TenantId(f"tnt_{found[1]}") if found else None


def _add_needs(_command: AddKey, _look: Look) -> Needs:
    return Needs()


def _add(view: View, command: AddKey, now: datetime) -> NewKey:
    is_role_right = (command.role is None) == (command.kind is KeyKind.PUBLISHABLE)
    message = "A secret key needs a role; a publishable key has none."
    checks.require(
        [
            checks.line("/name", command.name, shortest=1),
            None if is_role_right else checks.fault("/role", "role_of_kind", message),
        ]
    )
    body = view.tenant_id.removeprefix("tnt_")
    secret = f"hf{_LETTER[command.kind]}_{body}_{view.new_secret()}"
    key = ApiKey(
        key_id=KeyId(view.new_id("key")),
        name=command.name,
        kind=command.kind,
        role=command.role,
        digest=digest_of(secret),
        hint=secret[-HINT_LENGTH:],
        status=AccessStatus.ACTIVE,
        created_at=now,
        revoked_at=None,
        version=1,
    )
    view.insert(key)
    view.fact("key.added", key, kind=key.kind, role=key.role)
    return NewKey(key=key, secret=secret)


def _revoke_needs(command: RevokeKey, look: Look) -> Needs:
    look.get(ApiKey, command.key_id)
    return Needs()


def _revoke(view: View, command: RevokeKey, now: datetime) -> ApiKey:
    key = view.get(ApiKey, command.key_id)
    if key.status is AccessStatus.INACTIVE:
        return key
    revoked = view.update(key, status=AccessStatus.INACTIVE, revoked_at=now)
    view.fact("key.revoked", revoked)
    return revoked


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        AddKey: UseCase("key.add", scopes=(Scope.ACCESS_WRITE,), needs=_add_needs, decide=_add),
        RevokeKey: UseCase(
            "key.revoke", scopes=(Scope.ACCESS_WRITE,), needs=_revoke_needs, decide=_revoke
        ),
    }
)
