"""The set-up's pages: who may (AC-P02), what they show, and that saving changes nothing."""

from __future__ import annotations

import pytest

from holdfast.domain.access import Role
from holdfast.domain.promo_codes import PromoKind
from holdfast.engine.categories import AddCategory
from holdfast.engine.promo_codes import AddPromoCode
from tests.web.conftest import Town
from tests.web.staff.workers import Worker, worker_of

LISTS = ("offerings", "resources", "pools", "categories", "promo-codes")
OWNERS_ONLY = ("business", "keys", "policy/business", "people")


def open_inn(town: Town, role: Role = Role.OWNER) -> Worker:
    """Return somebody at the inn, where there is something of everything."""
    desk = town.street.inn.desk
    desk.categories.add(
        AddCategory(
            label="Person",
            label_plural="People",
            kind="person",
            custom_fields=({"key": "tongue", "label": "Tongue", "type": "text"},),
        )
    )
    desk.promo_codes.add(AddPromoCode(code="SPRING", kind=PromoKind.PERCENT, basis_points=1_550))
    return worker_of(town, role, slug="les-tilleuls")


def pages_of(town: Town) -> list[str]:
    """Return the address of every form about something that is there, below the set-up."""
    desk = town.street.inn.desk
    offerings = [one.offering_id for one in desk.offerings.list().items]
    resources = [one.resource_id for one in desk.resources.list().items]
    parts = ("", "/needs", "/prices", "/questions")
    return [
        "business",
        "policy/business",
        *(f"pools/{one.pool_id}" for one in desk.pools.list().items),
        *(f"categories/{one.category_id}" for one in desk.categories.list().items),
        *(f"promo-codes/{one.promo_id}" for one in desk.promo_codes.list().items),
        *(f"offerings/{one}{part}" for one in offerings for part in parts),
        *(f"resources/{one}" for one in resources[:3]),
        *(f"policy/{one}" for one in (*offerings, resources[0])),
    ]


def everything(town: Town) -> list[object]:
    """Return all that is set up at the inn."""
    desk = town.street.inn.desk
    found: list[object] = [desk.get()]
    for feature in (desk.offerings, desk.resources, desk.pools, desk.categories, desk.promo_codes):
        found += feature.list().items
    return found


def test_saving_what_stands_in_a_form_changes_nothing(town: Town) -> None:
    owner = open_inn(town)
    before = everything(town)

    answers = {}
    for path in pages_of(town):
        owner.at(f"/set-up/{path}")
        owner.submit("edit")
        answers[path] = (owner.status, "Saved." in owner.page.text)

    assert {path: said for path, said in answers.items() if said != (200, True)} == {}
    assert everything(town) == before


def test_saving_the_hours_as_they_stand_keeps_them(town: Town) -> None:
    owner = worker_of(town, Role.OWNER)
    salon = town.street.salon
    chair = salon.chair.resource_id
    before = [rule.rule for rule in salon.desk.schedules.list(chair)]

    owner.at(f"/set-up/hours/{chair}")
    owner.submit("edit")

    assert "Saved." in owner.page.text
    assert [rule.rule for rule in salon.desk.schedules.list(chair)] == before


@pytest.mark.parametrize("role", [Role.STAFF, Role.VIEWER])
def test_staff_and_viewers_do_not_see_the_set_up(town: Town, role: Role) -> None:
    worker = open_inn(town, role)

    statuses = set()
    for path in ("", *LISTS, "start", *pages_of(town), *OWNERS_ONLY):
        worker.at(f"/set-up/{path}".rstrip("/"))
        statuses.add(worker.status)

    assert statuses == {403}


def test_a_manager_sets_up_all_but_the_business_itself(town: Town) -> None:
    manager = open_inn(town, Role.MANAGER)

    found = {}
    for path in (*LISTS, "start", *OWNERS_ONLY):
        manager.at(f"/set-up/{path}")
        found[path] = manager.status

    assert {path for path, status in found.items() if status == 403} == set(OWNERS_ONLY)
    assert {status for path, status in found.items() if path not in OWNERS_ONLY} == {200}


def test_lists_say_what_there_is(town: Town) -> None:
    owner = open_inn(town)

    words = {}
    for path in LISTS:
        owner.at(f"/set-up/{path}")
        words[path] = owner.page.text

    assert "The garden room" in words["offerings"]
    assert "by the night" in words["offerings"]
    assert "Chloé" in words["resources"]
    assert "5 resources" in words["pools"]
    assert "People" in words["categories"]
    assert "15.5 % used 0 times" in words["promo-codes"].replace("\xa0", " ")
