"""A booking's page: everything of it, and every act that staff may do, each done by the engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from holdfast.domain.access import Role
from holdfast.domain.bookings import Booking, BookingStatus
from holdfast.domain.customers import Contact
from holdfast.domain.offerings import Offering
from holdfast.domain.policies import Policy
from holdfast.domain.zones import zone
from holdfast.engine.availability import AvailabilityQuery
from holdfast.engine.making import Details
from tests.web.conftest import Town
from tests.web.staff.workers import SLUG, Worker, worker_of
from tests.web.visitors import Button, Visitor

ADA = Contact(name="Ada Lovelace", email="ada@example.com", phone="+33 6 12 34 56 78")


def book(town: Town, offering: Offering | None = None, contact: Contact = ADA) -> Booking:
    """Book the first free haircut."""
    desk = town.street.salon.desk
    chosen = offering or town.street.salon.cut
    slot = desk.availability.answer(AvailabilityQuery(offering_id=chosen.offering_id)).slots[0]
    details = Details(contact=contact, note="By the window")
    return desk.bookings.place(slot_id=slot.slot_id, details=details)


def opened(staff: Worker, booking: Booking) -> Worker:
    """Open a booking's page."""
    staff.at(f"/bookings/{booking.booking_id}")
    assert staff.status == 200
    return staff


def wait(town: Town, staff: Worker, until: datetime) -> None:
    """Let time pass; who signed in before does so again."""
    town.clock.set(until)
    staff.sign_in(staff.email)


def act_of(staff: Worker, value: str) -> Button:
    """Return the button of an act."""
    return next(one for one in staff.page.buttons if one.value == value)


def now_of(town: Town, booking: Booking) -> Booking:
    """Return a booking as it is now."""
    return town.street.salon.desk.bookings.get(booking.booking_id)


def test_the_page_says_who_what_when_and_what_it_costs(town: Town, staff: Worker) -> None:
    booking = book(town)

    text = opened(staff, booking).page.text

    for said in (booking.number, "Ada Lovelace", "ada@example.com", "By the window", "Haircut"):
        assert said in text
    assert "confirmed" in text
    assert "Booked" in text  # its history


def test_a_visit_goes_from_check_in_to_check_out_and_back(town: Town, staff: Worker) -> None:
    booking = book(town)
    wait(town, staff, booking.starts_at)

    opened(staff, booking).press("Check in")
    assert now_of(town, booking).status is BookingStatus.CHECKED_IN
    staff.press("Check out")
    assert now_of(town, booking).status is BookingStatus.COMPLETED
    staff.press("Take the last step back")

    assert now_of(town, booking).status is BookingStatus.CHECKED_IN
    assert "Undone" in staff.page.text
    assert "Owner" in staff.page.text  # who did it


def test_it_is_rated_once_it_took_place(town: Town, staff: Worker) -> None:
    booking = book(town)
    wait(town, staff, booking.ends_at)
    opened(staff, booking).press("It took place")
    staff.fill(rating="4", feedback="Quick.")

    staff.press(act_of(staff, "rate"))

    found = now_of(town, booking)
    assert (found.status, found.rating, found.feedback) == (BookingStatus.COMPLETED, 4, "Quick.")


def test_nobody_came(town: Town, staff: Worker) -> None:
    booking = book(town)
    wait(town, staff, booking.starts_at + timedelta(minutes=20))

    opened(staff, booking).press("Nobody came")

    assert now_of(town, booking).status is BookingStatus.NO_SHOW


def test_cancelling_shows_what_goes_back_and_settles_it(town: Town, staff: Worker) -> None:
    booking = book(town)
    opened(staff, booking)
    staff.fill(paid="25,00")
    staff.press("Record")
    assert "€25.00 go back" in staff.page.text
    staff.fill(reason="The chair broke")

    staff.press("Cancel the booking")

    found = now_of(town, booking)
    assert found.status is BookingStatus.CANCELLED
    assert found.cancel_reason == "The chair broke"
    assert found.settlement is not None
    assert found.settlement.refund.amount_minor == 2_500
    assert "To be paid back" in staff.page.text


@pytest.mark.parametrize("typed", ["ten", "-1", "1.234", "", "9" * 20, "1e3"])
def test_an_amount_that_is_none_is_refused_and_stays_typed(
    town: Town, staff: Worker, typed: str
) -> None:
    booking = book(town)
    opened(staff, booking)
    staff.fill(paid=typed)

    staff.press("Record")

    assert staff.status == 422
    assert now_of(town, booking).paid_minor == 0


def test_a_note_and_a_contact_are_changed(town: Town, staff: Worker) -> None:
    booking = book(town)
    opened(staff, booking)
    staff.fill(internal_note="Likes tea.", reference="A-17")
    staff.press(act_of(staff, "note"))
    staff.fill(name="Ada King", phone="")
    staff.press(act_of(staff, "contact"))

    found = now_of(town, booking)
    assert (found.internal_note, found.reference) == ("Likes tea.", "A-17")
    assert found.contact == Contact(name="Ada King", email="ada@example.com", phone=None)


def test_it_moves_to_a_time_that_is_free(town: Town, staff: Worker) -> None:
    booking = book(town)
    opened(staff, booking).follow("Move to another time")
    free = staff.page.buttons_named("slot")
    assert free

    staff.press(free[-1])

    moved = now_of(town, booking)
    assert moved.starts_at > booking.starts_at
    assert "Moved" in staff.page.text


def test_a_move_to_a_taken_time_is_refused_with_what_is_free(town: Town, staff: Worker) -> None:
    first, second = book(town), book(town, contact=Contact(name="Bob", email="b@example.com"))
    opened(staff, second).follow("Move to another time")
    local = first.starts_at.astimezone(zone(first.zone))
    staff.fill(on=f"{local:%Y-%m-%d}", at=f"{local:%H:%M}")

    staff.press("Move it")

    assert staff.status == 409
    assert staff.page.buttons_named("slot")
    assert now_of(town, second).starts_at == second.starts_at


def test_a_page_that_is_old_does_not_move_what_has_moved(town: Town, staff: Worker) -> None:
    booking = book(town)
    staff.at(f"/bookings/{booking.booking_id}/move")
    form = staff.page.buttons_named("slot")[-1]
    town.street.salon.desk.bookings.change(booking.booking_id, {"note": "changed"})

    staff.press(form)

    assert staff.status == 412
    assert now_of(town, booking).starts_at == booking.starts_at


@pytest.fixture
def waiting(town: Town) -> Booking:
    """A booking that waits for approval."""
    desk = town.street.salon.desk
    policy = Policy(is_approved_by_hand=True)
    offering = desk.offerings.change(town.street.salon.cut.offering_id, {"policy": policy})
    return book(town, offering)


def test_who_waits_is_counted_in_the_rail_and_approved_by_one_click(
    town: Town, staff: Worker, waiting: Booking
) -> None:
    staff.at()
    assert "1 waiting" in staff.page.text
    staff.follow("Approvals")

    staff.press("Approve")

    assert now_of(town, waiting).status is BookingStatus.CONFIRMED
    assert staff.url == f"/staff/{SLUG}/approvals"
    assert "Nobody is waiting" in staff.page.text


def test_what_waits_by_the_day_says_its_days_and_no_times(town: Town) -> None:
    visitor = Visitor(town.pages)
    visitor.open("/occitanie/training-day", days="2026-06-04")
    visitor.press("Keep this day")
    visitor.fill(name="Ada", email="ada@example.com")
    visitor.submit("details")
    operator = worker_of(town, Role.OWNER, slug="occitanie")

    operator.at("/approvals")

    assert "Thu 4 Jun" in operator.page.text
    assert "00:00" not in operator.page.text


def test_who_waits_is_declined_by_one_click(town: Town, staff: Worker, waiting: Booking) -> None:
    staff.at("/approvals")

    staff.press("Decline")

    assert now_of(town, waiting).status is BookingStatus.DECLINED


def test_a_viewer_sees_all_but_history_and_does_nothing(
    town: Town, staff_as: Callable[[Role], Worker], waiting: Booking
) -> None:
    viewer = staff_as(Role.VIEWER)
    token = viewer.token
    viewer.at(f"/bookings/{waiting.booking_id}")
    assert "Ada Lovelace" in viewer.page.text
    assert viewer.page.buttons_named("act") == []
    viewer.at("/approvals")
    assert viewer.page.buttons_named("act") == []

    viewer.post(
        f"/staff/{SLUG}/bookings/{waiting.booking_id}",
        {"act": "confirm", "token": token},
        sec_fetch_site="same-origin",
    )

    assert viewer.status == 403
    assert now_of(town, waiting).status is BookingStatus.PENDING


@pytest.mark.parametrize(
    "words",
    ["{number}", "Ada@Example.com", "0033 6 12 34 56 78", "ada love", "LOVELACE", "lovelace a"],
)
def test_a_booking_is_found_by_what_a_caller_says(town: Town, staff: Worker, words: str) -> None:
    booking = book(town)
    book(town, contact=Contact(name="Bob", email="bob@example.com"))

    staff.at("/bookings", q=words.format(number=booking.number.lower()))

    assert "Ada Lovelace" in staff.page.text
    assert "Bob" not in staff.page.text


@pytest.mark.parametrize(
    "words", ["love", "example.com", "%", "_", "6 12", "' OR 1=1", "\U0010ffff"]
)
def test_nothing_is_found_by_a_part_or_by_signs(town: Town, staff: Worker, words: str) -> None:
    book(town, contact=Contact(name="Ada", email="ada@example.com", phone="+33 6 12 34 56 78"))

    staff.at("/bookings", q=words)

    assert staff.status == 200
    assert "Nothing found" in staff.page.text


def test_what_is_no_booking_here_is_not_found(town: Town, staff: Worker) -> None:
    for name in ("bkg_x", "x", "bkg_01m7zq13akekpvrnh76bz78jy2", "%2e%2e"):
        staff.at(f"/bookings/{name}")
        assert staff.status == 404


def test_a_button_that_is_not_there_does_nothing(town: Town, staff: Worker) -> None:
    booking = book(town)
    token = staff.token

    for act in ("", "explode", "waive"):
        staff.post(
            f"/staff/{SLUG}/bookings/{booking.booking_id}",
            {"act": act, "token": token},
            sec_fetch_site="same-origin",
        )
        assert staff.status == 422

    assert now_of(town, booking) == booking


def test_what_is_set_aside_takes_a_reason_and_is_remembered(town: Town, staff: Worker) -> None:
    booking = book(town)
    opened(staff, booking).press("Check in")
    assert staff.status == 409
    assert "It is too early for that. With a reason" in staff.page.text
    first = town.street.salon.desk.bookings.get(booking.booking_id)
    staff.at(f"/bookings/{booking.booking_id}/move")
    staff.fill(on="2026-06-07", at="05:00")
    staff.post(
        f"/staff/{SLUG}/bookings/{booking.booking_id}",
        {
            "token": staff.token,
            "act": "move",
            "on": "2026-06-07",
            "at": "05:00",
            "sets_aside": "1",
            "version": str(first.version),
        },
        sec_fetch_site="same-origin",
    )
    assert staff.status == 422
    assert "it takes a reason" in staff.page.text

    opened(staff, booking)
    staff.fill(reason="She is here already")
    staff.press([one for one in staff.page.buttons if one.value == "check_in"][1])

    assert now_of(town, booking).status is BookingStatus.CHECKED_IN
    assert "She is here already" in staff.page.text


def test_of_a_long_history_the_latest_is_shown_too(town: Town, staff: Worker) -> None:
    booking = book(town)
    desk = town.street.salon.desk
    for number in range(201):
        desk.bookings.change(booking.booking_id, {"note": f"Note {number}."})

    text = opened(staff, booking).page.text

    assert "Note 199. → Note 200." in text
    assert "By the window → Note 0." in text
