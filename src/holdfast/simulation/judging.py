"""The model's judgement: why a request is refused, and every way in which it can be served."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import combinations, product

from holdfast.simulation.books import Books, Parts, SlotPage, Taken, seconds
from holdfast.simulation.pools import is_made_good
from holdfast.simulation.steps import Ask
from holdfast.simulation.worlds import CLOSES_HOUR, DAY, MINUTE, OPENS_HOUR, Need

Cause = dict[str, object]
"""The code of a refusal and those of its fields that the model knows."""


def causes(
    books: Books,
    ask: Ask,
    now: datetime,
    *,
    is_approval: bool = False,
    is_forced: bool = False,
    is_moved: bool = False,
    had: Taken | None = None,
) -> list[Cause | None]:
    """Return the answers that a request may get: why it is refused, or None for "it is not".

    With `is_approval` it is judged when staff say yes, with `is_moved` it keeps its start, and with
    `is_forced` it does not matter what is left; `had` is the booking that moves. Usually there is
    one answer. A slot that was opened by demand and is empty may still have its rooms or not:
    nobody promises either.
    """
    slot = books.slots.get(books.slot_name(ask) or "")
    pinned = slot.rooms if slot is not None and slot.has_rooms else None
    if slot is None or pinned is None or books.takes_rooms(slot, now):
        return [
            _cause(
                books,
                ask,
                now,
                pinned,
                is_approval=is_approval,
                is_forced=is_forced,
                is_moved=is_moved,
                had=had,
            )
        ]
    return [
        _cause(
            books,
            ask,
            now,
            rooms,
            is_approval=is_approval,
            is_forced=is_forced,
            is_moved=is_moved,
            had=had,
        )
        for rooms in (None, pinned)
    ]


def _cause(
    books: Books,
    ask: Ask,
    now: datetime,
    rooms: Parts | None,
    *,
    is_approval: bool,
    is_forced: bool,
    is_moved: bool,
    had: Taken | None,
) -> Cause | None:
    offer = books.offer_of(ask)
    cause: Cause | None = None
    if not is_approval:
        cause = _party(books, ask)
    cause = cause or _in_use(books, ask, rooms)
    cause = cause or _hours(books, ask)
    cause = cause or _blocked(books, ask, rooms)
    if not is_approval and not is_moved:
        cause = cause or _notice(books, ask, now)
        cause = cause or _horizon(books, ask, now)
    if cause is not None:
        return cause
    slot = books.slots.get(books.slot_name(ask) or "")
    places = slot.places if slot is not None else offer.places
    if offer.is_counted and places is not None and not is_forced:
        left = max(0, places - books.guests_in(books.slot_name(ask) or "", now))
        if ask.guests > left:
            return {"code": "capacity.exceeded", "requested": ask.guests, "remaining": left}
    if next(ways(books, ask, now, rooms, is_forced=is_forced, had=had), None) is None:
        return _short(books, ask, now)
    return None


def _short(books: Books, ask: Ask, now: datetime) -> Cause:
    """Say what is short, where only one thing can be."""
    offer = books.offer_of(ask)
    cause: Cause = {"code": "capacity.exceeded"}
    alone = offer.needs[0]
    if len(offer.needs) == 1 and len(alone.names) == 1 and not offer.is_of_slot(alone):
        cause["requested"] = alone.units_for(ask.guests)
        cause["remaining"] = books.left(alone.names[0], ask, now)
    return cause


def _party(books: Books, ask: Ask) -> Cause | None:
    offer = books.offer_of(ask)
    if not 1 <= ask.guests <= offer.guests_max:
        limit = offer.guests_max if ask.guests > 1 else 1
        return {"code": "policy.party_size", "limit": limit, "actual": ask.guests}
    if ask.dates:
        count = len(set(ask.dates))
        if count > offer.days_max:
            return {"code": "policy.length", "limit": offer.days_max, "actual": count}
    if offer.form == "free":
        starts_at, ends_at = books.span_of(ask)
        length, least = seconds(ends_at - starts_at), offer.minutes * 60
        if length < least:
            return {"code": "policy.length", "limit": least, "actual": length}
    return None


def _in_use(books: Books, ask: Ask, rooms: Parts | None) -> Cause | None:
    slot = books.slots.get(books.slot_name(ask) or "")
    if slot is not None and slot.status != "open":
        return _closed(f"slot_{slot.status}")
    if slot is not None and slot.is_settling:
        return _closed("settling")
    return _left_out(books, ask, rooms, set(books.inactive), "resource_inactive")


def _blocked(books: Books, ask: Ask, rooms: Parts | None) -> Cause | None:
    names = {name for need in books.offer_of(ask).needs for name in need.names}
    held = {name for name, _ in rooms or ()}
    if rooms is not None:
        # What the slot has taken is its own: a block over it has blocked the slot.
        own = {
            name
            for need in books.offer_of(ask).needs
            if not books.offer_of(ask).is_of_slot(need)
            for name in need.names
        }
        names = (names - held) | (names & own)
    lost = {name for name in names if books.is_blocked(name, ask)}
    return _left_out(books, ask, rooms, lost | books.inactive, "blocked")


def _left_out(
    books: Books, ask: Ask, rooms: Parts | None, lost: set[str], reason: str
) -> Cause | None:
    """Refuse when too few are left of those who may serve, or one asked for by name is not."""
    for need in books.offer_of(ask).needs:
        names = _names(books, ask, need, rooms)
        gone = lost & set(names)
        if len(names) - len(gone) < (need.members or len(names)) or gone & set(ask.picks):
            return _closed(reason)
    return None


def _names(books: Books, ask: Ask, need: Need, rooms: Parts | None) -> Sequence[str]:
    if rooms is not None and need.members and books.offer_of(ask).is_of_slot(need):
        held = {name for name, _ in rooms}
        return [name for name in need.names if name in held]
    return need.names


def _hours(books: Books, ask: Ask) -> Cause | None:
    offer, world = books.offer_of(ask), books.world
    if offer.form not in {"slot", "class"}:
        return None
    starts_at, ends_at = books.span_of(ask)
    day = world.local_day(starts_at)
    opens, closes = world.instant(day, OPENS_HOUR), world.instant(day, CLOSES_HOUR)
    if not opens <= starts_at or not ends_at <= closes:
        return _closed("outside_hours")
    return (
        None
        if (starts_at - opens) % (offer.step * MINUTE) == timedelta(0)
        else _closed("not_on_grid")
    )


def _notice(books: Books, ask: Ask, now: datetime) -> Cause | None:
    offer, world = books.offer_of(ask), books.world
    starts_at, _ = books.span_of(ask)
    notice = offer.notice_minutes * MINUTE
    if starts_at - now >= notice:
        return None
    if not notice and ask.dates and min(ask.dates) == world.local_day(now):
        return None
    limit, actual = seconds(notice), seconds(starts_at - now)
    return {"code": "policy.notice_too_short", "limit": limit, "actual": actual}


def _horizon(books: Books, ask: Ask, now: datetime) -> Cause | None:
    offer, world = books.offer_of(ask), books.world
    last = max(ask.dates) if ask.dates else world.local_day(books.span_of(ask)[0])
    days = (last - world.local_day(now)) // DAY
    if days <= offer.horizon_days:
        return None
    return {"code": "policy.beyond_horizon", "limit": offer.horizon_days, "actual": days}


def _closed(reason: str) -> Cause:
    return {"code": "availability.closed", "reason": reason}


def ways(
    books: Books,
    ask: Ask,
    now: datetime,
    rooms: Parts | None,
    *,
    is_forced: bool = False,
    had: Taken | None = None,
) -> Iterator[tuple[Parts, Parts]]:
    """Try out everybody; yield each way to serve a request: the slot's own things, and the rest.

    Args:
        books: What is taken.
        ask: The request.
        now: When.
        rooms: What the slot has taken already; None if it has taken nothing.
        is_forced: Whether it does not matter what is left.
        had: The booking that moves, and what it gives back.
    """
    offer = books.offer_of(ask)
    choices: list[list[Parts]] = []
    for need in offer.needs:
        is_own = offer.is_of_slot(need)
        if is_own and rooms is not None:
            own = tuple(part for part in rooms if part[0] in need.names)
            choices.append([own])
            continue
        units = need.units_for(1 if is_own else ask.guests)
        names = [
            name
            for name in need.names
            if name not in books.inactive and not books.is_blocked(name, ask)
        ]
        size = need.members or len(need.names)
        choices.append(
            [tuple((name, units) for name in chosen) for chosen in combinations(names, size)]
        )
    for way in product(*choices):
        own, others = _split(books, ask, way)
        if _is_possible(books, ask, way) and (
            is_forced
            or (
                _fits(books, ask, now, others if rooms is not None else (*own, *others))
                and is_made_good(books, ask, now, way, rooms=rooms, had=had)
            )
        ):
            yield own, others


def _split(books: Books, ask: Ask, way: Sequence[Parts]) -> tuple[Parts, Parts]:
    offer = books.offer_of(ask)
    own: list[tuple[str, int]] = []
    others: list[tuple[str, int]] = []
    for need, chosen in zip(offer.needs, way, strict=True):
        (own if offer.is_of_slot(need) else others).extend(chosen)
    return tuple(own), tuple(others)


def _is_possible(books: Books, ask: Ask, way: Sequence[Parts]) -> bool:
    """Whether nobody serves twice where any will do, and everybody asked for by name serves."""
    needs = books.offer_of(ask).needs
    pairs = list(zip(needs, way, strict=True))
    loose = [name for need, chosen in pairs if need.members for name, _ in chosen]
    fixed = {name for need, chosen in pairs if not need.members for name, _ in chosen}
    if len(set(loose)) < len(loose) or fixed & set(loose):
        return False
    return set(ask.picks) <= set(loose) | fixed


def _fits(books: Books, ask: Ask, now: datetime, parts: Parts) -> bool:
    total: Counter[str] = Counter()
    for name, units in parts:
        total[name] += units
    for name, units in total.items():
        left = books.left(name, ask, now)
        if left is not None and units > left:
            return False
    return True


def opening_causes(
    books: Books, offer_name: str, slot: SlotPage, now: datetime
) -> list[Cause | None]:
    """Return why a slot cannot be made by hand, or None: it takes its own rooms, if they are free.

    Its places and what each guest needs do not matter yet.
    """
    offer = books.world.offers[offer_name]
    ask = Ask(offer=offer_name, starts_at=slot.span[0], ends_at=slot.span[1])
    own = [need for need in offer.needs if offer.is_of_slot(need)]
    for lost, reason in (
        (books.inactive, "resource_inactive"),
        ({name for need in own for name in need.names if books.is_blocked(name, ask)}, "blocked"),
    ):
        for need in offer.needs:
            gone = set(need.names) & lost
            if len(need.names) - len(gone) < (need.members or len(need.names)):
                return [_closed(reason)]
    for need in own:
        left = [books.left(name, ask, now) for name in need.names]
        if any(one is not None and one < need.units for one in left):
            return [{"code": "capacity.exceeded"}]
    return [None]
