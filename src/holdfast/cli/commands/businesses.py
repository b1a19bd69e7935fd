"""Commands about tenants, their API keys, and who works for them."""

from __future__ import annotations

from typing import Annotated

import typer

from holdfast.cli.options import AsJson, DatabaseUrl, TenantName, chosen
from holdfast.domain.access import KeyKind, Role

PANEL = "Businesses"

tenant = typer.Typer(help="Tenants: the businesses in this database.", no_args_is_help=True)
key = typer.Typer(help="API keys of a tenant.", no_args_is_help=True)
member = typer.Typer(help="Members: people who work for a tenant.", no_args_is_help=True)

PagesUrl = Annotated[
    str,
    typer.Option("--url", metavar="URL", help="Where the pages are; the link begins with it."),
]
PAGES_AT = "http://127.0.0.1:8000"


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.add_typer(tenant, name="tenant", rich_help_panel=PANEL)
    app.add_typer(key, name="key", rich_help_panel=PANEL)
    app.add_typer(member, name="member", rich_help_panel=PANEL)


@tenant.command("add")
def tenant_add(
    slug: Annotated[str, typer.Argument(help="Its name in URLs: salon-sarah.")],
    *,
    name: Annotated[str, typer.Option(help="Its name for people: 'Salon Sarah'.")],
    zone: Annotated[str, typer.Option(help="Its IANA time zone: Europe/Paris.")],
    currency: Annotated[str, typer.Option(help="Its ISO 4217 currency: EUR.")],
    owner: Annotated[
        str | None,
        typer.Option(metavar="EMAIL", help="Invite its first owner; the link is printed once."),
    ] = None,
    pages_url: PagesUrl = PAGES_AT,
    db: DatabaseUrl = None,
) -> None:
    """Open one more business."""
    from holdfast.cli import members, tenants  # slow: loads the engine

    tenants.add(chosen(db), slug=slug, name=name, zone=zone, currency=currency)
    if owner is not None:
        members.invite(chosen(db), tenant=slug, email=owner, role=Role.OWNER, pages_url=pages_url)


@tenant.command("list")
def tenant_list(*, db: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """List the businesses."""
    from holdfast.cli import tenants  # slow: loads the engine

    tenants.show(chosen(db), is_json=as_json)


@key.command("add")
def key_add(
    name: Annotated[str, typer.Argument(help="What the key is for: 'Website'.")],
    *,
    role: Annotated[
        Role | None, typer.Option(help="What a secret key may do.", show_default="owner")
    ] = None,
    publishable: Annotated[
        bool,
        typer.Option(
            "--publishable",
            help="A key that may be shown in a web page: availability, own holds and bookings.",
        ),
    ] = False,
    tenant_name: TenantName = None,
    db: DatabaseUrl = None,
) -> None:
    """Make an API key. It is printed once, on stdout, and kept nowhere."""
    from holdfast.cli import keys  # slow: loads the engine

    kind = KeyKind.PUBLISHABLE if publishable else KeyKind.SECRET
    power = role if publishable else role or Role.OWNER
    keys.add(chosen(db), tenant=tenant_name, name=name, kind=kind, role=power)


@key.command("list")
def key_list(
    *,
    tenant_name: TenantName = None,
    everything: Annotated[bool, typer.Option("--all", help="Revoked ones too.")] = False,
    db: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List the API keys: not the keys themselves, only their last letters are known."""
    from holdfast.cli import keys  # slow: loads the engine

    keys.show(chosen(db), tenant=tenant_name, is_everything=everything, is_json=as_json)


@key.command("revoke")
def key_revoke(
    key_id: Annotated[str, typer.Argument(help="The key's id, as `key list` shows it: key_…")],
    *,
    tenant_name: TenantName = None,
    db: DatabaseUrl = None,
) -> None:
    """Take a key's access away, at once and for good."""
    from holdfast.cli import keys  # slow: loads the engine

    keys.revoke(chosen(db), tenant=tenant_name, key_id=key_id)


@member.command("invite")
def member_invite(
    email: Annotated[str, typer.Argument(help="Whom to invite: sarah@example.com.")],
    *,
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.STAFF,
    tenant_name: TenantName = None,
    pages_url: PagesUrl = PAGES_AT,
    db: DatabaseUrl = None,
) -> None:
    """Invite a person, or make a new link for who has not accepted. The link is printed once."""
    from holdfast.cli import members  # slow: loads the engine

    members.invite(chosen(db), tenant=tenant_name, email=email, role=role, pages_url=pages_url)


@member.command("list")
def member_list(
    *, tenant_name: TenantName = None, db: DatabaseUrl = None, as_json: AsJson = False
) -> None:
    """List the members."""
    from holdfast.cli import members  # slow: loads the engine

    members.show(chosen(db), tenant=tenant_name, is_json=as_json)


@member.command("password")
def member_password(
    email: Annotated[str, typer.Argument(help="Of whose account: sarah@example.com.")],
    *,
    db: DatabaseUrl = None,
) -> None:
    """Give an account a new password, printed once, and sign it out everywhere."""
    from holdfast.cli import members  # slow: loads the engine

    members.renew_password(chosen(db), email=email)
