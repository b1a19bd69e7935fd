"""Entries: what stands in the agenda as the calendar shows it: in words, by the clock on the wall.

The calendar's script knows no zones: it is told times as the business's clock shows them, and says
by how much something was dragged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from holdfast.domain.blocks import Block
from holdfast.domain.bookings import LIVE, Booking, BookingStatus
from holdfast.domain.holds import Hold
from holdfast.domain.intervals import Interval, subtracted
from holdfast.domain.offerings import Counting
from holdfast.domain.slots import SlotStatus
from holdfast.domain.zones import days_touched, zone
from holdfast.engine.agenda import Agenda, AgendaSlot
from holdfast.web.languages import Language

NOBODY = "nobody"
"""Where entries stand that no resource serves yet."""

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing in the calendar.

    Attributes:
        dates: The first and the last date of what takes whole days.
        more: What it is of, and for how many.
        word: Its status, in words.
        path: Where it is shown, below the business's pages; empty where nothing is to be seen.
        names: Who is in a slot, for lists.
    """

    kind: str
    record_id: str
    starts_at: datetime
    ends_at: datetime
    dates: tuple[date, date] | None
    resource_ids: tuple[str, ...]
    title: str
    more: str
    status: str
    word: str
    path: tuple[str, ...]
    version: int = 0
    may_move: bool = False
    may_stretch: bool = False
    names: tuple[str, ...] = ()

    def touches(self, day: Interval) -> bool:
        """Whether some of it is on a day."""
        return self.starts_at < day.ends_at and self.ends_at > day.starts_at


def status_words(language: Language) -> Mapping[str, str]:
    """Return the words for a booking's status."""
    say = language.gettext
    return {
        BookingStatus.PENDING: say("waiting"),
        BookingStatus.CONFIRMED: say("confirmed"),
        BookingStatus.CHECKED_IN: say("here"),
        BookingStatus.COMPLETED: say("completed"),
        BookingStatus.CANCELLED: say("cancelled"),
        BookingStatus.DECLINED: say("declined"),
        BookingStatus.EXPIRED: say("expired"),
        BookingStatus.NO_SHOW: say("did not come"),
    }


def entries_of(agenda: Agenda, language: Language, *, may_move: bool) -> list[Entry]:
    """Return what stands in the agenda by its start; who is in a slot stands in the slot."""
    slots = [one for one in agenda.slots if _counts_places(agenda, one)]
    in_slots: dict[str, list[str]] = {one.slot.slot_id: [] for one in slots}
    found: list[Entry] = []
    for booking in agenda.bookings:
        names = in_slots.get(booking.slot_id or "")
        if names is None:
            found.append(_of_booking(booking, language, may_move=may_move))
        else:
            names.append(booking.contact.name or booking.number)
    found += [
        _of_hold(one, agenda, language) for one in agenda.holds if one.slot_id not in in_slots
    ]
    found += [_of_slot(one, agenda, language, in_slots[one.slot.slot_id]) for one in slots]
    found += [_of_block(one, language) for one in agenda.blocks]
    return sorted(found, key=lambda one: (one.starts_at, one.ends_at, one.title, one.record_id))


def closed_times(agenda: Agenda) -> Iterator[tuple[str, Interval]]:
    """Yield when each resource is closed."""
    for resource_id, hours in agenda.hours.items():
        for closed in subtracted((agenda.interval,), hours):
            yield resource_id, closed


def closed_everywhere(agenda: Agenda) -> tuple[Interval, ...]:
    """Return when no resource is open."""
    closed: tuple[Interval, ...] = (agenda.interval,)
    for hours in agenda.hours.values():
        closed = tuple(subtracted(closed, hours))
    return closed if agenda.hours else ()


def _counts_places(agenda: Agenda, one: AgendaSlot) -> bool:
    """Whether many share a slot; where one resource serves one booking, the booking is shown."""
    offering = agenda.offerings.get(one.slot.offering_id)
    return offering is None or offering.counting is Counting.PLACES


def _of_booking(booking: Booking, language: Language, *, may_move: bool) -> Entry:
    is_timed = booking.slot_id is None and not booking.dates
    may = may_move and booking.status in LIVE
    return Entry(
        kind="booking",
        record_id=booking.booking_id,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        dates=(booking.dates[0], booking.dates[-1]) if booking.dates else None,
        resource_ids=_serving(booking),
        title=booking.contact.name or booking.number,
        more=_party(booking.offering_name, booking.party_size, language),
        status=booking.status.value,
        word=status_words(language)[booking.status],
        path=("bookings", booking.booking_id),
        version=booking.version,
        may_move=may,
        may_stretch=may and is_timed,
    )


def _of_hold(hold: Hold, agenda: Agenda, language: Language) -> Entry:
    offering = agenda.offerings.get(hold.offering_id or "")
    kept = language.gettext("kept until %(time)s")
    return Entry(
        kind="hold",
        record_id=hold.hold_id,
        starts_at=hold.starts_at,
        ends_at=hold.ends_at,
        dates=(hold.dates[0], hold.dates[-1]) if hold.dates else None,
        resource_ids=_serving(hold),
        title=hold.contact.name or language.gettext("Being booked"),
        more=_party(offering.name if offering else "", hold.party_size, language),
        status="held",
        word=kept % {"time": language.clock(hold.expires_at, agenda.zone)},
        path=(),
    )


def _of_slot(one: AgendaSlot, agenda: Agenda, language: Language, names: Iterable[str]) -> Entry:
    offering, slot = agenda.offerings.get(one.slot.offering_id), one.slot
    taken = language.number(one.taken)
    if slot.status is SlotStatus.BLOCKED:
        word = language.gettext("closed")
    elif slot.capacity is None:
        word = language.gettext("%(taken)s taken") % {"taken": taken}
    else:
        said = language.gettext("%(taken)s of %(places)s taken")
        word = said % {"taken": taken, "places": language.number(slot.capacity)}
    return Entry(
        kind="slot",
        record_id=slot.slot_id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        dates=None,
        resource_ids=tuple(one.resource_ids) or (NOBODY,),
        title=offering.name if offering else "",
        more="",
        status=slot.status.value,
        word=word,
        path=("calendar", "slots", slot.slot_id),
        names=tuple(names),
    )


def _of_block(block: Block, language: Language) -> Entry:
    return Entry(
        kind="block",
        record_id=block.block_id,
        starts_at=block.starts_at,
        ends_at=block.ends_at,
        dates=None,
        resource_ids=(block.resource_id,),
        title=block.reason,
        more="",
        status="blocked",
        word=language.gettext("blocked"),
        path=("blocks", block.block_id),
    )


def _serving(taken: Booking | Hold) -> tuple[str, ...]:
    own: list[str] = [taken.resource_id] if taken.resource_id else []
    ids = dict.fromkeys([*own, *(one.resource_id for one in taken.assigned)])
    return tuple(ids) or (NOBODY,)


def _party(name: str, size: int, language: Language) -> str:
    if size == 1:
        return name
    said = language.ngettext("%(num)s person", "%(num)s people", size)
    return f"{name} · {said % {'num': language.number(size)}}" if name else said


# ------------------------------------------------------------------------------ for the script


def shown(entry: Entry, zone_name: str, href: str, names: Iterable[str]) -> dict[str, object]:
    """Return an entry as the calendar's script takes it.

    Args:
        entry: The entry.
        zone_name: The business's zone.
        href: Where it is shown.
        names: Of those who serve, where no column says it.
    """
    more = [one for one in (entry.more, *names) if one]
    all_day = entry.dates is not None or _is_whole_days(entry, zone_name)
    starts, ends = _bounds(entry, zone_name, all_day=all_day)
    return {
        "id": entry.record_id,
        "kind": entry.kind,
        "start": starts,
        "end": ends,
        "allDay": all_day,
        "resourceIds": list(entry.resource_ids),
        "title": entry.title,
        "more": " · ".join(more),
        "status": entry.status,
        "word": entry.word,
        "href": href,
        "version": entry.version,
        "mayMove": entry.may_move,
        "mayStretch": entry.may_stretch,
    }


def shown_closed(resource_id: str | None, closed: Interval, zone_name: str) -> dict[str, object]:
    """Return closed time as the calendar's script takes it: of a resource, or of all."""
    starts, ends = (wall(one, zone_name) for one in (closed.starts_at, closed.ends_at))
    return {
        "id": f"closed:{resource_id}:{starts}",
        "kind": "closed",
        "start": starts,
        "end": ends,
        "allDay": False,
        "resourceIds": [resource_id] if resource_id else [],
        "title": "",
        "more": "",
        "status": "closed",
        "word": "",
        "href": "",
        "version": 0,
        "mayMove": False,
        "mayStretch": False,
    }


def wall(instant: datetime, zone_name: str) -> str:
    """Write what date and time the business's clock shows: 2026-06-02T10:00:00."""
    return instant.astimezone(zone(zone_name)).strftime("%Y-%m-%dT%H:%M:%S")


def _is_whole_days(entry: Entry, zone_name: str) -> bool:
    ends = (wall(one, zone_name) for one in (entry.starts_at, entry.ends_at))
    return all(one.endswith("T00:00:00") for one in ends)


def _bounds(entry: Entry, zone_name: str, *, all_day: bool) -> tuple[str, str]:
    """Return start and end; of whole days the dates, the end being the day after the last."""
    if not all_day:
        return wall(entry.starts_at, zone_name), wall(entry.ends_at, zone_name)
    if entry.dates is not None:
        first, last = entry.dates
    else:
        time = Interval(starts_at=entry.starts_at, ends_at=entry.ends_at)
        days = days_touched(time, zone(zone_name))
        first, last = days[0], days[-1]
    return first.isoformat(), (last + _A_DAY).isoformat()
