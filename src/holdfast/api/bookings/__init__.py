"""Bookings: made, looked at, answered and cancelled; their day; and what changes about them."""

from holdfast.api.bookings import attending, changing, routes

ENDPOINTS = (*routes.ENDPOINTS, *attending.ENDPOINTS, *changing.ENDPOINTS)

__all__ = ["ENDPOINTS"]
