"""Waitlists and blocks: what is kept for somebody who waits is taken back with the time."""

from __future__ import annotations

from dataclasses import replace

from holdfast.bootstrap import Engine
from holdfast.domain.closures import WhenBooked
from holdfast.domain.customers import Contact
from holdfast.engine.blocks import AddBlock
from holdfast.engine.making import Details
from holdfast.storage.proving import prove
from holdfast.workers.invite import invite_waiting
from holdfast.workers.settle import settle_closures
from tests.engine.businesses import add_offering, add_room, at, open_desk, refusal_of
from tests.engine.test_waitlist import THAT_DAY, with_line


def test_a_block_that_calls_everybody_off_takes_an_invitation_back(engine: Engine) -> None:
    """AC-H02, AC-K07."""
    desk = open_desk(engine)
    room = add_room(desk)
    offering = with_line(desk, add_offering(desk, "cut", room))
    ada = desk.waitlist.join(
        offering.offering_id, wishes=THAT_DAY, details=Details(contact=Contact(name="Ada"))
    )
    entry_id = ada.entry.entry_id
    invited = invite_waiting(engine)["invited"]
    block = AddBlock(
        resource_id=room.resource_id,
        starts_at=at("00:00", day=7),
        ends_at=at("00:00", day=8),
    )

    refused = refusal_of(lambda: desk.blocks.add(block))
    desk.blocks.add(replace(block, when_booked=WhenBooked.CANCEL))
    settle_closures(engine)

    assert invited == 1
    assert refused.code == "record.in_use"
    assert refused.fields["affected"] == [{"kind": "invitation", "id": entry_id}]
    assert desk.waitlist.get(entry_id).entry.status.value == "waiting"
    assert invite_waiting(engine)["invited"] == 0
    assert prove(engine.database).violations == ()
