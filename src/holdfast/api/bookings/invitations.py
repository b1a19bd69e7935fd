"""The route by which an invitation from the waitlist becomes a booking."""

from __future__ import annotations

from starlette.responses import Response

from holdfast.api.bookings.forms import AcceptInvitationIn, BookingOut, show_to
from holdfast.api.calls import Call, Endpoint
from holdfast.api.refusals import HOOK_CODES
from holdfast.domain.ids import WaitlistEntryId
from holdfast.engine.waitlist import WAIT_SCOPES, AcceptInvitation


async def accept(call: Call) -> Response:
    """Say yes to an invitation."""
    entry_id = WaitlistEntryId(call.path_id("entry_id", "wle", kind="waitlist_entry"))
    body = await call.body(AcceptInvitationIn)
    actor = call.actor
    command = AcceptInvitation(entry_id=entry_id, details=body.details(actor))
    return await call.write(
        command, lambda booking: show_to(actor, booking), location="/v1/bookings"
    )


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/waitlist/{entry_id}/accept",
        name="acceptInvitation",
        summary="Say yes to an invitation; again answers the same booking",
        scopes=WAIT_SCOPES,
        run=accept,
        body=AcceptInvitationIn,
        is_body_optional=True,
        answer=BookingOut,
        status=201,
        codes=(
            *HOOK_CODES,
            "availability.closed",
            "invitation.expired",
            "record.not_found",
            "state.transition_not_allowed",
        ),
    ),
)
