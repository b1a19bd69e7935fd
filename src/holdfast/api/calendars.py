"""Daily calendars: how many units of a dated resource there are on which local date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from types import MappingProxyType
from typing import Annotated

from pydantic import Field
from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.faults import validated
from holdfast.api.models import (
    Body,
    DayOut,
    LocalDay,
    MaybeEmptyLine,
    Out,
    Query,
)
from holdfast.domain.access import Scope
from holdfast.domain.calendars import CALENDAR_DAYS_MAX, DayState
from holdfast.domain.errors import InputInvalid
from holdfast.domain.ids import ResourceId
from holdfast.domain.resources import CAPACITY_MAX
from holdfast.engine.calendars import (
    AdjustDays,
    DaysChanged,
    InitialiseDays,
    SetDays,
    dates_from,
)

DayUnits = Annotated[int, Field(ge=0, le=CAPACITY_MAX)]
Delta = Annotated[int, Field(ge=-CAPACITY_MAX, le=CAPACITY_MAX)]
Dates = Annotated[list[LocalDay], Field(min_length=1, max_length=CALENDAR_DAYS_MAX)]


class InitialiseDaysIn(Body):
    """A capacity for all local days `first_on` to `last_on`, both included.

    Days that have one of their own already are left as they are and counted, unless
    `is_overwriting`. Going below what is taken needs `may_be_over` and a reason.
    """

    first_on: LocalDay
    last_on: LocalDay
    capacity: DayUnits
    is_overwriting: bool = False
    reason: MaybeEmptyLine = ""
    may_be_over: bool = False


class AdjustDaysIn(Body):
    """By how many units, up or down, and which days.

    Either single `dates`, or all from `first_on` to `last_on`, both included. No day may fall
    below 0, nor below what is taken on it, unless `may_be_over` with a reason: then what is taken
    beyond the capacity is recorded as over-commitment. All of the days, or none.
    """

    delta: Delta
    dates: Dates | None = None
    first_on: LocalDay | None = None
    last_on: LocalDay | None = None
    reason: MaybeEmptyLine = ""
    may_be_over: bool = False


class SetDayIn(Body):
    """The capacity of one day; 0 is none. Going below what is taken needs `may_be_over`."""

    capacity: DayUnits
    reason: MaybeEmptyLine = ""
    may_be_over: bool = False


class DaysQuery(Query):
    """From which day to which, both included; by default 31 days from today on."""

    first_on: Annotated[LocalDay | None, Field(alias="from")] = None
    last_on: Annotated[LocalDay | None, Field(alias="to")] = None


class CalendarDayOut(Out):
    """How a dated resource stands on one local date.

    `is_own` says whether the calendar gives the capacity, rather than the resource's default;
    `over_commit` is what is taken beyond it. Of a day that blocks take away, nothing remains.
    """

    date: DayOut
    capacity: int
    taken: int
    remaining: int
    is_own: bool
    is_blocked: bool
    over_commit: int

    @classmethod
    def of(cls, day: DayState) -> CalendarDayOut:
        """Show a day."""
        return cls(
            date=day.falls_on,
            capacity=day.capacity,
            taken=day.taken,
            remaining=day.remaining,
            is_own=day.is_own,
            is_blocked=day.is_blocked,
            over_commit=day.over_commit,
        )


class CalendarOut(Out):
    """The days of a dated resource, in order."""

    resource_id: str
    items: list[CalendarDayOut]

    @classmethod
    def of(cls, resource_id: ResourceId, days: Sequence[DayState]) -> CalendarOut:
        """Show a calendar."""
        return cls(resource_id=resource_id, items=[CalendarDayOut.of(day) for day in days])


class DaysChangedOut(Out):
    """How many days were given a capacity, changed, or left as they were.

    `items` are those that were given another capacity, in order.
    """

    resource_id: str
    added: int
    changed: int
    skipped: int
    items: list[CalendarDayOut]

    @classmethod
    def of(cls, changed: DaysChanged) -> DaysChangedOut:
        """Show what became of a calendar."""
        return cls(
            resource_id=changed.resource_id,
            added=changed.added,
            changed=changed.changed,
            skipped=changed.skipped,
            items=[CalendarDayOut.of(day) for day in changed.days],
        )


def _resource_id(call: Call) -> ResourceId:
    return ResourceId(call.path_id("resource_id", "res", kind="resource"))


async def initialise(call: Call) -> Response:
    """Give a stretch of days a capacity."""
    resource_id = _resource_id(call)
    body = await call.body(InitialiseDaysIn)
    command = InitialiseDays(
        resource_id=resource_id,
        first_on=body.first_on,
        last_on=body.last_on,
        capacity=body.capacity,
        is_overwriting=body.is_overwriting,
        reason=body.reason,
        may_be_over=body.may_be_over,
    )
    return await call.write(command, DaysChangedOut.of)


async def adjust(call: Call) -> Response:
    """Change the capacity of days by so many units."""
    resource_id = _resource_id(call)
    body = await call.body(AdjustDaysIn)
    match (body.dates, body.first_on, body.last_on):
        case (list() as named, None, None):
            dates = tuple(named)
        case (None, date() as first, date() as last):
            dates = dates_from(first, last)
        case _:
            message = "Say which days: either dates, or first_on and last_on."
            raise InputInvalid.at("/dates", "time_choice", message)
    command = AdjustDays(
        resource_id=resource_id,
        dates=dates,
        delta=body.delta,
        reason=body.reason,
        may_be_over=body.may_be_over,
    )
    return await call.write(command, DaysChangedOut.of)


class _DayOfPath(Body):
    date: LocalDay


async def set_(call: Call) -> Response:
    """Give one day a capacity."""
    resource_id = _resource_id(call)
    day = validated(_DayOfPath, {"date": call.path_text("date")}).date
    body = await call.body(SetDayIn)
    command = SetDays(
        resource_id=resource_id,
        dates=(day,),
        capacity=body.capacity,
        reason=body.reason,
        may_be_over=body.may_be_over,
    )
    return await call.write(command, DaysChangedOut.of)


async def list_(call: Call) -> Response:
    """List the days of a dated resource."""
    resource_id = _resource_id(call)
    query = call.query(DaysQuery)
    days = await call.read(
        lambda desk: desk.calendars.list(resource_id, query.first_on, query.last_on)
    )
    return call.answer(CalendarOut.of(resource_id, days))


_REFUSALS = (
    "availability.closed",
    "capacity.exceeded",
    "record.not_found",
    "state.transition_not_allowed",
)
_NAMES = MappingProxyType({"/to": "/last_on"})

ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/resources/{resource_id}/days/initialise",
        name="initialiseDays",
        summary="Give a stretch of days of a dated resource a capacity, a year in one call",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=initialise,
        body=InitialiseDaysIn,
        answer=DaysChangedOut,
        codes=_REFUSALS,
        names=_NAMES,
    ),
    Endpoint(
        method="POST",
        path="/v1/resources/{resource_id}/days/adjust",
        name="adjustDays",
        summary="Change the capacity of some days by so many units; all of them, or none",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=adjust,
        body=AdjustDaysIn,
        answer=DaysChangedOut,
        codes=_REFUSALS,
        names=_NAMES,
    ),
    Endpoint(
        method="GET",
        path="/v1/resources/{resource_id}/days",
        name="listDays",
        summary="List the days of a dated resource: capacity, taken, remaining",
        scopes=(Scope.BOOKINGS_READ,),
        run=list_,
        query=DaysQuery,
        answer=CalendarOut,
        codes=("availability.closed", "record.not_found", "state.transition_not_allowed"),
    ),
    Endpoint(
        method="PUT",
        path="/v1/resources/{resource_id}/days/{date}",
        name="setDay",
        summary="Give one day of a dated resource a capacity",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=set_,
        body=SetDayIn,
        answer=DaysChangedOut,
        codes=_REFUSALS,
    ),
)
