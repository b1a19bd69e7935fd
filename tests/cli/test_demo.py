"""`holdfast demo`, as a process of its own: it books when pasted, and leaves nothing behind."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from holdfast.cli import serving
from holdfast.cli.faults import Misconfigured
from holdfast.testing import postgres
from tests.cli.conftest import Say
from tests.cli.programs import descendants, free_port, is_alive, listens, running

ANSWER = re.compile(r"(HTTP/1\.1 (\d+) .*?)\n\n(.*)", re.DOTALL)


def pasted(line: str) -> tuple[int, str, dict[str, object]]:
    """Run a line as a shell does; return the status, the head and the body of the answer."""
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
    found = ANSWER.fullmatch(done.stdout)
    assert found is not None, done.stdout
    return int(found[2]), found[1].lower(), json.loads(found[3])


def curl_lines(screen: str) -> list[str]:
    """Return the lines that a person would paste."""
    return [line for line in screen.splitlines() if line.startswith("curl ")]


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
def test_the_demo_books_when_its_lines_are_pasted_and_stops_without_a_trace(
    kind: str, tmp_path: Path
) -> None:
    port = free_port()
    with running("demo", "--db", kind, "--port", str(port), folder=tmp_path) as demo:
        screen = demo.wait_for("Ctrl-C stops it.")
        lines = curl_lines(screen)
        haircut = lines[0]

        answers = [pasted(line) for line in lines]
        again = pasted(haircut)
        with_another_key = pasted(re.sub("demo-[0-9a-f]{8}", "another-key", haircut))

        started = descendants(demo.process.pid)
        code = demo.stop()

    said = [(status, body["status"], body.get("offering_name")) for status, _, body in answers]
    assert said == [
        (201, "confirmed", "Haircut"),
        (201, "confirmed", "Consultation"),
        (201, "confirmed", "A seat at the table"),
        (201, "confirmed", "Meeting room, one hour"),
        (201, "confirmed", "Concert"),
        (201, "confirmed", "Live class"),
        (201, "confirmed", "4WD day hire"),
        (201, "pending", "Training day"),
    ]
    assert (again[0], again[2]) == (201, answers[0][2])
    assert "idempotency-replayed: true" in again[1]
    assert (with_another_key[0], with_another_key[2]["code"]) == (409, "capacity.exceeded")
    assert (code, [pid for pid in started if is_alive(pid)], listens(port)) == (0, [], False)
    assert list(tmp_path.iterdir()) == [tmp_path / "stdout.txt", tmp_path / "stderr.txt"]
    for folder in re.findall(r"/\S*holdfast-demo-\w+", screen):
        assert not Path(folder).exists()
    assert "Traceback" not in demo.err


@pytest.mark.slow
def test_the_screen_says_where_everything_is(tmp_path: Path) -> None:
    port = free_port()
    with running("demo", "--port", str(port), folder=tmp_path) as demo:
        screen = demo.wait_for("Ctrl-C stops it.")

        answers = [
            subprocess.run(
                ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", url],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            for url in re.findall(rf"http://127\.0\.0\.1:{port}/\S*", screen)
            if "/v1/" not in url
        ]

    # The door; who is not signed in is sent to sign in; the API's; each business's page.
    assert answers == ["200", "303", *["200"] * (3 + 8)]
    assert re.search(r"^owner@example\.com  \S{12}$", screen, re.MULTILINE)
    assert len(re.findall(r"^hfs_\w+$", screen, re.MULTILINE)) == 8


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "moment"),
    [
        (signal.SIGTERM, "as it starts"),
        (signal.SIGTERM, "as it serves"),
        (signal.SIGHUP, "as it serves"),
    ],
)
def test_other_signals_leave_nothing_either(
    number: signal.Signals, moment: str, tmp_path: Path
) -> None:
    port = free_port()
    with running("demo", "--port", str(port), folder=tmp_path) as demo:
        if moment == "as it serves":
            demo.wait_for("Ctrl-C stops it.")
        else:
            while not listens(port):
                assert demo.process.poll() is None, demo.err
        code = demo.stop(number)

    assert (code, listens(port)) == (0, False)
    assert "Traceback" not in demo.err


@pytest.mark.slow
def test_a_demo_in_a_database_that_stays_can_be_given_again(say: Say, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'demo.sqlite'}"

    first = say("demo", "--db", url, "--no-serve")
    second = say("demo", "--db", url, "--no-serve")
    audited = say("audit", "--db", url)

    assert (first.code, second.code, audited.code) == (0, 0, 0)
    assert f"holdfast serve --db {url}" in second.err
    keys = re.findall(r"^hfs_\w+$", first.out + second.out, re.MULTILINE)
    assert len(set(keys)) == 16


def test_a_database_with_a_tenant_of_the_same_name_is_left_alone(say: Say, salon_url: str) -> None:
    said = say("demo", "--db", salon_url, "--no-serve")

    assert (said.code, said.out) == (1, "")
    assert "a tenant 'sarah' that is not the demo's" in said.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--no-serve",), "With --no-serve the database has to stay"),
        (("--db", "mysql"), "Say --db sqlite, --db postgresql or a URL; 'mysql' is none of them."),
        (("--host", "203.0.113.1", "--port", "0"), "Cannot listen on 203.0.113.1"),
    ],
)
def test_what_cannot_be_shown_is_told_in_a_sentence(
    say: Say, words: tuple[str, ...], sentence: str
) -> None:
    said = say("demo", *words)

    assert (said.code, said.out) == (2, "")
    assert sentence in said.err


def test_without_postgresql_the_demo_says_how_to_get_it(
    say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "find_postgres_binaries", lambda **_: None)

    said = say("demo", "--db", "postgresql")

    assert (said.code, said.out) == (2, "")
    assert "There is no PostgreSQL on this machine that can be run." in said.err


def test_a_port_that_is_taken_is_told_if_it_was_asked_for(say: Say) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        said = say("demo", "--port", str(port))

    assert (said.code, said.out) == (2, "")
    assert f"Cannot listen on 127.0.0.1 port {port}: Address already in use" in said.err
    assert said.err.endswith("Choose another --port.\n")


def test_without_a_port_the_next_free_one_is_taken() -> None:
    with (
        serving.listener_at("127.0.0.1", None) as first,
        serving.listener_at("127.0.0.1", None) as second,
    ):
        ports = [listener.getsockname()[1] for listener in (first, second)]

    assert serving.PORT <= ports[0] < ports[1] < serving.PORT + serving.PORTS_TRIED


def test_when_no_port_is_free_the_last_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(serving, "PORT", port)
        monkeypatch.setattr(serving, "PORTS_TRIED", 1)

        with (
            pytest.raises(Misconfigured, match=f"port {port}: Address already in use"),
            serving.listener_at("127.0.0.1", None),
        ):
            pass
