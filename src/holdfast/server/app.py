"""The whole server as one ASGI app: to be served by `serve`, or mounted in another app."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from datetime import timedelta
from typing import Any

import structlog

from holdfast.api.app import create_app
from holdfast.bootstrap import Engine
from holdfast.domain.links import LinkSigner
from holdfast.interop.holidays import closed_on_public_holidays
from holdfast.server.gateway import LaneGateway
from holdfast.server.given_hooks import hooks_of
from holdfast.server.lane import CommitLane, LaneOptions
from holdfast.server.link_keys import with_link_keys
from holdfast.server.metrics import Metrics
from holdfast.server.readers import ReaderOptions, Readers
from holdfast.server.readiness import Readiness
from holdfast.server.skew import SkewGuard
from holdfast.settings import Settings
from holdfast.storage.database import DatabaseOptions
from holdfast.storage.housekeeping import SqlHousekeeping
from holdfast.web.app import Pages
from holdfast.web.gateway import Gateway
from holdfast.web.visits import House
from holdfast.workers.approve import confirm_due_bookings
from holdfast.workers.clockwork import Clockwork, Job
from holdfast.workers.complete import complete_due_bookings
from holdfast.workers.expire import expire_due
from holdfast.workers.invite import invite_waiting
from holdfast.workers.limit import settle_limits
from holdfast.workers.missing import mark_due_no_shows
from holdfast.workers.past import mark_slots_past
from holdfast.workers.purge import purge_old_rows
from holdfast.workers.remind import remind_of_bookings
from holdfast.workers.settle import settle_closures
from holdfast.workers.tell import tell_listeners

log = structlog.get_logger("holdfast.server")

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# What is still queued when the last request has been waited for gets so long.
DRAIN_SECONDS = 2.0
STOP_WORKERS_SECONDS = 2.0
UNKNOWN_ROUTE = "none"
# So many jobs does `worker_jobs` return at most, each in a thread of its own.
WORKERS = 11


class HoldfastApp:
    """Engine, REST face, commit lane, readers and workers behind ASGI's one call.

    It works without its lifespan too, which hosts of mounted apps do not run: threads start with
    the first request. Only the inside workers need it, or `start`.

    Attributes:
        engine: The engine.
        gateway: How requests reach the engine.
        metrics: The numbers for Prometheus.
    """

    def __init__(self, engine: Engine, settings: Settings, *, owns_engine: bool = False) -> None:
        """Put the parts together; nothing runs yet.

        Args:
            engine: An engine over a database that is up to date.
            settings: What the operator chose.
            owns_engine: Whether `stop` closes the engine.
        """
        self.engine = engine
        self.metrics = Metrics()
        self._owns_engine = owns_engine
        self._lane = CommitLane(
            engine.unit_of_work, options=lane_options(engine, settings), watch=self.metrics
        )
        self._readers = Readers(ReaderOptions(threads=settings.readers))
        self._skew = SkewGuard(lambda: engine.database.clock_skew(engine.clock.now))
        self.gateway = LaneGateway(engine, lane=self._lane, readers=self._readers, skew=self._skew)
        self._clockwork = Clockwork(
            worker_jobs(engine, settings) if settings.has_inside_workers else (),
            clock=engine.clock,
            randomness=random.SystemRandom(),
            watch=self.metrics,
        )
        self._readiness = Readiness(
            engine.database, skew=self._skew, lane=self._lane, clockwork=self._clockwork
        )
        self._api = create_app(self.gateway, ready=self._ready, metrics=self.metrics.exposition)
        self._pages = Pages(house_of(self.gateway, settings)) if settings.has_pages else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or live through one lifespan."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await self._api(scope, receive, send)

    async def start(self) -> None:
        """Accept commands and start the inside workers."""
        self._lane.open()
        await self.gateway.read(self._skew.check)
        self._clockwork.start()

    async def stop(self) -> None:
        """Finish what is queued, stop all threads, and close the engine if it is ours."""
        await asyncio.gather(
            asyncio.to_thread(self._clockwork.stop, STOP_WORKERS_SECONDS),
            asyncio.to_thread(self._lane.drain, DRAIN_SECONDS),
        )
        self._readers.close()
        if self._owns_engine:
            await asyncio.to_thread(self.engine.close)

    async def _ready(self) -> dict[str, object]:
        return await self.gateway.read(self._readiness.report)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Speak ASGI's lifespan protocol."""
        await receive()
        try:
            await self.start()
        except Exception as error:
            log.exception("server.not_started")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to the pages or to the REST face, and count it."""
        begun_at = time.perf_counter()
        status = 500

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            if self._pages is not None and self._pages.answers(scope):
                await self._pages(scope, receive, send_on)
            else:
                await self._api(scope, receive, send_on)
        finally:
            self.metrics.request_done(
                method=scope["method"],
                route=_route_of(scope),
                status=status,
                seconds=time.perf_counter() - begun_at,
            )


def _route_of(scope: Scope) -> str:
    """Return the template of the route that was taken, never the path that was asked for."""
    endpoint = scope.get("endpoint")
    path = getattr(endpoint, "path", None) or getattr(endpoint, "__name__", None)
    return str(path or UNKNOWN_ROUTE)


def create_asgi_app(engine: Engine | str, settings: Settings | None = None) -> HoldfastApp:
    """Return the server as an ASGI app, to be served or mounted.

    Args:
        engine: An engine, with its hooks, which the caller closes; or a database's URL, which is
            opened with the settings' hooks, brought up to date and closed again with the app's
            lifespan.
        settings: What the operator chose; by default what the environment says.

    Raises:
        DatabaseMisconfigured: The URL cannot be used.
        SchemaOutdated: The database's schema is newer than this Holdfast.
        HooksNotFound: The settings name hooks that are not there.
    """
    chosen = settings or Settings()
    if isinstance(engine, str):
        hooks = hooks_of(chosen)
        opened = Engine.open(engine, options=database_options(chosen), hooks=hooks)
        return HoldfastApp(opened, chosen, owns_engine=True)
    return HoldfastApp(engine, chosen)


def database_options(settings: Settings) -> DatabaseOptions:
    """Return the pools that the settings ask for."""
    # One writer for each lane and for each of the workers inside; the same for reads.
    lanes = settings.lanes or LaneOptions().threads
    return DatabaseOptions(writers=lanes + WORKERS, readers=settings.readers + WORKERS)


def house_of(gateway: Gateway, settings: Settings) -> House:
    """Return what the pages share."""
    keys = with_link_keys(settings).link_keys
    return House(
        gateway=gateway,
        signer=LinkSigner(keys),
        lists_businesses=settings.lists_businesses,
        has_open_sign_up=settings.open_sign_up,
        holidays=closed_on_public_holidays,
    )


def lane_options(engine: Engine, settings: Settings) -> LaneOptions:
    """Return the lane's limits: SQLite has one writer, so a second lane would only wait."""
    is_sqlite = engine.database.dialect_name == "sqlite"
    default = 1 if is_sqlite else LaneOptions().threads
    return LaneOptions(threads=settings.lanes or default)


def worker_jobs(engine: Engine, settings: Settings) -> tuple[Job, ...]:
    """Return the background workers, for inside a server or beside it."""
    housekeeping = SqlHousekeeping(engine.database)

    def job(name: str, seconds: float, work: Callable[..., Mapping[str, int]]) -> Job:
        return Job(
            name=name,
            every_seconds=seconds,
            work=lambda should_stop: work(engine, should_stop=should_stop),
        )

    return (
        job("expire", settings.expire_seconds, expire_due),
        job("approve", settings.approve_seconds, confirm_due_bookings),
        job("complete", settings.complete_seconds, complete_due_bookings),
        job("missing", settings.approve_seconds, mark_due_no_shows),
        job("remind", settings.remind_seconds, remind_of_bookings),
        job("past", settings.past_seconds, mark_slots_past),
        job("invite", settings.invite_seconds, invite_waiting),
        job("settle", settings.settle_seconds, settle_closures),
        job("limit", settings.settle_seconds, settle_limits),
        Job(
            name="purge",
            every_seconds=settings.purge_seconds,
            work=lambda should_stop: purge_old_rows(
                housekeeping,
                now=engine.clock.now(),
                batch_age=timedelta(days=settings.batch_days),
                answer_age=timedelta(days=settings.answer_days),
                should_stop=should_stop,
            ),
        ),
        *_telling_jobs(engine, settings),
    )


def _telling_jobs(engine: Engine, settings: Settings) -> tuple[Job, ...]:
    """Return what tells hooks of facts; nothing where nobody listens."""
    telling, listeners = engine.telling, engine.listeners
    if telling is None or not listeners:
        return ()

    def tell(should_stop: Callable[[], bool]) -> Mapping[str, int]:
        return tell_listeners(telling, listeners, should_stop=should_stop)

    return (Job(name="tell", every_seconds=settings.tell_seconds, work=tell),)
