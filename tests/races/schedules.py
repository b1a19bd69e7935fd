"""Schedules at the library: several at once on one database, met at the step where it matters."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from holdfast.bootstrap import RandomIds
from holdfast.domain.access import SYSTEM
from holdfast.domain.ids import TenantId
from holdfast.engine.ports import Clock, WriteStore, WriteStores
from holdfast.engine.unit_of_work import UnitOfWork
from holdfast.engine.use_cases import Envelope, Outcome
from holdfast.storage.database import Database, DatabaseOptions
from holdfast.storage.stores import SqlStores
from tests.engine.faults import Interfere, let_be, unit_of_work_over

PATIENCE_SECONDS = 30.0
# Who holds the lock waits so long for others to come to the same step; they never do.
WAITING_UNDER_LOCK_SECONDS = 0.3

T = TypeVar("T")

OPTIONS = DatabaseOptions(writers=10, readers=10)


class Meeting:
    """Where several wait for one another, once: until all have come or the time is over."""

    def __init__(self, count: int, *, seconds: float = PATIENCE_SECONDS) -> None:
        self._missing = count
        self._seconds = seconds
        self._is_over = threading.Event()
        self._lock = threading.Lock()

    def attend(self) -> None:
        """Come, and wait for the others."""
        with self._lock:
            self._missing -= 1
            if self._missing <= 0:
                self._is_over.set()
        self._is_over.wait(self._seconds)
        self._is_over.set()

    def before(self, step: str) -> Interfere:
        """Return an interference that has everybody meet before a step."""

        def interfere(found: str, store: WriteStore, subject: object) -> None:
            if found == step:
                self.attend()

        return interfere


@dataclass(kw_only=True)
class Crew:
    """Engines that write to one database, each as a process of its own would.

    Attributes:
        databases: One for each of two processes.
        stores: How they write.
        interfere: What happens in between.
    """

    tenant_id: TenantId
    databases: Sequence[Database]
    stores: Callable[[Database], WriteStores] = SqlStores
    interfere: Interfere = let_be
    ids: RandomIds = field(default_factory=RandomIds)

    def engine(self, number: int) -> UnitOfWork:
        """Return an engine of one of the processes."""
        database = self.databases[number % len(self.databases)]
        return unit_of_work_over(
            stores=self.stores(database), ids=self.ids, interfere=self.interfere
        )

    def run(self, *batches: Sequence[object]) -> list[list[Outcome]]:
        """Run batches of commands, all at the same moment and each by an engine of its own."""
        return at_once(*(self._running(number, batch) for number, batch in enumerate(batches)))

    def _running(self, number: int, batch: Sequence[object]) -> Callable[[], list[Outcome]]:
        engine = self.engine(number)
        envelopes = [Envelope(command=command, actor=SYSTEM) for command in batch]
        return lambda: engine.run(self.tenant_id, envelopes)


def at_once(*calls: Callable[[], T]) -> list[T]:
    """Make calls in threads that start together; return what they return."""
    barrier = threading.Barrier(len(calls))

    def one(call: Callable[[], T]) -> T:
        barrier.wait(PATIENCE_SECONDS)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        begun = [pool.submit(one, call) for call in calls]
        return [done.result(PATIENCE_SECONDS) for done in begun]


def two_databases(url: str, *, clock: Clock | None) -> list[Database]:
    """Open a database twice, as two processes would."""
    return [Database.open(url, clock=clock, options=OPTIONS) for _ in range(2)]


def tally(outcomes: Sequence[Sequence[Outcome]]) -> dict[str, int]:
    """Count the outcomes of batches: what was done, and refusals by their code."""
    return dict(
        Counter(
            "done" if outcome.error is None else outcome.error.code
            for batch in outcomes
            for outcome in batch
        )
    )
