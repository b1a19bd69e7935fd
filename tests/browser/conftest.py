"""Fixtures of the browser tests: a server on a street of businesses, the system's Chromium."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.sites import Site, chromium_arguments, chromium_path, serving

PATIENCE_MS = 20_000


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    path = chromium_path()
    if path is None:
        pytest.skip("There is no Chromium here; install it, or say HOLDFAST_CHROMIUM=/its/path.")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=chromium_arguments())
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with businesses of its own for each file of tests."""
    with serving(tmp_path_factory.mktemp("site")) as opened:
        yield opened


class Visit(Protocol):
    """Opens a page as a new visitor."""

    def __call__(
        self,
        path: str = "",
        *,
        locale: str = "en-GB",
        zone: str = "Europe/Paris",
        width: int = 1280,
        has_scripts: bool = True,
    ) -> Page:
        """Return the page, with nothing in it if there is no path."""
        ...


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    """What opens a page as a new visitor; in the end, no page may have complained."""
    contexts: list[BrowserContext] = []
    addresses = itertools.count(1)
    complaints: list[str] = []

    def open_page(
        path: str = "",
        *,
        locale: str = "en-GB",
        zone: str = "Europe/Paris",
        width: int = 1280,
        has_scripts: bool = True,
    ) -> Page:
        context = browser.new_context(
            base_url=site.url,
            locale=locale,
            timezone_id=zone,
            viewport={"width": width, "height": 844},
            java_script_enabled=has_scripts,
            # Everybody comes from somewhere else, as far as limits count.
            extra_http_headers={"X-Forwarded-For": f"198.51.100.{next(addresses)}"},
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: (
                complaints.append(said.text)
                if said.type == "error" and "status of 4" not in said.text
                else None
            ),
        )
        if path:
            page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
