"""The agenda: everything that stands in some days of a business, by resource, for its staff."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TypeVar, cast

from holdfast.domain.access import Actor, Scope
from holdfast.domain.blocks import Block, BlockStatus
from holdfast.domain.bookings import KEEPING, Booking, BookingStatus
from holdfast.domain.claims import Claim, ClaimOwner, day_key, resource_key
from holdfast.domain.errors import InputInvalid
from holdfast.domain.holds import Hold, HoldStatus
from holdfast.domain.ids import BookingId, CategoryId, OfferingId, ResourceId, SlotId
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, Interval
from holdfast.domain.offerings import Offering, OfferingStatus
from holdfast.domain.resources import Resource, ResourceStatus, Scheme
from holdfast.domain.rules import ScheduleRule
from holdfast.domain.schedules import TooManySlots, open_intervals
from holdfast.domain.slots import Slot, SlotStatus
from holdfast.domain.tenants import Tenant
from holdfast.domain.zones import SkippedDay, Zone, day_interval, days_touched, local_day, zone
from holdfast.engine.ports import ById, Comparison, Filter, Listing, Over, ReadStore, Where
from holdfast.engine.reading import get
from holdfast.engine.staging import zone_of

AGENDA_DAYS_MAX = 42
"""Six weeks: what a month's page shows."""

AGENDA_ROWS_MAX = 5_000
"""So many bookings, holds, slots or blocks are shown at once, of each the earliest."""

# Whole days, in whatever zone.
FIRST_DAY = FIRST_INSTANT.date() + timedelta(days=1)
LAST_DAY = LAST_INSTANT.date() - timedelta(days=2)
# Whoever began so long before the window is found by start; whoever began earlier, by claims.
_BEFORE = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)
_SHOWN = (ResourceStatus.ACTIVE, ResourceStatus.INACTIVE)
_SHOWN_SLOTS = (SlotStatus.OPEN, SlotStatus.BLOCKED, SlotStatus.PAST)

R = TypeVar("R", Booking, Hold, Slot, Block)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaQuery:
    """Which days, both included, and what of them; what is not given does not limit.

    Attributes:
        first_on: The first local day of the business; by default today.
        last_on: The last one; by default the first.
        statuses: Of bookings; by default those that keep their places.
    """

    first_on: date | None = None
    last_on: date | None = None
    resource_ids: tuple[ResourceId, ...] = ()
    category_id: CategoryId | None = None
    offering_id: OfferingId | None = None
    statuses: tuple[BookingStatus, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaSlot:
    """A slot that is stored, with how many of its places are taken, and the rooms it takes."""

    slot: Slot
    taken: int
    resource_ids: tuple[ResourceId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda:
    """What stands in some days of a business.

    Attributes:
        interval: The days, as instants.
        zone: The business's zone, in which they are days.
        resources: What is not deleted, in order; of a filter, those that pass it.
        hours: When each of them is open within the days; all of them where it has no hours.
        offerings: All that are not deleted, and what else is named here, by id.
        is_cut: Whether there is more than is shown; ask for fewer days.
    """

    first_on: date
    last_on: date
    interval: Interval
    zone: str
    resources: tuple[Resource, ...]
    hours: Mapping[ResourceId, tuple[Interval, ...]]
    offerings: Mapping[str, Offering]
    bookings: tuple[Booking, ...]
    holds: tuple[Hold, ...]
    slots: tuple[AgendaSlot, ...]
    blocks: tuple[Block, ...]
    is_cut: bool


@dataclass(slots=True, kw_only=True)
class _Ground:
    """What the days are looked at on."""

    store: ReadStore
    query: AgendaQuery
    tenant: Tenant
    now: datetime
    interval: Interval
    resources: list[Resource]
    is_cut: bool = False
    kept: frozenset[str] = field(default=frozenset())

    @property
    def is_narrowed(self) -> bool:
        """Whether only some resources are asked for."""
        return bool(self.query.resource_ids) or self.query.category_id is not None

    def serves(self, ids: Iterable[str]) -> bool:
        """Whether something of some resources is asked for."""
        return not self.is_narrowed or not self.kept.isdisjoint(ids)

    def page(self, kind: type[R], filters: Sequence[Filter], order_by: str) -> list[R]:
        """Return the first rows that pass some filters; note whether there are more."""
        listing = Listing(
            kind=kind, filters=tuple(filters), order_by=order_by, limit=AGENDA_ROWS_MAX + 1
        )
        found = cast("list[R]", self.store.page(listing))
        self.is_cut = self.is_cut or len(found) > AGENDA_ROWS_MAX
        return found[:AGENDA_ROWS_MAX]


def agenda_of(store: ReadStore, *, tenant_id: str, actor: Actor, query: AgendaQuery) -> Agenda:
    """Return what stands in some days, in as many statements whatever there is.

    Raises:
        AccessDenied: The actor may not look.
        InputInvalid: The days are reversed, too many, or outside the calendar.
    """
    actor.require(Scope.BOOKINGS_READ)
    tenant = get(store, Tenant, tenant_id)
    now = store.now()
    here = zone(tenant.zone)
    first = query.first_on or local_day(now, here)
    last = query.last_on or first
    _require_bounded(first, last)
    interval = _days_as_instants(first, last, here)
    resources, offerings, rules = _catalogue(store)
    ground = _Ground(
        store=store, query=query, tenant=tenant, now=now, interval=interval, resources=resources
    )
    chosen = [one for one in resources if _is_asked(one, query)]
    ground.kept = frozenset(one.resource_id for one in chosen)
    claims = _claims(ground)
    bookings, slots = _booked(ground, claims, offerings)
    return Agenda(
        first_on=first,
        last_on=last,
        interval=interval,
        zone=tenant.zone,
        resources=tuple(chosen),
        hours={one.resource_id: _hours(rules[one.resource_id], interval) for one in chosen},
        offerings=offerings,
        bookings=tuple(bookings),
        holds=tuple(_holds(ground)),
        slots=tuple(slots),
        blocks=tuple(_blocks(ground)),
        is_cut=ground.is_cut,
    )


def _require_bounded(first: date, last: date) -> None:
    if last < first:
        raise InputInvalid.at("/to", "reversed", "The last day comes after the first, or is it.")
    if first < FIRST_DAY or last > LAST_DAY:
        message = f"Days lie between {FIRST_DAY.isoformat()} and {LAST_DAY.isoformat()}."
        raise InputInvalid.at("/from", "out_of_range", message)
    if (last - first).days >= AGENDA_DAYS_MAX:
        message = f"At most {AGENDA_DAYS_MAX} days are shown at once. Ask for fewer."
        raise InputInvalid.at("/to", "too_many", message)


def _days_as_instants(first: date, last: date, here: Zone) -> Interval:
    """Return the time of some days. A day that the zone never had is the one after it."""
    return Interval(
        starts_at=_day_or_next(first, here).starts_at, ends_at=_day_or_next(last, here).ends_at
    )


def _day_or_next(day: date, here: Zone) -> Interval:
    try:
        return day_interval(day, here)
    except SkippedDay:
        return day_interval(day + timedelta(days=1), here)


def _catalogue(
    store: ReadStore,
) -> tuple[list[Resource], dict[str, Offering], dict[str, list[ScheduleRule]]]:
    """Return the resources in order, the offerings by id, and everybody's rules by owner."""
    resource_reads = [Where(Resource, "status", status.value) for status in _SHOWN]
    offering_reads = [
        Where(Offering, "status", status.value)
        for status in OfferingStatus
        if status is not OfferingStatus.DELETED
    ]
    loaded = store.load([*resource_reads, *offering_reads])
    resources = [cast("Resource", row) for read in resource_reads for row in loaded[read]]
    resources.sort(key=lambda one: (one.sort_order, one.name, one.resource_id))
    offerings = [cast("Offering", row) for read in offering_reads for row in loaded[read]]
    reads = {one.resource_id: Where(ScheduleRule, "owner_id", one.resource_id) for one in resources}
    found = store.load(list(reads.values()))
    rules: dict[str, list[ScheduleRule]] = {
        rid: cast("list[ScheduleRule]", list(found[read])) for rid, read in reads.items()
    }
    return resources, {one.offering_id: one for one in offerings}, rules


def _is_asked(resource: Resource, query: AgendaQuery) -> bool:
    if query.resource_ids and resource.resource_id not in query.resource_ids:
        return False
    return query.category_id is None or resource.category_id == query.category_id


def _hours(rules: Sequence[ScheduleRule], window: Interval) -> tuple[Interval, ...]:
    if not rules:
        return (window,)
    try:
        return open_intervals([rule.rule for rule in rules], window)
    except TooManySlots:
        return (window,)


def _claims(ground: _Ground) -> list[Claim]:
    """Return the claims on the resources: of dated ones, those of the first day.

    They say which room a slot takes, and who began before the window.
    """
    window = ground.interval
    overs: list[Over] = []
    for resource in ground.resources:
        if resource.capacity is None or resource.scheme is Scheme.INTERVAL:
            overs.append(Over(resource_key(resource.resource_id), window.starts_at, window.ends_at))
            continue
        opening = Interval(starts_at=window.starts_at, ends_at=window.starts_at + _MICROSECOND)
        overs += [
            Over(day_key(resource.resource_id, day), window.starts_at, window.ends_at)
            for day in days_touched(opening, zone_of(resource, ground.tenant))
        ]
    loaded = ground.store.load(overs)
    return [claim for over in overs for claim in cast("tuple[Claim, ...]", loaded[over])]


def _booked(
    ground: _Ground, claims: Sequence[Claim], offerings: Mapping[str, Offering]
) -> tuple[list[Booking], list[AgendaSlot]]:
    window, query = ground.interval, ground.query
    statuses = query.statuses or tuple(sorted(KEEPING))
    since = [
        Filter("starts_at", Comparison.AT_LEAST, max(window.starts_at - _BEFORE, FIRST_INSTANT)),
        Filter("starts_at", Comparison.BELOW, window.ends_at),
    ]
    filters = [*since, Filter("status", Comparison.ONE_OF, statuses)]
    if query.offering_id is not None:
        filters.append(Filter("offering_id", Comparison.EQUAL, query.offering_id))
    bookings = {one.booking_id: one for one in ground.page(Booking, filters, "starts_at")}
    asked = [query.offering_id] if query.offering_id else list(offerings)
    slots = {
        one.slot_id: one
        for one in ground.page(
            Slot,
            [
                Filter("offering_id", Comparison.ONE_OF, asked),
                *since,
                Filter("status", Comparison.ONE_OF, _SHOWN_SLOTS),
            ],
            "starts_at",
        )
    }
    _add_earlier(ground, claims, bookings, slots, statuses)
    rooms: dict[str, list[ResourceId]] = {}
    for claim in claims:
        if claim.owner_kind is ClaimOwner.SLOT and claim.resource_id is not None:
            rooms.setdefault(claim.owner_id, []).append(claim.resource_id)
    return (
        _in_order(one for one in bookings.values() if _is_shown(ground, one)),
        _counted(ground, slots.values(), rooms, bookings.values()),
    )


def _add_earlier(
    ground: _Ground,
    claims: Sequence[Claim],
    bookings: dict[BookingId, Booking],
    slots: dict[SlotId, Slot],
    statuses: Collection[BookingStatus],
) -> None:
    """Add who began long before the window and is still there."""
    owners = {(claim.owner_kind, claim.owner_id) for claim in claims}
    reads = [
        *(ById(Booking, rid) for kind, rid in owners if kind is ClaimOwner.BOOKING),
        *(ById(Slot, rid) for kind, rid in owners if kind is ClaimOwner.SLOT),
    ]
    missing = [read for read in reads if read.record_id not in bookings | slots]
    for rows in ground.store.load(missing).values():
        for row in rows:
            wanted = ground.query.offering_id
            if wanted is not None and getattr(row, "offering_id", None) != wanted:
                continue
            if isinstance(row, Booking) and row.status in statuses:
                bookings[row.booking_id] = row
            elif isinstance(row, Slot) and row.status in _SHOWN_SLOTS:
                slots[row.slot_id] = row


def _is_shown(ground: _Ground, taken: Booking | Hold) -> bool:
    ids: set[str] = {one.resource_id for one in taken.assigned}
    if taken.resource_id is not None:
        ids.add(taken.resource_id)
    return _touches(ground, taken) and ground.serves(ids)


def _counted(
    ground: _Ground,
    slots: Iterable[Slot],
    rooms: Mapping[str, Sequence[ResourceId]],
    bookings: Iterable[Booking],
) -> list[AgendaSlot]:
    """Return slots with how many are in them: as is counted, or else as is booked."""
    shown = [
        one for one in slots if _touches(ground, one) and ground.serves(rooms.get(one.slot_id, ()))
    ]
    used = ground.store.used([key for one in shown for key in one.counter_keys], now=ground.now)
    parties = Counter[str]()
    for booking in bookings:
        parties[booking.slot_id or ""] += booking.party_size
    return [
        AgendaSlot(
            slot=one,
            taken=_used(one, used, parties[one.slot_id]),
            resource_ids=tuple(sorted(set(rooms.get(one.slot_id, ())))),
        )
        for one in _in_order(shown)
    ]


def _used(slot: Slot, used: Mapping[str, int], booked: int) -> int:
    counted = [used[key] for key in slot.counter_keys if key in used]
    return sum(counted) if counted else booked


def _holds(ground: _Ground) -> list[Hold]:
    """Return what is being kept now."""
    if ground.query.statuses:
        return []
    found = ground.page(
        Hold,
        [
            Filter("status", Comparison.EQUAL, HoldStatus.ACTIVE),
            Filter("expires_at", Comparison.AT_LEAST, ground.now + _MICROSECOND),
        ],
        "expires_at",
    )
    wanted = ground.query.offering_id
    return _in_order(
        one
        for one in found
        if (wanted is None or one.offering_id == wanted) and _is_shown(ground, one)
    )


def _blocks(ground: _Ground) -> list[Block]:
    filters = [
        Filter("status", Comparison.EQUAL, BlockStatus.ACTIVE),
        Filter("resource_id", Comparison.ONE_OF, tuple(sorted(ground.kept))),
        Filter("ends_at", Comparison.AT_LEAST, ground.interval.starts_at + _MICROSECOND),
        Filter("starts_at", Comparison.BELOW, ground.interval.ends_at),
    ]
    return ground.page(Block, filters, "starts_at")


def _touches(ground: _Ground, one: Booking | Hold | Slot) -> bool:
    window = ground.interval
    return one.starts_at < window.ends_at and one.ends_at > window.starts_at


def _in_order(rows: Iterable[R]) -> list[R]:
    return sorted(rows, key=lambda one: (one.starts_at, one.ends_at, one.created_at))
