"""A dumber booking engine: plain dictionaries, half hours counted one by one, no locks, no SQL."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

HALF_HOUR = timedelta(minutes=30)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
CEILING = timedelta(hours=2)
ALTERNATIVES = 5
DAYS_LOOKED_AT = 6

Cause = dict[str, object]


@dataclass(kw_only=True)
class Offer:
    """What can be booked: an hour, each half hour or hour from nine to one, or by hand.

    Attributes:
        rooms: Units of each room that a booking, or a slot in which places are counted, takes.
        per_guest: Whether each guest takes those units.
        places: Places in a slot: a number, None for unlimited; 0 where places are not counted.
        by_hand: The starts of the slots made by hand, where there is no schedule.
    """

    rooms: dict[str, int] = field(default_factory=dict)
    per_guest: bool = False
    places: int | None = 0
    step: timedelta = HOUR
    after: timedelta = timedelta(0)
    guests_max: int = 4
    by_hand: tuple[datetime, ...] = ()

    @property
    def is_counted(self) -> bool:
        """Whether places are counted rather than rooms."""
        return self.places != 0


@dataclass(kw_only=True)
class Taken:
    """A hold, a booking or a block: what it has taken, and until when it counts by itself."""

    kind: str
    offer: str
    start: datetime
    end: datetime
    guests: int
    rooms: dict[str, int]
    until: datetime | None = None
    ceiling: datetime | None = None
    status: str = "active"

    def counts(self, now: datetime) -> bool:
        """Whether it takes anything at an instant."""
        lives = self.status in {"active", "pending", "confirmed"}
        return lives and (self.until is None or now < self.until)


@dataclass(kw_only=True)
class Model:
    """The whole business."""

    rooms: dict[str, int | None]
    offers: dict[str, Offer]
    taken: list[Taken] = field(default_factory=list)
    inactive: set[str] = field(default_factory=set)

    # What is free

    def guests_in(self, name: str, start: datetime, now: datetime) -> int:
        """Count the guests in a slot."""
        return sum(
            one.guests
            for one in self.taken
            if one.offer == name and one.start == start and one.counts(now)
        )

    def in_use(self, room: str, instant: datetime, now: datetime, *, but: object = None) -> int:
        """Count the units of a room that are in use at an instant, `but` of one slot."""
        used = sum(
            one.rooms.get(room, 0)
            for one in self.taken
            if one.counts(now) and one.start <= instant < one.end
        )
        for name, offer in self.offers.items():
            if not offer.is_counted or room not in offer.rooms or offer.per_guest:
                continue
            peopled = {
                one.start for one in self.taken if one.offer == name and one.counts(now)
            } | set(offer.by_hand)
            for start in peopled:
                if start <= instant < start + HOUR + offer.after and (name, start) != but:
                    used += offer.rooms[room]
        return used

    def left(self, room: str, offer: Offer, start: datetime, now: datetime, but: object) -> int:
        """Count the units of a room that are free throughout a slot, its buffer included."""
        capacity = self.rooms[room]
        assert capacity is not None
        length = (HOUR + offer.after) // HALF_HOUR
        halves = [start + number * HALF_HOUR for number in range(length)]
        return max(
            0, capacity - max(self.in_use(room, instant, now, but=but) for instant in halves)
        )

    def is_blocked(self, room: str, start: datetime, end: datetime) -> bool:
        """Whether time of a room is blocked."""
        return any(
            one.kind == "block"
            and one.status == "active"
            and room in one.rooms
            and one.start < end
            and one.end > start
            for one in self.taken
        )

    # What is answered

    def refusal(self, name: str, start: datetime, guests: int, now: datetime) -> Cause | None:
        """Say why so many guests may not come then; None if they may."""
        offer = self.offers[name]
        if not 1 <= guests <= offer.guests_max:
            limit = offer.guests_max if guests > 1 else 1
            return {"code": "policy.party_size", "limit": limit, "actual": guests}
        if self.inactive & offer.rooms.keys():
            return {"code": "availability.closed", "reason": "resource_inactive"}
        if any(self.is_blocked(room, start, start + HOUR + offer.after) for room in offer.rooms):
            return {"code": "availability.closed", "reason": "blocked"}
        if start < now:
            actual = int((start - now).total_seconds())
            return {"code": "policy.notice_too_short", "limit": 0, "actual": actual}
        return self._shortage(name, start, guests, now)

    def _shortage(self, name: str, start: datetime, guests: int, now: datetime) -> Cause | None:
        offer = self.offers[name]
        if offer.is_counted and offer.places is not None:
            left = max(0, offer.places - self.guests_in(name, start, now))
            if guests > left:
                return _short(guests, left, f"{name} slot")
        for room, units in offer.rooms.items():
            if self.rooms[room] is None:
                continue
            asked = units * (guests if offer.per_guest else 1)
            left = self.left(room, offer, start, now, but=(name, start))
            if asked > left:
                return _short(asked, left, room)
        return None

    def remaining(self, name: str, start: datetime, now: datetime) -> int | None:
        """Say how many more may come; None when nothing limits them."""
        offer = self.offers[name]
        limits = []
        if offer.is_counted and offer.places is not None:
            limits.append(offer.places - self.guests_in(name, start, now))
        for room, units in offer.rooms.items():
            if self.rooms[room] is not None and not (offer.is_counted and not offer.per_guest):
                limits.append(self.left(room, offer, start, now, but=None) // units)
        return min(limits) if limits else None

    def open_slots(
        self, name: str, since: datetime, until: datetime, guests: int, now: datetime
    ) -> list[tuple[datetime, int | None]]:
        """List the slots that would be accepted, and what is left of each."""
        offer = self.offers[name]
        nine = since.replace(hour=9, minute=0)
        grid = [
            nine + day * DAY + number * offer.step
            for day in range(DAYS_LOOKED_AT)
            for number in range(3 * HOUR // offer.step + 1)
        ]
        return [
            (start, self.remaining(name, start, now))
            for start in offer.by_hand or grid
            if since <= start < until and self.refusal(name, start, guests, now) is None
        ]

    def alternatives(
        self, name: str, start: datetime, guests: int, now: datetime
    ) -> list[tuple[datetime, int | None]]:
        """List the first slots of the day, or after it, that would be accepted instead."""
        if self.inactive & self.offers[name].rooms.keys():
            return []
        since = max(start.replace(hour=0, minute=0), now)
        return self.open_slots(name, since, since + DAYS_LOOKED_AT * DAY, guests, now)[
            :ALTERNATIVES
        ]

    # What happens

    def take(self, kind: str, name: str, start: datetime, guests: int, now: datetime) -> Taken:
        """Let guests come, after `refusal` had nothing against it."""
        offer = self.offers[name]
        is_own = not offer.is_counted or offer.per_guest
        rooms = {
            room: units * (guests if offer.per_guest else 1)
            for room, units in offer.rooms.items()
            if is_own
        }
        one = Taken(
            kind=kind,
            offer=name,
            start=start,
            end=start + HOUR + offer.after,
            guests=guests,
            rooms=rooms,
            status="active" if kind == "hold" else "confirmed",
        )
        if kind == "hold":
            one.until, one.ceiling = now + HALF_HOUR, now + CEILING
        self.taken.append(one)
        return one

    def extend(self, one: Taken, now: datetime) -> None:
        """Keep a hold longer."""
        assert one.until is not None
        assert one.ceiling is not None
        one.until = max(one.until, min(now + HALF_HOUR, one.ceiling))

    def in_the_way(self, room: str, start: datetime, end: datetime, now: datetime) -> bool:
        """Whether somebody counts on time that is to be blocked."""
        if self.is_blocked(room, start, end):
            return True
        halves = [start + number * HALF_HOUR for number in range((end - start) // HALF_HOUR)]
        return any(self.in_use(room, instant, now) for instant in halves)

    def block(self, room: str, start: datetime, end: datetime) -> Taken:
        """Take time away."""
        one = Taken(
            kind="block",
            offer="",
            start=start,
            end=end,
            guests=0,
            rooms={room: self.rooms[room] or 1},
        )
        self.taken.append(one)
        return one


def _short(requested: int, remaining: int, limited_by: str) -> Cause:
    return {
        "code": "capacity.exceeded",
        "requested": requested,
        "remaining": remaining,
        "limited_by": limited_by,
    }
