"""`holdfast demo`: two businesses to try, in a database that is gone when the demo is stopped."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path

from holdfast.bootstrap import Engine
from holdfast.cli import demo_screen, output, serving
from holdfast.cli.demo_screen import Business, Programme
from holdfast.cli.faults import Misconfigured, Refused
from holdfast.cli.opening import quiet_logs
from holdfast.domain.access import KeyKind, Role
from holdfast.domain.intervals import utc
from holdfast.domain.listing import OpenSlot
from holdfast.domain.offerings import Offering
from holdfast.domain.zones import instant_of, local_day, zone
from holdfast.engine.facade import TenantEngine
from holdfast.engine.slots import AddSlot
from holdfast.testing import samples
from holdfast.testing.postgres import PostgresServer

SALON, CONCERT = "sarah", "odeon"
CONCERT_DAYS_AHEAD = 21
EIGHT_IN_THE_EVENING = 20 * 60
SEARCH_DAYS = 60
# What the screen offers can still be booked tomorrow.
SAFE_NOTICE = timedelta(hours=24)
READY_SECONDS_MAX = 30.0

_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where the demo plays: the database, its name for people, and whether it stays."""

    url: str
    shown: str
    is_kept: bool


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
        with _stoppable() as asked, stage(db) as chosen:
            if is_served:
                return _perform(chosen, asked, host=host, port=port)
            demo_screen.show_keys(build_world(chosen.url))
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


@contextmanager
def stage(db: str) -> Iterator[Stage]:
    """Give a database of the wanted kind, and remove it afterwards unless a URL named it.

    Raises:
        PostgresUnavailable: There is no PostgreSQL here that can be started.
    """
    if "://" in db:
        yield Stage(url=db, shown=output.without_password(db), is_kept=True)
    elif db == "postgresql":
        with output.progress("Starting PostgreSQL"):
            server = PostgresServer.start(fsync=False)
        with server:
            shown = f"PostgreSQL {server.major}, started for this demo"
            yield Stage(url=server.create_database("holdfast"), shown=shown, is_kept=False)
    elif db == "sqlite":
        folder = Path(tempfile.mkdtemp(prefix="holdfast-demo-"))
        try:
            file = folder / "demo.sqlite"
            yield Stage(url=f"sqlite:///{file}", shown=f"SQLite, {file}", is_kept=False)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    else:
        raise Misconfigured(f"Say --db sqlite, --db postgresql or a URL; '{db}' is none of them.")


def _perform(chosen: Stage, asked: threading.Event, *, host: str, port: int | None) -> int:
    """Build the world and serve it until asked to stop."""
    settings = serving.settings_of(database_url=chosen.url, log_level="warning")
    with serving.listener_at(host, port) as listener:
        with output.progress("Opening two businesses"):
            businesses = build_world(chosen.url)
        programme = Programme(
            url=serving.shown_url(listener),
            database=chosen.shown,
            is_kept=chosen.is_kept,
            businesses=businesses,
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


def build_world(url: str) -> tuple[Business, Business]:
    """Open the two businesses, or find them again, and prepare a booking for each.

    Raises:
        Refused: The database belongs to somebody else, or everything is booked out.
    """
    engine = Engine.open(url)
    try:
        return _salon(engine), _concert(engine)
    finally:
        engine.close()


def _salon(engine: Engine) -> Business:
    """Sarah's chair, and a haircut."""
    found = _found(engine, SALON, offering="cut")
    if found is None:
        salon = samples.open_salon(engine, slug=SALON)
        found = salon.desk, salon.cut
    desk, cut = found
    slot = _open_slot(engine, desk, cut, party_size=1)
    if slot is None:
        raise Refused(f"Sarah is booked out for {SEARCH_DAYS} days in this database.")
    when = f"{_local(slot.starts_at, desk):%A, %-d %B, %H:%M}"
    return Business(
        slug=SALON,
        name=desk.get().name,
        story="one chair, haircuts of 30 minutes, Tuesday to Saturday",
        booking=f"A haircut on {when}",
        secret=_new_key(desk),
        slot_id=slot.slot_id or "",
        party_size=1,
        guest="Ada Lovelace",
        email="ada@example.com",
    )


def _concert(engine: Engine) -> Business:
    """The evening at the Odéon, and two places."""
    starts_at = concert_start(engine.clock.now())
    found = _found(engine, CONCERT, offering="concert")
    if found is None:
        concert = samples.open_concert(engine, slug=CONCERT, starts_at=starts_at)
        found = concert.desk, concert.ticket
    desk, ticket = found
    slot = _open_slot(engine, desk, ticket, party_size=2)
    if slot is None:
        # The evening of an earlier demo in this database is over or sold out.
        another = AddSlot(
            slot_id=desk.slots.new_id(), offering_id=ticket.offering_id, starts_at=starts_at
        )
        desk.slots.add(another)
        slot = _open_slot(engine, desk, ticket, party_size=2)
    assert slot is not None, "an evening without bookings has room for two"
    when = f"{_local(slot.starts_at, desk):%A, %-d %B, %H:%M}"
    return Business(
        slug=CONCERT,
        name=desk.get().name,
        story=f"a concert on {when}, {slot.remaining} places",
        booking="Two places at the concert",
        secret=_new_key(desk),
        slot_id=slot.slot_id or "",
        party_size=2,
        guest="Clara Schumann",
        email="clara@example.com",
    )


def concert_start(now: datetime) -> datetime:
    """Return eight in the evening in Paris, three weeks from now.

    >>> concert_start(datetime.fromisoformat("2026-11-20T17:00:00+00:00")).isoformat()
    '2026-12-11T19:00:00+00:00'
    """
    paris = zone("Europe/Paris")
    day = local_day(utc(now), paris) + timedelta(days=CONCERT_DAYS_AHEAD)
    return instant_of(day, EIGHT_IN_THE_EVENING, paris, gap="forward")


def _found(engine: Engine, slug: str, *, offering: str) -> tuple[TenantEngine, Offering] | None:
    """Return a business of an earlier demo in this database, and its offering; None without one."""
    tenant = engine.register.find_by_slug(slug)
    if tenant is None:
        return None
    desk = engine.tenant(tenant.tenant_id)
    found = desk.offerings.find_by_slug(offering)
    if found is None:
        raise Refused(
            f"This database has a tenant '{slug}' that is not the demo's. Choose another database."
        )
    return desk, found


def _open_slot(
    engine: Engine, desk: TenantEngine, offering: Offering, *, party_size: int
) -> OpenSlot | None:
    """Return the first slot that can be booked now and tomorrow, or else the first there is."""
    now = engine.clock.now()
    slots = desk.availability.list(
        offering.offering_id,
        starts_at=now,
        ends_at=now + timedelta(days=SEARCH_DAYS),
        party_size=party_size,
    ).slots
    safe = (slot for slot in slots if slot.starts_at >= now + SAFE_NOTICE)
    return next(safe, slots[0] if slots else None)


def _new_key(desk: TenantEngine) -> str:
    """Make a key that may do everything in one business of the demo."""
    return desk.keys.add("Demo", kind=KeyKind.SECRET, role=Role.OWNER).secret


def _local(instant: datetime, desk: TenantEngine) -> datetime:
    """Return an instant as the clock on the business's wall shows it."""
    return instant.astimezone(zone(desk.get().zone))
