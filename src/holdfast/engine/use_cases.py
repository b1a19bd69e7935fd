"""What a use case is: a scope, what it needs and what it decides; and what a caller submits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from holdfast.domain.access import Actor, Scope
from holdfast.domain.claims import Claim
from holdfast.domain.errors import HoldfastError
from holdfast.domain.fields import Patterns
from holdfast.domain.ids import TenantId
from holdfast.domain.intervals import Interval
from holdfast.engine.ports import (
    Answer,
    CapacityKind,
    IdempotencyKey,
    Latest,
    LockedRow,
    LockRequest,
    Read,
)

R = TypeVar("R")
C = TypeVar("C")
C_contra = TypeVar("C_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)


class Look(Protocol):
    """Reading for `needs`: unlocked at first, and once more on what was loaded under the locks."""

    @property
    def tenant_id(self) -> TenantId:
        """The one tenant that is seen."""
        ...

    @property
    def actor(self) -> Actor:
        """Who performs the use case."""
        ...

    @property
    def luck(self) -> int:
        """A number at random, the same in all looks of one command."""
        ...

    @property
    def moves(self) -> int:
        """How often the command has been moved to a later batch already."""
        ...

    def once(self, key: Hashable, find: Callable[[], R]) -> R:
        """Return what was found under a key before, or find it now; forgotten on any change."""
        ...

    def want(self, *reads: Read) -> None:
        """Say what will be looked at next, so that it comes in one go."""
        ...

    def find(self, kind: type[R], record_id: str) -> R | None:
        """Return a record or None."""
        ...

    def get(self, kind: type[R], record_id: str) -> R:
        """Return a record.

        Raises:
            RecordNotFound: There is none in this tenant.
        """
        ...

    def where(self, kind: type[R], field_name: str, value: str) -> tuple[R, ...]:
        """Return the live records whose field has a value, by id."""
        ...

    def claims_over(self, key: str, interval: Interval) -> tuple[Claim, ...]:
        """Return the unreleased claims of a key that overlap an interval, lapsed ones included."""
        ...

    def cap_of(self, key: str) -> int | None:
        """Return the cap of a counter; None where none was ever set."""
        ...

    def is_over(self, key: str) -> bool:
        """Whether more is recorded as taken on a counter than its cap."""
        ...

    def counters_between(self, first_key: str, last_key: str) -> tuple[str, ...]:
        """Return the keys of the counters that have a cap, from the first to the last."""
        ...

    def few(
        self, kind: type[R], field_name: str, value: str, *, statuses: tuple[str, ...], limit: int
    ) -> tuple[R, ...]:
        """Return the first few records whose field has a value, in one of some statuses, by id."""
        ...

    def latest(self, read: Latest) -> tuple[object, ...]:
        """Return the latest records whose field has a value, the latest first.

        In a batch a few may be missing that it has changed: ask for more than are needed.
        """
        ...


class View(Look, Protocol):
    """Reading and changing for `decide`: what was declared, under the locks, as an overlay.

    Nothing reaches the batch or the database until the command is accepted.
    """

    @property
    def patterns(self) -> Patterns:
        """What matches the patterns of fields."""
        ...

    @property
    def now(self) -> datetime:
        """The batch's one deciding instant, read after the last lock."""
        ...

    def counter(self, key: str) -> LockedRow:
        """Return a locked capacity row as this command finds it, lapsed claims not counted."""
        ...

    def is_locked(self, key: str) -> bool:
        """Whether the batch holds the key's lock."""
        ...

    def new_id(self, prefix: str) -> str:
        """Return a new id."""
        ...

    def new_booking_number(self) -> str:
        """Return a new random booking number."""
        ...

    def new_secret(self) -> str:
        """Return a new unguessable secret."""
        ...

    def insert(self, record: object) -> None:
        """Add a record."""
        ...

    def update(self, record: R, **changes: object) -> R:
        """Replace a record by one with other values and the next version; returns it."""
        ...

    def acquire(self, claim: Claim) -> None:
        """Add a claim; a counter's `used` goes up with it."""
        ...

    def change_claim(self, claim: Claim, **changes: object) -> Claim:
        """Convert, extend or release a claim; a counter's `used` goes down on release."""
        ...

    def set_cap(
        self, key: str, cap: int | None, *, used: int | None = None, may_be_over: bool = False
    ) -> None:
        """Set the cap of a locked counter; below what is in use only as over-commitment.

        A counter without a cap counts nothing: `used` says how much is in use when it begins to.
        """
        ...

    def attempt(self, act: Callable[[], R]) -> R:
        """Do something; what it changed is undone if it is refused, and the refusal goes on."""
        ...

    def rehearse(self, act: Callable[[], object]) -> tuple[object, ...]:
        """Do something and undo it; returns the records that it would have made or changed."""
        ...

    def fact(self, type_: str, record: object, **payload: object) -> None:
        """Write a fact about a record to the outbox."""
        ...


@dataclass(frozen=True, slots=True)
class Needs:
    """The capacity keys that a command locks, and what else it reads under the locks."""

    guards: frozenset[str] = frozenset()
    counters: frozenset[str] = frozenset()
    reads: frozenset[Read] = frozenset()

    @classmethod
    def of(
        cls,
        *,
        guards: Iterable[str] = (),
        counters: Iterable[str] = (),
        reads: Iterable[Read] = (),
    ) -> Needs:
        """Return needs from any iterables."""
        return cls(guards=frozenset(guards), counters=frozenset(counters), reads=frozenset(reads))

    def __or__(self, other: Needs) -> Needs:
        """Return what both need."""
        return Needs(
            self.guards | other.guards, self.counters | other.counters, self.reads | other.reads
        )

    @classmethod
    def together(cls, found: Iterable[Needs]) -> Needs:
        """Return all that several have."""
        guards, counters, reads = set[str](), set[str](), set[Read]()
        for needs in found:
            guards |= needs.guards
            counters |= needs.counters
            reads |= needs.reads
        return cls.of(guards=guards, counters=counters, reads=reads)

    @property
    def keys(self) -> frozenset[str]:
        """Every key to be locked."""
        return self.guards | self.counters

    def requests(self) -> list[LockRequest]:
        """The locks as they are asked of the database."""
        guards = [LockRequest(key=key, kind=CapacityKind.GUARD) for key in self.guards]
        counters = [LockRequest(key=key, kind=CapacityKind.COUNTER) for key in self.counters]
        return guards + counters


class NeedsMore(Exception):
    """What was locked does not do; the command looks again and locks more in the next batch."""


class UseCase(Generic[C, R]):
    """One thing that can be done: who may, what it needs, what it decides.

    `needs` runs twice: unlocked, to find the keys; and under the locks, to see that they still
    are the right ones. `decide` reads and changes the view, and returns the result or raises a
    refusal, which leaves no trace.
    """

    __slots__ = ("decide", "name", "needs", "scopes")

    def __init__(
        self,
        name: str,
        *,
        scopes: Collection[Scope],
        needs: Callable[[C, Look], Needs],
        decide: Callable[[View, C, datetime], R],
    ) -> None:
        self.name = name
        self.scopes = tuple(scopes)
        self.needs = needs
        self.decide = decide


Render = Callable[[object], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A command on its way: who sends it, how its answer is rendered, and under which key.

    `deadline` is on the monotonic clock, in seconds; past it the command is not begun. `source`
    is the door by which it comes, for the history. `around` makes of the command's use case what
    is run instead: hooks are asked between two such runs.
    """

    command: object
    actor: Actor
    render: Render | None = None
    idempotency: IdempotencyKey | None = None
    deadline: float | None = None
    source: str = ""
    around: Callable[[UseCase[Any, Any]], UseCase[Any, Any]] | None = None


def reason_in(command: object) -> str | None:
    """Return why a command is given, in the words of whoever gives it: its reason or override's."""
    for said in (command, getattr(command, "override", None)):
        reason = getattr(said, "reason", None)
        if isinstance(reason, str) and reason.strip():
            return reason
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a command: a result, a replayed answer, or an error."""

    result: object = None
    answer: Answer | None = None
    is_replayed: bool = False
    error: HoldfastError | None = None
    bug: BaseException | None = field(default=None, compare=False)
