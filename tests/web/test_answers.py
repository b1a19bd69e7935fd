"""Answers: the offering's own questions, tickets by price level and guests, on the pages."""

from __future__ import annotations

import pytest

from holdfast.domain.offerings import Offering
from holdfast.domain.prices import TicketTier
from holdfast.engine.facade import TenantEngine
from tests.web.conftest import Town
from tests.web.visitors import Visitor

EVERY_KIND: tuple[dict[str, object], ...] = (
    {"key": "size", "label": "Shoe size", "type": "number", "required": True, "min": 20, "max": 50},
    {"key": "plate", "label": "Number plate", "type": "text", "pattern": "^[A-Z]{2}-[0-9]{3}$"},
    {"key": "hair", "label": "Hair", "type": "select", "options": ["short", "long"]},
    {"key": "extras", "label": "Extras", "type": "multiselect", "options": ["tea", "<b>mask</b>"]},
    {"key": "rules", "label": "I know the rules", "type": "checkbox", "required": True},
    {"key": "born", "label": "Born", "type": "date", "max": "2020-01-01"},
    {"key": "call", "label": "Second phone", "type": "phone"},
    {"key": "other", "label": "Second e-mail", "type": "email", "is_private": True},
)
GOOD = {
    "answer.size": "42,5",
    "answer.plate": "AB-123",
    "answer.hair": "long",
    "answer.extras": "<b>mask</b>",
    "answer.rules": "yes",
    "answer.born": "1990-05-17",
    "answer.call": "+33 6 12 34 56 78",
    "answer.other": "bob@example.com",
}
WHO = {"name": "Ada", "email": "ada@example.com"}


@pytest.fixture
def asking(town: Town) -> TenantEngine:
    """The salon, whose haircut asks everything that can be asked."""
    salon = town.street.salon
    salon.desk.offerings.change(salon.cut.offering_id, {"fields": EVERY_KIND})
    return salon.desk


def keep(visitor: Visitor) -> str:
    """Keep the first haircut; returns where its details are asked."""
    visitor.open("/sarah/cut")
    visitor.press(visitor.page.buttons_named("slot")[0])
    return visitor.url


def send(visitor: Visitor, url: str, fields: dict[str, str]) -> None:
    """Send the details."""
    visitor.post(url, fields, Sec_Fetch_Site="same-origin")


def test_ac_t03_whatever_an_offering_asks_is_asked_checked_and_shown_again(
    asking: TenantEngine, visitor: Visitor
) -> None:
    url = keep(visitor)
    asked = visitor.page

    send(visitor, url, {**WHO, **GOOD})

    labels = {said.get("for", "") for tag, said in asked.elements if tag == "label"}
    assert {"answer.size", "answer.plate", "answer.hair", "answer.born"} <= labels
    [booking] = asking.bookings.list().items
    assert {**booking.answers, **booking.private_answers} == {
        "size": 42.5,
        "plate": "AB-123",
        "hair": "long",
        "extras": ["<b>mask</b>"],
        "rules": True,
        "born": "1990-05-17",
        "call": "+33612345678",
        "other": "bob@example.com",
    }
    for words in ("Shoe size 42.5", "Hair long", "Extras <b>mask</b>", "I know the rules Yes"):
        assert words in visitor.page.text
    assert "<b>mask</b>" not in visitor.page.source
    assert "Thursday, 17 May 1990" in visitor.page.text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"answer.size": ""}, "Please answer this."),
        ({"answer.size": "51"}, "This has to be from 20 to 50."),
        ({"answer.size": "big"}, "This is not a number."),
        ({"answer.plate": "ab"}, "This is not in the form that is asked for."),
        ({"answer.hair": "purple"}, "Choose one of the options."),
        ({"answer.rules": ""}, "Tick this to go on."),
        ({"answer.born": "2024-02-30"}, "This is not a date."),
        ({"answer.born": "2024-02-20"}, "This has to be Wednesday, 1 January 2020 or earlier."),
        ({"answer.call": "no"}, "This is not a telephone number."),
        ({"answer.other": "no"}, "This is not an e-mail address."),
    ],
)
def test_ac_t03_what_is_wrong_with_an_answer_stands_beside_it_and_nothing_typed_is_lost(
    asking: TenantEngine, visitor: Visitor, wrong: dict[str, str], said: str
) -> None:
    url = keep(visitor)

    send(visitor, url, {**WHO, **GOOD, **wrong})

    [name] = wrong
    assert visitor.status == 422
    assert said in visitor.page.text
    assert visitor.page.link(said) == f"#{name}"
    kept = dict(visitor.page.form("details").fields)
    rest = {key: value for key, value in {**WHO, **GOOD}.items() if key != name}
    assert {key: kept.get(key) for key in rest} == rest
    assert asking.bookings.list().items == ()


def test_what_was_answered_is_kept_when_the_time_runs_out(
    town: Town, asking: TenantEngine, visitor: Visitor
) -> None:
    url = keep(visitor)
    town.clock.advance(minutes=16)
    send(visitor, url, {**WHO, **GOOD, "answer.size": "big", "name": ""})

    visitor.press("Keep it again")

    kept = dict(visitor.page.form("details").fields)
    assert (kept["answer.hair"], kept["answer.extras"]) == ("long", "<b>mask</b>")
    assert (kept["answer.size"], kept["email"]) == ("", "ada@example.com")
    assert asking.bookings.list().items == ()


def test_guests_are_named_if_one_likes(town: Town, visitor: Visitor) -> None:
    visitor.open("/odeon/concert", people=3)
    visitor.press("Take 3 places")
    asked = visitor.page

    visitor.fill(name="Ada", email="ada@example.com", guest="Grace")
    visitor.submit("details")

    assert len([1 for name, _ in asked.form("details").fields if name == "guest"]) == 2
    [booking] = town.street.concert.desk.bookings.list().items
    assert [one.name for one in booking.guests] == ["Grace", "Grace"]
    assert "Grace and Grace" in visitor.page.text


@pytest.fixture
def tiers(town: Town) -> Offering:
    """The concert, sold by price level: adults, and two children."""
    concert = town.street.concert
    adult = TicketTier(key="adult", label="Adult", price_minor=3_500)
    child = TicketTier(key="child & co", label="Child", price_minor=1_500, quota=2)
    [offering] = concert.desk.offerings.list().items
    return concert.desk.offerings.change(offering.offering_id, {"ticket_tiers": (adult, child)})


def test_tickets_are_chosen_by_price_level_with_what_is_left_of_each(
    town: Town, tiers: Offering, visitor: Visitor
) -> None:
    page = visitor.open("/odeon/concert")
    visitor.follow("One more: Child")
    visitor.follow("One more: Child")
    visitor.press("Take 3 places")
    bill = visitor.page.text
    visitor.fill(name="Ada", email="ada@example.com")
    visitor.submit("details")

    assert "Adult €35" in page.text
    assert "Child: 2 left" in page.text
    for words in ("Adult €35.00", "Child 2 × €15 €30.00", "Total €65.00"):
        assert words in bill
    [booking] = town.street.concert.desk.bookings.list().items
    assert booking.offering_id == tiers.offering_id
    assert [(one.tier, one.quantity) for one in booking.terms.tickets] == [
        ("adult", 1),
        ("child & co", 2),
    ]
    after = visitor.open("/odeon/concert", **{"ticket.child & co": 1})
    assert "Child: sold out" in after.text
    assert "Not enough of these tickets" in after.text
    assert [one for one in after.buttons if "Take" in one.words] == []


def test_who_comes_too_late_for_a_price_level_is_told(
    town: Town, tiers: Offering, visitor: Visitor
) -> None:
    visitor.open("/odeon/concert", **{"ticket.child & co": 2})
    rival = town.visitor(address="192.0.2.9")
    rival.open("/odeon/concert", **{"ticket.child & co": 2})
    rival.press("Take 2 places")

    visitor.press("Take 2 places")

    assert visitor.status == 409
    assert "Someone was quicker" in visitor.page.text
    assert tiers.ticket_tiers[1].quota == 2


def test_more_people_than_may_come_are_refused_and_not_counted_down(
    town: Town, visitor: Visitor
) -> None:
    slot = visitor.open("/sarah/cut").buttons_named("slot")[0].value

    send(visitor, "/sarah/cut", {"slot": slot, "people": "99"})

    assert visitor.status == 409
    assert "This cannot be booked for that many people." in visitor.page.text
    assert town.street.salon.desk.bookings.list().items == ()
