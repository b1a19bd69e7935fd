"""Bookings: place one, or turn a hold into one; look, confirm, decline, cancel."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field
from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import (
    ACustomerId,
    AnOfferingId,
    ASlotId,
    AssignedOut,
    Body,
    ContactIn,
    ContactOut,
    Instant,
    InstantOut,
    Line,
    LongText,
    Metadata,
    MoneyOut,
    Out,
    QueryInstant,
    Units,
    Word,
    Words,
    shown,
)
from holdfast.api.paging import Limit, PageOut, PageQuery
from holdfast.domain.access import Actor, Scope
from holdfast.domain.bookings import LIVE, Booking, BookingStatus, CancelledBy, PendingReason
from holdfast.domain.errors import AccessDenied, RecordNotFound
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
    Details,
    PlaceBooking,
)
from holdfast.engine.choosing import Choice
from holdfast.engine.facade.ledger import BookingQuery
from holdfast.engine.reading import Page

UPCOMING_DEFAULT = 20
READ_SCOPES = (Scope.BOOKINGS_OWN, Scope.BOOKINGS_READ)


class DetailsIn(Body):
    """What a customer says when booking. Publishable keys may not set the last two."""

    contact: ContactIn = ContactIn()
    source: Line = "api"
    note: LongText = ""
    external_order_id: Line | None = None
    external_line_id: Line | None = None
    metadata: Metadata = Field(default_factory=dict)
    customer_id: ACustomerId | None = None
    internal_note: LongText = ""

    def details(self, actor: Actor) -> Details:
        """Return it as the engine takes it.

        Raises:
            AccessDenied: It says what only staff may say.
        """
        if actor.is_public and (self.customer_id is not None or self.internal_note):
            message = "A publishable key may set neither customer_id nor internal_note."
            raise AccessDenied(message, scopes=[Scope.BOOKINGS_WRITE.value])
        return Details(
            contact=self.contact.contact(),
            customer_id=self.customer_id,
            source=self.source,
            note=self.note,
            internal_note=self.internal_note,
            external_order_id=self.external_order_id,
            external_line_id=self.external_line_id,
            metadata=self.metadata,
        )


class PlaceBookingIn(DetailsIn):
    """Which slot to book, for how many, and for whom."""

    slot_id: ASlotId | None = None
    offering_id: AnOfferingId | None = None
    starts_at: Instant | None = None
    party_size: Units = 1


class ConvertHoldIn(DetailsIn):
    """Who books what is held. Without a contact it is the hold's."""


class ConfirmBookingIn(Body):
    """Nothing has to be said to confirm."""


class DeclineBookingIn(Body):
    """Why the business says no."""

    reason: LongText | None = None


class CancelBookingIn(Body):
    """Why, and by whom. With `only_if_status` nothing happens to a booking in another status."""

    reason: LongText | None = None
    cancelled_by: Word[CancelledBy] = CancelledBy.BUSINESS
    only_if_status: Word[BookingStatus] | None = None


class BookingListQuery(PageQuery):
    """Which bookings to list, by their start; `to` itself is not included."""

    status: Words[BookingStatus] = ()
    starts_from: Annotated[QueryInstant | None, Field(alias="from")] = None
    starts_before: Annotated[QueryInstant | None, Field(alias="to")] = None
    offering_id: AnOfferingId | None = None
    customer_id: ACustomerId | None = None
    external_order_id: Line | None = None


class UpcomingQuery(PageQuery):
    """Which upcoming bookings to list; by default the live ones, 20 at a time."""

    limit: Limit = UPCOMING_DEFAULT
    status: Words[BookingStatus] = ()
    offering_id: AnOfferingId | None = None
    customer_id: ACustomerId | None = None


class PublicBookingOut(Out):
    """A booking as a publishable key sees it."""

    booking_id: str
    number: str
    status: BookingStatus
    pending_reasons: list[PendingReason]
    offering_id: str | None
    offering_name: str
    slot_id: str | None
    starts_at: InstantOut
    ends_at: InstantOut
    zone: str
    party_size: int
    assigned: list[AssignedOut]
    price: MoneyOut
    customer_id: str | None
    contact: ContactOut
    hold_id: str | None
    source: str
    note: str
    external_order_id: str | None
    external_line_id: str | None
    placed_by: str
    cancelled_by: CancelledBy | None
    cancel_reason: str | None
    metadata: dict[str, Any]
    created_at: InstantOut
    confirmed_at: InstantOut | None
    ended_at: InstantOut | None
    version: int

    @classmethod
    def of(cls, booking: Booking) -> PublicBookingOut:
        """Show a booking to its customer."""
        return cls(**_shown(booking))


def _not_for_everybody(schema: dict[str, Any]) -> None:
    schema["required"].remove("internal_note")


class BookingOut(PublicBookingOut):
    """A booking. `internal_note` is not shown to publishable keys."""

    model_config = ConfigDict(json_schema_extra=_not_for_everybody)

    internal_note: str

    @classmethod
    def of(cls, booking: Booking) -> BookingOut:
        """Show a booking to staff."""
        return cls(**_shown(booking), internal_note=booking.internal_note)


class BookingPage(PageOut):
    """A page of bookings, by their start."""

    items: list[BookingOut]


def _shown(booking: Booking) -> dict[str, Any]:
    return {
        "booking_id": booking.booking_id,
        "number": booking.number,
        "status": booking.status,
        "pending_reasons": list(booking.pending_reasons),
        "offering_id": booking.offering_id,
        "offering_name": booking.offering_name,
        "slot_id": booking.slot_id,
        "starts_at": booking.starts_at,
        "ends_at": booking.ends_at,
        "zone": booking.zone,
        "party_size": booking.party_size,
        "assigned": [AssignedOut.of(assigned) for assigned in booking.assigned],
        "price": MoneyOut.of(booking.price),
        "customer_id": booking.customer_id,
        "contact": ContactOut.of(booking.contact),
        "hold_id": booking.hold_id,
        "source": booking.source,
        "note": booking.note,
        "external_order_id": booking.external_order_id,
        "external_line_id": booking.external_line_id,
        "placed_by": booking.placed_by,
        "cancelled_by": booking.cancelled_by,
        "cancel_reason": booking.cancel_reason,
        "metadata": booking.metadata,
        "created_at": booking.created_at,
        "confirmed_at": booking.confirmed_at,
        "ended_at": booking.ended_at,
        "version": booking.version,
    }


def _show_to(actor: Actor, booking: Booking) -> PublicBookingOut:
    return PublicBookingOut.of(booking) if actor.is_public else BookingOut.of(booking)


def _booking_id(call: Call) -> BookingId:
    return BookingId(call.path_id("booking_id", "bkg", kind="booking"))


async def _write(call: Call, command: object) -> Response:
    actor = call.actor
    return await call.write(command, lambda booking: _show_to(actor, booking))


async def place(call: Call) -> Response:
    """Book at once."""
    body = await call.body(PlaceBookingIn)
    choice = Choice(slot_id=body.slot_id, offering_id=body.offering_id, starts_at=body.starts_at)
    actor = call.actor
    command = PlaceBooking(choice=choice, party_size=body.party_size, details=body.details(actor))
    return await call.write(
        command,
        lambda booking: _show_to(actor, booking),
        location="/v1/bookings",
        explain=(choice, body.party_size),
    )


async def convert(call: Call) -> Response:
    """Turn a hold into a booking."""
    hold_id = HoldId(call.path_id("hold_id", "hld", kind="hold"))
    body = await call.body(ConvertHoldIn)
    actor = call.actor
    command = ConvertHold(hold_id=hold_id, details=body.details(actor))
    return await call.write(
        command, lambda booking: _show_to(actor, booking), location="/v1/bookings"
    )


async def _list(call: Call, query: PageQuery, wanted: BookingQuery) -> Response:
    request = call.page_request(query)
    page: Page[Booking] = await call.read(lambda desk: desk.bookings.list(request, query=wanted))
    cursor = call.next_cursor(page)
    items = [BookingOut.of(booking) for booking in page.items]
    return call.page(BookingPage(items=items, next_cursor=cursor), cursor)


async def list_(call: Call) -> Response:
    """List bookings."""
    query = call.query(BookingListQuery)
    wanted = BookingQuery(
        statuses=query.status,
        starts_from=query.starts_from,
        starts_before=query.starts_before,
        offering_id=query.offering_id,
        customer_id=query.customer_id,
        external_order_id=query.external_order_id,
    )
    return await _list(call, query, wanted)


async def upcoming(call: Call) -> Response:
    """List bookings that have not begun."""
    query = call.query(UpcomingQuery)
    wanted = BookingQuery(
        statuses=query.status or tuple(sorted(LIVE)),
        starts_from=call.gateway.engine.clock.now(),
        offering_id=query.offering_id,
        customer_id=query.customer_id,
    )
    return await _list(call, query, wanted)


async def get(call: Call) -> Response:
    """Show a booking."""
    booking_id = _booking_id(call)
    booking = await call.read(lambda desk: desk.bookings.get(booking_id))
    return call.record(_show_to(call.actor, booking), version=booking.version)


async def get_by_number(call: Call) -> Response:
    """Show the booking of a number."""
    typed = call.path_text("number")
    number = normal_booking_number(typed)
    letters = number.replace("-", "", 1)
    if len(letters) != BOOKING_NUMBER_LENGTH or not set(letters.lower()) <= set(ALPHABET):
        raise RecordNotFound(kind="booking", key=shown(typed))
    booking = await call.read(lambda desk: desk.bookings.get_by_number(number))
    return call.record(_show_to(call.actor, booking), version=booking.version)


async def confirm(call: Call) -> Response:
    """Say yes to a pending booking."""
    booking_id = _booking_id(call)
    await call.body(ConfirmBookingIn)
    return await _write(call, ConfirmBooking(booking_id=booking_id, if_version=call.if_version))


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


_PLACING = (
    "availability.closed",
    "capacity.exceeded",
    "policy.beyond_horizon",
    "policy.notice_too_short",
    "policy.party_size",
    "record.not_found",
)
_CHANGED = ("record.changed", "record.not_found", "state.transition_not_allowed")

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
            "availability.closed",
            "hold.expired",
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
        codes=_PLACING,
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
        codes=("availability.closed", *_CHANGED),
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
        codes=_CHANGED,
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
        codes=_CHANGED,
        takes_version=True,
    ),
)
