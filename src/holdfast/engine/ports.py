"""What the engine asks of the world outside: clocks, ids, transactions and their failures."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from holdfast.domain.claims import Claim
from holdfast.domain.history import AuditEntry, Event
from holdfast.domain.ids import AccountId, BatchId, TenantId
from holdfast.domain.tenants import Tenant
from holdfast.engine.takings import ServedBy, Serving, Takings, Whereabouts


class Clock(Protocol):
    """Where a deciding instant comes from when the database's own clock is not used."""

    def now(self) -> datetime:
        """Return the present instant, aware and in UTC."""
        ...


class CapacityKind(StrEnum):
    """How a capacity row is counted."""

    GUARD = "guard"
    COUNTER = "counter"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockRequest:
    """One capacity row to be locked, with what it says if it has to be made."""

    key: str
    kind: CapacityKind


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedRow:
    """One capacity row as it stands under its lock. `seq` is 1 when this lock made it."""

    key: str
    kind: CapacityKind
    used: int
    cap: int | None
    over_commit: int
    seq: int
    decided_at: datetime | None


class StorageFault(Exception):
    """A failure of the database or of the way to it; never a refusal."""


class TransactionConflict(StorageFault):
    """The transaction lost against another one and may be run again as a whole.

    Serialization failure, deadlock, lock timeout, busy database, unexpected row count.
    """


class ConstraintViolated(StorageFault):
    """The database refused a row: a unique key, a CHECK or the exclusion alarm."""

    def __init__(self, message: str, *, constraint: str | None) -> None:
        super().__init__(message)
        self.constraint = constraint


class CommitUnknown(StorageFault):
    """COMMIT was sent and its outcome is not known; it has to be settled, not guessed."""


class StorageUnavailable(StorageFault):
    """No connection, no lock file or no free worker in time; nothing was begun."""


class LockedTransaction(Protocol):
    """The part of a write transaction that locks, tells the time and ends it."""

    def lock(self, requests: Sequence[LockRequest]) -> list[LockedRow]:
        """Lock capacity rows, making missing ones, in the order given (the caller sorts)."""
        ...

    def now(self) -> datetime:
        """Read the clock of record: after the locks, never the transaction's start."""
        ...

    def commit(self) -> None:
        """Commit; raises `CommitUnknown` when the outcome cannot be told."""
        ...

    def rollback(self) -> None:
        """Undo everything; never raises."""
        ...


class Ids(Protocol):
    """Where new ids and secrets come from."""

    def new(self, prefix: str, *, now: datetime) -> str:
        """Return a new id of a kind."""
        ...

    def booking_number(self) -> str:
        """Return a new random booking number."""
        ...

    def chance(self) -> int:
        """Return a whole number that nobody foresees, at least 0."""
        ...

    def secret(self) -> str:
        """Return a new secret of at least 128 bits, in URL-safe letters."""
        ...


@dataclass(frozen=True, slots=True)
class ById:
    """One record, by its id."""

    kind: type
    record_id: str


@dataclass(frozen=True, slots=True)
class Where:
    """The live records of a kind whose field has a value (claims: the unreleased ones)."""

    kind: type
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Over:
    """The unreleased claims of one key that overlap `[starts_at, ends_at)`."""

    key: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class CounterOf:
    """The cap of one counter and what is over it, or nothing where none was ever set."""

    key: str


@dataclass(frozen=True, slots=True)
class Few:
    """The first few records of a kind whose field has a value and whose status is one of some."""

    kind: type
    field: str
    value: str
    statuses: tuple[str, ...]
    limit: int


@dataclass(frozen=True, slots=True)
class CountersBetween:
    """The keys of the counters that have a cap, from the first key to the last, both included."""

    first_key: str
    last_key: str


@dataclass(frozen=True, slots=True)
class Latest:
    """The records of a kind whose field has a value, the latest by an instant before the others.

    Attributes:
        statuses: Which statuses they may have; none is any.
        order_by: The field of the instant.
        without: A field that is not set in those that are meant.
    """

    kind: type
    field: str
    value: str
    statuses: tuple[str, ...]
    order_by: str
    limit: int
    without: str | None = None


Read = ById | Where | Over | CounterOf | CountersBetween | Few | Latest


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKey:
    """Under which name an answer is kept, and what the request was."""

    caller: str
    route: str
    key: str
    fingerprint: str

    @property
    def name(self) -> tuple[str, str, str]:
        """What makes two requests the same request."""
        return (self.caller, self.route, self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A rendered answer, byte for byte as it is given and replayed."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """A committed answer under its idempotency key."""

    key: IdempotencyKey
    answer: Answer
    at: datetime


@dataclass(slots=True)
class Changes:
    """What one batch writes, in the order of the flush.

    Attributes:
        lapsed_keys: Counters whose lapsed claims are released set-based, with their count.
        updated: Pairs of the record as it was loaded and as it is to be.
        counters: Change of `used`, and the caps and over-commits to be set, by key.
    """

    batch_id: str
    now: datetime
    lapsed_keys: dict[str, int] = field(default_factory=dict)
    claims_updated: list[tuple[Claim, Claim]] = field(default_factory=list)
    updated: list[tuple[object, object]] = field(default_factory=list)
    inserted: list[object] = field(default_factory=list)
    claims_inserted: list[Claim] = field(default_factory=list)
    counters: dict[str, CounterChange] = field(default_factory=dict)
    audit: list[AuditEntry] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    answers: list[KeptAnswer] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class CounterChange:
    """What happens to one capacity row.

    Attributes:
        over_raised: By how much more than the cap may be in use from now on, on purpose.
        over_commit: What is over the cap afterwards; None leaves the row's as it is.
    """

    delta: int = 0
    is_cap_set: bool = False
    cap: int | None = None
    over_raised: int = 0
    over_commit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapsed:
    """Claims of one counter that no longer count and are not yet released."""

    key: str
    units: int
    count: int


class WriteStore(LockedTransaction, Protocol):
    """One write transaction of one tenant."""

    def load(self, reads: Collection[Read]) -> Mapping[Read, tuple[object, ...]]:
        """Answer reads in a few statements, whatever their number."""
        ...

    def lapsed(self, keys: Collection[str], *, now: datetime) -> list[Lapsed]:
        """Sum up the lapsed claims of counters."""
        ...

    def answers(
        self, names: Collection[tuple[str, str, str]]
    ) -> dict[tuple[str, str, str], KeptAnswer]:
        """Find committed answers by caller, route and idempotency key."""
        ...

    def flush(self, changes: Changes) -> None:
        """Write everything in the fixed order of the ledger.

        Raises:
            TransactionConflict: A row count was not as expected.
            ConstraintViolated: The database refused a row.
        """
        ...


class WriteStores(Protocol):
    """Where write transactions come from."""

    def write(self, tenant_id: TenantId) -> AbstractContextManager[WriteStore]:
        """Begin a write transaction that sees one tenant."""
        ...

    def settle(self, tenant_id: TenantId, batch_id: BatchId) -> bool:
        """Settle a lost COMMIT: whether the batch was committed; if not, it never will be.

        Raises:
            StorageUnavailable: It could not be settled in time; nobody knows.
        """
        ...


class Due(StrEnum):
    """What time brings about, for workers to record: one look into an index each."""

    HOLDS = "holds"
    CONFIRMATIONS = "confirmations"
    EXPIRIES = "expiries"
    COMPLETIONS = "completions"
    REMINDERS = "reminders"
    NO_SHOWS = "no_shows"
    PAST_SLOTS = "past_slots"
    SETTLING_SLOTS = "settling_slots"
    SETTLING_BLOCKS = "settling_blocks"
    SETTLING_RESOURCES = "settling_resources"
    LIMITED_SLOTS = "limited_slots"
    WAITLIST_ENDS = "waitlist_ends"
    WAITLISTS = "waitlists"
    ATTEMPTS = "attempts"


class Quiescence(Protocol):
    """Waiting for those who may not have seen what was just committed, since they lock nothing."""

    def outlive(self, tenant_id: TenantId, *, seconds: float) -> bool:
        """Wait until every write transaction that is alive now has ended; False if that took long.

        Raises:
            StorageUnavailable: The database cannot be reached.
        """
        ...


class Comparison(StrEnum):
    """How a filter compares. A field of parts mentions an id that is one of their values."""

    EQUAL = "equal"
    ONE_OF = "one_of"
    AT_LEAST = "at_least"
    BELOW = "below"
    IS_NULL = "is_null"
    MENTIONS = "mentions"


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition of a listing, on a field of the record."""

    field: str
    comparison: Comparison
    value: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A page of records: filtered, in a total order, after the last one seen.

    Attributes:
        order_by: A field; the id makes the order total.
        after: The last record's field and id as they stand in the cursor, or None.
    """

    kind: type
    filters: tuple[Filter, ...] = ()
    order_by: str
    is_descending: bool = False
    after: tuple[object, str] | None = None
    limit: int


class ReadStore(Protocol):
    """One read transaction of one tenant. It sees one state and cannot write."""

    def now(self) -> datetime:
        """Read the clock of record once: what is read here has one present."""
        ...

    def load(self, reads: Collection[Read]) -> Mapping[Read, tuple[object, ...]]:
        """Answer reads in a few statements: all that are by id or by field in one."""
        ...

    def serving(self, asked: ServedBy) -> Serving:
        """Find who may serve, with their hours, in one statement."""
        ...

    def takings(self, asked: Whereabouts) -> Takings:
        """Find what is taken around some time, in one statement."""
        ...

    def used(self, keys: Collection[str], *, now: datetime) -> dict[str, int]:
        """Return what counters have in use, lapsed claims not counted."""
        ...

    def page(self, listing: Listing) -> list[object]:
        """Return one page of records."""
        ...

    def counts(self, kind: type, field: str, filters: Sequence[Filter]) -> dict[str, int]:
        """Count the records that pass all filters, by what they have in a field of words."""
        ...


class ReadStores(Protocol):
    """Where read transactions come from."""

    def read(self, tenant_id: TenantId) -> AbstractContextManager[ReadStore]:
        """Begin a read transaction that sees one tenant."""
        ...


class TenantRegister(Protocol):
    """The register of businesses: the one place that is searched without knowing the tenant."""

    def find(self, slug_or_id: str) -> Tenant | None:
        """Return a business by its slug or id, or None."""
        ...

    def find_by_slug(self, slug: str) -> Tenant | None:
        """Return a business by its slug, or None."""
        ...

    def list_all(self) -> list[Tenant]:
        """Return all businesses, by slug."""
        ...

    def of_account(self, account_id: AccountId) -> list[Tenant]:
        """Return the businesses that a person may act for, by slug."""
        ...

    def with_due(self, due: Due, *, limit: int) -> list[TenantId]:
        """Return businesses that have something due."""
        ...

    def due(
        self, due: Due, tenant_id: TenantId, *, after: tuple[datetime, str] | None, limit: int
    ) -> list[tuple[datetime, str]]:
        """Return a page of what a business has due: since when, and the id.

        It comes in that order; `after` is the last one of the page before.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoffs:
    """How old what only serves retries may become before it is removed."""

    batches_before: datetime
    answers_before: datetime


class Housekeeping(Protocol):
    """Removing rows that have served: which batches committed, and answers kept for retries."""

    def with_old_rows(self, cutoffs: Cutoffs, *, limit: int) -> list[TenantId]:
        """Return businesses that have such rows."""
        ...

    def purge(self, tenant_id: TenantId, cutoffs: Cutoffs, *, limit: int) -> int:
        """Remove about `limit` such rows of each kind in one transaction; return how many.

        Raises:
            StorageFault: The database could not be asked, or somebody else did the same.
        """
        ...
