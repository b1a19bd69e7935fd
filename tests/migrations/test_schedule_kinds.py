"""Rules from before there were kinds: they are weekly, and an older server goes on writing them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from holdfast.domain.ids import RuleId, TenantId
from holdfast.domain.rules import RuleStatus, ScheduleRule
from holdfast.engine.ports import Where
from holdfast.storage.database import Database
from holdfast.storage.migrating import upgrade
from holdfast.storage.stores import SqlStores
from holdfast.testing.clocks import ManualClock
from holdfast.testing.postgres import PostgresServer

TENANT = TenantId("tnt_a")
INSERT = """
INSERT INTO rule (tenant_id, rule_id, owner_id, weekdays, opens_minute, closes_minute, zone,
                  status, created_at, version)
VALUES ('tnt_a', 'rul_1', 'res_1', '[1,7]', 540, 1500, 'Europe/Paris', 'active', 0, 1)
"""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def migrated(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A new database of each kind in turn."""
    if request.param == "sqlite":
        database = Database.open("sqlite:///:memory:", clock=ManualClock())
        upgrade(database)
        yield database
        database.dispose()
        return
    server: PostgresServer = request.getfixturevalue("server")
    database = Database.open(server.create_database("holdfast_kinds"), clock=ManualClock())
    upgrade(database)
    yield database
    database.dispose()
    server.drop_database("holdfast_kinds")


def test_a_row_without_a_kind_is_a_weekly_rule(migrated: Database) -> None:
    with migrated.write(TENANT) as transaction:
        transaction.connection.execute(text(INSERT))
        transaction.commit()
    read = Where(ScheduleRule, "owner_id", "res_1")

    with SqlStores(migrated).read(TENANT) as store:
        found = store.load([read])[read]

    assert found == (
        ScheduleRule(
            rule_id=RuleId("rul_1"),
            owner_id="res_1",
            weekdays=(1, 7),
            opens_minute=540,
            closes_minute=1500,
            slot_step=None,
            valid_from=None,
            valid_until=None,
            zone="Europe/Paris",
            status=RuleStatus.ACTIVE,
            created_at=datetime(1970, 1, 1, tzinfo=UTC),
            version=1,
        ),
    )
