"""Asking: what of an offering or resource is looked at, when, and for whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from holdfast.domain.access import Actor, Scope
from holdfast.domain.errors import InputInvalid, RecordNotFound
from holdfast.domain.ids import OfferingId, ResourceId
from holdfast.domain.implied import implied_offering
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, Interval
from holdfast.domain.listing import WINDOW_DAYS_MAX, Asked
from holdfast.domain.offerings import Offering, OfferingStatus
from holdfast.domain.resources import CAPACITY_MAX, Resource, ResourceStatus
from holdfast.domain.scenes import Scene, candidate_ids, requirements_of
from holdfast.domain.shapes import DATES_MAX, Shape
from holdfast.domain.tenants import Tenant
from holdfast.domain.zones import MINUTES_PER_DAY, instant_of, zone
from holdfast.engine.choosing import PICKS_MAX
from holdfast.engine.ports import ReadStore
from holdfast.engine.reading import get

DEFAULT_WINDOW = timedelta(days=7)
_TOO_LONG = f"Ask for at most {WINDOW_DAYS_MAX} days at a time."


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityQuery:
    """What of an offering, or of a resource by itself, to list, by default for seven days.

    Attributes:
        starts_at, ends_at: The window, as instants; or else:
        first_on, last_on: The window, as local dates of the offering, the last one included.
        date_count: For how many days or nights; None is as few as the offering takes.
        length: For how long, of free start and end; None is as short as the offering takes.
        picks: Resources asked for by name.
        components: The chosen parts of the offering.
    """

    offering_id: OfferingId | None = None
    resource_id: ResourceId | None = None
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
    is_dated = offering.shape in {Shape.DAYS, Shape.NIGHTS}
    if query.date_count is not None and not is_dated:
        message = f"'{offering.name}' is not booked by days or nights."
        raise InputInvalid.at("/date_count", "wrong_form", message)
    if query.length is not None and offering.shape is not Shape.FREE:
        message = f"'{offering.name}' is not booked with a free start and end."
        raise InputInvalid.at("/length_minutes", "wrong_form", message)


def require_known(scene: Scene, picks: Sequence[ResourceId], components: Sequence[str]) -> None:
    """Refuse resources and components that the offering has not, as a booking would.

    Raises:
        InputInvalid: One is unknown.
    """
    offering = scene.offering
    known = {component.key for component in offering.components}
    for i, key in enumerate(components):
        if key not in known:
            message = f"'{offering.name}' has no component '{key}'. Choose among {sorted(known)}."
            raise InputInvalid.at(f"/components/{i}", "unknown_component", message)
    serving = {
        resource_id
        for requirement in requirements_of(offering, components)
        for resource_id in candidate_ids(requirement, scene.members)
    }
    for i, resource_id in enumerate(picks):
        if resource_id not in serving:
            message = f"'{resource_id}' does not serve '{offering.name}'."
            raise InputInvalid.at(f"/resource_ids/{i}", "unknown_resource", message)


def offering_of(
    store: ReadStore, actor: Actor, tenant: Tenant, query: AvailabilityQuery
) -> Offering:
    """Return the offering that is asked about, or what a resource is by itself.

    Raises:
        InputInvalid: Neither or both are named.
        RecordNotFound: There is none, or the public may not book it alone.
    """
    if (query.offering_id is None) is (query.resource_id is None):
        message = "Say what to look at: an offering_id or a resource_id."
        raise InputInvalid.at("/offering_id", "missing", message)
    if query.offering_id is not None:
        offering = get(store, Offering, query.offering_id)
        if offering.status is OfferingStatus.DELETED:
            raise RecordNotFound(kind="offering", key=query.offering_id)
        return offering
    resource_id = query.resource_id or ""
    resource = get(store, Resource, resource_id)
    is_theirs = resource.is_bookable_alone or Scope.BOOKINGS_READ in actor.scopes
    if resource.status is ResourceStatus.DELETED or not is_theirs:
        raise RecordNotFound(kind="resource", key=resource_id)
    return implied_offering(resource, tenant)


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
