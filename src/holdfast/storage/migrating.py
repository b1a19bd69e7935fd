"""Migrating: bring a database's schema up to date, or refuse one that is not.

Revisions are numbered in order and go forward only. The revision that a database has is one row in
`holdfast_schema`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import structlog
from sqlalchemy import ColumnClause, Connection, Text, column, inspect, select, table, text

from holdfast.engine.ports import CommitUnknown, StorageUnavailable, TransactionConflict
from holdfast.storage.database import Database, DatabaseMisconfigured
from holdfast.storage.schema import metadata

log = structlog.get_logger("holdfast.migrations")

VERSION_TABLE = "holdfast_schema"
UPGRADE_SECONDS_MAX = 60.0

_SCRIPTS = Path(__file__).parent / "migrations"
_REVISION_LENGTH = 4
_PAUSE_SECONDS = 0.05
# Whoever migrates a PostgreSQL database holds this lock until the end of the transaction.
_LOCK_NUMBER = 0x686F6C64666173
_TENANT = "tnt_schema"  # a transaction has a tenant; this one writes no row of any

# Alembic keeps the running migration in a global.
_one_at_a_time = threading.Lock()


class SchemaOutdated(DatabaseMisconfigured):
    """The database's schema is not the one that this Holdfast needs.

    Attributes:
        found: The revision that the database has; None if it has none.
        needed: The revision that this Holdfast needs.
    """

    def __init__(self, message: str, *, found: str | None, needed: str) -> None:
        super().__init__(message)
        self.found = found
        self.needed = needed


def head() -> str:
    """Return the newest revision, which is the one that this Holdfast needs."""
    return _revisions()[-1]


def revision_of(database: Database) -> str | None:
    """Return the revision of a database's schema; None if it has no schema of ours.

    Raises:
        StorageUnavailable: The database cannot be reached.
    """
    with database.read() as transaction:
        return _revision_on(transaction.connection)


def require_current(database: Database) -> None:
    """Refuse a database whose schema is not exactly the one that is needed.

    Raises:
        SchemaOutdated: It is empty, older or newer; the message says which, and what to do.
        StorageUnavailable: The database cannot be reached.
    """
    found = revision_of(database)
    if found is None:
        raise SchemaOutdated(
            f"The database has no schema yet; Holdfast needs revision {head()}. Run: holdfast"
            " migrate --db URL",
            found=None,
            needed=head(),
        )
    _refuse_newer(found)
    if found != head():
        raise SchemaOutdated(
            f"The database has schema revision {found}; Holdfast needs {head()}. Back it up, then"
            " run: holdfast migrate --db URL",
            found=found,
            needed=head(),
        )


def upgrade(database: Database) -> None:
    """Bring the schema up to date, all of it or nothing; one that is up to date is left alone.

    Several processes may do this at once: one of them works, the others wait for it.

    Raises:
        SchemaOutdated: The schema is newer than this Holdfast.
        DatabaseMisconfigured: The database has tables of the same names that are not Holdfast's.
        StorageFault: The database cannot be reached, or was too busy for a minute.
    """
    found = revision_of(database)
    if found == head():
        return
    _refuse_newer(found)
    run_scripts = _script_runner()
    deadline = time.monotonic() + UPGRADE_SECONDS_MAX
    while not _upgrade_once(database, run_scripts, is_last_try=time.monotonic() > deadline):
        time.sleep(_PAUSE_SECONDS)


def _upgrade_once(
    database: Database, run_scripts: Callable[[Connection], None], *, is_last_try: bool
) -> bool:
    """Try to upgrade and say whether it is done; somebody else may be at it."""
    try:
        with database.write(_TENANT) as transaction:
            connection = transaction.connection
            if database.dialect_name == "postgresql":
                _wait_for_lock(connection)
            found = _revision_on(connection)
            _refuse_newer(found)
            if found != head():
                _refuse_foreign(connection, found)
                run_scripts(connection)
                transaction.commit()
                if found is not None:
                    log.info("migration.done", found=found, now=head())
    except (TransactionConflict, CommitUnknown):
        if is_last_try:
            raise
        return False
    except StorageUnavailable as fault:
        # Without a cause it was another writer's turn; with one the disk or the network failed.
        if is_last_try or fault.__cause__ is not None:
            raise
        return False
    return True


def _wait_for_lock(connection: Connection) -> None:
    """Wait until nobody else migrates this database; a wait that is too long is a conflict."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})


def _script_runner() -> Callable[[Connection], None]:
    """Load Alembic, and return what has it run the missing scripts in the caller's transaction.

    Loaded before there is a transaction, which would stand idle meanwhile.
    """
    from alembic import command  # slow: 0.1 s, and seldom needed
    from alembic.config import Config  # slow as well

    def run(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
        config.attributes.update(connection=connection, version_table=VERSION_TABLE)
        with _one_at_a_time:
            command.upgrade(config, head())

    return run


def _revision_on(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version: ColumnClause[str] = column("version_num", Text())
    statement = select(version).select_from(table(VERSION_TABLE))
    return connection.execute(statement).scalar_one_or_none()


def _refuse_newer(found: str | None) -> None:
    if found is not None and found not in _revisions():
        raise SchemaOutdated(
            f"The database has schema revision {found}, which this Holdfast does not know: a newer"
            f" one has migrated it. This one knows revisions up to {head()}. Upgrade Holdfast; a"
            " schema never goes back.",
            found=found,
            needed=head(),
        )


def _refuse_foreign(connection: Connection, found: str | None) -> None:
    """Refuse to make our tables among others of the same names."""
    if found is not None:
        return
    taken = sorted(set(inspect(connection).get_table_names()) & set(metadata.tables))
    if taken:
        raise DatabaseMisconfigured(
            f"The database has no schema of Holdfast's, but tables named {', '.join(taken)}. Give"
            " Holdfast a database of its own."
        )


@cache
def _revisions() -> tuple[str, ...]:
    """The revisions that this Holdfast knows, in order: the numbers of the scripts' files."""
    scripts = (_SCRIPTS / "versions").glob("[0-9]*.py")
    return tuple(sorted(path.stem[:_REVISION_LENGTH] for path in scripts))
