"""Walk-ins over HTTP: what, who, now, done; and bookings for later from the same page."""

from __future__ import annotations

import pytest

from holdfast.domain.access import Role
from holdfast.domain.bookings import Booking, BookingStatus
from tests.web.conftest import Town
from tests.web.staff.workday import HOUR, Workday, at, fill
from tests.web.staff.workers import Worker, worker_of

SLUG = "les-tilleuls"


@pytest.fixture
def day(town: Town) -> Workday:
    """A day at the inn, at ten past ten on Tuesday."""
    found = fill(town.street)
    town.clock.set(at("10:10"))
    return found


@pytest.fixture
def desk(town: Town, day: Workday) -> Worker:
    """Somebody of the inn's staff, signed in."""
    return worker_of(town, Role.STAFF, slug=SLUG)


def last(day: Workday) -> Booking:
    """Return the booking that was made last."""
    return max(day.inn.desk.bookings.list().items, key=lambda one: one.booking_id)


def test_three_clicks_book_and_check_in_whoever_walks_in(desk: Worker, day: Workday) -> None:
    """AC-T06, AC-D11."""
    desk.at("/walk-in")
    desk.follow("Massage 1 hour")
    desk.fill(name="Margaret Hamilton")
    begun = desk.page.buttons_named("time")[0]
    desk.press(begun)

    booked = last(day)
    assert begun.words == "10:00 – 11:00 has begun"
    assert (booked.contact.name, booked.status, booked.starts_at) == (
        "Margaret Hamilton",
        BookingStatus.CHECKED_IN,
        at("10:00"),
    )
    assert f"/bookings/{booked.booking_id}" in desk.url


def test_nobody_has_to_say_their_name(desk: Worker, day: Workday) -> None:
    desk.at("/walk-in", offering=day.inn.massage.offering_id)
    desk.press(desk.page.buttons_named("time")[0])

    assert last(day).contact.name == "Walked in"


def test_what_begins_later_is_booked_and_not_checked_in(desk: Worker, day: Workday) -> None:
    desk.at("/walk-in", offering=day.inn.massage.offering_id, on="2026-06-09")
    desk.fill(name="Margaret Hamilton", phone="+33 6 12 34 56 78")
    desk.press(desk.page.buttons_named("time")[1])

    booked = last(day)
    assert (booked.status, booked.starts_at) == (BookingStatus.CONFIRMED, at("10:00", on=9))
    assert booked.contact.phone == "+33 6 12 34 56 78"


def test_a_time_that_somebody_else_took_is_refused_with_the_others_and_what_was_typed(
    town: Town, desk: Worker, day: Workday
) -> None:
    desk.at("/walk-in", offering=day.inn.massage.offering_id)
    button = desk.page.buttons_named("time")[0]
    for name in ("One", "Two"):
        other = worker_of(town, Role.MANAGER, slug=SLUG, email=f"{name}@example.com")
        other.at("/walk-in", offering=day.inn.massage.offering_id)
        other.fill(name=name)
        other.press(other.page.buttons_named("time")[0])
    desk.fill(name="Margaret Hamilton")
    desk.press(button)

    assert desk.status == 409
    assert "Somebody was quicker, or it is not open then." in desk.page.text
    assert ("name", "Margaret Hamilton") in desk.page.forms[-1].fields
    assert desk.page.buttons_named("time")[0].words != button.words


def test_what_is_typed_wrong_is_said_beside_it(desk: Worker, day: Workday) -> None:
    before = last(day)
    desk.at("/walk-in", offering=day.inn.massage.offering_id)
    desk.fill(name="Ada", email="ada at example")
    desk.press(desk.page.buttons_named("time")[0])

    assert desk.status == 422
    assert "This cannot be read. Check it." in desk.page.text
    assert last(day) == before


def test_the_questions_of_an_offering_are_asked(desk: Worker, day: Workday) -> None:
    asked = [{"key": "oil", "label": "Which oil?", "type": "text", "required": True}]
    day.inn.desk.offerings.change(day.inn.massage.offering_id, {"fields": asked})
    desk.at("/walk-in", offering=day.inn.massage.offering_id)
    desk.press(desk.page.buttons_named("time")[0])
    refused = desk.status, "Please answer this." in desk.page.text
    desk.fill(**{"answer.oil": "Lavender"})
    desk.press(desk.page.buttons_named("time")[0])

    assert refused == (422, True)
    assert last(day).answers == {"oil": "Lavender"}


def test_nights_and_free_times_are_offered_too(desk: Worker, day: Workday) -> None:
    desk.at("/walk-in", offering=day.inn.room.offering_id, on="2026-06-10")
    desk.press(desk.page.buttons_named("time")[0])
    stay = last(day)
    desk.at("/walk-in", offering=day.inn.bicycle.offering_id)
    desk.press(desk.page.buttons_named("time")[0])

    ride = last(day)
    assert [one.day for one in stay.dates] == [10, 11]
    assert ride.offering_id == day.inn.bicycle.offering_id
    assert ride.ends_at - ride.starts_at >= HOUR


@pytest.mark.parametrize("time", ["", "now", "slt_x", "2026-06-02T10:00:00/later", "2026-99-99"])
def test_a_time_that_no_button_sends_books_nothing(desk: Worker, day: Workday, time: str) -> None:
    before = last(day)
    desk.at("/walk-in", offering=day.inn.massage.offering_id)
    form = {"token": desk.token, "offering": day.inn.massage.offering_id, "time": time}
    desk.post(f"/staff/{SLUG}/walk-in", form, sec_fetch_site="same-origin")

    assert desk.status < 500
    assert last(day) == before


def test_who_only_looks_books_nobody(town: Town, day: Workday) -> None:
    """AC-P02."""
    viewer = worker_of(town, Role.VIEWER, slug=SLUG)
    viewer.at("/walk-in")

    assert viewer.status == 403
