"""The front: a business with what it offers, its colours and logo; and the server's own door."""

from __future__ import annotations

from starlette.responses import Response

from holdfast.domain.errors import RecordNotFound
from holdfast.domain.offerings import Offering
from holdfast.domain.tenants import Tenant, TenantStatus
from holdfast.engine.reading import PAGE_MAX, PageRequest
from holdfast.web.colours import DEFAULT_ACCENT, accents
from holdfast.web.limiting import ASKING
from holdfast.web.looks import look_of
from holdfast.web.stays import place_lines
from holdfast.web.visits import NOBODY, Visit

_A_DAY = "public, max-age=86400"


async def show(visit: Visit) -> Response:
    """Show a business and what it offers."""
    visit.count(ASKING)
    tenant, offerings = await visit.read(lambda: _shown(visit))
    return visit.page(
        "front.html",
        {
            "tenant": tenant,
            "offerings": [(one, place_lines(one)) for one in offerings],
            "about": look_of(tenant).about,
            "is_open": tenant.status is TenantStatus.ACTIVE,
        },
    )


def _shown(visit: Visit) -> tuple[Tenant, tuple[Offering, ...]]:
    tenant = visit.find_tenant()
    desk = visit.desk(tenant.tenant_id, NOBODY)
    return tenant, desk.offerings.list(PageRequest(limit=PAGE_MAX)).items


async def theme(visit: Visit) -> Response:
    """Give the business's own colours, made readable."""
    tenant = await visit.read(visit.find_tenant)
    light, dark = accents(look_of(tenant).accent or DEFAULT_ACCENT)
    sheet = (
        f":root{{--accent:{light.colour};--accent-ink:{light.ink}}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{--accent:{dark.colour};"
        f"--accent-ink:{dark.ink}}}}}\n"
    )
    return Response(sheet, media_type="text/css", headers={"Cache-Control": _A_DAY})


async def logo(visit: Visit) -> Response:
    """Give the business's own logo.

    Raises:
        RecordNotFound: It has none.
    """
    tenant = await visit.read(visit.find_tenant)
    found = look_of(tenant).logo
    if found is None:
        raise RecordNotFound(kind="logo", key=tenant.slug)
    media_type, content = found
    # Opened by itself, a picture could hold a script: it gets nothing to work with.
    headers = {
        "Cache-Control": _A_DAY,
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    }
    return Response(content, media_type=media_type, headers=headers)


async def door(visit: Visit) -> Response:
    """Show what this server is; the businesses in it only where the operator wants them listed."""
    visit.count(ASKING)
    engine = visit.house.gateway.engine
    tenants: list[Tenant] = []
    if visit.house.lists_businesses:
        tenants = await visit.read(engine.list_tenants)
    return visit.page("door.html", {"tenants": tenants})
