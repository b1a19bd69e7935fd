"""A hold at the end of its time: converted, expired by the worker or taken by the next, never two.

The books are looked at by their rows: a booking that lives has its claims, a hold that is over has
none.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from random import Random

from holdfast.bootstrap import RandomIds
from holdfast.domain.access import SYSTEM
from holdfast.domain.bookings import Booking
from holdfast.domain.claims import Claim, ClaimOwner, resource_key, slot_key
from holdfast.domain.holds import Hold, HoldStatus
from holdfast.domain.ids import SlotId
from holdfast.engine.bookings import ConvertHold
from holdfast.engine.choosing import Choice
from holdfast.engine.holds import ExpireHold, PlaceHold
from holdfast.engine.ports import WriteStore, WriteStores
from holdfast.engine.use_cases import Envelope, Outcome
from holdfast.storage.database import Database
from holdfast.storage.stores import SqlStores
from tests.engine.businesses import (
    FOR_ADA,
    add_class,
    add_offering,
    add_room,
    add_slot,
    at,
    hold,
)
from tests.engine.faults import Interfere, let_be, unit_of_work_over
from tests.races.books import Books
from tests.races.clients import Client, Reply, counts, crowd
from tests.races.history import Attempt, History
from tests.races.schedules import PATIENCE_SECONDS, WAITING_UNDER_LOCK_SECONDS
from tests.races.sites import Bench, Shop, Site, ahead
from tests.races.unguarded import HastyStores, TamperedStores, lock_without_the_time

CONTACT = {"contact": {"name": "Ada"}}
TTL = timedelta(minutes=10)
INSTANT = timedelta(microseconds=1)
# Shorter than PostgreSQL lets a transaction idle.
UNLOCKED_SECONDS = 4.0


class Pause:
    """A stop before one step of one batch, until another has decided or the time is over."""

    def __init__(self, step: str, *, seconds: float) -> None:
        self._step = step
        self._seconds = seconds
        self.reached = threading.Event()
        self.other_has_decided = threading.Event()

    def stop(self, step: str, store: WriteStore, subject: object) -> None:
        """Interfere with the one who stops."""
        if step == self._step and not self.reached.is_set():
            self.reached.set()
            self.other_has_decided.wait(self._seconds)

    def watch(self, step: str, store: WriteStore, subject: object) -> None:
        """Interfere with the other, who has decided when it is about to write."""
        if step == "flush":
            self.other_has_decided.set()


class LastMoment:
    """A room, held until ten past eight, and two who want something of it just then."""

    def __init__(self, bench: Bench, *, capacity: int = 1) -> None:
        self.bench = bench
        room = add_room(bench.desk, capacity=capacity)
        self.key = resource_key(room.resource_id)
        self.meeting = add_offering(bench.desk, "meeting", room)
        self.hold = hold(bench.desk, self.meeting, at("10:00"), ttl=TTL)
        self.convert = ConvertHold(hold_id=self.hold.hold_id, details=FOR_ADA)
        self.expire = ExpireHold(hold_id=self.hold.hold_id)
        choice = Choice(offering_id=self.meeting.offering_id, starts_at=at("10:00"))
        self.take = PlaceHold(choice=choice)

    def run(
        self,
        command: object,
        *,
        stores: Callable[[Database], WriteStores] = SqlStores,
        process: int = 0,
        interfere: Interfere = let_be,
    ) -> Outcome:
        """Run one command by itself, in one of two processes."""
        database = self.bench.databases[process]
        engine = unit_of_work_over(stores(database), ids=RandomIds(), interfere=interfere)
        envelope = Envelope(command=command, actor=SYSTEM)
        return engine.run(self.bench.desk.tenant_id, [envelope])[0]

    def while_converting(
        self, other: object, *, stores: Callable[[Database], WriteStores] = SqlStores
    ) -> tuple[str, str]:
        """Let a conversion begin in time and stop at its commit, and the other one come too late.

        Under the lock the other cannot decide meanwhile, so the stop is a short one.
        """
        seconds = WAITING_UNDER_LOCK_SECONDS if stores is SqlStores else UNLOCKED_SECONDS
        pause = Pause("commit", seconds=seconds)
        self.bench.clock.set(self.hold.expires_at - INSTANT)
        outcomes: dict[str, Outcome] = {}

        def converting() -> None:
            outcomes["first"] = self.run(self.convert, stores=stores, interfere=pause.stop)

        thread = threading.Thread(target=converting)
        thread.start()
        assert pause.reached.wait(PATIENCE_SECONDS)
        self.bench.clock.set(self.hold.expires_at + INSTANT)
        outcomes["other"] = self.run(other, stores=stores, process=1, interfere=pause.watch)
        thread.join(PATIENCE_SECONDS)
        return said(outcomes["first"]), said(outcomes["other"])

    @property
    def owners(self) -> list[ClaimOwner]:
        """Who has the room."""
        now = self.bench.clock.now()
        claims: list[Claim] = self.bench.books.records(Claim)
        return [c.owner_kind for c in claims if c.key == self.key and c.counts_at(now)]

    @property
    def believers(self) -> int:
        """How many were told that the room is theirs, and are living by it."""
        return len(self.bench.books.living())

    @property
    def status(self) -> HoldStatus:
        """What the hold says of itself."""
        (found,) = [h for h in self.bench.books.records(Hold) if h.hold_id == self.hold.hold_id]
        assert isinstance(found, Hold)
        return found.status


def said(outcome: Outcome) -> str:
    return "done" if outcome.error is None else outcome.error.code


def test_a_conversion_held_at_its_commit_keeps_the_place_from_the_next(bench: Bench) -> None:
    moment = LastMoment(bench)

    outcomes = moment.while_converting(moment.take)

    assert outcomes == ("done", "capacity.exceeded")
    assert (moment.owners, moment.believers) == ([ClaimOwner.BOOKING], 1)
    assert bench.books.violations() == []


def test_without_the_lock_a_conversion_and_the_next_both_get_the_place(bench: Bench) -> None:
    moment = LastMoment(bench)

    outcomes = moment.while_converting(moment.take, stores=HastyStores)

    assert outcomes == ("done", "done")
    assert (moment.owners, moment.believers) == ([ClaimOwner.HOLD], 2)
    assert bench.books.violations() == ["owner.claims"]


def test_a_conversion_held_at_its_commit_is_not_expired(bench: Bench) -> None:
    moment = LastMoment(bench)

    outcomes = moment.while_converting(moment.expire)

    assert outcomes == ("done", "done")
    assert (moment.status, moment.owners) == (HoldStatus.CONVERTED, [ClaimOwner.BOOKING])
    assert bench.books.violations() == []


def test_without_the_lock_the_version_of_the_hold_rings_the_alarm(bench: Bench) -> None:
    moment = LastMoment(bench)
    alarms: list[str] = []
    stores = partial(HastyStores, alarms=alarms)

    moment.while_converting(moment.expire, stores=stores)

    assert alarms == ["TransactionConflict"]
    assert (moment.status, moment.owners) == (HoldStatus.CONVERTED, [ClaimOwner.BOOKING])


def test_without_lock_and_version_a_hold_is_converted_and_expired_too(bench: Bench) -> None:
    moment = LastMoment(bench)
    stores = partial(HastyStores, is_blind=True)

    outcomes = moment.while_converting(moment.expire, stores=stores)

    assert outcomes == ("done", "done")
    assert (moment.status, moment.owners, moment.believers) == (HoldStatus.EXPIRED, [], 1)
    assert "owner.claims" in bench.books.violations()


def convert_too_late(moment: LastMoment, stores: Callable[[Database], WriteStores]) -> str:
    """Begin a conversion in time, and let another take the place before it gets its lock."""
    bench = moment.bench
    overtakers = iter([moment.take])
    bench.clock.set(moment.hold.expires_at - INSTANT)

    def overtaken(step: str, store: WriteStore, subject: object) -> None:
        if step == "begin" and (take := next(overtakers, None)) is not None:
            bench.clock.set(moment.hold.expires_at)
            assert said(moment.run(take, process=1)) == "done"

    return said(moment.run(moment.convert, stores=stores, interfere=overtaken))


def test_the_time_is_read_after_the_last_lock(bench: Bench) -> None:
    moment = LastMoment(bench)

    assert convert_too_late(moment, SqlStores) == "hold.expired"
    assert (moment.owners, moment.believers) == ([ClaimOwner.HOLD], 1)
    assert bench.books.violations() == []


def test_a_time_that_is_read_too_early_is_set_right_by_the_rows(bench: Bench) -> None:
    moment = LastMoment(bench)
    stores = partial(TamperedStores, clock=bench.clock)

    assert convert_too_late(moment, stores) == "hold.expired"
    assert (moment.owners, moment.believers) == ([ClaimOwner.HOLD], 1)


def test_by_the_time_of_its_beginning_a_conversion_gets_a_place_that_is_taken(
    bench: Bench,
) -> None:
    moment = LastMoment(bench)
    stores = partial(TamperedStores, clock=bench.clock, lock=lock_without_the_time)

    assert convert_too_late(moment, stores) == "done"
    assert (moment.owners, moment.believers) == ([ClaimOwner.HOLD], 2)
    assert "owner.claims" in bench.books.violations()


PLACES = 96
# How long holds last, and when clients convert them, counted from their ends: every fourth in good
# time. In units of the pace, which is a second, or more where the machine is busy.
TTL_PACES = (1.3, 2.4)
EARLY_PACES, NEAR_PACES = (-1.2, -0.6), (-0.3, 0.1)
PACE_SECONDS = (1.0, 6.0)
# By how much clocks that are read one after the other may differ.
CLOCK_SECONDS = 0.005


@dataclass(kw_only=True)
class Rush:
    """An evening all of whose places are held for a second or two, and those who want them."""

    site: Site
    shop: Shop
    slot_id: SlotId
    history: History
    random: Random = field(default_factory=lambda: Random(7))
    converted: list[Reply] = field(default_factory=list)
    taken: list[Reply] = field(default_factory=list)
    pace: float = PACE_SECONDS[0]
    ends_at: float = 0.0

    async def run(self) -> None:
        """Let everybody convert near the end of their time, and others book all the while."""
        self._find_pace()
        async with crowd(self.site.servers, self.shop.requests, count=32) as clients:
            held = self._hold_all()
            self.ends_at = max(attempt.surely_until for _, attempt in held) + 0.5
            converting = [self._convert(c, held[n::24]) for n, c in enumerate(clients[:24])]
            booking = [self._book(client) for client in clients[24:]]
            await asyncio.gather(*converting, *booking)

    def _find_pace(self) -> None:
        """Hold all places and let them go, to see how quick that is here and now."""
        begun_at = time.monotonic()
        commands = [PlaceHold(choice=Choice(slot_id=self.slot_id), client_key="try")] * PLACES
        assert [outcome.error for outcome in self._run(commands)] == [None] * PLACES
        self.shop.desk.holds.release_all("try")
        shortest, longest = PACE_SECONDS
        self.pace = min(max(shortest, 3 * (time.monotonic() - begun_at)), longest)

    def _hold_all(self) -> list[tuple[Hold, Attempt]]:
        """Hold all places, each for a time of its own; in the order of their ends."""
        ttls = [self.pace * self.random.uniform(*TTL_PACES) for _ in range(PLACES)]
        asked_at = time.monotonic()
        since_1970 = time.time() - asked_at
        held = []
        for outcome in self._run(
            [
                PlaceHold(choice=Choice(slot_id=self.slot_id), ttl=timedelta(seconds=ttl))
                for ttl in ttls
            ]
        ):
            assert isinstance(outcome.result, Hold)
            attempt = self.history.begin({self.slot_id: 1}, at=asked_at)
            attempt.taken(outcome.result.hold_id, at=time.monotonic())
            attempt.lapses(outcome.result.expires_at.timestamp() - since_1970)
            held.append((outcome.result, attempt))
        return sorted(held, key=lambda pair: pair[1].surely_until)

    def _run(self, commands: Sequence[object]) -> list[Outcome]:
        envelopes = [Envelope(command=command, actor=SYSTEM) for command in commands]
        return self.site.engine.unit_of_work.run(self.shop.desk.tenant_id, envelopes)

    async def _convert(self, client: Client, held: Sequence[tuple[Hold, Attempt]]) -> None:
        for number, (each, attempt) in enumerate(held):
            ends_at = attempt.surely_until
            span = NEAR_PACES if number % 4 else EARLY_PACES
            wanted = ends_at + self.pace * self.random.uniform(*span)
            await asyncio.sleep(max(0.0, wanted - time.monotonic()))
            path = f"/v1/holds/{each.hold_id}/convert"
            attempt.surely_until, attempt.maybe_until = ends_at - CLOCK_SECONDS, math.inf
            reply = await client.ask(self.shop.requests.post(path, CONTACT))
            if reply.status == 201:
                attempt.record_id, attempt.surely_until = reply.said["booking_id"], math.inf
            else:
                attempt.maybe_until = ends_at + CLOCK_SECONDS
            self.converted.append(reply)

    async def _book(self, client: Client) -> None:
        request = self.shop.requests.post("/v1/bookings", {"slot_id": self.slot_id, **CONTACT})
        while time.monotonic() < self.ends_at:
            attempt = self.history.begin({self.slot_id: 1}, at=time.monotonic())
            reply = await client.ask(request)
            if reply.status == 201:
                attempt.taken(reply.said["booking_id"], at=reply.told_at)
            elif reply.status == 409:
                attempt.refused(reply.said["limited_by"], at=reply.told_at)
            self.taken.append(reply)
            await asyncio.sleep(0.02)


def test_many_holds_that_end_while_they_are_converted_end_one_way_each(
    site: Site, measured: Callable[..., None]
) -> None:
    shop = site.open_shop()
    concert = add_class(shop.desk, "concert", add_room(shop.desk), places=PLACES, openings=())
    evening = add_slot(shop.desk, concert, ahead(20)).slot_id
    history = History(capacities={evening: PLACES})
    rush = Rush(site=site, shop=shop, slot_id=evening, history=history)

    asyncio.run(rush.run())
    statuses = statuses_when_quiet(shop.books)

    converting, booking = counts(rush.converted), counts(rush.taken)
    measured(
        **{f"converting {what}": count for what, count in converting.items()},
        **{f"booking {what}": count for what, count in booking.items()},
    )
    assert converting.keys() == {"201", "409 hold.expired"}
    assert booking.keys() <= {"201", "409 capacity.exceeded"}
    assert statuses == {
        HoldStatus.RELEASED: PLACES,
        HoldStatus.CONVERTED: converting["201"],
        HoldStatus.EXPIRED: converting["409 hold.expired"],
    }
    bookings: list[Booking] = shop.books.records(Booking)
    assert len(bookings) == converting["201"] + booking.get("201", 0) <= PLACES
    claims: list[Claim] = shop.books.records(Claim)
    living = [c.owner_id for c in claims if c.released_at is None and c.key == slot_key(evening)]
    assert sorted(living) == sorted(each.booking_id for each in bookings)
    assert shop.books.used(slot_key(evening)) == [len(bookings)]
    assert history.faults(shop.books.living()) == []
    assert shop.books.violations() == []


def statuses_when_quiet(books: Books) -> dict[HoldStatus, int]:
    """Wait until the workers have come by, and count the holds by status."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = Counter(found.status for found in books.records(Hold))
        if HoldStatus.ACTIVE not in found:
            return dict(found)
        assert time.monotonic() < deadline, f"the workers do not come: {found}"
        time.sleep(0.1)
