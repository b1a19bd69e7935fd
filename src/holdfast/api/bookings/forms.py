"""Forms of bookings: what is sent, and how a booking is shown to staff and to customers."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from holdfast.api.bookings.guests import GuestOut, Guests
from holdfast.api.choices import ChoiceIn, OverrideIn, OverrideOut, chosen
from holdfast.api.models import (
    ACustomerId,
    AnOfferingId,
    AResourceId,
    AssignedOut,
    Body,
    ContactIn,
    ContactOut,
    DayOut,
    InstantOut,
    Line,
    LongText,
    Metadata,
    MoneyOut,
    Out,
    QueryInstant,
    Units,
    Word,
    Words,
)
from holdfast.api.paging import Limit, PageOut, PageQuery
from holdfast.api.pricing import PriceLineOut, TermsIn, TicketsOut, priced
from holdfast.api.turns import Turn, show_fields
from holdfast.domain.access import Actor, Scope
from holdfast.domain.bookings import Booking, BookingStatus, CancelledBy, PendingReason
from holdfast.domain.cancellation_policies import LateAction
from holdfast.domain.errors import AccessDenied
from holdfast.domain.listing import WINDOW_DAYS_MAX
from holdfast.domain.offerings import COMPONENTS_MAX
from holdfast.domain.settlements import Settlement, SettlementKind
from holdfast.domain.shapes import DATES_MAX
from holdfast.domain.waitlists import InLine
from holdfast.engine.choosing import PICKS_MAX
from holdfast.engine.facade.emergencies import Emergency
from holdfast.engine.making import Details

UPCOMING_DEFAULT = 20
WAIT_MAX = WINDOW_DAYS_MAX * 1_440


class DetailsIn(Body):
    """What a customer says when booking. Publishable keys may not set the last three.

    `answers` are to the offering's fields, by their keys.
    """

    contact: ContactIn = ContactIn()
    source: Line = "api"
    note: LongText = ""
    external_order_id: Line | None = None
    external_line_id: Line | None = None
    external_offer_id: Line | None = None
    metadata: Metadata = Field(default_factory=dict)
    guests: Guests = Field(default_factory=list)
    answers: Metadata = Field(default_factory=dict)
    customer_id: ACustomerId | None = None
    internal_note: LongText = ""
    reference: Line | None = None

    def details(self, actor: Actor) -> Details:
        """Return it as the engine takes it.

        Raises:
            AccessDenied: It says what only staff may say.
        """
        if actor.is_public and (self.customer_id or self.internal_note or self.reference):
            message = "A publishable key may set no customer_id, internal_note or reference."
            raise AccessDenied(message, scopes=[Scope.BOOKINGS_WRITE.value])
        return Details(
            contact=self.contact.contact(),
            customer_id=self.customer_id,
            source=self.source,
            note=self.note,
            internal_note=self.internal_note,
            external_order_id=self.external_order_id,
            external_line_id=self.external_line_id,
            external_offer_id=self.external_offer_id,
            metadata=self.metadata,
            guests=tuple(guest.guest() for guest in self.guests),
            reference=self.reference,
            answers=self.answers,
        )


class PlaceBookingIn(ChoiceIn, DetailsIn, TermsIn):
    """What to book, for how many, and for whom: name a slot, or an offering or resource and a time.

    The time is one of: `starts_at`, `starts_at` and `ends_at`, `dates`, `first_on` and `last_on`
    (both included), or for nights `check_in_on` and `check_out_on`. `quantity` is another word for
    `party_size`. Only staff may send an `override`.
    """

    override: OverrideIn | None = None


class EmergencyIn(DetailsIn):
    """What is needed soon: the first free time of an offering that begins within a wait.

    If nothing is free in time and the offering has a waitlist, the customer joins it before all
    others, unless `joins_waitlist` says not to.
    """

    offering_id: AnOfferingId
    max_wait_minutes: Annotated[int, Field(ge=1, le=WAIT_MAX)]
    reason: Line
    party_size: Units = 1
    date_count: Annotated[int, Field(ge=1, le=DATES_MAX)] | None = None
    length_minutes: Annotated[int, Field(ge=1, le=WAIT_MAX)] | None = None
    resource_ids: Annotated[list[AResourceId], Field(max_length=PICKS_MAX)] = Field(
        default_factory=list
    )
    components: Annotated[list[Line], Field(max_length=COMPONENTS_MAX)] = Field(
        default_factory=list
    )
    joins_waitlist: bool = True

    def emergency(self) -> Emergency:
        """Return it as the engine takes it."""
        length = self.length_minutes
        return Emergency(
            offering_id=self.offering_id,
            max_wait=timedelta(minutes=self.max_wait_minutes),
            reason=self.reason,
            party_size=self.party_size,
            date_count=self.date_count,
            length=None if length is None else timedelta(minutes=length),
            picks=tuple(self.resource_ids),
            components=tuple(self.components),
            joins_waitlist=self.joins_waitlist,
        )


class ConvertHoldIn(DetailsIn):
    """Who books what is held. Without a contact it is the hold's, and so is each answer."""


class AcceptInvitationIn(DetailsIn):
    """What else is to be said of the booking. What is not is as it was when joining."""


class ConfirmBookingIn(Body):
    """Nothing has to be said to confirm; an `override` sets aside what stands in the way.

    With `waives_payment` a booking that waits for its payment waits for it no longer.
    """

    override: OverrideIn | None = None
    waives_payment: bool = False


class DeclineBookingIn(Body):
    """Why the business says no."""

    reason: LongText | None = None


class CancelBookingIn(Body):
    """Why, and by whom. With `only_if_status` nothing happens to a booking in another status."""

    reason: LongText | None = None
    cancelled_by: Word[CancelledBy] = CancelledBy.BUSINESS
    only_if_status: Word[BookingStatus] | None = None


class BookingListQuery(PageQuery):
    """Which bookings to list, by their start; `to` itself is not included.

    `resource_id` finds the bookings of a resource by itself, without an offering, `served_by`
    all that a resource serves. `with_total` counts how many there are on all pages.
    """

    status: Words[BookingStatus] = ()
    starts_from: Annotated[QueryInstant | None, Field(alias="from")] = None
    starts_before: Annotated[QueryInstant | None, Field(alias="to")] = None
    offering_id: AnOfferingId | None = None
    resource_id: AResourceId | None = None
    customer_id: ACustomerId | None = None
    external_order_id: Line | None = None
    reference: Line | None = None
    served_by: AResourceId | None = None
    is_rescheduled: bool | None = None
    with_total: bool = False


class UpcomingQuery(PageQuery):
    """Which upcoming bookings to list; by default the live ones, 20 at a time."""

    limit: Limit = UPCOMING_DEFAULT
    status: Words[BookingStatus] = ()
    offering_id: AnOfferingId | None = None
    resource_id: AResourceId | None = None
    customer_id: ACustomerId | None = None


class SettlementOut(Out):
    """What a cancellation or a no-show came to.

    `percent` of what was paid goes back as `refund`, the rest is `kept`; of a no-show's `fee` so
    much is still `owed`.
    """

    kind: SettlementKind
    reason: str
    percent: int | None
    refund: MoneyOut
    kept: MoneyOut
    fee: MoneyOut
    owed: MoneyOut
    late_action: LateAction | None
    blocked_until: InstantOut | None

    @classmethod
    def of_any(cls, settlement: Settlement | None) -> SettlementOut | None:
        """Show a settlement, if there is one."""
        return (
            None if settlement is None else cls(**show_fields(settlement, cls.model_fields, _SUMS))
        )


_SUMS = MappingProxyType(
    {name: Turn(name, show=MoneyOut.of) for name in ("refund", "kept", "fee", "owed")}
)


class PublicBookingOut(Out):
    """A booking as a publishable key sees it."""

    booking_id: str
    number: str
    status: BookingStatus
    is_pending: bool
    is_confirmed: bool
    pending_reasons: list[PendingReason]
    offering_id: str | None
    offering_name: str
    resource_id: str | None
    slot_id: str | None
    starts_at: InstantOut
    ends_at: InstantOut
    local_start: str
    zone: str
    dates: list[DayOut]
    party_size: int
    resource_ids: list[str]
    components: list[str]
    assigned: list[AssignedOut]
    price: MoneyOut
    price_lines: list[PriceLineOut]
    promo_codes: list[str]
    tickets: list[TicketsOut]
    order_total_minor: int | None
    customer_attributes: dict[str, Any]
    customer_id: str | None
    contact: ContactOut
    hold_id: str | None
    source: str
    note: str
    external_order_id: str | None
    external_line_id: str | None
    external_offer_id: str | None
    placed_by: str
    cancelled_by: CancelledBy | None
    cancel_reason: str | None
    metadata: dict[str, Any]
    guests: list[GuestOut]
    answers: dict[str, Any]
    reference: str | None
    reschedule_count: int
    series_id: str | None
    series_index: int | None
    rating: int | None
    feedback: str
    referral_source: str
    created_at: InstantOut
    expires_at: InstantOut | None
    confirms_at: InstantOut | None
    confirmed_at: InstantOut | None
    completes_at: InstantOut | None
    remind_at: InstantOut | None
    checked_in_at: InstantOut | None
    checked_out_at: InstantOut | None
    freed_at: InstantOut | None
    paid: MoneyOut
    refunded: MoneyOut
    settlement: SettlementOut | None
    ended_at: InstantOut | None
    version: int

    @classmethod
    def of(cls, booking: Booking) -> PublicBookingOut:
        """Show a booking to its customer."""
        return cls(**_shown(booking))


def _not_for_everybody(schema: dict[str, Any]) -> None:
    for name in ("internal_note", "override", "private_answers"):
        schema["required"].remove(name)


class BookingOut(PublicBookingOut):
    """A booking. Publishable keys see no `internal_note`, `override` and `private_answers`."""

    model_config = ConfigDict(json_schema_extra=_not_for_everybody)

    internal_note: str
    override: OverrideOut | None
    private_answers: dict[str, Any]

    @classmethod
    def of(cls, booking: Booking) -> BookingOut:
        """Show a booking to staff."""
        override = None if booking.override is None else OverrideOut.of(booking.override)
        return cls(
            **_shown(booking),
            internal_note=booking.internal_note,
            override=override,
            private_answers=booking.private_answers,
        )


class BookingPage(PageOut):
    """A page of bookings, by their start; `total` counts those of all pages, if it was asked."""

    items: list[BookingOut]
    total: int | None = None


def _shown(booking: Booking) -> dict[str, Any]:
    return {
        "booking_id": booking.booking_id,
        "number": booking.number,
        "status": booking.status,
        "is_pending": booking.status is BookingStatus.PENDING,
        "is_confirmed": booking.status is BookingStatus.CONFIRMED,
        "pending_reasons": list(booking.pending_reasons),
        "offering_name": booking.offering_name,
        **chosen(booking),
        "local_start": booking.local_start,
        "zone": booking.zone,
        "assigned": [AssignedOut.of(assigned) for assigned in booking.assigned],
        **priced(booking),
        "customer_id": booking.customer_id,
        "contact": ContactOut.of(booking.contact),
        "hold_id": booking.hold_id,
        "source": booking.source,
        "note": booking.note,
        "external_order_id": booking.external_order_id,
        "external_line_id": booking.external_line_id,
        "external_offer_id": booking.external_offer_id,
        "placed_by": booking.placed_by,
        "cancelled_by": booking.cancelled_by,
        "cancel_reason": booking.cancel_reason,
        "metadata": booking.metadata,
        "answers": booking.answers,
        "guests": [GuestOut.of(guest) for guest in booking.guests],
        "reference": booking.reference,
        "reschedule_count": booking.reschedule_count,
        "series_id": booking.series_id,
        "series_index": booking.series_index,
        "rating": booking.rating,
        "feedback": booking.feedback,
        "referral_source": booking.referral_source,
        "created_at": booking.created_at,
        "expires_at": booking.expires_at,
        "confirms_at": booking.confirms_at,
        "confirmed_at": booking.confirmed_at,
        "completes_at": booking.completes_at,
        "remind_at": booking.remind_at,
        "checked_in_at": booking.checked_in_at,
        "checked_out_at": booking.checked_out_at,
        "freed_at": booking.freed_at,
        "paid": MoneyOut.of(booking.paid),
        "refunded": MoneyOut.of(booking.refunded),
        "settlement": SettlementOut.of_any(booking.settlement),
        "ended_at": booking.ended_at,
        "version": booking.version,
    }


class WaitingOut(Out):
    """A place in line; `GET /v1/waitlist/{entry_id}` shows all of it."""

    entry_id: str
    number: str
    position: int | None


class EmergencyOut(Out):
    """What became of an emergency: a booking, or a place in line. The other one is null."""

    booking: BookingOut | None
    waiting: WaitingOut | None

    @classmethod
    def of(cls, found: Booking | InLine) -> EmergencyOut:
        """Show what became of it."""
        if isinstance(found, Booking):
            return cls(booking=BookingOut.of(found), waiting=None)
        entry = found.entry
        waiting = WaitingOut(entry_id=entry.entry_id, number=entry.number, position=found.position)
        return cls(booking=None, waiting=waiting)


def show_to(actor: Actor, booking: Booking) -> PublicBookingOut:
    """Show a booking to whoever asks."""
    return PublicBookingOut.of(booking) if actor.is_public else BookingOut.of(booking)
