"""Passages: a command's way past the hooks, whoever drives it: a library call or the server."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import structlog

from holdfast.domain.access import SYSTEM
from holdfast.domain.errors import (
    AvailabilityClosed,
    ClockBehind,
    HoldfastError,
    HookFailed,
    HookRefused,
    RequestFailed,
    ServerBusy,
)
from holdfast.domain.hooks import (
    REASON_LENGTH_MAX,
    AttemptAction,
    HookAction,
    HookCall,
    Reject,
    TimeAsked,
)
from holdfast.domain.intervals import Interval
from holdfast.engine.approvals import ConfirmBooking
from holdfast.engine.asking.hooks import TIMED, Hook, Hooks, OnFailure
from holdfast.engine.asking.opening import Opened, Wish, closing, opening
from holdfast.engine.asking.threads import HookThreads, answer_of, name_of
from holdfast.engine.asking.vetoing import vetoed
from holdfast.engine.attempting import EndAttempt
from holdfast.engine.attending import CheckInBooking
from holdfast.engine.bookings import CancelBooking, ConvertHold, PlaceBooking
from holdfast.engine.holds import PlaceHold
from holdfast.engine.occurrences import AddOccurrence, MoveOccurrence, SkipOccurrence
from holdfast.engine.rescheduling import RescheduleBooking
from holdfast.engine.series import CancelSeries, PlaceSeries
from holdfast.engine.use_cases import Envelope, Outcome
from holdfast.engine.waitlist import AcceptInvitation
from holdfast.engine.walk_ins import PlaceWalkIn

log = structlog.get_logger("holdfast.hooks")

ACTIONS: Mapping[type, HookAction] = MappingProxyType(
    {
        PlaceHold: HookAction.HOLD,
        PlaceBooking: HookAction.RESERVE,
        ConvertHold: HookAction.RESERVE,
        AcceptInvitation: HookAction.RESERVE,
        PlaceWalkIn: HookAction.RESERVE,
        PlaceSeries: HookAction.RESERVE,
        AddOccurrence: HookAction.RESERVE,
        RescheduleBooking: HookAction.MOVE,
        MoveOccurrence: HookAction.MOVE,
        ConfirmBooking: HookAction.CONFIRM,
        CancelBooking: HookAction.CANCEL,
        CancelSeries: HookAction.CANCEL,
        SkipOccurrence: HookAction.CANCEL,
        CheckInBooking: HookAction.ATTEND,
    }
)
"""Of which commands hooks are asked. What time or a closure brings about is nobody's wish."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What hooks came to; None is a yes."""

    refusal: HoldfastError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Hooks to be asked, one after another, within a time limit."""

    given: Hooks
    call: HookCall

    @property
    def hooks(self) -> tuple[Hook, ...]:
        """Who is asked, vetoes of the time apart."""
        action = self.call.action
        return (*self.given.vetoes(action), *self.given.before(action))

    @property
    def seconds(self) -> float:
        """How long all of them may take together."""
        return self.given.seconds

    def put(self) -> Verdict:
        """Ask until one says no. Blocks as long as they do."""
        try:
            is_free = self._is_free()
        except (Exception, SystemExit):
            log.exception("hook.raised", hook="busy or available")
            is_free, verdict = True, self.failed()
            if verdict.refusal is not None:
                return verdict
        if not is_free:
            message = "The business is not free then. Choose another time."
            return Verdict(AvailabilityClosed(message, reason="vetoed"))
        for hook in self.hooks:
            try:
                said = answer_of(hook(self.call))
            except (Exception, SystemExit):
                log.exception("hook.raised", hook=name_of(hook))
                verdict = self.failed()
            else:
                verdict = self._read(hook, said)
            if verdict.refusal is not None:
                return verdict
        return Verdict()

    def _is_free(self) -> bool:
        """Whether none of the times is vetoed."""
        if not self.given.has_vetoes or self.call.action not in TIMED:
            return True
        for wish in self.call.bookings:
            subject = TimeAsked(
                tenant_id=self.call.tenant_id,
                slug=self.call.slug,
                offering_id=wish.offering_id,
                resource_id=wish.resource_id,
                starts_at=wish.starts_at,
                ends_at=wish.ends_at,
            )
            time = Interval(starts_at=wish.starts_at, ends_at=wish.ends_at)
            if vetoed(self.given, subject, [time]):
                return False
        return True

    def unanswered(self) -> Verdict:
        """Return what it comes to when time is up."""
        names = [name_of(hook) for hook in self.hooks]
        log.error("hook.hung", hooks=names, seconds=self.seconds)
        return self.failed()

    def failed(self) -> Verdict:
        """Return what it comes to when a hook does not do its work."""
        if self.given.on_failure is OnFailure.ALLOW:
            return Verdict()
        message = (
            "The business could not be asked whether this may be done. Nothing was changed: try"
            " again in a moment."
        )
        return Verdict(HookFailed(message, action=self.call.action))

    def _read(self, hook: Hook, said: object) -> Verdict:
        if said is None or said is True:
            return Verdict()
        reject = Reject() if said is False else said
        if isinstance(reject, Reject) and isinstance(reject.reason, str):
            reason = reject.reason.strip()[:REASON_LENGTH_MAX] or Reject().reason
            return Verdict(HookRefused(reason, action=self.call.action))
        log.error("hook.nonsense", hook=name_of(hook), kind=type(said).__name__)
        return self.failed()


Step = Envelope | Question
Passage = Generator[Step, Outcome | Verdict, Outcome]
"""Says what is next, an envelope to run or a question to put, and ends with the outcome."""


class Asking:
    """Which commands hooks are asked of, and how they are led past them."""

    def __init__(self, hooks: Hooks, threads: HookThreads) -> None:
        self.hooks = hooks
        self.threads = threads
        self._actions = {
            command: action
            for command, action in ACTIONS.items()
            if hooks.before(action)
            or hooks.vetoes(action)
            or (hooks.has_vetoes and action in TIMED)
        }

    def concerns(self, command: object) -> bool:
        """Whether any hook is asked about a command; others go their usual way."""
        return type(command) in self._actions

    def vetoed(self, subject: TimeAsked, times: Sequence[Interval]) -> frozenset[Interval]:
        """Ask which of some times are vetoed, for a listing. Blocks.

        Raises:
            HookFailed: A hook did not answer.
            ServerBusy: Too many hooks are running.
        """

        def ask() -> frozenset[Interval] | None:
            try:
                return vetoed(self.hooks, subject, times)
            except (Exception, SystemExit):
                log.exception("hook.raised", hook="busy or available")
                return None

        try:
            found = self.threads.start(ask).result(timeout=self.hooks.seconds)
        except TimeoutError:
            log.exception("hook.hung", hooks="busy or available", seconds=self.hooks.seconds)
            found = None
        if found is not None:
            return found
        if self.hooks.on_failure is OnFailure.ALLOW:
            return frozenset()
        message = "The business could not be asked when it is free. Try again in a moment."
        raise HookFailed(message, action="list")

    def passage(self, envelope: Envelope) -> Passage:
        """Lead a command past its hooks: rehearse and keep, ask, then do it or give back."""
        action = self._actions[type(envelope.command)]
        before = self.hooks.before(action)
        wish = Wish.of(action, envelope.idempotency, lasts=bool(before), seconds=self.hooks.seconds)
        first = yield replace(envelope, render=None, around=opening(wish))
        assert isinstance(first, Outcome)
        if first.error is not None or first.is_replayed:
            return first
        opened = first.result
        assert isinstance(opened, Opened)
        if opened.call is None:
            return _outcome((yield envelope))
        verdict = yield Question(given=self.hooks, call=opened.call)
        assert isinstance(verdict, Verdict)
        if verdict.refusal is None:
            done = replace(envelope, command=opened.command, around=closing(opened))
            outcome = _outcome((yield done))
            refusal = outcome.error if _is_settled(outcome) else None
        else:
            outcome, refusal = Outcome(error=verdict.refusal), verdict.refusal
        if opened.lasts and refusal is not None:
            yield _ended(opened.call, refusal, source=envelope.source)
        return outcome


def _outcome(sent: Outcome | Verdict) -> Outcome:
    assert isinstance(sent, Outcome)
    return sent


def _is_settled(outcome: Outcome) -> bool:
    """Whether nothing was done for certain. Where nobody knows, a retry or a worker finds out."""
    unknown = isinstance(outcome.error, (ServerBusy, ClockBehind, RequestFailed))
    return not unknown or outcome.bug is not None


def _ended(call: HookCall, refusal: HoldfastError, *, source: str) -> Envelope:
    is_no = isinstance(refusal, HookRefused)
    return Envelope(
        command=EndAttempt(
            attempt_id=call.attempt_id,
            action=AttemptAction.REFUSE if is_no else AttemptAction.LOSE,
            reason=refusal.detail,
        ),
        actor=SYSTEM,
        source=source,
    )


def led(passage: Passage, *, run: Callable[[Envelope], Outcome], threads: HookThreads) -> Outcome:
    """Drive a passage from one thread, which waits for its hooks."""
    step = next(passage)
    while True:
        try:
            step = passage.send(run(step) if isinstance(step, Envelope) else _put(step, threads))
        except StopIteration as end:
            outcome = end.value
            assert isinstance(outcome, Outcome)
            return outcome


def _put(question: Question, threads: HookThreads) -> Verdict:
    try:
        return threads.start(question.put).result(timeout=question.seconds)
    except TimeoutError:
        return question.unanswered()
    except ServerBusy as refusal:
        return Verdict(refusal)
