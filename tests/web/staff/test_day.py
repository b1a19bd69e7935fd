"""The day (AC-R06): today and the next seven days, with counts and revenue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from holdfast.domain.access import Role
from holdfast.domain.bookings import BookingStatus
from holdfast.domain.customers import Contact
from holdfast.domain.errors import InputInvalid
from holdfast.domain.money import Money
from holdfast.domain.offerings import OfferingStatus
from holdfast.domain.zones import zone
from holdfast.engine.availability import AvailabilityQuery
from holdfast.engine.facade import TenantEngine
from holdfast.engine.making import Details
from holdfast.engine.outlook import OutlookDay
from tests.web.conftest import Town
from tests.web.staff.workers import Worker


def book(desk: TenantEngine, town: Town, *, after_days: int, count: int) -> None:
    """Book the first haircuts of a day."""
    first = town.clock.now() + timedelta(days=after_days)
    query = AvailabilityQuery(
        offering_id=town.street.salon.cut.offering_id,
        starts_at=first,
        ends_at=first + timedelta(days=1),
    )
    for slot in desk.availability.answer(query).slots[::4][:count]:
        details = Details(contact=Contact(name=f"Guest {slot.starts_at:%d %H:%M}"))
        desk.bookings.place(slot_id=slot.slot_id, details=details)


def euros(amount_minor: int) -> Money:
    """Return an amount of the salon's."""
    return Money(amount_minor=amount_minor, currency="EUR")


def test_today_and_each_of_the_next_days_are_counted(town: Town) -> None:
    desk = town.street.salon.desk
    book(desk, town, after_days=1, count=3)
    book(desk, town, after_days=3, count=1)
    town.clock.advance(hours=15)
    first, second, *_ = desk.reports.outlook().today
    desk.bookings.cancel(first.booking_id)
    desk.bookings.record_paid(second.booking_id, paid_minor=2_000, refunded_minor=500)

    outlook = desk.reports.outlook()

    days = {day.on: day for day in outlook.days}
    today = town.clock.now().astimezone(zone("Europe/Paris")).date()
    assert list(days) == [today + timedelta(days=count) for count in range(8)]
    assert days[today] == OutlookDay(
        on=today,
        statuses={BookingStatus.CONFIRMED: 2},
        people=2,
        revenue=euros(5_000),
        paid=euros(1_500),
    )
    assert days[today + timedelta(days=2)].revenue == euros(2_500)
    assert sum(day.count for day in outlook.days) == 3
    assert [one.booking_id for one in outlook.today] != []
    assert not outlook.is_cut


@pytest.mark.parametrize("days", [0, -1, 32])
def test_as_many_days_as_a_month_has_can_be_asked_for(town: Town, days: int) -> None:
    with pytest.raises(InputInvalid):
        town.street.salon.desk.reports.outlook(days=days)


def test_the_page_shows_who_comes_and_what_comes_in(town: Town, staff: Worker) -> None:
    book(town.street.salon.desk, town, after_days=1, count=2)
    town.clock.advance(hours=15)

    staff.at()

    assert "Guest 02" in staff.page.text
    assert "Revenue €50.00" in staff.page.text
    assert "The next seven days" in staff.page.text


def test_a_new_business_is_told_the_first_steps(town: Town, engine_with_nothing: Worker) -> None:
    assert "Three steps to your first booking" in engine_with_nothing.page.text


@pytest.fixture
def engine_with_nothing(town: Town, staff: Worker) -> Worker:
    """The salon's owner, once nothing is on offer there."""
    desk = town.street.salon.desk
    for offering in desk.offerings.list().items:
        desk.offerings.change(offering.offering_id, {"status": OfferingStatus.INACTIVE})
    staff.at()
    return staff


def test_a_viewer_looks_at_the_day(staff_as: Callable[[Role], Worker]) -> None:
    assert "The next seven days" in staff_as(Role.VIEWER).page.text
