"""A studio in a browser: questions, promo codes, tickets by price level and the waitlist."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.sites import Site
from tests.browser.test_booking import BOOKED, is_marked, mark
from tests.browser.test_quality import faults
from tests.web.streets import Studio, open_studio


@pytest.fixture(scope="module")
def studio(site: Site) -> Studio:
    """A studio on the site's street."""
    return open_studio(site.engine)


def test_what_is_asked_is_answered_with_a_code_without_loading_a_page_anew(
    visit: Visit, studio: Studio
) -> None:
    """AC-T03: questions, people, a code, live prices and faults."""
    page = visit("/atelier/portrait?day=2026-06-10&people=2", width=390)
    mark(page)

    page.locator("button.time").first.click()
    page.locator(".promo summary").click()
    page.get_by_label("Promo code").fill("winter")
    page.get_by_role("button", name="Use it").click()
    expect(page.get_by_role("heading", name="One thing needs another look")).to_be_focused()
    page.get_by_label("Promo code").fill("summer")
    page.get_by_label("Promo code").press("Enter")
    expect(page.get_by_text("Book for €102.00")).to_be_visible()
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("E-mail").fill("ada@example.com")
    page.locator("#details button.big").click()
    expect(page.get_by_role("link", name="Please answer this.")).to_be_visible()
    found = {"asked": faults(page)}
    page.get_by_label("What is it for?").select_option("A present")
    page.get_by_label("In the garden").check()
    page.locator("#details button.big").click()

    expect(page.get_by_role("heading", name=BOOKED)).to_be_focused()
    found["answered"] = faults(page)
    assert is_marked(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert {where: said for where, said in found.items() if said} == {}
    booking = studio.desk.bookings.list().items[-1]
    assert booking.answers == {"occasion": "A present", "wishes": ["In the garden"]}


def test_without_scripts_tickets_are_counted_and_the_waitlist_is_joined(
    visit: Visit, studio: Studio
) -> None:
    page = visit("/atelier/darkroom", has_scripts=False)
    page.get_by_role("link", name="One more: Student").click()
    expect(page.get_by_text("2 tickets")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Take 2 places")).first.click()
    expect(page.get_by_text("€75.00").first).to_be_visible()
    page.goto("/atelier/portrait?day=2026-06-11")
    page.get_by_role("link", name="Nothing suits? Join the waitlist").click()
    page.get_by_label("Name").fill("Ben")
    page.get_by_label("E-mail").fill("ben@example.com")
    page.get_by_role("button", name="Join the waitlist").click()

    expect(page.get_by_role("heading", name="You are on the waitlist.")).to_be_visible()
    expect(page.get_by_text("You are the next in line.")).to_be_visible()
    assert len(studio.desk.waitlist.list().items) == 1


@pytest.mark.parametrize(
    "path",
    [
        "/atelier/darkroom?ticket.adult=2",
        "/atelier/portrait/waitlist",
        "/atelier",
        "/atelier/portrait",
    ],
)
def test_axe_finds_no_fault_and_nothing_is_cut_off_on_a_phone(
    visit: Visit, studio: Studio, path: str
) -> None:
    page = visit(path, width=390)

    found = faults(page)

    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert studio.portrait.slug == "portrait"
