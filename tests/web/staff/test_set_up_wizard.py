"""The wizard: eight presets, each of which ends with a page that can be booked."""

from __future__ import annotations

import pytest

from holdfast.domain.access import Role
from holdfast.domain.offerings import Offering
from holdfast.engine.tenants import AddTenant
from holdfast.web.codes import picture_of
from holdfast.web.staff.set_up.presets import KEYS
from tests.web.conftest import Town
from tests.web.staff.workers import Worker, worker_of
from tests.web.visitors import BASE, Visitor

EMPTY = "chez-nous"


@pytest.fixture
def owner(town: Town) -> Worker:
    """The owner of a business in which there is nothing yet."""
    town.engine.add_tenant(
        AddTenant(slug=EMPTY, name="Chez nous", zone="Europe/Paris", currency="EUR")
    )
    return worker_of(town, Role.OWNER, slug=EMPTY)


def offerings(town: Town) -> tuple[Offering, ...]:
    """Return what the business offers now."""
    return town.engine.tenant(EMPTY).offerings.list().items


def choose(customer: Visitor, address: str) -> None:
    """Choose the first time that is free, whatever form it has."""
    customer.open(address, day="2026-06-10")
    if not customer.page.buttons_named("slot"):
        days = [one.href for one in customer.page.anchors if "days=" in one.href]
        if days:
            customer.open(days[-1])
    found = [one for one in customer.page.buttons if one.form.method == "post"]
    customer.press(found[0])


@pytest.mark.parametrize("key", KEYS)
def test_each_preset_ends_with_a_page_that_a_customer_books(
    town: Town, owner: Worker, key: str
) -> None:
    owner.at("/set-up/start", kind=key)
    owner.submit("wizard")
    made = offerings(town)
    customer = town.visitor()

    assert "Your booking page is there" in owner.page.text
    choose(customer, f"/{EMPTY}/{made[0].slug}")
    customer.fill(name="Ada Lovelace", email="ada@example.com")
    customer.submit("details")
    assert customer.status == 200
    assert len(town.engine.tenant(EMPTY).bookings.list().items) == 1


def test_pressing_the_button_twice_makes_nothing_twice(town: Town, owner: Worker) -> None:
    owner.at("/set-up/start", kind="salon")
    form = owner.page.form("wizard")
    for _ in range(2):
        owner.post(form.action, dict(form.fields), Origin=BASE)

    desk = town.engine.tenant(EMPTY)
    assert owner.status == 200
    assert [one.name for one in desk.resources.list().items] == ["Chair 1"]
    assert len(desk.offerings.list().items) == 3


def test_several_who_do_the_same_become_a_pool(town: Town, owner: Worker) -> None:
    owner.at("/set-up/start", kind="salon")
    owner.fill(**{"things.0": "Ada\n Grace \nAda\n", "sold.0.name": "Coupe d’été"})
    owner.submit("wizard")

    desk = town.engine.tenant(EMPTY)
    [pool] = desk.pools.list().items
    assert [one.name for one in desk.resources.list().items] == ["Ada", "Grace"]
    assert len(pool.resource_ids) == 2
    assert {one.requirements[0].pool_id for one in desk.offerings.list().items} == {pool.pool_id}
    assert desk.offerings.find_by_slug("coupe-d-ete") is not None


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ({"things.0": ""}, "things.0"),
        ({"things.0": "x" * 300}, "things.0"),
        ({"hours.2.closes": ""}, "hours.2.closes"),
        ({"hours.2.opens": "25:99"}, "hours.2.opens"),
        ({"sold.0.minutes": "0"}, "sold.0.minutes"),
        ({"sold.0.price": "-5"}, "sold.0.price"),
        ({"sold.0.price": "9" * 12}, "sold.0.price"),
        ({"sold.0.name": "", "sold.1.name": "", "sold.2.name": ""}, "sold.0.name"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(
    town: Town, owner: Worker, typed: dict[str, str], name: str
) -> None:
    owner.at("/set-up/start", kind="salon")
    owner.fill(**{"sold.2.name": "Kept as typed", **typed})
    owner.submit("wizard")

    desk = town.engine.tenant(EMPTY)
    assert owner.status == 422
    assert f"#{name}" in {one.href for one in owner.page.anchors}
    assert desk.resources.list().items == ()
    assert desk.offerings.list().items == ()
    said = dict(owner.page.form("wizard").fields)
    assert said["sold.2.name"] == typed.get("sold.2.name", "Kept as typed")


def test_an_event_that_is_over_is_refused(town: Town, owner: Worker) -> None:
    owner.at("/set-up/start", kind="event")
    owner.fill(starts_at="2020-01-01T20:00", places="0")
    owner.submit("wizard")

    links = {one.href for one in owner.page.anchors}
    assert owner.status == 422
    assert {"#starts_at", "#places"} <= links
    assert offerings(town) == ()


def test_another_row_keeps_what_was_typed(owner: Worker) -> None:
    owner.at("/set-up/start", kind="clinic")
    owner.fill(**{"sold.1.name": "Long visit", "sold.1.price": "not yet"})
    owner.press("Add another")

    said = dict(owner.page.form("wizard").fields)
    assert owner.status == 200
    assert (said["sold.1.name"], said["sold.1.price"], said["sold.2.name"]) == (
        "Long visit",
        "not yet",
        "",
    )


def test_an_empty_business_meets_the_presets_first_and_a_full_one_its_overview(
    town: Town, owner: Worker
) -> None:
    owner.at("/set-up")
    first = owner.url
    owner.open(owner.page.link("Room"))
    owner.submit("wizard")
    owner.at("/set-up")

    code = owner.client.get(f"/staff/{EMPTY}/set-up/link.png")
    assert code.headers["content-type"] == "image/png"
    assert code.content == picture_of(f"{BASE}/{EMPTY}")
    assert first == f"/staff/{EMPTY}/set-up/start"
    assert owner.url == f"/staff/{EMPTY}/set-up"
    assert "http://shop.test/chez-nous" in owner.page.source
    assert owner.page.link("Offerings")


def test_the_wizard_speaks_french_in_what_it_makes_too(town: Town) -> None:
    town.engine.add_tenant(
        AddTenant(slug=EMPTY, name="Chez nous", zone="Europe/Paris", currency="EUR")
    )
    owner = worker_of(town, Role.OWNER, slug=EMPTY, language="fr-FR")
    owner.at("/set-up/start", kind="salon")
    owner.submit("wizard")

    assert "Votre page de réservation est prête" in owner.page.text
    assert offerings(town)[0].name == "Coupe"
