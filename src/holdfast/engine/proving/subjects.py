"""The proof by record: does its history give its row, and do its claims and facts agree?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from functools import cache
from operator import attrgetter
from typing import cast

from holdfast.domain.blocks import Block
from holdfast.domain.bookings import Booking
from holdfast.domain.claims import Claim, ClaimOwner, is_use_key, promo_uses_key
from holdfast.domain.history import AuditEntry
from holdfast.domain.holds import AssignedResource, Hold
from holdfast.domain.ids import PromoId
from holdfast.domain.offerings import Component
from holdfast.domain.proving import Finding, owner_faults, series_faults, uses_of, waiting_faults
from holdfast.domain.replaying import Replay, replay, status_faults
from holdfast.domain.requirements import Requirement
from holdfast.domain.series import SeriesOccurrence, occurrence_id_of
from holdfast.domain.slots import Slot
from holdfast.domain.waitlists import WaitlistEntry
from holdfast.engine.ports import ById
from holdfast.engine.proving.histories import Histories
from holdfast.engine.proving.owners import Owners, without_what_was_over
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
    ClaimOwner.INVITATION: WaitlistEntry,
}
_OWNER_OF_KIND = {kind: owner for owner, kind in _KIND_OF_OWNER.items()}
# What a row raises whose values nobody can have written.
_UNREADABLE = (KeyError, TypeError, ValueError)
# Whose every change is told to the outbox.
_TOLD: dict[type, str] = {
    Hold: "hold",
    Booking: "booking",
    WaitlistEntry: "waitlist_entry",
}


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
        self._now = store.now()
        self._owners = Owners(histories, self._now)

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
        known = [(records[one.name], one.claims) for one in chunk if one.name in records]
        self._owners.load([item for item in known if type(item[0]) in _OWNER_OF_KIND])
        self._prove_series([record for record, _ in known if isinstance(record, Booking)])
        for subject in chunk:
            self._notebook.found(self._prove(subject, records.get(subject.name)))
            self._notebook.tally.records += 1
            self._notebook.tally.changes += len(subject.entries)

    def _prove_series(self, bookings: Sequence[Booking]) -> None:
        """Prove that the bookings of series are where their occurrences are."""
        reads = [
            (one, ById(SeriesOccurrence, occurrence_id_of(one.series_id, one.series_index or 0)))
            for one in bookings
            if one.series_id is not None
        ]
        try:
            loaded = self._store.load({read for _, read in reads})
        except _UNREADABLE:
            return  # that is found of the occurrence itself
        for booking, read in reads:
            rows = cast("Sequence[SeriesOccurrence]", loaded[read])
            self._notebook.found(series_faults(booking, rows[0] if rows else None))

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
            claims = without_what_was_over(subject.claims)
            places = [claim for claim in claims if not is_use_key(claim.key)]
            yield from owner_faults(self._owners.read(record, places), places)
            if isinstance(record, Hold | Booking):
                yield from owner_faults(self._owners.read_uses(record), uses_of(claims))
                yield from _use_faults(record)
        if isinstance(record, Booking):
            yield from waiting_faults(record, now=self._now)


def _use_faults(record: Hold | Booking) -> Iterator[Finding]:
    """Find where the codes of a price are not those that were used up for it."""
    name = record.hold_id if isinstance(record, Hold) else record.booking_id
    priced = {promo_uses_key(PromoId(one.promo_id)) for one in record.price_lines if one.promo_id}
    used = {use.key for use in record.uses if use.key.startswith("promo:")}
    if priced != {key for key in used if key.count(":") == 1}:
        detail = f"Its price counts on {sorted(priced)}, and it has used {sorted(used)}."
        yield Finding("promo.not_used", name, detail)


def _row_faults(record: object, history: Replay) -> Iterator[Finding]:
    """Find where a row is not what its history gives."""
    row = plain(record)
    assert isinstance(row, dict)
    state = dict(history.last or {})
    if canonical_json(row) == canonical_json(state):
        return
    kind = KINDS[type(record)]
    given = _filled(state, type(record))
    for name in sorted((row.keys() | given.keys()) - kind.unspoken):
        says, gives = row.get(name), given.get(name)
        if canonical_json(says) != canonical_json(gives):
            detail = f"The {kind.name} has {name} = {says!r}, and by its history {gives!r}."
            yield Finding("audit.replay", str(row[kind.id_field]), detail)


_PARTS: dict[str, type] = {
    "assigned": AssignedResource,
    "components": Component,
    "requirements": Requirement,
}


def _filled(state: Mapping[str, object], kind: type) -> dict[str, object]:
    """Return a state with what older history does not have yet, as it is by default."""
    filled = _defaults_of(kind) | dict(state)
    for name, part in _PARTS.items():
        rows = filled.get(name)
        if isinstance(rows, list):
            filled[name] = [_filled(row, part) if isinstance(row, Mapping) else row for row in rows]
    return filled


@cache
def _defaults_of(kind: type) -> dict[str, object]:
    known = {one.name: plain(one.default) for one in fields(kind) if one.default is not MISSING}
    made = {
        one.name: plain(one.default_factory())
        for one in fields(kind)
        if one.default_factory is not MISSING
    }
    return known | made


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
