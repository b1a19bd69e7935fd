"""Opening a business without the operator: only where that is allowed, and never half."""

from __future__ import annotations

from dataclasses import replace

import pytest

from holdfast.domain.access import SYSTEM, Role
from holdfast.domain.errors import HoldfastError
from holdfast.domain.ids import TenantId
from holdfast.engine.tenants import AddTenant, FirstOwner
from holdfast.engine.use_cases import Envelope
from holdfast.web.app import Pages
from tests.web.conftest import Town
from tests.web.staff.workers import PASSWORD, Worker, account_of, worker_of
from tests.web.visitors import Visitor

TYPED = {
    "name": "L’Été à Léman",
    "slug": "",
    "zone": "Europe/Zurich",
    "currency": "CHF",
    "your_name": "Ada Lovelace",
    "your_email": "ada@example.com",
    "password": "a long walk in the hills",
}


@pytest.fixture
def open_town(town: Town) -> Town:
    """The town, whose operator lets anybody open a business."""
    house = replace(town.house, has_open_sign_up=True)
    return replace(town, house=house, pages=Pages(house))


def begin(visitor: Visitor, **typed: str) -> None:
    """Fill in the form and send it."""
    visitor.open("/staff/start")
    visitor.fill(**{**TYPED, **typed})
    visitor.submit("opening")


def test_a_new_person_opens_a_business_and_meets_the_presets(open_town: Town) -> None:
    visitor = open_town.visitor()

    begin(visitor)

    tenant = open_town.engine.register.find_by_slug("l-ete-a-leman")
    assert visitor.status == 200
    assert visitor.url == "/staff/l-ete-a-leman/set-up/start"
    assert "What do you do?" in visitor.page.text
    assert tenant is not None
    assert (tenant.name, tenant.zone, tenant.currency) == (TYPED["name"], "Europe/Zurich", "CHF")
    [member] = open_town.engine.tenant(tenant.slug).members.list().items
    assert (member.email, member.role, member.can_sign_in) == ("ada@example.com", Role.OWNER, True)


def test_by_default_nobody_opens_a_business(town: Town, visitor: Visitor) -> None:
    statuses = []
    for path in ("/staff/start", "/staff/start/address?name=mine"):
        visitor.open(path)
        statuses.append(visitor.status)
    visitor.post("/staff/start", TYPED, Origin="http://shop.test")

    assert [*statuses, visitor.status] == [404, 404, 404]
    assert town.engine.register.find_by_slug("l-ete-a-leman") is None
    visitor.open("/staff/sign-in")
    assert "Open a business" not in visitor.page.text


def test_who_is_signed_in_opens_one_more(open_town: Town) -> None:
    worker_of(open_town, Role.STAFF)
    account_of(open_town, "staff@example.com")
    worker = Worker(open_town.pages)
    worker.sign_in("staff@example.com")

    worker.open("/staff/start")
    worker.fill(name="Second", zone="Europe/Paris", currency="EUR")
    worker.submit("opening")
    worker.open("/staff/start")
    worker.fill(name="Second", zone="Europe/Paris", currency="EUR", slug="second")
    worker.submit("opening")

    assert worker.url == "/staff/second/set-up/start"
    [member] = open_town.engine.tenant("second").members.list().items
    assert member.email == "staff@example.com"


def test_an_account_is_only_taken_with_its_password(open_town: Town) -> None:
    account_of(open_town, "ada@example.com")
    thief, owner = open_town.visitor(), open_town.visitor(address="192.0.2.7")

    begin(thief, password="another long password")
    refused = thief.page.text
    begin(owner, password=PASSWORD)

    assert "do not belong together" in refused
    assert thief.status == 422
    assert owner.url == "/staff/l-ete-a-leman/set-up/start"


@pytest.mark.parametrize(
    ("typed", "name", "sentence"),
    [
        ({"slug": "sarah"}, "slug", "This is taken already."),
        ({"slug": "staff"}, "slug", "kept for our own pages"),
        ({"slug": "No!"}, "slug", "3 to 40 letters"),
        ({"name": ""}, "name", "This is needed."),
        ({"your_email": "ada at home"}, "your_email", "not an e-mail address"),
        ({"password": "short"}, "password", "Take at least"),
        ({"zone": "Mars/Olympus"}, "zone", "Choose one of the list."),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_made(
    open_town: Town, typed: dict[str, str], name: str, sentence: str
) -> None:
    visitor = open_town.visitor()

    visitor.open("/staff/start")
    visitor.post("/staff/start", {**TYPED, **typed}, Origin="http://shop.test")

    assert visitor.status == 422
    assert sentence in visitor.page.text
    assert f"#{name}" in {one.href for one in visitor.page.anchors}
    assert len(open_town.engine.list_tenants()) == 4
    assert open_town.engine.accounts.find("ada@example.com") is None


def test_the_address_is_looked_up_while_it_is_typed(open_town: Town) -> None:
    client = open_town.visitor().client

    taken = client.get("/staff/start/address?slug=sarah").json()
    named = client.get("/staff/start/address?name=Chez Été").json()
    reserved = client.get("/staff/start/address?slug=api").json()

    assert (taken["free"], taken["says"]) == (False, "This is taken already. Choose another one.")
    assert named == {"slug": "chez-ete", "free": True, "says": "This address is free."}
    assert "kept for our own pages" in reserved["says"]


def test_of_two_who_open_the_same_address_at_once_one_is_refused(town: Town) -> None:
    engine = town.engine
    account = account_of(town, "ada@example.com")
    owner = FirstOwner(account_id=account.account_id, email=account.email, name="Ada")
    command = AddTenant(
        slug="twice", name="Twice", zone="Europe/Paris", currency="EUR", owner=owner
    )

    errors = []
    for _ in range(2):
        tenant_id = TenantId(engine.ids.new("tnt", now=engine.clock.now()))
        envelope = Envelope(command=command, actor=SYSTEM, source="test")
        errors.append(engine.unit_of_work.run(tenant_id, [envelope])[0].error)

    assert errors[0] is None
    assert isinstance(errors[1], HoldfastError)
    assert [one.slug for one in engine.accounts.tenants_of(account.account_id)] == ["twice"]


def test_an_address_on_the_network_opens_five_businesses_an_hour(open_town: Town) -> None:
    visitor = open_town.visitor()
    begin(visitor, slug="no such")
    mistyped = visitor.status
    for number in range(6):
        visitor.client.cookies.clear()
        begin(visitor, name=f"Shop {number}", your_email=f"ada{number}@example.com")

    assert mistyped == 422
    assert visitor.status == 429
    assert len(open_town.engine.list_tenants()) == 4 + 5
