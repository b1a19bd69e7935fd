"""Bookings: the agreement, its statuses and the one table of what may happen to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from holdfast.domain.customers import Contact
from holdfast.domain.errors import TransitionNotAllowed
from holdfast.domain.holds import AssignedResource
from holdfast.domain.ids import BookingId, CustomerId, HoldId, OfferingId, SlotId
from holdfast.domain.money import Money


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


class CancelledBy(StrEnum):
    """Who called a booking off."""

    CUSTOMER = "customer"
    BUSINESS = "business"


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A customer's agreement with the business, over claims.

    Attributes:
        number: The short public name; random, and not a secret.
        external_order_id, external_line_id: References of a shop's order and line.
    """

    booking_id: BookingId
    number: str
    status: BookingStatus
    pending_reasons: tuple[PendingReason, ...]
    offering_id: OfferingId
    offering_name: str
    slot_id: SlotId
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


_PENDING, _CONFIRMED = BookingStatus.PENDING, BookingStatus.CONFIRMED
TRANSITIONS: Mapping[tuple[BookingStatus, BookingAction], BookingStatus] = {
    (_PENDING, BookingAction.CONFIRM): BookingStatus.CONFIRMED,
    (_PENDING, BookingAction.DECLINE): BookingStatus.DECLINED,
    (_PENDING, BookingAction.CANCEL): BookingStatus.CANCELLED,
    (_CONFIRMED, BookingAction.CONFIRM): BookingStatus.CONFIRMED,
    (_CONFIRMED, BookingAction.CANCEL): BookingStatus.CANCELLED,
    (BookingStatus.CANCELLED, BookingAction.CANCEL): BookingStatus.CANCELLED,
    (BookingStatus.DECLINED, BookingAction.DECLINE): BookingStatus.DECLINED,
}
LIVE = frozenset({_PENDING, _CONFIRMED, BookingStatus.CHECKED_IN})


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
