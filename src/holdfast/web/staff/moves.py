"""Moves: what was dragged in the calendar, asked of the engine as any other rescheduling.

The script says by how much something was moved on the wall; what instant that is, is worked out
here, by the business's zone. A refusal is answered with its sentence and what would do instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from starlette.responses import Response

from holdfast.domain.bookings import Booking
from holdfast.domain.errors import (
    Alternative,
    AvailabilityClosed,
    CapacityExceeded,
    HoldfastError,
    InputInvalid,
)
from holdfast.domain.ids import BookingId, ResourceId, SlotId, looks_like_id
from holdfast.domain.overrides import Override
from holdfast.domain.zones import MINUTES_PER_DAY, instant_of, zone
from holdfast.engine.moving import Move
from holdfast.engine.rescheduling import RescheduleBooking
from holdfast.web.languages import Language
from holdfast.web.staff.refusals import refused_here
from holdfast.web.staff.visits import StaffVisit

DAYS_MAX = 400
MAY_INSIST = frozenset({"policy.notice_too_short", "policy.beyond_horizon", "availability.closed"})
"""Refusals that staff may set aside, since they are what keeps customers from it."""

_WRONG = "This is not a move that the calendar makes."
_Said = Mapping[str, object]


async def move(visit: StaffVisit) -> Response:
    """Move a booking as it was dragged; what is refused is answered with what would do."""
    try:
        said = await visit.json()
        booking_id = BookingId(_text(said, "booking_id"))
        if not looks_like_id(booking_id, "bkg"):
            raise InputInvalid.at("/booking_id", "not_an_id", _WRONG)
        desk = visit.engine_desk()
        booking = await visit.read(lambda: desk.bookings.get(booking_id))
        wanted = move_of(booking, said, visit.tenant.zone)
        command = RescheduleBooking(
            booking_id=booking_id,
            move=wanted,
            override=_override(visit, said),
            if_version=_whole(said, "version"),
        )
        try:
            moved = await visit.run(command, Booking)
        except (CapacityExceeded, AvailabilityClosed) as refusal:
            explained = _explaining(visit, booking_id, wanted, refusal)
            raise await visit.read(explained) from None
    except HoldfastError as refusal:
        return visit.say(_refusal(visit, refusal), status=refusal.status)
    answer = {"says": _moved(visit, moved), "version": moved.version}
    return visit.say(answer)


def _explaining(
    visit: StaffVisit, booking_id: BookingId, wanted: Move, refusal: HoldfastError
) -> Callable[[], HoldfastError]:
    desk = visit.engine_desk()
    return lambda: desk.bookings.explained_move(booking_id, wanted, refusal)


def _override(visit: StaffVisit, said: _Said) -> Override | None:
    if said.get("insists") is not True:
        return None
    reason = visit.language.gettext("Moved in the calendar")
    return Override(reason=reason, notice=True, closed=True)


def move_of(booking: Booking, said: _Said, zone_name: str) -> Move:
    """Return what a drag means for a booking.

    Raises:
        InputInvalid: It means nothing.
    """
    picks = _picks(booking, said)
    resource_id = picks[0] if picks and booking.offering_id is None else None
    picks = picks if booking.offering_id is not None else None
    slot_id, starts_at = said.get("slot_id"), said.get("starts_at")
    if isinstance(slot_id, str):
        return Move(slot_id=SlotId(slot_id))
    if isinstance(starts_at, str):
        return Move(starts_at=_instant(starts_at))
    shift, stretch = _shift(said, "shift"), _shift(said, "stretch")
    if stretch is not None:
        ends_at = _shifted(booking.ends_at, stretch, zone_name)
        return Move(ends_at=ends_at, picks=picks, resource_id=resource_id)
    if shift is None or shift == (0, 0):
        return Move(picks=picks, resource_id=resource_id)
    if booking.dates:
        dates = tuple(_later(one, shift[0]) for one in booking.dates)
        return Move(dates=dates, picks=picks, resource_id=resource_id)
    starts = _shifted(booking.starts_at, shift, zone_name)
    return Move(starts_at=starts, picks=picks, resource_id=resource_id)


def _picks(booking: Booking, said: _Said) -> tuple[ResourceId, ...] | None:
    """Return who is to serve, if somebody else is: instead of whoever it was dragged away from."""
    before, after = said.get("from_resource"), said.get("to_resource")
    if not isinstance(after, str) or before == after or not looks_like_id(after, "res"):
        return None
    kept = [one for one in booking.picks if one not in {before, after}]
    return (ResourceId(after), *kept)


def _shifted(instant: datetime, shift: tuple[int, int], zone_name: str) -> datetime:
    """Return an instant moved on the wall: days and seconds are those that the clock shows."""
    here = zone(zone_name)
    wall = instant.astimezone(here).replace(tzinfo=None)
    try:
        wall += timedelta(days=shift[0], seconds=shift[1])
    except OverflowError:
        raise InputInvalid.at("/shift", "out_of_range", _WRONG) from None
    minute = (wall.hour * 60 + wall.minute) % MINUTES_PER_DAY
    return instant_of(wall.date(), minute, here, gap="forward")


def _later(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise InputInvalid.at("/shift", "out_of_range", _WRONG) from None


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InputInvalid.at("/starts_at", "not_an_instant", _WRONG)
    return found


def _shift(said: _Said, name: str) -> tuple[int, int] | None:
    found = said.get(name)
    if found is None:
        return None
    if not isinstance(found, dict):
        raise InputInvalid.at(f"/{name}", "wrong_type", _WRONG)
    days, seconds = _whole(found, "days"), _whole(found, "seconds")
    if abs(days) > DAYS_MAX or abs(seconds) > DAYS_MAX * 86_400:
        raise InputInvalid.at(f"/{name}", "out_of_range", _WRONG)
    return days, seconds


def _whole(said: Mapping[str, object], name: str) -> int:
    found = said.get(name)
    if type(found) is not int:
        raise InputInvalid.at(f"/{name}", "wrong_type", _WRONG)
    return found


def _text(said: _Said, name: str) -> str:
    found = said.get(name)
    return found if isinstance(found, str) else ""


# ------------------------------------------------------------------------------------ the answer


def _moved(visit: StaffVisit, booking: Booking) -> str:
    who = booking.contact.name or booking.number
    if booking.dates:
        said = visit.language.gettext("%(who)s: now %(day)s.")
        return said % {"who": who, "day": visit.language.short_day(booking.dates[0])}
    said = visit.language.gettext("%(who)s: now %(day)s, %(start)s – %(end)s.")
    zone_name = visit.tenant.zone
    return said % {
        "who": who,
        "day": visit.language.short_day(booking.starts_at.astimezone(zone(zone_name)).date()),
        "start": visit.language.clock(booking.starts_at, zone_name),
        "end": visit.language.clock(booking.ends_at, zone_name),
    }


def _refusal(visit: StaffVisit, refusal: HoldfastError) -> dict[str, object]:
    shown = refused_here(refusal, visit.language)
    back = visit.language.gettext("Nothing was changed: it is back where it was.")
    return {
        "says": f"{shown.sentence} {back}",
        "mayInsist": refusal.code in MAY_INSIST,
        "alternatives": [
            _alternative(one, visit.language, visit.tenant.zone)
            for one in shown.alternatives
            if not one.dates
        ],
    }


def _alternative(one: Alternative, language: Language, zone_name: str) -> dict[str, object]:
    day = language.short_day(one.starts_at.astimezone(zone(zone_name)).date())
    return {
        "says": f"{day}, {language.clock(one.starts_at, zone_name)}",
        "slot_id": one.slot_id,
        "starts_at": one.starts_at.isoformat(),
    }
