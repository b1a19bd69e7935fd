"""`holdfast report`: how much of the capacity is taken, on the terminal."""

from __future__ import annotations

from datetime import date

from holdfast.cli import output
from holdfast.cli.opening import engine_at, tenant_at
from holdfast.domain.ids import ResourceId
from holdfast.domain.utilisation import DayReport, whole_minutes

UNLIMITED = "unlimited"
COLUMNS = ("resource", "day", "capacity", "taken", "left", "over", "blocked", "utilisation")


def capacity(
    url: str,
    *,
    tenant: str | None,
    resource_id: str | None,
    first_on: date | None,
    last_on: date | None,
    is_json: bool,
) -> None:
    """Print how much of each resource is taken on which day.

    Raises:
        RecordNotFound: There is no such tenant or resource.
        InputInvalid: The days are reversed or too many.
    """
    with engine_at(url) as engine:
        reports = tenant_at(engine, tenant).reports
        chosen = ResourceId(resource_id) if resource_id is not None else None
        report = reports.capacity(chosen, first_on=first_on, last_on=last_on)
    rows = [_row(row) for row in report.rows]
    if is_json:
        output.as_json([dict(zip(COLUMNS, row, strict=True)) for row in rows])
    else:
        output.listing(COLUMNS, rows, none="This tenant has no resources yet.")


def _row(row: DayReport) -> list[str]:
    """Return a row as a person reads it: units of what is dated, unit-minutes of the rest."""
    units, there = row.units, row.open_units
    if units is not None:
        taken, left, over = str(units.taken), str(units.remaining), str(units.over_commit)
    else:
        taken, over = f"{whole_minutes(row.taken)} min", ""
        left = UNLIMITED
        if there is not None:
            usable = there - row.blocked * (row.capacity or 0)
            left = f"{max(0, whole_minutes(usable - row.taken))} min"
    share = row.utilisation
    return [
        row.name,
        row.falls_on.isoformat(),
        UNLIMITED if row.capacity is None else str(row.capacity),
        taken,
        left,
        over,
        f"{whole_minutes(row.blocked)} min" if row.blocked else "",
        "" if share is None else f"{share * 100:.2f} %",
    ]
