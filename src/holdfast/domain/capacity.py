"""The sums of the ledger: how many units are in use, how many remain, and whether more fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Protocol

from holdfast.domain.claims import Claim
from holdfast.domain.intervals import Interval, UtcInstant


class TakesUnits(Protocol):
    """Whatever takes units during `[starts_at, ends_at)`: a claim that counts, or a `Use`."""

    @property
    def starts_at(self) -> UtcInstant:
        """The first instant at which the units are taken."""
        ...

    @property
    def ends_at(self) -> UtcInstant:
        """The instant from which they are free again."""
        ...

    @property
    def units(self) -> int:
        """How many units are taken, at least one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Units of one resource taken during one interval, and nothing else about it.

    Raises:
        ValueError: It takes less than one unit, or no time.
    """

    starts_at: UtcInstant
    ends_at: UtcInstant
    units: int

    def __post_init__(self) -> None:
        """Refuse what takes nothing."""
        if self.units < 1:
            raise ValueError(f"A use takes at least one unit, not {self.units}.")
        if self.starts_at >= self.ends_at:
            raise ValueError("A use must end after it starts.")


def peak_units(uses: Iterable[TakesUnits], interval: Interval) -> int:
    """Return the most units in use at any one instant of the interval.

    All uses given count: leave out claims that no longer do. One that ends when another starts
    does not meet it. O(n log n) in the overlapping uses.
    """
    changes: list[tuple[UtcInstant, int]] = []
    for use in uses:
        if _overlaps(use, interval):
            # Whatever began earlier still lasts at the interval's start: no need to cut it there.
            changes.append((use.starts_at, use.units))
            changes.append((use.ends_at, -use.units))
    # At equal instants negative changes sort first: what is given back is free again.
    changes.sort()
    peak = current = 0
    for _, change in changes:
        current += change
        peak = max(peak, current)
    return peak


def remaining_units(cap: int | None, uses: Iterable[TakesUnits], interval: Interval) -> int | None:
    """Return how many more units fit throughout the interval; None when unlimited.

    Over-commitment leaves nothing, never less than nothing.
    """
    if cap is None:
        return None
    return max(0, cap - peak_units(uses, interval))


def beyond_cap(claims: Iterable[Claim], cap: int) -> list[Claim]:
    """Return the claims without which the others never exceed a cap, at any instant.

    Where too many meet, those that were acquired last are named. O(n log n) and, for each claim
    that is named, the claims that it meets.
    """
    beyond: list[Claim] = []
    together: dict[str, Claim] = {}
    ends: list[tuple[UtcInstant, str]] = []
    used = 0
    for claim in sorted(claims, key=lambda one: (one.starts_at, one.claim_id)):
        while ends and ends[0][0] <= claim.starts_at:
            ended = together.pop(heappop(ends)[1], None)
            used -= ended.units if ended else 0
        together[claim.claim_id] = claim
        heappush(ends, (claim.ends_at, claim.claim_id))
        used += claim.units
        while used > cap:
            last = max(together.values(), key=lambda one: (one.acquired_at, one.claim_id))
            del together[last.claim_id]
            used -= last.units
            beyond.append(last)
    return beyond


def _overlaps(use: TakesUnits, interval: Interval) -> bool:
    """Say whether the use and the interval share at least one instant."""
    return use.starts_at < interval.ends_at and interval.starts_at < use.ends_at


def fits(*, cap: int | None, used: int, over_commit: int, units: int) -> bool:
    """Say whether the public may take this many more units.

    The cap alone decides. What staff took beyond it (`over_commit`) makes no room for anybody.

    >>> fits(cap=10, used=9, over_commit=0, units=1)
    True
    >>> fits(cap=10, used=11, over_commit=2, units=1)
    False
    """
    assert used >= 0, "Use is never negative."
    assert units >= 1, "A request takes at least one unit."
    assert cap is None or used <= cap + over_commit, "Use beyond the cap is always recorded."
    return cap is None or used + units <= cap


def lowered_over_commit(*, used: int, cap: int | None, over_commit: int) -> int:
    """Return what over-commitment remains once use has gone down to `used`.

    Every release lowers it first, and none raises it; otherwise a place that was freed while
    too many were taken would be sold again.

    >>> lowered_over_commit(used=11, cap=10, over_commit=3)
    1
    """
    if cap is None:
        return 0
    return min(over_commit, max(0, used - cap))


def spread(cap: int, used: Sequence[int]) -> tuple[int, ...]:
    """Spread a cap over counters: each keeps room for its use, and what is free is dealt evenly.

    >>> spread(10, [3, 0, 0])
    (6, 2, 2)
    """
    free = cap - sum(used)
    assert free >= 0, "what is over its cap is in one counter"
    each, rest = divmod(free, len(used))
    return tuple(units + each + (i < rest) for i, units in enumerate(used))
