"""Hooks before something is done (AC-Q01, AC-Q05, AC-K04, C-65): asked, refusing, dying."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from typing import cast

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import BookingStatus
from holdfast.domain.errors import HookRefused
from holdfast.domain.hooks import Attempt, HookAction, HookCall, Reject
from holdfast.engine.asking import Hooks, OnFailure
from holdfast.engine.asking.hooks import Hook
from holdfast.engine.choosing import Choice
from holdfast.engine.making import Details
from holdfast.engine.moving import Move
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    ADA,
    FOR_ADA,
    add_class,
    add_offering,
    add_room,
    at,
    book,
    cause_of,
    hold,
    open_desk,
    refusal_of,
    remaining,
)
from tests.engine.hooked import (
    TEN,
    House,
    Left,
    Till,
    audited,
    hooked,
    left,
    open_house,
)
from tests.engine.tables import records


@pytest.fixture
def house(engine: Engine, clock: ManualClock) -> House:
    """A business of one room, on each database in turn."""
    return open_house(engine, clock)


def test_ac_q05_a_deposit_that_is_not_paid_refuses_the_booking_with_its_reason(
    house: House,
) -> None:
    desk = house.with_hooks(Hooks(before_reserve=[lambda _: Reject("Payment failed")]))

    refusal = refusal_of(lambda: book(desk, house.talk, TEN))

    assert isinstance(refusal, HookRefused)
    assert (refusal.detail, refusal.fields) == ("Payment failed", {"action": "reserve"})
    assert left(house.engine) == Left(holds=["released"], bookings=[], attempts=["refused"])
    assert remaining(house.desk, house.talk, TEN) == 1
    audited(house)


def test_ac_q01_before_reserve_sees_what_would_be_booked_while_a_hold_keeps_it(
    house: House,
) -> None:
    seen: list[tuple[HookCall, int | None]] = []

    def look(call: HookCall) -> None:
        seen.append((call, remaining(house.desk, house.talk, TEN)))

    booking = book(house.with_hooks(Hooks(before_reserve=[look])), house.talk, TEN)

    (call, left_meanwhile), wish = seen[0], seen[0][0].booking
    assert (len(seen), left_meanwhile, booking.status) == (1, 0, BookingStatus.CONFIRMED)
    assert (call.action, call.slug, call.actor) == (HookAction.RESERVE, "desk", house.desk.actor)
    assert (wish.booking_id, wish.number, wish.status, wish.customer_id) == (None,) * 4
    assert (wish.starts_at, wish.ends_at, wish.party_size, wish.price, wish.contact) == (
        booking.starts_at,
        booking.ends_at,
        1,
        booking.price,
        ADA,
    )
    assert left(house.engine) == Left(
        holds=["converted"], bookings=["confirmed"], attempts=["done"]
    )
    (attempt,) = records(house.engine.database, Attempt)
    assert (attempt.attempt_id, attempt.booking_id) == (call.attempt_id, booking.booking_id)
    audited(house)


def test_a_hook_cannot_change_what_it_sees(house: House) -> None:
    details = Details(contact=ADA, metadata={"tags": ["vip"]})

    def meddle(call: HookCall) -> None:
        tags = call.booking.metadata["tags"]
        assert isinstance(tags, list)
        tags.append("owner")
        with pytest.raises(TypeError):
            cast("dict[str, object]", call.booking.metadata)["more"] = 1
        name = "party_size"
        with pytest.raises(FrozenInstanceError):
            setattr(call.booking, name, 0)

    booking = book(house.with_hooks(Hooks(before_reserve=[meddle])), house.talk, TEN, 1, details)

    assert booking.metadata == {"tags": ["vip"]}


def test_ac_q01_a_booking_with_hooks_is_the_booking_without_them(house: House) -> None:
    plain = book(house.desk, house.talk, TEN)
    with_hooks = house.with_hooks(Hooks(before_reserve=[lambda _: None]))

    asked = book(with_hooks, house.talk, at("12:00", day=1))

    for name in ("status", "price", "price_lines", "contact", "customer_id", "policy", "source"):
        assert getattr(asked, name) == getattr(plain, name), name
    assert (plain.hold_id, asked.hold_id is None) == (None, False)


def test_ac_q01_converting_a_hold_asks_and_a_no_leaves_the_hold(house: House) -> None:
    says = [Reject("not today")]
    desk = house.with_hooks(Hooks(before_reserve=[lambda _: says.pop() if says else None]))
    kept = hold(desk, house.talk, TEN)

    refused = cause_of(lambda: desk.bookings.convert(kept.hold_id, details=FOR_ADA))
    booking = desk.bookings.convert(kept.hold_id, details=FOR_ADA)

    assert refused == {"code": "hook.refused", "action": "reserve"}
    assert booking.hold_id == kept.hold_id
    assert left(house.engine).attempts == ["done", "refused"]
    audited(house)


def test_ac_q01_confirm_cancel_and_attend_are_asked_of_the_booking_as_it_is(
    engine: Engine, clock: ManualClock
) -> None:
    asked: list[tuple[str, str | None]] = []

    def note(call: HookCall) -> None:
        asked.append((call.action.value, call.booking.status))

    desk = open_desk(engine)
    talk = add_offering(desk, "talk", add_room(desk), is_approved_by_hand=True)
    hooks = Hooks(before_confirm=[note], before_attend=[note], before_cancel=[note])
    front = hooked(engine, clock, hooks).at(desk.tenant_id, actor=desk.actor)
    booking = book(front, talk, TEN)

    front.bookings.confirm(booking.booking_id)
    clock.set(TEN)
    there = front.bookings.check_in(booking.booking_id)
    front.bookings.undo(booking.booking_id)
    gone = front.bookings.cancel(booking.booking_id)

    assert (there.status, gone.status) == (BookingStatus.CHECKED_IN, BookingStatus.CANCELLED)
    assert asked == [("confirm", "pending"), ("attend", "confirmed"), ("cancel", "confirmed")]
    assert left(engine).attempts == ["done", "done", "done"]


def test_ac_k04_before_cancel_refuses_too_late_and_leaves_the_booking_bit_identical(
    house: House,
) -> None:
    booking = book(house.desk, house.talk, TEN)
    desk = house.with_hooks(Hooks(before_cancel=[lambda _: Reject("Too late to cancel")]))

    refusal = refusal_of(lambda: desk.bookings.cancel(booking.booking_id))

    assert refusal.detail == "Too late to cancel"
    assert desk.bookings.get(booking.booking_id) == booking


def test_what_would_change_nothing_asks_nobody(house: House) -> None:
    booking = book(house.desk, house.talk, TEN)
    gone = house.desk.bookings.cancel(booking.booking_id)
    desk = house.with_hooks(Hooks(before_cancel=[lambda _: Reject()]))

    assert desk.bookings.cancel(booking.booking_id) == gone


def test_what_would_be_refused_anyway_asks_nobody(house: House) -> None:
    till = Till()
    book(house.desk, house.talk, TEN)
    desk = house.with_hooks(Hooks(before_reserve=[till.charge]))

    assert cause_of(lambda: book(desk, house.talk, TEN))["code"] == "capacity.exceeded"
    assert (till.asked, left(house.engine).attempts) == ([], [])


def _raise(_: HookCall) -> None:
    message = "the database of the till is at 10.0.0.7"
    raise RuntimeError(message)


def _exit(_: HookCall) -> None:
    raise SystemExit(1)


def _hang(_: HookCall) -> None:
    time.sleep(5)


async def _hang_politely(_: HookCall) -> None:
    _hang(_)


BAD: dict[str, Callable[[HookCall], object]] = {
    "raises": _raise,
    "exits": _exit,
    "hangs": _hang,
    "hangs in a coroutine": _hang_politely,
    "answers a number": lambda _: 42,
    "answers words": lambda _: "no",
    "rejects without words": lambda _: Reject(cast("str", None)),
}


@pytest.mark.parametrize("name", BAD)
def test_ac_q01_a_hook_that_misbehaves_refuses_and_gives_the_place_back(
    house: House, name: str
) -> None:
    desk = house.with_hooks(Hooks(before_reserve=[BAD[name]], seconds=0.2))

    refusal = refusal_of(lambda: book(desk, house.talk, TEN))

    assert (refusal.code, refusal.status) == ("hook.failed", 503)
    assert "10.0.0.7" not in refusal.detail
    assert left(house.engine) == Left(holds=["released"], bookings=[], attempts=["lost"])
    assert remaining(house.desk, house.talk, TEN) == 1


def test_a_hook_that_misbehaves_is_passed_over_where_that_was_chosen(house: House) -> None:
    hooks = Hooks(before_reserve=[_raise], on_failure=OnFailure.ALLOW)

    assert book(house.with_hooks(hooks), house.talk, TEN).status is BookingStatus.CONFIRMED


def test_a_coroutine_function_is_a_hook_and_false_is_a_no(house: House) -> None:
    async def no(_: HookCall) -> bool:
        return False

    refusal = refusal_of(
        lambda: book(house.with_hooks(Hooks(before_reserve=[no])), house.talk, TEN)
    )

    assert (refusal.code, refusal.detail) == ("hook.refused", "This was refused.")


def test_hooks_are_asked_in_their_order_until_a_no(house: House) -> None:
    asked: list[str] = []
    hooks = Hooks(
        authorize=[lambda _: asked.append("authorize")],
        before_reserve=[
            lambda _: asked.append("first"),
            lambda _: Reject("second"),
            lambda _: asked.append("third"),
        ],
    )

    refusal_of(lambda: book(house.with_hooks(hooks), house.talk, TEN))

    assert asked == ["authorize", "first"]


def test_hooks_that_cannot_be_asked_are_refused_when_they_are_given() -> None:
    with pytest.raises(TypeError, match="before_reserve is a list of callables"):
        Hooks(before_reserve=cast("list[Hook]", _raise))
    with pytest.raises(TypeError, match="authorize is a list of callables"):
        Hooks(authorize=cast("list[Hook]", ["not a hook"]))
    with pytest.raises(ValueError, match="above 0 and at most 60"):
        Hooks(seconds=0)
    told: list[object] = []
    with pytest.raises(ValueError, match="two of the name"):
        Hooks(on_event=[told.append, told.append])


# ---------------------------------------------------------------------------------- authorize


def test_authorize_refuses_the_banned_and_strangers_outside_business_hours(house: House) -> None:
    """The example of seed 003: banned, business hours, VIPs."""

    def allowed(call: HookCall) -> object:
        role = call.booking.metadata.get("role")
        if role == "banned":
            return Reject("You cannot book here.")
        if not 9 <= call.booking.starts_at.hour < 18 and role != "vip":
            return Reject("We are closed then.")
        return True

    desk = house.with_hooks(Hooks(authorize=[allowed]))

    def place(hour: str, role: str) -> str:
        details = Details(contact=ADA, metadata={"role": role})
        try:
            return book(desk, house.talk, at(hour, day=1), 1, details).status
        except HookRefused as refusal:
            return refusal.detail

    assert place("10:00", "banned") == "You cannot book here."
    assert place("20:00", "guest") == "We are closed then."
    assert place("20:00", "vip") == "confirmed"
    assert place("10:00", "guest") == "confirmed"
    # A veto has no effect, so nothing is kept for it and nothing is left of it.
    assert left(house.engine) == Left(holds=[], bookings=["confirmed"] * 2, attempts=[])


def test_authorize_is_asked_of_holds_and_of_where_a_booking_moves(house: House) -> None:
    booking = book(house.desk, house.talk, TEN)
    asked: list[tuple[str, int]] = []

    def nights(call: HookCall) -> bool:
        asked.append((call.action.value, call.booking.starts_at.hour))
        return call.booking.starts_at.hour < 20

    desk = house.with_hooks(Hooks(authorize=[nights]))

    with pytest.raises(HookRefused):
        hold(desk, house.talk, at("21:00", day=1))
    with pytest.raises(HookRefused):
        desk.bookings.reschedule(booking.booking_id, Move(starts_at=at("22:00", day=1)))
    moved = desk.bookings.reschedule(booking.booking_id, Move(starts_at=at("11:00", day=1)))

    assert asked == [("hold", 21), ("move", 22), ("move", 11)]
    assert (moved.starts_at, left(house.engine).holds) == (at("11:00", day=1), [])


def test_walk_ins_and_series_are_asked_once_about_all_their_bookings(
    engine: Engine, clock: ManualClock
) -> None:
    calls: list[HookCall] = []
    desk = open_desk(engine)
    talk = add_class(desk, "talk", places=5)
    front = hooked(engine, clock, Hooks(before_reserve=[calls.append])).at(
        desk.tenant_id, actor=desk.actor
    )

    there = front.bookings.walk_in(
        Choice(offering_id=talk.offering_id, starts_at=at("08:00")), details=FOR_ADA
    )

    assert there.status is BookingStatus.CHECKED_IN
    assert [len(call.bookings) for call in calls] == [1]
    assert left(engine).attempts == ["done"]
