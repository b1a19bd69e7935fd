"""Stays: when and where a hold or booking is, as a customer reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from holdfast.domain.bookings import Booking, BookingStatus
from holdfast.domain.holds import Hold
from holdfast.domain.locations import location_for
from holdfast.domain.offerings import Offering
from holdfast.domain.shapes import Shape, runs
from holdfast.domain.waitlists import Kept
from holdfast.domain.zones import zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """When something is, and with whom.

    Attributes:
        form: `times`, `days` or `nights`.
        first, last: The local dates on which it begins and ends.
        runs: Of days, the stretches of them: first and last.
        nights: How many.
        zone, shown_zone: The business's zone and the visitor's.
        is_elsewhere: Whether the two show different times.
        with_names: Who or what serves it, where that was a choice.
    """

    form: str
    starts_at: datetime
    ends_at: datetime
    first: date
    last: date
    runs: tuple[tuple[date, date], ...]
    nights: int
    zone: str
    shown_zone: str
    is_elsewhere: bool
    with_names: tuple[str, ...]

    @property
    def own_day(self) -> date:
        """The visitor's date when it begins."""
        return self.starts_at.astimezone(zone(self.shown_zone)).date()


def stay_of_record(
    record: Hold | Booking | Kept, offering: Offering | None, *, zone_name: str, shown_zone: str
) -> Stay:
    """Return when a hold or booking is."""
    here, there = zone(zone_name), zone(shown_zone)
    starts, ends = record.starts_at.astimezone(here), record.ends_at.astimezone(here)
    form, nights, stretches = "times", 0, tuple[tuple[date, date], ...]()
    if record.dates:
        is_nights = offering is not None and offering.shape is Shape.NIGHTS
        form, stretches = ("nights" if is_nights else "days"), tuple(runs(record.dates))
        nights = len(record.dates) if is_nights else 0
    last = record.dates[-1] if form == "days" else ends.date()
    is_elsewhere = form == "times" and (
        starts.utcoffset() != record.starts_at.astimezone(there).utcoffset()
    )
    return Stay(
        form=form,
        starts_at=record.starts_at,
        ends_at=record.ends_at,
        first=record.dates[0] if record.dates else starts.date(),
        last=last,
        runs=stretches,
        nights=nights,
        zone=zone_name,
        shown_zone=shown_zone,
        is_elsewhere=is_elsewhere,
        with_names=tuple(one.name for one in record.assigned if one.resource_id in record.picks),
    )


def place_lines(offering: Offering | None) -> tuple[str, ...]:
    """Return where an offering takes place, line by line, as far as its location says so."""
    if offering is None:
        return ()
    found = (offering.location.get(name) for name in ("name", "address", "text", "city"))
    return tuple(line for line in found if isinstance(line, str) and line.strip())


def place_link(offering: Offering | None, status: BookingStatus) -> str | None:
    """Return the address on the web where an offering takes place, if it has one.

    The way into a call is for those whose booking is confirmed.
    """
    said = location_for(offering.location, status).get("url") if offering is not None else None
    is_link = isinstance(said, str) and said.startswith(("https://", "http://"))
    return str(said) if is_link else None
