"""The model's books: who has taken what, in plain lists, added up anew whenever somebody asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from holdfast.simulation.steps import Ask
from holdfast.simulation.worlds import CHECK_IN_HOUR, CHECK_OUT_HOUR, DAY, MINUTE, Offer, World

Span = tuple[datetime, datetime]
Parts = tuple[tuple[str, int], ...]
"""Which things, and how many units of each."""

LIVE = frozenset({"active", "pending", "confirmed", "checked_in"})
USING = LIVE | {"completed", "no_show"}
"""What took place has used its promotional code for good."""
MAY_BE_CALLED_OFF = frozenset({"active", "pending", "confirmed"})


@dataclass(kw_only=True)
class Taken:
    """A hold or a booking.

    Attributes:
        parts: What it has taken of things, its slot's own not among them.
        has_places: Whether it has taken what it asks for; else it waits to be approved first.
        customer: Who has it; 0 if nobody said.
        until: When it stops counting by itself.
        came_at: When the guests were checked in.
        ended_at: When it was said how it went.
        is_freed: Whether its places were given back then.
        promo: The promotional code that it uses.
    """

    kind: str
    number: int
    ask: Ask
    by: str
    span: Span
    spans: tuple[Span, ...]
    dates: tuple[date, ...]
    slot: str | None
    parts: Parts
    status: str
    has_places: bool
    made_at: datetime
    customer: int = 0
    until: datetime | None = None
    ceiling: datetime | None = None
    extensions: int = 0
    reasons: frozenset[str] = frozenset()
    confirms_at: datetime | None = None
    order: int = 0
    made: int = 0
    came_at: datetime | None = None
    ended_at: datetime | None = None
    is_freed: bool = False
    promo: str = ""
    all_parts: Parts = ()
    version: int = 1

    def counts(self, now: datetime) -> bool:
        """Whether it takes anything at an instant."""
        return self.has_places and (self.until is None or now < self.until)


@dataclass(kw_only=True)
class SlotPage:
    """A slot that is stored.

    Attributes:
        rooms: What it takes for itself, for all that are in it.
        has_rooms: Whether that has been taken and not been given back for good.
        is_own: Whether its places were said for it alone, and are not the offer's.
    """

    name: str
    offer: str
    span: Span
    places: int | None
    is_by_hand: bool
    status: str = "open"
    rooms: Parts = ()
    has_rooms: bool = False
    is_own: bool = False
    is_settling: bool = False
    blocked_by: int = 0
    version: int = 1

    @property
    def ask(self) -> Ask:
        """A request for it."""
        if self.is_by_hand:
            return Ask(offer=self.offer, slot=int(self.name.removeprefix("#")))
        return Ask(offer=self.offer, starts_at=self.span[0])


@dataclass(kw_only=True)
class Closed:
    """Time taken away from a thing."""

    number: int
    name: str
    span: Span
    units: int
    status: str = "active"
    is_settling: bool = False
    version: int = 1


@dataclass(kw_only=True)
class Books:
    """Everything that the model knows of a business."""

    world: World
    capacity: dict[str, int | None] = field(default_factory=dict)
    days: dict[tuple[str, date], int] = field(default_factory=dict)
    inactive: set[str] = field(default_factory=set)
    taken: dict[tuple[str, int], Taken] = field(default_factory=dict)
    slots: dict[str, SlotPage] = field(default_factory=dict)
    closed: dict[int, Closed] = field(default_factory=dict)

    # When

    def span_of(self, ask: Ask) -> Span:
        """Return from when to when something is asked for, without what is kept free around it."""
        offer, world = self.world.offers[ask.offer], self.world
        if offer.form == "days":
            return world.midnight(ask.dates[0]), world.midnight(ask.dates[-1] + DAY)
        if offer.form == "nights":
            first, last = ask.dates[0], ask.dates[-1] + DAY
            return world.instant(first, CHECK_IN_HOUR), world.instant(last, CHECK_OUT_HOUR)
        if ask.slot:
            return self.slots[f"#{ask.slot}"].span
        assert ask.starts_at is not None
        return ask.starts_at, ask.ends_at or ask.starts_at + offer.minutes * MINUTE

    def spans_of(self, ask: Ask) -> tuple[Span, ...]:
        """Return the stretches that things counted by the instant are taken for."""
        offer = self.world.offers[ask.offer]
        before, after = offer.before * MINUTE, offer.after * MINUTE
        if offer.form != "days":
            starts_at, ends_at = self.span_of(ask)
            return ((starts_at - before, ends_at + after),)
        cuts: list[list[date]] = []
        for day in sorted(set(ask.dates)):
            if cuts and day - cuts[-1][-1] == DAY:
                cuts[-1].append(day)
            else:
                cuts.append([day])
        return tuple(
            (self.world.midnight(cut[0]) - before, self.world.midnight(cut[-1] + DAY) + after)
            for cut in cuts
        )

    def dates_of(self, ask: Ask) -> tuple[date, ...]:
        """Return the dates on which things counted by the day are taken."""
        if ask.dates:
            return tuple(sorted(set(ask.dates)))
        return self.world.days_touched(*self.span_of(ask))

    def slot_name(self, ask: Ask) -> str | None:
        """Return what the slot of a request is called; None if it is not about one."""
        if ask.slot:
            return f"#{ask.slot}"
        if self.world.offers[ask.offer].form not in {"slot", "class", "event"}:
            return None
        assert ask.starts_at is not None
        return f"{ask.offer}@{ask.starts_at.isoformat()}"

    # Who is where

    def guests_in(self, slot: str, now: datetime) -> int:
        """Count the guests in a slot."""
        return sum(
            one.ask.guests for one in self.taken.values() if one.slot == slot and one.counts(now)
        )

    def takes_rooms(self, slot: SlotPage, now: datetime) -> bool:
        """Whether a slot keeps its rooms: one opened by demand only while somebody is in it."""
        if not slot.has_rooms or slot.status == "cancelled":
            return False
        return slot.is_by_hand or slot.places is None or self.guests_in(slot.name, now) > 0

    def padded(self, slot: SlotPage) -> Span:
        """Return for when a slot takes its rooms."""
        offer = self.world.offers[slot.offer]
        return slot.span[0] - offer.before * MINUTE, slot.span[1] + offer.after * MINUTE

    def uses(
        self, name: str, now: datetime, *, but: str | None = None, is_stale: bool = False
    ) -> Iterator[tuple[Span, int]]:
        """Yield who uses a thing when, and how much of it; blocks where the thing is limited.

        With `is_stale` also the empty slots that nobody has made give way yet.
        """
        for one in self.taken.values():
            if one.counts(now):
                units = sum(units for thing, units in one.parts if thing == name)
                if units:
                    yield from ((span, units) for span in one.spans)
        for slot in self.slots.values():
            units = sum(units for thing, units in slot.rooms if thing == name)
            if not units or slot.name == but:
                continue
            if self.takes_rooms(slot, now) or (
                is_stale and slot.has_rooms and slot.status != "cancelled"
            ):
                yield self.padded(slot), units

    def peak(self, uses: list[tuple[Span, int]], span: Span) -> int:
        """Return how many units are in use at once at most, trying every instant of change."""
        instants = [span[0], *(start for (start, _), _ in uses if span[0] < start < span[1])]
        return max(
            sum(units for (start, end), units in uses if start <= instant < end)
            for instant in instants
        )

    def used_on(self, name: str, day: date, now: datetime) -> int:
        """Return how many units of a thing are in use on a date."""
        return sum(
            units
            for one in self.taken.values()
            if one.counts(now) and day in one.dates
            for thing, units in one.parts
            if thing == name
        )

    def cap_on(self, name: str, day: date) -> int | None:
        """Return how many units there are on a date."""
        return self.days.get((name, day), self.capacity[name])

    def left(self, name: str, ask: Ask, now: datetime) -> int | None:
        """Return how many units are left of a thing for a request; None is without limit."""
        capacity = self.capacity[name]
        if capacity is None:
            return None
        if self.world.things[name].is_dated:
            dates = self.dates_of(ask)
            return min(
                max(0, (self.cap_on(name, day) or 0) - self.used_on(name, day, now))
                for day in dates
            )
        uses = [
            *self.uses(name, now, but=self.slot_name(ask)),
            *((one.span, one.units) for one in self.blocks_of(name)),
        ]
        return max(0, capacity - max(self.peak(uses, span) for span in self.spans_of(ask)))

    def blocks_of(self, name: str) -> list[Closed]:
        """Return the blocks of a thing."""
        return [one for one in self.closed.values() if one.name == name and one.status == "active"]

    def is_blocked(self, name: str, ask: Ask) -> bool:
        """Whether some of the time of a request has been taken away from a thing."""
        return any(
            meets(one.span, span) for one in self.blocks_of(name) for span in self.spans_of(ask)
        )

    def users(self, name: str, span: Span) -> list[Taken]:
        """Return the holds and bookings that have taken a thing in some time.

        Those whose time is over are among them, since nobody has given their places back.
        """
        is_dated = self.world.things[name].is_dated
        return [
            one
            for one in self.taken.values()
            if one.has_places
            and any(thing == name for thing, _ in one.parts)
            and any(meets(part, span) for part in (self.day_spans(one) if is_dated else one.spans))
        ]

    def ahead_of(self, customer: int, now: datetime, *, but: int) -> list[Taken]:
        """Return what a customer has ahead: live bookings, and holds but for one."""
        return [
            one
            for one in self.taken.values()
            if one.customer == customer
            and (one.until is None or now < one.until)
            and (
                (one.kind == "hold" and one.status == "active" and one.number != but)
                or (one.kind == "booking" and one.status in LIVE and now < one.span[1])
            )
        ]

    def users_of(self, code: str, now: datetime) -> list[Taken]:
        """Return who uses a promotional code: holds and bookings that were not called off."""
        return [
            one
            for one in self.taken.values()
            if one.promo == code and one.status in USING and (one.until is None or now < one.until)
        ]

    def end(self, one: Taken, status: str) -> None:
        """End a hold or booking."""
        one.status, one.reasons = status, frozenset()
        one.version += 1

    def empty(self, one: Taken, now: datetime) -> None:
        """Give the places of somebody back, and a slot's rooms that this empties."""
        had_places, one.has_places = one.has_places, False
        slot = self.slots.get(one.slot or "")
        if not had_places or slot is None or slot.is_by_hand or slot.places is None:
            return
        if self.guests_in(slot.name, now) == 0:
            slot.has_rooms = False

    def expire(self, now: datetime) -> None:
        """Record whose time is over."""
        for one in list(self.taken.values()):
            is_over = one.until is not None and one.until <= now
            if one.status in {"active", "pending"} and is_over:
                self.end(one, "expired")
                self.empty(one, now)

    def day_spans(self, one: Taken) -> list[Span]:
        """Return the days that are taken of things counted by the day, from midnight on."""
        world = self.world
        return [(world.midnight(day), world.midnight(day + DAY)) for day in one.dates]

    def offer_of(self, ask: Ask) -> Offer:
        """Return what is asked for."""
        return self.world.offers[ask.offer]


def meets(one: Span, other: Span) -> bool:
    """Whether two stretches of time have an instant in common."""
    return one[0] < other[1] and other[0] < one[1]


def seconds(length: timedelta) -> int:
    """Return a length in whole seconds, cut off towards zero."""
    return int(length.total_seconds())
