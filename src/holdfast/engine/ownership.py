"""Whose holds, bookings and places in line: staff may touch any, the public its own.

Whoever comes with the link of a booking, or of an entry, is its actor: its id is theirs.
"""

from __future__ import annotations

from holdfast.domain.access import Actor, ActorKind, Scope
from holdfast.domain.bookings import Booking
from holdfast.domain.errors import RecordNotFound
from holdfast.domain.holds import Hold
from holdfast.domain.ids import BookingId, HoldId, SeriesId, WaitlistEntryId
from holdfast.domain.series import Series
from holdfast.domain.waitlists import WaitlistEntry
from holdfast.engine.ports import ReadStore
from holdfast.engine.reading import get
from holdfast.engine.use_cases import Look


def own_hold(look: Look, hold_id: HoldId) -> Hold:
    """Return a hold that the actor may touch.

    Raises:
        RecordNotFound: There is none, or it is somebody else's.
    """
    hold = look.get(Hold, hold_id)
    if not may_touch_hold(look.actor, hold):
        raise RecordNotFound(kind="hold", key=hold_id)
    return hold


def own_hold_in(store: ReadStore, actor: Actor, hold_id: HoldId) -> Hold:
    """Return a hold that the actor may see.

    Raises:
        RecordNotFound: There is none, or it is somebody else's.
    """
    hold = get(store, Hold, hold_id)
    if not (may_touch_hold(actor, hold) or Scope.BOOKINGS_READ in actor.scopes):
        raise RecordNotFound(kind="hold", key=hold_id)
    return hold


def may_touch_hold(actor: Actor, hold: Hold) -> bool:
    """Whether an actor may see and change a hold: staff any, the public what it placed."""
    return Scope.HOLDS_ANY in actor.scopes or hold.placed_by == actor.actor_id


def own_booking(look: Look, booking_id: BookingId) -> Booking:
    """Return a booking that the actor may touch.

    Raises:
        RecordNotFound: There is none, or it is somebody else's.
    """
    booking = look.get(Booking, booking_id)
    if not may_touch_booking(look.actor, booking):
        raise RecordNotFound(kind="booking", key=booking_id)
    return booking


def own_booking_in(store: ReadStore, actor: Actor, booking_id: BookingId) -> Booking:
    """Return a booking that the actor may see.

    Raises:
        RecordNotFound: There is none, or it is somebody else's.
    """
    booking = get(store, Booking, booking_id)
    if not may_touch_booking(actor, booking):
        raise RecordNotFound(kind="booking", key=booking_id)
    return booking


def may_touch_booking(actor: Actor, booking: Booking) -> bool:
    """Whether an actor may see a booking: staff any, the public what it placed or has a link to."""
    is_linked = actor.kind is ActorKind.CUSTOMER_LINK and actor.actor_id == booking.booking_id
    return Scope.BOOKINGS_READ in actor.scopes or booking.placed_by == actor.actor_id or is_linked


def own_entry(look: Look, entry_id: WaitlistEntryId) -> WaitlistEntry:
    """Return an entry of a waitlist that the actor may touch.

    Raises:
        RecordNotFound: There is none, or it is somebody else's.
    """
    entry = look.get(WaitlistEntry, entry_id)
    if not may_touch_entry(look.actor, entry):
        raise RecordNotFound(kind="waitlist_entry", key=entry_id)
    return entry


def own_entry_in(store: ReadStore, actor: Actor, entry_id: WaitlistEntryId) -> WaitlistEntry:
    """Return an entry of a waitlist that the actor may see.

    Raises:
        RecordNotFound: There is none, or it is somebody else's.
    """
    entry = get(store, WaitlistEntry, entry_id)
    if not may_touch_entry(actor, entry):
        raise RecordNotFound(kind="waitlist_entry", key=entry_id)
    return entry


def may_touch_entry(actor: Actor, entry: WaitlistEntry) -> bool:
    """Whether an actor may see an entry: staff any, the public what it placed or has a link to."""
    is_linked = actor.kind is ActorKind.CUSTOMER_LINK and actor.actor_id == entry.entry_id
    return Scope.BOOKINGS_READ in actor.scopes or entry.placed_by == actor.actor_id or is_linked


def own_series(look: Look, series_id: SeriesId) -> Series:
    """Return a series that the actor may touch.

    Raises:
        RecordNotFound: There is none, or it is somebody else's.
    """
    series = look.get(Series, series_id)
    if not may_touch_series(look.actor, series):
        raise RecordNotFound(kind="series", key=series_id)
    return series


def own_series_in(store: ReadStore, actor: Actor, series_id: SeriesId) -> Series:
    """Return a series that the actor may see.

    Raises:
        RecordNotFound: There is none, or it is somebody else's.
    """
    series = get(store, Series, series_id)
    if not may_touch_series(actor, series):
        raise RecordNotFound(kind="series", key=series_id)
    return series


def may_touch_series(actor: Actor, series: Series) -> bool:
    """Whether an actor may see and change a series: staff any, the public what it placed."""
    return Scope.BOOKINGS_READ in actor.scopes or series.placed_by == actor.actor_id
