"""Promo codes: what they take off, for what, until when and how often; list, add, change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.responses import Response

from holdfast.domain.errors import RecordNotFound
from holdfast.domain.ids import PromoId, looks_like_id
from holdfast.domain.intervals import utc
from holdfast.domain.money import Money
from holdfast.domain.offerings import Offering
from holdfast.domain.promo_codes import PromoCode, PromoKind
from holdfast.domain.zones import instant_of, local_day, zone
from holdfast.engine.promo_codes import AddPromoCode, ChangePromoCode
from holdfast.engine.reading import PAGE_MAX, PageRequest
from holdfast.web.staff.set_up.editing import (
    UNPROCESSABLE,
    Editor,
    Item,
    listing,
    next_page,
    page_request,
    sent,
    version_in,
)
from holdfast.web.staff.set_up.prices import hundredths, percent_of
from holdfast.web.staff.set_up.sheets import (
    Entry,
    Group,
    Kind,
    Sheet,
    Wall,
    amount_of,
    read_sheet,
    shown_sheet,
)
from holdfast.web.staff.visits import StaffVisit

PART = "promo-codes"
_AMOUNTS = ("amount", "discount_max", "minimum")
MINUS = "\N{MINUS SIGN}"
_NAMED = {
    "basis_points": "percent",
    "amount_minor": "amount",
    "discount_max_minor": "discount_max",
    "minimum_minor": "minimum",
}


async def show_all(visit: StaffVisit) -> Response:
    """List the codes with how often each has been used."""
    request, language = page_request(visit), visit.language
    say, desk = language.gettext, visit.engine_desk()
    page = await visit.read(lambda: desk.promo_codes.list(request))
    ids = [one.promo_id for one in page.items]
    uses = await visit.read(lambda: desk.promo_codes.uses(ids))
    items = [
        Item(
            name=one.code,
            href=visit.here("set-up", PART, one.promo_id),
            facts=(_off(one, visit), _used(uses[one.promo_id], one.uses_max, visit)),
            is_off=not one.is_active,
            state=say("taken back"),
        )
        for one in page.items
    ]
    return listing(
        visit,
        part=PART,
        title=say("Promo codes"),
        lead=say("Words that customers type in to pay less."),
        items=items,
        add=visit.here("set-up", PART, "new"),
        add_words=say("Add a code"),
        empty=say("There is no code yet."),
        more=next_page(visit, PART, page),
    )


def _off(promo: PromoCode, visit: StaffVisit) -> str:
    if promo.kind is PromoKind.PERCENT:
        return f"{MINUS}{percent_of(promo.basis_points)}\xa0%"
    currency = promo.currency or visit.tenant.currency
    amount = Money(amount_minor=promo.amount_minor, currency=currency)
    return f"{MINUS}{visit.language.short_money(amount)}"


def _used(count: int, most: int | None, visit: StaffVisit) -> str:
    language = visit.language
    if most is not None:
        words = language.gettext("used %(count)s of %(most)s times")
        return words % {"count": language.number(count), "most": language.number(most)}
    words = language.ngettext("used once", "used %(num)s times", count)
    return words % {"num": language.number(count)}


async def ask_new(visit: StaffVisit) -> Response:
    """Ask for a new code."""
    groups = await visit.read(lambda: _groups(visit, None))
    sheet = shown_sheet(_all(groups), {"kind": "percent", "is_active": True})
    return _editor(visit, None, groups).show(visit, sheet)


async def add(visit: StaffVisit) -> Response:
    """Add a code."""
    form = await visit.form()
    groups = await visit.read(lambda: _groups(visit, None))
    sheet = read_sheet(_all(groups), form, visit.language, currency=visit.tenant.currency)
    said = _said(visit, sheet, visit.tenant.currency)
    if sheet.is_right:
        command = AddPromoCode(kind=PromoKind(str(sheet.values["kind"] or "percent")), **said)
        made = await sent(visit, sheet, command, PromoCode, named=_NAMED, taken="code")
        if made is not None:
            return visit.go(visit.here("set-up", PART, made.promo_id, saved="1"))
    return _editor(visit, None, groups).show(visit, sheet, status=UNPROCESSABLE)


async def show(visit: StaffVisit) -> Response:
    """Show a code, to be changed."""
    promo, groups = await visit.read(lambda: _found(visit))
    return _editor(visit, promo, groups).show(
        visit, shown_sheet(_all(groups), _values(promo, visit))
    )


async def change(visit: StaffVisit) -> Response:
    """Change a code, or take it back."""
    form = await visit.form()
    promo, groups = await visit.read(lambda: _found(visit))
    currency = promo.currency or visit.tenant.currency
    sheet = read_sheet(_all(groups), form, visit.language, currency=currency)
    said = _said(visit, sheet, currency)
    if sheet.is_right:
        changes = {**said, "is_active": bool(sheet.values["is_active"])}
        command = ChangePromoCode(
            promo_id=promo.promo_id, changes=changes, if_version=version_in(form)
        )
        if await sent(visit, sheet, command, PromoCode, named=_NAMED, taken="code"):
            return visit.go(visit.here("set-up", PART, promo.promo_id, saved="1"))
    return _editor(visit, promo, groups).show(visit, sheet, status=UNPROCESSABLE)


def _groups(visit: StaffVisit, promo: PromoCode | None) -> tuple[Group, ...]:
    say = visit.language.gettext
    currency = visit.tenant.currency if promo is None else promo.currency or visit.tenant.currency
    kinds = (("percent", say("a part of the price")), ("fixed", say("an amount")))
    offerings: tuple[Offering, ...]
    offerings = visit.engine_desk().offerings.list(PageRequest(limit=PAGE_MAX)).items
    what = [
        Entry(
            name="code", label=say("Code"), help=say("As it is typed, in any case."), is_needed=True
        ),
        Entry(name="description", label=say("For yourself: what it is for")),
    ]
    if promo is None:
        what.append(Entry(name="kind", label=say("It takes off"), kind=Kind.CHOICE, choices=kinds))
    if promo is None or promo.kind is PromoKind.PERCENT:
        what.append(Entry(name="percent", label=say("Percent"), suffix="%"))
    if promo is None or promo.kind is PromoKind.FIXED:
        amount = Entry(name="amount", label=say("Amount"), kind=Kind.MONEY, suffix=currency)
        what.append(amount)
    limits = (
        Entry(name="discount_max", label=say("At most"), kind=Kind.MONEY, suffix=currency),
        Entry(name="minimum", label=say("From this price on"), kind=Kind.MONEY, suffix=currency),
        Entry(name="valid_from", label=say("From"), kind=Kind.MOMENT),
        Entry(name="valid_until", label=say("Until"), kind=Kind.MOMENT),
        Entry(name="uses_max", label=say("How often in all"), kind=Kind.WHOLE),
        Entry(
            name="uses_per_customer_max", label=say("How often for each customer"), kind=Kind.WHOLE
        ),
        Entry(
            name="offering_ids",
            label=say("Only for"),
            kind=Kind.SEVERAL,
            choices=tuple((one.offering_id, one.name) for one in offerings),
            help=say("None ticked is all of them."),
        ),
        Entry(name="is_combinable", label=say("It goes together with other codes"), kind=Kind.FLAG),
    )
    usable = Entry(name="is_active", label=say("It can be used"), kind=Kind.FLAG)
    return (
        Group(title=say("The code"), entries=tuple(what)),
        Group(title=say("Limits"), entries=limits if promo is None else (*limits, usable)),
    )


def _all(groups: tuple[Group, ...]) -> list[Entry]:
    return [entry for group in groups for entry in group.entries]


def _said(visit: StaffVisit, sheet: Sheet, currency: str) -> dict[str, Any]:
    """Return what a sheet says; what cannot be read stands beside its entry."""
    values = sheet.values
    said: dict[str, Any] = {
        "code": values.get("code"),
        "description": values.get("description") or "",
        # A part of the price, without any amounts, is for every currency.
        "currency": currency if any(values.get(name) for name in _AMOUNTS) else None,
        "discount_max_minor": values.get("discount_max"),
        "minimum_minor": values.get("minimum") or 0,
        "valid_from": _instant(visit, sheet, "valid_from"),
        "valid_until": _instant(visit, sheet, "valid_until"),
        "uses_max": values.get("uses_max"),
        "uses_per_customer_max": values.get("uses_per_customer_max"),
        "is_combinable": bool(values.get("is_combinable")),
    }
    ticked = values.get("offering_ids")
    said["offering_ids"] = frozenset(ticked) if isinstance(ticked, tuple) else frozenset()
    if "percent" in values:
        said["basis_points"] = hundredths(visit, sheet, "percent")
    if "amount" in values:
        said["amount_minor"] = values["amount"] or 0
    return said


def _instant(visit: StaffVisit, sheet: Sheet, name: str) -> datetime | None:
    wall = sheet.values.get(name)
    if not isinstance(wall, tuple):
        return None
    try:
        return instant_of(wall[0], wall[1], zone(visit.tenant.zone), gap="forward")
    except ValueError:
        sheet.faults[name] = visit.language.gettext("Give a day and a time.")
        return None


def _values(promo: PromoCode, visit: StaffVisit) -> dict[str, object]:
    currency = promo.currency or visit.tenant.currency
    most = promo.discount_max_minor
    return {
        "code": promo.code,
        "description": promo.description,
        "percent": percent_of(promo.basis_points),
        "amount": amount_of(promo.amount_minor, currency),
        "discount_max": None if most is None else amount_of(most, currency),
        "minimum": amount_of(promo.minimum_minor, currency) if promo.minimum_minor else None,
        "valid_from": _wall(promo.valid_from, visit),
        "valid_until": _wall(promo.valid_until, visit),
        "uses_max": promo.uses_max,
        "uses_per_customer_max": promo.uses_per_customer_max,
        "offering_ids": tuple(promo.offering_ids),
        "is_combinable": promo.is_combinable,
        "is_active": promo.is_active,
    }


def _wall(instant: datetime | None, visit: StaffVisit) -> Wall | None:
    if instant is None:
        return None
    here = zone(visit.tenant.zone)
    wall = instant.astimezone(here)
    return local_day(utc(instant), here), wall.hour * 60 + wall.minute


def _found(visit: StaffVisit) -> tuple[PromoCode, tuple[Group, ...]]:
    text = visit.path("promo_id")
    if not looks_like_id(text, "prm"):
        raise RecordNotFound(kind="promo code", key=text)
    promo = visit.engine_desk().promo_codes.get(PromoId(text))
    return promo, _groups(visit, promo)


def _editor(visit: StaffVisit, promo: PromoCode | None, groups: tuple[Group, ...]) -> Editor:
    say = visit.language.gettext
    return Editor(
        part=PART,
        title=say("Add a code") if promo is None else promo.code,
        back=visit.here("set-up", PART),
        back_words=say("Promo codes"),
        action=visit.here("set-up", PART, "new" if promo is None else promo.promo_id),
        groups=groups,
        version=0 if promo is None else promo.version,
        state="" if promo is None or promo.is_active else say("taken back"),
        save_words=say("Add") if promo is None else "",
    )
