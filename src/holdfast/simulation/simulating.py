"""Simulating: life after life from one seed; and the shortest way to what went wrong."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from holdfast.simulation.running import OPERATIONS_IN_A_LIFE, Count, Life, Tally, live, world_of
from holdfast.simulation.steps import Difference, Step, plain
from holdfast.storage.database import Database
from holdfast.storage.migrating import upgrade
from holdfast.testing.clocks import ManualClock

SHRINKING_SECONDS = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """What went wrong, and the fewest steps found that lead there.

    Attributes:
        life: Which of the seed's businesses it was, from 0.
        steps: The shrunk steps, as JSON can write them.
    """

    life: int
    difference: str
    steps: tuple[object, ...]


@dataclass(kw_only=True)
class Report:
    """What a simulation has found."""

    seed: int
    operations: int = 0
    violations: list[Violation] = field(default_factory=list)
    history_hash: str = ""
    operations_per_second: float = 0.0
    by_operation: dict[str, Count] = field(default_factory=dict)


def simulate(
    database: Database,
    clock: ManualClock,
    *,
    seed: int,
    operations: int,
    is_shrunk: bool = True,
    progress: Callable[[int], None] = lambda _done: None,
) -> Report:
    """Simulate so many operations and report; stops at the first violation.

    Args:
        database: An open database, up to date, whose clock of record is the next argument. It is
            filled with simulated businesses.
        clock: Virtual time.
        seed: Draws everything.
        operations: How many commands, looks and runs of the workers.
        is_shrunk: Whether to look for the shortest way to a violation.
        progress: Told now and then how many operations are done.
    """
    report, tally, digest = Report(seed=seed), Tally(), hashlib.sha256()
    started = time.perf_counter()
    number = 0
    while tally.operations < operations and not report.violations:
        name = f"{seed}/{number}"
        life = Life(database, clock, world_of(name), seed=name, tally=tally)
        count = min(OPERATIONS_IN_A_LIFE, operations - tally.operations)
        difference = live(life, seed=name, operations=count, tally=tally)
        digest.update("\n".join(life.told).encode())
        if difference is not None:
            steps = _shrunk(name, life.steps) if is_shrunk else life.steps
            report.violations.append(
                Violation(
                    life=number,
                    difference=str(difference),
                    steps=tuple(plain(step) for step in steps),
                )
            )
        number += 1
        progress(tally.operations)
    report.operations = tally.operations
    report.history_hash = digest.hexdigest()
    report.operations_per_second = round(tally.operations / (time.perf_counter() - started), 1)
    report.by_operation = tally.by_operation()
    return report


def _shrunk(name: str, steps: Sequence[Step]) -> list[Step]:
    """Leave out what is not needed to go wrong, ever smaller parts of it, for a while."""
    clock = ManualClock()
    database = Database.open("sqlite:///:memory:", clock=clock)
    deadline = time.monotonic() + SHRINKING_SECONDS
    try:
        upgrade(database)
        kept = list(steps)
        size = max(1, len(kept) // 2)
        while size:
            # From the end on, so that what is left out moves nothing that is still to be tried.
            for end in range(len(kept) - 1, 0, -size):
                if time.monotonic() > deadline:
                    return kept
                shorter = kept[: max(0, end - size)] + kept[end:]
                if _fails(database, clock, name, shorter):
                    kept = shorter
            size //= 2
        return kept
    finally:
        database.dispose()


def _fails(database: Database, clock: ManualClock, name: str, steps: Sequence[Step]) -> bool:
    """Whether some steps lead to a violation, in a business of their own."""
    life = Life(database, clock, world_of(name), seed=name, tally=Tally())
    try:
        for step in steps:
            life.do(step)
        life.prove()
    except Difference:
        return True
    return False
