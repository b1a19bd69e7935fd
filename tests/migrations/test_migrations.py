"""Migrations: the schema they make, the refusals of any other, and two that run at once."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, make_url, text
from sqlalchemy.types import TypeEngine

from holdfast.engine.ports import StorageUnavailable
from holdfast.storage import migrating
from holdfast.storage.database import Database, DatabaseMisconfigured, DatabaseOptions
from holdfast.storage.migrating import (
    VERSION_TABLE,
    SchemaOutdated,
    head,
    require_current,
    revision_of,
    upgrade,
)
from holdfast.storage.schema import metadata
from holdfast.testing.clocks import ManualClock
from holdfast.testing.postgres import PostgresServer

TENANT = "tnt_test"
SECOND = '''
"""A second script, for tests."""

import sqlalchemy as sa
from alembic import op

revision = "9000"
down_revision = "{last}"


def upgrade():
    op.create_table("novelty", sa.Column("novelty_id", sa.Text(), primary_key=True))
'''
BROKEN = SECOND + "    op.execute('SELECT no_such_column FROM novelty')\n"
UPGRADE = """
import sys
from holdfast.storage.database import Database
from holdfast.storage.migrating import upgrade
from holdfast.testing.clocks import ManualClock

database = Database.open(sys.argv[1], clock=ManualClock())
print("ready", flush=True)
sys.stdin.readline()
upgrade(database)
"""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """What makes empty databases of one kind."""
    made: list[str] = []
    server = request.getfixturevalue("server") if request.param == "postgresql" else None

    def make() -> str:
        made.append(f"holdfast_empty_{len(made)}")
        if server is None:
            return f"sqlite:///{tmp_path / made[-1]}.sqlite"
        return str(server.create_database(made[-1]))

    yield make
    for name in made:
        if server is not None:
            server.drop_database(name)


@pytest.fixture
def empty_url(new_url: Callable[[], str]) -> str:
    """An empty database of each kind in turn."""
    return new_url()


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    """An empty database of each kind in turn, opened."""
    opened = Database.open(empty_url, clock=ManualClock())
    yield opened
    opened.dispose()


@pytest.fixture
def postgres(server: PostgresServer) -> Iterator[Database]:
    """An empty PostgreSQL database, opened."""
    opened = Database.open(server.create_database("holdfast_empty"))
    yield opened
    opened.dispose()
    server.drop_database("holdfast_empty")


@pytest.fixture
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the scripts, to add to."""
    copy = tmp_path / "100% of the migrations"
    shutil.copytree(migrating._SCRIPTS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(migrating, "_SCRIPTS", copy)
    migrating._revisions.cache_clear()
    yield copy / "versions"
    migrating._revisions.cache_clear()


def add_script(scripts: Path, name: str, script: str) -> None:
    """Add a script after the last one there is."""
    last = max(path.name[:4] for path in scripts.glob("[0-9]*.py"))
    (scripts / name).write_text(script.replace("{last}", last))


def tables_in(database: Database) -> list[str]:
    with database.read() as transaction:
        return sorted(inspect(transaction.connection).get_table_names())


def set_revision(database: Database, revision: str) -> None:
    with database.write(TENANT) as transaction:
        statement = text(f"UPDATE {VERSION_TABLE} SET version_num = :revision")
        transaction.connection.execute(statement, {"revision": revision})
        transaction.commit()


def described(connection: Connection) -> dict[str, object]:
    """Everything that the database says of our tables, but for the alarm."""
    inspector = inspect(connection)
    names = [name for name in inspector.get_table_names() if name != VERSION_TABLE]
    found: dict[str, object] = {}
    for name in sorted(names):
        found[name] = {
            "columns": [
                (column["name"], repr(column["type"]), column["nullable"], column["default"])
                for column in inspector.get_columns(name)
            ],
            "primary_key": inspector.get_pk_constraint(name),
            "foreign_keys": inspector.get_foreign_keys(name),
            "unique": inspector.get_unique_constraints(name),
            "checks": sorted(map(str, inspector.get_check_constraints(name))),
        }
    if connection.dialect.name == "sqlite":
        indexes = (
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name <> :version"
            " ORDER BY name"
        )
        rows = connection.execute(text(indexes), {"version": VERSION_TABLE}).all()
        return {**found, "indexes": rows}
    of_ours = "WHERE schemaname = 'public' AND tablename <> :version AND indexname <> :alarm"
    indexes = f"SELECT indexname, indexdef FROM pg_indexes {of_ours} ORDER BY indexname"
    options = "SELECT relname, reloptions FROM pg_class WHERE reloptions IS NOT NULL ORDER BY 1"
    names_of = {"version": VERSION_TABLE, "alarm": "ex_claim_exclusive"}
    return {
        **found,
        "indexes": connection.execute(text(indexes), names_of).all(),
        "options": connection.execute(text(options)).all(),
    }


def is_other_type(
    context: MigrationContext,
    _found: object,
    _meant: object,
    found_type: TypeEngine[object],
    meant_type: TypeEngine[object],
) -> bool:
    """Compare types as they are written, collation included."""
    return found_type.compile(context.dialect) != meant_type.compile(context.dialect)


def test_the_schema_is_what_the_code_says(empty: Database) -> None:
    upgrade(empty)

    with empty.read() as transaction:
        options = {"version_table": VERSION_TABLE, "compare_type": is_other_type}
        context = MigrationContext.configure(transaction.connection, opts=options)
        differences = compare_metadata(context, metadata)

    assert differences == []


def test_checks_indexes_and_collations_are_what_the_code_says(
    empty: Database, new_url: Callable[[], str]
) -> None:
    upgrade(empty)
    by_code = Database.open(new_url(), clock=ManualClock())
    with by_code.write(TENANT) as transaction:
        metadata.create_all(transaction.connection)
        transaction.commit()

    with empty.read() as made, by_code.read() as meant:
        found, expected = described(made.connection), described(meant.connection)
    by_code.dispose()

    assert found == expected
    assert found.keys() >= metadata.tables.keys()


@pytest.mark.postgresql
def test_every_text_on_postgresql_compares_bytewise(postgres: Database) -> None:
    upgrade(postgres)

    with postgres.read() as transaction:
        statement = text(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name <> :version AND data_type NOT IN"
            " ('bigint', 'boolean', 'bytea') AND (data_type, collation_name) IS DISTINCT FROM"
            " ('text', 'C')"
        )
        found = transaction.connection.execute(statement, {"version": VERSION_TABLE})
        others = found.all()

    assert others == []


def test_upgrading_again_changes_nothing(empty: Database) -> None:
    upgrade(empty)
    commits = empty.statistics.commits

    upgrade(empty)

    assert empty.statistics.commits == commits == 1
    assert revision_of(empty) == head()
    require_current(empty)


def test_several_processes_may_upgrade_at_once(empty_url: str, empty: Database) -> None:
    running = [
        subprocess.Popen(
            [sys.executable, "-c", UPGRADE, empty_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for each in running:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"

    for each in running:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    for each in running:
        each.communicate(timeout=30)

    assert [each.returncode for each in running] == [0, 0, 0]
    assert revision_of(empty) == head()


def test_a_writer_that_is_slow_is_waited_for(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'empty.sqlite'}"
    opened = [
        Database.open(url, clock=ManualClock(), options=DatabaseOptions(acquire_seconds=0.05))
        for _ in range(2)
    ]
    with opened[0].write(TENANT) as slow, ThreadPoolExecutor() as pool:
        assert slow.connection is not None
        upgraded = pool.submit(upgrade, opened[1])
        with pytest.raises(TimeoutError):
            upgraded.result(timeout=0.3)
        slow.rollback()
        upgraded.result(timeout=20)

    assert revision_of(opened[0]) == head()
    for database in opened:
        database.dispose()


def test_a_folder_that_cannot_be_written_to_is_not_waited_for(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'empty.sqlite'}", clock=ManualClock())
    (tmp_path / "empty.sqlite.lock").mkdir()

    with pytest.raises(StorageUnavailable, match="lock file"):
        upgrade(database)
    database.dispose()


def test_a_script_that_fails_leaves_nothing_behind(empty: Database, scripts: Path) -> None:
    add_script(scripts, "9000_broken.py", BROKEN)

    with pytest.raises(Exception, match="no_such_column"):
        upgrade(empty)

    assert tables_in(empty) == []
    assert revision_of(empty) is None


def test_an_older_schema_gets_the_scripts_that_it_lacks(empty: Database, scripts: Path) -> None:
    upgrade(empty)
    add_script(scripts, "9000_next.py", SECOND)
    migrating._revisions.cache_clear()

    upgrade(empty)

    assert head() == "9000"
    assert revision_of(empty) == "9000"
    assert "novelty" in tables_in(empty)


def test_an_older_schema_is_refused_when_it_may_not_be_migrated(
    empty: Database, scripts: Path
) -> None:
    upgrade(empty)
    last = head()
    add_script(scripts, "9000_next.py", SECOND)
    migrating._revisions.cache_clear()

    with pytest.raises(SchemaOutdated) as refusal:
        require_current(empty)

    assert (refusal.value.found, refusal.value.needed) == (last, "9000")
    assert str(refusal.value) == (
        f"The database has schema revision {last}; Holdfast needs 9000. Back it up, then run:"
        " holdfast migrate --db URL"
    )


def test_an_empty_database_is_refused_when_it_may_not_be_migrated(empty: Database) -> None:
    with pytest.raises(SchemaOutdated) as refusal:
        require_current(empty)

    assert (refusal.value.found, refusal.value.needed) == (None, head())
    assert str(refusal.value) == (
        f"The database has no schema yet; Holdfast needs revision {head()}. Run: holdfast"
        " migrate --db URL"
    )


@pytest.mark.parametrize("look", [require_current, upgrade])
def test_a_newer_schema_is_refused(empty: Database, look: Callable[[Database], None]) -> None:
    upgrade(empty)
    set_revision(empty, "9999")

    with pytest.raises(SchemaOutdated) as refusal:
        look(empty)

    assert (refusal.value.found, refusal.value.needed) == ("9999", head())
    assert "a newer one has migrated it" in str(refusal.value)
    assert revision_of(empty) == "9999"


def test_tables_of_somebody_else_are_not_touched(empty: Database) -> None:
    with empty.write(TENANT) as transaction:
        transaction.connection.execute(text("CREATE TABLE booking (whose text)"))
        transaction.commit()

    with pytest.raises(DatabaseMisconfigured, match="tables named booking"):
        upgrade(empty)

    assert tables_in(empty) == ["booking"]


@pytest.mark.postgresql
def test_the_alarm_is_there_where_it_can_be(postgres: Database) -> None:
    upgrade(postgres)

    assert alarms_in(postgres) == (["ex_claim_exclusive"] if postgres.has_btree_gist() else [])


@pytest.mark.postgresql
def test_who_may_not_make_the_extension_goes_without_the_alarm(server: PostgresServer) -> None:
    url = server.create_database("holdfast_plain")
    server.execute("DROP ROLE IF EXISTS plain")
    server.execute("CREATE ROLE plain LOGIN")
    admin = Database.open(url)
    with admin.write(TENANT) as transaction:
        transaction.connection.execute(text("GRANT USAGE, CREATE ON SCHEMA public TO plain"))
        transaction.commit()
    admin.dispose()
    database = Database.open(make_url(url).set(username="plain").render_as_string())

    upgrade(database)

    assert alarms_in(database) == []
    require_current(database)
    database.dispose()
    server.drop_database("holdfast_plain")
    server.execute("DROP ROLE plain")


def alarms_in(database: Database) -> list[str]:
    with database.read() as transaction:
        statement = text("SELECT conname FROM pg_constraint WHERE contype = 'x'")
        return list(transaction.connection.execute(statement).scalars())


def test_the_scripts_are_one_line_of_numbers_that_only_goes_forward() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrating._SCRIPTS))
    scripts = list(ScriptDirectory.from_config(config).walk_revisions())

    assert [script.revision for script in reversed(scripts)] == list(migrating._revisions())
    assert scripts[0].revision == head()
    assert [script.revision for script in scripts if hasattr(script.module, "downgrade")] == []
