"""Asking: what of an offering or resource is looked at, when, and for whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast

from holdfast.domain.access import Actor, Scope
from holdfast.domain.errors import InputInvalid, RecordNotFound
from holdfast.domain.ids import OfferingId, PoolId, ResourceId, TenantId
from holdfast.domain.implied import implied_by_pool, implied_offering
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, Interval
from holdfast.domain.listing import WINDOW_DAYS_MAX, Asked
from holdfast.domain.offerings import Offering, OfferingStatus
from holdfast.domain.pools import Pool, PoolStatus
from holdfast.domain.resources import CAPACITY_MAX, Resource, ResourceStatus
from holdfast.domain.shapes import DATED, DATES_MAX, Shape
from holdfast.domain.tenants import Tenant
from holdfast.domain.zones import MINUTES_PER_DAY, instant_of, zone
from holdfast.engine.choosing import PICKS_MAX
from holdfast.engine.looking import Company, load_company
from holdfast.engine.ports import ById, ReadStore
from holdfast.engine.records import KINDS

DEFAULT_WINDOW = timedelta(days=7)
SUBJECTS_MAX = 50
"""How many offerings, resources and pools one question may be about."""
_TOO_LONG = f"Ask for at most {WINDOW_DAYS_MAX} days at a time."


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityQuery:
    """What of an offering, or of a resource or pool by itself, to list, by default for seven days.

    Attributes:
        pool_id: A pool: when any one of its members is free.
        starts_at, ends_at: The window, as instants; or else:
        first_on, last_on: The window, as local dates of the offering, the last one included.
        date_count: For how many days or nights; None is as few as the offering takes.
        length: For how long, of free start and end; None is as short as the offering takes.
        picks: Resources asked for by name.
        components: The chosen parts of the offering.
    """

    offering_id: OfferingId | None = None
    resource_id: ResourceId | None = None
    pool_id: PoolId | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    first_on: date | None = None
    last_on: date | None = None
    party_size: int = 1
    date_count: int | None = None
    length: timedelta | None = None
    picks: tuple[ResourceId, ...] = ()
    components: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str | None, ...]:
        """What the question is about: one of them says it."""
        return (self.offering_id, self.resource_id, self.pool_id)

    @property
    def asked(self) -> Asked:
        """What is asked of everything that is listed."""
        return Asked(
            party_size=self.party_size,
            picks=self.picks,
            components=self.components,
            date_count=self.date_count,
            length=self.length,
        )

    @property
    def stay_days(self) -> int:
        """How many days a stay that is asked for may last."""
        length = self.length.days + 1 if self.length is not None else 0
        return max(self.date_count or 0, length)


def require_party(party_size: int) -> None:
    """Refuse a party that nobody can be.

    Raises:
        InputInvalid: It is empty or larger than anything.
    """
    if not 1 <= party_size <= CAPACITY_MAX:
        message = f"A party is 1 to {CAPACITY_MAX} guests."
        raise InputInvalid.at("/party_size", "out_of_range", message)


def require_sizes(query: AvailabilityQuery) -> None:
    """Refuse numbers that mean nothing.

    Raises:
        InputInvalid: The party, the number of dates or the length is.
    """
    require_party(query.party_size)
    if query.date_count is not None and not 1 <= query.date_count <= DATES_MAX:
        message = f"Ask for 1 to {DATES_MAX} days or nights."
        raise InputInvalid.at("/date_count", "out_of_range", message)
    if query.length is not None and not timedelta(0) < query.length <= timedelta(days=DATES_MAX):
        message = "A length is positive and at most a year."
        raise InputInvalid.at("/length_minutes", "out_of_range", message)
    if len(query.picks) > PICKS_MAX:
        message = f"Name at most {PICKS_MAX} resources."
        raise InputInvalid.at("/resource_ids", "too_many", message)


def require_form(offering: Offering, query: AvailabilityQuery) -> None:
    """Refuse to be asked for what the offering's form has not.

    Raises:
        InputInvalid: It is a number of dates without days or nights, or a length without free ends.
    """
    is_dated = offering.shape in DATED
    if query.date_count is not None and not is_dated:
        message = f"'{offering.name}' is not booked by days or nights."
        raise InputInvalid.at("/date_count", "wrong_form", message)
    if query.length is not None and offering.shape is not Shape.FREE:
        message = f"'{offering.name}' is not booked with a free start and end."
        raise InputInvalid.at("/length_minutes", "wrong_form", message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """What some questions are about, in their order, and who may serve it."""

    tenant: Tenant
    offerings: tuple[Offering, ...]
    company: Company
    now: datetime


def subjects_of(
    store: ReadStore, *, tenant_id: TenantId, actor: Actor, queries: Sequence[AvailabilityQuery]
) -> Subjects:
    """Find the offerings that are asked about, or what resources and pools are by themselves.

    Raises:
        AccessDenied: The actor may not look.
        InputInvalid: A question is malformed, or names nothing or two things.
        RecordNotFound: There is none of them, or the public may not book it alone.
    """
    actor.require(Scope.AVAILABILITY_READ)
    for query in queries:
        require_sizes(query)
        if sum(one is not None for one in query.names) != 1:
            message = "Say what to look at: an offering_id, a resource_id or a pool_id."
            raise InputInvalid.at("/offering_id", "missing", message)
    reads = [_read_of(query) for query in queries]
    found = store.load([ById(Tenant, tenant_id), *reads])
    tenant = cast("Tenant", found[ById(Tenant, tenant_id)][0])
    is_staff = Scope.BOOKINGS_READ in actor.scopes
    records = [_visible(read, found[read], is_staff=is_staff) for read in reads]
    pools = [one for one in records if isinstance(one, Pool)]
    company = load_company(
        store,
        tenant=tenant,
        offerings=[
            implied_offering(one, tenant) if isinstance(one, Resource) else one
            for one in records
            if not isinstance(one, Pool)
        ],
        known=[one for one in records if isinstance(one, Resource)],
        pools=pools,
    )
    offerings = tuple(
        _offering_of(one, company, query, is_staff=is_staff)
        for one, query in zip(records, queries, strict=True)
    )
    for offering, query in zip(offerings, queries, strict=True):
        require_form(offering, query)
    return Subjects(tenant=tenant, offerings=offerings, company=company, now=store.now())


def _read_of(query: AvailabilityQuery) -> ById:
    if query.offering_id is not None:
        return ById(Offering, query.offering_id)
    if query.resource_id is not None:
        return ById(Resource, query.resource_id)
    return ById(Pool, query.pool_id or "")


def _visible(read: ById, rows: tuple[object, ...], *, is_staff: bool) -> Offering | Resource | Pool:
    """Return the record that was read, unless it is not there for whoever asks."""
    record = rows[0] if rows else None
    match record:
        case Offering(status=status) if status is not OfferingStatus.DELETED:
            return record
        case Resource(status=status, is_bookable_alone=is_alone) if (
            status is not ResourceStatus.DELETED and (is_alone or is_staff)
        ):
            return record
        case Pool(status=status) if status is not PoolStatus.DELETED:
            return record
    raise RecordNotFound(kind=KINDS[read.kind].name, key=read.record_id)


def _offering_of(
    record: Offering | Resource | Pool,
    company: Company,
    query: AvailabilityQuery,
    *,
    is_staff: bool,
) -> Offering:
    if isinstance(record, Offering):
        return record
    if isinstance(record, Resource):
        return implied_offering(record, company.tenant)
    members = [
        one
        for resource_id in record.resource_ids
        if (one := company.resources.get(resource_id)) is not None
        and one.status is not ResourceStatus.DELETED
        and (one.is_bookable_alone or is_staff)
    ]
    if not members:
        # For the public it is not there: its members are booked by offerings.
        raise RecordNotFound(kind="pool", key=record.pool_id)
    return implied_by_pool(record, members, company.tenant, party_size=query.party_size)


def window_of(query: AvailabilityQuery, *, zone_name: str, now: datetime) -> Interval:
    """Return the window that is asked about, by default seven days from now.

    Raises:
        InputInvalid: It is reversed, longer than 400 days, or said in two ways.
    """
    starts_at, ends_at = query.starts_at, query.ends_at
    if query.first_on is not None or query.last_on is not None:
        if starts_at is not None or ends_at is not None:
            message = "Say the window as instants, or as dates."
            raise InputInvalid.at("/first_on", "two_forms", message)
        starts_at, ends_at = _bounds(query, zone_name)
    starts_at = now if starts_at is None else starts_at
    ends_at = starts_at + DEFAULT_WINDOW if ends_at is None else ends_at
    pointer = "/to" if query.last_on is None else "/last_on"
    if not FIRST_INSTANT <= starts_at < ends_at <= LAST_INSTANT:
        message = "The window has to end after it starts."
        raise InputInvalid.at(pointer, "reversed", message)
    if query.last_on is None and ends_at - starts_at > timedelta(days=WINDOW_DAYS_MAX):
        raise InputInvalid.at(pointer, "too_long", _TOO_LONG)
    return Interval(starts_at=starts_at, ends_at=ends_at)


def _bounds(query: AvailabilityQuery, zone_name: str) -> tuple[datetime, datetime | None]:
    """The first instant of the first date, and the first one after the last date."""
    here = zone(zone_name)
    first, last = query.first_on, query.last_on
    if first is None:
        message = "A last date needs a first one: give first_on too."
        raise InputInvalid.at("/first_on", "missing", message)
    if last is not None and (last - first).days >= WINDOW_DAYS_MAX:
        raise InputInvalid.at("/last_on", "too_long", _TOO_LONG)
    try:
        starts_at = instant_of(first, 0, here, gap="forward")
        if last is None:
            return starts_at, None
        return starts_at, instant_of(last, MINUTES_PER_DAY, here, gap="forward")
    except ValueError:
        message = "The dates have to lie within the calendar."
        raise InputInvalid.at("/first_on", "out_of_range", message) from None
