"""The golden tests of policies: cancelling, who may book how much, no-shows, and what is high."""

from __future__ import annotations

from datetime import timedelta

import pytest

from holdfast.bootstrap import Engine
from holdfast.domain.bookings import Booking, BookingStatus, CancelledBy, PendingReason
from holdfast.domain.cancellation_policies import CancellationPolicy, LateAction, Tier
from holdfast.domain.cancelling import CancellationReason
from holdfast.domain.money import Money
from holdfast.domain.no_shows import NoShowPolicy
from holdfast.domain.policies import CreationLimit, Delay, Policy
from holdfast.engine.facade import TenantEngine
from holdfast.testing.clocks import ManualClock
from holdfast.workers.missing import mark_due_no_shows
from tests.engine.businesses import (
    HOUR,
    MINUTE,
    add_offering,
    add_room,
    at,
    book,
    cause_of,
    open_desk,
    shop_window,
)

DAY = timedelta(days=1)
TOEIC = CancellationPolicy(
    cutoff=timedelta(hours=168), tiers=(Tier(before=timedelta(0), percent=50),)
)


def eur(amount_minor: int) -> Money:
    return Money(amount_minor=amount_minor, currency="EUR")


@pytest.fixture
def desk(engine: Engine) -> TenantEngine:
    """A business at its desk: it is 08:00."""
    return open_desk(engine)


def exam(desk: TenantEngine, policy: CancellationPolicy) -> Booking:
    """Book and pay for an exam ten days ahead."""
    toeic = add_offering(
        desk, "toeic", add_room(desk), price_minor=13_200, policy=Policy(cancellation=policy)
    )
    booked = book(desk, toeic, at("08:00", day=10))
    return desk.bookings.record_paid(booked.booking_id, paid_minor=13_200)


def test_an_exam_cancelled_eight_days_before_gives_half_back_and_six_days_before_is_refused(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """Golden 15, AC-K02, C-52, C-53: exactly at the cutoff is in time."""
    booked = exam(desk, TOEIC)
    cancel = desk.bookings.cancel
    clock.set(at("08:00", day=4))
    preview = desk.bookings.cancellation(booked.booking_id)
    refused = cause_of(lambda: cancel(booked.booking_id, cancelled_by=CancelledBy.CUSTOMER))
    by_business = desk.bookings.cancellation(booked.booking_id, cancelled_by=CancelledBy.BUSINESS)
    clock.set(at("08:00", day=3))
    at_cutoff = desk.bookings.cancellation(booked.booking_id)
    clock.set(at("08:00", day=2))
    cancelled = cancel(booked.booking_id, cancelled_by=CancelledBy.CUSTOMER)

    assert (preview.allowed, preview.reason) == (False, CancellationReason.TOO_LATE)
    assert refused == {"code": "policy.cancellation_closed", "limit": 604_800, "actual": 518_400}
    assert (by_business.allowed, by_business.refund) == (True, eur(13_200))
    assert (at_cutoff.allowed, at_cutoff.refund) == (True, eur(6_600))
    assert cancelled.settlement is not None
    assert (cancelled.settlement.percent, cancelled.settlement.refund) == (50, eur(6_600))
    assert cancelled.settlement.kept == eur(6_600)


def test_cancelling_late_has_its_consequence_and_staff_may_lift_it(
    engine: Engine, desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-K03, C-58: blocked for some days, whoever sells; a request may be taken back."""
    policy = CancellationPolicy(
        cutoff=DAY,
        customer_may_cancel_late=True,
        late_action=LateAction.BLOCK_FUTURE,
        block_days=14,
    )
    cut = add_offering(desk, "cut", add_room(desk), policy=Policy(cancellation=policy))
    booked = book(desk, cut, at("12:00"))
    late = desk.bookings.cancel(booked.booking_id, cancelled_by=CancelledBy.CUSTOMER)
    customer_id = late.customer_id
    assert customer_id is not None

    blocked = cause_of(lambda: book(shop_window(engine, desk), cut, at("12:00")))
    lifted = desk.customers.lift_block(customer_id)
    again = book(desk, cut, at("12:00"))
    until = at("00:00", day=3)
    kept_out = desk.customers.block(customer_id, until=until, reason="rude")
    by_staff = cause_of(lambda: book(desk, cut, at("12:00", day=4)))
    clock.set(until)

    assert blocked == {"code": "policy.customer_blocked", "until": at("08:00", day=14)}
    assert (lifted.blocked_until, again.status) == (None, BookingStatus.CONFIRMED)
    assert (kept_out.block_reason, by_staff["until"]) == ("rude", until)
    assert book(desk, cut, at("12:00", day=4)).status is BookingStatus.CONFIRMED


def test_the_seventh_within_the_hour_is_refused_and_what_is_high_waits_for_a_yes(
    desk: TenantEngine, clock: ManualClock
) -> None:
    """Golden 19, AC-D16, AC-D17, C-49, B-188, B-189."""
    policy = Policy(
        creation_limits=(CreationLimit(most=6, window=HOUR),),
        approval_above=eur(100_000),
        pending_expires=Delay(after=2 * HOUR),
    )
    room = add_room(desk, capacity=9)
    at_limit = add_offering(desk, "fair", room, price_minor=100_000, policy=policy)
    above = add_offering(desk, "gala", room, price_minor=100_001, policy=policy)
    made = [book(desk, at_limit, at("12:00", day=day)) for day in range(5)]
    high = book(desk, above, at("12:00", day=6))

    refused = cause_of(lambda: book(desk, at_limit, at("12:00", day=7)))
    confirmed = desk.bookings.confirm(high.booking_id)
    clock.advance(hours=1)
    later = book(desk, at_limit, at("12:00", day=7))

    assert {one.status for one in (*made, later, confirmed)} == {BookingStatus.CONFIRMED}
    assert (high.status, high.pending_reasons) == (
        BookingStatus.PENDING,
        (PendingReason.APPROVAL,),
    )
    assert high.expires_at == at("10:00")
    assert refused == {"code": "policy.limit_reached", "limit": 6, "actual": 6}


def test_who_does_not_come_pays_the_fee_and_after_three_times_cannot_book(
    engine: Engine, desk: TenantEngine, clock: ManualClock
) -> None:
    """AC-K05: marked by staff once the grace is over, or by itself; undone, it never was."""
    policy = NoShowPolicy(
        is_automatic=True, grace=15 * MINUTE, fee_percent=50, strikes_max=3, block_days=30
    )
    cut = add_offering(
        desk, "cut", add_room(desk), price_minor=4_000, policy=Policy(no_show=policy)
    )
    first, second, third = (book(desk, cut, at(f"{hour}:00")) for hour in (9, 10, 11))
    clock.set(at("09:14"))
    too_early = cause_of(lambda: desk.bookings.mark_no_show(first.booking_id))
    by_itself = [mark_due_no_shows(engine)]
    clock.set(at("09:15"))
    marked = desk.bookings.mark_no_show(first.booking_id)
    clock.set(at("11:15"))
    by_itself += [mark_due_no_shows(engine), mark_due_no_shows(engine)]

    blocked = cause_of(lambda: book(desk, cut, at("15:00")))
    undone = desk.bookings.undo(third.booking_id)
    forgiven = book(desk, cut, at("15:00"))

    assert too_early == {"code": "policy.too_early", "opens_at": at("09:15")}
    assert by_itself == [{"no_shows": 0}, {"no_shows": 2}, {"no_shows": 0}]
    assert marked.settlement is not None
    assert (marked.settlement.fee, marked.settlement.owed) == (eur(2_000), eur(2_000))
    assert desk.bookings.get(second.booking_id).status is BookingStatus.NO_SHOW
    assert blocked == {"code": "policy.customer_blocked", "until": at("11:00", day=30)}
    assert (undone.status, undone.settlement) == (BookingStatus.CONFIRMED, None)
    assert forgiven.customer_id == first.customer_id
