"""Prices come to a database that is in use: offerings with slots keep both, and get a new unit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from holdfast.domain.ids import TenantId
from holdfast.engine.ports import ConstraintViolated
from holdfast.storage import migrating
from holdfast.storage.database import Database
from holdfast.storage.migrating import upgrade
from holdfast.testing.clocks import ManualClock
from holdfast.testing.postgres import PostgresServer

TENANT = TenantId("tnt_a")
OFFERING = """
INSERT INTO offering (tenant_id, offering_id, slug, name, description, kind, counting, duration,
    buffer_before, buffer_after, party_min, hold_ttl, is_approved_by_hand, price_minor,
    price_currency, price_unit, requirements, location, sort_order, status, metadata, created_at,
    version)
VALUES ('tnt_a', 'off_1', 'cut', 'Cut', '', 'appointment', 'places', 1800000000, 0, 0, 1, 1, false,
    100, 'EUR', 'per_night', '[]', '{}', 0, 'active', '{}', 0, 1)
"""
SLOT = """
INSERT INTO slot (tenant_id, slot_id, offering_id, starts_at, ends_at, is_capacity_own, origin,
    status, start_key, metadata, created_at, version)
VALUES ('tnt_a', 'slt_1', 'off_1', 0, 1, false, 'manual', 'open', 'k', '{}', 0, 1)
"""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of each kind in turn."""
    if request.param == "sqlite":
        opened = Database.open(f"sqlite:///{tmp_path / 'before.sqlite'}", clock=ManualClock())
        yield opened
        opened.dispose()
        return
    server: PostgresServer = request.getfixturevalue("server")
    opened = Database.open(server.create_database("holdfast_prices"), clock=ManualClock())
    yield opened
    opened.dispose()
    server.drop_database("holdfast_prices")


def write(database: Database, *statements: str) -> None:
    with database.write(TENANT) as transaction:
        for statement in statements:
            transaction.connection.execute(text(statement))
        transaction.commit()


@pytest.fixture
def up_to(monkeypatch: pytest.MonkeyPatch) -> Callable[[Database, str], None]:
    """What brings a database up to an earlier revision."""

    def upgraded(database: Database, revision: str) -> None:
        known = migrating._revisions()
        with monkeypatch.context() as patched:
            patched.setattr(migrating, "_revisions", lambda: known[: known.index(revision) + 1])
            upgrade(database)

    return upgraded


def test_offerings_in_use_get_a_price_for_a_slot(
    database: Database, up_to: Callable[[Database, str], None]
) -> None:
    up_to(database, "0008")
    write(database, OFFERING, SLOT)

    upgrade(database)

    write(database, "UPDATE offering SET price_unit = 'per_slot'")
    with pytest.raises(ConstraintViolated):
        write(database, "UPDATE offering SET price_unit = 'per_month'")
    with database.read(TENANT) as transaction:
        statement = text(
            "SELECT price_rules, believes_customers FROM offering JOIN slot USING (offering_id)"
        )
        assert transaction.connection.execute(statement).all() == [("[]", 0)]
