"""Proving a capacity key: no instant was oversold, and its row says what its claims do."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from holdfast.domain.claims import LONGEST_CLAIM, Claim, ClaimOwner, is_use_key
from holdfast.domain.proving.findings import (
    CLAIMS_SHOWN_MAX,
    CLOCK_TOLERANCE,
    Finding,
    Steps,
    lowerings,
)

# One wrong key is shown with so many instants.
SHOWN_PER_KEY_MAX = 10


def stops_counting_at(claim: Claim) -> datetime | None:
    """Return when a claim ceased, or will cease, to take capacity; None is never."""
    ends = [end for end in (claim.released_at, claim.counts_until) if end is not None]
    return min(ends, default=None)


class KeyProof:
    """One capacity key: that at no instant of the ledger's time any booked instant was oversold.

    Claims come sorted by their start. What covers a booked instant changes only where a claim
    starts or ends, and grows only where one starts: so each start is looked at, with the few
    claims that cover it, over the whole of the ledger's time. The places in a slot are one thing,
    whatever the claims' intervals say, and are looked at once; so are the units of one date.
    The cap of a counter may fall below what is in use: its row says how much is over-committed.
    """

    def __init__(self, key: str, *, caps: Steps[int | None], is_counter: bool) -> None:
        self.key = key
        self.unreleased = Counter[str]()
        self.first_live: Claim | None = None
        self._caps = caps
        self._is_counter = is_counter
        self._is_limited = any(cap is not None for cap in caps.values)
        self._falls = () if is_counter else lowerings(caps)
        self._window: list[Claim] = []
        self._point: datetime | None = None
        self._shown: set[datetime] = set()

    def add(self, claim: Claim, *, now: datetime) -> Iterator[Finding]:
        """Take in the next claim, by its start."""
        self.unreleased[claim.key] += claim.units if claim.released_at is None else 0
        if self.first_live is None and claim.counts_at(now):
            self.first_live = claim
        if not self._is_limited:
            return
        if not self._is_counter and claim.starts_at != self._point:
            yield from self._look(until=claim.starts_at)
            self._point = claim.starts_at
            self._keep(claim.starts_at)
        self._window.append(claim)

    def finish(self) -> Iterator[Finding]:
        """Look at what is left."""
        if self._is_limited:
            yield from self._look(until=None)

    def _look(self, *, until: datetime | None) -> Iterator[Finding]:
        """Look at the last start, and at the instants from it on at which the cap went down."""
        if not self._window:
            return
        yield from self._sweep(self._point)
        first = bisect_right(self._falls, self._point) if self._point is not None else 0
        for instant in self._falls[first:]:
            if until is not None and instant >= until:
                break
            self._keep(instant)
            yield from self._sweep(instant)

    def _keep(self, instant: datetime) -> None:
        self._window = [claim for claim in self._window if claim.ends_at > instant]

    def _sweep(self, booked_at: datetime | None) -> Iterator[Finding]:
        for at, used, cap in _excesses(self._window, self._caps, booked_at, self._falls):
            if at in self._shown or len(self._shown) >= SHOWN_PER_KEY_MAX:
                continue
            self._shown.add(at)
            where = "" if booked_at is None else f" for {booked_at.isoformat()}"
            yield Finding(
                "capacity.oversold",
                self.key,
                f"At {at.isoformat()} {used} unit(s) were claimed{where}, where {cap} was the"
                f" capacity: {_names_at(self._window, at)}.",
            )


def _excesses(
    claims: Sequence[Claim],
    caps: Steps[int | None],
    booked_at: datetime | None,
    falls: Sequence[datetime],
) -> Iterator[tuple[datetime, int, int]]:
    """Yield (instant, units, cap) where claims that cover one booked instant were too many.

    Looked at is every instant at which one was acquired that is not `over`, and every one at
    which the cap went down, unless what was booked lay in the past already.
    """
    changes: list[tuple[datetime, int, bool]] = [
        (at, 0, False) for at in falls if booked_at is None or booked_at >= at
    ]
    for claim in claims:
        end = stops_counting_at(claim)
        if end is None or end > claim.acquired_at:
            changes.append((claim.acquired_at, claim.units, claim.is_over))
            if end is not None:
                changes.append((end, -claim.units, claim.is_over))
    changes.sort(key=itemgetter(0))
    used = over = 0
    for at, same in groupby(changes, key=itemgetter(0)):
        over_before = over
        is_taken = is_lowered = False
        for _, units, is_over in same:
            used += units
            over += units if is_over else 0
            is_taken |= units > 0 and not is_over
            is_lowered |= units == 0
        # Who came first at one instant is not known. So what was taken over the limit just then
        # is left out, and the larger cap is taken; what a lowered cap must allow is all the rest.
        cap, counted = _largest(caps.around(at)), used - max(0, over - over_before)
        if is_taken and cap is not None and counted > cap:
            yield at, counted, cap
            continue
        cap, counted = caps.at(at), used - over
        if is_lowered and cap is not None and counted > cap:
            yield at, counted, cap


def _largest(caps: Sequence[int | None]) -> int | None:
    return None if None in caps else max(cap for cap in caps if cap is not None)


def _names_at(claims: Sequence[Claim], at: datetime) -> str:
    names = []
    for claim in claims:
        end = stops_counting_at(claim)
        if claim.acquired_at <= at and (end is None or at < end):
            names.append(claim.claim_id)
    more = f" and {len(names) - CLAIMS_SHOWN_MAX} more" if len(names) > CLAIMS_SHOWN_MAX else ""
    return ", ".join(names[:CLAIMS_SHOWN_MAX]) + more


def claim_faults(claim: Claim, *, caps: Steps[int | None], now: datetime) -> Iterator[Finding]:
    """Find what is wrong with a claim by itself."""

    def wrong(kind: str, detail: str) -> Finding:
        return Finding(kind, claim.claim_id, detail)

    if claim.ends_at - claim.starts_at > LONGEST_CLAIM:
        yield wrong(
            "claim.too_long",
            f"It takes {claim.ends_at - claim.starts_at}; no search for overlaps looks further"
            f" back than {LONGEST_CLAIM}.",
        )
    if not _is_looked_for(claim):
        yield wrong(
            "claim.wrong_key",
            f"It is kept under '{claim.key}', where nobody looks for claims of"
            f" {claim.resource_id or 'places in a slot'}.",
        )
    if claim.released_at is not None and claim.released_at < claim.acquired_at:
        yield wrong(
            "claim.reversed",
            f"It was released at {claim.released_at.isoformat()}, before it was acquired at"
            f" {claim.acquired_at.isoformat()}.",
        )
    if claim.converted_at is not None and claim.converted_at < claim.acquired_at:
        yield wrong(
            "claim.reversed",
            f"It was converted at {claim.converted_at.isoformat()}, before it was acquired at"
            f" {claim.acquired_at.isoformat()}.",
        )
    last = max(at for at in (claim.acquired_at, claim.released_at, claim.converted_at) if at)
    if last > now + CLOCK_TOLERANCE:
        yield wrong("claim.in_the_future", f"It was written at {last.isoformat()}, after now.")
    if claim.is_over and not (claim.actor_id and (claim.reason or "").strip()):
        yield wrong("claim.over_unexplained", "It is over the limit, and nobody says why.")
    was_exclusive = {cap == 1 and not claim.is_over for cap in caps.around(claim.acquired_at)}
    if claim.key.startswith("res:") and claim.is_exclusive not in was_exclusive:
        said = "exclusive" if claim.is_exclusive else "shared"
        yield wrong(
            "claim.exclusiveness", f"It says {said}; when it was acquired, its resource was not."
        )


def _is_looked_for(claim: Claim) -> bool:
    """Whether a claim is under a key where claims of its kind are looked for."""
    if claim.resource_id is None:
        return claim.key.startswith("slot:") or is_use_key(claim.key)
    if claim.key == f"closed:{claim.resource_id}":
        return claim.owner_kind is ClaimOwner.BLOCK
    is_on_a_date = claim.key.startswith(f"day:{claim.resource_id}:")
    return is_on_a_date or claim.key == f"res:{claim.resource_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityRow:
    """One capacity row as it stands."""

    key: str
    is_counter: bool
    used: int
    cap: int | None
    over_commit: int
    decided_at: datetime | None


def counter_faults(
    row: CapacityRow, *, unreleased_units: int, capacity: int | None, now: datetime
) -> Iterator[Finding]:
    """Find what is wrong with a capacity row, beside its claims and its definition's capacity."""

    def wrong(kind: str, detail: str) -> Finding:
        return Finding(kind, row.key, detail)

    if row.decided_at is not None and row.decided_at > now + CLOCK_TOLERANCE:
        yield wrong(
            "clock.ahead",
            f"Its last decision was at {row.decided_at.isoformat()}, and now it is"
            f" {now.isoformat()}: 'holdfast clock' can reset it.",
        )
    if not row.is_counter:
        if row.used or row.cap is not None or row.over_commit:
            yield wrong("counter.of_guard", "A guard counts nothing, and this one does.")
        return
    if row.cap != capacity:
        yield wrong("counter.cap", f"Its cap is {row.cap}, and by its definition {capacity}.")
    if row.cap is None:
        return
    if row.used != unreleased_units:
        yield wrong(
            "counter.used",
            f"It says {row.used} in use; the claims that are not released are {unreleased_units}.",
        )
    if not 0 <= row.used <= row.cap + row.over_commit:
        yield wrong(
            "counter.out_of_range",
            f"It says {row.used} in use, of {row.cap} and {row.over_commit} over-committed.",
        )
    if row.over_commit > max(0, row.used - row.cap):
        yield wrong(
            "counter.over_commit",
            f"It says {row.over_commit} over-committed, with {row.used} in use of {row.cap}.",
        )
