"""Things that are booked by days, nights, free times and pools, made in a line each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TypedDict, Unpack

from holdfast.domain.bookings import Booking
from holdfast.domain.holds import Hold
from holdfast.domain.ids import OfferingId, PoolId, ResourceId
from holdfast.domain.offerings import Component, Offering
from holdfast.domain.requirements import Choosing, Requirement
from holdfast.domain.resources import Resource, Scheme
from holdfast.domain.shapes import Shape
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.offerings import AddOffering
from holdfast.engine.pools import AddPool
from holdfast.engine.resources import AddResource
from tests.engine.businesses import FOR_ADA, HOUR


class OutingFields(TypedDict, total=False):
    """What a test may want of what is booked."""

    is_approved_by_hand: bool
    pending_takes: bool
    components: tuple[Component, ...]
    buffer_after: timedelta
    dates_min: int
    dates_max: int | None
    length_min: timedelta | None
    length_max: timedelta | None
    slot_step: timedelta | None
    is_always_open: bool
    is_scattered: bool
    notice: timedelta | None
    horizon_days: int | None
    zone: str | None
    party_max: int | None


def on(day: int, month: int = 6) -> date:
    """Return a date in 2026, in June unless told otherwise."""
    return date(2026, month, day)


def add_thing(
    desk: TenantEngine,
    name: str = "Fraser",
    capacity: int | None = 1,
    *,
    scheme: Scheme = Scheme.DATED,
    zone: str | None = None,
) -> Resource:
    """Add something that is booked by dates, and by everybody, without an offering."""
    return desk.resources.add(
        AddResource(
            name=name,
            kind="thing",
            capacity=capacity,
            scheme=scheme,
            is_bookable_alone=True,
            zone=zone,
        )
    )


def add_outing(
    desk: TenantEngine,
    shape: Shape,
    *needs: Resource | Requirement,
    slug: str = "outing",
    **fields: Unpack[OutingFields],
) -> Offering:
    """Add an offering of a shape."""
    needed = tuple(
        Requirement(resource_id=need.resource_id) if isinstance(need, Resource) else need
        for need in needs
    )
    return desk.offerings.add(
        AddOffering(
            slug=slug,
            name=slug.capitalize(),
            duration=HOUR,
            shape=shape,
            requirements=needed,
            **fields,
        )
    )


def any_of(
    things: Sequence[Resource], *, role: str = "", members: int = 1, pool_id: PoolId | None = None
) -> Requirement:
    """Require any so many of several things, named one by one or as a pool."""
    ids = () if pool_id is not None else tuple(thing.resource_id for thing in things)
    return Requirement(
        resource_ids=ids, pool_id=pool_id, choosing=Choosing.ANY_OF, members=members, role=role
    )


class Region:
    """A region with setups and operators, in two pools, and missions that need one of each."""

    def __init__(
        self,
        desk: TenantEngine,
        *,
        setup_count: int = 5,
        operator_count: int = 4,
        scheme: Scheme = Scheme.DATED,
        shape: Shape = Shape.DAYS,
        **fields: Unpack[OutingFields],
    ) -> None:
        self.desk = desk
        self.setups = [
            add_thing(desk, f"Setup {number}", scheme=scheme)
            for number in range(1, setup_count + 1)
        ]
        self.operators = [
            add_thing(desk, f"Operator {number}", scheme=scheme)
            for number in range(1, operator_count + 1)
        ]
        self.setup_pool = self._pool("Setups", self.setups)
        self.operator_pool = self._pool("Operators", self.operators)
        self.mission = add_outing(
            desk,
            shape,
            any_of(self.setups, role="setup", pool_id=self.setup_pool),
            any_of(self.operators, role="operator", pool_id=self.operator_pool),
            slug="mission",
            **fields,
        )

    def _pool(self, name: str, things: Sequence[Resource]) -> PoolId:
        ids = tuple(thing.resource_id for thing in things)
        return self.desk.pools.add(AddPool(name=name, resource_ids=ids)).pool_id

    def book(self, *dates: date, components: tuple[str, ...] = (), party_size: int = 1) -> Booking:
        """Book a mission."""
        choice = by_dates(self.mission, *dates, components=components)
        return self.desk.bookings.place(choice=choice, party_size=party_size, details=FOR_ADA)


def by_dates(what: Offering | Resource, *dates: date, components: tuple[str, ...] = ()) -> Choice:
    """Choose something by dates."""
    return Choice(dates=dates, components=components, **_named(what))


def by_time(what: Offering | Resource, starts_at: datetime, ends_at: datetime) -> Choice:
    """Choose something with a free start and end."""
    return Choice(starts_at=starts_at, ends_at=ends_at, **_named(what))


class _Named(TypedDict, total=False):
    offering_id: OfferingId
    resource_id: ResourceId


def _named(what: Offering | Resource) -> _Named:
    if isinstance(what, Offering):
        return {"offering_id": what.offering_id}
    return {"resource_id": what.resource_id}


def keep(desk: TenantEngine, choice: Choice, party_size: int = 1) -> Hold:
    """Keep what is chosen."""
    return desk.holds.place(choice=choice, party_size=party_size)
