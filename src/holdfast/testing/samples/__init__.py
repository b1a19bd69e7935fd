"""Eight businesses to try Holdfast with: one for every way in which time is booked."""

from holdfast.testing.samples.dated import Region, Rental, open_region, open_rental
from holdfast.testing.samples.first import Concert, Salon, open_concert, open_salon
from holdfast.testing.samples.hours import (
    Practice,
    Rooms,
    Studio,
    open_practice,
    open_rooms,
    open_studio,
)
from holdfast.testing.samples.tables import Bistro, open_bistro

__all__ = [
    "Bistro",
    "Concert",
    "Practice",
    "Region",
    "Rental",
    "Rooms",
    "Salon",
    "Studio",
    "open_bistro",
    "open_concert",
    "open_practice",
    "open_region",
    "open_rental",
    "open_rooms",
    "open_salon",
    "open_studio",
]
