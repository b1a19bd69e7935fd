"""Waitlists where those who serve are asked for by name."""

from __future__ import annotations

from dataclasses import replace

from holdfast.bootstrap import Engine
from holdfast.domain.customers import Contact
from holdfast.domain.requirements import Choosing, Requirement, Strategy
from holdfast.engine.choosing import Choice
from holdfast.engine.making import Details
from holdfast.testing.clocks import ManualClock
from holdfast.workers.invite import invite_waiting
from tests.engine.businesses import FOR_ADA, add_offering, add_room, at, open_desk
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
