"""The invariants that hold after whatever was done, checked on the tables alone."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from itertools import pairwise

from holdfast.domain import bookings, holds
from holdfast.domain.blocks import Block, BlockStatus
from holdfast.domain.bookings import Booking, BookingStatus
from holdfast.domain.claims import Claim, ClaimOwner
from holdfast.domain.history import AuditEntry
from holdfast.domain.holds import Hold, HoldStatus
from holdfast.domain.offerings import Counting, Offering
from holdfast.domain.requirements import Per
from holdfast.domain.resources import Resource
from holdfast.domain.slots import Slot, SlotOrigin, SlotStatus
from holdfast.storage.database import Database
from tests.engine.tables import records, rows_of


class Books:
    """All that there is to check, read once."""

    def __init__(self, database: Database, now: datetime) -> None:
        self.now = now
        self.resources: list[Resource] = records(database, Resource)
        self.offerings = {o.offering_id: o for o in records(database, Offering)}
        self.slots: list[Slot] = records(database, Slot)
        self.blocks: list[Block] = records(database, Block)
        self.holds: list[Hold] = records(database, Hold)
        self.bookings: list[Booking] = records(database, Booking)
        self.claims: list[Claim] = records(database, Claim)
        self.counting = [claim for claim in self.claims if claim.counts_at(now)]
        self.history: list[AuditEntry] = records(database, AuditEntry)
        self.capacity = rows_of(database, "capacity")


def faults_in(database: Database, now: datetime) -> list[str]:
    """Return what is wrong with the books of a business; nothing, if all is well."""
    books = Books(database, now)
    return [
        *_oversold(books),
        *_miscounted(books),
        *_half_taken(books),
        *_in_blocks(books),
        *_written_oddly(books),
        *_out_of_state(books),
    ]


def _oversold(books: Books) -> list[str]:
    """Invariants 1 and 3: never more units at any instant than there are."""
    capacities = {str(resource.resource_id): resource.capacity for resource in books.resources}
    changes: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for claim in books.counting:
        if claim.resource_id is not None:
            changes[claim.resource_id].append((claim.starts_at, claim.units))
            changes[claim.resource_id].append((claim.ends_at, -claim.units))
    faults = []
    for resource_id, listed in changes.items():
        capacity, used = capacities[resource_id], 0
        for instant, units in sorted(listed):
            used += units
            if capacity is not None and used > capacity:
                faults.append(f"I-1: {used} of {capacity} on {resource_id} at {instant}")
    return faults


def _miscounted(books: Books) -> list[str]:
    """Invariants 2 and 10: a counter says what its claims say; what is unlimited has none."""
    sums: dict[str, int] = defaultdict(int)
    for claim in books.claims:
        if claim.released_at is None and claim.resource_id is None:
            sums[claim.key] += claim.units
    unlimited = {f"slot:{slot.slot_id}" for slot in books.slots if slot.capacity is None}
    unlimited |= {f"res:{r.resource_id}" for r in books.resources if r.capacity is None}
    faults = []
    for row in books.capacity:
        key, used, cap = row["key"], row["used"], row["cap"]
        if key in unlimited:
            faults += [f"I-10: {key} is counted"] if used else []
        elif row["kind"] == "counter" and used != sums[key]:
            faults.append(f"I-2: {key} says {used}, its claims {sums[key]}")
        elif cap is not None and not 0 <= used <= cap:
            faults.append(f"I-2: {key} has {used} of {cap}")
    return faults


def _half_taken(books: Books) -> list[str]:
    """Invariants 6 and 13: a hold or booking has all it needs, or nothing; so has a slot."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for claim in books.counting:
        found[claim.owner_id][claim.key] += claim.units
    faults = []
    wanted: dict[str, dict[str, int]] = {}
    kept: list[Hold | Booking] = [*books.holds, *books.bookings]
    for record in kept:
        offering = books.offerings[record.offering_id]
        if isinstance(record, Hold):
            owner = str(record.hold_id)
            lives = record.status is HoldStatus.ACTIVE and books.now < record.expires_at
        else:
            owner, lives = str(record.booking_id), record.keeps_places
        wanted[owner] = _wanted(record, offering) if lives else {}
    for owner, keys in wanted.items():
        if dict(found[owner]) != keys:
            faults.append(f"I-6: {owner} has {dict(found[owner])} and needs {keys}")
    return faults + _homeless_slots(books, found)


def _wanted(record: Hold | Booking, offering: Offering) -> dict[str, int]:
    """Return the units by key that a hold or booking has to have."""
    is_counted = offering.counting is Counting.PLACES
    of_slot = {r.resource_id for r in offering.requirements if is_counted and r.per is Per.BOOKING}
    keys = {f"slot:{record.slot_id}": record.party_size} if is_counted else {}
    # What it was promised, whatever the offering has come to need since.
    for part in record.assigned:
        if part.resource_id not in of_slot:
            keys[f"res:{part.resource_id}"] = part.units
    return keys


def _homeless_slots(books: Books, found: dict[str, dict[str, int]]) -> list[str]:
    """A slot with somebody in it, or made by hand, has its rooms."""
    peopled = {claim.key for claim in books.counting if claim.resource_id is None}
    faults = []
    for slot in books.slots:
        offering = books.offerings[slot.offering_id]
        if offering.counting is not Counting.PLACES:
            continue
        rooms = {
            f"res:{r.resource_id}": r.quantity
            for r in offering.requirements
            if r.per is Per.BOOKING
        }
        is_open = slot.origin is SlotOrigin.MANUAL or f"slot:{slot.slot_id}" in peopled
        if slot.status is SlotStatus.CANCELLED:
            is_open, rooms = True, {}  # whoever is still in it, its rooms are free
        if is_open and dict(found[slot.slot_id]) != rooms:
            faults.append(f"I-6: slot {slot.slot_id} has {dict(found[slot.slot_id])}")
    return faults


def _in_blocks(books: Books) -> list[str]:
    """Invariant 7: nothing was taken in blocked time after it was blocked."""
    faults = []
    for block in books.blocks:
        if block.status is not BlockStatus.ACTIVE:
            continue
        faults += [
            f"I-7: {claim.owner_id} took {claim.resource_id} in block {block.block_id}"
            for claim in books.counting
            if claim.resource_id == block.resource_id
            and claim.owner_kind is not ClaimOwner.BLOCK
            and claim.acquired_at > block.created_at
            and claim.starts_at < block.ends_at
            and claim.ends_at > block.starts_at
        ]
    return faults


def _written_oddly(books: Books) -> list[str]:
    """Invariant 8: acquired, perhaps converted, then released, each once and in that order."""
    faults = []
    for claim in books.claims:
        story = [
            instant
            for instant in (claim.acquired_at, claim.converted_at, claim.released_at)
            if instant is not None
        ]
        if story != sorted(story):
            faults.append(f"I-8: {claim.claim_id}: {story}")
    return faults


_MOVES = {
    "hold": {(a.value, b.value) for (a, _), b in holds.TRANSITIONS.items()},
    "booking": {(a.value, b.value) for (a, _), b in bookings.TRANSITIONS.items()},
}
_BEGINNINGS = {
    "hold": {HoldStatus.ACTIVE.value},
    "booking": {BookingStatus.PENDING.value, BookingStatus.CONFIRMED.value},
}


def _out_of_state(books: Books) -> list[str]:
    """Invariants 11, 12 and 15: statuses go by the table, versions by one, expiry by the time."""
    expiries = {str(hold.hold_id): hold.expires_at for hold in books.holds}
    expiries |= {
        str(booking.booking_id): booking.expires_at
        for booking in books.bookings
        if booking.expires_at is not None
    }
    history: dict[tuple[str, str], list[AuditEntry]] = defaultdict(list)
    for entry in books.history:
        history[entry.subject_kind, entry.subject_id].append(entry)
    faults = []
    for (kind, subject_id), entries in history.items():
        entries.sort(key=lambda entry: entry.subject_version)
        versions = [entry.subject_version for entry in entries]
        if versions != list(range(1, len(versions) + 1)):
            faults.append(f"I-15: {subject_id} has versions {versions}")
        if any(later.at < earlier.at for earlier, later in pairwise(entries)):
            faults.append(f"{subject_id} was changed before its last change")
        if kind not in _MOVES:
            continue
        if entries[0].changes["status"] not in _BEGINNINGS[kind]:
            faults.append(f"I-11: {subject_id} began as {entries[0].changes['status']}")
        for entry in entries[1:]:
            change = entry.changes.get("status")
            if not isinstance(change, list):
                continue
            before, after = change
            if (before, after) not in _MOVES[kind]:
                faults.append(f"I-11: {subject_id} went from {before} to {after}")
            # Of what expired and came back nobody remembers when it was to.
            if after in {"expired", "converted"} and subject_id in expiries:
                is_over = entry.at >= expiries[subject_id]
                if is_over != (after == "expired"):
                    faults.append(f"I-12: {subject_id} was {after} at {entry.at}")
    return faults
