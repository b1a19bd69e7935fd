"""Situations: what a booking is, as far as prices ask, and the values of the variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from types import MappingProxyType

from holdfast.domain.price_units import PriceUnit
from holdfast.domain.zones import Zone, local_day

OCCUPANCY_MAX = 100
MINUTES_PER_HOUR = 60
MINUTES_PER_NIGHT = 24 * 60

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAYS_PER_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a booking is, as far as prices ask: the values of the variables come from here.

    Attributes:
        party_size: How many guests.
        quantity: How many units; None means one for each guest.
        starts_at, ends_at: In UTC.
        zone: Where the booking takes place.
        now: When the price is asked.
        date_count: Days or nights of a dated booking; None for one of hours and minutes.
        slot_count: How many slots it takes.
        order_total_minor: The total of the shop's order, if one was given.
        capacity: Places there are; None is unlimited or not counted.
        taken_count: Places taken before this booking.
        user: The customer's metadata.
        metadata: The booking's metadata.
    """

    party_size: int
    quantity: int | None = None
    starts_at: datetime
    ends_at: datetime
    zone: Zone
    now: datetime
    date_count: int | None = None
    slot_count: int = 1
    order_total_minor: int | None = None
    capacity: int | None = None
    taken_count: int = 0
    user: Mapping[str, object] = field(default_factory=dict)
    metadata: Mapping[str, object] = field(default_factory=dict)

    @property
    def unit_count(self) -> int:
        """How many units are booked."""
        return self.party_size if self.quantity is None else self.quantity

    @property
    def minutes(self) -> Fraction:
        """How many minutes are booked; of days and nights, 1440 each."""
        if self.date_count is not None:
            return Fraction(self.date_count * MINUTES_PER_NIGHT)
        microsecond = timedelta(microseconds=1)
        return Fraction((self.ends_at - self.starts_at) // microsecond, _MINUTE // microsecond)

    def count_of(self, unit: PriceUnit) -> Fraction:
        """Return how many of a unit are booked. Units of things count for each of the dates."""
        match unit:
            case PriceUnit.BOOKING:
                return Fraction(1)
            case PriceUnit.PARTICIPANT:
                return Fraction(self.party_size)
            case PriceUnit.HOUR:
                return self.minutes / MINUTES_PER_HOUR
            case PriceUnit.NIGHT:
                return Fraction(max(1, self.nights))
            case PriceUnit.SLOT:
                return Fraction(self.slot_count)
            case PriceUnit.UNIT:
                return Fraction(self.unit_count * max(1, self.date_count or 1))

    @property
    def event_on(self) -> date:
        """The local date of the start."""
        return local_day(self.starts_at, self.zone)

    @property
    def nights(self) -> int:
        """How many nights lie between the first local date and the last."""
        if self.date_count is not None:
            return self.date_count
        return (local_day(self.ends_at, self.zone) - self.event_on).days

    @property
    def occupancy(self) -> Fraction | None:
        """Percent of the places taken before this booking, at most 100; None if unlimited."""
        if not self.capacity:
            return None
        return min(Fraction(100 * self.taken_count, self.capacity), Fraction(OCCUPANCY_MAX))

    def variables(self) -> dict[str, object]:
        """Return the values of the variables of price conditions, by their names."""
        local, event_on = self.starts_at.astimezone(self.zone), self.event_on
        booking_on = local_day(self.now, self.zone)
        microsecond = timedelta(microseconds=1)
        ahead = Fraction((self.starts_at - self.now) // microsecond, _HOUR // microsecond)
        is_limited = self.capacity is not None
        return {
            "participants": self.party_size,
            "quantity": self.unit_count,
            "duration": self.minutes,
            "nights": self.nights,
            "dayOfWeek": event_on.isoweekday(),
            "weekday0": event_on.isoweekday() % _DAYS_PER_WEEK,
            "hour": local.hour,
            "day": event_on.day,
            "month": event_on.month,
            "year": event_on.year,
            "booking_date": booking_on,
            "event_date": event_on,
            "days_ahead": (event_on - booking_on).days,
            "hours_ahead": ahead,
            "order_total": self.order_total_minor,
            "occupancy": self.occupancy,
            "capacity": self.capacity,
            "remaining": max(0, (self.capacity or 0) - self.taken_count) if is_limited else None,
            "user": self.user,
            "metadata": self.metadata,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A situation ready to be judged by many rules."""

    variables: Mapping[str, object]
    event_on: date
    occupancy: Fraction | None

    @classmethod
    def of(cls, situation: Situation) -> Facts:
        """Return the facts of a situation."""
        return cls(
            variables=MappingProxyType(situation.variables()),
            event_on=situation.event_on,
            occupancy=situation.occupancy,
        )

    def lasting(self, minutes: Fraction) -> Facts:
        """Return the same facts for another length."""
        changed = {"duration": minutes, "nights": int(minutes // MINUTES_PER_NIGHT)}
        return replace(self, variables=MappingProxyType({**self.variables, **changed}))

    def of_tier(self, key: str) -> Facts:
        """Return the same facts for the price of one ticket tier."""
        return replace(self, variables=MappingProxyType({**self.variables, "tier": key}))
