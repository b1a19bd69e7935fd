"""Stages: databases that are gone when what plays on them is over, or stay where a URL says."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from holdfast.cli import output
from holdfast.cli.faults import Misconfigured
from holdfast.testing.postgres import PostgresServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where something plays: the database, its name for people, and whether it stays."""

    url: str
    shown: str
    is_kept: bool


@contextmanager
def stage(db: str, *, what: str) -> Iterator[Stage]:
    """Give a database of the wanted kind, and remove it afterwards unless a URL named it.

    Raises:
        PostgresUnavailable: There is no PostgreSQL here that can be started.
    """
    if "://" in db:
        yield Stage(url=db, shown=output.without_password(db), is_kept=True)
    elif db == "postgresql":
        with output.progress("Starting PostgreSQL"):
            server = PostgresServer.start(fsync=False)
        with server:
            shown = f"PostgreSQL {server.major}, started for this {what}"
            yield Stage(url=server.create_database("holdfast"), shown=shown, is_kept=False)
    elif db == "sqlite":
        folder = Path(tempfile.mkdtemp(prefix=f"holdfast-{what}-"))
        try:
            file = folder / f"{what}.sqlite"
            yield Stage(url=f"sqlite:///{file}", shown=f"SQLite, {file}", is_kept=False)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    else:
        raise Misconfigured(f"Say --db sqlite, --db postgresql or a URL; '{db}' is none of them.")
