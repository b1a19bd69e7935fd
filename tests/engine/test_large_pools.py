"""Pools too large to lock as a whole: some look free, and everybody is locked only for need."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from holdfast.domain.access import SYSTEM
from holdfast.domain.bookings import Booking
from holdfast.domain.errors import CapacityExceeded
from holdfast.domain.offerings import Offering
from holdfast.domain.pools import Pool
from holdfast.domain.requirements import Choosing, Requirement
from holdfast.domain.resources import Resource
from holdfast.engine.bookings import PlaceBooking
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import Engine, TenantEngine
from holdfast.engine.making import Details
from holdfast.engine.placing import POOL_LOCK_MAX, SPARES
from holdfast.engine.pools import AddPool
from holdfast.engine.use_cases import Envelope
from tests.engine.businesses import add_offering, add_room, at, open_desk, refusal_of

MEMBERS = POOL_LOCK_MAX + 10
NOON = at("12:00")
GUEST = Details(external_order_id="order 1")


class Yard:
    """A yard with more boats than are locked at once."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.desk: TenantEngine = open_desk(engine)
        self.boats: list[Resource] = [
            add_room(self.desk, f"Boat {number}") for number in range(1, MEMBERS + 1)
        ]
        self.pool: Pool = self.desk.pools.add(
            AddPool(name="Boats", resource_ids=tuple(boat.resource_id for boat in self.boats))
        )
        self.trip: Offering = add_offering(
            self.desk, "trip", Requirement(pool_id=self.pool.pool_id, choosing=Choosing.ANY_OF)
        )

    def wish(self, *picks: Resource) -> PlaceBooking:
        """A trip at noon."""
        choice = Choice(
            offering_id=self.trip.offering_id,
            starts_at=NOON,
            picks=tuple(boat.resource_id for boat in picks),
        )
        return PlaceBooking(choice=choice, details=GUEST)

    def run(self, *commands: PlaceBooking) -> Counter[str]:
        """Run a batch; return the boats that were taken, and the refusals' codes."""
        envelopes = [Envelope(command=command, actor=SYSTEM) for command in commands]
        outcomes = self.engine.unit_of_work.run(self.desk.tenant_id, envelopes)
        return Counter(
            outcome.error.code if outcome.error else _boat(outcome.result) for outcome in outcomes
        )


def _boat(result: object) -> str:
    assert isinstance(result, Booking)
    (assigned,) = result.assigned
    return assigned.name


@pytest.fixture
def yard(engine: Engine) -> Yard:
    """The yard, on an empty database of each kind in turn."""
    return Yard(engine)


def test_one_after_the_other_takes_every_member_and_no_more(yard: Yard) -> None:
    taken: Counter[str] = Counter()
    for _ in range(MEMBERS):
        taken += yard.run(yard.wish())

    assert taken == Counter({boat.name: 1 for boat in yard.boats})
    refusal = refusal_of(partial(yard.desk.run, yard.wish()))
    assert isinstance(refusal, CapacityExceeded)
    assert (refusal.fields["remaining"], refusal.fields["limited_by"]) == (0, yard.pool.pool_id)


def test_a_batch_takes_every_member_though_all_saw_the_same_ones_free(yard: Yard) -> None:
    # All 64 see the same boats free and lock those and the spares; the others look again.
    found = yard.run(*[yard.wish() for _ in range(64)])

    assert found == Counter({**{boat.name: 1 for boat in yard.boats}, "capacity.exceeded": 4})


def test_the_last_free_member_is_found_among_the_busy_ones(yard: Yard) -> None:
    last = yard.boats[-1]
    for boat in yard.boats[:-1]:
        yard.run(yard.wish(boat))

    assert yard.run(yard.wish()) == Counter({last.name: 1})


def test_who_is_asked_for_is_locked_wherever_it_stands_in_the_pool(yard: Yard) -> None:
    last = yard.boats[-1]

    first = yard.run(yard.wish(last))
    again = yard.run(yard.wish(last))

    assert len(yard.boats) > 1 + SPARES
    assert (first, again) == (Counter({last.name: 1}), Counter({"capacity.exceeded": 1}))
