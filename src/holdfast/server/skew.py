"""The watch over this machine's clock: one that differs from the database's refuses writes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import structlog

from holdfast.domain.errors import ServerBusy
from holdfast.engine.ports import StorageFault

log = structlog.get_logger("holdfast.clock")

SKEW_MAX = timedelta(seconds=5)
CHECK_SECONDS = 30.0
RETRY_AFTER_SECONDS = 30


class SkewGuard:
    """Knows by how much our clock is ahead of the database's, and whether that is too much.

    Nothing runs by itself: whoever writes after `CHECK_SECONDS` measures once more, the others go
    on with what was last known. So it works in a mounted app too.

    Attributes:
        skew: By how much our clock is ahead; zero until it was measured.
    """

    def __init__(
        self,
        measure: Callable[[], timedelta],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make a guard that has not measured yet."""
        self._measure = measure
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._next_check_at = monotonic()
        self.skew = timedelta(0)

    @property
    def is_too_large(self) -> bool:
        """Whether writes are refused."""
        return abs(self.skew) > SKEW_MAX

    def claim_check(self) -> bool:
        """Whether it is the caller who measures now; everybody else is told no for a while."""
        now = self._monotonic()
        if now < self._next_check_at:
            return False
        with self._lock:
            if now < self._next_check_at:
                return False
            self._next_check_at = now + CHECK_SECONDS
            return True

    def check(self) -> None:
        """Measure; asks the database. One that cannot be asked leaves things as they were."""
        was_too_large = self.is_too_large
        try:
            self.skew = self._measure()
        except StorageFault as fault:
            log.warning("clock.not_measured", fault=str(fault))
            return
        if self.is_too_large != was_too_large:
            log.error(
                "clock.skewed" if self.is_too_large else "clock.right_again",
                skew_seconds=self.skew.total_seconds(),
            )

    def refusal(self) -> ServerBusy:
        """Return what a writer is told."""
        return ServerBusy(
            f"This server's clock differs from the database's by {self.describe()}, so nothing is"
            " written here. An operator has to set the clock.",
            retry_after_seconds=RETRY_AFTER_SECONDS,
        )

    def describe(self) -> str:
        """Say the difference in words."""
        seconds = abs(self.skew.total_seconds())
        return f"{seconds:.1f} s ({'ahead' if self.skew > timedelta(0) else 'behind'})"
