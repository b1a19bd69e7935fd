"""`holdfast serve` as processes of their own, several of them on one database."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE_SECONDS = 60.0
SAID_MAX = 4_000

_SERVING = re.compile(r"serving on http://127\.0\.0\.1:(\d+) pid=(\d+)\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One server process.

    Attributes:
        port: Where it listens on 127.0.0.1.
        pid: The process that answers there.
        said: The files with what it said.
    """

    port: int
    pid: int
    said: tuple[Path, Path]

    def last_words(self) -> str:
        """Return the end of what it said."""
        return "\n".join(f"{path}:\n{path.read_text()[-SAID_MAX:]}" for path in self.said)

    def complaints(self) -> list[str]:
        """Return what it logged as an error."""
        lines = self.said[1].read_text().splitlines()
        return [line for line in lines if '"level": "error"' in line or "Traceback" in line]


@contextmanager
def serving(
    url: str, folder: Path, *, count: int, settings: Mapping[str, str] | None = None
) -> Iterator[tuple[Server, ...]]:
    """Run so many servers, each started by its own `holdfast serve`, and stop them afterwards.

    They are asked to stop, and killed if they do not; the files with what they said stay.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")}
    environment = {**kept, **(settings or {})}
    processes: list[subprocess.Popen[bytes]] = []
    files = [(folder / f"{number}.stdout", folder / f"{number}.stderr") for number in range(count)]
    try:
        for out, err in files:
            with out.open("wb") as said, err.open("wb") as complained:
                process = subprocess.Popen(
                    [sys.executable, "-m", "holdfast.cli", "serve", "--db", url, "--port", "0"],
                    cwd=folder,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=complained,
                )
            processes.append(process)
        servers = tuple(_wait(*pair) for pair in zip(processes, files, strict=True))
        assert len({server.pid for server in servers}) == count
        yield servers
    finally:
        _stop(processes)


def _wait(process: subprocess.Popen[bytes], said: tuple[Path, Path]) -> Server:
    """Wait until a server says where it is."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := _SERVING.search(said[0].read_text())) is None:
        if process.poll() is not None or time.monotonic() > deadline:
            complaint = f"It does not serve:\n{said[0].read_text()}\n{said[1].read_text()}"
            raise AssertionError(complaint)
        time.sleep(0.02)
    assert int(found[2]) == process.pid
    return Server(port=int(found[1]), pid=process.pid, said=said)


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """Ask all to stop, wait, and kill whoever is left."""
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + PATIENCE_SECONDS
    try:
        for process in processes:
            process.wait(max(0.1, deadline - time.monotonic()))
    finally:
        for process in processes:
            process.kill()
            process.wait()
