"""The facade's feature of reassigning: what has lost its resource, and who serves instead."""

from __future__ import annotations

from holdfast.domain.bookings import Booking
from holdfast.domain.errors import AccessDenied, HoldfastError
from holdfast.domain.ids import BookingId, ResourceId
from holdfast.engine.facade.port import Port, result_of
from holdfast.engine.reassigning import AffectedBooking, ReassignBooking, list_affected


class Reassigning:
    """Bookings that have lost a resource, and letting others serve them."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def affected(self, resource_id: ResourceId) -> tuple[AffectedBooking, ...]:
        """Return the bookings that a resource was assigned to and cannot serve any more.

        Raises:
            RecordNotFound: There is no such resource.
        """
        port = self._port
        return port.read(
            lambda store: list_affected(
                store, tenant_id=port.tenant_id, actor=port.actor, resource_id=resource_id
            )
        )

    def reassign(
        self,
        booking_id: BookingId,
        *,
        drops_wishes: bool = False,
        reason: str | None = None,
        if_version: int | None = None,
    ) -> Booking:
        """Let others serve in place of those that a booking has lost. See `ReassignBooking`.

        Raises:
            CapacityExceeded: Nobody else is free.
            AvailabilityClosed: Nobody else may serve then.
        """
        command = ReassignBooking(
            booking_id=booking_id,
            drops_wishes=drops_wishes,
            reason=reason,
            if_version=if_version,
        )
        return result_of(Booking, self._port.run(command))

    def reassign_all(
        self, resource_id: ResourceId, *, reason: str | None = None
    ) -> tuple[AffectedBooking, ...]:
        """Reassign what a resource was lost to, booking by booking; return what is left for staff.

        Raises:
            AccessDenied: The actor may not reassign.
            RecordNotFound: There is no such resource.
        """
        left = []
        for one in self.affected(resource_id):
            try:
                self.reassign(one.booking.booking_id, reason=reason)
            except AccessDenied:
                raise
            except HoldfastError:
                left.append(one)
        return tuple(left)
