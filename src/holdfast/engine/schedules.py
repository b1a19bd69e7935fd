"""Schedules: the rules of a resource or an offering, replaced as a whole, added to or removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.claims import offering_key, resource_key
from holdfast.domain.errors import LimitReached, RecordChanged, RecordNotFound
from holdfast.domain.ids import OfferingId, ResourceId, RuleId
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT
from holdfast.domain.offerings import Offering
from holdfast.domain.recurrence import DATES_MAX, parse_recurrence
from holdfast.domain.resources import Resource
from holdfast.domain.rule_kinds import STEP_MAX, Effect
from holdfast.domain.rules import (
    RULES_PER_OWNER_MAX,
    RuleDraft,
    RuleKind,
    RuleStatus,
    ScheduleRule,
)
from holdfast.domain.tenants import Tenant
from holdfast.engine.ports import ById, Where
from holdfast.engine.use_cases import Look, Needs, UseCase, View

DAY_MINUTES = 1_440

# The fields that a kind of rule reads, besides those that all of them do.
_FIELDS_BY_KIND: Mapping[RuleKind, frozenset[str]] = MappingProxyType(
    {
        RuleKind.WEEKLY: frozenset({"weekdays", "valid_from", "valid_until"}),
        RuleKind.RECURRENCE: frozenset({"recurrence", "valid_from", "dates", "dates_left_out"}),
        RuleKind.RANGE: frozenset({"valid_from", "valid_until"}),
        RuleKind.DATES: frozenset({"dates"}),
    }
)
_KIND_FIELDS = sorted(frozenset[str]().union(*_FIELDS_BY_KIND.values()))
_NEEDED_BY_KIND: Mapping[RuleKind, tuple[str, ...]] = MappingProxyType(
    {
        RuleKind.WEEKLY: (),
        RuleKind.RECURRENCE: ("recurrence", "valid_from"),
        RuleKind.RANGE: ("valid_from", "valid_until"),
        RuleKind.DATES: ("dates",),
    }
)
_RECURRING = frozenset({RuleKind.WEEKLY, RuleKind.RECURRENCE})


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyOpening:
    """Open on some weekdays (ISO: Monday 1 to Sunday 7), in minutes of the local day.

    The commonest rule; `RuleDraft` says all the others. `closes_minute` may pass 1440: the opening
    then ends on the next day. `zone` None means the owner's, else the tenant's.
    """

    weekdays: tuple[int, ...]
    opens_minute: int
    closes_minute: int
    slot_step: timedelta | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    zone: str | None = None

    @property
    def draft(self) -> RuleDraft:
        """The same as a draft."""
        return RuleDraft(
            weekdays=self.weekdays,
            opens_minute=self.opens_minute,
            closes_minute=self.closes_minute,
            slot_step=self.slot_step,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            zone=self.zone,
        )


NewRule = WeeklyOpening | RuleDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSchedule:
    """Replace all rules of a resource or offering.

    `if_rules` are those that the caller saw; where others stand now, nothing is replaced.
    """

    owner_id: ResourceId | OfferingId
    openings: tuple[NewRule, ...]
    if_rules: tuple[RuleId, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddRules:
    """Add rules to those of a resource or offering. What it has already is not added again."""

    owner_id: ResourceId | OfferingId
    rules: tuple[NewRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveRule:
    """Take one rule away."""

    rule_id: RuleId


def faults_of(i: int, draft: RuleDraft) -> list[checks.Fault | None]:
    """Say what is wrong with one rule."""
    at = f"/rules/{i}"
    ends = (draft.valid_from, draft.valid_until)
    is_reversed = None not in ends and ends[0] > ends[1]  # type: ignore[operator]  # checked above
    reversed_fault = checks.fault(f"{at}/valid_until", "reversed", "It ends before it begins.")
    replaces = checks.fault(
        f"{at}/effect", "not_for_kind", "Only dates and ranges replace what recurs."
    )
    is_replacing = draft.kind in _RECURRING and draft.effect is Effect.REPLACES
    return [
        *_field_faults(at, draft),
        *_window_faults(at, draft),
        checks.minutes(
            f"{at}/slot_step", draft.slot_step, least=timedelta(minutes=1), most=STEP_MAX
        ),
        reversed_fault if is_reversed else None,
        replaces if is_replacing else None,
        *_date_faults(at, draft),
        checks.zone_name(f"{at}/zone", draft.zone),
        checks.line(f"{at}/reason", draft.reason),
    ]


def _field_faults(at: str, draft: RuleDraft) -> list[checks.Fault | None]:
    """Say which fields the kind of rule lacks, and which it has no use for."""
    kind = draft.kind
    faults: list[checks.Fault | None] = [
        checks.fault(f"{at}/{name}", "not_for_kind", f"A rule of kind {kind} has no use for it.")
        for name in _KIND_FIELDS
        if getattr(draft, name) and name not in _FIELDS_BY_KIND[kind]
    ]
    faults += [
        checks.fault(f"{at}/{name}", "missing", f"A rule of kind '{kind}' needs this.")
        for name in _NEEDED_BY_KIND[kind]
        if not getattr(draft, name)
    ]
    days = draft.weekdays
    if kind is RuleKind.WEEKLY and (not days or any(day not in range(1, 8) for day in days)):
        message = "Give days from Monday 1 to 7."
        faults.append(checks.fault(f"{at}/weekdays", "not_weekdays", message))
    return faults


def _window_faults(at: str, draft: RuleDraft) -> list[checks.Fault | None]:
    """Say what is wrong with the part of the day."""
    opens, closes = draft.opens_minute, draft.closes_minute
    is_whole_day = opens is None and closes is None
    if is_whole_day and (draft.kind not in _RECURRING or draft.effect is Effect.CLOSES):
        return []
    missing = [
        checks.fault(f"{at}/{name}", "missing", "Say from when to when.")
        for name, minute in (("opens", opens), ("closes", closes))
        if minute is None
    ]
    least = 0 if opens is None else opens
    return [
        *missing,
        checks.whole(f"{at}/opens", opens, least=0, most=DAY_MINUTES - 1),
        checks.whole(f"{at}/closes", closes, least=least + 1, most=least + DAY_MINUTES),
    ]


def _date_faults(at: str, draft: RuleDraft) -> list[checks.Fault | None]:
    """Say what is wrong with the dates and the recurrence."""
    faults: list[checks.Fault | None] = []
    lists = (("dates", draft.dates), ("dates_left_out", draft.dates_left_out))
    for name, dates in lists:
        if len(dates) > DATES_MAX:
            message = f"At most {DATES_MAX} dates."
            faults.append(checks.fault(f"{at}/{name}", "too_many", message))
        elif any(not FIRST_INSTANT.year <= day.year < LAST_INSTANT.year for day in dates):
            years = f"{FIRST_INSTANT.year} and {LAST_INSTANT.year}"
            message = f"Dates lie between {years}."
            faults.append(checks.fault(f"{at}/{name}", "out_of_range", message))
    if draft.recurrence and draft.valid_from and not faults:
        besides, left_out = frozenset(draft.dates), frozenset(draft.dates_left_out)
        try:
            parse_recurrence(draft.recurrence, draft.valid_from, besides, left_out)
        except ValueError as error:
            faults.append(checks.fault(f"{at}/recurrence", "not_a_recurrence", str(error)))
    return faults


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


def _set_needs(command: SetSchedule | AddRules, look: Look) -> Needs:
    _, key = _owner(look, command.owner_id)
    return Needs.of(guards=[key], reads=[Where(ScheduleRule, "owner_id", command.owner_id)])


def _drafts(rules: Sequence[NewRule]) -> list[RuleDraft]:
    """Return what is asked for as drafts.

    Raises:
        InputInvalid: One of them is not a rule, or they are too many.
    """
    drafts = [rule.draft if isinstance(rule, WeeklyOpening) else rule for rule in rules]
    too_many = checks.fault("/rules", "too_many", f"At most {RULES_PER_OWNER_MAX} rules.")
    checks.require(
        [
            too_many if len(drafts) > RULES_PER_OWNER_MAX else None,
            *(
                fault
                for i, draft in enumerate(drafts[:RULES_PER_OWNER_MAX])
                for fault in faults_of(i, draft)
            ),
        ]
    )
    return drafts


def _new_rule(
    view: View, draft: RuleDraft, *, owner: Resource | Offering, owner_id: str, now: datetime
) -> ScheduleRule:
    """Return a draft as a rule of its owner."""
    return ScheduleRule(
        rule_id=RuleId(view.new_id("rul")),
        owner_id=owner_id,
        weekdays=tuple(sorted(set(draft.weekdays))),
        opens_minute=draft.opens_minute or 0,
        closes_minute=DAY_MINUTES if draft.closes_minute is None else draft.closes_minute,
        slot_step=draft.slot_step,
        valid_from=draft.valid_from,
        valid_until=draft.valid_until,
        zone=draft.zone or owner.zone or view.get(Tenant, view.tenant_id).zone,
        status=RuleStatus.ACTIVE,
        created_at=now,
        version=1,
        kind=draft.kind,
        effect=draft.effect,
        recurrence=draft.recurrence,
        dates=tuple(sorted(set(draft.dates))),
        dates_left_out=tuple(sorted(set(draft.dates_left_out))),
        reason=draft.reason,
        is_repeated_hour_used=draft.is_repeated_hour_used,
    )


def _set(view: View, command: SetSchedule, now: datetime) -> tuple[ScheduleRule, ...]:
    owner, _ = _owner(view, command.owner_id)
    drafts = _drafts(command.openings)
    active = view.where(ScheduleRule, "owner_id", command.owner_id)
    seen = command.if_rules
    if seen is not None and set(seen) != {rule.rule_id for rule in active}:
        key = command.owner_id
        raise RecordChanged(kind="schedule", key=key, expected=len(seen), actual=len(active))
    for rule in active:
        view.update(rule, status=RuleStatus.REMOVED)
    rules = []
    for draft in drafts:
        rule = _new_rule(view, draft, owner=owner, owner_id=command.owner_id, now=now)
        view.insert(rule)
        rules.append(rule)
    view.fact("schedule.changed", owner, rule_count=len(rules))
    return tuple(rules)


def _add(view: View, command: AddRules, now: datetime) -> tuple[ScheduleRule, ...]:
    owner, _ = _owner(view, command.owner_id)
    drafts = _drafts(command.rules)
    active = view.where(ScheduleRule, "owner_id", command.owner_id)
    by_meaning = {_meaning(rule): rule for rule in active}
    rules, added = [], []
    for draft in drafts:
        rule = _new_rule(view, draft, owner=owner, owner_id=command.owner_id, now=now)
        if _meaning(rule) not in by_meaning:
            view.insert(rule)
            by_meaning[_meaning(rule)] = rule
            added.append(rule.rule_id)
        rules.append(by_meaning[_meaning(rule)])
    count = len(active) + len(added)
    if count > RULES_PER_OWNER_MAX:
        message = f"A schedule has at most {RULES_PER_OWNER_MAX} rules; these would make {count}."
        raise LimitReached(message, limit=RULES_PER_OWNER_MAX, actual=count)
    if added:
        view.fact("schedule.changed", owner, added=added)
    return tuple(rules)


def _meaning(rule: ScheduleRule) -> ScheduleRule:
    """Return what a rule says, without what makes it one record among others."""
    return replace(rule, rule_id=RuleId(""), created_at=FIRST_INSTANT, version=1)


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
        AddRules: UseCase(
            "schedule.add_rules", scopes=(Scope.CATALOGUE_WRITE,), needs=_set_needs, decide=_add
        ),
        RemoveRule: UseCase(
            "schedule.remove_rule",
            scopes=(Scope.CATALOGUE_WRITE,),
            needs=_remove_needs,
            decide=_remove,
        ),
    }
)
