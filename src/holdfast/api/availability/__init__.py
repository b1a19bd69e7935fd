"""Availability: what can be booked, what next, whether one thing can, and why not."""

from holdfast.api.availability.routes import ENDPOINTS

__all__ = ["ENDPOINTS"]
