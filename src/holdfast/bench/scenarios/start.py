"""`start`: how soon and how small a server is, beside a bare FastAPI app."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from holdfast.bench.cpu import peak_memory_mb
from holdfast.bench.grounds import START_SECONDS_MAX
from holdfast.bench.measuring import Result
from holdfast.bench.options import Options
from holdfast.bootstrap import Engine

STARTS = 5
_POLL_SECONDS = 0.005
_HTTP_OK = 200
_BARE = """from fastapi import FastAPI
from fastapi.responses import JSONResponse

app = FastAPI()


@app.get("/healthz")
async def healthz() -> JSONResponse:
    return JSONResponse({"status": "ok"})
"""


def start(options: Options) -> Result:
    """Start a server on SQLite until it answers, beside a bare FastAPI app under uvicorn."""
    options.require_no_database("start")
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'bench.sqlite'}"
        Engine.open(url).close()  # the tables are made once, not at every start
        (folder / "bare.py").write_text(_BARE, encoding="utf-8")

        def ours(port: int) -> list[str]:
            return ["holdfast.cli", "serve", "--db", url, "--port", str(port)]

        def bare(port: int) -> list[str]:
            return ["uvicorn", "bare:app", "--port", str(port), "--log-level", "warning"]

        # One of each is not counted: it reads the modules from the disk. Then they take turns, so
        # that what else the machine does meets both.
        found: dict[Callable[[int], list[str]], list[tuple[float, float]]] = {ours: [], bare: []}
        for number in range(STARTS + 1):
            for command, starts in found.items():
                seen = _started(command, folder)
                if number:
                    starts.append(seen)
    seconds, memory = _medians(found[ours])
    bare_seconds, bare_memory = _medians(found[bare])
    return {
        "seconds": round(seconds, 3),
        "bare_seconds": round(bare_seconds, 3),
        "seconds_ratio": round(seconds / bare_seconds, 2),
        "memory_mb": memory,
        "bare_memory_mb": bare_memory,
        "memory_ratio": round(memory / bare_memory, 2),
        "starts": STARTS,
    }


def _started(command: Callable[[int], list[str]], folder: Path) -> tuple[float, float]:
    """Start a server, and return the seconds until it answered and its megabytes until then."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    complaints = folder / f"start-{port}"
    with complaints.open("wb") as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", *command(port)],
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    try:
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() - began > START_SECONDS_MAX:
                complaint = complaints.read_text(encoding="utf-8")[-2_000:]
                message = f"A server did not start: {complaint}"
                raise RuntimeError(message)
            time.sleep(_POLL_SECONDS)
        return time.perf_counter() - began, peak_memory_mb(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment() -> Mapping[str, str]:
    """Return ours without what would set Holdfast up; it serves, and does no other work."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")}
    return {**kept, "HOLDFAST_HAS_INSIDE_WORKERS": "false"}


def _answers(port: int) -> bool:
    """Whether a server says that it is well."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=1)) as connection:
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == _HTTP_OK
        except (OSError, HTTPException):
            return False


def _medians(starts: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the middle time and the middle memory."""
    seconds, memory = zip(*starts, strict=True)
    return statistics.median(seconds), statistics.median(memory)
