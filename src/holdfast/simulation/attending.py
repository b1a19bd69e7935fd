"""The model of attending: checking in and out, completing, no-shows, and taking that back."""

from __future__ import annotations

from datetime import datetime, timedelta

from holdfast.simulation.books import Books, Taken
from holdfast.simulation.judging import causes
from holdfast.simulation.rulings import allowed, refused, require_accepted
from holdfast.simulation.steps import Said, Step
from holdfast.simulation.taking import check, found, seat
from holdfast.simulation.worlds import DAY, MINUTE

OPENS_BEFORE = 30 * MINUTE
ENDS = {
    "check_out": ("completed", frozenset({"checked_in"})),
    "complete": ("completed", frozenset({"confirmed", "checked_in"})),
    "no_show": ("no_show", frozenset({"confirmed"})),
}
"""What each way to end leads to, and from where."""


def check_in(books: Books, step: Step, said: Said, now: datetime) -> None:
    """Say that the guests are there; outside of the window only with a reason."""
    one = found(books, "booking", step, said)
    if one is None:
        return
    if one.status == "checked_in":
        require_accepted(said)
        check(one, said)
        return
    if one.status != "confirmed":
        allowed(said, [refused("state.transition_not_allowed", status=one.status)])
        return
    cause = None
    if not step.is_forced:
        if now < one.span[0] - OPENS_BEFORE:
            cause = refused("policy.too_early")
        elif now >= one.span[1]:
            cause = refused("policy.too_late")
    if allowed(said, [cause]):
        one.status, one.came_at = "checked_in", now
        one.version += 1
        check(one, said)


def end(books: Books, step: Step, said: Said, now: datetime) -> None:
    """Say how it went; with `back` its places are free from now on."""
    one = found(books, "booking", step, said)
    if one is None:
        return
    status, froms = ENDS[step.kind]
    if one.status == status:
        require_accepted(said)
        check(one, said)
        return
    if one.status not in froms:
        allowed(said, [refused("state.transition_not_allowed", status=one.status)])
        return
    is_early = step.kind != "check_out" and now < one.span[0]
    if not allowed(said, [refused("policy.too_early") if is_early else None]):
        return
    if step.how == "back":
        books.end(one, status)
        books.empty(one, now)
        one.is_freed = True
    else:
        one.status = status
        one.version += 1
    one.ended_at = now
    check(one, said)


def undo(books: Books, step: Step, said: Said, now: datetime) -> None:
    """Take the last step back, while the day is open; places given back are taken again."""
    one = found(books, "booking", step, said)
    if one is None:
        return
    if one.status not in {"checked_in", "completed", "no_show"}:
        allowed(said, [refused("state.transition_not_allowed", status=one.status)])
        return
    if now >= _closed_at(books, one):
        allowed(said, [refused("policy.too_late")])
        return
    takes = one.is_freed and now < one.span[1]
    if not allowed(said, causes(books, one.ask, now, is_approval=True) if takes else [None]):
        return
    if takes:
        seat(books, one, said, now)
        one.is_freed = False
    is_there = one.status == "completed" and one.came_at is not None
    one.status = "checked_in" if is_there else "confirmed"
    one.came_at = one.came_at if is_there else None
    one.ended_at = None
    one.version += 1
    check(one, said)


def _closed_at(books: Books, one: Taken) -> datetime:
    """Return when the local day is over on which a booking ends, or on which it was ended."""
    step_at = one.ended_at or one.came_at or one.span[1]
    last = max(step_at, one.span[1] - timedelta(microseconds=1))
    return books.world.midnight(books.world.local_day(last) + DAY)
