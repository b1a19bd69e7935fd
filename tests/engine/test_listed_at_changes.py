"""What is listed is accepted, while clocks are changed and holds expire."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.errors import HoldfastError
from holdfast.domain.offerings import Offering
from holdfast.domain.shapes import Shape
from holdfast.engine.availability import AvailabilityQuery
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.schedules import WeeklyOpening
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    EVERY_DAY,
    HOUR,
    MINUTE,
    add_class,
    add_offering,
    add_room,
    add_slot,
    at,
    hold,
    open_desk,
)
from tests.engine.outings import any_of, by_time

# Where clocks are changed on which day after 1 June 2026, and about when, in UTC.
CHANGES = [
    ("Europe/Paris", at("00:30", day=146)),
    pytest.param("America/New_York", at("05:30", day=153), marks=pytest.mark.slow),
    pytest.param("Australia/Lord_Howe", at("15:00", day=124), marks=pytest.mark.slow),
]
NIGHTS = (WeeklyOpening(weekdays=EVERY_DAY, opens_minute=0, closes_minute=6 * 60),)
LONG, SHORT = timedelta(hours=2), timedelta(minutes=10)


def _starts(around: datetime) -> list[datetime]:
    first = around - 3 * HOUR
    return [first + i * HOUR / 2 for i in range(12)]


def _outcome(desk: TenantEngine, choice: Choice) -> str:
    """Place a hold and let it go again; say what became of it."""
    try:
        placed = desk.holds.place(choice=choice)
    except HoldfastError as refusal:
        return refusal.code
    desk.holds.release(placed.hold_id)
    return "accepted"


def _choices(offering: Offering, around: datetime) -> dict[datetime, Choice]:
    if offering.shape is Shape.FREE:
        return {start: by_time(offering, start, start + HOUR) for start in _starts(around)}
    return {
        start: Choice(offering_id=offering.offering_id, starts_at=start)
        for start in _starts(around)
    }


def _require_alike(desk: TenantEngine, offerings: Sequence[Offering], around: datetime) -> int:
    """Compare what is listed with what is accepted, both ways; return how much is open."""
    count = 0
    for offering in offerings:
        query = AvailabilityQuery(
            offering_id=offering.offering_id,
            starts_at=around - 3 * HOUR,
            ends_at=around + 3 * HOUR,
            length=HOUR if offering.shape is Shape.FREE else None,
        )
        listed = {slot.starts_at for slot in desk.availability.answer(query).slots}
        outcomes = {
            start: _outcome(desk, choice) for start, choice in _choices(offering, around).items()
        }
        accepted = {start for start, outcome in outcomes.items() if outcome == "accepted"}
        assert accepted == listed
        for start, choice in _choices(offering, around).items():
            verdict = desk.availability.check(choice)
            assert verdict.can_book is (outcomes[start] == "accepted")
        count += len(accepted)
    return count


@pytest.mark.parametrize(("zone_name", "around"), CHANGES)
def test_what_is_listed_is_accepted_while_clocks_change_and_holds_expire(
    engine: Engine, clock: ManualClock, zone_name: str, around: datetime
) -> None:
    """AC-B06, C-31, issue 4: slots, classes, slots by hand and free times; holds end meanwhile."""
    desk = open_desk(engine, zone=zone_name, horizon_days=400)
    rooms = [add_room(desk, f"Room {number}") for number in range(3)]
    visit = add_offering(
        desk, "visit", any_of(rooms), openings=NIGHTS, slot_step=HOUR / 2, buffer_after=15 * MINUTE
    )
    yoga = add_class(desk, "yoga", rooms[0], places=2, openings=NIGHTS, slot_step=HOUR / 2)
    free = add_offering(
        desk, "free", any_of(rooms[1:]), openings=NIGHTS, shape=Shape.FREE, slot_step=HOUR / 2
    )
    talk = add_class(desk, "talk", rooms[2], places=1, openings=())
    add_slot(desk, talk, around, capacity=1)
    chance = random.Random(zone_name)
    for _ in range(16):
        offering, start = chance.choice([visit, yoga]), chance.choice(_starts(around))
        with suppress(HoldfastError):
            hold(desk, offering, start, ttl=chance.choice([SHORT, LONG]))
    with suppress(HoldfastError):
        hold(desk, talk, around, ttl=SHORT)
    everything = (visit, yoga, free, talk)

    counts = [_require_alike(desk, everything, around)]
    for length in (SHORT, LONG):
        clock.advance(seconds=length.total_seconds())
        counts.append(_require_alike(desk, everything, around))

    assert counts[0] < counts[1] < counts[2]
