"""The race between an invitation and a direct buyer, beside its control (AC-H02, C8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.inviting import InviteWaiting
from holdfast.engine.ports import WriteStores
from holdfast.storage.database import Database
from holdfast.storage.stores import SqlStores
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import FOR_ADA, ROUND_THE_CLOCK, at, open_desk
from tests.engine.lived_in import offer, timed
from tests.engine.races import HastyStores, Racers
from tests.engine.test_scheme_races import book_noon, both_units_of, kinds_found, meet

pytestmark = [pytest.mark.race, pytest.mark.timeout(600)]


@pytest.fixture
def racers(fresh_url: Callable[[], str], clock: ManualClock) -> Iterator[Racers]:
    """Engines over one fresh database of each kind in turn."""
    opened = Racers(url=fresh_url(), clock=clock)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("wrap", "found"), [(SqlStores, set()), (HastyStores, {"capacity.oversold"})]
)
def test_an_invitation_and_a_buyer_never_have_the_same_room(
    racers: Racers, wrap: Callable[[Database], WriteStores], found: set[str]
) -> None:
    desk = open_desk(racers.first())
    room = both_units_of(timed(desk, "Room", 2))
    massage = offer(desk, "massage", room, opening=ROUND_THE_CLOCK, has_waitlist=True)
    desk.waitlist.join(massage.offering_id, details=FOR_ADA)
    noon = Choice(offering_id=massage.offering_id, starts_at=at("12:00"))

    def invite(one: TenantEngine) -> object:
        return one.run(InviteWaiting(choice=noon))

    said = meet(racers, desk, wrap, invite, partial(book_noon, massage))

    assert "done" in said
    assert kinds_found(racers) == found
