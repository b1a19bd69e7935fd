"""The model of changed definitions: capacities, days of their own, things taken out of use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

from holdfast.simulation.books import Books
from holdfast.simulation.rulings import Cause, allowed, refused, require_accepted
from holdfast.simulation.steps import Said, Step

END_OF_TIME = datetime(2199, 1, 1, tzinfo=UTC)
NONSENSE = {
    "fraction": "input.invalid",
    "two_times": "input.invalid",
    "no_offer": "record.not_found",
    "wrong_form": "input.invalid",
    "stranger": "input.invalid",
}
"""Requests that mean nothing, and what is said to them."""


def resize(books: Books, step: Step, said: Said, now: datetime) -> None:
    """Change how many units there are of a thing."""
    name, capacity = step.name, step.amount
    before = books.capacity[name]
    assert before is not None
    if capacity == before:
        require_accepted(said)
        return
    if books.world.things[name].is_dated:
        expected: list[Cause | None] = [_short_days(books, step, now)]
    else:
        expected = [
            refused("capacity.exceeded") if capacity < min(peak, before) else None
            for peak in _peaks(books, name, now)
        ]
    if step.is_forced:
        expected = [None]
    if allowed(said, expected):
        books.capacity[name] = capacity


def _peaks(books: Books, name: str, now: datetime) -> Iterator[int]:
    """Yield how much is claimed at once from now on: without empty slots, and with them."""
    for is_stale in (False, True):
        uses = [
            *books.uses(name, now, is_stale=is_stale),
            *((one.span, one.units) for one in books.blocks_of(name)),
        ]
        yield books.peak(uses, (now, END_OF_TIME)) if uses else 0


def _short_days(books: Books, step: Step, now: datetime) -> Cause | None:
    today, name = books.world.local_day(now), step.name
    for day in _days_in_use(books, name):
        if day < today or (name, day) in books.days:
            continue
        used, cap = books.used_on(name, day, now), books.cap_on(name, day) or 0
        if step.amount < min(used, cap):
            return refused("capacity.exceeded")
    return None


def _days_in_use(books: Books, name: str) -> set[date]:
    return {
        day
        for one in books.taken.values()
        if one.has_places and any(part == name for part, _ in one.parts)
        for day in one.dates
    }


def set_day(books: Books, step: Step, said: Said, now: datetime) -> None:
    """Give a day a capacity of its own, or change the one that it has."""
    name, day = step.name, step.day
    assert day is not None
    before = books.cap_on(name, day) or 0
    wanted = before + step.amount if step.how == "adjust" else step.amount
    is_short = wanted < min(before, books.used_on(name, day, now)) and not step.is_forced
    cause = refused("capacity.exceeded") if is_short or wanted < 0 else None
    if allowed(said, [cause]):
        books.days[name, day] = wanted


def switch(books: Books, step: Step, said: Said, now: datetime) -> None:
    """Take a thing out of use, or into use again."""
    del now
    require_accepted(said)
    if step.how == "off":
        books.inactive.add(step.name)
    else:
        books.inactive.discard(step.name)


def nonsense(books: Books, step: Step, said: Said, now: datetime) -> None:
    """Ask for something that means nothing."""
    del books, now
    allowed(said, [refused(NONSENSE[step.how])])
