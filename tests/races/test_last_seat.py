"""The last seat: many want it at once, over two servers; as many get it as there are seats."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import pytest

from holdfast.domain.bookings import Booking, BookingStatus
from holdfast.domain.claims import resource_key, slot_key
from holdfast.domain.ids import generated_slot_id
from holdfast.domain.offerings import Offering
from holdfast.engine.choosing import Choice
from holdfast.engine.holds import PlaceHold
from tests.engine.businesses import add_class, add_offering, add_room, add_slot, at
from tests.engine.faults import Interfere
from tests.races.clients import Reply, counts, crowd, together, wire_instant
from tests.races.history import History
from tests.races.schedules import (
    PATIENCE_SECONDS,
    WAITING_UNDER_LOCK_SECONDS,
    Meeting,
    tally,
)
from tests.races.sites import Bench, Shop, Site, ahead
from tests.races.unguarded import HastyStores

CLIENTS = 200
CONTACT = {"contact": {"name": "Ada"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seats:
    """A few seats that everybody wants.

    Attributes:
        body: What is asked for.
        key: The capacity key that they are counted under.
        limited_by: What a refusal names.
    """

    seats: int
    body: Mapping[str, object]
    key: str
    limited_by: str


def seats_of_a_room(shop: Shop, seats: int) -> Seats:
    """Units of a room: of one unit it is exclusive, of more it is shared."""
    room = add_room(shop.desk, capacity=seats)
    meeting = add_offering(shop.desk, f"meeting-{seats}", room)
    body = {"offering_id": meeting.offering_id, "starts_at": wire_instant(ahead())}
    return Seats(
        seats=seats, body=body, key=resource_key(room.resource_id), limited_by=room.resource_id
    )


def seats_of_a_class(shop: Shop, seats: int) -> Seats:
    """Places of a slot that nobody has touched yet."""
    hall = add_room(shop.desk)
    yoga = add_class(shop.desk, f"yoga-{seats}", hall, places=seats)
    body = {"offering_id": yoga.offering_id, "starts_at": wire_instant(ahead())}
    slot_id = generated_slot_id(yoga.offering_id, ahead())
    return Seats(seats=seats, body=body, key=slot_key(slot_id), limited_by=slot_id)


def seen_by(replies: list[Reply], wanted: Seats) -> History:
    """Write down what the clients saw."""
    history = History(capacities={wanted.limited_by: wanted.seats})
    for reply in replies:
        attempt = history.begin({wanted.limited_by: 1}, at=reply.asked_at)
        said = reply.said
        if reply.status == 201:
            attempt.taken(said.get("booking_id") or said["hold_id"], at=reply.told_at)
        elif reply.status == 409:
            attempt.refused(said["limited_by"], at=reply.told_at)
    return history


@pytest.mark.parametrize(
    ("open_seats", "seats"),
    [(seats_of_a_room, 1), (seats_of_a_room, 3), (seats_of_a_class, 2), (seats_of_a_class, 5)],
)
def test_of_two_hundred_as_many_win_as_there_are_seats(
    site: Site,
    measured: Callable[..., None],
    open_seats: Callable[[Shop, int], Seats],
    seats: int,
) -> None:
    shop = site.open_shop()
    wanted = open_seats(shop, seats)

    async def race() -> list[Reply]:
        hold = shop.requests.post("/v1/holds", wanted.body)
        book = shop.requests.post("/v1/bookings", {**wanted.body, **CONTACT})
        async with crowd(site.servers, shop.requests, count=CLIENTS) as clients:
            return await together(clients, [hold, hold, book, book] * (CLIENTS // 4))

    replies = asyncio.run(race())

    measured(**counts(replies))
    assert counts(replies) == {"201": seats, "409 capacity.exceeded": CLIENTS - seats}
    assert Counter(reply.server.pid for reply in replies) == {
        server.pid: CLIENTS // 2 for server in site.servers
    }
    short = {"requested": 1, "remaining": 0, "limited_by": wanted.limited_by}
    refused = [reply.said for reply in replies if reply.status == 409]
    assert [said for said in refused if not short.items() <= said.items()] == []
    assert seen_by(replies, wanted).faults(shop.books.living()) == []
    assert shop.books.units(wanted.key) == seats
    assert shop.books.used(wanted.key) == [seats if wanted.key.startswith("slot:") else 0]
    assert shop.books.violations() == []


def test_of_251_bookings_for_250_places_one_is_refused(
    site: Site, measured: Callable[..., None]
) -> None:
    shop = site.open_shop()
    concert = add_class(shop.desk, "concert", add_room(shop.desk), places=250, openings=())
    evening = add_slot(shop.desk, concert, ahead(20))
    wanted = Seats(
        seats=250,
        body={"slot_id": evening.slot_id},
        key=slot_key(evening.slot_id),
        limited_by=evening.slot_id,
    )

    async def race() -> list[Reply]:
        book = shop.requests.post("/v1/bookings", {**wanted.body, **CONTACT})
        async with crowd(site.servers, shop.requests, count=251) as clients:
            return await together(clients, [book] * 251)

    replies = asyncio.run(race())

    measured(**counts(replies))
    assert counts(replies) == {"201": 250, "409 capacity.exceeded": 1}
    assert len({reply.server.pid for reply in replies if reply.status == 201}) == 2
    bookings: list[Booking] = shop.books.records(Booking)
    assert [booking.status for booking in bookings] == [BookingStatus.CONFIRMED] * 250
    assert {booking.booking_id for booking in bookings} == {
        reply.said["booking_id"] for reply in replies if reply.status == 201
    }
    assert seen_by(replies, wanted).faults(shop.books.living()) == []
    assert (shop.books.units(wanted.key), shop.books.used(wanted.key)) == (250, [250])
    audit = site.audit(shop)
    proved = {name: audit[name] for name in ("exit_code", "violation_count", "claims")}
    assert proved == {"exit_code": 0, "violation_count": 0, "claims": 251}


def eight_holds(seats: Offering) -> list[list[PlaceHold]]:
    """Eight commands that want the same seats, to be run at the same moment."""
    choice = Choice(offering_id=seats.offering_id, starts_at=at("10:00"))
    return [[PlaceHold(choice=choice)]] * 8


def decided_together(seconds: float = PATIENCE_SECONDS) -> Interfere:
    """Let eight decide before the first of them writes, if they can."""
    return Meeting(8, seconds=seconds).before("flush")


@pytest.mark.parametrize("capacity", [1, 3])
def test_under_the_lock_one_decides_after_the_other(bench: Bench, capacity: int) -> None:
    room = add_room(bench.desk, capacity=capacity)
    meeting = add_offering(bench.desk, "meeting", room)
    crew = bench.crew(interfere=decided_together(WAITING_UNDER_LOCK_SECONDS))

    outcomes = crew.run(*eight_holds(meeting))

    assert tally(outcomes) == {"done": capacity, "capacity.exceeded": 8 - capacity}
    assert bench.books.units(resource_key(room.resource_id)) == capacity
    assert bench.books.violations() == []


def test_whoever_decides_before_the_lock_oversells_a_shared_room(bench: Bench) -> None:
    room = add_room(bench.desk, capacity=3)
    meeting = add_offering(bench.desk, "meeting", room)
    hasty = bench.crew(HastyStores, interfere=decided_together())

    outcomes = hasty.run(*eight_holds(meeting))

    assert tally(outcomes) == {"done": 8}
    assert bench.books.units(resource_key(room.resource_id)) == 8
    assert bench.books.violations() == ["capacity.oversold"]


def test_whoever_decides_before_the_lock_oversells_a_chair_or_rings_the_alarm(
    bench: Bench,
) -> None:
    chair = add_room(bench.desk)
    cut = add_offering(bench.desk, "cut", chair)
    alarms: list[str] = []
    hasty = bench.crew(partial(HastyStores, alarms=alarms), interfere=decided_together())

    outcomes = hasty.run(*eight_holds(cut))

    if bench.has_exclusion:
        assert set(alarms) == {"ex_claim_exclusive"}
        assert tally(outcomes) == {"done": 1, "capacity.exceeded": 7}
    else:
        assert (alarms, tally(outcomes)) == ([], {"done": 8})
        assert bench.books.violations() == ["capacity.oversold"]


def test_whoever_decides_before_the_lock_rings_the_alarm_of_a_counter(bench: Bench) -> None:
    yoga = add_class(bench.desk, "yoga", add_room(bench.desk), places=3)
    slot = add_slot(bench.desk, yoga, at("10:00"))
    alarms: list[str] = []
    hasty = bench.crew(partial(HastyStores, alarms=alarms), interfere=decided_together())

    outcomes = hasty.run(*eight_holds(yoga))

    assert set(alarms) == {"ck_capacity_within"}
    assert tally(outcomes) == {"done": 3, "capacity.exceeded": 5}
    assert bench.books.used(slot_key(slot.slot_id)) == [3]


def batches_of_63(offering: Offering) -> list[list[PlaceHold]]:
    """Four batches, of 252 commands together."""
    choice = Choice(offering_id=offering.offering_id, starts_at=at("10:00"))
    return [[PlaceHold(choice=choice)] * 63] * 4


def test_four_batches_of_63_under_the_lock_get_250_desks(bench: Bench) -> None:
    office = add_room(bench.desk, capacity=250)
    desks = add_offering(bench.desk, "desk", office)
    waiting = Meeting(4, seconds=WAITING_UNDER_LOCK_SECONDS)
    crew = bench.crew(interfere=waiting.before("flush"))

    outcomes = crew.run(*batches_of_63(desks))

    assert tally(outcomes) == {"done": 250, "capacity.exceeded": 2}
    assert bench.books.units(resource_key(office.resource_id)) == 250
    assert bench.books.violations() == []


def test_four_hasty_batches_of_63_get_252_desks_of_250(bench: Bench) -> None:
    office = add_room(bench.desk, capacity=250)
    desks = add_offering(bench.desk, "desk", office)
    hasty = bench.crew(HastyStores, interfere=Meeting(4).before("flush"))

    outcomes = hasty.run(*batches_of_63(desks))

    assert tally(outcomes) == {"done": 252}
    assert bench.books.units(resource_key(office.resource_id)) == 252
    assert bench.books.violations() == ["capacity.oversold"]


def test_four_hasty_batches_of_63_ring_the_alarm_of_an_event(bench: Bench) -> None:
    concert = add_class(bench.desk, "concert", add_room(bench.desk), places=250)
    evening = add_slot(bench.desk, concert, at("10:00"))
    alarms: list[str] = []
    hasty = bench.crew(partial(HastyStores, alarms=alarms), interfere=Meeting(4).before("flush"))

    outcomes = hasty.run(*batches_of_63(concert))

    assert set(alarms) == {"ck_capacity_within"}
    assert tally(outcomes) == {"done": 250, "capacity.exceeded": 2}
    assert bench.books.used(slot_key(evening.slot_id)) == [250]
