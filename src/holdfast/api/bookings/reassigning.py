"""Routes of bookings that have lost a resource: which they are, and letting others serve."""

from __future__ import annotations

from starlette.responses import Response

from holdfast.api.bookings.change_forms import ReassignBookingIn
from holdfast.api.bookings.forms import BookingOut, show_to
from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import Out
from holdfast.domain.access import Scope
from holdfast.domain.ids import BookingId, ResourceId
from holdfast.engine.reassigning import ReassignBooking


class AffectedBookingOut(Out):
    """A booking that the resource cannot serve any more: it is inactive, deleted or blocked."""

    reason: str
    booking: BookingOut


class AffectedBookingsOut(Out):
    """The bookings that a resource was assigned to and cannot serve any more, by start."""

    items: list[AffectedBookingOut]


async def list_affected(call: Call) -> Response:
    """List the bookings that a resource cannot serve any more."""
    resource_id = ResourceId(call.path_id("resource_id", "res", kind="resource"))
    call.require_no_query()
    found = await call.read(lambda desk: desk.reassigning.affected(resource_id))
    items = [
        AffectedBookingOut(reason=one.reason, booking=BookingOut.of(one.booking)) for one in found
    ]
    return call.answer(AffectedBookingsOut(items=items))


async def reassign(call: Call) -> Response:
    """Let others serve a booking in place of those that it has lost."""
    booking_id = BookingId(call.path_id("booking_id", "bkg", kind="booking"))
    body = await call.body(ReassignBookingIn)
    actor = call.actor
    command = ReassignBooking(
        booking_id=booking_id,
        drops_wishes=body.drops_wishes,
        reason=body.reason,
        if_version=call.if_version,
    )
    return await call.write(command, lambda booking: show_to(actor, booking))


AFFECTED_ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/resources/{resource_id}/affected-bookings",
        name="listAffectedBookings",
        summary="List the bookings that a resource cannot serve any more, and why",
        scopes=(Scope.BOOKINGS_READ,),
        run=list_affected,
        answer=AffectedBookingsOut,
        codes=("record.not_found",),
    ),
)

ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/bookings/{booking_id}/reassign",
        name="reassignBooking",
        summary="Let others serve a booking in place of those that it has lost",
        scopes=(Scope.BOOKINGS_WRITE,),
        run=reassign,
        body=ReassignBookingIn,
        is_body_optional=True,
        answer=BookingOut,
        codes=(
            "availability.closed",
            "capacity.exceeded",
            "record.changed",
            "record.not_found",
            "state.transition_not_allowed",
        ),
        takes_version=True,
    ),
)
