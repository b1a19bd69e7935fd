"""Quotes: what a request would cost, line by line. Nothing is written."""

from __future__ import annotations

from pydantic import Field
from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.choices import ChoiceIn
from holdfast.api.models import ACustomerId, ContactIn, Metadata, MoneyOut, Out
from holdfast.api.pricing import PriceLineOut, TermsIn, lines_shown
from holdfast.domain.access import Scope
from holdfast.domain.errors import AccessDenied
from holdfast.domain.promo_codes import PromoReason
from holdfast.domain.quotes import Quote, RemarkKind
from holdfast.engine.quoting import QuoteQuery


class QuoteIn(ChoiceIn, TermsIn):
    """What a price is asked for: the same words as to hold or book it.

    Only staff may name a `customer_id`, whose metadata counts then.
    """

    metadata: Metadata = Field(default_factory=dict)
    customer_id: ACustomerId | None = None
    contact: ContactIn = ContactIn()


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


async def ask(call: Call) -> Response:
    """Say what a request would cost."""
    body = await call.body(QuoteIn)
    is_public = call.actor.is_public
    if is_public and body.customer_id is not None:
        message = "A publishable key may not name a customer_id."
        raise AccessDenied(message, scopes=[Scope.BOOKINGS_WRITE.value])
    query = QuoteQuery(
        choice=body.choice(),
        party_size=body.size,
        terms=body.terms(),
        customer_id=body.customer_id,
        contact=body.contact.contact(),
        metadata=body.metadata,
    )
    quote = await call.read(lambda desk: desk.quotes.of(query))
    return call.answer(QuoteOut.of(quote, is_public=is_public))


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/quotes",
        name="quotePrice",
        summary="Say what a request would cost, line by line; nothing is written",
        scopes=(Scope.AVAILABILITY_READ,),
        run=ask,
        body=QuoteIn,
        answer=QuoteOut,
        codes=("access.denied", "record.not_found"),
        is_question=True,
    ),
)
