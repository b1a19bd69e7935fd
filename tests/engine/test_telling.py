"""Hooks after something was done (AC-Q01 to AC-Q03): told once committed, in order, by key."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.errors import HoldfastError
from holdfast.domain.history import Event
from holdfast.domain.hooks import FactSeen, HookCall, Reject
from holdfast.engine.accounts import AddAccount
from holdfast.engine.asking import Hooks
from holdfast.engine.asking.telling import TRIES_MAX
from holdfast.storage.proving import prove
from holdfast.storage.streams import SqlStreams
from holdfast.testing.clocks import ManualClock
from holdfast.workers.clockwork import WorkIncomplete
from holdfast.workers.expire import expire_due
from tests.engine.businesses import at, book
from tests.engine.hooked import TEN, House, Till, drive, hooked, keyed, open_house
from tests.engine.tables import records


@pytest.fixture
def house(engine: Engine, clock: ManualClock) -> House:
    """A business of one room, on each database in turn."""
    return open_house(engine, clock)


def tell_all(engine: Engine) -> None:
    """Tell everybody, whoever fails."""
    try:
        engine.tell()
    except WorkIncomplete:
        return


def test_ac_q03_after_hooks_are_told_once_it_is_committed_with_the_booking(house: House) -> None:
    told: list[tuple[str, str, str | None]] = []

    def note(name: str) -> Callable[[FactSeen], None]:
        def hear(fact: FactSeen) -> None:
            assert fact.booking is not None
            told.append((name, fact.type, fact.booking.status))

        hear.__qualname__ = f"note_{name}"
        return hear

    hooks = Hooks(
        after_reserve=[note("reserve")],
        after_confirm=[note("confirm")],
        after_cancel=[note("cancel")],
        after_attend=[note("attend")],
        after_payment=[note("payment")],
    )
    front = hooked(house.engine, house.clock, hooks)
    desk = front.at(house.desk.tenant_id, actor=house.desk.actor)

    booking = book(desk, house.talk, TEN)
    before = list(told)
    front.tell()
    desk.bookings.record_paid(booking.booking_id, paid_minor=1_000)
    front.tell()
    house.clock.set(TEN)
    desk.bookings.check_in(booking.booking_id)
    front.tell()
    desk.bookings.undo(booking.booking_id)
    desk.bookings.cancel(booking.booking_id)
    front.tell()
    front.tell()

    assert before == []
    assert told == [
        ("reserve", "booking.confirmed", "confirmed"),
        ("confirm", "booking.confirmed", "confirmed"),
        ("payment", "booking.paid", "confirmed"),
        ("attend", "booking.checked_in", "checked_in"),
        ("cancel", "booking.cancelled", "cancelled"),
    ]


def test_what_is_refused_tells_nobody(house: House) -> None:
    told: list[FactSeen] = []
    hooks = Hooks(before_reserve=[lambda _: Reject()], after_reserve=[told.append])
    front = hooked(house.engine, house.clock, hooks)
    desk = front.at(house.desk.tenant_id, actor=house.desk.actor)

    with pytest.raises(HoldfastError):
        book(desk, house.talk, TEN)
    front.tell()

    assert told == []


def test_ac_q02_every_fact_is_told_in_order_and_only_once(house: House) -> None:
    told: list[FactSeen] = []
    front = hooked(house.engine, house.clock, Hooks(on_event=[told.append]))
    for hour in range(3):
        house.clock.advance(minutes=1)
        booking = book(house.desk, house.talk, at(f"1{hour}:00", day=1))
        house.desk.bookings.cancel(booking.booking_id)

    first, second = front.tell(), front.tell()

    facts: list[Event] = records(house.engine.database, Event)
    assert (first["told"], second["told"]) == (len(facts), 0)
    assert [fact.position for fact in told] == list(range(1, len(facts) + 1))
    assert sorted(fact.event_id for fact in told) == sorted(fact.event_id for fact in facts)
    assert [fact.at for fact in told] == sorted(fact.at for fact in told)
    assert [fact.type for fact in told if fact.subject_id == booking.booking_id] == [
        "booking.confirmed",
        "booking.cancelled",
    ]
    assert told[0].type == "tenant.added"
    assert {fact.slug for fact in told} == {"desk"}
    assert prove(house.engine.database).violations == ()


def test_ac_q02_the_place_in_the_stream_outlives_the_process(house: House) -> None:
    def listening(told: list[str]) -> Engine:
        def hear(fact: FactSeen) -> None:
            told.append(fact.type)

        return hooked(house.engine, house.clock, Hooks(on_event=[hear]))

    first, second = list[str](), list[str]()
    listening(first).tell()
    book(house.desk, house.talk, TEN)

    listening(second).tell()

    assert first[0] == "tenant.added"
    assert second == ["customer.added", "booking.confirmed"]


def test_ac_q01_a_listener_that_fails_is_told_again_with_the_same_key_and_the_rest_later(
    house: House,
) -> None:
    heard: list[str] = []
    faults = [RuntimeError("down"), RuntimeError("still down")]

    def mail(fact: FactSeen) -> None:
        heard.append(fact.event_id)
        if faults:
            raise faults.pop()

    front = hooked(house.engine, house.clock, Hooks(after_reserve=[mail]))
    book(house.desk, house.talk, TEN)
    book(house.desk, house.talk, at("12:00", day=1))

    with pytest.raises(WorkIncomplete, match="1 listeners failed"):
        front.tell()
    at_once = front.tell()
    house.clock.advance(seconds=5)
    with pytest.raises(WorkIncomplete):
        front.tell()
    house.clock.advance(seconds=10)
    front.tell()

    assert at_once["told"] == 0
    assert (len(heard), len(set(heard)), heard[0] == heard[1] == heard[2]) == (4, 2, True)


def test_a_listener_that_never_succeeds_is_passed_over_and_that_is_seen(house: House) -> None:
    heard: list[str] = []

    def mail(fact: FactSeen) -> None:
        heard.append(fact.event_id)
        if heard[0] == fact.event_id:
            raise RuntimeError

    hooks = Hooks(after_reserve=[mail], fresh=timedelta(days=9))
    front = hooked(house.engine, house.clock, hooks)
    book(house.desk, house.talk, TEN)
    book(house.desk, house.talk, at("12:00", day=1))

    for _ in range(TRIES_MAX):
        tell_all(front)
        house.clock.advance(hours=1)
    front.tell()

    (state,) = house.desk.listeners.list()
    assert (len(heard), len(set(heard))) == (TRIES_MAX + 1, 2)
    assert (state.given_up_count, state.given_up_event_id) == (1, heard[0])
    assert (state.position, state.tries) == (state.last_position, 0)
    assert state.name.startswith("after_reserve:")


def test_what_is_too_old_is_not_told_to_after_hooks_and_is_to_on_event(house: House) -> None:
    mailed: list[FactSeen] = []
    seen: list[FactSeen] = []
    book(house.desk, house.talk, TEN)
    house.clock.advance(days=2)

    hooked(
        house.engine, house.clock, Hooks(after_reserve=[mailed.append], on_event=[seen.append])
    ).tell()

    assert mailed == []
    assert "booking.confirmed" in [fact.type for fact in seen]


def test_ac_q05_undo_is_told_when_a_deposit_was_taken_for_nothing(house: House) -> None:
    till = Till()
    undone: list[tuple[str, str]] = []

    def refund(fact: FactSeen) -> None:
        undone.append((fact.type, fact.subject_id))
        till.charges.pop(fact.subject_id, None)

    def strict(_: HookCall) -> Reject:
        return Reject("not you")

    hooks = Hooks(before_reserve=[till.charge, strict], undo=[refund])
    front = hooked(house.engine, house.clock, hooks)
    dying = hooked(house.engine, house.clock, Hooks(before_reserve=[till.charge]), seed=5)
    refused = drive(front, house.desk.tenant_id, keyed(house.wanted))
    drive(dying, house.desk.tenant_id, keyed(house.wanted, "other"), steps=2)
    charged = len(till.charges)
    house.clock.advance(seconds=91)
    expire_due(house.engine)

    front.tell()

    assert refused is not None
    assert charged == 2
    assert [type_ for type_, _ in undone] == ["attempt.refused", "attempt.lost"]
    assert till.charges == {}


def test_who_signs_in_is_told_to_nobody_and_stops_nobody_from_being_told(house: House) -> None:
    told: list[FactSeen] = []
    front = hooked(house.engine, house.clock, Hooks(on_event=[told.append]))
    front.accounts.add(AddAccount(email="ada@b.example", name="Ada", password_hash="hash"))
    book(front.at(house.desk.tenant_id, actor=house.desk.actor), house.talk, TEN)

    front.tell()

    assert {one.tenant_id for one in told} == {house.desk.tenant_id}
    assert told[-1].type == "booking.confirmed"


def test_ac_q02_two_who_tell_at_once_tell_each_fact_once(house: House) -> None:
    """The control: whoever does not take a turn tells it twice."""
    heard: list[str] = []
    entered, gate = threading.Event(), threading.Event()

    def slow(fact: FactSeen) -> None:
        heard.append(fact.event_id)
        entered.set()
        gate.wait(30)

    first = hooked(house.engine, house.clock, Hooks(after_reserve=[slow]), seed=1)
    second = hooked(house.engine, house.clock, Hooks(after_reserve=[slow]), seed=2)
    book(house.desk, house.talk, TEN)
    thread = threading.Thread(target=first.tell)
    thread.start()
    entered.wait(30)

    rival = second.tell()
    house.clock.advance(seconds=71)  # the turn of whoever is stuck is over
    control = threading.Thread(target=second.tell)
    control.start()
    while len(heard) < 2:
        gate.wait(0.01)
    gate.set()
    thread.join(30)
    control.join(30)

    (state,) = house.desk.listeners.list()
    assert (rival["told"], len(heard), len(set(heard))) == (0, 2, 1)
    assert state.position == state.last_position


def test_facts_of_one_record_keep_the_order_of_its_versions(house: House) -> None:
    """Whatever the clock said: a late commit and a step back in time change no record's story."""
    told: list[FactSeen] = []
    booking = book(house.desk, house.talk, TEN)
    house.clock.advance(seconds=-1)
    house.desk.bookings.cancel(booking.booking_id)

    hooked(house.engine, house.clock, Hooks(on_event=[told.append])).tell()

    assert [fact.subject_version for fact in told if fact.subject_id == booking.booking_id] == [
        1,
        2,
    ]


def test_many_facts_are_numbered_page_by_page(house: House) -> None:
    streams = SqlStreams(house.engine.database)
    tenant_id = house.desk.tenant_id
    total = len(records(house.engine.database, Event))

    counts = [streams.number(tenant_id, limit=2) for _ in range(total // 2 + 1)]

    assert sum(counts) == total
    assert streams.unnumbered(limit=10) == []
    assert [n for n, _ in streams.facts(tenant_id, after=0, limit=100)] == list(range(1, total + 1))


def test_an_engine_without_listeners_tells_and_numbers_nothing(house: House) -> None:
    assert house.engine.tell() == {"numbered": 0, "told": 0}
    assert house.desk.listeners.list() == []
    assert SqlStreams(house.engine.database).unnumbered(limit=1) == [house.desk.tenant_id]
