"""What definitions were at an earlier time, by their audit rows."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter
from typing import TypeVar

from holdfast.domain.intervals import LAST_INSTANT
from holdfast.domain.proving import (
    BuffersThen,
    OfferingThen,
    PoolThen,
    ResourceThen,
    Steps,
)
from holdfast.domain.replaying import State, replay
from holdfast.domain.zones import day_interval, zone
from holdfast.engine.proving.store import ProofStore

KEPT_MAX = 5_000

T = TypeVar("T")


class Histories:
    """The histories of one business's definitions, loaded for many at once, kept for a while."""

    def __init__(self, store: ProofStore, tenant_id: str) -> None:
        self._store = store
        self._tenant_id = tenant_id
        self._replays = dict[str, Steps[State] | None]()

    def load(self, names: Collection[str]) -> None:
        """Load the histories of some records; of the business itself as well."""
        if len(self._replays) > KEPT_MAX:
            self._replays.clear()
        missing = {name for name in (*names, self._tenant_id) if name not in self._replays}
        if not missing:
            return
        self._replays.update(dict.fromkeys(missing))
        entries = self._store.audit_of(missing)
        for name, own in groupby(entries, key=attrgetter("subject_id")):
            replayed = replay(list(own))
            if replayed.states:
                self._replays[name] = replayed.steps(lambda state: state)

    def offerings(self, offering_id: str, at: datetime) -> list[OfferingThen]:
        """Return what an offering may have asked for at an instant; nothing if unknown."""
        return self._read(offering_id, at, OfferingThen.of)

    def resources(self, resource_id: str, at: datetime) -> list[ResourceThen]:
        """Return what a resource may have been at an instant; nothing if unknown."""
        return self._read(resource_id, at, ResourceThen.of)

    def pools(self, pool_id: str, at: datetime) -> list[PoolThen]:
        """Return who may have been in a pool at an instant; nothing if unknown."""
        return self._read(pool_id, at, PoolThen.of)

    def zone_names(self, at: datetime) -> list[str]:
        """Return in which zone the business may have been at an instant."""
        return self._read(self._tenant_id, at, lambda state: str(state["zone"])) or ["UTC"]

    def buffers(self, at: datetime) -> list[BuffersThen]:
        """Return what the business may have said of buffers at an instant."""
        return self._read(self._tenant_id, at, BuffersThen.of) or [BuffersThen()]

    def capacities(self, resource_id: str) -> Steps[int | None] | None:
        """Return a resource's capacity over time; None if it has no history."""
        steps = self._replays[resource_id]
        if steps is None:
            return None
        return Steps(steps.instants, tuple(map(capacity_of_resource, steps.values)))

    def steps_of(self, name: str, read: Callable[[State], int | None]) -> Steps[int | None] | None:
        """Return what a definition allowed over time; None if it has no history."""
        steps = self._replays[name]
        return None if steps is None else Steps(steps.instants, tuple(map(read, steps.values)))

    def last_of(self, name: str, field_name: str) -> object:
        """Return what a field of a record is by its history; None if it has none."""
        steps = self._replays[name]
        return None if steps is None else steps.values[-1].get(field_name)

    def end_of(self, day: date, resource_id: str) -> datetime:
        """Return when a date is over where a resource is, by its last zone."""
        steps = self._replays[resource_id]
        own = steps.values[-1].get("zone") if steps is not None else None
        return day_interval(day, zone(str(own or self.zone_names(LAST_INSTANT)[-1]))).ends_at

    def _read(self, name: str, at: datetime, read: Callable[[State], T]) -> list[T]:
        """Read what held at an instant: one thing, or more if it was changed about then."""
        steps = self._replays[name]
        found = list[T]()
        for state in () if steps is None else steps.near(at):
            try:
                then = read(state)
            except (KeyError, TypeError, ValueError):
                continue  # its broken history is found by itself
            if then not in found:
                found.append(then)
        return found


def capacity_in(state: State) -> int | None:
    """Return the capacity that a resource, slot or date has in a state."""
    if state.get("is_settling") and "scheme" in state:
        return None  # a resource that is being limited: its capacity holds once all is counted
    capacity = state.get("capacity")
    return capacity if isinstance(capacity, int) else None


def capacity_of_resource(state: State) -> int | None:
    """Return the capacity that a resource has in a state; none while it is being limited."""
    return None if state.get("is_settling") is True else capacity_in(state)


def caps_of_date(
    own: Steps[int | None] | None, usual: Steps[int | None] | None, *, ends_at: datetime
) -> Steps[int | None] | None:
    """Return a date's capacity over time: the calendar's from when it has one, else the usual.

    When the date is over, a change of the usual capacity is no more about it; only what was
    unlimited may be counted with the rest of a stay when its resource is limited.
    """
    if usual is None:
        return own
    pairs = [
        (at, cap)
        for at, cap in zip(usual.instants, usual.values, strict=True)
        if at < ends_at and (own is None or at <= own.instants[0])
    ] or [(usual.instants[0], usual.values[0])]
    late = [pair for pair in zip(usual.instants, usual.values, strict=True) if pair[0] >= ends_at]
    if own is None and pairs[-1][1] is None:
        pairs += [pair for pair in late if pair[1] is not None][:1]
    if own is not None:
        # Both may be of one instant: what was usual until then held in it too.
        pairs = [pair for pair in pairs if pair[0] <= own.instants[0]]
        pairs += zip(own.instants, own.values, strict=True)
    return Steps(tuple(at for at, _ in pairs), tuple(cap for _, cap in pairs))
