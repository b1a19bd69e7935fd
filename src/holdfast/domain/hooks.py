"""Hooks: what the code of whoever runs Holdfast is asked and told, and how far an asking is.

A hook sees frozen descriptions, never our records. An attempt is the durable trace of one asking:
its id is the key by which a hook does what it does only once.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from holdfast.domain.access import Actor
from holdfast.domain.bookings import Booking
from holdfast.domain.customers import Contact
from holdfast.domain.errors import TransitionNotAllowed
from holdfast.domain.history import Event
from holdfast.domain.holds import AssignedResource, Hold
from holdfast.domain.ids import (
    AttemptId,
    BookingId,
    CustomerId,
    HoldId,
    OfferingId,
    ResourceId,
    SlotId,
)
from holdfast.domain.money import Money

REASON_LENGTH_MAX = 500
"""What a hook says is cut off here."""


class HookAction(StrEnum):
    """What somebody wants to do, of which hooks are asked."""

    HOLD = "hold"
    RESERVE = "reserve"
    MOVE = "move"
    CONFIRM = "confirm"
    CANCEL = "cancel"
    ATTEND = "attend"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingSeen:
    """A booking, or what would be one, as a hook sees it. Nothing in it can be changed.

    Attributes:
        booking_id, number, status, version: None of what is not booked yet.
        hold_id: The hold that keeps its places, or did.
        resource_id: What is booked without an offering.
        dates: Of what is booked by days or nights, its dates.
        assigned: The resources that serve it; none yet where they are chosen at approval.
        customer_id: None of somebody who is not known yet.
        answers: What was said to the offering's fields, by their keys.
    """

    booking_id: BookingId | None
    number: str | None
    status: str | None
    version: int | None
    hold_id: HoldId | None
    offering_id: OfferingId | None
    resource_id: ResourceId | None
    slot_id: SlotId | None
    starts_at: datetime
    ends_at: datetime
    dates: tuple[date, ...]
    party_size: int
    assigned: tuple[AssignedResource, ...]
    price: Money
    paid: Money
    customer_id: CustomerId | None
    contact: Contact
    metadata: Mapping[str, object]
    answers: Mapping[str, object]

    @classmethod
    def of(cls, booking: Booking) -> BookingSeen:
        """Describe a booking."""
        return cls(
            booking_id=booking.booking_id,
            number=booking.number,
            status=booking.status.value,
            version=booking.version,
            hold_id=booking.hold_id,
            offering_id=booking.offering_id,
            resource_id=booking.resource_id,
            slot_id=booking.slot_id,
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            dates=booking.dates,
            party_size=booking.party_size,
            assigned=booking.assigned,
            price=booking.price,
            paid=booking.paid,
            customer_id=booking.customer_id,
            contact=booking.contact,
            metadata=_frozen(booking.metadata),
            answers=_frozen({**booking.answers, **booking.private_answers}),
        )

    @classmethod
    def of_hold(cls, hold: Hold) -> BookingSeen:
        """Describe what a hold would keep."""
        return cls(
            booking_id=None,
            number=None,
            status=None,
            version=None,
            hold_id=None,
            offering_id=hold.offering_id,
            resource_id=hold.resource_id,
            slot_id=hold.slot_id,
            starts_at=hold.starts_at,
            ends_at=hold.ends_at,
            dates=hold.dates,
            party_size=hold.party_size,
            assigned=hold.assigned,
            price=hold.price,
            paid=Money(amount_minor=0, currency=hold.price.currency),
            customer_id=None,
            contact=hold.contact,
            metadata=_frozen(hold.metadata),
            answers=_frozen({**hold.answers, **hold.private_answers}),
        )


def _frozen(values: Mapping[str, object]) -> Mapping[str, object]:
    """Return a copy that a hook cannot change ours by."""
    return MappingProxyType(deepcopy(dict(values)))


@dataclass(frozen=True, slots=True, kw_only=True)
class HookCall:
    """What a hook is asked: may this be done?

    Attributes:
        attempt_id: The same whenever the same wish is asked about again, after a crash or a
            retry: the idempotency key of whatever the hook does.
        tenant_id, slug: The business.
        actor: Who wants it.
        bookings: What it is about: as it is, of what is confirmed, cancelled or attended; as it
            would be, of what is held, reserved or moved. More than one only of a series.
    """

    attempt_id: AttemptId
    action: HookAction
    tenant_id: str
    slug: str
    actor: Actor
    bookings: tuple[BookingSeen, ...]

    @property
    def booking(self) -> BookingSeen:
        """What it is about; the first of a series."""
        return self.bookings[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeAsked:
    """A time of which hooks are asked whether the business is free then.

    Attributes:
        offering_id, resource_id: What would be booked: an offering, or a resource by itself.
        starts_at, ends_at: One booking's time; of `busy` hooks the whole time that is looked at.
    """

    tenant_id: str
    slug: str
    offering_id: OfferingId | None
    resource_id: ResourceId | None
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSeen:
    """A fact that a hook is told of, once it is committed.

    Attributes:
        event_id: The same whenever the fact is told again: the key of whatever the hook does.
        position: Its number among the business's facts.
        type: What has happened, such as `booking.confirmed`.
        subject_kind, subject_id, subject_version: The record and its version then.
        booking: For `after_…` hooks the booking, as it is when they are told.
    """

    event_id: str
    position: int
    type: str
    tenant_id: str
    slug: str
    subject_kind: str
    subject_id: str
    subject_version: int
    payload: Mapping[str, object]
    at: datetime
    booking: BookingSeen | None

    @classmethod
    def of(
        cls,
        event: Event,
        *,
        tenant_id: str,
        slug: str,
        position: int,
        booking: BookingSeen | None,
    ) -> FactSeen:
        """Describe a fact."""
        return cls(
            event_id=event.event_id,
            position=position,
            type=event.type,
            tenant_id=tenant_id,
            slug=slug,
            subject_kind=event.subject_kind,
            subject_id=event.subject_id,
            subject_version=event.subject_version,
            payload=_frozen(event.payload),
            at=event.at,
            booking=booking,
        )


@dataclass(frozen=True, slots=True)
class Reject:
    """A hook's no, with the reason that the caller is told."""

    reason: str = "This was refused."


class AttemptStatus(StrEnum):
    """How far an asking is."""

    ASKING = "asking"
    DONE = "done"
    REFUSED = "refused"
    LOST = "lost"


class AttemptAction(StrEnum):
    """What becomes of an asking."""

    ASK_AGAIN = "ask_again"
    FINISH = "finish"
    REFUSE = "refuse"
    LOSE = "lose"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """The durable trace of asking hooks about one wish.

    Attributes:
        request: A digest of the caller's idempotency key; of a wish without one, the attempt's id.
        fingerprint: Of the request under that key.
        subject_id: What it is about: a booking, a hold, or the attempt itself for what is new.
        hold_id: The hold that keeps the places meanwhile, if it was placed for this.
        seen: What the hooks were shown, in short: it must still be so when it is done.
        leased_until: Until then whoever asked is waited for; afterwards a retry takes it over.
        gives_up_at: From then on nobody waits: a worker gives the places back.
        booking_id: What came of it.
        reason: Why nothing came of it.
    """

    attempt_id: AttemptId
    action: HookAction
    status: AttemptStatus
    request: str
    fingerprint: str
    subject_id: str
    hold_id: HoldId | None
    seen: str
    leased_until: datetime
    gives_up_at: datetime
    booking_id: BookingId | None
    reason: str | None
    created_at: datetime
    ended_at: datetime | None
    version: int


_ASKING = AttemptStatus.ASKING
TRANSITIONS: Mapping[tuple[AttemptStatus, AttemptAction], AttemptStatus] = {
    (_ASKING, AttemptAction.ASK_AGAIN): _ASKING,
    (_ASKING, AttemptAction.FINISH): AttemptStatus.DONE,
    (_ASKING, AttemptAction.REFUSE): AttemptStatus.REFUSED,
    (_ASKING, AttemptAction.LOSE): AttemptStatus.LOST,
}


def transition(status: AttemptStatus, action: AttemptAction) -> AttemptStatus:
    """Return the status that an action leads to.

    Raises:
        TransitionNotAllowed: It is over already.

    >>> transition(AttemptStatus.ASKING, AttemptAction.REFUSE).value
    'refused'
    """
    target = TRANSITIONS.get((status, action))
    if target is None:
        raise TransitionNotAllowed(kind="attempt", status=status, action=action)
    return target
