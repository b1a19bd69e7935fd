"""Bookings: made, looked at, answered and cancelled; their day; and what changes about them."""

from holdfast.api.bookings import attending, changing, invitations, routes

ENDPOINTS = (*routes.ENDPOINTS, *attending.ENDPOINTS, *changing.ENDPOINTS)
INVITATION_ENDPOINTS = invitations.ENDPOINTS

__all__ = ["ENDPOINTS", "INVITATION_ENDPOINTS"]
