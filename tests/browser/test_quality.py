"""Quality: no fault that axe can find, in light or dark; light on the line; no other host asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Response

from tests.browser.conftest import Visit
from tests.browser.sites import Site

BYTES_MAX, SCRIPT_BYTES_MAX = 60_000, 15_000
PATHS = (
    "/",
    "/les-tilleuls",
    "/sarah/cut",
    "/odeon/concert?people=2",
    "/les-tilleuls/garden-room?check_in=2026-06-03&check_out=2026-06-06",
    "/les-tilleuls/massage?zone=America/New_York",
    "/les-tilleuls/bicycle",
    "/occitanie/training-day?days=2026-06-04",
    "/sarah/cut?month=2026-08",
    "/sarah/bookings",
    "/sarah/nothing",
)


def faults(page: Page) -> list[str]:
    """Return what axe finds wrong, in light and in dark."""
    found = []
    schemes: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for one in Axe().run(page).response["violations"]:
            nodes = [node["html"][:200] for node in one["nodes"]]
            found.append(f"{scheme} {one['id']}: {json.dumps(nodes)}")
    return found


@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_no_fault_in_what_is_looked_at(visit: Visit, path: str) -> None:
    assert faults(visit(path)) == []


def test_axe_finds_no_fault_on_the_way_through(visit: Visit, site: Site) -> None:
    found = {}
    page = visit("/sarah/cut?day=2026-06-04")
    rival = visit("/sarah/cut?day=2026-06-04")
    rival.locator("button.time").first.click()
    rival.wait_for_selector("#details")
    page.locator("button.time").first.click()
    page.wait_for_selector(".note")
    found["lost race"] = faults(page)
    page.locator(".others button").first.click()
    page.wait_for_selector("#details")
    page.locator("#details button.big").click()
    page.wait_for_selector(".note.bad")
    found["details"] = faults(page)
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("E-mail").fill("ada@example.com")
    page.locator("#details button.big").click()
    page.wait_for_selector(".ticket")
    found["booked"] = faults(page)
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_selector(".happens")
    found["cancel"] = faults(page)
    page.get_by_role("button", name="Yes, cancel it").click()
    page.wait_for_selector(".seal.is-over")
    found["cancelled"] = faults(page)
    site.clock.advance(minutes=16)
    rival.reload()
    rival.wait_for_selector(".note")
    found["time over"] = faults(rival)

    assert {where: said for where, said in found.items() if said} == {}
    assert len(found) == 6


@pytest.mark.parametrize("path", ["/les-tilleuls", "/sarah/cut", "/les-tilleuls/garden-room"])
def test_a_first_visit_is_light_and_asks_no_other_host(
    visit: Visit, site: Site, record_testsuite_property: Callable[[str, object], None], path: str
) -> None:
    answers: list[Response] = []
    page = visit()

    def note(answer: Response) -> None:
        answers.append(answer)

    page.on("response", note)

    page.goto(path, wait_until="networkidle")

    sizes = {one.url: len(one.body()) + len(str(one.all_headers())) for one in answers}
    script = sum(size for url, size in sizes.items() if url.endswith(".js"))
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
    shift = page.evaluate(
        """() => new Promise(done => {
            let sum = 0;
            new PerformanceObserver(list => list.getEntries().forEach(e => { sum += e.value; }))
                .observe({ type: "layout-shift", buffered: true });
            setTimeout(() => done(sum), 100);
        })"""
    )
    measured = {"paint_ms": paint, "shift": shift, "bytes": sum(sizes.values()), "script": script}
    for name, value in measured.items():
        record_testsuite_property(f"{path} {name}", value)
    assert sum(sizes.values()) <= BYTES_MAX
    assert 0 < script <= SCRIPT_BYTES_MAX
    assert {urlsplit(url).netloc for url in sizes} == {urlsplit(site.url).netloc}


@pytest.mark.parametrize("width", [390, 1280])
def test_written_from_right_to_left_nothing_is_cut_off(visit: Visit, width: int) -> None:
    page = visit(width=width)
    wide = {}
    for path in ("/les-tilleuls", "/sarah/cut", "/les-tilleuls/garden-room", "/odeon/concert"):
        page.goto(path)
        page.evaluate("document.documentElement.dir = 'rtl'")
        # What lies to the left of the page can never be scrolled to.
        wide[path] = page.evaluate(
            "[...document.querySelectorAll('main *')].filter((one) => {"
            " const at = one.getBoundingClientRect();"
            " return at.width > 1 && (at.left < -1 || at.right > window.innerWidth + 1)"
            " && getComputedStyle(one).position !== 'absolute'"
            "}).map((one) => one.tagName + '.' + one.className)"
        )
    assert {path: found for path, found in wide.items() if found} == {}
