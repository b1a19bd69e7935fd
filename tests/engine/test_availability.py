"""Availability of whatever is booked: listed by slot and by day, next, checked, explained."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.ids import ResourceId
from holdfast.domain.offerings import Component, Offering
from holdfast.domain.requirements import Per
from holdfast.domain.resources import ResourceAction, Scheme
from holdfast.domain.shapes import Shape
from holdfast.engine.availability import AvailabilityQuery, listing
from holdfast.engine.blocks import AddBlock
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.pools import AddPool
from holdfast.engine.resources import AddResource
from holdfast.engine.schedules import WeeklyOpening
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    EVERY_DAY,
    FOR_ADA,
    HOUR,
    MINUTE,
    add_class,
    add_offering,
    add_room,
    at,
    book,
    cause_of,
    open_desk,
    pointers,
    refusal_of,
    shop_window,
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


# ----------------------------------------------------------------------------- looked at by day


def test_by_day_slots_are_counted_with_the_first_start_and_the_most_that_is_left(
    desk: TenantEngine,
) -> None:
    """AC-B06."""
    lesson = add_class(desk, "lesson", add_room(desk), places=8, openings=[MORNINGS])
    for start in ("09:00", "10:00", "11:00"):
        book(desk, lesson, at(start, day=1), 5)
    for start in ("09:00", "10:00", "11:00"):
        book(desk, lesson, at(start, day=2), 8)

    found = desk.availability.by_day(
        AvailabilityQuery(offering_id=lesson.offering_id, first_on=on(1), last_on=on(3))
    )

    assert [
        (day.on, day.is_available, day.open_count, day.first_starts_at, day.remaining, day.reason)
        for day in found.days
    ] == [
        (on(1), True, 3, at("09:00"), 8, None),
        (on(2), True, 3, at("09:00", day=1), 3, None),
        (on(3), False, 0, None, 0, "capacity.exceeded"),
    ]
    assert (found.window.starts_at, found.window.ends_at) == (at("00:00"), at("00:00", day=3))


def test_by_day_the_slot_that_came_closest_to_being_open_says_why_none_is(
    desk: TenantEngine, clock: ManualClock
) -> None:
    mornings = replace(MORNINGS, weekdays=(1, 2, 4, 5))
    lesson = add_class(
        desk, "lesson", add_room(desk), places=1, openings=[mornings], horizon_days=3
    )
    for start in ("10:00", "11:00"):
        book(desk, lesson, at(start, day=1), 1)
    clock.set(at("11:30"))

    found = desk.availability.by_day(
        AvailabilityQuery(offering_id=lesson.offering_id, first_on=on(1), last_on=on(5))
    )

    assert [(day.on, day.open_count, day.reason) for day in found.days] == [
        (on(1), 0, "policy.notice_too_short"),
        (on(2), 1, None),
        (on(3), 0, "availability.closed"),
        (on(4), 3, None),
        (on(5), 0, "policy.beyond_horizon"),
    ]


def test_by_day_a_block_leaves_nothing_and_says_why_although_the_capacity_is_there(
    desk: TenantEngine,
) -> None:
    """R-22, AC-B03."""
    car = add_thing(desk, capacity=2)
    desk.run(
        AddBlock(
            resource_id=car.resource_id,
            starts_at=at("00:00", day=2),
            ends_at=at("00:00", day=3),
            reason="repair",
        )
    )

    found = desk.availability.by_day(
        AvailabilityQuery(resource_id=car.resource_id, first_on=on(2), last_on=on(4), party_size=2)
    )

    assert [(day.is_available, day.capacity, day.remaining, day.reason) for day in found.days] == [
        (True, 2, 2, None),
        (False, 2, 0, "availability.closed"),
        (True, 2, 2, None),
    ]


def test_a_day_that_is_over_is_not_available_and_today_is_until_it_ends(
    desk: TenantEngine, clock: ManualClock
) -> None:
    car = add_thing(desk)
    clock.set(at("20:00", day=2))

    found = desk.availability.by_day(
        AvailabilityQuery(resource_id=car.resource_id, first_on=on(2), last_on=on(4))
    )

    assert [(day.on, day.is_available) for day in found.days] == [
        (on(2), False),
        (on(3), True),
        (on(4), True),
    ]


def test_what_was_taken_earlier_today_counts_for_the_day_although_the_window_begins_later(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """A room counted by interval, booked by days: the day has begun before the window."""
    room = add_thing(desk, "Room", scheme=Scheme.INTERVAL)
    daily = add_outing(desk, Shape.DAYS, room)
    desk.bookings.place(choice=by_time(room, at("08:30"), at("09:00")), details=FOR_ADA)
    clock.set(at("12:00"))

    listed = desk.availability.answer(AvailabilityQuery(offering_id=daily.offering_id)).slots
    refused = refusal_of(lambda: keep(desk, by_dates(daily, on(1))))

    assert [slot.dates[0] for slot in listed][:2] == [on(2), on(3)]
    assert refused.code == "capacity.exceeded"


def test_days_are_those_of_the_offering_wherever_its_resources_are(desk: TenantEngine) -> None:
    """C-27, C-30: nobody's zone breaks a listing."""
    for i, (here, there) in enumerate(
        [("Asia/Tokyo", "America/New_York"), ("America/New_York", "Pacific/Kiritimati")]
    ):
        car = add_thing(desk, f"Car {i}", zone=there)
        safari = add_outing(desk, Shape.DAYS, car, slug=f"safari-{i}", zone=here)

        listed = desk.availability.answer(AvailabilityQuery(offering_id=safari.offering_id)).slots

        for slot in listed:
            keep(desk, by_dates(safari, *slot.dates))
        assert len(listed) in {7, 8}


# ------------------------------------------------------------------------------- several at once


def test_a_pool_is_open_when_any_one_of_its_members_is_and_has_room_for_as_many_parties(
    desk: TenantEngine,
) -> None:
    """AC-B06, AC-E05, D-05: looked at by day and by slot; booked on a member."""
    cars = [add_thing(desk, f"Car {number}") for number in range(3)]
    pool = desk.pools.add(AddPool(name="Cars", resource_ids=tuple(car.resource_id for car in cars)))
    keep(desk, by_dates(cars[0], on(2), on(3)))
    keep(desk, by_dates(cars[1], on(3)))
    keep(desk, by_dates(cars[2], on(3)))
    query = AvailabilityQuery(pool_id=pool.pool_id, first_on=on(2), last_on=on(4))

    by_day = desk.availability.by_day(query)
    by_slot = desk.availability.answer(query)

    assert [(day.is_available, day.capacity, day.remaining) for day in by_day.days] == [
        (True, 3, 2),
        (False, 3, 0),
        (True, 3, 3),
    ]
    assert [slot.dates for slot in by_slot.slots] == [(on(2),), (on(4),)]


def test_a_pool_is_not_there_for_the_public_when_no_member_may_be_booked_alone(
    engine: Engine, desk: TenantEngine
) -> None:
    room = add_room(desk)
    pool = desk.pools.add(AddPool(name="Rooms", resource_ids=(room.resource_id,)))
    query = AvailabilityQuery(pool_id=pool.pool_id)

    staff = desk.availability.answer(query)
    public = refusal_of(lambda: shop_window(engine, desk).availability.answer(query))

    assert staff.slots
    assert (public.code, public.fields) == (
        "record.not_found",
        {"kind": "pool", "key": pool.pool_id},
    )


def test_several_are_answered_in_their_order_even_for_times_far_apart(desk: TenantEngine) -> None:
    room, car = add_room(desk), add_thing(desk)
    visit = add_offering(desk, "visit", room, openings=[MORNINGS])
    book(desk, visit, at("09:00", day=2))
    keep(desk, by_dates(car, on(20)))
    queries = [
        AvailabilityQuery(offering_id=visit.offering_id, first_on=on(3), last_on=on(3)),
        AvailabilityQuery(resource_id=car.resource_id, first_on=on(19), last_on=on(21)),
    ]

    together = desk.availability.answers(queries)

    assert list(together) == [desk.availability.answer(query) for query in queries]
    assert [slot.starts_at for slot in together[0].slots] == [
        at("10:00", day=2),
        at("11:00", day=2),
    ]
    assert [slot.dates[0] for slot in together[1].slots] == [on(19), on(21)]
    refused = refusal_of(lambda: desk.availability.answers(queries * 26))
    assert pointers(refused) == [("/offering_id", "too_many")]


def test_what_is_asked_together_shares_how_much_is_looked_at(
    desk: TenantEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody may ask, so that no question may keep a server busy for long."""
    monkeypatch.setattr(listing, "LOOKED_AT_MAX", 100)
    visit = add_offering(desk, "visit", add_room(desk))
    query = AvailabilityQuery(offering_id=visit.offering_id, first_on=on(2), last_on=on(4))

    alone = desk.availability.answers([query])
    refused = [
        refusal_of(lambda: desk.availability.answers([query, query])),
        refusal_of(lambda: desk.availability.answers_by_day([query, query])),
    ]

    assert len(alone[0].slots) == 72
    assert [pointers(refusal) for refusal in refused] == [[("/last_on", "too_long")]] * 2


# ------------------------------------------------------------------------------------ next


def test_next_finds_the_first_that_would_be_accepted_from_a_date_on(desk: TenantEngine) -> None:
    """AC-B13, AC-B14 (D-29): gaps are skipped, and what is asked is honoured."""
    region = Region(desk, setup_count=1, operator_count=1)
    for day in (2, 3, 5, 8):
        region.book(on(day))
    query = AvailabilityQuery(offering_id=region.mission.offering_id)

    default = desk.availability.next(query)
    later = desk.availability.next(replace(query, first_on=on(4)), count=2)
    pairs = desk.availability.next(replace(query, date_count=2), count=3)

    assert [slot.dates[0].day for slot in default.slots] == [1, 4, 6, 7, 9]
    assert [slot.dates[0].day for slot in later.slots] == [4, 6]
    assert [tuple(day.day for day in slot.dates) for slot in pairs.slots] == [
        (6, 7),
        (9, 10),
        (10, 11),
    ]


def test_next_within_a_wait_finds_what_begins_in_time_or_nothing(desk: TenantEngine) -> None:
    """AC-B14: an emergency waits so long and no longer."""
    doctor = add_room(desk)
    visit = add_offering(desk, "visit", doctor, openings=[MORNINGS])
    for start in ("09:00", "10:00"):
        book(desk, visit, at(start))
    query = AvailabilityQuery(offering_id=visit.offering_id)

    in_time = desk.availability.next(query, max_wait=3 * HOUR)
    too_late = desk.availability.next(query, max_wait=3 * HOUR - MINUTE)

    assert [slot.starts_at for slot in in_time.slots] == [at("11:00")]
    assert too_late.slots == ()


def test_next_finds_nothing_in_a_year_that_is_full_and_says_so(desk: TenantEngine) -> None:
    """D-30."""
    car = add_thing(desk, capacity=1)
    query = AvailabilityQuery(resource_id=car.resource_id, party_size=2)

    assert desk.availability.next(query).slots == ()


def test_next_looks_further_than_the_first_weeks_and_sees_each_day_once(
    desk: TenantEngine, clock: ManualClock
) -> None:
    car = add_thing(desk)
    clock.set(at("12:34"))
    keep(desk, by_dates(car, *(on(1) + timedelta(days=i) for i in range(60))))

    found = desk.availability.next(AvailabilityQuery(resource_id=car.resource_id), count=50)

    days = [slot.dates[0] for slot in found.slots]
    assert days == [on(31, 7) + timedelta(days=i) for i in range(50)]


# ------------------------------------------------------------------------- checked and explained


def test_a_check_of_a_party_that_nobody_can_serve_says_what_limits_it(desk: TenantEngine) -> None:
    """D-25: capacity is about the party, availability about the time."""
    tables = [
        desk.resources.add(AddResource(name=f"Table {seats}", party_max=seats)) for seats in (2, 6)
    ]
    dinner = add_offering(desk, "dinner", any_of(tables, role="table"))

    fits = desk.availability.check(_at_noon(dinner), party_size=6)
    over = desk.availability.check(_at_noon(dinner), party_size=7)

    assert (fits.can_book, fits.capacity.capacity_max) == (True, 6)
    assert (over.can_book, over.capacity.is_valid) == (False, False)
    assert (over.capacity.capacity_max, over.capacity.requested) == (6, 7)
    assert over.refusal is not None
    assert over.refusal.code == "policy.party_size"
    # Of those who are free at noon one serves six: the smaller table is left out with its reason.
    [requirement] = fits.availability.requirements
    assert [(one.name, one.reason) for one in requirement.candidates] == [
        ("Table 2", "party_size"),
        ("Table 6", None),
    ]


def _at_noon(offering: Offering) -> Choice:
    return Choice(offering_id=offering.offering_id, starts_at=at("12:00", day=1))


def test_an_explanation_names_every_reason_and_every_resource(desk: TenantEngine) -> None:
    """AC-B12, AC-E06: not only the first of them."""
    rooms = [add_room(desk, name) for name in ("Busy", "Blocked", "Out of use", "Closed", "Free")]
    visit = add_offering(
        desk, "visit", any_of(rooms, members=2), notice=48 * HOUR, openings=[MORNINGS]
    )
    once = add_offering(desk, "once", rooms[0], openings=[MORNINGS])
    book(desk, once, at("10:00", day=1))
    desk.run(
        AddBlock(
            resource_id=rooms[1].resource_id,
            starts_at=at("09:30", day=1),
            ends_at=at("10:30", day=1),
            reason="paint",
        )
    )
    desk.resources.act(rooms[2].resource_id, ResourceAction.DEACTIVATE)
    evening = WeeklyOpening(weekdays=EVERY_DAY, opens_minute=1_000, closes_minute=1_200)
    desk.schedules.set(rooms[3].resource_id, [evening])
    choice = Choice(offering_id=visit.offering_id, starts_at=at("10:00", day=1))

    verdict = desk.availability.explain(choice)

    [requirement] = verdict.availability.requirements
    assert {one.name: one.reason for one in requirement.candidates} == {
        "Busy": "capacity",
        "Blocked": "blocked",
        "Out of use": "inactive",
        "Closed": "outside_hours",
        "Free": None,
    }
    assert (requirement.needed, requirement.total, requirement.free) == (2, 5, 1)
    assert [reason.code for reason in verdict.reasons] == [
        "policy.notice_too_short",
        "capacity.exceeded",
    ]
    assert verdict.alternatives == ()


def test_a_check_writes_nothing_and_is_refused_like_a_booking_when_it_is_malformed(
    engine: Engine, desk: TenantEngine
) -> None:
    """D-24."""
    modules = (Component(key="theory", name="Theory"),)
    car, other = add_thing(desk, "Car"), add_thing(desk, "Other")
    safari = add_outing(desk, Shape.DAYS, car, components=modules, is_scattered=False)
    page = shop_window(engine, desk)
    malformed = [
        Choice(offering_id=safari.offering_id),
        Choice(offering_id=safari.offering_id, starts_at=at("12:00")),
        by_dates(safari, on(2), components=("practice",)),
        replace(by_dates(safari, on(2)), picks=(other.resource_id,)),
        replace(by_dates(safari, on(2)), is_by_nights=True),
        by_dates(safari, on(2), on(4)),
    ]

    checked = [pointers(refusal_of(partial(page.availability.check, c))) for c in malformed]
    booked = [pointers(refusal_of(partial(keep, page, c))) for c in malformed]

    assert checked == booked
    assert [found[0][1] for found in checked] == [
        "slot_choice",
        "wrong_form",
        "unknown_component",
        "unknown_resource",
        "wrong_form",
        "not_consecutive",
    ]
    assert page.availability.check(by_dates(safari, on(2))).can_book
    assert desk.holds.list().items == ()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (AvailabilityQuery(party_size=0), ("/party_size", "out_of_range")),
        (AvailabilityQuery(date_count=0), ("/date_count", "out_of_range")),
        (AvailabilityQuery(date_count=2), ("/date_count", "wrong_form")),
        (AvailabilityQuery(length=HOUR), ("/length_minutes", "wrong_form")),
        (AvailabilityQuery(length=-HOUR), ("/length_minutes", "out_of_range")),
        (AvailabilityQuery(last_on=on(1)), ("/first_on", "missing")),
        (AvailabilityQuery(first_on=on(2), starts_at=at("09:00")), ("/first_on", "two_forms")),
        (AvailabilityQuery(first_on=on(2), last_on=on(1)), ("/last_on", "reversed")),
        (
            AvailabilityQuery(first_on=on(2), last_on=on(2).replace(year=2028)),
            ("/last_on", "too_long"),
        ),
        (AvailabilityQuery(first_on=on(2).replace(year=2300)), ("/first_on", "out_of_range")),
        (AvailabilityQuery(components=("x",)), ("/components/0", "unknown_component")),
        (AvailabilityQuery(picks=(ResourceId("res_x"),)), ("/resource_ids/0", "unknown_resource")),
    ],
)
def test_a_question_that_means_nothing_is_refused(
    desk: TenantEngine, query: AvailabilityQuery, expected: tuple[str, str]
) -> None:
    visit = add_offering(desk, "visit", add_room(desk))
    query = replace(query, offering_id=visit.offering_id)

    for ask in (desk.availability.answer, desk.availability.by_day, desk.availability.next):
        assert pointers(refusal_of(partial(ask, query))) == [expected]


# ----------------------------------------------------------------------------------- what is left


def test_what_is_left_of_several_shared_resources_is_their_sum(desk: TenantEngine) -> None:
    vans = [add_thing(desk, "Van", capacity=3), add_thing(desk, "Bus", capacity=5)]
    trip = add_outing(desk, Shape.DAYS, any_of(vans))
    keep(desk, by_dates(vans[0], on(2)))

    left = desk.availability.check(by_dates(trip, on(2))).availability.remaining
    placed = [keep(desk, by_dates(trip, on(2))) for _ in range(left or 0)]

    assert left == 7
    assert len(placed) == 7
    assert cause_of(lambda: keep(desk, by_dates(trip, on(2))))["code"] == "capacity.exceeded"


def test_what_is_left_for_one_guest_is_the_largest_party_that_one_resource_serves(
    desk: TenantEngine,
) -> None:
    vans = [add_thing(desk, "Van", capacity=3), add_thing(desk, "Bus", capacity=5)]
    seat = replace(any_of(vans), per=Per.PARTICIPANT)
    trip = add_outing(desk, Shape.DAYS, seat)

    listed = desk.availability.answer(AvailabilityQuery(offering_id=trip.offering_id)).slots

    assert {slot.remaining for slot in listed} == {5}
    assert keep(desk, by_dates(trip, on(2)), party_size=5).party_size == 5
