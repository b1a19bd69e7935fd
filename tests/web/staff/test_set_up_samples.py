"""The set-up of every sample business: each form saves what stands in it and changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from holdfast.domain.access import Role
from holdfast.engine.facade import TenantEngine
from holdfast.testing.samples import (
    open_bistro,
    open_practice,
    open_rental,
    open_rooms,
    open_studio,
)
from tests.web.conftest import Town
from tests.web.staff.workers import worker_of

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
OPENERS = {
    "fraser-island": lambda engine: open_rental(engine, now=NOW),
    "dr-martin": lambda engine: open_practice(engine, now=NOW),
    "mont-blanc": open_rooms,
    "atelier": open_studio,
    "le-bistro": lambda engine: open_bistro(engine, now=NOW, days=3),
    "odeon": None,
    "occitanie": None,
    "sarah": None,
}
PARTS = ("", "/needs", "/prices", "/tickets", "/parts", "/questions")


def everything(desk: TenantEngine) -> list[object]:
    """Return all that is set up, and the rules of all hours without what tells records apart."""
    found: list[object] = [desk.get()]
    for feature in (desk.offerings, desk.resources, desk.pools):
        found += feature.list().items
    for offering in desk.offerings.list().items:
        found += [rule.rule for rule in desk.schedules.list(offering.offering_id)]
    for resource in desk.resources.list().items:
        found += [rule.rule for rule in desk.schedules.list(resource.resource_id)]
    return found


@pytest.mark.parametrize("slug", OPENERS)
def test_saving_a_sample_business_as_it_stands_changes_nothing(town: Town, slug: str) -> None:
    open_it = OPENERS[slug]
    if open_it is not None:
        open_it(town.engine)
    desk = town.engine.tenant(slug)
    owner = worker_of(town, Role.OWNER, slug=slug)
    offering = desk.offerings.list().items[0].offering_id
    resource = desk.resources.list().items[0].resource_id
    before = everything(desk)

    unsaved = []
    for path in (
        "business",
        *(f"offerings/{offering}{part}" for part in PARTS),
        f"resources/{resource}",
        f"hours/{resource}",
        f"hours/{offering}",
        f"policy/{resource}",
        f"policy/{offering}",
    ):
        owner.at(f"/set-up/{path}")
        owner.submit("edit")
        if owner.status != 200 or "Saved." not in owner.page.text:
            unsaved.append((path, owner.status))

    assert unsaved == []
    assert everything(desk) == before
