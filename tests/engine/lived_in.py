"""A business that uses everything: each shape, each way of counting, each way to be served."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TypedDict, Unpack

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import Booking
from holdfast.domain.closures import WhenBooked
from holdfast.domain.customers import Contact
from holdfast.domain.holds import Hold
from holdfast.domain.ids import ResourceId
from holdfast.domain.offerings import Component, Counting, Offering
from holdfast.domain.overrides import Override
from holdfast.domain.pools import Pool
from holdfast.domain.prices import TicketTier
from holdfast.domain.promo_codes import PromoKind
from holdfast.domain.requirements import Choosing, Per, Requirement
from holdfast.domain.resources import Resource, Scheme
from holdfast.domain.shapes import Shape
from holdfast.domain.terms import Terms, Tickets
from holdfast.engine.blocks import AddBlock
from holdfast.engine.calendars import AdjustDays, SetDays
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.holds import ExpireHold
from holdfast.engine.limiting import SettleResource
from holdfast.engine.making import Details
from holdfast.engine.offerings import AddOffering
from holdfast.engine.pools import AddPool
from holdfast.engine.promo_codes import AddPromoCode
from holdfast.engine.resources import AddResource, ChangeResource
from holdfast.engine.schedules import WeeklyOpening
from holdfast.engine.slot_changes import CancelSlots, ChangeSlot
from holdfast.engine.slots import AddSlot
from holdfast.testing.clocks import ManualClock
from holdfast.workers.invite import invite_waiting
from tests.engine.businesses import FOR_ADA, HOUR, MINUTE, ROUND_THE_CLOCK, at, open_desk

STAFF = Override(reason="a friend of the house", capacity=True)


class Needs(TypedDict, total=False):
    """What a test may want of an offering of any shape."""

    shape: Shape
    counting: Counting
    slot_capacity: int | None
    buffer_before: timedelta
    buffer_after: timedelta
    length_min: timedelta | None
    is_always_open: bool
    is_approved_by_hand: bool
    pending_takes: bool
    pending_ttl: timedelta | None
    components: tuple[Component, ...]
    party_max: int | None
    hold_ttl: timedelta
    has_waitlist: bool
    invitation_ttl: timedelta | None
    ticket_tiers: tuple[TicketTier, ...]


def june(*days: int) -> tuple[date, ...]:
    """Return dates of June 2026."""
    return tuple(date(2026, 6, day) for day in days)


def any_of(pool: Pool, members: int = 1) -> Requirement:
    """Require any so many members of a pool."""
    return Requirement(pool_id=pool.pool_id, choosing=Choosing.ANY_OF, members=members)


def dated(desk: TenantEngine, name: str, capacity: int | None) -> Resource:
    """Add a resource that is counted by the day."""
    return desk.resources.add(
        AddResource(
            name=name,
            kind="thing",
            capacity=capacity,
            scheme=Scheme.DATED,
            is_bookable_alone=True,
        )
    )


def timed(desk: TenantEngine, name: str, capacity: int | None) -> Resource:
    """Add a resource that is counted by the instant."""
    return desk.resources.add(
        AddResource(name=name, kind="thing", capacity=capacity, is_bookable_alone=True)
    )


def offer(
    desk: TenantEngine,
    slug: str,
    *needed: Requirement | Resource,
    opening: WeeklyOpening | None = None,
    **fields: Unpack[Needs],
) -> Offering:
    """Add an offering of an hour, of any shape."""
    requirements = tuple(
        Requirement(resource_id=one.resource_id) if isinstance(one, Resource) else one
        for one in needed
    )
    made = desk.offerings.add(
        AddOffering(
            slug=slug, name=slug.capitalize(), duration=HOUR, requirements=requirements, **fields
        )
    )
    if opening is not None:
        desk.schedules.set(made.offering_id, [opening])
    return made


class LivedIn:
    """The business, and what has happened in it."""

    def __init__(self, engine: Engine, clock: ManualClock) -> None:
        self.engine, self.clock = engine, clock
        self.desk = open_desk(engine, slug="lived-in", zone="Europe/Paris")
        self._furnish()
        self._offer()
        self._live()
        self._change()
        clock.advance(minutes=10)

    def _furnish(self) -> None:
        desk = self.desk
        self.kayaks, self.tents = dated(desk, "Kayaks", 5), dated(desk, "Tents", 2)
        self.suites = [dated(desk, f"Suite {number}", 1) for number in range(3)]
        self.rooms = [timed(desk, f"Room {number}", 1) for number in range(4)]
        self.court, self.lawn = timed(desk, "Court", 3), timed(desk, "Lawn", None)
        self.studios = [timed(desk, f"Studio {number}", 1) for number in range(2)]
        self.hall, self.beamer = timed(desk, "Hall", 1), timed(desk, "Beamer", 1)
        self.north = self._pool("North", self.rooms[0], self.rooms[1], self.rooms[2])
        self.south = self._pool("South", self.rooms[2], self.rooms[3])
        self.hotel = self._pool("Hotel", *self.suites)
        self.school = self._pool("School", *self.studios)

    def _pool(self, name: str, *members: Resource) -> Pool:
        ids: tuple[ResourceId, ...] = tuple(one.resource_id for one in members)
        added = self.desk.run(AddPool(name=name, resource_ids=ids))
        assert isinstance(added, Pool)
        return added

    def _offer(self) -> None:
        desk, guests = self.desk, Per.PARTICIPANT
        paddling = Requirement(resource_id=self.kayaks.resource_id, per=guests)
        self.paddle = offer(desk, "paddle", paddling, shape=Shape.DAYS)
        self.stay = offer(desk, "stay", any_of(self.hotel), shape=Shape.NIGHTS)
        self.meet_north = offer(desk, "north", any_of(self.north), opening=ROUND_THE_CLOCK)
        self.meet_south = offer(desk, "south", any_of(self.south), opening=ROUND_THE_CLOCK)
        self.both = offer(desk, "both", any_of(self.north, 2), any_of(self.south), shape=Shape.FREE)
        self.play = offer(
            desk,
            "play",
            Requirement(resource_id=self.court.resource_id, per=guests),
            shape=Shape.FREE,
            is_always_open=True,
            buffer_before=5 * MINUTE,
            buffer_after=10 * MINUTE,
        )
        self.yoga = offer(
            desk,
            "yoga",
            any_of(self.school),
            opening=ROUND_THE_CLOCK,
            counting=Counting.PLACES,
            slot_capacity=3,
        )
        self.concert = offer(
            desk, "concert", self.hall, counting=Counting.PLACES, slot_capacity=4, party_max=9
        )
        screen = Component(
            key="screen",
            name="Screen",
            requirements=(Requirement(resource_id=self.beamer.resource_id),),
        )
        self.talk = offer(desk, "talk", self.lawn, opening=ROUND_THE_CLOCK, components=(screen,))
        self.asked = offer(
            desk,
            "asked",
            self.tents,
            shape=Shape.DAYS,
            is_approved_by_hand=True,
            pending_takes=False,
        )
        self.waits = offer(
            desk,
            "waits",
            self.tents,
            shape=Shape.DAYS,
            is_approved_by_hand=True,
            pending_ttl=HOUR,
        )

    def _live(self) -> None:
        """Let everything happen once, a while apart."""
        self.paddled = self.book_dates(self.paddle, june(10, 11, 13), guests=3)
        self.two_paddle = self.hold_dates(self.paddle, june(11, 12), guests=2)
        self.overbooked = self.book_dates(self.paddle, june(10), guests=4, override=STAFF)
        self.slept = [self.book_dates(self.stay, june(20, 21, 22)) for _ in range(2)]
        self.met_north = [self.book_at(self.meet_north, at("10:00", day=2)) for _ in range(2)]
        self.met_south = self.book_at(
            self.meet_south, at("10:00", day=2), picks=(self.rooms[2].resource_id,)
        )
        self.played = self.book_between(self.play, at("09:10", day=3), at("10:20", day=3), guests=2)
        self.hold_between(self.play, at("09:30", day=3), at("11:00", day=3))
        self.stretched = self.book_at(self.yoga, at("18:00", day=4), guests=2)
        self.stretching = self.hold_at(self.yoga, at("18:00", day=4))
        self.left_yoga = self.book_at(self.yoga, at("18:00", day=5))
        self.desk.bookings.cancel(self.left_yoga.booking_id)
        self.evening = self.desk.slots.add(
            AddSlot(
                slot_id=self.desk.slots.new_id(),
                offering_id=self.concert.offering_id,
                starts_at=at("19:00", day=6),
            )
        )
        self.heard = self.desk.bookings.place(
            slot_id=self.evening.slot_id, party_size=3, details=FOR_ADA
        )
        self.squeezed_in = self.desk.bookings.place(
            slot_id=self.evening.slot_id, party_size=3, details=FOR_ADA, override=STAFF
        )
        self.talked = self.book_at(self.talk, at("15:00", day=2), components=("screen",))
        self._sell_tickets()
        self._let_wait()
        self._stand_in_line()
        self._book_alone_and_block()
        self._end_holds()

    def _sell_tickets(self) -> None:
        """Sell tickets with a promo code: once booked, once called off, once held."""
        desk = self.desk
        tier = TicketTier(key="child", label="Child", price_minor=1_000, quota=4)
        self.jam = offer(
            desk,
            "jam",
            opening=ROUND_THE_CLOCK,
            counting=Counting.PLACES,
            slot_capacity=9,
            ticket_tiers=(tier,),
        )
        limited = AddPromoCode(
            code="JAM",
            kind=PromoKind.PERCENT,
            basis_points=1_000,
            uses_max=3,
            uses_per_customer_max=2,
        )
        self.promo = desk.promo_codes.add(limited)
        terms = Terms(promo_codes=("jam",), tickets=(Tickets(tier="child"),))
        choice = Choice(offering_id=self.jam.offering_id, starts_at=at("18:00", day=9))
        self.jammed, left = (
            desk.bookings.place(choice=choice, terms=terms, details=FOR_ADA) for _ in range(2)
        )
        desk.bookings.cancel(left.booking_id)
        desk.holds.place(choice=choice, terms=terms, contact=FOR_ADA.contact)

    def _change(self) -> None:
        """Change what is used: calendars, capacities, blocks over bookings, slots called off."""
        desk, clock, kayaks = self.desk, self.clock, self.kayaks.resource_id
        desk.run(SetDays(resource_id=kayaks, dates=june(12, 30), capacity=4))
        fewer = AdjustDays(
            resource_id=kayaks, dates=june(13), delta=-3, reason="holes", may_be_over=True
        )
        desk.run(fewer)
        self._resize(self.kayaks, 6)
        clock.advance(minutes=1)
        self.hold_between(self.play, at("09:30", day=3), at("11:00", day=3))
        self._resize(self.court, 2)
        self._resize(self.lawn, 1)
        clock.advance(minutes=2)
        desk.run(SettleResource(resource_id=self.lawn.resource_id, since=clock.now()))
        over_bookings = AddBlock(
            resource_id=self.rooms[3].resource_id,
            starts_at=at("00:00", day=8),
            ends_at=at("00:00", day=60),
            when_booked=WhenBooked.LIST,
        )
        desk.run(over_bookings)
        desk.run(
            ChangeSlot(
                slot_id=self.evening.slot_id,
                changes={"capacity": 5},
                may_be_over=True,
                reason="fire brigade",
            )
        )
        self.called_off = self.book_at(self.yoga, at("18:00", day=7))
        slot_id = self.called_off.slot_id
        assert slot_id is not None
        desk.run(CancelSlots(slot_ids=(slot_id,), when_booked=WhenBooked.LIST))

    def _resize(self, resource: Resource, capacity: int) -> None:
        command = ChangeResource(
            resource_id=resource.resource_id,
            changes={"capacity": capacity},
            may_be_over=True,
            reason="stocktaking",
        )
        self.desk.run(command)

    def _let_wait(self) -> None:
        bookings = self.desk.bookings
        self.approved, self.declined, self.waiting = (
            self.book_dates(self.asked, june(day)) for day in (15, 16, 17)
        )
        bookings.confirm(self.approved.booking_id)
        bookings.decline(self.declined.booking_id)
        self.lapsing = self.book_dates(self.waits, june(18))
        self.said_yes = self.book_dates(self.waits, june(18))
        bookings.confirm(self.said_yes.booking_id)

    def _stand_in_line(self) -> None:
        """Let three wait: one accepts, one is invited, and for one places gather."""
        desk = self.desk
        singing = offer(
            desk,
            "choir",
            counting=Counting.PLACES,
            slot_capacity=6,
            has_waitlist=True,
            invitation_ttl=timedelta(days=1),
        )
        night = desk.slots.add(
            AddSlot(
                slot_id=desk.slots.new_id(),
                offering_id=singing.offering_id,
                starts_at=at("20:00", day=20),
            )
        )

        seats = [desk.bookings.place(slot_id=night.slot_id, details=FOR_ADA) for _ in range(6)]
        ben, choir = Details(contact=Contact(name="Ben")), singing.offering_id
        self.gathering = desk.waitlist.join(choir, party_size=3, details=ben).entry
        joined = []
        for seat in seats[:3]:
            self.clock.advance(seconds=1)
            joined.append(desk.waitlist.join(choir, details=ben).entry.entry_id)
            desk.bookings.cancel(seat.booking_id)
            invite_waiting(self.engine)
        self.sung_by, self.sung = joined[0], desk.waitlist.accept(joined[0])
        self.invited = desk.waitlist.get(joined[1]).entry
        desk.waitlist.decline(joined[2])
        invite_waiting(self.engine)

    def _book_alone_and_block(self) -> None:
        desk = self.desk
        self.alone_dated = desk.bookings.place(
            choice=Choice(resource_id=self.tents.resource_id, dates=june(24, 26)), details=FOR_ADA
        )
        self.alone_timed = desk.holds.place(
            choice=Choice(
                resource_id=self.rooms[3].resource_id,
                starts_at=at("12:00", day=8),
                ends_at=at("12:00", day=50),
            )
        )
        self.blocks = [
            desk.blocks.add(
                AddBlock(
                    resource_id=one.resource_id,
                    starts_at=at("00:00", day=40),
                    ends_at=at("00:00", day=90),
                )
            )
            for one in (self.kayaks, self.hall, self.lawn)
        ]
        desk.blocks.remove(self.blocks[1].block_id)

    def _end_holds(self) -> None:
        desk = self.desk
        self.released = self.hold_dates(self.paddle, june(14), guests=5)
        desk.holds.release(self.released.hold_id)
        self.expired = self.hold_at(self.meet_south, at("20:00", day=2))
        self.clock.advance(minutes=31)
        desk.run(ExpireHold(hold_id=self.expired.hold_id))
        kept = self.hold_dates(self.stay, june(28, 29))
        self.converted = desk.bookings.convert(kept.hold_id, details=FOR_ADA)

    # Placing

    def book_dates(
        self,
        offering: Offering,
        dates: tuple[date, ...],
        *,
        guests: int = 1,
        override: Override | None = None,
    ) -> Booking:
        """Book days or nights."""
        return self.desk.bookings.place(
            choice=Choice(offering_id=offering.offering_id, dates=dates),
            party_size=guests,
            details=FOR_ADA,
            override=override,
        )

    def hold_dates(self, offering: Offering, dates: tuple[date, ...], *, guests: int = 1) -> Hold:
        """Hold days or nights."""
        choice = Choice(offering_id=offering.offering_id, dates=dates)
        return self.desk.holds.place(choice=choice, party_size=guests)

    def book_at(
        self,
        offering: Offering,
        starts_at: datetime,
        *,
        guests: int = 1,
        picks: tuple[ResourceId, ...] = (),
        components: tuple[str, ...] = (),
    ) -> Booking:
        """Book a slot."""
        choice = Choice(
            offering_id=offering.offering_id,
            starts_at=starts_at,
            picks=picks,
            components=components,
        )
        return self.desk.bookings.place(choice=choice, party_size=guests, details=FOR_ADA)

    def hold_at(self, offering: Offering, starts_at: datetime) -> Hold:
        """Hold a slot."""
        choice = Choice(offering_id=offering.offering_id, starts_at=starts_at)
        return self.desk.holds.place(choice=choice)

    def book_between(
        self, offering: Offering, starts_at: datetime, ends_at: datetime, *, guests: int = 1
    ) -> Booking:
        """Book a free start and end."""
        choice = Choice(offering_id=offering.offering_id, starts_at=starts_at, ends_at=ends_at)
        return self.desk.bookings.place(choice=choice, party_size=guests, details=FOR_ADA)

    def hold_between(self, offering: Offering, starts_at: datetime, ends_at: datetime) -> Hold:
        """Hold a free start and end."""
        choice = Choice(offering_id=offering.offering_id, starts_at=starts_at, ends_at=ends_at)
        return self.desk.holds.place(choice=choice)
