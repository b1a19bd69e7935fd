"""Schedules: when a resource or an offering is open: weekly, by recurrence, and exceptions."""

from __future__ import annotations

from datetime import date, timedelta
from types import MappingProxyType
from typing import Annotated

from pydantic import Field
from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import (
    MINUTES_A_DAY,
    Body,
    ClockTime,
    DayOut,
    InstantOut,
    LocalDay,
    MaybeEmptyLine,
    Out,
    Word,
    ZoneName,
    minutes_of,
    show_clock,
)
from holdfast.domain.access import Scope
from holdfast.domain.ids import OfferingId, ResourceId, RuleId
from holdfast.domain.recurrence import DATES_MAX, RECURRENCE_TEXT_MAX
from holdfast.domain.rule_kinds import Effect
from holdfast.domain.rules import RULES_PER_OWNER_MAX, RuleDraft, RuleKind, ScheduleRule
from holdfast.engine.schedules import AddRules, RemoveRule, SetSchedule

SUNDAY = 7

Weekday = Annotated[int, Field(ge=0, le=SUNDAY)]


class RuleIn(Body):
    """On some dates, from one time of day to another: open, or closed, or otherwise than usual.

    The `kind` says how the dates are named: `weekly` by `weekdays` (Monday 1 to Sunday 7, and 0 is
    Sunday as well), perhaps from `valid_from` to `valid_until`; `recurrence` by a rule of RFC 5545
    such as FREQ=MONTHLY;BYDAY=2TU, counted from `valid_from`, with `dates` besides and without
    `dates_left_out`; `range` by all dates from `valid_from` to `valid_until`, both included;
    `dates` one by one.

    The `effect` says what happens on them: `opens` opens besides whatever else does; `replaces`
    opens instead of the weekly rules and recurrences of those dates, and single dates instead of
    ranges; `closes` closes, whoever opens.

    What closes at or before its opening closes on the next day: 18:00 to 02:00. Neither `opens`
    nor `closes` is the whole day, for ranges, dates and whatever closes. Without a `zone` it is
    the owner's, else the business's; without a `slot_step_minutes` the offering says. Where clocks
    are put back, slots start at the first of two equal times, and at both with
    `is_repeated_hour_used`.
    """

    kind: Word[RuleKind] = RuleKind.WEEKLY
    effect: Word[Effect] = Effect.OPENS
    weekdays: list[Weekday] = Field(default_factory=list, max_length=14)
    recurrence: Annotated[str, Field(max_length=RECURRENCE_TEXT_MAX)] | None = None
    dates: list[LocalDay] = Field(default_factory=list, max_length=DATES_MAX)
    dates_left_out: list[LocalDay] = Field(default_factory=list, max_length=DATES_MAX)
    opens: ClockTime | None = None
    closes: ClockTime | None = None
    slot_step_minutes: Annotated[int, Field(ge=1, le=MINUTES_A_DAY)] | None = None
    valid_from: LocalDay | None = None
    valid_until: LocalDay | None = None
    zone: ZoneName | None = None
    reason: MaybeEmptyLine = ""
    is_repeated_hour_used: bool = False

    def draft(self) -> RuleDraft:
        """Return it as the engine takes it."""
        step, closes = self.slot_step_minutes, self.closes
        if closes is not None and self.opens is not None and closes <= self.opens:
            closes += MINUTES_A_DAY
        return RuleDraft(
            kind=self.kind,
            effect=self.effect,
            weekdays=tuple(day or SUNDAY for day in self.weekdays),
            recurrence=self.recurrence,
            dates=tuple(self.dates),
            dates_left_out=tuple(self.dates_left_out),
            opens_minute=self.opens,
            closes_minute=closes,
            slot_step=None if step is None else timedelta(minutes=step),
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            zone=self.zone,
            reason=self.reason,
            is_repeated_hour_used=self.is_repeated_hour_used,
        )


class SetScheduleIn(Body):
    """All the rules there shall be; the ones before are replaced."""

    rules: Annotated[list[RuleIn], Field(max_length=RULES_PER_OWNER_MAX)]


class AddRulesIn(Body):
    """The rules to be added to those there are."""

    rules: Annotated[list[RuleIn], Field(min_length=1, max_length=RULES_PER_OWNER_MAX)]


class RuleOut(Out):
    """On some dates, from one time of day to another. `RuleIn` says what the fields mean."""

    rule_id: str
    owner_id: str
    kind: RuleKind
    effect: Effect
    weekdays: list[int]
    recurrence: str | None
    dates: list[DayOut]
    dates_left_out: list[DayOut]
    opens: str
    closes: str
    slot_step_minutes: int | None
    valid_from: DayOut | None
    valid_until: DayOut | None
    zone: str
    reason: str
    is_repeated_hour_used: bool
    status: str
    created_at: InstantOut
    version: int

    @classmethod
    def of(cls, rule: ScheduleRule) -> RuleOut:
        """Show a rule."""
        return cls(
            rule_id=rule.rule_id,
            owner_id=rule.owner_id,
            kind=rule.kind,
            effect=rule.effect,
            weekdays=list(rule.weekdays),
            recurrence=rule.recurrence,
            dates=list(rule.dates),
            dates_left_out=list(rule.dates_left_out),
            opens=show_clock(rule.opens_minute),
            closes=show_clock(rule.closes_minute),
            slot_step_minutes=None if rule.slot_step is None else minutes_of(rule.slot_step),
            valid_from=rule.valid_from,
            valid_until=rule.valid_until,
            zone=rule.zone,
            reason=rule.reason,
            is_repeated_hour_used=rule.is_repeated_hour_used,
            status=rule.status,
            created_at=rule.created_at,
            version=rule.version,
        )


class ScheduleOut(Out):
    """Rules of a resource or offering: what recurs by weekday and time, then ranges, then dates."""

    rules: list[RuleOut]

    @classmethod
    def of(cls, rules: tuple[ScheduleRule, ...]) -> ScheduleOut:
        """Show a schedule."""
        return cls(rules=[RuleOut.of(rule) for rule in sorted(rules, key=_place)])


_KINDS = tuple(RuleKind)


def _place(rule: ScheduleRule) -> tuple[object, ...]:
    return (
        _KINDS.index(rule.kind),
        rule.weekdays,
        rule.dates if rule.kind is RuleKind.DATES else (),
        rule.valid_from or date.min,
        rule.opens_minute,
        rule.closes_minute,
        rule.rule_id,
    )


def _resource_id(call: Call) -> ResourceId:
    return ResourceId(call.path_id("resource_id", "res", kind="resource"))


def _offering_id(call: Call) -> OfferingId:
    return OfferingId(call.path_id("offering_id", "off", kind="offering"))


async def _get(call: Call, owner_id: ResourceId | OfferingId) -> Response:
    rules = await call.read(lambda desk: desk.schedules.list(owner_id))
    return call.answer(ScheduleOut.of(rules))


async def _set(call: Call, owner_id: ResourceId | OfferingId) -> Response:
    body = await call.body(SetScheduleIn)
    openings = tuple(rule.draft() for rule in body.rules)
    return await call.write(SetSchedule(owner_id=owner_id, openings=openings), ScheduleOut.of)


async def _add(call: Call, owner_id: ResourceId | OfferingId) -> Response:
    body = await call.body(AddRulesIn)
    rules = tuple(rule.draft() for rule in body.rules)
    return await call.write(AddRules(owner_id=owner_id, rules=rules), ScheduleOut.of)


async def get_of_resource(call: Call) -> Response:
    """Show a resource's opening times."""
    return await _get(call, _resource_id(call))


async def set_of_resource(call: Call) -> Response:
    """Replace a resource's opening times."""
    return await _set(call, _resource_id(call))


async def add_to_resource(call: Call) -> Response:
    """Add to a resource's opening times."""
    return await _add(call, _resource_id(call))


async def get_of_offering(call: Call) -> Response:
    """Show an offering's opening times."""
    return await _get(call, _offering_id(call))


async def set_of_offering(call: Call) -> Response:
    """Replace an offering's opening times."""
    return await _set(call, _offering_id(call))


async def add_to_offering(call: Call) -> Response:
    """Add to an offering's opening times."""
    return await _add(call, _offering_id(call))


async def remove_rule(call: Call) -> Response:
    """Take one rule away."""
    rule_id = RuleId(call.path_id("rule_id", "rul", kind="rule"))
    await call.no_body()
    return await call.write(RemoveRule(rule_id=rule_id), RuleOut.of)


_NAMES = MappingProxyType({"/slot_step": "/slot_step_minutes"})

ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/resources/{resource_id}/schedule",
        name="getResourceSchedule",
        summary="Show when a resource is open",
        scopes=(Scope.CATALOGUE_READ,),
        run=get_of_resource,
        answer=ScheduleOut,
        codes=("record.not_found",),
    ),
    Endpoint(
        method="PUT",
        path="/v1/resources/{resource_id}/schedule",
        name="setResourceSchedule",
        summary="Replace all opening times of a resource",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=set_of_resource,
        body=SetScheduleIn,
        answer=ScheduleOut,
        codes=("record.not_found",),
        names=_NAMES,
    ),
    Endpoint(
        method="POST",
        path="/v1/resources/{resource_id}/schedule",
        name="addResourceRules",
        summary="Add opening times, closures and exceptions to a resource",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=add_to_resource,
        body=AddRulesIn,
        answer=ScheduleOut,
        codes=("policy.limit_reached", "record.not_found"),
        names=_NAMES,
    ),
    Endpoint(
        method="GET",
        path="/v1/offerings/{offering_id}/schedule",
        name="getOfferingSchedule",
        summary="Show when an offering is open",
        scopes=(Scope.CATALOGUE_READ,),
        run=get_of_offering,
        answer=ScheduleOut,
        codes=("record.not_found",),
    ),
    Endpoint(
        method="PUT",
        path="/v1/offerings/{offering_id}/schedule",
        name="setOfferingSchedule",
        summary="Replace all opening times of an offering",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=set_of_offering,
        body=SetScheduleIn,
        answer=ScheduleOut,
        codes=("record.not_found",),
        names=_NAMES,
    ),
    Endpoint(
        method="POST",
        path="/v1/offerings/{offering_id}/schedule",
        name="addOfferingRules",
        summary="Add opening times, closures and exceptions to an offering",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=add_to_offering,
        body=AddRulesIn,
        answer=ScheduleOut,
        codes=("policy.limit_reached", "record.not_found"),
        names=_NAMES,
    ),
    Endpoint(
        method="DELETE",
        path="/v1/rules/{rule_id}",
        name="removeRule",
        summary="Take one opening time away",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=remove_rule,
        answer=RuleOut,
        codes=("record.not_found",),
    ),
)
