"""The batch: many use cases of one tenant in one transaction, by the seven steps of the ledger.

Begin, lock everything once in sorted order, read `now`, load what was declared, decide in order
of arrival, flush once, commit. A refusal leaves no trace and does not disturb its neighbours. A
library call is a batch of one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from holdfast.domain.errors import (
    ClockBehind,
    HoldfastError,
    KeyReused,
    RecordExists,
    RequestFailed,
    ServerBusy,
)
from holdfast.domain.fields import NO_PATTERNS, Patterns
from holdfast.domain.ids import BatchId, TenantId
from holdfast.engine.batch_changes import changes_of
from holdfast.engine.ports import (
    CommitUnknown,
    ConstraintViolated,
    Ids,
    KeptAnswer,
    LockedRow,
    LockRequest,
    Read,
    StorageFault,
    StorageUnavailable,
    TransactionConflict,
    WriteStore,
    WriteStores,
)
from holdfast.engine.snapshots import Snapshot, SnapshotLook, UndeclaredRead
from holdfast.engine.use_cases import Envelope, Needs, NeedsMore, Outcome, UseCase, reason_in
from holdfast.engine.views import BatchView, CommandView

log = structlog.get_logger("holdfast.batch")

# After so many moves to the next batch a command runs alone.
MOVES_MAX = 3
# A batch locks at most so many keys; a command with more than the second number runs alone.
BATCH_KEYS_MAX = 500
WIDE_KEYS = 50
ALONE_TRIES_MAX = 5
ROUNDS_MAX = 12
CLOCK_BEHIND_MAX = timedelta(seconds=5)
# Unique names that no use case can check for itself, since they are unique among all tenants.
TAKEN_NAMES = {"uq_tenant_slug": ("tenant", "slug")}


@dataclass(slots=True)
class _Item:
    """A command in the works."""

    envelope: Envelope
    use_case: UseCase[object, object]
    luck: int = 0
    moves: int = 0
    needs: Needs = field(default_factory=Needs)
    reads: frozenset[Read] = frozenset()
    outcome: Outcome | None = None


class UnitOfWork:
    """Runs batches. Holds nothing between two runs, so any thread may call it."""

    def __init__(
        self,
        *,
        stores: WriteStores,
        ids: Ids,
        use_cases: Mapping[type, UseCase[object, object]],
        monotonic: Callable[[], float],
        patterns: Patterns = NO_PATTERNS,
    ) -> None:
        self._stores = stores
        self._ids = ids
        self._use_cases = use_cases
        self._monotonic = monotonic
        self._patterns = patterns

    def run(self, tenant_id: TenantId, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """Run commands of one tenant, in their order, and say what became of each.

        Never raises for a single command's sake: refusals, bugs and an unreachable database are
        outcomes.
        """
        items = [
            _Item(envelope, self._use_case_of(envelope), luck=self._ids.chance())
            for envelope in envelopes
        ]
        for item in items:
            _authorize(item)
        waiting = [item for item in items if item.outcome is None]
        while waiting:
            alone = [item for item in waiting if item.moves >= MOVES_MAX]
            together = [item for item in waiting if item.moves < MOVES_MAX]
            if together:
                self._run_together(tenant_id, together)
            for item in alone:
                self._run_alone(tenant_id, item)
            waiting = [item for item in waiting if item.outcome is None]
        return [item.outcome for item in items if item.outcome is not None]

    def _use_case_of(self, envelope: Envelope) -> UseCase[object, object]:
        use_case = self._use_cases[type(envelope.command)]
        return use_case if envelope.around is None else envelope.around(use_case)

    def _run_together(self, tenant_id: TenantId, items: list[_Item]) -> None:
        """Run a batch; once more if it met a conflict; then its commands one by one."""
        for attempt in (1, 2):
            try:
                self._attempt(tenant_id, items)
            except StorageUnavailable as fault:
                self._give_up(items, fault)
                return
            except StorageFault as fault:
                log.warning("batch.conflict", fault=str(fault), attempt=attempt, size=len(items))
                if not _is_retryable(fault):
                    break
            except Exception as bug:  # noqa: BLE001 - a bug of one command must not answer for all
                if len(items) == 1:
                    self._fail(items[0], bug)
                    return
                log.warning("batch.failed", bug=repr(bug), size=len(items))
                break
            else:
                return
        for item in items:
            if item.outcome is None:
                self._run_alone(tenant_id, item)

    def _run_alone(self, tenant_id: TenantId, item: _Item) -> None:
        """Run one command by itself, a bounded number of times."""
        fault: StorageFault | None = None
        for _ in range(ALONE_TRIES_MAX):
            if self._is_late(item):
                break
            try:
                self._attempt(tenant_id, [item])
            except StorageUnavailable as unavailable:
                fault = unavailable
                break
            except StorageFault as conflict:
                fault = conflict
            except Exception as bug:  # noqa: BLE001 - reported as this command's failure
                self._fail(item, bug)
                return
            if item.outcome is not None:
                return
        if isinstance(fault, ConstraintViolated) and fault.constraint in TAKEN_NAMES:
            kind, field_name = TAKEN_NAMES[fault.constraint]
            taken = RecordExists(kind=kind, key=str(_named(item, field_name)))
            item.outcome = Outcome(error=taken)
        elif isinstance(fault, ConstraintViolated):
            self._fail(item, fault)
        else:
            self._give_up([item], fault)

    def _attempt(self, tenant_id: TenantId, items: list[_Item]) -> None:
        """Run the seven steps once. Items without an outcome afterwards go to the next batch."""
        started = [item for item in items if item.outcome is None and not self._is_refused(item)]
        if not started:
            return
        with self._stores.write(tenant_id) as store:
            self._find_needs(tenant_id, store, started)
            taken = _fitting(started)
            reads = set[Read]().union(*(item.reads for item in taken))
            locked = self._lock(store, taken)
            view = self._view(tenant_id, store, reads, locked)
            outcomes, answers = self._decide(store, taken, view)
            batch_id = BatchId(self._ids.new("bat", now=view.now))
            if view.records_changed or answers:
                store.flush(changes_of(view, batch_id=batch_id, answers=answers, ids=self._ids))
                commit(self._stores, tenant_id, store, batch_id)
            else:
                store.rollback()
        # Only now, after COMMIT, does anybody get an answer.
        for item, outcome in outcomes:
            if outcome is None:
                item.moves += 1
            else:
                item.outcome = outcome

    def _find_needs(self, tenant_id: TenantId, store: WriteStore, items: Sequence[_Item]) -> None:
        """Find every command's needs, unlocked, loading what they look at in common rounds."""
        snapshot = Snapshot()
        looks = [
            SnapshotLook(
                snapshot,
                tenant_id=tenant_id,
                actor=item.envelope.actor,
                moves=item.moves,
                luck=item.luck,
            )
            for item in items
        ]
        waiting = list(zip(items, looks, strict=True))
        for _ in range(ROUNDS_MAX):
            missing: set[Read] = set()
            later = []
            for item, look in waiting:
                item.needs = Needs()
                try:
                    item.needs = item.use_case.needs(item.envelope.command, look)
                except UndeclaredRead as undeclared:
                    missing.update(undeclared.reads)
                    later.append((item, look))
                except HoldfastError:
                    # Not yet an answer: what was looked at in several rounds, while others wrote,
                    # may contradict itself. It is asked again after the locks.
                    item.needs = Needs()
                item.reads = frozenset(look.looked) | item.needs.reads
            waiting = later
            if not waiting:
                return
            snapshot.load(store, missing)
        message = f"needs() of {waiting[0][0].use_case.name} looks too far"
        raise AssertionError(message)

    def _lock(self, store: WriteStore, items: Sequence[_Item]) -> dict[str, LockedRow]:
        """Lock the union of all keys in one order: nobody can wait in a circle."""
        requests: dict[str, LockRequest] = {}
        for item in items:
            requests.update((request.key, request) for request in item.needs.requests())
        if not requests:
            return {}
        rows = store.lock([requests[key] for key in sorted(requests)])
        return {row.key: row for row in rows}

    def _view(
        self,
        tenant_id: TenantId,
        store: WriteStore,
        reads: set[Read],
        locked: Mapping[str, LockedRow],
    ) -> BatchView:
        """Read the time, after the last lock, and load what was declared."""
        now = present(store, locked)
        counters = [key for key, row in locked.items() if row.cap is not None]
        return BatchView(
            tenant_id=tenant_id,
            now=now,
            loaded=store.load(reads),
            locked=locked,
            lapsed=store.lapsed(counters, now=now) if counters else (),
        )

    def _decide(
        self, store: WriteStore, items: Sequence[_Item], view: BatchView
    ) -> tuple[list[tuple[_Item, Outcome | None]], list[KeptAnswer]]:
        """Decide in order of arrival, each command on its own overlay."""
        names = {item.envelope.idempotency.name for item in items if item.envelope.idempotency}
        # Read last: whoever sees an effect of the same request also sees its answer.
        kept = store.answers(names) if names else {}
        new: list[KeptAnswer] = []
        outcomes = [(item, self._decide_one(item, view, kept, new)) for item in items]
        return outcomes, new

    def _decide_one(
        self,
        item: _Item,
        batch: BatchView,
        kept: dict[tuple[str, str, str], KeptAnswer],
        new: list[KeptAnswer],
    ) -> Outcome | None:
        """Decide one command; None moves it to the next batch."""
        envelope = item.envelope
        key = envelope.idempotency
        if key is not None and key.name in kept:
            found = kept[key.name]
            if found.key.fingerprint != key.fingerprint:
                return Outcome(error=KeyReused())
            return Outcome(answer=found.answer, is_replayed=True)
        view = CommandView(
            batch,
            actor=envelope.actor,
            ids=self._ids,
            action=item.use_case.name,
            patterns=self._patterns,
            moves=item.moves,
            luck=item.luck,
            source=envelope.source,
            reason=reason_in(envelope.command),
        )
        try:
            needs = item.use_case.needs(envelope.command, view)
            if not needs.keys <= batch.locked.keys():
                return None
            view.want(*needs.reads)
            result = item.use_case.decide(view, envelope.command, batch.now)
        except NeedsMore:
            return None
        except UndeclaredRead:
            if item.moves > MOVES_MAX + ALONE_TRIES_MAX // 2:
                raise
            return None
        except HoldfastError as refusal:
            return Outcome(error=refusal)
        answer = envelope.render(result) if envelope.render else None
        view.fold()
        if key is not None and answer is not None:
            kept[key.name] = KeptAnswer(key=key, answer=answer, at=batch.now)
            new.append(kept[key.name])
        return Outcome(result=result, answer=answer)

    def _is_late(self, item: _Item) -> bool:
        deadline = item.envelope.deadline
        return deadline is not None and self._monotonic() > deadline

    def _is_refused(self, item: _Item) -> bool:
        if not self._is_late(item):
            return False
        item.outcome = Outcome(error=ServerBusy())
        return True

    def _give_up(self, items: Sequence[_Item], fault: StorageFault | None) -> None:
        log.error("batch.gave_up", fault=str(fault), size=len(items))
        for item in items:
            if item.outcome is None:
                refusal = fault.refusal if isinstance(fault, _ClockFault) else ServerBusy()
                item.outcome = Outcome(error=refusal)

    def _fail(self, item: _Item, bug: BaseException) -> None:
        log.error("use_case.failed", use_case=item.use_case.name, exc_info=bug)
        message = "Something went wrong on our side. Nothing was changed, and it has been logged."
        item.outcome = Outcome(error=RequestFailed(message), bug=bug)


def present(store: WriteStore, locked: Mapping[str, LockedRow]) -> datetime:
    """Read the ledger's time, after the last lock: never before what was decided under a lock.

    Raises:
        StorageUnavailable: The database's clock is behind.
    """
    now = store.now()
    latest = max((row.decided_at for row in locked.values() if row.decided_at), default=now)
    if latest - now > CLOCK_BEHIND_MAX:
        message = (
            "The database's clock is behind what it has already decided. An operator has to"
            " look: 'holdfast clock' says by how much and can reset it."
        )
        raise _ClockFault(ClockBehind(message, retry_after_seconds=60))
    return max(now, latest)


def commit(stores: WriteStores, tenant_id: TenantId, store: WriteStore, batch_id: BatchId) -> None:
    """Commit; a lost COMMIT is settled, not guessed.

    Raises:
        TransactionConflict: It was lost, and can never take effect.
    """
    try:
        store.commit()
    except CommitUnknown:
        log.warning("batch.commit_unknown", batch_id=batch_id)
        if not stores.settle(tenant_id, batch_id):
            message = "the lost COMMIT can never take effect; the batch runs again"
            raise TransactionConflict(message) from None


def _authorize(item: _Item) -> None:
    try:
        item.envelope.actor.require(*item.use_case.scopes)
    except HoldfastError as refusal:
        item.outcome = Outcome(error=refusal)


class _ClockFault(StorageUnavailable):
    """The clock of record cannot be followed: the whole batch gets this refusal."""

    def __init__(self, refusal: ClockBehind) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


def _fitting(items: Sequence[_Item]) -> list[_Item]:
    """Take from the front what one batch may lock; the rest waits for the next one.

    A command that locks very much runs by itself, so that it delays nobody's small one.
    """
    taken: list[_Item] = []
    keys: set[str] = set()
    for item in items:
        own = item.needs.keys
        is_too_much = len(own) > WIDE_KEYS or len(keys | own) > BATCH_KEYS_MAX
        if taken and is_too_much:
            break
        taken.append(item)
        keys |= own
        if len(own) > WIDE_KEYS:
            break
    return taken


def _named(item: _Item, field_name: str) -> object:
    """The name that a command asked for."""
    command = item.envelope.command
    changes = getattr(command, "changes", {})
    return changes.get(field_name, getattr(command, field_name, ""))


def _is_retryable(fault: StorageFault) -> bool:
    """Whether the whole batch is worth another try: conflicts, and a key that came in between."""
    return isinstance(fault, (TransactionConflict, ConstraintViolated))
