"""Closing time: which claims use a resource then, and whose locks keep more from coming."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.domain.claims import Claim, day_key, resource_key
from holdfast.domain.intervals import Interval
from holdfast.domain.resources import Resource, Scheme
from holdfast.domain.tenants import Tenant
from holdfast.domain.zones import days_touched
from holdfast.engine.ports import ById, CounterOf, Over
from holdfast.engine.staging import zone_of
from holdfast.engine.use_cases import Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Where a resource's bookings, holds and slots are in some time, and what they lock."""

    interval: Interval
    guards: frozenset[str] = frozenset()
    counters: frozenset[str] = frozenset()
    overs: tuple[Over, ...] = ()

    def claims(self, look: Look) -> list[Claim]:
        """Return the claims that are not released, those that have lapsed included."""
        return [claim for over in self.overs for claim in look.claims_over(over.key, self.interval)]


def use_of(look: Look, resource: Resource, interval: Interval) -> Use:
    """Return how a resource is used in some time.

    Of a dated resource only the dates that somebody has counted on are locked: whoever counts on
    another for the first time locks the definition, as whoever closes the resource does.
    """
    key = resource_key(resource.resource_id)
    starts_at, ends_at = interval.starts_at, interval.ends_at
    if resource.capacity is None or resource.scheme is Scheme.INTERVAL:
        guards = frozenset() if resource.capacity is None else frozenset({key})
        return Use(interval=interval, guards=guards, overs=(Over(key, starts_at, ends_at),))
    look.want(ById(Tenant, look.tenant_id))
    here = zone_of(resource, look.get(Tenant, look.tenant_id))
    keys = [day_key(resource.resource_id, day) for day in days_touched(interval, here)]
    look.want(*(CounterOf(one) for one in keys))
    counted = [one for one in keys if look.cap_of(one) is not None]
    return Use(
        interval=interval,
        counters=frozenset(counted),
        overs=tuple(Over(one, starts_at, ends_at) for one in counted),
    )
