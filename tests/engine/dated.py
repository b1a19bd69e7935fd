"""Businesses that let by the day: a dated resource, an offering of days, and bookings of dates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from holdfast.domain.bookings import Booking
from holdfast.domain.offerings import Offering
from holdfast.domain.overrides import Override
from holdfast.domain.requirements import Per, Requirement
from holdfast.domain.resources import Resource, Scheme
from holdfast.domain.shapes import Shape
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.making import Details
from holdfast.engine.offerings import AddOffering
from holdfast.engine.resources import AddResource
from tests.engine.businesses import FOR_ADA

FIRST_JUNE = date(2026, 6, 1)


def day(number: int) -> date:
    """Return the day so many days after Monday, 1 June 2026."""
    return FIRST_JUNE + timedelta(days=number)


def days(*numbers: int) -> tuple[date, ...]:
    """Return several days, each so many after 1 June 2026."""
    return tuple(day(number) for number in numbers)


def add_dated(
    desk: TenantEngine, name: str = "Bikes", capacity: int | None = 5, zone: str | None = None
) -> Resource:
    """Add something that is counted by local dates."""
    return desk.resources.add(
        AddResource(name=name, kind="bike", capacity=capacity, scheme=Scheme.DATED, zone=zone)
    )


def add_rental(desk: TenantEngine, resource: Resource, slug: str = "rental") -> Offering:
    """Add an offering of days, of which each guest takes a unit."""
    return desk.offerings.add(
        AddOffering(
            slug=slug,
            name=slug.capitalize(),
            duration=timedelta(days=1),
            shape=Shape.DAYS,
            requirements=(Requirement(resource_id=resource.resource_id, per=Per.PARTICIPANT),),
        )
    )


def rent(
    desk: TenantEngine,
    offering: Offering,
    dates: Iterable[date],
    party_size: int = 1,
    *,
    details: Details = FOR_ADA,
    override: Override | None = None,
) -> Booking:
    """Book days."""
    choice = Choice(offering_id=offering.offering_id, dates=tuple(dates))
    return desk.bookings.place(
        choice=choice, party_size=party_size, details=details, override=override
    )
