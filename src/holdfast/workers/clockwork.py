"""The clockwork: runs workers at intervals, each in a thread, and remembers how they are doing."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import structlog

from holdfast.engine.ports import Clock

log = structlog.get_logger("holdfast.worker")

BACKOFF_SECONDS_MAX = 300.0
BACKOFF_DOUBLINGS_MAX = 10
JITTER = 0.2

Work = Callable[[Callable[[], bool]], Mapping[str, int]]
"""One run of a worker. It asks its argument now and then whether to stop, and returns counts."""


class WorkIncomplete(Exception):
    """A worker did what it could, and something is left over for the next run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A worker and how often it runs."""

    name: str
    every_seconds: float
    work: Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """How a worker is doing.

    Attributes:
        last_done_at: When it last finished without failing; None if it never has.
        last_error: What kind of error the latest run failed with; None if it did not.
        failure_count: How many runs have failed since the last that did not.
    """

    name: str
    last_done_at: datetime | None = None
    last_error: str | None = None
    failure_count: int = 0


class PulseWatch(Protocol):
    """Who wants to know how the workers are doing."""

    def worker_ran(self, name: str, *, at_seconds: float | None) -> None:
        """Note a worker's run; without an instant it failed."""
        ...


class Clockwork:
    """Runs jobs, each at its interval in a daemon thread of its own, until it is stopped.

    A run that fails is logged and tried again, ever later; nothing ends the loop but `stop`. The
    intervals vary a little, so that the processes of a fleet do not all come at once.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        *,
        clock: Clock,
        randomness: random.Random,
        watch: PulseWatch,
    ) -> None:
        """Make a clockwork that stands still."""
        self._jobs = tuple(jobs)
        self._clock = clock
        self._randomness = randomness
        self._watch = watch
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._pulses = {job.name: Pulse(name=job.name) for job in self._jobs}

    def start(self) -> None:
        """Start the threads. The first run of each comes within its interval."""
        assert not self._threads, "it runs already"
        self._stopping.clear()
        for job in self._jobs:
            thread = threading.Thread(
                target=self._turn, args=(job,), name=f"holdfast-worker-{job.name}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def stop(self, seconds: float) -> bool:
        """Ask the workers to stop and wait for them; say whether all of them have."""
        self._stopping.set()
        threads, self._threads = self._threads, []
        share = seconds / max(1, len(threads))
        for thread in threads:
            thread.join(share)
        return not any(thread.is_alive() for thread in threads)

    def pulses(self) -> list[Pulse]:
        """Return how each worker is doing, in the order of the jobs."""
        return [self._pulses[job.name] for job in self._jobs]

    def run_once(self, job: Job) -> None:
        """Run a job now and note how it went."""
        pulse = self._pulses[job.name]
        try:
            counts = job.work(self._stopping.is_set)
        except Exception as error:
            failures = pulse.failure_count + 1
            log.exception("worker.failed", worker=job.name, failure_count=failures)
            # Without its message, which may name hosts: pulses are shown to the public.
            said = type(error).__name__
            self._pulses[job.name] = replace(pulse, last_error=said, failure_count=failures)
            self._watch.worker_ran(job.name, at_seconds=None)
            return
        now = self._clock.now()
        self._pulses[job.name] = Pulse(name=job.name, last_done_at=now)
        self._watch.worker_ran(job.name, at_seconds=now.timestamp())
        # Only runs that did something are news.
        note = log.info if any(counts.values()) else log.debug
        note("worker.done", worker=job.name, **counts)

    def _turn(self, job: Job) -> None:
        """Run one job again and again."""
        pause = self._randomness.uniform(0, job.every_seconds)
        while not self._stopping.wait(pause):
            self.run_once(job)
            pause = pause_seconds(
                job,
                failure_count=self._pulses[job.name].failure_count,
                chance=self._randomness.random(),
            )


def pause_seconds(job: Job, *, failure_count: int, chance: float) -> float:
    """Return how long to wait for the next run: longer after failures, and never quite the same.

    Args:
        job: What runs.
        failure_count: How many runs in a row have failed.
        chance: Something between 0 and 1.
    """
    pause = job.every_seconds
    if failure_count:
        doubled = pause * 2.0 ** min(failure_count, BACKOFF_DOUBLINGS_MAX)
        pause = max(pause, min(doubled, BACKOFF_SECONDS_MAX))
    return pause * (1 + JITTER * (2 * chance - 1))
