"""Finding a booking by number and address: the same answer for wrong and unknown, and few tries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from tests.web.conftest import Town
from tests.web.visitors import BASE, Visitor

WRONG = "We have no booking with this number and e-mail address or telephone. Check both."


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
    """AC-L01, AC-L02."""
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


@pytest.mark.parametrize(
    ("typed", "is_theirs"),
    [
        ("+33 6 12 34 56 78", True),
        ("06.12.34.56.78", True),
        ("0033612345678", True),
        ("06 12 34 56 79", False),
        ("345678", False),
        ("", False),
        ("@", False),
        ("-", False),
    ],
)
def test_number_and_telephone_open_the_booking_too(
    town: Town, visitor: Visitor, typed: str, *, is_theirs: bool
) -> None:
    """AC-L01."""
    visitor.open("/sarah/cut")
    visitor.press(visitor.page.buttons_named("slot")[0])
    visitor.fill(name="Ada", email="ada@example.com", phone="+33 6 12 34 56 78")
    visitor.submit("details")
    guest = town.visitor(address="192.0.2.77")

    find(guest, number_of(town), typed)

    assert ("Your booking" in guest.page.text) is is_theirs
    assert guest.status == (200 if is_theirs else 422)


@pytest.mark.parametrize(
    ("trusted", "statuses"), [(["192.0.2.1"], {422}), (["192.0.2.9"], {422, 429})]
)
def test_a_forwarded_address_counts_where_a_trusted_proxy_says_it(
    town: Town, trusted: list[str], statuses: set[int]
) -> None:
    app = ProxyHeadersMiddleware(cast("Any", town.pages), trusted_hosts=trusted)

    found = set()
    for i in range(7):
        visitor = Visitor(cast("ASGIApp", app), address="192.0.2.1")
        visitor.client.headers["X-Forwarded-For"] = f"203.0.113.{i}"
        find(visitor, f"AAAA-AAA{i}", "eve@example.com")
        found.add(visitor.status)

    assert found == statuses


def test_holds_of_one_address_are_few(town: Town) -> None:
    """AC-L03."""
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
