"""`holdfast demo`: eight businesses to try, in a database that is gone when the demo is stopped."""

from __future__ import annotations

import http.client
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus

from holdfast.bootstrap import Engine
from holdfast.cli import demo_screen, output, serving
from holdfast.cli.demo_acts import ACTS
from holdfast.cli.demo_screen import Business, Programme
from holdfast.cli.demo_staff import SignInLine, hire
from holdfast.cli.faults import Misconfigured
from holdfast.cli.opening import quiet_logs
from holdfast.cli.stages import Stage, stage

READY_SECONDS_MAX = 30.0

_POLL_SECONDS = 0.1


def run(db: str, *, host: str, port: int | None, is_served: bool) -> int:
    """Build the demo's world, serve it until Ctrl-C or SIGTERM, and leave nothing running.

    Args:
        db: `sqlite` or `postgresql`, for a database that is gone afterwards, or a URL.
        host: The address to listen on.
        port: The port; None takes the usual one or the next that is free.
        is_served: False only builds the world, in a database that a URL names.

    Returns:
        The exit code: to have been stopped is no failure.
    """
    if not is_served and "://" not in db:
        raise Misconfigured(
            "With --no-serve the database has to stay, so say where it is to be: --db"
            " sqlite:///demo.sqlite"
        )
    quiet_logs()
    try:
        with _stoppable() as asked, stage(db, what="demo") as chosen:
            if is_served:
                return _perform(chosen, asked, host=host, port=port)
            demo_screen.show_keys(*build_world(chosen.url))
            output.say(f"\nServe it with: holdfast serve --db {chosen.shown}")
    except KeyboardInterrupt:
        output.say_after_interrupt("Stopped.")
    return 0


@contextmanager
def _stoppable() -> Iterator[threading.Event]:
    """Note every signal that asks us to stop, from the first moment on; a second one interrupts.

    The first is only noted, since an exception out of nowhere may be swallowed by whatever runs.
    """
    asked = threading.Event()

    def note(number: int, frame: object) -> None:
        del number, frame
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    # The server takes the first two over while it runs, but not the one of a terminal's end.
    actions = {
        signal.SIGINT: note,
        signal.SIGTERM: note,
        signal.SIGHUP: lambda *_: signal.raise_signal(signal.SIGTERM),
    }
    before = {number: signal.signal(number, action) for number, action in actions.items()}
    try:
        yield asked
    finally:
        for number, action in before.items():
            signal.signal(number, action)


def _perform(chosen: Stage, asked: threading.Event, *, host: str, port: int | None) -> int:
    """Build the world and serve it until asked to stop."""
    settings = serving.settings_of(
        database_url=chosen.url,
        log_level="warning",
        lists_businesses=True,
        link_keys=(secrets.token_urlsafe(48),),
    )
    with serving.listener_at(host, port) as listener:
        with output.progress("Opening eight businesses"):
            businesses, owner = build_world(chosen.url)
        programme = Programme(
            url=serving.shown_url(listener),
            database=chosen.shown,
            is_kept=chosen.is_kept,
            businesses=businesses,
            owner=owner,
        )
        code = 0
        if not asked.is_set():
            arguments = (listener, programme, asked)
            threading.Thread(target=_announce, args=arguments, daemon=True).start()
            code = serving.serve_on(listener, settings)
    output.say_after_interrupt(
        "Stopped." if chosen.is_kept else "Stopped. Nothing is left, and nothing runs."
    )
    return code


def _announce(listener: socket.socket, programme: Programme, asked: threading.Event) -> None:
    """Wait until the server really answers, then show what can be done with it."""
    is_ready = _wait_until_ready(*serving.reached_at(listener))
    if asked.is_set():
        # It came when the server was about to start, and did not listen for signals yet.
        os.kill(os.getpid(), signal.SIGTERM)
    elif is_ready:
        demo_screen.show(programme)
    else:
        output.complain("The server is not ready after half a minute. Its log says why.")


def _wait_until_ready(host: str, port: int) -> bool:
    """Ask the server whether it is ready, until it is or it takes too long."""
    deadline = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < deadline:
        with closing(http.client.HTTPConnection(host, port, timeout=READY_SECONDS_MAX)) as asking:
            try:
                asking.request("GET", "/readyz")
                if asking.getresponse().status == HTTPStatus.OK:
                    return True
            except OSError:
                pass  # it does not accept yet
        time.sleep(_POLL_SECONDS)
    return False


def build_world(url: str) -> tuple[tuple[Business, ...], SignInLine]:
    """Open the eight businesses, or find them again; prepare a booking and an owner for each.

    Raises:
        Refused: The database belongs to somebody else, or everything is booked out.
    """
    engine = Engine.open(url)
    try:
        businesses = tuple(act.business(engine) for act in ACTS)
        return businesses, hire(engine, (one.slug for one in businesses))
    finally:
        engine.close()
