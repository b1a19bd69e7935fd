"""Emergencies: the next that is free within a wait, whatever notice is asked; else the waitlist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from holdfast.domain.access import Scope
from holdfast.domain.bookings import Booking
from holdfast.domain.errors import AvailabilityClosed, CapacityExceeded
from holdfast.domain.ids import OfferingId, ResourceId
from holdfast.domain.overrides import Override
from holdfast.domain.waitlists import PRIORITY_MAX, InLine, Wishes
from holdfast.engine.availability.asking import AvailabilityQuery
from holdfast.engine.availability.listing import Availability
from holdfast.engine.availability.searching import NEXT_MAX, alternative_of, find_next
from holdfast.engine.bookings import PlaceBooking
from holdfast.engine.choosing import Choice
from holdfast.engine.facade.port import Port
from holdfast.engine.facade.vetoes import Vetoes
from holdfast.engine.making import Details
from holdfast.engine.waitlist import JoinWaitlist

SOURCE = "emergency"
TRIES_MAX = 5
# What has no starts of its own is looked at minute by minute so far ahead, then as it is listed.
MINUTES_AHEAD = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """What is needed soon: the first free time of an offering within a wait, notice set aside.

    Attributes:
        max_wait: How long after now it may begin.
        reason: Why it cannot wait.
        date_count, length: For how many days or nights, or how long, where that is free.
        picks: Resources that must serve, by name.
        joins_waitlist: Whether the customer waits, before all others, if nothing is free in time
            and the offering has a waitlist.
    """

    offering_id: OfferingId
    max_wait: timedelta
    reason: str
    party_size: int = 1
    date_count: int | None = None
    length: timedelta | None = None
    picks: tuple[ResourceId, ...] = ()
    components: tuple[str, ...] = ()
    joins_waitlist: bool = True

    @property
    def override(self) -> Override:
        """What is set aside for it."""
        return Override(reason=self.reason, notice=True, limits=True)

    @property
    def query(self) -> AvailabilityQuery:
        """How it is looked for."""
        return AvailabilityQuery(
            offering_id=self.offering_id,
            party_size=self.party_size,
            date_count=self.date_count,
            length=self.length,
            picks=self.picks,
            components=self.components,
        )


def next_step(port: Port, wanted: Emergency, details: Details) -> PlaceBooking | JoinWaitlist:
    """Return what to do about an emergency now: book the first that is free, or wait in line.

    Somebody may be quicker; then it is to be asked again.

    Raises:
        AccessDenied: Only staff may set notice aside.
        AvailabilityClosed: Nothing is free in time, and nobody waits; `alternatives` are later.
        InputInvalid: The wait is not from a minute to 400 days.
    """
    port.actor.require(Scope.BOOKINGS_WRITE)
    choice = _first_in_time(port, wanted)
    if choice is None:
        return _in_line(port, wanted, details)
    return PlaceBooking(
        choice=choice,
        party_size=wanted.party_size,
        details=replace(details, source=SOURCE),
        override=wanted.override,
    )


def book_soon(port: Port, wanted: Emergency, details: Details) -> Booking | InLine:
    """Book the first that is free in time, or wait for it. See `next_step`."""
    for tries_left in reversed(range(TRIES_MAX)):
        command = next_step(port, wanted, details)
        try:
            result = port.run(command)
        except (CapacityExceeded, AvailabilityClosed):
            if isinstance(command, JoinWaitlist) or not tries_left:
                raise
            continue  # somebody was quicker
        assert isinstance(result, Booking | InLine)
        return result
    raise AssertionError("the last try is answered")


def _first_in_time(port: Port, wanted: Emergency) -> Choice | None:
    """Return the first that is free within the wait, found without locks."""
    waits = [(min(wanted.max_wait, MINUTES_AHEAD), _MINUTE), (wanted.max_wait, None)]
    query, vetoes = wanted.query, Vetoes(port)
    for max_wait, step in waits if wanted.max_wait > MINUTES_AHEAD else waits[:1]:
        look = _looking(port, wanted, query, max_wait, step)
        # Of what is vetoed many are left out at a time: minute by minute there are many.
        found = vetoes.found(look, query, count=NEXT_MAX if vetoes.are_asked else 1)
        for slot in found.slots:
            is_free = slot.slot_id is None and not slot.dates
            return Choice(
                slot_id=slot.slot_id,
                offering_id=None if slot.slot_id is not None else wanted.offering_id,
                starts_at=slot.starts_at if is_free else None,
                ends_at=slot.ends_at if is_free else None,
                dates=slot.dates,
                picks=wanted.picks,
                components=wanted.components,
            )
    return None


def _looking(
    port: Port,
    wanted: Emergency,
    query: AvailabilityQuery,
    max_wait: timedelta,
    step: timedelta | None,
) -> Callable[[AvailabilityQuery, int], Availability]:
    """Return what finds so many within the wait; another question says itself until when."""

    def look(asked: AvailabilityQuery, most: int) -> Availability:
        return port.read(
            lambda store: find_next(
                store,
                tenant_id=port.tenant_id,
                actor=port.actor,
                query=asked,
                count=most,
                max_wait=max_wait if asked is query else None,
                override=wanted.override,
                step=step,
            )
        )

    return look


def _in_line(port: Port, wanted: Emergency, details: Details) -> JoinWaitlist:
    """Return the command to wait, or refuse with what is free later."""
    later = port.read(
        lambda store: find_next(
            store, tenant_id=port.tenant_id, actor=port.actor, query=wanted.query
        )
    )
    # Of several who are wished for on a waitlist one serves, and here all of them have to.
    if wanted.joins_waitlist and later.offering.has_waitlist and len(wanted.picks) <= 1:
        return JoinWaitlist(
            offering_id=wanted.offering_id,
            party_size=wanted.party_size,
            wishes=Wishes(
                resources=wanted.picks, date_count=wanted.date_count, length=wanted.length
            ),
            components=wanted.components,
            priority=PRIORITY_MAX,
            details=replace(details, source=SOURCE, note=details.note or wanted.reason),
        )
    minutes = wanted.max_wait // _MINUTE
    message = (
        f"Nothing is free within {minutes} minutes. Book one of 'alternatives', or wait longer."
    )
    refusal = AvailabilityClosed(
        message,
        reason="none_in_time",
        alternatives=[alternative_of(slot) for slot in later.slots],
    )
    raise Vetoes(port).without(refusal, wanted.offering_id)
