"""The race between cancelling a series and adding to it, beside its control."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest

from holdfast.domain.bookings import BookingStatus
from holdfast.domain.customers import Contact
from holdfast.domain.series import SeriesStatus
from holdfast.engine.facade import TenantEngine
from holdfast.engine.making import Details
from holdfast.engine.moving import Move
from holdfast.engine.ports import WriteStores
from holdfast.engine.recurring import SeriesRequest
from holdfast.storage.database import Database
from holdfast.storage.stores import SqlStores
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import add_class, at, open_desk
from tests.engine.races import HastyStores, Racers
from tests.engine.test_scheme_races import kinds_found, meet

pytestmark = [pytest.mark.race, pytest.mark.timeout(600)]


@pytest.fixture
def racers(fresh_url: Callable[[], str], clock: ManualClock) -> Iterator[Racers]:
    """Engines over one fresh database of each kind in turn."""
    opened = Racers(url=fresh_url(), clock=clock)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("wrap", "left", "is_moved"),
    [(SqlStores, 0, False), (SqlStores, 0, True), (HastyStores, 1, False)],
)
def test_nothing_is_added_to_a_series_while_it_is_cancelled(
    racers: Racers, wrap: Callable[[Database], WriteStores], left: int, *, is_moved: bool
) -> None:
    desk = open_desk(racers.first())
    yoga = add_class(desk, "yoga", places=5)
    desk.offerings.change(yoga.offering_id, {"series_max": 9})
    asked = SeriesRequest(
        offering_id=yoga.offering_id,
        rule="FREQ=DAILY;COUNT=3",
        starts_on=date(2026, 6, 8),
        minute=600,
        details=Details(contact=Contact(name="Ben", email="ben@b.example")),
    )
    series_id = desk.series.place(asked).series.series_id
    desk.series.skip(series_id, 2)

    def add(one: TenantEngine) -> object:
        if is_moved:
            return one.series.move(series_id, 2, Move(starts_at=at("12:00", day=9)))
        return one.series.add(series_id, 2)

    meet(racers, desk, wrap, lambda one: one.series.cancel(series_id), add)

    assert desk.series.get(series_id).status is SeriesStatus.CANCELLED
    live = [one for one in desk.bookings.list().items if one.status is BookingStatus.CONFIRMED]
    assert len(live) == left
    assert kinds_found(racers) == set()
