"""Grids: which slots the schedules of an offering give, whatever is taken."""

from __future__ import annotations

from holdfast.domain.errors import InputInvalid
from holdfast.domain.ids import SlotId, generated_slot_id
from holdfast.domain.intervals import Interval
from holdfast.domain.offerings import Offering
from holdfast.domain.opening import grid_owners
from holdfast.domain.resources import Resource
from holdfast.domain.rules import ScheduleRule
from holdfast.domain.scenes import Scene
from holdfast.domain.schedules import TooManySlots, expand_rules
from holdfast.domain.strategies import candidate_ids
from holdfast.domain.tenants import Tenant
from holdfast.engine.ports import ById, Where
from holdfast.engine.staging import members_of, rules_of
from holdfast.engine.use_cases import Look


def slots_on_schedule(
    look: Look, tenant: Tenant, offering: Offering, window: Interval
) -> dict[SlotId, Interval]:
    """Return the slots that start in a window by an offering's schedules, in order of start.

    Raises:
        InputInvalid: There are too many of them.
    """
    scene = _scene(look, tenant, offering)
    try:
        starts = {
            interval.starts_at
            for owner in grid_owners(scene)
            for interval in expand_rules(
                scene.rules[owner], window, duration=offering.duration, step=scene.grid_step(owner)
            )
        }
    except TooManySlots:
        message = "There are too many slots in that window. Take a shorter one."
        raise InputInvalid.at("/starts_before", "too_long", message) from None
    return {
        generated_slot_id(offering.offering_id, starts_at): Interval(
            starts_at=starts_at, ends_at=starts_at + offering.duration
        )
        for starts_at in sorted(starts)
    }


def _scene(look: Look, tenant: Tenant, offering: Offering) -> Scene:
    members = members_of(look, offering.requirements)
    by_requirement = [candidate_ids(one, members) for one in offering.requirements]
    ids = list(dict.fromkeys(rid for found in by_requirement for rid in found))
    owners = [offering.offering_id, *ids]
    look.want(
        *(ById(Resource, resource_id) for resource_id in ids),
        *(Where(ScheduleRule, "owner_id", owner) for owner in owners),
    )
    return Scene(
        tenant=tenant,
        offering=offering,
        resources={resource_id: look.get(Resource, resource_id) for resource_id in ids},
        members=members,
        rules=rules_of(look, owners),
        claims={},
        used_by_slot={},
        stored_slots={},
    )
