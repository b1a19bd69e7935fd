"""Two commands in every order of their steps come out as if one had waited for the other.

Each pair runs on a business of its own once for each of the 20 orders, on real PostgreSQL; what
both were answered and what the tables say has to be what one of the two serial orders gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import combinations_with_replacement

import pytest
from sqlalchemy import select

from holdfast.bootstrap import Engine
from holdfast.domain.access import SYSTEM
from holdfast.domain.bookings import Booking
from holdfast.domain.claims import Claim
from holdfast.domain.holds import Hold
from holdfast.domain.offerings import Offering
from holdfast.domain.promo_codes import PromoKind
from holdfast.domain.requirements import Requirement
from holdfast.domain.shapes import Shape
from holdfast.domain.terms import Terms
from holdfast.domain.waitlists import WaitlistEntry
from holdfast.engine.blocks import AddBlock
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.holds import ExpireHold
from holdfast.engine.inviting import InviteWaiting
from holdfast.engine.moving import Move
from holdfast.engine.ports import WriteStores
from holdfast.engine.promo_codes import AddPromoCode
from holdfast.engine.recurring import SeriesRequest
from holdfast.storage.database import Database
from holdfast.storage.mapping import mapper_of
from holdfast.storage.proving import prove
from holdfast.storage.schema.capacity import capacity
from holdfast.storage.stores import SqlStores
from holdfast.testing.clocks import DEFAULT_START, ManualClock
from tests.engine.businesses import (
    FOR_ADA,
    add_class,
    add_offering,
    add_room,
    add_slot,
    at,
    book,
    hold,
    open_desk,
)
from tests.engine.interleaving import Conductor, Stage, orders, outcome_of
from tests.engine.lived_in import dated
from tests.engine.races import HastyStores, Racers
from tests.lending import Lending

pytestmark = [pytest.mark.race, pytest.mark.postgresql, pytest.mark.timeout(600)]

DAY = date(2026, 6, 9)
ONE = Terms(promo_codes=("ONE",))
ACTS = (
    "buy",
    "hold",
    "convert",
    "extend",
    "release",
    "expire",
    "book over",
    "move in",
    "nine to ten",
    "ten to nine",
    "cancel",
    "book freed",
    "block",
    "shrink",
    "ticket",
    "confirm",
    "camp",
    "sale",
    "sale too",
    "invite",
    "join",
    "series",
)
# The riskiest: for the last place, in and out of it, over what has lapsed, under what closes.
PAIRS = (
    ("buy", "hold"),
    ("buy", "move in"),
    ("nine to ten", "ten to nine"),
    ("cancel", "book freed"),
    ("convert", "release"),
    ("expire", "book over"),
    ("block", "buy"),
    ("shrink", "ticket"),
    ("confirm", "camp"),
    ("sale", "sale too"),
    ("invite", "join"),
    ("series", "buy"),
)


class Scene:
    """A business where anything may happen to meet anything else."""

    def __init__(self, engine: Engine, clock: ManualClock, name: str) -> None:
        self.desk = desk = open_desk(engine, slug=name)
        self.hall = add_room(desk, "Hall", 2)
        # All of it is taken at once: exclusive, but not for the database's last alarm.
        whole = Requirement(resource_id=self.hall.resource_id, quantity=2)
        self.show = add_offering(desk, "show", whole, price_minor=1_000)
        desk.offerings.change(self.show.offering_id, {"series_max": 3})
        self.gala = add_class(desk, "gala", places=9, price_minor=1_000, openings=())
        self.ball = add_slot(desk, self.gala, at("20:00", day=9), capacity=2)
        desk.bookings.place(slot_id=self.ball.slot_id, details=FOR_ADA)
        self.yoga = add_class(desk, "yoga", places=1)
        desk.offerings.change(self.yoga.offering_id, {"has_waitlist": True})
        desk.waitlist.join(self.yoga.offering_id, details=FOR_ADA)
        tents = dated(desk, "Tents", 1)
        self.camp = add_offering(desk, "camp", tents, shape=Shape.DAYS, openings=())
        self.asked = add_offering(
            desk,
            "asked",
            tents,
            shape=Shape.DAYS,
            openings=(),
            is_approved_by_hand=True,
            pending_takes=False,
        )
        desk.promo_codes.add(
            AddPromoCode(code="ONE", kind=PromoKind.PERCENT, basis_points=1_000, uses_max=1)
        )
        self.over = hold(desk, self.show, at("20:00", day=8), ttl=timedelta(minutes=1))
        clock.advance(minutes=2)
        self.held = hold(desk, self.show, at("18:00", day=8))
        self.nine = book(desk, self.show, at("09:00", day=8))
        self.ten = book(desk, self.show, at("10:00", day=8))
        self.pending = desk.bookings.place(choice=self._on(self.asked), details=FOR_ADA)

    def _on(self, offering: Offering) -> Choice:
        return Choice(offering_id=offering.offering_id, dates=(DAY,))

    def _move(self, desk: TenantEngine, booking: Booking, starts_at: datetime) -> object:
        return desk.bookings.reschedule(booking.booking_id, Move(starts_at=starts_at))

    def act(self, name: str, desk: TenantEngine) -> object:
        """Do one of the things that may meet another."""
        three, nine, ten = (at(clock, day=8) for clock in ("15:00", "09:00", "10:00"))
        noon = Choice(offering_id=self.yoga.offering_id, starts_at=at("12:00", day=8))
        noon_after = replace(noon, starts_at=at("12:00", day=9))
        show, bookings = self.show, desk.bookings
        acts: dict[str, Callable[[], object]] = {
            "buy": lambda: book(desk, show, three),
            "hold": lambda: hold(desk, show, three),
            "convert": lambda: bookings.convert(self.held.hold_id, details=FOR_ADA),
            "extend": lambda: desk.holds.extend(self.held.hold_id),
            "release": lambda: desk.holds.release(self.held.hold_id),
            "expire": lambda: desk.run(ExpireHold(hold_id=self.over.hold_id)),
            "book over": lambda: book(desk, show, at("20:00", day=8)),
            "move in": lambda: self._move(desk, self.nine, three),
            "nine to ten": lambda: self._move(desk, self.nine, ten),
            "ten to nine": lambda: self._move(desk, self.ten, nine),
            "cancel": lambda: bookings.cancel(self.nine.booking_id),
            "book freed": lambda: book(desk, show, nine),
            "block": lambda: desk.blocks.add(
                AddBlock(
                    resource_id=self.hall.resource_id, starts_at=three, ends_at=at("16:00", day=8)
                )
            ),
            "shrink": lambda: desk.slots.change(self.ball.slot_id, {"capacity": 1}),
            "ticket": lambda: bookings.place(slot_id=self.ball.slot_id, details=FOR_ADA),
            "confirm": lambda: bookings.confirm(self.pending.booking_id),
            "camp": lambda: bookings.place(choice=self._on(self.camp), details=FOR_ADA),
            "sale": lambda: bookings.place(choice=noon_after, terms=ONE, details=FOR_ADA),
            "sale too": lambda: bookings.place(
                slot_id=self.ball.slot_id, terms=ONE, details=FOR_ADA
            ),
            "invite": lambda: desk.run(InviteWaiting(choice=noon)),
            "join": lambda: bookings.place(choice=noon, details=FOR_ADA),
            "series": lambda: desk.series.place(
                SeriesRequest(
                    offering_id=show.offering_id,
                    rule="FREQ=DAILY;COUNT=2",
                    starts_on=DAY - timedelta(days=1),
                    minute=15 * 60,
                    details=FOR_ADA,
                )
            ),
        }
        return acts[name]()


def state_of(database: Database, desk: TenantEngine) -> list[str]:
    """Return what the tables say of a business, without ids."""
    names = {one.resource_id: one.name for one in desk.resources.list().items}
    lines = []
    with database.read(desk.tenant_id) as transaction:
        for kind, said in (
            (Hold, ("status", "starts_at", "party_size")),
            (Booking, ("status", "starts_at", "party_size", "dates")),
            (WaitlistEntry, ("status", "party_size")),
        ):
            mapper = mapper_of(kind)
            found = select(mapper.table).where(mapper.table.columns.tenant_id == desk.tenant_id)
            for row in transaction.connection.execute(found).mappings():
                record = mapper.from_row(row)
                lines.append(f"{kind.__name__} {[str(getattr(record, name)) for name in said]}")
        mapper = mapper_of(Claim)
        found = select(mapper.table).where(mapper.table.columns.tenant_id == desk.tenant_id)
        for row in transaction.connection.execute(found).mappings():
            claim = mapper.from_row(row)
            if claim.counts_at(transaction.now()):
                of = names.get(claim.resource_id, claim.key.partition(":")[0])
                lines.append(f"{of} {claim.owner_kind} {claim.starts_at} {claim.units}")
        columns = capacity.columns
        used = select(columns.used, columns.cap, columns.over_commit).where(
            columns.tenant_id == desk.tenant_id, columns.cap.is_not(None)
        )
        lines += [f"counter {tuple(row)}" for row in transaction.connection.execute(used)]
    return sorted(lines)


@dataclass(kw_only=True)
class Theatre:
    """Two engines over one database, whose steps follow a conductor."""

    racers: Racers
    clock: ManualClock
    wrap: Callable[[Database], WriteStores] = SqlStores
    stage: Stage = field(default_factory=Stage)
    count: int = 0

    def __post_init__(self) -> None:
        """Open the engines."""
        self.first = self.racers.first()
        self.engines = [
            self.racers.engine(wrap=self.wrap, interfere=self.stage.gate_of(who)) for who in (0, 1)
        ]

    def play(self, pair: tuple[str, str], order: tuple[int, ...] | None, *, turned: bool) -> str:
        """Have both act on a business of their own; return what came of it, in one line.

        Without an order they act one after the other, the second first where that is turned.
        """
        self.clock.set(DEFAULT_START)
        self.count += 1
        scene = Scene(self.first, self.clock, f"scene-{self.count}")
        desks = [one.at(scene.desk.tenant_id, actor=SYSTEM) for one in self.engines]
        acts = [partial(scene.act, name, desk) for name, desk in zip(pair, desks, strict=True)]
        if order is None:
            self.stage.conductor = None
            said = [outcome_of(act) for act in (reversed(acts) if turned else acts)]
            outcomes = tuple(reversed(said)) if turned else tuple(said)
        else:
            self.stage.conductor = Conductor(order)
            outcomes = self.stage.conductor.run(acts)
        state = state_of(self.racers.databases[0], scene.desk)
        return "\n".join([str(outcomes), *state])

    def strange(self, pair: tuple[str, str]) -> list[str]:
        """Return the orders whose outcome neither serial order has."""
        serial = {self.play(pair, None, turned=turned) for turned in (False, True)}
        played = {order: self.play(pair, order, turned=False) for order in orders()}
        return [f"{order}: {said}" for order, said in played.items() if said not in serial]


@pytest.fixture
def theatre(lending: Lending, clock: ManualClock) -> Iterator[Theatre]:
    """Engines over one fresh database."""
    racers = Racers(url=lending.copy("postgresql"), clock=clock)
    yield Theatre(racers=racers, clock=clock)
    racers.close()


def require_serial(theatre: Theatre, pair: tuple[str, str]) -> None:
    assert theatre.strange(pair) == []
    assert prove(theatre.racers.databases[0]).violations == ()


@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
def test_every_order_of_two_commands_is_as_good_as_one_after_the_other(
    theatre: Theatre, pair: tuple[str, str]
) -> None:
    require_serial(theatre, pair)


@pytest.mark.parametrize("pair", PAIRS[:2], ids=" and ".join)
def test_looking_before_locking_is_found_by_some_order(
    lending: Lending, clock: ManualClock, pair: tuple[str, str]
) -> None:
    """The control."""
    racers = Racers(url=lending.copy("postgresql"), clock=clock)
    hasty = Theatre(racers=racers, clock=clock, wrap=HastyStores)
    try:
        assert hasty.strange(pair) != []
        assert {one.kind for one in prove(racers.databases[0]).violations} != set()
    finally:
        racers.close()


@pytest.mark.proof
@pytest.mark.parametrize("pair", list(combinations_with_replacement(ACTS, 2)), ids=" and ".join)
def test_every_order_of_all_pairs_is_as_good_as_one_after_the_other(
    theatre: Theatre, pair: tuple[str, str]
) -> None:
    require_serial(theatre, pair)
