"""Histories of random actions with money, limits, series and a waitlist keep the invariants.

Those of places alone are `random_history`'s; here are 14 to 18, 20, 23 and 37 to 39: what costs
something, what is limited, what belongs together and who is next.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import Booking, BookingStatus, CancelledBy
from holdfast.domain.cancellation_policies import CancellationPolicy, Tier
from holdfast.domain.customers import Contact
from holdfast.domain.errors import HoldfastError
from holdfast.domain.holds import Hold, HoldStatus
from holdfast.domain.ids import BookingId
from holdfast.domain.policies import ActiveLimit, LimitScope, Policy
from holdfast.domain.prices import TicketTier
from holdfast.domain.promo_codes import PromoKind
from holdfast.domain.series import ClashPolicy, SeriesOccurrence
from holdfast.domain.terms import Terms, Tickets
from holdfast.domain.waitlists import WaitlistEntry, WaitlistStatus, in_order
from holdfast.engine.choosing import Choice
from holdfast.engine.facade.series import SeriesView
from holdfast.engine.making import Details
from holdfast.engine.moving import Move
from holdfast.engine.promo_codes import AddPromoCode
from holdfast.engine.recurring import SeriesRequest
from holdfast.storage.proving import prove
from holdfast.testing.clocks import ManualClock
from holdfast.workers.invite import invite_waiting
from tests.engine.businesses import add_class, add_offering, add_room, at, open_desk
from tests.engine.tables import records

STEPS = 70
MOST = 4
CODES = 3
PEOPLE = tuple(
    Details(contact=Contact(name=name, email=f"{name}@b.example")) for name in ("ada", "bo", "cy")
)
LIVE = {BookingStatus.PENDING, BookingStatus.CONFIRMED, BookingStatus.CHECKED_IN}


class Life:
    """A business that limits, charges, repeats and lets wait, and what happens to it by a seed."""

    def __init__(self, engine: Engine, clock: ManualClock, seed: int) -> None:
        self.engine, self.clock = engine, clock
        self.random = random.Random(seed)
        self.desk = desk = open_desk(engine)
        half = Tier(before=timedelta(hours=24), percent=50)
        whole = Tier(before=timedelta(hours=48), percent=100)
        desk.change(
            {
                "policy": Policy(
                    active_limits=(ActiveLimit(scope=LimitScope.TENANT, most=MOST),),
                    cancellation=CancellationPolicy(tiers=(whole, half)),
                )
            }
        )
        yoga = add_class(desk, "yoga", places=3, price_minor=2_500)
        more = {"has_waitlist": True, "series_max": 6, "price_unit": "per_participant"}
        desk.offerings.change(yoga.offering_id, more)
        show = add_class(desk, "show", places=5)
        tiers = (
            TicketTier(key="adult", label="Adult", price_minor=3_501, quota=3),
            TicketTier(key="child", label="Child", price_minor=1_500, quota=2),
        )
        desk.offerings.change(show.offering_id, {"ticket_tiers": tiers})
        cut = add_offering(desk, "cut", add_room(desk), price_minor=3_333)
        desk.offerings.change(cut.offering_id, {"series_max": 6})
        self.yoga, self.show, self.cut = (one.offering_id for one in (yoga, show, cut))
        code = AddPromoCode(
            code="TENTH",
            kind=PromoKind.PERCENT,
            basis_points=1_000,
            uses_max=CODES,
            uses_per_customer_max=2,
        )
        self.promo_id = desk.promo_codes.add(code).promo_id
        self.series: list[SeriesView] = []
        self.done = Counter[str]()

    def run(self) -> None:
        """Do what chance says, and check what each step may break."""
        acts: list[Callable[[], None]] = [self._book] * 4 + [self._move] * 3 + [self._resize] * 2
        acts += [self._hold, self._pay, self._pay, self._cancel, self._cancel, self._invite]
        acts += [self._repeat, self._repeat, self._about_a_series, self._wait, self._answer]
        while not records(self.engine.database, Booking):
            self._tried(self._book)
        for _ in range(STEPS):
            act = self.random.choice(acts)
            self._tried(act)
            self.clock.advance(minutes=self.random.randrange(90))

    def _tried(self, act: Callable[[], object]) -> bool:
        """Do something, or be refused; say whether it was done."""
        name = getattr(act, "__name__", "part")
        try:
            act()
        except HoldfastError as refusal:
            if refusal.code == "request.failed":
                raise
            self.done[f"{name} refused"] += 1
            return False
        self.done[name] += 1
        return True

    def _when(self) -> datetime:
        return at(f"{self.random.randrange(9, 17)}:00", day=self.random.randrange(4))

    def _choice(self) -> tuple[Choice, int, Terms]:
        size = self.random.randrange(1, 3)
        offering_id = self.random.choice((self.yoga, self.show, self.cut))
        size = 1 if offering_id == self.cut else size
        codes = ("tenth",) if self.random.random() < 0.4 else ()
        tickets = self._tickets(size) if offering_id == self.show else ()
        choice = Choice(offering_id=offering_id, starts_at=self._when())
        return choice, size, Terms(promo_codes=codes, tickets=tickets)

    def _tickets(self, size: int) -> tuple[Tickets, ...]:
        tiers = Counter(self.random.choice(("adult", "child")) for _ in range(size))
        return tuple(Tickets(tier=tier, quantity=count) for tier, count in tiers.items())

    def _book(self) -> None:
        choice, size, terms = self._choice()
        details = self.random.choice(PEOPLE)
        self.desk.bookings.place(choice=choice, party_size=size, terms=terms, details=details)

    def _hold(self) -> None:
        choice, size, terms = self._choice()
        details = self.random.choice(PEOPLE)
        held = self.desk.holds.place(
            choice=choice, party_size=size, terms=terms, contact=details.contact
        )
        if self.random.random() < 0.7:
            self.desk.bookings.convert(held.hold_id, details=self.random.choice(PEOPLE))

    def _some(self) -> Booking:
        bookings: list[Booking] = records(self.engine.database, Booking)
        return self.random.choice(bookings)

    def _unless_refused(self, booking_id: BookingId, act: Callable[[], object]) -> None:
        """Invariant 16: what is refused leaves the booking as it was, to the last field."""
        before = self.desk.bookings.get(booking_id)
        if not self._tried(act):
            assert self.desk.bookings.get(booking_id) == before

    def _move(self) -> None:
        booking_id = self._some().booking_id
        move = Move(starts_at=self._when())
        self._unless_refused(booking_id, partial(self.desk.bookings.reschedule, booking_id, move))

    def _resize(self) -> None:
        booking = self._some()
        size = self.random.randrange(1, 4)
        changes: dict[str, object] = {"party_size": size}
        if booking.offering_id == self.show:
            changes = {"tickets": self._tickets(size)}
        act = partial(self.desk.bookings.change, booking.booking_id, changes)
        self._unless_refused(booking.booking_id, act)

    def _pay(self) -> None:
        booking = self._some()
        paid = self.random.randrange(booking.price.amount_minor + 1)
        refunded = self.random.randrange(paid + 1) if self.random.random() < 0.3 else 0
        self.desk.bookings.record_paid(booking.booking_id, paid_minor=paid, refunded_minor=refunded)

    def _cancel(self) -> None:
        """Invariant 20: what goes back is what was said would go back, by the policy agreed."""
        booking_id = self._some().booking_id
        by = self.random.choice(list(CancelledBy))
        said = self.desk.bookings.cancellation(booking_id, cancelled_by=by)
        was_live = self.desk.bookings.get(booking_id).status in LIVE
        after = self.desk.bookings.cancel(booking_id, cancelled_by=by)
        if was_live:
            assert after.settlement is not None
            assert (after.settlement.refund, after.settlement.percent) == (
                said.refund,
                said.percent,
            )

    def _repeat(self) -> None:
        """Invariant 39: all of them or none, at one time of the day."""
        clashes = self.random.choice((ClashPolicy.ALL_OR_NOTHING, ClashPolicy.SKIP))
        request = SeriesRequest(
            offering_id=self.random.choice((self.yoga, self.cut)),
            rule=f"FREQ=DAILY;COUNT={self.random.randrange(2, 5)}",
            starts_on=date(2026, 6, self.random.randrange(2, 6)),
            minute=60 * self.random.randrange(9, 17),
            clashes=clashes,
            details=self.random.choice(PEOPLE),
        )
        before = len(records(self.engine.database, Booking))
        made: list[SeriesView] = []
        if not self._tried(lambda: made.append(self.desk.series.place(request))):
            assert len(records(self.engine.database, Booking)) == before
            return
        (view,) = made
        self.series.append(view)
        if clashes is ClashPolicy.ALL_OR_NOTHING:
            assert len(view.bookings) == len(view.occurrences)
        for booking in view.bookings.values():
            assert booking.starts_at.hour * 60 + booking.starts_at.minute == request.minute

    def _about_a_series(self) -> None:
        if not self.series:
            return
        series = self.desk.series
        view = self.random.choice(self.series)
        series_id, index = view.series.series_id, self.random.randrange(len(view.occurrences))
        self.random.choice(
            (
                partial(series.skip, series_id, index),
                partial(series.add, series_id, index),
                partial(series.move, series_id, index, Move(starts_at=self._when())),
                partial(series.cancel, series_id),
            )
        )()

    def _wait(self) -> None:
        self.desk.waitlist.join(
            self.yoga,
            party_size=self.random.randrange(1, 4),
            priority=self.random.randrange(2),
            details=self.random.choice(PEOPLE),
        )

    def _invite(self) -> None:
        invite_waiting(self.engine)

    def _answer(self) -> None:
        entry = self.random.choice(records(self.engine.database, WaitlistEntry) or [None])
        if entry is not None:
            waitlist = self.desk.waitlist
            self.random.choice((waitlist.accept, waitlist.decline, waitlist.leave))(entry.entry_id)


def faults_of_money(bookings: list[Booking]) -> list[str]:
    """Invariants 17 and 18: totals are their lines, and no more goes back than came in."""
    found = []
    for one in bookings:
        total = sum(line.amount_minor for line in one.price_lines)
        if not one.price.amount_minor == total >= 0:
            found.append(f"I-18: {one.booking_id} costs {one.price}, its lines {total}")
        refund = one.settlement.refund.amount_minor if one.settlement else 0
        if not 0 <= one.refunded_minor <= one.paid_minor or refund < 0:
            found.append(f"I-17: {one.booking_id} paid {one.paid_minor}, {one.refunded_minor} back")
    return found


def faults_of_limits(life: Life, bookings: list[Booking]) -> list[str]:
    """Invariants 23 and 37: codes and customers are limited, whatever became of what they had."""
    now = life.clock.now()
    holds = [
        one
        for one in records(life.engine.database, Hold)
        if one.status is HoldStatus.ACTIVE and one.expires_at > now
    ]
    kept = [one for one in bookings if one.status is not BookingStatus.CANCELLED]
    used = sum(bool(one.terms.promo_codes) for one in [*kept, *holds])
    found = [] if used <= CODES else [f"I-23: {used} uses of {CODES}"]
    ahead = Counter(one.customer_id for one in bookings if one.status in LIVE and one.ends_at > now)
    found += [f"I-37: {who} has {count}" for who, count in ahead.items() if count > MOST]
    return found


def faults_of_lines(life: Life, bookings: list[Booking]) -> list[str]:
    """Invariants 38 and 39: the order is strict, and an occurrence is where its booking is."""
    entries = records(life.engine.database, WaitlistEntry)
    waiting = [one for one in entries if one.status is WaitlistStatus.WAITING]
    order = sorted(waiting, key=lambda it: (-it.priority, it.created_at, it.entry_id))
    found = [] if in_order(waiting) == order else ["I-38: the order is not strict"]
    by_id = {one.booking_id: one for one in bookings}
    found += [
        f"I-38: {one.entry_id} is {one.status} with {one.kept_count} places and no invitation"
        for one in entries
        if (one.status is WaitlistStatus.INVITED) and (not one.kept_count or not one.expires_at)
    ]
    for one in records(life.engine.database, SeriesOccurrence):
        booking = by_id.get(one.booking_id) if one.booking_id is not None else None
        if booking is None or booking.status not in LIVE:
            continue
        if (booking.starts_at, booking.ends_at) != (one.starts_at, one.ends_at):
            found.append(f"I-39: {one.occurrence_id} is not where {booking.booking_id} is")
    return found


@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_done_money_limits_lines_and_series_stay_sound(
    engine: Engine, clock: ManualClock, seed: int
) -> None:
    """Invariants 16 to 18, 20, 23 and 37 to 39, by a seed that can be run again."""
    life = Life(engine, clock, seed)

    life.run()

    bookings = records(engine.database, Booking)
    assert faults_of_money(bookings) == []
    assert faults_of_limits(life, bookings) == []
    assert faults_of_lines(life, bookings) == []
    assert prove(engine.database).violations == ()
    # A history in which nothing happens proves nothing.
    assert sum(count for name, count in life.done.items() if "refused" not in name) > STEPS // 3
    clock.advance(days=30)
    assert prove(engine.database).violations == ()


def test_the_checks_find_what_is_wrong(engine: Engine, clock: ManualClock) -> None:
    """The control: prices that are not their lines, and everything five times."""
    life = Life(engine, clock, 0)
    life.run()
    bookings = records(engine.database, Booking)

    dearer = [
        replace(one, price=replace(one.price, amount_minor=one.price.amount_minor + 1))
        for one in bookings
    ]

    assert len(faults_of_money(dearer)) == len(bookings)
    kinds = {fault.partition(":")[0] for fault in faults_of_limits(life, bookings * (MOST + 1))}
    assert kinds == {"I-23", "I-37"}
