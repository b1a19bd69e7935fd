"""Bookings: the agreement, its statuses and the one table of what may happen to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from holdfast.domain.customers import Contact
from holdfast.domain.errors import TransitionNotAllowed
from holdfast.domain.guests import Guest
from holdfast.domain.holds import AssignedResource
from holdfast.domain.ids import (
    BookingId,
    CustomerId,
    HoldId,
    OfferingId,
    ResourceId,
    SeriesId,
    SlotId,
)
from holdfast.domain.money import Money
from holdfast.domain.no_shows import counts_from
from holdfast.domain.overrides import Override
from holdfast.domain.policies import NOTHING_SAID, Policy
from holdfast.domain.quotes import QuoteLine
from holdfast.domain.settlements import Settlement
from holdfast.domain.shapes import Stay
from holdfast.domain.terms import NO_TERMS, Terms, Use


class BookingStatus(StrEnum):
    """Where a booking is in its life."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    CHECKED_IN = "checked_in"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    EXPIRED = "expired"
    NO_SHOW = "no_show"


class PendingReason(StrEnum):
    """Why a booking waits. It confirms when none is left."""

    APPROVAL = "approval"
    PAYMENT = "payment"
    DELAY = "delay"
    REVIEW = "review"


class BookingAction(StrEnum):
    """What may happen to a booking."""

    CONFIRM = "confirm"
    DECLINE = "decline"
    CANCEL = "cancel"
    EXPIRE = "expire"
    CLAIM_AGAIN = "claim_again"
    CHANGE = "change"
    RESCHEDULE = "reschedule"
    CHECK_IN = "check_in"
    CHECK_OUT = "check_out"
    COMPLETE = "complete"
    MARK_NO_SHOW = "mark_no_show"
    UNDO = "undo"
    RESUME = "resume"
    RATE = "rate"


class CancelledBy(StrEnum):
    """Who called a booking off."""

    CUSTOMER = "customer"
    BUSINESS = "business"


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A customer's agreement with the business, over claims.

    Attributes:
        number: The short public name; random, and not a secret.
        offering_id: What is booked; None when a resource is booked without an offering.
        slot_id: The slot; None for what is booked by dates or with a free start and end.
        assigned: The resources that serve it; none yet where they are chosen at approval.
        external_order_id, external_line_id: References of a shop's order and line.
        external_offer_id: Reference of a shop's package that the booking belongs to.
        dates: Of a booking by days or nights, its dates.
        resource_id: The resource that is booked without an offering.
        picks: Resources that the customer wished for by name.
        components: The chosen parts of the offering.
        expires_at: When a pending booking expires; None is never.
        confirms_at: When it confirms by itself, if `delay` is among its reasons to wait.
        override: What staff set aside for it when it was placed or approved, and why.
        price_lines: How the price comes about, as it was quoted then.
        terms: What the buyer said that changes the price.
        policy: The policy that was in force for it when it was made; it stays so.
        paid_minor, refunded_minor: What has been paid and has gone back in all, in the price's
            currency.
        settlement: What a cancellation or no-show came to.
        uses: What it uses up of promo codes and tickets.
        answers: What was said to the offering's fields, by their keys.
        private_answers: What was said to those that only the business and its customer see.
        local_start: Its start as the clock on the wall was to show it, such as 2026-06-15T20:00.
        checked_in_at, checked_out_at: When its guests came and left, as staff said.
        ended_at: When it was completed, called off, declined or expired, or nobody came.
        freed_at: When its places were given back before their time, though it took place or
            nobody came.
        completes_at: When it completes by itself; None is never.
        remind_at: When its next reminder is due, if it is confirmed then; None is never.
        guests: Who comes, as far as they were named; never more than the party.
        reference: Whatever the business calls it in its own books.
        reschedule_count: How often its time was changed.
        series_id, series_index: Of a booking in a series, which series and which one, from 0.
        rating, feedback, referral_source: What was said of it afterwards: from 1 to 5, in words,
            and how somebody came to book.
    """

    booking_id: BookingId
    number: str
    status: BookingStatus
    pending_reasons: tuple[PendingReason, ...]
    offering_id: OfferingId | None
    offering_name: str
    slot_id: SlotId | None
    starts_at: datetime
    ends_at: datetime
    zone: str
    party_size: int
    assigned: tuple[AssignedResource, ...]
    price: Money
    customer_id: CustomerId | None
    contact: Contact
    hold_id: HoldId | None
    source: str
    note: str
    internal_note: str
    external_order_id: str | None
    external_line_id: str | None
    placed_by: str
    cancelled_by: CancelledBy | None
    cancel_reason: str | None
    metadata: dict[str, object] = field(default_factory=dict)
    created_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None
    version: int
    dates: tuple[date, ...] = ()
    resource_id: ResourceId | None = None
    picks: tuple[ResourceId, ...] = ()
    components: tuple[str, ...] = ()
    expires_at: datetime | None = None
    confirms_at: datetime | None = None
    local_start: str = ""
    external_offer_id: str | None = None
    override: Override | None = None
    checked_in_at: datetime | None = None
    checked_out_at: datetime | None = None
    freed_at: datetime | None = None
    price_lines: tuple[QuoteLine, ...] = ()
    terms: Terms = NO_TERMS
    policy: Policy = NOTHING_SAID
    completes_at: datetime | None = None
    guests: tuple[Guest, ...] = ()
    reference: str | None = None
    reschedule_count: int = 0
    series_id: SeriesId | None = None
    series_index: int | None = None
    rating: int | None = None
    feedback: str = ""
    referral_source: str = ""
    paid_minor: int = 0
    refunded_minor: int = 0
    settlement: Settlement | None = None
    uses: tuple[Use, ...] = ()
    answers: dict[str, object] = field(default_factory=dict)
    private_answers: dict[str, object] = field(default_factory=dict)
    remind_at: datetime | None = None

    @property
    def no_show_at(self) -> datetime | None:
        """When nobody has come by itself; None when only staff say so."""
        policy = self.policy.no_show
        if policy is None or not policy.is_automatic:
            return None
        return counts_from(policy, starts_at=self.starts_at)

    @property
    def paid(self) -> Money:
        """What has been paid in all."""
        return Money(amount_minor=self.paid_minor, currency=self.price.currency)

    @property
    def refunded(self) -> Money:
        """What of it has gone back."""
        return Money(amount_minor=self.refunded_minor, currency=self.price.currency)

    @property
    def is_covered(self) -> bool:
        """Whether what was paid and has not gone back is the price, or more."""
        return self.paid_minor - self.refunded_minor >= self.price.amount_minor

    @property
    def keeps_places(self) -> bool:
        """Whether it has the places that it has taken: so it has unless they were given back.

        What took place, or would have, keeps them as history: nothing that is past is sold.
        """
        return self.status in KEEPING and self.freed_at is None

    @property
    def stay(self) -> Stay:
        """The time that is booked."""
        return Stay(starts_at=self.starts_at, ends_at=self.ends_at, dates=self.dates)


_PENDING, _CONFIRMED = BookingStatus.PENDING, BookingStatus.CONFIRMED
_CHECKED_IN, _COMPLETED = BookingStatus.CHECKED_IN, BookingStatus.COMPLETED
_NO_SHOW, _CANCELLED = BookingStatus.NO_SHOW, BookingStatus.CANCELLED
LIVE = frozenset({_PENDING, _CONFIRMED, _CHECKED_IN})
"""The statuses of what is still to come or going on."""

KEEPING = LIVE | {_COMPLETED, _NO_SHOW}
"""The statuses in which a booking keeps its places, unless they were given back."""

TRANSITIONS: Mapping[tuple[BookingStatus, BookingAction], BookingStatus] = {
    (_PENDING, BookingAction.CONFIRM): _CONFIRMED,
    (_PENDING, BookingAction.DECLINE): BookingStatus.DECLINED,
    (_PENDING, BookingAction.CANCEL): _CANCELLED,
    (_PENDING, BookingAction.EXPIRE): BookingStatus.EXPIRED,
    # Paid too late, and its places are still there.
    (BookingStatus.EXPIRED, BookingAction.CLAIM_AGAIN): _CONFIRMED,
    (_CONFIRMED, BookingAction.CANCEL): _CANCELLED,
    (_CONFIRMED, BookingAction.CHECK_IN): _CHECKED_IN,
    (_CONFIRMED, BookingAction.COMPLETE): _COMPLETED,
    (_CONFIRMED, BookingAction.MARK_NO_SHOW): _NO_SHOW,
    (_CHECKED_IN, BookingAction.CHECK_OUT): _COMPLETED,
    (_CHECKED_IN, BookingAction.COMPLETE): _COMPLETED,
    (_CHECKED_IN, BookingAction.UNDO): _CONFIRMED,
    (_COMPLETED, BookingAction.UNDO): _CONFIRMED,
    (_COMPLETED, BookingAction.RESUME): _CHECKED_IN,
    (_NO_SHOW, BookingAction.UNDO): _CONFIRMED,
    # Doing it again changes nothing and is not an error.
    (_CONFIRMED, BookingAction.CONFIRM): _CONFIRMED,
    (_CHECKED_IN, BookingAction.CHECK_IN): _CHECKED_IN,
    (_COMPLETED, BookingAction.CHECK_OUT): _COMPLETED,
    (_COMPLETED, BookingAction.COMPLETE): _COMPLETED,
    (_NO_SHOW, BookingAction.MARK_NO_SHOW): _NO_SHOW,
    (_CANCELLED, BookingAction.CANCEL): _CANCELLED,
    (BookingStatus.DECLINED, BookingAction.DECLINE): BookingStatus.DECLINED,
    (BookingStatus.EXPIRED, BookingAction.EXPIRE): BookingStatus.EXPIRED,
    # What keeps the status. Of what is over only words may be changed.
    **{(status, BookingAction.CHANGE): status for status in BookingStatus},
    **{(status, BookingAction.RESCHEDULE): status for status in LIVE},
    (_COMPLETED, BookingAction.RATE): _COMPLETED,
}


def transition(status: BookingStatus, action: BookingAction) -> BookingStatus:
    """Return the status that an action leads to; the same status means nothing to do.

    Raises:
        TransitionNotAllowed: The status does not allow the action.

    >>> transition(BookingStatus.PENDING, BookingAction.CONFIRM).value
    'confirmed'
    """
    target = TRANSITIONS.get((status, action))
    if target is None:
        raise TransitionNotAllowed(kind="booking", status=status, action=action)
    return target
