"""Booking in a browser: every form of time, lost races, lost time, keyboard, phone, no scripts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visit
from tests.browser.sites import Site

BOOKED = "You are booked."
PHONE = 390


def say_who(page: Page) -> None:
    """Fill in the details and book."""
    page.get_by_label("Name").fill("Ada Lovelace")
    page.get_by_label("E-mail").fill("ada@example.com")
    page.locator("#details button.big").click()


def mark(page: Page) -> None:
    """Leave a mark that a reload would wipe away."""
    page.evaluate("window.marked = true")


def is_marked(page: Page) -> bool:
    """Tell whether nothing has been loaded anew."""
    return bool(page.evaluate("window.marked === true"))


def choose_slot(page: Page) -> None:
    """Choose the first time of the salon."""
    page.locator("button.time").first.click()


def choose_event(page: Page) -> None:
    """Choose two places at the concert."""
    page.get_by_role("link", name="One more").click()
    page.get_by_role("button", name="Take 2 places").click()


def choose_free(page: Page) -> None:
    """Choose three hours with two bicycles on another day."""
    page.get_by_role("link", name="One more").click()
    expect(page.locator(".count")).to_have_text("2")
    page.get_by_label("How long").select_option("180")
    expect(page.get_by_text("Free starts for 3 hours")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Friday 5 June")).click()
    expect(page.get_by_role("heading", name="Friday 5 June")).to_be_visible()
    page.locator("button.time").first.click()


def choose_nights(page: Page) -> None:
    """Choose three nights."""
    page.get_by_role("link", name=re.compile("^Wednesday 3 June")).click()
    expect(page.get_by_role("heading", name="When do you leave?")).to_be_focused()
    page.get_by_role("link", name=re.compile("^Saturday 6 June")).click()
    expect(page.get_by_text("3 nights · €357.00")).to_be_visible()
    page.get_by_role("button", name="Keep these nights").click()


def choose_day(page: Page) -> None:
    """Choose a training day with a module."""
    page.get_by_label("Module X").check()
    page.wait_for_url("**part=module-x**")
    page.get_by_role("link", name=re.compile("^Thursday 4 June, 2 of 2 free")).click()
    page.get_by_role("button", name="Keep this day").click()


JOURNEYS = {
    "slots": ("/sarah/cut", choose_slot, BOOKED),
    "event": ("/odeon/concert", choose_event, BOOKED),
    "free": ("/les-tilleuls/bicycle", choose_free, BOOKED),
    "nights": ("/les-tilleuls/garden-room", choose_nights, BOOKED),
    "days": ("/occitanie/training-day", choose_day, "Your request is in."),
}


@pytest.mark.parametrize("form", JOURNEYS)
def test_every_form_of_time_is_booked_without_loading_a_page_anew(visit: Visit, form: str) -> None:
    path, choose, done = JOURNEYS[form]
    page = visit(path)
    mark(page)

    choose(page)
    say_who(page)

    expect(page.get_by_role("heading", name=done)).to_be_focused()
    assert is_marked(page)
    assert re.search(r"/bookings/[0-9a-z]{59}\?just=booked$", page.url)


def test_without_scripts_the_same_steps_book(visit: Visit) -> None:
    page = visit("/sarah", has_scripts=False)

    page.get_by_role("link", name="Haircut").click()
    page.locator("button.time").nth(4).click()
    expect(page.get_by_text("Kept for you until")).to_be_visible()
    say_who(page)

    expect(page.get_by_role("heading", name=BOOKED)).to_be_visible()


def test_without_scripts_choices_have_a_button_of_their_own(visit: Visit) -> None:
    with_scripts = visit("/les-tilleuls/massage")
    without = visit("/les-tilleuls/massage", has_scripts=False)

    without.get_by_label("With", exact=True).select_option(label="Bastien")
    without.get_by_role("button", name="Update").click()

    expect(with_scripts.get_by_role("button", name="Update")).to_be_hidden()
    expect(without.get_by_label("With", exact=True)).to_have_value(re.compile("^res_"))


def test_by_keyboard_alone(visit: Visit) -> None:
    page = visit("/sarah")

    def tab_to(selector: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        pytest.fail(f"the keyboard never reaches {selector}")

    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.className")
    tab_to("a.offer")
    page.keyboard.press("Enter")
    page.wait_for_selector("button.time")
    tab_to("a.day:not(.chosen)")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Wednesday 3 June")).to_be_focused()
    tab_to("button.time")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    page.keyboard.press("Enter")
    page.wait_for_selector("#details")
    tab_to("#name")
    page.keyboard.type("Ada")
    page.keyboard.press("Tab")
    page.keyboard.type("ada@example.com")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name=BOOKED)).to_be_focused()
    assert first == "skip"
    assert outline == "2px"


def test_in_french(visit: Visit) -> None:
    page = visit("/sarah/cut", locale="fr-FR")

    page.locator("button.time").last.click()
    page.get_by_label("Nom").fill("Ada")
    page.get_by_label("E-mail").fill("pas une adresse")
    page.get_by_role("button", name=re.compile("Réserver pour 25,00")).click()
    expect(page.get_by_role("heading", name="Un point est à revoir")).to_be_focused()
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_role("button", name=re.compile("Réserver pour 25,00")).click()

    expect(page.get_by_role("heading", name="C’est réservé.")).to_be_visible()
    assert page.get_by_text("mardi 2 juin").count() == 1


def test_who_is_slower_is_offered_something_else(visit: Visit) -> None:
    page, rival = visit("/sarah/cut?day=2026-06-04"), visit("/sarah/cut?day=2026-06-04")
    mark(page)

    rival.locator("button.time").first.click()
    rival.wait_for_selector("#details")
    page.locator("button.time").first.click()
    expect(page.get_by_role("heading", name=re.compile("^Someone was quicker"))).to_be_focused()
    page.locator(".others button").first.click()
    say_who(page)

    expect(page.get_by_role("heading", name=BOOKED)).to_be_visible()
    assert is_marked(page)


def test_when_the_time_runs_out_nothing_typed_is_lost(visit: Visit, site: Site) -> None:
    page = visit("/sarah/cut?day=2026-06-05")
    page.locator("button.time").first.click()
    page.wait_for_selector("#details")
    site.clock.advance(minutes=14, seconds=58)
    page.reload()
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Anything we should know?").fill("By bike")
    site.clock.advance(seconds=3)

    expect(page.get_by_role("heading", name=re.compile("^Your time ran out"))).to_be_focused()
    page.get_by_role("button", name="Keep it again").click()

    expect(page.get_by_text("Kept for you until")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Ada")
    expect(page.get_by_label("Anything we should know?")).to_have_value("By bike")


def test_more_time_keeps_what_was_typed_and_the_countdown_ticks(visit: Visit) -> None:
    page = visit("/sarah/cut?day=2026-06-06")
    page.locator("button.time").first.click()
    page.get_by_label("Name").fill("Ada")
    expect(page.locator("[data-tick]")).to_contain_text("14:5")

    page.get_by_role("button", name="More time").click()

    expect(page.get_by_role("button", name="More time")).to_have_count(0)
    expect(page.get_by_label("Name")).to_have_value("Ada")


def test_a_visitor_elsewhere_sees_both_times_after_the_page_has_asked(visit: Visit) -> None:
    page = visit("/sarah/cut", zone="America/New_York")

    expect(page.get_by_text("Paris time, with New York beside it")).to_be_visible()
    expect(page.locator("button.time").first).to_contain_text("for you")


def test_asking_for_the_zone_takes_nobody_back_from_what_they_chose(visit: Visit) -> None:
    page = visit(zone="Asia/Tokyo")
    told: list[Route] = []

    def hold_back(route: Route) -> None:
        told.append(route)

    page.route(re.compile("zone="), hold_back)
    page.goto("/sarah/cut?day=2026-06-09")
    page.locator("button.time").first.click()
    page.wait_for_selector("#details")
    for route in told:
        route.continue_()
    page.wait_for_timeout(500)

    assert len(told) == 1
    expect(page.locator("#details")).to_be_visible()


def test_back_and_forward_show_what_was_there(visit: Visit) -> None:
    page = visit("/sarah/cut?day=2026-06-03")
    mark(page)

    page.get_by_role("link", name=re.compile("^Saturday 6 June")).click()
    expect(page.get_by_role("heading", name="Saturday 6 June")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Wednesday 3 June")).to_be_visible()
    page.go_forward()

    expect(page.get_by_role("heading", name="Saturday 6 June")).to_be_visible()
    assert is_marked(page)


@pytest.mark.parametrize(
    "path", [path for path, _, _ in JOURNEYS.values()] + ["/", "/les-tilleuls", "/sarah/bookings"]
)
def test_on_a_phone_nothing_is_cut_off_and_everything_can_be_touched(
    visit: Visit, path: str
) -> None:
    page = visit(path, width=PHONE)

    wide = page.evaluate("document.documentElement.scrollWidth")
    small = page.evaluate(
        """() => [...document.querySelectorAll("a, button, select, input:not([type=hidden])")]
        .filter(e => e.checkVisibility() && !e.matches(".skip, [type=checkbox]"))
        .map(e => [e.className || e.id, e.getBoundingClientRect()])
        .filter(([, box]) => box.height < 43.5 || box.width < 43.5)
        .map(([name, box]) => `${name} ${box.width} x ${box.height}`)"""
    )

    assert wide <= PHONE
    assert small == []
