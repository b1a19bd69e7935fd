"""Reports: how much of each resource is taken on which day, as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from math import ceil

from starlette.responses import Response

from holdfast.domain.utilisation import DayReport
from holdfast.domain.zones import local_day, zone
from holdfast.engine.reports import CapacityReport
from holdfast.web.staff.showing import bounded, day_in
from holdfast.web.staff.visits import StaffVisit

DAYS = 14
STEPS = 5
_WHOLE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A resource on a day.

    Attributes:
        percent: What is taken of what could be; None where nothing could, or nothing limits it.
        step: The shade, from 0 for nothing to 5 for all.
    """

    percent: int | None
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A resource, day by day, with the mean of the days on which it could be taken."""

    name: str
    cells: tuple[Cell, ...]
    mean: int | None


async def show(visit: StaffVisit) -> Response:
    """Show two weeks from a day on; from today if none is said."""
    today = local_day(visit.now, zone(visit.tenant.zone))
    first = bounded(day_in(visit.query.text("on")) or today)
    last = first + timedelta(days=DAYS - 1)
    report = await visit.read(lambda: _report(visit, first, last))
    rows = [_row(list(days)) for _, days in groupby(report.rows, key=lambda one: one.resource_id)]
    return visit.page(
        "staff/reports.html",
        {
            "days": [first + timedelta(days=count) for count in range(DAYS)],
            "today": today,
            "rows": sorted(rows, key=lambda row: (-(row.mean or 0), row.name)),
            "before": bounded(first - timedelta(days=DAYS)),
            "after": bounded(first + timedelta(days=DAYS)),
            "steps": range(STEPS + 1),
        },
    )


def _report(visit: StaffVisit, first: date, last: date) -> CapacityReport:
    return visit.engine_desk().reports.capacity(first_on=first, last_on=last)


def _row(days: list[DayReport]) -> Row:
    shares = [day.utilisation for day in days]
    known = [share for share in shares if share is not None]
    mean = None if not known else round(sum(known) / len(known) * _WHOLE)
    return Row(name=days[0].name, cells=tuple(_cell(share) for share in shares), mean=mean)


def _cell(share: Decimal | None) -> Cell:
    if share is None:
        return Cell(percent=None, step=0)
    # Whatever is taken at all has a shade.
    step = min(STEPS, ceil(share * STEPS))
    return Cell(percent=round(share * _WHOLE), step=step)
