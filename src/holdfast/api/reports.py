"""Reports: how much of each resource's capacity is taken, and what the next days bring."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated

from pydantic import Field
from starlette.responses import Response

from holdfast.api.calls import JSON, Call, Endpoint
from holdfast.api.models import AResourceId, DayOut, LocalDay, MoneyOut, Out, Query, QueryWhole
from holdfast.domain.access import Scope
from holdfast.domain.bookings import BookingStatus
from holdfast.domain.resources import Scheme
from holdfast.domain.utilisation import DayReport, whole_minutes
from holdfast.engine.outlook import OUTLOOK_DAYS, OutlookDay
from holdfast.engine.reports import CapacityReport


class CapacityReportQuery(Query):
    """Which resource, by default all, and from which local day to which, both included.

    By default the seven days from today on.
    """

    resource_id: AResourceId | None = None
    first_on: Annotated[LocalDay | None, Field(alias="from")] = None
    last_on: Annotated[LocalDay | None, Field(alias="to")] = None


class CapacityDayOut(Out):
    """One resource on one local day. A `capacity` of null is unlimited.

    `open_minutes` is how long it is open, blocks left in, and `blocked_minutes` how much of that is
    blocked. What is dated and limited is counted in units: `taken_units`, `remaining_units` (none
    of a day that is blocked), `over_units`; everything else in unit-minutes, of which an hour of
    two units has 120: what is there, and what bookings, holds and slots take of it. What it is not
    counted in is null.
    `utilisation` is what is taken of what could be; null where nothing could be, or nothing limits
    it.
    """

    resource_id: str
    name: str
    scheme: Scheme
    date: DayOut
    capacity: int | None
    utilisation: float | None
    taken_units: int | None
    remaining_units: int | None
    over_units: int | None
    open_minutes: int
    open_unit_minutes: int | None
    blocked_minutes: int
    taken_unit_minutes: int | None
    booked_unit_minutes: int | None
    held_unit_minutes: int | None
    slot_unit_minutes: int | None


class CapacityReportOut(Out):
    """Of each resource, in their order, each local day from the first to the last."""

    first_on: Annotated[DayOut, Field(alias="from")]
    last_on: Annotated[DayOut, Field(alias="to")]
    items: list[CapacityDayOut]


def shown_day(row: DayReport) -> dict[str, object]:
    """Return a row as plain values."""
    units, share = row.units, row.utilisation

    def unit_minutes(length: timedelta | None) -> int | None:
        return None if length is None or units is not None else whole_minutes(length)

    return {
        "resource_id": row.resource_id,
        "name": row.name,
        "scheme": row.scheme.value,
        "date": row.falls_on.isoformat(),
        "capacity": row.capacity,
        "utilisation": None if share is None else float(share),
        "taken_units": None if units is None else units.taken,
        "remaining_units": None if units is None else units.remaining,
        "over_units": None if units is None else units.over_commit,
        "open_minutes": whole_minutes(row.open),
        "open_unit_minutes": unit_minutes(row.open_units),
        "blocked_minutes": whole_minutes(row.blocked),
        "taken_unit_minutes": unit_minutes(row.taken),
        "booked_unit_minutes": unit_minutes(row.booked),
        "held_unit_minutes": unit_minutes(row.held),
        "slot_unit_minutes": unit_minutes(row.in_slots),
    }


def _bytes(report: CapacityReport) -> bytes:
    """Render by hand: there may be thousands of rows."""
    shown = {
        "from": report.first_on.isoformat(),
        "to": report.last_on.isoformat(),
        "items": [shown_day(row) for row in report.rows],
    }
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()


async def capacity(call: Call) -> Response:
    """Report how much of the capacity is taken."""
    query = call.query(CapacityReportQuery)
    body = await call.read(
        lambda desk: _bytes(
            desk.reports.capacity(query.resource_id, first_on=query.first_on, last_on=query.last_on)
        )
    )
    return Response(body, media_type=JSON)


class OutlookQuery(Query):
    """For how many local days from today on; by default today and the next seven."""

    days: QueryWhole = OUTLOOK_DAYS


class OutlookDayOut(Out):
    """One local day: how many bookings begin on it, by status, who comes and what comes in.

    `people`, `revenue` and `paid` are of those that do not wait for an answer; what was called off
    is left out of everything.
    """

    date: DayOut
    statuses: dict[BookingStatus, int]
    people: int
    revenue: MoneyOut
    paid: MoneyOut

    @classmethod
    def of(cls, day: OutlookDay) -> OutlookDayOut:
        """Show a day."""
        return cls(
            date=day.on,
            statuses=day.statuses,
            people=day.people,
            revenue=MoneyOut.of(day.revenue),
            paid=MoneyOut.of(day.paid),
        )


class OutlookOut(Out):
    """Today and the next days. With `is_cut` there were more bookings than are counted at once."""

    items: list[OutlookDayOut]
    is_cut: bool


async def outlook(call: Call) -> Response:
    """Count today and the next days."""
    query = call.query(OutlookQuery)
    found = await call.read(lambda desk: desk.reports.outlook(days=query.days))
    items = [OutlookDayOut.of(day) for day in found.days]
    return call.answer(OutlookOut(items=items, is_cut=found.is_cut))


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/reports/outlook",
        name="reportOutlook",
        summary="Count the bookings, people and revenue of today and the next days",
        scopes=(Scope.BOOKINGS_READ,),
        run=outlook,
        query=OutlookQuery,
        answer=OutlookOut,
    ),
    Endpoint(
        method="GET",
        path="/v1/reports/capacity",
        name="reportCapacity",
        summary="Report how much of each resource's capacity is taken, day by day",
        scopes=(Scope.BOOKINGS_READ,),
        run=capacity,
        query=CapacityReportQuery,
        answer=CapacityReportOut,
        codes=("record.not_found",),
    ),
)
