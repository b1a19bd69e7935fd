"""Bookings: place one, or turn a hold into one; look, confirm, decline, cancel; and the day."""

from holdfast.api.bookings import attending, routes

ENDPOINTS = (*routes.ENDPOINTS, *attending.ENDPOINTS)

__all__ = ["ENDPOINTS"]
