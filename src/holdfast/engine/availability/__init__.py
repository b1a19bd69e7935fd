"""Availability: what could be booked now, what else if one thing cannot, and why."""

from holdfast.engine.availability.asking import DEFAULT_WINDOW, SUBJECTS_MAX, AvailabilityQuery
from holdfast.engine.availability.checking import Prospect, check
from holdfast.engine.availability.listing import (
    Availability,
    DailyAvailability,
    list_open_days,
    list_open_slots,
)
from holdfast.engine.availability.searching import (
    ALTERNATIVES,
    NEXT_MAX,
    find_next,
    with_alternatives,
)

__all__ = [
    "ALTERNATIVES",
    "DEFAULT_WINDOW",
    "NEXT_MAX",
    "SUBJECTS_MAX",
    "Availability",
    "AvailabilityQuery",
    "DailyAvailability",
    "Prospect",
    "check",
    "find_next",
    "list_open_days",
    "list_open_slots",
    "with_alternatives",
]
