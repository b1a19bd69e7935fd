"""Quotes: a price with its lines, and the reason of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from holdfast.domain.money import Money
from holdfast.domain.price_units import whole_minor
from holdfast.domain.promo_codes import PromoRefusal


class LineKind(StrEnum):
    """What a line of a quote is."""

    PRICE = "price"
    TIER = "tier"
    FLAT = "flat"
    BLOCK = "block"
    SURCHARGE = "surcharge"
    PERCENT = "percent"
    PROMO_CODE = "promo_code"


class Reason(StrEnum):
    """Why a line is there.

    OFFERING, SLOT, TIER: the price that is written on it. RULE: a price rule acts. CAP: less than
    a block would cost more than the block. BEGUN: what is left begins one more block. PROMO_CODE:
    the customer gave a code.
    """

    OFFERING = "offering"
    SLOT = "slot"
    TIER = "tier"
    RULE = "rule"
    CAP = "cap"
    BEGUN = "begun"
    PROMO_CODE = "promo_code"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteLine:
    """One line of a quote.

    Attributes:
        label: The name of the rule, tier or code; empty for the offering's own price.
        quantity: How many units, exact: an hour and a half is 3/2.
        unit: What the quantity counts: a price unit, or `per_block` or `per_ticket`.
        unit_amount_minor: What one costs; of percents and codes, the amount itself.
        amount_minor: Whole minor units; below zero for what is taken off.
        detail: The reason as a sentence.
        rule_id: The rule, if one acts.
        promo_id: The promo code, if it is one.
        condition: The condition that was met, if there is one.
    """

    kind: LineKind
    label: str
    quantity: Fraction
    unit: str
    unit_amount_minor: int
    amount_minor: int
    reason: Reason
    detail: str
    rule_id: str | None = None
    condition: str | None = None
    promo_id: str | None = None


class RemarkKind(StrEnum):
    """Why a rule that could have been expected is not in the quote."""

    CONDITION_REFUSED = "condition_refused"
    SLOT_HAS_PRICE = "slot_has_price"
    TIERS_HAVE_PRICES = "tiers_have_prices"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A word to the business about one rule. Customers need not see it."""

    kind: RemarkKind
    rule_id: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a booking costs, and why. The total is the sum of the lines and never below zero."""

    currency: str
    lines: tuple[QuoteLine, ...]
    promo_refusals: tuple[PromoRefusal, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def total_minor(self) -> int:
        """The sum of the lines."""
        return total_of(self.lines)

    @property
    def total(self) -> Money:
        """The sum of the lines, as money."""
        return Money(amount_minor=self.total_minor, currency=self.currency)

    @property
    def price_before_codes(self) -> Money:
        """The sum of the lines without promo codes."""
        kept = tuple(line for line in self.lines if line.kind is not LineKind.PROMO_CODE)
        return Money(amount_minor=total_of(kept), currency=self.currency)


def total_of(lines: tuple[QuoteLine, ...] | list[QuoteLine]) -> int:
    """Return the sum of some lines."""
    return sum(line.amount_minor for line in lines)


def priced_line(
    kind: LineKind,
    *,
    label: str = "",
    quantity: Fraction,
    unit: str,
    unit_amount_minor: int,
    reason: Reason,
    detail: str,
    rule_id: str | None = None,
    condition: str | None = None,
    promo_id: str | None = None,
) -> QuoteLine:
    """Return the line of a quantity and the price of one, rounded once."""
    return QuoteLine(
        kind=kind,
        label=label,
        quantity=quantity,
        unit=unit,
        unit_amount_minor=unit_amount_minor,
        amount_minor=whole_minor(quantity * unit_amount_minor),
        reason=reason,
        detail=detail,
        rule_id=rule_id,
        condition=condition,
        promo_id=promo_id,
    )
