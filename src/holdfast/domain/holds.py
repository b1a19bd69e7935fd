"""Holds: claims kept for a short while, and the one table of what may happen to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from holdfast.domain.customers import Contact, contact_key
from holdfast.domain.errors import HoldExpired, TransitionNotAllowed
from holdfast.domain.ids import BookingId, HoldId, OfferingId, ResourceId, SlotId
from holdfast.domain.money import Money
from holdfast.domain.overrides import Override
from holdfast.domain.quotes import QuoteLine
from holdfast.domain.shapes import Stay
from holdfast.domain.strategies import Chosen
from holdfast.domain.terms import NO_TERMS, Terms, Use

# However often a hold is extended, it ends this long after it was placed.
HOLD_CEILING = timedelta(hours=2)
# Holds of anonymous callers are shorter and extended once.
PUBLIC_HOLD_TTL = timedelta(minutes=15)
PUBLIC_EXTENSIONS_MAX = 1
EXTENSIONS_MAX = 20
HOLD_TTL_MAX = timedelta(days=7)


class HoldStatus(StrEnum):
    """What has become of a hold. One past its `expires_at` never counts, whatever this says."""

    ACTIVE = "active"
    CONVERTED = "converted"
    RELEASED = "released"
    EXPIRED = "expired"


class HoldAction(StrEnum):
    """What may happen to a hold."""

    EXTEND = "extend"
    CONVERT = "convert"
    RELEASE = "release"
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedResource:
    """A resource that serves a hold or booking, with its name as it was then.

    Attributes:
        role: What it is to the booking, as the requirement calls it.
        is_by_slot: Whether the slot claims it, for all bookings in it.
        reason: Why it serves, rather than another one; None of what was booked before that was
            kept.
        is_host_busy: Whether its owner was busy on another resource then, which was let pass.
    """

    resource_id: ResourceId
    name: str
    units: int
    role: str = ""
    is_by_slot: bool = False
    reason: Chosen | None = None
    is_host_busy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Places kept for a customer who is still deciding.

    Attributes:
        offering_id: What is to be booked; None when a resource is taken without an offering.
        slot_id: The slot; None for what is booked by dates or with a free start and end.
        dates: Of a booking by days or nights, its dates.
        resource_id: The resource that is taken without an offering.
        picks: Resources that the customer wished for by name.
        components: The chosen parts of the offering.
        override: What staff set aside for it, and why.
        price_lines: How the price comes about, as it was quoted then.
        terms: What the buyer said that changes the price.
        uses: What it uses up of promo codes and tickets.
        answers: What was said to the offering's fields already, by their keys.
        private_answers: What was said to those that only the business and its customer see.
    """

    hold_id: HoldId
    status: HoldStatus
    offering_id: OfferingId | None
    slot_id: SlotId | None
    starts_at: datetime
    ends_at: datetime
    party_size: int
    assigned: tuple[AssignedResource, ...]
    price: Money
    client_key: str | None
    contact: Contact
    placed_by: str
    is_public: bool
    expires_at: datetime
    ceiling_at: datetime
    extension_count: int
    booking_id: BookingId | None
    metadata: dict[str, object] = field(default_factory=dict)
    created_at: datetime
    ended_at: datetime | None
    version: int
    dates: tuple[date, ...] = ()
    resource_id: ResourceId | None = None
    picks: tuple[ResourceId, ...] = ()
    components: tuple[str, ...] = ()
    override: Override | None = None
    price_lines: tuple[QuoteLine, ...] = ()
    terms: Terms = NO_TERMS
    uses: tuple[Use, ...] = ()
    answers: dict[str, object] = field(default_factory=dict)
    private_answers: dict[str, object] = field(default_factory=dict)

    @property
    def contact_key(self) -> str | None:
        """By what whoever holds is told again; None if they left neither e-mail nor phone."""
        return contact_key(self.contact)

    @property
    def stay(self) -> Stay:
        """The time that is held."""
        return Stay(starts_at=self.starts_at, ends_at=self.ends_at, dates=self.dates)


TRANSITIONS: Mapping[tuple[HoldStatus, HoldAction], HoldStatus] = {
    (HoldStatus.ACTIVE, HoldAction.EXTEND): HoldStatus.ACTIVE,
    (HoldStatus.ACTIVE, HoldAction.CONVERT): HoldStatus.CONVERTED,
    (HoldStatus.ACTIVE, HoldAction.RELEASE): HoldStatus.RELEASED,
    (HoldStatus.ACTIVE, HoldAction.EXPIRE): HoldStatus.EXPIRED,
    # Releasing again, or releasing what has expired, changes nothing and is not an error.
    (HoldStatus.RELEASED, HoldAction.RELEASE): HoldStatus.RELEASED,
    (HoldStatus.EXPIRED, HoldAction.RELEASE): HoldStatus.EXPIRED,
    (HoldStatus.EXPIRED, HoldAction.EXPIRE): HoldStatus.EXPIRED,
}


def transition(hold: Hold, action: HoldAction, *, now: datetime) -> HoldStatus:
    """Return the status that an action leads to at an instant.

    Raises:
        HoldExpired: The hold's time is over and the action would have kept its places.
        TransitionNotAllowed: The status does not allow the action.
    """
    target = TRANSITIONS.get((hold.status, action))
    is_over = hold.status is HoldStatus.ACTIVE and now >= hold.expires_at
    wants_places = action in {HoldAction.EXTEND, HoldAction.CONVERT}
    if wants_places and (is_over or hold.status is HoldStatus.EXPIRED):
        raise HoldExpired(at=hold.expires_at)
    if target is None or (action is HoldAction.EXPIRE and not is_over and target != hold.status):
        raise TransitionNotAllowed(kind="hold", status=hold.status, action=action)
    if is_over:
        return HoldStatus.EXPIRED
    return target


def time_left(hold: Hold, *, now: datetime) -> timedelta:
    """Return how long the places are still kept; zero once they are not."""
    if hold.status is not HoldStatus.ACTIVE:
        return timedelta(0)
    return max(timedelta(0), hold.expires_at - now)
