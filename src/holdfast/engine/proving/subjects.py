"""The proof by record: does its history give its row, and do its claims and facts agree?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from holdfast.domain.blocks import Block, BlockStatus
from holdfast.domain.bookings import LIVE, Booking
from holdfast.domain.claims import Claim, ClaimOwner
from holdfast.domain.history import AuditEntry
from holdfast.domain.holds import Hold, HoldStatus
from holdfast.domain.ids import SlotId
from holdfast.domain.proving import Duty, Finding, OfferingThen, Owner, cut, owner_faults
from holdfast.domain.replaying import Replay, replay, status_faults
from holdfast.domain.slots import Slot, SlotOrigin, SlotStatus
from holdfast.engine.ports import ById
from holdfast.engine.proving.histories import Histories
from holdfast.engine.proving.report import Notebook
from holdfast.engine.proving.store import Fact, ProofStore
from holdfast.engine.proving.streams import Groups, side_by_side
from holdfast.engine.records import KINDS, canonical_json, plain

# So many records are looked up at once.
CHUNK = 200

_KIND_OF_NAME = {kind.name: type_ for type_, kind in KINDS.items() if type_ is not Claim}
_KIND_OF_OWNER: dict[ClaimOwner, type] = {
    ClaimOwner.HOLD: Hold,
    ClaimOwner.BOOKING: Booking,
    ClaimOwner.BLOCK: Block,
    ClaimOwner.SLOT: Slot,
}
_OWNER_OF_KIND = {kind: owner for owner, kind in _KIND_OF_OWNER.items()}
# What a row raises whose values nobody can have written.
_UNREADABLE = (KeyError, TypeError, ValueError)
# Whose every change is told to the outbox.
_TOLD: dict[type, str] = {Hold: "hold", Booking: "booking"}


@dataclass(frozen=True, slots=True)
class _Subject:
    """A record's id, and everything that is about it."""

    name: str
    entries: list[AuditEntry]
    claims: list[Claim]
    facts: list[Fact]

    @property
    def kind(self) -> type | None:
        """Which kind of record it is; None if that cannot be told."""
        if self.entries:
            return _KIND_OF_NAME.get(self.entries[0].subject_kind)
        return _KIND_OF_OWNER[self.claims[0].owner_kind] if self.claims else None


class SubjectsProof:
    """The proof of one business's records, by their histories, claims and facts."""

    def __init__(self, store: ProofStore, notebook: Notebook, histories: Histories) -> None:
        self._store = store
        self._notebook = notebook
        self._histories = histories
        self._now = store.now()

    def run(self) -> None:
        """Prove every record that an audit row, a claim or a fact is about."""
        store, counted = self._store, self._notebook.counted
        chunk = list[_Subject]()
        for name, entries, claims, facts in side_by_side(
            Groups(counted(store.audit_by_subject()), attrgetter("subject_id")),
            Groups(counted(store.claims_by_owner()), attrgetter("owner_id")),
            Groups(counted(store.facts_by_subject(_TOLD.values())), attrgetter("subject_id")),
        ):
            chunk.append(_Subject(name, list(entries), list(claims), list(facts)))
            if len(chunk) >= CHUNK:
                self._prove_chunk(chunk)
                chunk = []
        self._prove_chunk(chunk)

    def _prove_chunk(self, chunk: Sequence[_Subject]) -> None:
        records = self._load(chunk)
        definitions = set[str]()
        for record in records.values():
            if isinstance(record, Hold | Booking | Slot):
                definitions.add(record.offering_id or "")
            elif isinstance(record, Block):
                definitions.add(record.resource_id)
        self._histories.load(definitions)
        for subject in chunk:
            self._notebook.found(self._prove(subject, records.get(subject.name)))
            self._notebook.tally.records += 1
            self._notebook.tally.changes += len(subject.entries)

    def _load(self, chunk: Sequence[_Subject]) -> dict[str, object]:
        """Load the records as they stand; one that cannot be read is not in the way of others."""
        reads = {ById(kind, item.name): item.name for item in chunk if (kind := item.kind)}
        try:
            loaded = self._store.load(reads)
            return {name: loaded[read][0] for read, name in reads.items() if loaded[read]}
        except _UNREADABLE as error:
            if len(chunk) == 1:
                detail = f"Its row cannot be read: {error!r}."
                self._notebook.found([Finding("record.unreadable", chunk[0].name, detail)])
                return {}
            return {name: record for item in chunk for name, record in self._load([item]).items()}

    def _prove(self, subject: _Subject, record: object | None) -> Iterator[Finding]:
        """Prove one record."""
        kind = subject.kind
        if kind is None:
            yield Finding("audit.unknown", subject.name, "Nobody knows what kind of record it is.")
            return
        name = KINDS[kind].name
        history = replay(subject.entries)
        yield from history.findings
        yield from status_faults(name, subject.name, history.states)
        if record is None:
            detail = f"There is history of this {name}, or claims of it, and it is not there."
            yield Finding("record.missing", subject.name, detail)
            return
        if subject.entries and not history.findings:
            yield from _row_faults(record, history)
        if kind in _TOLD:
            yield from _fact_faults(subject)
        if kind in _OWNER_OF_KIND:
            yield from owner_faults(self._owner(record, subject.claims), subject.claims)

    def _owner(self, record: object, claims: Sequence[Claim]) -> Owner:
        """Return what a record says of its claims."""
        kept = [claim for claim in claims if claim.released_at is None]
        taken_at = [claim.acquired_at for claim in kept or claims]
        match record:
            case Hold():
                return self._hold(record, taken_at or [record.created_at])
            case Booking():
                return self._booking(record, taken_at or [record.created_at])
            case Slot():
                return self._slot(record, taken_at or [record.created_at])
            case Block():
                return self._block(record)
            case _:
                message = f"{type(record).__name__} has no claims"
                raise AssertionError(message)

    def _hold(self, hold: Hold, taken_at: Collection[datetime]) -> Owner:
        duty = Duty.GIVE_BACK
        if hold.status is HoldStatus.CONVERTED:  # they are the booking's now
            return Owner(name=hold.hold_id, kind=ClaimOwner.HOLD, duty=Duty.HAVE_NONE)
        if hold.status is HoldStatus.ACTIVE:
            is_over = self._now >= hold.expires_at
            duty = Duty.KEEP_UNLESS_LAPSED if is_over else Duty.KEEP
        return Owner(
            name=hold.hold_id,
            kind=ClaimOwner.HOLD,
            duty=duty,
            options=[
                offering.claims_of_booking(
                    hold.slot_id or SlotId(""),
                    party_size=hold.party_size,
                    starts_at=hold.starts_at,
                    ends_at=hold.ends_at,
                )
                for offering in self._offerings(hold.offering_id or "", taken_at)
            ],
            counts_until=hold.expires_at,
        )

    def _booking(self, booking: Booking, taken_at: Collection[datetime]) -> Owner:
        return Owner(
            name=booking.booking_id,
            kind=ClaimOwner.BOOKING,
            duty=Duty.KEEP if booking.status in LIVE else Duty.GIVE_BACK,
            options=[
                offering.claims_of_booking(
                    booking.slot_id or SlotId(""),
                    party_size=booking.party_size,
                    starts_at=booking.starts_at,
                    ends_at=booking.ends_at,
                )
                for offering in self._offerings(booking.offering_id or "", taken_at)
            ],
        )

    def _slot(self, slot: Slot, taken_at: Collection[datetime]) -> Owner:
        is_kept = slot.origin is SlotOrigin.MANUAL and slot.status is SlotStatus.OPEN
        return Owner(
            name=slot.slot_id,
            kind=ClaimOwner.SLOT,
            duty=Duty.KEEP if is_kept else Duty.KEEP_ALL_OR_NONE,
            options=[
                offering.claims_of_slot(starts_at=slot.starts_at, ends_at=slot.ends_at)
                for offering in self._offerings(slot.offering_id, taken_at)
            ],
        )

    def _block(self, block: Block) -> Owner:
        capacities = self._histories.capacities(block.resource_id, block.created_at)
        return Owner(
            name=block.block_id,
            kind=ClaimOwner.BLOCK,
            duty=Duty.KEEP if block.status is BlockStatus.ACTIVE else Duty.GIVE_BACK,
            options=[
                cut(
                    f"{'closed' if capacity is None else 'res'}:{block.resource_id}",
                    capacity or 1,
                    block.starts_at,
                    block.ends_at,
                )
                for capacity in capacities
            ],
        )

    def _offerings(self, offering_id: str, at: Collection[datetime]) -> list[OfferingThen]:
        return self._histories.offerings(offering_id, at)


def _row_faults(record: object, history: Replay) -> Iterator[Finding]:
    """Find where a row is not what its history gives."""
    row = plain(record)
    assert isinstance(row, dict)
    state = dict(history.last or {})
    if canonical_json(row) == canonical_json(state):
        return
    kind = KINDS[type(record)]
    for field in sorted(row.keys() | state.keys()):
        says, gives = row.get(field), state.get(field)
        if canonical_json(says) != canonical_json(gives):
            detail = f"The {kind.name} has {field} = {says!r}, and by its history {gives!r}."
            yield Finding("audit.replay", str(row[kind.id_field]), detail)


def _fact_faults(subject: _Subject) -> Iterator[Finding]:
    """Find changes that the outbox was not told of, and facts of changes that never were."""
    changed = {entry.subject_version for entry in subject.entries}
    told = {fact.subject_version for fact in subject.facts}
    for version in sorted(changed - told):
        detail = f"Nothing in the outbox tells of version {version}."
        yield Finding("event.missing", subject.name, detail)
    for version in sorted(told - changed):
        detail = f"The outbox tells of version {version}, which its history does not have."
        yield Finding("event.orphan", subject.name, detail)
