"""Raids: servers and workers killed with -9 again and again, while customers go on booking."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60.0
CUSTOMERS = 6
ANSWERS_MAX = 12
"""How many answers a server gives at most before it is killed."""
DAYS, HOURS = 40, 8
WORKER_PART, DATABASE_PART = 0.2, 0.5
UNKNOWN = frozenset({429, 500, 502, 503, 504})
"""Statuses after which a customer asks again with the same key. A 500 would be reported."""


@dataclass(kw_only=True)
class Told:
    """What customers were told, under which key.

    Attributes:
        booked: The booking's id that each key was told, in the end.
        answers: How many there were.
        asked_again: How many answers never came.
        database_kills: How often the database was killed too.
        failed: Answers that never should be given.
    """

    booked: dict[str, str] = field(default_factory=dict)
    answers: int = 0
    refused: int = 0
    asked_again: int = 0
    database_kills: int = 0
    failed: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class Raid:
    """One database that is served by processes which do not live long.

    Attributes:
        url: The database.
        secret: A key to book with.
        offering_ids: What can be booked: by slots from the first hour of each day on.
        kill_database: How to kill the database, if it can be; returns how often that was.
    """

    url: str
    folder: Path
    secret: str
    offering_ids: tuple[str, ...]
    first_day: datetime
    kill_database: Callable[[random.Random], int] | None = None
    told: Told = field(default_factory=Told)
    _over: threading.Event = field(default_factory=threading.Event)

    def run(self, *, kills: int, seed: int) -> None:
        """Kill so often, at random moments, while customers book; then let them finish."""
        chance = random.Random(seed)
        port = _free_port()
        customers = [
            threading.Thread(target=self._shop, args=(port, number, seed))
            for number in range(CUSTOMERS)
        ]
        with self._zygote("serve", port) as server, self._zygote("work", port) as worker:
            pids = {"serve": _fork(server), "work": _fork(worker)}
            try:
                for customer in customers:
                    customer.start()
                for _ in range(kills):
                    self._wait_for_answers(chance.randint(1, ANSWERS_MAX))
                    if self.kill_database is not None and chance.random() < DATABASE_PART:
                        self.told.database_kills += self.kill_database(chance)
                        continue
                    is_worker = chance.random() < WORKER_PART
                    victim, program = ("work", worker) if is_worker else ("serve", server)
                    os.kill(pids[victim], signal.SIGKILL)
                    pids[victim] = _fork(program)
                self._wait_for_answers(ANSWERS_MAX)
            finally:
                self._over.set()
                for customer in customers:
                    if customer.ident is not None:
                        customer.join(PATIENCE_SECONDS)
                for pid in pids.values():
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
        assert not any(customer.is_alive() for customer in customers), self._log()

    @contextmanager
    def _zygote(self, what: str, port: int) -> Iterator[subprocess.Popen[str]]:
        kept = {name: value for name, value in os.environ.items() if name[:9] != "HOLDFAST_"}
        settings = {
            "HOLDFAST_DATABASE_URL": self.url,
            "HOLDFAST_PORT": str(port),
            "HOLDFAST_EXPIRE_SECONDS": "0.1",
            "HOLDFAST_APPROVE_SECONDS": "0.1",
            "HOLDFAST_READERS": "2",
            "HOLDFAST_LOG_LEVEL": "error",
        }
        with (self.folder / f"{what}.log").open("w") as log:
            program = subprocess.Popen(
                [sys.executable, "-m", "tests.crashes.zygote", what],
                cwd=ROOT,
                env={**kept, **settings},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        try:
            yield program
        finally:
            program.kill()
            program.wait(PATIENCE_SECONDS)
            assert program.stdin is not None
            assert program.stdout is not None
            program.stdin.close()
            program.stdout.close()

    def _log(self) -> str:
        return "\n".join(path.read_text()[-2_000:] for path in self.folder.glob("*.log"))

    def _wait_for_answers(self, count: int) -> None:
        """Wait until so many more answers have come: then others are on their way."""
        wanted = self.told.answers + count
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.told.answers < wanted:
            assert time.monotonic() < deadline, self._log()
            time.sleep(0.001)

    # Customers

    def _shop(self, port: int, number: int, seed: int) -> None:
        """Book one thing after the other, each until there is an answer."""
        chance = random.Random(f"{seed} {number}")
        count = 0
        while not self._over.is_set():
            count += 1
            key = f"customer {number} order {count}"
            starts_at = self.first_day + timedelta(
                days=chance.randrange(DAYS), hours=chance.randrange(HOURS)
            )
            said = self._insist(port, "/v1/bookings", self._order(chance, starts_at, key), key)
            if said is None:
                continue
            status, body = said
            self.told.answers += 1
            if status == 201:
                self.told.booked[key] = str(body["booking_id"])
            elif status == 409:
                self.told.refused += 1
            else:
                self.told.failed.append(f"{status} {body}")

    def _order(self, chance: random.Random, starts_at: datetime, key: str) -> dict[str, object]:
        return {
            "offering_id": chance.choice(self.offering_ids),
            "starts_at": starts_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "contact": {"name": "Ada"},
            "external_order_id": key,
        }

    def _insist(
        self, port: int, path: str, body: Mapping[str, object], key: str
    ) -> tuple[int, dict[str, object]] | None:
        """Ask with one key until there is an answer that says what became of it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                status, said = self._ask(port, path, body, key)
            except (OSError, HTTPException):
                self.told.asked_again += 1
                time.sleep(0.02)
                continue
            if status == 500:
                self.told.failed.append(f"{status} {said}")
            is_worked_on = said.get("code") == "request.in_progress"
            if status not in UNKNOWN and not is_worked_on:
                return status, said
            time.sleep(0.02)
        self.told.failed.append(f"no answer to {key}")
        return None

    def _ask(
        self, port: int, path: str, body: Mapping[str, object], key: str
    ) -> tuple[int, dict[str, object]]:
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            headers = {
                "Authorization": f"Bearer {self.secret}",
                "Content-Type": "application/json",
                "Idempotency-Key": key.replace(" ", "-"),
            }
            connection.request("POST", path, json.dumps(body), headers)
            answer = connection.getresponse()
            said = json.loads(answer.read())
            assert isinstance(said, dict)
            return answer.status, said
        finally:
            connection.close()


def _fork(zygote: subprocess.Popen[str]) -> int:
    """Have a process forked; return its number."""
    assert zygote.stdin is not None
    assert zygote.stdout is not None
    zygote.stdin.write("go\n")
    zygote.stdin.flush()
    return int(zygote.stdout.readline())


def kill_backend(url: str, chance: random.Random) -> int:
    """Kill one of the database's processes: all of PostgreSQL then crashes, and recovers.

    Returns:
        1, or 0 if nobody was connected.
    """
    others = "pid <> pg_backend_pid() AND datname = current_database()"
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            found = connection.execute(
                f"SELECT pid FROM pg_stat_activity WHERE {others} ORDER BY pid".encode()
            ).fetchall()
    except psycopg.OperationalError:
        return 0  # it is still recovering from the one before
    if not found:
        return 0
    os.kill(chance.choice(found)[0], signal.SIGKILL)
    return 1


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert isinstance(port, int)
    return port
