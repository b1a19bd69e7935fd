"""A concert to sell over HTTP, and servers to sell it with: in this process and as programs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2

from holdfast.bootstrap import Engine
from holdfast.domain.access import KeyKind, Role
from holdfast.domain.holds import Hold
from holdfast.domain.ids import HoldId
from holdfast.engine.facade import TenantEngine
from holdfast.engine.reading import PageRequest
from holdfast.testing.samples import open_concert
from tests.server.tills import SECONDS_MAX

PROGRAM = (
    "import sys; from holdfast.server.serve import serve; from holdfast.settings import Settings;"
    " sys.exit(serve(Settings()))"
)


@dataclass(frozen=True, kw_only=True)
class House:
    """An evening of a great many places, and a key to sell them with."""

    desk: TenantEngine
    slot_id: str
    secret: str

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries."""
        return {"Authorization": f"Bearer {self.secret}"}

    @property
    def order(self) -> dict[str, object]:
        """The body of a request for one place."""
        return {"slot_id": self.slot_id, "party_size": 1}


def open_house(engine: Engine, *, now: datetime | None = None, slug: str = "odeon") -> House:
    """Open the house, by the machine's clock unless told otherwise."""
    today = (now or datetime.now(UTC)).replace(microsecond=0)
    concert = open_concert(engine, starts_at=today + timedelta(days=30), places=100_000, slug=slug)
    key = concert.desk.keys.add("Box office", kind=KeyKind.SECRET, role=Role.OWNER)
    return House(desk=concert.desk, slot_id=concert.evening.slot_id, secret=key.secret)


def all_hold_ids(desk: TenantEngine) -> set[HoldId]:
    """Return the ids of all holds of a business."""
    holds: list[Hold] = []
    request = PageRequest(limit=200)
    while True:
        page = desk.holds.list(request)
        holds += page.items
        if page.next_after is None:
            return {hold.hold_id for hold in holds}
        request = PageRequest(limit=200, after=page.next_after)


@dataclass(frozen=True, kw_only=True)
class Serving:
    """A server that runs as a program.

    Attributes:
        program: The program that was started: the server, or the supervisor of several.
        base_url: Where it is reached.
        pids: The servers' process ids.
    """

    program: subprocess.Popen[str]
    base_url: str
    pids: tuple[int, ...]
    log: Path

    def stop(self, number: int) -> int:
        """Send a signal, wait for the end, and return the exit code."""
        self.program.send_signal(number)
        return self.program.wait(SECONDS_MAX)


@contextmanager
def serving(
    url: str, folder: Path, *, workers: int = 1, more: Mapping[str, str] | None = None
) -> Iterator[Serving]:
    """Run a server as a program on a free port; whatever is left of it afterwards is killed."""
    log = folder / f"server-{time.monotonic_ns()}.log"
    environment = {
        **os.environ,
        "HOLDFAST_DATABASE_URL": url,
        "HOLDFAST_PORT": "0",
        "HOLDFAST_WORKERS": str(workers),
        "TMPDIR": str(folder),  # a killed supervisor cannot clean up behind itself
        **(more or {}),
    }
    with log.open("w") as output:
        program = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            stdout=subprocess.PIPE,
            stderr=output,
            env=environment,
            text=True,
        )
    pids: list[int] = []
    try:
        base_url = ""
        for _ in range(workers):
            base_url, pid = read_place(program, log)
            pids.append(pid)
        yield Serving(program=program, base_url=base_url, pids=tuple(pids), log=log)
    finally:
        if program.poll() is None:
            program.kill()
        program.wait(SECONDS_MAX)
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, 9)
        assert program.stdout is not None
        program.stdout.close()


def read_place(program: subprocess.Popen[str], log: Path) -> tuple[str, int]:
    """Wait for a line that says where a server is; return its URL and process id."""
    assert program.stdout is not None
    line = program.stdout.readline()
    assert line.startswith("serving on "), f"{line!r}\n{log.read_text()}"
    base_url, pid = line.removeprefix("serving on ").split()
    return base_url, int(pid.removeprefix("pid="))


def is_running(pid: int) -> bool:
    """Whether a process is there and not merely waiting to be buried."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until_gone(*pids: int) -> None:
    """Wait until processes have ended."""
    deadline = time.monotonic() + SECONDS_MAX
    while any(is_running(pid) for pid in pids):
        assert time.monotonic() < deadline, f"still running: {[p for p in pids if is_running(p)]}"
        time.sleep(0.02)


def place_hold(client: httpx2.Client, house: House, key: str) -> HoldId | None:
    """Ask for one place; None when the server could not be reached or refused."""
    headers = {**house.headers, "Idempotency-Key": key}
    try:
        answer = client.post("/v1/holds", json=house.order, headers=headers)
    except httpx2.TransportError:
        return None
    return HoldId(answer.json()["hold_id"]) if answer.status_code == 201 else None
