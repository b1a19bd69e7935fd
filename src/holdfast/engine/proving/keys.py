"""The proof by key: was any instant oversold, and do counters agree with the claims?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from operator import attrgetter

from holdfast.domain.claims import Claim
from holdfast.domain.history import AuditEntry
from holdfast.domain.offerings import Counting
from holdfast.domain.proving import (
    UNLIMITED,
    CapacityRow,
    Finding,
    KeyProof,
    claim_faults,
    counter_faults,
)
from holdfast.domain.replaying import State, replay
from holdfast.engine.ports import Where
from holdfast.engine.proving.histories import Histories, capacity_in
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
        definitions = chain(store.audit_by_subject("resource"), store.audit_by_subject("slot"))
        for key, claims, rows, entries in side_by_side(
            Groups(counted(store.claims_by_key()), attrgetter("key")),
            Groups(counted(store.capacity_rows()), attrgetter("key")),
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
        """Prove one key from its claims, its capacity row and its definition's history."""
        found = self._notebook.found
        definition = replay(entries)
        caps = definition.steps(capacity_in) if definition.states else UNLIMITED
        is_slot = key.startswith("slot:")
        proof = KeyProof(key, caps=caps, is_counter=is_slot)
        count = 0
        for claim in claims:
            count += 1
            found(claim_faults(claim, caps=caps, now=self._now))
            found(proof.add(claim, now=self._now))
        found(proof.finish())
        self._notebook.tally.keys += 1
        self._notebook.tally.claims += count
        state = definition.last
        capacity = capacity_in(state) if is_slot and state else None
        if capacity is not None and state and any(row.cap is None for row in rows):
            capacity = capacity if self._counts_places(state) else None
        for row in rows:
            units = proof.unreleased_units
            found(counter_faults(row, unreleased_units=units, capacity=capacity, now=self._now))
        if count and state is None and not key.startswith("closed:"):
            detail = f"{count} claim(s) are under it, and there is no such resource or slot."
            found([Finding("key.unknown", key, detail)])
        if count and capacity is not None and not rows:
            detail = f"Its slot has {capacity} places, and no row counts them."
            found([Finding("counter.missing", key, detail)])
        if is_slot and state is not None and proof.first_live is not None:
            self._prove_rooms_later(state, proof.first_live)

    def _counts_places(self, slot: State) -> bool:
        """Whether a slot's capacity means anything: not if its resources alone limit it."""
        offering_id = str(slot["offering_id"])
        self._histories.load({offering_id})
        offerings = self._histories.offerings(offering_id, [self._now])
        return any(offering.counting is Counting.PLACES for offering in offerings)

    def _prove_rooms_later(self, slot: State, claim: Claim) -> None:
        """Remember a slot in use, to look at its rooms together with others'."""
        self._in_use.append((str(slot["slot_id"]), str(slot["offering_id"]), claim.acquired_at))
        if len(self._in_use) >= CHUNK:
            self._prove_rooms()

    def _prove_rooms(self) -> None:
        """Prove that slots in which places are taken have taken their rooms and staff."""
        in_use, self._in_use = self._in_use, []
        self._histories.load({offering_id for _, offering_id, _ in in_use})
        reads = [Where(Claim, "owner_id", slot_id) for slot_id, _, _ in in_use]
        loaded = self._store.load(reads)
        for (slot_id, offering_id, at), read in zip(in_use, reads, strict=True):
            taken = {row.key for row in loaded[read] if isinstance(row, Claim)}
            needed = [
                {f"res:{item.resource_id}" for item in offering.of_slot()}
                for offering in self._histories.offerings(offering_id, [at])
            ]
            if needed and not any(keys <= taken for keys in needed):
                detail = "Places in it are taken, and its rooms and staff are not."
                self._notebook.found([Finding("slot.without_rooms", slot_id, detail)])


def _key_of(entry: AuditEntry) -> str:
    """Return the capacity key that a resource or slot defines."""
    return f"{'res' if entry.subject_kind == 'resource' else 'slot'}:{entry.subject_id}"
