"""Reports: how much of each resource's capacity is taken, day by day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast

from holdfast.domain.access import Actor, Scope
from holdfast.domain.calendars import CALENDAR_DAYS_MAX, DayState
from holdfast.domain.claims import Claim, ClaimOwner, closure_key, resource_key, slot_key
from holdfast.domain.errors import InputInvalid
from holdfast.domain.ids import ResourceId
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, Interval
from holdfast.domain.resources import Resource, ResourceStatus, Scheme
from holdfast.domain.rules import ScheduleRule
from holdfast.domain.schedules import open_intervals
from holdfast.domain.shapes import dates_between
from holdfast.domain.slots import Slot
from holdfast.domain.tenants import Tenant
from holdfast.domain.utilisation import DayReport, report_day
from holdfast.domain.zones import SkippedDay, Zone, day_interval, local_day, zone
from holdfast.engine.day_counts import around, blocked_among, day_states
from holdfast.engine.ports import ById, Over, ReadStore, Where
from holdfast.engine.reading import get
from holdfast.engine.staging import zone_of

REPORT_ROWS_MAX = 20_000
"""So many resources times days are reported at once."""

REPORT_DAYS = 7
"""How many days are reported when nobody says until when."""

# Whole days, in whatever zone.
FIRST_DAY = FIRST_INSTANT.date() + timedelta(days=1)
LAST_DAY = LAST_INSTANT.date() - timedelta(days=2)
_SHOWN = (ResourceStatus.ACTIVE, ResourceStatus.INACTIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityReport:
    """Days from the first to the last, both included: of each resource in order, day by day."""

    first_on: date
    last_on: date
    rows: tuple[DayReport, ...]


def report_capacity(
    store: ReadStore,
    *,
    tenant_id: str,
    actor: Actor,
    resource_id: ResourceId | None,
    first_on: date | None,
    last_on: date | None,
) -> CapacityReport:
    """Report how much of the capacity of one resource, or of all, is taken on which day.

    Days are those of each resource's zone. Without a first day it is today where the business is;
    without a last one they are seven.

    Raises:
        AccessDenied: The actor may not look.
        InputInvalid: The days are reversed, or with so many resources too many.
        RecordNotFound: There is no such resource.
    """
    actor.require(Scope.BOOKINGS_READ)
    now = store.now()
    tenant = get(store, Tenant, tenant_id)
    first = first_on or local_day(now, zone(tenant.zone))
    last = last_on or first + timedelta(days=REPORT_DAYS - 1)
    resources = [get(store, Resource, resource_id)] if resource_id else _all_resources(store)
    _require_bounded(first, last, len(resources))
    dates = dates_between(first, last)
    rules = _rules(store, resources)
    claims = _claims(store, resources, dates, now)
    rows: list[DayReport] = []
    for resource in resources:
        here = zone_of(resource, tenant)
        own = claims[resource.resource_id]
        blocked = blocked_among(own, dates, here)
        units = _units(store, resource, dates, now=now, blocked=blocked)
        rows += [
            report_day(
                resource,
                day,
                interval,
                hours=_hours(rules[resource.resource_id], interval),
                claims=[one for one in own if one.interval.overlaps(interval)],
                units=units.get(day),
            )
            for day, interval in _days(dates, here)
        ]
    return CapacityReport(first_on=first, last_on=last, rows=tuple(rows))


def _require_bounded(first: date, last: date, resource_count: int) -> None:
    if last < first:
        raise InputInvalid.at("/to", "reversed", "The last day comes after the first, or is it.")
    if first < FIRST_DAY or last > LAST_DAY:
        message = f"Days lie between {FIRST_DAY.isoformat()} and {LAST_DAY.isoformat()}."
        raise InputInvalid.at("/from", "out_of_range", message)
    count = (last - first).days + 1
    if count > CALENDAR_DAYS_MAX or count * resource_count > REPORT_ROWS_MAX:
        message = (
            f"{count} days of {resource_count} resource(s) are too many: at most"
            f" {CALENDAR_DAYS_MAX} days, and {REPORT_ROWS_MAX} days in all. Ask for fewer days, or"
            " for one resource."
        )
        raise InputInvalid.at("/to", "too_many", message)


def _all_resources(store: ReadStore) -> list[Resource]:
    reads = [Where(Resource, "status", status.value) for status in _SHOWN]
    loaded = store.load(reads)
    found = [cast("Resource", row) for read in reads for row in loaded[read]]
    return sorted(found, key=lambda one: (one.sort_order, one.resource_id))


def _days(dates: Iterable[date], here: Zone) -> Iterator[tuple[date, Interval]]:
    """Yield the local days with their instants, without those that a zone never had."""
    for day in dates:
        try:
            interval = day_interval(day, here)
        except SkippedDay:
            continue
        yield day, interval


def _rules(
    store: ReadStore, resources: Sequence[Resource]
) -> Mapping[ResourceId, tuple[ScheduleRule, ...]]:
    reads = {one.resource_id: Where(ScheduleRule, "owner_id", one.resource_id) for one in resources}
    loaded = store.load(list(reads.values()))
    return {rid: cast("tuple[ScheduleRule, ...]", loaded[read]) for rid, read in reads.items()}


def _hours(rules: Sequence[ScheduleRule], day: Interval) -> tuple[Interval, ...]:
    """Return when a resource is open on a day; without any rules all of it."""
    return open_intervals([rule.rule for rule in rules], day) if rules else (day,)


def _units(
    store: ReadStore,
    resource: Resource,
    dates: Sequence[date],
    *,
    now: datetime,
    blocked: Collection[date],
) -> dict[date, DayState]:
    if resource.scheme is not Scheme.DATED or resource.capacity is None:
        return {}
    states = day_states(store, [(resource, dates)], now=now, blocked=blocked)
    return {state.falls_on: state for state in states.values()}


def _claims(
    store: ReadStore, resources: Sequence[Resource], dates: Sequence[date], now: datetime
) -> dict[ResourceId, list[Claim]]:
    """Return what counts on each resource around some dates, blocks included.

    What a slot opened by demand keeps although nobody is in it any more is left out.
    """
    stretch = around(dates)
    overs = {
        resource.resource_id: [
            Over(key(resource.resource_id), stretch.starts_at, stretch.ends_at)
            for key in (resource_key, closure_key)
        ]
        for resource in resources
    }
    loaded = store.load([over for own in overs.values() for over in own])
    found = {
        rid: [
            claim
            for over in own
            for claim in cast("tuple[Claim, ...]", loaded[over])
            if claim.counts_at(now)
        ]
        for rid, own in overs.items()
    }
    empty = _empty_slots(store, (claim for own in found.values() for claim in own), now)
    return {rid: [one for one in own if one.owner_id not in empty] for rid, own in found.items()}


def _empty_slots(store: ReadStore, claims: Iterable[Claim], now: datetime) -> set[str]:
    """Return the slots opened by demand in which nobody is any more."""
    owners = {claim.owner_id for claim in claims if claim.owner_kind is ClaimOwner.SLOT}
    loaded = store.load([ById(Slot, owner) for owner in owners])
    slots = [
        slot
        for rows in loaded.values()
        for slot in cast("tuple[Slot, ...]", rows)
        if slot.gives_way
    ]
    used = store.used([slot_key(slot.slot_id) for slot in slots], now=now)
    return {slot.slot_id for slot in slots if used.get(slot_key(slot.slot_id), 0) == 0}
