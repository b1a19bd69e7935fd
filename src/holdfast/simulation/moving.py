"""The model of moving a booking to another time: all of it, or nothing at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from holdfast.simulation.books import LIVE, Books, Taken, seconds
from holdfast.simulation.judging import Cause, causes
from holdfast.simulation.rulings import allowed, refused, require_accepted
from holdfast.simulation.steps import Ask, Said, Step
from holdfast.simulation.taking import PUBLIC, check, found, seat
from holdfast.simulation.worlds import MINUTE


def asked_after(one: Taken, move: Ask) -> Ask:
    """Return what is asked for after a move: by as many, and by the same by name."""
    return replace(move, offer=one.ask.offer, guests=one.ask.guests, picks=one.ask.picks)


def move(books: Books, step: Step, said: Said, now: datetime) -> None:
    """Move a booking."""
    one = found(books, "booking", step, said)
    if one is None:
        return
    assert step.ask is not None
    is_over = one.status == "pending" and one.until is not None and now >= one.until
    if one.status not in LIVE or is_over:
        allowed(said, [refused("state.transition_not_allowed", action="reschedule")])
        return
    after = asked_after(one, step.ask)
    is_same = books.span_of(after) == one.span and books.slot_name(after) == one.slot
    if is_same and books.dates_of(after) == one.dates:
        require_accepted(said)
        check(one, said)
        return
    if not allowed(said, _causes(books, one, after, step, now)):
        return
    before = replace(one)
    had_places, one.has_places = one.has_places, False
    one.ask, one.span, one.spans = after, books.span_of(after), books.spans_of(after)
    one.dates, one.slot = books.dates_of(after), books.slot_name(after)
    one.version += 1
    if had_places or one.status != "pending":
        seat(books, one, said, now, had=before if had_places else None)
        one.is_freed = False
        books.empty(before, now)
    check(one, said)


def _causes(books: Books, one: Taken, after: Ask, step: Step, now: datetime) -> list[Cause | None]:
    """Return why a booking cannot be moved, as if it had no places now."""
    notice = books.world.offers[one.ask.offer].notice_minutes * MINUTE
    left = one.span[0] - now
    if step.by in PUBLIC and one.status == "checked_in":
        return [refused("state.transition_not_allowed", action="reschedule")]
    if step.by in PUBLIC and left < notice:
        # What has begun is not moved by customers at all.
        limit = 0 if left.total_seconds() < 0 else seconds(notice)
        return [refused("policy.notice_too_short", limit=limit, actual=seconds(left))]
    had_places, one.has_places = one.has_places, False
    is_start_kept = books.span_of(after)[0] == one.span[0]
    had = one if had_places else None
    expected = causes(books, after, now, is_moved=is_start_kept, had=had)
    one.has_places = had_places
    return expected
