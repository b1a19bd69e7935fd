"""The throw-away server starts, keeps what it should keep, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from holdfast.testing import postgres
from holdfast.testing.postgres import (
    PostgresServer,
    PostgresUnavailable,
    find_postgres_binaries,
)

pytestmark = pytest.mark.postgresql

START_AND_WAIT = """
import time
from holdfast.testing.postgres import PostgresServer
server = PostgresServer.start(fsync=False)
print((server.directory / "postmaster.pid").read_text().splitlines()[0], server.directory.parent)
print(flush=True)
time.sleep(60)
"""


def settings_of(url: str, *names: str) -> list[str]:
    query = "SELECT " + ", ".join(f"current_setting('{name}')" for name in names)
    with psycopg.connect(url) as connection:
        found = connection.execute(query.encode()).fetchone()
    assert found is not None
    return list(found)


def is_gone(pid: int) -> bool:
    for _ in range(500):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def test_a_server_is_as_it_was_asked_to_be() -> None:
    settings = {"work_mem": "5MB"}

    with PostgresServer.start(tcp=True, max_connections=17, settings=settings) as server:
        names = ["fsync", "synchronous_commit", "max_connections", "work_mem"]
        assert settings_of(server.url(), *names) == ["on", "on", "17", "5MB"]
        assert settings_of(server.tcp_url(), "max_connections") == ["17"]
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.tcp_url().replace("@", "wrong@"), connect_timeout=2)

    assert not server.directory.parent.exists()


def test_databases_are_made_copied_and_dropped(server: PostgresServer) -> None:
    first = server.create_database('odd "name"')
    with psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE kept (x int)")

    copy = server.create_database("copy of it", template='odd "name"')
    with psycopg.connect(copy) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        server.drop_database('odd "name"')
    server.drop_database("copy of it")

    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(copy)


def test_a_lasting_cluster_is_found_again_and_shared_while_it_runs() -> None:
    with PostgresServer.start(fsync=False) as other:
        # Beside it, since the server's user has to reach it, and pytest's folders are private.
        folder = other.directory.parent / "lasting"
        with PostgresServer.persistent(folder) as server:
            server.create_database("kept")
            with PostgresServer.persistent(folder) as same:
                assert same.url("kept") == server.url("kept")
            assert settings_of(server.url("kept"), "fsync") == ["on"]

        with PostgresServer.persistent(folder, tcp=True) as again:
            assert settings_of(again.tcp_url("kept"), "fsync") == ["on"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_goes_with_its_process_however_that_ends(number: signal.Signals) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        pid, folder = owner.stdout.readline().split()

        owner.send_signal(number)

    assert is_gone(int(pid))
    if number == signal.SIGINT:
        assert not Path(folder).exists()
    shutil.rmtree(folder, ignore_errors=True)


def test_a_server_that_does_not_start_says_why() -> None:
    with pytest.raises(PostgresUnavailable, match="work_mem"):
        PostgresServer.start(fsync=False, settings={"work_mem": "much"})


def test_without_postgresql_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_candidate_directories", list)

    assert find_postgres_binaries() is None
    with pytest.raises(PostgresUnavailable, match="pip install"):
        PostgresServer.start()


@pytest.mark.parametrize("directory", postgres._candidate_directories(), ids=str)
def test_every_postgresql_of_this_machine_will_do(directory: Path) -> None:
    major = postgres._version_of(directory)
    if major is None:
        return
    binaries = postgres.PostgresBinaries(directory=directory, major=major)

    with PostgresServer.start(fsync=False, binaries=binaries) as server:
        version = settings_of(server.url(), "server_version_num")[0]

    assert int(version) // 10_000 == server.major == major
