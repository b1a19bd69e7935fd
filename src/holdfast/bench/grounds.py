"""Grounds: a real PostgreSQL for a benchmark, servers on it, and what they have used."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from holdfast.bench.cpu import cpu_seconds
from holdfast.bench.options import BenchUnavailable
from holdfast.testing.postgres import PostgresServer, PostgresUnavailable

START_SECONDS_MAX = 60.0
_SERVING = re.compile(r"serving on http://127\.0\.0\.1:(\d+) pid=(\d+)\n")
# Printed with every result, since figures of a database that does not sync mean nothing.
_TELLING = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers")
_CONNECTIONS_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A database to measure on.

    Attributes:
        url: Where it is.
        postmaster: The process of its server, if it is our own.
        folder: A private folder for files of the run.
    """

    url: str
    postmaster: int | None
    folder: Path

    def ask(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Return the rows of a query of our own."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def run(self, *statements: str) -> None:
        """Run statements of our own, each by itself."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def settle(self) -> None:
        """Have the database know its tables, as it does by itself after a minute."""
        self.run("ANALYZE", "CHECKPOINT")

    def settings(self) -> dict[str, str]:
        """Return the settings that decide what the figures mean."""
        return {name: str(self.ask(f"SHOW {name}")[0][0]) for name in _TELLING}

    def cpu_seconds(self) -> float:
        """Return what the database's processes have used; 0 if it is not ours."""
        return cpu_seconds([self.postmaster]) if self.postmaster is not None else 0.0

    def written(self) -> tuple[int, int]:
        """Return how many rows there are in all tables, and the bytes of WAL so far."""
        tables = self.ask(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
        )
        counts = " + ".join(f"(SELECT count(*) FROM {table})" for (table,) in tables)
        (rows, wal), *_ = self.ask(
            f"SELECT {counts}, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
        )
        return int(str(rows)), int(str(wal))


def _own_server() -> PostgresServer:
    try:
        return PostgresServer.start(fsync=True, max_connections=_CONNECTIONS_MAX)
    except PostgresUnavailable as missing:
        raise BenchUnavailable(str(missing)) from missing


@contextmanager
def ground(url: str | None) -> Iterator[Ground]:
    """Lend a database: the one that is named, or one on a server of its own that syncs."""
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as folder:
        if url is not None:
            yield Ground(url=url, postmaster=None, folder=Path(folder))
            return
        with _own_server() as server:
            lines = (server.directory / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            yield Ground(
                url=server.create_database("bench"),
                postmaster=int(lines[0]),
                folder=Path(folder),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Server processes on one database."""

    ports: tuple[int, ...]
    pids: tuple[int, ...]

    def cpu_seconds(self) -> float:
        """Return what they have used so far."""
        return cpu_seconds(self.pids)


@contextmanager
def serving(
    url: str, folder: Path, *, count: int = 1, settings: Mapping[str, str] | None = None
) -> Iterator[Servers]:
    """Run so many `holdfast serve`, and stop them afterwards."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")}
    environment = {**kept, "HOLDFAST_HAS_INSIDE_WORKERS": "false", **(settings or {})}
    processes: list[subprocess.Popen[bytes]] = []
    files = [folder / f"server-{time.monotonic_ns()}-{number}" for number in range(count)]
    try:
        for file in files:
            with file.open("wb") as said, file.with_suffix(".stderr").open("wb") as complained:
                command = [sys.executable, "-m", "holdfast.cli", "serve"]
                processes.append(
                    subprocess.Popen(
                        [*command, "--db", url, "--port", "0"],
                        env=environment,
                        stdin=subprocess.DEVNULL,
                        stdout=said,
                        stderr=complained,
                    )
                )
        found = [_address(process, file) for process, file in zip(processes, files, strict=True)]
        yield Servers(
            ports=tuple(port for port, _ in found),
            pids=tuple(pid for _, pid in found),
        )
    finally:
        _stop(processes)


def _address(process: subprocess.Popen[bytes], file: Path) -> tuple[int, int]:
    """Wait until a server says where it is."""
    deadline = time.monotonic() + START_SECONDS_MAX
    while (found := _SERVING.search(file.read_text(encoding="utf-8"))) is None:
        if process.poll() is not None or time.monotonic() > deadline:
            complaint = file.with_suffix(".stderr").read_text(encoding="utf-8")[-2_000:]
            message = f"A server did not start: {complaint}"
            raise RuntimeError(message)
        time.sleep(0.01)
    return int(found[1]), int(found[2])


def _stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
