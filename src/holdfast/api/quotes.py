"""Quotes: what a request would cost, line by line. Nothing is written."""

from __future__ import annotations

from pydantic import Field
from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.choices import ChoiceIn
from holdfast.api.models import ACustomerId, ContactIn, Metadata
from holdfast.api.pricing import QuoteOut, TermsIn
from holdfast.domain.access import Scope
from holdfast.domain.errors import AccessDenied
from holdfast.engine.quoting import QuoteQuery


class QuoteIn(ChoiceIn, TermsIn):
    """What a price is asked for: the same words as to hold or book it.

    Only staff may name a `customer_id`, whose metadata counts then.
    """

    metadata: Metadata = Field(default_factory=dict)
    customer_id: ACustomerId | None = None
    contact: ContactIn = ContactIn()


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
