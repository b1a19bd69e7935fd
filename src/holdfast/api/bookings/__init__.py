"""Bookings: made, looked at, answered and cancelled; their day; and what changes about them."""

from holdfast.api.bookings import (
    attending,
    changing,
    desk,
    invitations,
    reassigning,
    routes,
    settling,
)

# Of two routes that fit, the first answers: the desk's stand before those of a booking by its id.
ENDPOINTS = (
    *desk.ENDPOINTS,
    *routes.ENDPOINTS,
    *attending.ENDPOINTS,
    *changing.ENDPOINTS,
    *reassigning.ENDPOINTS,
    *settling.ENDPOINTS,
)
INVITATION_ENDPOINTS = invitations.ENDPOINTS
AFFECTED_ENDPOINTS = reassigning.AFFECTED_ENDPOINTS

__all__ = ["AFFECTED_ENDPOINTS", "ENDPOINTS", "INVITATION_ENDPOINTS"]
