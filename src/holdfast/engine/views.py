"""What a command sees under the locks: overlays on what its batch has loaded.

Values are frozen, so an overlay is a few dictionaries: a refusal drops them, an acceptance folds
them into the batch's view, on which the next command decides.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import TypeVar, cast

from holdfast.domain.access import Actor
from holdfast.domain.claims import Claim
from holdfast.domain.errors import HoldfastError, RecordNotFound
from holdfast.domain.fields import NO_PATTERNS, Patterns
from holdfast.domain.history import Event
from holdfast.domain.ids import EventId, TenantId
from holdfast.domain.intervals import Interval
from holdfast.engine.ports import (
    ById,
    CapacityKind,
    CounterChange,
    CounterOf,
    CountersBetween,
    Few,
    Ids,
    Lapsed,
    Latest,
    LockedRow,
    Over,
    Read,
    Where,
)
from holdfast.engine.records import KINDS, id_of, is_live, plain, version_of
from holdfast.engine.snapshots import UndeclaredRead
from holdfast.engine.use_cases import NeedsMore

R = TypeVar("R")

STATUS = "status"
_NOTHING: Mapping[str, object] = {}

Loaded = Mapping[Read, tuple[object, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditNote:
    """One change of one record by one command, to become an audit row."""

    action: str
    actor: Actor
    before: object | None
    after: object
    source: str
    reason: str | None


class BatchView:
    """Everything a batch has locked and loaded, as its accepted commands leave it."""

    def __init__(
        self,
        *,
        tenant_id: TenantId,
        now: datetime,
        loaded: Loaded,
        locked: Mapping[str, LockedRow],
        lapsed: Collection[Lapsed],
    ) -> None:
        self.tenant_id = tenant_id
        self.now = now
        self.loaded = loaded
        self.original: dict[tuple[type, str], object] = {}
        self.found: set[Read] = set(loaded)
        for read, rows in loaded.items():
            if isinstance(read, CounterOf | CountersBetween):
                continue
            for row in rows:
                self.original[type(row), id_of(row)] = row
            if not isinstance(read, ById):
                self.found.update(ById(type(row), id_of(row)) for row in rows)
        self.records: dict[tuple[type, str], object] = dict(self.original)
        self.changed: dict[type, dict[str, object]] = {}
        self.born = set[str]()
        self._indexes: dict[tuple[type, str], dict[object, set[str]]] = {}
        self.locked = dict(locked)
        self.lapsed = {row.key: row for row in lapsed if locked[row.key].cap is not None}
        self.counters: dict[str, CounterChange] = {}
        self.touched: set[str] = set()
        self.events: list[Event] = []
        self.audit: list[AuditNote] = []

    def changed_ids(self, kind: type, field_name: str, value: str) -> Collection[str]:
        """Return the records that accepted commands gave a field's value; they may have lost it."""
        index = self._indexes.get((kind, field_name))
        if index is None:
            index = self._indexes[kind, field_name] = {}
            for record_id, record in self.changed.get(kind, _NOTHING).items():
                index.setdefault(getattr(record, field_name), set()).add(record_id)
        return index.get(value, ())

    def note(self, kind: type, record_id: str, record: object) -> None:
        """Find a changed record by its fields from now on."""
        for (indexed, field_name), index in self._indexes.items():
            if indexed is kind:
                index.setdefault(getattr(record, field_name), set()).add(record_id)

    @property
    def records_changed(self) -> bool:
        """Whether anything accepted has to be written."""
        return bool(self.changed or self.counters or self.events)

    def is_reaped(self, claim: Claim) -> bool:
        """Whether the set-based reaping of its counter releases a loaded claim already."""
        return claim.key in self.lapsed and not claim.counts_at(self.now)

    def used(self, key: str) -> int:
        """Places taken on a counter, lapsed claims not counted, accepted commands included."""
        lapsed = self.lapsed.get(key)
        change = self.counters.get(key)
        used = self.locked[key].used - (lapsed.units if lapsed else 0)
        return used + (change.delta if change else 0)

    def cap(self, key: str) -> int | None:
        """The cap of a counter, changes of accepted commands included."""
        change = self.counters.get(key)
        return change.cap if change and change.is_cap_set else self.locked[key].cap


class CommandView:
    """One command's overlay on its batch."""

    def __init__(
        self,
        batch: BatchView,
        *,
        actor: Actor,
        ids: Ids,
        action: str,
        moves: int = 0,
        luck: int = 0,
        patterns: Patterns = NO_PATTERNS,
        source: str = "",
        reason: str | None = None,
    ) -> None:
        self.moves = moves
        self.luck = luck
        self.patterns = patterns
        self._source, self._reason = source, reason
        self._found: dict[Hashable, object] = {}
        self._batch = batch
        self._tenant_id = batch.tenant_id
        self._actor = actor
        self._ids = ids
        self._action = action
        self._born = set[str]()
        self.records: dict[tuple[type, str], object] = {}
        self.audit: list[AuditNote] = []
        self.counters: dict[str, CounterChange] = {}
        self.touched: set[str] = set()
        self.events: list[Event] = []

    @property
    def tenant_id(self) -> TenantId:
        """The one tenant that is seen."""
        return self._tenant_id

    @property
    def actor(self) -> Actor:
        """Who performs the use case."""
        return self._actor

    @property
    def now(self) -> datetime:
        """The batch's one instant."""
        return self._batch.now

    # Reading

    def once(self, key: Hashable, find: Callable[[], R]) -> R:
        """Return what was found under a key before, or find it now; forgotten on any change."""
        if key not in self._found:
            self._found[key] = find()
        return cast("R", self._found[key])

    def want(self, *reads: Read) -> None:
        """Check that everything named was loaded.

        Raises:
            UndeclaredRead: Something was not.
        """
        missing = [read for read in reads if not self._is_loaded(read)]
        if missing:
            raise UndeclaredRead(missing)

    def find(self, kind: type[R], record_id: str) -> R | None:
        """Return a record as this command sees it, or None."""
        record = self._current((kind, record_id))
        if record is None:
            self.want(ById(kind, record_id))
        return cast("R | None", record)

    def get(self, kind: type[R], record_id: str) -> R:
        """Return a record.

        Raises:
            RecordNotFound: There is none in this tenant.
        """
        record = self.find(kind, record_id)
        if record is None:
            raise RecordNotFound(kind=KINDS[kind].name, key=record_id)
        return record

    def where(self, kind: type[R], field_name: str, value: str) -> tuple[R, ...]:
        """Return the live records whose field has a value, by id, with this batch's changes."""
        read = Where(kind, field_name, value)
        self.want(read)
        ids = {id_of(row) for row in self._batch.loaded[read]}
        ids.update(self._batch.changed_ids(kind, field_name, value))
        ids.update(record_id for changed, record_id in self.records if changed is kind)
        found = [cast("R", self._current((kind, record_id))) for record_id in sorted(ids)]
        return tuple(
            record for record in found if getattr(record, field_name) == value and is_live(record)
        )

    def claims_over(self, key: str, interval: Interval) -> tuple[Claim, ...]:
        """Return the unreleased claims of a key that overlap an interval, lapsed ones included."""
        read = Over(key, interval.starts_at, interval.ends_at)
        self.want(read)
        ids = {id_of(row) for row in self._batch.loaded.get(read, ())}
        ids.update(self._batch.changed_ids(Claim, "key", key))
        ids.update(record_id for changed, record_id in self.records if changed is Claim)
        claims = [cast("Claim", self._current((Claim, claim_id))) for claim_id in sorted(ids)]
        return tuple(
            claim
            for claim in claims
            if claim.key == key
            and claim.released_at is None
            and claim.starts_at < interval.ends_at
            and claim.ends_at > interval.starts_at
        )

    def cap_of(self, key: str) -> int | None:
        """Return the cap of a counter as this command sees it; None where none was ever set."""
        if key in self._batch.locked:
            return self._cap(key)
        read = CounterOf(key)
        self.want(read)
        rows = self._batch.loaded[read]
        return cast("int", rows[0]) if rows else None

    def is_over(self, key: str) -> bool:
        """Whether more is taken on a counter than its cap, as this command sees it."""
        if key in self._batch.locked:
            row = self.counter(key)
            return row.cap is not None and row.used > row.cap
        read = CounterOf(key)
        self.want(read)
        rows = self._batch.loaded[read]
        return bool(rows) and cast("int", rows[1]) > 0

    def few(
        self, kind: type[R], field_name: str, value: str, *, statuses: tuple[str, ...], limit: int
    ) -> tuple[R, ...]:
        """Return some records whose field has a value, in one of some statuses, by id.

        Those that this batch has changed are as it leaves them: there may be fewer than there were.
        """
        read = Few(kind, field_name, value, statuses, limit)
        self.want(read)
        ids = {id_of(row) for row in self._batch.loaded[read]}
        ids.update(self._batch.changed_ids(kind, field_name, value))
        ids.update(record_id for changed, record_id in self.records if changed is kind)
        found = [cast("R", self._current((kind, record_id))) for record_id in sorted(ids)]
        kept = [
            record
            for record in found
            if getattr(record, field_name) == value and getattr(record, STATUS) in statuses
        ]
        return tuple(kept[:limit])

    def latest(self, read: Latest) -> tuple[object, ...]:
        """Return the latest records whose field has a value, the latest first.

        Raises:
            NeedsMore: This batch has changed so many that there may be others behind them.
        """
        ids = set[str]()
        if read.value not in self._born and read.value not in self._batch.born:
            self.want(read)
            ids = {id_of(row) for row in self._batch.loaded[read]}
        is_full = len(ids) >= read.limit
        # What was made just now is in nobody's row yet, so there is nothing to be loaded of it.
        ids.update(self._batch.changed_ids(read.kind, read.field, read.value))
        ids.update(record_id for changed, record_id in self.records if changed is read.kind)
        found = [self._current((read.kind, record_id)) for record_id in sorted(ids)]
        kept = [
            record
            for record in found
            if getattr(record, read.field) == read.value
            and (not read.statuses or getattr(record, STATUS) in read.statuses)
            and (read.without is None or getattr(record, read.without) is None)
        ]
        kept.sort(key=attrgetter(read.order_by), reverse=True)
        if is_full and len(kept) < read.limit:
            # Some of those that were loaded are no longer meant, and there may be others behind.
            raise NeedsMore
        return tuple(kept[: read.limit])

    def counters_between(self, first_key: str, last_key: str) -> tuple[str, ...]:
        """Return the keys of the counters that have a cap, with those of this batch."""
        self.want(read := CountersBetween(first_key, last_key))
        locked = {key for key in self._batch.locked if first_key <= key <= last_key}
        found = set(cast("tuple[str, ...]", self._batch.loaded[read])) - locked
        return tuple(sorted(found | {key for key in locked if self._cap(key) is not None}))

    def is_locked(self, key: str) -> bool:
        """Whether this command holds the key's lock."""
        return key in self._batch.locked

    def counter(self, key: str) -> LockedRow:
        """Return a locked capacity row as this command finds it, lapsed claims not counted."""
        self._require_lock(key)
        own = self.counters.get(key)
        used = self._batch.used(key) + (own.delta if own else 0)
        return replace(self._batch.locked[key], used=used, cap=self._cap(key))

    # Changing

    def new_id(self, prefix: str) -> str:
        """Return a new id."""
        return self._ids.new(prefix, now=self.now)

    def new_booking_number(self) -> str:
        """Return a new random booking number."""
        return self._ids.booking_number()

    def new_secret(self) -> str:
        """Return a new unguessable secret."""
        return self._ids.secret()

    def insert(self, record: object) -> None:
        """Add a record."""
        self._born.add(id_of(record))
        self._put(None, record)

    def update(self, record: R, **changes: object) -> R:
        """Replace a record by one with other values and the next version; returns it."""
        changed = replace(record, version=version_of(record) + 1, **changes)  # type: ignore[type-var]  # every kind is a dataclass
        self._put(record, changed)
        return changed

    def acquire(self, claim: Claim) -> None:
        """Add a claim; a counter's `used` goes up with it."""
        self._put(None, claim)
        self._count(claim.key, claim.units)
        if claim.is_over and claim.key in self.counters:
            self.counters[claim.key].over_raised += claim.units

    def change_claim(self, claim: Claim, **changes: object) -> Claim:
        """Convert, extend or release a claim; a counter's `used` goes down on release."""
        changed = replace(claim, **changes)  # type: ignore[arg-type]  # checked by the callers' tests
        self._put(claim, changed)
        if claim.released_at is None and changed.released_at is not None:
            self._count(claim.key, 0 if self._batch.is_reaped(claim) else -claim.units)
        else:
            self._count(claim.key, 0)
        return changed

    def set_cap(
        self, key: str, cap: int | None, *, used: int | None = None, may_be_over: bool = False
    ) -> None:
        """Set the cap of a locked counter, and what is in use if it counted nothing before."""
        counted = self.counter(key).used
        change = self.counters.setdefault(key, CounterChange())
        used = counted if used is None else used
        change.delta += used - counted
        if may_be_over and cap is not None:
            change.over_raised += max(0, used - cap)
        change.is_cap_set, change.cap = True, cap
        self.touched.add(key)

    def fact(self, type_: str, record: object, **payload: object) -> None:
        """Write a fact about a record to the outbox."""
        self.events.append(
            Event(
                event_id=EventId(self._ids.new("evt", now=self.now)),
                type=type_,
                subject_kind=KINDS[type(record)].name,
                subject_id=id_of(record),
                subject_version=version_of(record),
                payload={name: plain(value) for name, value in payload.items()},
                at=self.now,
                delivered_at=None,
            )
        )

    def attempt(self, act: Callable[[], R]) -> R:
        """Do something; what it changed is undone if it is refused, and the refusal goes on."""
        undo = self._undo()
        try:
            return act()
        except HoldfastError:
            undo()
            raise

    def rehearse(self, act: Callable[[], object]) -> tuple[object, ...]:
        """Do something and undo it; returns the records that it would have made or changed."""
        before, undo = self.records, self._undo()
        try:
            act()
            return tuple(one for key, one in self.records.items() if before.get(key) is not one)
        finally:
            undo()

    def _undo(self) -> Callable[[], None]:
        """Return what undoes everything from now on."""
        records, touched, born = self.records, set(self.touched), set(self._born)
        counters = {key: replace(change) for key, change in self.counters.items()}
        audited, told = len(self.audit), len(self.events)
        self.records = dict(records)

        def undo() -> None:
            self.records, self.touched, self.counters = records, touched, counters
            self._born = born
            del self.audit[audited:]
            del self.events[told:]
            self._found.clear()

        return undo

    def fold(self) -> None:
        """Make this command's changes the batch's: it was accepted."""
        batch = self._batch
        batch.records.update(self.records)
        batch.born.update(self._born)
        for (kind, record_id), record in self.records.items():
            batch.changed.setdefault(kind, {})[record_id] = record
            batch.note(kind, record_id, record)
        batch.touched.update(self.touched)
        batch.events.extend(self.events)
        batch.audit.extend(self.audit)
        for key, own in self.counters.items():
            change = batch.counters.setdefault(key, CounterChange())
            change.delta += own.delta
            change.over_raised += own.over_raised
            if own.is_cap_set:
                change.is_cap_set, change.cap = True, own.cap

    # Inside

    def _put(self, before: object | None, after: object) -> None:
        self.records[type(after), id_of(after)] = after
        self._found.clear()
        if isinstance(after, Claim):
            return  # a claim's row keeps its own history
        self.audit.append(
            AuditNote(
                action=self._action,
                actor=self._actor,
                before=before,
                after=after,
                source=self._source,
                reason=self._reason,
            )
        )

    def _count(self, key: str, units: int) -> None:
        locked = self._batch.locked.get(key)
        if locked is None or (locked.kind is CapacityKind.COUNTER and self._cap(key) is None):
            # What is unlimited takes no lock and is not counted.
            return
        self._require_lock(key)
        self.touched.add(key)
        if locked.kind is CapacityKind.COUNTER and units:
            self.counters.setdefault(key, CounterChange()).delta += units

    def _cap(self, key: str) -> int | None:
        own = self.counters.get(key)
        return own.cap if own and own.is_cap_set else self._batch.cap(key)

    def _require_lock(self, key: str) -> None:
        if key not in self._batch.locked:
            message = f"{key} is not locked by this batch"
            raise AssertionError(message)

    def _is_loaded(self, read: Read) -> bool:
        if read in self._batch.found:
            return True
        return isinstance(read, ById) and (read.kind, read.record_id) in self._batch.records

    def _current(self, key: tuple[type, str]) -> object | None:
        if key in self.records:
            return self.records[key]
        return self._batch.records.get(key)
