"""A random history: a business of every kind of thing, and many commands, most of them refused."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from holdfast.domain.access import SYSTEM
from holdfast.domain.bookings import Booking
from holdfast.domain.customers import Contact
from holdfast.domain.holds import Hold
from holdfast.domain.ids import OfferingId, ResourceId
from holdfast.domain.offerings import Counting, Offering
from holdfast.domain.overrides import Override
from holdfast.domain.requirements import Per, Requirement
from holdfast.domain.resources import Resource, ResourceAction
from holdfast.engine.approvals import ConfirmBooking, DeclineBooking
from holdfast.engine.attending import (
    CheckInBooking,
    CheckOutBooking,
    CompleteBooking,
    MarkNoShow,
    UndoBooking,
)
from holdfast.engine.blocks import AddBlock, RemoveBlock
from holdfast.engine.bookings import CancelBooking, ConvertHold, PlaceBooking
from holdfast.engine.changing import ChangeBooking
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import Engine, TenantEngine
from holdfast.engine.holds import ExpireHold, ExtendHold, PlaceHold, ReleaseHold
from holdfast.engine.making import Details
from holdfast.engine.moving import Move
from holdfast.engine.offerings import AddOffering, ChangeOffering
from holdfast.engine.rescheduling import RescheduleBooking
from holdfast.engine.resources import ActOnResource, AddResource, ChangeResource
from holdfast.engine.schedules import WeeklyOpening
from holdfast.engine.slots import AddSlot
from holdfast.engine.tenants import AddTenant
from holdfast.engine.use_cases import Envelope
from holdfast.testing.clocks import ManualClock

HOUR = timedelta(hours=1)
ALWAYS = WeeklyOpening(weekdays=(1, 2, 3, 4, 5, 6, 7), opens_minute=0, closes_minute=24 * 60)
ADA = Details(contact=Contact(name="Ada", email="ada@example.com"))
HOURS_AHEAD = 10


class RandomHistory:
    """One business, and what happens to it by a seed."""

    def __init__(self, engine: Engine, clock: ManualClock, *, seed: int, slug: str) -> None:
        self._engine = engine
        self._clock = clock
        self._random = random.Random(seed)
        command = AddTenant(slug=slug, name=slug, zone="Europe/Paris", currency="EUR")
        self.tenant_id = engine.add_tenant(command).tenant_id
        self.desk: TenantEngine = engine.tenant(slug)
        self._start = clock.now()
        chair, bench, lawn, hall = (self._resource(n) for n in (1, 3, None, 1))
        self._resources = [chair, bench, lawn, hall]
        self._offerings = [
            self._offering("cut", [Requirement(resource_id=chair.resource_id)], buffered=True),
            self._offering(
                "sit", [Requirement(resource_id=bench.resource_id, per=Per.PARTICIPANT)]
            ),
            self._offering("both", [self._one(chair), self._one(lawn)], by_hand=True),
            self._offering("class", [self._one(chair), self._one(hall)], places=4),
            self._offering(
                "gear",
                [
                    self._one(hall),
                    Requirement(resource_id=bench.resource_id, per=Per.PARTICIPANT),
                ],
                places=3,
            ),
            self._offering("open", [self._one(hall)], places=None),
        ]

    def run(self, steps: int) -> None:
        """Let so many batches happen."""
        for _ in range(steps):
            size = self._random.choice([1, 1, 1, 2, 4])
            commands = [self._command() for _ in range(size)]
            envelopes = [Envelope(command=command, actor=SYSTEM) for command in commands]
            outcomes = self._engine.unit_of_work.run(self.tenant_id, envelopes)
            assert [outcome.bug for outcome in outcomes if outcome.bug is not None] == []
            if self._random.random() < 0.4:
                self._clock.advance(minutes=self._random.choice([1, 7, 29, 31]))

    def _resource(self, capacity: int | None) -> Resource:
        resource = self.desk.resources.add(AddResource(name="thing", capacity=capacity))
        self.desk.schedules.set(resource.resource_id, [ALWAYS])
        return resource

    @staticmethod
    def _one(resource: Resource) -> Requirement:
        return Requirement(resource_id=resource.resource_id)

    def _offering(
        self,
        slug: str,
        requirements: Sequence[Requirement],
        *,
        buffered: bool = False,
        by_hand: bool = False,
        places: int | None = 0,
    ) -> Offering:
        added = self.desk.offerings.add(
            AddOffering(
                slug=slug,
                name=slug,
                duration=HOUR,
                slot_step=HOUR / 2,
                counting=Counting.RESOURCES if places == 0 else Counting.PLACES,
                slot_capacity=places or None,
                buffer_after=HOUR / 4 if buffered else timedelta(0),
                is_approved_by_hand=by_hand,
                requirements=tuple(requirements),
            )
        )
        self.desk.schedules.set(added.offering_id, [ALWAYS])
        return added

    def _command(self) -> object:
        return self._random.choices(
            [
                self._place,
                self._about_a_hold,
                self._about_a_booking,
                self._about_time,
                self._about_a_definition,
            ],
            weights=[8, 6, 4, 2, 1],
        )[0]()

    def _at(self) -> datetime:
        """A half hour of the next hours."""
        half_hours = self._random.randrange(2 * HOURS_AHEAD)
        passed = (self._clock.now() - self._start) // (HOUR / 2)
        return self._start + (passed + 1 + half_hours) * (HOUR / 2)

    def _offering_id(self) -> OfferingId:
        return self._random.choice(self._offerings).offering_id

    def _resource_id(self) -> ResourceId:
        return self._random.choice(self._resources).resource_id

    def _place(self) -> object:
        choice = Choice(offering_id=self._offering_id(), starts_at=self._at())
        party_size = self._random.choice([1, 1, 2, 3])
        if self._random.random() < 0.4:
            return PlaceBooking(choice=choice, party_size=party_size, details=ADA)
        return PlaceHold(choice=choice, party_size=party_size)

    def _about_a_hold(self) -> object:
        listed = self.desk.holds.list().items
        if not listed:
            return self._place()
        hold: Hold = self._random.choice(listed)
        return self._random.choice(
            [
                ConvertHold(hold_id=hold.hold_id, details=ADA),
                ConvertHold(hold_id=hold.hold_id, details=ADA),
                ExtendHold(hold_id=hold.hold_id),
                ReleaseHold(hold_id=hold.hold_id),
                ExpireHold(hold_id=hold.hold_id),
            ]
        )

    def _about_a_booking(self) -> object:
        listed = self.desk.bookings.list().items
        if not listed:
            return self._place()
        booking: Booking = self._random.choice(listed)
        if self._random.random() < 0.3:
            return self._about_its_day(booking)
        if self._random.random() < 0.5:
            return self._about_its_terms(booking)
        return self._random.choice(
            [
                ConfirmBooking(booking_id=booking.booking_id),
                DeclineBooking(booking_id=booking.booking_id),
                CancelBooking(booking_id=booking.booking_id),
            ]
        )

    def _about_its_terms(self, booking: Booking) -> object:
        booking_id = booking.booking_id
        party_size = self._random.choice([1, 1, 2, 3])
        freely = Override(reason="a friend", notice=True, capacity=self._random.random() < 0.3)
        return self._random.choice(
            [
                RescheduleBooking(booking_id=booking_id, move=Move(starts_at=self._at())),
                RescheduleBooking(
                    booking_id=booking_id,
                    move=Move(starts_at=self._at(), party_size=party_size),
                    override=freely,
                ),
                RescheduleBooking(
                    booking_id=booking_id,
                    move=Move(starts_at=booking.starts_at + HOUR / 2),
                ),
                ChangeBooking(booking_id=booking_id, changes={"party_size": party_size}),
            ]
        )

    def _about_its_day(self, booking: Booking) -> object:
        booking_id = booking.booking_id
        gives_back = self._random.random() < 0.5
        return self._random.choice(
            [
                CheckInBooking(booking_id=booking_id, reason="in the list"),
                CheckOutBooking(booking_id=booking_id, gives_back=gives_back),
                CompleteBooking(booking_id=booking_id, gives_back=gives_back),
                MarkNoShow(booking_id=booking_id, gives_back=gives_back),
                UndoBooking(booking_id=booking_id),
            ]
        )

    def _about_time(self) -> object:
        blocks = self.desk.blocks.list().items
        if blocks and self._random.random() < 0.3:
            return RemoveBlock(block_id=self._random.choice(blocks).block_id)
        if self._random.random() < 0.5:
            at = self._at()
            long = HOUR * self._random.choice([1, 24, 24 * 40])
            return AddBlock(resource_id=self._resource_id(), starts_at=at, ends_at=at + long)
        return AddSlot(
            slot_id=self.desk.slots.new_id(), offering_id=self._offering_id(), starts_at=self._at()
        )

    def _about_a_definition(self) -> object:
        changes: dict[str, object] = self._random.choice(
            [{"buffer_after": HOUR / 2}, {"buffer_after": HOUR / 4}, {"name": "another"}]
        )
        places = {"slot_capacity": self._random.choice([2, 3, 5])}
        action = self._random.choice([ResourceAction.DEACTIVATE, ResourceAction.ACTIVATE])
        return self._random.choice(
            [
                ChangeResource(
                    resource_id=self._resource_id(),
                    changes={"capacity": self._random.choice([1, 2, 3, 4])},
                ),
                ActOnResource(resource_id=self._resource_id(), action=action),
                ActOnResource(resource_id=self._resource_id(), action=ResourceAction.ACTIVATE),
                ChangeOffering(offering_id=self._offering_id(), changes=changes),
                ChangeOffering(offering_id=self._offering_id(), changes=places),
            ]
        )
