"""The day of a booking: coming, leaving, not coming, and taking it back while the day is open."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import Actor, ActorKind, Role
from holdfast.domain.bookings import Booking, BookingStatus
from holdfast.domain.errors import HoldfastError
from holdfast.domain.history import Event
from holdfast.domain.no_shows import NoShowPolicy
from holdfast.domain.policies import Completion, Policy
from holdfast.engine.facade import TenantEngine
from holdfast.engine.moving import Move
from holdfast.storage.database import Database
from holdfast.storage.proving import prove
from holdfast.testing.clocks import ManualClock
from holdfast.workers.complete import complete_due_bookings
from holdfast.workers.missing import mark_due_no_shows
from tests.engine.businesses import (
    HOUR,
    INSTANT,
    add_class,
    add_offering,
    add_room,
    at,
    book,
    open_desk,
    refusal_of,
)
from tests.engine.invariants import faults_in
from tests.engine.tables import records


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business in UTC."""
    return open_desk(engine)


@pytest.fixture
def booked(desk: TenantEngine) -> Booking:
    """A visit from twelve to one, on the only chair."""
    return book(desk, add_offering(desk, "cut", add_room(desk)), at("12:00"))


def until(clock: ManualClock, clock_time: str, *, day: int = 0) -> None:
    """Let it become a time of day."""
    clock.set(at(clock_time, day=day))


def outcome(call: Callable[[], Booking]) -> str:
    """Return the status that a step leads to, or the code of its refusal."""
    try:
        return call().status.value
    except HoldfastError as refusal:
        return refusal.code


# Coming


def test_the_window_to_check_in_opens_and_closes_at_its_instants_and_staff_may_say_why_not(
    desk: TenantEngine, booked: Booking, clock: ManualClock
) -> None:
    """AC-D09."""
    clock.set(at("11:30") - INSTANT)
    early = refusal_of(lambda: desk.bookings.check_in(booked.booking_id))
    until(clock, "13:00")
    late = refusal_of(lambda: desk.bookings.check_in(booked.booking_id))
    excused = desk.bookings.check_in(booked.booking_id, reason="came late, was served")

    assert (early.code, early.fields) == ("policy.too_early", {"opens_at": at("11:30")})
    assert (late.code, late.fields) == ("policy.too_late", {"closed_at": at("13:00")})
    assert (excused.status, excused.checked_in_at) == (BookingStatus.CHECKED_IN, at("13:00"))


def test_checking_in_twice_is_one_check_in_and_answers_the_first_time(
    desk: TenantEngine, booked: Booking, clock: ManualClock
) -> None:
    """AC-D09, invariant 27."""
    until(clock, "11:30")
    first = desk.bookings.check_in(booked.booking_id)
    clock.advance(minutes=10)

    second = desk.bookings.check_in(booked.booking_id)

    assert second == first
    assert second.checked_in_at == at("11:30")


# How it went


def test_what_took_place_or_did_not_keeps_its_places_as_history_and_is_proved(
    desk: TenantEngine, engine: Engine, database: Database, clock: ManualClock
) -> None:
    """AC-D09, AC-D10."""
    chairs = add_room(desk, capacity=4)
    cut = add_offering(desk, "cut", chairs)
    came, left, absent = (book(desk, cut, at("12:00")).booking_id for _ in range(3))
    until(clock, "12:00")
    desk.bookings.check_in(left)

    done = desk.bookings.complete(came)
    gone = desk.bookings.check_out(left)
    missed = desk.bookings.mark_no_show(absent)

    assert [done.status, gone.status, missed.status] == ["completed", "completed", "no_show"]
    assert (done.checked_out_at, gone.checked_out_at) == (None, at("12:00"))
    assert {one.ended_at for one in (done, gone, missed)} == {at("12:00")}
    assert desk.bookings.complete(came) == done
    assert faults_in(database, clock.now()) == []
    assert prove(engine.database).violations == ()


@pytest.mark.parametrize("verb", ["complete", "mark_no_show"])
def test_nothing_is_over_before_it_has_begun(
    desk: TenantEngine, booked: Booking, clock: ManualClock, verb: str
) -> None:
    clock.set(at("12:00") - INSTANT)
    say = getattr(desk.bookings, verb)

    early = outcome(lambda: say(booked.booking_id))
    clock.advance(seconds=1)

    assert early == "policy.too_early"
    assert outcome(lambda: say(booked.booking_id)) in {"completed", "no_show"}


def test_places_given_back_by_a_no_show_can_be_booked_at_once_and_are_gone_for_an_undo(
    desk: TenantEngine, engine: Engine, clock: ManualClock
) -> None:
    """Golden: the restaurant's table is free again after the grace, for whoever walks in."""
    chair = add_room(desk)
    long = add_offering(desk, "dinner", chair, duration=2 * HOUR, slot_step=HOUR / 4)
    booked = book(desk, long, at("12:00"))
    until(clock, "12:20")

    missed = desk.bookings.mark_no_show(booked.booking_id, gives_back=True)
    other = book(desk, long, at("12:30"))

    assert missed.freed_at == at("12:20")
    assert not missed.keeps_places
    assert outcome(lambda: desk.bookings.undo(booked.booking_id)) == "capacity.exceeded"
    assert desk.bookings.get(booked.booking_id) == missed
    desk.bookings.cancel(other.booking_id)
    back = desk.bookings.undo(booked.booking_id)
    assert (back.status, back.freed_at, back.keeps_places) == ("confirmed", None, True)
    assert outcome(lambda: book(desk, long, at("12:30"))) == "capacity.exceeded"
    assert prove(engine.database).violations == ()


def test_places_given_back_stay_so_when_it_is_ended_anew_after_its_time(
    desk: TenantEngine, booked: Booking, clock: ManualClock, database: Database
) -> None:
    until(clock, "12:30")
    desk.bookings.mark_no_show(booked.booking_id, gives_back=True)
    until(clock, "13:30")
    desk.bookings.undo(booked.booking_id)

    completed = desk.bookings.complete(booked.booking_id)

    assert completed.freed_at == at("12:30")
    assert prove(database).violations == ()


def test_places_of_a_class_that_are_given_back_are_counted_once(
    desk: TenantEngine, engine: Engine, clock: ManualClock
) -> None:
    yoga = add_class(desk, "yoga", add_room(desk), places=3)
    booked = book(desk, yoga, at("12:00"), 2)
    until(clock, "12:00")

    desk.bookings.complete(booked.booking_id, gives_back=True)
    desk.bookings.undo(booked.booking_id)
    desk.bookings.mark_no_show(booked.booking_id, gives_back=True)

    assert prove(engine.database).violations == ()


# Taking it back


def test_steps_are_taken_back_one_by_one_and_only_the_one_that_was_seen(
    desk: TenantEngine, booked: Booking, clock: ManualClock
) -> None:
    until(clock, "12:00")
    desk.bookings.check_in(booked.booking_id)
    desk.bookings.check_out(booked.booking_id)

    def undo() -> Booking:
        return desk.bookings.undo(
            booked.booking_id, only_if_status=BookingStatus.COMPLETED, reason="the wrong line"
        )

    there = undo()
    repeated = outcome(undo)
    before = desk.bookings.undo(booked.booking_id)

    assert (there.status, there.checked_in_at, there.checked_out_at) == (
        BookingStatus.CHECKED_IN,
        at("12:00"),
        None,
    )
    assert repeated == "state.transition_not_allowed"
    assert (before.status, before.checked_in_at, before.ended_at) == ("confirmed", None, None)
    assert outcome(lambda: desk.bookings.undo(booked.booking_id)) == (
        "state.transition_not_allowed"
    )


def test_a_no_show_is_taken_back_until_the_local_day_is_over(
    engine: Engine, clock: ManualClock
) -> None:
    """The day of Paris, which ends at ten in the evening of UTC."""
    desk = open_desk(engine, zone="Europe/Paris")
    booked = book(desk, add_offering(desk, "cut", add_room(desk)), at("12:00"))
    until(clock, "13:00")
    desk.bookings.mark_no_show(booked.booking_id)
    clock.set(at("22:00") - INSTANT)
    desk.bookings.undo(booked.booking_id)
    desk.bookings.mark_no_show(booked.booking_id)
    clock.advance(seconds=1)

    late = refusal_of(lambda: desk.bookings.undo(booked.booking_id))

    assert (late.code, late.fields) == ("policy.too_late", {"closed_at": at("22:00")})


def test_what_is_said_late_can_be_taken_back_on_the_day_on_which_it_was_said(
    desk: TenantEngine, booked: Booking, clock: ManualClock
) -> None:
    until(clock, "09:00", day=3)
    desk.bookings.complete(booked.booking_id, reason="the list of Monday")
    until(clock, "23:59", day=3)

    assert desk.bookings.undo(booked.booking_id).status is BookingStatus.CONFIRMED


def test_every_step_is_one_version_one_line_of_history_and_one_fact(
    desk: TenantEngine, booked: Booking, database: Database, clock: ManualClock
) -> None:
    """Invariants 15 and 34."""
    until(clock, "12:00")
    steps = [
        desk.bookings.check_in(booked.booking_id),
        desk.bookings.check_out(booked.booking_id),
        desk.bookings.undo(booked.booking_id),
    ]

    entries = desk.history.of_booking(booked.booking_id).items

    assert [one.version for one in steps] == [2, 3, 4]
    assert [one.action for one in entries] == [
        "booking.place",
        "booking.check_in",
        "booking.check_out",
        "booking.undo",
    ]
    events = sorted(records(database, Event), key=lambda event: event.subject_version)
    told = [event.type for event in events if event.subject_kind == "booking"]
    assert told == [
        "booking.confirmed",
        "booking.checked_in",
        "booking.completed",
        "booking.undone",
    ]


def test_the_history_says_who_by_which_door_and_why(
    desk: TenantEngine, engine: Engine, booked: Booking, clock: ManualClock
) -> None:
    """AC-D12: actor, origin and source on every change."""
    page = Actor(kind=ActorKind.PUBLISHABLE_KEY, actor_id=booked.placed_by)
    staff = Actor(kind=ActorKind.MEMBER, actor_id="mbr_bo", role=Role.STAFF)
    engine.at(desk.tenant_id, actor=page).bookings.change(booked.booking_id, {"note": "hello"})
    engine.at(desk.tenant_id, actor=staff).bookings.check_in(booked.booking_id, reason="came early")

    lines = desk.bookings.history(booked.booking_id).items

    assert [(one.origin, one.actor_id, one.source, one.reason) for one in lines] == [
        ("system", "system", "library", None),
        ("customer", "system", "library", None),
        ("business", "mbr_bo", "library", "came early"),
    ]
    assert lines[1].changes == {"note": ["", "hello"]}
    assert lines[2].changes["status"] == ["confirmed", "checked_in"]
    assert clock.now() == lines[2].at


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        (None, ["confirmed", "checked_in"]),
        (Completion.BY_HAND, ["confirmed", "checked_in"]),
        (Completion.CHECKED_IN, ["confirmed", "completed"]),
        (Completion.ALL, ["completed", "completed"]),
    ],
)
def test_bookings_complete_by_themselves_at_their_end_where_the_policy_says_so(
    desk: TenantEngine,
    engine: Engine,
    clock: ManualClock,
    completion: Completion | None,
    expected: list[str],
) -> None:
    """Section 3.1: the end of the slot."""
    desk.change({"policy": Policy(completion=completion)})
    cut = add_offering(desk, "cut", add_room(desk, capacity=2))
    away, here = (book(desk, cut, at("12:00")).booking_id for _ in range(2))
    clock.set(at("12:00"))
    desk.bookings.check_in(here)
    clock.set(at("13:00") - INSTANT)
    before = complete_due_bookings(engine)
    clock.set(at("13:00"))

    done = complete_due_bookings(engine)

    assert [desk.bookings.get(one).status for one in (away, here)] == expected
    assert (before, done) == ({"completed": 0}, {"completed": expected.count("completed")})
    assert complete_due_bookings(engine) == {"completed": 0}
    assert prove(engine.database).violations == ()


def test_a_later_end_completes_later_and_what_was_taken_back_waits_for_somebody(
    desk: TenantEngine, engine: Engine, clock: ManualClock
) -> None:
    desk.change({"policy": Policy(completion=Completion.ALL)})
    booked = book(desk, add_offering(desk, "cut", add_room(desk)), at("12:00"))
    later = desk.bookings.reschedule(booked.booking_id, Move(starts_at=at("14:00")))
    clock.set(at("13:00"))
    early = complete_due_bookings(engine)
    clock.set(at("15:00"))
    complete_due_bookings(engine)

    undone = desk.bookings.undo(booked.booking_id)

    assert (booked.completes_at, later.completes_at) == (at("13:00"), at("15:00"))
    assert early == {"completed": 0}
    assert (undone.status, undone.completes_at) == ("confirmed", None)
    assert complete_due_bookings(engine) == {"completed": 0}


@pytest.mark.parametrize("is_completed", [False, True])
def test_who_was_there_after_all_is_not_missed_again_by_itself(
    engine: Engine, clock: ManualClock, *, is_completed: bool
) -> None:
    """AC-K05, AC-D09."""
    desk = open_desk(engine)
    cut = add_offering(desk, "cut", add_room(desk))
    policy = Policy(no_show=NoShowPolicy(is_automatic=True))
    desk.offerings.change(cut.offering_id, {"policy": policy})
    booking_id = book(desk, cut, at("10:00")).booking_id
    if is_completed:
        clock.set(at("10:05"))
        desk.bookings.complete(booking_id)
    clock.set(at("10:45"))
    missed = mark_due_no_shows(engine)

    desk.bookings.undo(booking_id, reason="she was here")
    again = mark_due_no_shows(engine)

    assert (sum(missed.values()), sum(again.values())) == (int(not is_completed), 0)
    assert desk.bookings.get(booking_id).status is BookingStatus.CONFIRMED
