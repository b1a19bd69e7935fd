"""The proof by key: was any instant oversold, and do counters agree with the claims?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import chain

from holdfast.domain.claims import Claim, is_use_key
from holdfast.domain.history import AuditEntry
from holdfast.domain.offerings import Counting
from holdfast.domain.prices import QUOTA_MAX
from holdfast.domain.promo_codes import USES_MAX
from holdfast.domain.proving import (
    UNLIMITED,
    CapacityRow,
    Finding,
    KeyProof,
    Steps,
    claim_faults,
    counter_faults,
    slot_part,
)
from holdfast.domain.replaying import Replay, State, replay
from holdfast.domain.slots import SlotStatus
from holdfast.engine.ports import Where
from holdfast.engine.proving.histories import (
    Histories,
    capacity_in,
    capacity_of_resource,
    caps_of_date,
)
from holdfast.engine.proving.report import Notebook
from holdfast.engine.proving.store import ProofStore
from holdfast.engine.proving.streams import Groups, side_by_side

# So many slots are looked up at once.
CHUNK = 200


class KeysProof:
    """The proof of one business's capacity keys."""

    def __init__(self, store: ProofStore, notebook: Notebook, histories: Histories) -> None:
        self._store = store
        self._notebook = notebook
        self._histories = histories
        self._now = store.now()
        self._in_use = list[tuple[str, str, datetime]]()

    def run(self) -> None:
        """Prove every key that a claim or a capacity row is under."""
        store, counted = self._store, self._notebook.counted
        definitions = chain(
            *(store.audit_by_subject(kind) for kind in ("day", "promo_code", "resource", "slot"))
        )
        for key, claims, rows, entries in side_by_side(
            Groups(counted(store.claims_by_key()), lambda claim: slot_part(claim.key)),
            Groups(counted(store.capacity_rows()), lambda row: slot_part(row.key)),
            Groups(definitions, _key_of),
        ):
            self._prove(key, claims, list(rows), list(entries))
        self._prove_rooms()

    def _prove(
        self,
        key: str,
        claims: Iterator[Claim],
        rows: Sequence[CapacityRow],
        entries: Sequence[AuditEntry],
    ) -> None:
        """Prove one key from its claims, its capacity rows and its definition's history."""
        found = self._notebook.found
        definition = replay(entries)
        caps = self._caps(key, definition)
        is_slot, is_date = key.startswith("slot:"), key.startswith("day:")
        is_use = is_use_key(key)
        proof = KeyProof(key, caps=caps or UNLIMITED, is_counter=is_slot or is_date or is_use)
        count = 0
        for claim in claims:
            count += 1
            found(claim_faults(claim, caps=caps or UNLIMITED, now=self._now))
            found(proof.add(claim, now=self._now))
        found(proof.finish())
        self._notebook.tally.keys += 1
        self._notebook.tally.claims += count
        if count and caps is None and not key.startswith("closed:"):
            detail = f"{count} claim(s) are under it, and what it counts has no history."
            found([Finding("key.unknown", key, detail)])
        state = definition.last
        capacity = caps.values[-1] if caps is not None and (is_slot or is_date) else None
        if is_slot and state is not None and any(row.cap is None for row in rows):
            capacity = capacity if self._counts_places(state) else None
        if is_date and caps is not None and _has_begun(key, self._now):
            # A new capacity is carried over to coming days; a day that is over keeps what it had.
            capacity = next((row.cap for row in rows if row.cap in caps.values), capacity)
        if is_use and caps is not None:
            capacity = _cap_of_uses(key, rows, caps)
        found(self._row_faults(key, rows, proof.unreleased, capacity=capacity))
        is_called_off = state is not None and state.get("status") == SlotStatus.CANCELLED
        if is_slot and state and proof.first_live is not None and not is_called_off:
            self._prove_rooms_later(state, proof.first_live)

    def _caps(self, key: str, definition: Replay) -> Steps[int | None] | None:
        """Return how many units there were over time; None if the key means nothing known."""
        read = capacity_of_resource if key.startswith("res:") else capacity_in
        own = definition.steps(read) if definition.states else None
        if is_use_key(key):
            return self._caps_of_uses(key)
        if not key.startswith("day:"):
            return own
        resource_id, _, day = key.removeprefix("day:").rpartition(":")
        self._histories.load({resource_id})
        try:
            ends_at = self._histories.end_of(date.fromisoformat(day), resource_id)
        except ValueError:
            return None  # no date, or none that ever was
        return caps_of_date(own, self._histories.capacities(resource_id), ends_at=ends_at)

    def _caps_of_uses(self, key: str) -> Steps[int | None] | None:
        """Return how many uses of a code, in all or by one customer, or tickets there were."""
        kind, name, part = [*key.split(":", 2), ""][:3]
        self._histories.load({name})
        if kind == "promo":
            limit = "uses_per_customer_max" if part else "uses_max"
            return self._histories.steps_of(name, lambda state: _count_in(state, limit, USES_MAX))
        offering_id = str(self._histories.last_of(name, "offering_id"))
        self._histories.load({offering_id})
        return self._histories.steps_of(offering_id, lambda state: _quota_in(state, part))

    def _row_faults(
        self,
        key: str,
        rows: Sequence[CapacityRow],
        unreleased: Counter[str],
        *,
        capacity: int | None,
    ) -> Iterator[Finding]:
        """Find what is wrong with the rows of a key: one, or as many as a slot has counters."""
        now, caps = self._now, [row.cap for row in rows if row.cap is not None]
        is_spread = any(row.key != key for row in rows)
        for row in rows:
            units = unreleased[row.key]
            # Nobody has counted on it yet, or another row counts for it.
            is_idle = row.cap is None and not row.used and not units
            is_late = row.key.startswith("day:") or is_use_key(row.key)
            own = row.cap if is_spread or (is_idle and is_late) else capacity
            yield from counter_faults(row, unreleased_units=units, capacity=own, now=now)
        if is_spread and capacity is not None and sum(caps) != capacity:
            detail = f"Its counters have caps of {sum(caps)} in all; its slot has {capacity}."
            yield Finding("counter.cap", key, detail)
        missing = sorted(set(unreleased) - {row.key for row in rows})
        if missing and capacity is not None:
            detail = f"There are {capacity}, and no row counts what is claimed."
            yield Finding("counter.missing", missing[0], detail)

    def _counts_places(self, slot: State) -> bool:
        """Whether a slot's capacity means anything: not if its resources alone limit it."""
        offering_id = str(slot["offering_id"])
        self._histories.load({offering_id})
        offerings = self._histories.offerings(offering_id, self._now)
        return any(offering.counting is Counting.PLACES for offering in offerings)

    def _prove_rooms_later(self, slot: State, claim: Claim) -> None:
        """Remember a slot in use, to look at its rooms together with others'."""
        self._in_use.append((str(slot["slot_id"]), str(slot["offering_id"]), claim.acquired_at))
        if len(self._in_use) >= CHUNK:
            self._prove_rooms()

    def _prove_rooms(self) -> None:
        """Prove that slots in which places are taken have taken rooms and staff."""
        in_use, self._in_use = self._in_use, []
        self._histories.load({offering_id for _, offering_id, _ in in_use})
        reads = [Where(Claim, "owner_id", slot_id) for slot_id, _, _ in in_use]
        loaded = self._store.load(reads)
        for (slot_id, offering_id, at), read in zip(in_use, reads, strict=True):
            offerings = self._histories.offerings(offering_id, at)
            needs_some = [
                any(item.is_required for item in offering.of_slot()) for offering in offerings
            ]
            if needs_some and all(needs_some) and not loaded[read]:
                detail = "Places in it are taken, and its rooms and staff are not."
                self._notebook.found([Finding("slot.without_rooms", slot_id, detail)])


def _count_in(state: State, name: str, usual: int) -> int:
    """Return a limit of a promo code in a state; what is not limited has the largest."""
    count = state.get(name)
    return count if isinstance(count, int) else usual


def _quota_in(state: State, tier: str) -> int:
    """Return how many tickets of a tier an offering has in a state."""
    tiers = state.get("ticket_tiers")
    for one in tiers if isinstance(tiers, list) else []:
        if isinstance(one, dict) and one.get("key") == tier:
            return _count_in(one, "quota", QUOTA_MAX)
    return QUOTA_MAX


def _cap_of_uses(key: str, rows: Sequence[CapacityRow], caps: Steps[int | None]) -> int | None:
    """Return what a counter of uses has to allow.

    A customer's limit is judged by its definition and never by the counter. Tickets of a slot that
    is over keep the quota that they had.
    """
    if key.startswith("promo:"):
        return USES_MAX if key.count(":") > 1 else caps.values[-1]
    return next((row.cap for row in rows if row.cap in caps.values), caps.values[-1])


def _has_begun(key: str, now: datetime) -> bool:
    """Whether a date's key is of a day that has begun somewhere."""
    return date.fromisoformat(key.rpartition(":")[2]) <= now.date()


def _key_of(entry: AuditEntry) -> str:
    """Return the capacity key that a resource, a slot or a calendar's day defines."""
    if entry.subject_kind == "day":
        return "day:" + entry.subject_id.replace("@", ":")
    prefixes = {"resource": "res", "promo_code": "promo"}
    return f"{prefixes.get(entry.subject_kind, 'slot')}:{entry.subject_id}"
