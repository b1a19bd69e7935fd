"""The widget in a foreign page: books inside the sites that a business names, and in no other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from starlette.responses import HTMLResponse

from tests.browser.conftest import Visit
from tests.browser.sites import Site, hosting
from tests.browser.test_quality import faults

PAGE = """<!doctype html><html lang="en"><head><title>Sarah's own site</title>
<style>button, h1 {{ color: red !important; font-size: 60px !important; }}</style></head>
<body><main><h1>Welcome</h1>
<script src="{url}/widget.js" data-tenant="sarah" data-offering="cut" data-label="Book a cut"
 async></script>
</main></body></html>"""


HEIGHT = (
    "document.querySelector('holdfast-booking').shadowRoot.querySelector('iframe')"
    ".getBoundingClientRect().height"
)


@pytest.fixture(scope="module")
def host(site: Site) -> Iterator[str]:
    """The origin of another site: of another host name and port than ours."""
    page = HTMLResponse(PAGE.format(url=site.url))
    with hosting(page, name="localhost", lifespan="off") as url:
        yield url


def test_a_customer_books_inside_another_site(visit: Visit, site: Site, host: str) -> None:
    site.street.salon.desk.change({"embed_origins": (host,)})
    page = visit(width=390)
    page.goto(host)
    inside = page.frame_locator("iframe")
    inside.locator("button.time").first.wait_for()
    shown = faults(page)
    first = inside.locator("body").evaluate("e => e.scrollHeight")
    page.wait_for_function(f"() => {HEIGHT} === {first}")

    inside.locator("button.time").nth(2).click()
    expect(inside.get_by_text("Kept for you until")).to_be_visible()
    inside.get_by_label("Name").fill("Ada Lovelace")
    inside.get_by_label("E-mail").fill("ada@example.com")
    inside.locator("#details button.big").click()
    expect(inside.get_by_role("heading", name="You are booked.")).to_be_visible()

    colour = inside.locator("h1").evaluate("e => getComputedStyle(e).color")
    high = inside.locator("body").evaluate("e => e.scrollHeight")
    page.wait_for_function(f"() => {HEIGHT} === {high}")
    kept = [one for one in page.context.cookies() if one["name"] == "holdfast_visitor"]
    assert high != first
    assert colour != "rgb(255, 0, 0)"
    assert page.locator("iframe").get_attribute("title") == "Book a cut"
    assert [(one["sameSite"], one["secure"], one["path"]) for one in kept] == [
        ("None", True, "/embed/")
    ]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert shown == []


def test_in_a_site_that_is_not_named_nothing_is_shown(
    browser: Browser, site: Site, host: str
) -> None:
    site.street.salon.desk.change({"embed_origins": ("https://www.sarah.example",)})
    context = browser.new_context()
    page = context.new_page()
    with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
        page.goto(host)

    assert page.frame_locator("iframe").locator("button.time").count() == 0
    context.close()
