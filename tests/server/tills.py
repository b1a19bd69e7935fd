"""Stand-ins for the engine behind a lane: they can be made to wait, to break, and to remember."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypedDict, Unpack

from holdfast.domain.access import Actor, ActorKind, Role
from holdfast.domain.errors import RequestFailed, ServerBusy
from holdfast.domain.ids import TenantId
from holdfast.engine.use_cases import Envelope, Outcome
from holdfast.server.lane import CommitLane, LaneOptions, LaneWatch, Runner

A, B, C = TenantId("tnt_a"), TenantId("tnt_b"), TenantId("tnt_c")
ADA = Actor(kind=ActorKind.SECRET_KEY, actor_id="key_ada", role=Role.STAFF)
BOB = Actor(kind=ActorKind.SECRET_KEY, actor_id="key_bob", role=Role.STAFF)
SECONDS_MAX = 60


class LaneFields(TypedDict, total=False):
    """What a test may want of a lane."""

    threads: int
    batch_max: int
    queue_max: int
    wait_seconds: float
    alone_seconds: float


class Silence:
    """A watch that does not care."""

    def batch_done(self, *, size: int, seconds: float, refusals: Counter[str], depth: int) -> None:
        """Do nothing."""


class FullDisk:
    """A watch that cannot note anything."""

    def batch_done(self, *, size: int, seconds: float, refusals: Counter[str], depth: int) -> None:
        """Fail."""
        raise OSError


class Gate:
    """Runs batches by way of another runner, one of them at a time, while it is open."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._is_open = threading.Event()
        self._is_open.set()
        self._entered = threading.Event()

    def run(self, tenant_id: TenantId, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """Wait until the gate is open, then run."""
        self._entered.set()
        assert self._is_open.wait(SECONDS_MAX)
        return self._runner.run(tenant_id, envelopes)

    def open(self) -> None:
        """Let everything pass."""
        self._is_open.set()

    def close(self) -> None:
        """Let nothing pass."""
        self._is_open.clear()
        self._entered.clear()

    def wait_for_somebody(self) -> bool:
        """Wait until a lane stands before the gate."""
        return self._entered.wait(SECONDS_MAX)

    async def block(
        self, lane: CommitLane, envelope: Envelope, tenant_id: TenantId = A
    ) -> asyncio.Task[Outcome]:
        """Close the gate, and return when a lane stands before it with this command."""
        self.close()
        blocking = asyncio.create_task(lane.submit(tenant_id, envelope))
        assert await asyncio.to_thread(self.wait_for_somebody)
        return blocking


@dataclass
class Till:
    """An engine that gives each command back as its result, and remembers its batches.

    The command "bug" fails alone, "crash" fails with everything around it.
    """

    monotonic: Callable[[], float] = time.monotonic
    batches: list[tuple[TenantId, list[object]]] = field(default_factory=list)

    def run(self, tenant_id: TenantId, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """Run a batch."""
        self.batches.append((tenant_id, [item.command for item in envelopes]))
        return [self._outcome(item) for item in envelopes]

    def _outcome(self, item: Envelope) -> Outcome:
        if item.deadline is not None and self.monotonic() > item.deadline:
            return Outcome(error=ServerBusy())
        if item.command == "crash":
            raise ZeroDivisionError
        if item.command == "bug":
            return Outcome(error=RequestFailed("It is ours."), bug=ZeroDivisionError())
        return Outcome(result=item.command)


def lane_over(
    runner: Runner,
    monotonic: Callable[[], float] = time.monotonic,
    watch: LaneWatch | None = None,
    **fields: Unpack[LaneFields],
) -> CommitLane:
    """Return a lane of one thread, unless told otherwise."""
    one: LaneFields = {"threads": 1, **fields}
    return CommitLane(
        runner, options=LaneOptions(**one), watch=watch or Silence(), monotonic=monotonic
    )


def wrapped(command: object, actor: Actor = ADA) -> Envelope:
    """Put a command on its way."""
    return Envelope(command=command, actor=actor)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.001)


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something is so, outside any event loop."""
    deadline = time.monotonic() + SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


async def queued(lane: CommitLane, depth: int) -> None:
    """Wait until so many commands are in the queue."""
    await until(lambda: lane.depth == depth)


def code_of(outcome: Outcome) -> str | None:
    """Return the code of a refusal."""
    return None if outcome.error is None else outcome.error.code


def threads_named(prefix: str) -> set[threading.Thread]:
    """Return the threads that run under such a name."""
    return {thread for thread in threading.enumerate() if thread.name.startswith(prefix)}
