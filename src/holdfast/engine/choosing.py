"""What a request means: the offering or resource, and the slot, dates or time that it names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import cast

from holdfast.domain.access import Scope
from holdfast.domain.bookings import Booking
from holdfast.domain.errors import InputInvalid, RecordNotFound
from holdfast.domain.holds import Hold
from holdfast.domain.ids import (
    OfferingId,
    ResourceId,
    SlotId,
    generated_slot_id,
    read_generated_slot_id,
)
from holdfast.domain.implied import implied_offering
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT
from holdfast.domain.listing import stay_of
from holdfast.domain.offerings import Offering
from holdfast.domain.resources import Resource
from holdfast.domain.scenes import Wish
from holdfast.domain.shapes import DATED, DATES_MAX, Shape, Stay
from holdfast.domain.slots import Slot, SlotStatus, start_key
from holdfast.domain.tenants import Tenant
from holdfast.domain.waitlists import Kept
from holdfast.domain.zones import SkippedDay, zone
from holdfast.engine.ports import ById, Where
from holdfast.engine.use_cases import Look

PICKS_MAX = 50
STAY_MAX = timedelta(days=DATES_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is to be booked.

    Attributes:
        slot_id: A slot by its id; or else:
        offering_id: An offering, with the start of a slot, a start and an end, or dates; or else:
        resource_id: A resource without an offering, with a start and an end, or dates.
        starts_at, ends_at: The start of a slot; of free start and end, both.
        dates: Local dates: the days, or those on which the nights begin.
        is_by_nights: Whether the dates were said as check-in and check-out, as only nights are.
        picks: Resources wished for by name, where any of several would serve.
        components: The chosen parts of the offering.
        keeps: Of what is booked already, its time: its offering may have other hours or another
            length by now. Only `choice_of` says it.
    """

    slot_id: SlotId | None = None
    offering_id: OfferingId | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    dates: tuple[date, ...] = ()
    resource_id: ResourceId | None = None
    is_by_nights: bool = False
    picks: tuple[ResourceId, ...] = ()
    components: tuple[str, ...] = ()
    keeps: Stay | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a request means, as it is stored now.

    Attributes:
        resource: The resource that is booked without an offering; `offering` is implied then.
    """

    tenant: Tenant
    offering: Offering
    resource: Resource | None
    slot: Slot | None
    slot_id: SlotId | None
    stay: Stay

    @property
    def offering_id(self) -> OfferingId | None:
        """The stored offering's id."""
        return self.offering.offering_id if self.resource is None else None

    @property
    def zone_name(self) -> str:
        """The zone in which its days are counted."""
        return self.offering.zone or self.tenant.zone

    def wish(self, choice: Choice, *, party_size: int, ignores: frozenset[str]) -> Wish:
        """Return the wish that the evaluator judges."""
        return Wish(
            slot_id=self.slot_id,
            stay=self.stay,
            party_size=party_size,
            slot=self.slot,
            picks=choice.picks,
            components=choice.components,
            ignores=ignores,
        )


def choose(look: Look, choice: Choice) -> Target:
    """Find the tenant, offering and time that a request means.

    Raises:
        InputInvalid: It does not say one thing, or says it in a form that the offering has not.
        RecordNotFound: There is no such offering, slot or resource.
    """
    return look.once(("choose", choice), lambda: _choose(look, choice))


def _choose(look: Look, choice: Choice) -> Target:
    target = _chosen(look, choice)
    return target if choice.keeps is None else replace(target, stay=choice.keeps)


def _chosen(look: Look, choice: Choice) -> Target:
    look.once(("form", choice), lambda: _require_one_choice(choice))
    if choice.resource_id is not None:
        return _choose_resource(look, choice)
    offering_id, starts_at, slot_id = choice.offering_id, choice.starts_at, choice.slot_id
    if slot_id is not None:
        said = read_generated_slot_id(slot_id)
        if said is None:
            look.want(ById(Tenant, look.tenant_id), ById(Slot, slot_id))
            slot = look.get(Slot, slot_id)
            offering_id, starts_at = slot.offering_id, slot.starts_at
        else:
            offering_id, starts_at = said
    offering_id = cast("OfferingId", offering_id)
    if starts_at is None or choice.ends_at is not None:
        return _choose_time(look, choice, offering_id)
    return _choose_slot(look, choice, offering_id, starts_at)


def _choose_slot(
    look: Look, choice: Choice, offering_id: OfferingId, starts_at: datetime
) -> Target:
    slot_id = choice.slot_id or generated_slot_id(offering_id, starts_at)
    look.want(
        ById(Tenant, look.tenant_id),
        ById(Offering, offering_id),
        ById(Slot, slot_id),
        Where(Slot, "start_key", start_key(offering_id, starts_at)),
    )
    offering = look.find(Offering, offering_id)
    if offering is None:
        kind, key = ("offering", offering_id) if choice.slot_id is None else ("slot", slot_id)
        raise RecordNotFound(kind=kind, key=key)
    if offering.shape is not Shape.SLOTS:
        raise _wrong_form(offering, choice)
    stored = look.find(Slot, slot_id)
    if stored is None and choice.slot_id is None:
        stored = _manual_slot_at(look, offering_id, starts_at)
    if stored is None and not FIRST_INSTANT <= starts_at <= LAST_INSTANT - offering.duration:
        raise RecordNotFound(kind="slot", key=slot_id)
    stay = Stay(starts_at=starts_at, ends_at=starts_at + offering.duration)
    if stored is not None:
        slot_id = stored.slot_id
        stay = Stay(starts_at=stored.starts_at, ends_at=stored.ends_at)
    return Target(
        tenant=look.get(Tenant, look.tenant_id),
        offering=offering,
        resource=None,
        slot=stored,
        slot_id=slot_id,
        stay=stay,
    )


def _choose_time(look: Look, choice: Choice, offering_id: OfferingId) -> Target:
    look.want(ById(Tenant, look.tenant_id), ById(Offering, offering_id))
    offering = look.get(Offering, offering_id)
    tenant = look.get(Tenant, look.tenant_id)
    stay = _stay(offering, tenant, choice)
    return Target(
        tenant=tenant, offering=offering, resource=None, slot=None, slot_id=None, stay=stay
    )


def _choose_resource(look: Look, choice: Choice) -> Target:
    resource_id = cast("ResourceId", choice.resource_id)
    look.want(ById(Tenant, look.tenant_id), ById(Resource, resource_id))
    resource = look.get(Resource, resource_id)
    if not resource.is_bookable_alone and Scope.BOOKINGS_WRITE not in look.actor.scopes:
        # For the public it is not there: it is booked by its offerings.
        raise RecordNotFound(kind="resource", key=resource_id)
    tenant = look.get(Tenant, look.tenant_id)
    offering = implied_offering(resource, tenant)
    return Target(
        tenant=tenant,
        offering=offering,
        resource=resource,
        slot=None,
        slot_id=None,
        stay=_stay(offering, tenant, choice),
    )


def _stay(offering: Offering, tenant: Tenant, choice: Choice) -> Stay:
    """Return the time that is asked for, in the form that the offering has."""
    is_dated = offering.shape in DATED
    if choice.is_by_nights and offering.shape is not Shape.NIGHTS:
        message = f"'{offering.name}' has no nights to check in for."
        raise InputInvalid.at("/check_in_on", "wrong_form", message)
    if is_dated and choice.dates:
        here = zone(offering.zone or tenant.zone)
        try:
            return stay_of(offering, list(choice.dates), here)
        except SkippedDay as skipped:
            raise InputInvalid.at("/dates", "no_such_day", str(skipped)) from None
        except ValueError as fault:
            raise InputInvalid.at("/dates", "out_of_range", str(fault)) from None
    if offering.shape is Shape.FREE and choice.starts_at is not None and choice.ends_at is not None:
        return Stay(starts_at=choice.starts_at, ends_at=choice.ends_at)
    raise _wrong_form(offering, choice)


def _wrong_form(offering: Offering, choice: Choice) -> InputInvalid:
    forms = {
        Shape.SLOTS: "slot_id, or offering_id and starts_at",
        Shape.FREE: "starts_at and ends_at",
        Shape.DAYS: "dates: the days",
        Shape.NIGHTS: "dates: those on which the nights begin",
    }
    message = f"'{offering.name}' is booked by {forms[offering.shape]}."
    if choice.slot_id is not None:
        pointer = "/slot_id"
    elif choice.dates:
        pointer = "/dates"
    elif choice.ends_at is not None or offering.shape is Shape.FREE:
        pointer = "/ends_at"
    else:
        pointer = "/starts_at"
    return InputInvalid.at(pointer, "wrong_form", message)


def _require_one_choice(choice: Choice) -> None:
    named = (choice.slot_id, choice.offering_id, choice.resource_id)
    has_time = choice.starts_at is not None or bool(choice.dates)
    is_one = sum(value is not None for value in named) == 1
    is_doubled = choice.starts_at is not None and bool(choice.dates)
    if not is_one or has_time is (choice.slot_id is not None) or is_doubled:
        message = (
            "Say what to book: a slot_id alone; or an offering_id or a resource_id, with starts_at"
            " (and ends_at) or with dates."
        )
        raise InputInvalid.at("/slot_id", "slot_choice", message)
    if choice.ends_at is not None and choice.starts_at is None:
        raise InputInvalid.at("/starts_at", "missing", "An end needs a start: give starts_at too.")
    for pointer, instant in (("/starts_at", choice.starts_at), ("/ends_at", choice.ends_at)):
        if instant is not None:
            _require_whole_instant(pointer, instant)
    starts_at, ends_at = choice.starts_at, choice.ends_at
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        message = "The end has to come after the start."
        raise InputInvalid.at("/ends_at", "reversed", message)
    if starts_at is not None and ends_at is not None and ends_at - starts_at > STAY_MAX:
        message = f"Ask for at most {STAY_MAX.days} days at a time."
        raise InputInvalid.at("/ends_at", "too_long", message)
    _require_bounded(choice)


def _require_bounded(choice: Choice) -> None:
    if len(set(choice.dates)) > DATES_MAX:
        message = f"Ask for at most {DATES_MAX} dates at a time."
        raise InputInvalid.at("/dates", "too_many", message)
    if len(choice.picks) > PICKS_MAX:
        message = f"Name at most {PICKS_MAX} resources."
        raise InputInvalid.at("/resource_ids", "too_many", message)
    if len(set(choice.components)) != len(choice.components):
        raise InputInvalid.at("/components", "twice", "Name each component once.")


def _require_whole_instant(pointer: str, instant: datetime) -> None:
    if instant.tzinfo is not UTC or not FIRST_INSTANT <= instant < LAST_INSTANT:
        message = "It has to be an instant in UTC, from 1970 to 2199."
        raise InputInvalid.at(pointer, "out_of_range", message)
    if instant.microsecond:
        raise InputInvalid.at(pointer, "not_whole_seconds", "Give it in whole seconds.")


def _manual_slot_at(look: Look, offering_id: OfferingId, starts_at: datetime) -> Slot | None:
    """The open slot made by hand that starts then, if the offering has one."""
    found = look.where(Slot, "start_key", start_key(offering_id, starts_at))
    live = [slot for slot in found if slot.status is SlotStatus.OPEN]
    return live[0] if live else None


def target_of(look: Look, record: Hold | Booking | Kept) -> Target:
    """Return what a hold, a booking or an invitation is about, as it is stored now."""
    look.want(ById(Tenant, look.tenant_id))
    tenant = look.get(Tenant, look.tenant_id)
    if record.offering_id is None:
        resource_id = cast("ResourceId", record.resource_id)
        look.want(ById(Resource, resource_id))
        resource = look.get(Resource, resource_id)
        return Target(
            tenant=tenant,
            offering=implied_offering(resource, tenant),
            resource=resource,
            slot=None,
            slot_id=None,
            stay=record.stay,
        )
    look.want(ById(Offering, record.offering_id))
    slot = None
    if record.slot_id is not None:
        look.want(ById(Slot, record.slot_id))
        slot = look.find(Slot, record.slot_id)
    return Target(
        tenant=tenant,
        offering=look.get(Offering, record.offering_id),
        resource=None,
        slot=slot,
        slot_id=record.slot_id,
        stay=record.stay,
    )


def choice_of(record: Hold | Booking | Kept) -> Choice:
    """Return the choice that led to a hold or booking."""
    if record.slot_id is not None:
        return Choice(
            slot_id=record.slot_id,
            picks=record.picks,
            components=record.components,
            keeps=record.stay,
        )
    is_dated = bool(record.dates)
    return Choice(
        offering_id=record.offering_id,
        resource_id=record.resource_id if record.offering_id is None else None,
        starts_at=None if is_dated else record.starts_at,
        ends_at=None if is_dated else record.ends_at,
        dates=record.dates,
        picks=record.picks,
        components=record.components,
        keeps=record.stay,
    )
