"""The business itself: its name and address, zone and currency, and how its pages look."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from holdfast.domain.tenants import Tenant, TenantStatus
from holdfast.engine.tenants import ChangeTenant
from holdfast.web.looks import look_of
from holdfast.web.staff.set_up.currencies import currency_options
from holdfast.web.staff.set_up.editing import (
    UNPROCESSABLE,
    Editor,
    sent,
    version_in,
    zone_options,
)
from holdfast.web.staff.set_up.sheets import (
    Entry,
    Group,
    Kind,
    Say,
    Sheet,
    length_units,
    read_sheet,
    shown_sheet,
)
from holdfast.web.staff.visits import StaffVisit

PART = "business"
PAGES = "pages"
_LOOK = ("accent", "about", "logo")
_NO_TIME = timedelta(0)


async def show(visit: StaffVisit) -> Response:
    """Show the business, to be changed."""
    tenant = await visit.read(lambda: visit.engine_desk().get())
    groups = _groups(visit, tenant)
    return _page(visit, tenant, shown_sheet(_all(groups), _values(tenant)))


async def change(visit: StaffVisit) -> Response:
    """Change the business."""
    form = await visit.form()
    tenant = await visit.read(lambda: visit.engine_desk().get())
    sheet = read_sheet(_all(_groups(visit, tenant)), form, visit.language)
    pages: dict[str, object] = {PAGES: {"logo": sheet.values.get("logo")}}
    if sheet.values.get("logo") and look_of(replace(tenant, metadata=pages)).logo is None:
        sheet.faults["logo"] = visit.language.gettext("A logo is a PNG, JPEG, WebP or SVG picture.")
    if sheet.is_right:
        command = ChangeTenant(changes=_said(sheet, tenant), if_version=version_in(form))
        named = {"metadata": "logo"}
        changed = await sent(visit, sheet, command, Tenant, named=named, taken="slug")
        if changed is not None:
            return visit.go(visit.url("staff", changed.slug, "set-up", PART, saved="1"))
    return _page(visit, tenant, sheet, status=UNPROCESSABLE)


def _page(visit: StaffVisit, tenant: Tenant, sheet: Sheet, *, status: int = 200) -> Response:
    say = visit.language.gettext
    editor = Editor(
        part=PART,
        title=say("Business"),
        back=visit.here("set-up"),
        back_words=say("Set-up"),
        action=visit.here("set-up", PART),
        groups=_groups(visit, tenant),
        version=tenant.version,
        tabs=[
            (visit.here("set-up", PART), say("Details"), True),
            (visit.here("set-up", "policy", PART), say("Rules"), False),
        ],
    )
    return editor.show(visit, sheet, status=status)


def _groups(visit: StaffVisit, tenant: Tenant) -> tuple[Group, ...]:
    say = visit.language.gettext
    units = length_units(say)
    return (
        Group(
            title=say("The business"),
            entries=(
                Entry(name="name", label=say("Name"), is_needed=True),
                Entry(
                    name="slug",
                    label=say("Address"),
                    is_needed=True,
                    help=say("The end of your public link. Links with the old one end to work."),
                ),
                Entry(
                    name="zone",
                    label=say("Time zone"),
                    kind=Kind.CHOICE,
                    choices=zone_options(visit, tenant.zone),
                ),
                Entry(
                    name="currency",
                    label=say("Currency"),
                    kind=Kind.CHOICE,
                    choices=_currencies(visit, tenant),
                    help=say("Of what you add from now on; prices that are there keep theirs."),
                ),
                Entry(
                    name="is_closed",
                    label=say("Nothing can be booked at the moment"),
                    kind=Kind.FLAG,
                ),
            ),
        ),
        Group(
            title=say("Booking"),
            entries=(
                Entry(name="notice", label=say("Notice before"), kind=Kind.LENGTH, units=units),
                Entry(
                    name="horizon_days",
                    label=say("Days ahead"),
                    kind=Kind.WHOLE,
                    suffix=say("days"),
                ),
            ),
        ),
        _look(say),
    )


def _look(say: Say) -> Group:
    return Group(
        title=say("How your pages look"),
        entries=(
            Entry(
                name="accent",
                label=say("Colour"),
                kind=Kind.COLOUR,
                help=say("It is made lighter or darker until it can be read."),
            ),
            Entry(name="about", label=say("A few words about you"), kind=Kind.TEXT),
            Entry(
                name="embed_origins",
                label=say("Sites that may show your pages"),
                kind=Kind.TEXT,
                help=say("One on each line, such as https://www.example.com; at most 20."),
            ),
            Entry(
                name="logo",
                label=say("Logo"),
                kind=Kind.PICTURE,
                help=say("A PNG, JPEG, WebP or SVG of at most 10 kB."),
            ),
        ),
    )


def _currencies(visit: StaffVisit, tenant: Tenant) -> tuple[tuple[str, str], ...]:
    known = currency_options(visit.language)
    own = () if tenant.currency in dict(known) else ((tenant.currency, tenant.currency),)
    return (*own, *known)


def _all(groups: tuple[Group, ...]) -> list[Entry]:
    return [entry for group in groups for entry in group.entries]


def _said(sheet: Sheet, tenant: Tenant) -> dict[str, Any]:
    values = sheet.values
    kept = tenant.metadata.get(PAGES)
    pages = dict(kept) if isinstance(kept, dict) else {}
    for name in _LOOK:
        pages.pop(name, None)
        if values[name]:
            pages[name] = values[name]
    others = {name: value for name, value in tenant.metadata.items() if name != PAGES}
    status = TenantStatus.INACTIVE if values["is_closed"] else TenantStatus.ACTIVE
    said: dict[str, Any] = {
        "name": values["name"],
        "slug": values["slug"],
        "zone": values["zone"] or tenant.zone,
        "currency": values["currency"] or tenant.currency,
        "status": status,
        "notice": values["notice"] or _NO_TIME,
        "embed_origins": tuple(str(values["embed_origins"]).split()),
        "metadata": {**others, **({PAGES: pages} if pages else {})},
    }
    if values["horizon_days"] is not None:
        said["horizon_days"] = values["horizon_days"]
    return said


def _values(tenant: Tenant) -> dict[str, object]:
    kept = tenant.metadata.get(PAGES)
    pages = kept if isinstance(kept, dict) else {}
    return {
        "name": tenant.name,
        "slug": tenant.slug,
        "zone": tenant.zone,
        "currency": tenant.currency,
        "is_closed": tenant.status is TenantStatus.INACTIVE,
        "notice": tenant.notice or None,
        "horizon_days": tenant.horizon_days,
        "embed_origins": "\n".join(tenant.embed_origins),
        **{name: pages.get(name) for name in _LOOK},
    }
