"""Open days: what is open of an offering on each local date of a window."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from holdfast.domain.availability import SERVING_CHECKS, examine, judge
from holdfast.domain.errors import (
    AvailabilityClosed,
    CapacityExceeded,
    HoldfastError,
    PolicyRefused,
)
from holdfast.domain.intervals import Interval
from holdfast.domain.listing import Asked, OpenSlot, open_slot, stay_from, wish_of, wishes_in
from holdfast.domain.remaining import places_in_all, places_left
from holdfast.domain.scenes import Scene, Wish
from holdfast.domain.shapes import DATED
from holdfast.domain.zones import SkippedDay, Zone, days_touched, local_day, zone


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDay:
    """What is open on one local date.

    Attributes:
        is_available: Whether anything that begins on it would be accepted.
        open_count: How many slots or starts are open; of dated things 1 or 0.
        first_starts_at: When the first of them begins; None when nothing is open.
        capacity: Of dated things, how many the date takes in all; None without limit.
        remaining: Of dated things, how many more the date takes; else the most that any one slot
            of it does. None without limit.
        reason: Why nothing is open: the code of the refusal; of a date with several slots, that of
            the one that came closest to being open: full before too early or too late, and that
            before closed.
    """

    on: date
    is_available: bool
    open_count: int
    first_starts_at: datetime | None
    capacity: int | None
    remaining: int | None
    reason: str | None = None


def open_days(scene: Scene, window: Interval, *, asked: Asked, now: datetime) -> list[OpenDay]:
    """Return every local date of a window with what is open on it, in order.

    A date that the zone never had is left out.

    Raises:
        TooManySlots: The window has more slots than one question may look at.
    """
    here = zone(scene.zone_name)
    days = days_touched(window, here)
    if scene.offering.shape in DATED:
        found = (_dated(scene, day, here, asked=asked, now=now) for day in days)
        return [day for day in found if day is not None]
    by_day: dict[date, list[OpenSlot]] = {day: [] for day in days}
    refused: dict[date, list[HoldfastError]] = {day: [] for day in days}
    for wish in wishes_in(scene, window, asked=asked):
        day = local_day(wish.starts_at, here)
        refusal, case = examine(scene, wish, now=now)
        if refusal is None:
            by_day[day].append(open_slot(case))
        else:
            refused[day].append(refusal)
    return [_of_slots(day, by_day[day], refused[day]) for day in days]


def _of_slots(day: date, slots: list[OpenSlot], refused: list[HoldfastError]) -> OpenDay:
    return OpenDay(
        on=day,
        is_available=bool(slots),
        open_count=len(slots),
        first_starts_at=slots[0].starts_at if slots else None,
        capacity=None,
        remaining=_most(slot.remaining for slot in slots),
        reason=None if slots else _closest(refused),
    )


def _closest(refused: list[HoldfastError]) -> str:
    """Return the code of the refusal that came closest to acceptance; without any, closed."""
    for kind in (CapacityExceeded, PolicyRefused):
        for refusal in refused:
            if isinstance(refusal, kind):
                return refusal.code
    return AvailabilityClosed.code


def _most(counts: Iterable[int | None]) -> int | None:
    """Return the largest of some counts, of which None is without limit; 0 if there are none.

    >>> _most([1, 3]), _most([1, None]), _most([])
    (3, None, 0)
    """
    known = list(counts)
    return None if None in known else max((count or 0 for count in known), default=0)


def _dated(scene: Scene, day: date, here: Zone, *, asked: Asked, now: datetime) -> OpenDay | None:
    """Look at one date; None if the zone never had it, or had no stay that begins then."""
    offering = scene.offering
    try:
        alone = wish_of(stay_from(offering, day, 1, here), asked)
        count = asked.date_count or offering.dates_min
        wish = wish_of(stay_from(offering, day, count, here), asked)
    except (SkippedDay, ValueError):
        return None
    refusal = judge(scene, wish, now=now)
    return OpenDay(
        on=day,
        is_available=refusal is None,
        open_count=int(refusal is None),
        first_starts_at=wish.starts_at if refusal is None else None,
        capacity=places_in_all(scene, alone, now=now),
        remaining=_left_on(scene, alone, now=now),
        reason=None if refusal is None else refusal.code,
    )


def _left_on(scene: Scene, alone: Wish, *, now: datetime) -> int | None:
    if judge(scene, alone, now=now, checks=SERVING_CHECKS) is not None:
        return 0
    return places_left(scene, alone, now=now)
