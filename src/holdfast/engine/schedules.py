"""Schedules: the weekly rules of a resource or an offering, replaced as a whole or removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.claims import offering_key, resource_key
from holdfast.domain.errors import RecordNotFound
from holdfast.domain.ids import OfferingId, ResourceId, RuleId
from holdfast.domain.offerings import Offering
from holdfast.domain.resources import Resource
from holdfast.domain.rules import RULES_PER_OWNER_MAX, RuleStatus, ScheduleRule
from holdfast.domain.schedules import STEP_MAX
from holdfast.domain.tenants import Tenant
from holdfast.engine.ports import ById, Where
from holdfast.engine.use_cases import Look, Needs, UseCase, View

DAY_MINUTES = 1_440


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyOpening:
    """Open on some weekdays (ISO: Monday 1 to Sunday 7), in minutes of the local day.

    `closes_minute` may pass 1440: the opening then ends on the next day. `zone` None means the
    owner's, else the tenant's.
    """

    weekdays: tuple[int, ...]
    opens_minute: int
    closes_minute: int
    slot_step: timedelta | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSchedule:
    """Replace all rules of a resource or offering."""

    owner_id: ResourceId | OfferingId
    openings: tuple[WeeklyOpening, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveRule:
    """Take one rule away."""

    rule_id: RuleId


def faults_of(i: int, opening: WeeklyOpening) -> list[checks.Fault | None]:
    """Say what is wrong with one opening."""
    at = f"/rules/{i}"
    days = opening.weekdays
    bad_days = not days or any(day not in range(1, 8) for day in days)
    day_fault = checks.fault(f"{at}/weekdays", "not_weekdays", "Give days from Monday 1 to 7.")
    ends = (opening.valid_from, opening.valid_until)
    is_reversed = None not in ends and ends[0] > ends[1]  # type: ignore[operator]  # checked above
    reversed_fault = checks.fault(f"{at}/valid_until", "reversed", "It ends before it begins.")
    opens = opening.opens_minute
    return [
        day_fault if bad_days else None,
        checks.whole(f"{at}/opens", opens, least=0, most=DAY_MINUTES - 1),
        checks.whole(
            f"{at}/closes", opening.closes_minute, least=opens + 1, most=opens + DAY_MINUTES
        ),
        checks.minutes(
            f"{at}/slot_step", opening.slot_step, least=timedelta(minutes=1), most=STEP_MAX
        ),
        reversed_fault if is_reversed else None,
        checks.zone_name(f"{at}/zone", opening.zone),
    ]


def _owner(look: Look, owner_id: str) -> tuple[Resource | Offering, str]:
    """The owner and the lock of its definition."""
    look.want(ById(Resource, owner_id), ById(Offering, owner_id), ById(Tenant, look.tenant_id))
    resource = look.find(Resource, owner_id)
    if resource is not None:
        return resource, resource_key(resource.resource_id)
    offering = look.find(Offering, owner_id)
    if offering is None:
        raise RecordNotFound(kind="resource or offering", key=owner_id)
    return offering, offering_key(offering.offering_id)


def _set_needs(command: SetSchedule, look: Look) -> Needs:
    _, key = _owner(look, command.owner_id)
    return Needs.of(guards=[key], reads=[Where(ScheduleRule, "owner_id", command.owner_id)])


def _set(view: View, command: SetSchedule, now: datetime) -> tuple[ScheduleRule, ...]:
    owner, _ = _owner(view, command.owner_id)
    too_many = checks.fault("/rules", "too_many", f"At most {RULES_PER_OWNER_MAX} rules.")
    checks.require(
        [
            too_many if len(command.openings) > RULES_PER_OWNER_MAX else None,
            *(
                fault
                for i, opening in enumerate(command.openings[:RULES_PER_OWNER_MAX])
                for fault in faults_of(i, opening)
            ),
        ]
    )
    for rule in view.where(ScheduleRule, "owner_id", command.owner_id):
        view.update(rule, status=RuleStatus.REMOVED)
    zone = owner.zone or view.get(Tenant, view.tenant_id).zone
    rules = []
    for opening in command.openings:
        rule = ScheduleRule(
            rule_id=RuleId(view.new_id("rul")),
            owner_id=command.owner_id,
            weekdays=tuple(sorted(set(opening.weekdays))),
            opens_minute=opening.opens_minute,
            closes_minute=opening.closes_minute,
            slot_step=opening.slot_step,
            valid_from=opening.valid_from,
            valid_until=opening.valid_until,
            zone=opening.zone or zone,
            status=RuleStatus.ACTIVE,
            created_at=now,
            version=1,
        )
        view.insert(rule)
        rules.append(rule)
    view.fact("schedule.changed", owner, rule_count=len(rules))
    return tuple(rules)


def _remove_needs(command: RemoveRule, look: Look) -> Needs:
    rule = look.get(ScheduleRule, command.rule_id)
    _, key = _owner(look, rule.owner_id)
    return Needs.of(guards=[key])


def _remove(view: View, command: RemoveRule, _now: datetime) -> ScheduleRule:
    rule = view.get(ScheduleRule, command.rule_id)
    if rule.status is RuleStatus.REMOVED:
        return rule
    removed = view.update(rule, status=RuleStatus.REMOVED)
    owner, _ = _owner(view, rule.owner_id)
    view.fact("schedule.changed", owner, removed=rule.rule_id)
    return removed


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        SetSchedule: UseCase(
            "schedule.set", scopes=(Scope.CATALOGUE_WRITE,), needs=_set_needs, decide=_set
        ),
        RemoveRule: UseCase(
            "schedule.remove_rule",
            scopes=(Scope.CATALOGUE_WRITE,),
            needs=_remove_needs,
            decide=_remove,
        ),
    }
)
