"""A dumber engine for every scheme: time is cut into cells, which are counted one by one.

A cell is a resource at one minute, or on one date, or a slot. There are no intervals, no peaks, no
matching and no counters: who is in a cell is added up, and who may serve is tried out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, product

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
HOLD = timedelta(minutes=30)
CHECK_IN, CHECK_OUT = timedelta(hours=15), timedelta(hours=11)

Cell = tuple[str, object]
Assigned = tuple[tuple[str, int], ...]
"""Who serves, and with how many units."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """What is needed: all of some resources, or so many of them, no matter which."""

    names: tuple[str, ...]
    members: int = 0
    units: int = 1
    per_guest: bool = False

    def units_for(self, guests: int) -> int:
        """How many units of each."""
        return self.units * (guests if self.per_guest else 1)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What can be booked.

    Attributes:
        form: How its time is said: days, nights, free or slot.
        places: Of a class, how many there are in a slot; its first need is the slot's own.
        extras: What each of its components needs on top, and for how many guests it is.
        is_asked: Whether it is taken only when the business says yes.
    """

    form: str
    needs: tuple[Need, ...]
    places: int | None = None
    before: int = 0
    after: int = 0
    minutes: int = 60
    extras: dict[str, tuple[Need, int]] = field(default_factory=dict)
    is_asked: bool = False


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A request: what, when, for how many, whom by name, with what on top."""

    offer: str
    dates: tuple[date, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    guests: int = 1
    picks: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Taken:
    """A hold or a booking, and the cells that it has taken."""

    kind: str
    ask: Ask
    cells: Counter[Cell]
    status: str
    until: datetime | None = None
    room: Assigned = ()

    def counts(self, now: datetime) -> bool:
        """Whether it takes anything at an instant."""
        lives = self.status in {"active", "confirmed"}
        return lives and (self.until is None or now < self.until)


@dataclass(kw_only=True)
class Closed:
    """Time taken away from a resource."""

    name: str
    start: datetime
    end: datetime
    is_active: bool = True


@dataclass(kw_only=True)
class SchemeModel:
    """The whole business."""

    capacities: dict[str, int | None]
    dated: frozenset[str]
    offers: dict[str, Offer]
    calendar: dict[Cell, int] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    closed: list[Closed] = field(default_factory=list)

    # When

    def spans(self, ask: Ask) -> list[tuple[datetime, datetime]]:
        """The stretches of time that are asked for, with what is kept free around them."""
        offer = self.offers[ask.offer]
        before, after = offer.before * MINUTE, offer.after * MINUTE
        if offer.form == "days":
            midnights = [_midnight(day) for day in ask.dates]
            return [(midnight - before, midnight + DAY + after) for midnight in midnights]
        if offer.form == "nights":
            first, last = _midnight(ask.dates[0]), _midnight(ask.dates[-1]) + DAY
            return [(first + CHECK_IN, last + CHECK_OUT)]
        assert ask.start is not None
        end = ask.end or ask.start + offer.minutes * MINUTE
        return [(ask.start - before, end + after)]

    def cells(self, name: str, ask: Ask) -> list[Cell]:
        """The cells of a resource that a request is about."""
        offer = self.offers[ask.offer]
        if name not in self.dated:
            return [
                (name, instant)
                for start, end in self.spans(ask)
                for instant in _minutes(start, end)
            ]
        if ask.dates:
            return [(name, day) for day in ask.dates]
        assert ask.start is not None
        end = ask.end or ask.start + offer.minutes * MINUTE
        return sorted({(name, instant.date()) for instant in _minutes(ask.start, end)}, key=str)

    def slot_of(self, ask: Ask) -> Cell | None:
        """The slot of a class."""
        return (ask.offer, ask.start) if self.offers[ask.offer].places is not None else None

    # Who is where

    def in_use(self, cell: Cell, now: datetime) -> int:
        """Add up who is in a cell: each for itself, and the classes that somebody is in."""
        used = 0
        rooms: dict[Cell, Assigned] = {}
        for one in self.taken:
            if one.counts(now):
                used += one.cells[cell]
                slot = self.slot_of(one.ask)
                if slot is not None:
                    rooms[slot] = one.room
        for (offer, start), room in rooms.items():
            assert isinstance(start, datetime)
            for name, units in room:
                if name == cell[0] and cell in self.cells(name, Ask(offer=offer, start=start)):
                    used += units
        return used

    def capacity(self, cell: Cell) -> int | None:
        """How much there is of a cell."""
        return self.calendar.get(cell, self.capacities[cell[0]])

    def has_left(self, name: str, units: int, ask: Ask, now: datetime) -> bool:
        """Whether so many units are left in every cell of a resource."""
        for cell in self.cells(name, ask):
            capacity = self.capacity(cell)
            if capacity is not None and self.in_use(cell, now) + units > capacity:
                return False
        return True

    def is_closed(self, name: str, ask: Ask) -> bool:
        """Whether some of the time has been taken away from a resource."""
        return any(
            one.is_active and one.name == name and one.start < end and one.end > start
            for one in self.closed
            for start, end in self.spans(ask)
        )

    # What is answered

    def needs_of(self, ask: Ask) -> list[Need]:
        """What is needed: by the offer, and by what was chosen on top."""
        offer = self.offers[ask.offer]
        return [*offer.needs, *(offer.extras[key][0] for key in ask.extras)]

    def room_of(self, ask: Ask, now: datetime) -> Assigned | None:
        """The room that a class has at the time, if somebody is in it."""
        slot = self.slot_of(ask)
        for one in self.taken:
            if slot is not None and one.counts(now) and self.slot_of(one.ask) == slot:
                return one.room
        return None

    def refusal(self, ask: Ask, now: datetime) -> str | None:
        """Say why a request is refused; None if it is not."""
        offer = self.offers[ask.offer]
        for key in ask.extras:
            if ask.guests > offer.extras[key][1]:
                return "capacity.exceeded"
        room = self.room_of(ask, now)
        for number, need in enumerate(self.needs_of(ask)):
            is_found = number == 0 and room is not None
            names = [name for name, _ in room or ()] if is_found else need.names
            lost = {name for name in names if self.is_closed(name, ask)}
            if len(names) - len(lost) < (need.members or len(names)) or lost & set(ask.picks):
                return "availability.closed"
        if offer.places is not None:
            inside = sum(
                one.ask.guests
                for one in self.taken
                if one.counts(now) and self.slot_of(one.ask) == self.slot_of(ask)
            )
            if inside + ask.guests > offer.places:
                return "capacity.exceeded"
        return None if next(self.ways(ask, now), None) is not None else "capacity.exceeded"

    def ways(self, ask: Ask, now: datetime) -> Iterator[Assigned]:
        """Try out everybody, and yield every way in which a request can be served.

        Whoever is wished for by name has to be among those who serve.
        """
        room = self.room_of(ask, now)
        is_class = self.offers[ask.offer].places is not None
        choices: list[list[Assigned]] = []
        for number, need in enumerate(self.needs_of(ask)):
            if number == 0 and room is not None:
                choices.append([room])
                continue
            units = need.units if is_class and number == 0 else need.units_for(ask.guests)
            open_names = [name for name in need.names if not self.is_closed(name, ask)]
            size = need.members or len(need.names)
            choices.append(
                [
                    tuple((name, units) for name in chosen)
                    for chosen in combinations(open_names, size)
                ]
            )
        for way in product(*choices):
            parts = [part for chosen in way for part in chosen]
            if set(ask.picks) <= {name for name, _ in parts} and self._is_possible(
                parts, way, room, ask, now
            ):
                yield tuple(parts)

    def _is_possible(
        self,
        parts: Sequence[tuple[str, int]],
        way: Sequence[Assigned],
        room: Assigned | None,
        ask: Ask,
        now: datetime,
    ) -> bool:
        needs = self.needs_of(ask)
        loose = [
            name
            for need, chosen in zip(needs, way, strict=True)
            for name, _ in chosen
            if need.members
        ]
        fixed = {
            name
            for need, chosen in zip(needs, way, strict=True)
            for name, _ in chosen
            if not need.members
        }
        if len(set(loose)) < len(loose) or fixed & set(loose):
            return False  # where any will do, one serves once
        total: Counter[str] = Counter()
        for name, units in parts if room is None else parts[len(room) :]:
            total[name] += units
        return all(self.has_left(name, units, ask, now) for name, units in total.items())

    # What happens

    def take(self, kind: str, ask: Ask, assigned: Assigned, now: datetime) -> Taken:
        """Let a request have its cells."""
        offer = self.offers[ask.offer]
        is_asked = offer.is_asked and kind == "booking"
        one = Taken(kind=kind, ask=ask, cells=Counter(), status="confirmed")
        if kind == "hold":
            one.status, one.until = "active", now + HOLD
        if is_asked:
            one.status = "asked"
        else:
            self.seat(one, assigned)
        self.taken.append(one)
        return one

    def seat(self, one: Taken, assigned: Assigned) -> None:
        """Give somebody who was let in the cells of those who serve."""
        if self.offers[one.ask.offer].places is not None:
            own = self.offers[one.ask.offer].needs[0].members or 1
            one.room, assigned = assigned[:own], assigned[own:]
        for name, units in assigned:
            for cell in self.cells(name, one.ask):
                one.cells[cell] += units

    def may_close(self, name: str, start: datetime, end: datetime, now: datetime) -> bool:
        """Whether nobody is there, and nothing is closed there already."""
        if any(
            one.is_active and one.name == name and one.start < end and one.end > start
            for one in self.closed
        ):
            return False
        if name in self.dated:
            days = sorted({instant.date() for instant in _minutes(start, end)})
            return not any(self.in_use((name, day), now) for day in days)
        return not any(self.in_use((name, instant), now) for instant in _minutes(start, end))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _minutes(start: datetime, end: datetime) -> Iterator[datetime]:
    """Every fifth minute: nothing begins or ends in between."""
    while start < end:
        yield start
        start += 5 * MINUTE
