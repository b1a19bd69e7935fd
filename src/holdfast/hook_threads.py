"""Threads for hooks: each runs in one of its own, which may hang without holding us."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from holdfast.domain.errors import ServerBusy

T = TypeVar("T")

RUNNING_MAX = 64
"""So many hooks run at once, those that hang included; beyond it callers are told to come back."""


class DaemonThreads:
    """Starts a thread for each piece of work: a hook that hangs does not keep the program alive."""

    def __init__(self, *, running_max: int = RUNNING_MAX) -> None:
        """Allow so many at once."""
        self._free = threading.BoundedSemaphore(running_max)

    def start(self, work: Callable[[], T]) -> Future[T]:
        """Begin some work in a thread.

        Raises:
            ServerBusy: Too many are still running.
        """
        if not self._free.acquire(blocking=False):
            raise ServerBusy
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()

        def run() -> None:
            try:
                future.set_result(work())
            finally:
                self._free.release()
                if not future.done():
                    # It ended its thread, by `sys.exit` for one: no answer will come.
                    future.set_exception(TimeoutError())

        threading.Thread(target=run, name="holdfast-hook", daemon=True).start()
        return future
