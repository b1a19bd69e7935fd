"""Listing: what could be booked in a window, slot by slot or day by day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from holdfast.domain.access import Actor
from holdfast.domain.errors import InputInvalid
from holdfast.domain.ids import TenantId
from holdfast.domain.intervals import Interval
from holdfast.domain.listing import Asked, OpenSlot, open_slots
from holdfast.domain.offerings import Offering
from holdfast.domain.open_days import OpenDay, open_days
from holdfast.domain.scenes import Scene
from holdfast.domain.schedules import TooManySlots
from holdfast.engine.availability.asking import (
    AvailabilityQuery,
    subjects_of,
    window_of,
)
from holdfast.engine.looking import load_scenes, require_known
from holdfast.engine.ports import ReadStore

_DAY = timedelta(days=1)
LOOKED_AT_MAX = 100_000
"""So many starts are looked at for all questions that are asked together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """The answer: the window that was looked at and what is open in it, in order."""

    offering: Offering
    zone: str
    window: Interval
    slots: tuple[OpenSlot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyAvailability:
    """The answer by day: the window that was looked at and each local date of it, in order."""

    offering: Offering
    zone: str
    window: Interval
    days: tuple[OpenDay, ...]

    @property
    def all_dates_available(self) -> bool:
        """Whether something is open on every date."""
        return all(day.is_available for day in self.days)


def list_open_slots(
    store: ReadStore, *, tenant_id: TenantId, actor: Actor, queries: Sequence[AvailabilityQuery]
) -> list[Availability]:
    """List what could be booked: an answer to each question, in three reads for all of them.

    Raises:
        AccessDenied: The actor may not look.
        InputInvalid: A question is malformed, or asks for more than 400 days.
        RecordNotFound: There is no such offering, resource or pool.
    """
    found = []
    for scene, window, now, query in _looked_at(store, tenant_id, actor, queries):
        try:
            slots = open_slots(scene, window, asked=_bounded(query, len(queries)), now=now)
        except TooManySlots:
            raise _too_many(query) from None
        found.append(
            Availability(
                offering=scene.offering, zone=scene.zone_name, window=window, slots=tuple(slots)
            )
        )
    return found


def list_open_days(
    store: ReadStore, *, tenant_id: TenantId, actor: Actor, queries: Sequence[AvailabilityQuery]
) -> list[DailyAvailability]:
    """Say of each local date whether anything could be booked on it, for each question.

    Raises:
        AccessDenied: The actor may not look.
        InputInvalid: A question is malformed, or asks for more than 400 days.
        RecordNotFound: There is no such offering, resource or pool.
    """
    found = []
    for scene, window, now, query in _looked_at(store, tenant_id, actor, queries):
        try:
            days = open_days(scene, window, asked=_bounded(query, len(queries)), now=now)
        except TooManySlots:
            raise _too_many(query) from None
        found.append(
            DailyAvailability(
                offering=scene.offering, zone=scene.zone_name, window=window, days=tuple(days)
            )
        )
    return found


def _looked_at(
    store: ReadStore, tenant_id: TenantId, actor: Actor, queries: Sequence[AvailabilityQuery]
) -> Iterator[tuple[Scene, Interval, datetime, AvailabilityQuery]]:
    subjects = subjects_of(store, tenant_id=tenant_id, actor=actor, queries=queries)
    now = subjects.now
    windows = [
        window_of(query, zone_name=offering.zone or subjects.tenant.zone, now=now)
        for query, offering in zip(queries, subjects.offerings, strict=True)
    ]
    for window, indexes in _together(windows):
        scenes = load_scenes(
            store,
            subjects.company,
            offerings=[subjects.offerings[i] for i in indexes],
            window=window,
            now=now,
            stay_days=max(queries[i].stay_days for i in indexes),
        )
        for i, scene in zip(indexes, scenes, strict=True):
            require_known(scene, queries[i].picks, queries[i].components)
            yield scene, windows[i], now, queries[i]


def _bounded(query: AvailabilityQuery, query_count: int) -> Asked:
    """Return what is asked, with a share of what may be looked at in one go."""
    return replace(query.asked, most=LOOKED_AT_MAX // query_count)


def _together(windows: Sequence[Interval]) -> list[tuple[Interval, list[int]]]:
    """Return what is looked at in one go: all windows, unless they lie far from each other."""
    whole = Interval(
        starts_at=min(window.starts_at for window in windows),
        ends_at=max(window.ends_at for window in windows),
    )
    # Local dates of zones far apart differ by a little more than a day.
    if whole.duration <= max(window.duration for window in windows) + 2 * _DAY:
        return [(whole, list(range(len(windows))))]
    return [(window, [i]) for i, window in enumerate(windows)]


def _too_many(query: AvailabilityQuery) -> InputInvalid:
    message = "There are too many slots in that window. Ask for a shorter one."
    return InputInvalid.at("/to" if query.last_on is None else "/last_on", "too_long", message)
