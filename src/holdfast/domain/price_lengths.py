"""Prices by length: blocks of time such as weeks and days, and what is left after them.

A length is priced by the replacing rule that wins for a booking so long. If that one has a block,
as many whole blocks are taken as fit, at least one, and the rest is priced as a booking of the
rest's length: ten days are a week and three days. A rest that no rule prices costs the offering's
hours or nights; where the offering's price is not one of time, it begins one more block.

A rule with a cap also bounds what is shorter than its block: if it would win for a booking of
just one block, then less time never costs more than the block.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from holdfast.domain.price_rules import PriceMode, PriceRule, winner
from holdfast.domain.price_units import TIMED, PriceUnit
from holdfast.domain.quotes import LineKind, QuoteLine, Reason, priced_line, total_of
from holdfast.domain.situations import MINUTES_PER_HOUR, MINUTES_PER_NIGHT, Facts, Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pricing:
    """What does not change while one booking is cut into blocks."""

    price_minor: int
    unit: PriceUnit
    situation: Situation
    facts: Facts
    rules: Sequence[PriceRule]
    caps: Sequence[PriceRule]


def length_lines(
    *,
    price_minor: int,
    unit: PriceUnit,
    situation: Situation,
    facts: Facts,
    rules: Sequence[PriceRule],
) -> list[QuoteLine]:
    """Return the lines of a booking's price before surcharges.

    Args:
        price_minor: The offering's price of one unit.
        unit: The offering's unit.
        situation: What is booked.
        facts: The same, for the rules.
        rules: Those that replace the offering's price, in their order.
    """
    pricing = _Pricing(
        price_minor=price_minor,
        unit=unit,
        situation=situation,
        facts=facts,
        rules=rules,
        caps=[
            rule
            for rule in rules
            if rule.is_capped
            and rule.block_minutes is not None
            and winner(rules, facts.lasting(Fraction(rule.block_minutes))) is rule
        ],
    )
    return _lines(pricing, situation.minutes, after=None)


def _lines(pricing: _Pricing, minutes: Fraction, *, after: PriceRule | None) -> list[QuoteLine]:
    """Return the lines of a length, what is left after the blocks of `after`.

    Each block is shorter than the one before it or ends the booking, so that there are at most
    twice as many steps as rules.
    """
    lines = _exact_lines(pricing, minutes, after=after)
    capping = [rule for rule in pricing.caps if (rule.block_minutes or 0) > minutes]
    cheapest = min(capping, key=lambda rule: rule.amount_minor, default=None)
    if cheapest is not None and cheapest.amount_minor < total_of(lines):
        return [_block_line(cheapest, 1, reason=Reason.CAP)]
    return lines


def _exact_lines(
    pricing: _Pricing, minutes: Fraction, *, after: PriceRule | None
) -> list[QuoteLine]:
    """Return the lines of a length without looking at caps."""
    facts = pricing.facts if after is None else pricing.facts.lasting(minutes)
    rule = winner(pricing.rules, facts)
    if rule is not None and rule.block_minutes is not None:
        count = max(1, int(minutes // rule.block_minutes))
        lines = [_block_line(rule, count, reason=Reason.RULE)]
        rest = minutes - count * rule.block_minutes
        return lines + _lines(pricing, rest, after=rule) if rest > 0 else lines
    if rule is not None and rule.mode is PriceMode.FLAT_TOTAL:
        return [_flat_line(rule)]
    if after is not None and pricing.unit not in TIMED:
        return [_block_line(after, 1, reason=Reason.BEGUN)]
    quantity = (
        pricing.situation.count_of(pricing.unit)
        if after is None
        else _count_of_rest(pricing.unit, minutes)
    )
    return [_unit_line(pricing, quantity, rule)]


def _count_of_rest(unit: PriceUnit, minutes: Fraction) -> Fraction:
    """Return how many hours a rest has, or nights: one that has begun counts."""
    if unit is PriceUnit.HOUR:
        return minutes / MINUTES_PER_HOUR
    return Fraction(math.ceil(minutes / MINUTES_PER_NIGHT))


def _unit_line(pricing: _Pricing, quantity: Fraction, rule: PriceRule | None) -> QuoteLine:
    """Return the line of a quantity at the offering's price, or the rule's."""
    return priced_line(
        LineKind.PRICE,
        label=rule.label if rule else "",
        quantity=quantity,
        unit=pricing.unit,
        unit_amount_minor=rule.amount_minor if rule else pricing.price_minor,
        reason=Reason.RULE if rule else Reason.OFFERING,
        detail=f"Rule '{rule.label}'." if rule else "The price of the offering.",
        rule_id=rule.rule_id if rule else None,
        condition=rule.condition if rule else None,
    )


def _flat_line(rule: PriceRule) -> QuoteLine:
    """Return the line of a price for everything."""
    return priced_line(
        LineKind.FLAT,
        label=rule.label,
        quantity=Fraction(1),
        unit=PriceUnit.BOOKING,
        unit_amount_minor=rule.amount_minor,
        reason=Reason.RULE,
        detail=f"Rule '{rule.label}'.",
        rule_id=rule.rule_id,
        condition=rule.condition,
    )


def _block_line(rule: PriceRule, count: int, *, reason: Reason) -> QuoteLine:
    """Return the line of some blocks of time."""
    block = f"blocks of {rule.block_minutes} minutes"
    match reason:
        case Reason.CAP:
            detail = f"Rule '{rule.label}': no more than one of its {block}."
        case Reason.BEGUN:
            detail = f"Rule '{rule.label}': what is left begins one more of its {block}."
        case _:
            detail = f"Rule '{rule.label}': {block}."
    return priced_line(
        LineKind.BLOCK,
        label=rule.label,
        quantity=Fraction(count),
        unit="per_block",
        unit_amount_minor=rule.amount_minor,
        reason=reason,
        detail=detail,
        rule_id=rule.rule_id,
        condition=rule.condition,
    )
