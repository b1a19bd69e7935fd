"""Reassigning: bookings whose resource was lost after they were made, and who serves instead.

A resource is lost to a booking when it is deactivated, deleted or blocked at that time. What is
lost is told from what is stored now, so that a list of it is never out of date.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Actor, Scope
from holdfast.domain.bookings import LIVE, Booking
from holdfast.domain.claims import ClaimOwner
from holdfast.domain.ids import BookingId, ResourceId, TenantId
from holdfast.domain.intervals import LAST_INSTANT, Interval
from holdfast.domain.resources import Resource, ResourceStatus
from holdfast.engine.closing import use_of
from holdfast.engine.moving import Move, moving_needs, served_by_others
from holdfast.engine.ports import ById, Over, ReadStore
from holdfast.engine.snapshots import look_up
from holdfast.engine.staging import claims_key
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.engine.versions import require_version

LOOKED_AHEAD = timedelta(days=400)
AFFECTED_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedBooking:
    """A booking that a resource was assigned to and cannot serve any more.

    Attributes:
        reason: Why not: `resource_inactive`, `resource_deleted` or `blocked`.
    """

    booking: Booking
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReassignBooking:
    """Let others serve a booking in place of those that it has lost, at the same time.

    Who still serves stays. All of it happens or nothing; a booking that has lost nobody is
    returned as it is. Somebody who was asked for by name is only replaced if `drops_wishes`.
    """

    booking_id: BookingId
    drops_wishes: bool = False
    reason: str | None = None
    if_version: int | None = None


def list_affected(
    store: ReadStore, *, tenant_id: TenantId, actor: Actor, resource_id: ResourceId
) -> tuple[AffectedBooking, ...]:
    """Return the bookings of the next 400 days that a resource cannot serve any more, by start.

    At most 200 of them: reassign these, and ask again.

    Raises:
        AccessDenied: The actor may not see bookings.
        RecordNotFound: There is no such resource.
    """
    actor.require(Scope.BOOKINGS_READ)
    now = store.now()
    window = Interval(starts_at=now, ends_at=min(now + LOOKED_AHEAD, LAST_INSTANT))

    def found(look: Look) -> list[AffectedBooking]:
        resource = look.get(Resource, resource_id)
        use = use_of(look, resource, window)
        look.want(*use.overs)
        owners = {
            claim.owner_id
            for claim in use.claims(look)
            if claim.owner_kind is ClaimOwner.BOOKING and claim.counts_at(now)
        }
        look.want(*(ById(Booking, owner) for owner in owners))
        bookings = [look.get(Booking, owner) for owner in owners]
        live = [one for one in bookings if one.status in LIVE]
        look.want(*(_over(resource, one) for one in live))
        reasons = ((one, _loss(look, resource, one)) for one in live)
        return [AffectedBooking(booking=one, reason=reason) for one, reason in reasons if reason]

    affected = look_up(store, found, tenant_id=tenant_id, actor=actor)
    affected.sort(key=lambda one: (one.booking.starts_at, one.booking.booking_id))
    return tuple(affected[:AFFECTED_MAX])


def _over(resource: Resource, booking: Booking) -> Over:
    return Over(claims_key(resource), booking.starts_at, booking.ends_at)


def _loss(look: Look, resource: Resource, booking: Booking) -> str | None:
    """Return why a resource cannot serve a booking any more; None if it can."""
    if resource.status is not ResourceStatus.ACTIVE:
        return f"resource_{resource.status}"
    claims = look.claims_over(claims_key(resource), booking.stay.interval)
    is_blocked = any(claim.owner_kind is ClaimOwner.BLOCK for claim in claims)
    return "blocked" if is_blocked else None


def _lost(look: Look, booking: Booking) -> frozenset[ResourceId]:
    own = [one.resource_id for one in booking.assigned if not one.is_by_slot]
    look.want(*(ById(Resource, resource_id) for resource_id in own))
    resources = [look.get(Resource, resource_id) for resource_id in own]
    look.want(*(_over(one, booking) for one in resources))
    return frozenset(one.resource_id for one in resources if _loss(look, one, booking))


def _needs(command: ReassignBooking, look: Look) -> Needs:
    checks.require([checks.text("/reason", command.reason)])
    booking = look.get(Booking, command.booking_id)
    _lost(look, booking)
    return moving_needs(look, booking, Move())


def _decide(view: View, command: ReassignBooking, _now: datetime) -> Booking:
    booking = view.get(Booking, command.booking_id)
    require_version(booking, command.if_version)
    lost = _lost(view, booking)
    if not lost:
        return booking
    changes = served_by_others(view, booking, lost=lost, drops_wishes=command.drops_wishes)
    after = view.update(booking, **changes)
    view.fact(
        "booking.reassigned",
        after,
        number=after.number,
        reason=command.reason,
        before=[one.resource_id for one in booking.assigned],
        after=[one.resource_id for one in after.assigned],
    )
    return after


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        ReassignBooking: UseCase(
            "booking.reassign", scopes=(Scope.BOOKINGS_WRITE,), needs=_needs, decide=_decide
        ),
    }
)
