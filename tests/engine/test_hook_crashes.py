"""Hooks and crashes, races and costs (AC-Q01, C-65): one effect and one hold, whatever happens."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import Booking, BookingStatus
from holdfast.domain.claims import Claim
from holdfast.domain.errors import HoldfastError, RequestInProgress
from holdfast.domain.holds import Hold
from holdfast.domain.hooks import Attempt, HookCall
from holdfast.engine.asking import Asking, Hooks, Question
from holdfast.engine.bookings import CancelBooking, PlaceBooking
from holdfast.engine.use_cases import Envelope
from holdfast.storage.proving import prove
from holdfast.testing.clocks import ManualClock
from holdfast.workers.expire import end_attempts, expire_due
from tests.engine.businesses import (
    add_offering,
    add_room,
    at,
    book,
    cause_of,
    open_desk,
    remaining,
    shop_window,
)
from tests.engine.hooked import (
    TEN,
    GatedThreads,
    House,
    Left,
    Till,
    audited,
    drive,
    hooked,
    keyed,
    left,
    open_house,
)
from tests.engine.tables import records


@pytest.fixture
def house(engine: Engine, clock: ManualClock) -> House:
    """A business of one room, on each database in turn."""
    return open_house(engine, clock)


# ------------------------------------------------------------------------------ crashes and retries


@pytest.mark.parametrize("steps", [1, 2])
def test_ac_q01_after_a_crash_a_retry_finishes_with_one_effect_and_one_hold(
    house: House, steps: int
) -> None:
    till = Till()
    front = hooked(house.engine, house.clock, Hooks(before_reserve=[till.charge]))
    tenant_id = house.desk.tenant_id
    drive(front, tenant_id, keyed(house.wanted), steps=steps)

    early = drive(front, tenant_id, keyed(house.wanted))
    house.clock.advance(seconds=31)
    retried = drive(front, tenant_id, keyed(house.wanted))
    again = drive(front, tenant_id, keyed(house.wanted))

    assert early is not None
    assert isinstance(early.error, RequestInProgress)
    assert early.error.fields == {"retry_after_seconds": 30}
    assert retried is not None
    assert retried.error is None
    assert again is not None
    assert (again.is_replayed, again.answer) == (True, retried.answer)
    assert list(till.charges.values()) == [1_000]
    assert left(house.engine) == Left(
        holds=["converted"], bookings=["confirmed"], attempts=["done"]
    )
    audited(house)


@pytest.mark.parametrize("steps", [1, 2])
def test_ac_q01_what_nobody_comes_back_to_is_swept_and_sold_again(house: House, steps: int) -> None:
    till = Till()
    front = hooked(house.engine, house.clock, Hooks(before_reserve=[till.charge]))
    drive(front, house.desk.tenant_id, keyed(house.wanted), steps=steps)

    house.clock.advance(seconds=89)
    too_early = (end_attempts(house.engine), remaining(house.desk, house.talk, TEN))
    house.clock.advance(seconds=1)
    swept = expire_due(house.engine)

    assert too_early == ({"given_up": 0}, 0)
    assert swept == {"released": 1, "expired": 0, "given_up": 1}
    assert left(house.engine) == Left(holds=["expired"], bookings=[], attempts=["lost"])
    assert remaining(house.desk, house.talk, TEN) == 1
    audited(house)


def test_ac_q01_a_crash_after_the_second_commit_replays_the_answer(house: House) -> None:
    till = Till()
    front = hooked(house.engine, house.clock, Hooks(before_reserve=[till.charge]))
    drive(front, house.desk.tenant_id, keyed(house.wanted), steps=3)

    retried = drive(front, house.desk.tenant_id, keyed(house.wanted))

    assert retried is not None
    assert retried.is_replayed
    assert (len(till.asked), left(house.engine).bookings) == (1, ["confirmed"])


def test_a_retry_that_comes_too_late_claims_again_under_another_key(house: House) -> None:
    till = Till()
    front = hooked(house.engine, house.clock, Hooks(before_reserve=[till.charge]))
    drive(front, house.desk.tenant_id, keyed(house.wanted), steps=2)

    house.clock.advance(seconds=91)
    retried = drive(front, house.desk.tenant_id, keyed(house.wanted))

    assert retried is not None
    assert retried.error is None
    assert len(till.charges) == 2
    assert left(house.engine).attempts == ["done", "lost"]
    expire_due(house.engine)
    audited(house)


def test_who_comes_back_when_it_was_swept_is_told_and_nothing_is_booked(house: House) -> None:
    front = hooked(house.engine, house.clock, Hooks(before_reserve=[lambda _: None]))
    assert front.asking is not None
    run, tenant_id = front.unit_of_work.run, house.desk.tenant_id
    passage = front.asking.passage(keyed(house.wanted))
    opening = next(passage)
    assert isinstance(opening, Envelope)
    question = passage.send(run(tenant_id, [opening])[0])
    assert isinstance(question, Question)
    house.clock.advance(seconds=91)
    expire_due(house.engine)

    finishing = passage.send(question.put())
    assert isinstance(finishing, Envelope)
    outcome = run(tenant_id, [finishing])[0]

    assert outcome.error is not None
    assert outcome.error.code == "hold.expired"
    assert left(house.engine) == Left(holds=["expired"], bookings=[], attempts=["lost"])


def test_another_request_under_the_same_key_is_refused_while_hooks_are_asked(
    house: House,
) -> None:
    front = hooked(house.engine, house.clock, Hooks(before_reserve=[lambda _: None]))
    tenant_id = house.desk.tenant_id
    drive(front, tenant_id, keyed(house.wanted), steps=1)

    other = drive(front, tenant_id, keyed(house.wanted, fingerprint="other"))

    assert other is not None
    assert other.error is not None
    assert other.error.code == "request.key_reused"


def test_a_booking_that_changed_while_the_hook_was_asked_is_not_cancelled(house: House) -> None:
    booking = book(house.desk, house.talk, TEN)

    def meanwhile(_: HookCall) -> None:
        house.desk.bookings.change(booking.booking_id, {"note": "hello"})

    desk = house.with_hooks(Hooks(before_cancel=[meanwhile]))

    assert cause_of(lambda: desk.bookings.cancel(booking.booking_id))["code"] == "hook.failed"
    assert desk.bookings.get(booking.booking_id).status is BookingStatus.CONFIRMED
    assert left(house.engine).attempts == ["lost"]


# -------------------------------------------------------------------------------------------- races


def test_two_who_cancel_at_once_ask_once(house: House) -> None:
    booking = book(house.desk, house.talk, TEN)
    threads, asked = GatedThreads(), list[HookCall]()
    front = hooked(house.engine, house.clock, Hooks())
    front.asking = Asking(Hooks(before_cancel=[asked.append]), threads)
    desk = front.at(house.desk.tenant_id, actor=house.desk.actor)
    first = threading.Thread(target=lambda: desk.bookings.cancel(booking.booking_id))
    first.start()
    threads.begun.wait(30)

    second = cause_of(lambda: desk.bookings.cancel(booking.booking_id))
    threads.gate.set()
    first.join(30)

    assert second == {"code": "request.in_progress", "retry_after_seconds": 30}
    assert (len(asked), left(house.engine).attempts) == (1, ["done"])
    assert desk.bookings.get(booking.booking_id).status is BookingStatus.CANCELLED


def test_the_last_place_is_not_sold_while_its_hook_is_asked_but_is_where_none_is_kept(
    house: House,
) -> None:
    """The control: a hook that is asked before anything is kept loses the place to a rival."""
    rivals: list[str] = []

    def rival(_: HookCall) -> None:
        try:
            rivals.append(book(house.desk, house.talk, TEN).status)
        except HoldfastError as refusal:
            rivals.append(refusal.code)

    kept = book(house.with_hooks(Hooks(before_reserve=[rival])), house.talk, TEN)
    noon = at("12:00", day=1)

    def rival_at_noon(_: HookCall) -> None:
        book(house.desk, house.talk, noon)

    unkept = cause_of(
        lambda: book(house.with_hooks(Hooks(authorize=[rival_at_noon])), house.talk, noon)
    )

    assert (kept.status, rivals) == (BookingStatus.CONFIRMED, ["capacity.exceeded"])
    assert unkept["code"] == "capacity.exceeded"
    audited(house)


# ------------------------------------------------------------------------------- approval and cost


def test_what_takes_no_places_until_it_is_approved_keeps_none_for_its_hook(
    engine: Engine, clock: ManualClock
) -> None:
    desk = open_desk(engine)
    talk = add_offering(desk, "talk", add_room(desk), is_approved_by_hand=True, pending_takes=False)
    front = hooked(engine, clock, Hooks(before_reserve=[lambda _: None])).at(
        desk.tenant_id, actor=desk.actor
    )

    first, second = book(front, talk, TEN), book(front, talk, TEN)

    assert (first.status, second.status) == (BookingStatus.PENDING, BookingStatus.PENDING)
    assert (records(engine.database, Hold), records(engine.database, Claim)) == ([], [])
    assert prove(engine.database).violations == ()


def test_the_public_may_book_with_hooks_and_touches_only_its_own(
    engine: Engine, clock: ManualClock
) -> None:
    desk = open_desk(engine)
    talk = add_offering(desk, "talk", add_room(desk))
    public = shop_window(hooked(engine, clock, Hooks(before_reserve=[lambda _: None])), desk)

    assert book(public, talk, TEN).status is BookingStatus.CONFIRMED


def test_commands_that_no_hook_is_asked_about_go_their_usual_way(house: House) -> None:
    front = hooked(house.engine, house.clock, Hooks(before_cancel=[lambda _: None]))
    assert front.asking is not None
    asked = [kind for kind in (PlaceBooking, CancelBooking) if front.asking.concerns(_made(kind))]

    booking = book(front.at(house.desk.tenant_id, actor=house.desk.actor), house.talk, TEN)

    assert asked == [CancelBooking]
    assert (booking.hold_id, left(house.engine).attempts) == (None, [])


def _made(kind: type) -> object:
    """Return an empty instance of a command: only its kind is looked at."""
    return object.__new__(kind)


def test_a_description_of_a_booking_says_what_the_booking_says(house: House) -> None:
    booking = book(house.desk, house.talk, TEN)
    seen: list[HookCall] = []
    desk = house.with_hooks(Hooks(before_cancel=[seen.append]))

    desk.bookings.cancel(booking.booking_id)

    described = seen[0].booking
    for name in ("booking_id", "number", "version", "offering_id", "slot_id", "assigned"):
        assert getattr(described, name) == getattr(booking, name), name
    assert isinstance(booking, Booking)


def test_an_attempt_that_was_changed_behind_our_back_is_found(house: House) -> None:
    """A planted corruption: the audit replays attempts as it does all records."""
    book(house.with_hooks(Hooks(before_reserve=[lambda _: None])), house.talk, TEN)
    (attempt,) = records(house.engine.database, Attempt)
    with house.engine.database.write(house.desk.tenant_id) as transaction:
        transaction.connection.execute(text("UPDATE attempt SET status = 'refused'"))
        transaction.commit()

    found = prove(house.engine.database).violations

    assert [one.key for one in found] == [attempt.attempt_id]
