"""The model of what things have together of which any serve: who is over is made good first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from holdfast.simulation.books import Books, Parts, Taken, meets
from holdfast.simulation.steps import Ask
from holdfast.simulation.worlds import DAY, Need


def is_made_good(
    books: Books,
    ask: Ask,
    now: datetime,
    way: Sequence[Parts],
    *,
    rooms: Parts | None,
    had: Taken | None,
) -> bool:
    """Whether a way to serve leaves enough to whoever is too many where any of several serve.

    At every instant all that is taken of them together stays within what they have together, or
    it takes no more than the one who moves had of them then.
    """
    offer = books.offer_of(ask)
    pairs = list(zip(offer.needs, way, strict=True))
    if rooms is not None:
        pairs = [(need, chosen) for need, chosen in pairs if not offer.is_of_slot(need)]
    return all(
        _is_within(
            books, ask, now, need, parts=[part for _, chosen in pairs for part in chosen], had=had
        )
        for need, _ in pairs
        if need.members
    )


def _is_within(
    books: Books,
    ask: Ask,
    now: datetime,
    need: Need,
    *,
    parts: Sequence[tuple[str, int]],
    had: Taken | None,
) -> bool:
    names = [name for name in need.names if books.capacity[name] is not None]
    able = {
        name
        for name in need.names
        if name not in books.inactive and not books.is_blocked(name, ask)
    }
    if not able <= set(names):
        return True
    wanted = sum(units for name, units in parts if name in names)
    for instant in {one for name in names for one in _instants(books, ask, name, now)}:
        left = 0
        for name in names:
            value = _left_at(books, ask, name, instant, now)
            left += value if name in able else min(0, value)
        own = 0 if had is None else sum(_had_at(books, had, name, instant) for name in names)
        if wanted > max(left, own):
            return False
    return True


def _instants(books: Books, ask: Ask, name: str, now: datetime) -> Iterator[datetime]:
    if books.world.things[name].is_dated:
        yield from (books.world.midnight(day) for day in books.dates_of(ask))
        return
    for start, end in books.spans_of(ask):
        yield start
        uses = [*books.uses(name, now, but=books.slot_name(ask)), *_blocks(books, name)]
        yield from (begin for (begin, _), _ in uses if start < begin < end)


def _left_at(books: Books, ask: Ask, name: str, instant: datetime, now: datetime) -> int:
    if not books.world.things[name].is_dated:
        uses = [*books.uses(name, now, but=books.slot_name(ask)), *_blocks(books, name)]
        used = sum(units for (start, end), units in uses if start <= instant < end)
        return (books.capacity[name] or 0) - used
    lefts = {}
    for day in books.dates_of(ask):
        whole = books.world.midnight(day), books.world.midnight(day + DAY)
        is_blocked = any(meets(one.span, whole) for one in books.blocks_of(name))
        cap = 0 if is_blocked else books.cap_on(name, day) or 0
        lefts[day] = cap - books.used_on(name, day, now)
    return lefts.get(books.world.local_day(instant), min(lefts.values()))


def _had_at(books: Books, had: Taken, name: str, instant: datetime) -> int:
    units = sum(units for thing, units in had.parts if thing == name)
    is_dated = books.world.things[name].is_dated
    spans = books.day_spans(had) if is_dated else had.spans
    return units if any(start <= instant < end for start, end in spans) else 0


def _blocks(books: Books, name: str) -> Iterator[tuple[tuple[datetime, datetime], int]]:
    return ((one.span, one.units) for one in books.blocks_of(name))
