"""Commands that measure."""

from __future__ import annotations

from typing import Annotated

import typer

from holdfast.cli.options import AsJson

PANEL = "Prove and measure"


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command("bench", rich_help_panel=PANEL)(bench)


def bench(
    scenario: Annotated[
        str | None,
        typer.Argument(metavar="SCENARIO", help="What to measure; nothing lists them."),
    ] = None,
    *,
    db: Annotated[
        str | None,
        typer.Option(
            "--db",
            metavar="URL",
            help="A PostgreSQL database; it gets new businesses.",
            show_default="a server of its own that syncs to the disk",
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=1, max=600, help="How long each measurement takes.")
    ] = 10.0,
    servers: Annotated[int, typer.Option(min=1, max=64, help="Server processes.")] = 1,
    bookings: Annotated[
        int,
        typer.Option(min=10_000, max=10_000_000, help="Bookings stored, for `availability`."),
    ] = 100_000,
    expired: Annotated[
        int, typer.Option(min=1_000, max=10_000_000, help="Expired holds, for `expire`.")
    ] = 100_000,
    as_json: AsJson = False,
) -> None:
    """Measure Holdfast beside the machine's own limit, in one run."""
    from holdfast.bench.options import Options  # slow: with all of the benchmark
    from holdfast.cli import benches  # slow: loads the engine

    options = Options(url=db, seconds=seconds, servers=servers, bookings=bookings, expired=expired)
    benches.run(scenario, options, is_json=as_json)
