"""Day counts: how a dated resource of limited capacity stands on some dates, for display."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import cast

from holdfast.domain.calendars import DayCapacity, DayState, day_id_of
from holdfast.domain.claims import day_key
from holdfast.domain.resources import Resource
from holdfast.engine.ports import ById, CounterOf, ReadStore


def day_states(
    store: ReadStore, resource: Resource, dates: Sequence[date], *, now: datetime
) -> list[DayState]:
    """Return how a dated resource stands on some dates, in their order.

    Where something has been counted its counter says the capacity, else the calendar, else the
    resource's default.
    """
    assert resource.capacity is not None, "an unlimited resource has no days to count"
    keys = {day: day_key(resource.resource_id, day) for day in dates}
    ids = {day: day_id_of(resource.resource_id, day) for day in dates}
    loaded = store.load(
        [
            *(CounterOf(key) for key in keys.values()),
            *(ById(DayCapacity, day_id) for day_id in ids.values()),
        ]
    )
    used = store.used([key for key in keys.values() if loaded[CounterOf(key)]], now=now)
    found = []
    for day in dates:
        own = cast("tuple[DayCapacity, ...]", loaded[ById(DayCapacity, ids[day])])
        counted = cast("tuple[int, ...]", loaded[CounterOf(keys[day])])
        capacity = own[0].capacity if own else resource.capacity
        found.append(
            DayState(
                falls_on=day,
                capacity=counted[0] if counted else capacity,
                taken=used.get(keys[day], 0),
                is_own=bool(own),
            )
        )
    return found
