"""Routes of what happens on the day: check-in, check-out, completion, no-show, and undoing it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.responses import Response

from holdfast.api.bookings.change_forms import CheckInIn, EndBookingIn, UndoBookingIn
from holdfast.api.bookings.forms import BookingOut, show_to
from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import Body
from holdfast.api.refusals import HOOK_CODES
from holdfast.domain.access import Scope
from holdfast.domain.ids import BookingId
from holdfast.engine.attending import (
    CheckInBooking,
    CheckOutBooking,
    CompleteBooking,
    MarkNoShow,
    UndoBooking,
)


def _booking_id(call: Call) -> BookingId:
    return BookingId(call.path_id("booking_id", "bkg", kind="booking"))


async def _write(call: Call, command: object) -> Response:
    actor = call.actor
    return await call.write(command, lambda booking: show_to(actor, booking))


async def check_in(call: Call) -> Response:
    """Say that the guests are there."""
    booking_id = _booking_id(call)
    body = await call.body(CheckInIn)
    command = CheckInBooking(booking_id=booking_id, reason=body.reason, if_version=call.if_version)
    return await _write(call, command)


async def _end(call: Call, kind: type[CheckOutBooking | CompleteBooking | MarkNoShow]) -> Response:
    booking_id = _booking_id(call)
    body = await call.body(EndBookingIn)
    command = kind(
        booking_id=booking_id,
        gives_back=body.gives_back,
        reason=body.reason,
        if_version=call.if_version,
    )
    return await _write(call, command)


async def check_out(call: Call) -> Response:
    """Say that the guests have left."""
    return await _end(call, CheckOutBooking)


async def complete(call: Call) -> Response:
    """Say that it took place."""
    return await _end(call, CompleteBooking)


async def mark_no_show(call: Call) -> Response:
    """Say that nobody came."""
    return await _end(call, MarkNoShow)


async def undo(call: Call) -> Response:
    """Take the last of these steps back."""
    booking_id = _booking_id(call)
    body = await call.body(UndoBookingIn)
    command = UndoBooking(
        booking_id=booking_id,
        only_if_status=body.only_if_status,
        reason=body.reason,
        if_version=call.if_version,
    )
    return await _write(call, command)


_CHANGED = ("record.changed", "record.not_found", "state.transition_not_allowed")


def _endpoint(
    verb: str,
    name: str,
    summary: str,
    run: Callable[[Call], Awaitable[Response]],
    body: type[Body],
    *codes: str,
) -> Endpoint:
    return Endpoint(
        method="POST",
        path=f"/v1/bookings/{{booking_id}}/{verb}",
        name=name,
        summary=summary,
        scopes=(Scope.BOOKINGS_WRITE,),
        run=run,
        body=body,
        is_body_optional=True,
        answer=BookingOut,
        codes=(*codes, *_CHANGED),
        takes_version=True,
    )


ENDPOINTS = (
    _endpoint(
        "check-in",
        "checkInBooking",
        "Say that the guests are there; saying it again answers the first time",
        check_in,
        CheckInIn,
        *HOOK_CODES,
        "policy.too_early",
        "policy.too_late",
    ),
    _endpoint(
        "check-out",
        "checkOutBooking",
        "Say that the guests who had come have left",
        check_out,
        EndBookingIn,
    ),
    _endpoint(
        "complete",
        "completeBooking",
        "Say that it took place",
        complete,
        EndBookingIn,
        "policy.too_early",
    ),
    _endpoint(
        "no-show",
        "markNoShow",
        "Say that nobody came",
        mark_no_show,
        EndBookingIn,
        "policy.too_early",
    ),
    _endpoint(
        "undo",
        "undoBooking",
        "Take the last check-in, completion or no-show back, while the local day is open",
        undo,
        UndoBookingIn,
        "availability.closed",
        "capacity.exceeded",
        "policy.too_late",
    ),
)
