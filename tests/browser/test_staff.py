"""Staff's pages in a browser: what axe finds, light and dark; by keyboard; on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from holdfast.domain.bookings import Booking, BookingStatus
from holdfast.domain.customers import Contact
from holdfast.domain.policies import Policy
from holdfast.engine.availability import AvailabilityQuery
from holdfast.engine.making import Details
from tests.browser.conftest import Visit
from tests.browser.sites import Site
from tests.browser.test_quality import faults
from tests.browser.workers import SLUG, employ, sign_in

PHONE = 390


def book(site: Site, name: str) -> Booking:
    """Book the first free massage, by a yes of the house."""
    inn = site.street.inn
    query = AvailabilityQuery(offering_id=inn.massage.offering_id)
    slot = inn.desk.availability.answer(query).slots[0]
    contact = Contact(name=name, email="ada@example.com", phone="+33 6 12 34 56 78")
    return inn.desk.bookings.place(
        slot_id=slot.slot_id, details=Details(contact=contact, note="By the window.")
    )


@pytest.fixture(scope="module")
def booking(site: Site) -> Booking:
    """A booking that waits for approval, at the inn, which Olive owns."""
    employ(site)
    inn = site.street.inn
    policy = Policy(is_approved_by_hand=True)
    inn.desk.offerings.change(inn.massage.offering_id, {"policy": policy})
    inn.desk.bookings.record_paid(book(site, "Grace Hopper").booking_id, paid_minor=7_000)
    return book(site, "Ada Lovelace")


def inside(visit: Visit, path: str = "", *, width: int = 1280, has_scripts: bool = True) -> Page:
    """Sign Olive in and open a page of the inn's."""
    page = visit(width=width, has_scripts=has_scripts)
    sign_in(page)
    page.goto(f"/staff/{SLUG}{path}")
    return page


def test_axe_finds_no_fault_before_anybody_has_signed_in(visit: Visit, booking: Booking) -> None:
    page = visit("/staff/sign-in")
    asked = faults(page)
    page.locator("[name=email]").fill("nobody@example.com")
    page.keyboard.press("Enter")
    page.wait_for_selector(".note.bad")

    assert (asked, faults(page)) == ([], [])


def test_axe_finds_no_fault_in_the_pages_of_the_day(visit: Visit, booking: Booking) -> None:
    where = f"/bookings/{booking.booking_id}"
    page = inside(visit)
    found = {}
    for path in (
        "",
        "/bookings",
        "/bookings?q=zzz",
        where,
        f"{where}/move",
        "/approvals",
        "/waitlist",
        "/customers",
        "/reports",
        "/set-up/people",
        "/bookings/nothing",
    ):
        page.goto(f"/staff/{SLUG}{path}")
        for one in page.locator(".acts summary, .menu summary").all():
            one.click()
        found[path] = faults(page)
    page.goto("/staff/account")
    found["account"] = faults(page)

    assert {path: one for path, one in found.items() if one} == {}


def test_a_booking_is_approved_by_keyboard_only(visit: Visit, site: Site, booking: Booking) -> None:
    page = inside(visit)
    page.keyboard.press("/")
    expect(page.locator("[data-find]")).to_be_focused()
    page.keyboard.type(booking.number)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{booking.booking_id}")

    page.get_by_role("button", name="Approve").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".head-side .status")).to_have_text("confirmed")

    now = site.street.inn.desk.bookings.get(booking.booking_id)
    assert now.status is BookingStatus.CONFIRMED


@pytest.mark.parametrize(
    "path", ["", "/bookings", "/approvals", "/customers", "/reports", "/set-up/people"]
)
def test_nothing_is_wider_than_a_phone(visit: Visit, booking: Booking, path: str) -> None:
    page = inside(visit, path, width=PHONE)

    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_letter_opens_a_part_but_not_while_somebody_types(visit: Visit, booking: Booking) -> None:
    page = inside(visit)
    page.locator("[data-find]").focus()
    page.keyboard.type("a")
    assert page.url.endswith(SLUG)
    page.locator("#page").focus()

    page.keyboard.press("a")

    page.wait_for_url("**/approvals")
