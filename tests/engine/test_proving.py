"""The proof of the books: clean after any history, and blind to no corruption."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import Booking
from holdfast.domain.holds import Hold
from holdfast.domain.slots import Slot
from holdfast.engine.facade import TenantEngine
from holdfast.engine.offerings import AddOffering
from holdfast.engine.proving import Progress
from holdfast.storage.database import Database
from holdfast.storage.proving import prove
from holdfast.testing.clocks import ManualClock
from holdfast.testing.samples import open_concert, open_salon
from tests.engine.random_history import ADA, RandomHistory

STEPS = 120
SEEDS = (3, 7)


class Shop:
    """A salon and a concert in one engine, with one of each thing in it."""

    def __init__(self, engine: Engine, clock: ManualClock) -> None:
        self.database = engine.database
        salon, concert = open_salon(engine), open_concert(engine, starts_at=LATER(clock), places=9)
        self.salon: TenantEngine = salon.desk
        self.concert: TenantEngine = concert.desk
        self.chair_id = salon.chair.resource_id
        self.cut_id = salon.cut.offering_id
        self.evening: Slot = concert.evening
        slots = self.salon.availability.list(self.cut_id).slots
        self.cut: Booking = self.salon.bookings.place(slot_id=slots[0].slot_id, details=ADA)
        self.called_off = self.salon.bookings.place(slot_id=slots[7].slot_id, details=ADA)
        self.waiting: Hold = self.salon.holds.place(slot_id=slots[14].slot_id)
        hold = self.concert.holds.place(slot_id=self.evening.slot_id, party_size=3)
        self.lapsing = self.concert.holds.place(slot_id=self.evening.slot_id, party_size=2)
        clock.advance(minutes=1)
        self.seats = self.concert.bookings.convert(hold.hold_id, details=ADA)
        self.salon.bookings.cancel(self.called_off.booking_id)


def LATER(clock: ManualClock):
    return clock.now() + timedelta(days=30)
