"""Replaying: from a record's audit rows back to its states, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType
from typing import TypeVar

from holdfast.domain import bookings, holds, pools, resources, series, waitlists
from holdfast.domain.blocks import BlockStatus
from holdfast.domain.bookings import BookingStatus
from holdfast.domain.history import AuditEntry
from holdfast.domain.holds import HoldStatus
from holdfast.domain.pools import PoolStatus
from holdfast.domain.proving import Finding, Steps
from holdfast.domain.resources import ResourceStatus
from holdfast.domain.rules import RuleStatus
from holdfast.domain.series import SeriesStatus
from holdfast.domain.waitlists import WaitlistStatus

State = Mapping[str, object]
Moves = frozenset[tuple[str, str]]

V = TypeVar("V")
Status = TypeVar("Status", bound=StrEnum)
Action = TypeVar("Action", bound=StrEnum)


def _moves(transitions: Mapping[tuple[Status, Action], Status]) -> Moves:
    return frozenset((source.value, to.value) for (source, _), to in transitions.items())


MOVES: Mapping[str, Moves] = MappingProxyType(
    {
        "hold": _moves(holds.TRANSITIONS),
        "booking": _moves(bookings.TRANSITIONS),
        "resource": _moves(resources.TRANSITIONS),
        "pool": _moves(pools.TRANSITIONS),
        "waitlist_entry": _moves(waitlists.TRANSITIONS),
        "series": _moves(series.TRANSITIONS),
        "block": frozenset({(BlockStatus.ACTIVE.value, BlockStatus.REMOVED.value)}),
        "rule": frozenset({(RuleStatus.ACTIVE.value, RuleStatus.REMOVED.value)}),
    }
)
"""From which status to which a record may go, by the kind of record."""

FIRST_STATUSES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "hold": frozenset({HoldStatus.ACTIVE.value}),
        "booking": frozenset({BookingStatus.PENDING.value, BookingStatus.CONFIRMED.value}),
        "resource": frozenset({ResourceStatus.ACTIVE.value}),
        "pool": frozenset({PoolStatus.ACTIVE.value}),
        "waitlist_entry": frozenset({WaitlistStatus.WAITING.value}),
        "series": frozenset({SeriesStatus.ACTIVE.value}),
        "block": frozenset({BlockStatus.ACTIVE.value}),
        "rule": frozenset({RuleStatus.ACTIVE.value}),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What a record's history says: each state with the instant from which it held."""

    states: tuple[tuple[datetime, State], ...]
    findings: tuple[Finding, ...]

    @property
    def last(self) -> State | None:
        """The state that it should have now."""
        return self.states[-1][1] if self.states else None

    def steps(self, read: Callable[[State], V]) -> Steps[V]:
        """Return what something in it was over time. There has to be a state."""
        instants, values = list[datetime](), list[V]()
        for at, state in self.states:
            # A clock may go back a little; the order of versions may not.
            instants.append(max(at, instants[-1]) if instants else at)
            values.append(read(state))
        return Steps(tuple(instants), tuple(values))


def replay(entries: Sequence[AuditEntry]) -> Replay:
    """Replay a record's audit rows, which come by version."""
    states = list[tuple[datetime, State]]()
    findings = list[Finding]()
    for expected, entry in enumerate(entries, start=1):
        if entry.subject_version != expected:
            findings.append(_gap(entry, expected))
            break
        if expected == 1:
            states.append((entry.at, dict(entry.changes)))
            continue
        state = dict(states[-1][1])
        for name, change in entry.changes.items():
            if not isinstance(change, list) or len(change) != _PAIR:
                findings.append(_broken(entry, f"'{name}' is not [before, after]"))
                continue
            before, after = change
            if state.get(name) != before:
                said = f"'{name}' was {before!r} before it, and version {expected - 1} left"
                findings.append(_broken(entry, f"{said} {state.get(name)!r}"))
            state[name] = after
        state["version"] = expected
        states.append((entry.at, state))
    return Replay(states=tuple(states), findings=tuple(findings))


_PAIR = 2


def _gap(entry: AuditEntry, expected: int) -> Finding:
    detail = f"After version {expected - 1} its history goes on with {entry.subject_version}."
    if expected == 1:
        detail = f"Its history begins with version {entry.subject_version}."
    if entry.subject_version < expected:
        detail = f"Its history has version {entry.subject_version} twice."
    return Finding("audit.gap", entry.subject_id, detail)


def _broken(entry: AuditEntry, what: str) -> Finding:
    detail = f"The change to version {entry.subject_version} does not fit: {what}."
    return Finding("audit.broken", entry.subject_id, detail)


def status_faults(
    kind: str, name: str, states: Sequence[tuple[datetime, State]]
) -> Iterator[Finding]:
    """Find statuses that a record of a kind can never have come to."""
    moves = MOVES.get(kind)
    if moves is None or not states:
        return
    first = str(states[0][1].get("status"))
    if first not in FIRST_STATUSES[kind]:
        yield Finding("status.not_allowed", name, f"A {kind} cannot begin as '{first}'.")
    for (_, old), (at, new) in pairwise(states):
        source, target = str(old.get("status")), str(new.get("status"))
        if source != target and (source, target) not in moves:
            detail = f"A {kind} cannot go from '{source}' to '{target}', and did so"
            yield Finding("status.not_allowed", name, f"{detail} at {at.isoformat()}.")
        until = old.get("expires_at")
        if kind in _TIMED and source != target and until is not None:
            yield from _untimely(kind, name, at, source, target, until=str(until))


# What may lapse, and by which status it is kept instead.
_TIMED = {
    "hold": HoldStatus.CONVERTED.value,
    "booking": BookingStatus.CONFIRMED.value,
    "waitlist_entry": WaitlistStatus.ACCEPTED.value,
}


def _untimely(
    kind: str, name: str, at: datetime, source: str, target: str, *, until: str
) -> Iterator[Finding]:
    """Find what expired before its time, or was kept after it."""
    is_over = at >= datetime.fromisoformat(until)
    if target == HoldStatus.EXPIRED and not is_over:
        detail = f"This {kind} expired at {at.isoformat()}, before its time was over at {until}."
        yield Finding("status.expired_early", name, detail)
    # What had expired is not kept: it has claimed anew.
    if target == _TIMED[kind] and is_over and source != HoldStatus.EXPIRED:
        detail = f"This {kind} was {target} at {at.isoformat()}; its time was over at {until}."
        yield Finding("status.kept_late", name, detail)
