"""The agenda: everything that stands in some days, by resource."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import Actor, ActorKind
from holdfast.domain.bookings import BookingStatus
from holdfast.domain.errors import AccessDenied
from holdfast.domain.intervals import Interval
from holdfast.domain.resources import ResourceAction
from holdfast.engine.agenda import AgendaQuery
from holdfast.engine.blocks import AddBlock
from holdfast.engine.categories import AddCategory
from holdfast.engine.facade import TenantEngine
from holdfast.engine.resources import AddResource
from holdfast.engine.schedules import WeeklyOpening
from holdfast.storage.database import Database
from tests.engine.businesses import (
    EVERY_DAY,
    HOUR,
    add_class,
    add_offering,
    add_room,
    add_slot,
    at,
    book,
    hold,
    open_desk,
    pointers,
    refusal_of,
)
from tests.engine.dated import add_dated, add_rental, day, days, rent

NINE_TO_FIVE = WeeklyOpening(weekdays=EVERY_DAY, opens_minute=9 * 60, closes_minute=17 * 60)
TUESDAY = AgendaQuery(first_on=day(1), last_on=day(1))


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk."""
    return open_desk(engine)


def test_a_day_shows_bookings_holds_slots_blocks_and_hours(desk: TenantEngine) -> None:
    """AC-T06."""
    room, hall = add_room(desk), add_room(desk, "Hall")
    desk.schedules.set(room.resource_id, [NINE_TO_FIVE])
    cut = add_offering(desk, "cut", room)
    yoga = add_class(desk, "yoga", hall, places=10)
    booked = book(desk, cut, at("10:00", day=1))
    kept = hold(desk, cut, at("12:00", day=1))
    taken = book(desk, yoga, at("18:00", day=1), 3)
    book(desk, cut, at("10:00", day=2))
    block = desk.blocks.add(
        AddBlock(
            resource_id=room.resource_id,
            starts_at=at("15:00", day=1),
            ends_at=at("16:00", day=1),
        )
    )

    agenda = desk.agenda.show(TUESDAY)

    assert [one.name for one in agenda.resources] == ["Hall", "Room"]
    assert [one.booking_id for one in agenda.bookings] == [booked.booking_id, taken.booking_id]
    assert [one.hold_id for one in agenda.holds] == [kept.hold_id]
    assert [one.block_id for one in agenda.blocks] == [block.block_id]
    (slot,) = agenda.slots
    assert (slot.slot.slot_id, slot.taken, slot.resource_ids) == (
        taken.slot_id,
        3,
        (hall.resource_id,),
    )
    assert agenda.hours == {
        room.resource_id: (Interval(starts_at=at("09:00", day=1), ends_at=at("17:00", day=1)),),
        hall.resource_id: (agenda.interval,),
    }
    assert not agenda.is_cut


def test_a_filter_leaves_what_it_asks_for(desk: TenantEngine) -> None:
    rooms = desk.categories.add(AddCategory(label="Rooms"))
    one = desk.resources.add(AddResource(name="One", category_id=rooms.category_id))
    other = add_room(desk, "Other")
    cut, wash = add_offering(desk, "cut", one), add_offering(desk, "wash", other)
    first, second = book(desk, cut, at("10:00", day=1)), book(desk, wash, at("10:00", day=1))
    gone = book(desk, cut, at("12:00", day=1))
    desk.bookings.cancel(gone.booking_id, reason="ill")

    def shown(query: AgendaQuery) -> list[str]:
        return [found.booking_id for found in desk.agenda.show(query).bookings]

    assert shown(replace(TUESDAY, resource_ids=(other.resource_id,))) == [second.booking_id]
    assert shown(replace(TUESDAY, category_id=rooms.category_id)) == [first.booking_id]
    assert shown(replace(TUESDAY, offering_id=wash.offering_id)) == [second.booking_id]
    assert shown(replace(TUESDAY, statuses=(BookingStatus.CANCELLED,))) == [gone.booking_id]


def test_who_began_long_before_is_still_there(desk: TenantEngine) -> None:
    bikes = add_dated(desk, capacity=5)
    rented = rent(desk, add_rental(desk, bikes), days(1, 2, 3, 4, 5), 1)

    shown = [desk.agenda.show(AgendaQuery(first_on=day(number))).bookings for number in (5, 6)]

    assert [[one.booking_id for one in found] for found in shown] == [[rented.booking_id], []]


def test_a_slot_made_by_hand_is_shown_before_anybody_is_in_it(desk: TenantEngine) -> None:
    talk = add_class(desk, "talk", places=30)
    slot = add_slot(desk, talk, at("20:00", day=1))

    (shown,) = desk.agenda.show(TUESDAY).slots

    assert (shown.slot.slot_id, shown.taken, shown.resource_ids) == (slot.slot_id, 0, ())


def test_what_is_deleted_is_not_shown(desk: TenantEngine) -> None:
    room = add_room(desk)
    desk.resources.act(room.resource_id, ResourceAction.DELETE)

    assert desk.agenda.show(TUESDAY).resources == ()


def test_it_takes_as_many_statements_for_much_as_for_little(
    desk: TenantEngine, database: Database
) -> None:
    rooms = [add_room(desk, f"Room {number}") for number in range(3)]
    offerings = [add_offering(desk, f"cut-{n}", room) for n, room in enumerate(rooms)]
    book(desk, offerings[0], at("10:00", day=1))
    desk.agenda.show(TUESDAY)  # whoever is the first also looks for what is kept afterwards

    def statements(query: AgendaQuery) -> int:
        before = database.statistics.statements
        desk.agenda.show(query)
        return database.statistics.statements - before

    little = statements(TUESDAY)
    for number in range(8):
        for offering in offerings:
            book(desk, offering, at("14:00", day=number + 1))
            hold(desk, offering, at("14:00", day=number + 1) + 2 * HOUR)
    much = statements(AgendaQuery(first_on=day(1), last_on=day(14)))

    assert much <= little + 1, "but for who began before, nothing is looked for one by one"
    assert much <= 14


def test_days_are_bounded_and_only_staff_look(engine: Engine, desk: TenantEngine) -> None:
    """AC-P02."""
    nobody = Actor(kind=ActorKind.CUSTOMER_LINK, actor_id="vis_nobody")

    def asked(first: int, last: int) -> list[tuple[str, str]]:
        query = AgendaQuery(first_on=day(first), last_on=day(last))
        return pointers(refusal_of(lambda: desk.agenda.show(query)))

    assert asked(1, 0) == [("/to", "reversed")]
    assert asked(0, 42) == [("/to", "too_many")]
    with pytest.raises(AccessDenied):
        engine.at(desk.tenant_id, actor=nobody).agenda.show(TUESDAY)


def test_days_are_those_of_the_business(engine: Engine) -> None:
    desk = open_desk(engine, slug="far", zone="Pacific/Auckland")

    agenda = desk.agenda.show(TUESDAY)

    assert agenda.interval.ends_at - agenda.interval.starts_at == timedelta(days=1)
    assert agenda.interval.starts_at == at("12:00")
