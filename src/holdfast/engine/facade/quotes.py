"""The facade's quotes: what a request would cost. An answer, never a stored thing."""

from __future__ import annotations

from holdfast.domain.ids import BookingId
from holdfast.domain.quotes import Quote
from holdfast.engine.facade.port import Port, in_utc
from holdfast.engine.moving import Move
from holdfast.engine.quoting import QuoteQuery, quote, quote_move


class Quotes:
    """What things cost, line by line."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def of(self, query: QuoteQuery) -> Quote:
        """Return what a request would cost now. Whether it could be booked is not asked.

        Raises:
            AccessDenied: It says what only staff may say.
            InputInvalid: The request is malformed, as a booking of it would be.
            RecordNotFound: There is no such offering, slot or resource.
        """
        query = in_utc(query)
        port = self._port
        return port.read(
            lambda store: quote(store, tenant_id=port.tenant_id, actor=port.actor, query=query)
        )

    def of_move(self, booking_id: BookingId, move: Move) -> Quote:
        """Return what a booking would cost if it moved now, on the terms that were agreed.

        Raises:
            RecordNotFound: There is no such booking, slot or resource, or it is somebody else's.
            InputInvalid: The move is malformed.
        """
        move = in_utc(move)
        port = self._port
        return port.read(
            lambda store: quote_move(
                store,
                tenant_id=port.tenant_id,
                actor=port.actor,
                booking_id=booking_id,
                move=move,
            )
        )
