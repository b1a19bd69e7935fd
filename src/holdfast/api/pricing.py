"""Prices on the wire: what a buyer says that changes them, and the lines that they come of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field

from holdfast.api.models import AmountMinor, Body, Line, Metadata, MoneyOut, Out, Units
from holdfast.domain.bookings import Booking
from holdfast.domain.holds import Hold
from holdfast.domain.prices import TIERS_MAX
from holdfast.domain.promo_codes import PROMOS_MAX, PromoReason
from holdfast.domain.quotes import LineKind, Quote, QuoteLine, Reason, RemarkKind
from holdfast.domain.terms import Terms, Tickets


class TicketsIn(Body):
    """So many tickets of a tier of the offering's, by its key."""

    tier: Line
    quantity: Units = 1


TicketsList = Annotated[list[TicketsIn], Field(max_length=TIERS_MAX)]


def tickets_of(given: Iterable[TicketsIn]) -> tuple[Tickets, ...]:
    """Return tickets as the engine takes them."""
    return tuple(Tickets(tier=one.tier, quantity=one.quantity) for one in given)


class TermsIn(Body):
    """What changes the price.

    `promo_codes` are found however they are typed; `tickets` say how many of which tier, in all as
    many as come.
    `order_total_minor` is the total of the shop's order, `customer_attributes` are what conditions
    read as `user.…`; only staff may say them, unless the offering believes its customers.
    """

    promo_codes: Annotated[list[Line], Field(max_length=PROMOS_MAX)] = Field(default_factory=list)
    tickets: TicketsList = Field(default_factory=list)
    order_total_minor: AmountMinor | None = None
    customer_attributes: Metadata = Field(default_factory=dict)

    def terms(self) -> Terms:
        """Return it as the engine takes it."""
        return Terms(
            promo_codes=tuple(self.promo_codes),
            tickets=tickets_of(self.tickets),
            order_total_minor=self.order_total_minor,
            attributes=self.customer_attributes,
        )


class TicketsOut(Out):
    """So many tickets of a tier."""

    tier: str
    quantity: int


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
    promo_id: str | None

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
            promo_id=line.promo_id,
        )


def priced(record: Hold | Booking) -> dict[str, Any]:
    """Return what a hold or booking costs and why, as it is shown."""
    return {
        "price": MoneyOut.of(record.price),
        "price_lines": lines_shown(record.price_lines),
        "promo_codes": list(record.terms.promo_codes),
        "tickets": [
            TicketsOut(tier=one.tier, quantity=one.quantity) for one in record.terms.tickets
        ],
        "order_total_minor": record.terms.order_total_minor,
        "customer_attributes": record.terms.attributes,
    }


def lines_shown(lines: Iterable[QuoteLine]) -> list[PriceLineOut]:
    """Show the lines of a price."""
    return [PriceLineOut.of(line) for line in lines]


class RemarkOut(Out):
    """A word to the business about a rule that could have been expected to act."""

    kind: RemarkKind
    rule_id: str
    detail: str


class PromoRefusalOut(Out):
    """Why a code cannot be used; it does not change the price."""

    code: str
    reason: PromoReason
    detail: str


class QuoteOut(Out):
    """What a booking would cost now, and why. Only staff see the remarks."""

    price: MoneyOut
    price_lines: list[PriceLineOut]
    promo_refusals: list[PromoRefusalOut]
    remarks: list[RemarkOut]

    @classmethod
    def of(cls, quote: Quote, *, is_public: bool) -> QuoteOut:
        """Show a quote."""
        remarks = () if is_public else quote.remarks
        return cls(
            price=MoneyOut.of(quote.total),
            price_lines=lines_shown(quote.lines),
            promo_refusals=[
                PromoRefusalOut(code=one.code, reason=one.reason, detail=one.detail)
                for one in quote.promo_refusals
            ],
            remarks=[
                RemarkOut(kind=one.kind, rule_id=one.rule_id, detail=one.detail) for one in remarks
            ],
        )
