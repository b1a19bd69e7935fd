"""Races of a move with whoever books its target or its old time, each beside its control."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from holdfast.domain.access import SYSTEM
from holdfast.domain.bookings import Booking
from holdfast.domain.offerings import Offering
from holdfast.domain.requirements import Requirement
from holdfast.engine.facade import TenantEngine
from holdfast.engine.moving import Move
from holdfast.engine.ports import WriteStores
from holdfast.storage.database import Database
from holdfast.storage.proving import prove
from holdfast.storage.stores import SqlStores
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import FOR_ADA, add_class, add_offering, add_room, at, book, open_desk
from tests.engine.races import HastyStores, Racers, all_at_once, gate

pytestmark = [pytest.mark.race, pytest.mark.timeout(600)]


@pytest.fixture
def racers(fresh_url: Callable[[], str], clock: ManualClock) -> Iterator[Racers]:
    """Engines over one fresh database of each kind in turn."""
    opened = Racers(url=fresh_url(), clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def desk(racers: Racers) -> TenantEngine:
    """The desk of the business that everybody runs to."""
    return open_desk(racers.first())


def last_place_at_three(desk: TenantEngine) -> tuple[Offering, Booking]:
    """A hall of two units, free at three, and somebody at noon who would rather come then.

    All of it is taken at once: exclusive, but not for the database's last alarm.
    """
    hall = Requirement(resource_id=add_room(desk, "Hall", 2).resource_id, quantity=2)
    show = add_offering(desk, "show", hall)
    return show, book(desk, show, at("12:00"))


def rush(
    racers: Racers,
    desk: TenantEngine,
    wrap: Callable[[Database], WriteStores],
    show: Offering,
    booked: Booking,
) -> list[str]:
    """One moves to three and one books it, both having decided before either writes."""
    together = gate(2, seconds=0.5 if wrap is SqlStores else 10.0)
    mover, buyer = (
        racers.engine(wrap=wrap, interfere=together).at(desk.tenant_id, actor=SYSTEM)
        for _ in range(2)
    )
    move = Move(starts_at=at("15:00"))
    return sorted(
        all_at_once(
            [
                partial(mover.bookings.reschedule, booked.booking_id, move),
                partial(
                    buyer.bookings.place,
                    offering_id=show.offering_id,
                    starts_at=at("15:00"),
                    details=FOR_ADA,
                ),
            ]
        )
    )


def kinds_found(racers: Racers) -> set[str]:
    """What the proof finds."""
    return {one.kind for one in prove(racers.databases[0]).violations}


def test_the_last_place_goes_to_the_one_who_moves_or_to_the_one_who_books(
    racers: Racers, desk: TenantEngine
) -> None:
    """C6, invariants 1 and 16."""
    both = last_place_at_three(desk)

    outcomes = rush(racers, desk, SqlStores, *both)

    assert outcomes == ["capacity.exceeded", "done"]
    assert kinds_found(racers) == set()


def test_looking_before_locking_would_give_it_to_both(racers: Racers, desk: TenantEngine) -> None:
    """The control."""
    both = last_place_at_three(desk)

    outcomes = rush(racers, desk, HastyStores, *both)

    assert outcomes == ["done", "done"]
    assert kinds_found(racers) == {"capacity.oversold"}


def test_a_crowd_that_changes_places_never_sells_one_twice(
    racers: Racers, desk: TenantEngine
) -> None:
    """Two swap their times, each into the other's, while others book what they leave."""
    yoga = add_class(desk, "yoga", add_room(desk), places=1)
    noon, three = book(desk, yoga, at("12:00")), book(desk, yoga, at("15:00"))
    crowd = [racers.engine().at(desk.tenant_id, actor=SYSTEM) for _ in range(6)]
    acts = [
        partial(crowd[0].bookings.reschedule, noon.booking_id, Move(starts_at=at("15:00"))),
        partial(crowd[1].bookings.reschedule, three.booking_id, Move(starts_at=at("12:00"))),
        partial(crowd[2].bookings.reschedule, noon.booking_id, Move(starts_at=at("17:00"))),
        *(
            partial(
                one.bookings.place,
                offering_id=yoga.offering_id,
                starts_at=at(when),
                details=FOR_ADA,
            )
            for one, when in zip(crowd[3:], ("12:00", "15:00", "17:00"), strict=True)
        ),
    ]

    outcomes = all_at_once(acts)

    assert set(outcomes) <= {"done", "capacity.exceeded"}
    assert kinds_found(racers) == set()
