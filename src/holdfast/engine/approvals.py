"""Approvals: the business's answer to a pending booking, and what time answers by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.bookings import (
    Booking,
    BookingAction,
    BookingStatus,
    PendingReason,
    transition,
)
from holdfast.domain.claims import Claim
from holdfast.domain.errors import TransitionNotAllowed
from holdfast.domain.ids import BookingId
from holdfast.domain.overrides import Override
from holdfast.engine.confirming import (
    claim_again,
    coming_back_needs,
    confirming_needs,
    is_lapsed,
    take_away,
    was_paid,
)
from holdfast.engine.ownership import own_booking
from holdfast.engine.ports import ById, Where
from holdfast.engine.releasing import release, release_needs
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.engine.versions import require_version


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmBooking:
    """The business says yes to a pending booking. Saying it again changes nothing.

    Where places are taken only now, what was asked for is judged again; if it is refused, the
    booking stays pending. `override` is what staff set aside for it, with a reason. One that has
    to be paid for goes on waiting for that, unless the business waives it.
    """

    booking_id: BookingId
    override: Override | None = None
    waives_payment: bool = False
    if_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineBooking:
    """The business says no to a pending booking."""

    booking_id: BookingId
    reason: str | None = None
    if_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmDueBooking:
    """Record that a booking's delay is over: it confirms, unless it waits for more."""

    booking_id: BookingId


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireBooking:
    """Record that a pending booking was not answered in time, and give its places back."""

    booking_id: BookingId


def _confirm_needs(command: ConfirmBooking | ConfirmDueBooking, look: Look) -> Needs:
    look.want(ById(Booking, command.booking_id), Where(Claim, "owner_id", command.booking_id))
    return confirming_needs(look, own_booking(look, command.booking_id))


def _confirm(view: View, command: ConfirmBooking, now: datetime) -> Booking:
    booking = own_booking(view, command.booking_id)
    require_version(booking, command.if_version)
    _require_in_time(booking, now=now)
    status = transition(booking.status, BookingAction.CONFIRM)
    if status is booking.status:
        return booking
    done = {PendingReason.APPROVAL, PendingReason.DELAY}
    if command.waives_payment:
        done.add(PendingReason.PAYMENT)
    return take_away(
        view, booking, done, fact="booking.approved", override=command.override, now=now
    )


def _confirm_due(view: View, command: ConfirmDueBooking, now: datetime) -> Booking:
    booking = own_booking(view, command.booking_id)
    is_pending = booking.status is BookingStatus.PENDING
    is_delayed = PendingReason.DELAY in booking.pending_reasons
    is_due = booking.confirms_at is not None and booking.confirms_at <= now
    if not (is_pending and is_delayed and is_due) or is_lapsed(booking, now=now):
        # Somebody confirmed, declined or cancelled it in the meantime: nothing to do.
        return booking
    return take_away(view, booking, {PendingReason.DELAY}, fact="booking.delay_over", now=now)


def _require_in_time(booking: Booking, *, now: datetime) -> None:
    if is_lapsed(booking, now=now):
        # Its places have stopped counting by themselves, cleaned up or not.
        raise TransitionNotAllowed(
            kind="booking", status=BookingStatus.EXPIRED, action=BookingAction.CONFIRM
        )


def _end_needs(command: DeclineBooking | ExpireBooking, look: Look) -> Needs:
    if isinstance(command, DeclineBooking):
        checks.require([checks.text("/reason", command.reason)])
    look.want(ById(Booking, command.booking_id), Where(Claim, "owner_id", command.booking_id))
    booking = own_booking(look, command.booking_id)
    needs = release_needs(look, command.booking_id)
    if isinstance(command, ExpireBooking) and was_paid(booking):
        return needs | coming_back_needs(look, booking)
    return needs


def _decline(view: View, command: DeclineBooking, now: datetime) -> Booking:
    booking = own_booking(view, command.booking_id)
    require_version(booking, command.if_version)
    status = transition(booking.status, BookingAction.DECLINE)
    if status is booking.status:
        return booking
    release(view, booking.booking_id, reason=status)
    declined = view.update(
        booking, status=status, pending_reasons=(), cancel_reason=command.reason, ended_at=now
    )
    view.fact("booking.declined", declined, number=declined.number, reason=command.reason)
    return declined


def _expire(view: View, command: ExpireBooking, now: datetime) -> Booking:
    booking = own_booking(view, command.booking_id)
    is_due = booking.expires_at is not None and booking.expires_at <= now
    if booking.status is not BookingStatus.PENDING or not is_due:
        return booking
    status = transition(booking.status, BookingAction.EXPIRE)
    release(view, booking.booking_id, reason=status)
    expired = view.update(booking, status=status, pending_reasons=(), ended_at=now)
    view.fact("booking.expired", expired, number=expired.number)
    # Whoever was paid when its time was over already, and nobody had been there to say so.
    return claim_again(view, expired, now=now)


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        ConfirmBooking: UseCase(
            "booking.confirm",
            scopes=(Scope.BOOKINGS_WRITE,),
            needs=_confirm_needs,
            decide=_confirm,
        ),
        DeclineBooking: UseCase(
            "booking.decline", scopes=(Scope.BOOKINGS_WRITE,), needs=_end_needs, decide=_decline
        ),
        ConfirmDueBooking: UseCase(
            "booking.confirm_due",
            scopes=(Scope.BOOKINGS_WRITE,),
            needs=_confirm_needs,
            decide=_confirm_due,
        ),
        ExpireBooking: UseCase(
            "booking.expire", scopes=(Scope.BOOKINGS_WRITE,), needs=_end_needs, decide=_expire
        ),
    }
)
