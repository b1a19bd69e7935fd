"""The facade's feature of bookings: the agreements with customers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from holdfast.domain.access import Scope
from holdfast.domain.bookings import Booking, BookingStatus, CancelledBy
from holdfast.domain.cancelling import CancellationVerdict
from holdfast.domain.errors import (
    AvailabilityClosed,
    CapacityExceeded,
    HoldfastError,
    RecordNotFound,
)
from holdfast.domain.history import AuditEntry
from holdfast.domain.ids import (
    BookingId,
    CustomerId,
    HoldId,
    OfferingId,
    ResourceId,
    SlotId,
    normal_booking_number,
)
from holdfast.domain.overrides import Override
from holdfast.domain.terms import NO_TERMS, Terms
from holdfast.domain.waitlists import InLine
from holdfast.engine.approvals import ConfirmBooking, DeclineBooking
from holdfast.engine.attending import (
    CheckInBooking,
    CheckOutBooking,
    CompleteBooking,
    MarkNoShow,
    UndoBooking,
)
from holdfast.engine.bookings import CancelBooking, ConvertHold, PlaceBooking
from holdfast.engine.changing import ChangeBooking, RateBooking
from holdfast.engine.choosing import Choice, choice_of
from holdfast.engine.facade.availability import AvailabilityAnswers, placed
from holdfast.engine.facade.emergencies import Emergency, book_soon, next_step
from holdfast.engine.facade.history import History
from holdfast.engine.facade.locations import location_of
from holdfast.engine.facade.port import Port, in_utc, result_of
from holdfast.engine.making import Details
from holdfast.engine.moving import Move, choice_after, size_after, terms_after
from holdfast.engine.ownership import own_in
from holdfast.engine.paying import RecordPaid
from holdfast.engine.ports import Comparison, Filter
from holdfast.engine.reading import Page, PageRequest, page, where
from holdfast.engine.rescheduling import RescheduleBooking
from holdfast.engine.settling import verdict_on_cancelling
from holdfast.engine.waitlist import JoinWaitlist
from holdfast.engine.walk_ins import PlaceWalkIn

_FIRST_PAGE = PageRequest()


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingQuery:
    """Which bookings to list; what is not given does not limit.

    Attributes:
        resource_id: The bookings of a resource by itself, without an offering.
        served_by: The bookings that a resource serves, whatever they are of.
        is_rescheduled: Those whose time was changed, or those whose time never was.
    """

    statuses: tuple[BookingStatus, ...] = ()
    starts_from: datetime | None = None
    starts_before: datetime | None = None
    offering_id: OfferingId | None = None
    resource_id: ResourceId | None = None
    customer_id: CustomerId | None = None
    external_order_id: str | None = None
    reference: str | None = None
    served_by: ResourceId | None = None
    is_rescheduled: bool | None = None
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
        if self.served_by is not None:
            found.append(Filter("assigned", Comparison.MENTIONS, self.served_by))
        if self.is_rescheduled is not None:
            often = Comparison.AT_LEAST if self.is_rescheduled else Comparison.BELOW
            found.append(Filter("reschedule_count", often, 1))
        for name in _EXACTLY:
            value = getattr(self, name)
            if value is not None:
                found.append(Filter(name, Comparison.EQUAL, value))
        return found


_EXACTLY = ("offering_id", "resource_id", "customer_id", "external_order_id", "reference")
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
        terms: Terms = NO_TERMS,
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
        command = PlaceBooking(
            choice=choice or Choice(slot_id=slot_id, offering_id=offering_id, starts_at=starts_at),
            party_size=party_size,
            details=details,
            override=override,
            terms=terms,
        )
        return result_of(Booking, placed(self._port, self._availability, command, idempotency_key))

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
        waives_payment: bool = False,
        if_version: int | None = None,
    ) -> Booking:
        """Say yes to a pending booking. See `ConfirmBooking`.

        Raises:
            CapacityExceeded: Its places are taken only now, and are gone: see `alternatives`.
            TransitionNotAllowed: It is over.
        """
        command = ConfirmBooking(
            booking_id=booking_id,
            override=override,
            waives_payment=waives_payment,
            if_version=if_version,
        )
        try:
            return result_of(Booking, self._port.run(command))
        except (CapacityExceeded, AvailabilityClosed) as refusal:
            raise self.explained(booking_id, refusal) from None

    def explained(self, booking_id: BookingId, refusal: HoldfastError) -> HoldfastError:
        """Add alternatives to a refusal to confirm a booking for want of places."""
        booking = self.get(booking_id)
        return self._availability.explained(
            choice_of(booking), booking.party_size, refusal, booking.terms.tickets
        )

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

    def change(
        self,
        booking_id: BookingId,
        changes: dict[str, object],
        *,
        override: Override | None = None,
        if_version: int | None = None,
    ) -> Booking:
        """Change what was said with a booking. See `ChangeBooking`.

        Raises:
            CapacityExceeded: More people than there is room for.
            AccessDenied: A customer would change what only staff may.
            InputInvalid: Something cannot be changed, or is malformed.
        """
        command = ChangeBooking(
            booking_id=booking_id, changes=changes, override=override, if_version=if_version
        )
        return result_of(Booking, self._port.run(command))

    def reschedule(
        self,
        booking_id: BookingId,
        move: Move,
        *,
        keeps_price: bool = False,
        override: Override | None = None,
        reason: str | None = None,
        if_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Booking:
        """Move a booking to another time or other resources. See `RescheduleBooking`.

        Raises:
            CapacityExceeded: Too little is left there; `alternatives` would do.
            AvailabilityClosed: Nothing is open then.
            PolicyRefused: Too late, too early, too many or too few people.
            TransitionNotAllowed: It is over.
        """
        command = RescheduleBooking(
            booking_id=booking_id,
            move=in_utc(move),
            keeps_price=keeps_price,
            override=override,
            reason=reason,
            if_version=if_version,
        )
        try:
            return result_of(Booking, self._port.run(command, idempotency_key))
        except (CapacityExceeded, AvailabilityClosed) as refusal:
            raise self.explained_move(booking_id, command.move, refusal) from None

    def explained_move(
        self, booking_id: BookingId, move: Move, refusal: HoldfastError
    ) -> HoldfastError:
        """Add alternatives to a refusal to move a booking for want of places."""
        booking = self.get(booking_id)
        size = size_after(booking, move)
        tickets = terms_after(booking, move).tickets
        return self._availability.explained(choice_after(booking, move), size, refusal, tickets)

    def rate(
        self,
        booking_id: BookingId,
        *,
        rating: int | None = None,
        feedback: str = "",
        referral_source: str = "",
    ) -> Booking:
        """Say how it was, from 1 to 5 and in words, once it took place. See `RateBooking`.

        Raises:
            TransitionNotAllowed: It is not completed.
            InputInvalid: The rating is not from 1 to 5.
        """
        command = RateBooking(
            booking_id=booking_id,
            rating=rating,
            feedback=feedback,
            referral_source=referral_source,
        )
        return result_of(Booking, self._port.run(command))

    def location(self, booking_id: BookingId) -> dict[str, object]:
        """Say where a booking takes place; the way into a call only once it is confirmed."""
        return location_of(self._port, self.get(booking_id))

    def cancellation(
        self, booking_id: BookingId, *, cancelled_by: CancelledBy = CancelledBy.CUSTOMER
    ) -> CancellationVerdict:
        """Say what cancelling a booking now would come to; nothing is changed.

        Raises:
            RecordNotFound: There is none, or it is somebody else's.
        """
        booking, now = self.get(booking_id), self._port.read(lambda store: store.now())
        by = CancelledBy.CUSTOMER if self._port.actor.is_public else cancelled_by
        return verdict_on_cancelling(booking, by=by, now=now)

    def record_paid(
        self, booking_id: BookingId, *, paid_minor: int, refunded_minor: int = 0
    ) -> Booking:
        """Say what has been paid for a booking so far. See `RecordPaid`."""
        command = RecordPaid(
            booking_id=booking_id, paid_minor=paid_minor, refunded_minor=refunded_minor
        )
        return result_of(Booking, self._port.run(command))

    def check_in(
        self, booking_id: BookingId, *, reason: str | None = None, if_version: int | None = None
    ) -> Booking:
        """Say that the guests are there. See `CheckInBooking`.

        Raises:
            TooEarly: The window of its policy has not opened, and no reason is given.
            TooLate: It has closed, and no reason is given.
            TransitionNotAllowed: It is not confirmed, or over.
        """
        command = CheckInBooking(booking_id=booking_id, reason=reason, if_version=if_version)
        return result_of(Booking, self._port.run(command))

    def check_out(
        self,
        booking_id: BookingId,
        *,
        gives_back: bool = False,
        reason: str | None = None,
        if_version: int | None = None,
    ) -> Booking:
        """Say that the guests have left. See `CheckOutBooking`.

        Raises:
            TransitionNotAllowed: They were not checked in.
        """
        command = CheckOutBooking(
            booking_id=booking_id, gives_back=gives_back, reason=reason, if_version=if_version
        )
        return result_of(Booking, self._port.run(command))

    def complete(
        self,
        booking_id: BookingId,
        *,
        gives_back: bool = False,
        reason: str | None = None,
        if_version: int | None = None,
    ) -> Booking:
        """Say that it took place. See `CompleteBooking`.

        Raises:
            TooEarly: It has not begun.
            TransitionNotAllowed: It is not confirmed, or over.
        """
        command = CompleteBooking(
            booking_id=booking_id, gives_back=gives_back, reason=reason, if_version=if_version
        )
        return result_of(Booking, self._port.run(command))

    def mark_no_show(
        self,
        booking_id: BookingId,
        *,
        gives_back: bool = False,
        reason: str | None = None,
        if_version: int | None = None,
    ) -> Booking:
        """Say that nobody came. See `MarkNoShow`.

        Raises:
            TooEarly: It has not begun.
            TransitionNotAllowed: Somebody came, or it is over.
        """
        command = MarkNoShow(
            booking_id=booking_id, gives_back=gives_back, reason=reason, if_version=if_version
        )
        return result_of(Booking, self._port.run(command))

    def undo(
        self,
        booking_id: BookingId,
        *,
        only_if_status: BookingStatus | None = None,
        reason: str | None = None,
        if_version: int | None = None,
    ) -> Booking:
        """Take the last check-in, completion or no-show back. See `UndoBooking`.

        Raises:
            TooLate: Its local day is over.
            CapacityExceeded: Its places were given back, and are gone.
            TransitionNotAllowed: There is nothing to take back.
        """
        command = UndoBooking(
            booking_id=booking_id,
            only_if_status=only_if_status,
            reason=reason,
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
        return self._port.read(lambda store: own_in(store, actor, Booking, booking_id))

    def history(
        self, booking_id: BookingId, request: PageRequest = _FIRST_PAGE
    ) -> Page[AuditEntry]:
        """Return who changed a booking, when, why, from what and to what, in order.

        Raises:
            RecordNotFound: There is no such booking.
        """
        return History(self._port).of_booking(booking_id, request)

    def walk_in(
        self,
        choice: Choice,
        *,
        party_size: int = 1,
        details: Details,
        override: Override | None = None,
        idempotency_key: str | None = None,
    ) -> Booking:
        """Book what begins about now and check its guests in. See `PlaceWalkIn`.

        Raises:
            CapacityExceeded: Too little is left.
            TooEarly: It begins later than guests may be checked in now.
            AccessDenied: Only staff may.
        """
        command = PlaceWalkIn(
            choice=in_utc(choice), party_size=party_size, details=details, override=override
        )
        return result_of(Booking, self._port.run(command, idempotency_key))

    def emergency(self, wanted: Emergency, *, details: Details) -> Booking | InLine:
        """Book the next that is free within a wait, whatever notice is asked otherwise.

        If nothing is, the customer is put on the waitlist, before all others, where there is one.

        Raises:
            AvailabilityClosed: Nothing is free in time; `alternatives` are free later.
            AccessDenied: Only staff may.
        """
        return book_soon(self._port, wanted, details)

    def emergency_step(self, wanted: Emergency, details: Details) -> PlaceBooking | JoinWaitlist:
        """Return the command that sees to an emergency as things stand. See `next_step`."""
        return next_step(self._port, wanted, details)

    def count(self, query: BookingQuery = _EVERYTHING) -> dict[str, int]:
        """Return how many bookings there are of each status."""
        self._port.actor.require(Scope.BOOKINGS_READ)
        return self._port.read(lambda store: store.counts(Booking, "status", query.filters()))

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
