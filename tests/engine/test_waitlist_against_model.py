"""Random lives of one full class, beside a model of dictionaries that states the rule plainly."""

from __future__ import annotations

import random
from typing import Any

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import Booking
from holdfast.domain.customers import Contact
from holdfast.engine.facade import TenantEngine
from holdfast.engine.making import Details
from holdfast.storage.proving import prove
from holdfast.testing.clocks import ManualClock
from holdfast.workers.invite import invite_waiting
from tests.engine.businesses import add_class, add_room, at, book, open_desk
from tests.engine.test_waitlist import THAT_DAY

PLACES, PASSES, STEPS = 6, 3, 40
TEN = at("10:00", day=7)

Line = list[dict[str, Any]]


def invited_by_the_rule(line: Line, free: int) -> None:
    """Give what is free, and what gathers, to those who wait, in order; note who is passed."""
    waiting = [it for it in line if it["status"] == "waiting"]
    waiting.sort(key=lambda it: (-it["priority"], it["came"]))
    pot = free + sum(it["kept"] for it in waiting)
    skipped: Line = []
    for one in waiting:
        one["kept"] = 0
    for one in waiting:
        if one["size"] <= pot:
            pot -= one["size"]
            one["status"] = "invited"
            for other in skipped:
                other["passed"] += 1
        else:
            skipped.append(one)
        standing = [it for it in skipped if it["passed"] >= PASSES]
        if standing:
            standing[0]["kept"] = pot
            return


def seen(desk: TenantEngine, line: Line) -> list[tuple[str, int, int]]:
    found = [desk.waitlist.get(it["entry_id"]).entry for it in line]
    return [
        (it.status.value, it.passed_count, it.kept_count if it.status == "waiting" else 0)
        for it in found
    ]


@pytest.mark.parametrize("seed", range(4))
def test_a_waitlist_lives_as_the_rule_says(engine: Engine, clock: ManualClock, seed: int) -> None:
    """Invariant 38: the order is strict, no place is sold twice, no large party starves."""
    chance, desk = random.Random(seed), open_desk(engine)
    added = add_class(desk, "yoga", add_room(desk), places=PLACES)
    yoga = desk.offerings.change(added.offering_id, {"has_waitlist": True})
    booked: list[Booking] = [book(desk, yoga, TEN) for _ in range(PLACES)]
    line: Line = []

    for step in range(STEPS):
        clock.advance(seconds=1)
        invited = [it for it in line if it["status"] == "invited"]
        act = chance.choice(["join", "join", "cancel", "cancel", "accept", "decline", "leave"])
        if act == "join":
            size, priority = chance.randint(1, 4), chance.choice([0, 0, 0, 1])
            guest = Details(contact=Contact(name=f"Guest {step}", email=f"g{step}@b.example"))
            joined = desk.waitlist.join(
                yoga.offering_id,
                party_size=size,
                wishes=THAT_DAY,
                priority=priority,
                details=guest,
            )
            line.append(
                {
                    "entry_id": joined.entry.entry_id,
                    "size": size,
                    "priority": priority,
                    "came": step,
                    "passed": 0,
                    "kept": 0,
                    "status": "waiting",
                }
            )
        elif act == "cancel" and booked:
            desk.bookings.cancel(booked.pop(chance.randrange(len(booked))).booking_id)
        elif act == "accept" and invited:
            invited[0]["status"] = "accepted"
            booked.append(desk.waitlist.accept(invited[0]["entry_id"]))
        elif act == "decline" and invited:
            invited[0]["status"] = "declined"
            desk.waitlist.decline(invited[0]["entry_id"])
        elif act == "leave" and line:
            one = chance.choice(line)
            if one["status"] in {"waiting", "invited"}:
                one["status"], one["kept"] = "left", 0
                desk.waitlist.leave(one["entry_id"])
        invite_waiting(engine)

        taken = sum(it.party_size for it in booked)
        taken += sum(it["size"] for it in line if it["status"] == "invited")
        free = PLACES - taken - sum(it["kept"] for it in line)
        invited_by_the_rule(line, free)
        assert seen(desk, line) == [(it["status"], it["passed"], it["kept"]) for it in line]

    assert prove(engine.database).violations == ()
