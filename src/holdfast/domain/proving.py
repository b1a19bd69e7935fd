"""Proving from history: was any instant ever oversold, and do claims say what their owners do?

Nothing here trusts what the engine decided: the rules are told a second time, and more simply.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from itertools import groupby
from operator import itemgetter
from typing import Generic, TypeVar

from holdfast.domain.claims import LONGEST_CLAIM, Claim, ClaimOwner
from holdfast.domain.ids import EPOCH, ResourceId, SlotId
from holdfast.domain.offerings import Counting
from holdfast.domain.requirements import Per, Requirement

# A clock may differ by so much from the one that decided.
CLOCK_TOLERANCE = timedelta(seconds=5)
# One wrong key is shown with so many instants, and each of those with so many claims.
SHOWN_PER_KEY_MAX = 10
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


UNLIMITED: Steps[int | None] = Steps((EPOCH,), (None,))


def lowerings(caps: Steps[int | None]) -> tuple[datetime, ...]:
    """Return the instants at which a cap went down."""
    pairs = zip(caps.values, caps.values[1:], caps.instants[1:], strict=False)
    return tuple(at for old, new, at in pairs if new is not None and (old is None or new < old))


def stops_counting_at(claim: Claim) -> datetime | None:
    """Return when a claim ceased, or will cease, to take capacity; None is never."""
    ends = [end for end in (claim.released_at, claim.counts_until) if end is not None]
    return min(ends, default=None)


class KeyProof:
    """One capacity key: that at no instant of the ledger's time any booked instant was oversold.

    Claims come sorted by their start. What covers a booked instant changes only where a claim
    starts or ends, and grows only where one starts: so each start is looked at, with the few
    claims that cover it, over the whole of the ledger's time. The places in a slot are one thing,
    whatever the claims' intervals say, and are looked at once.
    """

    def __init__(self, key: str, *, caps: Steps[int | None], is_counter: bool) -> None:
        self.key = key
        self.unreleased_units = 0
        self.first_live: Claim | None = None
        self._caps = caps
        self._is_counter = is_counter
        self._is_limited = any(cap is not None for cap in caps.values)
        self._lowerings = () if is_counter else lowerings(caps)
        self._window: list[Claim] = []
        self._point: datetime | None = None
        self._shown: set[datetime] = set()

    def add(self, claim: Claim, *, now: datetime) -> Iterator[Finding]:
        """Take in the next claim, by its start."""
        if claim.released_at is None:
            self.unreleased_units += claim.units
            if claim.counts_at(now) and self.first_live is None:
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
        first = bisect_right(self._lowerings, self._point) if self._point is not None else 0
        for instant in self._lowerings[first:]:
            if until is not None and instant >= until:
                break
            self._keep(instant)
            yield from self._sweep(instant)

    def _keep(self, instant: datetime) -> None:
        self._window = [claim for claim in self._window if claim.ends_at > instant]

    def _sweep(self, booked_at: datetime | None) -> Iterator[Finding]:
        for at, used, cap in _excesses(self._window, self._caps, booked_at):
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
    claims: Sequence[Claim], caps: Steps[int | None], booked_at: datetime | None
) -> Iterator[tuple[datetime, int, int]]:
    """Yield (instant, units, cap) where claims that cover one booked instant were too many.

    Looked at is every instant at which one was acquired that is not `over`, and every one at
    which the cap went down, unless what was booked lay in the past already.
    """
    changes: list[tuple[datetime, int, bool]] = [
        (at, 0, False) for at in lowerings(caps) if booked_at is None or booked_at >= at
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
    if claim.key not in _keys_of(claim):
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
    was_exclusive = {cap == 1 for cap in caps.around(claim.acquired_at)}
    if claim.key.startswith("res:") and claim.is_exclusive not in was_exclusive:
        said = "exclusive" if claim.is_exclusive else "shared"
        yield wrong(
            "claim.exclusiveness", f"It says {said}; when it was acquired, its resource was not."
        )


def _keys_of(claim: Claim) -> tuple[str, ...]:
    """Return the keys that a claim may be under."""
    if claim.resource_id is None:
        return (claim.key if claim.key.startswith("slot:") else "slot:…",)
    if claim.owner_kind is ClaimOwner.BLOCK:
        return (f"res:{claim.resource_id}", f"closed:{claim.resource_id}")
    return (f"res:{claim.resource_id}",)


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
    """Find what is wrong with a capacity row, beside the claims on it and its slot's capacity."""

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
        yield wrong("counter.cap", f"Its cap is {row.cap}, and its slot's capacity {capacity}.")
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


ClaimShape = tuple[str, int, datetime, datetime]
"""Key, units, start and end: what a claim takes."""


def shape_of(claim: Claim) -> ClaimShape:
    """Return what a claim takes."""
    return (claim.key, claim.units, claim.starts_at, claim.ends_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferingThen:
    """What an offering asked for at one time."""

    counting: Counting
    buffer_before: timedelta
    buffer_after: timedelta
    requirements: tuple[Requirement, ...]

    @classmethod
    def of(cls, state: Mapping[str, object]) -> OfferingThen:
        """Read it from the plain form that the audit keeps.

        Raises:
            KeyError, TypeError, ValueError: It is not the plain form of an offering.
        """
        requirements = state["requirements"]
        if not isinstance(requirements, list):
            raise TypeError("requirements are a list")
        return cls(
            counting=Counting(str(state["counting"])),
            buffer_before=_length(state["buffer_before"]),
            buffer_after=_length(state["buffer_after"]),
            requirements=tuple(
                Requirement(
                    resource_id=ResourceId(row["resource_id"]),
                    quantity=row["quantity"],
                    per=Per(row["per"]),
                )
                for row in requirements
                if row["resource_id"] is not None
            ),
        )

    def of_slot(self) -> tuple[Requirement, ...]:
        """Return what an open slot itself takes: rooms and staff."""
        if self.counting is Counting.RESOURCES:
            return ()
        return tuple(item for item in self.requirements if item.per is Per.BOOKING)

    def claims_of_booking(
        self, slot_id: SlotId, *, party_size: int, starts_at: datetime, ends_at: datetime
    ) -> Counter[ClaimShape]:
        """Return what a hold or booking takes."""
        taken: Counter[ClaimShape] = Counter()
        if self.counting is Counting.PLACES:
            taken[f"slot:{slot_id}", party_size, starts_at, ends_at] += 1
        for item in self.requirements:
            if item not in self.of_slot():
                units = item.units(party_size)
                taken += self._padded(item.named_ids[0], units, starts_at, ends_at)
        return taken

    def claims_of_slot(self, *, starts_at: datetime, ends_at: datetime) -> Counter[ClaimShape]:
        """Return what an open slot takes."""
        taken: Counter[ClaimShape] = Counter()
        for item in self.of_slot():
            taken += self._padded(item.named_ids[0], item.quantity, starts_at, ends_at)
        return taken

    def _padded(
        self, resource_id: ResourceId, units: int, starts_at: datetime, ends_at: datetime
    ) -> Counter[ClaimShape]:
        begin, end = starts_at - self.buffer_before, ends_at + self.buffer_after
        return cut(f"res:{resource_id}", units, begin, end)


def _length(seconds: object) -> timedelta:
    if not isinstance(seconds, int | float):
        raise TypeError("a length is a number of seconds")
    return timedelta(seconds=seconds)


def cut(key: str, units: int, starts_at: datetime, ends_at: datetime) -> Counter[ClaimShape]:
    """Return a stretch of time as claims that are not too long."""
    pieces: Counter[ClaimShape] = Counter()
    while starts_at < ends_at:
        end = min(starts_at + LONGEST_CLAIM, ends_at)
        pieces[key, units, starts_at, end] += 1
        starts_at = end
    return pieces


class Duty(Enum):
    """What an owner has to do with its claims."""

    KEEP = "keep"
    KEEP_UNLESS_LAPSED = "keep_unless_lapsed"
    KEEP_ALL_OR_NONE = "keep_all_or_none"
    GIVE_BACK = "give_back"
    HAVE_NONE = "have_none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """What a hold, booking, block or slot says of its claims.

    Attributes:
        name: The record's id.
        options: What its claims take; any of these will do, if its offering changed just then.
        counts_until: Until when its unreleased claims count by themselves.
    """

    name: str
    kind: ClaimOwner
    duty: Duty
    options: Sequence[Counter[ClaimShape]] = (Counter(),)
    counts_until: datetime | None = None


def owner_faults(owner: Owner, claims: Sequence[Claim]) -> Iterator[Finding]:
    """Find where an owner and its claims disagree. `claims` are all that it has, and had."""
    for claim in claims:
        if claim.owner_kind is not owner.kind:
            yield Finding(
                "claim.wrong_owner",
                claim.claim_id,
                f"It says that it belongs to a {claim.owner_kind}; {owner.name} is a {owner.kind}.",
            )
    kept = [claim for claim in claims if claim.released_at is None]
    if owner.duty in {Duty.GIVE_BACK, Duty.HAVE_NONE} and kept:
        yield Finding(
            "owner.still_claims",
            owner.name,
            f"This {owner.kind} is over, and {len(kept)} claim(s) of it are not released:"
            f" {', '.join(claim.claim_id for claim in kept[:CLAIMS_SHOWN_MAX])}.",
        )
        return
    if not owner.options:
        detail = f"Nobody knows what this {owner.kind} takes: its definition has no history."
        yield Finding("owner.no_definition", owner.name, detail)
        return
    for claim in kept:
        if claim.counts_until != owner.counts_until:
            yield Finding(
                "claim.counts_until",
                claim.claim_id,
                f"It counts until {_instant(claim.counts_until)}, and its {owner.kind}"
                f" {owner.name} until {_instant(owner.counts_until)}.",
            )
    found = Counter(map(shape_of, _kept_to(owner, claims)))
    if owner.duty is Duty.KEEP_ALL_OR_NONE and not found:
        return
    is_right = found in owner.options
    if owner.duty is Duty.GIVE_BACK:  # it may have had others before
        is_right = any(not option - found for option in owner.options)
    if not is_right:
        yield Finding(
            "owner.claims",
            owner.name,
            f"By its history this {owner.kind} takes {_shapes(owner.options[0])}; its claims take"
            f" {_shapes(found)}.",
        )


def _kept_to(owner: Owner, claims: Sequence[Claim]) -> list[Claim]:
    """Return the claims that have to be what the owner says."""
    if owner.duty in {Duty.GIVE_BACK, Duty.HAVE_NONE}:
        return list(claims)
    until = owner.counts_until if owner.duty is Duty.KEEP_UNLESS_LAPSED else None
    return [
        claim
        for claim in claims
        if claim.released_at is None or (until is not None and claim.released_at >= until)
    ]


def _instant(instant: datetime | None) -> str:
    return "ever" if instant is None else instant.isoformat()


def _shapes(shapes: Counter[ClaimShape]) -> str:
    said = [
        f"{units} of {key} from {starts_at.isoformat()} to {ends_at.isoformat()}"
        for key, units, starts_at, ends_at in sorted(shapes.elements())
    ]
    more = f" and {len(said) - CLAIMS_SHOWN_MAX} more" if len(said) > CLAIMS_SHOWN_MAX else ""
    return "; ".join(said[:CLAIMS_SHOWN_MAX]) + more if said else "no claims"
