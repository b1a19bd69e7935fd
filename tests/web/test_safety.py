"""Safety: what customers and businesses write stays text; forms come from here; links are whole."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable

import pytest

from holdfast.engine.offerings import AddOffering
from holdfast.engine.tenants import AddTenant
from holdfast.web.app import ADDRESSES
from tests.web.conftest import Town
from tests.web.visitors import BASE, Visitor

PATHS = (
    "/",
    "/sarah",
    "/sarah/cut",
    "/odeon/concert",
    "/les-tilleuls/garden-room",
    "/les-tilleuls/massage",
    "/les-tilleuls/bicycle",
    "/occitanie/training-day",
    "/sarah/bookings",
    "/sarah/nothing",
    "/nobody",
)
EVIL = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "{{ 7*7 }}{% raw %}",
    "%(name)s %s",
    "</textarea><svg onload=alert(1)>",
    "<!-- --><style>*{display:none}</style>",
    "&lt;b&gt;&#x3c;",
)


def is_harmless(visitor: Visitor) -> bool:
    """Tell whether a page has nothing that runs but our one script, and nothing from elsewhere."""
    page = visitor.page
    handlers = [name for _, said in page.elements for name in said if name.startswith("on")]
    scripts = [said.get("src", "") for tag, said in page.elements if tag == "script"]
    styles = [said for _, said in page.elements if "style" in said]
    led = [
        said[name]
        for _, said in page.elements
        for name in ("href", "src", "action")
        if name in said
    ]
    is_ours = all(re.match(r"/(?!/)|#|https://example\.com/room$", one) for one in led)
    return (
        not handlers
        and not styles
        and not "".join(page.inline).strip()
        and len(scripts) == 1
        and is_ours
    )


@pytest.mark.parametrize("path", PATHS)
def test_every_page_is_guarded_and_has_nothing_inline(visitor: Visitor, path: str) -> None:
    visitor.open(path)

    policy = visitor.headers["content-security-policy"]
    assert is_harmless(visitor)
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert visitor.headers["x-frame-options"] == "DENY"
    assert visitor.headers["x-content-type-options"] == "nosniff"
    assert visitor.headers["referrer-policy"] == "same-origin"
    assert visitor.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("evil", EVIL)
def test_what_a_business_writes_stays_text(town: Town, visitor: Visitor, evil: str) -> None:
    """AC-O05."""
    pages = {"accent": evil, "about": evil, "logo": f"data:text/html;base64,{evil}"}
    town.engine.add_tenant(
        AddTenant(
            slug="evil-shop",
            name=evil,
            zone="Europe/Paris",
            currency="EUR",
            metadata={"pages": pages},
        )
    )
    desk = town.engine.tenant("evil-shop")
    copied = town.street.inn.massage
    desk.offerings.add(
        AddOffering(
            slug="evil",
            name=evil,
            description=evil,
            kind=evil,
            duration=copied.duration,
            location={"name": evil, "text": evil},
        )
    )

    for path in ("/evil-shop", "/evil-shop/evil", "/evil-shop/bookings", "/evil-shop/theme.css"):
        visitor.open(path)

        assert visitor.status == 200
        assert path.endswith(".css") or is_harmless(visitor)
    assert "alert" not in visitor.page.source
    visitor.open("/evil-shop/logo.img")
    assert visitor.status == 404


@pytest.mark.parametrize("evil", EVIL)
def test_what_a_customer_writes_stays_text(town: Town, visitor: Visitor, evil: str) -> None:
    """AC-O05."""
    visitor.open("/sarah/cut")
    visitor.press(visitor.page.buttons_named("slot")[0])
    visitor.fill(name=evil, email=evil, phone=evil, note=evil)
    visitor.submit("details")
    refused = is_harmless(visitor)
    typed = dict(visitor.page.form("details").fields)
    visitor.fill(name=evil, email="ada@example.com", phone="", note=evil)
    visitor.submit("details")

    assert refused
    assert typed["name"] == evil
    assert is_harmless(visitor)
    visitor.open("/sarah/bookings", number=evil)
    visitor.post("/sarah/bookings", {"number": evil, "email": evil}, Origin=BASE)
    assert is_harmless(visitor)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"{BASE}.evil.example"},
    ],
)
def test_a_form_from_another_site_does_nothing(
    town: Town, visitor: Visitor, headers: dict[str, str]
) -> None:
    slot = visitor.open("/sarah/cut").buttons_named("slot")[0].value

    visitor.post("/sarah/cut", {"slot": slot}, **headers)

    assert visitor.status == 403
    assert "sent from another site" in visitor.page.text
    assert town.street.salon.desk.holds.list().items == ()


def test_the_same_form_from_here_takes_the_hold(town: Town, visitor: Visitor) -> None:
    slot = visitor.open("/sarah/cut").buttons_named("slot")[0].value

    visitor.post("/sarah/cut", {"slot": slot}, Origin=BASE)

    assert visitor.status == 200
    assert len(town.street.salon.desk.holds.list().items) == 1


def test_every_address_that_takes_a_form_refuses_one_from_elsewhere(visitor: Visitor) -> None:
    known = defaultdict(lambda: "x", tenant="sarah", offering="cut")
    taking = [one.path.format_map(known) for one in ADDRESSES if one.post is not None]

    found = {}
    for path in taking:
        visitor.post(path, {}, Sec_Fetch_Site="cross-site")
        found[path] = visitor.status

    assert len(found) == len(taking) >= 10
    assert set(found.values()) == {403}


def test_nobody_sees_the_hold_of_another_visitor(town: Town, visitor: Visitor) -> None:
    visitor.open("/sarah/cut")
    visitor.press(visitor.page.buttons_named("slot")[0])
    url = visitor.url
    other = town.visitor()
    other.open("/sarah/cut")
    other.press(other.page.buttons_named("slot")[3])

    for stranger in (town.visitor(), other):
        stranger.open(url)
        assert stranger.status == 404
        stranger.post(url, {"name": "Eve", "email": "eve@example.com"}, Origin=BASE)
        assert stranger.status == 404
        stranger.post(f"{url}/release", {}, Origin=BASE)
        assert stranger.status == 404


def test_a_link_is_good_for_its_booking_alone(
    town: Town, visitor: Visitor, booked: Callable[[], str]
) -> None:
    first = booked()
    second = booked()
    stranger = town.visitor()
    stranger.open(first)
    seen = stranger.status
    changed = first[:-1] + ("0" if first[-1] != "0" else "1")
    moved = first.replace("/sarah/", "/odeon/")

    statuses = [town.visitor().client.get(url).status_code for url in (changed, moved)]

    assert seen == 200
    assert first != second
    assert statuses == [404, 404]


def test_a_link_runs_out_and_says_how_to_go_on(
    town: Town, visitor: Visitor, booked: Callable[[], str]
) -> None:
    url = booked()
    town.clock.advance(days=40)

    page = visitor.open(url)

    assert visitor.status == 404
    assert "This link no longer works" in page.text
    assert page.link("Find my booking") == "/sarah/bookings"


def test_the_visitors_cookie_is_kept_from_scripts_and_never_written_down(
    town: Town, visitor: Visitor
) -> None:
    slot = visitor.open("/sarah/cut").buttons_named("slot")[0].value
    answer = visitor.client.post(
        "https://shop.test/sarah/cut",
        data={"slot": slot},
        headers={"Origin": "https://shop.test"},
        follow_redirects=False,
    )

    [cookie] = answer.headers.get_list("set-cookie")
    secret = cookie.partition("=")[2].partition(";")[0]
    [hold] = town.street.salon.desk.holds.list().items
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert secret not in repr(hold)


@pytest.mark.parametrize("path", ["//evil.example", "/sarah/cut?next=//evil.example", "/\\evil"])
def test_no_address_leads_elsewhere(visitor: Visitor, path: str) -> None:
    answer = visitor.client.get(f"{BASE}{path}", follow_redirects=False)

    assert answer.headers.get("location", "/").startswith("/")
    assert "evil.example" not in answer.headers.get("location", "")


def test_forms_are_limited_and_have_to_be_forms(visitor: Visitor) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": BASE}

    big = visitor.client.post("/sarah/cut", content="x=" + "y" * 70_000, headers=headers)
    json = visitor.client.post("/sarah/cut", json={"slot": "x"}, headers={"Origin": BASE})
    many = visitor.client.post("/sarah/cut", content="x=1&" * 300, headers=headers)
    put = visitor.client.put("/sarah/cut")

    assert [one.status_code for one in (big, json, many, put)] == [413, 415, 422, 405]
