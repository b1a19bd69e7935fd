"""The facade's feature of history: who changed what."""

from __future__ import annotations

from holdfast.domain.access import Scope
from holdfast.domain.bookings import Booking
from holdfast.domain.history import AuditEntry
from holdfast.domain.ids import BookingId
from holdfast.engine.facade.port import Port
from holdfast.engine.ports import Comparison, Filter, ReadStore
from holdfast.engine.reading import Page, PageRequest, get, page

_FIRST_PAGE = PageRequest()


class History:
    """Who changed what, when, and from what to what."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def of_booking(
        self, booking_id: BookingId, request: PageRequest = _FIRST_PAGE
    ) -> Page[AuditEntry]:
        """Return the changes of a booking, in the order of its versions.

        Raises:
            RecordNotFound: There is no such booking.
        """
        self._port.actor.require(Scope.AUDIT_READ)
        filters = [Filter("subject_id", Comparison.EQUAL, booking_id)]

        def find(store: ReadStore) -> Page[AuditEntry]:
            get(store, Booking, booking_id)
            # Not by the time: several changes may be of one instant.
            return page(store, AuditEntry, request, order_by="subject_version", filters=filters)

        return self._port.read(find)

    def list(
        self, request: PageRequest = _FIRST_PAGE, *, subject_id: str | None = None
    ) -> Page[AuditEntry]:
        """Return changes of one record, or of all, oldest first."""
        self._port.actor.require(Scope.AUDIT_READ)
        filters = []
        if subject_id is not None:
            filters.append(Filter("subject_id", Comparison.EQUAL, subject_id))
        return self._port.read(
            lambda store: page(store, AuditEntry, request, order_by="at", filters=filters)
        )
