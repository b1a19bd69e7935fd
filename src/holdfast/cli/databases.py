"""`holdfast init` and `holdfast migrate`: a database that the engine can work with."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from rich.prompt import Prompt

from holdfast.bootstrap import Engine, SystemClock
from holdfast.cli import keys, output, tenants
from holdfast.cli.faults import Misconfigured, Refused
from holdfast.cli.opening import quiet_logs
from holdfast.domain.access import KeyKind, Role
from holdfast.domain.tenants import is_slug
from holdfast.engine.ports import StorageUnavailable
from holdfast.engine.tenants import AddTenant
from holdfast.storage.database import Database
from holdfast.storage.migrating import SchemaOutdated, head, revision_of, upgrade


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What was said about the first business; None where nothing was."""

    slug: str | None
    name: str | None
    zone: str | None
    currency: str | None

    def completed(self) -> AddTenant:
        """Return the command, asking the person at the terminal for the rest, if there is one."""
        name = self.name or _ask("What is the business called?", default="My business")
        return AddTenant(
            name=name,
            slug=self.slug or _ask("What is it called in URLs?", default=_slug_of(name)),
            zone=self.zone or _ask("In which time zone is it?", default="Etc/UTC"),
            currency=self.currency or _ask("In which currency does it charge?", default="EUR"),
        )


def init(url: str, wishes: Wishes) -> None:
    """Make the database, its first business and its owner's key.

    Raises:
        Refused: There is a business already.
        InputInvalid: Something that was said of the business is malformed.
    """
    quiet_logs()
    engine = _engine_to_begin_with(url)
    try:
        tenant = engine.add_tenant(wishes.completed())
        made = engine.tenant(tenant.tenant_id).keys.add(
            "Owner", kind=KeyKind.SECRET, role=Role.OWNER
        )
    finally:
        engine.close()
    shown = output.without_password(url)
    output.say(f"Made the database {shown} with {tenants.described(tenant)}.\n")
    keys.show_once(made.secret, what="The key of its owner")
    output.say(f"\nServe it with: holdfast serve --db {shown}")


def migrate(url: str) -> None:
    """Bring the schema up to date and say what was done.

    Raises:
        SchemaOutdated: The schema is newer than this Holdfast.
    """
    quiet_logs()
    database = Database.open(url, clock=SystemClock())
    try:
        before = revision_of(database)
        with output.progress("Migrating"):
            upgrade(database)
    finally:
        database.dispose()
    if before == head():
        output.say(f"The schema is up to date: revision {before}.")
    elif before is None:
        output.say(f"Made the schema: revision {head()}.")
    else:
        output.say(f"Migrated the schema from revision {before} to {head()}.")


def _engine_to_begin_with(url: str) -> Engine:
    """Open a database that has no business yet, making its schema if it has none."""
    try:
        engine = Engine.open(url, migrate=False)
    except SchemaOutdated as fault:
        if fault.found is not None:
            raise
        with output.progress("Making the tables"):
            engine = Engine.open(url)
    except StorageUnavailable as fault:
        if url.startswith("sqlite"):
            raise
        raise Misconfigured(
            f"{str(fault).strip()}\nOn PostgreSQL the database has to be there: createdb makes an"
            " empty one, and Holdfast its tables."
        ) from fault
    found = engine.list_tenants()
    if found:
        engine.close()
        slugs = ", ".join(tenant.slug for tenant in found[: tenants.SHOWN_MAX])
        raise Refused(
            f"This database is set up already, with: {slugs}. One more business: holdfast tenant"
            " add; one more key: holdfast key add."
        )
    return engine


def _ask(question: str, *, default: str) -> str:
    """Ask the person at the terminal; without one, take the default."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return default
    return Prompt.ask(question, default=default, console=output.stderr())


def _slug_of(name: str) -> str:
    """Return a name in the form of a slug, as far as that goes.

    >>> _slug_of("Salon Sarah & Co."), _slug_of("Ö")
    ('salon-sarah-co', 'my-business')
    """
    letters = "".join(letter if letter.isalnum() and letter.isascii() else " " for letter in name)
    slug = "-".join(letters.lower().split())[:40].strip("-")
    return slug if is_slug(slug) else "my-business"
