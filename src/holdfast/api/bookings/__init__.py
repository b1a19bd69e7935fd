"""Bookings: place one, or turn a hold into one; look, confirm, decline, cancel."""

from holdfast.api.bookings.routes import ENDPOINTS

__all__ = ["ENDPOINTS"]
