"""Races for a resource of which a customer may have one, by moving bookings to it; a control."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.access import SYSTEM
from holdfast.domain.bookings import Booking
from holdfast.domain.policies import ActiveLimit, LimitScope, Policy
from holdfast.engine import customer_limits
from holdfast.engine.choosing import Choice
from holdfast.engine.customer_limits import Buyer, Person
from holdfast.engine.customers import ACCOUNT_CUSTOMERS_MAX, AddCustomer
from holdfast.engine.moving import Move
from holdfast.engine.resources import AddResource
from holdfast.engine.use_cases import Look
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import FOR_ADA, add_offering, at, cause_of, open_desk
from tests.engine.faults import Interfere, let_be
from tests.engine.outings import any_of
from tests.engine.races import Racers, all_at_once, gate

CROWD = 8


@pytest.fixture
def racers(fresh_url: Callable[[], str], clock: ManualClock) -> Iterator[Racers]:
    """Engines over one fresh database of each kind in turn."""
    opened = Racers(url=fresh_url(), clock=clock)
    yield opened
    opened.close()


def _move_all(racers: Racers, interfere: Interfere = let_be) -> tuple[Counter[str], int]:
    """Move bookings to one resource at once; say what became of it, and how many are there.

    The resources are unlimited, so that the customer's lock is the only one that they share.
    """
    desk = open_desk(racers.first())
    wanted = desk.resources.add(
        AddResource(
            name="Wanted",
            capacity=None,
            policy=Policy(active_limits=(ActiveLimit(scope=LimitScope.RESOURCE, most=1),)),
        )
    )
    plain = desk.resources.add(AddResource(name="Plain", capacity=None))
    tour = add_offering(desk, "tour", any_of([wanted, plain]))

    def placed(number: int) -> Booking:
        picks = (plain.resource_id,)
        choice = Choice(
            offering_id=tour.offering_id, starts_at=at("10:00", day=1 + number), picks=picks
        )
        return desk.bookings.place(choice=choice, details=FOR_ADA)

    bookings = [placed(number) for number in range(CROWD)]
    desks = [racers.engine(interfere=interfere).at(desk.tenant_id, actor=SYSTEM) for _ in bookings]
    across = Move(picks=(wanted.resource_id,))

    outcomes = all_at_once(
        [
            partial(one.bookings.reschedule, booking.booking_id, across)
            for one, booking in zip(desks, bookings, strict=True)
        ]
    )

    after = [desk.bookings.get(booking.booking_id) for booking in bookings]
    there = [one for one in after if one.assigned[0].resource_id == wanted.resource_id]
    return Counter(outcomes), len(there)


@pytest.mark.race
@pytest.mark.timeout(300)
def test_of_eight_moves_to_one_resource_as_many_are_made_as_the_customer_may_have(
    racers: Racers,
) -> None:
    """AC-D15, C4, C6."""
    outcomes, there = _move_all(racers)

    assert (outcomes, there) == ({"done": 1, "policy.limit_reached": CROWD - 1}, 1)


@pytest.mark.race
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "kind", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_without_the_customer_s_lock_more_of_them_are_made(
    racers: Racers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: each has a lock of its own, and they all meet before any of them writes."""
    found = customer_limits.person_of

    def somebody_else(look: Look, buyer: Buyer) -> Person | None:
        person = found(look, buyer)
        own = f"cust:{threading.get_ident()}"
        return None if person is None else replace(person, key=own)

    monkeypatch.setattr(customer_limits, "person_of", somebody_else)

    outcomes, there = _move_all(racers, gate(CROWD, seconds=10.0))

    assert (outcomes, there) == ({"done": CROWD}, CROWD)


def test_an_account_has_so_many_customers_and_no_more_whoever_comes_to_it(engine: Engine) -> None:
    desk = open_desk(engine)
    added = [
        desk.customers.add(AddCustomer(name=f"No {number}", account_id="acc 1"))
        for number in range(ACCOUNT_CUSTOMERS_MAX)
    ]
    other = desk.customers.add(AddCustomer(name="Other", account_id="acc 2"))

    one_more = cause_of(lambda: desk.customers.add(AddCustomer(name="One", account_id="acc 1")))
    over = cause_of(lambda: desk.customers.change(other.customer_id, {"account_id": "acc 1"}))
    renamed = desk.customers.change(added[0].customer_id, {"name": "Renamed"})
    desk.customers.change(added[1].customer_id, {"account_id": None})
    room = desk.customers.change(other.customer_id, {"account_id": "acc 1"})

    full = {
        "code": "policy.limit_reached",
        "limit": ACCOUNT_CUSTOMERS_MAX,
        "actual": ACCOUNT_CUSTOMERS_MAX,
    }
    assert [one_more, over] == [full] * 2
    assert (renamed.account_id, room.account_id) == ("acc 1", "acc 1")
