"""What offerings and resources were at an earlier time, by their audit rows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from holdfast.domain.proving import OfferingThen, Steps
from holdfast.domain.replaying import State, replay
from holdfast.engine.proving.store import ProofStore

KEPT_MAX = 5_000


class Histories:
    """The histories of definitions, loaded for many at once and kept for a while."""

    def __init__(self, store: ProofStore) -> None:
        self._store = store
        self._replays = dict[str, Steps[State] | None]()

    def load(self, names: Collection[str]) -> None:
        """Load the histories of some records."""
        if len(self._replays) > KEPT_MAX:
            self._replays.clear()
        missing = {name for name in names if name not in self._replays}
        if not missing:
            return
        self._replays.update(dict.fromkeys(missing))
        entries = self._store.audit_of(missing)
        for name, own in groupby(entries, key=attrgetter("subject_id")):
            replayed = replay(list(own))
            if replayed.states:
                self._replays[name] = replayed.steps(lambda state: state)

    def offerings(self, offering_id: str, at: Collection[datetime]) -> list[OfferingThen]:
        """Return what an offering asked for at any of some instants; nothing if unknown."""
        found = []
        for state in self._around(offering_id, at):
            try:
                found.append(OfferingThen.of(state))
            except (KeyError, TypeError, ValueError):
                continue  # its broken history is found by itself
        return found

    def capacities(self, resource_id: str, at: datetime) -> list[int | None]:
        """Return what a resource's capacity may have been at an instant."""
        return [capacity_in(state) for state in self._around(resource_id, [at])]

    def _around(self, name: str, at: Collection[datetime]) -> list[State]:
        steps = self._replays[name]
        if steps is None:
            return []
        return [state for instant in sorted(set(at)) for state in steps.around(instant)]


def capacity_in(state: State) -> int | None:
    """Return the capacity that a resource or slot has in a state."""
    capacity = state.get("capacity")
    return capacity if isinstance(capacity, int) else None
