"""Offerings: what a customer can book, what it needs, what it costs and its limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from holdfast.domain.ids import OfferingId, ResourceId
from holdfast.domain.money import Money

REQUIREMENTS_MAX = 50
DURATION_MAX = timedelta(days=31)


class OfferingStatus(StrEnum):
    """Whether an offering may be booked."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DELETED = "deleted"


class Per(StrEnum):
    """What a quantity is multiplied by."""

    BOOKING = "booking"
    PARTICIPANT = "participant"


class PriceUnit(StrEnum):
    """What a price is for."""

    BOOKING = "per_booking"
    PARTICIPANT = "per_participant"
    HOUR = "per_hour"
    NIGHT = "per_night"
    UNIT = "per_unit"


class Counting(StrEnum):
    """What limits how often a slot can be booked.

    RESOURCES: each booking claims the required resources for the slot's time.
    PLACES: bookings claim places inside the slot; the open slot itself claims the resources.
    """

    RESOURCES = "resources"
    PLACES = "places"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A resource that an offering needs, and how many units of it."""

    resource_id: ResourceId
    quantity: int = 1
    per: Per = Per.BOOKING

    def units(self, party_size: int) -> int:
        """How many units a party takes.

        >>> Requirement(resource_id=ResourceId("r"), quantity=2, per=Per.PARTICIPANT).units(3)
        6
        """
        return self.quantity * (party_size if self.per is Per.PARTICIPANT else 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offering:
    """What can be booked.

    Attributes:
        counting: Whether required resources or places inside a slot limit the bookings.
        slot_capacity: Places in a slot when counting places; None is unlimited.
        slot_step: Distance of starts on the grid; None means the rule's own or the duration.
        notice, horizon_days: None means the tenant's.
        hold_ttl: How long a hold lasts.
        is_approved_by_hand: Whether a booking waits for the business's yes.
    """

    offering_id: OfferingId
    slug: str
    name: str
    description: str
    kind: str
    counting: Counting
    slot_capacity: int | None
    duration: timedelta
    slot_step: timedelta | None
    buffer_before: timedelta
    buffer_after: timedelta
    notice: timedelta | None
    horizon_days: int | None
    party_min: int
    party_max: int | None
    hold_ttl: timedelta
    is_approved_by_hand: bool
    price: Money
    price_unit: PriceUnit
    requirements: tuple[Requirement, ...]
    zone: str | None
    location: dict[str, object] = field(default_factory=dict)
    sort_order: int
    status: OfferingStatus
    metadata: dict[str, object] = field(default_factory=dict)
    created_at: datetime
    deleted_at: datetime | None
    version: int

    def price_of(self, *, party_size: int) -> Money:
        """Return what a booking costs, by the offering's own price and unit."""
        match self.price_unit:
            case PriceUnit.PARTICIPANT | PriceUnit.UNIT:
                amount = self.price.amount_minor * party_size
            case PriceUnit.HOUR:
                # Whole minor units, rounded half up, from the exact fraction of hours.
                microseconds = self.duration // timedelta(microseconds=1)
                hour = 3_600_000_000
                amount = (2 * self.price.amount_minor * microseconds + hour) // (2 * hour)
            case PriceUnit.NIGHT:
                amount = self.price.amount_minor * max(1, self.duration // timedelta(days=1))
            case PriceUnit.BOOKING:
                amount = self.price.amount_minor
        return Money(amount_minor=amount, currency=self.price.currency)
