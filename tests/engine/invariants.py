"""The invariants that hold after whatever was done, checked on the tables alone."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from itertools import pairwise

from holdfast.domain import bookings, holds
from holdfast.domain.blocks import Block, BlockStatus
from holdfast.domain.bookings import LIVE, Booking, BookingStatus
from holdfast.domain.claims import Claim, ClaimOwner
from holdfast.domain.history import AuditEntry
from holdfast.domain.holds import Hold, HoldStatus
from holdfast.domain.offerings import Counting, Offering, Per
from holdfast.domain.resources import Resource
from holdfast.domain.slots import Slot, SlotOrigin
from holdfast.storage.database import Database
from tests.engine.tables import counting, records, rows_of


def faults_in(database: Database, now: datetime) -> list[str]:
    """Return what is wrong with the books of a business; nothing, if all is well."""
    return [
        *_oversold(database, now),
        *_miscounted(database),
        *_half_taken(database, now),
        *_in_blocks(database, now),
        *_written_oddly(database),
        *_out_of_state(database),
    ]


def _oversold(database: Database, now: datetime) -> list[str]:
    """Invariants 1 and 3: never more units at any instant than there are."""
    capacities = {r.resource_id: r.capacity for r in records(database, Resource)}
    changes: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for claim in counting(database, now):
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


def _miscounted(database: Database) -> list[str]:
    """Invariants 2 and 10: a counter says what its claims say; what is unlimited has none."""
    sums: dict[str, int] = defaultdict(int)
    for claim in records(database, Claim):
        if claim.released_at is None and claim.resource_id is None:
            sums[claim.key] += claim.units
    unlimited = {
        f"slot:{slot.slot_id}" for slot in records(database, Slot) if slot.capacity is None
    } | {f"res:{r.resource_id}" for r in records(database, Resource) if r.capacity is None}
    faults = []
    for row in rows_of(database, "capacity"):
        key, used, cap = row["key"], row["used"], row["cap"]
        if key in unlimited:
            faults += [f"I-10: {key} is counted"] if used else []
        elif row["kind"] == "counter" and used != sums[key]:
            faults.append(f"I-2: {key} says {used}, its claims {sums[key]}")
        elif cap is not None and not 0 <= used <= cap:
            faults.append(f"I-2: {key} has {used} of {cap}")
    return faults


def _half_taken(database: Database, now: datetime) -> list[str]:
    """Invariants 6 and 13: a hold or booking has all it needs, or nothing; so has a slot."""
    offerings = {o.offering_id: o for o in records(database, Offering)}
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for claim in counting(database, now):
        found[claim.owner_id][claim.key] += claim.units
    faults = []
    wanted: dict[str, dict[str, int]] = {}
    for record in (*records(database, Hold), *records(database, Booking)):
        offering = offerings[record.offering_id]
        if isinstance(record, Hold):
            owner = str(record.hold_id)
            lives = record.status is HoldStatus.ACTIVE and now < record.expires_at
        else:
            owner, lives = str(record.booking_id), record.status in LIVE
        wanted[owner] = _wanted(record, offering) if lives else {}
    for owner, keys in wanted.items():
        if dict(found[owner]) != keys:
            faults.append(f"I-6: {owner} has {dict(found[owner])} and needs {keys}")
    return faults + _homeless_slots(database, now, found)


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


def _homeless_slots(
    database: Database, now: datetime, found: dict[str, dict[str, int]]
) -> list[str]:
    """A slot with somebody in it, or made by hand, has its rooms."""
    offerings = {o.offering_id: o for o in records(database, Offering)}
    peopled = {claim.key for claim in counting(database, now) if claim.resource_id is None}
    faults = []
    for slot in records(database, Slot):
        offering = offerings[slot.offering_id]
        if offering.counting is not Counting.PLACES:
            continue
        rooms = {
            f"res:{r.resource_id}": r.quantity
            for r in offering.requirements
            if r.per is Per.BOOKING
        }
        is_open = slot.origin is SlotOrigin.MANUAL or f"slot:{slot.slot_id}" in peopled
        if is_open and dict(found[slot.slot_id]) != rooms:
            faults.append(f"I-6: slot {slot.slot_id} has {dict(found[slot.slot_id])}")
    return faults


def _in_blocks(database: Database, now: datetime) -> list[str]:
    """Invariant 7: nothing was taken in blocked time after it was blocked."""
    faults = []
    claims = counting(database, now)
    for block in records(database, Block):
        if block.status is not BlockStatus.ACTIVE:
            continue
        faults += [
            f"I-7: {claim.owner_id} took {claim.resource_id} in block {block.block_id}"
            for claim in claims
            if claim.resource_id == block.resource_id
            and claim.owner_kind is not ClaimOwner.BLOCK
            and claim.acquired_at > block.created_at
            and claim.starts_at < block.ends_at
            and claim.ends_at > block.starts_at
        ]
    return faults


def _written_oddly(database: Database) -> list[str]:
    """Invariant 8: acquired, perhaps converted, then released, each once and in that order."""
    faults = []
    for claim in records(database, Claim):
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


def _out_of_state(database: Database) -> list[str]:
    """Invariants 11, 12 and 15: statuses go by the table, versions by one, expiry by the time."""
    expiries = {hold.hold_id: hold.expires_at for hold in records(database, Hold)}
    history: dict[tuple[str, str], list[AuditEntry]] = defaultdict(list)
    for entry in records(database, AuditEntry):
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
            if after in {"expired", "converted"}:
                is_over = entry.at >= expiries[subject_id]
                if is_over != (after == "expired"):
                    faults.append(f"I-12: {subject_id} was {after} at {entry.at}")
    return faults
