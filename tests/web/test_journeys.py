"""Journeys without scripts: choose, keep, say who, book; each form of time, and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from holdfast.domain.bookings import BookingStatus
from holdfast.domain.customers import Contact
from holdfast.domain.holds import HoldStatus
from holdfast.engine.reading import PageRequest
from holdfast.web.codes import picture_of
from tests.web.conftest import Town
from tests.web.visitors import Visitor


def book(visitor: Visitor) -> None:
    """Say who books, and book."""
    visitor.fill(name="Ada Lovelace", email="ada@example.com", phone="", note="Two\nlines")
    visitor.submit("details")


def test_a_business_shows_what_it_offers_with_price_length_and_place(visitor: Visitor) -> None:
    page = visitor.open("/les-tilleuls")

    assert visitor.status == 200
    assert "A house at the edge of the forest." in page.text
    for words in ("The garden room", "At least 2 nights", "€119 per night", "Les Tilleuls"):
        assert words in page.text
    assert page.link("Massage") == "/les-tilleuls/massage"


def test_a_slot_is_chosen_kept_and_booked(town: Town, visitor: Visitor) -> None:
    page = visitor.open("/sarah/cut")
    first = page.buttons_named("slot")[0]
    kept = visitor.press(first)
    book(visitor)

    assert "Tuesday 2 June" in page.text
    assert first.words == "10:00"
    assert "Kept for you until" in kept.text
    assert visitor.status == 200
    assert "You are booked. See you soon, Ada Lovelace." in visitor.page.text
    [booking] = town.street.salon.desk.bookings.list().items
    assert booking.number in visitor.page.text
    assert (booking.contact.name, booking.contact.email) == ("Ada Lovelace", "ada@example.com")
    assert (booking.note, booking.source) == ("Two\nlines", "page")
    assert booking.placed_by.startswith("vis_")


def test_places_at_an_event_are_taken_by_number(town: Town, visitor: Visitor) -> None:
    visitor.open("/odeon/concert")
    visitor.follow("One more")
    shown = visitor.page.text
    visitor.press("Take 2 places")
    bill = visitor.page.text
    book(visitor)
    visitor.open("/odeon/concert")

    assert "5 places left" in shown
    assert "2 × €35 €70.00" in bill
    assert "3 places left" in visitor.page.text
    [booking] = town.street.concert.desk.bookings.list().items
    assert booking.party_size == 2


def test_nights_are_chosen_by_arrival_and_departure_with_the_sum(
    town: Town, visitor: Visitor
) -> None:
    page = visitor.open("/les-tilleuls/garden-room")
    visitor.open(page.link("Wednesday 3 June"))
    leaving = visitor.page.text
    visitor.follow("Saturday 6 June")
    chosen = visitor.page.text
    visitor.press("Keep these nights")
    book(visitor)

    assert "When do you arrive?" in page.text
    assert "When do you leave?" in leaving
    assert "3 nights · €357.00" in chosen
    [booking] = town.street.inn.desk.bookings.list().items
    assert [day.day for day in booking.dates] == [3, 4, 5]
    assert booking.price.amount_minor == 35_700
    assert "from 15:00, leaving by 11:00" in visitor.page.text


def test_a_stay_may_not_end_beyond_a_night_that_is_taken(town: Town, visitor: Visitor) -> None:
    visitor.open("/les-tilleuls/garden-room", check_in="2026-06-03", check_out="2026-06-06")
    visitor.press("Keep these nights")

    page = town.visitor().open("/les-tilleuls/garden-room", check_in="2026-06-01")

    ends = [one.label for one in page.anchors if "check_out" in one.href]
    assert [label.split(",")[0] for label in ends] == ["Wednesday 3 June"]


def test_days_of_a_pool_say_how_many_are_free_and_wait_for_an_answer(
    town: Town, visitor: Visitor
) -> None:
    page = visitor.open("/occitanie/training-day", people=10, part="module-x")
    visitor.open(page.link("Thursday 4 June"))
    visitor.press("Keep this day")
    asked = visitor.page
    book(visitor)

    assert "Thursday 4 June, 2 of 2 free" in {one.label for one in page.anchors}
    assert "Ask for this booking" in {one.words for one in asked.buttons}
    assert "Your request is in." in visitor.page.text
    [booking] = town.street.region.desk.bookings.list().items
    assert booking.status is BookingStatus.PENDING
    assert (booking.components, booking.party_size) == (("module-x",), 10)


def test_a_free_start_is_chosen_for_as_long_as_one_likes(town: Town, visitor: Visitor) -> None:
    page = visitor.open("/les-tilleuls/bicycle", minutes=150, people=2, day="2026-06-03")
    visitor.press("09:30")
    book(visitor)

    assert "Free starts for 2 hrs 30 mins" in page.text
    [booking] = town.street.inn.desk.bookings.list().items
    assert booking.ends_at - booking.starts_at == timedelta(minutes=150)
    assert booking.party_size == 2


def test_whom_one_likes_is_chosen_by_name(town: Town, visitor: Visitor) -> None:
    desk = town.street.inn.desk
    chloe = next(one for one in desk.resources.list().items if one.name == "Chloé")

    visitor.open("/les-tilleuls/massage", pick=chloe.resource_id, day="2026-06-03")
    visitor.press("09:00")
    book(visitor)

    [booking] = desk.bookings.list().items
    assert [one.name for one in booking.assigned] == ["Chloé"]
    assert "With Chloé" in visitor.page.text


def test_who_loses_a_race_is_offered_what_is_free_and_books_that(
    town: Town, visitor: Visitor
) -> None:
    rival = town.visitor(address="192.0.2.2")
    slot = visitor.open("/sarah/cut").buttons_named("slot")[0]
    rival.open("/sarah/cut")
    rival.press(rival.page.buttons_named("slot")[0])

    lost = visitor.press(slot)
    status = visitor.status
    visitor.press(lost.buttons[0])
    book(visitor)

    assert status == 409
    assert "Someone was quicker for 10:00. These are free on Tuesday 2 June:" in lost.text
    assert lost.buttons[0].words == "11:00"
    [booking] = town.street.salon.desk.bookings.list().items
    assert booking.local_start == "2026-06-02T11:00"


def test_nothing_typed_is_lost_when_the_time_runs_out(town: Town, visitor: Visitor) -> None:
    visitor.open("/sarah/cut")
    visitor.press(visitor.page.buttons_named("slot")[0])
    town.clock.advance(minutes=16)

    visitor.fill(name="Ada", email="ada@example.com", phone="+33 1 23 45 67 89", note="By bike")
    visitor.submit("details")
    over, status = visitor.page, visitor.status
    again = visitor.press("Keep it again")

    assert status == 409
    assert "Your time ran out, so this was given back. It is still free" in over.text
    assert dict(again.form("details").fields) == {
        "name": "Ada",
        "email": "ada@example.com",
        "phone": "+33 1 23 45 67 89",
        "note": "By bike",
    }
    visitor.submit("details")
    assert "You are booked." in visitor.page.text


def test_when_somebody_else_took_it_meanwhile_others_are_offered(
    town: Town, visitor: Visitor
) -> None:
    visitor.open("/sarah/cut")
    visitor.press(visitor.page.buttons_named("slot")[0])
    town.clock.advance(minutes=16)
    rival = town.visitor(address="192.0.2.2")
    rival.open("/sarah/cut")
    rival.press(rival.page.buttons_named("slot")[0])

    visitor.fill(name="Ada", email="ada@example.com")
    over = visitor.submit("details")
    visitor.press(over.buttons[0])

    assert "Someone else has it now." in over.text
    assert dict(visitor.page.form("details").fields)["name"] == "Ada"


def test_more_time_is_given_once_and_keeps_what_was_typed(town: Town, visitor: Visitor) -> None:
    """AC-T05."""
    visitor.open("/sarah/cut")
    visitor.press(visitor.page.buttons_named("slot")[0])
    town.clock.advance(minutes=10)
    visitor.fill(name="Ada")

    page = visitor.press("More time")

    assert "Kept for you until 10:25" in page.text
    assert dict(page.form("details").fields)["name"] == "Ada"
    assert [one.words for one in page.buttons if one.words == "More time"] == []


def test_faults_stand_beside_their_fields_and_at_the_top_with_links(visitor: Visitor) -> None:
    visitor.open("/sarah/cut")
    visitor.press(visitor.page.buttons_named("slot")[0])

    visitor.fill(name="", email="not an address", phone="call me")
    page = visitor.submit("details")

    assert visitor.status == 422
    assert "3 things need another look" in page.text
    assert page.link("Tell us your name.") == "#name"
    marked = {said["id"] for tag, said in page.elements if said.get("aria-invalid") == "true"}
    assert marked == {"name", "email", "phone"}
    assert ("email", "not an address") in page.form("details").fields


def test_pressing_the_button_twice_books_once(town: Town, visitor: Visitor) -> None:
    visitor.open("/sarah/cut")
    page = visitor.press(visitor.page.buttons_named("slot")[0])
    form = page.form("details")
    fields = {"name": "Ada", "email": "ada@example.com"}

    visitor.post(form.action, fields, Sec_Fetch_Site="same-origin")
    visitor.post(form.action, fields, Sec_Fetch_Site="same-origin")

    assert visitor.status == 200
    assert len(town.street.salon.desk.bookings.list().items) == 1


def test_choosing_another_time_gives_the_first_one_back(town: Town, visitor: Visitor) -> None:
    visitor.open("/sarah/cut")
    visitor.press(visitor.page.buttons_named("slot")[0])
    visitor.press("Choose another time")
    released = visitor.page.buttons_named("slot")[0].words
    visitor.press(visitor.page.buttons_named("slot")[1])
    visitor.open("/sarah/cut")
    visitor.press(visitor.page.buttons_named("slot")[-1])

    holds = town.street.salon.desk.holds.list(PageRequest(limit=10)).items
    assert released == "10:00"
    assert sum(hold.status is HoldStatus.ACTIVE for hold in holds) == 1
    assert len(holds) == 3


def test_a_booking_is_taken_into_a_calendar(
    town: Town, visitor: Visitor, booked: Callable[[], str]
) -> None:
    """AC-L04: the file for calendars."""
    booked()

    answer = visitor.client.get(visitor.page.link("Add to calendar"))

    [booking] = town.street.salon.desk.bookings.list().items
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.text.split("\r\n") == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Holdfast//Pages//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{booking.booking_id}@holdfast",
        "DTSTAMP:20260601T080000Z",
        "DTSTART:20260602T080000Z",
        "DTEND:20260602T083000Z",
        "SEQUENCE:0",
        "STATUS:CONFIRMED",
        "SUMMARY:Haircut · Salon Sarah",
        f"DESCRIPTION:{booking.number}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_a_booking_is_printed_by_whoever_has_the_link(
    town: Town, visitor: Visitor, booked: Callable[[], str]
) -> None:
    """AC-L04: a sheet in PDF; what customers type is never read as markup."""
    url = booked()
    desk = town.street.salon.desk
    [booking] = desk.bookings.list().items
    nasty = Contact(name='#panic("x") *Ada* $ \\ @x "', email="ada@example.com")
    desk.bookings.change(booking.booking_id, {"contact": nasty})

    answer = visitor.client.get(f"{url}/booking.pdf")
    wrong = visitor.client.get("/sarah/bookings/x/booking.pdf")

    assert f"{url}/booking.pdf" in visitor.page.source
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert booking.number in answer.headers["content-disposition"]
    assert wrong.status_code == 404


def test_the_number_is_a_code_for_whoever_has_the_link(
    town: Town, visitor: Visitor, booked: Callable[[], str]
) -> None:
    """AC-L04: the picture for a reader at the door."""
    url = booked()
    [number] = [one.number for one in town.street.salon.desk.bookings.list().items]

    answer = visitor.client.get(f"{url}/qr.png")
    wrong = visitor.client.get("/sarah/bookings/x/qr.png")

    assert f"{url}/qr.png" in visitor.page.source
    assert answer.headers["content-type"] == "image/png"
    assert answer.content == picture_of(number) != picture_of("ZZZZ-ZZZZ")
    assert answer.content.startswith(b"\x89PNG")
    assert wrong.status_code == 404


def test_cancelling_shows_what_happens_and_frees_the_place(
    town: Town, visitor: Visitor, booked: Callable[[], str]
) -> None:
    """AC-L02, AC-T07."""
    url = booked()

    asked = visitor.follow("Cancel")
    visitor.fill(reason="Rain")
    done = visitor.press("Yes, cancel it")
    visitor.open(f"{url}/cancel")
    again = visitor.page.text
    visitor.open("/sarah/cut")

    assert "Your place is given to somebody else at once." in asked.text
    assert "This booking is cancelled. You called it off" in done.text
    assert "This booking is cancelled." in again
    assert visitor.page.buttons_named("slot")[0].words == "10:00"
    [booking] = town.street.salon.desk.bookings.list().items
    assert (booking.cancelled_by, booking.cancel_reason) == ("customer", "Rain")


def test_times_elsewhere_stand_beside_the_businesss(visitor: Visitor) -> None:
    page = visitor.open("/sarah/cut", zone="America/New_York")
    first = visitor.page.buttons_named("slot")[0]
    # The parts of the day are those of the business, whose clock leads.
    assert page.text.index("Afternoon") < page.text.index("12:00") < page.text.index("Evening")
    visitor.press(first)

    assert first.words == "10:00 04:00 for you"
    assert "10:00 – 10:30 · Paris time" in visitor.page.text
    assert "Tuesday 2 June, 04:00 – 04:30 · New York time" in visitor.page.text


def test_a_month_with_nothing_says_when_the_next_time_is(town: Town, visitor: Visitor) -> None:
    page = visitor.open("/odeon/concert")
    later = visitor.open("/sarah/cut", month="2026-08")

    assert "Saturday" in visitor.open("/sarah/cut", day="2026-06-06").text
    assert "Tuesday 14 July" in page.text
    assert "Nothing is free in this month." in later.text
    assert "Next: Tue 2 Jun, 10:00" in later.text


def test_what_makes_no_sense_in_the_address_is_left_out(visitor: Visitor) -> None:
    nonsense = {
        "month": "2026-99",
        "day": "'; DROP TABLE",
        "people": "-1",
        "pick": "res_x",
        "part": "<b>",
        "zone": "../etc/passwd",
        "days": "x,,y",
        "check_in": "9999-99-99",
        "minutes": "9" * 30,
        "lang": "tlh",
    }

    for path in (
        "/sarah/cut",
        "/odeon/concert",
        "/les-tilleuls/bicycle",
        "/occitanie/training-day",
    ):
        visitor.open(path, **nonsense)

        assert visitor.status == 200, path


def test_a_booking_is_moved_once_its_customer_is_sure(
    town: Town, visitor: Visitor, booked: Callable[[], str]
) -> None:
    booked()
    [before] = town.street.salon.desk.bookings.list().items

    visitor.follow("Change the time")
    choosing = visitor.page.text
    visitor.follow("Thursday 4 June")
    asked = visitor.press("11:00")
    unmoved = town.street.salon.desk.bookings.get(before.booking_id)
    done = visitor.press("Yes, move it")

    after = town.street.salon.desk.bookings.get(before.booking_id)
    assert f"A new time for {before.number}" in choosing
    assert "it stays as it is: Tuesday 2 June, 10:00." in choosing
    assert "Until now Tuesday 2 June 10:00 – 10:30" in asked.text
    assert "From now on Thursday 4 June 11:00 – 11:30 The price stays the same." in asked.text
    assert unmoved == before
    assert "Your booking has moved." in done.text
    assert (after.number, after.local_start) == (before.number, "2026-06-04T11:00")
    assert town.street.salon.desk.holds.list(PageRequest(limit=10)).items[0].status == "converted"


def test_nights_are_moved_with_what_they_cost_then(town: Town, visitor: Visitor) -> None:
    visitor.open("/les-tilleuls/garden-room", check_in="2026-06-03", check_out="2026-06-06")
    visitor.press("Keep these nights")
    book(visitor)

    visitor.follow("Change the time")
    visitor.follow("Wednesday 10 June")
    visitor.follow("Friday 12 June")
    asked = visitor.press("Keep these nights")
    visitor.press("Yes, move it")

    [booking] = town.street.inn.desk.bookings.list().items
    assert "The price changes from €357.00 to €238.00." in asked.text
    assert [day.day for day in booking.dates] == [10, 11]
    assert booking.price.amount_minor == 23_800


def test_a_move_to_what_is_taken_changes_nothing_and_offers_others(
    town: Town, visitor: Visitor, booked: Callable[[], str]
) -> None:
    booked()
    [before] = town.street.salon.desk.bookings.list().items
    visitor.follow("Change the time")
    visitor.open(visitor.page.link("Thursday 4 June"))
    visitor.press("11:00")
    rival = town.visitor(address="192.0.2.2")
    rival.open("/sarah/cut", day="2026-06-04")
    rival.press("11:00")

    lost = visitor.press("Yes, move it")
    status, unmoved = visitor.status, town.street.salon.desk.bookings.get(before.booking_id)
    visitor.press(lost.buttons[0])
    visitor.press("Yes, move it")

    after = town.street.salon.desk.bookings.get(before.booking_id)
    assert status == 409
    assert "Someone was quicker for 11:00. These are free on Thursday 4 June:" in lost.text
    assert unmoved == before
    assert after.local_start == "2026-06-04T10:00"


def test_a_link_moves_no_other_booking(
    town: Town, visitor: Visitor, booked: Callable[[], str]
) -> None:
    url = booked()
    word = url.rpartition("/")[2]
    slot = visitor.open("/sarah/cut").buttons_named("slot")[0].value

    statuses = []
    for path, change in (
        ("/odeon/concert", word),
        ("/sarah/cut", word[:-1] + "u"),
        ("/sarah/cut", "x"),
    ):
        fields = {"slot": slot, "change": change, "sure": "yes"}
        visitor.post(path, fields, Sec_Fetch_Site="same-origin")
        statuses.append(visitor.status)

    assert statuses == [404, 404, 404]
    assert len(town.street.salon.desk.bookings.list().items) == 1
