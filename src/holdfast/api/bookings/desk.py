"""Routes of the desk: whoever walks in, what cannot wait, and what is asked for by name."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from starlette.responses import Response

from holdfast.api.bookings.forms import (
    BookingOut,
    EmergencyIn,
    EmergencyOut,
    PlaceBookingIn,
    show_to,
)
from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import Out, Query
from holdfast.api.refusals import HOOK_CODES
from holdfast.domain.access import Scope
from holdfast.domain.errors import AvailabilityClosed, CapacityExceeded
from holdfast.engine.facade.emergencies import TRIES_MAX
from holdfast.engine.finding import WORDS_MAX
from holdfast.engine.waitlist import JoinWaitlist
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
        explain=lambda desk, refusal: desk.availability.explained(
            choice, party_size, refusal, command.terms.tickets
        ),
    )


async def emergency(call: Call) -> Response:
    """Book the next that is free within a wait, or put the customer on the waitlist."""
    body = await call.body(EmergencyIn)
    wanted, details = body.emergency(), body.details(call.actor)
    for tries_left in reversed(range(TRIES_MAX)):
        step = await call.read(lambda desk: desk.bookings.emergency_step(wanted, details))
        is_joining = isinstance(step, JoinWaitlist)
        location = "/v1/waitlist" if is_joining else "/v1/bookings"
        try:
            return await call.write(step, EmergencyOut.of, location=location)
        except (CapacityExceeded, AvailabilityClosed):
            if is_joining or not tries_left:
                raise
            continue  # somebody was quicker
    raise AssertionError("the last try is answered")


class FindQuery(Query):
    """What somebody says of a booking.

    A number, a reference, a whole e-mail or telephone number, or the beginning of a name, the given
    or the family name first.
    """

    q: Annotated[str, Field(min_length=1, max_length=WORDS_MAX)]


class FoundOut(Out):
    """What was found, at most 50; with `is_cut` there may be more."""

    items: list[BookingOut]
    is_cut: bool


async def find(call: Call) -> Response:
    """Find bookings."""
    query = call.query(FindQuery)
    found = await call.read(lambda desk: desk.reports.find(query.q))
    items = [BookingOut.of(booking) for booking in found.bookings]
    return call.answer(FoundOut(items=items, is_cut=found.is_cut))


_PLACING = (
    *HOOK_CODES,
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
        method="GET",
        path="/v1/bookings/search",
        name="findBookings",
        summary="Find bookings by a number, reference, name, e-mail or telephone number",
        scopes=(Scope.BOOKINGS_READ,),
        run=find,
        query=FindQuery,
        answer=FoundOut,
    ),
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
        summary="Book the next that is free within a wait, or else join the waitlist before all",
        scopes=(Scope.BOOKINGS_WRITE,),
        run=emergency,
        body=EmergencyIn,
        answer=EmergencyOut,
        status=201,
        codes=(*_PLACING, "policy.limit_reached"),
    ),
)
