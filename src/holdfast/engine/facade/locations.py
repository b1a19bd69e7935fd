"""The place of a booking, for whoever may see the booking."""

from __future__ import annotations

from holdfast.domain.access import Scope
from holdfast.domain.bookings import Booking
from holdfast.domain.locations import location_for
from holdfast.domain.offerings import Offering
from holdfast.engine.facade.port import Port
from holdfast.engine.reading import get


def location_of(port: Port, booking: Booking) -> dict[str, object]:
    """Return where a booking takes place, as its offering says now; staff see all of it."""
    offering_id = booking.offering_id
    if offering_id is None:
        return {}
    location = port.read(lambda store: get(store, Offering, offering_id)).location
    if Scope.BOOKINGS_READ in port.actor.scopes:
        return dict(location)
    return location_for(location, booking.status)
