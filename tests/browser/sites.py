"""A server on a street of businesses, and where this machine's Chromium is."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

from holdfast.bootstrap import Engine
from holdfast.server.app import HoldfastApp
from holdfast.settings import Settings
from holdfast.testing.clocks import DEFAULT_START, ManualClock
from tests.web.streets import Street, open_street

Lifespan = Literal["on", "off"]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECRET = "a secret of the tests, of more than 32 characters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A server that serves a street of businesses, by a clock that moves when it is told to."""

    url: str
    engine: Engine
    clock: ManualClock
    street: Street


def chromium_path() -> str | None:
    """Return where this machine's Chromium is: as HOLDFAST_CHROMIUM says, or as it is found."""
    named = os.environ.get("HOLDFAST_CHROMIUM")
    found = (shutil.which(name) for name in NAMES)
    return named or next((path for path in found if path is not None), None)


def chromium_arguments() -> list[str]:
    """Return what Chromium has to be told: as root, as in a container, its sandbox cannot start."""
    return ["--no-sandbox"] if os.geteuid() == 0 else []


@contextmanager
def serving(folder: Path, *, now: datetime = DEFAULT_START) -> Iterator[Site]:
    """Serve a street of businesses from a fresh database in a folder."""
    clock = ManualClock()
    clock.set(now)
    engine = Engine.open(f"sqlite:///{folder / 'site.sqlite'}", clock=clock)
    street = open_street(engine)
    settings = Settings(
        has_inside_workers=False, link_keys=(SECRET,), log_level="warning", open_sign_up=True
    )
    app = HoldfastApp(engine, settings, owns_engine=True)
    with hosting(app) as url:
        yield Site(url=url, engine=engine, clock=clock, street=street)


@contextmanager
def hosting(app: ASGIApp, *, name: str = "127.0.0.1", lifespan: Lifespan = "on") -> Iterator[str]:
    """Serve an app at a free port, and return where, by a name of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, lifespan=lifespan, log_config=None)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://{name}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
