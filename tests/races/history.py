"""What clients saw, and whether it can be true: a checker in the manner of Jepsen.

Every client writes down when it asked, what it was told and when; an answer that never came stays
unknown. Capacity adds up, so no search for an order is needed. Three things must hold:

- what was surely taken is never more than there is, at any instant;
- what was acknowledged is there at the end, and what is there has a cause;
- every refusal is justified: at some instant between question and answer there may have been too
  little left.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Seen(StrEnum):
    """What a client knows of its request."""

    TAKEN = "taken"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One request for places. Times are in seconds on the monotonic clock.

    Attributes:
        takes: Units by the name of what is scarce.
        limited_by: What a refusal said was short.
        surely_until: Until when it counts in any case: a hold's expiry, or when its giving back
            was asked for.
        maybe_until: From when it cannot count any more: a hold's expiry unless somebody tried to
            convert it, or when its giving back was acknowledged.
    """

    takes: Mapping[str, int]
    asked_at: float
    told_at: float = math.inf
    seen: Seen = Seen.UNKNOWN
    record_id: str | None = None
    limited_by: str | None = None
    surely_until: float = math.inf
    maybe_until: float = math.inf

    def taken(self, record_id: str, *, at: float) -> None:
        """Note that the places were given."""
        self.seen, self.record_id, self.told_at = Seen.TAKEN, record_id, at

    def refused(self, limited_by: str, *, at: float) -> None:
        """Note that there was too little of something."""
        self.seen, self.limited_by, self.told_at = Seen.REFUSED, limited_by, at

    def lapses(self, at: float) -> None:
        """Note that the places count until then, and no longer."""
        self.surely_until = self.maybe_until = at


@dataclass(slots=True, kw_only=True)
class History:
    """All attempts on a few scarce things.

    Attributes:
        capacities: Units by the name of what is scarce.
    """

    capacities: Mapping[str, int]
    attempts: list[Attempt] = field(default_factory=list)

    def begin(self, takes: Mapping[str, int], *, at: float) -> Attempt:
        """Note that somebody asks."""
        attempt = Attempt(takes=takes, asked_at=at)
        self.attempts.append(attempt)
        return attempt

    def count(self, seen: Seen) -> int:
        """Count the attempts that ended so."""
        return sum(attempt.seen is seen for attempt in self.attempts)

    def faults(self, present: Collection[str]) -> list[str]:
        """Return what cannot be true, given the records that are there at the end."""
        return [*self._oversold(), *self._lost(present), *self._refused_for_nothing()]

    def _oversold(self) -> Iterator[str]:
        for name, capacity in self.capacities.items():
            spans = [
                (attempt.told_at, attempt.surely_until, attempt.takes[name])
                for attempt in self.attempts
                if attempt.seen is Seen.TAKEN and name in attempt.takes
            ]
            peak, at = _peak(spans, ends_first=True)
            if peak > capacity:
                yield f"oversold: {peak} of {capacity} on {name} at {at:.6f}"

    def _lost(self, present: Collection[str]) -> Iterator[str]:
        taken = [attempt for attempt in self.attempts if attempt.seen is Seen.TAKEN]
        for attempt in taken:
            is_forever = attempt.surely_until == math.inf
            if is_forever and attempt.record_id not in present:
                yield f"lost: {attempt.record_id}, acknowledged at {attempt.told_at:.6f}"
        known = {attempt.record_id for attempt in taken}
        unexplained = sorted(set(present) - known)
        if len(unexplained) > self.count(Seen.UNKNOWN):
            yield f"without a cause: {unexplained}"

    def _refused_for_nothing(self) -> Iterator[str]:
        spans = {
            name: [
                (attempt.asked_at, attempt.maybe_until, attempt.takes[name])
                for attempt in self.attempts
                if attempt.seen is not Seen.REFUSED and name in attempt.takes
            ]
            for name in self.capacities
        }
        for attempt in self.attempts:
            if attempt.seen is not Seen.REFUSED:
                continue
            name = attempt.limited_by
            if name is None or name not in attempt.takes:
                yield f"refused for want of {name}, which was not asked for"
                continue
            window = _within(spans[name], attempt.asked_at, attempt.told_at)
            most, _ = _peak(window, ends_first=False)
            if most + attempt.takes[name] <= self.capacities[name]:
                yield (
                    f"refused for nothing: {attempt.takes[name]} of {name} from"
                    f" {attempt.asked_at:.6f} to {attempt.told_at:.6f}, when at most {most} of"
                    f" {self.capacities[name]} can have been taken"
                )


Span = tuple[float, float, int]


def _within(spans: Iterable[Span], since: float, until: float) -> list[Span]:
    """Cut spans to a window, whose both ends belong to it."""
    return [
        (max(begun, since), ended, units)
        for begun, ended, units in spans
        if begun <= until and ended >= since
    ]


def _peak(spans: Iterable[Span], *, ends_first: bool) -> tuple[int, float]:
    """Return the most units at one instant, and that instant.

    With `ends_first` what ends at an instant does not meet what begins then; what is sure is summed
    up so, and what is possible the other way round.
    """
    changes: list[tuple[float, int]] = []
    for begun, ended, units in spans:
        if begun <= ended:
            changes += [(begun, units), (ended, -units)]
    changes.sort(key=lambda change: (change[0], change[1] if ends_first else -change[1]))
    used = peak = 0
    peak_at = 0.0
    for at, units in changes:
        used += units
        if used > peak:
            peak, peak_at = used, at
    return peak, peak_at
