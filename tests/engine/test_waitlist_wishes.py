"""Waitlists where those who serve are asked for by name, and parties for whom nothing has room."""

from __future__ import annotations

from dataclasses import replace

from holdfast.bootstrap import Engine
from holdfast.domain.customers import Contact
from holdfast.domain.errors import HoldfastError
from holdfast.domain.offerings import Component, Offering
from holdfast.domain.requirements import Choosing, Per, Requirement, Strategy
from holdfast.engine.choosing import Choice
from holdfast.engine.making import Details
from holdfast.testing.clocks import ManualClock
from holdfast.workers.invite import invite_waiting
from tests.engine.businesses import (
    FOR_ADA,
    add_class,
    add_offering,
    add_room,
    add_slot,
    at,
    open_desk,
)
from tests.engine.test_waitlist import THAT_DAY, with_line


def test_who_names_nobody_does_not_keep_others_from_being_invited(
    engine: Engine, clock: ManualClock
) -> None:
    """AC-H02, AC-E04."""
    desk = open_desk(engine)
    first, second = (add_room(desk, name).resource_id for name in ("Ann", "Bea"))
    asked = Requirement(
        resource_ids=(first, second), choosing=Choosing.ANY_OF, strategy=Strategy.MANUAL
    )
    offering_id = with_line(desk, add_offering(desk, "cut", asked)).offering_id
    noon = Choice(offering_id=offering_id, starts_at=at("10:00", day=7))
    taken = [
        desk.bookings.place(choice=replace(noon, picks=(one,)), details=FOR_ADA)
        for one in (first, second)
    ]
    entries = []
    for name, resources in (("Nobody", ()), ("Named", (first,))):
        clock.advance(seconds=1)
        details = Details(contact=Contact(name=name))
        wishes = replace(THAT_DAY, resources=resources)
        entries.append(desk.waitlist.join(offering_id, wishes=wishes, details=details).entry)

    desk.bookings.cancel(taken[0].booking_id)
    invite_waiting(engine)

    found = [desk.waitlist.get(entry.entry_id).entry.status.value for entry in entries]
    assert found == ["waiting", "invited"]


def test_nobody_waits_for_what_never_has_room_for_so_many(engine: Engine) -> None:
    """The reason is the limit; a slot made by hand may have more room than the others."""
    desk = open_desk(engine)
    yoga = with_line(desk, add_class(desk, "yoga", places=4))
    seats = Requirement(
        resource_ids=tuple(add_room(desk, f"Bus {n}", n).resource_id for n in (3, 8)),
        choosing=Choosing.ANY_OF,
        per=Per.PARTICIPANT,
    )
    ride = with_line(desk, add_offering(desk, "ride", seats))
    lunch = Component(key="lunch", name="Lunch", capacity=5)
    desk.offerings.change(ride.offering_id, {"components": (lunch,)})
    many = with_line(desk, add_class(desk, "many", places=None))

    def wait(offering: Offering, size: int, *components: str) -> dict[str, object] | None:
        try:
            desk.waitlist.join(
                offering.offering_id, party_size=size, components=components, details=FOR_ADA
            )
        except HoldfastError as refusal:
            return {"code": refusal.code, **refusal.fields}
        return None

    def too_many(limit: int, actual: int) -> dict[str, object]:
        return {"code": "policy.party_size", "limit": limit, "actual": actual}

    before = [wait(yoga, 5), wait(ride, 9), wait(ride, 6, "lunch")]
    accepted = [wait(yoga, 4), wait(ride, 8), wait(ride, 5, "lunch"), wait(many, 500)]
    add_slot(desk, yoga, at("09:00", day=9), capacity=6, is_capacity_own=True)
    after = [wait(yoga, 6), wait(yoga, 7)]

    assert before == [too_many(4, 5), too_many(8, 9), too_many(5, 6)]
    assert accepted == [None] * 4
    assert after == [None, too_many(6, 7)]
