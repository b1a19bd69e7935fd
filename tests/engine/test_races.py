"""Races between engines of their own, each beside the control that shows what would go wrong."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import psycopg
import pytest

from holdfast.domain.access import SYSTEM
from holdfast.domain.bookings import Booking
from holdfast.domain.errors import HoldExpired, HoldfastError, TransitionNotAllowed
from holdfast.domain.holds import Hold, HoldStatus
from holdfast.domain.offerings import Offering
from holdfast.domain.requirements import Requirement
from holdfast.engine.facade import Engine, TenantEngine
from holdfast.engine.holds import ExpireHold
from holdfast.engine.making import Details
from holdfast.engine.ports import LockRequest, WriteStores
from holdfast.storage import flushing
from holdfast.storage.database import Database
from holdfast.storage.stores import SqlStores
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import (
    INSTANT,
    add_class,
    add_offering,
    add_room,
    at,
    book,
    hold,
    open_desk,
)
from tests.engine.invariants import faults_in
from tests.engine.races import HastyStores, LocksWithout, Pause, Racers, all_at_once, gate
from tests.engine.tables import records

pytestmark = [pytest.mark.race, pytest.mark.timeout(600)]

CROWD = 32
CAPACITIES = range(1, 6)
ORDER = Details(external_order_id="order 1")
ON_POSTGRESQL = pytest.mark.parametrize(
    "kind", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


@pytest.fixture
def racers(fresh_url: Callable[[], str], clock: ManualClock) -> Iterator[Racers]:
    """Engines over one fresh database of each kind in turn."""
    opened = Racers(url=fresh_url(), clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def desk(racers: Racers) -> TenantEngine:
    """The desk of the business that everybody runs to."""
    return open_desk(racers.first())


def at_desk(engine: Engine, desk: TenantEngine) -> TenantEngine:
    """The same business through another engine."""
    return engine.at(desk.tenant_id, actor=SYSTEM)


def faults(racers: Racers) -> list[str]:
    """What is wrong with the books."""
    return faults_in(racers.databases[0], racers.clock.now())


# The last seat


def test_of_thirty_two_who_want_the_last_places_exactly_as_many_get_one_as_there_are(
    racers: Racers, desk: TenantEngine
) -> None:
    """AC-C10, C1: on counters and on guards, whose rows are not there before."""
    crowd = [at_desk(racers.engine(), desk) for _ in range(CROWD)]
    wanted = {
        **{("class", cap): add_class(desk, f"show-{cap}", places=cap) for cap in CAPACITIES},
        **{
            ("room", cap): add_offering(desk, f"swim-{cap}", add_room(desk, capacity=cap))
            for cap in CAPACITIES
        },
    }

    outcomes = {
        name: Counter(all_at_once([partial(hold, one, offering, at("12:00")) for one in crowd]))
        for name, offering in wanted.items()
    }

    assert outcomes == {
        (kind, cap): {"done": cap, "capacity.exceeded": CROWD - cap} for kind, cap in wanted
    }
    assert faults(racers) == []


@pytest.fixture
def pool(desk: TenantEngine) -> Offering:
    """A room of two units, of which a booking takes both: exclusive but for the last alarm."""
    room = add_room(desk, capacity=2)
    return add_offering(desk, "swim", Requirement(resource_id=room.resource_id, quantity=2))


def two_at_once(
    racers: Racers,
    desk: TenantEngine,
    pool: Offering,
    wrap: Callable[[Database], WriteStores],
    *,
    seconds: float,
) -> list[str]:
    """Let two engines meet, for so long, when both have decided and neither has written."""
    meeting = gate(2, seconds=seconds)
    pair = [at_desk(racers.engine(wrap=wrap, interfere=meeting), desk) for _ in range(2)]
    return sorted(all_at_once([partial(hold, one, pool, at("12:00")) for one in pair]))


@pytest.mark.parametrize("is_known", [True, False], ids=["a known key", "a key without a row"])
def test_two_who_have_decided_before_either_writes_do_not_both_get_in(
    racers: Racers, desk: TenantEngine, pool: Offering, *, is_known: bool
) -> None:
    """C1."""
    if is_known:
        book(desk, pool, at("20:00"))

    outcomes = two_at_once(racers, desk, pool, SqlStores, seconds=0.5)

    assert outcomes == ["capacity.exceeded", "done"]
    assert faults(racers) == []


def test_stores_that_look_before_they_lock_would_let_both_in(
    racers: Racers, desk: TenantEngine, pool: Offering
) -> None:
    """The control of the test above (M1: 148 of 150 oversold)."""
    outcomes = two_at_once(racers, desk, pool, HastyStores, seconds=10.0)

    assert outcomes == ["done", "done"]
    assert [fault.partition(":")[0] for fault in faults(racers)] == ["I-1"]


@ON_POSTGRESQL
def test_stores_that_lock_only_rows_that_are_there_would_let_both_in_the_first_time(
    racers: Racers, desk: TenantEngine, pool: Offering
) -> None:
    """The control for the key without a row: an UPDATE that finds no row locks nothing."""
    outcomes = two_at_once(racers, desk, pool, LocksWithout, seconds=10.0)

    assert outcomes == ["done", "done"]
    assert [fault.partition(":")[0] for fault in faults(racers)] == ["I-1"]


# Several resources in one booking


def deadlocks(url: str) -> int:
    """Count the deadlocks that a database has had."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_stat_force_next_flush()")
        found = connection.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    assert found is not None
    return int(found[0])


def reshuffled(requests: list[LockRequest]) -> list[LockRequest]:
    """Lock in whatever order."""
    return random.sample(requests, len(requests))


def run_into_each_other(
    racers: Racers, desk: TenantEngine, wrap: Callable[[Database], WriteStores]
) -> Counter[str]:
    """Let eight engines take and give back random rooms, three at a time, in random orders."""
    dice = random.Random(7)
    rooms = [add_room(desk, f"Room {number}", capacity=4) for number in range(6)]
    tours = [add_offering(desk, f"tour-{number}", *dice.sample(rooms, 3)) for number in range(12)]
    plans = [[dice.choice(tours) for _ in range(10)] for _ in range(8)]

    def go_round(one: TenantEngine, plan: list[Offering]) -> None:
        for tour in plan:
            try:
                one.holds.release(hold(one, tour, at("12:00")).hold_id)
            except HoldfastError as refusal:
                if refusal.code not in {"capacity.exceeded", "server.busy"}:
                    raise

    crowd = [at_desk(racers.engine(wrap=wrap), desk) for _ in plans]
    return Counter(
        all_at_once([partial(go_round, one, plan) for one, plan in zip(crowd, plans, strict=True)])
    )


@ON_POSTGRESQL
def test_rooms_taken_together_in_random_orders_never_deadlock(
    racers: Racers, desk: TenantEngine
) -> None:
    """C5 (M13: 3,596 deadlocks in request order, 0 sorted)."""
    outcomes = run_into_each_other(racers, desk, SqlStores)

    wrong = faults(racers)
    racers.close()  # what connections have counted is known at the latest when they close
    assert outcomes == {"done": 8}
    assert wrong == []
    assert deadlocks(racers.url) == 0


@ON_POSTGRESQL
def test_rooms_locked_in_the_order_of_asking_would_deadlock(
    racers: Racers, desk: TenantEngine
) -> None:
    """The control of the test above."""
    run_into_each_other(racers, desk, partial(LocksWithout, order=reshuffled))

    racers.close()
    assert deadlocks(racers.url) > 0


# The end of a hold


def later(act: Callable[[], object]) -> Future[str]:
    """Do something on another thread; its refusal's code, or `done`."""
    crowd = ThreadPoolExecutor(max_workers=1)
    future = crowd.submit(lambda: all_at_once([act])[0])
    crowd.shutdown(wait=False)
    return future


def convert_at_the_last_statement(
    racers: Racers, desk: TenantEngine, step: str, then: Callable[[TenantEngine, Hold], object]
) -> tuple[str, str]:
    """Stop a conversion, decided in time, before a step; do something after the hold's end."""
    cut = add_offering(desk, "cut", add_room(desk))
    kept = hold(desk, cut, at("12:00"))
    racers.clock.set(kept.expires_at - INSTANT)
    pause = Pause(step=step)
    slow = at_desk(racers.engine(interfere=pause), desk)
    other = at_desk(racers.engine(), desk)
    converting = later(lambda: slow.bookings.convert(kept.hold_id, details=ORDER))
    assert pause.reached.wait(10.0)
    racers.clock.set(kept.expires_at)
    acting = later(lambda: then(other, kept))
    time.sleep(0.2)  # until it waits for the lock
    pause.go.set()
    return converting.result(), acting.result()


@pytest.mark.parametrize("step", ["flush", "commit"])
def test_a_conversion_decided_in_time_is_not_overtaken_by_a_claim_after_the_end(
    racers: Racers, desk: TenantEngine, step: str
) -> None:
    """C2, I-12: the new claim waits for the lock, and then sees the booking."""
    outcomes = convert_at_the_last_statement(
        racers,
        desk,
        step,
        lambda other, kept: other.holds.place(slot_id=kept.slot_id),
    )

    assert outcomes == ("done", "capacity.exceeded")
    assert faults(racers) == []


@pytest.mark.parametrize("step", ["flush", "commit"])
def test_a_conversion_decided_in_time_is_not_undone_by_the_worker(
    racers: Racers, desk: TenantEngine, step: str
) -> None:
    """C2, I-12."""
    outcomes = convert_at_the_last_statement(
        racers, desk, step, lambda other, kept: other.run(ExpireHold(hold_id=kept.hold_id))
    )

    assert outcomes == ("done", "done")
    assert [one.status for one in records(racers.databases[0], Hold)] == [HoldStatus.CONVERTED]
    assert faults(racers) == []


def test_a_conversion_that_looked_before_it_locked_would_book_a_place_that_is_sold(
    racers: Racers, desk: TenantEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: without the lock and without the count of changed rows (M16: 124 of 126)."""
    cut = add_offering(desk, "cut", add_room(desk))
    kept = hold(desk, cut, at("12:00"))
    racers.clock.set(kept.expires_at - INSTANT)
    pause = Pause(step="flush")
    hasty = at_desk(racers.engine(wrap=HastyStores, interfere=pause), desk)
    converting = later(lambda: hasty.bookings.convert(kept.hold_id, details=ORDER))
    assert pause.reached.wait(10.0)
    racers.clock.set(kept.expires_at)
    hold(desk, cut, at("12:00"))
    monkeypatch.setattr(flushing, "_expect", lambda found, expected, what: None)
    pause.go.set()

    outcome = converting.result()

    assert outcome == "done"
    assert len(records(racers.databases[0], Booking)) == 1
    assert "I-6" in {fault.partition(":")[0] for fault in faults(racers)}


def test_the_count_of_changed_rows_alone_stops_a_conversion_that_looked_before_it_locked(
    racers: Racers, desk: TenantEngine
) -> None:
    """The second net below the lock: a claim that was released meanwhile is not changed."""
    cut = add_offering(desk, "cut", add_room(desk))
    kept = hold(desk, cut, at("12:00"))
    racers.clock.set(kept.expires_at - INSTANT)
    pause = Pause(step="flush")
    hasty = at_desk(racers.engine(wrap=HastyStores, interfere=pause), desk)
    converting = later(lambda: hasty.bookings.convert(kept.hold_id, details=ORDER))
    assert pause.reached.wait(10.0)
    racers.clock.set(kept.expires_at)
    hold(desk, cut, at("12:00"))
    pause.go.set()

    outcome = converting.result()

    assert outcome == "hold.expired"
    assert faults(racers) == []


def test_whoever_converts_releases_or_expires_a_hold_at_its_end_exactly_one_does(
    racers: Racers, desk: TenantEngine
) -> None:
    """C2, I-8, I-11, I-12."""
    yoga = add_class(desk, "yoga", add_room(desk), places=40)
    kept = [hold(desk, yoga, at("12:00")) for _ in range(20)]
    crowd = [at_desk(racers.engine(), desk) for _ in range(3)]
    racers.clock.set(kept[0].expires_at - INSTANT)
    ticking = threading.Timer(0.1, racers.clock.set, args=[kept[0].expires_at])

    def convert_all() -> None:
        for one in kept:
            let(partial(crowd[0].bookings.convert, one.hold_id, details=ORDER))

    def release_all() -> None:
        for one in reversed(kept):
            let(partial(crowd[1].holds.release, one.hold_id))

    def expire_all() -> None:
        for one in kept[10:] + kept[:10]:
            let(partial(crowd[2].run, ExpireHold(hold_id=one.hold_id)))

    ticking.start()
    all_at_once([convert_all, release_all, expire_all])
    ticking.join()

    ended = records(racers.databases[0], Hold)
    booked = {booking.hold_id for booking in records(racers.databases[0], Booking)}
    assert {one.hold_id for one in ended if one.status is HoldStatus.CONVERTED} == booked
    assert {one.status for one in ended} <= set(HoldStatus) - {HoldStatus.ACTIVE}
    assert faults(racers) == []


def let(act: Callable[[], object]) -> None:
    """Do something to a hold, unless it has ended."""
    try:
        act()
    except (HoldExpired, TransitionNotAllowed):
        return
