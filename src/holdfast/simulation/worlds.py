"""Worlds: what a simulated business has and offers, all of it drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
CHECK_IN_HOUR, CHECK_OUT_HOUR = 15, 11
OPENS_HOUR, CLOSES_HOUR = 8, 18
DAYS_AHEAD = 6

# None of them skips a midnight in the years that are drawn.
ZONES = (
    "UTC",
    "Europe/Paris",
    "America/New_York",
    "Asia/Kolkata",
    "Pacific/Auckland",
    "America/St_Johns",
)
# Some days before the clocks change somewhere, and in between.
STARTS = (
    datetime(2026, 3, 26, 7, tzinfo=UTC),
    datetime(2026, 6, 1, 8, tzinfo=UTC),
    datetime(2026, 10, 23, 22, tzinfo=UTC),
    datetime(2027, 2, 26, 12, tzinfo=UTC),
    datetime(2026, 12, 29, 18, tzinfo=UTC),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something that time is booked on. A capacity of None is unlimited."""

    name: str
    capacity: int | None
    is_dated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What is needed: all of some things (`members` 0), or so many of them, no matter which."""

    names: tuple[str, ...]
    members: int = 0
    units: int = 1
    is_per_guest: bool = False

    def units_for(self, guests: int) -> int:
        """How many units of each thing so many guests need."""
        return self.units * (guests if self.is_per_guest else 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What can be booked.

    Attributes:
        form: How its time is said: `slot`, `class` (a slot whose places are counted), `event` (the
            same, made by hand), `free`, `days` or `nights`.
        places: Places in a slot of a class or event; None is unlimited.
        asks: `no`: booked at once; `taking`: approved by hand, with its places taken meanwhile;
            `later`: approved by hand, and its places are taken only then.
        answer_minutes: How long a booking waits to be approved; None is for ever.
        delay_minutes: How long it waits by itself; 0 is not at all.
        ahead_max: How many bookings of it a customer may have ahead.
        made_max: How many bookings of whatever they may have made within a day, to make this one.
    """

    name: str
    form: str
    needs: tuple[Need, ...]
    places: int | None = None
    minutes: int = 60
    step: int = 60
    before: int = 0
    after: int = 0
    guests_max: int = 4
    notice_minutes: int = 0
    horizon_days: int = 30
    hold_minutes: int = 30
    asks: str = "no"
    answer_minutes: int | None = None
    delay_minutes: int = 0
    days_max: int = 3
    ahead_max: int | None = None
    made_max: int | None = None

    @property
    def is_counted(self) -> bool:
        """Whether places in a slot are counted."""
        return self.form in {"class", "event"}

    def is_of_slot(self, need: Need) -> bool:
        """Whether the slot itself takes what is needed, for all that are in it."""
        return self.is_counted and not need.is_per_guest


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A promotional code: how often it may be used in all, and by one customer."""

    name: str
    uses_max: int | None
    each_max: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One simulated business, and how it is treated.

    Attributes:
        fault_rate: How many steps of a hundred something goes wrong in.
        batch_rate: How many steps of a hundred are batches of several commands.
        key_rate: How many commands of a hundred have an idempotency key.
        haste: By how many seconds at most the clock goes on between two steps, usually.
    """

    zone: str
    starts_at: datetime
    things: Mapping[str, Thing]
    offers: Mapping[str, Offer]
    codes: Mapping[str, Code]
    fault_rate: int
    batch_rate: int
    key_rate: int
    haste: int

    def local(self, instant: datetime) -> datetime:
        """Return what the clock on the wall shows."""
        return instant.astimezone(ZoneInfo(self.zone))

    def local_day(self, instant: datetime) -> date:
        """Return the date on the wall."""
        return self.local(instant).date()

    def instant(self, day: date, hour: int, minute: int = 0) -> datetime:
        """Return when the clock on the wall shows an hour of a day, for the first time."""
        return datetime.combine(day, time(hour, minute), ZoneInfo(self.zone)).astimezone(UTC)

    def midnight(self, day: date) -> datetime:
        """Return when a local day begins."""
        return self.instant(day, 0)

    def days_touched(self, starts_at: datetime, ends_at: datetime) -> tuple[date, ...]:
        """Return the local days of which some is in a stretch of time."""
        first = self.local_day(starts_at)
        last = self.local_day(ends_at - timedelta(microseconds=1))
        return tuple(first + number * DAY for number in range((last - first).days + 1))


def draw_world(chance: random.Random) -> World:
    """Draw a business: which of its features it has, how large it is, how it is treated."""
    things = {
        thing.name: thing
        for thing in (
            Thing(name="chair", capacity=1),
            Thing(name="table", capacity=chance.choice([2, 3, 5])),
            Thing(name="hall", capacity=1),
            Thing(name="lawn", capacity=None),
            Thing(name="red", capacity=1),
            Thing(name="green", capacity=chance.choice([1, 1, 2])),
            Thing(name="blue", capacity=1),
            Thing(name="kayaks", capacity=chance.choice([2, 3, 4]), is_dated=True),
            Thing(name="tents", capacity=chance.choice([1, 2]), is_dated=True),
            Thing(name="suite", capacity=1, is_dated=True),
            Thing(name="dorm", capacity=2, is_dated=True),
        )
    }
    drawn = [
        _with_policies(draw(chance), chance) for draw in _DRAWN if chance.randrange(10) in range(7)
    ]
    if not drawn:
        drawn = [_cut(chance), _yoga(chance)]
    return World(
        zone=chance.choice(ZONES),
        starts_at=chance.choice(STARTS) + timedelta(minutes=chance.randrange(0, 1_440, 5)),
        things=things,
        offers={offer.name: offer for offer in drawn},
        fault_rate=chance.choice([0, 5, 15, 30]),
        batch_rate=chance.choice([0, 10, 30]),
        key_rate=chance.choice([20, 50, 90]),
        haste=chance.choice([10, 40, 150]),
        codes={code.name: code for code in _codes(chance)},
    )


def _codes(chance: random.Random) -> tuple[Code, ...]:
    return (
        Code(name="FEW", uses_max=chance.choice([1, 2, 4]), each_max=None),
        Code(name="EACH", uses_max=chance.choice([None, 8]), each_max=chance.choice([1, 2])),
    )


def _with_policies(offer: Offer, chance: random.Random) -> Offer:
    """Give an offer limits of its own."""
    kinds = ["none", "none", "taking", "later", "delay", "both", "strict", "few", "seldom"]
    policies = chance.choice(kinds)
    match policies:
        case "taking":
            return replace(offer, asks="taking", answer_minutes=chance.choice([None, 60, 240]))
        case "later":
            return replace(offer, asks="later", answer_minutes=chance.choice([None, 240]))
        case "delay":
            return replace(offer, delay_minutes=chance.choice([5, 30]))
        case "both":
            return replace(offer, asks="taking", answer_minutes=120, delay_minutes=30)
        case "few":
            return replace(offer, ahead_max=chance.choice([1, 2, 3]))
        case "seldom":
            return replace(offer, made_max=chance.choice([2, 4]))
        case "strict":
            return replace(
                offer, notice_minutes=chance.choice([60, 600]), horizon_days=chance.choice([2, 3])
            )
        case _:
            return replace(offer, hold_minutes=chance.choice([10, 30, 60]))


def _of(*names: str, members: int = 0, units: int = 1, is_per_guest: bool = False) -> Need:
    return Need(names=names, members=members, units=units, is_per_guest=is_per_guest)


def _cut(chance: random.Random) -> Offer:
    after = chance.choice([0, 15, 30])
    return Offer(name="cut", form="slot", needs=(_of("chair"),), step=30, after=after, before=5)


def _sit(_chance: random.Random) -> Offer:
    return Offer(name="sit", form="slot", needs=(_of("table", is_per_guest=True),), guests_max=3)


def _either(_chance: random.Random) -> Offer:
    return Offer(name="either", form="slot", needs=(_of("red", "green", members=1),), after=15)


def _pair(_chance: random.Random) -> Offer:
    needs = (_of("blue", "green", "red", members=2),)
    return Offer(name="pair", form="slot", needs=needs, step=30, minutes=90)


def _both(_chance: random.Random) -> Offer:
    needs = (_of("chair"), _of("table", units=2), _of("lawn"))
    return Offer(name="both", form="slot", needs=needs)


def _yoga(chance: random.Random) -> Offer:
    return Offer(name="yoga", form="class", needs=(_of("hall"),), places=chance.choice([2, 3, 8]))


def _clay(_chance: random.Random) -> Offer:
    needs = (_of("red", "blue", members=1), _of("table", is_per_guest=True))
    return Offer(name="clay", form="class", needs=needs, places=4, after=15)


def _stream(_chance: random.Random) -> Offer:
    return Offer(name="stream", form="class", needs=(_of("lawn"),), places=None)


def _show(chance: random.Random) -> Offer:
    places = chance.choice([2, 4, None])
    return Offer(name="show", form="event", needs=(_of("hall"),), places=places)


def _gear(_chance: random.Random) -> Offer:
    needs = (_of("table", is_per_guest=True),)
    return Offer(name="gear", form="event", needs=needs, places=3, after=30)


def _play(_chance: random.Random) -> Offer:
    needs = (_of("table", is_per_guest=True),)
    return Offer(name="play", form="free", needs=needs, before=5, after=10, minutes=30)


def _rent(_chance: random.Random) -> Offer:
    return Offer(name="rent", form="free", needs=(_of("green", "blue", members=1),), minutes=30)


def _paddle(_chance: random.Random) -> Offer:
    return Offer(name="paddle", form="days", needs=(_of("kayaks", is_per_guest=True),))


def _camp(_chance: random.Random) -> Offer:
    needs = (_of("kayaks", is_per_guest=True), _of("tents"))
    return Offer(name="camp", form="days", needs=needs, days_max=5)


def _tour(_chance: random.Random) -> Offer:
    return Offer(name="tour", form="slot", needs=(_of("kayaks"),), minutes=120)


def _stay(_chance: random.Random) -> Offer:
    return Offer(name="stay", form="nights", needs=(_of("suite", "dorm", members=1),))


_DRAWN: tuple[Callable[[random.Random], Offer], ...] = (
    _cut,
    _sit,
    _either,
    _pair,
    _both,
    _yoga,
    _clay,
    _stream,
    _show,
    _gear,
    _play,
    _rent,
    _paddle,
    _camp,
    _tour,
    _stay,
)
