"""Embedding: the same pages inside other sites, and only inside those that a business names."""

from __future__ import annotations

import re

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from holdfast.domain.errors import InputInvalid
from tests.web.conftest import Town
from tests.web.visitors import Visitor

SITE = "https://www.sarah.example"


def allow(town: Town, *origins: str) -> None:
    """Let the salon's pages be shown in some sites."""
    town.street.salon.desk.change({"embed_origins": origins})


def ancestors(visitor: Visitor) -> str:
    """Return who may frame the last page."""
    policy = visitor.headers["content-security-policy"]
    return policy.rpartition("frame-ancestors ")[2]


def test_pages_are_framed_by_the_sites_that_a_business_names_and_by_no_other(
    town: Town, visitor: Visitor
) -> None:
    visitor.open("/embed/sarah/cut")
    before = ancestors(visitor)
    allow(town, SITE, "http://localhost:8000")

    visitor.open("/embed/sarah/cut")
    named, framed = ancestors(visitor), "x-frame-options" in visitor.headers
    visitor.open("/embed/odeon/concert")
    other = ancestors(visitor)
    visitor.open("/sarah/cut")

    assert before == "'none'"
    assert (named, framed) == (f"{SITE} http://localhost:8000", False)
    assert other == "'none'"
    assert (ancestors(visitor), visitor.headers["x-frame-options"]) == ("'none'", "DENY")


def test_inside_another_site_every_address_and_cookie_stays_inside(
    town: Town,
) -> None:
    visitor = town.visitor(base="https://shop.test")
    allow(town, SITE)
    page = visitor.open("/embed/sarah")

    visitor.open(page.link("Haircut"))
    visitor.press(visitor.page.buttons_named("slot")[0])
    kept = visitor.page
    visitor.fill(name="Ada", email="ada@example.com")
    visitor.submit("details")

    led = [
        said[name]
        for one in (page, kept, visitor.page)
        for _, said in one.elements
        for name in ("href", "src", "action")
        if name in said
    ]
    number = visitor.url.partition("?")[0].removeprefix("/embed")
    assert {one for one in led if not one.startswith(("/embed/", "#"))} == {number}
    assert "You are booked." in visitor.page.text
    assert ("body", {"class": "embedded"}) in visitor.page.elements
    assert town.street.salon.desk.bookings.list().items[0].contact.name == "Ada"


def test_cookies_inside_another_site_are_of_that_site_alone(town: Town, visitor: Visitor) -> None:
    allow(town, SITE)
    slot = visitor.open("/embed/sarah/cut").buttons_named("slot")[0].value
    visitor.client.follow_redirects = False

    visitor.post("/embed/sarah/cut", {"slot": slot}, Sec_Fetch_Site="same-origin")

    [cookie] = [one for one in [visitor.headers["set-cookie"]] if "holdfast_visitor" in one]
    said = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"secure", "httponly", "samesite=none", "partitioned", "path=/embed/"} <= said


def test_a_form_from_the_site_itself_does_nothing(town: Town, visitor: Visitor) -> None:
    allow(town, SITE)
    slot = visitor.open("/embed/sarah/cut").buttons_named("slot")[0].value

    visitor.post("/embed/sarah/cut", {"slot": slot}, Sec_Fetch_Site="cross-site", Origin=SITE)

    assert visitor.status == 403
    assert town.street.salon.desk.holds.list().items == ()


@pytest.mark.parametrize("path", ["/embed/staff", "/embed/staff/sign-in", "/embed/", "/embed/v1"])
def test_nothing_but_customers_pages_is_embedded(visitor: Visitor, path: str) -> None:
    visitor.open(path)

    assert visitor.status == 404
    assert ancestors(visitor) == "'none'"


def test_mounted_elsewhere_it_is_embedded_from_there(town: Town) -> None:
    visitor = Visitor(Starlette(routes=[Mount("/booking", app=town.pages)]))
    allow(town, SITE)

    page = visitor.open("/booking/embed/sarah")

    assert page.link("Haircut") == "/booking/embed/sarah/cut"
    assert ancestors(visitor) == SITE
    assert visitor.client.get("/booking/widget.js").status_code == 200


def test_the_widgets_script_is_for_every_site_and_small(visitor: Visitor) -> None:
    answer = visitor.client.get("/widget.js")

    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert len(answer.content) < 3_000
    assert re.search(r"innerHTML|eval|document\.write", answer.text) is None


@pytest.mark.parametrize(
    "origin",
    [
        "http://www.sarah.example",
        "https://www.sarah.example/",
        "https://www.sarah.example/page",
        "https://*.sarah.example",
        "https://sarah",
        "https://a.example; script-src *",
        "https://a.example\nx: y",
        "'self'",
        "*",
        "null",
        "",
        "https://SARAH.example",
        "https://a.example:99999999",
    ],
)
def test_what_is_no_origin_is_refused(town: Town, origin: str) -> None:
    with pytest.raises(InputInvalid) as refused:
        allow(town, SITE, origin)

    faults = refused.value.fields["errors"]
    assert isinstance(faults, tuple)
    assert [(one.pointer, one.code) for one in faults] == [("/embed_origins/1", "not_an_origin")]


def test_at_most_twenty_sites_are_named(town: Town) -> None:
    with pytest.raises(InputInvalid):
        allow(town, *(f"https://s{i}.example" for i in range(21)))

    allow(town, *(f"https://s{i}.example" for i in range(20)))
    assert len(town.street.salon.desk.get().embed_origins) == 20
