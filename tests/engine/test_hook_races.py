"""Hooks under parallel requests (AC-Q01): one asking at a time, and no cost where none is asked."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.errors import HoldfastError
from holdfast.domain.hooks import Attempt, HookCall
from holdfast.engine.asking import Asking, Hooks
from holdfast.engine.bookings import CancelBooking, PlaceBooking
from holdfast.engine.choosing import Choice
from holdfast.engine.ports import Changes, WriteStore
from holdfast.engine.registry import USE_CASES
from holdfast.engine.unit_of_work import UnitOfWork
from holdfast.engine.use_cases import Outcome
from holdfast.hook_threads import DaemonThreads
from holdfast.storage.database import Database
from holdfast.storage.stores import SqlStores
from holdfast.testing.clocks import ManualClock, SeededIds
from tests.engine.businesses import (
    FOR_ADA,
    add_offering,
    add_room,
    at,
    book,
    cause_of,
    open_desk,
    remaining,
)
from tests.engine.faults import Interfere, WatchedStores, let_be
from tests.engine.hooked import TEN, House, drive, hooked, keyed, open_house
from tests.engine.races import gate
from tests.engine.tables import records


def unguarded(step: str, store: WriteStore, subject: object) -> None:
    """Write attempts under requests that nobody else has: as if no index held them to one."""
    if step == "flush" and isinstance(subject, Changes):
        subject.inserted[:] = [
            replace(one, request=one.attempt_id) if isinstance(one, Attempt) else one
            for one in subject.inserted
        ]


def both_ask(
    engine: Engine, clock: ManualClock, interfere: Interfere = let_be
) -> tuple[list[Outcome | None], int]:
    """Send one request twice, meeting between deciding and writing; returns how often was asked."""
    meet = gate(2, seconds=1.0)

    def meddle(step: str, store: WriteStore, subject: object) -> None:
        meet(step, store, subject)
        interfere(step, store, subject)

    desk = open_desk(engine)
    talk = add_offering(desk, "talk", add_room(desk, capacity=None))
    asked: list[HookCall] = []
    front = hooked(engine, clock, Hooks(before_reserve=[asked.append]))
    front.unit_of_work = UnitOfWork(
        stores=WatchedStores(SqlStores(engine.database), meddle),
        ids=SeededIds(7),
        use_cases=USE_CASES,
        monotonic=lambda: 0.0,
    )
    wanted = PlaceBooking(
        choice=Choice(offering_id=talk.offering_id, starts_at=TEN), details=FOR_ADA
    )
    with ThreadPoolExecutor(2) as threads:
        sent = [threads.submit(drive, front, desk.tenant_id, keyed(wanted)) for _ in range(2)]
        return [one.result(60) for one in sent], len(asked)


def codes(outcomes: list[Outcome | None]) -> list[str]:
    """Return what became of them."""
    found = [one for one in outcomes if one is not None]
    return sorted("done" if one.error is None else one.error.code for one in found)


@pytest.mark.postgresql
@pytest.mark.parametrize("kind", ["postgresql"])
def test_ac_q01_of_two_that_send_one_key_at_once_one_asks_though_nothing_is_locked(
    engine: Engine, clock: ManualClock
) -> None:
    outcomes, asked = both_ask(engine, clock)

    assert (codes(outcomes), asked) == (["done", "request.in_progress"], 1)
    assert [one.status for one in records(engine.database, Attempt)] == ["done"]


@pytest.mark.postgresql
@pytest.mark.parametrize("kind", ["postgresql"])
def test_the_control_without_the_unique_index_asks_twice(
    engine: Engine, clock: ManualClock
) -> None:
    _, asked = both_ask(engine, clock, unguarded)

    assert asked == 2


def test_of_many_who_want_the_last_place_with_hooks_one_gets_it(
    engine: Engine, clock: ManualClock
) -> None:
    asked: list[HookCall] = []
    house = open_house(engine, clock)
    desk = house.with_hooks(Hooks(before_reserve=[asked.append]))

    def one(_: int) -> str:
        try:
            return str(book(desk, house.talk, TEN).status)
        except HoldfastError as refusal:
            return refusal.code

    with ThreadPoolExecutor(6) as threads:
        came = sorted(threads.map(one, range(6)))

    assert came == ["capacity.exceeded"] * 5 + ["confirmed"]
    assert len(asked) == 1


def test_where_too_many_hooks_hang_nobody_is_asked_and_the_place_is_given_back(
    engine: Engine, clock: ManualClock
) -> None:
    house = open_house(engine, clock)
    gate_ = threading.Event()
    threads = DaemonThreads(running_max=1)
    threads.start(lambda: gate_.wait(30))
    front = hooked(engine, clock, Hooks())
    front.asking = Asking(Hooks(before_reserve=[lambda _: None]), threads)
    desk = front.at(house.desk.tenant_id, actor=house.desk.actor)

    refused = cause_of(lambda: book(desk, house.talk, TEN))
    listed = remaining(house.desk, house.talk, TEN)
    gate_.set()

    assert (refused["code"], listed) == ("server.busy", 1)
    assert [one.status for one in records(engine.database, Attempt)] == ["lost"]


def cost_of(database: Database, house: House, hooks: Hooks | None) -> tuple[int, int]:
    """Return how many statements and commits a hold, its booking and a cancellation take."""
    desk = house.desk if hooks is None else house.with_hooks(hooks)
    before = database.statistics.statements, database.statistics.commits
    kept = desk.holds.place(offering_id=house.talk.offering_id, starts_at=TEN)
    booking = desk.bookings.convert(kept.hold_id, details=FOR_ADA)
    desk.bookings.cancel(booking.booking_id)
    later = desk.bookings.place(
        offering_id=house.talk.offering_id, starts_at=at("15:00", day=1), details=FOR_ADA
    )
    desk.availability.list(house.talk.offering_id)
    desk.bookings.cancel(later.booking_id)
    now = database.statistics.statements, database.statistics.commits
    return now[0] - before[0], now[1] - before[1]


def test_where_no_hook_is_asked_not_one_statement_and_not_one_commit_is_added(
    database: Database, engine: Engine, clock: ManualClock
) -> None:
    house = open_house(engine, clock)
    cost_of(database, house, None)  # the first one makes the rows that are locked

    plain = cost_of(database, house, None)
    unasked = cost_of(database, house, Hooks(before_attend=[lambda _: None]))
    asked = cost_of(database, house, Hooks(before_reserve=[lambda _: None]))

    assert unasked == plain
    assert asked[1] == plain[1] + 2  # a booking of a hold and one at once: one more commit each


def test_a_stale_attempt_of_another_key_does_not_stand_in_the_way(
    engine: Engine, clock: ManualClock
) -> None:
    house = open_house(engine, clock)
    booking = book(house.desk, house.talk, TEN)
    dying = hooked(engine, clock, Hooks(before_cancel=[lambda _: None]))
    desk = house.with_hooks(Hooks(before_cancel=[lambda _: None]), seed=3)
    drive(dying, desk.tenant_id, keyed(CancelBooking(booking_id=booking.booking_id)), steps=2)
    early = cause_of(lambda: desk.bookings.cancel(booking.booking_id))
    clock.advance(seconds=31)
    gone = desk.bookings.cancel(booking.booking_id)

    assert early == {"code": "request.in_progress", "retry_after_seconds": 30}
    assert gone.status == "cancelled"
    assert sorted(one.status for one in records(engine.database, Attempt)) == ["done", "lost"]
