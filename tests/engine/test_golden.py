"""The golden tests 1 to 5, 7 and 10 of the acceptance table, through the library."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import BookingStatus, CancelledBy
from holdfast.domain.errors import HoldfastError
from holdfast.domain.holds import time_left
from holdfast.domain.ids import SlotId
from holdfast.engine.blocks import AddBlock
from holdfast.engine.facade import TenantEngine
from holdfast.engine.making import Details
from holdfast.engine.schedules import WeeklyOpening
from holdfast.testing.clocks import ManualClock
from holdfast.testing.samples import open_concert, open_salon
from tests.engine.businesses import (
    FOR_ADA,
    HOUR,
    add_class,
    add_offering,
    add_room,
    at,
    book,
    cause_of,
    hold,
    open_desk,
    remaining,
    short,
    starts,
)


@pytest.mark.parametrize(
    ("first_day", "expected"),
    [
        (datetime(2026, 7, 6, tzinfo=UTC), datetime(2026, 7, 6, 7, tzinfo=UTC)),
        (datetime(2027, 1, 4, tzinfo=UTC), datetime(2027, 1, 4, 8, tzinfo=UTC)),
    ],
    ids=["july", "january"],
)
def test_golden_1_monday_at_nine_in_paris_is_seven_utc_in_july_and_eight_in_january(
    engine: Engine, first_day: datetime, expected: datetime
) -> None:
    """AC-B01, AC-B05, AC-B06 (M-72)."""
    desk = open_desk(engine, zone="Europe/Paris")
    mondays = WeeklyOpening(weekdays=(1,), opens_minute=9 * 60, closes_minute=12 * 60)
    visit = add_offering(desk, "visit", add_room(desk), openings=[mondays])

    found = starts(desk, visit, first_day, first_day + timedelta(days=7))

    assert found == [expected, expected + HOUR, expected + 2 * HOUR]


def test_golden_2_sarah_has_eighteen_slots_from_tuesday_to_saturday_within_her_notice_and_horizon(
    engine: Engine, clock: ManualClock
) -> None:
    """AC-B06, AC-B15, AC-B16 (M-76)."""
    sarah = open_salon(engine)
    clock.set(at("08:10", day=1))  # Tuesday, 10:10 in Paris: until 12:10 it is not two hours

    found = starts(sarah.desk, sarah.cut, at("00:00", day=1), at("00:00", day=70))

    today = [start for start in found if start < at("00:00", day=2)]
    later = Counter(start.date() for start in found if start >= at("00:00", day=2))
    assert (today[0], len(today)) == (at("12:30", day=1), 9)  # the first that is 4 hours away
    assert {(day.isoweekday(), count) for day, count in later.items()} == {
        (day, 18) for day in (2, 3, 4, 5, 6)
    }
    assert max(later) == at("00:00", day=61).date()  # a Saturday, 60 days ahead


def test_golden_3_doctor_martin_has_thirty_slots_a_working_day_and_none_on_holiday(
    engine: Engine, clock: ManualClock
) -> None:
    """AC-B01, AC-B03 (M-79)."""
    clock.set(datetime(2026, 8, 8, 12, tzinfo=UTC))
    desk = open_desk(engine, zone="Europe/Paris", notice=timedelta(hours=24), horizon_days=30)
    doctor = add_room(desk, "Dr Martin")
    quarter = timedelta(minutes=15)
    shifts = [
        WeeklyOpening(weekdays=(1, 2, 4, 5), opens_minute=opens, closes_minute=closes)
        for opens, closes in ((9 * 60, 12 * 60 + 30), (14 * 60, 18 * 60))
    ]
    visit = add_offering(desk, "visit", doctor, openings=shifts, duration=quarter)
    holiday = (datetime(2026, 8, 15, tzinfo=UTC), datetime(2026, 8, 22, tzinfo=UTC))
    desk.blocks.add(
        AddBlock(
            resource_id=doctor.resource_id,
            starts_at=holiday[0],
            ends_at=holiday[1],
            reason="Holiday",
        )
    )

    found = starts(desk, visit, clock.now(), datetime(2026, 8, 29, tzinfo=UTC))

    assert Counter(start.day for start in found) == {
        10: 30,
        11: 30,
        13: 30,
        14: 30,
        24: 30,
        25: 30,
        27: 30,
        28: 30,
    }


def test_golden_4_a_third_booking_of_two_places_is_refused(engine: Engine) -> None:
    """AC-C01, AC-C10, AC-D21 (M-74)."""
    desk = open_desk(engine)
    duo = add_class(desk, "duo", places=2)
    first, second = book(desk, duo, at("10:00")), book(desk, duo, at("10:00"))

    cause = cause_of(lambda: book(desk, duo, at("10:00")))

    assert [first.status, second.status] == [BookingStatus.CONFIRMED] * 2
    assert cause == short(requested=1, remaining=0, limited_by=first.slot_id)


@pytest.mark.race
def test_golden_4_of_251_who_want_250_places_at_once_exactly_one_is_refused(
    engine: Engine, clock: ManualClock
) -> None:
    """AC-C10, AC-J09 (M-16, M-81)."""
    concert = open_concert(engine, starts_at=at("20:00", day=3))

    def buy(number: int) -> str:
        while True:
            try:
                desk_books(concert.desk, concert.evening.slot_id, f"guest{number}")
            except HoldfastError as refusal:
                if refusal.code != "server.busy":
                    return refusal.code
            else:
                return "booked"

    with ThreadPoolExecutor(max_workers=16) as crowd:
        outcomes = list(crowd.map(buy, range(251)))

    assert sorted(outcomes) == ["booked"] * 250 + ["capacity.exceeded"]


def desk_books(desk: TenantEngine, slot_id: SlotId, order: str) -> None:
    """Book one place of a slot for an order."""
    desk.bookings.place(slot_id=slot_id, details=Details(external_order_id=order))


def test_golden_5_parties_of_four_and_four_fill_eight_places_and_one_more_is_refused(
    engine: Engine,
) -> None:
    """AC-A06, AC-C02 (M-14)."""
    desk = open_desk(engine)
    dinner = add_class(desk, "dinner", add_room(desk, "Table"), places=8)
    book(desk, dinner, at("19:00"), 4)
    full = book(desk, dinner, at("19:00"), 4)

    cause = cause_of(lambda: book(desk, dinner, at("19:00"), 1))

    assert cause == short(requested=1, remaining=0, limited_by=full.slot_id)


def test_golden_7_a_hold_of_ten_ends_at_half_past_and_cannot_be_converted_a_minute_later(
    engine: Engine, clock: ManualClock
) -> None:
    """AC-C04, AC-C05, AC-C08 (R-12)."""
    clock.set(at("10:00"))
    desk = open_desk(engine)
    cut = add_offering(desk, "cut", add_room(desk))
    kept = hold(desk, cut, at("15:00"))
    clock.set(at("10:30") - timedelta(microseconds=1))
    left_before, free_before = time_left(kept, now=clock.now()), remaining(desk, cut, at("15:00"))
    clock.set(at("10:30"))
    free_at_the_end = remaining(desk, cut, at("15:00"))
    clock.set(at("10:31"))

    cause = cause_of(lambda: desk.bookings.convert(kept.hold_id, details=FOR_ADA))

    assert kept.expires_at == at("10:30")
    assert (left_before, free_before) == (timedelta(microseconds=1), 0)
    assert free_at_the_end == 1
    assert cause == {"code": "hold.expired", "at": at("10:30")}


def test_golden_10_cancelling_a_pending_booking_twice_succeeds_twice_and_a_confirmed_one_never(
    engine: Engine, clock: ManualClock
) -> None:
    """AC-D20, AC-D21 (D-21, D-22)."""
    desk = open_desk(engine)
    asked = add_offering(desk, "asked", add_room(desk), is_approved_by_hand=True)
    pending = book(desk, asked, at("10:00"))
    confirmed = desk.bookings.confirm(book(desk, asked, at("12:00")).booking_id)

    first = desk.bookings.cancel(pending.booking_id, only_if_status=BookingStatus.PENDING)
    clock.advance(minutes=1)
    second = desk.bookings.cancel(pending.booking_id, only_if_status=BookingStatus.PENDING)
    cause = cause_of(
        lambda: desk.bookings.cancel(confirmed.booking_id, only_if_status=BookingStatus.PENDING)
    )

    assert (first.status, first.cancelled_by) == (BookingStatus.CANCELLED, CancelledBy.BUSINESS)
    assert second == first
    assert cause == {
        "code": "state.transition_not_allowed",
        "kind": "booking",
        "status": "confirmed",
        "action": "cancel",
    }
    assert desk.bookings.get(confirmed.booking_id) == confirmed
