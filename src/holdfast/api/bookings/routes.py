"""Routes of bookings: place one, or turn a hold into one; look, confirm, decline, cancel."""

from __future__ import annotations

from starlette.responses import Response

from holdfast.api.bookings.forms import (
    BookingListQuery,
    BookingOut,
    BookingPage,
    CancelBookingIn,
    ConfirmBookingIn,
    ConvertHoldIn,
    DeclineBookingIn,
    PlaceBookingIn,
    UpcomingQuery,
    show_to,
)
from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import (
    shown,
)
from holdfast.api.paging import PageQuery
from holdfast.api.refusals import CHANGED_CODES, HOOK_CODES, PLACING_CODES
from holdfast.domain.access import Scope
from holdfast.domain.bookings import LIVE, Booking
from holdfast.domain.errors import RecordNotFound
from holdfast.domain.ids import (
    ALPHABET,
    BOOKING_NUMBER_LENGTH,
    BookingId,
    HoldId,
    normal_booking_number,
)
from holdfast.engine.approvals import ConfirmBooking, DeclineBooking
from holdfast.engine.bookings import (
    PLACE_SCOPES,
    CancelBooking,
    ConvertHold,
    PlaceBooking,
)
from holdfast.engine.facade.bookings import BookingQuery
from holdfast.engine.reading import Page

READ_SCOPES = (Scope.BOOKINGS_OWN, Scope.BOOKINGS_READ)


def _booking_id(call: Call) -> BookingId:
    return BookingId(call.path_id("booking_id", "bkg", kind="booking"))


async def _write(call: Call, command: object) -> Response:
    actor = call.actor
    return await call.write(command, lambda booking: show_to(actor, booking))


async def place(call: Call) -> Response:
    """Book at once."""
    body = await call.body(PlaceBookingIn)
    choice, party_size = body.choice(), body.size
    actor = call.actor
    command = PlaceBooking(
        choice=choice,
        party_size=party_size,
        details=body.details(actor),
        override=None if body.override is None else body.override.override(),
        terms=body.terms(),
    )
    return await call.write(
        command,
        lambda booking: show_to(actor, booking),
        location="/v1/bookings",
        explain=lambda desk, refusal: desk.availability.explained(
            choice, party_size, refusal, command.terms.tickets
        ),
    )


async def convert(call: Call) -> Response:
    """Turn a hold into a booking."""
    hold_id = HoldId(call.path_id("hold_id", "hld", kind="hold"))
    body = await call.body(ConvertHoldIn)
    actor = call.actor
    command = ConvertHold(hold_id=hold_id, details=body.details(actor))
    return await call.write(
        command, lambda booking: show_to(actor, booking), location="/v1/bookings"
    )


async def _list(
    call: Call, query: PageQuery, wanted: BookingQuery, *, with_total: bool = False
) -> Response:
    request = call.page_request(query)
    page: Page[Booking] = await call.read(lambda desk: desk.bookings.list(request, query=wanted))
    cursor = call.next_cursor(page)
    items = [BookingOut.of(booking) for booking in page.items]
    total = None
    if with_total:
        counts = await call.read(lambda desk: desk.bookings.count(wanted))
        total = sum(counts.values())
    return call.page(BookingPage(items=items, next_cursor=cursor, total=total), cursor)


async def list_(call: Call) -> Response:
    """List bookings."""
    query = call.query(BookingListQuery)
    wanted = BookingQuery(
        statuses=query.status,
        starts_from=query.starts_from,
        starts_before=query.starts_before,
        offering_id=query.offering_id,
        resource_id=query.resource_id,
        customer_id=query.customer_id,
        external_order_id=query.external_order_id,
        reference=query.reference,
        served_by=query.served_by,
        is_rescheduled=query.is_rescheduled,
    )
    return await _list(call, query, wanted, with_total=query.with_total)


async def upcoming(call: Call) -> Response:
    """List bookings that have not begun."""
    query = call.query(UpcomingQuery)
    wanted = BookingQuery(
        statuses=query.status or tuple(sorted(LIVE)),
        starts_from=call.gateway.engine.clock.now(),
        offering_id=query.offering_id,
        resource_id=query.resource_id,
        customer_id=query.customer_id,
    )
    return await _list(call, query, wanted)


async def get(call: Call) -> Response:
    """Show a booking."""
    booking_id = _booking_id(call)
    booking = await call.read(lambda desk: desk.bookings.get(booking_id))
    return call.record(show_to(call.actor, booking), version=booking.version)


async def get_by_number(call: Call) -> Response:
    """Show the booking of a number."""
    typed = call.path_text("number")
    number = normal_booking_number(typed)
    letters = number.replace("-", "", 1)
    if len(letters) != BOOKING_NUMBER_LENGTH or not set(letters.lower()) <= set(ALPHABET):
        raise RecordNotFound(kind="booking", key=shown(typed))
    booking = await call.read(lambda desk: desk.bookings.get_by_number(number))
    return call.record(show_to(call.actor, booking), version=booking.version)


async def confirm(call: Call) -> Response:
    """Say yes to a pending booking."""
    booking_id = _booking_id(call)
    body = await call.body(ConfirmBookingIn)
    actor = call.actor
    command = ConfirmBooking(
        booking_id=booking_id,
        override=None if body.override is None else body.override.override(),
        waives_payment=body.waives_payment,
        if_version=call.if_version,
    )
    return await call.write(
        command,
        lambda booking: show_to(actor, booking),
        explain=lambda desk, refusal: desk.bookings.explained(booking_id, refusal),
    )


async def decline(call: Call) -> Response:
    """Say no to a pending booking."""
    booking_id = _booking_id(call)
    body = await call.body(DeclineBookingIn)
    command = DeclineBooking(booking_id=booking_id, reason=body.reason, if_version=call.if_version)
    return await _write(call, command)


async def cancel(call: Call) -> Response:
    """Call a booking off."""
    booking_id = _booking_id(call)
    body = await call.body(CancelBookingIn)
    command = CancelBooking(
        booking_id=booking_id,
        reason=body.reason,
        cancelled_by=body.cancelled_by,
        only_if_status=body.only_if_status,
        if_version=call.if_version,
    )
    return await _write(call, command)


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/holds/{hold_id}/convert",
        name="convertHold",
        summary="Turn a hold into a booking; the same order twice gives the same booking",
        scopes=PLACE_SCOPES,
        run=convert,
        body=ConvertHoldIn,
        is_body_optional=True,
        answer=BookingOut,
        status=201,
        codes=(
            *HOOK_CODES,
            "availability.closed",
            "hold.expired",
            "policy.customer_blocked",
            "policy.limit_reached",
            "promo.refused",
            "record.not_found",
            "state.transition_not_allowed",
        ),
    ),
    Endpoint(
        method="POST",
        path="/v1/bookings",
        name="placeBooking",
        summary="Book at once, without a hold before it",
        scopes=PLACE_SCOPES,
        run=place,
        body=PlaceBookingIn,
        answer=BookingOut,
        status=201,
        codes=PLACING_CODES,
    ),
    Endpoint(
        method="GET",
        path="/v1/bookings",
        name="listBookings",
        summary="List bookings, by their start",
        scopes=(Scope.BOOKINGS_READ,),
        run=list_,
        query=BookingListQuery,
        answer=BookingPage,
    ),
    Endpoint(
        method="GET",
        path="/v1/bookings/upcoming",
        name="listUpcomingBookings",
        summary="List bookings that start from now on",
        scopes=(Scope.BOOKINGS_READ,),
        run=upcoming,
        query=UpcomingQuery,
        answer=BookingPage,
    ),
    Endpoint(
        method="GET",
        path="/v1/bookings/number/{number}",
        name="getBookingByNumber",
        summary="Show the booking of a number, however a person typed it",
        scopes=(Scope.BOOKINGS_READ,),
        run=get_by_number,
        answer=BookingOut,
        codes=("record.not_found",),
    ),
    Endpoint(
        method="GET",
        path="/v1/bookings/{booking_id}",
        name="getBooking",
        summary="Show a booking",
        scopes=READ_SCOPES,
        run=get,
        answer=BookingOut,
        codes=("record.not_found",),
    ),
    Endpoint(
        method="POST",
        path="/v1/bookings/{booking_id}/confirm",
        name="confirmBooking",
        summary="Say yes to a pending booking",
        scopes=(Scope.BOOKINGS_WRITE,),
        run=confirm,
        body=ConfirmBookingIn,
        is_body_optional=True,
        answer=BookingOut,
        codes=(
            *HOOK_CODES,
            "availability.closed",
            "capacity.exceeded",
            "policy.party_size",
            *CHANGED_CODES,
        ),
        takes_version=True,
    ),
    Endpoint(
        method="POST",
        path="/v1/bookings/{booking_id}/decline",
        name="declineBooking",
        summary="Say no to a pending booking",
        scopes=(Scope.BOOKINGS_WRITE,),
        run=decline,
        body=DeclineBookingIn,
        is_body_optional=True,
        answer=BookingOut,
        codes=CHANGED_CODES,
        takes_version=True,
    ),
    Endpoint(
        method="POST",
        path="/v1/bookings/{booking_id}/cancel",
        name="cancelBooking",
        summary="Call a booking off; doing it again changes nothing",
        scopes=PLACE_SCOPES,
        run=cancel,
        body=CancelBookingIn,
        is_body_optional=True,
        answer=BookingOut,
        codes=(*HOOK_CODES, "policy.cancellation_closed", *CHANGED_CODES),
        takes_version=True,
    ),
)
