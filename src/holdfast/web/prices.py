"""Prices: what a choice would cost, and the lines of a bill, as a customer reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from holdfast.domain.money import Money
from holdfast.domain.offerings import Offering
from holdfast.domain.prices import PriceTooLarge, QuoteInputs, quote
from holdfast.domain.quotes import LineKind, QuoteLine, Reason
from holdfast.domain.shapes import Stay
from holdfast.domain.situations import Situation
from holdfast.domain.zones import zone
from holdfast.web.languages import Language

_COUNTED = frozenset({LineKind.PRICE, LineKind.TIER, LineKind.BLOCK})


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """One line of a bill.

    Attributes:
        label: What it is for; empty for the offering itself.
        reason: Why it is there, where that is not plain.
        quantity: How many of `each`; None where it is simply an amount.
    """

    label: str
    reason: str
    quantity: Fraction | None
    each: Money
    amount: Money


def bill_of(lines: Sequence[QuoteLine], currency: str, language: Language) -> tuple[BillLine, ...]:
    """Return the lines that say more than the total does; none where there is nothing to say."""
    if len(lines) == 1 and lines[0].quantity == 1 and lines[0].reason is Reason.OFFERING:
        return ()
    return tuple(
        BillLine(
            label=line.label,
            reason=_reason(line, language),
            quantity=line.quantity if line.kind in _COUNTED and line.quantity != 1 else None,
            each=Money(amount_minor=line.unit_amount_minor, currency=currency),
            amount=Money(amount_minor=line.amount_minor, currency=currency),
        )
        for line in lines
    )


def price_range(offering: Offering) -> tuple[Money, Money]:
    """Return the lowest and the highest price of an offering's tickets."""
    minors = [tier.price_minor for tier in offering.ticket_tiers]
    currency = offering.price.currency
    least, most = (Money(amount_minor=one, currency=currency) for one in (min(minors), max(minors)))
    return least, most


def _reason(line: QuoteLine, language: Language) -> str:
    """Say why a line is there. What its rule is called stands beside it."""
    say = language.gettext
    if line.kind in {LineKind.SURCHARGE, LineKind.PERCENT}:
        return say("Reduction") if line.amount_minor < 0 else say("Supplement")
    match line.reason:
        case Reason.SLOT:
            return say("Price of this date")
        case Reason.RULE:
            return say("Special price")
        case Reason.CAP:
            return say("Never more than the longer price")
        case Reason.BEGUN:
            return say("For the time that is begun")
        case Reason.PROMO_CODE:
            return say("Promo code")
        case Reason.OFFERING | Reason.TIER:
            return ""


def price_of_date(
    offering: Offering, stay: Stay, *, people: int, zone_name: str, now: datetime
) -> Money | None:
    """Return what one night or day would cost by itself; None where that cannot be said.

    A calendar shows sixty of them, so they are computed here and not asked for one by one. What a
    stay costs in the end is the engine's quote.
    """
    inputs = QuoteInputs(
        offering_id=offering.offering_id,
        price=offering.price,
        unit=offering.price_unit,
        situation=Situation(
            party_size=people,
            starts_at=stay.starts_at,
            ends_at=stay.ends_at,
            zone=zone(zone_name),
            now=now,
            date_count=len(stay.dates),
        ),
        rules=offering.price_rules,
    )
    try:
        return quote(inputs).total
    except PriceTooLarge:
        return None
