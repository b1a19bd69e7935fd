"""Calendars against a dumber model: one number a day for what there is, one for what is taken."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import Booking
from holdfast.domain.errors import CapacityExceeded
from holdfast.domain.offerings import Offering
from holdfast.domain.resources import Resource
from holdfast.engine.calendars import InitialiseDays
from holdfast.engine.facade import TenantEngine
from holdfast.storage.database import Database
from tests.engine.businesses import open_desk
from tests.engine.dated import add_dated, add_rental, day, days, rent
from tests.engine.limits import proof

DAYS = range(6)
STEPS = 120


@dataclass
class Model:
    """What there is on each day, and what is taken."""

    default: int
    own: dict[int, int] = field(default_factory=dict)
    taken: dict[int, int] = field(default_factory=lambda: dict.fromkeys(DAYS, 0))

    def capacity(self, number: int) -> int:
        """Return the capacity of a day."""
        return self.own.get(number, self.default)

    def recap(self, wanted: dict[int, int], *, may_be_over: bool) -> bool:
        """Give days a capacity, if all of them may have it."""
        for number, capacity in wanted.items():
            is_lowered = capacity < min(self.capacity(number), self.taken[number])
            if capacity < 0 or (is_lowered and not may_be_over):
                return False
        self.own.update(wanted)
        return True

    def take(self, numbers: list[int], units: int) -> bool:
        """Take units on days, if they are left on all of them."""
        if any(self.taken[n] + units > self.capacity(n) for n in numbers):
            return False
        for number in numbers:
            self.taken[number] += units
        return True

    def redefault(self, capacity: int, *, may_be_over: bool) -> bool:
        """Change the default, if the days that have it may."""
        plain = [number for number in DAYS if number not in self.own]
        is_short = any(capacity < min(self.default, self.taken[number]) for number in plain)
        if is_short and not may_be_over:
            return False
        self.default = capacity
        return True


@dataclass
class Both:
    """The calendar and its model, to which the same is done."""

    desk: TenantEngine
    bikes: Resource
    rental: Offering
    chance: random.Random
    model: Model
    booked: list[tuple[Booking, list[int], int]] = field(default_factory=list)

    def step(self) -> tuple[bool, bool]:
        """Do something; return whether the model and whether the calendar accepted it."""
        numbers = sorted(self.chance.sample(list(DAYS), self.chance.randint(1, 3)))
        units = self.chance.randint(1, 4)
        over = self.chance.random() < 0.3
        resource_id = self.bikes.resource_id
        match self.chance.choice(["book", "book", "cancel", "adjust", "set", "first", "default"]):
            case "book":
                expected = self.model.take(numbers, units)
                return expected, self._accepted(lambda: self._book(numbers, units))
            case "cancel" if self.booked:
                booking, taken, count = self.booked.pop(self.chance.randrange(len(self.booked)))
                for number in taken:
                    self.model.taken[number] -= count
                self.desk.bookings.cancel(booking.booking_id, reason="")
                return True, True
            case "adjust":
                delta = self.chance.randint(-4, 4)
                wanted = {number: self.model.capacity(number) + delta for number in numbers}
                expected = self.model.recap(wanted, may_be_over=over)
                adjust = self.desk.calendars.adjust
                return expected, self._accepted(
                    lambda: adjust(
                        resource_id, days(*numbers), delta, reason="Because", may_be_over=over
                    )
                )
            case "set":
                expected = self.model.recap(dict.fromkeys(numbers, units), may_be_over=over)
                set_ = self.desk.calendars.set
                return expected, self._accepted(
                    lambda: set_(
                        resource_id, days(*numbers), units, reason="Because", may_be_over=over
                    )
                )
            case "first":
                new = [n for n in range(numbers[0], numbers[-1] + 1) if n not in self.model.own]
                expected = self.model.recap(dict.fromkeys(new, units), may_be_over=over)
                command = InitialiseDays(
                    resource_id=resource_id,
                    first_on=day(numbers[0]),
                    last_on=day(numbers[-1]),
                    capacity=units,
                    reason="Because",
                    may_be_over=over,
                )
                return expected, self._accepted(lambda: self.desk.calendars.initialise(command))
            case _:
                expected = self.model.redefault(units, may_be_over=over)
                change = self.desk.resources.change
                return expected, self._accepted(
                    lambda: change(
                        resource_id, {"capacity": units}, reason="Because", may_be_over=over
                    )
                )

    def _book(self, numbers: list[int], units: int) -> None:
        booking = rent(self.desk, self.rental, days(*numbers), units)
        self.booked.append((booking, numbers, units))

    def _accepted(self, act: object) -> bool:
        assert callable(act)
        try:
            act()
        except CapacityExceeded:
            return False
        return True


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_calendar_says_what_counting_on_fingers_says(
    engine: Engine, database: Database, seed: int
) -> None:
    """AC-C03, AC-C01: accepted and refused alike, and the same on every day afterwards."""
    desk = open_desk(engine)
    bikes = add_dated(desk, capacity=5)
    both = Both(desk, bikes, add_rental(desk, bikes), random.Random(seed), Model(default=5))

    for number in range(STEPS):
        expected, found = both.step()
        assert found == expected, f"seed {seed}, step {number}"
        listed = desk.calendars.list(bikes.resource_id, day(0), day(5))
        said = [(one.capacity, one.taken, one.is_own) for one in listed]
        model = both.model
        assert said == [(model.capacity(n), model.taken[n], n in model.own) for n in DAYS], (
            f"seed {seed}, step {number}"
        )

    assert proof(database) == []
