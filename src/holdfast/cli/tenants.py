"""`holdfast tenant`: open a business, list the businesses."""

from __future__ import annotations

from holdfast.cli import output
from holdfast.cli.opening import engine_at
from holdfast.domain.tenants import Tenant
from holdfast.engine.records import plain
from holdfast.engine.tenants import AddTenant

SHOWN_MAX = 10


def add(url: str, *, slug: str, name: str, zone: str, currency: str) -> None:
    """Open a business.

    Raises:
        RecordExists: The slug is taken.
        InputInvalid: The slug, zone or currency is malformed.
    """
    with engine_at(url) as engine:
        tenant = engine.add_tenant(AddTenant(slug=slug, name=name, zone=zone, currency=currency))
    output.say(f"Opened {described(tenant)}.")
    output.say(f"Its first key: holdfast key add NAME --tenant {tenant.slug} --role owner")


def show(url: str, *, is_json: bool) -> None:
    """List the businesses."""
    with engine_at(url) as engine:
        tenants = engine.list_tenants()
    if is_json:
        output.as_json([plain(tenant) for tenant in tenants])
        return
    output.listing(
        ["slug", "name", "zone", "currency", "status", "id"],
        [[t.slug, t.name, t.zone, t.currency, t.status, t.tenant_id] for t in tenants],
        none="There is no tenant yet. Make one with: holdfast tenant add",
    )


def described(tenant: Tenant) -> str:
    """Return a tenant in half a sentence."""
    return f"tenant '{tenant.slug}' ({tenant.name}, {tenant.zone}, {tenant.currency})"
