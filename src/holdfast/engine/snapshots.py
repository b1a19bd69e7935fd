"""Looking without locks: a snapshot for all commands of a batch, and each command's look at it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from typing import TypeVar, cast

from holdfast.domain.access import Actor
from holdfast.domain.claims import Claim
from holdfast.domain.errors import RecordNotFound
from holdfast.domain.ids import TenantId
from holdfast.domain.intervals import Interval
from holdfast.engine.ports import (
    ById,
    CounterOf,
    CountersBetween,
    Few,
    Latest,
    Over,
    Read,
    ReadStore,
    Where,
    WriteStore,
)
from holdfast.engine.records import KINDS

R = TypeVar("R")


class UndeclaredRead(Exception):
    """Something was read that was not loaded; `reads` says what."""

    def __init__(self, reads: Collection[Read]) -> None:
        super().__init__(f"not loaded: {sorted(map(repr, reads))}")
        self.reads = tuple(reads)


def side_by_side(*finds: Callable[[], R]) -> list[R]:
    """Look in several ways, and say at once what all of them miss, so that it comes in one go.

    Raises:
        UndeclaredRead: Some of them miss something.
    """
    found, missing = list[R](), set[Read]()
    for find in finds:
        try:
            found.append(find())
        except UndeclaredRead as undeclared:
            missing.update(undeclared.reads)
    if missing:
        raise UndeclaredRead(missing)
    return found


class Snapshot:
    """Unlocked reading for `needs`: in each round what is missing is loaded for all at once."""

    def __init__(self) -> None:
        self.loaded: dict[Read, tuple[object, ...]] = {}

    def load(self, store: WriteStore, reads: Collection[Read]) -> None:
        """Answer reads from the database."""
        self.loaded.update(store.load(reads))


class SnapshotLook:
    """One command's unlocked look. It remembers what it looked at, to be loaded again later."""

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        tenant_id: TenantId,
        actor: Actor,
        moves: int = 0,
        luck: int = 0,
    ) -> None:
        self.moves = moves
        self.luck = luck
        self._found: dict[Hashable, object] = {}
        self._snapshot = snapshot
        self._tenant_id = tenant_id
        self._actor = actor
        self.looked: set[Read] = set()

    @property
    def tenant_id(self) -> TenantId:
        """The one tenant that is seen."""
        return self._tenant_id

    @property
    def actor(self) -> Actor:
        """Who performs the use case."""
        return self._actor

    def once(self, key: Hashable, find: Callable[[], R]) -> R:
        """Return what was found under a key before, or find it now.

        What was loaded for one look does not change, so what was found in it stays true.
        """
        if key not in self._found:
            self._found[key] = find()
        return cast("R", self._found[key])

    def want(self, *reads: Read) -> None:
        """Say what will be looked at next, so that it comes in one go."""
        self.looked.update(reads)
        loaded = self._snapshot.loaded
        missing = [read for read in reads if read not in loaded]
        if missing:
            raise UndeclaredRead(missing)

    def find(self, kind: type[R], record_id: str) -> R | None:
        """Return a record or None."""
        rows = self._rows(ById(kind, record_id))
        return cast("R", rows[0]) if rows else None

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
        """Return the live records whose field has a value, by id."""
        return cast("tuple[R, ...]", self._rows(Where(kind, field_name, value)))

    def claims_over(self, key: str, interval: Interval) -> tuple[Claim, ...]:
        """Return the unreleased claims of a key that overlap an interval, lapsed ones included."""
        read = Over(key, interval.starts_at, interval.ends_at)
        return cast("tuple[Claim, ...]", self._rows(read))

    def cap_of(self, key: str) -> int | None:
        """Return the cap of a counter; None where none was ever set."""
        rows = self._rows(CounterOf(key))
        return cast("int", rows[0]) if rows else None

    def is_over(self, key: str) -> bool:
        """Whether more is recorded as taken on a counter than its cap."""
        rows = self._rows(CounterOf(key))
        return bool(rows) and cast("int", rows[1]) > 0

    def counters_between(self, first_key: str, last_key: str) -> tuple[str, ...]:
        """Return the keys of the counters that have a cap, from the first to the last."""
        return cast("tuple[str, ...]", self._rows(CountersBetween(first_key, last_key)))

    def few(
        self, kind: type[R], field_name: str, value: str, *, statuses: tuple[str, ...], limit: int
    ) -> tuple[R, ...]:
        """Return the first few records whose field has a value, in one of some statuses, by id."""
        return cast("tuple[R, ...]", self._rows(Few(kind, field_name, value, statuses, limit)))

    def latest(self, read: Latest) -> tuple[object, ...]:
        """Return the latest records whose field has a value, the latest first."""
        return self._rows(read)

    def _rows(self, read: Read) -> tuple[object, ...]:
        self.want(read)
        return self._snapshot.loaded[read]


LOOK_ROUNDS_MAX = 12


def look_up(
    store: ReadStore, find: Callable[[SnapshotLook], R], *, tenant_id: TenantId, actor: Actor
) -> R:
    """Find something for display by a function that looks, loading what it misses in rounds.

    So what is shown is found by the very function that finds it when something is booked.
    """
    snapshot = Snapshot()
    look = SnapshotLook(snapshot, tenant_id=tenant_id, actor=actor)
    for _ in range(LOOK_ROUNDS_MAX):
        try:
            return find(look)
        except UndeclaredRead as missing:
            snapshot.loaded.update(store.load(missing.reads))
    raise AssertionError("it looks too far")
