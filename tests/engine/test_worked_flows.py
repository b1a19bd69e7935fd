"""The flows of seed 003: a patient, a doctor's day, an emergency, and those who wait."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import Booking, BookingStatus, PendingReason
from holdfast.domain.customers import Contact
from holdfast.domain.offerings import Offering
from holdfast.domain.policies import Policy
from holdfast.domain.requirements import Choosing, Requirement
from holdfast.domain.resources import Resource
from holdfast.domain.waitlists import InLine, WaitlistStatus, WishedDates, Wishes
from holdfast.engine.availability import AvailabilityQuery
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.facade.bookings import BookingQuery
from holdfast.engine.facade.emergencies import Emergency
from holdfast.engine.making import Details
from holdfast.engine.offerings import AddOffering
from holdfast.engine.resources import AddResource
from holdfast.engine.schedules import WeeklyOpening
from holdfast.testing.clocks import ManualClock
from holdfast.workers.invite import invite_waiting
from tests.engine.businesses import ADA, HOUR, MINUTE, at, open_desk

WEEKDAYS = (1, 2, 3, 4, 5)
PRICE = 2_500
FIELDS: tuple[dict[str, object], ...] = (
    {"key": "symptoms", "label": "Symptoms", "type": "text", "required": True},
    {
        "key": "urgency",
        "label": "Urgency",
        "type": "select",
        "required": True,
        "options": ["low", "high"],
    },
)
AT_TEN = Wishes(
    dates=(WishedDates(first=date(2026, 6, 2), last=date(2026, 6, 2)),),
    first_minute=600,
    last_minute=600,
)
ILL: dict[str, object] = {"symptoms": "cough", "urgency": "low"}


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A practice at its desk."""
    return open_desk(engine, zone="Europe/Paris", horizon_days=60)


@pytest.fixture
def doctors(desk: TenantEngine) -> list[Resource]:
    """Two doctors."""
    return [desk.resources.add(AddResource(name=name)) for name in ("Dr Martin", "Dr Dupont")]


@pytest.fixture
def visit(desk: TenantEngine, doctors: list[Resource]) -> Offering:
    """A visit to any of them on weekday mornings, which is paid beforehand."""
    either = Requirement(
        resource_ids=tuple(one.resource_id for one in doctors),
        choosing=Choosing.ANY_OF,
        role="doctor",
    )
    offering = desk.offerings.add(
        AddOffering(
            slug="visit",
            name="Visit",
            duration=HOUR / 2,
            price_minor=PRICE,
            requirements=(either,),
            fields=FIELDS,
            policy=Policy(needs_payment=True),
            has_waitlist=True,
        )
    )
    mornings = WeeklyOpening(weekdays=WEEKDAYS, opens_minute=9 * 60, closes_minute=12 * 60)
    desk.schedules.set(offering.offering_id, [mornings])
    return offering


def _book(desk: TenantEngine, visit: Offering, clock_time: str, day: int = 0) -> Booking:
    return desk.bookings.place(
        choice=Choice(offering_id=visit.offering_id, starts_at=at(clock_time, day=day)),
        details=Details(contact=ADA, answers=ILL),
    )


def test_a_patient_finds_a_time_within_a_month_answers_pays_and_is_confirmed(
    desk: TenantEngine, visit: Offering
) -> None:
    """AC-V04, B-174."""
    query = AvailabilityQuery(
        offering_id=visit.offering_id, starts_at=at("00:00", day=1), ends_at=at("00:00", day=30)
    )
    slots = desk.availability.answer(query).slots

    booked = desk.bookings.place(
        choice=Choice(slot_id=slots[-1].slot_id), details=Details(contact=ADA, answers=ILL)
    )
    paid = desk.bookings.record_paid(booked.booking_id, paid_minor=PRICE)

    working_days = 21
    assert len(slots) == working_days * 6
    assert {slot.remaining for slot in slots} == {2}
    assert (booked.status, booked.pending_reasons) == (
        BookingStatus.PENDING,
        (PendingReason.PAYMENT,),
    )
    assert booked.answers == ILL
    assert (paid.status, paid.price.amount_minor) == (BookingStatus.CONFIRMED, PRICE)
    assert desk.availability.answer(query).slots[-1].remaining == 1


def test_a_doctor_sees_the_day_the_week_and_what_it_comes_to(
    desk: TenantEngine, doctors: list[Resource], visit: Offering
) -> None:
    """AC-V04, AC-E08, B-175: by who serves, with the name as it was."""
    today = [_book(desk, visit, "08:00") for _ in range(2)]
    desk.bookings.record_paid(today[0].booking_id, paid_minor=PRICE)
    later = _book(desk, visit, "08:00", day=3)
    desk.bookings.record_paid(later.booking_id, paid_minor=PRICE)
    martin = doctors[0].resource_id
    day = BookingQuery(served_by=martin, starts_from=at("00:00"), starts_before=at("00:00", day=1))
    week = BookingQuery(
        served_by=martin,
        starts_from=at("00:00"),
        starts_before=at("00:00", day=7),
        statuses=(BookingStatus.CONFIRMED,),
    )

    of_day, of_week = desk.bookings.list(query=day).items, desk.bookings.list(query=week).items

    assert [one.assigned[0].name for one in of_day] == ["Dr Martin"]
    assert {one.booking_id for one in of_week} == {today[0].booking_id, later.booking_id}
    assert desk.bookings.count() == {"confirmed": 2, "pending": 1}
    assert sum(one.paid_minor for one in of_week) == 2 * PRICE


def test_an_emergency_gets_the_first_time_within_two_hours_or_the_head_of_the_line(
    engine: Engine, desk: TenantEngine, visit: Offering, clock: ManualClock
) -> None:
    """AC-V04, AC-B14, AC-D18, AC-H04, B-176."""
    clock.set(at("06:10"))
    wanted = Emergency(
        offering_id=visit.offering_id, max_wait=timedelta(hours=2), reason="it bleeds"
    )
    details = Details(contact=ADA, answers={**ILL, "urgency": "high"})

    first = desk.bookings.emergency(wanted, details=details)
    for clock_time in ("07:00", "07:30", "08:00"):
        while desk.availability.check(
            Choice(offering_id=visit.offering_id, starts_at=at(clock_time))
        ).can_book:
            _book(desk, visit, clock_time)
    second = desk.bookings.emergency(wanted, details=details)

    assert isinstance(first, Booking)
    assert (first.starts_at, first.source) == (at("07:00"), "emergency")
    assert isinstance(second, InLine)
    assert (second.position, second.entry.priority > 0) == (1, True)


def test_those_who_wait_are_asked_one_after_the_other_for_half_an_hour_each(
    engine: Engine, desk: TenantEngine, visit: Offering, clock: ManualClock
) -> None:
    """AC-V04, AC-H02, B-177: with the place held for whoever is asked."""
    bookings = [_book(desk, visit, "08:00", day=1) for _ in range(2)]
    lines = []
    for name in ("Ada", "Ben"):
        clock.advance(seconds=1)
        contact = Contact(name=name, email=f"{name.lower()}@b.example")
        details = Details(contact=contact, answers=ILL)
        lines.append(desk.waitlist.join(visit.offering_id, wishes=AT_TEN, details=details))
    desk.bookings.cancel(bookings[0].booking_id)

    invite_waiting(engine)
    first = [desk.waitlist.get(one.entry.entry_id).entry.status for one in lines]
    clock.set(clock.now() + 30 * MINUTE)
    invite_waiting(engine)
    second = [desk.waitlist.get(one.entry.entry_id).entry.status for one in lines]

    assert first == [WaitlistStatus.INVITED, WaitlistStatus.WAITING]
    assert second == [WaitlistStatus.EXPIRED, WaitlistStatus.INVITED]
