"""Policies in force: what each level says in all, and the one policy that comes of it.

A level says a part of its policy in fields of its own, which are older than policies: an offering
its notice and buffers, a business its horizon. A field that has its usual value says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from holdfast.domain import checks
from holdfast.domain.checks import Fault
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, Interval
from holdfast.domain.offerings import Offering
from holdfast.domain.policies import (
    NOTHING_SAID,
    Delay,
    Policy,
    effective_policy,
    first_said,
    policy_faults,
)
from holdfast.domain.policy_presets import PRESETS, PolicyPreset
from holdfast.domain.resources import Resource
from holdfast.domain.tenants import Tenant

_NO_TIME = timedelta(0)


def word_of_tenant(tenant: Tenant) -> Policy:
    """Return what a business says: always a notice and a horizon."""
    return replace(tenant.policy, **_fields_of_tenant(tenant))


def word_of_resource(resource: Resource) -> Policy:
    """Return what a resource says. The parties that it serves are not policy but its nature."""
    return _with(resource.policy, _fields_of_resource(resource))


def word_of_offering(offering: Offering) -> Policy:
    """Return what an offering says."""
    return _with(offering.policy, _fields_of_offering(offering))


def _fields_of(level: Tenant | Resource | Offering) -> dict[str, Any]:
    match level:
        case Tenant():
            return _fields_of_tenant(level)
        case Resource():
            return _fields_of_resource(level)
        case Offering():
            return _fields_of_offering(level)


def _with(policy: Policy, said: dict[str, Any]) -> Policy:
    said = {name: value for name, value in said.items() if value is not None}
    return replace(policy, **said) if said else policy


def _fields_of_tenant(tenant: Tenant) -> dict[str, Any]:
    return {"notice": tenant.notice, "horizon_days": tenant.horizon_days}


def _fields_of_resource(resource: Resource) -> dict[str, Any]:
    return {
        "notice": resource.notice,
        "horizon_days": resource.horizon_days,
        "buffer_before": resource.buffer_before,
        "buffer_after": resource.buffer_after,
    }


def _fields_of_offering(offering: Offering) -> dict[str, Any]:
    delay, ttl = offering.confirm_delay, offering.pending_ttl
    return {
        "notice": offering.notice,
        "horizon_days": offering.horizon_days,
        "buffer_before": offering.buffer_before or None,
        "buffer_after": offering.buffer_after or None,
        "party_min": None if offering.party_min == 1 else offering.party_min,
        "party_max": offering.party_max,
        "is_approved_by_hand": offering.is_approved_by_hand or None,
        "confirms": None if delay is None else Delay(after=delay),
        "pending_expires": None if ttl is None else Delay(after=ttl),
    }


def policy_in_force(
    tenant: Tenant, offering: Offering, resources: Iterable[Resource] = ()
) -> Policy:
    """Return the one policy that counts for an offering on the resources that serve it."""
    return effective_policy(
        tenant=word_of_tenant(tenant),
        resources=[word_of_resource(resource) for resource in resources],
        offering=word_of_offering(offering),
    )


def words_of(
    tenant: Tenant, resources: Iterable[Resource], offerings: Iterable[Offering]
) -> list[Policy]:
    """Return all that is said: nothing that counts anywhere is beyond the strictest of it."""
    said = [word_of_tenant(tenant), *(word_of_offering(one) for one in offerings)]
    return said + [word_of_resource(one) for one in resources if not says_nothing(one)]


def farthest_horizon(tenant: Tenant, resources: Iterable[Resource], offering: Offering) -> int:
    """Return how many days ahead an offering may be booked at most, whoever serves."""
    own = word_of_offering(offering).horizon_days
    if own is not None:
        return own
    words = words_of(tenant, resources, [offering])
    return max(word.horizon_days or 0 for word in words)


def says_nothing(resource: Resource) -> bool:
    """Whether a resource leaves everything to its offerings and its business."""
    fields = _fields_of_resource(resource).values()
    return resource.policy == NOTHING_SAID and all(value is None for value in fields)


def padded(policies: Iterable[Policy], interval: Interval) -> Interval:
    """Return a time with the longest of some policies' buffers around it.

    At the ends of the calendar there is nothing for a buffer to keep free.
    """
    before, after = _NO_TIME, _NO_TIME
    for policy in policies:
        before = max(before, policy.buffer_before or _NO_TIME)
        after = max(after, policy.buffer_after or _NO_TIME)
    if not before and not after:
        return interval
    return Interval(
        starts_at=max(interval.starts_at - before, FIRST_INSTANT),
        ends_at=min(interval.ends_at + after, LAST_INSTANT),
    )


def with_preset(level: Resource | Offering, preset: PolicyPreset | None) -> Policy:
    """Return what a level says, and what its preset says of what it leaves open itself."""
    if preset is None:
        return level.policy
    said = [name for name, value in _fields_of(level).items() if value is not None]
    usual: dict[str, Any] = {name: getattr(NOTHING_SAID, name) for name in said}
    return first_said(level.policy, replace(PRESETS[preset], **usual))


def policy_faults_of(level: Tenant | Resource | Offering) -> list[Fault]:
    """List what is wrong with the policy of a level, and where its own fields contradict it."""
    found = policy_faults(level.policy)
    for name, value in _fields_of(level).items():
        said = getattr(level.policy, name)
        if said is not None and value is not None and said != value:
            message = f"The field '{name}' says something else. Say it once, here or there."
            found.append(checks.fault(f"/policy/{name}", "contradicts", message))
    if isinstance(level, Resource):
        for name in ("party_min", "party_max"):
            if getattr(level.policy, name) is not None:
                message = f"Say it as the resource's own '{name}'."
                found.append(checks.fault(f"/policy/{name}", "not_allowed", message))
    if level.policy.caps and not isinstance(level, Tenant):
        message = "Only the business itself sets limits that nobody may loosen."
        found.append(checks.fault("/policy/caps", "not_allowed", message))
    return found
