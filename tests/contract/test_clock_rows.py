"""The clock in the capacity rows: what is reported, and what a reset changes and what not."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, select

from holdfast.engine.ports import CapacityKind
from holdfast.storage import clock_rows
from holdfast.storage.clock_rows import (
    ClockReport,
    TenantClock,
    read_clock_rows,
    reset_clock_rows,
)
from holdfast.storage.database import Database
from holdfast.storage.schema.capacity import capacity
from tests.contract.databases import Opening

SECOND = timedelta(seconds=1)
BEHIND, AHEAD = "tnt_a", "tnt_b"


@pytest.fixture
def decided(opening: Opening) -> Database:
    """Two businesses: of one all rows are past, of the other two are ahead, in each database."""
    database = opening()
    now = read_clock_rows(database).now
    with database.write(AHEAD) as transaction:
        rows = [
            (BEHIND, "res:a", now - 60 * SECOND),
            (BEHIND, "res:b", None),
            (AHEAD, "res:c", now + 3600 * SECOND),
            (AHEAD, "res:d", now + 60 * SECOND),
            (AHEAD, "res:e", now - 60 * SECOND),
            (AHEAD, "res:f", now + 3 * SECOND),
        ]
        for tenant_id, key, at in rows:
            values = {"tenant_id": tenant_id, "key": key, "kind": CapacityKind.GUARD}
            counts = {"used": 0, "over_commit": 0, "seq": 1, "decided_at": at}
            transaction.connection.execute(insert(capacity), {**values, **counts})
        transaction.commit()
    return database


def decisions_in(database: Database) -> dict[str, datetime]:
    with database.read() as transaction:
        statement = select(capacity.c.key, capacity.c.decided_at)
        return {key: at for key, at in transaction.connection.execute(statement) if at is not None}


def test_each_business_is_compared_with_the_clock(decided: Database) -> None:
    at = decisions_in(decided)

    report = read_clock_rows(decided)

    assert report == ClockReport(
        now=report.now,
        tenants=(
            TenantClock(
                tenant_id=BEHIND,
                decided_at=at["res:a"],
                ahead=at["res:a"] - report.now,
                row_count=0,
            ),
            TenantClock(
                tenant_id=AHEAD,
                decided_at=at["res:c"],
                ahead=at["res:c"] - report.now,
                row_count=2,
            ),
        ),
    )
    assert [tenant.is_wrong for tenant in report.tenants] == [False, True]
    assert report.is_wrong


def test_a_reset_changes_only_what_is_too_far_ahead(decided: Database) -> None:
    before = decisions_in(decided)

    count = reset_clock_rows(decided)

    after, report = decisions_in(decided), read_clock_rows(decided)
    changed = sorted(key for key in after if after[key] != before[key])
    assert (count, changed) == (2, ["res:c", "res:d"])
    assert max(after["res:c"], after["res:d"]) <= report.now
    assert not report.is_wrong
    assert reset_clock_rows(decided) == 0


def test_one_business_is_reset_without_the_others(decided: Database) -> None:
    assert reset_clock_rows(decided, tenant_id=BEHIND) == 0
    assert reset_clock_rows(decided, tenant_id=AHEAD) == 2


def test_many_rows_are_reset_some_at_a_time(
    decided: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock_rows, "ROWS_PER_TRANSACTION", 1)
    commits = decided.statistics.commits

    assert reset_clock_rows(decided) == 2
    assert decided.statistics.commits - commits == 2


def test_nothing_decided_is_nothing_wrong(opening: Opening) -> None:
    report = read_clock_rows(opening())

    assert (report.tenants, report.is_wrong) == ((), False)
