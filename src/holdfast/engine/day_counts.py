"""Day counts: how dated resources of limited capacity stand on some dates, for display."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import cast

from holdfast.domain.calendars import DayCapacity, DayState, blocked_dates, day_id_of
from holdfast.domain.claims import Claim, ClaimOwner, day_key
from holdfast.domain.ids import ResourceId
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, Interval
from holdfast.domain.resources import Resource
from holdfast.domain.zones import Zone
from holdfast.engine.ports import ById, CounterOf, ReadStore


def around(dates: Sequence[date]) -> Interval:
    """Return time in which sorted local dates lie, whatever the zone."""
    # A local day begins at most a day before or after it does in UTC.
    first = datetime.combine(dates[0], datetime.min.time(), UTC) - timedelta(days=1)
    last = datetime.combine(dates[-1], datetime.min.time(), UTC) + timedelta(days=3)
    return Interval(starts_at=max(first, FIRST_INSTANT), ends_at=min(last, LAST_INSTANT))


def blocked_among(claims: Iterable[Claim], dates: Sequence[date], here: Zone) -> frozenset[date]:
    """Return those of some dates of which the blocks among claims take everything."""
    blocks = [
        Interval(starts_at=claim.starts_at, ends_at=claim.ends_at)
        for claim in claims
        if claim.owner_kind is ClaimOwner.BLOCK
    ]
    return blocked_dates(blocks, dates, here)


def day_states(
    store: ReadStore,
    wanted: Iterable[tuple[Resource, Sequence[date]]],
    *,
    now: datetime,
    blocked: Collection[date] = (),
) -> dict[tuple[ResourceId, date], DayState]:
    """Return how dated resources stand on some dates, in as many reads as for one of them.

    Where something has been counted its counter says the capacity, else the calendar, else the
    resource's default.

    Args:
        store: Where to look.
        wanted: Resources and their dates.
        now: The present instant.
        blocked: Dates that are blocked, as whoever asks for one resource knows.
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
            is_blocked=place[1] in blocked,
        )
    return found
