"""Routes of what a booking comes to: what cancelling it would cost, and what was paid for it."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from holdfast.api.bookings.forms import BookingOut, show_to
from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import AmountMinor, Body, InstantOut, MoneyOut, Out, Query, Word
from holdfast.api.refusals import CHANGED_CODES
from holdfast.domain.access import Scope
from holdfast.domain.bookings import CancelledBy
from holdfast.domain.cancellation_policies import LateAction
from holdfast.domain.cancelling import CancellationReason, CancellationVerdict
from holdfast.domain.ids import BookingId
from holdfast.engine.paying import RecordPaid

READ_SCOPES = (Scope.BOOKINGS_OWN, Scope.BOOKINGS_READ)


class CancellationQuery(Query):
    """Who would cancel. Publishable keys only ask as the customer, whatever they say."""

    cancelled_by: Word[CancelledBy] = CancelledBy.CUSTOMER


class CancellationOut(Out):
    """What cancelling a booking now would come to. Nothing is changed by asking.

    `percent` of what was paid and has not gone back yet is the `refund`; the rest is `kept`.
    """

    is_allowed: bool
    reason: CancellationReason
    percent: int
    refund: MoneyOut
    kept: MoneyOut
    late_action: LateAction | None
    blocked_until: InstantOut | None
    seconds_left: int

    @classmethod
    def of(cls, verdict: CancellationVerdict) -> CancellationOut:
        """Show a verdict."""
        return cls(
            is_allowed=verdict.allowed,
            reason=verdict.reason,
            percent=verdict.percent,
            refund=MoneyOut.of(verdict.refund),
            kept=MoneyOut.of(verdict.forfeited),
            late_action=verdict.late_action,
            blocked_until=verdict.blocked_until,
            seconds_left=int(verdict.left.total_seconds()),
        )


class RecordPaidIn(Body):
    """What has been paid in all and what of it has gone back, in the currency of the price."""

    paid_minor: AmountMinor
    refunded_minor: AmountMinor = 0


class BookingLocationOut(Out):
    """Where a booking takes place, as its offering says now."""

    location: dict[str, Any]


def _booking_id(call: Call) -> BookingId:
    return BookingId(call.path_id("booking_id", "bkg", kind="booking"))


async def preview(call: Call) -> Response:
    """Say what cancelling would come to."""
    booking_id, query = _booking_id(call), call.query(CancellationQuery)
    verdict = await call.read(
        lambda desk: desk.bookings.cancellation(booking_id, cancelled_by=query.cancelled_by)
    )
    return call.answer(CancellationOut.of(verdict))


async def location(call: Call) -> Response:
    """Say where a booking takes place."""
    booking_id = _booking_id(call)
    found = await call.read(lambda desk: desk.bookings.location(booking_id))
    return call.answer(BookingLocationOut(location=found))


async def record_paid(call: Call) -> Response:
    """Record what was paid."""
    booking_id, actor = _booking_id(call), call.actor
    body = await call.body(RecordPaidIn)
    command = RecordPaid(
        booking_id=booking_id,
        paid_minor=body.paid_minor,
        refunded_minor=body.refunded_minor,
        if_version=call.if_version,
    )
    return await call.write(command, lambda booking: show_to(actor, booking))


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/bookings/{booking_id}/cancellation",
        name="previewCancellation",
        summary="Say what cancelling a booking now would come to",
        scopes=READ_SCOPES,
        run=preview,
        query=CancellationQuery,
        answer=CancellationOut,
        codes=("record.not_found",),
    ),
    Endpoint(
        method="GET",
        path="/v1/bookings/{booking_id}/location",
        name="getBookingLocation",
        summary="Say where a booking takes place; how to get into a call only once it is confirmed",
        scopes=READ_SCOPES,
        run=location,
        answer=BookingLocationOut,
        codes=("record.not_found",),
    ),
    Endpoint(
        method="POST",
        path="/v1/bookings/{booking_id}/paid",
        name="recordPaid",
        summary="Record what has been paid for a booking, as staff have seen it",
        scopes=(Scope.BOOKINGS_WRITE,),
        run=record_paid,
        body=RecordPaidIn,
        answer=BookingOut,
        codes=CHANGED_CODES,
        takes_version=True,
    ),
)
