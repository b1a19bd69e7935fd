"""Bootstrap: builds an engine from its parts; the only reader of clock and randomness."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from typing import Self

import structlog

from holdfast.domain.ids import BOOKING_NUMBER_LENGTH, RANDOM_BITS, make_booking_number, make_id
from holdfast.engine import facade
from holdfast.engine.asking import (
    Asking,
    Hooks,
    Listener,
    Telling,
    listeners_of,
)
from holdfast.engine.ports import Clock, Ids
from holdfast.engine.registry import USE_CASES
from holdfast.engine.sweeping import Sweeper
from holdfast.engine.unit_of_work import UnitOfWork
from holdfast.hook_threads import DaemonThreads
from holdfast.patterns import RustPatterns
from holdfast.storage.database import Database, DatabaseOptions
from holdfast.storage.migrating import require_current, upgrade
from holdfast.storage.register import SqlTenantRegister
from holdfast.storage.stores import SqlStores
from holdfast.storage.streams import SqlStreams
from holdfast.workers.tell import tell_listeners

SECRET_BITS = 256
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


class SystemClock:
    """This machine's clock."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime.now(UTC)


class RandomIds:
    """Ids and secrets from the operating system's randomness."""

    def new(self, prefix: str, *, now: datetime) -> str:
        """Return a new id of a kind."""
        return make_id(prefix, now=now, randomness=secrets.randbits(RANDOM_BITS))

    def booking_number(self) -> str:
        """Return a new random booking number."""
        return make_booking_number(secrets.randbits(5 * BOOKING_NUMBER_LENGTH))

    def chance(self) -> int:
        """Return a whole number of 16 bits that nobody foresees."""
        return secrets.randbits(16)

    def secret(self) -> str:
        """Return a new secret of 256 bits, in letters and digits."""
        number = secrets.randbits(SECRET_BITS)
        letters = []
        while number:
            number, rest = divmod(number, len(_LETTERS))
            letters.append(_LETTERS[rest])
        return "".join(letters).ljust(43, "0")


def _log_through_the_host() -> None:
    """Send our logs to the host's `logging`, unless it has said how structlog is to log.

    Structlog's own default prints tracebacks with all variables to standard output: in a library
    that is noise, and the variables are people's addresses.
    """
    if not structlog.is_configured():
        structlog.configure(
            processors=[
                structlog.stdlib.filter_by_level,
                structlog.processors.format_exc_info,
                structlog.processors.KeyValueRenderer(key_order=["event"]),
            ],
            logger_factory=structlog.stdlib.LoggerFactory(),
            wrapper_class=structlog.stdlib.BoundLogger,
            cache_logger_on_first_use=False,
        )


class Engine(facade.Engine):
    """The booking engine, with its way to open a database.

    Attributes:
        database: The database.
        listeners: The hooks that are told what has happened, once it was committed.
        telling: How they are told; None where there are none.
    """

    database: Database
    listeners: tuple[Listener, ...] = ()
    telling: Telling | None = None

    @classmethod
    def open(
        cls,
        url: str,
        *,
        clock: Clock | None = None,
        ids: Ids | None = None,
        options: DatabaseOptions | None = None,
        migrate: bool = True,
        hooks: Hooks | None = None,
    ) -> Self:
        """Open an engine over a database.

        Where the host has not configured structlog, our logs go to its standard `logging`.

        Args:
            url: `sqlite:///file.db`, `sqlite:///:memory:` or `postgresql://user@host/name`.
            clock: The clock of record; by default PostgreSQL's own, or this machine's on SQLite.
            ids: Where ids come from; by default the operating system's randomness.
            options: Pool sizes and timeouts.
            migrate: Whether to bring the database's schema up to date first.
            hooks: Your code that is asked before something is done.

        Raises:
            DatabaseMisconfigured: The URL is wrong, the driver is missing or the server too old.
            SchemaOutdated: The schema is old and `migrate` is false.
        """
        _log_through_the_host()
        wall_clock = clock or SystemClock()
        is_sqlite = url.startswith("sqlite")
        database = Database.open(url, clock=wall_clock if is_sqlite else clock, options=options)
        try:
            if migrate:
                upgrade(database)
            else:
                require_current(database)
        except BaseException:
            database.dispose()
            raise
        return cls.over(database, clock=wall_clock, ids=ids or RandomIds(), hooks=hooks)

    @classmethod
    def over(
        cls, database: Database, *, clock: Clock, ids: Ids, hooks: Hooks | None = None
    ) -> Self:
        """Build an engine over a database that is open and up to date."""
        stores, streams = SqlStores(database), SqlStreams(database)
        unit_of_work = UnitOfWork(
            stores=stores,
            ids=ids,
            use_cases=USE_CASES,
            monotonic=time.monotonic,
            patterns=RustPatterns(),
        )
        engine = cls(
            unit_of_work=unit_of_work,
            sweeper=Sweeper(stores=stores, ids=ids),
            reads=stores,
            quiescence=stores,
            register=SqlTenantRegister(database),
            ids=ids,
            clock=clock,
            close=database.dispose,
            asking=None if hooks is None else Asking(hooks, DaemonThreads()),
            streams=streams,
        )
        engine.database = database
        if hooks is not None and engine.asking is not None:
            engine.listeners = listeners_of(hooks)
            engine.telling = Telling(
                streams=streams,
                reads=stores,
                threads=engine.asking.threads,
                token=secrets.token_hex(16),
                seconds=hooks.seconds,
            )
        return engine

    def tell(self) -> dict[str, int]:
        """Tell the hooks what has happened so far; servers and `holdfast worker` do it themselves.

        Returns:
            `{"numbered": n, "told": m}`.

        Raises:
            WorkIncomplete: A hook failed; it is told again later.
        """
        if self.telling is None:
            return {"numbered": 0, "told": 0}
        return tell_listeners(self.telling, self.listeners)
