"""The server as a program: it starts, answers, stops in order, and leaves nothing running."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.ids import HoldId
from holdfast.settings import Settings
from tests.server.houses import (
    PROGRAM,
    House,
    all_hold_ids,
    is_running,
    open_house,
    place_hold,
    read_place,
    serving,
    wait_until_gone,
)
from tests.server.tills import SECONDS_MAX

pytestmark = [pytest.mark.slow, pytest.mark.race]

# Which database it is makes no difference to these.
ON_SQLITE = pytest.mark.parametrize("kind", ["sqlite"])

CUSTOMERS = 8
# Generous: a machine that does other things besides needs its time. That it ends is the point.
STOP_SECONDS_MAX = 60.0


@pytest.fixture
def house(url: str) -> Iterator[House]:
    """A house to sell, in a database that the test and the server share."""
    engine = Engine.open(url)
    yield open_house(engine)
    engine.close()


@pytest.mark.parametrize("workers", [1, 2])
def test_acknowledged_holds_are_committed_when_the_server_is_stopped_under_load(
    url: str, house: House, tmp_path: Path, workers: int
) -> None:
    acknowledged: list[HoldId] = []
    is_over = threading.Event()
    with (
        serving(url, tmp_path, workers=workers) as server,
        httpx2.Client(base_url=server.base_url, timeout=SECONDS_MAX) as client,
    ):

        def buy(customer: int) -> None:
            number = 0
            while not is_over.is_set():
                hold_id = place_hold(client, house, f"{customer}-{number}")
                number += 1
                if hold_id is not None:
                    acknowledged.append(hold_id)

        with ThreadPoolExecutor(max_workers=CUSTOMERS) as customers:
            buying = [customers.submit(buy, number) for number in range(CUSTOMERS)]
            wait_for_count(acknowledged, 50)
            begun_at = time.monotonic()
            exit_code = server.stop(signal.SIGTERM)
            seconds = time.monotonic() - begun_at
            is_over.set()
            for customer in buying:
                customer.result(SECONDS_MAX)
        wait_until_gone(server.program.pid, *server.pids)

    assert exit_code == 0, server.log.read_text()
    assert seconds < STOP_SECONDS_MAX
    assert len(acknowledged) == len(set(acknowledged)) >= 50
    assert set(acknowledged) <= all_hold_ids(house.desk)


def test_a_server_says_where_it_is_and_how_it_does(url: str, house: House, tmp_path: Path) -> None:
    with serving(url, tmp_path) as server, httpx2.Client(base_url=server.base_url) as client:
        answers = {path: client.get(path) for path in ("/healthz", "/readyz", "/metrics")}

        assert {path: answer.status_code for path, answer in answers.items()} == {
            "/healthz": 200,
            "/readyz": 200,
            "/metrics": 200,
        }
        assert server.pids == (server.program.pid,)
        assert server.stop(signal.SIGINT) == 0


def test_several_workers_count_together(url: str, house: House, tmp_path: Path) -> None:
    with serving(url, tmp_path, workers=2) as server:
        for number in range(20):
            # A connection of its own each, so that both workers get some.
            with httpx2.Client(base_url=server.base_url) as client:
                assert place_hold(client, house, str(number)) is not None
        metrics = httpx2.get(f"{server.base_url}/metrics").text

        assert len({*server.pids, server.program.pid}) == 3
        assert "holdfast_batch_size_sum 20.0" in metrics
        assert 'route="/v1/holds",status="201"} 20.0' in metrics
        assert server.stop(signal.SIGTERM) == 0
        wait_until_gone(server.program.pid, *server.pids)


@ON_SQLITE
def test_a_worker_that_dies_is_replaced(url: str, house: House, tmp_path: Path) -> None:
    with serving(url, tmp_path, workers=2) as server:
        os.kill(server.pids[0], signal.SIGKILL)
        base_url, new_pid = read_place(server.program, server.log)
        with httpx2.Client(base_url=base_url) as client:
            placed = place_hold(client, house, "after")
            exposed = client.get("/metrics").status_code
        exit_code = server.stop(signal.SIGTERM)
        wait_until_gone(new_pid, *server.pids)

        assert base_url == server.base_url
        assert new_pid not in server.pids
        assert placed is not None
        assert exposed == 200
        assert exit_code == 0


@ON_SQLITE
def test_workers_end_when_their_supervisor_is_killed(
    url: str, house: House, tmp_path: Path
) -> None:
    with serving(url, tmp_path, workers=2) as server:
        assert all(is_running(pid) for pid in server.pids)

        server.stop(signal.SIGKILL)

        wait_until_gone(*server.pids)


@ON_SQLITE
def test_a_connection_that_says_nothing_does_not_hold_up_the_end(
    url: str, house: House, tmp_path: Path
) -> None:
    with serving(url, tmp_path) as server:
        host, _, port = server.base_url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port))) as silent:
            silent.sendall(b"POST /v1/holds HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n")
            begun_at = time.monotonic()

            assert server.stop(signal.SIGTERM) == 0
            assert time.monotonic() - begun_at < STOP_SECONDS_MAX


def test_a_database_without_a_schema_is_refused_in_words(tmp_path: Path) -> None:
    database = tmp_path / "empty.sqlite"

    exit_code, said = run_refused(Settings(database_url=f"sqlite:///{database}"))

    assert exit_code == 1
    assert "holdfast migrate" in said


@ON_SQLITE
def test_a_taken_port_is_refused_in_words(url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        exit_code, said = run_refused(Settings(database_url=url, port=port))

    assert exit_code == 1
    assert f"Cannot listen on 127.0.0.1 port {port}" in said


def test_an_unreachable_database_is_refused_in_words() -> None:
    url = "postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=2"

    exit_code, said = run_refused(Settings(database_url=url))

    assert exit_code == 1
    assert "The database cannot be used" in said


def run_refused(settings: Settings) -> tuple[int, str]:
    """Run a server that should not start; return its exit code and what it says."""
    environment = {
        **os.environ,
        "HOLDFAST_DATABASE_URL": settings.database_url,
        "HOLDFAST_PORT": str(settings.port),
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    return done.returncode, done.stderr


def wait_for_count(items: list[HoldId], count: int) -> None:
    """Wait until there are so many."""
    deadline = time.monotonic() + SECONDS_MAX
    while len(items) < count:
        assert time.monotonic() < deadline, f"only {len(items)}"
        time.sleep(0.01)
