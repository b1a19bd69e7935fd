"""The very first claims: on a key without a row, and in a slot that is not stored yet."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import cast

from holdfast.domain.claims import Claim, ClaimOwner, resource_key, slot_key
from holdfast.domain.ids import generated_slot_id
from holdfast.domain.offerings import Offering
from holdfast.domain.slots import Slot
from holdfast.engine.choosing import Choice
from holdfast.engine.holds import PlaceHold
from holdfast.engine.ports import Over, Read, WriteStore
from tests.engine.businesses import add_class, add_offering, add_room, at, hold
from tests.races.books import Books
from tests.races.clients import Reply, counts, crowd, together, wire_instant
from tests.races.schedules import WAITING_UNDER_LOCK_SECONDS, Meeting, tally
from tests.races.sites import Bench, Shop, Site, ahead, on_postgresql
from tests.races.unguarded import (
    HastyStores,
    TamperedStores,
    flush_with_missing_rows,
    lock_what_is_there,
)

HOURS = (8, 9, 10, 11, 12)
CLIENTS = 60


def hold_of(shop: Shop, offering: Offering, starts_at: datetime) -> bytes:
    body = {"offering_id": offering.offering_id, "starts_at": wire_instant(starts_at)}
    return shop.requests.post("/v1/holds", body)


def rush(site: Site, shop: Shop, requests: list[bytes]) -> list[Reply]:
    """Let clients send these requests at the same moment, each as often as its turn comes."""

    async def race() -> list[Reply]:
        async with crowd(site.servers, shop.requests, count=CLIENTS) as clients:
            # Two clients at a time, so that both servers get each request.
            dealt = [requests[number // 2 % len(requests)] for number in range(CLIENTS)]
            return await together(clients, dealt)

    return asyncio.run(race())


def claims_by_start(books: Books, key: str) -> dict[datetime, list[ClaimOwner]]:
    """Return who has claimed a room, by the start."""
    found: dict[datetime, list[ClaimOwner]] = {}
    for claim in books.records(Claim):
        if claim.key == key and claim.released_at is None:
            found.setdefault(claim.starts_at, []).append(claim.owner_kind)
    return found


def test_a_room_whose_key_has_no_row_yet_is_given_once(
    site: Site, measured: Callable[..., None]
) -> None:
    shop = site.open_shop()
    rooms = [add_room(shop.desk) for _ in HOURS]
    keys = [resource_key(room.resource_id) for room in rooms]
    offerings = [add_offering(shop.desk, f"meeting-{n}", room) for n, room in enumerate(rooms)]
    assert [shop.books.used(key) for key in keys] == [[]] * len(keys)

    replies = rush(site, shop, [hold_of(shop, offering, ahead()) for offering in offerings])

    measured(**counts(replies))
    assert counts(replies) == {"201": 5, "409 capacity.exceeded": CLIENTS - 5}
    winners = Counter(reply.said["offering_id"] for reply in replies if reply.status == 201)
    assert winners == {offering.offering_id: 1 for offering in offerings}
    assert [shop.books.used(key) for key in keys] == [[0]] * len(keys)
    assert [shop.books.units(key) for key in keys] == [1] * len(keys)
    assert shop.books.violations() == []


def test_a_slot_that_is_not_stored_yet_is_made_once_and_takes_its_hall_once(
    site: Site, measured: Callable[..., None]
) -> None:
    shop = site.open_shop()
    hall = add_room(shop.desk)
    yoga = add_class(shop.desk, "yoga", hall, places=2)
    starts = [ahead(hour) for hour in HOURS]

    replies = rush(site, shop, [hold_of(shop, yoga, start) for start in starts])

    measured(**counts(replies))
    slot_ids = [generated_slot_id(yoga.offering_id, start) for start in starts]
    assert counts(replies) == {"201": 10, "409 capacity.exceeded": CLIENTS - 10}
    assert {slot.slot_id for slot in shop.books.records(Slot)} == set(slot_ids)
    assert [shop.books.used(slot_key(slot_id)) for slot_id in slot_ids] == [[2]] * len(starts)
    assert claims_by_start(shop.books, resource_key(hall.resource_id)) == {
        start: [ClaimOwner.SLOT] for start in starts
    }
    assert shop.books.violations() == []


def test_a_class_and_a_meeting_that_want_the_same_hall_first_do_not_both_get_it(
    site: Site, measured: Callable[..., None]
) -> None:
    shop = site.open_shop()
    hall = add_room(shop.desk)
    yoga = add_class(shop.desk, "yoga", hall, places=2)
    meeting = add_offering(shop.desk, "meeting", hall)
    starts = [ahead(hour) for hour in HOURS]

    replies = rush(
        site,
        shop,
        [hold_of(shop, wanted, start) for start in starts for wanted in (yoga, meeting)],
    )

    measured(**counts(replies))
    won = Counter(
        (reply.said["starts_at"], reply.said["offering_id"])
        for reply in replies
        if reply.status == 201
    )
    each = [
        (won[wire_instant(start), yoga.offering_id], won[wire_instant(start), meeting.offering_id])
        for start in starts
    ]
    assert set(each) <= {(2, 0), (0, 1)}
    owners = claims_by_start(shop.books, resource_key(hall.resource_id))
    assert owners == {
        start: [ClaimOwner.SLOT if outcome == (2, 0) else ClaimOwner.HOLD]
        for start, outcome in zip(starts, each, strict=True)
    }
    assert {reply.status for reply in replies} == {201, 409}
    assert shop.books.violations() == []


def four_holds(offering: Offering, clock_time: str = "10:00") -> list[list[PlaceHold]]:
    """Four commands that want the same slot, to be run at the same moment."""
    choice = Choice(offering_id=offering.offering_id, starts_at=at(clock_time))
    return [[PlaceHold(choice=choice)]] * 4


def test_the_upsert_locks_a_row_that_is_not_there(bench: Bench) -> None:
    room = add_room(bench.desk, capacity=2)
    meeting = add_offering(bench.desk, "meeting", room)
    waiting = Meeting(4, seconds=WAITING_UNDER_LOCK_SECONDS)

    outcomes = bench.crew(interfere=waiting.before("flush")).run(*four_holds(meeting))

    assert tally(outcomes) == {"done": 2, "capacity.exceeded": 2}
    assert bench.books.violations() == []


@on_postgresql
def test_an_update_that_finds_no_row_locks_nothing(bench: Bench) -> None:
    room = add_room(bench.desk, capacity=2)
    meeting = add_offering(bench.desk, "meeting", room)
    stores = partial(TamperedStores, lock=lock_what_is_there, flush=flush_with_missing_rows)

    first = bench.crew(stores, interfere=Meeting(4).before("flush")).run(*four_holds(meeting))
    # Now that the row is there, the same UPDATE does lock it.
    waiting = Meeting(4, seconds=WAITING_UNDER_LOCK_SECONDS)
    later = bench.crew(stores, interfere=waiting.before("flush")).run(*four_holds(meeting, "12:00"))

    assert tally(first) == {"done": 4}
    assert tally(later) == {"done": 2, "capacity.exceeded": 2}
    assert bench.books.violations() == ["capacity.oversold"]


def test_a_slot_that_is_made_without_the_lock_rings_the_alarm_of_its_id(bench: Bench) -> None:
    yoga = add_class(bench.desk, "yoga", add_room(bench.desk, capacity=4), places=4)
    alarms: list[str] = []
    stores = partial(HastyStores, alarms=alarms)

    outcomes = bench.crew(stores, interfere=Meeting(4).before("flush")).run(*four_holds(yoga))

    assert set(alarms) == {"pk_slot"}
    assert tally(outcomes) == {"done": 4}
    assert len(bench.books.records(Slot)) == 1


def emptied_class(bench: Bench) -> tuple[Offering, str]:
    """Return a class with a stored slot that nobody is in, and the key of its two halls."""
    halls = add_room(bench.desk, capacity=4)
    yoga = add_class(bench.desk, "yoga", halls, places=4)
    bench.desk.holds.release(hold(bench.desk, yoga, at("10:00")).hold_id)
    return yoga, resource_key(halls.resource_id)


def test_a_slot_that_is_opened_again_takes_its_hall_once(bench: Bench) -> None:
    yoga, halls = emptied_class(bench)
    waiting = Meeting(4, seconds=WAITING_UNDER_LOCK_SECONDS)

    outcomes = bench.crew(interfere=waiting.before("flush")).run(*four_holds(yoga))

    assert tally(outcomes) == {"done": 4}
    assert bench.books.units(halls) == 1
    assert bench.books.violations() == []


def test_a_slot_that_is_opened_again_without_the_lock_takes_four_halls(bench: Bench) -> None:
    yoga, halls = emptied_class(bench)

    outcomes = bench.crew(HastyStores, interfere=Meeting(4).before("flush")).run(*four_holds(yoga))

    assert tally(outcomes) == {"done": 4}
    assert bench.books.units(halls) == 4
    assert bench.books.violations() == ["owner.not_served"]


@on_postgresql
def test_a_slot_that_is_stored_between_two_looks_is_looked_for_again(bench: Bench) -> None:
    hall = add_room(bench.desk)
    yoga = add_class(bench.desk, "yoga", hall, places=2)
    meeting = add_offering(bench.desk, "meeting", hall)
    place = PlaceHold(choice=Choice(offering_id=yoga.offering_id, starts_at=at("10:00")))
    want = PlaceHold(choice=Choice(offering_id=meeting.offering_id, starts_at=at("10:00")))
    overtakers = iter([place])

    def overtaken(step: str, store: WriteStore, subject: object) -> None:
        is_for_claims = step == "load" and any(
            isinstance(r, Over) for r in cast("set[Read]", subject)
        )
        if is_for_claims and (overtaker := next(overtakers, None)) is not None:
            assert tally(bench.crew().run([overtaker])) == {"done": 1}

    (outcomes,) = bench.crew(interfere=overtaken).run([place, want])

    codes = [outcome.error.code if outcome.error else "done" for outcome in outcomes]
    assert codes == ["done", "capacity.exceeded"]
    assert bench.books.violations() == []
