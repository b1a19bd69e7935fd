"""Approvals: the business's answer to a pending booking, and what time answers by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.availability import APPROVAL_CHECKS
from holdfast.domain.bookings import (
    Booking,
    BookingAction,
    BookingStatus,
    PendingReason,
    transition,
)
from holdfast.domain.claims import Claim, ClaimOwner, is_use_key
from holdfast.domain.errors import TransitionNotAllowed
from holdfast.domain.ids import BookingId
from holdfast.domain.overrides import Override
from holdfast.engine.choosing import choice_of, target_of
from holdfast.engine.ownership import own_booking
from holdfast.engine.placing import Taker, placing_needs, take
from holdfast.engine.ports import ById, Where
from holdfast.engine.releasing import keeping_needs, release, release_needs, require_in_use
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.engine.versions import require_version


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmBooking:
    """The business says yes to a pending booking. Saying it again changes nothing.

    Where places are taken only now, what was asked for is judged again; if it is refused, the
    booking stays pending. `override` is what staff set aside for it, with a reason.
    """

    booking_id: BookingId
    override: Override | None = None
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
    booking = own_booking(look, command.booking_id)
    needs = keeping_needs(look, booking, booking.booking_id)
    if not _is_to_be_placed(look, booking):
        return needs
    placing = placing_needs(look, choice_of(booking))
    return Needs(
        needs.guards | placing.guards,
        needs.counters | placing.counters,
        needs.reads | placing.reads,
    )


def _is_to_be_placed(look: Look, booking: Booking) -> bool:
    """Whether a booking waits without having taken its places."""
    is_pending = booking.status is BookingStatus.PENDING
    claims = look.where(Claim, "owner_id", booking.booking_id)
    return is_pending and all(is_use_key(claim.key) for claim in claims)


def _confirm(view: View, command: ConfirmBooking, now: datetime) -> Booking:
    booking = own_booking(view, command.booking_id)
    require_version(booking, command.if_version)
    _require_in_time(booking, now=now)
    status = transition(booking.status, BookingAction.CONFIRM)
    if status is booking.status:
        return booking
    done = {PendingReason.APPROVAL, PendingReason.DELAY}
    return _approve(view, booking, done, override=command.override, now=now)


def _confirm_due(view: View, command: ConfirmDueBooking, now: datetime) -> Booking:
    booking = own_booking(view, command.booking_id)
    is_pending = booking.status is BookingStatus.PENDING
    is_delayed = PendingReason.DELAY in booking.pending_reasons
    is_due = booking.confirms_at is not None and booking.confirms_at <= now
    is_expired = booking.expires_at is not None and booking.expires_at <= now
    if not (is_pending and is_delayed and is_due) or is_expired:
        # Somebody confirmed, declined or cancelled it in the meantime: nothing to do.
        return booking
    if PendingReason.APPROVAL in booking.pending_reasons:
        left = tuple(r for r in booking.pending_reasons if r is not PendingReason.DELAY)
        waiting = view.update(booking, pending_reasons=left, confirms_at=None)
        view.fact("booking.delay_over", waiting, number=waiting.number)
        return waiting
    return _approve(view, booking, {PendingReason.DELAY}, override=None, now=now)


def _approve(
    view: View,
    booking: Booking,
    done: set[PendingReason],
    *,
    override: Override | None,
    now: datetime,
) -> Booking:
    """Take away reasons to wait; without any the booking is confirmed."""
    assigned = booking.assigned
    if _is_to_be_placed(view, booking):
        taker = Taker(owner_kind=ClaimOwner.BOOKING, owner_id=booking.booking_id, counts_until=None)
        placed = take(
            view,
            choice_of(booking),
            party_size=booking.party_size,
            taker=taker,
            override=override,
            checks=APPROVAL_CHECKS,
        )
        assigned = placed.assigned
    else:
        require_in_use(view, target_of(view, booking), assigned)
    for claim in view.where(Claim, "owner_id", booking.booking_id):
        if claim.counts_until is not None:
            view.change_claim(claim, counts_until=None)
    left = tuple(reason for reason in booking.pending_reasons if reason not in done)
    if left:
        approved = view.update(
            booking,
            pending_reasons=left,
            assigned=assigned,
            expires_at=None,
            override=override or booking.override,
        )
        view.fact("booking.approved", approved, number=approved.number)
        return approved
    confirmed = view.update(
        booking,
        status=BookingStatus.CONFIRMED,
        pending_reasons=(),
        assigned=assigned,
        override=override or booking.override,
        expires_at=None,
        confirms_at=None,
        confirmed_at=now,
    )
    view.fact("booking.confirmed", confirmed, number=confirmed.number)
    return confirmed


def _require_in_time(booking: Booking, *, now: datetime) -> None:
    is_over = booking.expires_at is not None and booking.expires_at <= now
    if booking.status is BookingStatus.PENDING and is_over:
        # Its places have stopped counting by themselves, cleaned up or not.
        raise TransitionNotAllowed(
            kind="booking", status=BookingStatus.EXPIRED, action=BookingAction.CONFIRM
        )


def _end_needs(command: DeclineBooking | ExpireBooking, look: Look) -> Needs:
    if isinstance(command, DeclineBooking):
        checks.require([checks.text("/reason", command.reason)])
    look.want(ById(Booking, command.booking_id), Where(Claim, "owner_id", command.booking_id))
    own_booking(look, command.booking_id)
    return release_needs(look, command.booking_id)


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
    return expired


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
