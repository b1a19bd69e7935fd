"""Telling: what has happened, after it was committed, to whoever listens.

Each listener has its own place in the stream of each business's facts, and is told of them in
order. It is told at least once: whoever must not act twice remembers the fact's id.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from holdfast.domain.bookings import Booking
from holdfast.domain.history import Event
from holdfast.domain.hooks import BookingSeen, FactSeen
from holdfast.domain.ids import TenantId
from holdfast.domain.tenants import Tenant
from holdfast.engine.asking.hooks import Hooks, Listen
from holdfast.engine.asking.streams import Streams, Turn
from holdfast.engine.asking.threads import HookThreads, error_of, name_of
from holdfast.engine.ports import ReadStores
from holdfast.engine.reading import get

log = structlog.get_logger("holdfast.hooks")

AFTER = "after_"
PAGE = 100
TRIES_MAX = 12
FIRST_WAIT_SECONDS = 5.0
WAIT_SECONDS_MAX = 3_600.0
LEASE_MARGIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Somebody who is told of facts.

    Attributes:
        name: Under which its place is remembered: the hook's list and the function's name.
        types: The facts it is told of; None is all.
        is_first: Whether only a booking's first fact is meant.
        fresh: Of what is older than that it is not told any more; None is no limit.
    """

    name: str
    hook: Listen
    types: frozenset[str] | None
    is_first: bool = False
    fresh: timedelta | None = None

    def wants(self, event: Event, *, now: datetime) -> bool:
        """Whether it is told of a fact."""
        if self.is_first and event.subject_version != 1:
            return False
        if self.fresh is not None and event.at < now - self.fresh:
            return False
        return self.types is None or event.type in self.types

    @property
    def sees_booking(self) -> bool:
        """Whether it is shown the booking, as it is when it is told."""
        return self.name.startswith(AFTER)


_TYPES: dict[str, Collection[str] | None] = {
    "on_event": None,
    "after_reserve": ("booking.pending", "booking.confirmed"),
    "after_confirm": ("booking.confirmed",),
    "after_cancel": ("booking.cancelled",),
    "after_attend": ("booking.checked_in",),
    "after_payment": ("booking.paid",),
    "undo": ("attempt.refused", "attempt.lost"),
}


def listeners_of(hooks: Hooks) -> tuple[Listener, ...]:
    """Return everybody who is told of facts."""
    return tuple(
        Listener(
            name=f"{listed}:{name_of(hook)}",
            hook=hook,
            types=None if types is None else frozenset(types),
            is_first=listed == "after_reserve",
            fresh=hooks.fresh if listed.startswith(AFTER) else None,
        )
        for listed, types in _TYPES.items()
        for hook in getattr(hooks, listed)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of telling a page: how many facts were told, tries in vain, and if it was full."""

    told: int = 0
    failed: int = 0
    is_full: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """How facts are told: from where, and in what threads.

    Attributes:
        token: By what our turns are known from somebody else's.
        seconds: How long telling one fact may take.
    """

    streams: Streams
    reads: ReadStores
    threads: HookThreads
    token: str
    seconds: float

    def tell(
        self, listener: Listener, tenant_id: TenantId, *, should_stop: Callable[[], bool]
    ) -> Told:
        """Tell a listener a page of what has happened at a business, unless somebody else does."""
        lease = self.seconds + LEASE_MARGIN_SECONDS
        turn = self.streams.begin(tenant_id, listener.name, token=self.token, seconds=lease)
        if turn is None:
            return Told()
        told, now = 0, self.streams.now()
        slug, passed = self._slug_of(tenant_id), turn.position
        facts = self.streams.facts(tenant_id, after=turn.position, limit=PAGE)
        for position, event in facts:
            if listener.wants(event, now=now):
                if should_stop():
                    break
                seen = self._seen(listener, tenant_id, slug, position, event)
                error = error_of(self.threads, partial(listener.hook, seen), seconds=self.seconds)
                if error is not None:
                    self._failed(listener, turn, passed, seen, error)
                    return Told(told=told, failed=1)
                told += 1
                if not self.streams.told(turn, position=position, seconds=lease):
                    return Told(told=told)  # we were too slow: somebody else goes on from here
                turn = replace(turn, position=position, tries=0)
            passed = position
        if passed > turn.position:
            self.streams.told(turn, position=passed, seconds=lease)
        self.streams.end(turn)
        return Told(told=told, is_full=len(facts) == PAGE)

    def _failed(
        self, listener: Listener, turn: Turn, passed: int, seen: FactSeen, error: str
    ) -> None:
        """Try again later, ever later, and in the end pass the fact over."""
        tries = turn.tries + 1
        words = {"listener": listener.name, "event_id": seen.event_id, "error": error}
        if tries >= TRIES_MAX:
            log.error("listener.gave_up", tries=tries, **words)
            self.streams.gave_up(turn, position=seen.position, event_id=seen.event_id, error=error)
            return
        log.warning("listener.failed", tries=tries, **words)
        wait = min(FIRST_WAIT_SECONDS * 2.0**turn.tries, WAIT_SECONDS_MAX)
        self.streams.failed(replace(turn, position=passed), error=error, wait_seconds=wait)

    def _slug_of(self, tenant_id: TenantId) -> str:
        with self.reads.read(tenant_id) as store:
            return get(store, Tenant, tenant_id).slug

    def _seen(
        self, listener: Listener, tenant_id: TenantId, slug: str, position: int, event: Event
    ) -> FactSeen:
        booking = None
        if listener.sees_booking:
            with self.reads.read(tenant_id) as store:
                booking = BookingSeen.of(get(store, Booking, event.subject_id))
        return FactSeen.of(
            event, tenant_id=tenant_id, slug=slug, position=position, booking=booking
        )
