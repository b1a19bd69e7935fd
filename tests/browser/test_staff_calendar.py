"""The calendar in a browser: drag, refusal, blocks, keys, live, phone; and what axe finds."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from holdfast.domain.bookings import Booking, BookingStatus
from holdfast.domain.ids import ResourceId
from holdfast.engine.choosing import Choice
from holdfast.web.rendering import is_built
from tests.browser.conftest import Visit
from tests.browser.sites import Site
from tests.browser.test_quality import faults
from tests.browser.workers import SLUG, be_olive, employ
from tests.web.staff.workday import HOUR, Workday, at, details, fill

HALF_AN_HOUR_PX = 28
HALF_AN_HOUR_WIDE_PX = 64
PHONE = 390

pytestmark = pytest.mark.skipif(
    not is_built(), reason="The calendar's script is not built: it takes Node; run `make assets`."
)


@pytest.fixture(scope="module")
def day(site: Site) -> Workday:
    """What is booked at the inn, which Olive owns."""
    employ(site)
    return fill(site.street)


class Enter:
    """Opens pages of the inn's as Olive, who signs in once."""

    def __init__(self, visit: Visit, url: str) -> None:
        self.visit = visit
        self.url = url

    def __call__(self, path: str, *, width: int = 1280, has_scripts: bool = True) -> Page:
        """Open a page."""
        page = self.visit(width=width, has_scripts=has_scripts)
        be_olive(page, self.url)
        page.goto(f"/staff/{SLUG}{path}")
        return page


@pytest.fixture
def enter(visit: Visit, site: Site, day: Workday) -> Enter:
    """What opens pages as Olive."""
    return Enter(visit, site.url)


@pytest.fixture
def booked(day: Workday) -> Callable[[str, datetime, ResourceId], Booking]:
    """What books a massage."""

    def book(name: str, starts_at: datetime, therapist: ResourceId) -> Booking:
        choice = Choice(
            offering_id=day.inn.massage.offering_id, starts_at=starts_at, picks=(therapist,)
        )
        return day.inn.desk.bookings.place(choice=choice, details=details(name))

    return book


def entry(page: Page, name: str) -> Locator:
    """Return what stands in the calendar for somebody."""
    return page.locator(".ec-event:not(.ec-preview)", has_text=name)


def column(page: Page, name: str) -> float:
    """Return the middle of a resource's column."""
    box = page.locator(".ec-col-head", has_text=name).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2


def pull(page: Page, thing: Locator, *, by_hours: float = 0, to: str = "") -> None:
    """Drag something down by some hours, and into a column."""
    thing.scroll_into_view_if_needed()
    box = thing.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + min(20, box["height"] / 2)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 3, y + 8, steps=3)
    page.mouse.move(column(page, to) if to else x, y + by_hours * 2 * HALF_AN_HOUR_PX, steps=8)
    page.mouse.up()


def test_a_drag_moves_a_booking_and_can_be_taken_back(
    enter: Enter, day: Workday, booked: Callable[[str, datetime, ResourceId], Booking]
) -> None:
    """AC-T06."""
    booking = booked("Hedy Lamarr", at("10:00", on=9), day.amelie)
    page = enter("/calendar?view=day&on=2026-06-09")

    pull(page, entry(page, "Hedy Lamarr"), by_hours=2, to="Bastien")

    notes = page.locator("#calendar-notes")
    expect(notes).to_contain_text("Hedy Lamarr: now Tue 9 Jun, 12:00 – 13:00.")
    moved = day.inn.desk.bookings.get(booking.booking_id)
    assert (moved.starts_at, moved.assigned[0].resource_id) == (at("12:00", on=9), day.bastien)
    expect(entry(page, "Hedy Lamarr")).to_contain_text("12:00")
    notes.get_by_role("button", name="Undo").click()
    expect(notes).to_contain_text("Hedy Lamarr: now Tue 9 Jun, 10:00 – 11:00.")
    back = day.inn.desk.bookings.get(booking.booking_id)
    assert (back.starts_at, back.assigned[0].resource_id) == (at("10:00", on=9), day.amelie)


def test_in_the_timeline_and_in_a_month_bookings_are_dragged_too(
    enter: Enter, day: Workday, booked: Callable[[str, datetime, ResourceId], Booking]
) -> None:
    booking = booked("Mary Jackson", at("11:00", on=16), day.amelie)
    page = enter("/calendar?view=timeline&on=2026-06-16")
    row = page.locator(".ec-row-head", has_text="Bastien").bounding_box()
    shown = entry(page, "Mary Jackson")
    box = shown.bounding_box()
    assert row is not None
    assert box is not None

    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 30, box["y"] + 24, steps=3)
    page.mouse.move(box["x"] + 20 + 2 * HALF_AN_HOUR_WIDE_PX, row["y"] + 10, steps=8)
    page.mouse.up()

    notes = page.locator("#calendar-notes")
    expect(notes).to_contain_text("Mary Jackson: now Tue 16 Jun, 12:00 – 13:00.")
    moved = day.inn.desk.bookings.get(booking.booking_id)
    assert moved.assigned[0].resource_id == day.bastien
    page.goto(f"/staff/{SLUG}/calendar?view=month&on=2026-06-16")
    box = entry(page, "Mary Jackson").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 30, box["y"] + 8, steps=3)
    page.mouse.move(box["x"] + 20 + box["width"], box["y"] + 8, steps=8)
    page.mouse.up()
    expect(notes).to_contain_text("Mary Jackson: now Wed 17 Jun, 12:00 – 13:00.")


def test_a_refused_drag_goes_back_and_says_why_and_what_is_free(
    enter: Enter, day: Workday, booked: Callable[[str, datetime, ResourceId], Booking]
) -> None:
    """AC-T06: a change is undone visibly if the server refuses."""
    booking = booked("Hedy Lamarr", at("10:00", on=10), day.amelie)
    booked("Katherine Johnson", at("12:00", on=10), day.bastien)
    page = enter("/calendar?view=day&on=2026-06-10")

    pull(page, entry(page, "Hedy Lamarr"), by_hours=2, to="Bastien")

    refusal = page.get_by_role("alert")
    expect(refusal).to_contain_text("Nothing was changed: it is back where it was.")
    expect(entry(page, "Hedy Lamarr")).to_contain_text("10:00")
    assert day.inn.desk.bookings.get(booking.booking_id) == booking
    found = faults(page)
    other = refusal.get_by_role("button").first
    words = other.inner_text()
    other.click()
    expect(page.get_by_role("status")).to_contain_text("Hedy Lamarr: now")
    moved = day.inn.desk.bookings.get(booking.booking_id)
    assert moved.starts_at != booking.starts_at or moved.assigned != booking.assigned
    assert words.startswith("Wed 10 Jun")
    assert found == []


def test_time_is_blocked_by_drawing_over_it_and_given_back(enter: Enter, day: Workday) -> None:
    """AC-T06."""
    page = enter("/calendar?view=day&on=2026-06-11")
    expect(page.locator("#calendar")).not_to_have_attribute("aria-busy", "true")
    x = column(page, "Bastien")
    grid = page.locator(".ec-body").bounding_box()
    assert grid is not None
    y = grid["y"] + 200
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 10, steps=3)
    page.mouse.move(x, y + 2 * HALF_AN_HOUR_PX, steps=6)
    page.mouse.up()

    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", name="Block time")).to_be_visible()
    expect(panel.get_by_label("What")).to_have_value(day.bastien)
    panel.get_by_label("Why").fill("Training")
    panel.get_by_role("button", name="Block it").click()
    expect(panel.get_by_role("heading", name="Bastien")).to_be_visible()
    expect(entry(page, "Training")).to_be_visible()
    (block,) = [one for one in day.inn.desk.blocks.list().items if one.reason == "Training"]
    assert block.resource_id == day.bastien
    assert HOUR <= block.ends_at - block.starts_at <= 2 * HOUR
    panel.get_by_role("button", name="Give the time back").click()
    expect(entry(page, "Training")).to_have_count(0)


def test_the_end_of_a_free_time_is_pulled(enter: Enter, day: Workday) -> None:
    starts_at = at("10:00", on=12)
    ride = day.inn.desk.bookings.place(
        choice=Choice(
            offering_id=day.inn.bicycle.offering_id,
            starts_at=starts_at,
            ends_at=starts_at + 2 * HOUR,
        ),
        details=details("Ida Rhodes"),
    )
    page = enter("/calendar?view=week&on=2026-06-12")
    shown = entry(page, "Ida Rhodes")
    shown.hover()
    box = shown.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] - 2

    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 10, steps=3)
    page.mouse.move(x, y + 2 * HALF_AN_HOUR_PX, steps=6)
    page.mouse.up()

    expect(page.locator("#calendar-notes")).to_contain_text("10:00 – 13:00")
    changed = day.inn.desk.bookings.get(ride.booking_id)
    assert changed.ends_at - changed.starts_at == timedelta(hours=3)


def test_the_calendar_is_used_by_keyboard_alone(enter: Enter) -> None:
    page = enter("/calendar?view=day&on=2026-06-02")
    expect(entry(page, "Ada Lovelace")).to_be_visible()

    page.keyboard.press("ArrowRight")
    expect(page.locator(".entry:focus")).to_have_attribute("aria-label", re.compile("Barbara"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    focus = page.locator(".entry:focus")
    expect(focus).to_have_attribute("aria-label", re.compile("12:00.*Lunch, blocked"))
    page.keyboard.press("Enter")
    expect(page.locator("#panel h1")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_empty()
    expect(focus).to_have_attribute("aria-label", re.compile("Lunch"))
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    found = faults(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("3")
    expect(page).to_have_url(re.compile("view=week"))
    page.keyboard.press("t")
    expect(page).to_have_url(re.compile(r"view=week$"))
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="New booking")).to_be_visible()
    assert found == []


def test_a_booking_is_opened_and_dealt_with_beside_the_calendar(
    enter: Enter,
    site: Site,
    day: Workday,
    booked: Callable[[str, datetime, ResourceId], Booking],
) -> None:
    """AC-T06: the panel shows the booking's own page, and sends its own forms."""
    booking = booked("Hedy Lamarr", at("11:00", on=1), day.amelie)
    site.clock.set(at("11:05", on=1))
    page = enter("/calendar?view=day&on=2026-06-01")
    entry(page, "Hedy Lamarr").click()
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", name="Hedy Lamarr")).to_be_visible()
    found = faults(page)

    panel.get_by_role("button", name="Check in").first.click()

    expect(panel.get_by_text("here", exact=True).first).to_be_visible()
    expect(page.locator(".ec-event.is-checked_in", has_text="Hedy Lamarr")).to_be_visible()
    assert day.inn.desk.bookings.get(booking.booking_id).status is BookingStatus.CHECKED_IN
    panel.get_by_role("button", name="Close", exact=True).click()
    expect(panel).to_be_empty()
    assert found == []


def test_what_others_do_appears_by_itself(
    enter: Enter, day: Workday, booked: Callable[[str, datetime, ResourceId], Booking]
) -> None:
    page = enter("/calendar?view=week&on=2026-06-18")
    expect(page.locator("#calendar")).not_to_have_attribute("aria-busy", "true")
    booked("Hedy Lamarr", at("10:00", on=18), day.amelie)

    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(entry(page, "Hedy Lamarr")).to_be_visible()


def test_three_clicks_book_whoever_walks_in(enter: Enter, site: Site, day: Workday) -> None:
    page = enter("/calendar")
    page.get_by_role("link", name="New booking").click()
    page.get_by_role("link", name="A bicycle").click()
    page.get_by_label("Name").fill("Margaret Hamilton")
    page.locator("button[name=time]").first.click()
    page.wait_for_url("**/bookings/bkg_*")

    booking_id = page.url.rpartition("/")[2]
    assert day.inn.desk.bookings.list().items
    found = [one for one in day.inn.desk.bookings.list().items if one.booking_id == booking_id]
    assert [one.contact.name for one in found] == ["Margaret Hamilton"]


@pytest.mark.parametrize(
    "path",
    [
        "/calendar?view=timeline&on=2026-06-02",
        "/calendar?view=day&on=2026-06-02",
        "/calendar?view=month&on=2026-06-02",
        "/calendar?view=list&on=2026-06-02",
        "/blocks",
        "/walk-in",
    ],
)
def test_axe_finds_no_fault_in_the_calendar(enter: Enter, path: str) -> None:
    page = enter(path)
    if "/calendar" in path and "list" not in path:
        expect(page.locator("#calendar")).not_to_have_attribute("aria-busy", "true")

    assert faults(page) == []


def test_on_a_phone_nothing_is_wider_than_it_and_without_scripts_it_is_a_list(
    enter: Enter, day: Workday
) -> None:
    walk_in = f"/walk-in?offering={day.inn.massage.offering_id}"
    for path in ("/calendar?view=day&on=2026-06-02", "/blocks", walk_in):
        page = enter(path, width=PHONE)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE, path
    bare = enter("/calendar?view=week&on=2026-06-02", has_scripts=False)
    expect(bare.get_by_role("link", name=re.compile("Ada Lovelace"))).to_be_visible()
