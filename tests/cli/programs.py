"""The program as a process of its own: started, listened to, stopped, and looked for afterwards."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PATIENCE_SECONDS = 40.0


class Program:
    """A running `holdfast`, whose output is kept in files.

    Attributes:
        process: The process.
    """

    def __init__(self, *words: str, folder: Path, program: tuple[str, ...] = ()) -> None:
        self._out, self._err = folder / "stdout.txt", folder / "stderr.txt"
        command = program or (sys.executable, "-m", "holdfast.cli")
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [*command, *words], cwd=folder, stdout=out, stderr=err, stdin=subprocess.DEVNULL
            )

    @property
    def out(self) -> str:
        """What it has said on stdout so far."""
        return self._out.read_text(encoding="utf-8")

    @property
    def err(self) -> str:
        """What it has said on stderr so far."""
        return self._err.read_text(encoding="utf-8")

    def wait_for(self, text: str, *, count: int = 1) -> str:
        """Wait until it has said something on stdout so often; return all that it has said."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.out.count(text) < count:
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"It never said {text!r}, but:\n{self.out}\n{self.err}")
            time.sleep(0.02)
        return self.out

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def running(*words: str, folder: Path) -> Iterator[Program]:
    """Run `holdfast` with these words, and end it at the latest with the block."""
    program = Program(*words, folder=folder)
    try:
        yield program
    finally:
        program.process.terminate()
        try:
            program.process.wait(PATIENCE_SECONDS)
        finally:
            program.process.kill()
            program.process.wait()


def descendants(pid: int) -> set[int]:
    """Return the processes that a process has started, and those that they have."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                stat = (folder / "stat").read_text()
            except OSError:
                continue  # it has just ended
            parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
    found, waiting = set[int](), [pid]
    while waiting:
        parent = waiting.pop()
        children = {child for child, of in parents.items() if of == parent}
        found |= children
        waiting += children
    return found


def is_alive(pid: int) -> bool:
    """Tell whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def listens(port: int) -> bool:
    """Tell whether somebody listens on a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
