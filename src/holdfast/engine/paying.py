"""Paying: what staff have seen being paid for a booking, and going back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.bookings import Booking
from holdfast.domain.ids import BookingId
from holdfast.domain.money import AMOUNT_MAX
from holdfast.engine.confirming import claim_again, paying_needs, settle_payment
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.engine.versions import require_version


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPaid:
    """Say what has been paid for a booking in all, and what of it has gone back, so far.

    In minor units of the price's currency. Nothing is moved by it: what is due back when a booking
    is cancelled is a share of what stands here. A booking that waits for its payment confirms with
    it, once what was paid and has not gone back covers the price and it waits for nothing else; one
    that has expired meanwhile does, if its places are still there.
    """

    booking_id: BookingId
    paid_minor: int
    refunded_minor: int = 0
    if_version: int | None = None


def _needs(command: RecordPaid, look: Look) -> Needs:
    checks.require([checks.whole("/paid_minor", command.paid_minor, least=0, most=AMOUNT_MAX)])
    most = command.paid_minor
    checks.require([checks.whole("/refunded_minor", command.refunded_minor, least=0, most=most)])
    return paying_needs(look, look.get(Booking, command.booking_id))


def _decide(view: View, command: RecordPaid, now: datetime) -> Booking:
    booking = view.get(Booking, command.booking_id)
    require_version(booking, command.if_version)
    paid, refunded = command.paid_minor, command.refunded_minor
    if (paid, refunded) == (booking.paid_minor, booking.refunded_minor):
        return booking
    recorded = view.update(booking, paid_minor=paid, refunded_minor=refunded)
    number = recorded.number
    view.fact("booking.paid", recorded, number=number, paid=paid, refunded=refunded)
    return claim_again(view, settle_payment(view, recorded, now=now), now=now)


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        RecordPaid: UseCase(
            "booking.record_paid", scopes=(Scope.BOOKINGS_WRITE,), needs=_needs, decide=_decide
        ),
    }
)
