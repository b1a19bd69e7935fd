"""Commands that run something: the demonstration, the server, the workers."""

from __future__ import annotations

from typing import Annotated

import typer

from holdfast.cli.options import AsJson, DatabaseUrl, chosen

PANEL = "Run"


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command("demo", rich_help_panel="Start here")(demo)
    app.command("serve", rich_help_panel=PANEL)(serve)
    app.command("worker", rich_help_panel=PANEL)(worker)
    app.command("simulate", rich_help_panel=PANEL)(simulate)


def demo(
    *,
    db: Annotated[
        str,
        typer.Option(
            "--db",
            metavar="sqlite|postgresql|URL",
            help="A database that is gone afterwards, or one that stays.",
        ),
    ] = "sqlite",
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="The address to listen on.")] = (
        "127.0.0.1"
    ),
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65_535, help="The port.", show_default="8000, or the next that is free"
        ),
    ] = None,
    no_serve: Annotated[
        bool, typer.Option("--no-serve", help="Only make the eight businesses, at the URL.")
    ] = False,
) -> None:
    """Show Holdfast at work: eight businesses, a server, and lines to book with."""
    from holdfast.cli import demo as demonstration  # slow: loads engine and server

    raise typer.Exit(demonstration.run(db, host=host, port=port, is_served=not no_serve))


def serve(
    *,
    db: DatabaseUrl = None,
    host: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Where to listen.", show_default="127.0.0.1"),
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="The port.", show_default="8000")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Server processes.", show_default="1")
    ] = None,
) -> None:
    """Serve the REST API and the pages. All other settings are HOLDFAST_… variables."""
    from holdfast.cli import serving  # slow: loads engine and server

    settings = serving.settings_of(database_url=chosen(db), host=host, port=port, workers=workers)
    raise typer.Exit(serving.serve(settings))


def worker(*, db: DatabaseUrl = None) -> None:
    """Run the background workers alone, for servers that run none inside."""
    from holdfast.cli import serving  # slow: loads engine and server

    raise typer.Exit(serving.work(serving.settings_of(database_url=chosen(db))))


def simulate(
    *,
    seed: Annotated[
        int, typer.Option(min=0, help="Draws everything; the same again, the same.")
    ] = 1,
    operations: Annotated[int, typer.Option(min=1, help="How many things happen.")] = 2_000,
    db: Annotated[
        str,
        typer.Option(
            "--db",
            metavar="sqlite|postgresql|URL",
            help="A database that is gone afterwards, or an empty one.",
        ),
    ] = "sqlite",
    as_json: AsJson = False,
) -> None:
    """Let random customers, clocks and failures attack the rules; exit code 1 if one gave way."""
    from holdfast.cli import simulating  # slow: loads the engine

    raise typer.Exit(simulating.run(db, seed=seed, operations=operations, is_json=as_json))
