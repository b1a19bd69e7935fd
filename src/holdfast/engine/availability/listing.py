"""Listing: what could be booked in a window, slot by slot or day by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from holdfast.domain.access import Actor, Scope
from holdfast.domain.errors import InputInvalid
from holdfast.domain.intervals import Interval
from holdfast.domain.listing import OpenSlot, open_slots
from holdfast.domain.offerings import Offering
from holdfast.domain.open_days import OpenDay, open_days
from holdfast.domain.scenes import Scene
from holdfast.domain.schedules import TooManySlots
from holdfast.domain.tenants import Tenant
from holdfast.engine.availability.asking import (
    AvailabilityQuery,
    offering_of,
    require_form,
    require_known,
    require_sizes,
    window_of,
)
from holdfast.engine.looking import load_scene
from holdfast.engine.ports import ReadStore
from holdfast.engine.reading import get


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """The answer: the window that was looked at and what is open in it, in order."""

    offering: Offering
    zone: str
    window: Interval
    slots: tuple[OpenSlot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyAvailability:
    """The answer by day: the window that was looked at and each local date of it, in order."""

    offering: Offering
    zone: str
    window: Interval
    days: tuple[OpenDay, ...]

    @property
    def all_dates_available(self) -> bool:
        """Whether something is open on every date."""
        return all(day.is_available for day in self.days)


def list_open_slots(
    store: ReadStore, *, tenant_id: str, actor: Actor, query: AvailabilityQuery
) -> Availability:
    """List what could be booked.

    Raises:
        AccessDenied: The actor may not look.
        InputInvalid: The question is malformed, or asks for more than 400 days.
        RecordNotFound: There is no such offering or resource.
    """
    offering, window, scene, now = _looked_at(store, tenant_id, actor, query)
    try:
        slots = open_slots(scene, window, asked=query.asked, now=now)
    except TooManySlots:
        raise _too_many(query) from None
    return Availability(offering=offering, zone=scene.zone_name, window=window, slots=tuple(slots))


def list_open_days(
    store: ReadStore, *, tenant_id: str, actor: Actor, query: AvailabilityQuery
) -> DailyAvailability:
    """Say of each local date whether anything could be booked on it.

    Raises:
        AccessDenied: The actor may not look.
        InputInvalid: The question is malformed, or asks for more than 400 days.
        RecordNotFound: There is no such offering or resource.
    """
    offering, window, scene, now = _looked_at(store, tenant_id, actor, query)
    try:
        days = open_days(scene, window, asked=query.asked, now=now)
    except TooManySlots:
        raise _too_many(query) from None
    return DailyAvailability(
        offering=offering, zone=scene.zone_name, window=window, days=tuple(days)
    )


def _looked_at(
    store: ReadStore, tenant_id: str, actor: Actor, query: AvailabilityQuery
) -> tuple[Offering, Interval, Scene, datetime]:
    actor.require(Scope.AVAILABILITY_READ)
    require_sizes(query)
    now = store.now()
    tenant = get(store, Tenant, tenant_id)
    offering = offering_of(store, actor, tenant, query)
    window = window_of(query, zone_name=offering.zone or tenant.zone, now=now)
    require_form(offering, query)
    scene = load_scene(
        store,
        tenant=tenant,
        offering=offering,
        window=window,
        now=now,
        stay_days=query.stay_days,
    )
    require_known(scene, query.picks, query.components)
    return offering, window, scene, now


def _too_many(query: AvailabilityQuery) -> InputInvalid:
    message = "There are too many slots in that window. Ask for a shorter one."
    return InputInvalid.at("/to" if query.last_on is None else "/last_on", "too_long", message)
