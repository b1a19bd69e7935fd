"""Orders of a shop: what was booked and held for one, by the shop's own id."""

from __future__ import annotations

from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import AssignedOut, InstantOut, MoneyOut, Out, shown
from holdfast.api.paging import PageOut, PageQuery
from holdfast.domain.access import Scope
from holdfast.domain.bookings import Booking, BookingStatus
from holdfast.domain.errors import RecordNotFound
from holdfast.domain.holds import Hold, HoldStatus
from holdfast.engine.facade.orders import Order


class OrderBookingOut(Out):
    """A booking of an order; the booking itself says more."""

    booking_id: str
    number: str
    status: BookingStatus
    external_line_id: str | None
    external_offer_id: str | None
    offering_id: str | None
    offering_name: str
    resource_id: str | None
    starts_at: InstantOut
    ends_at: InstantOut
    party_size: int
    assigned: list[AssignedOut]
    price: MoneyOut
    hold_id: str | None

    @classmethod
    def of(cls, booking: Booking) -> OrderBookingOut:
        """Show a booking of an order."""
        return cls(
            booking_id=booking.booking_id,
            number=booking.number,
            status=booking.status,
            external_line_id=booking.external_line_id,
            external_offer_id=booking.external_offer_id,
            offering_id=booking.offering_id,
            offering_name=booking.offering_name,
            resource_id=booking.resource_id,
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            party_size=booking.party_size,
            assigned=[AssignedOut.of(one) for one in booking.assigned],
            price=MoneyOut.of(booking.price),
            hold_id=booking.hold_id,
        )


class OrderHoldOut(Out):
    """A hold that a booking of the order came from."""

    hold_id: str
    status: HoldStatus
    booking_id: str | None
    party_size: int
    created_at: InstantOut
    ended_at: InstantOut | None

    @classmethod
    def of(cls, hold: Hold) -> OrderHoldOut:
        """Show a hold of an order."""
        return cls(
            hold_id=hold.hold_id,
            status=hold.status,
            booking_id=hold.booking_id,
            party_size=hold.party_size,
            created_at=hold.created_at,
            ended_at=hold.ended_at,
        )


class OrderOut(PageOut):
    """The bookings of an order, a page at a time, and the holds that those of the page came from.

    `booking_counts` counts the bookings of the whole order by status, `hold_counts` the holds
    shown; a status without any is left out.
    """

    external_order_id: str
    booking_count: int
    booking_counts: dict[BookingStatus, int]
    hold_counts: dict[HoldStatus, int]
    items: list[OrderBookingOut]
    holds: list[OrderHoldOut]

    @classmethod
    def of(cls, order: Order, *, next_cursor: str | None) -> OrderOut:
        """Show an order."""
        return cls(
            external_order_id=order.external_order_id,
            booking_count=order.booking_count,
            booking_counts=order.booking_counts,
            hold_counts=order.hold_counts,
            items=[OrderBookingOut.of(one) for one in order.bookings.items],
            holds=[OrderHoldOut.of(one) for one in order.holds],
            next_cursor=next_cursor,
        )


class OrderQuery(PageQuery):
    """Which page of the order's bookings."""


async def get(call: Call) -> Response:
    """Show what was booked and held for an order."""
    external_order_id = call.path_text("external_order_id")
    request = call.page_request(call.query(OrderQuery))
    try:
        order = await call.read(lambda desk: desk.orders.get(external_order_id, request))
    except RecordNotFound:
        raise RecordNotFound(kind="order", key=shown(external_order_id)) from None
    cursor = call.next_cursor(order.bookings)
    return call.page(OrderOut.of(order, next_cursor=cursor), cursor)


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/orders/{external_order_id}",
        name="getOrder",
        summary="Show what was booked and held for an order of a shop",
        scopes=(Scope.BOOKINGS_READ,),
        run=get,
        query=OrderQuery,
        answer=OrderOut,
        codes=("record.not_found",),
        takes_slashes=True,
    ),
)
