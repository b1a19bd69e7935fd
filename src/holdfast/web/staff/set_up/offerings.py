"""Offerings: what customers can book; list, add, change, take off sale."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from holdfast.domain.errors import HoldfastError
from holdfast.domain.money import Money
from holdfast.domain.offerings import Counting, Offering, OfferingStatus
from holdfast.domain.shapes import DATED, Shape
from holdfast.engine.offerings import AddOffering, ChangeOffering
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
from holdfast.web.staff.set_up.offering_forms import (
    PART,
    PLACE_NAMES,
    all_entries,
    editor_of,
    groups_of,
    offering_of,
    said_in,
    values_of,
)
from holdfast.web.staff.set_up.plans import slug_of
from holdfast.web.staff.set_up.sheets import Group, read_sheet, shown_sheet
from holdfast.web.staff.visits import StaffVisit
from holdfast.web.visits import Form

NAMED = {"price_minor": "price"}


async def show_all(visit: StaffVisit) -> Response:
    """List the offerings, as customers see them in order."""
    say, request = visit.language.gettext, page_request(visit)
    page = await visit.read(lambda: visit.engine_desk().offerings.list(request))
    items = [
        Item(
            name=one.name,
            href=visit.here("set-up", PART, one.offering_id),
            facts=_facts(one, visit),
            is_off=one.status is not OfferingStatus.ACTIVE,
            state=say("off sale"),
        )
        for one in page.items
    ]
    return listing(
        visit,
        part=PART,
        title=say("Offerings"),
        lead=say("What customers can book, with its length and price."),
        items=items,
        add=visit.here("set-up", PART, "new"),
        add_words=say("Add an offering"),
        empty=say("There is nothing to book yet. Add what you offer."),
        more=next_page(visit, PART, page),
    )


def _facts(offering: Offering, visit: StaffVisit) -> tuple[str, ...]:
    language = visit.language
    say = language.gettext
    by_shape = {Shape.DAYS: say("by the day"), Shape.NIGHTS: say("by the night")}
    length = by_shape.get(offering.shape) or language.length(offering.duration)
    is_free = offering.price.amount_minor == 0
    price = say("free of charge") if is_free else language.short_money(offering.price)
    return (length, price, f"/{visit.tenant.slug}/{offering.slug}")


async def ask_new(visit: StaffVisit) -> Response:
    """Ask for a new offering."""
    groups = groups_of(visit, None)
    values: dict[str, object] = {
        "kind": "appointment",
        "shape": "slots",
        "counting": "resources",
        "price_unit": "per_booking",
        "party_min": 1,
        "dates_min": 1,
        "check_in_minute": 900,
        "check_out_minute": 660,
        "is_scattered": True,
        "pending_takes": True,
    }
    return _editor(visit, None, groups).show(visit, shown_sheet(all_entries(groups), values))


async def add(visit: StaffVisit) -> Response:
    """Add an offering; its page asks for the rest."""
    form = await visit.form()
    groups = groups_of(visit, None)
    currency = visit.tenant.currency
    sheet = read_sheet(all_entries(groups), form, visit.language, currency=currency)
    if sheet.is_right:
        shape = Shape(str(sheet.values["shape"] or "slots"))
        said = said_in(sheet, shape)
        if said["slug"] == "":
            said["slug"] = slug_of(str(said["name"]))
        counting = Counting(str(sheet.values["counting"] or "resources"))
        minor = sheet.values["price"]
        price_minor = minor if isinstance(minor, int) else 0
        command = AddOffering(shape=shape, counting=counting, price_minor=price_minor, **said)
        made = await sent(visit, sheet, command, Offering, named=NAMED, taken="slug")
        if made is not None:
            return visit.go(visit.here("set-up", PART, made.offering_id, "needs", saved="1"))
    return _editor(visit, None, groups).show(visit, sheet, status=UNPROCESSABLE)


async def show(visit: StaffVisit) -> Response:
    """Show an offering, to be changed."""
    offering = await visit.read(lambda: offering_of(visit))
    groups = groups_of(visit, offering)
    sheet = shown_sheet(all_entries(groups), values_of(offering))
    return _editor(visit, offering, groups).show(visit, sheet)


async def change(visit: StaffVisit) -> Response:
    """Change an offering, or take it off sale and back."""
    form = await visit.form()
    offering = await visit.read(lambda: offering_of(visit))
    groups = groups_of(visit, offering)
    editor = _editor(visit, offering, groups)
    if form.text("act"):
        return await _act(visit, offering, form, editor, groups)
    currency = offering.price.currency
    sheet = read_sheet(all_entries(groups), form, visit.language, currency=currency)
    if sheet.is_right:
        changes = said_in(sheet, offering.shape)
        if offering.shape in DATED:
            del changes["duration"]
        minor = sheet.values["price"]
        price_minor = minor if isinstance(minor, int) else 0
        kept = {name: one for name, one in offering.location.items() if name not in PLACE_NAMES}
        changes["location"] = {**kept, **changes["location"]}
        changes["price"] = Money(amount_minor=price_minor, currency=currency)
        command = ChangeOffering(
            offering_id=offering.offering_id, changes=changes, if_version=version_in(form)
        )
        if await sent(visit, sheet, command, Offering, named=NAMED, taken="slug"):
            return visit.go(visit.here("set-up", PART, offering.offering_id, saved="1"))
    return editor.show(visit, sheet, status=UNPROCESSABLE)


async def _act(
    visit: StaffVisit,
    offering: Offering,
    form: Form,
    editor: Editor,
    groups: tuple[Group, ...],
) -> Response:
    said = form.text("act")
    here = visit.here("set-up", PART, offering.offering_id)
    if said not in {one.value for one in editor.actions}:
        return visit.go(here)
    command = ChangeOffering(
        offering_id=offering.offering_id,
        changes={"status": OfferingStatus(said)},
        if_version=version_in(form),
    )
    try:
        changed = await visit.run(command, Offering)
    except HoldfastError as refusal:
        sheet = shown_sheet(all_entries(groups), values_of(offering))
        sheet.general.append(sentence_of(refusal, visit))
        return editor.show(visit, sheet, status=refusal.status)
    if changed.status is OfferingStatus.DELETED:
        return visit.go(visit.here("set-up", PART))
    return visit.go(f"{here}?saved=1")


def _editor(visit: StaffVisit, offering: Offering | None, groups: tuple[Group, ...]) -> Editor:
    say = visit.language.gettext
    if offering is None:
        return Editor(
            part=PART,
            title=say("Add an offering"),
            back=visit.here("set-up", PART),
            back_words=say("Offerings"),
            action=visit.here("set-up", PART, "new"),
            groups=groups,
            save_words=say("Add"),
        )
    is_active = offering.status is OfferingStatus.ACTIVE
    is_deleted = offering.status is OfferingStatus.DELETED
    off = Action(value="inactive", words=say("Take off sale"))
    on = Action(value="active", words=say("Put on sale"))
    delete = Action(value="deleted", words=say("Delete"), is_danger=True)
    editor = editor_of(visit, offering, "offering")
    return replace(
        editor,
        groups=groups,
        actions=[on] if is_deleted else [off if is_active else on, delete],
    )
