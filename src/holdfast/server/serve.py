"""The program that listens: checks first, then one server process or several."""

from __future__ import annotations

import os
import signal
import socket
import sys

import structlog
import uvicorn

from holdfast.bootstrap import Engine, SystemClock
from holdfast.engine.asking import Hooks
from holdfast.engine.ports import StorageFault
from holdfast.server.app import HoldfastApp, database_options
from holdfast.server.given_hooks import HooksNotFound, hooks_of
from holdfast.server.logs import configure_logs
from holdfast.server.skew import SkewGuard
from holdfast.server.supervisor import supervise
from holdfast.settings import Settings
from holdfast.storage.database import Database, DatabaseMisconfigured
from holdfast.storage.migrating import require_current
from holdfast.storage.selftest import SelfTestFailed, two_clients_cannot_both_win

log = structlog.get_logger("holdfast.server")

# From SIGTERM to the end there are 10 s: so many for requests that are being answered, then
# `DRAIN_SECONDS` for commands whose requests were given up, then a moment to close.
REQUEST_SECONDS = 7
BACKLOG = 2_048


class ServeRefused(Exception):
    """The server does not start; the message says why and what to do."""


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT, and return the exit code.

    Prints a line `serving on http://127.0.0.1:8000 pid=…` for each process once it accepts.
    """
    configure_logs(level=settings.log_level, format_=settings.log_format, debug=settings.debug)
    try:
        check(settings)
        with listen(settings.host, settings.port) as listener:
            if settings.workers > 1:
                return supervise(settings, listener)
            return serve_here(settings, listener)
    except ServeRefused as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1


def check(settings: Settings) -> None:
    """Look whether this database can be trusted with anybody's places.

    A clock that is wrong does not keep the server from starting: it refuses writes until it is
    set.

    Raises:
        ServeRefused: It cannot.
    """
    clock = SystemClock()
    _hooks(settings)
    try:
        is_sqlite = settings.database_url.startswith("sqlite")
        database = Database.open(settings.database_url, clock=clock if is_sqlite else None)
    except DatabaseMisconfigured as fault:
        raise ServeRefused(str(fault)) from fault
    try:
        database.server_version()
        require_current(database)
        two_clients_cannot_both_win(database)
        skew = SkewGuard(lambda: database.clock_skew(clock.now))
        skew.check()
    except DatabaseMisconfigured as fault:
        raise ServeRefused(str(fault)) from fault
    except SelfTestFailed as fault:
        message = f"{fault} Nothing is sold from this database: see its server, proxy, settings."
        raise ServeRefused(message) from fault
    except StorageFault as fault:
        raise ServeRefused(f"The database cannot be used: {fault}") from fault
    finally:
        database.dispose()


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        ServeRefused: The address is taken, or not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        message = f"Cannot listen on {host} port {port}: {error.strerror}. Choose another --port."
        raise ServeRefused(message) from error


def serve_here(settings: Settings, listener: socket.socket) -> int:
    """Serve in this process until it is told to stop; return the exit code.

    Raises:
        ServeRefused: The database cannot be used.
    """
    try:
        engine = Engine.open(
            settings.database_url,
            options=database_options(settings),
            migrate=False,
            hooks=_hooks(settings),
        )
    except (DatabaseMisconfigured, StorageFault) as fault:
        raise ServeRefused(str(fault)) from fault
    config = uvicorn.Config(
        HoldfastApp(engine, settings, owns_engine=True),
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=REQUEST_SECONDS,
        backlog=BACKLOG,
    )
    server = _Server(config)

    def stop(number: int, frame: object) -> None:
        """Stop the server, also before it listens for signals itself."""
        del number, frame
        server.should_exit = True

    # uvicorn raises the signals that stopped it once more when it is done; to have been stopped
    # is no failure.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    server.run(sockets=[listener])
    return 0 if server.started else 1


def _hooks(settings: Settings) -> Hooks | None:
    """Return the hooks that the settings name.

    Raises:
        ServeRefused: They cannot be used.
    """
    try:
        return hooks_of(settings)
    except HooksNotFound as fault:
        raise ServeRefused(str(fault)) from fault


class _Server(uvicorn.Server):
    """uvicorn's server, saying where it is once it accepts."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and print the line that tests and people wait for."""
        await super().startup(sockets=sockets)
        for listener in sockets or ():
            sys.stdout.write(f"serving on {url_of(listener)} pid={os.getpid()}\n")
            sys.stdout.flush()


def url_of(listener: socket.socket) -> str:
    """Return the URL that a listening socket is reached by."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
