"""Rescheduling: another time, other resources or another size, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import Actor, ActorKind
from holdfast.domain.bookings import Booking, BookingStatus
from holdfast.domain.cancellation_policies import CancellationPolicy, Tier
from holdfast.domain.errors import HoldfastError
from holdfast.domain.history import Event
from holdfast.domain.offerings import Offering
from holdfast.domain.policies import Policy
from holdfast.domain.resources import Resource
from holdfast.domain.shapes import Shape
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.moving import Move
from holdfast.engine.pools import AddPool
from holdfast.storage.database import Database
from holdfast.storage.proving import prove
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    FOR_ADA,
    HOUR,
    MINUTE,
    add_class,
    add_offering,
    add_room,
    add_slot,
    at,
    book,
    open_desk,
    pointers,
    refusal_of,
    remaining,
)
from tests.engine.dated import add_dated, add_rental, day, days, rent
from tests.engine.lived_in import any_of
from tests.engine.tables import all_rows, capacity_of, records

PAGE = Actor(kind=ActorKind.PUBLISHABLE_KEY, actor_id="key_page")


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business in UTC."""
    return open_desk(engine)


def to(starts_at: datetime, ends_at: datetime | None = None) -> Move:
    """Move to another time."""
    return Move(starts_at=starts_at, ends_at=ends_at)


def outcome(call: Callable[[], object]) -> str:
    """Return `done`, or the code of a refusal."""
    try:
        call()
    except HoldfastError as refusal:
        return refusal.code
    return "done"


def rows_that_count(database: Database) -> dict[str, list[dict[str, object]]]:
    """All rows of what a refusal must not touch, but how often a row was locked."""
    rows = all_rows(database)
    kept = {name: rows[name] for name in ("booking", "claim", "slot", "audit", "outbox", "hold")}
    used = [{**row, "seq": 0, "decided_at": 0} for row in rows["capacity"] if row["used"]]
    return {**kept, "capacity": used}


# A time


def test_a_booking_moves_to_another_slot_with_its_id_and_number_and_its_old_time_is_free(
    desk: TenantEngine, engine: Engine
) -> None:
    """AC-D08, C-65: golden of the move."""
    cut = add_offering(desk, "cut", add_room(desk), price_minor=2_000)
    first = book(desk, cut, at("12:00"))

    second = desk.bookings.reschedule(first.booking_id, to(at("15:00")), reason="asked for it")

    assert (second.booking_id, second.number) == (first.booking_id, first.number)
    assert (second.starts_at, second.ends_at) == (at("15:00"), at("16:00"))
    assert (second.local_start, second.reschedule_count) == ("2026-06-01T15:00", 1)
    assert second.status is BookingStatus.CONFIRMED
    assert (remaining(desk, cut, at("12:00")), remaining(desk, cut, at("15:00"))) == (1, 0)
    assert prove(engine.database).violations == ()


def test_a_booking_is_not_in_its_own_way(desk: TenantEngine, engine: Engine) -> None:
    """Section 3.1: a shift by a quarter of an hour overlaps itself."""
    cut = add_offering(desk, "cut", add_room(desk), slot_step=MINUTE * 15)
    booked = book(desk, cut, at("12:00"))

    moved = desk.bookings.reschedule(booked.booking_id, to(at("12:15")))

    assert moved.starts_at == at("12:15")
    assert prove(engine.database).violations == ()


def test_a_fact_and_the_history_say_from_where_to_where(
    desk: TenantEngine, database: Database
) -> None:
    cut = add_offering(desk, "cut", add_room(desk))
    booked = book(desk, cut, at("12:00"))
    desk.bookings.reschedule(booked.booking_id, to(at("15:00")), reason="asked for it")

    told = [one for one in records(database, Event) if one.type == "booking.rescheduled"]
    line = desk.history.of_booking(booked.booking_id).items[-1]

    assert [one.payload["reason"] for one in told] == ["asked for it"]
    assert [
        (one.payload["before"]["starts_at"], one.payload["after"]["starts_at"]) for one in told
    ] == [("2026-06-01T12:00:00+00:00", "2026-06-01T15:00:00+00:00")]
    assert line.action == "booking.reschedule"
    assert line.changes["starts_at"] == ["2026-06-01T12:00:00+00:00", "2026-06-01T15:00:00+00:00"]
    assert line.changes["reschedule_count"] == [0, 1]


def test_moving_to_where_it_is_changes_nothing(desk: TenantEngine) -> None:
    booked = book(desk, add_offering(desk, "cut", add_room(desk)), at("12:00"))

    again = desk.bookings.reschedule(booked.booking_id, to(at("12:00")))

    assert again == booked
    assert desk.bookings.reschedule(booked.booking_id, Move()) == booked


def test_a_place_in_a_class_moves_and_an_emptied_slot_gives_its_room_up(
    desk: TenantEngine, engine: Engine, database: Database
) -> None:
    room = add_room(desk)
    yoga = add_class(desk, "yoga", room, places=3)
    talk = add_offering(desk, "talk", room)
    booked = book(desk, yoga, at("12:00"), 2)

    moved = desk.bookings.reschedule(booked.booking_id, to(at("15:00")))

    used = {key: use for key, use in capacity_of(database).items() if use[0]}
    assert used == {f"slot:{moved.slot_id}": (2, 3)}
    assert (remaining(desk, talk, at("12:00")), remaining(desk, talk, at("15:00"))) == (1, 0)
    assert prove(engine.database).violations == ()


def test_a_class_moves_over_its_own_empty_slot(desk: TenantEngine, engine: Engine) -> None:
    """Its old slot holds the room until it is closed, and it is the only one in it."""
    yoga = add_class(desk, "yoga", add_room(desk), places=3, slot_step=MINUTE * 30)
    booked = book(desk, yoga, at("12:00"))

    moved = desk.bookings.reschedule(booked.booking_id, to(at("12:30")))

    assert moved.starts_at == at("12:30")
    assert prove(engine.database).violations == ()


def test_a_slot_made_by_hand_is_named_by_its_id_and_only_of_the_same_offering(
    desk: TenantEngine, engine: Engine
) -> None:
    show, other = (add_class(desk, name, places=5, openings=()) for name in ("show", "other"))
    tonight, tomorrow = add_slot(desk, show, at("19:00")), add_slot(desk, show, at("19:00", day=1))
    elsewhere = add_slot(desk, other, at("19:00", day=1))
    booked = desk.bookings.place(slot_id=tonight.slot_id, party_size=5, details=FOR_ADA)

    moved = desk.bookings.reschedule(booked.booking_id, Move(slot_id=tomorrow.slot_id))
    refusal = refusal_of(
        lambda: desk.bookings.reschedule(booked.booking_id, Move(slot_id=elsewhere.slot_id))
    )

    assert moved.slot_id == tomorrow.slot_id
    assert pointers(refusal) == [("/slot_id", "other_offering")]
    assert prove(engine.database).violations == ()


def test_free_time_is_shifted_made_longer_and_shorter(desk: TenantEngine, engine: Engine) -> None:
    """Calendar dragging: a move keeps the length, a resize the start."""
    room = add_room(desk)
    meeting = add_offering(desk, "meeting", room, shape=Shape.FREE, openings=(), duration=HOUR / 2)
    desk.offerings.change(meeting.offering_id, {"is_always_open": True})
    choice = Choice(offering_id=meeting.offering_id, starts_at=at("12:00"), ends_at=at("13:00"))
    booked = desk.bookings.place(choice=choice, details=FOR_ADA)

    def times(move: Move) -> tuple[datetime, datetime]:
        moved = desk.bookings.reschedule(booked.booking_id, move)
        return moved.starts_at, moved.ends_at

    assert times(to(at("12:30"))) == (at("12:30"), at("13:30"))
    assert times(Move(ends_at=at("15:00"))) == (at("12:30"), at("15:00"))
    assert times(to(at("12:00"), at("12:30"))) == (at("12:00"), at("12:30"))
    assert prove(engine.database).violations == ()


def test_days_move_to_days_that_overlap_them(desk: TenantEngine, engine: Engine) -> None:
    bikes = add_dated(desk, capacity=1)
    rental = add_rental(desk, bikes)
    booked = rent(desk, rental, days(3, 4, 5))

    moved = desk.bookings.reschedule(booked.booking_id, Move(dates=days(4, 5, 6)))

    assert moved.dates == days(4, 5, 6)
    assert outcome(lambda: rent(desk, rental, [day(3)])) == "done"
    assert outcome(lambda: rent(desk, rental, [day(6)])) == "capacity.exceeded"
    assert prove(engine.database).violations == ()


# All or nothing


def at_a_full_slot(desk: TenantEngine) -> tuple[Booking, Move]:
    cut = add_offering(desk, "cut", add_room(desk))
    book(desk, cut, at("15:00"))
    return book(desk, cut, at("12:00")), to(at("15:00"))


def at_a_full_class(desk: TenantEngine) -> tuple[Booking, Move]:
    yoga = add_class(desk, "yoga", add_room(desk), places=3)
    book(desk, yoga, at("15:00"), 2)
    return book(desk, yoga, at("12:00"), 2), to(at("15:00"))


def on_a_full_day(desk: TenantEngine) -> tuple[Booking, Move]:
    rental = add_rental(desk, add_dated(desk, capacity=1))
    rent(desk, rental, [day(7)])
    return rent(desk, rental, days(3, 4)), Move(dates=days(4, 5, 6, 7))


def when_it_is_closed(desk: TenantEngine) -> tuple[Booking, Move]:
    cut = add_offering(desk, "cut", add_room(desk), slot_step=HOUR)
    return book(desk, cut, at("12:00")), to(at("12:20"))


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        (at_a_full_slot, "capacity.exceeded"),
        (at_a_full_class, "capacity.exceeded"),
        (on_a_full_day, "capacity.exceeded"),
        (when_it_is_closed, "availability.closed"),
    ],
)
def test_a_refused_move_leaves_every_row_as_it_was(
    desk: TenantEngine,
    database: Database,
    plan: Callable[[TenantEngine], tuple[Booking, Move]],
    code: str,
) -> None:
    """Invariant 16."""
    booked, move = plan(desk)
    before = rows_that_count(database)

    refusal = refusal_of(lambda: desk.bookings.reschedule(booked.booking_id, move))

    assert refusal.code == code
    assert refusal.fields["alternatives"]
    assert rows_that_count(database) == before


def test_what_is_over_is_not_moved(desk: TenantEngine) -> None:
    booked = book(desk, add_offering(desk, "cut", add_room(desk)), at("12:00"))
    desk.bookings.cancel(booked.booking_id)

    code = outcome(lambda: desk.bookings.reschedule(booked.booking_id, to(at("15:00"))))

    assert code == "state.transition_not_allowed"


# Who serves


@pytest.fixture
def chairs(desk: TenantEngine) -> list[Resource]:
    """Three chairs."""
    return [add_room(desk, f"Chair {number}") for number in range(3)]


@pytest.fixture
def any_chair(desk: TenantEngine, chairs: list[Resource]) -> Offering:
    """A cut on any of them."""
    pool = desk.pools.add(AddPool(name="Chairs", resource_ids=tuple(c.resource_id for c in chairs)))
    return add_offering(desk, "cut", any_of(pool))


def test_a_booking_is_dragged_to_another_resource_and_lets_anybody_serve_again(
    desk: TenantEngine, engine: Engine, chairs: list[Resource], any_chair: Offering
) -> None:
    booked = book(desk, any_chair, at("12:00"))
    last = chairs[2].resource_id

    dragged = desk.bookings.reschedule(booked.booking_id, Move(picks=(last,)))
    let_go = desk.bookings.reschedule(booked.booking_id, Move(picks=()))

    assert [one.resource_id for one in dragged.assigned] == [last]
    assert (dragged.picks, dragged.reschedule_count) == ((last,), 0)
    assert [one.resource_id for one in let_go.assigned] == [chairs[0].resource_id]
    assert (let_go.picks, let_go.price) == ((), booked.price)
    assert prove(engine.database).violations == ()


def test_a_resource_that_is_taken_refuses_the_drag(
    desk: TenantEngine, chairs: list[Resource], any_chair: Offering
) -> None:
    first, second = (book(desk, any_chair, at("12:00")) for _ in range(2))
    taken = second.assigned[0].resource_id

    code = outcome(lambda: desk.bookings.reschedule(first.booking_id, Move(picks=(taken,))))

    assert len(chairs) == 3
    assert code == "capacity.exceeded"
    assert desk.bookings.get(first.booking_id) == first


# Whose, when and for how much


def test_customers_change_and_move_what_is_theirs_within_the_notice_and_nothing_of_the_staff(
    engine: Engine, clock: ManualClock
) -> None:
    desk = open_desk(engine, notice=2 * HOUR)
    cut = add_offering(desk, "cut", add_room(desk))
    page = engine.at(desk.tenant_id, actor=PAGE)
    booked = book(page, cut, at("12:00"))
    theirs = book(desk, cut, at("18:00"))

    moved = page.bookings.reschedule(booked.booking_id, to(at("13:00")))
    noted = page.bookings.change(booked.booking_id, {"note": "hello"})
    clock.set(at("11:00") + MINUTE)
    late = refusal_of(lambda: page.bookings.reschedule(booked.booking_id, to(at("15:00"))))

    assert (moved.starts_at, noted.note) == (at("13:00"), "hello")
    assert (late.code, late.fields) == (
        "policy.notice_too_short",
        {"limit": 7_200, "actual": 7_140},
    )
    refused = {
        outcome(lambda: page.bookings.change(booked.booking_id, {"internal_note": "x"})),
        outcome(lambda: page.bookings.reschedule(booked.booking_id, Move(), keeps_price=True)),
    }
    assert refused == {"access.denied"}
    assert outcome(lambda: page.bookings.reschedule(theirs.booking_id, Move())) == (
        "record.not_found"
    )
    assert desk.bookings.reschedule(booked.booking_id, to(at("15:00"))).starts_at == at("15:00")


@pytest.mark.parametrize(
    ("policy", "last"),
    [
        (CancellationPolicy(cutoff=2 * HOUR), "10:00"),
        (
            CancellationPolicy(
                cutoff=HOUR,
                tiers=(Tier(before=3 * HOUR, percent=100), Tier(before=HOUR, percent=50)),
            ),
            "09:00",
        ),
    ],
)
def test_customers_do_not_move_away_from_a_cancellation_that_would_cost_them(
    engine: Engine, desk: TenantEngine, clock: ManualClock, policy: CancellationPolicy, last: str
) -> None:
    desk.change({"policy": Policy(cancellation=policy)})
    cut = add_offering(desk, "cut", add_room(desk))
    page = engine.at(desk.tenant_id, actor=PAGE)
    booked = book(page, cut, at("12:00"))
    clock.set(at(last) + MINUTE)
    late = outcome(lambda: page.bookings.reschedule(booked.booking_id, to(at("12:00", day=9))))
    clock.set(at(last))

    moved = page.bookings.reschedule(booked.booking_id, to(at("12:00", day=9)))

    assert late == "policy.cancellation_closed"
    assert moved.starts_at == at("12:00", day=9)


def test_customers_do_not_shrink_what_they_can_no_longer_cancel_and_staff_may(
    engine: Engine, desk: TenantEngine, clock: ManualClock
) -> None:
    """A smaller party was cheaper as late as one liked, after the event too."""
    desk.change({"policy": Policy(cancellation=CancellationPolicy(cutoff=2 * HOUR))})
    show = add_class(desk, "show", places=20, price_minor=2_500)
    desk.offerings.change(show.offering_id, {"price_unit": "per_participant"})
    page = engine.at(desk.tenant_id, actor=PAGE)
    booked = book(page, show, at("12:00"), 10)

    def sized(party_size: int) -> str:
        move = Move(party_size=party_size)
        return outcome(lambda: page.bookings.reschedule(booked.booking_id, move))

    early = sized(9)
    clock.set(at("10:00") + MINUTE)
    late = sized(2), sized(10)
    clock.set(at("12:00") + MINUTE)
    begun = sized(2), sized(11)
    fewer = desk.bookings.reschedule(booked.booking_id, Move(party_size=2))

    assert (early, late) == ("done", ("policy.cancellation_closed", "done"))
    assert begun == ("policy.notice_too_short",) * 2
    assert (fewer.party_size, fewer.price.amount_minor) == (2, 5_000)


def test_what_has_begun_or_is_checked_in_is_moved_by_staff_alone(
    engine: Engine, desk: TenantEngine, clock: ManualClock
) -> None:
    cut = add_offering(desk, "cut", add_room(desk))
    page = engine.at(desk.tenant_id, actor=PAGE)
    here, gone = book(page, cut, at("10:00")), book(page, cut, at("11:00"))
    later = to(at("12:00", day=3))
    clock.set(at("09:50"))
    desk.bookings.check_in(here.booking_id)
    early = outcome(lambda: page.bookings.reschedule(here.booking_id, later))
    clock.set(at("16:00", day=1))

    assert early == "state.transition_not_allowed"
    assert refusal_of(lambda: page.bookings.reschedule(gone.booking_id, later)).fields == {
        "limit": 0,
        "actual": -29 * 3_600,
    }
    assert desk.bookings.reschedule(gone.booking_id, later).starts_at == at("12:00", day=3)


def test_a_longer_stay_costs_more_unless_staff_keep_the_price(desk: TenantEngine) -> None:
    rental = add_rental(desk, add_dated(desk, capacity=2))
    desk.offerings.change(rental.offering_id, {"price_unit": "per_unit"})
    booked = rent(desk, rental, days(3, 4))
    kept = desk.bookings.reschedule(booked.booking_id, Move(dates=days(3, 4, 5)), keeps_price=True)

    assert kept.price == booked.price
    assert kept.dates == days(3, 4, 5)


def test_who_waits_without_places_is_judged_and_who_waits_with_them_keeps_its_time_to_wait(
    desk: TenantEngine, engine: Engine, clock: ManualClock
) -> None:
    room = add_room(desk)
    asked = add_offering(desk, "ask", room, is_approved_by_hand=True, pending_takes=False)
    held = add_offering(desk, "held", room, is_approved_by_hand=True, pending_ttl=HOUR)
    first, second = book(desk, asked, at("12:00")), book(desk, held, at("15:00"))

    elsewhere = desk.bookings.reschedule(first.booking_id, to(at("16:00")))
    refused = outcome(lambda: desk.bookings.reschedule(first.booking_id, to(at("15:00"))))
    later = desk.bookings.reschedule(second.booking_id, to(at("18:00")))
    proved = prove(engine.database).violations
    clock.advance(hours=1)
    lapsed = outcome(lambda: desk.bookings.reschedule(second.booking_id, to(at("19:00"))))

    assert (elsewhere.status, elsewhere.assigned) == (BookingStatus.PENDING, ())
    assert refused == "capacity.exceeded"
    assert (later.status, later.expires_at) == (BookingStatus.PENDING, second.expires_at)
    assert (proved, lapsed) == ((), "state.transition_not_allowed")
    assert prove(engine.database).violations == ()


def test_a_stay_that_goes_on_is_made_longer(
    desk: TenantEngine, engine: Engine, clock: ManualClock
) -> None:
    """Whoever is checked in keeps the start, which is in the past, and gets a later end."""
    rental = add_rental(desk, add_dated(desk, capacity=1))
    booked = rent(desk, rental, days(1, 2))
    clock.set(at("09:00", day=1))
    desk.bookings.check_in(booked.booking_id)

    longer = desk.bookings.reschedule(booked.booking_id, Move(dates=days(1, 2, 3)))

    assert (longer.status, longer.dates) == (BookingStatus.CHECKED_IN, days(1, 2, 3))
    assert prove(engine.database).violations == ()
    assert timedelta(days=3) == longer.ends_at - longer.starts_at
