"""The two transactions around an asking: the first rehearses and keeps, the second does it.

Both are an ordinary use case with something around it, so that locks, checks and history are
those of the command itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from holdfast.domain.bookings import Booking
from holdfast.domain.claims import Claim
from holdfast.domain.customers import Customer
from holdfast.domain.errors import HookFailed, KeyReused, RequestInProgress
from holdfast.domain.holds import Hold, HoldStatus
from holdfast.domain.hooks import (
    Attempt,
    AttemptAction,
    AttemptStatus,
    BookingSeen,
    HookAction,
    HookCall,
    transition,
)
from holdfast.domain.ids import AttemptId
from holdfast.domain.tenants import Tenant
from holdfast.engine.asking.keeping import keep, keep_on, takes_places
from holdfast.engine.bookings import ConvertHold, PlaceBooking
from holdfast.engine.ports import ById, IdempotencyKey, Where
from holdfast.engine.records import canonical_json, id_of, plain
from holdfast.engine.registry import USE_CASES
from holdfast.engine.use_cases import Look, Needs, UseCase, View

LEASE_MARGIN = timedelta(seconds=20)
"""Whoever asks is waited for so much longer than the hooks may take."""

RESUME = timedelta(seconds=60)
"""So long after that a retry may take the asking over; then the places are given back."""

NOT_ANSWERED = "It was refused or given up before it was done."
_AS_IT_IS = frozenset({HookAction.CONFIRM, HookAction.CANCEL, HookAction.ATTEND})
_SUBJECTS = ("booking_id", "hold_id", "entry_id", "series_id")

AnyCase = UseCase[Any, Any]
Around = Callable[[AnyCase], AnyCase]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants, as far as an asking depends on it.

    Attributes:
        lasts: Whether a hook may have an effect, so that an attempt is written down.
        request: A digest of the caller's idempotency key, if one was given.
    """

    action: HookAction
    lasts: bool
    asks_for: timedelta
    request: str | None = None
    fingerprint: str = ""

    @classmethod
    def of(
        cls, action: HookAction, key: IdempotencyKey | None, *, lasts: bool, seconds: float
    ) -> Wish:
        """Return a wish under an idempotency key, or without one."""
        asks_for = timedelta(seconds=seconds)
        if key is None:
            return cls(action=action, lasts=lasts, asks_for=asks_for)
        words = canonical_json(list(key.name)).encode()
        return cls(
            action=action,
            lasts=lasts,
            asks_for=asks_for,
            request=hashlib.sha256(words).hexdigest(),
            fingerprint=key.fingerprint,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What the first transaction found.

    Attributes:
        call: What the hooks are asked; None where nothing would change, so that nobody is asked.
        command: What the second transaction does.
        seen: What the hooks are shown, in short.
        lasts: Whether an attempt is written down under the call's id.
    """

    call: HookCall | None
    command: object
    seen: str
    lasts: bool


def opening(wish: Wish) -> Around:
    """Return what makes the first transaction of a command's use case."""

    def around(inner: AnyCase) -> AnyCase:
        def needs(command: object, look: Look) -> Needs:
            return inner.needs(command, look) | _own_needs(wish, command, look)

        def decide(view: View, command: object, now: datetime) -> Opened:
            return _open(view, inner, wish, command, now=now)

        return UseCase(inner.name, scopes=inner.scopes, needs=needs, decide=decide)

    return around


def closing(opened: Opened) -> Around:
    """Return what makes the second transaction: the command itself, if all is as it was shown.

    Its `decide` raises `HookFailed` where that has changed, or the attempt is over.
    """
    call = opened.call
    assert call is not None, "somebody was asked"

    def around(inner: AnyCase) -> AnyCase:
        def needs(command: object, look: Look) -> Needs:
            if opened.lasts:
                look.want(ById(Attempt, call.attempt_id))
            return inner.needs(command, look)

        def decide(view: View, command: object, now: datetime) -> object:
            result = inner.decide(view, command, now)
            if _digest(result) != opened.seen:
                message = "It has changed while the business was asked about it. Try again."
                raise HookFailed(message, action=call.action)
            if opened.lasts:
                attempt = view.get(Attempt, call.attempt_id)
                if attempt.status is not AttemptStatus.ASKING:
                    message = "The business was asked for too long, and nobody waited. Try again."
                    raise HookFailed(message, action=call.action)
                status = transition(attempt.status, AttemptAction.FINISH)
                booking_id = result.booking_id if isinstance(result, Booking) else None
                view.update(attempt, status=status, booking_id=booking_id, ended_at=now)
            return result

        return UseCase(inner.name, scopes=inner.scopes, needs=needs, decide=decide)

    return around


def _own_needs(wish: Wish, command: object, look: Look) -> Needs:
    """Find what an asking itself reads, and what taking over the places of an earlier one locks."""
    look.want(ById(Tenant, look.tenant_id))
    if not wish.lasts:
        return Needs()
    subject_id = _subject_of(command)
    if subject_id is not None:
        look.want(Where(Attempt, "subject_id", subject_id))
    if wish.request is None:
        return Needs()
    look.want(Where(Attempt, "request", wish.request))
    needs = Needs()
    for attempt in look.where(Attempt, "request", wish.request):
        if attempt.hold_id is not None and isinstance(command, PlaceBooking):
            look.want(ById(Hold, attempt.hold_id), Where(Claim, "owner_id", attempt.hold_id))
            convert = ConvertHold(hold_id=attempt.hold_id, details=command.details)
            needs |= USE_CASES[ConvertHold].needs(convert, look)
    return needs


def _subject_of(command: object) -> str | None:
    """Return what a command is about; None of what is new."""
    found = (getattr(command, name, None) for name in _SUBJECTS)
    return next((subject_id for subject_id in found if subject_id is not None), None)


def _open(view: View, inner: AnyCase, wish: Wish, command: object, *, now: datetime) -> Opened:
    earlier = _earlier(view, wish, command, now=now)
    until = now + wish.asks_for + LEASE_MARGIN + RESUME
    hold: Hold | None = None
    final, case = command, inner
    if earlier is not None and earlier.hold_id is not None:
        hold = keep_on(view, view.get(Hold, earlier.hold_id), until=until)
        final, case = _converted(hold, command), USE_CASES[ConvertHold]
    results: list[object] = []
    records = view.rehearse(lambda: results.append(case.decide(view, final, now)))
    bookings, seen = _seen(view, wish, records), _digest(results[0])
    attempt_id = AttemptId(view.new_id("att")) if earlier is None else earlier.attempt_id
    if wish.lasts and bookings and earlier is not None:
        _ask_again(view, wish, earlier, seen=seen, now=now)
    elif wish.lasts and bookings:
        if isinstance(command, PlaceBooking) and takes_places(records):
            booking = results[0]
            assert isinstance(booking, Booking)
            hold = keep(view, command, booking, until=until, now=now)
            final = _converted(hold, command)
        view.insert(_attempt(wish, attempt_id, command, hold, seen=seen, now=now))
    call = HookCall(
        attempt_id=attempt_id,
        action=wish.action,
        tenant_id=view.tenant_id,
        slug=view.get(Tenant, view.tenant_id).slug,
        actor=view.actor,
        bookings=bookings,
    )
    return Opened(call=call if bookings else None, command=final, seen=seen, lasts=wish.lasts)


def _converted(hold: Hold, command: object) -> ConvertHold:
    assert isinstance(command, PlaceBooking), "only what is booked at once has a hold of ours"
    return ConvertHold(hold_id=hold.hold_id, details=command.details)


def _attempt(
    wish: Wish,
    attempt_id: AttemptId,
    command: object,
    hold: Hold | None,
    *,
    seen: str,
    now: datetime,
) -> Attempt:
    return Attempt(
        attempt_id=attempt_id,
        action=wish.action,
        status=AttemptStatus.ASKING,
        request=wish.request or attempt_id,
        fingerprint=wish.fingerprint,
        subject_id=_subject_of(command) or attempt_id,
        hold_id=None if hold is None else hold.hold_id,
        seen=seen,
        leased_until=now + wish.asks_for + LEASE_MARGIN,
        gives_up_at=now + wish.asks_for + LEASE_MARGIN + RESUME,
        booking_id=None,
        reason=None,
        created_at=now,
        ended_at=None,
        version=1,
    )


def _ask_again(view: View, wish: Wish, attempt: Attempt, *, seen: str, now: datetime) -> None:
    leased_until = now + wish.asks_for + LEASE_MARGIN
    view.update(
        attempt,
        status=transition(attempt.status, AttemptAction.ASK_AGAIN),
        seen=seen,
        leased_until=leased_until,
        gives_up_at=leased_until + RESUME,
    )


def _earlier(view: View, wish: Wish, command: object, *, now: datetime) -> Attempt | None:
    """Return the attempt that this wish takes over; those that are over are ended.

    Raises:
        KeyReused: The key stands for another request.
        RequestInProgress: Somebody is still being waited for.
    """
    if not wish.lasts:
        return None
    taken_over: Attempt | None = None
    if wish.request is not None:
        for attempt in view.where(Attempt, "request", wish.request):
            if attempt.fingerprint != wish.fingerprint:
                raise KeyReused
            _require_alone(attempt, now=now)
            if _may_go_on(view, attempt, now=now):
                taken_over = attempt
            else:
                _lose(view, attempt)
    subject_id = _subject_of(command)
    if subject_id is not None:
        for attempt in view.where(Attempt, "subject_id", subject_id):
            if taken_over is None or attempt.attempt_id != taken_over.attempt_id:
                _require_alone(attempt, now=now)
                _lose(view, attempt)
    return taken_over


def _require_alone(attempt: Attempt, *, now: datetime) -> None:
    if now < attempt.leased_until:
        left = ceil((attempt.leased_until - now).total_seconds())
        message = (
            "The business is being asked about this already. Wait a moment, and send the same"
            " request with the same Idempotency-Key."
        )
        raise RequestInProgress(message, retry_after_seconds=left)


def _may_go_on(view: View, attempt: Attempt, *, now: datetime) -> bool:
    """Whether an attempt can be taken over: its places, if it has any, are still kept."""
    if now >= attempt.gives_up_at:
        return False
    if attempt.hold_id is None:
        return True
    hold = view.get(Hold, attempt.hold_id)
    return hold.status is HoldStatus.ACTIVE and now < hold.expires_at


def _lose(view: View, attempt: Attempt) -> None:
    """End an attempt that nobody comes back to. A hold that it placed has expired by now."""
    status = transition(attempt.status, AttemptAction.LOSE)
    lost = view.update(attempt, status=status, reason=NOT_ANSWERED, ended_at=view.now)
    view.fact(f"attempt.{status}", lost, of=lost.action, reason=NOT_ANSWERED)


def _seen(view: View, wish: Wish, records: tuple[object, ...]) -> tuple[BookingSeen, ...]:
    """Describe what hooks are asked about; nothing, where nothing would change."""
    if wish.action is HookAction.HOLD:
        return tuple(BookingSeen.of_hold(one) for one in records if isinstance(one, Hold))
    changed = [one for one in records if isinstance(one, Booking)]
    if not changed:
        return ()
    changed.sort(key=lambda one: (one.starts_at, one.series_index or 0))
    if wish.action in _AS_IT_IS:
        return tuple(BookingSeen.of(view.get(Booking, one.booking_id)) for one in changed)
    newcomers = {id_of(one) for one in records if isinstance(one, Customer)}
    return tuple(_as_shown(wish, booking, newcomers) for booking in changed)


def _as_shown(wish: Wish, booking: Booking, newcomers: set[str]) -> BookingSeen:
    """Describe a booking as it would be, without ids that it would only have had in rehearsal."""
    seen = BookingSeen.of(booking)
    if wish.action is not HookAction.RESERVE:
        return seen
    known = None if booking.customer_id in newcomers else booking.customer_id
    return replace(seen, booking_id=None, number=None, status=None, version=None, customer_id=known)


def _digest(result: object) -> str:
    """Say in short what hooks are shown of a result: it must be so still when it is done."""
    if not isinstance(result, (Booking, Hold)):
        return ""
    said = (result.version, result.starts_at, result.ends_at, result.dates, result.party_size)
    words = canonical_json(plain((*said, result.price)))
    return hashlib.sha256(words.encode()).hexdigest()
