"""Addresses: nothing a business may be called is an address of ours, wherever we are mounted."""

from __future__ import annotations

import re

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from holdfast.api.app import ENDPOINTS, create_app
from holdfast.domain.tenants import RESERVED_SLUGS, SLUG_PATTERN, is_slug
from holdfast.web.app import ADDRESSES, STATIC, WIDGET
from holdfast.web.visits import EMBED
from tests.api.driver import scope_of
from tests.web.conftest import Town
from tests.web.visitors import Visitor


def literals(paths: list[str], position: int) -> set[str]:
    """Return what stands at a position of paths and is not a parameter."""
    parts = [path.strip("/").split("/") for path in paths]
    found = {part[position] for part in parts if len(part) > position}
    return {one for one in found if one and not one.startswith("{")}


def test_no_business_can_be_called_as_an_address_of_the_api(town: Town) -> None:
    app = create_app(town.house.gateway, metrics=lambda: (b"", ""))
    paths = [route.path for route in app.routes if isinstance(route, Route)]

    taken = literals(paths, 0)

    assert {"v1", "docs", "healthz", "openapi.json"} <= taken
    assert {one for one in taken if is_slug(one)} == set()
    assert not any(town.pages.answers(scope_of("GET", path)) for path in paths)
    assert len(ENDPOINTS) > 50


def test_no_offering_can_be_called_as_an_address_of_the_pages() -> None:
    paths = [one.path for one in ADDRESSES]

    taken = literals(paths, 0) | literals(paths, 1)

    taken |= {EMBED, WIDGET, WIDGET.partition(".")[0], STATIC}
    assert {"bookings", "holds", "staff", "theme.css", "waitlist"} <= taken
    assert {one for one in taken if is_slug(one)} == set()


def test_every_reserved_word_could_have_been_a_name() -> None:
    short = {one for one in RESERVED_SLUGS if not re.fullmatch(SLUG_PATTERN, one)}

    assert short == {"v1", "v2"}


@pytest.mark.parametrize(
    ("path", "is_page"),
    [
        ("/", True),
        ("/sarah", True),
        ("/sarah/cut", True),
        ("/static/x/pages.css", True),
        ("/v1/holds", False),
        ("/docs", False),
        ("/openapi.json", False),
        ("/readyz", False),
        ("/.well-known/security.txt", False),
        ("/favicon.ico", False),
    ],
)
def test_pages_answer_for_businesses_and_leave_the_rest(
    town: Town, path: str, *, is_page: bool
) -> None:
    mounted = scope_of("GET", f"/booking{path}", root_path="/booking")

    assert town.pages.answers(scope_of("GET", path)) is is_page
    assert town.pages.answers(mounted) is is_page


def test_mounted_elsewhere_every_link_leads_back(town: Town) -> None:
    host = Starlette(routes=[Mount("/booking", app=town.pages)])
    visitor = Visitor(host)

    front = visitor.open("/booking/sarah")
    visitor.open(front.link("Haircut"))
    visitor.press(visitor.page.buttons_named("slot")[0])
    visitor.fill(name="Ada", email="ada@example.com")
    visitor.submit("details")

    led = [said[n] for _, said in visitor.page.elements for n in ("href", "src") if n in said]
    assert "You are booked." in visitor.page.text
    assert [one for one in led if not one.startswith(("/booking/", "#"))] == []
    assert visitor.client.get(visitor.page.link("Add to calendar")).status_code == 200


def test_static_files_are_kept_for_good_under_a_name_that_changes(visitor: Visitor) -> None:
    page = visitor.open("/sarah")
    [script] = [said["src"] for tag, said in page.elements if tag == "script"]

    now = visitor.client.get(script)
    old = visitor.client.get("/static/old/pages.js")
    lost = visitor.client.get("/static/old/../../secret")

    assert now.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert now.headers["content-type"] == "text/javascript; charset=utf-8"
    assert old.headers["cache-control"] == "no-store"
    assert old.content == now.content
    assert lost.status_code == 404


def test_a_look_without_a_body_is_answered_alike(visitor: Visitor) -> None:
    head, get = visitor.client.head("/sarah"), visitor.client.get("/sarah")

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


def test_a_bug_is_answered_with_a_page_and_without_its_words(
    town: Town, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(town.engine.register), "find_by_slug", lambda *_: 1 / 0)

    page = visitor.open("/sarah")

    assert visitor.status == 500
    assert "This could not be done, and nothing was changed." in page.text
    assert "ZeroDivision" not in page.source
