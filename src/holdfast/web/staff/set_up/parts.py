"""Parts of an offering: levels of tickets with their prices, and components that may be chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import Response

from holdfast.domain.offerings import Component, Counting, Offering
from holdfast.domain.prices import TicketTier
from holdfast.engine.offerings import ChangeOffering
from holdfast.web.staff.set_up.editing import UNPROCESSABLE, sent, version_in
from holdfast.web.staff.set_up.offering_forms import editor_of, offering_of
from holdfast.web.staff.set_up.plans import slug_of
from holdfast.web.staff.set_up.row_pages import show_list
from holdfast.web.staff.set_up.rows import Rows, RowsSheet, read_rows, shown_rows
from holdfast.web.staff.set_up.sheets import Entry, Kind, Say, amount_of
from holdfast.web.staff.visits import StaffVisit

TIERS, COMPONENTS = "ticket_tiers", "components"
TICKETS_HERE, PARTS_HERE = "tickets", "parts"


@dataclass(frozen=True, slots=True, kw_only=True)
class _List:
    """One of the two lists.

    Attributes:
        here: Its page among those of the offering.
        rows: Its form.
        shown: What stands in the rows of an offering.
        said: What the rows come to.
    """

    here: str
    rows: Rows
    lead: str
    row_words: str
    shown: Callable[[Offering], list[dict[str, object]]]
    said: Callable[[list[dict[str, Any]], Offering], tuple[object, ...]]


async def show_tickets(visit: StaffVisit) -> Response:
    """Show the levels of tickets."""
    offering = await visit.read(lambda: offering_of(visit))
    return _show(visit, offering, _tickets(visit, offering))


async def change_tickets(visit: StaffVisit) -> Response:
    """Change the levels of tickets."""
    offering = await visit.read(lambda: offering_of(visit))
    return await _change(visit, offering, _tickets(visit, offering))


async def show_components(visit: StaffVisit) -> Response:
    """Show the components."""
    offering = await visit.read(lambda: offering_of(visit))
    return _show(visit, offering, _components(visit))


async def change_components(visit: StaffVisit) -> Response:
    """Change the components."""
    offering = await visit.read(lambda: offering_of(visit))
    return await _change(visit, offering, _components(visit))


def _show(visit: StaffVisit, offering: Offering, listed: _List) -> Response:
    return _page(visit, offering, listed, shown_rows(listed.rows, listed.shown(offering)))


async def _change(visit: StaffVisit, offering: Offering, listed: _List) -> Response:
    form = await visit.form()
    rows, currency = listed.rows, offering.price.currency
    typed = read_rows(rows, form, visit.language, currency=currency)
    if typed.is_more:
        return _page(visit, offering, listed, typed)
    if typed.sheet.is_right:
        command = ChangeOffering(
            offering_id=offering.offering_id,
            changes={rows.name: listed.said(typed.values(rows), offering)},
            if_version=version_in(form),
        )
        named = {f"{rows.name}.price_minor": f"{rows.name}.price"}
        sheet, numbers = typed.sheet, {rows.name: typed.sent}
        if await sent(visit, sheet, command, Offering, named=named, rows=numbers):
            own = ("set-up", "offerings", offering.offering_id, listed.here)
            return visit.go(visit.here(*own, saved="1"))
    return _page(visit, offering, listed, typed, status=UNPROCESSABLE)


def _page(
    visit: StaffVisit,
    offering: Offering,
    listed: _List,
    typed: RowsSheet,
    *,
    status: int = 200,
) -> Response:
    return show_list(
        visit,
        editor_of(visit, offering, listed.here),
        listed.rows,
        typed,
        lead=listed.lead,
        row_words=listed.row_words,
        status=status,
    )


def _key_entry(say: Say) -> Entry:
    return Entry(
        name="key",
        label=say("Name for programs"),
        help=say("Empty takes it from the name."),
        is_rare=True,
    )


def _tickets(visit: StaffVisit, offering: Offering) -> _List:
    say, currency = visit.language.gettext, offering.price.currency
    entries = [
        Entry(name="label", label=say("Name"), help=say("Adult, child, balcony …")),
        Entry(name="price", label=say("Price"), kind=Kind.MONEY, suffix=currency),
        _key_entry(say),
    ]
    if offering.counting is Counting.PLACES:
        help_text = say("Of each slot; empty is without limit.")
        entries.insert(
            2, Entry(name="quota", label=say("How many"), kind=Kind.WHOLE, help=help_text)
        )

    def shown(one: Offering) -> list[dict[str, object]]:
        return [
            {
                "label": tier.label,
                "price": amount_of(tier.price_minor, currency),
                "quota": tier.quota,
                "key": tier.key,
            }
            for tier in one.ticket_tiers
        ]

    return _List(
        here=TICKETS_HERE,
        rows=Rows(name=TIERS, key="label", entries=tuple(entries)),
        lead=say("Where there are several, customers say how many of which they want."),
        row_words=say("Kind of ticket"),
        shown=shown,
        said=_tiers_said,
    )


def _tiers_said(rows: list[dict[str, Any]], _offering: Offering) -> tuple[TicketTier, ...]:
    found: list[TicketTier] = []
    for said in rows:
        label = str(said["label"])
        found.append(
            TicketTier(
                key=said["key"] or slug_of(label, [tier.key for tier in found]),
                label=label,
                price_minor=said["price"] or 0,
                quota=said.get("quota"),
            )
        )
    return tuple(found)


def _components(visit: StaffVisit) -> _List:
    say = visit.language.gettext
    most = say("The largest party that it serves; empty is without limit.")
    return _List(
        here=PARTS_HERE,
        rows=Rows(
            name=COMPONENTS,
            key="name",
            entries=(
                Entry(name="name", label=say("Name")),
                Entry(name="capacity", label=say("Most people"), kind=Kind.WHOLE, help=most),
                _key_entry(say),
            ),
        ),
        lead=say("What customers may choose with it, such as the modules of a training."),
        row_words=say("Part"),
        shown=lambda one: [
            {"name": part.name, "capacity": part.capacity, "key": part.key}
            for part in one.components
        ],
        said=_components_said,
    )


def _components_said(rows: list[dict[str, Any]], offering: Offering) -> tuple[Component, ...]:
    """Return the components; what one that is there needs beyond the offering stays."""
    before = {part.key: part for part in offering.components}
    found: list[Component] = []
    for said in rows:
        name = str(said["name"])
        key = said["key"] or slug_of(name, [part.key for part in found])
        kept = before.get(key, Component(key=key, name=name))
        found.append(replace(kept, name=name, capacity=said["capacity"]))
    return tuple(found)
