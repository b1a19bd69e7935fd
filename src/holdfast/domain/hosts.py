"""Hosts: the owners of several resources, who may be busy on another one of them.

A policy's `on_host_conflict` says what that means for a request. Whether an owner is busy is told
from the claims on their other resources that are counted by interval; a block closes a resource,
and keeps nobody busy.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable
from datetime import datetime

from holdfast.domain.claims import Claim, ClaimOwner, Taking, resource_key
from holdfast.domain.ids import ResourceId
from holdfast.domain.intervals import Interval
from holdfast.domain.offerings import Offering
from holdfast.domain.policies import HostConflict
from holdfast.domain.resources import Resource, Scheme
from holdfast.domain.tenants import Tenant


def host_conflict_of(tenant: Tenant, offering: Offering, resource: Resource) -> HostConflict:
    """Return what happens to an offering on a resource whose owner is busy elsewhere."""
    # As policies are said: the offering's word counts before the resource's and the tenant's.
    said = (level.policy.on_host_conflict for level in (offering, resource, tenant))
    return next((word for word in said if word is not None), HostConflict.ALLOW_OVERLAP)


def hosts_of(tenant: Tenant, offering: Offering, resources: Iterable[Resource]) -> set[str]:
    """Return the owners of some resources of whom it matters whether they are busy elsewhere."""
    return {
        one.owner_id
        for one in resources
        if one.owner_id is not None
        and host_conflict_of(tenant, offering, one) is not HostConflict.ALLOW_OVERLAP
    }


def keeps_busy(resource: Resource) -> bool:
    """Whether what is booked on a resource keeps its owner busy: it has a guard to look under."""
    return resource.capacity is not None and resource.scheme is Scheme.INTERVAL


class HostIndex:
    """On which of their resources an owner is busy at any time, found by halving."""

    __slots__ = ("_busy", "_claims", "_edges", "_owners")

    def __init__(self, claims: Iterable[Claim | Taking]) -> None:
        self._claims = [one for one in claims if one.owner_kind is not ClaimOwner.BLOCK]
        self._owners = {claim.owner_id for claim in self._claims}
        changes: dict[datetime, list[tuple[str, int]]] = {}
        for claim in self._claims:
            changes.setdefault(claim.starts_at, []).append((claim.key, 1))
            changes.setdefault(claim.ends_at, []).append((claim.key, -1))
        # From each edge to the next one the owner is busy on these.
        self._edges = sorted(changes)
        self._busy: list[frozenset[str]] = []
        counts: dict[str, int] = {}
        for edge in self._edges:
            for key, change in changes[edge]:
                counts[key] = counts.get(key, 0) + change
            self._busy.append(frozenset(one for one, count in counts.items() if count))

    def is_busy(
        self, interval: Interval, *, but_on: ResourceId, without: Collection[str] = ()
    ) -> bool:
        """Whether the owner is busy on another resource, not counting the claims of some owners."""
        own = resource_key(but_on)
        if not self._owners.isdisjoint(without):
            return any(
                one.key != own
                and one.owner_id not in without
                and one.starts_at < interval.ends_at
                and one.ends_at > interval.starts_at
                for one in self._claims
            )
        first = max(0, bisect_right(self._edges, interval.starts_at) - 1)
        last = bisect_left(self._edges, interval.ends_at)
        return any(busy - {own} for busy in self._busy[first:last])
