"""Safety of the set-up: whatever is typed into any of its forms stays text on every page."""

from __future__ import annotations

import re

import pytest

from holdfast.domain.access import Role
from tests.web.conftest import Town
from tests.web.staff.test_set_up_pages import LISTS, open_inn, pages_of
from tests.web.staff.workers import Worker, worker_of
from tests.web.test_safety import EVIL

MIXED = tuple(" ".join(EVIL[start : start + 3]) for start in range(0, len(EVIL), 3))
SCRIPTS = re.compile(r"/static/[0-9a-f]+/staff(-set-up)?\.js\Z")


def is_harmless(worker: Worker) -> bool:
    """Tell whether a page has nothing that runs but our own scripts."""
    page = worker.page
    handlers = [name for _, said in page.elements for name in said if name.startswith("on")]
    scripts = [said.get("src", "") for tag, said in page.elements if tag == "script"]
    styles = [said for tag, said in page.elements if "style" in said or tag == "style"]
    led = [
        said[name]
        for _, said in page.elements
        for name in ("href", "src", "action")
        if name in said
    ]
    return (
        not handlers
        and not styles
        and not "".join(page.inline).strip()
        and all(SCRIPTS.match(one) for one in scripts)
        and all(re.match(r"/(?!/)|#", one) for one in led)
    )


@pytest.mark.parametrize("evil", MIXED)
def test_what_is_typed_into_any_text_stays_text(town: Town, evil: str) -> None:
    owner = open_inn(town)
    paths = [*pages_of(town), "resources/new", "offerings/new", "pools/new", "categories/new"]
    paths += ["promo-codes/new", "keys"]

    harmful = []
    for path in paths:
        owner.at(f"/set-up/{path}")
        form = owner.page.form("edit")
        texts = {
            str(said["name"])
            for tag, said in owner.page.elements
            if tag == "textarea" or (tag == "input" and said.get("type") == "text")
            if said.get("name")
        }
        numbers = {name for name, value in form.fields if value.isdecimal()}
        owner.fill(**dict.fromkeys(texts - numbers - {"slug", "logo", "accent"}, evil))
        owner.submit("edit")
        if owner.status >= 500 or not is_harmless(owner):
            harmful.append(path)
    for path in ("", *LISTS, "keys", *pages_of(town)):
        owner.at(f"/set-up/{path}".rstrip("/"))
        if owner.status != 200 or not is_harmless(owner):
            harmful.append(path)

    assert harmful == []


@pytest.mark.parametrize("evil", MIXED)
def test_what_is_typed_into_the_wizard_stays_text(town: Town, evil: str) -> None:
    owner = worker_of(town, Role.OWNER)
    for named in ({"sold.0.price": evil}, {"sold.0.price": "5"}):
        owner.at("/set-up/start", kind="salon")
        owner.fill(**{"things.0": evil, "sold.0.name": evil, "run": evil, **named})
        owner.submit("wizard")

        assert owner.status in {200, 422}
        assert is_harmless(owner)
    owner.at("/set-up/resources")
    assert is_harmless(owner)
    for one in town.street.salon.desk.offerings.list().items:
        assert town.visitor().open(f"/sarah/{one.slug}").text


def test_a_form_without_the_token_or_from_elsewhere_changes_nothing(town: Town) -> None:
    owner = open_inn(town)
    before = town.street.inn.desk.get()

    owner.at("/set-up/business")
    sent = {**dict(owner.page.form("edit").fields), "name": "Stolen"}
    here = "/staff/les-tilleuls/set-up/business"
    statuses = []
    owner.post(here, {**sent, "token": "x"}, Origin="http://shop.test")
    statuses.append(owner.status)
    owner.post(here, sent, Sec_Fetch_Site="cross-site")
    statuses.append(owner.status)

    assert statuses == [403, 403]
    assert town.street.inn.desk.get() == before
