"""Databases to test on: a server, templates to copy, and what gets in the way on purpose."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert, select

from holdfast.engine.ports import CapacityKind, LockedRow, LockRequest, StorageFault
from holdfast.storage.database import Database, DatabaseOptions, WriteTransaction
from holdfast.storage.schema import metadata
from holdfast.storage.schema.capacity import batch, capacity
from holdfast.testing.postgres import PostgresServer

TEMPLATE = "holdfast_template"
TENANT = "tnt_test"
QUICK = DatabaseOptions(
    writers=2, readers=1, acquire_seconds=0.15, lock_seconds=0.15, settle_seconds=0.4
)

Opening = Callable[..., Database]

_numbers = itertools.count(1)


class WallClock:
    """The machine's clock, which databases without one are opened with."""

    def now(self) -> datetime:
        """Return the present instant."""
        return datetime.now(UTC)


def create_schema(database: Database) -> None:
    """Make all tables."""
    with database.write(TENANT) as transaction:
        metadata.create_all(transaction.connection)
        transaction.commit()


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Start a server, with a template that has all tables, and stop it afterwards."""
    settings = {"deadlock_timeout": "50ms", "autovacuum": "off"}
    with PostgresServer.start(fsync=False, tcp=True, settings=settings) as server:
        template = Database.open(server.create_database(TEMPLATE))
        create_schema(template)
        template.dispose()
        yield server


@contextmanager
def postgres_database(
    server: PostgresServer,
    *,
    options: DatabaseOptions | None = None,
    by_way_of: Callable[[str], str] | None = None,
) -> Iterator[Database]:
    """Open a fresh database of a server, by another URL if wanted, and drop it afterwards."""
    name = f"holdfast_{os.getpid()}_{next(_numbers)}"
    url = server.create_database(name, template=TEMPLATE)
    database = Database.open(url if by_way_of is None else by_way_of(name), options=options)
    try:
        yield database
    finally:
        database.dispose()
        server.drop_database(name)


def sqlite_template(directory: Path) -> Path:
    """Make a SQLite file that has all tables."""
    path = directory / "template.sqlite"
    database = Database.open(f"sqlite:///{path}", clock=WallClock())
    create_schema(database)
    database.dispose()
    return path


@contextmanager
def sqlite_database(
    template: Path, directory: Path, *, options: DatabaseOptions | None = None
) -> Iterator[Database]:
    """Open a fresh SQLite file, and close it afterwards."""
    path = directory / f"test-{next(_numbers)}.sqlite"
    shutil.copyfile(template, path)
    database = Database.open(f"sqlite:///{path}", clock=WallClock(), options=options)
    try:
        yield database
    finally:
        database.dispose()


def lock_and_commit(database: Database, *keys: str) -> list[LockedRow]:
    """Lock rows in a transaction of their own."""
    with database.write(TENANT) as transaction:
        rows = transaction.lock([guard(key) for key in keys])
        transaction.commit()
    return rows


def row(key: str, *, seq: int, used: int = 0) -> LockedRow:
    """Return what a lock says of a guard."""
    return LockedRow(
        key=key,
        kind=CapacityKind.GUARD,
        used=used,
        cap=None,
        over_commit=0,
        seq=seq,
        decided_at=None,
    )


def batch_values(transaction: WriteTransaction, batch_id: str) -> dict[str, object]:
    """Return the row of a batch that commits."""
    return {
        "tenant_id": transaction.tenant_id,
        "batch_id": batch_id,
        "is_void": False,
        "created_at": transaction.now(),
    }


def insert_batch(database: Database, batch_id: str) -> None:
    """Commit a batch that does nothing else."""
    with database.write(TENANT) as transaction:
        transaction.connection.execute(insert(batch), batch_values(transaction, batch_id))
        transaction.commit()


def keys_in(database: Database) -> list[str]:
    """List the keys that there are capacity rows for, in the database's order."""
    with database.read(TENANT) as transaction:
        found = transaction.connection.execute(select(capacity.c.key).order_by(capacity.c.key))
        return list(found.scalars())


def guard(key: str) -> LockRequest:
    """Ask for a guard."""
    return LockRequest(key=key, kind=CapacityKind.GUARD)


def commits_in(url: str, *, seconds: float) -> int:
    """Commit as often as possible for so long, as one of several processes on one file."""
    database = Database.open(url, clock=WallClock())
    count = 0
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(StorageFault), database.write(TENANT) as transaction:
            transaction.lock([guard("hot")])
            transaction.commit()
            count += 1
    database.dispose()
    return count


class Proxy:
    """A TCP proxy before PostgreSQL that counts turns and does something evil to a COMMIT.

    Attributes:
        turns: How often the client began to speak after the server had: its round trips.
        on_commit: What is done when the client sends COMMIT: `pass` it on; `cut` the client off
            and pass it on a moment later; `drop` it and hang up on both.
    """

    DELAY_SECONDS = 0.3

    def __init__(self, *, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._speaker = ""
        self.turns = 0
        self.on_commit = "pass"
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Where the proxy listens."""
        return int(self._listener.getsockname()[1])

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                for arguments in ((client, server, "client"), (server, client, "server")):
                    threading.Thread(target=self._copy, args=arguments, daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket, speaker: str) -> None:
        with source, suppress(OSError):
            while words := source.recv(1 << 16):
                if speaker != self._speaker:
                    self._speaker = speaker
                    self.turns += speaker == "client"
                is_commit = speaker == "client" and b"COMMIT\0" in words
                if is_commit and self.on_commit != "pass":
                    self._interfere(self.on_commit, client=source, server=target, words=words)
                    break
                target.sendall(words)
            with suppress(OSError):
                target.shutdown(socket.SHUT_RDWR)

    def _interfere(
        self, evil: str, *, client: socket.socket, server: socket.socket, words: bytes
    ) -> None:
        client.shutdown(socket.SHUT_RDWR)
        if evil == "cut":
            time.sleep(self.DELAY_SECONDS)
            server.sendall(words)
            time.sleep(self.DELAY_SECONDS)
