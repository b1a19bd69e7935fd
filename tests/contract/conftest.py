"""Fixtures of the contract tests: databases of each kind, fresh for each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from holdfast.storage.database import Database, DatabaseOptions
from holdfast.testing.postgres import PostgresServer
from tests.contract.databases import (
    QUICK,
    Opening,
    postgres_database,
    sqlite_database,
    sqlite_template,
)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file to copy."""
    return sqlite_template(tmp_path_factory.mktemp("template"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def opening(request: pytest.FixtureRequest, template: Path, tmp_path: Path) -> Iterator[Opening]:
    """What opens fresh databases of one kind, with the options wanted."""
    with ExitStack() as opened:

        def open_one(options: DatabaseOptions | None = None) -> Database:
            made: AbstractContextManager[Database]
            if request.param == "sqlite":
                made = sqlite_database(template, tmp_path, options=options)
            else:
                made = postgres_database(request.getfixturevalue("server"), options=options)
            return opened.enter_context(made)

        yield open_one


@pytest.fixture
def database(opening: Opening) -> Database:
    """A fresh database of each kind in turn."""
    return opening()


@pytest.fixture
def sqlite(template: Path, tmp_path: Path) -> Iterator[Database]:
    """A fresh SQLite database that does not wait long."""
    with sqlite_database(template, tmp_path, options=QUICK) as opened:
        yield opened


@pytest.fixture
def postgres(server: PostgresServer) -> Iterator[Database]:
    """A fresh PostgreSQL database that does not wait long."""
    with postgres_database(server, options=QUICK) as opened:
        yield opened
