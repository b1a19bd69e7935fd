"""Confirming: taking away what a booking waits for; when nothing is left it is confirmed."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime

from holdfast.domain.availability import APPROVAL_CHECKS
from holdfast.domain.bookings import (
    Booking,
    BookingAction,
    BookingStatus,
    PendingReason,
    transition,
)
from holdfast.domain.claims import Claim, ClaimOwner, is_use_key
from holdfast.domain.errors import AvailabilityClosed, CapacityExceeded, HoldfastError
from holdfast.domain.holds import AssignedResource
from holdfast.domain.limits import pending_reasons
from holdfast.domain.overrides import Override
from holdfast.domain.policies import due_at
from holdfast.domain.reminders import remind_at
from holdfast.engine.choosing import choice_of, target_of
from holdfast.engine.placing import Taker, placing_needs, take
from holdfast.engine.ports import Where
from holdfast.engine.releasing import keeping_needs, require_in_use
from holdfast.engine.use_cases import Look, Needs, View

# Reasons that somebody has to do something about; a booking that waits for them may expire.
_ANSWERED = frozenset({PendingReason.APPROVAL, PendingReason.PAYMENT})


def confirming_needs(look: Look, booking: Booking) -> Needs:
    """Find what confirming a booking locks: its places, or those that it is to take."""
    look.want(Where(Claim, "owner_id", booking.booking_id))
    needs = keeping_needs(look, booking, booking.booking_id)
    if not _is_to_be_placed(look, booking):
        return needs
    return needs | placing_needs(look, choice_of(booking))


def _is_to_be_placed(look: Look, booking: Booking) -> bool:
    """Whether a booking waits without having taken its places."""
    is_pending = booking.status is BookingStatus.PENDING
    claims = look.where(Claim, "owner_id", booking.booking_id)
    return is_pending and all(is_use_key(claim.key) for claim in claims)


def is_lapsed(booking: Booking, *, now: datetime) -> bool:
    """Whether a pending booking's places have stopped counting by themselves."""
    is_pending = booking.status is BookingStatus.PENDING
    return is_pending and booking.expires_at is not None and booking.expires_at <= now


def take_away(
    view: View,
    booking: Booking,
    done: Collection[PendingReason],
    *,
    fact: str,
    override: Override | None = None,
    now: datetime,
) -> Booking:
    """Take away reasons to wait; without any left the booking is confirmed.

    A booking that waits no longer for approval takes its places, if it has none yet. `fact` is
    what is told of one that still waits.

    Raises:
        AvailabilityClosed: What it is about is closed now.
        CapacityExceeded: It has no places yet, and they are gone.
    """
    left = tuple(reason for reason in booking.pending_reasons if reason not in done)
    if left == booking.pending_reasons:
        return booking
    until = _expiry(booking, left, now=now)
    assigned = booking.assigned
    if PendingReason.APPROVAL not in left:
        assigned = _placed(view, booking, until=until, override=override)
    _keep_until(view, booking, until)
    changes = {
        "pending_reasons": left,
        "assigned": assigned,
        "override": override or booking.override,
        "expires_at": until,
        "confirms_at": booking.confirms_at if PendingReason.DELAY in left else None,
    }
    if left:
        waiting = view.update(booking, **changes)
        view.fact(fact, waiting, number=waiting.number)
        return waiting
    confirmed = view.update(
        booking,
        **changes,
        status=BookingStatus.CONFIRMED,
        confirmed_at=now,
        remind_at=remind_at(booking.policy, starts_at=booking.starts_at, after=now),
    )
    view.fact("booking.confirmed", confirmed, number=confirmed.number)
    return confirmed


def settle_payment(view: View, booking: Booking, *, now: datetime) -> Booking:
    """Let a booking wait for payment while its price is not covered, and no longer.

    One that is paid and cannot be confirmed, since it was closed meanwhile, waits for the
    business's answer: nobody's money is met by silence.
    """
    is_asked = booking.status is BookingStatus.PENDING and booking.policy.needs_payment
    is_waiting = PendingReason.PAYMENT in booking.pending_reasons
    if not is_asked or is_lapsed(booking, now=now) or is_waiting is not booking.is_covered:
        return booking
    if not booking.is_covered:
        return _await_payment(view, booking, now=now)
    fact = "booking.payment_covered"
    try:
        return view.attempt(
            lambda: take_away(view, booking, {PendingReason.PAYMENT}, fact=fact, now=now)
        )
    except (AvailabilityClosed, CapacityExceeded) as refusal:
        _keep_until(view, booking, None)
        stuck = view.update(
            booking,
            pending_reasons=(PendingReason.APPROVAL,),
            expires_at=None,
            confirms_at=None,
        )
        view.fact(fact, stuck, number=stuck.number, refused=refusal.code)
        return stuck


def paying_needs(look: Look, booking: Booking) -> Needs:
    """Find what settling with what was paid for a booking locks.

    Whatever has become of what it is about since, this is never refused: the money was seen.
    """
    if not booking.policy.needs_payment:
        return Needs()
    if booking.status is BookingStatus.EXPIRED:
        return coming_back_needs(look, booking)
    if booking.status is not BookingStatus.PENDING:
        return Needs()
    look.want(Where(Claim, "owner_id", booking.booking_id))
    return keeping_needs(look, booking, booking.booking_id)


def coming_back_needs(look: Look, booking: Booking) -> Needs:
    """Find what taking the places of an expired booking again locks, if it may be tried."""
    return _needs_to_come_back(look, booking) or Needs()


def was_paid(booking: Booking) -> bool:
    """Whether a booking that has to be paid for is; of what costs nothing, nothing was."""
    has_paid = booking.paid_minor > booking.refunded_minor
    return bool(booking.policy.needs_payment) and booking.is_covered and has_paid


def claim_again(view: View, booking: Booking, *, now: datetime) -> Booking:
    """Take the places of a booking that was paid and has expired again, if they are still there.

    Where they are not, or staff have to look first, a fact says that it was paid too late.
    """
    if booking.status is not BookingStatus.EXPIRED or not was_paid(booking):
        return booking
    assigned = None
    if now < booking.starts_at and _needs_to_come_back(view, booking) is not None:
        with suppress(HoldfastError):
            assigned = view.attempt(lambda: take_again(view, booking))
    if assigned is None:
        view.fact("booking.paid_too_late", booking, number=booking.number, paid=booking.paid)
        return booking
    back = view.update(
        booking,
        status=transition(booking.status, BookingAction.CLAIM_AGAIN),
        assigned=assigned,
        expires_at=None,
        confirms_at=None,
        confirmed_at=now,
        ended_at=None,
        remind_at=remind_at(booking.policy, starts_at=booking.starts_at, after=now),
    )
    view.fact("booking.confirmed", back, number=back.number)
    return back


def _needs_to_come_back(look: Look, booking: Booking) -> Needs | None:
    """Find what coming back locks; None of what had to be approved, or names what is gone.

    Promo codes and tickets were given back as well, and are not used up again by themselves.
    """
    reasons = pending_reasons(booking.policy, total=booking.price)
    if booking.uses or PendingReason.APPROVAL in reasons:
        return None
    try:
        return placing_needs(look, choice_of(booking))
    except HoldfastError:
        return None


def _await_payment(view: View, booking: Booking, *, now: datetime) -> Booking:
    """Let a booking wait for payment again: what was recorded was taken back, or it costs more."""
    until = booking.expires_at or due_at(booking.policy.pending_expires, since=now)
    _keep_until(view, booking, until)
    reasons = {*booking.pending_reasons, PendingReason.PAYMENT}
    waiting = view.update(
        booking,
        pending_reasons=tuple(reason for reason in PendingReason if reason in reasons),
        expires_at=until,
    )
    view.fact("booking.payment_awaited", waiting, number=waiting.number)
    return waiting


def _expiry(booking: Booking, left: Collection[PendingReason], *, now: datetime) -> datetime | None:
    """Return until when a booking may wait: anew for its payment, once it is approved."""
    if not _ANSWERED & set(left):
        return None
    if PendingReason.APPROVAL in left or PendingReason.APPROVAL not in booking.pending_reasons:
        return booking.expires_at
    return due_at(booking.policy.pending_expires, since=now)


def _placed(
    view: View, booking: Booking, *, until: datetime | None, override: Override | None
) -> tuple[AssignedResource, ...]:
    """Return who serves a booking; whoever has no places takes them now, if they are there."""
    if not _is_to_be_placed(view, booking):
        require_in_use(view, target_of(view, booking), booking.assigned)
        return booking.assigned
    return take_again(view, booking, until=until, override=override)


def take_again(
    view: View,
    booking: Booking,
    *,
    until: datetime | None = None,
    override: Override | None = None,
) -> tuple[AssignedResource, ...]:
    """Take the places of a booking that has none now, judged anew; return who serves it.

    Raises:
        HoldfastError: It is refused.
    """
    taker = Taker(owner_kind=ClaimOwner.BOOKING, owner_id=booking.booking_id, counts_until=until)
    placed = take(
        view,
        choice_of(booking),
        party_size=booking.party_size,
        taker=taker,
        override=override,
        checks=APPROVAL_CHECKS,
    )
    return placed.assigned


def _keep_until(view: View, booking: Booking, until: datetime | None) -> None:
    """Let a booking's places count so long."""
    for claim in view.where(Claim, "owner_id", booking.booking_id):
        if claim.counts_until != until:
            view.change_claim(claim, counts_until=until)
