"""Series: booked together, skipped, shifted, moved and cancelled (AC-I)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import BookingStatus
from holdfast.domain.customers import Contact
from holdfast.domain.ids import OfferingId, ResourceId
from holdfast.domain.offerings import Offering
from holdfast.domain.recurrence import Frequency
from holdfast.domain.requirements import Requirement
from holdfast.domain.series import ClashPolicy, OccurrenceOutcome, SeriesOccurrence, SeriesStatus
from holdfast.domain.shapes import Shape
from holdfast.engine.facade import TenantEngine
from holdfast.engine.facade.series import SeriesView
from holdfast.engine.making import Details
from holdfast.engine.moving import Move
from holdfast.engine.offerings import AddOffering
from holdfast.engine.recurring import SeriesRequest
from holdfast.engine.schedules import WeeklyOpening
from holdfast.storage.proving import prove
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    HOUR,
    add_offering,
    add_room,
    at,
    book,
    cause_of,
    closed,
    open_desk,
    pointers,
    refusal_of,
    shop_window,
)

ALL, SKIP, SHIFT = ClashPolicy.ALL_OR_NOTHING, ClashPolicy.SKIP, ClashPolicy.SHIFT
BEN = Details(contact=Contact(name="Ben", email="ben@b.example"))
TEN = 600
MORNINGS = WeeklyOpening(weekdays=(1, 2, 3, 4, 5, 6, 7), opens_minute=540, closes_minute=780)


@pytest.fixture
def desk(engine: Engine) -> Iterator[TenantEngine]:
    """A business whose books are proved in the end, whatever happened."""
    yield open_desk(engine)
    assert prove(engine.database).violations == ()


@pytest.fixture
def lesson(desk: TenantEngine) -> Offering:
    """Something for one at a time, from nine to one, booked up to twenty times together."""
    added = add_offering(desk, "lesson", add_room(desk), openings=[MORNINGS])
    return desk.offerings.change(added.offering_id, {"series_max": 20})


def request(
    offering: Offering,
    rule: str = "FREQ=WEEKLY;COUNT=4",
    *,
    clashes: ClashPolicy = ALL,
    details: Details = BEN,
) -> SeriesRequest:
    """Ask for Mondays at ten from the eighth on, unless something else is said."""
    return SeriesRequest(
        offering_id=offering.offering_id,
        rule=rule,
        starts_on=date(2026, 6, 8),
        minute=TEN,
        clashes=clashes,
        details=details,
    )


def outcomes(view: SeriesView) -> list[str]:
    return [one.outcome.value for one in view.occurrences]


def monday(week: int, clock_time: str = "10:00") -> object:
    return at(clock_time, day=7 + 7 * week)


def test_a_series_is_booked_together_and_each_booking_says_which_one_it_is_ac_i03(
    desk: TenantEngine, lesson: Offering, clock: ManualClock
) -> None:
    made = desk.series.place(request(lesson))

    assert outcomes(made) == ["created"] * 4
    bookings = [made.bookings[one.booking_id] for one in made.occurrences if one.booking_id]
    assert [it.starts_at for it in bookings] == [monday(week) for week in range(4)]
    assert [it.series_index for it in bookings] == [0, 1, 2, 3]
    assert {it.series_id for it in bookings} == {made.series.series_id}
    assert {it.status for it in bookings} == {BookingStatus.CONFIRMED}
    assert (made.status, made.completed_count) == (SeriesStatus.ACTIVE, 0)
    clock.set(at("11:00", day=14))
    assert desk.series.get(made.series.series_id).completed_count == 2
    clock.set(at("11:00", day=28))
    over = desk.series.get(made.series.series_id)
    assert (over.status, over.completed_count) == (SeriesStatus.ENDED, 4)


def test_all_or_nothing_is_nothing_where_one_is_taken_and_says_which_ac_i02(
    desk: TenantEngine, lesson: Offering
) -> None:
    book(desk, lesson, at("10:00", day=14))
    book(desk, lesson, at("10:00", day=28))
    before = len(desk.bookings.list().items)

    refused = cause_of(lambda: desk.series.place(request(lesson)))

    listed = refused["occurrences"]
    assert isinstance(listed, tuple)
    assert refused["code"] == "series.refused"
    assert [(one["index"], one["code"]) for one in listed] == [
        (1, "capacity.exceeded"),
        (3, "capacity.exceeded"),
    ]
    assert len(desk.bookings.list().items) == before
    assert desk.series.list().items == ()


def test_what_is_taken_is_skipped_with_its_reason_and_what_else_is_free(
    desk: TenantEngine, lesson: Offering
) -> None:
    book(desk, lesson, at("10:00", day=14))

    made = desk.series.place(request(lesson, clashes=SKIP))

    skipped = made.occurrences[1]
    assert outcomes(made) == ["created", "skipped", "created", "created"]
    assert (skipped.reason_code, skipped.booking_id) == ("capacity.exceeded", None)
    assert skipped.alternatives == tuple(at(hour, day=14) for hour in ("09:00", "11:00", "12:00"))


def test_what_is_taken_is_shifted_to_the_nearest_that_is_free(
    desk: TenantEngine, lesson: Offering
) -> None:
    book(desk, lesson, at("10:00", day=14))
    book(desk, lesson, at("09:00", day=14))

    made = desk.series.place(request(lesson, clashes=SHIFT))

    assert outcomes(made) == ["created", "shifted", "created", "created"]
    assert [it.starts_at for it in made.occurrences] == [
        at("10:00", day=7),
        at("11:00", day=14),
        at("10:00", day=21),
        at("10:00", day=28),
    ]


def test_a_plan_says_it_all_and_writes_nothing(desk: TenantEngine, lesson: Offering) -> None:
    book(desk, lesson, at("10:00", day=14))

    found = desk.series.plan(request(lesson))

    assert [it.outcome.value for it in found.plan.occurrences] == [
        "planned",
        "failed",
        "planned",
        "planned",
    ]
    assert dict(found.others)[at("10:00", day=14)][0] == at("09:00", day=14)
    assert desk.series.list().items == ()
    assert len(desk.bookings.list().items) == 1


def test_ten_stays_ten_when_clocks_change_invariant_39(engine: Engine) -> None:
    desk = open_desk(engine, slug="paris", zone="Europe/Paris", horizon_days=365)
    offering = add_offering(desk, "lesson", add_room(desk), openings=[MORNINGS])
    lesson = desk.offerings.change(offering.offering_id, {"series_max": 4})
    autumn = replace(request(lesson), starts_on=date(2026, 10, 12))

    made = desk.series.place(autumn)

    assert [it.starts_at.hour for it in made.occurrences] == [8, 8, 9, 9]
    assert {it.ends_at - it.starts_at for it in made.occurrences} == {HOUR}
    assert {it.local_start[-5:] for it in made.bookings.values()} == {"10:00"}


def test_only_the_first_has_to_be_within_the_horizon(desk: TenantEngine, lesson: Offering) -> None:
    """B-160: two weeks ahead, and twenty lessons a week apart."""
    desk.offerings.change(lesson.offering_id, {"horizon_days": 14})

    made = desk.series.place(request(lesson, "FREQ=WEEKLY;COUNT=20"))
    late = replace(request(lesson), starts_on=date(2026, 6, 16), minute=660)

    assert outcomes(made) == ["created"] * 20
    assert cause_of(lambda: desk.series.place(late))["code"] == "series.refused"


def test_one_is_skipped_added_again_and_moved(desk: TenantEngine, lesson: Offering) -> None:
    made = desk.series.place(request(lesson))
    series_id = made.series.series_id

    skipped = desk.series.skip(series_id, 1, reason="ill")
    again = desk.series.skip(series_id, 1)
    freed = book(desk, lesson, at("10:00", day=14))
    taken = refusal_of(lambda: desk.series.add(series_id, 1))
    desk.bookings.cancel(freed.booking_id)
    added = desk.series.add(series_id, 1)
    moved = desk.series.move(series_id, 2, Move(starts_at=at("12:00", day=22)))

    old = made.occurrences[1].booking_id
    assert old is not None
    assert (skipped.outcome, skipped) == (OccurrenceOutcome.SKIPPED, again)
    assert desk.bookings.get(old).status is BookingStatus.CANCELLED
    assert taken.code == "capacity.exceeded"
    assert (added.outcome, added.starts_at) == (OccurrenceOutcome.CREATED, at("10:00", day=14))
    assert added.booking_id not in (None, old)
    assert (moved.outcome, moved.starts_at) == (OccurrenceOutcome.SHIFTED, at("12:00", day=22))
    # The moved one is the same booking.
    assert moved.booking_id == made.occurrences[2].booking_id
    assert desk.series.add(series_id, 2) == moved


def test_the_rest_is_cancelled_and_nothing_is_added_any_more(
    desk: TenantEngine, lesson: Offering, clock: ManualClock
) -> None:
    made = desk.series.place(request(lesson))
    series_id = made.series.series_id
    clock.set(at("10:30", day=14))

    done = desk.series.cancel(series_id, reason="moved away")
    again = desk.series.cancel(series_id)

    after = desk.series.get(series_id)
    assert [(one.series_index, one.refusal) for one in done.bookings] == [(2, None), (3, None)]
    statuses = [
        after.bookings[one.booking_id].status for one in after.occurrences if one.booking_id
    ]
    assert [status.value for status in statuses] == ["confirmed"] * 2 + ["cancelled"] * 2
    assert after.status is SeriesStatus.CANCELLED
    assert (again.series, again.bookings) == (done.series, ())
    assert cause_of(lambda: desk.series.add(series_id, 3))["code"] == "state.transition_not_allowed"


def test_days_nights_and_free_times_recur_too(desk: TenantEngine) -> None:
    room = add_room(desk, "Desk", 2)

    def offered(slug: str, shape: Shape) -> OfferingId:
        return desk.offerings.add(
            AddOffering(
                slug=slug,
                name=slug,
                duration=HOUR,
                shape=shape,
                is_always_open=True,
                series_max=5,
                requirements=(Requirement(resource_id=room.resource_id),),
            )
        ).offering_id

    def asked(offering_id: OfferingId) -> SeriesRequest:
        return SeriesRequest(
            offering_id=offering_id,
            rule="FREQ=WEEKLY;COUNT=2",
            starts_on=date(2026, 6, 8),
            details=BEN,
        )

    def times(request: SeriesRequest) -> tuple[SeriesOccurrence, ...]:
        return desk.series.place(request).occurrences

    days = times(replace(asked(offered("desk", Shape.DAYS)), date_count=2))
    nights = times(asked(offered("bed", Shape.NIGHTS)))
    studio = asked(offered("studio", Shape.FREE))
    free = times(replace(studio, minute=570, length=timedelta(minutes=90)))

    assert [it.ends_at - it.starts_at for it in days] == [timedelta(days=2)] * 2
    assert [(it.starts_at.hour, it.ends_at.hour) for it in nights] == [(15, 11)] * 2
    assert [it.starts_at for it in free] == [at("09:30", day=7), at("09:30", day=14)]


def test_a_series_that_cannot_be_meant_is_refused(desk: TenantEngine, lesson: Offering) -> None:
    single = add_offering(desk, "single", add_room(desk, "Other"))
    weekly = {"series_frequencies": (Frequency.WEEKLY,)}
    desk.offerings.change(lesson.offering_id, weekly)

    def refused(asked: SeriesRequest) -> object:
        refusal = refusal_of(lambda: desk.series.place(asked))
        return pointers(refusal) if refusal.code == "input.invalid" else refusal.code

    assert cause_of(lambda: desk.series.place(request(single))) == closed("no_series")
    assert refused(request(lesson, "FREQ=DAILY;COUNT=2")) == "availability.closed"
    assert refused(request(lesson, "FREQ=WEEKLY")) == [("/rule", "endless")]
    assert refused(request(lesson, "every week")) == [("/rule", "not_a_rule")]
    assert refused(request(lesson, "FREQ=WEEKLY;COUNT=21")) == "policy.limit_reached"
    assert refused(replace(request(lesson), minute=None)) == [("/minute", "missing")]
    assert refused(replace(request(lesson), date_count=2)) == [("/date_count", "wrong_form")]
    assert refused(replace(request(lesson), details=Details())) == [("/contact", "missing")]
    at_the_end = replace(request(lesson), starts_on=date(2199, 12, 31), minute=1_410)
    assert refused(at_the_end) == [("/rule", "out_of_range")]


@pytest.mark.parametrize("clashes", [ALL, SHIFT, SKIP])
def test_a_series_with_somebody_unknown_is_refused_and_so_is_its_plan(
    desk: TenantEngine, lesson: Offering, clashes: ClashPolicy
) -> None:
    def refused(asked: SeriesRequest) -> list[object]:
        refusals = [
            refusal_of(lambda: desk.series.place(asked)),
            refusal_of(lambda: desk.series.plan(asked)),
        ]
        return [pointers(refusal) for refusal in refusals]

    asked = request(lesson, clashes=clashes)
    elsewhere = replace(asked, picks=(add_room(desk, "Other").resource_id,))
    nowhere = replace(asked, picks=(ResourceId("res_00000000000000000000000000"),))

    assert refused(elsewhere) == [[("/resource_ids/0", "unknown_resource")]] * 2
    assert refused(nowhere) == [[("/resource_ids/0", "unknown_resource")]] * 2


def test_a_series_of_a_year_of_days_is_one_transaction(desk: TenantEngine) -> None:
    room = add_room(desk)
    offering = add_offering(desk, "daily", room, horizon_days=400)
    daily = desk.offerings.change(offering.offering_id, {"series_max": 366})

    made = desk.series.place(request(daily, "FREQ=DAILY;COUNT=200"))
    clash = cause_of(lambda: desk.series.place(request(daily, "FREQ=WEEKLY;COUNT=20")))

    assert outcomes(made) == ["created"] * 200
    assert clash["code"] == "series.refused"


def test_the_same_key_books_once_whatever_was_free_then(
    desk: TenantEngine, lesson: Offering
) -> None:
    book(desk, lesson, at("10:00", day=14))
    asked = request(lesson, clashes=SHIFT)

    first = desk.series.place(asked, idempotency_key="k")
    second = desk.series.place(asked, idempotency_key="k")

    assert first == second
    assert len(desk.series.list().items) == 1


def test_the_public_touches_only_its_own(
    engine: Engine, desk: TenantEngine, lesson: Offering
) -> None:
    window, rival = shop_window(engine, desk), shop_window(engine, desk, "rival")
    made = window.series.place(request(lesson))
    series_id = made.series.series_id

    assert refusal_of(lambda: rival.series.get(series_id)).code == "record.not_found"
    assert refusal_of(lambda: rival.series.skip(series_id, 0)).code == "record.not_found"
    assert window.series.skip(series_id, 0).outcome is OccurrenceOutcome.SKIPPED
    assert refusal_of(lambda: window.series.skip(series_id, 9)).code == "record.not_found"
