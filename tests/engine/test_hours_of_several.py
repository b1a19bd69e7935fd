"""Hours of several resources, any of which serves: what closes one does not close the others."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain import listing
from holdfast.domain.availability import examine
from holdfast.domain.cases import Case
from holdfast.domain.errors import AvailabilityClosed, HoldfastError
from holdfast.domain.overrides import Override
from holdfast.domain.requirements import Choosing, Requirement
from holdfast.domain.rule_kinds import Effect
from holdfast.domain.rules import RuleDraft, RuleKind
from holdfast.domain.scenes import Scene, Wish
from holdfast.domain.shapes import DATES_MAX, Shape
from holdfast.engine.availability import AvailabilityQuery
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.making import Details
from tests.engine.businesses import (
    HOUR,
    ROUND_THE_CLOCK,
    add_offering,
    add_room,
    at,
    open_desk,
    pointers,
    refusal_of,
)

MONDAY = date(2026, 6, 1)
CLOSED_ON_MONDAY = RuleDraft(kind=RuleKind.DATES, effect=Effect.CLOSES, dates=(MONDAY,))
GUEST = Details(external_order_id="order 1")


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A desk, on an empty database of each kind in turn."""
    return open_desk(engine)


@pytest.mark.parametrize("shape", [Shape.FREE, Shape.SLOTS])
def test_another_serves_while_one_is_closed(desk: TenantEngine, shape: Shape) -> None:
    """AC-E10: who serves has hours of their own, a room or a member of staff alike."""
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


def test_a_free_stay_has_a_longest_length_whatever_the_offering_says(desk: TenantEngine) -> None:
    lot = add_offering(desk, "lot", add_room(desk), shape=Shape.FREE)
    year = Choice(
        offering_id=lot.offering_id, starts_at=at("12:00"), ends_at=at("12:01", day=DATES_MAX)
    )

    refusal = refusal_of(lambda: desk.holds.place(choice=year))

    assert pointers(refusal) == [("/ends_at", "too_long")]


def test_the_search_beside_a_long_stay_looks_at_few(
    desk: TenantEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each day of a stay is looked at: a stay of 200 days may not cost 2,000 times as many."""
    room = add_room(desk)
    desk.schedules.set(room.resource_id, [ROUND_THE_CLOCK])
    lot = add_offering(desk, "lot", room, openings=(), shape=Shape.FREE, slot_step=HOUR / 2)
    desk.bookings.place(
        choice=Choice(
            offering_id=lot.offering_id, starts_at=at("12:00"), ends_at=at("12:00", day=30)
        ),
        details=GUEST,
    )
    looked_at = 0

    def counted(
        scene: Scene, wish: Wish, *, now: datetime, override: Override | None = None
    ) -> tuple[HoldfastError | None, Case]:
        nonlocal looked_at
        looked_at += 1
        return examine(scene, wish, now=now, override=override)

    monkeypatch.setattr(listing, "examine", counted)
    long = Choice(
        offering_id=lot.offering_id, starts_at=at("12:00", day=1), ends_at=at("12:00", day=201)
    )

    refusal = refusal_of(lambda: desk.holds.place(choice=long))

    assert (refusal.code, looked_at <= 2_000 // 200) == ("capacity.exceeded", True)
