"""What a proof finds, and values over the ledger's time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from holdfast.domain.ids import EPOCH

# A clock may differ by so much from the one that decided.
CLOCK_TOLERANCE = timedelta(seconds=5)
# Of one thing that is wrong so many claims are named.
CLAIMS_SHOWN_MAX = 5

V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One thing that should never be.

    Attributes:
        kind: A stable dotted name, such as `capacity.oversold`.
        tenant_id: Whose books are wrong.
        key: The capacity key or the record that it is about.
        detail: What is wrong, in a sentence.
    """

    kind: str
    tenant_id: str
    key: str
    detail: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A violation before it is known whose it is."""

    kind: str
    key: str
    detail: str


@dataclass(frozen=True, slots=True)
class Steps(Generic[V]):
    """A value over the ledger's time: each holds from its instant on, the first from ever."""

    instants: tuple[datetime, ...]
    values: tuple[V, ...]

    def at(self, instant: datetime) -> V:
        """Return the value that an instant leaves behind."""
        return self.values[max(0, bisect_right(self.instants, instant) - 1)]

    def around(self, instant: datetime) -> tuple[V, ...]:
        """Return the values that held at an instant: the one before it, and each set at it."""
        first = max(0, bisect_left(self.instants, instant) - 1)
        return self.values[first : max(1, bisect_right(self.instants, instant))]

    def near(self, instant: datetime) -> tuple[V, ...]:
        """Return the values that somebody may have read who decided at an instant.

        What is read without its lock may be as old, or as new, as a transaction lasts.
        """
        first = max(0, bisect_left(self.instants, instant - CLOCK_TOLERANCE) - 1)
        last = bisect_right(self.instants, instant + CLOCK_TOLERANCE)
        return self.values[first : max(1, last)]


UNLIMITED: Steps[int | None] = Steps((EPOCH,), (None,))


def lowerings(caps: Steps[int | None]) -> tuple[datetime, ...]:
    """Return the instants at which a cap went down."""
    pairs = zip(caps.values, caps.values[1:], caps.instants[1:], strict=False)
    return tuple(at for old, new, at in pairs if new is not None and (old is None or new < old))
