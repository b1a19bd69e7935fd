"""The clockwork that runs the workers."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping

import pytest

from holdfast.testing.clocks import ManualClock
from holdfast.workers.clockwork import Clockwork, Job, Pulse, pause_seconds
from tests.server.tills import SECONDS_MAX


class Notes:
    """A watch that remembers."""

    def __init__(self) -> None:
        self.runs: list[tuple[str, float | None]] = []

    def worker_ran(self, name: str, *, at_seconds: float | None) -> None:
        """Note a run."""
        self.runs.append((name, at_seconds))


def clockwork_of(*jobs: Job, clock: ManualClock, notes: Notes | None = None) -> Clockwork:
    return Clockwork(jobs, clock=clock, randomness=random.Random(1), watch=notes or Notes())


def test_a_failing_worker_runs_on_and_its_pulse_tells() -> None:
    clock, notes = ManualClock(), Notes()
    results: list[Mapping[str, int] | None] = [{"released": 1}, None, None, {"released": 0}]

    def work(should_stop: Callable[[], bool]) -> Mapping[str, int]:
        result = results.pop(0)
        if result is None:
            message = "no database"
            raise RuntimeError(message)
        return result

    job = Job(name="expire", every_seconds=1, work=work)
    clockwork = clockwork_of(job, clock=clock, notes=notes)
    started_at = clock.now()
    pulses = [*clockwork.pulses()]
    for _ in range(4):
        clockwork.run_once(job)
        pulses += clockwork.pulses()
        clock.advance(minutes=1)

    failure = "RuntimeError"
    assert pulses == [
        Pulse(name="expire"),
        Pulse(name="expire", last_done_at=started_at),
        Pulse(name="expire", last_done_at=started_at, last_error=failure, failure_count=1),
        Pulse(name="expire", last_done_at=started_at, last_error=failure, failure_count=2),
        Pulse(name="expire", last_done_at=pulses[-1].last_done_at),
    ]
    assert [name for name, _ in notes.runs] == ["expire"] * 4
    assert [at is None for _, at in notes.runs] == [False, True, True, False]


def test_every_worker_runs_in_its_own_thread_until_the_clockwork_is_stopped() -> None:
    runs = threading.Semaphore(0)
    asked_to_stop = threading.Event()

    def quick(should_stop: Callable[[], bool]) -> Mapping[str, int]:
        runs.release()
        return {}

    def slow(should_stop: Callable[[], bool]) -> Mapping[str, int]:
        while not should_stop():
            asked_to_stop.wait(0.001)
        asked_to_stop.set()
        return {}

    clockwork = clockwork_of(
        Job(name="quick", every_seconds=0.002, work=quick),
        Job(name="slow", every_seconds=0.002, work=slow),
        clock=ManualClock(),
    )
    clockwork.start()
    for _ in range(5):
        assert runs.acquire(timeout=SECONDS_MAX)

    assert clockwork.stop(SECONDS_MAX)
    assert asked_to_stop.is_set()
    assert [t for t in threading.enumerate() if t.name.startswith("holdfast-worker")] == []


@pytest.mark.parametrize(
    ("failure_count", "chance", "expected"),
    [(0, 0.5, 15), (0, 0, 12), (0, 1, 18), (1, 0.5, 30), (3, 0.5, 120), (5, 0.5, 300)],
)
def test_pauses_vary_and_grow_with_failures(
    failure_count: int, chance: float, expected: float
) -> None:
    job = Job(name="expire", every_seconds=15, work=lambda _: {})

    assert pause_seconds(job, failure_count=failure_count, chance=chance) == expected


def test_a_seldom_worker_does_not_come_more_often_for_failing() -> None:
    job = Job(name="purge", every_seconds=3_600, work=lambda _: {})

    assert pause_seconds(job, failure_count=9, chance=0.5) == 3_600
