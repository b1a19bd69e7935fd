"""Options that several commands have."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.faults import Misconfigured

DATABASE_VARIABLE = "HOLDFAST_DATABASE_URL"
DATABASE_DEFAULT = "sqlite:///holdfast.sqlite"

DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="URL",
        envvar=DATABASE_VARIABLE,
        show_default=DATABASE_DEFAULT,
        help="sqlite:///file.sqlite or postgresql://user@host/name",
    ),
]
TenantName = Annotated[
    str | None,
    typer.Option(
        "--tenant",
        metavar="SLUG",
        help="Which tenant, by its slug or id. Not needed if there is only one.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def chosen(url: str | None) -> str:
    """Return the database's URL: what was said, what a file says whose name was set, or ours."""
    if url:
        return url
    file = os.environ.get(f"{DATABASE_VARIABLE}_FILE")
    if not file:
        return DATABASE_DEFAULT
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Misconfigured(f"{DATABASE_VARIABLE}_FILE cannot be read: {error}") from error
