"""Attending: checking guests in and out, saying how it went, and taking that back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.attending import (
    completes_at,
    require_begun,
    require_check_in_open,
    require_day_open,
    step_back,
)
from holdfast.domain.bookings import Booking, BookingAction, BookingStatus, transition
from holdfast.domain.claims import Claim
from holdfast.domain.errors import TransitionNotAllowed
from holdfast.domain.ids import BookingId
from holdfast.domain.policies import Policy
from holdfast.engine.choosing import choice_of
from holdfast.engine.confirming import take_again
from holdfast.engine.placing import placing_needs
from holdfast.engine.ports import ById, Where
from holdfast.engine.releasing import release, release_needs
from holdfast.engine.settling import customer_reads, forget_no_show, settle_no_show
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.engine.versions import require_version


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInBooking:
    """The guests are there. Saying it again changes nothing and answers the first time.

    Outside of the policy's window it takes a `reason`.
    """

    booking_id: BookingId
    reason: str | None = None
    if_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOutBooking:
    """The guests who had come have left. Saying it again changes nothing.

    `gives_back` frees the places for the rest of their time.
    """

    booking_id: BookingId
    gives_back: bool = False
    reason: str | None = None
    if_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteBooking:
    """It took place, whether or not anybody was checked in. Saying it again changes nothing.

    `gives_back` frees the places for the rest of their time.
    """

    booking_id: BookingId
    gives_back: bool = False
    reason: str | None = None
    if_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkNoShow:
    """Nobody came. Saying it again changes nothing.

    `gives_back` frees the places for the rest of their time.
    """

    booking_id: BookingId
    gives_back: bool = False
    reason: str | None = None
    if_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoBooking:
    """Take the last check-in, completion or no-show back, while the local day is open.

    Places that were given back are taken again, if they are still free, unless their time is over
    anyway. With `only_if_status` a
    booking in any other status is left alone, so that a repeated request takes one step only.
    """

    booking_id: BookingId
    only_if_status: BookingStatus | None = None
    reason: str | None = None
    if_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteDueBooking:
    """Record that a booking which completes by itself is at its end."""

    booking_id: BookingId


Ending = CheckOutBooking | CompleteBooking | MarkNoShow

_ACTIONS: Mapping[type, BookingAction] = MappingProxyType(
    {
        CheckOutBooking: BookingAction.CHECK_OUT,
        CompleteBooking: BookingAction.COMPLETE,
        MarkNoShow: BookingAction.MARK_NO_SHOW,
    }
)


def _check_in_needs(command: CheckInBooking, look: Look) -> Needs:
    checks.require([checks.text("/reason", command.reason)])
    look.get(Booking, command.booking_id)
    return Needs()


def _check_in(view: View, command: CheckInBooking, now: datetime) -> Booking:
    booking = view.get(Booking, command.booking_id)
    require_version(booking, command.if_version)
    status = transition(booking.status, BookingAction.CHECK_IN)
    if status is booking.status:
        return booking
    if not (command.reason or "").strip():
        require_check_in_open(booking, now=now)
    there = view.update(
        booking,
        status=status,
        checked_in_at=now,
        completes_at=completes_at(booking.policy, ends_at=booking.ends_at, has_come=True),
    )
    view.fact("booking.checked_in", there, number=there.number, at=now)
    return there


def _end_needs(command: Ending, look: Look) -> Needs:
    checks.require([checks.text("/reason", command.reason)])
    look.want(ById(Booking, command.booking_id), Where(Claim, "owner_id", command.booking_id))
    booking = look.get(Booking, command.booking_id)
    needs = release_needs(look, command.booking_id) if command.gives_back else Needs()
    reads = customer_reads(booking) if isinstance(command, MarkNoShow) else []
    return Needs(needs.guards, needs.counters, needs.reads | frozenset(reads))


def _end(view: View, command: Ending, now: datetime) -> Booking:
    booking = view.get(Booking, command.booking_id)
    require_version(booking, command.if_version)
    action = _ACTIONS[type(command)]
    status = transition(booking.status, action)
    if status is booking.status:
        return booking
    if action is not BookingAction.CHECK_OUT:
        require_begun(booking, action, now=now)
    settlement = settle_no_show(view, booking) if isinstance(command, MarkNoShow) else None
    if command.gives_back:
        release(view, booking.booking_id, reason=status, keeps_uses=True)
    ended = view.update(
        booking,
        status=status,
        ended_at=now,
        checked_out_at=now if action is BookingAction.CHECK_OUT else None,
        # Given back before, and not taken again since its time was over: it has none still.
        freed_at=now if command.gives_back else booking.freed_at,
        settlement=settlement,
    )
    view.fact(f"booking.{status}", ended, number=ended.number, by=action)
    return ended


def _complete_due_needs(command: CompleteDueBooking, look: Look) -> Needs:
    look.get(Booking, command.booking_id)
    return Needs()


def _complete_due(view: View, command: CompleteDueBooking, now: datetime) -> Booking:
    booking = view.get(Booking, command.booking_id)
    is_due = booking.completes_at is not None and booking.completes_at <= now
    if not is_due or booking.status not in {BookingStatus.CONFIRMED, BookingStatus.CHECKED_IN}:
        # Somebody cancelled, moved or completed it in the meantime: nothing to do.
        return booking
    status = transition(booking.status, BookingAction.COMPLETE)
    ended = view.update(booking, status=status, ended_at=now)
    view.fact("booking.completed", ended, number=ended.number, by="end")
    return ended


def _undo_needs(command: UndoBooking, look: Look) -> Needs:
    checks.require([checks.text("/reason", command.reason)])
    booking = look.get(Booking, command.booking_id)
    reads = frozenset(customer_reads(booking))
    look.want(*reads)
    needs = Needs() if booking.freed_at is None else placing_needs(look, choice_of(booking))
    return Needs(needs.guards, needs.counters, needs.reads | reads)


def _undo(view: View, command: UndoBooking, now: datetime) -> Booking:
    booking = view.get(Booking, command.booking_id)
    require_version(booking, command.if_version)
    action = step_back(booking)
    status = transition(booking.status, action)
    if command.only_if_status not in {None, booking.status}:
        raise TransitionNotAllowed(kind="booking", status=booking.status, action=action)
    require_day_open(booking, now=now)
    assigned, freed_at = booking.assigned, booking.freed_at
    if freed_at is not None and now < booking.ends_at:
        assigned, freed_at = take_again(view, booking), None
    if booking.status is BookingStatus.NO_SHOW:
        forget_no_show(view, booking)
    is_there = status is BookingStatus.CHECKED_IN
    # What was completed and is not goes on until somebody says so.
    is_open = booking.ended_at is None
    ends_at = booking.ends_at
    due_at = completes_at(booking.policy, ends_at=ends_at, has_come=False) if is_open else None
    undone = view.update(
        booking,
        status=status,
        policy=_by_hand_from_now_on(booking, now=now),
        completes_at=due_at,
        assigned=assigned,
        checked_in_at=booking.checked_in_at if is_there else None,
        checked_out_at=None,
        ended_at=None,
        freed_at=freed_at,
        settlement=None,
    )
    view.fact("booking.undone", undone, number=undone.number, was=booking.status)
    return undone


def _by_hand_from_now_on(booking: Booking, *, now: datetime) -> Policy:
    """Return a booking's policy; nobody is missed by itself after staff have said otherwise."""
    policy, due_at = booking.policy, booking.no_show_at
    if policy.no_show is None or due_at is None or now < due_at:
        return policy
    return replace(policy, no_show=replace(policy.no_show, is_automatic=False))


_STAFF = (Scope.BOOKINGS_WRITE,)
USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        CheckInBooking: UseCase(
            "booking.check_in", scopes=_STAFF, needs=_check_in_needs, decide=_check_in
        ),
        CheckOutBooking: UseCase("booking.check_out", scopes=_STAFF, needs=_end_needs, decide=_end),
        CompleteBooking: UseCase("booking.complete", scopes=_STAFF, needs=_end_needs, decide=_end),
        CompleteDueBooking: UseCase(
            "booking.complete_due", scopes=_STAFF, needs=_complete_due_needs, decide=_complete_due
        ),
        MarkNoShow: UseCase("booking.mark_no_show", scopes=_STAFF, needs=_end_needs, decide=_end),
        UndoBooking: UseCase("booking.undo", scopes=_STAFF, needs=_undo_needs, decide=_undo),
    }
)
