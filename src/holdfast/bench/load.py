"""The load: many connections that send requests written beforehand, in a process of its own.

Run as `python -m holdfast.bench.load`, with a `Load` as JSON on standard input and the file of
journeys beside it. As much of HTTP/1.1 as it takes and no more: the machine's time is for what is
measured. A journey is a list of requests; `CREATED` in one stands for the id that the answer
before it gave.
"""

from __future__ import annotations

import asyncio
import json
import re
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

LATEST_SECONDS = 30.0
"""After so long without an answer a connection gives up."""

CREATED = "{id-of-what-was-just-created.}"
"""As long as an id is, so that the length of a request does not change."""

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_CREATED = re.compile(rb'"((?:hld|bkg)_[0-9a-z]{26})"')
_CREATED_MARK = CREATED.encode()
_BODY_AT = re.compile(rb"\r\n\r\n")

Journey = tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What to send.

    Attributes:
        ports: The servers on 127.0.0.1; connections take them in turn.
        connections: How many at once.
        seconds: For how long; less if the journeys run out.
    """

    ports: tuple[int, ...]
    connections: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What came of it.

    Attributes:
        seconds: From the first request to the last answer.
        statuses: How many answers there were of each status; 0 is a broken connection.
        latencies: Seconds of each accepted request, in the order of the answers.
        journeys: How many were sent to their end, every request of them accepted.
        cpu_seconds: Of this process, while it sent.
    """

    seconds: float
    statuses: dict[str, int]
    latencies: list[float]
    journeys: int
    cpu_seconds: float

    @property
    def accepted(self) -> int:
        """How many answers were of 2xx."""
        return len(self.latencies)

    @property
    def errors(self) -> int:
        """How many answers were of 5xx, 429 or none at all."""
        return sum(
            count
            for status, count in self.statuses.items()
            if status in {"0", "429"} or status.startswith("5")
        )


def request(method: str, path: str, *, secret: str, body: object = None, key: str = "") -> bytes:
    """Write one request."""
    content = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
    more = f"Idempotency-Key: {key}\r\n" if key else ""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: holdfast\r\nAuthorization: Bearer {secret}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n{more}\r\n"
    )
    return head.encode() + content


def run(load: Load, journeys: Sequence[Journey], *, folder: Path) -> Loaded:
    """Have another process send journeys, and return what came of it."""
    file = folder / f"journeys-{time.monotonic_ns()}"
    written = [[step.decode("latin-1") for step in journey] for journey in journeys]
    file.write_text(json.dumps(written), encoding="ascii")
    asked = json.dumps({**asdict(load), "file": str(file)})
    done = subprocess.run(
        [sys.executable, "-m", "holdfast.bench.load"],
        input=asked.encode(),
        capture_output=True,
        check=False,
    )
    file.unlink()
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode(errors="replace")[-2_000:])
    return Loaded(**json.loads(done.stdout))


def percentile(latencies: Sequence[float], part: float) -> float:
    """Return a percentile in milliseconds, 0 if there is nothing.

    >>> percentile([0.001, 0.002, 0.003, 0.004], 0.5)
    2.0
    """
    if not latencies:
        return 0.0
    falling = sorted(latencies)
    place = max(0, min(len(falling) - 1, round(part * len(falling)) - 1))
    return round(falling[place] * 1_000, 3)


@dataclass(slots=True)
class _Tally:
    statuses: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    journeys: int = 0


class _Connection(asyncio.Protocol):
    """One connection, which sends the next request as soon as it has its answer."""

    def __init__(self, journeys: Iterator[Journey], tally: _Tally, until: float) -> None:
        self._journeys = journeys
        self._tally = tally
        self._until = until
        self._buffer = b""
        self._steps: Iterator[bytes] = iter(())
        self._created = b""
        self._is_whole = False
        self._asked_at = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def data_received(self, received: bytes) -> None:
        """Take what came, and go on once an answer is whole."""
        self._buffer += received
        head = _BODY_AT.search(self._buffer)
        if head is None:
            return
        length = _LENGTH.search(self._buffer, 0, head.end())
        end = head.end() + (int(length[1]) if length else 0)
        if len(self._buffer) < end:
            return
        self._answered(self._buffer[:end])
        self._buffer = self._buffer[end:]

    def connection_lost(self, exc: Exception | None) -> None:
        """Note a connection that broke."""
        if not self.done.done():
            self._tally.statuses["0"] += 1
            self._tally.broken.append(repr(exc))
            self.done.set_result(None)

    def _answered(self, answer: bytes) -> None:
        status = answer[9:12].decode()
        self._tally.statuses[status] += 1
        if status.startswith("2"):
            self._tally.latencies.append(time.perf_counter() - self._asked_at)
            created = _CREATED.search(answer)
            self._created = created[1] if created else self._created
        else:
            self._steps = iter(())
            self._is_whole = False
        self._next()

    def _next(self) -> None:
        step = next(self._steps, None)
        if step is None:
            self._tally.journeys += self._is_whole
            journey = next(self._journeys, None) if time.perf_counter() < self._until else None
            if journey is None:
                if not self.done.done():
                    self.done.set_result(None)
                return
            self._steps, self._is_whole = iter(journey), True
            step = next(self._steps)
        self._asked_at = time.perf_counter()
        self._transport.write(step.replace(_CREATED_MARK, self._created))


async def _send(load: Load, journeys: list[Journey]) -> Loaded:
    loop = asyncio.get_running_loop()
    tally = _Tally()
    began = time.perf_counter()
    cpu = _own_cpu()
    shared = iter(journeys)
    connections = []
    for number in range(load.connections):
        port = load.ports[number % len(load.ports)]
        _, connection = await loop.create_connection(
            lambda: _Connection(shared, tally, began + load.seconds), "127.0.0.1", port
        )
        connections.append(connection)
    limit = load.seconds + LATEST_SECONDS
    await asyncio.wait([connection.done for connection in connections], timeout=limit)
    tally.statuses["0"] += sum(not connection.done.done() for connection in connections)
    return Loaded(
        seconds=time.perf_counter() - began,
        statuses=dict(tally.statuses),
        latencies=[round(latency, 6) for latency in tally.latencies],
        journeys=tally.journeys,
        cpu_seconds=_own_cpu() - cpu,
    )


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _main() -> None:
    asked: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    written = json.loads(Path(asked.pop("file")).read_text(encoding="ascii"))
    journeys = [tuple(step.encode("latin-1") for step in journey) for journey in written]
    load = Load(**{**asked, "ports": tuple(asked["ports"])})
    sys.stdout.write(json.dumps(asdict(asyncio.run(_send(load, journeys)))))


if __name__ == "__main__":
    _main()
