"""Settling: what a cancellation or a no-show comes to, and what it does to the customer."""

from __future__ import annotations

from datetime import datetime

from holdfast.domain.bookings import Booking, BookingStatus, CancelledBy
from holdfast.domain.cancellation_policies import CancellationPolicy
from holdfast.domain.cancelling import (
    CancellationVerdict,
    cancellation_verdict,
    require_allowed,
)
from holdfast.domain.customers import Customer
from holdfast.domain.money import Money
from holdfast.domain.no_shows import STRIKES_MAX, NoShowPolicy, no_show_verdict
from holdfast.domain.settlements import Settlement, SettlementKind
from holdfast.engine.ports import ById, Read
from holdfast.engine.use_cases import View

EVERYTHING_BACK = CancellationPolicy()
NOTHING_DUE = NoShowPolicy()


def customer_reads(booking: Booking) -> list[Read]:
    """Return what has to be read to settle with the customer of a booking."""
    return [] if booking.customer_id is None else [ById(Customer, booking.customer_id)]


def verdict_on_cancelling(
    booking: Booking, *, by: CancelledBy, now: datetime
) -> CancellationVerdict:
    """Say what cancelling a booking now would come to, by the policy that it was made under."""
    return cancellation_verdict(
        booking.policy.cancellation or EVERYTHING_BACK,
        starts_at=booking.starts_at,
        now=now,
        paid=booking.paid,
        refunded=booking.refunded,
        by=by,
        is_agreed=booking.status is not BookingStatus.PENDING,
    )


def settle_cancellation(
    view: View, booking: Booking, *, by: CancelledBy, now: datetime
) -> Settlement:
    """Settle a cancellation, and keep a customer who is late from booking if the policy says so.

    Raises:
        CancellationClosed: The policy does not allow it.
    """
    verdict = verdict_on_cancelling(booking, by=by, now=now)
    require_allowed(verdict, booking.policy.cancellation or EVERYTHING_BACK)
    if verdict.blocked_until is not None and booking.customer_id is not None:
        customer = view.get(Customer, booking.customer_id)
        block(view, customer, until=verdict.blocked_until, reason="Cancelled late.")
    nothing = Money(amount_minor=0, currency=booking.price.currency)
    return Settlement(
        kind=SettlementKind.CANCELLATION,
        reason=verdict.reason,
        percent=verdict.percent,
        refund=verdict.refund,
        kept=verdict.forfeited,
        fee=nothing,
        owed=nothing,
        late_action=verdict.late_action,
        blocked_until=verdict.blocked_until,
    )


def settle_no_show(view: View, booking: Booking) -> Settlement:
    """Settle that nobody came, and remember it of the customer."""
    policy = booking.policy.no_show or NOTHING_DUE
    verdict = no_show_verdict(
        policy, total=booking.price, paid=booking.paid, refunded=booking.refunded
    )
    if booking.customer_id is not None:
        customer = view.get(Customer, booking.customer_id)
        strikes = (*customer.no_shows, booking.starts_at)[-STRIKES_MAX:]
        struck = view.update(customer, no_shows=strikes)
        view.fact("customer.did_not_come", struck, booking_id=booking.booking_id)
    kept = booking.paid_minor - booking.refunded_minor - verdict.refund.amount_minor
    return Settlement(
        kind=SettlementKind.NO_SHOW,
        reason="fee" if verdict.fee.amount_minor else "no_fee",
        percent=None,
        refund=verdict.refund,
        kept=Money(amount_minor=kept, currency=booking.price.currency),
        fee=verdict.fee,
        owed=verdict.owed,
    )


def forget_no_show(view: View, booking: Booking) -> None:
    """Forget that nobody came: it was said by mistake."""
    if booking.customer_id is None:
        return
    customer = view.get(Customer, booking.customer_id)
    if booking.starts_at in customer.no_shows:
        strikes = list(customer.no_shows)
        strikes.remove(booking.starts_at)
        forgiven = view.update(customer, no_shows=tuple(strikes))
        view.fact("customer.did_come", forgiven, booking_id=booking.booking_id)


def block(view: View, customer: Customer, *, until: datetime, reason: str) -> Customer:
    """Keep a customer from booking, at least until then."""
    if customer.blocked_until is not None and customer.blocked_until >= until:
        return customer
    blocked = view.update(customer, blocked_until=until, block_reason=reason)
    view.fact("customer.blocked", blocked, until=until, reason=reason)
    return blocked
