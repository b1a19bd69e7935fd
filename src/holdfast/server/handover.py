"""Handing answers from threads back to whoever awaits them, in whichever event loop that is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Generic, TypeVar

import structlog

log = structlog.get_logger("holdfast.server")

T = TypeVar("T")


class Caller(Generic[T]):
    """Somebody in an event loop who awaits an answer that a thread will give.

    Whether the work is begun or given up is decided under the lock of whoever queues it, so that
    exactly one of the two happens.

    Attributes:
        is_begun: A thread has taken the work; the answer will be that thread's.
        is_given_up: Answered without being begun; threads pass it over.
    """

    __slots__ = ("_future", "is_begun", "is_given_up", "loop", "timer")

    def __init__(self) -> None:
        """Make a caller; only inside a running event loop."""
        self.loop = asyncio.get_running_loop()
        self._future: asyncio.Future[T] = self.loop.create_future()
        self.timer: asyncio.TimerHandle | None = None
        self.is_begun = False
        self.is_given_up = False

    async def answer(self) -> T:
        """Wait for the answer. Whoever is cancelled while waiting only stops waiting."""
        try:
            return await self._future
        finally:
            if self.timer is not None:
                self.timer.cancel()

    def succeed(self, value: T) -> None:
        """Give the answer; only in the caller's own loop. One who no longer waits gets nothing."""
        if not self._future.done():
            self._future.set_result(value)

    def fail(self, error: BaseException) -> None:
        """Give an exception for an answer; only in the caller's own loop."""
        if not self._future.done():
            self._future.set_exception(error)


def hand_over(answers: Iterable[tuple[Caller[T], T]]) -> None:
    """Give answers from a thread, waking each event loop once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Caller[T], T]]] = {}
    for pair in answers:
        by_loop.setdefault(pair[0].loop, []).append(pair)
    for loop, pairs in by_loop.items():
        wake(loop, _succeed, pairs)


def wake(loop: asyncio.AbstractEventLoop, callback: object, *arguments: object) -> None:
    """Run a callback in a loop, from any thread. A loop that is closed has nobody waiting."""
    assert callable(callback)
    try:
        loop.call_soon_threadsafe(callback, *arguments)
    except RuntimeError:
        log.warning("handover.loop_closed", answers_lost=True)


def _succeed(pairs: list[tuple[Caller[T], T]]) -> None:
    for caller, value in pairs:
        caller.succeed(value)
