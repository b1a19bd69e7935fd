"""Needs: which resources an offering takes, all of them or any, and how they are chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from holdfast.domain.categories import Category
from holdfast.domain.ids import CategoryId, PoolId, ResourceId
from holdfast.domain.offerings import Offering
from holdfast.domain.pools import Pool
from holdfast.domain.requirements import Choosing, Per, Requirement, Strategy
from holdfast.domain.resources import Resource
from holdfast.engine.offerings import ChangeOffering
from holdfast.engine.reading import PAGE_MAX, PageRequest
from holdfast.web.staff.set_up.editing import UNPROCESSABLE, sent, version_in
from holdfast.web.staff.set_up.offering_forms import editor_of, offering_of
from holdfast.web.staff.set_up.row_pages import show_list
from holdfast.web.staff.set_up.rows import Rows, RowsSheet, read_rows, shown_rows
from holdfast.web.staff.set_up.sheets import Entry, Kind, Say
from holdfast.web.staff.visits import StaffVisit

HERE = "needs"
LIST = "requirements"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stock:
    """What an offering could need."""

    offering: Offering
    resources: tuple[Resource, ...]
    pools: tuple[Pool, ...]
    categories: tuple[Category, ...]


async def show(visit: StaffVisit) -> Response:
    """Show what an offering needs."""
    stock = await visit.read(lambda: _stock(visit))
    values = [_values(one) for one in stock.offering.requirements]
    return _page(visit, stock, shown_rows(_rows(visit, stock), values, usual=_USUAL))


async def change(visit: StaffVisit) -> Response:
    """Change what an offering needs."""
    form = await visit.form()
    stock = await visit.read(lambda: _stock(visit))
    rows = _rows(visit, stock)
    typed = read_rows(rows, form, visit.language, currency=visit.tenant.currency, usual=_USUAL)
    if typed.is_more:
        return _page(visit, stock, typed)
    if typed.sheet.is_right:
        offering_id = stock.offering.offering_id
        before = stock.offering.requirements
        needed = tuple(_requirement(said, before) for said in typed.values(rows))
        # While slots are open they cannot change: then saving them as they are is no change.
        changes = {} if needed == before else {LIST: needed}
        command = ChangeOffering(
            offering_id=offering_id, changes=changes, if_version=version_in(form)
        )
        sheet, sent_rows = typed.sheet, {LIST: typed.sent}
        if await sent(visit, sheet, command, Offering, named=_NAMED, rows=sent_rows):
            return visit.go(visit.here("set-up", "offerings", offering_id, HERE, saved="1"))
    return _page(visit, stock, typed, status=UNPROCESSABLE)


_NAMED = {
    f"{LIST}.{name}": f"{LIST}.target"
    for name in ("resource_id", "resource_ids", "pool_id", "category_id")
}
_USUAL: dict[str, object] = {
    "choosing": "all_of",
    "members": 1,
    "quantity": 1,
    "is_required": True,
    "strategy": "first_available",
}


def _page(visit: StaffVisit, stock: _Stock, typed: RowsSheet, *, status: int = 200) -> Response:
    say = visit.language.gettext
    return show_list(
        visit,
        editor_of(visit, stock.offering, HERE),
        _rows(visit, stock),
        typed,
        lead=say(
            "Each booking takes what stands here. Without any need it takes nothing, and only its"
            " hours and its places limit it."
        ),
        row_words=say("Need"),
        status=status,
    )


def _rows(visit: StaffVisit, stock: _Stock) -> Rows:
    say = visit.language.gettext
    resources = tuple((one.resource_id, one.name) for one in stock.resources)
    targets = (
        ("", say("nothing")),
        *resources,
        *((one.pool_id, f"{say('Pool')}: {one.name}") for one in stock.pools),
        *((one.category_id, f"{say('Category')}: {one.label}") for one in stock.categories),
    )
    choosing = ((Choosing.ALL_OF, say("all of them")), (Choosing.ANY_OF, say("any of them")))
    strategies = _strategies(say)
    return Rows(
        name=LIST,
        key="target",
        entries=(
            Entry(name="target", label=say("What is needed"), kind=Kind.CHOICE, choices=targets),
            Entry(
                name="others",
                is_rare=True,
                label=say("Together with"),
                kind=Kind.SEVERAL,
                choices=resources,
                help=say("More resources, where one is chosen above."),
            ),
            Entry(name="choosing", label=say("Which"), kind=Kind.CHOICE, choices=choosing),
            Entry(
                name="members",
                label=say("How many of them"),
                kind=Kind.WHOLE,
                help=say("Where any of them serve."),
            ),
            Entry(
                name="members_per",
                is_rare=True,
                label=say("So many for each person who comes"),
                kind=Kind.FLAG,
            ),
            Entry(
                name="quantity",
                is_rare=True,
                label=say("Units of each"),
                kind=Kind.WHOLE,
                help=say("Seats or items of one resource that a booking takes."),
            ),
            Entry(
                name="per", is_rare=True, label=say("So many units for each person"), kind=Kind.FLAG
            ),
            Entry(
                name="strategy",
                is_rare=True,
                label=say("Who comes first"),
                kind=Kind.CHOICE,
                choices=strategies,
            ),
            *_more(say),
        ),
    )


def _strategies(say: Say) -> tuple[tuple[str, str], ...]:
    return (
        (Strategy.FIRST_AVAILABLE, say("the first that is free, in their order")),
        (Strategy.ROUND_ROBIN, say("who was chosen longest ago")),
        (Strategy.LEAST_LOADED, say("who has the least to do")),
        (Strategy.PRIORITY, say("by their place in lists")),
        (Strategy.RANDOM, say("by lot")),
        (Strategy.MANUAL, say("only who is asked for by name")),
    )


def _more(say: Say) -> tuple[Entry, ...]:
    return (
        Entry(
            name="role",
            is_rare=True,
            label=say("As what"),
            help=say("therapist, room, vehicle …"),
        ),
        Entry(
            name="skills",
            is_rare=True,
            label=say("Skills"),
            help=say("Words with commas between them."),
        ),
        Entry(
            name="is_required",
            is_rare=True,
            label=say("There is no booking without it"),
            kind=Kind.FLAG,
        ),
    )


def _values(needed: Requirement) -> dict[str, object]:
    first, *others = needed.named_ids or (needed.pool_id or needed.category_id or "",)
    return {
        "target": first,
        "others": tuple(others),
        "choosing": needed.choosing.value,
        "members": needed.members,
        "members_per": needed.members_per is Per.PARTICIPANT,
        "quantity": needed.quantity,
        "per": needed.per is Per.PARTICIPANT,
        "strategy": needed.strategy.value,
        "role": needed.role,
        "skills": ", ".join(needed.skills),
        "is_required": needed.is_required,
    }


def _requirement(said: dict[str, object], before: tuple[Requirement, ...]) -> Requirement:
    target = str(said["target"])
    chosen = said["others"] if isinstance(said["others"], tuple) else ()
    others = tuple(one for one in chosen if one != target)
    which: dict[str, Any]
    if target.startswith("pol_"):
        which = {"pool_id": PoolId(target)}
    elif target.startswith("cat_"):
        which = {"category_id": CategoryId(target)}
    elif others:
        which = {"resource_ids": tuple(ResourceId(one) for one in (target, *others))}
    else:
        which = {"resource_id": ResourceId(target)}
    members, quantity = said["members"], said["quantity"]
    skills = (word.strip() for word in str(said["skills"]).split(","))
    made = Requirement(
        **which,
        choosing=Choosing(str(said["choosing"] or "all_of")),
        members=members if isinstance(members, int) else 1,
        members_per=Per.PARTICIPANT if said["members_per"] else Per.BOOKING,
        quantity=quantity if isinstance(quantity, int) else 1,
        per=Per.PARTICIPANT if said["per"] else Per.BOOKING,
        strategy=Strategy(str(said["strategy"] or "first_available")),
        role=str(said["role"]),
        skills=tuple(skill for skill in skills if skill),
        is_required=bool(said["is_required"]),
    )
    # What the form does not ask for stays as it was.
    same = next((one for one in before if _values(one) == _values(made)), None)
    return same or made


def _stock(visit: StaffVisit) -> _Stock:
    desk, page = visit.engine_desk(), PageRequest(limit=PAGE_MAX)
    return _Stock(
        offering=offering_of(visit),
        resources=desk.resources.list(page).items,
        pools=desk.pools.list(page).items,
        categories=desk.categories.list(page).items,
    )
