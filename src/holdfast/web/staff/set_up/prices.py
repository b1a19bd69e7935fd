"""Prices: the rules that change an offering's price; a wrong condition is shown with the place."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from starlette.responses import Response

from holdfast.domain.expression_tokens import ExpressionRefused
from holdfast.domain.expressions import compile_condition
from holdfast.domain.offerings import Offering
from holdfast.domain.price_rules import OccupancyBand, PriceMode, PriceRule, Season
from holdfast.domain.price_units import PriceUnit
from holdfast.engine.offerings import ChangeOffering
from holdfast.web.staff.set_up.editing import UNPROCESSABLE, sent, version_in
from holdfast.web.staff.set_up.offering_forms import editor_of, offering_of
from holdfast.web.staff.set_up.plans import slug_of
from holdfast.web.staff.set_up.row_pages import show_list
from holdfast.web.staff.set_up.rows import Rows, RowsSheet, read_rows, shown_rows
from holdfast.web.staff.set_up.sheets import NUMBER_MAX, Entry, Kind, Say, Sheet, amount_of
from holdfast.web.staff.visits import StaffVisit

HERE = "prices"
LIST = "price_rules"
_NAMED = {
    f"{LIST}.amount_minor": f"{LIST}.amount",
    f"{LIST}.basis_points": f"{LIST}.percent",
    f"{LIST}.season": f"{LIST}.last_on",
    f"{LIST}.season.last_on": f"{LIST}.last_on",
    f"{LIST}.occupancy": f"{LIST}.from_percent",
}
_USUAL: dict[str, object] = {"mode": "surcharge", "unit": "per_booking", "priority": 0}


async def show(visit: StaffVisit) -> Response:
    """Show what changes the price of an offering."""
    offering = await visit.read(lambda: offering_of(visit))
    values = [_values(rule, offering.price.currency) for rule in offering.price_rules]
    besides = {"believes_customers": offering.believes_customers}
    return _page(visit, offering, shown_rows(_rows(visit), values, besides, usual=_USUAL))


async def change(visit: StaffVisit) -> Response:
    """Change what changes the price of an offering."""
    form = await visit.form()
    offering = await visit.read(lambda: offering_of(visit))
    rows = _rows(visit)
    typed = read_rows(rows, form, visit.language, currency=offering.price.currency, usual=_USUAL)
    if typed.is_more:
        return _page(visit, offering, typed)
    rules = _rules(visit, rows, typed, offering)
    if typed.sheet.is_right:
        said = bool(typed.sheet.values["believes_customers"])
        command = ChangeOffering(
            offering_id=offering.offering_id,
            changes={LIST: rules, "believes_customers": said},
            if_version=version_in(form),
        )
        sent_rows = {LIST: typed.sent}
        if await sent(visit, typed.sheet, command, Offering, named=_NAMED, rows=sent_rows):
            here = visit.here("set-up", "offerings", offering.offering_id, HERE, saved="1")
            return visit.go(here)
    return _page(visit, offering, typed, status=UNPROCESSABLE)


def _page(
    visit: StaffVisit, offering: Offering, typed: RowsSheet, *, status: int = 200
) -> Response:
    say = visit.language.gettext
    price = visit.language.money(offering.price)
    return show_list(
        visit,
        editor_of(visit, offering, HERE),
        _rows(visit),
        typed,
        lead=say(
            "The price is %(price)s. A rule changes it when its condition holds; of those that do"
            " not stack, the one of the highest rank wins."
        )
        % {"price": price},
        row_words=say("Price rule"),
        marks=_marks(typed),
        status=status,
    )


def _marks(typed: RowsSheet) -> dict[str, str]:
    """Return, below each condition that cannot be read, a line that points to the place."""
    found = {}
    for number in typed.numbers:
        name = f"{LIST}.{number}.condition"
        said = typed.sheet.said(name)
        if not said or name not in typed.sheet.faults:
            continue
        try:
            compile_condition(said)
        except ExpressionRefused as refusal:
            line = said.split("\n")[refusal.position.line - 1]
            found[name] = f"{line}\n{' ' * (refusal.position.column - 1)}▲"
    return found


def _rows(visit: StaffVisit) -> Rows:
    say = visit.language.gettext
    modes = (
        (PriceMode.SURCHARGE, say("adds an amount, or takes it off")),
        (PriceMode.PERCENT, say("adds percent, or takes them off")),
        (PriceMode.UNIT_OVERRIDE, say("is another price of a unit")),
        (PriceMode.FLAT_TOTAL, say("is the price of the whole booking")),
        (PriceMode.FLAT_PER_BLOCK, say("is the price of a block of time")),
    )
    condition = say("Such as participants >= 6 && dayOfWeek >= 6. Empty always holds.")
    return Rows(
        name=LIST,
        key="label",
        besides=(
            Entry(
                name="believes_customers",
                label=say("Believe what customers say of themselves and their order"),
                kind=Kind.FLAG,
            ),
        ),
        entries=(
            Entry(name="label", label=say("Name, as on the bill")),
            Entry(name="mode", label=say("What it does"), kind=Kind.CHOICE, choices=modes),
            Entry(
                name="amount",
                label=say("Amount"),
                kind=Kind.MONEY,
                suffix=visit.tenant.currency,
                help=say("With a minus it is taken off."),
            ),
            Entry(name="percent", label=say("Percent"), help=say("10, or -15.5"), suffix="%"),
            Entry(
                name="condition",
                label=say("Condition"),
                kind=Kind.TEXT,
                help=condition,
            ),
            *_guards(say),
            *_working(say),
        ),
    )


def _working(say: Say) -> tuple[Entry, ...]:
    """Return the entries of how a rule acts."""
    units = (
        (PriceUnit.BOOKING, say("for the booking")),
        (PriceUnit.PARTICIPANT, say("for each person")),
        (PriceUnit.HOUR, say("for each hour")),
        (PriceUnit.NIGHT, say("for each night")),
        (PriceUnit.SLOT, say("for each slot")),
        (PriceUnit.UNIT, say("for each thing and day")),
    )
    return (
        Entry(
            name="unit",
            is_rare=True,
            label=say("An amount is added"),
            kind=Kind.CHOICE,
            choices=tuple((unit.value, words) for unit, words in units),
        ),
        Entry(
            name="block_minutes",
            is_rare=True,
            label=say("A block is"),
            kind=Kind.WHOLE,
            suffix=say("minutes"),
        ),
        Entry(
            name="is_capped",
            is_rare=True,
            label=say("Less than a block never costs more"),
            kind=Kind.FLAG,
        ),
        Entry(name="rank", is_rare=True, label=say("Rank"), help=say("The highest wins.")),
        Entry(
            name="is_stackable",
            is_rare=True,
            label=say("It acts beside the rule that wins"),
            kind=Kind.FLAG,
        ),
    )


def _guards(say: Say) -> tuple[Entry, ...]:
    """Return the entries of when a rule acts at all: its season, and how full it is."""
    return (
        Entry(name="first_on", is_rare=True, label=say("From this day"), kind=Kind.DATE),
        Entry(name="last_on", is_rare=True, label=say("Until this day"), kind=Kind.DATE),
        Entry(name="is_yearly", is_rare=True, label=say("Every year"), kind=Kind.FLAG),
        Entry(
            name="from_percent",
            is_rare=True,
            label=say("From so full"),
            kind=Kind.WHOLE,
            suffix="%",
        ),
        Entry(
            name="below_percent",
            is_rare=True,
            label=say("As long as less full than"),
            kind=Kind.WHOLE,
            suffix="%",
        ),
    )


def _values(rule: PriceRule, currency: str) -> dict[str, object]:
    season, band = rule.season, rule.occupancy
    return {
        "label": rule.label,
        "mode": rule.mode.value,
        "amount": amount_of(rule.amount_minor, currency) if rule.amount_minor else "",
        "percent": percent_of(rule.basis_points) if rule.basis_points else "",
        "condition": rule.condition or "",
        "first_on": season.first_on if season else None,
        "last_on": season.last_on if season else None,
        "is_yearly": bool(season and season.is_yearly),
        "from_percent": band.from_percent if band else None,
        "below_percent": band.below_percent if band else None,
        "unit": rule.unit.value,
        "block_minutes": rule.block_minutes,
        "is_capped": rule.is_capped,
        "rank": str(rule.priority),
        "is_stackable": rule.is_stackable,
    }


def _rules(
    visit: StaffVisit, rows: Rows, typed: RowsSheet, offering: Offering
) -> tuple[PriceRule, ...]:
    """Return the rules that were typed; what cannot be read stands beside its entry."""
    by_label = {rule.label: rule for rule in offering.price_rules}
    found: list[PriceRule] = []
    for number, said in zip(typed.sent, typed.values(rows), strict=True):
        label, place = str(said["label"]), f"{LIST}.{number}"
        before = by_label.get(label)
        taken = [rule.rule_id for rule in found]
        rule_id = before.rule_id if before and before.rule_id not in taken else None
        made = _rule(said, rule_id or slug_of(label, taken))
        found.append(
            replace(
                made,
                description=before.description if before else "",
                basis_points=hundredths(visit, typed.sheet, f"{place}.percent"),
                priority=hundredths(visit, typed.sheet, f"{place}.rank") // 100,
            )
        )
        days = (said["first_on"], said["last_on"])
        if any(days) and not all(days):
            name = f"{place}.{'last_on' if days[0] else 'first_on'}"
            typed.sheet.faults[name] = visit.language.gettext("Say the first and the last day.")
    return tuple(found)


def _rule(said: dict[str, Any], rule_id: str) -> PriceRule:
    first, last = said["first_on"], said["last_on"]
    season, band = None, None
    if isinstance(first, date) and isinstance(last, date):
        season = Season(first_on=first, last_on=last, is_yearly=bool(said["is_yearly"]))
    if said["from_percent"] is not None or said["below_percent"] is not None:
        band = OccupancyBand(
            from_percent=said["from_percent"] or 0, below_percent=said["below_percent"]
        )
    return PriceRule(
        rule_id=rule_id,
        label=str(said["label"]),
        mode=PriceMode(said["mode"] or "surcharge"),
        condition=said["condition"] or None,
        amount_minor=said["amount"] or 0,
        block_minutes=said["block_minutes"],
        is_capped=bool(said["is_capped"]),
        unit=PriceUnit(said["unit"] or "per_booking"),
        is_stackable=bool(said["is_stackable"]),
        season=season,
        occupancy=band,
    )


def percent_of(basis_points: int) -> str:
    """Write hundredths of a percent as percent: 1550 are 15.5.

    >>> percent_of(1550), percent_of(-1000)
    ('15.5', '-10')
    """
    return f"{(Decimal(basis_points) / 100).normalize():f}"


def hundredths(visit: StaffVisit, sheet: Sheet, name: str) -> int:
    """Read a number that may be below nought and have two decimals, in hundredths.

    What is no such number stands beside its entry.
    """
    said = sheet.said(name).replace(",", ".").replace("\u2212", "-").rstrip("% \xa0")
    try:
        number = Decimal(said or "0")
        is_right = number.is_finite() and abs(number) < NUMBER_MAX and not number * 100 % 1
    except InvalidOperation:
        is_right, number = False, Decimal(0)
    if not is_right:
        sheet.faults[name] = visit.language.gettext("Give a number such as 10 or -15.5.")
        return 0
    return int(number * 100)
