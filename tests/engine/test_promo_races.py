"""Races for the last use of a code and the last ticket, beside a control that oversells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from holdfast.domain.access import SYSTEM
from holdfast.domain.holds import Hold
from holdfast.domain.offerings import Offering
from holdfast.domain.prices import TicketTier
from holdfast.domain.promo_codes import PromoKind
from holdfast.domain.terms import Terms, Tickets
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.ports import WriteStores
from holdfast.engine.promo_codes import AddPromoCode
from holdfast.storage.database import Database
from holdfast.storage.proving import prove
from holdfast.storage.stores import SqlStores
from holdfast.testing.clocks import ManualClock
from tests.engine.businesses import ADA, add_class, at, open_desk
from tests.engine.races import HastyStores, Racers, all_at_once, gate

pytestmark = [pytest.mark.race, pytest.mark.timeout(300)]

CROWD = 8
LIMIT = 3
SALE = Terms(promo_codes=("SALE",))


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


def place(desk: TenantEngine, show: Offering, terms: Terms) -> Hold:
    choice = Choice(offering_id=show.offering_id, starts_at=at("12:00"))
    return desk.holds.place(choice=choice, terms=terms, contact=ADA)


def crowd_of(racers: Racers, desk: TenantEngine, count: int = CROWD) -> list[TenantEngine]:
    return [racers.engine().at(desk.tenant_id, actor=SYSTEM) for _ in range(count)]


def kinds_found(racers: Racers) -> set[str]:
    return {one.kind for one in prove(racers.databases[0]).violations}


def test_of_eight_who_use_a_code_at_once_exactly_as_many_do_as_may(
    racers: Racers, desk: TenantEngine
) -> None:
    """AC-F05, invariant 23: in all, by one customer, and tickets of a tier."""
    shows = [add_class(desk, f"show-{n}", places=100, price_minor=1_000) for n in range(3)]
    tier = TicketTier(key="child", label="Child", price_minor=1, quota=LIMIT)
    desk.offerings.change(shows[2].offering_id, {"ticket_tiers": (tier,)})
    fixed = partial(AddPromoCode, kind=PromoKind.PERCENT, basis_points=1_000)
    desk.promo_codes.add(fixed(code="SALE", uses_max=LIMIT))
    desk.promo_codes.add(fixed(code="EACH", uses_per_customer_max=LIMIT))
    wanted = {
        "promo.refused of all": (shows[0], SALE),
        "promo.refused of one": (shows[1], Terms(promo_codes=("EACH",))),
        "capacity.exceeded": (shows[2], Terms(tickets=(Tickets(tier="child"),))),
    }
    crowd = crowd_of(racers, desk)

    outcomes = {
        name: Counter(all_at_once([partial(place, one, show, terms) for one in crowd]))
        for name, (show, terms) in wanted.items()
    }

    assert outcomes == {name: {"done": LIMIT, name.split()[0]: CROWD - LIMIT} for name in wanted}
    assert kinds_found(racers) == set()


def two_at_once(
    racers: Racers, desk: TenantEngine, wrap: Callable[[Database], WriteStores], seconds: float
) -> list[str]:
    """Let two meet when both have decided and neither has written, in slots of their own."""
    shows = [add_class(desk, f"show-{n}", places=None) for n in range(2)]
    desk.promo_codes.add(
        AddPromoCode(
            code="SALE", kind=PromoKind.PERCENT, basis_points=1_000, uses_per_customer_max=1
        )
    )
    meeting = gate(2, seconds=seconds)
    pair = [
        racers.engine(wrap=wrap, interfere=meeting).at(desk.tenant_id, actor=SYSTEM)
        for _ in range(2)
    ]
    acts = [partial(place, one, show, SALE) for one, show in zip(pair, shows, strict=True)]
    return sorted(all_at_once(acts))


def test_one_customer_does_not_use_a_code_twice_by_asking_twice_at_once(
    racers: Racers, desk: TenantEngine
) -> None:
    assert two_at_once(racers, desk, SqlStores, 0.5) == ["done", "promo.refused"]
    assert kinds_found(racers) == set()


def test_stores_that_look_before_they_lock_would_let_the_customer_use_it_twice(
    racers: Racers, desk: TenantEngine
) -> None:
    """The control of the test above; the proof finds what it did."""
    assert two_at_once(racers, desk, HastyStores, 10.0) == ["done", "done"]
    assert "capacity.oversold" in kinds_found(racers)
