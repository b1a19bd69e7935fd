"""`holdfast serve` and `holdfast worker`: the server, and the background workers on their own."""

from __future__ import annotations

import ipaddress
import os
import random
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError

from holdfast.bootstrap import Engine
from holdfast.cli import output
from holdfast.cli.faults import Misconfigured
from holdfast.cli.opening import require_begun
from holdfast.server.app import STOP_WORKERS_SECONDS, database_options, worker_jobs
from holdfast.server.given_hooks import HooksNotFound, hooks_of
from holdfast.server.logs import configure_logs
from holdfast.server.metrics import Metrics
from holdfast.server.serve import ServeRefused, check, listen, serve_here
from holdfast.server.supervisor import supervise
from holdfast.settings import PREFIX, Settings
from holdfast.workers.clockwork import Clockwork

PORT = 8_000
PORTS_TRIED = 20


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT, and return the exit code.

    Raises:
        Misconfigured: The address is taken or the database cannot be used.
    """
    require_begun(settings.database_url)
    with listener_at(settings.host, settings.port) as listener:
        if settings.has_pages:
            output.say(f"Every business has its page at {shown_url(listener)}/<its slug>.")
        return serve_on(listener, settings)


def serve_on(listener: socket.socket, settings: Settings) -> int:
    """Serve on a socket until SIGTERM or SIGINT, and return the exit code.

    Raises:
        Misconfigured: The database cannot be used.
    """
    _configure_logs(settings)
    try:
        check(settings)
        if settings.workers > 1:
            return supervise(settings, listener)
        return serve_here(settings, listener)
    except ServeRefused as refusal:
        raise Misconfigured(str(refusal)) from refusal


def work(settings: Settings) -> int:
    """Run the background workers until SIGTERM or SIGINT, and return the exit code.

    Raises:
        Misconfigured: The database cannot be used, or the hooks are not there.
    """
    require_begun(settings.database_url)
    _configure_logs(settings)
    try:
        hooks = hooks_of(settings)
    except HooksNotFound as fault:
        raise Misconfigured(str(fault)) from fault
    engine = Engine.open(
        settings.database_url, options=database_options(settings), migrate=False, hooks=hooks
    )
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    jobs = worker_jobs(engine, settings)
    clockwork = Clockwork(
        jobs,
        clock=engine.clock,
        randomness=random.SystemRandom(),
        watch=Metrics(),
    )
    clockwork.start()
    output.result(f"working: {', '.join(job.name for job in jobs)} pid={os.getpid()}")
    stopping.wait()
    has_stopped = clockwork.stop(STOP_WORKERS_SECONDS)
    engine.close()
    return 0 if has_stopped else 1


def settings_of(**chosen: object) -> Settings:
    """Return the environment's settings, with what was chosen on the command line instead.

    Raises:
        Misconfigured: Something cannot be; every fault is named.
    """
    given: dict[str, Any] = {name: value for name, value in chosen.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        faults = [
            f"{PREFIX}{str(found['loc'][0]).upper()}: {found['msg']}"
            for found in error.errors(include_url=False, include_input=False)
        ]
        raise Misconfigured("\n".join(faults)) from None


@contextmanager
def listener_at(host: str, port: int | None) -> Iterator[socket.socket]:
    """Listen on a port; on None on the usual one, or on the next that is free.

    Raises:
        Misconfigured: The address is taken, or not ours.
    """
    tried = range(PORT, PORT + PORTS_TRIED) if port is None else [port]
    listener = None
    for candidate in tried:
        try:
            listener = listen(host, candidate)
            break
        except ServeRefused as refusal:
            if candidate == tried[-1]:
                raise Misconfigured(str(refusal)) from refusal
    assert listener is not None, "it was found or refused"
    with listener:
        yield listener


def reached_at(listener: socket.socket) -> tuple[str, int]:
    """Return the host and port by which a socket is reached from this machine."""
    host, port = listener.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = "::1" if ":" in host else "127.0.0.1"
    return host, port


def shown_url(listener: socket.socket) -> str:
    """Return the URL by which a socket is reached from this machine."""
    host, port = reached_at(listener)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _configure_logs(settings: Settings) -> None:
    configure_logs(level=settings.log_level, format_=settings.log_format, debug=settings.debug)
