"""`holdfast key`: make, list and revoke API keys."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.cli import output
from holdfast.cli.opening import engine_at, tenant_at
from holdfast.domain.access import AccessStatus, ApiKey, KeyKind, Role
from holdfast.domain.ids import KeyId
from holdfast.engine.facade import TenantEngine
from holdfast.engine.reading import PAGE_MAX, PageRequest
from holdfast.engine.records import plain


def add(url: str, *, tenant: str | None, name: str, kind: KeyKind, role: Role | None) -> None:
    """Make a key and print it, once.

    Raises:
        InputInvalid: The name is malformed, or a publishable key was given a role.
    """
    with engine_at(url) as engine:
        business = tenant_at(engine, tenant)
        made = business.keys.add(name, kind=kind, role=role)
        slug = business.get().slug
    show_once(made.secret, what=f"{_described(made.key)} of '{slug}'")


def show_once(secret: str, *, what: str) -> None:
    """Print a secret that is kept nowhere."""
    output.say(f"{what}, shown this once:")
    output.result(secret)


def show(url: str, *, tenant: str | None, is_everything: bool, is_json: bool) -> None:
    """List a tenant's keys, oldest first."""
    with engine_at(url) as engine:
        business = tenant_at(engine, tenant)
        keys = list(_all_keys(business, is_everything=is_everything))
    if is_json:
        output.as_json([_public(key) for key in keys])
        return
    rows = [
        [
            key.key_id,
            key.name,
            key.kind,
            key.role,
            f"…{key.hint}",
            key.status,
            f"{key.created_at:%Y-%m-%d %H:%M}",
        ]
        for key in keys
    ]
    columns = ["id", "name", "kind", "role", "ends in", "status", "made (UTC)"]
    output.listing(columns, rows, none="This tenant has no key. Make one with: holdfast key add")


def revoke(url: str, *, tenant: str | None, key_id: str) -> None:
    """Take a key's access away.

    Raises:
        RecordNotFound: This tenant has no such key.
    """
    with engine_at(url) as engine:
        key = tenant_at(engine, tenant).keys.revoke(KeyId(key_id))
    output.say(f"Revoked key '{key.name}' (…{key.hint}). Whoever uses it is refused from now on.")


def _all_keys(business: TenantEngine, *, is_everything: bool) -> Iterator[ApiKey]:
    statuses = tuple(AccessStatus) if is_everything else (AccessStatus.ACTIVE,)
    request = PageRequest(limit=PAGE_MAX)
    while True:
        page = business.keys.list(request, statuses=statuses)
        yield from page.items
        if page.next_after is None:
            return
        request = PageRequest(limit=PAGE_MAX, after=page.next_after)


def _described(key: ApiKey) -> str:
    power = "publishable key" if key.role is None else f"secret key with role {key.role}"
    return f"'{key.name}', a {power}"


def _public(key: ApiKey) -> dict[str, object]:
    """Return what may be shown of a key: all but the digest of its secret."""
    shown = plain(key)
    assert isinstance(shown, dict)
    return {name: value for name, value in shown.items() if name != "digest"}
