"""Servers and workers are killed with -9 under load: no answer was wrong, and nothing is twice."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import KeyKind, Role
from holdfast.domain.bookings import Booking
from holdfast.testing.postgres import PostgresServer
from tests.crashes.raids import Raid, kill_backend
from tests.engine.businesses import add_class, add_offering, add_room, open_desk
from tests.lending import Lending
from tests.races.books import Books

pytestmark = pytest.mark.race

KILLS = int(os.environ.get("HOLDFAST_TEST_KILLS", "10"))
PROOF_KILLS, DATABASE_KILLS = 500, 200


def raid_on(
    url: str, folder: Path, *, kills: int, kills_database: bool = False
) -> tuple[Raid, list[Booking], list[str]]:
    """Open a business, raid it; return what customers were told, what stands, what is wrong."""
    engine = Engine.open(url, migrate=False)
    desk = open_desk(engine)
    room = add_room(desk, "Room")
    hall = add_room(desk, "Hall")
    offerings = (
        add_offering(desk, "meeting", room),
        add_offering(desk, "both", room, hall),
        add_class(desk, "yoga", hall, places=3),
    )
    key = desk.keys.add("Till", kind=KeyKind.SECRET, role=Role.OWNER)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    raid = Raid(
        url=url,
        folder=folder,
        secret=key.secret,
        offering_ids=tuple(offering.offering_id for offering in offerings),
        first_day=today + timedelta(days=2, hours=9),
        kill_database=partial(kill_backend, url) if kills_database else None,
    )
    engine.database.dispose()  # nobody but the servers is in it meanwhile

    raid.run(kills=kills, seed=kills)

    books = Books(engine.database, desk.tenant_id)
    bookings: list[Booking] = books.records(Booking)
    violations = books.violations()
    engine.close()
    return raid, bookings, violations


def require_nothing_lost(raid: Raid, bookings: list[Booking], violations: list[str]) -> None:
    """Compare what customers were told with what stands in the books."""
    made = {str(booking.external_order_id): str(booking.booking_id) for booking in bookings}
    twice = Counter(booking.external_order_id for booking in bookings)

    assert raid.told.failed == []
    assert [order for order, count in twice.items() if count > 1] == []
    assert made == raid.told.booked
    assert violations == []


@pytest.mark.timeout(300)
def test_what_was_answered_stands_once_however_often_servers_are_killed(
    fresh_url: Callable[[], str],
    tmp_path: Path,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    raid, bookings, violations = raid_on(fresh_url(), tmp_path, kills=KILLS)

    record_testsuite_property("booked", len(bookings))
    record_testsuite_property("asked_again", raid.told.asked_again)
    require_nothing_lost(raid, bookings, violations)
    assert len(bookings) > KILLS
    assert raid.told.asked_again > 0


@pytest.fixture
def lasting_url() -> Iterator[str]:
    """A migrated database on a PostgreSQL of its own that syncs, as in production."""
    with PostgresServer.start(fsync=True) as server:
        url = server.create_database("raided")
        Engine.open(url).close()
        yield url


@pytest.mark.postgresql
@pytest.mark.timeout(300)
def test_what_was_answered_stands_once_when_the_database_is_killed_too(
    lasting_url: str, tmp_path: Path
) -> None:
    raid, bookings, violations = raid_on(lasting_url, tmp_path, kills=KILLS, kills_database=True)

    require_nothing_lost(raid, bookings, violations)
    assert raid.told.database_kills > 0


@pytest.mark.proof
@pytest.mark.postgresql
@pytest.mark.timeout(3_600)
def test_what_was_answered_stands_once_after_the_database_was_killed_very_often(
    lasting_url: str, tmp_path: Path
) -> None:
    raid, bookings, violations = raid_on(
        lasting_url, tmp_path, kills=DATABASE_KILLS, kills_database=True
    )

    require_nothing_lost(raid, bookings, violations)
    assert raid.told.database_kills > DATABASE_KILLS // 10


@pytest.mark.proof
@pytest.mark.timeout(3_600)
def test_what_was_answered_stands_once_after_very_many_kills(
    lending: Lending, kind: str, tmp_path: Path
) -> None:
    raid, bookings, violations = raid_on(lending.copy(kind), tmp_path, kills=PROOF_KILLS)

    require_nothing_lost(raid, bookings, violations)
