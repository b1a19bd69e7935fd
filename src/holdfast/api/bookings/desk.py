"""Routes of the desk: whoever walks in, and what cannot wait."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from holdfast.api.bookings.forms import BookingOut, EmergencyIn, PlaceBookingIn, show_to
from holdfast.api.calls import Call, Endpoint
from holdfast.domain.access import Scope
from holdfast.domain.errors import AvailabilityClosed, CapacityExceeded
from holdfast.engine.bookings import PlaceBooking
from holdfast.engine.facade.emergencies import SOURCE
from holdfast.engine.walk_ins import PlaceWalkIn


async def walk_in(call: Call) -> Response:
    """Book what begins about now and check its guests in."""
    body = await call.body(PlaceBookingIn)
    choice, party_size, actor = body.choice(), body.size, call.actor
    command = PlaceWalkIn(
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
        explain=lambda desk, refusal: desk.availability.explained(choice, party_size, refusal),
    )


async def emergency(call: Call) -> Response:
    """Book the next that is free within a wait."""
    body = await call.body(EmergencyIn)
    wanted, actor = body.emergency(), call.actor
    details = replace(body.details(actor), source=SOURCE)
    for choice in await call.read(lambda desk: desk.bookings.choices_in_time(wanted)):
        command = PlaceBooking(
            choice=choice,
            party_size=wanted.party_size,
            details=details,
            override=wanted.override,
        )
        try:
            return await call.write(
                command, lambda booking: show_to(actor, booking), location="/v1/bookings"
            )
        except (CapacityExceeded, AvailabilityClosed):
            continue  # somebody was quicker
    raise await call.read(lambda desk: desk.bookings.nothing_in_time(wanted))


_PLACING = (
    "availability.closed",
    "capacity.exceeded",
    "policy.beyond_horizon",
    "policy.length",
    "policy.notice_too_short",
    "policy.party_size",
    "record.not_found",
)

ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/bookings/walk-in",
        name="placeWalkIn",
        summary="Book what begins about now and check its guests in, in one step",
        scopes=(Scope.BOOKINGS_WRITE,),
        run=walk_in,
        body=PlaceBookingIn,
        answer=BookingOut,
        status=201,
        codes=(*_PLACING, "policy.too_early", "policy.too_late"),
    ),
    Endpoint(
        method="POST",
        path="/v1/bookings/emergency",
        name="placeEmergency",
        summary="Book the next that is free within a wait, whatever notice is asked otherwise",
        scopes=(Scope.BOOKINGS_WRITE,),
        run=emergency,
        body=EmergencyIn,
        answer=BookingOut,
        status=201,
        codes=_PLACING,
    ),
)
