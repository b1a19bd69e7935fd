"""`holdfast init` and `migrate`: a database to begin with."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from holdfast import AccessStatus, Engine, Role, SystemClock
from holdfast.domain.digests import digest_of
from holdfast.storage.database import Database
from holdfast.storage.migrating import VERSION_TABLE, head
from holdfast.testing.postgres import PostgresServer
from tests.cli.conftest import Said, Say

SARAH = ("--slug", "sarah", "--name", "Sarah", "--zone", "Europe/Paris", "--currency", "EUR")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with nothing in it, of each kind in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new.sqlite'}"
        return
    server = request.getfixturevalue("server")
    name = f"empty_{tmp_path.name}"
    yield server.create_database(name)
    server.drop_database(name)


def set_revision(url: str, revision: str) -> None:
    """Pretend that another Holdfast has migrated a database."""
    database = Database.open(url, clock=SystemClock())
    with database.write("tnt_test") as transaction:
        statement = f"UPDATE {VERSION_TABLE} SET version_num = :revision"
        transaction.connection.execute(text(statement), {"revision": revision})
        transaction.commit()
    database.dispose()


def test_init_makes_the_database_and_prints_a_key_that_works(say: Say, empty_url: str) -> None:
    said = say("init", "--db", empty_url, *SARAH)

    assert said.code == 0, said.err
    assert "Made the database" in said.err
    assert "tenant 'sarah' (Sarah, Europe/Paris, EUR)" in said.err
    assert said.out.startswith("hfs_")
    assert said.out.strip() not in said.err
    engine = Engine.open(empty_url, migrate=False)
    kept = [(key.digest, key.role, key.status) for key in engine.tenant("sarah").keys.list().items]
    engine.close()
    assert kept == [(digest_of(said.out.strip()), Role.OWNER, AccessStatus.ACTIVE)]


@pytest.mark.postgresql
def test_init_asks_for_the_database_where_it_cannot_make_one(
    say: Say, server: PostgresServer
) -> None:
    said = say("init", "--db", server.url("not_there"))

    assert (said.code, said.out) == (2, "")
    assert 'database "not_there" does not exist' in said.err
    assert "createdb makes an empty one" in said.err


def test_init_has_defaults_where_nobody_can_be_asked(say: Say, empty_url: str) -> None:
    said = say("init", "--db", empty_url)

    assert said.code == 0
    assert "tenant 'my-business' (My business, Etc/UTC, EUR)" in said.err


def test_init_asks_a_person_for_what_was_not_said(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'asked.sqlite'}"
    command = [sys.executable, "-m", "holdfast.cli", "init", "--db", url, "--currency", "EUR"]
    ours, theirs = pty.openpty()
    os.write(ours, b"Salon Sarah\n\nEurope/Paris\n")

    with subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, env=os.environ
    ) as program:
        out, _ = program.communicate(timeout=30)
    said = os.read(ours, 1 << 16).decode()
    os.close(theirs)
    os.close(ours)

    assert (program.returncode, out[:4]) == (0, b"hfs_")
    assert "What is it called in URLs?" in said
    assert "tenant 'salon-sarah' (Salon Sarah, Europe/Paris, EUR)" in said


def test_a_second_init_says_that_there_is_something_already(say: Say, empty_url: str) -> None:
    say("init", "--db", empty_url, *SARAH)
    before = say("key", "list", "--json", "--db", empty_url)

    again = say("init", "--db", empty_url, "--slug", "bob")

    assert (again.code, again.out) == (1, "")
    assert "This database is set up already, with: sarah." in again.err
    assert say("key", "list", "--json", "--db", empty_url) == before


def test_init_after_a_mistake_can_be_repeated(say: Say, empty_url: str) -> None:
    mistaken = say("init", "--db", empty_url, "--zone", "Europe/Pariss", "--currency", "eur")

    again = say("init", "--db", empty_url, *SARAH)

    assert (mistaken.code, mistaken.out) == (1, "")
    assert mistaken.err.splitlines() == [
        "holdfast: zone: Give an IANA zone such as 'Europe/Paris'.",
        "holdfast: currency: Give an ISO 4217 code such as 'EUR'.",
    ]
    assert again.code == 0


def test_migrate_makes_the_schema_once(say: Say, empty_url: str) -> None:
    first = say("migrate", "--db", empty_url)
    second = say("migrate", "--db", empty_url)

    assert first == Said(code=0, out="", err=f"Made the schema: revision {head()}.\n")
    assert second == Said(code=0, out="", err=f"The schema is up to date: revision {head()}.\n")


def test_a_database_without_tenants_asks_for_one(say: Say, empty_url: str) -> None:
    say("migrate", "--db", empty_url)

    tenants = say("tenant", "list", "--db", empty_url)
    keys = say("key", "list", "--db", empty_url)

    assert (tenants.code, tenants.out) == (0, "")
    assert "There is no tenant yet." in tenants.err
    assert keys.code == 2
    assert "There is no tenant yet." in keys.err


@pytest.mark.parametrize("words", [("tenant", "list"), ("init",), ("migrate",), ("audit",)])
def test_a_schema_that_a_newer_holdfast_made_is_refused(
    say: Say, salon_url: str, words: tuple[str, ...]
) -> None:
    set_revision(salon_url, "9999")

    said = say(*words, "--db", salon_url)

    assert (said.code, said.out) == (2, "")
    assert "revision 9999" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("words", [("tenant", "list"), ("audit",), ("serve",), ("worker",)])
def test_commands_refuse_a_schema_that_is_not_there(
    say: Say, tmp_path: Path, words: tuple[str, ...]
) -> None:
    url = f"sqlite:///{tmp_path / 'empty.sqlite'}"
    Database.open(url, clock=SystemClock()).dispose()

    said = say(*words, "--db", url)

    assert (said.code, said.out) == (2, "")
    assert f"Begin with: holdfast init --db {url}" in said.err
