"""The set-up's overview: what is there, and what is missing until the first booking."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from holdfast.engine.facade import TenantEngine
from holdfast.engine.reading import PAGE_MAX, PageRequest
from holdfast.web.codes import picture_of
from holdfast.web.staff.set_up.wizard import absolute
from holdfast.web.staff.visits import StaffVisit


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """How much there is of each thing; the numbers end at one page."""

    offerings: int
    resources: int
    pools: int
    categories: int
    promo_codes: int


async def show(visit: StaffVisit) -> Response:
    """Show what there is; an empty business begins with the presets."""
    desk = visit.engine_desk()
    stock = await visit.read(lambda: _stock(desk))
    if not stock.offerings and not stock.resources:
        return visit.go(visit.here("set-up", "start"))
    return visit.page(
        "staff/set_up/home.html",
        {
            "set_up_part": "",
            "stock": stock,
            "most": PAGE_MAX,
            "link": absolute(visit, visit.tenant.slug),
        },
    )


async def code(visit: StaffVisit) -> Response:
    """Give the public link as a picture for a poster."""
    link = absolute(visit, visit.tenant.slug)
    return Response(await visit.read(lambda: picture_of(link)), media_type="image/png")


def _stock(desk: TenantEngine) -> Stock:
    page = PageRequest(limit=PAGE_MAX)
    return Stock(
        offerings=len(desk.offerings.list(page).items),
        resources=len(desk.resources.list(page).items),
        pools=len(desk.pools.list(page).items),
        categories=len(desk.categories.list(page).items),
        promo_codes=len(desk.promo_codes.list(page).items),
    )
