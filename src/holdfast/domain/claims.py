"""Claims: units of one resource, of the places in one slot or of uses, over one interval.

Capacity counts claims and nothing else. A claim names one capacity key and changes only under
that key's lock; its units and its interval never change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from holdfast.domain.ids import ClaimId, OfferingId, PromoId, ResourceId, SeriesId, SlotId
from holdfast.domain.intervals import Interval

# A longer stretch is written as several claims, so that a search for overlaps is bounded.
LONGEST_CLAIM = timedelta(days=31)


class ClaimOwner(StrEnum):
    """What a claim belongs to."""

    HOLD = "hold"
    BOOKING = "booking"
    BLOCK = "block"
    SLOT = "slot"
    INVITATION = "invitation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Units of capacity taken over `[starts_at, ends_at)`, buffers included.

    Attributes:
        key: The one capacity key under whose lock this row is written.
        resource_id: The resource, or None for places in a slot and for uses.
        counts_until: Past this instant the claim never counts, cleaned up or not.
        is_exclusive: Whether the resource allowed one claim at a time when this was acquired.
        is_over: Whether it was taken over the limit, by an actor and with a reason.
    """

    claim_id: ClaimId
    key: str
    resource_id: ResourceId | None
    owner_kind: ClaimOwner
    owner_id: str
    units: int
    starts_at: datetime
    ends_at: datetime
    counts_until: datetime | None
    is_exclusive: bool
    is_over: bool
    actor_id: str
    reason: str | None
    acquired_at: datetime
    converted_at: datetime | None
    released_at: datetime | None

    def counts_at(self, now: datetime) -> bool:
        """Whether the claim takes capacity at an instant of the ledger's time."""
        return self.released_at is None and (self.counts_until is None or now < self.counts_until)

    @property
    def interval(self) -> Interval:
        """The time that the claim takes."""
        return Interval(starts_at=self.starts_at, ends_at=self.ends_at)


class Taking(NamedTuple):
    """What one claim that counts takes, and no more of it: a listing goes by thousands of them."""

    key: str
    owner_kind: ClaimOwner
    owner_id: str
    units: int
    starts_at: datetime
    ends_at: datetime
    reason: str | None


def resource_key(resource_id: ResourceId) -> str:
    """Return the capacity key of a resource: its guard, and the lock of its definition."""
    return f"res:{resource_id}"


def closure_key(resource_id: ResourceId) -> str:
    """Return the key under which an unlimited resource's blocks are found, apart from its use."""
    return f"closed:{resource_id}"


def slot_key(slot_id: SlotId, stripe: int = 0) -> str:
    """Return the capacity key of the places in a slot, or of one stripe of them.

    >>> slot_key(SlotId("slt_1")), slot_key(SlotId("slt_1"), 3)
    ('slot:slt_1', 'slot:slt_1#3')
    """
    return f"slot:{slot_id}#{stripe}" if stripe else f"slot:{slot_id}"


def slot_id_of(key: str) -> SlotId:
    """Return the slot whose places a key counts, all of them or one stripe.

    >>> slot_id_of("slot:slt_1#3")
    'slt_1'
    """
    return SlotId(key.removeprefix("slot:").partition("#")[0])


def day_key(resource_id: ResourceId, on: date) -> str:
    """Return the capacity key of a dated resource on one local date."""
    return f"day:{resource_id}:{on.isoformat()}"


def promo_uses_key(promo_id: PromoId, customer_mark: str | None = None) -> str:
    """Return the capacity key of the uses of a promo code, in all or by one customer.

    >>> promo_uses_key(PromoId("prm_1")), promo_uses_key(PromoId("prm_1"), "c0ffee")
    ('promo:prm_1', 'promo:prm_1:c0ffee')
    """
    return f"promo:{promo_id}" if customer_mark is None else f"promo:{promo_id}:{customer_mark}"


def tickets_key(slot_id: SlotId, tier: str) -> str:
    """Return the capacity key of the tickets of one tier in a slot."""
    return f"tier:{slot_id}:{tier}"


def is_use_key(key: str) -> bool:
    """Whether a key counts uses, of promo codes or tickets, and neither resources nor places."""
    return key.startswith(("promo:", "tier:"))


def is_counter_key(key: str) -> bool:
    """Whether a key's row counts units; the others are guards.

    >>> is_counter_key("day:res_1:2026-01-15"), is_counter_key("res:res_1")
    (True, False)
    """
    return key.startswith(("slot:", "day:")) or is_use_key(key)


def offering_key(offering_id: OfferingId) -> str:
    """Return the lock of an offering's definition."""
    return f"off:{offering_id}"


def waitlist_key(offering_id: OfferingId) -> str:
    """Return the lock of an offering's waitlist: whoever joins, is invited or leaves holds it."""
    return f"wait:{offering_id}"


def series_key(series_id: SeriesId) -> str:
    """Return the lock of a series: whoever adds to it, moves one of it or cancels it holds it."""
    return f"series:{series_id}"


def pieces(interval: Interval) -> tuple[Interval, ...]:
    """Cut an interval into consecutive ones no longer than `LONGEST_CLAIM`.

    >>> from datetime import UTC
    >>> start = datetime(2026, 1, 1, tzinfo=UTC)
    >>> year = Interval(starts_at=start, ends_at=start + timedelta(days=365))
    >>> len(pieces(year)), pieces(year)[-1].ends_at == year.ends_at
    (12, True)
    """
    cut = []
    starts_at = interval.starts_at
    while starts_at < interval.ends_at:
        ends_at = min(starts_at + LONGEST_CLAIM, interval.ends_at)
        cut.append(Interval(starts_at=starts_at, ends_at=ends_at))
        starts_at = ends_at
    return tuple(cut)
