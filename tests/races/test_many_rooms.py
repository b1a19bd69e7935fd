"""Several rooms at once, in every order: all of them or none, and nobody waits in a circle."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from random import Random
from typing import Any

import pytest

from holdfast.domain.access import SYSTEM
from holdfast.domain.claims import Claim, resource_key
from holdfast.domain.customers import Contact, Customer
from holdfast.domain.ids import OfferingId, ResourceId
from holdfast.domain.resources import Resource
from holdfast.engine.bookings import Details, PlaceBooking
from holdfast.engine.facade import TenantEngine
from holdfast.engine.holds import PlaceHold
from holdfast.engine.placing import SlotChoice
from holdfast.engine.ports import LockedRow, LockRequest, WriteStores
from holdfast.engine.use_cases import Envelope, Outcome
from holdfast.storage.database import Database
from holdfast.storage.stores import SqlWriteStore
from tests.engine.businesses import add_offering, add_room, at
from tests.races.books import Books
from tests.races.clients import Client, Reply, counts, crowd, wire_instant
from tests.races.history import Attempt, History
from tests.races.schedules import Crew, Meeting, at_once, tally
from tests.races.sites import Bench, Shop, Site, on_postgresql, tomorrow
from tests.races.unguarded import (
    HastyStores,
    TamperedStores,
    lock_in_any_order,
    lock_in_order,
)

CLIENTS, TURNS = 8, 25
ROOMS, OFFERINGS = 12, 24
VISITOR_TURNS = 3
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
        start = tomorrow(self.random.choice((10, 12)))
        feature = self.random.choice(("holds", "bookings"))
        body: dict[str, Any] = {"offering_id": offering_id, "starts_at": wire_instant(start)}
        body |= CONTACT if feature == "bookings" else {}
        attempt = self.history.begin(
            {scarce(room, start): 1 for room in self.house.needs[offering_id]},
            at=asyncio.get_running_loop().time(),
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
        attempt.surely_until = asyncio.get_running_loop().time()
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
    names = [scarce(r.resource_id, tomorrow(h)) for r in house.rooms for h in (10, 12)]
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


def visitors(house: House, make: Callable[[SlotChoice, int], object]) -> list[list[object]]:
    """Return what eight visitors want, one thing after the other."""
    random = Random(3)
    offerings = list(house.needs)
    return [
        [
            make(SlotChoice(offering_id=random.choice(offerings), starts_at=at("10:00")), number)
            for number in range(VISITOR_TURNS)
        ]
        for _ in range(CLIENTS)
    ]


def hold_of(choice: SlotChoice, number: int) -> PlaceHold:
    return PlaceHold(choice=choice)


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
    wanted = visitors(house, hold_of)
    before = deadlocks(bench)

    outcomes = all_visits(bench.crew(stores_locking(lock)), wanted)

    found = deadlocks(bench) - before
    measured(deadlocks=found, **tally(outcomes))
    assert (found > 0) == has_deadlocks
    assert house.halves(bench.books) == []


def test_without_the_lock_several_rooms_are_oversold(bench: Bench) -> None:
    house = House.open(bench.desk, capacity=2, smallest=4)
    wanted = visitors(house, hold_of)
    hasty = bench.crew(HastyStores, interfere=Meeting(CLIENTS).before("flush"))

    outcomes = all_visits(hasty, [commands[:1] for commands in wanted])

    assert tally(outcomes) == {"done": CLIENTS}
    assert bench.books.violations() == ["capacity.oversold"]
    sums = [bench.books.units(resource_key(room.resource_id)) for room in house.rooms]
    assert len([units for units in sums if units > 2]) > 1


def test_new_customers_of_two_batches_do_not_wait_in_a_circle(
    bench: Bench, deadlocks: Callable[[Bench | Site], int]
) -> None:
    house = House.open(bench.desk, capacity=100, smallest=2)
    rooms = [add_offering(bench.desk, f"own-{n}", room) for n, room in enumerate(house.rooms)]
    names = [f"guest-{number}" for number in range(20)]
    batches = []
    for number, own in enumerate(rooms[:4]):
        choice = SlotChoice(offering_id=own.offering_id, starts_at=at("12:00"))
        order = names if number % 2 else names[::-1]
        batches.append(
            [
                PlaceBooking(
                    choice=choice,
                    details=Details(contact=Contact(name=name, email=f"{name}@example.com")),
                )
                for name in order
            ]
        )
    before = deadlocks(bench)

    outcomes = bench.crew().run(*batches)

    assert tally(outcomes) == {"done": 80}
    customers = bench.books.records(Customer)
    assert sorted(customer.name for customer in customers) == sorted(names)
    assert deadlocks(bench) - before == 0
    assert bench.books.violations() == []
