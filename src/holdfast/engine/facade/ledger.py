"""The facade's features of what is taken: availability, holds, bookings, history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from holdfast.domain.access import Scope
from holdfast.domain.availability import Override
from holdfast.domain.bookings import Booking, BookingStatus, CancelledBy
from holdfast.domain.customers import Contact
from holdfast.domain.errors import (
    AvailabilityClosed,
    CapacityExceeded,
    HoldfastError,
    RecordNotFound,
)
from holdfast.domain.history import AuditEntry
from holdfast.domain.holds import Hold, HoldStatus
from holdfast.domain.ids import (
    BookingId,
    CustomerId,
    HoldId,
    OfferingId,
    SlotId,
    normal_booking_number,
)
from holdfast.engine.approvals import ConfirmBooking, DeclineBooking
from holdfast.engine.availability import (
    Availability,
    AvailabilityQuery,
    list_open_slots,
    with_alternatives,
)
from holdfast.engine.bookings import (
    CancelBooking,
    ConvertHold,
    Details,
    PlaceBooking,
)
from holdfast.engine.choosing import Choice, choice_of
from holdfast.engine.facade.port import Port, in_utc, result_of
from holdfast.engine.holds import (
    ExtendHold,
    PlaceHold,
    ReleaseHold,
    ReleaseHoldsOfClient,
)
from holdfast.engine.ownership import own_booking_in, own_hold_in
from holdfast.engine.ports import Comparison, Filter
from holdfast.engine.reading import Page, PageRequest, get, page, where

_FIRST_PAGE = PageRequest()
_NOBODY = Contact()


class AvailabilityAnswers:
    """What can be booked. An answer, never a stored thing."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def list(
        self,
        offering_id: OfferingId,
        *,
        starts_at: datetime | None = None,
        ends_at: datetime | None = None,
        party_size: int = 1,
    ) -> Availability:
        """List what of an offering is open, by default in the next seven days."""
        return self.answer(
            AvailabilityQuery(
                offering_id=offering_id, starts_at=starts_at, ends_at=ends_at, party_size=party_size
            )
        )

    def answer(self, query: AvailabilityQuery) -> Availability:
        """List what is open of an offering, or of a resource by itself."""
        query = in_utc(query)
        port = self._port
        return port.read(
            lambda store: list_open_slots(
                store, tenant_id=port.tenant_id, actor=port.actor, query=query
            )
        )

    def explained(self, choice: Choice, party_size: int, refusal: HoldfastError) -> HoldfastError:
        """Add alternatives to a refusal for shortage."""
        port = self._port
        return port.read(
            lambda store: with_alternatives(
                store,
                tenant_id=port.tenant_id,
                choice=choice,
                party_size=party_size,
                refusal=refusal,
            )
        )


class Holds:
    """Places kept for a short while."""

    def __init__(self, port: Port, availability: AvailabilityAnswers) -> None:
        self._port = port
        self._availability = availability

    def place(
        self,
        *,
        slot_id: SlotId | None = None,
        offering_id: OfferingId | None = None,
        starts_at: datetime | None = None,
        choice: Choice | None = None,
        party_size: int = 1,
        ttl: timedelta | None = None,
        client_key: str | None = None,
        contact: Contact = _NOBODY,
        metadata: Mapping[str, object] | None = None,
        override: Override | None = None,
        idempotency_key: str | None = None,
    ) -> Hold:
        """Keep places: of a slot, of the offering's slot that starts then, or of any `choice`.

        Raises:
            CapacityExceeded: Too little is left; `alternatives` are slots that would do.
            AvailabilityClosed: Nothing is open then.
            PolicyRefused: Too late, too early, too many or too few people.
            RecordNotFound: There is no such offering or slot.
            InputInvalid: The request is malformed.
        """
        simple = Choice(slot_id=slot_id, offering_id=offering_id, starts_at=starts_at)
        choice = in_utc(simple if choice is None else choice)
        command = PlaceHold(
            choice=choice,
            party_size=party_size,
            ttl=ttl,
            client_key=client_key,
            contact=contact,
            metadata=dict(metadata or {}),
            override=override,
        )
        try:
            return result_of(Hold, self._port.run(command, idempotency_key))
        except (CapacityExceeded, AvailabilityClosed) as refusal:
            raise self._availability.explained(choice, party_size, refusal) from None

    def extend(
        self, hold_id: HoldId, *, ttl: timedelta | None = None, if_version: int | None = None
    ) -> Hold:
        """Keep the places longer. See `ExtendHold`."""
        command = ExtendHold(hold_id=hold_id, ttl=ttl, if_version=if_version)
        return result_of(Hold, self._port.run(command))

    def release(self, hold_id: HoldId, *, if_version: int | None = None) -> Hold:
        """Give the places back."""
        return result_of(Hold, self._port.run(ReleaseHold(hold_id=hold_id, if_version=if_version)))

    def release_all(self, client_key: str) -> tuple[Hold, ...]:
        """Give back everything that one client key holds."""
        released = self._port.run(ReleaseHoldsOfClient(client_key=client_key))
        assert isinstance(released, tuple)
        return released

    def get(self, hold_id: HoldId) -> Hold:
        """Return a hold.

        Raises:
            RecordNotFound: There is none, or it is somebody else's.
        """
        actor = self._port.actor
        actor.require(Scope.HOLDS_OWN, Scope.HOLDS_ANY, Scope.BOOKINGS_READ)
        return self._port.read(lambda store: own_hold_in(store, actor, hold_id))

    def list(
        self,
        request: PageRequest = _FIRST_PAGE,
        *,
        statuses: Sequence[HoldStatus] = (),
        offering_id: OfferingId | None = None,
        client_key: str | None = None,
    ) -> Page[Hold]:
        """Return a page of holds, newest first."""
        self._port.actor.require(Scope.HOLDS_ANY, Scope.BOOKINGS_READ)
        filters = []
        if statuses:
            filters.append(Filter("status", Comparison.ONE_OF, tuple(statuses)))
        if offering_id is not None:
            filters.append(Filter("offering_id", Comparison.EQUAL, offering_id))
        if client_key is not None:
            filters.append(Filter("client_key", Comparison.EQUAL, client_key))
        return self._port.read(
            lambda store: page(
                store, Hold, request, order_by="created_at", is_descending=True, filters=filters
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingQuery:
    """Which bookings to list; what is not given does not limit."""

    statuses: tuple[BookingStatus, ...] = ()
    starts_from: datetime | None = None
    starts_before: datetime | None = None
    offering_id: OfferingId | None = None
    customer_id: CustomerId | None = None
    external_order_id: str | None = None
    more: tuple[Filter, ...] = field(default=())

    def filters(self) -> list[Filter]:
        """Return the conditions as the store reads them."""
        found = list(self.more)
        if self.statuses:
            found.append(Filter("status", Comparison.ONE_OF, self.statuses))
        if self.starts_from is not None:
            found.append(Filter("starts_at", Comparison.AT_LEAST, self.starts_from))
        if self.starts_before is not None:
            found.append(Filter("starts_at", Comparison.BELOW, self.starts_before))
        for name in ("offering_id", "customer_id", "external_order_id"):
            value = getattr(self, name)
            if value is not None:
                found.append(Filter(name, Comparison.EQUAL, value))
        return found


_EVERYTHING = BookingQuery()


class Bookings:
    """The agreements with customers."""

    def __init__(self, port: Port, availability: AvailabilityAnswers) -> None:
        self._port = port
        self._availability = availability

    def place(
        self,
        *,
        slot_id: SlotId | None = None,
        offering_id: OfferingId | None = None,
        starts_at: datetime | None = None,
        choice: Choice | None = None,
        party_size: int = 1,
        details: Details,
        override: Override | None = None,
        idempotency_key: str | None = None,
    ) -> Booking:
        """Book at once, without a hold before it.

        Raises:
            CapacityExceeded: Too little is left; `alternatives` are slots that would do.
            AvailabilityClosed: Nothing is open then.
            PolicyRefused: Too late, too early, too many or too few people.
            RecordNotFound: There is no such offering or slot.
            InputInvalid: The request is malformed.
        """
        simple = Choice(slot_id=slot_id, offering_id=offering_id, starts_at=starts_at)
        choice = in_utc(simple if choice is None else choice)
        command = PlaceBooking(
            choice=choice, party_size=party_size, details=details, override=override
        )
        try:
            return result_of(Booking, self._port.run(command, idempotency_key))
        except (CapacityExceeded, AvailabilityClosed) as refusal:
            raise self._availability.explained(choice, party_size, refusal) from None

    def convert(
        self, hold_id: HoldId, *, details: Details, idempotency_key: str | None = None
    ) -> Booking:
        """Turn a hold into a booking.

        Raises:
            HoldExpired: Its time is over.
            TransitionNotAllowed: It was converted or released already.
            RecordNotFound: There is none, or it is somebody else's.
        """
        command = ConvertHold(hold_id=hold_id, details=details)
        return result_of(Booking, self._port.run(command, idempotency_key))

    def confirm(
        self,
        booking_id: BookingId,
        *,
        override: Override | None = None,
        if_version: int | None = None,
    ) -> Booking:
        """Say yes to a pending booking. See `ConfirmBooking`.

        Raises:
            CapacityExceeded: Its places are taken only now, and are gone; it stays pending, and
                `alternatives` would do.
            TransitionNotAllowed: It is over.
        """
        command = ConfirmBooking(booking_id=booking_id, override=override, if_version=if_version)
        try:
            return result_of(Booking, self._port.run(command))
        except (CapacityExceeded, AvailabilityClosed) as refusal:
            booking = self.get(booking_id)
            raise self._availability.explained(
                choice_of(booking), booking.party_size, refusal
            ) from None

    def decline(self, booking_id: BookingId, *, reason: str | None = None) -> Booking:
        """Say no to a pending booking. See `DeclineBooking`."""
        command = DeclineBooking(booking_id=booking_id, reason=reason)
        return result_of(Booking, self._port.run(command))

    def cancel(
        self,
        booking_id: BookingId,
        *,
        reason: str | None = None,
        cancelled_by: CancelledBy = CancelledBy.BUSINESS,
        only_if_status: BookingStatus | None = None,
        if_version: int | None = None,
    ) -> Booking:
        """Call a booking off. See `CancelBooking`."""
        command = CancelBooking(
            booking_id=booking_id,
            reason=reason,
            cancelled_by=cancelled_by,
            only_if_status=only_if_status,
            if_version=if_version,
        )
        return result_of(Booking, self._port.run(command))

    def get(self, booking_id: BookingId) -> Booking:
        """Return a booking.

        Raises:
            RecordNotFound: There is none, or it is somebody else's.
        """
        actor = self._port.actor
        actor.require(Scope.BOOKINGS_OWN, Scope.BOOKINGS_READ)
        return self._port.read(lambda store: own_booking_in(store, actor, booking_id))

    def get_by_number(self, number: str) -> Booking:
        """Return the booking of a number, however a person typed it.

        Raises:
            RecordNotFound: There is none.
        """
        self._port.actor.require(Scope.BOOKINGS_READ)
        normal = normal_booking_number(number)
        found = self._port.read(lambda store: where(store, Booking, "number", normal))
        if not found:
            raise RecordNotFound(kind="booking", key=number)
        return found[0]

    def list(
        self, request: PageRequest = _FIRST_PAGE, *, query: BookingQuery = _EVERYTHING
    ) -> Page[Booking]:
        """Return a page of bookings, by their start."""
        self._port.actor.require(Scope.BOOKINGS_READ)
        return self._port.read(
            lambda store: page(
                store, Booking, request, order_by="starts_at", filters=query.filters()
            )
        )


class History:
    """Who changed what, when, and from what to what."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def of_booking(
        self, booking_id: BookingId, request: PageRequest = _FIRST_PAGE
    ) -> Page[AuditEntry]:
        """Return the changes of a booking, oldest first.

        Raises:
            RecordNotFound: There is no such booking.
        """
        self._port.actor.require(Scope.AUDIT_READ)
        self._port.read(lambda store: get(store, Booking, booking_id))
        return self.list(request, subject_id=booking_id)

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
