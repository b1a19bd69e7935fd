"""The businesses of the other documents: each opens, lists and books as its document says.

Sarah, Dr Martin and the concert of seed 000 are golden tests 2 to 4.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import partial

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import Booking, BookingStatus
from holdfast.domain.ids import OfferingId
from holdfast.domain.offerings import Counting
from holdfast.domain.policies import ActiveLimit, LimitScope, Policy
from holdfast.domain.requirements import Requirement
from holdfast.domain.zones import zone
from holdfast.engine.availability import AvailabilityQuery
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.offerings import AddOffering
from holdfast.engine.resources import AddResource
from holdfast.engine.schedules import WeeklyOpening
from holdfast.testing.clocks import ManualClock
from holdfast.testing.samples.dated import open_region, open_rental
from holdfast.testing.samples.first import open_concert
from holdfast.testing.samples.hours import open_studio
from holdfast.testing.samples.tables import open_bistro
from tests.engine.businesses import FOR_ADA, HOUR, MINUTE, at, cause_of, open_desk, refusal_of

PARIS = zone("Europe/Paris")
WEDNESDAY, SATURDAY = date(2026, 6, 3), date(2026, 6, 6)


def listed(
    desk: TenantEngine, offering_id: OfferingId, first: date, last: date, party_size: int = 1
) -> list[str]:
    """Return when what is open begins, on the wall clock of the business."""
    query = AvailabilityQuery(
        offering_id=offering_id, first_on=first, last_on=last, party_size=party_size
    )
    answer = desk.availability.answer(query)
    here = zone(answer.zone)
    return [slot.starts_at.astimezone(here).strftime("%a %H:%M") for slot in answer.slots]


def book(desk: TenantEngine, choice: Choice, party_size: int = 1) -> Booking:
    return desk.bookings.place(choice=choice, party_size=party_size, details=FOR_ADA)


def test_le_bistro_has_two_sittings_a_day_and_eight_covers(
    engine: Engine, clock: ManualClock
) -> None:
    """AC-B08, AC-V02, M-77: slots made by hand for 30 days, parties of four."""
    bistro = open_bistro(engine, now=clock.now())
    desk, meal = bistro.desk, bistro.meal.offering_id
    query = AvailabilityQuery(
        offering_id=meal, starts_at=clock.now(), ends_at=clock.now() + timedelta(days=32)
    )
    slots = desk.availability.answer(query).slots

    fours = [book(desk, Choice(slot_id=slots[0].slot_id), 4) for _ in range(2)]
    full = refusal_of(lambda: book(desk, Choice(slot_id=slots[0].slot_id)))
    after = desk.availability.answer(replace(query, party_size=8)).slots

    clock_times = {
        (one.starts_at.astimezone(PARIS).hour, one.ends_at.astimezone(PARIS).hour) for one in slots
    }
    assert (len(slots), clock_times) == (60, {(12, 14), (19, 23)})
    assert [one.status for one in fours] == [BookingStatus.CONFIRMED] * 2
    assert full.code == "capacity.exceeded"
    assert after == slots[1:]


def test_salle_mont_blanc_is_one_partys_with_a_quarter_of_an_hour_after_each(
    engine: Engine,
) -> None:
    """AC-B15, AC-V02, M-80, C-19, C-23: twelve hours a day; a booking hides what it touches."""
    desk = open_desk(engine, zone="Europe/Paris")
    room = desk.resources.add(AddResource(name="Salle Mont-Blanc", kind="room", party_max=12))
    desk.schedules.set(
        room.resource_id,
        [WeeklyOpening(weekdays=(1, 2, 3, 4, 5), opens_minute=8 * 60, closes_minute=20 * 60)],
    )
    hour = desk.offerings.add(
        AddOffering(
            slug="hour",
            name="An hour",
            duration=HOUR,
            buffer_after=15 * MINUTE,
            requirements=(Requirement(resource_id=room.resource_id),),
            policy=Policy(active_limits=(ActiveLimit(scope=LimitScope.RESOURCE, most=3),)),
        )
    ).offering_id
    day = partial(listed, desk, hour, WEDNESDAY, WEDNESDAY, 12)
    before = day()

    book(desk, Choice(offering_id=hour, starts_at=at("08:00", day=2)), 12)
    after = day()
    for clock_time in ("12:00", "14:00"):
        book(desk, Choice(offering_id=hour, starts_at=at(clock_time, day=2)))

    assert before == [f"Wed {clock:02}:00" for clock in range(8, 20)]
    # From 10:00 to 11:15 in Paris: it takes the hour after, and the one before needs its quarter.
    assert set(before) - set(after) == {"Wed 09:00", "Wed 10:00", "Wed 11:00"}
    assert listed(desk, hour, SATURDAY, SATURDAY) == []
    fourth = Choice(offering_id=hour, starts_at=at("16:00", day=2))
    assert cause_of(lambda: book(desk, fourth))["code"] == "policy.limit_reached"
    assert refusal_of(lambda: book(desk, fourth, 13)).code == "policy.party_size"


def test_the_live_class_has_thirty_places_every_wednesday_in_algiers(engine: Engine) -> None:
    """AC-B01, AC-V02, M-78: a zone without daylight saving, and a teacher taken once."""
    studio = open_studio(engine)
    desk, live = studio.desk, studio.live.offering_id
    open_then = listed(desk, live, date(2026, 6, 1), date(2026, 6, 30), 4)
    choice = Choice(offering_id=live, starts_at=at("13:00", day=2))

    booked = [book(desk, choice, 4) for _ in range(7)]
    left = desk.availability.check(choice).availability.remaining
    short = refusal_of(lambda: book(desk, choice, 3))

    assert open_then == ["Wed 14:00"] * 4
    assert {one.ends_at - one.starts_at for one in booked} == {90 * MINUTE}
    assert {one.assigned[0].resource_id for one in booked} == {studio.teacher.resource_id}
    assert (left, short.fields["remaining"]) == (2, 2)


def test_the_concert_is_one_slot_of_the_whole_evening(engine: Engine) -> None:
    """AC-B08, AC-V02, M-81: 20:00 to 23:00 in Paris, and nothing else."""
    concert = open_concert(engine, starts_at=at("18:00", day=14))
    query = AvailabilityQuery(
        offering_id=concert.ticket.offering_id, starts_at=at("00:00"), ends_at=at("00:00", day=60)
    )

    [slot] = concert.desk.availability.answer(query).slots
    booked = book(concert.desk, Choice(slot_id=slot.slot_id), 10)

    hours = [one.astimezone(PARIS).strftime("%d %H:%M") for one in (slot.starts_at, slot.ends_at)]
    assert (hours, slot.remaining) == (["15 20:00", "15 23:00"], 250)
    assert concert.ticket.counting is Counting.PLACES
    assert booked.party_size == 10


def test_the_vehicle_of_fraser_island_is_booked_by_scattered_days_of_its_calendar(
    engine: Engine, clock: ManualClock
) -> None:
    """AC-B11, AC-V05, R-01, R-08, R-14: a calendar for a year, ranges with their last day."""
    rental = open_rental(engine, now=clock.now())
    desk, hire = rental.desk, rental.hire.offering_id
    days = [date(2026, 7, day) for day in range(14, 19)]
    query = AvailabilityQuery(offering_id=hire, first_on=days[0], last_on=days[-1])
    year = replace(query, first_on=date(2026, 6, 1), last_on=date(2027, 5, 31))
    open_days = sum(day.is_available for day in desk.availability.by_day(year).days)

    booked = book(desk, Choice(offering_id=hire, dates=(days[1], days[3])))
    answer = desk.availability.by_day(query)
    refusal = refusal_of(lambda: book(desk, Choice(offering_id=hire, dates=(days[0], days[1]))))

    assert open_days >= 363
    assert booked.dates == (days[1], days[3])
    assert [day.is_available for day in answer.days] == [True, False, True, False, True]
    assert not answer.all_dates_available
    assert refusal.fields["dates"] == ({"date": "2026-07-15", "requested": 1, "remaining": 0},)


def test_the_region_gives_as_many_days_as_it_has_of_setups_and_operators(engine: Engine) -> None:
    """AC-C11, AC-V05, D-03..D-05, D-18: pending days take nothing; the fifth yes is refused."""
    region = open_region(engine)
    desk = region.desk
    choice = Choice(
        offering_id=region.training.offering_id, dates=(WEDNESDAY,), components=("module-x",)
    )
    before = desk.availability.check(choice, party_size=12).availability.remaining

    asked = [book(desk, choice, 12) for _ in range(5)]
    approved = [desk.bookings.confirm(one.booking_id) for one in asked[:4]]
    refused = refusal_of(lambda: desk.bookings.confirm(asked[4].booking_id))

    assert before == 4
    assert {one.status for one in asked} == {BookingStatus.PENDING}
    assert [len(one.assigned) for one in approved] == [2, 2, 2, 2]
    assert refused.code == "capacity.exceeded"
    assert desk.bookings.get(asked[4].booking_id).status is BookingStatus.PENDING
    alternatives = refused.fields["alternatives"]
    assert isinstance(alternatives, tuple)
    assert len(alternatives) == 5
    assert refusal_of(lambda: book(desk, choice, 13)).fields["limited_by"] == "module-x"
