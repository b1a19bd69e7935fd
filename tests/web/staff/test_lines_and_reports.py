"""The waitlist, the customers and the picture of how full it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from holdfast.domain.access import Role
from holdfast.domain.bookings import BookingStatus
from holdfast.domain.customers import Contact
from holdfast.domain.ids import BookingId
from holdfast.domain.offerings import Counting
from holdfast.domain.waitlists import WaitlistStatus
from holdfast.engine.availability import AvailabilityQuery
from holdfast.engine.facade import TenantEngine
from holdfast.engine.making import Details
from holdfast.engine.offerings import AddOffering
from holdfast.engine.slots import AddSlot
from holdfast.workers.invite import invite_waiting
from tests.web.conftest import Town
from tests.web.staff.workers import Worker


def details(name: str) -> Details:
    return Details(contact=Contact(name=name, email=f"{name.lower()}@example.com"))


def full_evening(town: Town) -> tuple[TenantEngine, BookingId]:
    """An evening of one place that is taken, for which two wait; returns its booking."""
    desk = town.street.salon.desk
    evening = desk.offerings.add(
        AddOffering(
            slug="make-up-evening",
            name="Make-up evening",
            counting=Counting.PLACES,
            slot_capacity=1,
            duration=timedelta(hours=2),
            has_waitlist=True,
        )
    )
    slot = desk.slots.add(
        AddSlot(
            slot_id=desk.slots.new_id(),
            offering_id=evening.offering_id,
            starts_at=town.clock.now().replace(minute=0, second=0, microsecond=0)
            + timedelta(days=3),
        )
    )
    booking = desk.bookings.place(slot_id=slot.slot_id, details=details("Ada"))
    for name in ("Ben", "Cleo"):
        town.clock.advance(seconds=1)
        desk.waitlist.join(evening.offering_id, details=details(name))
    return desk, booking.booking_id


def test_the_waitlist_shows_who_waits_in_their_order(town: Town, staff: Worker) -> None:
    # AC-H01, AC-T06
    full_evening(town)

    staff.at("/waitlist")

    text = staff.page.text
    assert "Make-up evening" in text
    assert text.index("Ben") < text.index("Cleo")
    assert "No. 1 in line" in text
    assert "ben@example.com" in text


def test_staff_take_somebody_off_and_answer_an_invitation_for_them(
    town: Town, staff: Worker
) -> None:
    desk, booking_id = full_evening(town)
    desk.bookings.cancel(booking_id)
    invite_waiting(town.engine)
    staff.at("/waitlist")
    assert "invited" in staff.page.text

    staff.press("Book it")

    ben, cleo = (line.entry for line in desk.waitlist.list().items)
    assert ben.status is WaitlistStatus.ACCEPTED
    assert str(ben.booking_id) in staff.url
    staff.at("/waitlist")
    staff.press("Take off the list")
    assert desk.waitlist.get(cleo.entry_id).entry.status is WaitlistStatus.LEFT
    assert "Nobody is waiting" in staff.page.text


def test_what_cannot_be_done_any_more_is_said(town: Town, staff: Worker) -> None:
    desk, booking_id = full_evening(town)
    desk.bookings.cancel(booking_id)
    invite_waiting(town.engine)
    staff.at("/waitlist")
    town.clock.advance(hours=2)

    staff.press("Book it")

    assert staff.status == 409
    assert "Waitlist" in staff.page.text
    staff.send("/waitlist", entry="wle_nobody", act="leave")
    assert staff.status == 404


def book_some(town: Town, count: int) -> None:
    desk = town.street.salon.desk
    query = AvailabilityQuery(
        offering_id=town.street.salon.cut.offering_id,
        starts_at=town.clock.now(),
        ends_at=town.clock.now() + timedelta(days=3),
    )
    for slot in desk.availability.answer(query).slots[::4][:count]:
        desk.bookings.place(slot_id=slot.slot_id, details=details("Ada"))


def test_reports_show_how_full_each_resource_is(town: Town, staff: Worker) -> None:
    # AC-R05
    book_some(town, 4)

    staff.at("/reports")

    resources = town.street.salon.desk.resources.list().items
    assert all(one.name in staff.page.text for one in resources)
    assert re.search(r'<td class="heat-[1-5]">[1-9]', staff.page.source)
    staff.at("/reports", on="not a day")
    assert staff.status == 200
    staff.at("/reports", on="9999-12-31")
    assert staff.status == 200


def test_customers_are_found_with_what_they_have_booked(town: Town, staff: Worker) -> None:
    book_some(town, 2)
    staff.at("/customers", q="Ben")
    assert "Nobody found" in staff.page.text
    staff.at("/customers", q="Ad")
    assert "ada@example.com" in staff.page.text

    staff.follow("Ada")

    assert "Bookings" in staff.page.text
    assert staff.page.text.count("confirmed") >= 2


def test_a_customer_is_kept_from_booking_and_let_back(town: Town, staff: Worker) -> None:
    # AC-I
    book_some(town, 1)
    desk = town.street.salon.desk
    (customer,) = desk.customers.list(email="ada@example.com").items
    path = f"/customers/{customer.customer_id}"
    staff.at(path)
    until = (town.clock.now() + timedelta(days=9)).date().isoformat()

    staff.send(path, act="block", until="", reason="x")
    assert staff.status == 422
    staff.send(path, act="block", until=until, reason="threw a brush")
    staff.at(path)
    assert "May not book before" in staff.page.text
    assert "threw a brush" in staff.page.text
    staff.press("Let them book again")
    assert desk.customers.get(customer.customer_id).blocked_until is None


def test_whose_name_changes_elsewhere_is_not_overwritten(town: Town, staff: Worker) -> None:
    book_some(town, 1)
    desk = town.street.salon.desk
    (customer,) = desk.customers.list(email="ada@example.com").items
    path = f"/customers/{customer.customer_id}"
    staff.at(path)
    desk.customers.change(customer.customer_id, {"name": "Ada Byron"})

    staff.send(path, act="change", name="Ada Lovelace", version=str(customer.version))

    assert staff.status == 412
    assert desk.customers.get(customer.customer_id).name == "Ada Byron"
    assert "Ada Lovelace" in staff.page.source


def test_a_viewer_looks_and_changes_nothing(town: Town, staff_as: Callable[[Role], Worker]) -> None:
    # AC-P02
    desk, _ = full_evening(town)
    viewer = staff_as(Role.VIEWER)
    viewer.at("/waitlist")
    assert "Take off" not in viewer.page.text
    (first, *_) = desk.waitlist.list().items
    viewer.send("/waitlist", entry=first.entry.entry_id, act="leave")
    assert viewer.status == 403
    viewer.at("/reports")
    assert viewer.status == 200
    assert BookingStatus.CONFIRMED in {one.status for one in desk.bookings.list().items}
