"""What a resource offers by itself, when it is booked without an offering."""

from __future__ import annotations

from datetime import timedelta

from holdfast.domain.ids import OfferingId
from holdfast.domain.money import Money
from holdfast.domain.offerings import Counting, Offering, OfferingStatus
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.requirements import Per, Requirement
from holdfast.domain.resources import Resource, Scheme
from holdfast.domain.shapes import Shape
from holdfast.domain.tenants import DEFAULT_HOLD_TTL, Tenant

MINUTE = timedelta(minutes=1)


def implied_offering(resource: Resource, tenant: Tenant) -> Offering:
    """Return the offering that a resource is by itself: its days, or any start and end.

    It is free of charge, needs no schedule unless the resource has one, and its party is the
    number of units. Its id is the resource's, and it is never stored.
    """
    return Offering(
        offering_id=OfferingId(resource.resource_id),
        slug="",
        name=resource.name,
        description=resource.description,
        kind=resource.kind,
        counting=Counting.RESOURCES,
        slot_capacity=None,
        duration=MINUTE,
        slot_step=None,
        buffer_before=timedelta(0),
        buffer_after=timedelta(0),
        notice=None,
        horizon_days=None,
        party_min=1,
        party_max=None,
        hold_ttl=DEFAULT_HOLD_TTL,
        is_approved_by_hand=False,
        price=Money(amount_minor=0, currency=tenant.currency),
        price_unit=PriceUnit.BOOKING,
        requirements=(Requirement(resource_id=resource.resource_id, per=Per.PARTICIPANT),),
        zone=resource.zone,
        sort_order=0,
        status=OfferingStatus.ACTIVE,
        created_at=resource.created_at,
        deleted_at=None,
        version=resource.version,
        shape=Shape.DAYS if resource.scheme is Scheme.DATED else Shape.FREE,
        is_always_open=True,
    )
