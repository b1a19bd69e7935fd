"""Every page of staff's that the table of addresses has: no fault that axe can find, by proof."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from holdfast.domain.access import Role
from holdfast.domain.offerings import Counting
from holdfast.domain.promo_codes import PromoKind
from holdfast.engine.categories import AddCategory
from holdfast.engine.facade import TenantEngine
from holdfast.engine.members import InviteMember
from holdfast.engine.offerings import AddOffering
from holdfast.engine.pools import AddPool
from holdfast.engine.promo_codes import AddPromoCode
from holdfast.engine.slots import AddSlot
from holdfast.web.staff.table import STAFF_ADDRESSES
from tests.browser.conftest import Visit
from tests.browser.sites import Site
from tests.browser.test_quality import faults
from tests.browser.workers import SLUG, employ, sign_in
from tests.web.staff.workday import Workday, at, fill

PHONE = 390
_GAP = re.compile(r"\{(\w+)\}")
# What a script asks for, or a picture: no pages.
NO_PAGES = frozenset({"/calendar/feed", "/set-up/link.png"})


def ids_in(desk: TenantEngine, day: Workday) -> dict[str, str]:
    """Return something of each kind, by how the table of addresses calls it."""
    resource_id = desk.resources.list().items[0].resource_id
    reading = desk.offerings.add(
        AddOffering(
            slug="reading",
            name="Reading",
            duration=timedelta(hours=1),
            counting=Counting.PLACES,
            slot_capacity=9,
        )
    )
    slot_id, starts_at = desk.slots.new_id(), at("20:00", on=9)
    desk.slots.add(AddSlot(slot_id=slot_id, offering_id=reading.offering_id, starts_at=starts_at))
    promo = AddPromoCode(code="SPRING", kind=PromoKind.PERCENT, basis_points=1_000)
    pool = desk.pools.add(AddPool(name="Therapists", resource_ids=(day.amelie, day.bastien)))
    return {
        "booking_id": day.massage.booking_id,
        "block_id": day.block.block_id,
        "slot_id": slot_id,
        "customer_id": day.massage.customer_id or "",
        "offering_id": reading.offering_id,
        "resource_id": resource_id,
        "owner_id": resource_id,
        "level": "business",
        "pool_id": pool.pool_id,
        "promo_id": desk.promo_codes.add(promo).promo_id,
        "category_id": desk.categories.add(AddCategory(label="Rooms")).category_id,
    }


@pytest.fixture(scope="module")
def ids(site: Site) -> dict[str, str]:
    """A day at the inn, which Olive owns."""
    employ(site)
    day = fill(site.street)
    return ids_in(day.inn.desk, day)


@pytest.mark.proof
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("width", [PHONE, 1280])
def test_axe_finds_no_fault_in_any_page_of_staffs(
    visit: Visit, site: Site, ids: dict[str, str], width: int
) -> None:
    desk = site.street.inn.desk
    page = visit(width=width)
    sign_in(page)
    found, seen, left = {}, [], []
    for row in STAFF_ADDRESSES:
        gaps = set(_GAP.findall(row.path))
        if row.get is None or row.path in NO_PAGES:
            continue
        if not all(ids.get(gap) for gap in gaps):
            left.append(row.path)
            continue
        path = _GAP.sub(lambda gap: ids[gap[1]], row.path)
        answer = page.goto(f"/staff/{SLUG}{path}")
        if answer is None or not answer.headers["content-type"].startswith("text/html"):
            continue
        assert answer.ok, path
        seen.append(row.path)
        found[row.path] = faults(page)
        wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        if wide:
            found[row.path].append("wider than the window")
    invitation = desk.members.invite(InviteMember(email=f"new{width}@example.com", role=Role.STAFF))
    for path in (
        "/staff",
        "/staff/account",
        "/staff/start",
        f"/staff/invitation/{invitation.token}",
    ):
        page.goto(path)
        found[path] = faults(page)

    assert {path: one for path, one in found.items() if one} == {}
    assert len(seen) > 30
    assert left == []
