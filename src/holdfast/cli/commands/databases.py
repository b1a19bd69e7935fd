"""Commands about the database: make it, migrate it, prove it, copy it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.options import AsJson, DatabaseUrl, chosen

PANEL = "Database"

Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command("init", rich_help_panel="Start here")(init)
    app.command("migrate", rich_help_panel=PANEL)(migrate)
    app.command("audit", rich_help_panel=PANEL)(audit)
    app.command("backup", rich_help_panel=PANEL)(backup)
    app.command("restore", rich_help_panel=PANEL)(restore)
    app.command("clock", rich_help_panel=PANEL)(clock)
    app.command("zones", rich_help_panel=PANEL)(zones)


def init(
    *,
    db: DatabaseUrl = None,
    slug: Annotated[
        str | None, typer.Option(help="The business's name in URLs: salon-sarah.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="The business's name for people: 'Salon Sarah'.")
    ] = None,
    zone: Annotated[
        str | None, typer.Option(help="The business's IANA time zone: Europe/Paris.")
    ] = None,
    currency: Annotated[
        str | None, typer.Option(help="The business's ISO 4217 currency: EUR.")
    ] = None,
) -> None:
    """Make the database, its first business and its owner's key.

    What is not given is asked for on a terminal, and has a default elsewhere. The key goes to
    stdout and is never shown again: KEY=$(holdfast init …)
    """
    from holdfast.cli import databases  # slow: loads the engine

    wishes = databases.Wishes(slug=slug, name=name, zone=zone, currency=currency)
    databases.init(chosen(db), wishes)


def migrate(*, db: DatabaseUrl = None) -> None:
    """Bring the database's schema up to date."""
    from holdfast.cli import databases  # slow: loads the engine

    databases.migrate(chosen(db))


def audit(
    *,
    tenant: Annotated[
        str | None, typer.Option(metavar="SLUG", help="Prove this tenant only.", show_default="all")
    ] = None,
    db: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Prove from the stored history that nothing was ever oversold; exit code 1 if it was."""
    from holdfast.cli import auditing  # slow: loads the engine

    raise typer.Exit(auditing.audit(chosen(db), tenant=tenant, is_json=as_json))


def backup(
    target: Annotated[Path, typer.Argument(help="The file to be made.", show_default=False)],
    *,
    force: Force = False,
    db: DatabaseUrl = None,
) -> None:
    """Copy a SQLite database into one file, while others write to it."""
    from holdfast.cli import copying  # slow: loads the engine

    copying.backup(chosen(db), target, is_forced=force)


def restore(
    copy: Annotated[Path, typer.Argument(help="What `backup` made.", show_default=False)],
    *,
    force: Force = False,
    db: DatabaseUrl = None,
) -> None:
    """Make a SQLite database from a backup, whose books are proved first."""
    from holdfast.cli import copying  # slow: loads the engine

    copying.restore(copy, chosen(db), is_forced=force)


def clock(
    *,
    reset: Annotated[
        bool,
        typer.Option("--reset", help="Set what lies in the future to now, so that it sells again."),
    ] = False,
    tenant: Annotated[
        str | None, typer.Option(metavar="SLUG", help="Reset this tenant only.", show_default="all")
    ] = None,
    db: DatabaseUrl = None,
) -> None:
    """Look whether the clock has gone back behind what was decided; exit code 1 if it has."""
    from holdfast.cli import clocks  # slow: loads the engine

    raise typer.Exit(clocks.clock(chosen(db), is_reset=reset, tenant=tenant))


def zones(
    *,
    tenant: Annotated[
        str | None,
        typer.Option(metavar="SLUG", help="Look at this tenant only.", show_default="all"),
    ] = None,
    db: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List future bookings whose wall time moved because time-zone rules changed."""
    from holdfast.cli import moved  # slow: loads the engine

    moved.show(chosen(db), tenant=tenant, is_json=as_json)
