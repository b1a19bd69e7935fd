"""The capacity report: per resource and local day, of what is dated and of what is not."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.resources import ResourceAction
from holdfast.engine.blocks import AddBlock
from holdfast.engine.facade import TenantEngine
from holdfast.engine.resources import AddResource
from holdfast.engine.schedules import WeeklyOpening
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    EVERY_DAY,
    HOUR,
    add_class,
    add_offering,
    add_room,
    at,
    book,
    cause_of,
    hold,
    open_desk,
    pointers,
    refusal_of,
    shop_window,
)
from tests.engine.dated import add_dated, add_rental, day, days, rent

NINE_TO_FIVE = WeeklyOpening(weekdays=EVERY_DAY, opens_minute=9 * 60, closes_minute=17 * 60)


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


def test_rooms_are_reported_by_the_hour_within_their_opening_hours(desk: TenantEngine) -> None:
    """AC-R05, R-25, R-40, R-59."""
    room = add_room(desk, capacity=2)
    desk.schedules.set(room.resource_id, [NINE_TO_FIVE])
    swim = add_offering(desk, "swim", room)
    book(desk, swim, at("10:00", day=1))
    hold(desk, swim, at("10:00", day=1))
    desk.blocks.add(
        AddBlock(
            resource_id=room.resource_id,
            starts_at=at("15:00", day=1),
            ends_at=at("19:00", day=1),
        )
    )

    report = desk.reports.capacity(room.resource_id, first_on=day(1), last_on=day(2))

    taken, free = report.rows
    assert (taken.falls_on, taken.open, taken.blocked) == (day(1), 8 * HOUR, 2 * HOUR)
    assert (taken.booked, taken.held, taken.in_slots) == (HOUR, HOUR, timedelta(0))
    assert taken.utilisation == Decimal("0.1667")  # 2 of (8 - 2) * 2 unit-hours
    assert (free.taken, free.utilisation) == (timedelta(0), Decimal("0.0000"))


def test_what_is_dated_is_reported_by_its_days(desk: TenantEngine) -> None:
    """AC-R05: capacity, taken, remaining, over."""
    bikes = add_dated(desk, capacity=5)
    rental = add_rental(desk, bikes)
    rent(desk, rental, days(1, 2), 4)
    desk.calendars.set(bikes.resource_id, days(2), 3, reason="One broke", may_be_over=True)
    desk.calendars.set(bikes.resource_id, days(3), 0)
    desk.blocks.add(AddBlock(resource_id=bikes.resource_id, first_on=day(4), last_on=day(4)))

    report = desk.reports.capacity(bikes.resource_id, first_on=day(1), last_on=day(4))

    shown = [
        (row.capacity, row.units.taken, row.units.remaining, row.units.over_commit, row.utilisation)
        for row in report.rows
        if row.units is not None
    ]
    assert shown == [
        (5, 4, 1, 0, Decimal("0.8000")),
        (3, 4, 0, 1, Decimal("1.3333")),
        (0, 0, 0, 0, None),
        (5, 0, 0, 0, None),
    ]
    assert [row.blocked for row in report.rows] == [timedelta(0)] * 3 + [24 * HOUR]


def test_all_resources_in_their_order_for_a_week_from_today_where_they_are(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-R05, C-30."""
    rooms = [
        desk.resources.add(AddResource(name=name, sort_order=order, zone=zone))
        for name, order, zone in (("B", 2, None), ("A", 1, "Pacific/Auckland"), ("Gone", 3, None))
    ]
    desk.resources.act(rooms[2].resource_id, ResourceAction.DELETE)
    clock.set(at("23:00"))
    cut = add_offering(desk, "cut", rooms[1])
    book(desk, cut, at("12:00", day=1))

    report = desk.reports.capacity()

    assert [(row.name, row.falls_on) for row in report.rows] == [
        (name, day(number)) for name in ("A", "B") for number in range(7)
    ]
    # Noon of one day in UTC is midnight, and so the next day, in Auckland.
    assert [row.booked for row in report.rows if row.name == "A"][1:3] == [timedelta(0), HOUR]


def test_slots_take_their_rooms_and_empty_ones_opened_by_demand_do_not(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-R05."""
    room = add_room(desk)
    show = add_class(desk, "show", room, places=10)
    book(desk, show, at("10:00", day=1), 3)
    hold(desk, show, at("14:00", day=1), 3)
    before = desk.reports.capacity(room.resource_id, first_on=day(1), last_on=day(1)).rows[0]
    clock.advance(hours=2)

    after = desk.reports.capacity(room.resource_id, first_on=day(1), last_on=day(1)).rows[0]

    assert (before.in_slots, after.in_slots) == (2 * HOUR, HOUR)


def test_a_cancelled_booking_takes_nothing_and_unlimited_has_no_share(desk: TenantEngine) -> None:
    """AC-R05, AC-C12, C-10."""
    room, webinar = add_room(desk), add_room(desk, "Webinar", capacity=None)
    cut, talk = add_offering(desk, "cut", room), add_offering(desk, "talk", webinar)
    booked = book(desk, cut, at("10:00", day=1))
    book(desk, talk, at("10:00", day=1))
    desk.bookings.cancel(booked.booking_id, reason="")

    report = desk.reports.capacity(first_on=day(1), last_on=day(1))

    shown = {row.name: (row.capacity, row.booked, row.utilisation) for row in report.rows}
    assert shown == {"Room": (1, timedelta(0), Decimal("0.0000")), "Webinar": (None, HOUR, None)}


def test_a_day_that_a_zone_never_had_is_left_out(desk: TenantEngine) -> None:
    """C-30: Samoa went from 29 to 31 December 2011."""
    room = desk.resources.add(AddResource(name="Beach", zone="Pacific/Apia"))
    first = day(0).replace(year=2011, month=12, day=29)

    report = desk.reports.capacity(
        room.resource_id, first_on=first, last_on=first + timedelta(days=2)
    )

    assert [row.falls_on.day for row in report.rows] == [29, 31]


def test_a_report_is_bounded_and_not_for_the_public(engine: Engine, desk: TenantEngine) -> None:
    """AC-R05."""
    public = shop_window(engine, desk)
    for i in range(20):
        add_room(desk, f"Room {i}")

    denied = cause_of(public.reports.capacity)
    reversed_ = refusal_of(lambda: desk.reports.capacity(first_on=day(2), last_on=day(1)))
    long = refusal_of(lambda: desk.reports.capacity(first_on=day(0), last_on=day(1_099)))
    old = refusal_of(lambda: desk.reports.capacity(first_on=day(0).replace(year=1969)))

    assert denied["code"] == "access.denied"
    assert pointers(reversed_) == [("/to", "reversed")]
    assert pointers(long) == [("/to", "too_many")]
    assert pointers(old) == [("/from", "out_of_range")]
