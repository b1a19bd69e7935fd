"""A clock that stands still until it is told otherwise, and ids that can be foretold."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime, timedelta

from holdfast.domain.ids import BOOKING_NUMBER_LENGTH, RANDOM_BITS, make_booking_number, make_id

DEFAULT_START = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)


class ManualClock:
    """A clock of record for tests: it moves only when it is moved."""

    def __init__(self, now: datetime = DEFAULT_START) -> None:
        self._now = now

    def now(self) -> datetime:
        """Return the instant it shows."""
        return self._now

    def set(self, now: datetime) -> None:
        """Show another instant."""
        self._now = now

    def advance(self, **length: float) -> None:
        """Go forward, by the arguments of `timedelta`."""
        self._now += timedelta(**length)


def seeded_chance(seed: int | str) -> random.Random:
    """Return chance that can be foretold from its seed. Never for secrets."""
    return random.Random(seed)  # noqa: S311 - foretelling it is the purpose


class SeededIds:
    """Ids and secrets from a seed: the same seed, the same ids. Never for real business."""

    def __init__(self, seed: int = 0) -> None:
        self._random = seeded_chance(seed)
        # Apart from the rest: how often it is asked changes no id.
        self._chances = seeded_chance(seed)
        self._lock = threading.Lock()

    def new(self, prefix: str, *, now: datetime) -> str:
        """Return a new id of a kind."""
        with self._lock:
            return make_id(prefix, now=now, randomness=self._random.getrandbits(RANDOM_BITS))

    def booking_number(self) -> str:
        """Return a new booking number."""
        with self._lock:
            return make_booking_number(self._random.getrandbits(5 * BOOKING_NUMBER_LENGTH))

    def chance(self) -> int:
        """Return a whole number of 16 bits."""
        with self._lock:
            return self._chances.getrandbits(16)

    def secret(self) -> str:
        """Return a new secret."""
        with self._lock:
            return f"{self._random.getrandbits(256):064x}"
