"""The set-up in a browser: from nothing to a customer's booking, and what axe finds."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.sites import Site
from tests.browser.test_quality import faults
from tests.browser.workers import SLUG, employ, sign_in

PHONE = 390


@pytest.fixture(scope="module")
def inn(site: Site) -> str:
    """The inn, which Olive owns."""
    employ(site)
    return SLUG


@pytest.fixture
def enter(visit: Visit, inn: str) -> Callable[[], Page]:
    """What opens a page as Olive."""

    def open_as_olive() -> Page:
        page = visit(f"/{inn}")
        sign_in(page)
        return page

    return open_as_olive


def book(page: Page) -> None:
    """Take the first time that is free, and book it as a customer."""
    page.locator("button.time, .poster button").first.click()
    page.wait_for_selector("#details")
    page.locator("#name").fill("Ada Lovelace")
    page.locator("#email").fill("ada@example.com")
    page.locator("#details button.big").click()
    page.wait_for_selector(".ticket")


def test_somebody_new_on_a_phone_ends_with_a_customers_booking(visit: Visit, site: Site) -> None:
    page = visit("/staff/start", width=PHONE, zone="America/New_York")
    page.wait_for_url("**zone=America%2FNew_York")
    page.get_by_label("Name of the business").press_sequentially("Bella's Nails")
    expect(page.locator("#slug-says")).to_have_text("This address is free.")
    page.get_by_label("Your name").fill("Bella")
    page.get_by_label("E-mail address").fill("bella@example.com")
    page.get_by_label("Password").fill("a long walk in the hills")
    found = {"opening": faults(page)}
    page.get_by_role("button", name="Open the business").click()
    page.get_by_role("link", name="Salon").click()
    page.get_by_label("Who serves your customers?").fill("Bella\nCarla")
    found["wizard"] = faults(page)
    page.get_by_role("button", name="Make my booking page").click()
    link = page.get_by_label("Your public link").input_value()
    found["ready"] = faults(page)
    is_wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    customer = visit(width=PHONE, zone="America/New_York")
    customer.goto(link)
    customer.get_by_role("link", name="Haircut").click()
    customer.goto(f"{customer.url.partition('?')[0]}?day=2026-06-10")
    book(customer)

    desk = site.engine.tenant("bella-s-nails")
    [booking] = desk.bookings.list().items
    assert (desk.get().zone, desk.get().currency) == ("America/New_York", "USD")
    assert booking.contact.name == "Ada Lovelace"
    assert len(desk.pools.list().items[0].resource_ids) == 2
    assert not is_wide
    assert {where: said for where, said in found.items() if said} == {}


def test_an_evening_is_put_on_sale_and_a_ticket_is_sold(
    enter: Callable[[], Page], site: Site
) -> None:
    page = enter()
    page.goto(f"/staff/{SLUG}/set-up/start?kind=event")
    page.get_by_role("textbox", name="Name").fill("Jazz in the garden")
    page.get_by_label("When does it begin?").fill("2026-06-20T20:00")
    page.get_by_label("How many tickets are there?").fill("40")
    page.get_by_role("button", name="Make my booking page").click()
    page.get_by_role("link", name="See it as a customer").click()
    book(page)

    assert page.url.startswith(f"{site.url}/{SLUG}/bookings/")
    offering = site.engine.tenant(SLUG).offerings.find_by_slug("jazz-in-the-garden")
    assert offering is not None
    assert offering.slot_capacity == 40


def test_axe_finds_no_fault_in_the_set_up(enter: Callable[[], Page], site: Site) -> None:
    desk = site.street.inn.desk
    offering = desk.offerings.list().items[0].offering_id
    resource = desk.resources.list().items[0].resource_id
    page = enter()

    found = {}
    for path in (
        f"/offerings/{offering}/needs",
        f"/hours/{resource}",
        f"/policy/{offering}",
    ):
        page.goto(f"/staff/{SLUG}/set-up{path}")
        found[path] = faults(page)
    page.goto(f"/staff/{SLUG}/set-up/offerings/{offering}")
    page.get_by_label("Price", exact=False).first.fill("much")
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector(".note.bad")
    found["refused"] = faults(page)

    assert {where: said for where, said in found.items() if said} == {}
