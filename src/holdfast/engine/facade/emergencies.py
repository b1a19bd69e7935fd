"""Emergencies: the next that is free within a wait, whatever notice is asked otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from holdfast.domain.access import Scope
from holdfast.domain.errors import AvailabilityClosed, HoldfastError
from holdfast.domain.ids import OfferingId, ResourceId
from holdfast.domain.overrides import Override
from holdfast.engine.availability.asking import AvailabilityQuery
from holdfast.engine.availability.searching import alternative_of, find_next
from holdfast.engine.choosing import Choice
from holdfast.engine.facade.port import Port

SOURCE = "emergency"
TRIES_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """What is needed soon: the first free time of an offering within a wait, notice set aside.

    Attributes:
        max_wait: How long after now it may begin.
        reason: Why it cannot wait.
        date_count, length: For how many days or nights, or how long, where that is free.
        picks: Resources that must serve, by name.
    """

    offering_id: OfferingId
    max_wait: timedelta
    reason: str
    party_size: int = 1
    date_count: int | None = None
    length: timedelta | None = None
    picks: tuple[ResourceId, ...] = ()
    components: tuple[str, ...] = ()

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


def choices_for(port: Port, wanted: Emergency) -> tuple[Choice, ...]:
    """Return what could be booked for an emergency, the soonest first.

    Somebody may be quicker: then the next one is tried.

    Raises:
        AccessDenied: Only staff may set notice aside.
        InputInvalid: The wait is not from a minute to 400 days.
    """
    port.actor.require(Scope.BOOKINGS_WRITE)
    found = port.read(
        lambda store: find_next(
            store,
            tenant_id=port.tenant_id,
            actor=port.actor,
            query=wanted.query,
            count=TRIES_MAX,
            max_wait=wanted.max_wait,
            override=wanted.override,
        )
    )
    return tuple(
        Choice(
            slot_id=slot.slot_id,
            offering_id=None if slot.slot_id is not None else wanted.offering_id,
            starts_at=None if slot.slot_id is not None or slot.dates else slot.starts_at,
            ends_at=None if slot.slot_id is not None or slot.dates else slot.ends_at,
            dates=slot.dates,
            picks=wanted.picks,
            components=wanted.components,
        )
        for slot in found.slots
    )


def nothing_in_time(port: Port, wanted: Emergency) -> HoldfastError:
    """Return the refusal when nothing is free in time, with what is free later."""
    later = port.read(
        lambda store: find_next(
            store, tenant_id=port.tenant_id, actor=port.actor, query=wanted.query
        )
    )
    minutes = wanted.max_wait // timedelta(minutes=1)
    message = (
        f"Nothing is free within {minutes} minutes. Book one of 'alternatives', wait longer, or put"
        " the customer on the waitlist."
    )
    return AvailabilityClosed(
        message,
        reason="none_in_time",
        alternatives=[alternative_of(slot) for slot in later.slots],
    )
