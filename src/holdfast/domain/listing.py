"""Listing: which slots, dates or free starts of an offering would be accepted now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from holdfast.domain.availability import examine
from holdfast.domain.cases import Case
from holdfast.domain.ids import ResourceId, SlotId, generated_slot_id
from holdfast.domain.intervals import Interval, merged
from holdfast.domain.offerings import Offering
from holdfast.domain.opening import grid_owners
from holdfast.domain.overrides import Override
from holdfast.domain.remaining import places_left_in
from holdfast.domain.scenes import Scene, Wish, wish_for
from holdfast.domain.schedules import (
    STEP_MAX,
    Rule,
    TooManySlots,
    expand_rules,
    open_intervals,
)
from holdfast.domain.shapes import Shape, Stay, stay_of_days, stay_of_nights
from holdfast.domain.slots import SlotOrigin, SlotStatus
from holdfast.domain.zones import SkippedDay, Zone, day_interval, days_touched, local_day, zone

WINDOW_DAYS_MAX = 400
FREE_STARTS_MAX = 20_000
FREE_STEP = timedelta(minutes=30)
"""The distance of the starts that are listed for free start and end without a step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSlot:
    """Something that can be booked. `remaining` is None when nothing limits it.

    Attributes:
        slot_id: Of a slot; None for dates and free starts.
        dates: Of days and nights.
    """

    slot_id: SlotId | None
    starts_at: datetime
    ends_at: datetime
    remaining: int | None
    dates: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of every slot that is listed.

    Attributes:
        nights, length: How long the stay is to be; None is as short as it may be.
        override: What staff set aside for it.
        most: Of how many starts it is refused, so that a question is answered in good time.
        step: How far apart free starts are, where the offering does not say.
    """

    party_size: int = 1
    picks: tuple[ResourceId, ...] = ()
    components: tuple[str, ...] = ()
    date_count: int | None = None
    length: timedelta | None = None
    override: Override | None = None
    most: int | None = None
    step: timedelta | None = None


def open_slots(scene: Scene, window: Interval, *, asked: Asked, now: datetime) -> list[OpenSlot]:
    """List what starts in a window and would be accepted now, in order of start.

    Raises:
        TooManySlots: The window has more of them than one question may look at.
    """
    return search_slots(scene, window, asked=asked, now=now, limit=None, judged_max=None)[0]


def search_slots(
    scene: Scene,
    window: Interval,
    *,
    asked: Asked,
    now: datetime,
    limit: int | None,
    judged_max: int | None,
) -> tuple[list[OpenSlot], int]:
    """List at most `limit` of what would be accepted, and say how many were looked at for it.

    Only the first `judged_max` of what starts in the window are looked at.

    Raises:
        TooManySlots: The window has more of them than one question may look at.
    """
    found: list[OpenSlot] = []
    judged = 0
    for wish in wishes_in(scene, window, asked=asked):
        is_enough = limit is not None and len(found) >= limit
        if is_enough or (judged_max is not None and judged >= judged_max):
            break
        judged += 1
        refusal, case = examine(scene, wish, now=now, override=asked.override)
        if refusal is None:
            found.append(open_slot(case))
    return found, judged


def open_slot(case: Case) -> OpenSlot:
    """Return what would be accepted as it is listed."""
    wish = case.wish
    return OpenSlot(
        slot_id=wish.slot_id,
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        remaining=places_left_in(case),
        dates=wish.stay.dates,
    )


def wishes_in(scene: Scene, window: Interval, *, asked: Asked) -> list[Wish]:
    """Return a wish for everything that starts in a window, open or not, in order of start.

    Raises:
        TooManySlots: The window has more of them than one question may look at.
    """
    match scene.offering.shape:
        case Shape.SLOTS:
            wishes = _slot_wishes(scene, window, asked)
        case Shape.FREE:
            wishes = [wish_of(stay, asked) for stay in _free_stays(scene, window, asked)]
        case Shape.DAYS | Shape.NIGHTS:
            wishes = [wish_of(stay, asked) for stay in _dated_stays(scene, window, asked)]
    if asked.most is not None and len(wishes) > asked.most:
        raise TooManySlots(f"More than {asked.most} starts; ask for a shorter window.")
    return wishes


def wish_of(stay: Stay, asked: Asked) -> Wish:
    """Return the wish for a stay that is no slot."""
    return Wish(
        slot_id=None,
        stay=stay,
        party_size=asked.party_size,
        picks=asked.picks,
        components=asked.components,
    )


def _slot_wishes(scene: Scene, window: Interval, asked: Asked) -> list[Wish]:
    offering, size = scene.offering, asked.party_size
    wishes = {
        slot.slot_id: wish_for(offering, slot=slot, starts_at=slot.starts_at, party_size=size)
        for slot in scene.stored_slots.values()
        if window.covers(slot.starts_at)
        and (slot.origin is SlotOrigin.MANUAL or slot.status is SlotStatus.OPEN)
    }
    # Many have the same hours: each grid is drawn once.
    grids = {(tuple(scene.rules[one]), scene.grid_step(one)) for one in grid_owners(scene)}
    starts = {
        starts_at
        for rules, step in grids
        for starts_at in _starts_on_grid(scene, rules, window, step)
    }
    for starts_at in starts:
        slot_id = generated_slot_id(offering.offering_id, starts_at)
        if slot_id not in scene.stored_slots:
            wishes[slot_id] = wish_for(offering, slot=None, starts_at=starts_at, party_size=size)
    found = sorted(wishes.values(), key=lambda wish: (wish.starts_at, wish.slot_id or ""))
    if not asked.picks and not asked.components:
        return found
    return [replace(wish, picks=asked.picks, components=asked.components) for wish in found]


def _starts_on_grid(
    scene: Scene, rules: tuple[Rule, ...], window: Interval, step: timedelta | None
) -> list[datetime]:
    duration = scene.offering.duration
    return scene.timetables.once(
        ("grid", rules, window, duration, step),
        lambda: [
            interval.starts_at
            for interval in expand_rules(rules, window, duration=duration, step=step)
        ],
    )


def _free_stays(scene: Scene, window: Interval, asked: Asked) -> list[Stay]:
    """Return a stay for every start on the steps of the hours."""
    offering = scene.offering
    usual = asked.step or min(FREE_STEP, offering.length_min or FREE_STEP)
    step = offering.slot_step or usual
    step = min(step, STEP_MAX)
    length = asked.length or offering.length_min or offering.duration
    if window.duration // step > FREE_STARTS_MAX:
        raise TooManySlots(f"More than {FREE_STARTS_MAX} starts; ask for a shorter window.")
    here = zone(scene.zone_name)
    hours = tuple(dict.fromkeys(tuple(scene.rules[owner]) for owner in grid_owners(scene)))

    def stays() -> list[Stay]:
        # Each by itself: what closes one of several does not close the others.
        opened = [one for rules in hours for one in open_intervals(rules, window)]
        return [
            Stay(starts_at=starts_at, ends_at=starts_at + length)
            for stretch in (merged(opened) if hours else (window,))
            for starts_at in _on_steps(stretch, step, here)
        ]

    return scene.timetables.once(("steps", hours, window, length, step, here.key), stays)


def _on_steps(stretch: Interval, step: timedelta, here: Zone) -> Iterator[datetime]:
    starts_at = _next_on_step(stretch.starts_at, step, here)
    while starts_at < stretch.ends_at:
        yield starts_at
        starts_at = _next_on_step(starts_at + timedelta(seconds=1), step, here)


def _next_on_step(instant: datetime, step: timedelta, here: Zone) -> datetime:
    """Return the first instant from one on whose wall clock shows a multiple of a step."""
    local = instant.astimezone(here)
    since = timedelta(
        hours=local.hour,
        minutes=local.minute,
        seconds=local.second,
        microseconds=local.microsecond,
    )
    missing = -since % step
    midnight = day_interval(local_day(instant, here), here).ends_at
    # A day need not be a whole number of steps long: the next one begins anew.
    return min(instant + missing, midnight) if missing else instant


def _dated_stays(scene: Scene, window: Interval, asked: Asked) -> Iterator[Stay]:
    """Yield a stay for every date on which it may begin."""
    offering = scene.offering
    here = zone(scene.zone_name)
    count = asked.date_count or offering.dates_min
    for first in days_touched(window, here):
        try:
            yield stay_from(offering, first, count, here)
        except (SkippedDay, ValueError):
            continue


def stay_from(offering: Offering, first: date, count: int, here: Zone) -> Stay:
    """Return the stay of so many days or nights from a date on.

    Raises:
        SkippedDay: The zone never had one of the dates.
        ValueError: A date is outside the limits of time.
    """
    return stay_of(offering, [first + timedelta(days=i) for i in range(count)], here)


def stay_of(offering: Offering, dates: list[date], here: Zone) -> Stay:
    """Return the stay over dates, as the offering's shape means them.

    Raises:
        SkippedDay: The zone never had one of the dates.
        ValueError: There is no date, or one is outside the limits of time.
    """
    if offering.shape is Shape.NIGHTS:
        return stay_of_nights(
            dates,
            here,
            check_in_minute=offering.check_in_minute,
            check_out_minute=offering.check_out_minute,
        )
    return stay_of_days(dates, here)
