"""Eligibility: who may serve a request, looked up without locks. For display only."""

from __future__ import annotations

from datetime import timedelta

from holdfast.domain.access import Actor, Scope
from holdfast.domain.eligibility import Eligibility, eligibility_of
from holdfast.domain.errors import InputInvalid, RecordNotFound
from holdfast.domain.ids import TenantId
from holdfast.domain.intervals import FIRST_INSTANT, Interval
from holdfast.domain.offerings import OfferingStatus
from holdfast.domain.resources import CAPACITY_MAX
from holdfast.engine.choosing import Choice, choose
from holdfast.engine.looking import load_scene
from holdfast.engine.ports import ReadStore
from holdfast.engine.snapshots import look_up

_DAY = timedelta(days=1)


def eligible_resources(
    store: ReadStore, *, tenant_id: TenantId, actor: Actor, choice: Choice, party_size: int
) -> Eligibility:
    """Say who may serve a request, and why the others may not.

    Raises:
        AccessDenied: The actor may not look.
        InputInvalid: The request is malformed, or the party is empty.
        RecordNotFound: There is no such offering, slot or resource.
    """
    actor.require(Scope.AVAILABILITY_READ)
    if not 1 <= party_size <= CAPACITY_MAX:
        message = f"It has to be from 1 to {CAPACITY_MAX}."
        raise InputInvalid.at("/party_size", "out_of_range", message)
    target = look_up(store, lambda look: choose(look, choice), tenant_id=tenant_id, actor=actor)
    offering, stay = target.offering, target.stay
    if offering.status is OfferingStatus.DELETED and actor.is_public:
        raise RecordNotFound(kind="offering", key=offering.offering_id)
    now = store.now()
    scene = load_scene(
        store,
        tenant=target.tenant,
        offering=offering,
        # A day earlier: a resource's own dates may begin later than the offering's.
        window=Interval(starts_at=max(stay.starts_at - _DAY, FIRST_INSTANT), ends_at=stay.ends_at),
        now=now,
    )
    wish = target.wish(choice, party_size=party_size, ignores=frozenset())
    return eligibility_of(scene, wish, now=now)
