"""Schedules: the weekly opening times of a resource or an offering."""

from __future__ import annotations

from datetime import timedelta
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
    Out,
    ZoneName,
    minutes_of,
    show_clock,
)
from holdfast.domain.access import Scope
from holdfast.domain.ids import OfferingId, ResourceId, RuleId
from holdfast.domain.rules import RULES_PER_OWNER_MAX, ScheduleRule
from holdfast.engine.schedules import RemoveRule, SetSchedule, WeeklyOpening

SUNDAY = 7

Weekday = Annotated[int, Field(ge=0, le=SUNDAY)]


class RuleIn(Body):
    """Open on some weekdays: Monday 1 to Sunday 7, and 0 is Sunday as well.

    What closes at or before its opening closes on the next day: 18:00 to 02:00. Without a `zone`
    it is the owner's, else the business's; without a `slot_step_minutes` the offering says.
    """

    weekdays: Annotated[list[Weekday], Field(min_length=1, max_length=14)]
    opens: ClockTime
    closes: ClockTime
    slot_step_minutes: Annotated[int, Field(ge=1, le=MINUTES_A_DAY)] | None = None
    valid_from: LocalDay | None = None
    valid_until: LocalDay | None = None
    zone: ZoneName | None = None

    def opening(self) -> WeeklyOpening:
        """Return it as the engine takes it."""
        step = self.slot_step_minutes
        is_past_midnight = self.closes <= self.opens
        return WeeklyOpening(
            weekdays=tuple(day or SUNDAY for day in self.weekdays),
            opens_minute=self.opens,
            closes_minute=self.closes + (MINUTES_A_DAY if is_past_midnight else 0),
            slot_step=None if step is None else timedelta(minutes=step),
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            zone=self.zone,
        )


class SetScheduleIn(Body):
    """All the rules there shall be; the ones before are replaced."""

    rules: Annotated[list[RuleIn], Field(max_length=RULES_PER_OWNER_MAX)]


class RuleOut(Out):
    """Open on some weekdays, Monday 1 to Sunday 7."""

    rule_id: str
    owner_id: str
    weekdays: list[int]
    opens: str
    closes: str
    slot_step_minutes: int | None
    valid_from: DayOut | None
    valid_until: DayOut | None
    zone: str
    status: str
    created_at: InstantOut
    version: int

    @classmethod
    def of(cls, rule: ScheduleRule) -> RuleOut:
        """Show a rule."""
        return cls(
            rule_id=rule.rule_id,
            owner_id=rule.owner_id,
            weekdays=list(rule.weekdays),
            opens=show_clock(rule.opens_minute),
            closes=show_clock(rule.closes_minute),
            slot_step_minutes=None if rule.slot_step is None else minutes_of(rule.slot_step),
            valid_from=rule.valid_from,
            valid_until=rule.valid_until,
            zone=rule.zone,
            status=rule.status,
            created_at=rule.created_at,
            version=rule.version,
        )


class ScheduleOut(Out):
    """All the rules of a resource or offering, by weekday and opening time."""

    rules: list[RuleOut]

    @classmethod
    def of(cls, rules: tuple[ScheduleRule, ...]) -> ScheduleOut:
        """Show a schedule."""
        return cls(rules=[RuleOut.of(rule) for rule in sorted(rules, key=_place)])


def _place(rule: ScheduleRule) -> tuple[object, ...]:
    return (rule.weekdays, rule.opens_minute, rule.closes_minute, rule.rule_id)


def _resource_id(call: Call) -> ResourceId:
    return ResourceId(call.path_id("resource_id", "res", kind="resource"))


def _offering_id(call: Call) -> OfferingId:
    return OfferingId(call.path_id("offering_id", "off", kind="offering"))


async def _get(call: Call, owner_id: ResourceId | OfferingId) -> Response:
    rules = await call.read(lambda desk: desk.schedules.list(owner_id))
    return call.answer(ScheduleOut.of(rules))


async def _set(call: Call, owner_id: ResourceId | OfferingId) -> Response:
    body = await call.body(SetScheduleIn)
    openings = tuple(rule.opening() for rule in body.rules)
    return await call.write(SetSchedule(owner_id=owner_id, openings=openings), ScheduleOut.of)


async def get_of_resource(call: Call) -> Response:
    """Show a resource's opening times."""
    return await _get(call, _resource_id(call))


async def set_of_resource(call: Call) -> Response:
    """Replace a resource's opening times."""
    return await _set(call, _resource_id(call))


async def get_of_offering(call: Call) -> Response:
    """Show an offering's opening times."""
    return await _get(call, _offering_id(call))


async def set_of_offering(call: Call) -> Response:
    """Replace an offering's opening times."""
    return await _set(call, _offering_id(call))


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
