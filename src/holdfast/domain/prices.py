"""Prices: one pure function from what a booking is to its quote.

The steps, in order:

1. The price of the booking: of the ticket tiers, of the slot, or of the offering, where the
   replacing rule that wins puts its own in the place of the offering's.
2. What raises it, then what lowers it: the surcharge or percent that wins, and the stackable
   ones. Percents are of the price of step 1, so that their order means nothing.
3. Promo codes, one after the other, each on what is left.

Nothing takes off more than is left, so that no total is below zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from holdfast.domain import checks
from holdfast.domain.errors import InputFault
from holdfast.domain.expression_parser import LITERAL_TEXT_MAX
from holdfast.domain.money import AMOUNT_MAX, Money
from holdfast.domain.price_lengths import length_lines
from holdfast.domain.price_rules import (
    REPLACING,
    PriceMode,
    PriceRule,
    acting,
    names_tier,
    refusals,
    winner,
)
from holdfast.domain.price_units import BASIS_POINTS_WHOLE, PriceUnit, whole_minor
from holdfast.domain.promo_codes import (
    PROMOS_MAX,
    PromoCase,
    PromoRefusal,
    PromoUse,
    discount_minor,
    promo_refusal,
)
from holdfast.domain.quotes import (
    LineKind,
    Quote,
    QuoteLine,
    Reason,
    Remark,
    RemarkKind,
    priced_line,
    total_of,
)
from holdfast.domain.situations import Facts, Situation

TIERS_MAX = 50
"""Ticket tiers of one offering."""

QUOTA_MAX = 1_000_000
"""Tickets of one tier."""


class PriceTooLarge(ValueError):
    """A price beyond what Money can say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketTier:
    """A price level of tickets, such as child or balcony. Its quota is counted by the ledger.

    Attributes:
        key: Its name in requests and in conditions, as `tier`.
        quota: How many tickets of it there are; None is without limit.
    """

    key: str
    label: str
    price_minor: int
    quota: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TierChoice:
    """So many tickets of a tier."""

    tier: TicketTier
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteInputs:
    """Everything that a price follows from.

    Attributes:
        price: Of one unit of the offering.
        rules: In the order of the list; the last one that acts wins.
        slot_price_minor: The price of a unit that is written on the slot. Rules that replace the
            price do not act on it, surcharges, percents and codes do.
        tiers: The tickets chosen; their prices stand for the offering's. A rule of mode
            unit_override acts on a tier if its condition asks for `tier`.
        promos: The codes given, in their order.
    """

    offering_id: str
    price: Money
    unit: PriceUnit
    situation: Situation
    rules: tuple[PriceRule, ...] = ()
    slot_price_minor: int | None = None
    tiers: tuple[TierChoice, ...] = ()
    promos: tuple[PromoUse, ...] = ()


def tier_list_faults(tiers: Sequence[TicketTier], pointer: str) -> tuple[InputFault, ...]:
    """Return everything that is wrong with the ticket tiers of one offering.

    >>> child = TicketTier(key="child", label="Child", price_minor=1_500)
    >>> [fault.pointer for fault in tier_list_faults([child, child], "/tiers")]
    ['/tiers/1/key']
    """
    if len(tiers) > TIERS_MAX:
        message = f"An offering has at most {TIERS_MAX} ticket tiers."
        return (checks.fault(pointer, "too_many", message),)
    keys = [tier.key for tier in tiers]
    found = [
        fault
        for index, tier in enumerate(tiers)
        for fault in (
            checks.line(f"{pointer}/{index}/key", tier.key, shortest=1, longest=LITERAL_TEXT_MAX),
            checks.line(f"{pointer}/{index}/label", tier.label, shortest=1),
            checks.whole(
                f"{pointer}/{index}/price_minor", tier.price_minor, least=0, most=AMOUNT_MAX
            ),
            checks.whole(f"{pointer}/{index}/quota", tier.quota, least=0, most=QUOTA_MAX),
            checks.fault(f"{pointer}/{index}/key", "taken", "Another tier has this key.")
            if tier.key in keys[:index]
            else None,
        )
    ]
    return tuple(fault for fault in found if fault is not None)


def code_list_fault(codes: Sequence[str], pointer: str) -> InputFault | None:
    """Return what is wrong with the promo codes of one request, before any is looked up."""
    if len(codes) <= PROMOS_MAX:
        return None
    return checks.fault(pointer, "too_many", f"A booking takes at most {PROMOS_MAX} promo codes.")


def quote(inputs: QuoteInputs) -> Quote:
    """Return what a booking costs, line by line.

    Conditions that meet a value they cannot work with do not act, and the quote remarks on it.

    Raises:
        PriceTooLarge: A line or the total is beyond AMOUNT_MAX.
    """
    facts = Facts.of(inputs.situation)
    adjusting = [rule for rule in inputs.rules if rule.mode not in REPLACING]
    single = [rule for rule in adjusting if not rule.is_stackable]
    if inputs.tiers:
        lines = [_tier_line(choice, inputs, facts) for choice in inputs.tiers]
        chosen = winner(single, facts)
    elif inputs.slot_price_minor is not None:
        lines = [_slot_line(inputs, inputs.slot_price_minor)]
        chosen = winner(single, facts)
    else:
        chosen = winner([rule for rule in inputs.rules if not rule.is_stackable], facts)
        lines = _offering_lines(inputs, facts, chosen)
    _check_size(lines)
    acting_ids = {id(rule) for rule in acting(adjusting, facts) if rule.is_stackable}
    adjustments = [rule for rule in adjusting if id(rule) in acting_ids or rule is chosen]
    lines += _adjusted(adjustments, inputs, price_minor=total_of(lines))
    _check_size(lines)
    codes, refused = _codes(inputs, price_minor=total_of(lines))
    return Quote(
        currency=inputs.price.currency,
        lines=(*lines, *codes),
        promo_refusals=tuple(refused),
        remarks=tuple(_remarks(inputs, facts)),
    )


# ----------------------------------------------------------------------------------- the price


def _tier_line(choice: TierChoice, inputs: QuoteInputs, facts: Facts) -> QuoteLine:
    """Return the line of the tickets of one tier."""
    tier = choice.tier
    own = [
        rule for rule in inputs.rules if rule.mode is PriceMode.UNIT_OVERRIDE and names_tier(rule)
    ]
    rule = winner(own, facts.of_tier(tier.key))
    return priced_line(
        LineKind.TIER,
        label=tier.label,
        quantity=Fraction(choice.quantity),
        unit="per_ticket",
        unit_amount_minor=rule.amount_minor if rule else tier.price_minor,
        reason=Reason.RULE if rule else Reason.TIER,
        detail=f"Rule '{rule.label}'." if rule else "The price of this ticket tier.",
        rule_id=rule.rule_id if rule else None,
        condition=rule.condition if rule else None,
    )


def _slot_line(inputs: QuoteInputs, price_minor: int) -> QuoteLine:
    """Return the line of a price that is written on the slot."""
    return priced_line(
        LineKind.PRICE,
        quantity=inputs.situation.count_of(inputs.unit),
        unit=inputs.unit,
        unit_amount_minor=price_minor,
        reason=Reason.SLOT,
        detail="The price of this slot.",
    )


def _offering_lines(inputs: QuoteInputs, facts: Facts, chosen: PriceRule | None) -> list[QuoteLine]:
    """Return the lines of the offering's price, or of what stands in its place."""
    if chosen is not None and chosen.mode not in REPLACING:
        return [
            priced_line(
                LineKind.PRICE,
                quantity=inputs.situation.count_of(inputs.unit),
                unit=inputs.unit,
                unit_amount_minor=inputs.price.amount_minor,
                reason=Reason.OFFERING,
                detail="The price of the offering.",
            )
        ]
    return length_lines(
        price_minor=inputs.price.amount_minor,
        unit=inputs.unit,
        situation=inputs.situation,
        facts=facts,
        rules=[rule for rule in inputs.rules if rule.mode in REPLACING],
    )


# --------------------------------------------------------------------------- up, down and codes


def _adjusted(
    rules: list[PriceRule], inputs: QuoteInputs, *, price_minor: int
) -> Iterator[QuoteLine]:
    """Yield the lines of surcharges and percents: what raises the price, then what lowers it."""
    lines = [_adjusting_line(rule, inputs, price_minor=price_minor) for rule in rules]
    left = price_minor
    for line in sorted(lines, key=lambda line: line.amount_minor < 0):
        amount_minor = max(line.amount_minor, -left)
        left += amount_minor
        yield line if amount_minor == line.amount_minor else _clipped(line, amount_minor)


def _adjusting_line(rule: PriceRule, inputs: QuoteInputs, *, price_minor: int) -> QuoteLine:
    """Return the line of one surcharge or percent."""
    if rule.mode is PriceMode.SURCHARGE:
        kind, unit = LineKind.SURCHARGE, rule.unit
        quantity, unit_amount_minor = inputs.situation.count_of(unit), rule.amount_minor
    else:
        kind, unit, quantity = LineKind.PERCENT, PriceUnit.BOOKING, Fraction(1)
        unit_amount_minor = whole_minor(
            Fraction(price_minor * rule.basis_points, BASIS_POINTS_WHOLE)
        )
    return priced_line(
        kind,
        label=rule.label,
        quantity=quantity,
        unit=unit,
        unit_amount_minor=unit_amount_minor,
        reason=Reason.RULE,
        detail=f"Rule '{rule.label}'.",
        rule_id=rule.rule_id,
        condition=rule.condition,
    )


def _clipped(line: QuoteLine, amount_minor: int) -> QuoteLine:
    """Return a reduction that takes off no more than is left."""
    return replace(
        line,
        quantity=Fraction(1),
        unit=PriceUnit.BOOKING,
        unit_amount_minor=amount_minor,
        amount_minor=amount_minor,
        detail=f"{line.detail[:-1]}, no more than was left.",
    )


def _codes(inputs: QuoteInputs, *, price_minor: int) -> tuple[list[QuoteLine], list[PromoRefusal]]:
    """Return the lines of the promo codes, and why others have none."""
    price = Money(amount_minor=price_minor, currency=inputs.price.currency)
    lines: list[QuoteLine] = []
    refused: list[PromoRefusal] = []
    left = price_minor
    for index, use in enumerate(inputs.promos):
        later = (
            other.promo
            for other in inputs.promos[index + 1 :]
            if other.promo.promo_id != use.promo.promo_id
        )
        case = PromoCase(
            now=inputs.situation.now,
            price=price,
            offering_id=inputs.offering_id,
            other_promos=(*(other.promo for other in inputs.promos[:index]), *later),
        )
        refusal = promo_refusal(use, case)
        if refusal is not None:
            refused.append(refusal)
            continue
        discount = discount_minor(use.promo, left)
        left -= discount
        lines.append(_code_line(use, discount))
    return lines, refused


def _code_line(use: PromoUse, discount: int) -> QuoteLine:
    """Return the line of what a code takes off."""
    return priced_line(
        LineKind.PROMO_CODE,
        label=use.promo.code,
        quantity=Fraction(1),
        unit=PriceUnit.BOOKING,
        unit_amount_minor=-discount,
        reason=Reason.PROMO_CODE,
        detail=use.promo.description or f"The code {use.promo.code}.",
        promo_id=use.promo.promo_id,
    )


# -------------------------------------------------------------------------------------- remarks


def _remarks(inputs: QuoteInputs, facts: Facts) -> Iterator[Remark]:
    """Yield a word about each rule that could have been expected to act and did not."""
    for rule, sentence in refusals(inputs.rules, facts):
        yield Remark(kind=RemarkKind.CONDITION_REFUSED, rule_id=rule.rule_id, detail=sentence)
    if inputs.tiers:
        kind, detail = RemarkKind.TIERS_HAVE_PRICES, "The ticket tiers have their own prices."
    elif inputs.slot_price_minor is not None:
        kind, detail = RemarkKind.SLOT_HAS_PRICE, "The slot has its own price."
    else:
        return
    for rule in acting(inputs.rules, facts):
        if rule.mode in REPLACING:
            yield Remark(kind=kind, rule_id=rule.rule_id, detail=detail)


def _check_size(lines: list[QuoteLine]) -> None:
    """Refuse amounts that Money cannot say."""
    if total_of(lines) > AMOUNT_MAX or any(
        abs(amount) > AMOUNT_MAX
        for line in lines
        for amount in (line.amount_minor, line.unit_amount_minor)
    ):
        raise PriceTooLarge(f"A price is at most {AMOUNT_MAX} minor units.")
