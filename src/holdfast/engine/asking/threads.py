"""Running a stranger's code: in a thread, within a time limit, a coroutine or not."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Protocol, TypeVar

import structlog

from holdfast.domain.errors import ServerBusy

log = structlog.get_logger("holdfast.hooks")

T = TypeVar("T")


class HookThreads(Protocol):
    """Threads in which hooks run: a stranger's code may hang, and nobody can end it."""

    def start(self, work: Callable[[], T]) -> Future[T]:
        """Begin some work.

        Raises:
            ServerBusy: Too many hooks are still running.
        """
        ...


def answer_of(said: object) -> object:
    """Return what a hook answers; of a coroutine function, when it is done."""
    return asyncio.run(_awaited(said)) if inspect.isawaitable(said) else said


async def _awaited(said: Awaitable[object]) -> object:
    return await said


def error_of(threads: HookThreads, tell: Callable[[], object], *, seconds: float) -> str | None:
    """Tell a listener something; returns what went wrong in a word or two, None if nothing did."""

    def run() -> str | None:
        try:
            answer_of(tell())
        except (Exception, SystemExit) as fault:
            log.exception("hook.raised")
            return type(fault).__name__
        return None

    try:
        return threads.start(run).result(timeout=seconds)
    except TimeoutError:
        return "it did not return in time"
    except ServerBusy:
        return "too many hooks are running"


def name_of(hook: object) -> str:
    """Return what a hook is called: in the log, and where its place in the stream is remembered."""
    return str(getattr(hook, "__qualname__", type(hook).__qualname__))
