"""Waiting: whoever comes too late joins the line, sees their place, and answers an invitation."""

from __future__ import annotations

import pytest

from holdfast.domain.bookings import Booking, BookingStatus
from holdfast.domain.waitlists import WaitlistStatus
from holdfast.engine.facade import TenantEngine
from holdfast.workers.invite import invite_waiting
from tests.web.conftest import Town
from tests.web.visitors import Visitor

BEN = {"name": "Ben", "email": "ben@example.com"}
WISH = {"from": "2026-07-14", "until": "2026-07-14"}


@pytest.fixture
def full(town: Town, visitor: Visitor) -> TenantEngine:
    """A concert that Ada has bought all five places of, with a waitlist."""
    desk = town.street.concert.desk
    [offering] = desk.offerings.list().items
    desk.offerings.change(offering.offering_id, {"has_waitlist": True})
    visitor.open("/odeon/concert", people=5)
    visitor.press("Take 5 places")
    visitor.fill(name="Ada", email="ada@example.com")
    visitor.submit("details")
    return desk


def join(visitor: Visitor, **fields: str) -> None:
    """Join the concert's line."""
    visitor.post("/odeon/concert/waitlist", {**WISH, **BEN, **fields}, Sec_Fetch_Site="same-origin")


def free_all(town: Town, desk: TenantEngine) -> None:
    """Call Ada's booking off, and let the worker invite."""
    [booking] = desk.bookings.list().items
    desk.bookings.cancel(booking.booking_id)
    assert invite_waiting(town.engine)["invited"] == 1


def of_ben(desk: TenantEngine) -> list[Booking]:
    """Return what Ben has booked."""
    return [one for one in desk.bookings.list().items if one.contact.name == "Ben"]


def test_what_is_sold_out_offers_the_waitlist_and_says_which_place_one_has(
    town: Town, full: TenantEngine
) -> None:
    first, second = town.visitor(address="192.0.2.6"), town.visitor(address="192.0.2.7")
    join(first)
    town.clock.advance(minutes=1)

    page = second.open("/odeon/concert", people=2)
    second.open(page.link("Join the waitlist"))
    asked = dict(second.page.forms[-1].fields)
    second.fill(name="Cleo", email="cleo@example.com")
    second.press("Join the waitlist")

    assert (asked["from"], asked["until"], asked["people"]) == ("2026-07-14", "2026-07-14", "2")
    assert "You are the next in line." in first.page.text
    assert "You are on the waitlist. You are number 2 in line." in second.page.text
    assert "Tuesday 14 July" in second.page.text
    assert [one.entry.party_size for one in full.waitlist.list().items] == [1, 2]


def test_an_invitation_is_kept_for_a_while_and_accepted_by_its_link(
    town: Town, full: TenantEngine
) -> None:
    ben = town.visitor(address="192.0.2.6")
    join(ben)
    link = ben.url.partition("?")[0]
    free_all(town, full)
    elsewhere = town.visitor(address="192.0.2.8")

    invited = elsewhere.open(link)
    elsewhere.press("Yes, book it")
    again = ben.open(link)

    assert "It is free: would you like it?" in invited.text
    assert "Kept for you until 10:30" in invited.text
    assert "€35.00" in invited.text
    assert "You are booked." in elsewhere.page.text
    assert "Your booking" in again.text
    [booking] = of_ben(full)
    assert (booking.contact.name, booking.status) == ("Ben", BookingStatus.CONFIRMED)
    assert booking.number in again.text


def test_an_invitation_is_declined_and_one_that_ran_out_says_so(
    town: Town, full: TenantEngine
) -> None:
    ben = town.visitor(address="192.0.2.6")
    join(ben)
    link = ben.url.partition("?")[0]
    free_all(town, full)
    ben.open(link)
    ben.press("No, thank you")
    declined = ben.page.text
    join(ben)
    late = ben.url.partition("?")[0]
    assert invite_waiting(town.engine)["invited"] == 1
    ben.open(late)
    town.clock.advance(minutes=31)

    ben.press("Yes, book it")

    assert "You said no, and somebody else was asked." in declined
    assert ben.status == 409
    assert "The time for this invitation is over" in ben.page.text
    assert "This invitation has run out." in ben.page.text
    assert [one.status for one in full.bookings.list().items] == [BookingStatus.CANCELLED]


def test_who_does_not_want_to_wait_any_longer_leaves(town: Town, full: TenantEngine) -> None:
    ben = town.visitor(address="192.0.2.6")
    join(ben)

    ben.press("Leave the waitlist")

    assert "You wait no longer." in ben.page.text
    [line] = full.waitlist.list().items
    assert line.entry.status is WaitlistStatus.LEFT


def test_what_the_offering_asks_is_asked_when_the_invitation_is_accepted(
    town: Town, full: TenantEngine
) -> None:
    [offering] = full.offerings.list().items
    size = {"key": "size", "label": "Size", "type": "select", "options": ["S", "L"]}
    full.offerings.change(offering.offering_id, {"fields": ({**size, "required": True},)})
    ben = town.visitor(address="192.0.2.6")
    join(ben)
    link = ben.url.partition("?")[0]
    free_all(town, full)
    ben.open(link)

    ben.press("Yes, book it")
    missing = (ben.status, ben.page.link("Please answer this."))
    ben.post(link, {"answer.size": "L"}, Sec_Fetch_Site="same-origin")

    assert missing == (422, "#answer.size")
    assert [one.answers for one in of_ben(full)] == [{"size": "L"}]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "Tell us your name."),
        ({"email": "ben"}, "This is not an e-mail address."),
        ({"until": "2026-07-01"}, "This is before the first day."),
    ],
)
def test_what_is_wrong_with_a_wish_is_said_and_nobody_joins(
    town: Town, full: TenantEngine, wrong: dict[str, str], said: str
) -> None:
    ben = town.visitor(address="192.0.2.6")

    join(ben, **wrong)

    assert ben.status == 422
    assert said in ben.page.text
    assert full.waitlist.list().items == ()


def test_nobody_joins_a_line_too_often_or_where_there_is_none(
    town: Town, full: TenantEngine
) -> None:
    ben = town.visitor(address="192.0.2.6")
    for _ in range(4):
        join(ben)
    often = (ben.status, ben.page.text)
    ben.open("/sarah/cut/waitlist")

    assert often[0] == 409
    assert "the most that one person may book" in often[1]
    assert ben.url == "/sarah/cut"
    assert len(full.waitlist.list().items) == 3


def test_a_link_of_one_kind_is_none_of_the_other(town: Town, full: TenantEngine) -> None:
    ben = town.visitor(address="192.0.2.6")
    join(ben)
    word = ben.url.partition("?")[0].rpartition("/")[2]

    as_booking = ben.open(f"/odeon/bookings/{word}")
    changed = ben.open(f"/odeon/waitlist/{word[:-1]}{'0' if word[-1] != '0' else '1'}")

    assert "This link no longer works" in as_booking.text
    assert "This link no longer works" in changed.text
    assert ben.status == 404
    assert len(full.waitlist.list().items) == 1


def test_a_full_day_can_be_looked_at_and_waited_for(town: Town, visitor: Visitor) -> None:
    salon = town.street.salon
    salon.desk.offerings.change(salon.cut.offering_id, {"has_waitlist": True})
    slots = salon.desk.availability.list(salon.cut.offering_id).slots
    day = [slot for slot in slots if slot.starts_at.date() == slots[0].starts_at.date()]
    for number, slot in enumerate(day):
        rival = town.visitor(address=f"198.51.100.{number}")
        rival.post("/sarah/cut", {"slot": str(slot.slot_id)}, Sec_Fetch_Site="same-origin")

    page = visitor.open("/sarah/cut", day="2026-06-02")

    assert "Nothing is free on this day." in page.text
    assert page.link("Tuesday 2 June, chosen").endswith("day=2026-06-02")
    assert "from=2026-06-02" in page.link("Join the waitlist")
