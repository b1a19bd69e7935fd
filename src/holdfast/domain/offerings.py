"""Offerings: what a customer can book, what it needs, what it costs and its limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from holdfast.domain.ids import OfferingId
from holdfast.domain.money import Money
from holdfast.domain.policies import NOTHING_SAID, Policy
from holdfast.domain.price_rules import PriceRule
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.prices import TicketTier
from holdfast.domain.recurrence import Frequency
from holdfast.domain.requirements import Requirement
from holdfast.domain.shapes import DEFAULT_CHECK_IN_MINUTE, DEFAULT_CHECK_OUT_MINUTE, Shape

COMPONENTS_MAX = 50
DURATION_MAX = timedelta(days=31)


class OfferingStatus(StrEnum):
    """Whether an offering may be booked."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DELETED = "deleted"


class Counting(StrEnum):
    """What limits how often a slot can be booked.

    RESOURCES: each booking claims the required resources for the slot's time.
    PLACES: bookings claim places inside the slot; the open slot itself claims the resources.
    """

    RESOURCES = "resources"
    PLACES = "places"


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A part of an offering that a booking may choose, such as a module of a training.

    Attributes:
        key: Its name in requests, unique in the offering.
        capacity: The largest party that it serves; None is unlimited.
        requirements: What it needs beyond the offering's own requirements.
    """

    key: str
    name: str
    capacity: int | None = None
    requirements: tuple[Requirement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offering:
    """What can be booked.

    Attributes:
        shape: In which form its time is booked.
        counting: Whether required resources or places inside a slot limit the bookings.
        slot_capacity: Places in a slot when counting places; None is unlimited.
        slot_step: Distance of starts on the grid; None means the rule's own or the duration.
        notice, horizon_days: None means each resource's own, else the tenant's.
        buffer_before, buffer_after: None at all means the same, unless the policy says none.
        party_min, party_max: One, and no limit, mean the tenant's.
        hold_ttl: How long a hold lasts.
        is_approved_by_hand: Whether a booking waits for the business's yes.
        pending_takes: Whether a waiting booking takes its places already, or only when approved.
        pending_ttl: How long a booking may wait before it expires; None is for ever.
        confirm_delay: How long after its creation a booking confirms by itself; None is at once.
        length_min, length_max: The shortest and longest booking of free start and end.
        dates_min, dates_max: The fewest and most days or nights of a booking.
        is_scattered: Whether days need not follow each other.
        check_in_minute, check_out_minute: Of nights, on the wall clock of the offering's zone.
        is_always_open: Whether free start and end need no schedule at all.
        series_max: How many may be booked together as a series; None is none.
        series_frequencies: How often those of a series may recur; empty is any way.
        has_waitlist: Whether who comes too late may wait for a place.
        invitation_ttl: How long an invitation from the waitlist lasts; None is 30 minutes.
        grid_includes_buffer: Whether the grid leaves the buffers between its slots, so that each of
            them can be booked, rather than to filter out what a buffer meets.
        price_rules: What changes the price, in the order in which the last one wins.
        believes_customers: Whether prices follow from what customers say of themselves and of their
            order; else only from what staff say.
        policy: What it says beyond these fields, or where they have their usual values.
        fields: What is asked of whoever books, as plain objects; `field_forms` reads them.
        ticket_tiers: Price levels of tickets; who books then says how many of which.
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
    shape: Shape = Shape.SLOTS
    length_min: timedelta | None = None
    length_max: timedelta | None = None
    dates_min: int = 1
    dates_max: int | None = None
    is_scattered: bool = True
    check_in_minute: int = DEFAULT_CHECK_IN_MINUTE
    check_out_minute: int = DEFAULT_CHECK_OUT_MINUTE
    is_always_open: bool = False
    grid_includes_buffer: bool = False
    pending_takes: bool = True
    pending_ttl: timedelta | None = None
    confirm_delay: timedelta | None = None
    components: tuple[Component, ...] = ()
    price_rules: tuple[PriceRule, ...] = ()
    believes_customers: bool = False
    policy: Policy = NOTHING_SAID
    has_waitlist: bool = False
    invitation_ttl: timedelta | None = None
    ticket_tiers: tuple[TicketTier, ...] = ()
    series_max: int | None = None
    series_frequencies: tuple[Frequency, ...] = ()
    fields: tuple[dict[str, object], ...] = ()

    @property
    def grid_step(self) -> timedelta | None:
        """The distance of starts on the grid; None leaves it to the rule, or the duration."""
        if not self.grid_includes_buffer:
            return self.slot_step
        return (self.slot_step or self.duration) + self.buffer_before + self.buffer_after
