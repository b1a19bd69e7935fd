"""The supervisor: starts several server processes, starts dead ones anew, and ends them all.

Each is a fresh Python that gets the listening socket and, through a pipe, the settings. The pipe
stays open as a lifeline: when the supervisor dies, by whatever, it closes, and its servers end.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress

import structlog
from prometheus_client import multiprocess

from holdfast.server.link_keys import with_link_keys
from holdfast.server.metrics import MULTIPROCESS_FOLDER
from holdfast.settings import Settings

log = structlog.get_logger("holdfast.supervisor")

STOP_SECONDS = 10.0
# Who dies sooner than this after its start is started anew ever later.
SOUND_SECONDS = 10.0
PAUSE_SECONDS_MAX = 30.0

# Its own annotation: prometheus_client's function has none.
_drop_gauges: Callable[[int, str], object] = multiprocess.mark_process_dead


def supervise(settings: Settings, listener: socket.socket) -> int:
    """Keep as many servers running as the settings say, until SIGTERM, SIGINT or SIGHUP.

    Returns:
        The exit code: 0 if every server ended in time and without failing.
    """
    with tempfile.TemporaryDirectory(prefix="holdfast-metrics-") as folder:
        # All servers sign with the same keys.
        shared = with_link_keys(settings)
        return asyncio.run(_Supervisor(shared, listener, metrics_folder=folder).run())


class _Supervisor:
    """Watches over the servers."""

    def __init__(self, settings: Settings, listener: socket.socket, *, metrics_folder: str) -> None:
        self._settings = settings
        self._listener = listener
        self._metrics_folder = metrics_folder
        self._stopping = asyncio.Event()

    async def run(self) -> int:
        """Start everything and watch until told to stop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._stopping.set)
        places = (self._keep_running() for _ in range(self._settings.workers))
        running = asyncio.gather(*places)
        await self._stopping.wait()
        # The servers close theirs too: whoever comes now is told so at once, and goes elsewhere.
        self._listener.close()
        codes = await running
        return 0 if not any(codes) else 1

    async def _keep_running(self) -> int:
        """Keep one server running; return the exit code of the last when all are to stop."""
        failure_count = 0
        while not self._stopping.is_set():
            started_at = time.monotonic()
            server = await self._start()
            if await self._ends_by_itself(server):
                code = await server.wait()
                is_sound = time.monotonic() - started_at > SOUND_SECONDS
                failure_count = 0 if is_sound else failure_count + 1
                pause = min(2.0**failure_count - 1.0, PAUSE_SECONDS_MAX)
                log.error(
                    "server.died", pid=server.pid, exit_code=code, starts_again_in_seconds=pause
                )
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), pause)
            else:
                code = await _stop(server)
            _drop_gauges(server.pid, self._metrics_folder)
        return code

    async def _start(self) -> Process:
        """Start a server in a process group of its own, which Ctrl-C does not reach."""
        server = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "holdfast.server.worker",
            str(self._listener.fileno()),
            stdin=PIPE,
            pass_fds=[self._listener.fileno()],
            env={**os.environ, MULTIPROCESS_FOLDER: self._metrics_folder},
            process_group=0,
        )
        assert server.stdin is not None
        with suppress(BrokenPipeError, ConnectionResetError):  # it is dead; that is seen next
            server.stdin.write(self._settings.model_dump_json().encode() + b"\n")
            await server.stdin.drain()
        return server

    async def _ends_by_itself(self, server: Process) -> bool:
        """Wait until a server ends or all are to stop; say whether it has ended."""
        ended = asyncio.create_task(server.wait())
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        has_ended = ended.done()
        ended.cancel()
        return has_ended


async def _stop(server: Process) -> int:
    """End a server: asked first, killed when the time is over; return its exit code."""
    with suppress(ProcessLookupError):
        server.terminate()
    try:
        return await asyncio.wait_for(server.wait(), STOP_SECONDS)
    except TimeoutError:
        log.exception("server.killed", pid=server.pid)
        server.kill()
        return await server.wait()
