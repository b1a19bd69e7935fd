"""What a resource or pool offers by itself, without an offering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from holdfast.domain.ids import OfferingId
from holdfast.domain.money import Money
from holdfast.domain.offerings import Counting, Offering, OfferingStatus
from holdfast.domain.pools import Pool
from holdfast.domain.price_units import PriceUnit
from holdfast.domain.requirements import Choosing, Per, Requirement
from holdfast.domain.resources import Resource, Scheme
from holdfast.domain.shapes import Shape
from holdfast.domain.tenants import DEFAULT_HOLD_TTL, Tenant

MINUTE = timedelta(minutes=1)


def implied_offering(resource: Resource, tenant: Tenant) -> Offering:
    """Return the offering that a resource is by itself: its days, or any start and end.

    It is free of charge, needs no schedule unless the resource has one, and its party is the
    number of units. Its id is the resource's, and it is never stored.
    """
    return _implied(
        OfferingId(resource.resource_id),
        Requirement(resource_id=resource.resource_id, per=Per.PARTICIPANT),
        resource,
        tenant,
    )


def implied_by_pool(
    pool: Pool, members: Sequence[Resource], tenant: Tenant, *, party_size: int
) -> Offering:
    """Return the offering that a pool is by itself: any one of some of its members.

    It is only looked at: what is listed of it can be booked on one of the members. As many such
    parties remain as its members have room for.
    """
    zones = {one.zone for one in members}
    offering = _implied(
        OfferingId(pool.pool_id),
        Requirement(
            resource_ids=tuple(one.resource_id for one in members),
            choosing=Choosing.ANY_OF,
            quantity=party_size,
        ),
        members[0],
        tenant,
    )
    return replace(
        offering,
        name=pool.name,
        description=pool.description,
        kind=pool.kind,
        zone=members[0].zone if len(zones) == 1 else None,
        shape=Shape.DAYS if all(one.scheme is Scheme.DATED for one in members) else Shape.FREE,
    )


def _implied(
    offering_id: OfferingId, requirement: Requirement, resource: Resource, tenant: Tenant
) -> Offering:
    return Offering(
        offering_id=offering_id,
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
        requirements=(requirement,),
        zone=resource.zone,
        sort_order=0,
        status=OfferingStatus.ACTIVE,
        created_at=resource.created_at,
        deleted_at=None,
        version=resource.version,
        shape=Shape.DAYS if resource.scheme is Scheme.DATED else Shape.FREE,
        is_always_open=True,
    )
