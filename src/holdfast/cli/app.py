"""The program `holdfast`: its commands, and how it ends.

Exit codes: 0 done; 1 refused, or `audit` has found something; 2 misused or misconfigured; 3 a bug.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from holdfast.cli import faults, output
from holdfast.cli.commands import businesses, databases, measuring, reporting, running

app = typer.Typer(
    name="holdfast",
    help="Holdfast sells time and places, and never sells one place twice.",
    epilog="To see it at work: holdfast demo",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
running.register(app)
businesses.register(app)
reporting.register(app)
databases.register(app)
measuring.register(app)


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    *,
    debug: Annotated[
        bool, typer.Option("--debug", help="When something fails, show where in the program.")
    ] = False,
    version: Annotated[bool, typer.Option("--version", help="Say which Holdfast this is.")] = False,
) -> None:
    """Note what was said before the command."""
    assert isinstance(context.obj, faults.Manner)
    context.obj.is_debugged = debug
    if version:
        from importlib.metadata import version as version_of  # slow: reads the disk

        typer.echo(f"holdfast {version_of('holdfast')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    output.print_anything()
    manner = faults.Manner()
    try:
        app(arguments, obj=manner, prog_name="holdfast")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception as error:  # the last one who can turn it into words for a person
        if manner.is_debugged:
            raise
        return faults.report(error)
    return 0
