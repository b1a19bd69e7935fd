"""Hours of several resources, any of which serves: what closes one does not close the others."""

from __future__ import annotations

from datetime import date

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.errors import AvailabilityClosed
from holdfast.domain.requirements import Choosing, Requirement
from holdfast.domain.rule_kinds import Effect
from holdfast.domain.rules import RuleDraft, RuleKind
from holdfast.domain.shapes import Shape
from holdfast.engine.availability import AvailabilityQuery
from holdfast.engine.bookings import Details
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from tests.engine.businesses import HOUR, ROUND_THE_CLOCK, add_offering, add_room, at, open_desk

MONDAY = date(2026, 6, 1)
CLOSED_ON_MONDAY = RuleDraft(kind=RuleKind.DATES, effect=Effect.CLOSES, dates=(MONDAY,))
GUEST = Details(external_order_id="order 1")


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A desk, on an empty database of each kind in turn."""
    return open_desk(engine)


@pytest.mark.parametrize("shape", [Shape.FREE, Shape.SLOTS])
def test_another_serves_while_one_is_closed(desk: TenantEngine, shape: Shape) -> None:
    rooms = [add_room(desk, "Red"), add_room(desk, "Blue")]
    for room in rooms:
        desk.schedules.set(room.resource_id, [ROUND_THE_CLOCK])
    desk.schedules.add(rooms[0].resource_id, CLOSED_ON_MONDAY)
    either = Requirement(
        resource_ids=tuple(room.resource_id for room in rooms), choosing=Choosing.ANY_OF
    )
    lot = add_offering(desk, "lot", either, openings=(), shape=shape, slot_step=HOUR)

    open_on_monday = desk.availability.answer(
        AvailabilityQuery(offering_id=lot.offering_id, starts_at=at("12:00"), ends_at=at("15:00"))
    )
    ends_at = at("13:00") if shape is Shape.FREE else None
    choice = Choice(offering_id=lot.offering_id, starts_at=at("12:00"), ends_at=ends_at)
    booked = desk.bookings.place(choice=choice, details=GUEST)

    assert [slot.starts_at for slot in open_on_monday.slots] == [
        at("12:00"),
        at("13:00"),
        at("14:00"),
    ]
    assert [one.name for one in booked.assigned] == ["Blue"]


def test_an_offering_may_close_what_its_resources_open(desk: TenantEngine) -> None:
    room = add_room(desk)
    desk.schedules.set(room.resource_id, [ROUND_THE_CLOCK])
    lot = add_offering(desk, "lot", room, openings=())
    desk.schedules.add(lot.offering_id, CLOSED_ON_MONDAY)

    listed = desk.availability.list(
        lot.offering_id, starts_at=at("22:00"), ends_at=at("02:00", day=1)
    )
    monday = Choice(offering_id=lot.offering_id, starts_at=at("12:00"))
    with pytest.raises(AvailabilityClosed) as refusal:
        desk.bookings.place(choice=monday, details=GUEST)

    assert [slot.starts_at for slot in listed.slots] == [at("00:00", day=1), at("01:00", day=1)]
    assert refusal.value.fields["reason"] == "outside_hours"
