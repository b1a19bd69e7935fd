"""`holdfast clock`: whether the clock has gone back behind what was decided, and a way out."""

from __future__ import annotations

from datetime import datetime, timedelta

from holdfast.bootstrap import Engine, SystemClock
from holdfast.cli import output
from holdfast.cli.opening import engine_at
from holdfast.storage.clock_rows import ClockReport, read_clock_rows, reset_clock_rows

BEHIND = 1


def clock(url: str, *, is_reset: bool, tenant: str | None) -> int:
    """Compare decisions with the database's clock, and reset them if wanted.

    Returns:
        The exit code: 0 if everything can be sold.

    Raises:
        RecordNotFound: There is no such tenant.
    """
    with engine_at(url) as engine:
        if is_reset:
            chosen = engine.tenant(tenant).tenant_id if tenant is not None else None
            count = reset_clock_rows(engine.database, tenant_id=chosen)
            output.say(f"Reset {count:,} row(s) to now.")
        report = read_clock_rows(engine.database)
        skew = engine.database.clock_skew(SystemClock().now)
        _print(report, skew=skew, slugs=_slugs(engine))
    return BEHIND if report.is_wrong else 0


def _slugs(engine: Engine) -> dict[str, str]:
    return {str(tenant.tenant_id): tenant.slug for tenant in engine.list_tenants()}


def _print(report: ClockReport, *, skew: timedelta, slugs: dict[str, str]) -> None:
    output.say(f"By the database's clock it is {_shown(report.now)}.")
    seconds = skew.total_seconds()
    if seconds:
        direction = "ahead of" if seconds > 0 else "behind"
        output.say(f"This machine's clock is {abs(seconds):.3f} s {direction} it.")
    wrong = [tenant for tenant in report.tenants if tenant.is_wrong]
    if not wrong:
        output.say("Nothing was decided later than that: everything can be sold.")
        return
    output.complain(
        "The clock is behind what was decided already, so these tenants cannot sell everything"
        " until it has caught up. If the clock is right now, say: holdfast clock --reset"
    )
    output.listing(
        ["tenant", "last decision", "ahead by", "rows"],
        [
            [
                slugs.get(tenant.tenant_id, tenant.tenant_id),
                _shown(tenant.decided_at),
                f"{tenant.ahead.total_seconds():,.0f} s",
                tenant.row_count,
            ]
            for tenant in wrong
        ],
        none="",
    )


def _shown(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"
