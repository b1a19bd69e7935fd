"""Databases that tests borrow: emptied and lent again, since opening one costs the most."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import delete

from holdfast.engine.ports import StorageFault
from holdfast.storage.database import Database, DatabaseOptions
from holdfast.storage.migrating import upgrade
from holdfast.storage.schema import metadata
from holdfast.testing.clocks import ManualClock
from holdfast.testing.postgres import PostgresServer

KINDS = ("sqlite", "postgresql")
MIGRATED = "holdfast_migrated"

_EVERYDAY = DatabaseOptions()
_numbers = itertools.count(1)


@dataclass(kw_only=True)
class Lending:
    """Where fresh databases come from: copies of a migrated one, and opened ones that came back.

    A test that changes the schema, or has to open its database by itself, takes a copy of its own.

    Attributes:
        clock: The clock of record of every database that is lent open.
    """

    folder: Path
    start_server: Callable[[], PostgresServer]
    clock: ManualClock = field(default_factory=ManualClock)
    _templates: dict[str, Path | PostgresServer] = field(default_factory=dict)
    _free: dict[tuple[str, DatabaseOptions], list[Database]] = field(default_factory=dict)

    def copy(self, kind: str) -> str:
        """Make a fresh database, which lasts as long as the server or the folder."""
        name = f"holdfast_copy_{os.getpid()}_{next(_numbers)}"
        template = self._templates.get(kind)
        if template is None:
            template = self._templates[kind] = self._make_template(kind)
        if isinstance(template, Path):
            shutil.copyfile(template, self.folder / name)
            return f"sqlite:///{self.folder / name}"
        # Copying the files takes a fifth of the time that copying them by way of the log does.
        template.execute(f"CREATE DATABASE {name} TEMPLATE {MIGRATED} STRATEGY FILE_COPY")
        return template.url(name)

    @contextmanager
    def lent(self, kind: str, options: DatabaseOptions = _EVERYDAY) -> Iterator[Database]:
        """Lend an open, empty database."""
        free = self._free.setdefault((kind, options), [])
        if free:
            database = free.pop()
        else:
            database = Database.open(self.copy(kind), clock=self.clock, options=options)
        try:
            yield database
        finally:
            with suppress(StorageFault):
                empty(database)
                free.append(database)

    def close(self) -> None:
        """Close everything that is not lent."""
        for databases in self._free.values():
            for database in databases:
                database.dispose()

    def _make_template(self, kind: str) -> Path | PostgresServer:
        template: Path | PostgresServer
        if kind == "sqlite":
            template = self.folder / "template.sqlite"
            url = f"sqlite:///{template}"
        else:
            template = self.start_server()
            url = template.create_database(MIGRATED)
        database = Database.open(url, clock=self.clock)
        upgrade(database)
        database.dispose()
        return template


def empty(database: Database) -> None:
    """Delete all rows of all tables."""
    with database.write("tnt_nobody") as transaction:
        for table in reversed(metadata.sorted_tables):
            transaction.connection.execute(delete(table))
        transaction.commit()
