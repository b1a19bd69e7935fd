"""Finding a booking by number and address: the same answer for wrong and unknown, and few tries."""

from __future__ import annotations

from collections.abc import Callable

from tests.web.conftest import Town
from tests.web.visitors import BASE, Visitor

WRONG = "We have no booking with this number and e-mail address. Check both."


def find(visitor: Visitor, number: str, email: str) -> None:
    """Ask for a booking."""
    visitor.open("/sarah/bookings")
    visitor.page.forms[0].form_id = "find"
    visitor.fill(number=number, email=email)
    visitor.submit("find")


def number_of(town: Town) -> str:
    """Return the number of the one booking."""
    return town.street.salon.desk.bookings.list().items[0].number


def test_number_and_address_open_the_booking_for_half_an_hour(
    town: Town, booked: Callable[[], str]
) -> None:
    booked()
    visitor = town.visitor()

    find(visitor, number_of(town).lower().replace("-", " "), " ADA@example.com ")
    found, url = visitor.page.text, visitor.url
    town.clock.advance(minutes=31)
    visitor.open(url)

    assert "Your booking" in found
    assert "Haircut" in found
    assert visitor.status == 404


def test_wrong_and_unknown_are_answered_alike_and_cost_the_same(
    town: Town, booked: Callable[[], str]
) -> None:
    booked()
    visitor = town.visitor()
    answers = []
    for number, email in ((number_of(town), "eve@example.com"), ("ZZZZ-ZZZZ", "eve@example.com")):
        before = town.gateway.read_count
        find(visitor, number, email)
        asked = town.gateway.read_count - before
        shown = visitor.page.source.replace(number, "")
        answers.append((visitor.status, shown, asked))

    assert answers[0] == answers[1]
    assert answers[0][0] == 422
    assert WRONG in answers[0][1]


def test_an_address_has_five_tries_in_fifteen_minutes(
    town: Town, booked: Callable[[], str]
) -> None:
    booked()
    visitor = town.visitor(address="198.51.100.7")

    statuses = []
    for i in range(6):
        find(visitor, f"AAAA-AAA{i}", "eve@example.com")
        statuses.append(visitor.status)
    find(visitor, number_of(town), "ada@example.com")
    late = visitor.status
    town.time.seconds += 15 * 60 + 1
    find(visitor, number_of(town), "ada@example.com")

    assert statuses == [422] * 5 + [429]
    assert late == 429
    assert visitor.status == 200


def test_a_number_has_five_tries_from_everywhere_together(
    town: Town, booked: Callable[[], str]
) -> None:
    booked()

    statuses = []
    for i in range(6):
        visitor = town.visitor(address=f"203.0.113.{i}")
        find(visitor, number_of(town), f"guess{i}@example.com")
        statuses.append(visitor.status)

    assert statuses == [422] * 5 + [429]


def test_holds_of_one_address_are_few(town: Town) -> None:
    visitor = town.visitor(address="2001:db8:7:7::1")
    neighbour = town.visitor(address="2001:db8:7:7:1:2:3:4")
    fields = {"slot": visitor.open("/sarah/cut").buttons_named("slot")[0].value}

    statuses = []
    for _ in range(20):
        visitor.post("/sarah/cut", fields, Origin=BASE)
        statuses.append(visitor.status)
    neighbour.post("/sarah/cut", fields, Origin=BASE)

    assert set(statuses) == {200}
    assert neighbour.status == 429
    assert neighbour.headers["retry-after"] == "900"
    assert "Please wait 15 minutes and try again." in neighbour.page.text


def test_looking_is_limited_too(town: Town) -> None:
    visitor = town.visitor()

    statuses = {visitor.client.get("/sarah/bookings").status_code for _ in range(300)}
    late = visitor.client.get("/sarah/cut").status_code

    assert statuses == {200}
    assert late == 429
