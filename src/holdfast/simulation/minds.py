"""Minds: what customers and staff think of doing next, at random but with an eye on the books."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from holdfast.simulation.books import Closed, SlotPage, Taken
from holdfast.simulation.definitions import NONSENSE
from holdfast.simulation.habits import ALONE, CUSTOMERS, KEYED, WEIGHTS, promo_for
from holdfast.simulation.mishaps import with_fault
from holdfast.simulation.model import FOR_BOOKERS, Model
from holdfast.simulation.steps import Ask, Step
from holdfast.simulation.taking import PUBLIC
from holdfast.simulation.worlds import (
    CLOSES_HOUR,
    DAY,
    DAYS_AHEAD,
    MINUTE,
    OPENS_HOUR,
    Offer,
    World,
)


@dataclass(kw_only=True)
class Mind:
    """Thinks of steps. The same seed and the same answers give the same steps."""

    chance: random.Random
    model: Model
    sent: list[Step] = field(default_factory=list)
    number: int = 0

    @property
    def world(self) -> World:
        """The business."""
        return self.model.world

    def next(self, now: datetime) -> Step:
        """Think of the next step: a command, several at once, or something going wrong."""
        chance = self.chance
        seconds = self._pause(now)
        now += timedelta(seconds=seconds)
        if self._odds(self.world.batch_rate):
            count = chance.choice([2, 2, 3, 4])
            steps = [self._one(now, is_alone=False) for _ in range(count)]
            self.number += 1
            step = Step(number=self.number, kind="batch", together=tuple(steps))
        else:
            step = self._one(now, is_alone=True)
        step = replace(step, seconds=seconds)
        if self._odds(self.world.fault_rate) and step.kind not in {"look", "stumble"}:
            step = with_fault(step, chance)
        self.sent += [one for one in step.commands if one.key]
        return step

    def _pause(self, now: datetime) -> int:
        """Say by how much the clock goes on: usually little, at times to just when time is up."""
        chance = self.chance
        if self._odds(8):
            ends = [
                one.until
                for one in self.model.books.taken.values()
                if one.until is not None and one.until > now and one.status in {"active", "pending"}
            ]
            if ends:
                # The last second in which it counts, the first in which it does not, and after.
                until = chance.choice(ends)
                return max(1, int((until - now).total_seconds()) + chance.choice([-1, 0, 1]))
        if self._odds(4):
            # To when somebody comes.
            starts = [
                one.span[0]
                for one in self.model.books.taken.values()
                if one.status == "confirmed" and now < one.span[0] < now + DAY
            ]
            if starts:
                start = min(starts) + chance.choice([-20, 0, 10]) * MINUTE
                return max(1, int((start - now).total_seconds()))
        if self._odds(1):
            return chance.choice([6, 14, 30]) * 3_600
        return chance.randint(1, self.world.haste)

    def _one(self, now: datetime, *, is_alone: bool) -> Step:
        """Think of one command."""
        kinds = [kind for kind in WEIGHTS if is_alone or kind not in ALONE]
        weights = [WEIGHTS[kind] for kind in kinds]
        while True:
            kind = self.chance.choices(kinds, weights)[0]
            step = _THOUGHTS[kind](self, kind, now)
            if step is not None:
                break
        if kind in KEYED and not step.key and self._odds(self.world.key_rate):
            step = replace(step, key=f"key {step.number}")
        return step

    def _odds(self, percent: int) -> bool:
        """Be true so many times in a hundred."""
        return self.chance.randrange(100) < percent

    def _new(self, kind: str) -> Step:
        self.number += 1
        return Step(number=self.number, kind=kind)

    def _by(self) -> str:
        return self.chance.choice(["staff", "staff", "web", "web", "kiosk"])

    # Places

    def place(self, kind: str, now: datetime) -> Step | None:
        """Think of a hold or booking."""
        ask = self._ask(now)
        if ask is None:
            return None
        is_forced = self._odds(6)
        by = "staff" if is_forced and self._odds(80) else self._by()
        if self._odds(1):
            by = "viewer"
        amount = self.chance.choice([0, 0, 0, 5, 45]) if kind == "hold" else 0
        order = self.number + 1 if self._odds(30) else 0
        step = replace(self._new(kind), customer=self._customer(kind), order=order)
        step = replace(step, promo=promo_for(step.number, self.world.codes))
        return replace(step, ask=ask, by=by, is_forced=is_forced, amount=amount)

    def _customer(self, kind: str) -> int:
        """One of a few customers; who only holds something need not say who they are."""
        return 0 if kind == "hold" and self._odds(50) else self.chance.randint(1, CUSTOMERS)

    def _ask(self, now: datetime, forms: Sequence[str] = ()) -> Ask | None:
        """Think of a request: something that may be had, most of the time."""
        offers = [one for one in self.world.offers.values() if not forms or one.form in forms]
        if not offers:
            return None
        offer = self.chance.choice(offers)
        # Small companies, so that several come; now and then one that is too large.
        guests = self.chance.choice([1, 1, 1, 2, 2, 3, offer.guests_max, offer.guests_max + 1])
        picks: tuple[str, ...] = ()
        pools = [need for need in offer.needs if need.members]
        if pools and self._odds(15):
            picks = (self.chance.choice(pools[0].names),)
        return self._timed(offer, now, guests=guests, picks=picks)

    def _timed(
        self, offer: Offer, now: datetime, *, guests: int, picks: tuple[str, ...]
    ) -> Ask | None:
        chance = self.chance
        day = self._day(now, offer)
        if offer.form in {"days", "nights"}:
            count = chance.choice([1, 1, 2, 2, 3, offer.days_max + 1])
            dates = tuple(day + number * DAY for number in range(count))
            if offer.form == "days" and count > 1 and self._odds(30):
                dates = tuple(sorted({*dates[:-1], dates[-1] + DAY}))
            return Ask(offer=offer.name, dates=dates, guests=guests, picks=picks)
        if offer.form == "event":
            pages = [
                page
                for page in self.model.books.slots.values()
                if page.offer == offer.name and page.span[0] > now - DAY
            ]
            if not pages:
                return None
            number = int(chance.choice(pages).name.removeprefix("#"))
            return Ask(offer=offer.name, slot=number, guests=guests, picks=picks)
        starts_at = self._start(offer, day)
        if offer.form == "free":
            starts_at += chance.choice([0, 10, 20]) * MINUTE
            ends_at = starts_at + chance.choice([20, 30, 60, 90, 180]) * MINUTE
            return Ask(
                offer=offer.name, starts_at=starts_at, ends_at=ends_at, guests=guests, picks=picks
            )
        return Ask(offer=offer.name, starts_at=starts_at, guests=guests, picks=picks)

    def _day(self, now: datetime, offer: Offer) -> date:
        """A day that is not far, since people meet there; sometimes past or too far ahead."""
        today = self.world.local_day(now)
        if self._odds(4):
            return today + self.chance.choice([-1, offer.horizon_days + 1]) * DAY
        return today + self.chance.choice([0, 1, 1, 1, 2, DAYS_AHEAD]) * DAY

    def _start(self, offer: Offer, day: date) -> datetime:
        """A start on the grid of a day; sometimes beside it, or too late in the day."""
        opens = self.world.instant(day, OPENS_HOUR)
        length = (CLOSES_HOUR - OPENS_HOUR) * 60 - offer.minutes
        # Early in the day mostly, since people meet there.
        most = length // offer.step
        number = self.chance.randint(0, most if self._odds(30) else min(most, 3))
        starts_at = opens + number * offer.step * MINUTE
        if self._odds(3):
            return starts_at + 7 * MINUTE
        if self._odds(2):
            return opens + (length // offer.step + 1) * offer.step * MINUTE
        return starts_at

    # Holds and bookings

    def about_hold(self, kind: str, now: datetime) -> Step | None:
        """Think of something to do with a hold."""
        one = self._one_of("hold", now, "active")
        if one is None:
            return None
        order = self.chance.choice([0, one.number]) if kind == "convert" else 0
        return self._about(kind, one, order=order)

    def about_booking(self, kind: str, now: datetime) -> Step | None:
        """Think of something to do with a booking."""
        statuses = ("pending",) if kind in {"confirm", "decline"} else ("pending", "confirmed")
        one = self._one_of("booking", now, *statuses)
        return None if one is None else self._about(kind, one)

    def move(self, kind: str, now: datetime) -> Step | None:
        """Think of another time for a booking."""
        one = self._one_of("booking", now, "pending", "confirmed")
        if one is None:
            return None
        ask = self._timed(self.world.offers[one.ask.offer], now, guests=one.ask.guests, picks=())
        return None if ask is None else replace(self._about(kind, one), ask=ask)

    def guests_come(self, kind: str, now: datetime) -> Step | None:
        """Think of guests who come: usually when it begins, else for a reason."""
        near = self._near(now, "confirmed")
        if near and self._odds(80):
            return self._about(kind, self.chance.choice(near))
        one = self._one_of("booking", now, "confirmed")
        return None if one is None else replace(self._about(kind, one), is_forced=self._odds(60))

    def guests_go(self, kind: str, now: datetime) -> Step | None:
        """Think of saying how it went, or of taking that back."""
        statuses = {
            "check_out": ("checked_in",),
            "complete": ("checked_in", "confirmed"),
            "no_show": ("confirmed",),
            "undo": ("completed", "no_show", "checked_in"),
        }[kind]
        near = [one for one in self._near(now, *statuses) if one.span[0] <= now]
        one = self.chance.choice(near) if near else self._one_of("booking", now, *statuses)
        if one is None:
            return None
        return replace(self._about(kind, one), how=self.chance.choice(["", "back"]))

    def _near(self, now: datetime, *statuses: str) -> list[Taken]:
        """Bookings that take place about now."""
        return [
            one
            for one in self.model.books.taken.values()
            if one.kind == "booking"
            and one.status in statuses
            and one.span[0] - 30 * MINUTE <= now < one.span[1] + 30 * MINUTE
        ]

    def _one_of(self, kind: str, now: datetime, *statuses: str) -> Taken | None:
        """One that it makes sense for; or any."""
        everyone = [one for one in self.model.books.taken.values() if one.kind == kind]
        able = [
            one
            for one in everyone
            if one.status in statuses and (one.until is None or now < one.until)
        ]
        found = able if able and self._odds(85) else everyone[-40:]
        return self.chance.choice(found) if found else None

    def _about(self, kind: str, one: Taken, *, order: int = 0) -> Step:
        by = one.by if one.by in PUBLIC and self._odds(60) else "staff"
        if self._odds(3):
            by = self.chance.choice(["web", "kiosk", "viewer"])
        elif kind not in FOR_BOOKERS and by in PUBLIC and self._odds(90):
            by = "staff"
        version = 0
        if self._odds(15):
            version = one.version if self._odds(80) else one.version + 1
        step = self._new(kind)
        version = 0 if kind == "convert" else version
        customer = (one.customer or self._customer(kind)) if kind == "convert" else 0
        if kind == "convert" and self.number % 4 == 0:
            customer = self.number // 4 % CUSTOMERS + 1
        step = replace(step, customer=customer)
        return replace(step, by=by, subject=one.number, if_version=version, order=order)

    # Time and definitions

    def block(self, kind: str, now: datetime) -> Step | None:
        """Think of a block."""
        names = self._names()
        if not names:
            return None
        day = self.world.local_day(now) + self.chance.choice([0, 1, 1, 2, 3]) * DAY
        hour = self.chance.choice([OPENS_HOUR, OPENS_HOUR + 1, self.chance.randrange(24)])
        starts_at = self.world.instant(day, hour)
        ends_at = starts_at + self.chance.choice([30, 60, 240, 1_440]) * MINUTE
        how = self.chance.choice(["refuse", "list", "cancel"])
        return replace(
            self._new(kind),
            name=self.chance.choice(names),
            starts_at=starts_at,
            ends_at=ends_at,
            how=how,
        )

    def unblock(self, kind: str, _now: datetime) -> Step | None:
        """Think of giving blocked time back."""
        one = self._closed()
        return None if one is None else replace(self._new(kind), subject=one.number)

    def _closed(self) -> Closed | None:
        found = [one for one in self.model.books.closed.values() if one.status == "active"]
        return self.chance.choice(found) if found else None

    def _names(self) -> list[str]:
        """The things that somebody needs."""
        offers = self.world.offers.values()
        return sorted({name for one in offers for need in one.needs for name in need.names})

    def slot(self, kind: str, now: datetime) -> Step | None:
        """Think of a slot to make."""
        offers = [one for one in self.world.offers.values() if one.form == "event"]
        if not offers:
            return None
        offer = self.chance.choice(offers)
        starts_at = self._start(offer, self._day(now, offer))
        amount = self.chance.choice([0, 0, 1, 5]) if offer.places is not None else 0
        return replace(self._new(kind), name=offer.name, starts_at=starts_at, amount=amount)

    def about_slot(self, kind: str, now: datetime) -> Step | None:
        """Think of a slot to cancel or resize."""
        page = self._page(now)
        if kind == "cancel_slot" and (page is None or self._odds(20)):
            ask = self._ask(now, ("slot", "class"))
            if ask is None or not self._is_on_grid(ask):
                return None
        elif page is not None:
            ask = page.ask
        else:
            return None
        if kind == "cancel_slot":
            how = self.chance.choice(["refuse", "list", "cancel"])
            return replace(self._new(kind), ask=replace(ask, guests=1, picks=()), how=how)
        assert page is not None
        if page.places is None:
            return None
        amount = self.chance.choice([1, 2, 3, 5, 9])
        return replace(self._new(kind), ask=ask, amount=amount, is_forced=self._odds(20))

    def _page(self, now: datetime) -> SlotPage | None:
        pages = [
            page
            for page in self.model.books.slots.values()
            if self.world.offers[page.offer].is_counted and page.span[1] > now - DAY
        ]
        return self.chance.choice(pages) if pages else None

    def _is_on_grid(self, ask: Ask) -> bool:
        assert ask.starts_at is not None
        day = self.world.local_day(ask.starts_at)
        opens = self.world.instant(day, OPENS_HOUR)
        offer = self.world.offers[ask.offer]
        ends_at = ask.starts_at + offer.minutes * MINUTE
        is_even = (ask.starts_at - opens) % (offer.step * MINUTE) == timedelta(0)
        return (
            is_even and opens <= ask.starts_at and ends_at <= self.world.instant(day, CLOSES_HOUR)
        )

    def settle(self, kind: str, _now: datetime) -> Step | None:
        """Think of a closure to see through."""
        books = self.model.books
        pages = [page for page in books.slots.values() if page.is_settling]
        blocks = [one for one in books.closed.values() if one.is_settling]
        if pages:
            return replace(self._new(kind), ask=self.chance.choice(pages).ask)
        if blocks:
            return replace(self._new(kind), subject=self.chance.choice(blocks).number)
        one = self._closed()
        return None if one is None else replace(self._new(kind), subject=one.number)

    def resize(self, kind: str, _now: datetime) -> Step | None:
        """Think of another capacity."""
        things = self.world.things
        names = [name for name in self._names() if things[name].capacity is not None]
        if not names:
            return None
        amount = self.chance.choice([1, 2, 2, 3, 4, 5])
        is_forced = self._odds(20)
        name = self.chance.choice(names)
        return replace(self._new(kind), name=name, amount=amount, is_forced=is_forced)

    def dated_day(self, kind: str, now: datetime) -> Step | None:
        """Think of a day with a capacity of its own."""
        names = [name for name in self._names() if self.world.things[name].is_dated]
        if not names:
            return None
        day = self.world.local_day(now) + self.chance.choice([0, 1, 1, 2, 3]) * DAY
        how = self.chance.choice(["set", "adjust"])
        amount = self.chance.choice([0, 1, 2, 3, 5] if how == "set" else [-2, -1, 1, 1])
        return replace(
            self._new(kind),
            name=self.chance.choice(names),
            day=day,
            how=how,
            amount=amount,
            is_forced=self._odds(20),
        )

    def switch(self, kind: str, _now: datetime) -> Step | None:
        """Think of a thing to take out of use, or into use again."""
        off = sorted(self.model.books.inactive)
        if off:
            return replace(self._new(kind), name=self.chance.choice(off), how="on")
        names = self._names()
        if not names:
            return None
        return replace(self._new(kind), name=self.chance.choice(names), how="off")

    # The rest

    def nonsense(self, kind: str, now: datetime) -> Step | None:
        """Think of a request that means nothing."""
        ask = self._ask(now, ("slot", "class"))
        if ask is None:
            return None
        how = self.chance.choice(sorted(NONSENSE))
        return replace(self._new(kind), ask=ask, starts_at=ask.starts_at, how=how)

    def again(self, _kind: str, _now: datetime) -> Step | None:
        """Send something once more, with its old key; at times something else with that key."""
        if not self.sent:
            return None
        old = self.chance.choice(self.sent[-30:])
        if self._odds(10) and old.ask is not None and old.kind in {"hold", "book"}:
            other = replace(old.ask, guests=old.ask.guests % 3 + 1)
            return replace(
                self._new(old.kind), ask=other, by=old.by, customer=old.customer, key=old.key
            )
        return replace(old, fault=None, seconds=0)

    def work(self, kind: str, _now: datetime) -> Step | None:
        """Let the workers run."""
        return self._new(kind)

    def look(self, kind: str, now: datetime) -> Step | None:
        """Think of a day to look at."""
        ask = self._ask(now, ("slot", "class", "event"))
        if ask is None:
            return None
        day = self._day(now, self.world.offers[ask.offer])
        return replace(self._new(kind), ask=replace(ask, picks=()), day=day)

    def stumble(self, kind: str, now: datetime) -> Step | None:
        """Let the clock fall back while somebody gives a hold back that was just placed."""
        soon = now + 2 * MINUTE
        able = [
            one
            for one in self.model.books.taken.values()
            if one.kind == "hold" and one.counts(soon) and self._is_limited(one)
        ]
        if not able:
            return None
        return replace(self._new(kind), subject=able[-1].number, amount=3_600)

    def _is_limited(self, one: Taken) -> bool:
        return any(self.model.books.capacity[name] is not None for name, _ in one.parts)


_THOUGHTS: Mapping[str, Callable[[Mind, str, datetime], Step | None]] = {
    "hold": Mind.place,
    "book": Mind.place,
    "extend": Mind.about_hold,
    "release": Mind.about_hold,
    "convert": Mind.about_hold,
    "confirm": Mind.about_booking,
    "decline": Mind.about_booking,
    "cancel": Mind.about_booking,
    "move": Mind.move,
    "check_in": Mind.guests_come,
    "check_out": Mind.guests_go,
    "complete": Mind.guests_go,
    "no_show": Mind.guests_go,
    "undo": Mind.guests_go,
    "block": Mind.block,
    "unblock": Mind.unblock,
    "slot": Mind.slot,
    "cancel_slot": Mind.about_slot,
    "resize_slot": Mind.about_slot,
    "settle": Mind.settle,
    "resize": Mind.resize,
    "day": Mind.dated_day,
    "switch": Mind.switch,
    "nonsense": Mind.nonsense,
    "again": Mind.again,
    "work": Mind.work,
    "look": Mind.look,
    "stumble": Mind.stumble,
}
