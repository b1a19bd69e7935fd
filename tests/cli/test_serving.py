"""`holdfast serve` and `holdfast worker`, as processes of their own."""

from __future__ import annotations

import json
import re
import signal
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.cli.conftest import Say
from tests.cli.programs import descendants, free_port, is_alive, listens, running

SERVING = re.compile(r"serving on (http://127\.0\.0\.1:(\d+)) pid=(\d+)")


def status_of(url: str, *, key: str) -> int:
    """Return the status with which a server answers a key."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "number"), [(1, signal.SIGINT), (2, signal.SIGTERM)])
def test_serve_answers_a_key_that_the_program_made_until_it_is_stopped(
    say: Say, salon_url: str, tmp_path: Path, workers: int, number: signal.Signals
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    made = say("key", "add", "Till", "--role", "staff", "--db", salon_url).out.strip()
    revoked = say("key", "add", "Old", "--role", "staff", "--db", salon_url).out.strip()
    keys = json.loads(say("key", "list", "--json", "--db", salon_url).out)
    say("key", "revoke", keys[-1]["key_id"], "--db", salon_url)

    words = ("serve", "--db", salon_url, "--port", "0", "--workers", str(workers))
    with running(*words, folder=folder) as server:
        found = SERVING.search(server.wait_for(" pid=", count=workers))
        assert found is not None
        statuses = [
            status_of(f"{found[1]}/v1/offerings", key=key) for key in (made, revoked, "hfs_x")
        ]
        started = descendants(server.process.pid)
        code = server.stop(number)

    assert statuses == [200, 401, 401]
    assert (code, [pid for pid in started if is_alive(pid)]) == (0, [])
    assert not listens(int(found[2]))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_worker_works_until_it_is_stopped(
    salon_url: str, tmp_path: Path, number: signal.Signals
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()

    with running("worker", "--db", salon_url, folder=folder) as worker:
        said = worker.wait_for("working")
        code = worker.stop(number)

    names = "expire, approve, complete, missing, remind, past, invite, settle, limit, purge"
    assert re.fullmatch(rf"working: {names} pid=\d+\n", said)
    assert (code, worker.err) == (0, "")


def test_serve_says_which_setting_is_wrong(
    say: Say, salon_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_READERS", "0")
    monkeypatch.setenv("HOLDFAST_LOG_LEVEL", "loud")

    said = say("serve", "--db", salon_url)

    assert (said.code, said.out) == (2, "")
    assert "HOLDFAST_READERS: Input should be greater than or equal to 1" in said.err
    assert "HOLDFAST_LOG_LEVEL: Input should be 'debug', 'info', 'warning' or 'error'" in said.err


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_serve_and_worker_say_that_their_hooks_are_not_there(
    say: Say, salon_url: str, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("HOLDFAST_HOOKS", "no.such.module:hooks")

    said = say(command, "--db", salon_url)

    assert (said.code, said.out.count("working")) == (2, 0)
    assert "HOLDFAST_HOOKS: no.such.module cannot be imported" in said.err


def test_serve_says_that_its_port_is_taken(say: Say, salon_url: str) -> None:
    said = say("serve", "--db", salon_url, "--host", "203.0.113.1", "--port", str(free_port()))

    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("holdfast: Cannot listen on 203.0.113.1 port ")


def test_without_the_servers_packages_the_program_says_what_to_install(
    say: Say, salon_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_there(*_: object) -> None:
        raise ModuleNotFoundError("No module named 'uvicorn'", name="uvicorn")

    monkeypatch.setattr("holdfast.cli.serving.serve", not_there)

    said = say("serve", "--db", salon_url)

    assert (said.code, said.out) == (2, "")
    assert "pip install 'holdfast[server]'" in said.err
