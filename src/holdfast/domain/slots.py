"""Slots: bookable intervals, generated from schedules or made by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from holdfast.domain.claims import slot_key
from holdfast.domain.ids import BlockId, OfferingId, SlotId

STRIPES_MAX = 32
"""Over how many counters the places of a slot may be spread."""


class SlotStatus(StrEnum):
    """Whether a slot may be booked; full is derived, never stored."""

    OPEN = "open"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"
    PAST = "past"


class SlotOrigin(StrEnum):
    """Where a stored slot comes from."""

    MANUAL = "manual"
    GENERATED = "generated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A stored slot. A slot of a schedule is stored only once places in it are counted.

    Attributes:
        capacity: Places in the slot; None is unlimited. Means nothing for an offering whose
            resources alone limit it.
        is_capacity_own: Whether the capacity was given for this slot and does not follow the
            offering's.
        price_minor: The price of a unit in this slot; None is the offering's.
        stripes: Over how many counters its places are spread, for very many buyers at once.
        is_settling: Whether its bookings are being called off, so that nothing is booked meanwhile.
        cancel_reason: Why it was cancelled, or is blocked.
        limit_to: The capacity that it is getting whose places were unlimited; nothing is booked
            until those that are taken have been counted.
        blocked_by: The block that keeps it from being booked, while its status is `blocked`.
    """

    slot_id: SlotId
    offering_id: OfferingId
    starts_at: datetime
    ends_at: datetime
    capacity: int | None
    is_capacity_own: bool
    origin: SlotOrigin
    status: SlotStatus
    metadata: dict[str, object] = field(default_factory=dict)
    created_at: datetime
    version: int
    price_minor: int | None = None
    stripes: int = 1
    is_settling: bool = False
    cancel_reason: str | None = None
    blocked_by: BlockId | None = None
    limit_to: int | None = None

    @property
    def gives_way(self) -> bool:
        """Whether demand has opened it, so that it gives its rooms back when nobody is in it.

        One in stripes does not: nobody looks at all of them to see whether it is empty.
        """
        is_counted = self.capacity is not None and self.stripes == 1
        return self.origin is SlotOrigin.GENERATED and is_counted

    @property
    def counter_keys(self) -> tuple[str, ...]:
        """The capacity keys of its places: one, or one a stripe."""
        return tuple(slot_key(self.slot_id, stripe) for stripe in range(self.stripes))

    @property
    def start_key(self) -> str:
        """Under which a slot is found by its offering and start."""
        return start_key(self.offering_id, self.starts_at)


def start_key(offering_id: OfferingId, starts_at: datetime) -> str:
    """Return the key under which an offering's slots that start then are found."""
    return f"{offering_id}@{starts_at.isoformat()}"
