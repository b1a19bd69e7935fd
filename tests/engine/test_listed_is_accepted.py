"""What is listed is accepted and what is not is refused, in every shape of time and by pools."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.errors import (
    Alternative,
    AvailabilityClosed,
    CapacityExceeded,
    HoldfastError,
    PolicyRefused,
)
from holdfast.domain.ids import read_generated_slot_id
from holdfast.domain.listing import OpenSlot
from holdfast.domain.policies import HostConflict, Policy
from holdfast.domain.requirements import Requirement
from holdfast.domain.shapes import Shape
from holdfast.engine.availability import AvailabilityQuery
from holdfast.engine.blocks import AddBlock
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.resources import AddResource
from holdfast.engine.schedules import WeeklyOpening
from tests.engine.businesses import (
    EVERY_DAY,
    HOUR,
    add_class,
    add_offering,
    add_room,
    at,
    hold,
    open_desk,
)
from tests.engine.outings import (
    Region,
    add_outing,
    add_thing,
    any_of,
    by_dates,
    by_time,
    keep,
    on,
)

MORNINGS = WeeklyOpening(weekdays=EVERY_DAY, opens_minute=9 * 60, closes_minute=12 * 60)


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


Query = tuple[AvailabilityQuery, Callable[[OpenSlot | Alternative], Choice], list[Choice]]


def _slots(desk: TenantEngine, chance: random.Random) -> Query:
    """A consultation in a room, some of it taken and some blocked."""
    room = add_room(desk, capacity=2)
    visit = add_offering(
        desk, "visit", room, openings=[MORNINGS], slot_step=HOUR / 2, buffer_after=HOUR / 4
    )
    block = AddBlock(
        resource_id=room.resource_id,
        starts_at=at("09:00", day=2),
        ends_at=at("10:00", day=2),
        reason="paint",
    )
    desk.run(block)
    for _ in range(6):
        start = at("09:00", day=chance.randrange(1, 4)) + chance.randrange(5) * HOUR / 2
        _try(partial(hold, desk, visit, start))
    starts = [at("08:30", day=day) + i * HOUR / 2 for day in range(1, 4) for i in range(9)]
    query = AvailabilityQuery(offering_id=visit.offering_id)
    return (
        query,
        lambda slot: Choice(slot_id=slot.slot_id),
        [Choice(offering_id=visit.offering_id, starts_at=start) for start in starts],
    )


def _free(desk: TenantEngine, chance: random.Random) -> Query:
    """A meeting room for an hour and a half, from any half hour."""
    room = add_room(desk)
    meeting = add_outing(
        desk, Shape.FREE, room, slot_step=HOUR / 2, length_min=HOUR, buffer_after=HOUR / 4
    )
    desk.schedules.set(meeting.offering_id, [MORNINGS])
    length = HOUR * 3 / 2
    for _ in range(3):
        start = at("09:00", day=chance.randrange(1, 6)) + chance.randrange(4) * HOUR / 2
        _try(partial(keep, desk, by_time(meeting, start, start + HOUR)))
    starts = [at("08:00", day=day) + i * HOUR / 2 for day in range(1, 6) for i in range(10)]
    query = AvailabilityQuery(offering_id=meeting.offering_id, length=length)
    return (
        query,
        lambda slot: by_time(meeting, slot.starts_at, slot.ends_at),
        [by_time(meeting, start, start + length) for start in starts],
    )


def _days(desk: TenantEngine, chance: random.Random) -> Query:
    """Four-wheel drives for two days in a row, and one of them is away on a day."""
    cars = [add_thing(desk, f"Car {number}") for number in range(2)]
    safari = add_outing(desk, Shape.DAYS, any_of(cars))
    for _ in range(14):
        day, car = on(chance.randrange(2, 26)), chance.choice(cars)
        _try(partial(keep, desk, by_dates(car, day)))
    query = AvailabilityQuery(offering_id=safari.offering_id, date_count=2)
    return (
        query,
        lambda slot: by_dates(safari, *slot.dates),
        [by_dates(safari, on(day), on(day + 1)) for day in range(1, 26)],
    )


def _nights(desk: TenantEngine, chance: random.Random) -> Query:
    """A hotel with rooms of one kind, three nights at least."""
    rooms = add_thing(desk, "Rooms", capacity=3)
    hotel = add_outing(
        desk,
        Shape.NIGHTS,
        Requirement(resource_id=rooms.resource_id),
        dates_min=3,
        zone="Asia/Tokyo",
    )
    for _ in range(8):
        first = chance.randrange(2, 24)
        nights = [on(first + night) for night in range(3)]
        _try(partial(keep, desk, by_dates(hotel, *nights)))
    query = AvailabilityQuery(offering_id=hotel.offering_id)
    return (
        query,
        lambda slot: by_dates(hotel, *slot.dates),
        [by_dates(hotel, on(day), on(day + 1), on(day + 2)) for day in range(1, 26)],
    )


def _pools(desk: TenantEngine, chance: random.Random) -> Query:
    """A region whose setups and operators are also booked by name."""
    region = Region(desk, setup_count=3, operator_count=2, horizon_days=20)
    for _ in range(70):
        day, one = on(chance.randrange(2, 25)), chance.choice(region.setups + region.operators)
        _try(partial(keep, desk, by_dates(one, day)))
    query = AvailabilityQuery(offering_id=region.mission.offering_id)
    return (
        query,
        lambda slot: by_dates(region.mission, *slot.dates),
        [by_dates(region.mission, on(day)) for day in range(1, 28)],
    )


def _policies(desk: TenantEngine, chance: random.Random) -> Query:
    """Rooms with notices, horizons and buffers of their own, one of them taken with a chair."""
    rooms = [
        desk.resources.add(
            AddResource(
                name=f"Room {number}",
                notice=chance.choice([None, 26 * HOUR, 2 * HOUR]),
                horizon_days=chance.choice([None, 2, 4]),
                buffer_before=chance.choice([None, HOUR / 2]),
                buffer_after=chance.choice([None, HOUR / 4, HOUR]),
            )
        )
        for number in range(3)
    ]
    chair = desk.resources.add(AddResource(name="Chair", horizon_days=5, buffer_after=HOUR / 2))
    hours = [WeeklyOpening(weekdays=EVERY_DAY, opens_minute=8 * 60, closes_minute=14 * 60)]
    alone = add_offering(desk, "alone", rooms[0], openings=hours, slot_step=HOUR / 2)
    visit = add_offering(desk, "visit", any_of(rooms), chair, openings=hours, slot_step=HOUR / 2)
    for _ in range(12):
        start = at("08:00", day=chance.randrange(6)) + chance.randrange(11) * HOUR / 2
        _try(partial(hold, desk, chance.choice([alone, visit]), start))
    starts = [at("08:00", day=day) + i * HOUR / 2 for day in range(7) for i in range(11)]
    query = AvailabilityQuery(offering_id=visit.offering_id)
    return (
        query,
        lambda slot: Choice(slot_id=slot.slot_id),
        [Choice(offering_id=visit.offering_id, starts_at=start) for start in starts],
    )


def _hosts(desk: TenantEngine, chance: random.Random) -> Query:
    """Rooms of two owners who do one thing at a time, and a class of one of them."""
    minds = Policy(on_host_conflict=HostConflict.REJECT)
    rooms = [
        desk.resources.add(AddResource(name=f"Room {number}", owner_id=f"mbr_{number % 2}"))
        for number in range(4)
    ]
    visit = add_offering(
        desk, "visit", any_of(rooms[1:]), openings=[MORNINGS], slot_step=HOUR / 2, policy=minds
    )
    alone = add_offering(desk, "alone", rooms[0], slot_step=HOUR / 2, buffer_after=HOUR / 4)
    yoga = add_class(desk, "yoga", rooms[1], places=4, slot_step=HOUR / 2)
    for _ in range(12):
        start = at("09:00", day=chance.randrange(1, 3)) + chance.randrange(5) * HOUR / 2
        _try(partial(hold, desk, chance.choice([alone, yoga, visit]), start))
    starts = [at("08:30", day=day) + i * HOUR / 2 for day in range(1, 4) for i in range(8)]
    query = AvailabilityQuery(offering_id=visit.offering_id)
    return (
        query,
        lambda slot: Choice(slot_id=slot.slot_id),
        [Choice(offering_id=visit.offering_id, starts_at=start) for start in starts],
    )


def _try(act: Callable[[], object]) -> None:
    """Do something that may be refused."""
    with suppress(CapacityExceeded, AvailabilityClosed, PolicyRefused):
        act()


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("opened", [_slots, _free, _days, _nights, _pools, _policies, _hosts])
def test_what_is_listed_is_accepted_and_what_is_not_listed_is_refused_with_its_reason(
    desk: TenantEngine, opened: Callable[[TenantEngine, random.Random], Query], seed: int
) -> None:
    """AC-B06, AC-B10..B13, AC-B18, C-61, invariant 9: both ways; a check foretells the answer."""
    query, chosen, candidates = opened(desk, random.Random(seed))
    window = replace(query, starts_at=at("00:00"), ends_at=at("00:00", day=30))

    listed = desk.availability.answer(window).slots
    accepted = {_when(choice) for choice in map(chosen, listed)}
    tried = {_when(choice): choice for choice in candidates}
    outcomes = {}
    others: list[Alternative] = []
    for when, choice in tried.items():
        verdict = desk.availability.check(choice)
        explained = desk.availability.explain(choice)
        outcome = _outcome(desk, choice)
        outcomes[when] = outcome == "accepted"
        others = others or list(verdict.alternatives)
        foretold = "accepted" if verdict.refusal is None else _told(verdict.refusal)
        assert foretold == outcome
        assert verdict.can_book is (outcome == "accepted") is (not explained.reasons)
        assert [one.code for one in explained.reasons[:1]] == (
            [] if verdict.refusal is None else [verdict.refusal.code]
        )

    assert others
    for choice in [*map(chosen, listed), *map(chosen, others)]:
        assert _outcome(desk, choice) == "accepted"
    starts = {when for when, is_accepted in outcomes.items() if is_accepted}
    assert starts == {_start(when) for when in accepted} & set(outcomes)
    assert starts
    assert len(starts) < len(outcomes)


def _when(choice: Choice) -> object:
    return choice.dates or choice.starts_at or choice.slot_id


def _start(when: object) -> object:
    """Return when a listed slot starts, as a choice by its start would say it."""
    if not isinstance(when, str):
        return when
    said = read_generated_slot_id(when)
    assert said is not None
    return said[1]


def _outcome(desk: TenantEngine, choice: Choice) -> object:
    """Place a hold and let it go again; say what became of it."""
    try:
        placed = keep(desk, choice)
    except HoldfastError as refusal:
        return _told(refusal)
    desk.holds.release(placed.hold_id)
    return "accepted"


def _told(refusal: HoldfastError) -> object:
    """Return what a refusal says, its alternatives too."""
    others = refusal.fields.get("alternatives", ())
    fields = {name: value for name, value in refusal.fields.items() if name != "alternatives"}
    return refusal.code, refusal.detail, str(fields), bool(others) and "with alternatives"
