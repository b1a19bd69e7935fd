"""A real business beside the model of it: each step is done to both, and they have to agree."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from holdfast.bootstrap import Engine
from holdfast.domain.blocks import Block
from holdfast.domain.bookings import Booking
from holdfast.domain.errors import Alternative, HoldfastError
from holdfast.domain.holds import Hold
from holdfast.domain.ids import generated_slot_id
from holdfast.domain.offerings import Counting, Offering
from holdfast.domain.requirements import Per, Requirement
from holdfast.domain.resources import Resource, ResourceAction
from holdfast.domain.slots import Slot
from holdfast.engine.blocks import AddBlock
from holdfast.engine.holds import ExpireHold
from holdfast.engine.schedules import WeeklyOpening
from holdfast.storage.database import Database
from holdfast.testing.clocks import ManualClock, SeededIds
from tests.engine.businesses import (
    EVERY_DAY,
    FOR_ADA,
    MINUTE,
    OfferingFields,
    add_offering,
    add_room,
    add_slot,
    at,
    book,
    hold,
    open_desk,
    refusal_of,
)
from tests.engine.invariants import faults_in
from tests.engine.model import DAY, HALF_HOUR, HOUR, Cause, Model, Offer, Taken

NINE_TO_ONE = WeeklyOpening(weekdays=EVERY_DAY, opens_minute=9 * 60, closes_minute=13 * 60)
ROOMS: dict[str, int | None] = {"chair": 1, "table": 3, "hall": 1, "lawn": None}


def offers() -> dict[str, Offer]:
    """What the business offers: something of each way of counting, some in the same rooms."""
    return {
        "cut": Offer(rooms={"chair": 1}, step=HALF_HOUR, after=HALF_HOUR),
        "sit": Offer(rooms={"table": 1}, per_guest=True),
        "both": Offer(rooms={"chair": 1, "table": 2, "lawn": 1}),
        "yoga": Offer(rooms={"hall": 1}, places=3),
        "ride": Offer(rooms={"table": 1}, places=3, per_guest=True),
        "ball": Offer(rooms={"hall": 1}, step=HALF_HOUR),
        "picnic": Offer(rooms={"lawn": 1}, per_guest=True),
        "stream": Offer(places=None),
        "show": Offer(rooms={"hall": 1}, places=2, by_hand=(at("10:00"), at("14:00"))),
    }


@dataclass(kw_only=True)
class Pair:
    """The engine and the model, and which record is which."""

    database: Database
    clock: ManualClock
    model: Model = field(default_factory=lambda: Model(rooms=dict(ROOMS), offers=offers()))
    records: dict[int, Hold | Booking | Block] = field(default_factory=dict)
    step_count: int = 0

    def __post_init__(self) -> None:
        """Open the business that the model describes."""
        self.desk = open_desk(Engine.over(self.database, clock=self.clock, ids=SeededIds()))
        self.rooms: dict[str, Resource] = {
            name: add_room(self.desk, name, capacity) for name, capacity in ROOMS.items()
        }
        self.slots: dict[tuple[str, datetime], Slot] = {}
        self.offerings = {name: self._add(name, offer) for name, offer in offers().items()}

    def _add(self, name: str, offer: Offer) -> Offering:
        per = Per.PARTICIPANT if offer.per_guest else Per.BOOKING
        needed = [
            Requirement(resource_id=self.rooms[room].resource_id, quantity=units, per=per)
            for room, units in offer.rooms.items()
        ]
        fields: OfferingFields = {
            "slot_step": offer.step,
            "buffer_after": offer.after,
            "party_max": offer.guests_max,
        }
        if offer.is_counted:
            fields |= {"counting": Counting.PLACES, "slot_capacity": offer.places}
        openings = () if offer.by_hand else (NINE_TO_ONE,)
        made = add_offering(self.desk, f"the-{name}", *needed, openings=openings, **fields)
        for start in offer.by_hand:
            self.slots[name, start] = add_slot(self.desk, made, start)
        return made

    @property
    def now(self) -> datetime:
        """What the clock shows."""
        return self.clock.now()

    def starts_of(self, name: str) -> list[datetime]:
        """When the slots of the first day begin."""
        offer = self.model.offers[name]
        count = 3 * HOUR // offer.step + 1
        grid = [at("09:00") + number * offer.step for number in range(count)]
        return list(offer.by_hand) or grid

    def of_kind(self, *kinds: str) -> list[Taken]:
        """Everything of some kinds, whatever has become of it."""
        return [one for one in self.model.taken if one.kind in kinds]

    # Steps

    def place(self, kind: str, name: str, start: datetime, guests: int) -> None:
        """Place a hold or a booking, or be refused for the same reason."""
        offering, act = self.offerings[name], hold if kind == "hold" else book
        expected = self.model.refusal(name, start, guests, self.now)
        if expected is None:
            record: Hold | Booking = (
                hold(self.desk, offering, start, guests)
                if kind == "hold"
                else book(self.desk, offering, start, guests)
            )
            one = self.model.take(kind, name, start, guests, self.now)
            self.records[id(one)] = record
            return
        refusal = refusal_of(lambda: act(self.desk, offering, start, guests))
        offered = refusal.fields.pop("alternatives", ())
        assert {"code": refusal.code, **refusal.fields} == self._named(expected, name, start)
        if expected["code"] in {"capacity.exceeded", "availability.closed"}:
            assert isinstance(offered, tuple)
            self._check_alternatives(name, start, guests, offered)

    def _named(self, cause: Cause, name: str, start: datetime) -> Cause:
        """Return a cause with ids in the place of the model's names."""
        limit = cause.get("limited_by")
        if limit is None:
            return cause
        if isinstance(limit, str) and limit in self.rooms:
            return {**cause, "limited_by": self.rooms[limit].resource_id}
        stored = self.slots.get((name, start))
        generated = generated_slot_id(self.offerings[name].offering_id, start)
        return {**cause, "limited_by": stored.slot_id if stored else generated}

    def _check_alternatives(
        self, name: str, start: datetime, guests: int, offered: tuple[Alternative, ...]
    ) -> None:
        """What is offered instead is what the model would offer, and it is accepted."""
        expected = self.model.alternatives(name, start, guests, self.now)
        assert [(one.starts_at, one.remaining) for one in offered] == expected
        for one in offered:
            self.try_out(name, one.starts_at, guests)

    def try_out(self, name: str, start: datetime, guests: int) -> None:
        """Place a hold, which has to be accepted, and let it go."""
        self.desk.holds.release(hold(self.desk, self.offerings[name], start, guests).hold_id)

    def extend(self, one: Taken) -> None:
        """Extend a hold."""
        record = self.records[id(one)]
        assert isinstance(record, Hold)
        if self._is_refused(one, lambda: self.desk.holds.extend(record.hold_id)):
            return
        self.model.extend(one, self.now)
        assert self.desk.holds.extend(record.hold_id).expires_at == one.until

    def convert(self, one: Taken) -> None:
        """Turn a hold into a booking."""
        record = self.records[id(one)]
        assert isinstance(record, Hold)

        def act() -> Booking:
            return self.desk.bookings.convert(record.hold_id, details=FOR_ADA)

        if self._is_refused(one, act):
            return
        if self.model.inactive & self.model.offers[one.offer].rooms.keys():
            assert refusal_of(act).fields["reason"] == "resource_inactive"
            return
        self.records[id(one)] = act()
        one.kind, one.status, one.until = "booking", "confirmed", None

    def _is_refused(self, one: Taken, act: object) -> bool:
        """Whether a hold is beyond extending and converting; checks that the engine says so."""
        assert callable(act)
        if one.status == "released":
            assert refusal_of(act).code == "state.transition_not_allowed"
            return True
        if not one.counts(self.now):
            assert refusal_of(act).code == "hold.expired"
            return True
        return False

    def release(self, one: Taken) -> None:
        """Let a hold go."""
        record = self.records[id(one)]
        assert isinstance(record, Hold)
        if one.status == "active":
            one.status = "released" if one.counts(self.now) else "expired"
        assert self.desk.holds.release(record.hold_id).status == one.status

    def cancel(self, one: Taken) -> None:
        """Call a booking off."""
        record = self.records[id(one)]
        assert isinstance(record, Booking)
        one.status = "cancelled"
        assert self.desk.bookings.cancel(record.booking_id).status == one.status

    def expire_all(self) -> None:
        """Do what the worker does."""
        for one in self.of_kind("hold"):
            record = self.records[id(one)]
            assert isinstance(record, Hold)
            if one.status == "active":
                one.status = "active" if one.counts(self.now) else "expired"
            changed = self.desk.run(ExpireHold(hold_id=record.hold_id))
            assert isinstance(changed, Hold)
            assert changed.status == one.status

    def block(self, room: str, start: datetime, length: timedelta) -> None:
        """Take time away from a room, if nobody counts on it."""
        command = AddBlock(
            resource_id=self.rooms[room].resource_id, starts_at=start, ends_at=start + length
        )
        if self.model.in_the_way(room, start, start + length, self.now):
            assert refusal_of(lambda: self.desk.blocks.add(command)).code == "record.in_use"
        else:
            record = self.desk.blocks.add(command)
            self.records[id(self.model.block(room, start, start + length))] = record

    def unblock(self, one: Taken) -> None:
        """Give blocked time back."""
        record = self.records[id(one)]
        assert isinstance(record, Block)
        one.status = "removed"
        assert self.desk.blocks.remove(record.block_id).status == one.status

    def toggle(self, room: str) -> None:
        """Take a room out of use, or into use again."""
        is_away = room in self.model.inactive
        self.model.inactive ^= {room}
        action = ResourceAction.ACTIVATE if is_away else ResourceAction.DEACTIVATE
        self.desk.resources.act(self.rooms[room].resource_id, action)

    # What has to be true after each step

    def check(self, *, everything: bool = False) -> None:
        """Hold the books against the invariants, and what is listed against the model."""
        assert faults_in(self.database, self.now) == []
        names = list(self.offerings)
        if not everything:
            names = [names[self.step_count % len(names)]]
        self.step_count += 1
        since, until = at("00:00"), at("00:00") + 2 * DAY
        for name in names:
            for guests in (1, 2):
                answer = self.desk.availability.list(
                    self.offerings[name].offering_id,
                    starts_at=since,
                    ends_at=until,
                    party_size=guests,
                )
                listed = [(slot.starts_at, slot.remaining) for slot in answer.slots]
                expected = self.model.open_slots(name, since, until, guests, self.now)
                assert (name, guests, listed) == (name, guests, expected)

    def check_that_what_is_listed_is_what_is_accepted(self) -> None:
        """Try every slot of the first day: those listed are accepted, and no others."""
        for name, offering in self.offerings.items():
            answer = self.desk.availability.list(
                offering.offering_id, starts_at=at("00:00"), ends_at=at("00:00") + DAY
            )
            listed = [slot.starts_at for slot in answer.slots]
            accepted = [start for start in self.starts_of(name) if self._is_accepted(name, start)]
            assert (name, accepted) == (name, listed)

    def _is_accepted(self, name: str, start: datetime) -> bool:
        try:
            self.try_out(name, start, 1)
        except HoldfastError:
            return False
        return True


__all__ = ["MINUTE", "Pair"]
