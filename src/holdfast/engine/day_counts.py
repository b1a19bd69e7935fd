"""Day counts: how dated resources of limited capacity stand on some dates, for display."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import cast

from holdfast.domain.calendars import DayCapacity, DayState, day_id_of
from holdfast.domain.claims import day_key
from holdfast.domain.ids import ResourceId
from holdfast.domain.resources import Resource
from holdfast.engine.ports import ById, CounterOf, ReadStore


def day_states(
    store: ReadStore, wanted: Iterable[tuple[Resource, Sequence[date]]], *, now: datetime
) -> dict[tuple[ResourceId, date], DayState]:
    """Return how dated resources stand on some dates, in as many reads as for one of them.

    Where something has been counted its counter says the capacity, else the calendar, else the
    resource's default.
    """
    asked = [(resource, day) for resource, dates in wanted for day in dates]
    places = {(one.resource_id, day): one.capacity for one, day in asked}
    keys = {place: day_key(*place) for place in places}
    ids = {place: day_id_of(*place) for place in places}
    loaded = store.load(
        [
            *(CounterOf(key) for key in keys.values()),
            *(ById(DayCapacity, day_id) for day_id in ids.values()),
        ]
    )
    used = store.used([key for key in keys.values() if loaded[CounterOf(key)]], now=now)
    found = {}
    for place, usual in places.items():
        assert usual is not None, "an unlimited resource has no days to count"
        own = cast("tuple[DayCapacity, ...]", loaded[ById(DayCapacity, ids[place])])
        counted = cast("tuple[int, ...]", loaded[CounterOf(keys[place])])
        capacity = own[0].capacity if own else usual
        found[place] = DayState(
            falls_on=place[1],
            capacity=counted[0] if counted else capacity,
            taken=used.get(keys[place], 0),
            is_own=bool(own),
        )
    return found
