"""Series and their occurrences when it is late: guests who are there, cutoffs, horizons."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import BookingStatus
from holdfast.domain.cancellation_policies import CancellationPolicy, LateAction
from holdfast.domain.customers import Contact
from holdfast.domain.offerings import Offering
from holdfast.domain.policies import Policy
from holdfast.domain.series import SeriesStatus
from holdfast.engine.facade import TenantEngine
from holdfast.engine.facade.series import SeriesView
from holdfast.engine.making import Details
from holdfast.engine.moving import Move
from holdfast.engine.recurring import SeriesRequest
from holdfast.storage.proving import prove
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    add_offering,
    add_room,
    at,
    open_desk,
    refusal_of,
    remaining,
    shop_window,
)

BEN = Details(contact=Contact(name="Ben", email="ben@b.example"))


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business that its staff see to."""
    return open_desk(engine)


@pytest.fixture
def lesson(desk: TenantEngine) -> Offering:
    """Something for three at a time, booked up to nine times together."""
    added = add_offering(desk, "lesson", add_room(desk, capacity=3))
    return desk.offerings.change(added.offering_id, {"series_max": 9})


def three_days(port: TenantEngine, lesson: Offering) -> SeriesView:
    """Book three mornings in a row, from the eighth of June on."""
    return port.series.place(
        SeriesRequest(
            offering_id=lesson.offering_id,
            rule="FREQ=DAILY;COUNT=3",
            starts_on=date(2026, 6, 8),
            minute=600,
            details=BEN,
        )
    )


def test_who_calls_off_late_is_kept_from_booking_whatever_of_a_series_it_was(
    engine: Engine, desk: TenantEngine, lesson: Offering, clock: ManualClock
) -> None:
    late = CancellationPolicy(
        cutoff=timedelta(days=2),
        customer_may_cancel_late=True,
        late_action=LateAction.BLOCK_FUTURE,
    )
    desk.offerings.change(lesson.offering_id, {"policy": Policy(cancellation=late)})
    window = shop_window(engine, desk)
    made = three_days(window, lesson)
    clock.set(at("20:00", day=6))

    window.series.skip(made.series.series_id, 0)
    window.series.cancel(made.series.series_id)

    after = window.series.get(made.series.series_id)
    assert {it.status for it in after.bookings.values()} == {BookingStatus.CANCELLED}
    customer_id = made.series.customer_id
    assert customer_id is not None
    assert desk.customers.get(customer_id).blocked_until is not None


def test_whoever_is_there_has_their_place_once_and_keeps_it(
    desk: TenantEngine, lesson: Offering, clock: ManualClock
) -> None:
    made = three_days(desk, lesson)
    series_id, first = made.series.series_id, made.occurrences[0].booking_id
    assert first is not None
    clock.set(at("09:50", day=7))
    desk.bookings.check_in(first)

    tries = (
        lambda: desk.series.add(series_id, 0),
        lambda: desk.series.skip(series_id, 0),
        lambda: desk.series.move(series_id, 0, Move(starts_at=at("12:00", day=7))),
    )

    codes = {refusal_of(one).code for one in tries}
    assert codes == {"state.transition_not_allowed"}
    assert desk.series.get(series_id).occurrences == made.occurrences
    assert remaining(desk, lesson, at("10:00", day=7)) == 2
    assert desk.bookings.get(first).status is BookingStatus.CHECKED_IN


def test_one_that_was_left_out_is_not_booked_beyond_the_horizon(
    desk: TenantEngine, lesson: Offering
) -> None:
    desk.offerings.change(lesson.offering_id, {"horizon_days": 8})
    series_id = three_days(desk, lesson).series.series_id
    for index in (1, 2):
        desk.series.skip(series_id, index)

    far = Move(starts_at=at("10:00", day=300))

    refusal = refusal_of(lambda: desk.series.move(series_id, 1, far))
    assert refusal.code == "policy.beyond_horizon"
    # Its own time was agreed with the first.
    assert desk.series.add(series_id, 2).starts_at == at("10:00", day=9)


def test_a_series_goes_on_until_the_last_is_over_wherever_it_was_moved(
    desk: TenantEngine, lesson: Offering, clock: ManualClock
) -> None:
    series_id = three_days(desk, lesson).series.series_id
    desk.series.move(series_id, 2, Move(starts_at=at("10:00", day=30)))
    clock.set(at("12:00", day=12))

    assert desk.series.get(series_id).status is SeriesStatus.ACTIVE
    desk.series.move(series_id, 2, Move(starts_at=at("10:00", day=14)))
    clock.set(at("11:00", day=14))
    assert desk.series.get(series_id).status is SeriesStatus.ENDED


@pytest.mark.parametrize(
    "corruption",
    [
        "UPDATE occurrence SET starts_at = starts_at - 1",
        "UPDATE occurrence SET booking_id = 'bkg_other'",
        "DELETE FROM occurrence",
    ],
)
def test_the_proof_finds_a_booking_that_is_not_where_its_series_says(
    engine: Engine, desk: TenantEngine, lesson: Offering, corruption: str
) -> None:
    """Invariant 39."""
    made = three_days(desk, lesson)
    desk.series.skip(made.series.series_id, 0)
    desk.series.add(made.series.series_id, 0)
    last = made.occurrences[2]

    before = prove(engine.database).violations
    with engine.database.write("tnt_test") as transaction:
        statement = text(f"{corruption} WHERE occurrence_id = :id")
        transaction.connection.execute(statement, {"id": last.occurrence_id})
        transaction.commit()
    found = {one.key for one in prove(engine.database).violations if one.kind == "series.elsewhere"}

    assert (before, found) == ((), {last.booking_id})


def test_an_occurrence_and_its_series_follow_a_booking_that_is_moved_by_itself(
    desk: TenantEngine, lesson: Offering, clock: ManualClock
) -> None:
    made = three_days(desk, lesson)
    series_id, last = made.series.series_id, made.occurrences[2].booking_id
    assert last is not None

    desk.bookings.reschedule(last, Move(starts_at=at("15:00", day=14)))
    desk.bookings.change(last, {"note": "bring shoes"})

    view = desk.series.get(series_id)
    moved = view.occurrences[2]
    assert (moved.starts_at, moved.ends_at) == (at("15:00", day=14), at("16:00", day=14))
    assert (moved.outcome, moved.booking_id) == ("shifted", last)
    assert view.occurrences[:2] == made.occurrences[:2]
    assert view.series.ends_at == at("16:00", day=14)
    clock.set(at("11:00", day=9))
    assert desk.series.get(series_id).status is SeriesStatus.ACTIVE
    desk.series.cancel(series_id)
    assert desk.bookings.get(last).status is BookingStatus.CANCELLED


def test_what_may_not_be_cancelled_any_more_stays_and_the_rest_goes(
    engine: Engine, desk: TenantEngine, lesson: Offering, clock: ManualClock
) -> None:
    closed = Policy(cancellation=CancellationPolicy(cutoff=timedelta(days=2)))
    desk.offerings.change(lesson.offering_id, {"policy": closed})
    window = shop_window(engine, desk)
    series_id = three_days(window, lesson).series.series_id
    clock.set(at("10:00", day=6))

    done = window.series.cancel(series_id, reason="moved away")
    again = window.series.cancel(series_id)

    codes = [one.refusal.code if one.refusal else None for one in done.bookings]
    assert codes == ["policy.cancellation_closed", None, None]
    assert [(one.series_index, one.booking_id) for one in again.bookings] == [
        (0, done.bookings[0].booking_id)
    ]
    view = window.series.get(series_id)
    assert view.status is SeriesStatus.CANCELLED
    assert [
        it.status.value for it in sorted(view.bookings.values(), key=lambda it: it.starts_at)
    ] == [
        "confirmed",
        "cancelled",
        "cancelled",
    ]


def test_a_series_of_which_nothing_may_be_cancelled_any_more_goes_on(
    engine: Engine, desk: TenantEngine, lesson: Offering
) -> None:
    never = Policy(cancellation=CancellationPolicy(is_allowed=False))
    desk.offerings.change(lesson.offering_id, {"policy": never})
    window = shop_window(engine, desk)
    before = three_days(window, lesson)

    refusal = refusal_of(lambda: window.series.cancel(before.series.series_id))

    assert refusal.code == "policy.cancellation_closed"
    assert window.series.get(before.series.series_id) == before
    done = desk.series.cancel(before.series.series_id)
    assert [one.refusal for one in done.bookings] == [None] * 3
