"""Commands that report on a business."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from holdfast.cli.options import AsJson, DatabaseUrl, TenantName, chosen

PANEL = "Businesses"
DATE = ["%Y-%m-%d"]

report = typer.Typer(help="Reports on a tenant.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command(rich_help_panel=PANEL)(availability)
    app.add_typer(report, name="report", rich_help_panel=PANEL)


@report.command("capacity")
def report_capacity(
    *,
    resource: Annotated[
        str | None,
        typer.Option(metavar="ID", help="One resource, by its id: res_…", show_default="all"),
    ] = None,
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=DATE, metavar="DATE", help="The first local day."),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option("--to", formats=DATE, metavar="DATE", help="The last one, included."),
    ] = None,
    tenant_name: TenantName = None,
    db: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show how much of each resource is taken, day by day: by default a week from today on."""
    from holdfast.cli import reports  # slow: loads the engine

    reports.capacity(
        chosen(db),
        tenant=tenant_name,
        resource_id=resource,
        first_on=None if first is None else first.date(),
        last_on=None if last is None else last.date(),
        is_json=as_json,
    )


def availability(
    *,
    what: Annotated[
        str,
        typer.Argument(help="An offering by its slug or id, or a resource or pool by its id."),
    ],
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=DATE, metavar="DATE", help="The first local day."),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option("--to", formats=DATE, metavar="DATE", help="The last one, included."),
    ] = None,
    day: Annotated[
        datetime | None,
        typer.Option(formats=DATE, metavar="DATE", help="One day, start by start."),
    ] = None,
    party: Annotated[int, typer.Option(metavar="GUESTS", help="For how many.")] = 1,
    tenant_name: TenantName = None,
    db: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show what can be booked: a calendar of a month from today on, or of one day."""
    from holdfast.cli import availability as looking  # slow: loads the engine

    if day is not None:
        looking.day(
            chosen(db),
            tenant=tenant_name,
            what=what,
            on=day.date(),
            party_size=party,
            is_json=as_json,
        )
        return
    looking.calendar(
        chosen(db),
        tenant=tenant_name,
        what=what,
        first_on=None if first is None else first.date(),
        last_on=None if last is None else last.date(),
        party_size=party,
        is_json=as_json,
    )
