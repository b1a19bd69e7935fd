"""Attempts: ending the trace of an asking of which nothing came, and giving its places back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain.access import Scope
from holdfast.domain.claims import Claim
from holdfast.domain.holds import Hold, HoldAction, HoldStatus
from holdfast.domain.holds import transition as hold_transition
from holdfast.domain.hooks import Attempt, AttemptAction, AttemptStatus, transition
from holdfast.domain.ids import AttemptId
from holdfast.engine.ports import ById, Where
from holdfast.engine.releasing import release, release_needs
from holdfast.engine.use_cases import Look, Needs, UseCase, View


@dataclass(frozen=True, slots=True, kw_only=True)
class EndAttempt:
    """Record that nothing comes of an asking, and release the hold that was placed for it.

    `only_if_over` leaves alone what somebody may still be working on. What has ended stays so.
    """

    attempt_id: AttemptId
    action: AttemptAction = AttemptAction.LOSE
    reason: str = "nobody came back"
    only_if_over: bool = False


def _needs(command: EndAttempt, look: Look) -> Needs:
    look.want(ById(Attempt, command.attempt_id))
    attempt = look.get(Attempt, command.attempt_id)
    if attempt.hold_id is None:
        return Needs()
    look.want(ById(Hold, attempt.hold_id), Where(Claim, "owner_id", attempt.hold_id))
    return release_needs(look, attempt.hold_id)


def _end(view: View, command: EndAttempt, now: datetime) -> Attempt:
    attempt = view.get(Attempt, command.attempt_id)
    is_over = now >= attempt.gives_up_at
    if attempt.status is not AttemptStatus.ASKING or (command.only_if_over and not is_over):
        return attempt
    if attempt.hold_id is not None:
        _let_go(view, view.get(Hold, attempt.hold_id), now=now)
    status = transition(attempt.status, command.action)
    ended = view.update(attempt, status=status, reason=command.reason, ended_at=now)
    view.fact(f"attempt.{status}", ended, of=ended.action, reason=command.reason)
    return ended


def _let_go(view: View, hold: Hold, *, now: datetime) -> None:
    if hold.status is not HoldStatus.ACTIVE:
        return
    status = hold_transition(hold, HoldAction.RELEASE, now=now)
    release(view, hold.hold_id, reason=status)
    ended = view.update(hold, status=status, ended_at=now)
    view.fact(f"hold.{status}", ended)


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        EndAttempt: UseCase(
            "attempt.end", scopes=(Scope.BOOKINGS_WRITE,), needs=_needs, decide=_end
        ),
    }
)
