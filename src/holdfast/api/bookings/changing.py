"""Routes of changes: what was said with a booking, its time and resources, and how it was."""

from __future__ import annotations

from starlette.responses import Response

from holdfast.api.bookings.change_forms import (
    ChangeBookingIn,
    MoveIn,
    RateBookingIn,
    RescheduleBookingIn,
)
from holdfast.api.bookings.forms import BookingOut, show_to
from holdfast.api.calls import Call, Endpoint
from holdfast.api.pricing import QuoteOut
from holdfast.api.refusals import HOOK_CODES
from holdfast.domain.access import Scope
from holdfast.domain.ids import BookingId
from holdfast.engine.bookings import PLACE_SCOPES
from holdfast.engine.changing import ChangeBooking, RateBooking
from holdfast.engine.rescheduling import RescheduleBooking


def _booking_id(call: Call) -> BookingId:
    return BookingId(call.path_id("booking_id", "bkg", kind="booking"))


async def change(call: Call) -> Response:
    """Change what was said with a booking."""
    booking_id = _booking_id(call)
    body = await call.body(ChangeBookingIn)
    actor = call.actor
    command = ChangeBooking(
        booking_id=booking_id,
        changes=body.said(),
        override=None if body.override is None else body.override.override(),
        if_version=call.if_version,
    )
    return await call.write(command, lambda booking: show_to(actor, booking))


async def reschedule(call: Call) -> Response:
    """Move a booking."""
    booking_id = _booking_id(call)
    body = await call.body(RescheduleBookingIn)
    actor, move = call.actor, body.move()
    command = RescheduleBooking(
        booking_id=booking_id,
        move=move,
        keeps_price=body.keeps_price,
        override=None if body.override is None else body.override.override(),
        reason=body.reason,
        if_version=call.if_version,
    )
    return await call.write(
        command,
        lambda booking: show_to(actor, booking),
        explain=lambda desk, refusal: desk.bookings.explained_move(booking_id, move, refusal),
    )


async def quote(call: Call) -> Response:
    """Say what a booking would cost if it moved."""
    booking_id = _booking_id(call)
    move = (await call.body(MoveIn)).move()
    found = await call.read(lambda desk: desk.quotes.of_move(booking_id, move))
    return call.answer(QuoteOut.of(found, is_public=call.actor.is_public))


async def rate(call: Call) -> Response:
    """Say how it was."""
    booking_id = _booking_id(call)
    body = await call.body(RateBookingIn)
    actor = call.actor
    command = RateBooking(
        booking_id=booking_id,
        rating=body.rating,
        feedback=body.feedback,
        referral_source=body.referral_source,
        if_version=call.if_version,
    )
    return await call.write(command, lambda booking: show_to(actor, booking))


_CHANGED = ("record.changed", "record.not_found", "state.transition_not_allowed")
_PLACING = (
    *HOOK_CODES,
    "availability.closed",
    "capacity.exceeded",
    "policy.beyond_horizon",
    "policy.cancellation_closed",
    "policy.length",
    "policy.notice_too_short",
    "policy.party_size",
)

ENDPOINTS = (
    Endpoint(
        method="PATCH",
        path="/v1/bookings/{booking_id}",
        name="changeBooking",
        summary="Change what was said with a booking, its guests or its size",
        scopes=PLACE_SCOPES,
        run=change,
        body=ChangeBookingIn,
        answer=BookingOut,
        codes=(
            "availability.closed",
            "capacity.exceeded",
            "policy.cancellation_closed",
            "policy.notice_too_short",
            "policy.party_size",
            *_CHANGED,
        ),
        takes_version=True,
    ),
    Endpoint(
        method="POST",
        path="/v1/bookings/{booking_id}/reschedule",
        name="rescheduleBooking",
        summary="Move a booking to another time or other resources, or leave it as it is",
        scopes=PLACE_SCOPES,
        run=reschedule,
        body=RescheduleBookingIn,
        answer=BookingOut,
        codes=(*_PLACING, *_CHANGED),
        takes_version=True,
    ),
    Endpoint(
        method="POST",
        path="/v1/bookings/{booking_id}/reschedule/quote",
        name="quoteMove",
        summary="Say what a booking would cost if it moved, on the terms that were agreed",
        scopes=(Scope.BOOKINGS_OWN, Scope.BOOKINGS_READ),
        run=quote,
        body=MoveIn,
        answer=QuoteOut,
        codes=("record.not_found",),
        is_question=True,
    ),
    Endpoint(
        method="POST",
        path="/v1/bookings/{booking_id}/rating",
        name="rateBooking",
        summary="Say how it was, once it took place",
        scopes=PLACE_SCOPES,
        run=rate,
        body=RateBookingIn,
        answer=BookingOut,
        codes=_CHANGED,
        takes_version=True,
    ),
)
