"""Capping: what changing the number of units of a resource means for what is claimed already.

A resource counted by interval is judged by the peak of its claims, a dated one by each of its
counters. Below what is claimed only as over-commitment, on purpose and with a reason: the public
decides on the new capacity alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from holdfast.domain.calendars import DayCapacity, day_id_of
from holdfast.domain.capacity import beyond_cap, peak_units
from holdfast.domain.claims import Claim, resource_key
from holdfast.domain.errors import (
    AvailabilityClosed,
    CapacityExceeded,
    InputInvalid,
    RecordInUse,
)
from holdfast.domain.ids import ClaimId, ResourceId
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, Interval
from holdfast.domain.resources import CAPACITY_MAX, Resource, Scheme
from holdfast.domain.tenants import Tenant
from holdfast.domain.zones import local_day
from holdfast.engine.ports import ById
from holdfast.engine.staging import zone_of
from holdfast.engine.use_cases import Look, Needs, View

EVER = Interval(starts_at=FIRST_INSTANT, ends_at=LAST_INSTANT)


def claimed_needs(look: Look, resource: Resource) -> Needs:
    """Find what judging everything that is claimed of a resource locks and looks at.

    Its counters are locked as well: whoever books on a day that is counted already takes no other
    lock than the day's.
    """
    key = resource_key(resource.resource_id)
    look.claims_over(key, EVER)
    if resource.scheme is not Scheme.DATED:
        return Needs.of(guards=[key])
    look.get(Tenant, look.tenant_id)
    counters = _counters(look, resource.resource_id)
    look.want(*(ById(DayCapacity, _day_id(counter)) for counter in counters))
    return Needs.of(guards=[key], counters=counters)


def _counters(look: Look, resource_id: ResourceId) -> tuple[str, ...]:
    return look.counters_between(f"day:{resource_id}:", f"day:{resource_id}:9999-12-31")


def _day(counter: str) -> date:
    return date.fromisoformat(counter.rpartition(":")[2])


def _day_id(counter: str) -> str:
    _, resource_id, day = counter.split(":")
    return day_id_of(ResourceId(resource_id), date.fromisoformat(day))


def _counters_from_today(view: View, resource: Resource) -> list[str]:
    if resource.scheme is not Scheme.DATED:
        return []
    today = local_day(view.now, zone_of(resource, view.get(Tenant, view.tenant_id)))
    return [key for key in _counters(view, resource.resource_id) if _day(key) >= today]


def upcoming_claims(view: View, resource: Resource, *, now: datetime) -> list[Claim]:
    """Return the claims under a resource's own key that count and are not over yet."""
    key = resource_key(resource.resource_id)
    return [
        claim
        for claim in view.claims_over(key, EVER)
        if claim.counts_at(now) and claim.ends_at > now
    ]


ALL_THE_SAME = "Give more, or say may_be_over with a reason."
"""What staff may do whose capacity is refused, being below what is taken."""


DELETE_ALL_THE_SAME = "To delete it all the same, use force: its bookings then stay."


def require_unused(view: View, resource: Resource, *, instead: str = "", now: datetime) -> None:
    """Refuse while anything upcoming is claimed of a resource; `instead` is what else may be done.

    Raises:
        RecordInUse: Something is.
    """
    upcoming = len(upcoming_claims(view, resource, now=now))
    # Of dates the units are counted, not the claims.
    upcoming += sum(view.counter(key).used for key in _counters_from_today(view, resource))
    if upcoming:
        said = f"{upcoming} upcoming claim(s) are on {resource.name}. Cancel or move them first."
        message = f"{said} {instead}".rstrip()
        raise RecordInUse(message, kind="resource", key=resource.resource_id, upcoming=upcoming)


def recap(
    view: View,
    resource: Resource,
    capacity: int | None,
    *,
    may_be_over: bool,
    reason: str,
    now: datetime,
) -> dict[str, object]:
    """Carry a resource's new capacity over to what is claimed already.

    Returns:
        What else changes of the resource: what was unlimited and is not any more is settling.

    Raises:
        CapacityExceeded: More is claimed, and it may not be over.
        RecordInUse: What is claimed cannot become unlimited.
        AvailabilityClosed: Its capacity is just being limited.
        InputInvalid: It may be over, and nobody says why.
    """
    if capacity == resource.capacity:
        return {}
    if resource.is_settling:
        message = f"{resource.name} is being changed. Try again in a moment."
        raise AvailabilityClosed(message, reason="settling")
    if may_be_over and not reason.strip():
        message = "Say why: a capacity below what is claimed needs a reason."
        raise InputInvalid.at("/reason", "missing", message)
    if capacity is None:
        require_unused(view, resource, now=now)
        for key in _counters_from_today(view, resource):
            view.set_cap(key, None)
        return {}
    if not 1 <= capacity <= CAPACITY_MAX:
        return {}  # refused with everything else that is wrong
    if resource.capacity is None:
        # Whoever is booking it just now takes no lock. They are waited for, then counted.
        _require_peak(view, resource, capacity, may_be_over=may_be_over)
        return {"is_settling": True}
    if resource.scheme is Scheme.DATED:
        _recap_days(view, resource, capacity, may_be_over=may_be_over)
        return {}
    _require_peak(view, resource, capacity, may_be_over=may_be_over)
    take_beyond(view, upcoming_claims(view, resource, now=now), capacity, reason=reason)
    return {}


def take_beyond(view: View, claims: Iterable[Claim], cap: int, *, reason: str) -> None:
    """Write down which claims of an interval resource are over its cap, if any."""
    for claim in beyond_cap(claims, cap):
        if not claim.is_over:
            take_over(view, claim, reason=reason)


def _require_peak(view: View, resource: Resource, capacity: int, *, may_be_over: bool) -> None:
    """Refuse a capacity below what is claimed at once, now or later."""
    interval = Interval(starts_at=view.now, ends_at=LAST_INSTANT)
    peak = peak_units(upcoming_claims(view, resource, now=view.now), interval)
    if not may_be_over and capacity < min(peak, resource.capacity or peak):
        message = (
            f"Up to {peak} units are claimed at once; a capacity of {capacity} is too small."
            f" {ALL_THE_SAME}"
        )
        raise CapacityExceeded(
            message, requested=peak, remaining=capacity, limited_by=resource.resource_id
        )


def take_over(view: View, claim: Claim, *, reason: str) -> None:
    """Write down that a claim is over the limit from now on: by whom, and why.

    A claim's own row never changes what it takes, so it is released and taken again.
    """
    view.change_claim(claim, released_at=view.now, reason="over the limit")
    view.acquire(
        replace(
            claim,
            claim_id=ClaimId(view.new_id("clm")),
            is_exclusive=False,
            is_over=True,
            actor_id=view.actor.actor_id,
            reason=reason,
            acquired_at=view.now,
            converted_at=None,
        )
    )


def _recap_days(view: View, resource: Resource, capacity: int, *, may_be_over: bool) -> None:
    """Give the days that are counted already, and have no capacity of their own, the new one."""
    keys = [
        key
        for key in _counters_from_today(view, resource)
        if view.find(DayCapacity, _day_id(key)) is None
    ]
    rows = [(key, view.counter(key)) for key in keys]
    short = [
        (key, row.used)
        for key, row in rows
        if row.cap is not None and capacity < min(row.used, row.cap)
    ]
    if short and not may_be_over:
        raise _short_days(resource, capacity, short)
    for key in keys:
        view.set_cap(key, capacity, may_be_over=may_be_over)


def _short_days(
    resource: Resource, capacity: int, short: Sequence[tuple[str, int]]
) -> CapacityExceeded:
    most = max(used for _, used in short)
    message = (
        f"On {len(short)} day(s) more than {capacity} units of {resource.name} are taken already,"
        f" up to {most}. {ALL_THE_SAME}"
    )
    refusal = CapacityExceeded(
        message, requested=most, remaining=capacity, limited_by=resource.resource_id
    )
    refusal.fields["dates"] = tuple(
        {
            "date": _day(key).isoformat(),
            "capacity": resource.capacity,
            "taken": used,
            "wanted": capacity,
        }
        for key, used in short
    )
    return refusal
