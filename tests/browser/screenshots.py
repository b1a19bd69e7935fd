"""Take pictures of every page: `make screenshots`, and look at them.

At 390 and 1280 pixels, light and dark, in English and French; into `build/screenshots`, or where
the argument says.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.sites import Site, chromium_arguments, chromium_path, serving
from tests.browser.workers import SLUG, be_olive, employ
from tests.web.staff.workday import fill
from tests.web.streets import open_studio

WIDTHS = (390, 1280)
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
LOCALES = ("en-GB", "fr-FR")
HEIGHT = 844
PATIENCE_MS = 20_000


def at(path: str) -> Callable[[Page], None]:
    """Return what opens a page."""
    return lambda page: void(page.goto(path))


def set_up(path: str) -> Callable[[Page], None]:
    """Return what opens a page of the inn's set-up, as its owner."""
    return inside(f"/set-up{path}")


def hours(page: Page) -> None:
    """Look at the week of a therapist."""
    set_up("/resources")(page)
    page.get_by_role("link", name="Amélie").click()
    page.locator(".tabs a").nth(1).click()


def void(_result: object) -> None:
    """Forget a result."""


def kept(page: Page) -> None:
    """Take a hold."""
    page.goto("/les-tilleuls/massage?day=2026-06-10")
    page.locator("button.time").nth(1).click()
    page.wait_for_selector("#details")


def faulty(page: Page) -> None:
    """Send the details with faults in them."""
    kept(page)
    page.locator("#email").fill("ada at example")
    page.locator("#details button.big").click()
    page.wait_for_selector(".note.bad")


def booked(page: Page) -> None:
    """Book."""
    kept(page)
    page.locator("#name").fill("Ada Lovelace")
    page.locator("#email").fill("ada@example.com")
    page.locator("#details button.big").click()
    page.wait_for_selector(".ticket")


def cancelling(page: Page) -> None:
    """Ask what cancelling means."""
    booked(page)
    page.locator(".actions .plain").last.click()
    page.wait_for_selector(".happens")


def moving(page: Page) -> None:
    """Ask what moving means."""
    booked(page)
    page.locator(".actions .plain").first.click()
    page.wait_for_selector("#moving")
    page.locator("button.time").last.click()
    page.wait_for_selector(".what.new")


def cancelled(page: Page) -> None:
    """Call a booking off."""
    cancelling(page)
    page.locator(".danger").click()
    page.wait_for_selector(".seal.is-over")


def lost(page: Page) -> None:
    """Lose a race for a haircut."""
    page.goto("/sarah/cut")
    browser = page.context.browser
    assert browser is not None
    other = browser.new_context()
    slot = page.locator("button.time").first.get_attribute("value")
    elsewhere = other.new_page()
    elsewhere.goto(page.url)
    elsewhere.locator(f"button[value={slot}]").click()
    elsewhere.wait_for_selector("#details")
    page.locator(f"button[value={slot}]").click()
    page.wait_for_selector(".note.warn")
    elsewhere.locator("button.link").click()
    other.close()


def asked(page: Page) -> None:
    """Be asked whatever the studio asks, with a promo code that there is not."""
    page.goto("/atelier/portrait?day=2026-06-10&people=2")
    page.locator("button.time").first.click()
    page.wait_for_selector("#details")
    page.locator("#details summary").click()
    page.locator(".promo summary").click()
    page.locator("#promo").fill("WINTER")
    page.locator(".promo .inline button").click()
    page.wait_for_selector("#promo-fault")


def answered(page: Page) -> None:
    """Answer, with a promo code, and book."""
    page.goto("/atelier/portrait?people=2")
    page.locator("button.time").first.click()
    page.wait_for_selector("#details")
    page.locator(".promo summary").click()
    page.locator("#promo").fill("summer")
    page.locator(".promo .inline button").click()
    page.wait_for_selector(".why")
    page.locator("#name").fill("Ada Lovelace")
    page.locator("#email").fill("ada@example.com")
    page.locator("select").select_option(index=2)
    page.locator("[name='answer.prints']").fill("12")
    page.get_by_text("In the garden").click()
    page.locator("#details button.big").click()
    page.wait_for_selector(".ticket")


def waiting(page: Page) -> None:
    """Wait for a portrait."""
    page.goto("/atelier/portrait/waitlist?from=2026-06-10&people=2")
    page.locator("#name").fill("Ada Lovelace")
    page.locator("#email").fill(f"ada{abs(hash(page))}@example.com")
    page.locator("button.big").click()
    page.wait_for_selector(".ticket")


def inside(path: str) -> Callable[[Page], None]:
    """Return what signs in as the inn's owner, and opens a page of staff's."""

    def scene(page: Page) -> None:
        page.goto("/staff/sign-in")
        be_olive(page, page.url.partition("/staff")[0])
        page.goto(f"/staff/{SLUG}{path}")
        page.wait_for_load_state("networkidle")

    return scene


def chosen(page: Page) -> None:
    """Open a booking beside the calendar."""
    inside("/calendar?view=day&on=2026-06-02")(page)
    page.locator("button.entry", has_text="Ada").click()
    page.wait_for_selector(".panel-acts")


def of_booking(page: Page) -> None:
    """Look at a booking as staff."""
    inside("/bookings")(page)
    page.locator("a.line").first.click()
    page.wait_for_selector(".acts")


def of_move(page: Page) -> None:
    """Look where a booking might go."""
    of_booking(page)
    page.locator("a[href$='/move']").click()
    page.wait_for_selector(".day-title")


SCENES: Mapping[str, Callable[[Page], None]] = {
    "business": at("/les-tilleuls"),
    "slots": at("/sarah/cut"),
    "slots-elsewhere": at("/sarah/cut?zone=America/New_York"),
    "staff": at("/les-tilleuls/massage?day=2026-06-04"),
    "nights": at("/les-tilleuls/garden-room?check_in=2026-06-10&check_out=2026-06-13"),
    "days": at("/occitanie/training-day?days=2026-06-11&people=8"),
    "event": at("/odeon/concert?people=2"),
    "tickets": at("/atelier/darkroom?ticket.adult=2&ticket.student=1"),
    "asked": asked,
    "answered": answered,
    "join": at("/atelier/portrait/waitlist?from=2026-06-10&people=2"),
    "waiting": waiting,
    "free": at("/les-tilleuls/bicycle?minutes=120&day=2026-06-04"),
    "nothing": at("/sarah/cut?month=2026-08"),
    "details": kept,
    "faults": faulty,
    "lost-race": lost,
    "booked": booked,
    "move": moving,
    "cancel": cancelling,
    "cancelled": cancelled,
    "find": at("/sarah/bookings"),
    "not-found": at("/sarah/nothing"),
    "door": at("/"),
    "set-up": set_up(""),
    "set-up-presets": set_up("/start"),
    "set-up-wizard": set_up("/start?kind=salon"),
    "set-up-hours": hours,
    "set-up-offerings": set_up("/offerings"),
    "set-up-policy": set_up("/policy/business"),
    "set-up-keys": set_up("/keys"),
    "set-up-opening": at("/staff/start"),
    "calendar-timeline": inside("/calendar?view=timeline&on=2026-06-02"),
    "calendar-day": inside("/calendar?view=day&on=2026-06-02"),
    "calendar-week": inside("/calendar?view=week&on=2026-06-02"),
    "calendar-month": inside("/calendar?view=month&on=2026-06-02"),
    "calendar-list": inside("/calendar?view=list&on=2026-06-02"),
    "calendar-booking": chosen,
    "blocks": inside("/blocks"),
    "sign-in": at("/staff/sign-in"),
    "day": inside(""),
    "bookings": inside("/bookings"),
    "approvals": inside("/approvals"),
    "people": inside("/set-up/people"),
    "booking": of_booking,
    "booking-move": of_move,
    "walk-in": inside("/walk-in"),
    "waitlist": inside("/waitlist"),
    "customers": inside("/customers"),
    "reports": inside("/reports?on=2026-06-02"),
}


def take(browser: Browser, site: Site, folder: Path, wanted: list[str]) -> int:
    """Take all pictures, or those of the scenes that are wanted; return how many."""
    count = 0
    names = [name for name in SCENES if not wanted or name in wanted]
    for name, width, locale in itertools.product(names, WIDTHS, LOCALES):
        for scheme in SCHEMES:
            count += 1
            context = browser.new_context(
                base_url=site.url,
                locale=locale,
                timezone_id="Europe/Paris",
                viewport={"width": width, "height": HEIGHT},
                color_scheme=scheme,
                reduced_motion="reduce",
                # Nobody is refused for having been here often.
                extra_http_headers={"X-Forwarded-For": f"198.51.100.{count}"},
            )
            context.set_default_timeout(PATIENCE_MS)
            page = context.new_page()
            SCENES[name](page)
            picture = folder / f"{name}-{width}-{scheme}-{locale[:2]}.png"
            page.screenshot(path=picture, full_page=True)
            context.close()
            # What was kept is given back, so that every picture begins alike.
            site.clock.advance(minutes=16)
    return count


def main(words: list[str]) -> int:
    """Take the pictures of some scenes, or of all."""
    path = chromium_path()
    if path is None:
        sys.stderr.write("There is no Chromium here; install it, or say HOLDFAST_CHROMIUM.\n")
        return 1
    folder = Path("build/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as scratch,
        serving(Path(scratch)) as site,
        sync_playwright() as playwright,
    ):
        employ(site)
        open_studio(site.engine)
        fill(site.street)
        browser = playwright.chromium.launch(executable_path=path, args=chromium_arguments())
        count = take(browser, site, folder, words)
        browser.close()
    sys.stdout.write(f"{count} pictures are in {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
