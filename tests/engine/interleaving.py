"""Interleavings: two commands step by step, in every order that their steps can be merged in.

Between a command's looking, its deciding under the locks and its writing it waits for its turn.
Whoever is given a turn and waits for the other's lock instead keeps it for later.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

from holdfast.domain.errors import HoldfastError
from holdfast.engine.ports import WriteStore

GATES = ("lock", "flush")
STEPS = len(GATES) + 1
BLOCKED_SECONDS = 0.03
"""Who has not come to the next gate by then is waiting for a lock."""

Order = tuple[int, ...]


def orders() -> Iterator[Order]:
    """Return every order in which the steps of two can follow each other: 20 for three steps."""
    for places in combinations(range(2 * STEPS), STEPS):
        yield tuple(0 if place in places else 1 for place in range(2 * STEPS))


class Conductor:
    """Lets two act in one order."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._turns = [threading.Semaphore(0), threading.Semaphore(0)]
        self._arrived = [threading.Event(), threading.Event()]
        self._is_done = [False, False]

    def at_gate(self, who: int) -> None:
        """Wait for one's turn."""
        self._arrived[who].set()
        self._turns[who].acquire()

    def run(self, acts: Sequence[Callable[[], object]]) -> tuple[str, ...]:
        """Let both act; return what became of each: a refusal's code, or `done`."""
        with ThreadPoolExecutor(max_workers=2) as crowd:
            found = [crowd.submit(self._act, who, act) for who, act in enumerate(acts)]
            for who in self._order:
                if not self._is_done[who]:
                    self._arrived[who].clear()
                    self._turns[who].release()
                    self._arrived[who].wait(BLOCKED_SECONDS)
            for turns in self._turns:
                # Whoever had to begin again passes all gates now.
                turns.release(100)
            return tuple(one.result(timeout=60) for one in found)

    def _act(self, who: int, act: Callable[[], object]) -> str:
        self._turns[who].acquire()
        try:
            return outcome_of(act)
        finally:
            self._is_done[who] = True
            self._arrived[who].set()


class Stage:
    """Where conductors come and go, while engines stay open."""

    conductor: Conductor | None = None

    def gate_of(self, who: int) -> Callable[[str, WriteStore, object], None]:
        """Return where the stores of one of the two wait."""

        def interfere(step: str, _store: WriteStore, _subject: object) -> None:
            if step in GATES and self.conductor is not None:
                self.conductor.at_gate(who)

        return interfere


def outcome_of(act: Callable[[], object]) -> str:
    """Act, and return the refusal's code or `done`."""
    try:
        act()
    except HoldfastError as refusal:
        return refusal.code
    return "done"
