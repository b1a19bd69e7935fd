"""Checking: whether one request could be booked now, and every reason why not. Nothing is written.

A request is understood by the same `choosing.choose` and judged by the same evaluator as a hold or
booking would be; it is only looked at without locks.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import cast

from holdfast.domain.access import Actor, Scope
from holdfast.domain.errors import Alternative, InputInvalid
from holdfast.domain.ids import SlotId, TenantId
from holdfast.domain.intervals import Interval
from holdfast.domain.scenes import requirements_of
from holdfast.domain.verdicts import Verdict, verdict_on
from holdfast.engine.availability.asking import require_party
from holdfast.engine.availability.searching import with_alternatives
from holdfast.engine.choosing import Choice, choose
from holdfast.engine.looking import load_scene, require_known
from holdfast.engine.ports import ReadStore
from holdfast.engine.snapshots import look_up
from holdfast.engine.staging import require_asked

_AN_INSTANT = timedelta(microseconds=1)


def check(
    store: ReadStore,
    *,
    tenant_id: TenantId,
    actor: Actor,
    choice: Choice,
    party_size: int,
    is_explained: bool = False,
) -> Verdict:
    """Judge one request without writing anything.

    Args:
        store: Where to read.
        tenant_id: The business.
        actor: Who asks.
        choice: What is to be booked.
        party_size: For how many.
        is_explained: Whether only reasons are wanted, and no alternatives.

    Raises:
        AccessDenied: The actor may not look.
        InputInvalid: The request is malformed, as a booking of it would be.
        RecordNotFound: There is no such offering, slot or resource.
    """
    actor.require(Scope.AVAILABILITY_READ)
    require_party(party_size)
    target = look_up(store, lambda look: choose(look, choice), tenant_id=tenant_id, actor=actor)
    stay, now = target.stay, store.now()
    scene = load_scene(
        store,
        tenant=target.tenant,
        offering=target.offering,
        window=Interval(starts_at=stay.starts_at, ends_at=stay.starts_at + _AN_INSTANT),
        now=now,
        stay_days=(stay.ends_at - stay.starts_at).days + 1,
    )
    require_known(scene, choice.picks, choice.components)
    if scene.slot_resources.get(target.slot_id or SlotId("")) is None:
        needed = requirements_of(scene.offering, choice.components)
        require_asked(needed, scene.members, choice.picks)
    wish = target.wish(choice, party_size=party_size, ignores=frozenset())
    verdict = verdict_on(scene, wish, now=now)
    malformed = next((one for one in verdict.reasons if isinstance(one, InputInvalid)), None)
    if malformed is not None:
        raise malformed
    if verdict.refusal is None or is_explained:
        return verdict
    refusal = with_alternatives(
        store,
        tenant_id=tenant_id,
        choice=choice,
        party_size=party_size,
        refusal=verdict.refusal,
    )
    found = cast("tuple[Alternative, ...]", refusal.fields.get("alternatives", ()))
    return replace(verdict, refusal=refusal, alternatives=found)
