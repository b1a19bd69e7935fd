"""Whose holds, bookings and places in line: staff may touch any, the public its own.

Whoever comes with the link of a booking, or of an entry, is its actor: its id is theirs.
"""

from __future__ import annotations

from typing import TypeVar

from holdfast.domain.access import Actor, ActorKind, Scope
from holdfast.domain.bookings import Booking
from holdfast.domain.errors import RecordNotFound
from holdfast.domain.holds import Hold
from holdfast.domain.ids import BookingId, HoldId, SeriesId, WaitlistEntryId
from holdfast.domain.series import Series
from holdfast.domain.waitlists import WaitlistEntry
from holdfast.engine.ports import ReadStore
from holdfast.engine.reading import get
from holdfast.engine.records import KINDS, id_of
from holdfast.engine.use_cases import Look

R = TypeVar("R", Hold, Booking, WaitlistEntry, Series)


def own_hold(look: Look, hold_id: HoldId) -> Hold:
    """Return a hold that the actor may touch. See `own_in`."""
    return _if_own(look.actor, look.get(Hold, hold_id))


def own_booking(look: Look, booking_id: BookingId) -> Booking:
    """Return a booking that the actor may touch. See `own_in`."""
    return _if_own(look.actor, look.get(Booking, booking_id))


def own_entry(look: Look, entry_id: WaitlistEntryId) -> WaitlistEntry:
    """Return an entry of a waitlist that the actor may touch. See `own_in`."""
    return _if_own(look.actor, look.get(WaitlistEntry, entry_id))


def own_series(look: Look, series_id: SeriesId) -> Series:
    """Return a series that the actor may touch. See `own_in`."""
    return _if_own(look.actor, look.get(Series, series_id))


def own_in(store: ReadStore, actor: Actor, kind: type[R], record_id: str) -> R:
    """Return a record that the actor may see.

    Raises:
        RecordNotFound: There is none, or it is somebody else's.
    """
    record = get(store, kind, record_id)
    return record if Scope.BOOKINGS_READ in actor.scopes else _if_own(actor, record)


def _if_own(actor: Actor, record: R) -> R:
    if not may_touch(actor, record):
        # Not "forbidden", which would say that it exists.
        raise RecordNotFound(kind=KINDS[type(record)].name, key=id_of(record))
    return record


def may_touch(actor: Actor, record: Hold | Booking | WaitlistEntry | Series) -> bool:
    """Whether an actor may see and change a record: staff any, the public what it placed.

    Of a hold only those may who may of any; of a booking or an entry whoever has its link may.
    """
    needed = Scope.HOLDS_ANY if isinstance(record, Hold) else Scope.BOOKINGS_READ
    is_linked = isinstance(record, Booking | WaitlistEntry) and (
        actor.kind is ActorKind.CUSTOMER_LINK and actor.actor_id == id_of(record)
    )
    return needed in actor.scopes or record.placed_by == actor.actor_id or is_linked
