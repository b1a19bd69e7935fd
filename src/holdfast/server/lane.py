"""The commit lane: commands of many requests become batches of the engine.

A few threads take turns at the tenants that have something queued. A lane never waits for
company: when it is free it takes what is queued for one tenant. While it commits, the next batch
gathers by itself, so batches are as large as the load makes them.

A batch is bounded by its number of commands. The ledger's other bound, 500 keys, cannot be kept
here, since keys are found by `needs` inside the transaction: that one is the unit of work's.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import weakref
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import Protocol

import structlog

from holdfast.domain.errors import RequestFailed, ServerBusy
from holdfast.domain.ids import TenantId
from holdfast.engine.use_cases import Envelope, Outcome
from holdfast.server.handover import Caller, hand_over

log = structlog.get_logger("holdfast.lane")

# With busy threads beside the event loop, its p99 delay fell from 9.2 to 0.4 ms with this.
SWITCH_INTERVAL_SECONDS = 0.0005


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneOptions:
    """The lane's limits. Times are in seconds.

    Attributes:
        threads: How many tenants are served at the same moment.
        batch_max: How many commands go into one transaction.
        queue_max: How many commands wait, of all tenants together; beyond it callers are told at
            once that the server is busy.
        wait_seconds: How long a command waits before it is refused unstarted.
        alone_seconds: How long a caller whose command failed with a bug stays out of batches.
        alone_max: How many such callers are remembered.
    """

    threads: int = 2
    batch_max: int = 64
    queue_max: int = 10_000
    wait_seconds: float = 10.0
    alone_seconds: float = 60.0
    alone_max: int = 1_000


class Runner(Protocol):
    """The engine's one path of every write."""

    def run(self, tenant_id: TenantId, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """Run commands of one tenant in their order, and say what became of each."""
        ...


class LaneWatch(Protocol):
    """Who wants to know how the lane is doing."""

    def batch_done(self, *, size: int, seconds: float, refusals: Counter[str], depth: int) -> None:
        """Note that a batch is over: its refusals by code, and how many commands wait now."""
        ...


class _Waiting(Caller[Outcome]):
    """A command in the queue."""

    __slots__ = ("envelope",)

    def __init__(self, envelope: Envelope) -> None:
        super().__init__()
        self.envelope = envelope


class _Line:
    """The queues of one run of the lane: from its first command until it was drained or forked.

    Attributes:
        queues: Commands by tenant. A tenant has a queue exactly while it is in the line of turns
            or in a lane.
        turns: Tenants that wait for a lane, who has waited longest first; None stops a thread.
        depth: How many commands wait.
        working: How many batches are being run.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.idle = threading.Condition(self.lock)
        self.queues: dict[TenantId, deque[_Waiting]] = {}
        self.turns: SimpleQueue[TenantId | None] = SimpleQueue()
        self.threads: list[threading.Thread] = []
        self.depth = 0
        self.working = 0
        self.is_closed = False

    def is_idle(self) -> bool:
        """Whether everything is done."""
        return self.depth == 0 and self.working == 0


class CommitLane:
    """Takes commands from event loops and runs them in batches, in its own threads.

    Any number of event loops may submit. Threads are started by the first command, so that a
    mounted app works whether or not its host runs our lifespan. After a fork the child begins
    with an empty lane; what was queued is the parent's to answer.
    """

    def __init__(
        self,
        runner: Runner,
        *,
        options: LaneOptions,
        watch: LaneWatch,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make a lane; nothing runs yet."""
        self._runner = runner
        self._options = options
        self._watch = watch
        self._monotonic = monotonic
        self._line = _Line()
        self._alone_until: dict[tuple[TenantId, str], float] = {}
        _lanes.add(self)

    async def submit(self, tenant_id: TenantId, envelope: Envelope) -> Outcome:
        """Run a command in one of the next batches of its tenant and return what became of it.

        Refusals are outcomes, `ServerBusy` among them: too many wait, the lane is being drained,
        or it was not this command's turn in time. A caller that is cancelled stops waiting; its
        command runs all the same.
        """
        wait_seconds = self._options.wait_seconds
        if envelope.deadline is None:
            envelope = replace(envelope, deadline=self._monotonic() + wait_seconds)
        else:
            wait_seconds = max(0.0, envelope.deadline - self._monotonic())
        waiting = _Waiting(envelope)
        line = self._line
        with line.lock:
            if line.is_closed or line.depth >= self._options.queue_max:
                return Outcome(error=ServerBusy())
            queue = line.queues.get(tenant_id)
            is_first = queue is None
            if queue is None:
                queue = line.queues[tenant_id] = deque()
            queue.append(waiting)
            line.depth += 1
            if not line.threads:
                self._start_threads(line)
        if is_first:
            line.turns.put(tenant_id)
        waiting.timer = waiting.loop.call_later(wait_seconds, _give_up, line, waiting)
        return await waiting.answer()

    def open(self) -> None:
        """Accept commands, again after `drain`."""
        if self._line.is_closed:
            self._line = _Line()

    def drain(self, seconds: float) -> bool:
        """Accept nothing more, finish what is queued, and stop the threads; blocks meanwhile.

        Returns:
            Whether everything was finished in time. What was not begun is answered `ServerBusy`.
        """
        line = self._line
        with line.idle:
            line.is_closed = True
            is_done = line.idle.wait_for(line.is_idle, timeout=seconds)
            refused = [
                waiting
                for queue in line.queues.values()
                for waiting in queue
                if not waiting.is_given_up
            ]
            for waiting in refused:
                waiting.is_given_up = True
            line.depth -= len(refused)
        hand_over((waiting, Outcome(error=ServerBusy())) for waiting in refused)
        for _ in line.threads:
            line.turns.put(None)
        if not is_done:
            log.warning("lane.drained_late", refused=len(refused))
        return is_done

    def forget(self) -> None:
        """After a fork, in the child: leave what is queued to the parent (done by itself)."""
        self._line = _Line()

    @property
    def is_closed(self) -> bool:
        """Whether nothing more is accepted."""
        return self._line.is_closed

    @property
    def depth(self) -> int:
        """How many commands wait."""
        return self._line.depth

    def _start_threads(self, line: _Line) -> None:
        """Start the threads; they are daemons, since a COMMIT that hangs must not hold us."""
        sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH_INTERVAL_SECONDS))
        for number in range(self._options.threads):
            thread = threading.Thread(
                target=self._work, args=(line,), name=f"holdfast-lane-{number + 1}", daemon=True
            )
            line.threads.append(thread)
            thread.start()

    def _work(self, line: _Line) -> None:
        """Serve one tenant after another, until told to stop."""
        while (tenant_id := line.turns.get()) is not None:
            batch = self._take(line, tenant_id)
            if batch:
                begun_at = self._monotonic()
                outcomes = self._run(tenant_id, batch)
                hand_over(zip(batch, outcomes, strict=True))
                self._note(line, outcomes, seconds=self._monotonic() - begun_at)
            _put_back(line, tenant_id)

    def _take(self, line: _Line, tenant_id: TenantId) -> list[_Waiting]:
        """Take what is queued for a tenant, in order of arrival, as far as it may go together."""
        batch: list[_Waiting] = []
        with line.lock:
            line.working += 1
            queue = line.queues[tenant_id]
            while queue and len(batch) < self._options.batch_max:
                is_alone = self._must_be_alone(tenant_id, queue[0])
                if is_alone and batch:
                    break
                waiting = queue.popleft()
                if waiting.is_given_up:
                    continue
                waiting.is_begun = True
                batch.append(waiting)
                if is_alone:
                    break
            line.depth -= len(batch)
        return batch

    def _run(self, tenant_id: TenantId, batch: list[_Waiting]) -> list[Outcome]:
        """Run a batch and say what became of each command, whatever happens."""
        try:
            outcomes = self._runner.run(tenant_id, [waiting.envelope for waiting in batch])
            assert len(outcomes) == len(batch), "every command has an outcome"
        except Exception as bug:
            # The engine answers for bugs of single commands itself. Nothing is run again: some of
            # this batch may have been committed.
            log.exception("lane.failed", size=len(batch))
            message = "Something went wrong on our side. Look whether it was done, then try again."
            outcomes = [Outcome(error=RequestFailed(message), bug=bug) for _ in batch]
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if outcome.bug is not None:
                self._keep_alone(tenant_id, waiting.envelope.actor.actor_id)
        return outcomes

    def _note(self, line: _Line, outcomes: Sequence[Outcome], *, seconds: float) -> None:
        """Tell the watch; one that fails, on a full disk for one, does not stop the lane."""
        refusals = Counter(item.error.code for item in outcomes if item.error is not None)
        try:
            self._watch.batch_done(
                size=len(outcomes), seconds=seconds, refusals=refusals, depth=line.depth
            )
        except Exception:
            log.exception("lane.not_noted")

    def _keep_alone(self, tenant_id: TenantId, actor_id: str) -> None:
        """Keep a caller out of batches for a while: its bug must not cost its neighbours again.

        The table is replaced, never changed: other lanes read it meanwhile.
        """
        now = self._monotonic()
        kept = {who: until for who, until in self._alone_until.items() if until > now}
        if len(kept) < self._options.alone_max:
            kept[tenant_id, actor_id] = now + self._options.alone_seconds
        self._alone_until = kept

    def _must_be_alone(self, tenant_id: TenantId, waiting: _Waiting) -> bool:
        if not self._alone_until:
            return False
        until = self._alone_until.get((tenant_id, waiting.envelope.actor.actor_id))
        return until is not None and self._monotonic() < until


def _put_back(line: _Line, tenant_id: TenantId) -> None:
    """Give a tenant that has more its next turn, behind all others that wait."""
    with line.idle:
        line.working -= 1
        if line.queues[tenant_id]:
            line.turns.put(tenant_id)
        else:
            del line.queues[tenant_id]
        if line.is_idle():
            line.idle.notify_all()


def _give_up(line: _Line, waiting: _Waiting) -> None:
    """Answer a command whose time is over, unless it has been begun; in its own loop."""
    with line.idle:
        if waiting.is_begun or waiting.is_given_up:
            return
        waiting.is_given_up = True
        line.depth -= 1
        if line.is_idle():
            line.idle.notify_all()
    waiting.succeed(Outcome(error=ServerBusy()))


_lanes: weakref.WeakSet[CommitLane] = weakref.WeakSet()


def _forget_after_fork() -> None:
    for lane in list(_lanes):
        lane.forget()


os.register_at_fork(after_in_child=_forget_after_fork)
