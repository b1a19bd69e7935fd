"""Opening the engine for a command, and finding the tenant that it is about."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from holdfast.bootstrap import Engine, SystemClock
from holdfast.cli import output
from holdfast.cli.faults import Misconfigured
from holdfast.engine.facade import TenantEngine
from holdfast.storage.database import Database
from holdfast.storage.migrating import revision_of

SHOWN_MAX = 10


def quiet_logs(level: int = logging.WARNING) -> None:
    """Send what the engine logs to stderr, and only what a person should worry about."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


@contextmanager
def engine_at(url: str) -> Iterator[Engine]:
    """Open the engine over a database that is up to date, and close it afterwards.

    Raises:
        Misconfigured: There is no database, or nothing of ours in it.
        SchemaOutdated: The schema is not the one that is needed.
        StorageFault: The database cannot be reached.
    """
    quiet_logs()
    require_begun(url)
    engine = Engine.open(url, migrate=False)
    try:
        yield engine
    finally:
        engine.close()


def require_begun(url: str) -> None:
    """Refuse a database in which Holdfast has not begun yet, without making a SQLite file of it.

    Raises:
        Misconfigured: There is no such file, or nothing of ours in the database.
        StorageFault: The database cannot be reached.
    """
    path = url.removeprefix("sqlite:///")
    if path != url and "?" not in path and path != ":memory:" and not Path(path).exists():
        raise nothing_at(url)
    database = Database.open(url, clock=SystemClock())
    try:
        if revision_of(database) is None:
            raise nothing_at(url)
    finally:
        database.dispose()


def nothing_at(url: str) -> Misconfigured:
    """Return the fault of a database in which Holdfast has not begun yet."""
    shown = output.without_password(url)
    return Misconfigured(
        f"There is nothing of Holdfast's at {shown} yet. Begin with: holdfast init --db {shown}"
    )


def tenant_at(engine: Engine, slug_or_id: str | None) -> TenantEngine:
    """Return the tenant that was named, or the only one there is.

    Raises:
        Misconfigured: None was named, and there is none or more than one.
        RecordNotFound: There is no such tenant.
    """
    if slug_or_id is not None:
        return engine.tenant(slug_or_id)
    found = engine.list_tenants()
    if not found:
        raise Misconfigured("There is no tenant yet. Make one with: holdfast tenant add")
    if len(found) > 1:
        slugs = ", ".join(tenant.slug for tenant in found[:SHOWN_MAX])
        more = f" and {len(found) - SHOWN_MAX} more" if len(found) > SHOWN_MAX else ""
        raise Misconfigured(f"Which tenant? Say --tenant with one of: {slugs}{more}.")
    return engine.tenant(found[0].tenant_id)
