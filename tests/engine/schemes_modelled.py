"""A real business of every scheme beside its model: each step is done to both, and they agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from holdfast.bootstrap import Engine
from holdfast.domain.blocks import Block
from holdfast.domain.bookings import Booking
from holdfast.domain.errors import HoldfastError
from holdfast.domain.holds import Hold
from holdfast.domain.offerings import Component, Counting, Offering
from holdfast.domain.requirements import Choosing, Per, Requirement
from holdfast.domain.resources import Resource
from holdfast.domain.shapes import Shape
from holdfast.engine.blocks import AddBlock
from holdfast.engine.calendars import SetDays
from holdfast.engine.choosing import Choice
from holdfast.engine.holds import ExpireHold
from holdfast.engine.offerings import AddOffering
from holdfast.engine.resources import ChangeResource
from holdfast.engine.schedules import WeeklyOpening
from holdfast.storage.database import Database
from holdfast.storage.proving import prove
from holdfast.testing.clocks import ManualClock, SeededIds
from tests.engine.businesses import EVERY_DAY, FOR_ADA, MINUTE, ROUND_THE_CLOCK, open_desk
from tests.engine.lived_in import dated, timed
from tests.engine.scheme_models import Ask, Assigned, Closed, Need, Offer, SchemeModel, Taken

CAPACITIES: dict[str, int | None] = {
    "kayaks": 3,
    "tents": 2,
    "suite": 1,
    "chamber": 1,
    "dorm": 2,
    "red": 1,
    "green": 1,
    "blue": 1,
    "hall": 1,
    "court": 3,
    "lawn": None,
}
DATED = frozenset({"kayaks", "tents", "suite", "chamber", "dorm"})
FORMS = {
    "days": Shape.DAYS,
    "nights": Shape.NIGHTS,
    "free": Shape.FREE,
    "slot": Shape.SLOTS,
}
ALONE = "alone "
LATE = WeeklyOpening(weekdays=EVERY_DAY, opens_minute=22 * 60, closes_minute=26 * 60)


def a(*names: str, members: int = 0, units: int = 1, per_guest: bool = False) -> Need:
    """Write a need in few words."""
    return Need(names=names, members=members, units=units, per_guest=per_guest)


OFFERS: dict[str, Offer] = {
    "paddle": Offer(form="days", needs=(a("kayaks", per_guest=True),)),
    "camp": Offer(form="days", needs=(a("kayaks", per_guest=True), a("tents"))),
    "asked": Offer(form="days", needs=(a("tents"),), is_asked=True),
    "tour": Offer(form="slot", needs=(a("kayaks"),), minutes=120),
    "stay": Offer(form="nights", needs=(a("suite", "chamber", "dorm", members=1),)),
    "family": Offer(form="nights", needs=(a("suite", "chamber", "dorm", members=2),)),
    "warm": Offer(form="slot", needs=(a("red", "green", members=1),)),
    "cold": Offer(form="slot", needs=(a("green", "blue", members=1),)),
    "two": Offer(form="slot", needs=(a("blue", "green", "red", members=2),)),
    "both": Offer(
        form="free",
        needs=(a("green", "blue", members=1), a("red", "green", members=1), a("hall")),
    ),
    "play": Offer(form="free", needs=(a("court", per_guest=True),), before=5, after=10),
    "yoga": Offer(form="slot", needs=(a("red", "hall", members=1),), places=3),
    "drill": Offer(form="slot", needs=(a("hall"),), places=2),
    "clay": Offer(
        form="slot",
        needs=(a("green", "blue", members=1), a("court", per_guest=True)),
        places=4,
        after=15,
    ),
    "talk": Offer(
        form="slot",
        needs=(a("lawn"),),
        extras={"screen": (a("hall"), 9), "mics": (a("court", per_guest=True), 2)},
    ),
    f"{ALONE}kayaks": Offer(form="days", needs=(a("kayaks", per_guest=True),)),
    f"{ALONE}dorm": Offer(form="days", needs=(a("dorm", per_guest=True),)),
    f"{ALONE}green": Offer(form="free", needs=(a("green", per_guest=True),)),
    f"{ALONE}court": Offer(form="free", needs=(a("court", per_guest=True),)),
}


@dataclass(kw_only=True)
class SchemePair:
    """The engine and the model, and which record is which."""

    database: Database
    clock: ManualClock
    model: SchemeModel = field(
        default_factory=lambda: SchemeModel(capacities=dict(CAPACITIES), dated=DATED, offers=OFFERS)
    )
    records: dict[int, Hold | Booking | Block] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Open the business that the model describes."""
        self.desk = open_desk(Engine.over(self.database, clock=self.clock, ids=SeededIds()))
        self.resources: dict[str, Resource] = {
            name: (dated if name in DATED else timed)(self.desk, name, capacity)
            for name, capacity in CAPACITIES.items()
        }
        self.names = {one.resource_id: name for name, one in self.resources.items()}
        self.offerings = {
            name: self._add(name, offer)
            for name, offer in OFFERS.items()
            if not name.startswith(ALONE)
        }

    def _add(self, name: str, offer: Offer) -> Offering:
        made = self.desk.offerings.add(
            AddOffering(
                slug=f"the-{name}",
                name=name,
                duration=offer.minutes * MINUTE,
                slot_step=60 * MINUTE if offer.form == "slot" else None,
                shape=FORMS[offer.form],
                counting=Counting.RESOURCES if offer.places is None else Counting.PLACES,
                slot_capacity=offer.places,
                buffer_before=offer.before * MINUTE,
                buffer_after=offer.after * MINUTE,
                requirements=tuple(map(self._requirement, offer.needs)),
                components=tuple(
                    Component(
                        key=key,
                        name=key,
                        capacity=most,
                        requirements=(self._requirement(need),),
                    )
                    for key, (need, most) in offer.extras.items()
                ),
                length_min=30 * MINUTE if offer.form == "free" else None,
                is_always_open=offer.form == "free",
                is_approved_by_hand=offer.is_asked,
                pending_takes=not offer.is_asked,
            )
        )
        if offer.form == "slot":
            opening = LATE if name == "tour" else ROUND_THE_CLOCK
            self.desk.schedules.set(made.offering_id, [opening])
        return made

    def _requirement(self, need: Need) -> Requirement:
        return Requirement(
            resource_ids=tuple(self.resources[name].resource_id for name in need.names),
            choosing=Choosing.ANY_OF if need.members else Choosing.ALL_OF,
            members=need.members or 1,
            quantity=need.units,
            per=Per.PARTICIPANT if need.per_guest else Per.BOOKING,
        )

    @property
    def now(self) -> datetime:
        """What the clock shows."""
        return self.clock.now()

    def of(self, kind: str, *statuses: str) -> list[Taken]:
        """Everything of a kind that is in one of some statuses."""
        found = [one for one in self.model.taken if one.kind == kind]
        return [one for one in found if one.status in statuses]

    # Steps

    def place(self, kind: str, ask: Ask) -> None:
        """Place a hold or a booking, or be refused for the same reason."""
        expected = self.model.refusal(ask, self.now)
        ways = [Counter(way) for way in self.model.ways(ask, self.now)]
        placed = self._tried(lambda: self._place(kind, ask), expected, ask)
        if isinstance(placed, Hold | Booking):
            assigned = self._assigned(placed)
            one = self.model.take(kind, ask, assigned, self.now)
            assert one.status == "asked" or Counter(assigned) in ways, (ask, assigned, ways)
            self.records[id(one)] = placed

    def _place(self, kind: str, ask: Ask) -> Hold | Booking:
        choice = self._choice(ask)
        if kind == "hold":
            return self.desk.holds.place(choice=choice, party_size=ask.guests)
        return self.desk.bookings.place(choice=choice, party_size=ask.guests, details=FOR_ADA)

    def _choice(self, ask: Ask) -> Choice:
        is_alone = ask.offer.startswith(ALONE)
        resource = self.resources[ask.offer.removeprefix(ALONE)] if is_alone else None
        return Choice(
            offering_id=None if is_alone else self.offerings[ask.offer].offering_id,
            resource_id=resource.resource_id if resource else None,
            starts_at=ask.start,
            ends_at=ask.end,
            dates=ask.dates,
            picks=tuple(self.resources[name].resource_id for name in ask.picks),
            components=ask.extras,
        )

    def _assigned(self, record: Hold | Booking) -> Assigned:
        return tuple((self.names[one.resource_id], one.units) for one in record.assigned)

    def _tried(self, act: Callable[[], object], expected: str | None, what: object) -> object:
        """Do something, which has to be refused or not as expected."""
        code, done = None, None
        try:
            done = act()
        except HoldfastError as refusal:
            code = refusal.code
        assert code == expected, what
        return done

    def convert(self, one: Taken) -> None:
        """Turn a hold into a booking, unless its time is over."""
        hold = self.records[id(one)]
        assert isinstance(hold, Hold)
        expected = None if one.counts(self.now) else "hold.expired"
        made = self._tried(
            lambda: self.desk.bookings.convert(hold.hold_id, details=FOR_ADA), expected, one
        )
        if isinstance(made, Booking):
            one.kind, one.status, one.until = "booking", "confirmed", None
            self.records[id(one)] = made

    def release(self, one: Taken) -> None:
        """Give a hold back."""
        hold = self.records[id(one)]
        assert isinstance(hold, Hold)
        self.desk.holds.release(hold.hold_id)
        one.status = "released"

    def cancel(self, one: Taken) -> None:
        """Call a booking off."""
        booking = self.records[id(one)]
        assert isinstance(booking, Booking)
        self.desk.bookings.cancel(booking.booking_id)
        one.status = "cancelled"

    def confirm(self, one: Taken) -> None:
        """Say yes to a booking that has no places yet, if they are still there."""
        booking = self.records[id(one)]
        assert isinstance(booking, Booking)
        expected = self.model.refusal(one.ask, self.now)
        made = self._tried(lambda: self.desk.bookings.confirm(booking.booking_id), expected, one)
        if isinstance(made, Booking):
            one.status = "confirmed"
            self.model.seat(one, self._assigned(made))

    def expire_all(self) -> None:
        """Let the worker record whose time is over."""
        for one in self.of("hold", "active"):
            hold = self.records[id(one)]
            assert isinstance(hold, Hold)
            if not one.counts(self.now):
                self.desk.run(ExpireHold(hold_id=hold.hold_id))
                one.status = "expired"

    def block(self, name: str, start: datetime, length: timedelta) -> None:
        """Take time away from a resource, if nobody is there."""
        end = start + length
        is_free = self.model.may_close(name, start, end, self.now)
        command = AddBlock(
            resource_id=self.resources[name].resource_id, starts_at=start, ends_at=end
        )
        expected = None if is_free else "record.in_use"
        made = self._tried(lambda: self.desk.blocks.add(command), expected, (name, start))
        if isinstance(made, Block):
            closed = Closed(name=name, start=start, end=end)
            self.model.closed.append(closed)
            self.records[id(closed)] = made

    def unblock(self, closed: Closed) -> None:
        """Give time back."""
        block = self.records[id(closed)]
        assert isinstance(block, Block)
        self.desk.blocks.remove(block.block_id)
        closed.is_active = False

    def set_day(self, name: str, day: date, capacity: int) -> None:
        """Give a date a capacity of its own, unless more is taken."""
        cell = (name, day)
        before = self.model.capacity(cell)
        assert before is not None
        is_short = capacity < min(before, self.model.in_use(cell, self.now))
        command = SetDays(
            resource_id=self.resources[name].resource_id, dates=(day,), capacity=capacity
        )
        expected = "capacity.exceeded" if is_short else None
        if self._tried(lambda: self.desk.run(command), expected, (cell, capacity)) is not None:
            self.model.calendar[cell] = capacity

    def resize(self, name: str, capacity: int) -> None:
        """Change how many units there are of a resource, unless more are taken."""
        usual = self.model.capacities[name]
        if usual is None or any(one.name == name and one.is_active for one in self.model.closed):
            return
        cells = {
            cell
            for one in self.model.taken
            for cell in one.cells
            if cell[0] == name and cell not in self.model.calendar
        }
        most = max((self.model.in_use(cell, self.now) for cell in cells), default=0)
        expected = "capacity.exceeded" if capacity < min(most, usual) else None
        command = ChangeResource(
            resource_id=self.resources[name].resource_id, changes={"capacity": capacity}
        )
        if self._tried(lambda: self.desk.run(command), expected, (name, capacity)) is not None:
            self.model.capacities[name] = capacity

    def check(self) -> None:
        """Prove the books."""
        assert prove(self.database).violations == ()
