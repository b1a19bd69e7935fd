"""The wizard: eight presets, each of which ends with a page that can be booked."""

from __future__ import annotations

import pytest

from holdfast.domain.access import Role
from holdfast.domain.offerings import Offering
from holdfast.engine.tenants import AddTenant
from holdfast.web.staff.set_up.presets import KEYS
from tests.web.conftest import Town
from tests.web.staff.workers import Worker, worker_of
from tests.web.visitors import Visitor

EMPTY = "chez-nous"


@pytest.fixture
def owner(town: Town) -> Worker:
    """The owner of a business in which there is nothing yet."""
    town.engine.add_tenant(
        AddTenant(slug=EMPTY, name="Chez nous", zone="Europe/Paris", currency="EUR")
    )
    return worker_of(town, Role.OWNER, slug=EMPTY)


def offerings(town: Town) -> tuple[Offering, ...]:
    """Return what the business offers now."""
    return town.engine.tenant(EMPTY).offerings.list().items


def choose(customer: Visitor, address: str) -> None:
    """Choose the first time that is free, whatever form it has."""
    customer.open(address, day="2026-06-10")
    if not customer.page.buttons_named("slot"):
        days = [one.href for one in customer.page.anchors if "days=" in one.href]
        if days:
            customer.open(days[-1])
    found = [one for one in customer.page.buttons if one.form.method == "post"]
    customer.press(found[0])


@pytest.mark.parametrize("key", KEYS)
def test_each_preset_ends_with_a_page_that_a_customer_books(
    town: Town, owner: Worker, key: str
) -> None:
    owner.at("/set-up/start", kind=key)
    owner.submit("wizard")
    made = offerings(town)
    customer = town.visitor()

    assert "Your booking page is there" in owner.page.text
    choose(customer, f"/{EMPTY}/{made[0].slug}")
    customer.fill(name="Ada Lovelace", email="ada@example.com")
    customer.submit("details")
    assert customer.status == 200
    assert len(town.engine.tenant(EMPTY).bookings.list().items) == 1
