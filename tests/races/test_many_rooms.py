"""Several rooms at once, in every order: all of them or none, and nobody waits in a circle."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from random import Random
from typing import Any

import psycopg
import pytest

from holdfast.domain.access import SYSTEM
from holdfast.domain.claims import Claim, resource_key
from holdfast.domain.customers import Contact, Customer
from holdfast.domain.ids import OfferingId, ResourceId
from holdfast.domain.resources import Resource
from holdfast.engine.bookings import PlaceBooking
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.holds import PlaceHold
from holdfast.engine.making import Details
from holdfast.engine.ports import LockedRow, LockRequest, WriteStores
from holdfast.engine.use_cases import Envelope, Outcome
from holdfast.storage.database import Database
from holdfast.storage.mapping import Mapper
from holdfast.storage.stores import SqlWriteStore
from tests.engine.businesses import add_offering, add_room, at
from tests.races.books import Books
from tests.races.clients import Client, Reply, counts, crowd, wire_instant
from tests.races.history import Attempt, History
from tests.races.schedules import Crew, Meeting, at_once, tally
from tests.races.sites import Bench, Shop, Site, ahead, on_postgresql
from tests.races.unguarded import (
    HastyStores,
    TamperedStores,
    lock_in_any_order,
    lock_in_order,
)

CLIENTS, TURNS = 8, 25
ROOMS, OFFERINGS = 12, 24
VISITOR_TURNS = 3
GUESTS = 10
CONTACT = {"contact": {"name": "Ada"}}

Lock = Callable[[SqlWriteStore, Sequence[LockRequest]], list[LockedRow]]


@dataclass(kw_only=True)
class House:
    """A house of rooms, and offerings that each need some of them."""

    rooms: list[Resource]
    needs: dict[OfferingId, tuple[ResourceId, ...]]

    @classmethod
    def open(cls, desk: TenantEngine, *, capacity: int, smallest: int, seed: int = 7) -> House:
        """Open a house, whose offerings need at least so many of its rooms, in any order."""
        random = Random(seed)
        rooms = [add_room(desk, f"Room {n}", capacity=capacity) for n in range(ROOMS)]
        needs = {}
        for number in range(OFFERINGS):
            chosen = random.sample(rooms, random.randint(smallest, 5))
            offering = add_offering(desk, f"suite-{number}", *chosen)
            needs[offering.offering_id] = tuple(room.resource_id for room in chosen)
        return cls(rooms=rooms, needs=needs)

    def halves(self, books: Books) -> list[str]:
        """Return who lives with other rooms than it needs, or is gone and has rooms."""
        now = books.now()
        wanted = {
            str(row.get("booking_id") or row["hold_id"]): sorted(
                f"res:{room}" for room in self.needs[row["offering_id"]]
            )
            for row in [*books.rows("booking"), *books.rows("hold")]
        }
        living = books.living()
        found: dict[str, list[str]] = {}
        for claim in books.records(Claim):
            if claim.counts_at(now):
                found.setdefault(claim.owner_id, []).append(claim.key)
        return [
            f"{owner} has {sorted(found.get(owner, []))}"
            for owner in living | found.keys()
            if sorted(found.get(owner, [])) != (wanted[owner] if owner in living else [])
        ]


@dataclass(kw_only=True)
class Visit:
    """One client that takes rooms and gives them back, in a random order."""

    shop: Shop
    house: House
    history: History
    random: Random
    replies: list[Reply] = field(default_factory=list)
    own: list[tuple[str, Attempt]] = field(default_factory=list)

    async def run(self, client: Client) -> None:
        """Take and give back for so many turns."""
        for _ in range(TURNS):
            if self.own and self.random.random() < 0.4:
                await self._give_back(client)
            else:
                await self._take(client)

    async def _take(self, client: Client) -> None:
        offering_id = self.random.choice(list(self.house.needs))
        start = ahead(self.random.choice((10, 12)))
        feature = self.random.choice(("holds", "bookings"))
        body: dict[str, Any] = {"offering_id": offering_id, "starts_at": wire_instant(start)}
        body |= CONTACT if feature == "bookings" else {}
        attempt = self.history.begin(
            {scarce(room, start): 1 for room in self.house.needs[offering_id]},
            at=time.monotonic(),
        )
        reply = await client.ask(self.shop.requests.post(f"/v1/{feature}", body))
        self.replies.append(reply)
        if reply.status == 201:
            name = reply.said["booking_id" if feature == "bookings" else "hold_id"]
            attempt.taken(name, at=reply.told_at)
            act = "cancel" if feature == "bookings" else "release"
            self.own.append((f"/v1/{feature}/{name}/{act}", attempt))
        elif reply.status == 409:
            attempt.refused(scarce(reply.said["limited_by"], start), at=reply.told_at)

    async def _give_back(self, client: Client) -> None:
        path, attempt = self.own.pop(self.random.randrange(len(self.own)))
        attempt.surely_until = time.monotonic()
        reply = await client.ask(self.shop.requests.post(path, {}))
        assert reply.status == 200
        attempt.maybe_until = reply.told_at
        self.replies.append(reply)


def scarce(room: str, start: datetime) -> str:
    """Name a room at a start."""
    return f"{room} at {start.hour}"


@pytest.mark.parametrize("capacity", [1, 2])
def test_many_rooms_are_taken_all_or_none_and_given_back(
    site: Site,
    deadlocks: Callable[[Bench | Site], int],
    measured: Callable[..., None],
    capacity: int,
) -> None:
    before = deadlocks(site)
    shop = site.open_shop()
    house = House.open(shop.desk, capacity=capacity, smallest=2)
    names = [scarce(r.resource_id, ahead(h)) for r in house.rooms for h in (10, 12)]
    history = History(capacities=dict.fromkeys(names, capacity))
    visits = [
        Visit(shop=shop, house=house, history=history, random=Random(seed))
        for seed in range(CLIENTS)
    ]

    async def race() -> None:
        async with crowd(site.servers, shop.requests, count=CLIENTS) as clients:
            await asyncio.gather(
                *(visit.run(client) for visit, client in zip(visits, clients, strict=True))
            )

    asyncio.run(race())

    found = counts(reply for visit in visits for reply in visit.replies)
    measured(**found)
    assert found.keys() == {"200", "201", "409 capacity.exceeded"}
    assert sum(found.values()) == CLIENTS * TURNS
    assert history.faults(shop.books.living()) == []
    assert house.halves(shop.books) == []
    assert deadlocks(site) - before == 0
    assert shop.books.violations() == []


def visitors(house: House) -> list[list[PlaceHold]]:
    """Return what eight visitors want, one thing after the other."""
    random = Random(3)
    choices = [Choice(offering_id=each, starts_at=at("10:00")) for each in house.needs]
    return [
        [PlaceHold(choice=random.choice(choices)) for _ in range(VISITOR_TURNS)]
        for _ in range(CLIENTS)
    ]


def all_visits(crew: Crew, wanted: Sequence[Sequence[object]]) -> list[list[Outcome]]:
    """Let the visitors come at the same moment; each wants one thing after the other."""

    def visit(number: int, commands: Sequence[object]) -> list[Outcome]:
        engine = crew.engine(number)
        return [
            engine.run(crew.tenant_id, [Envelope(command=command, actor=SYSTEM)])[0]
            for command in commands
        ]

    return at_once(*(partial(visit, number, each) for number, each in enumerate(wanted)))


def stores_locking(lock: Lock) -> Callable[[Database], WriteStores]:
    return partial(TamperedStores, lock=lock)


@pytest.mark.parametrize(
    ("lock", "has_deadlocks"), [(lock_in_order, False), (lock_in_any_order, True)]
)
@on_postgresql
def test_locks_in_any_order_deadlock_and_in_one_order_never(
    bench: Bench,
    deadlocks: Callable[[Bench | Site], int],
    measured: Callable[..., None],
    lock: Lock,
    *,
    has_deadlocks: bool,
) -> None:
    house = House.open(bench.desk, capacity=100, smallest=4)
    wanted = visitors(house)
    before = deadlocks(bench)

    outcomes = all_visits(bench.crew(stores_locking(lock)), wanted)

    found = deadlocks(bench) - before
    measured(deadlocks=found, **tally(outcomes))
    assert (found > 0) == has_deadlocks
    assert house.halves(bench.books) == []


def test_without_the_lock_several_rooms_are_oversold(bench: Bench) -> None:
    house = House.open(bench.desk, capacity=2, smallest=4)
    wanted = visitors(house)
    hasty = bench.crew(HastyStores, interfere=Meeting(CLIENTS).before("flush"))

    outcomes = all_visits(hasty, [commands[:1] for commands in wanted])

    assert tally(outcomes) == {"done": CLIENTS}
    assert bench.books.violations() == ["capacity.oversold"]
    sums = [bench.books.units(resource_key(room.resource_id)) for room in house.rooms]
    assert len([units for units in sums if units > 2]) > 1


def batches_for_the_same_guests(bench: Bench) -> list[list[PlaceBooking]]:
    """Four batches, each for a room of its own, and all for the same new guests.

    Every other one names them in the opposite order.
    """
    guests = [
        Details(contact=Contact(name=f"Guest {n}", email=f"guest-{n}@example.com"))
        for n in range(GUESTS)
    ]
    batches = []
    for number in range(4):
        room = add_room(bench.desk, capacity=GUESTS)
        own = add_offering(bench.desk, f"own-{number}", room)
        choice = Choice(offering_id=own.offering_id, starts_at=at("12:00"))
        order = guests if number % 2 else guests[::-1]
        batches.append([PlaceBooking(choice=choice, details=details) for details in order])
    return batches


# Adding a customer takes a while, so that others come in between.
SLOWLY = """
CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_sleep(0.01); RETURN NEW; END $$;
CREATE TRIGGER slowly BEFORE INSERT ON customer FOR EACH ROW EXECUTE FUNCTION slowly();
"""
AS_EVER = "DROP TRIGGER slowly ON customer; DROP FUNCTION slowly();"


@contextmanager
def adding_customers_slowly(url: str) -> Iterator[None]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SLOWLY)
        try:
            yield
        finally:
            connection.execute(AS_EVER)


@pytest.mark.parametrize("is_sorted", [True, False])
@on_postgresql
def test_new_customers_in_the_order_of_their_addresses_never_deadlock(
    bench: Bench,
    deadlocks: Callable[[Bench | Site], int],
    measured: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_sorted: bool,
) -> None:
    if not is_sorted:
        monkeypatch.setattr(Mapper, "order_of", lambda self, row: row[self.id_column.name])
    batches = batches_for_the_same_guests(bench)
    before = deadlocks(bench)

    with adding_customers_slowly(bench.url):
        outcomes = bench.crew(interfere=Meeting(4).before("flush")).run(*batches)

    found = deadlocks(bench) - before
    measured(deadlocks=found)
    assert tally(outcomes) == {"done": 4 * GUESTS}
    assert len(bench.books.records(Customer)) == GUESTS
    assert bench.books.violations() == []
    assert (found == 0) == is_sorted
