"""Prices on the wire: what a buyer says that changes them, and the lines that they come of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import Field

from holdfast.api.models import AmountMinor, Body, Metadata, MoneyOut, Out
from holdfast.domain.bookings import Booking
from holdfast.domain.holds import Hold
from holdfast.domain.quotes import LineKind, QuoteLine, Reason
from holdfast.domain.terms import Terms


class TermsIn(Body):
    """What changes the price.

    `order_total_minor` is the total of the shop's order, `customer_attributes` are what conditions
    read as `user.…`; only staff may say them, unless the offering believes its customers.
    """

    order_total_minor: AmountMinor | None = None
    customer_attributes: Metadata = Field(default_factory=dict)

    def terms(self) -> Terms:
        """Return it as the engine takes it."""
        return Terms(order_total_minor=self.order_total_minor, attributes=self.customer_attributes)


class PriceLineOut(Out):
    """One line of a price: what it counts, what one costs, and why.

    `quantity` is exact, as a whole number or a fraction: an hour and a half is 3/2.
    """

    kind: LineKind
    label: str
    quantity: str
    unit: str
    unit_amount_minor: int
    amount_minor: int
    reason: Reason
    detail: str
    rule_id: str | None
    condition: str | None

    @classmethod
    def of(cls, line: QuoteLine) -> PriceLineOut:
        """Show a line."""
        return cls(
            kind=line.kind,
            label=line.label,
            quantity=str(line.quantity),
            unit=line.unit,
            unit_amount_minor=line.unit_amount_minor,
            amount_minor=line.amount_minor,
            reason=line.reason,
            detail=line.detail,
            rule_id=line.rule_id,
            condition=line.condition,
        )


def priced(record: Hold | Booking) -> dict[str, Any]:
    """Return what a hold or booking costs and why, as it is shown."""
    return {
        "price": MoneyOut.of(record.price),
        "price_lines": lines_shown(record.price_lines),
        "order_total_minor": record.terms.order_total_minor,
        "customer_attributes": record.terms.attributes,
    }


def lines_shown(lines: Iterable[QuoteLine]) -> list[PriceLineOut]:
    """Show the lines of a price."""
    return [PriceLineOut.of(line) for line in lines]
