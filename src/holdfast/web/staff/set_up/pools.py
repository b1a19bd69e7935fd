"""Pools: resources that stand in for one another; list, add, change, delete."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from holdfast.domain.errors import HoldfastError, RecordNotFound
from holdfast.domain.ids import PoolId, ResourceId, looks_like_id
from holdfast.domain.pools import Pool, PoolAction
from holdfast.domain.resources import Resource
from holdfast.engine.pools import ActOnPool, AddPool, ChangePool
from holdfast.engine.reading import PAGE_MAX, PageRequest
from holdfast.web.staff.set_up.editing import (
    UNPROCESSABLE,
    Action,
    Editor,
    Item,
    listing,
    next_page,
    page_request,
    sent,
    sentence_of,
    version_in,
)
from holdfast.web.staff.set_up.sheets import Entry, Group, Kind, Sheet, read_sheet, shown_sheet
from holdfast.web.staff.visits import StaffVisit

PART = "pools"


async def show_all(visit: StaffVisit) -> Response:
    """List the pools."""
    language, request = visit.language, page_request(visit)
    say = language.gettext
    page = await visit.read(lambda: visit.engine_desk().pools.list(request))
    items = []
    for one in page.items:
        count = len(one.resource_ids)
        members = language.ngettext("one resource", "%(num)s resources", count)
        items.append(
            Item(
                name=one.name,
                href=visit.here("set-up", PART, one.pool_id),
                facts=(one.kind, members % {"num": language.number(count)}),
            )
        )
    return listing(
        visit,
        part=PART,
        title=say("Pools"),
        lead=say("Resources any of which serve: a team, a fleet, the rooms of a house."),
        items=items,
        add=visit.here("set-up", PART, "new"),
        add_words=say("Add a pool"),
        empty=say("There is no pool yet. One is worth its while as soon as two can do the same."),
        more=next_page(visit, PART, page),
    )


async def ask_new(visit: StaffVisit) -> Response:
    """Ask for a new pool."""
    groups = await visit.read(lambda: _groups(visit))
    sheet = shown_sheet(groups[0].entries, {"kind": "team"})
    return _editor(visit, None, groups).show(visit, sheet)


async def add(visit: StaffVisit) -> Response:
    """Add a pool."""
    form = await visit.form()
    groups = await visit.read(lambda: _groups(visit))
    sheet = read_sheet(groups[0].entries, form, visit.language)
    if sheet.is_right:
        made = await sent(visit, sheet, AddPool(**_said(sheet, ())), Pool)
        if made is not None:
            return visit.go(visit.here("set-up", PART, made.pool_id, saved="1"))
    return _editor(visit, None, groups).show(visit, sheet, status=UNPROCESSABLE)


async def show(visit: StaffVisit) -> Response:
    """Show a pool, to be changed."""
    pool, groups = await visit.read(lambda: (_pool(visit), _groups(visit)))
    return _editor(visit, pool, groups).show(visit, shown_sheet(groups[0].entries, _values(pool)))


async def change(visit: StaffVisit) -> Response:
    """Change a pool, or delete it."""
    form = await visit.form()
    pool, groups = await visit.read(lambda: (_pool(visit), _groups(visit)))
    editor = _editor(visit, pool, groups)
    if form.text("act") == PoolAction.DELETE:
        command = ActOnPool(
            pool_id=pool.pool_id, action=PoolAction.DELETE, if_version=version_in(form)
        )
        try:
            await visit.run(command, Pool)
        except HoldfastError as refusal:
            sheet = shown_sheet(groups[0].entries, _values(pool))
            sheet.general.append(sentence_of(refusal, visit))
            return editor.show(visit, sheet, status=refusal.status)
        return visit.go(visit.here("set-up", PART))
    sheet = read_sheet(groups[0].entries, form, visit.language)
    if sheet.is_right:
        changes = _said(sheet, pool.resource_ids)
        changed = ChangePool(pool_id=pool.pool_id, changes=changes, if_version=version_in(form))
        if await sent(visit, sheet, changed, Pool):
            return visit.go(visit.here("set-up", PART, pool.pool_id, saved="1"))
    return editor.show(visit, sheet, status=UNPROCESSABLE)


def _groups(visit: StaffVisit) -> tuple[Group, ...]:
    say = visit.language.gettext
    found = visit.engine_desk().resources.list(PageRequest(limit=PAGE_MAX)).items
    resources: list[Resource] = list(found)
    entries = (
        Entry(name="name", label=say("Name"), is_needed=True),
        Entry(
            name="kind",
            label=say("What it is"),
            help=say("A word of yours: team, fleet, region."),
            is_needed=True,
        ),
        Entry(name="description", label=say("Description"), kind=Kind.TEXT),
        Entry(
            name="resource_ids",
            label=say("Its resources"),
            kind=Kind.SEVERAL,
            choices=tuple((one.resource_id, one.name) for one in resources),
        ),
        Entry(name="sort_order", label=say("Place in lists"), kind=Kind.WHOLE),
    )
    return (Group(title=say("The pool"), entries=entries),)


def _said(sheet: Sheet, before: tuple[ResourceId, ...]) -> dict[str, Any]:
    """Return what a sheet says; who is in it already keeps their place in the order."""
    ticked = sheet.values["resource_ids"]
    ids = [ResourceId(str(one)) for one in ticked] if isinstance(ticked, tuple) else []
    kept = [one for one in before if one in ids]
    return {
        "name": sheet.values["name"],
        "kind": sheet.values["kind"],
        "description": sheet.values["description"],
        "resource_ids": (*kept, *(one for one in ids if one not in kept)),
        "sort_order": sheet.values["sort_order"] or 0,
    }


def _values(pool: Pool) -> dict[str, object]:
    return {
        "name": pool.name,
        "kind": pool.kind,
        "description": pool.description,
        "resource_ids": pool.resource_ids,
        "sort_order": pool.sort_order,
    }


def _pool(visit: StaffVisit) -> Pool:
    text = visit.path("pool_id")
    if not looks_like_id(text, "pol"):
        raise RecordNotFound(kind="pool", key=text)
    return visit.engine_desk().pools.get(PoolId(text))


def _editor(visit: StaffVisit, pool: Pool | None, groups: tuple[Group, ...]) -> Editor:
    say = visit.language.gettext
    is_new = pool is None
    delete = Action(value=PoolAction.DELETE.value, words=say("Delete"), is_danger=True)
    return Editor(
        part=PART,
        title=say("Add a pool") if pool is None else pool.name,
        back=visit.here("set-up", PART),
        back_words=say("Pools"),
        action=visit.here("set-up", PART, "new" if pool is None else pool.pool_id),
        groups=groups,
        version=0 if pool is None else pool.version,
        actions=[] if is_new else [delete],
        save_words=say("Add") if is_new else "",
    )
