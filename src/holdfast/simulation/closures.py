"""The model of closing and opening: blocks, slots made by hand, slots cancelled and resized."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from holdfast.simulation.books import (
    LIVE,
    MAY_BE_CALLED_OFF,
    Books,
    Closed,
    SlotPage,
    Span,
    Taken,
    meets,
)
from holdfast.simulation.judging import opening_causes
from holdfast.simulation.rulings import allowed, differ_unless, refused, require_accepted
from holdfast.simulation.steps import Said, Step
from holdfast.simulation.worlds import MINUTE


def block(books: Books, step: Step, said: Said, now: datetime) -> None:
    """Take time away from a thing."""
    name = step.name
    assert step.starts_at is not None
    assert step.ends_at is not None
    span = (step.starts_at, step.ends_at)
    others = _counting(books, name, span, now)
    in_use = refused("record.in_use")
    if not allowed(said, [in_use if others and step.how == "refuse" else None]):
        return
    users = [one for one in books.users(name, span) if one.counts(now)]
    is_emptied = step.how == "cancel"
    one = Closed(number=step.number, name=name, span=span, units=books.capacity[name] or 1)
    one.is_settling = is_emptied and (bool(users) or books.capacity[name] is None)
    books.closed[step.number] = one
    for slot in books.slots.values():
        rooms = [thing for thing, _ in slot.rooms]
        if name not in rooms or not meets(books.padded(slot), span):
            continue
        if not books.takes_rooms(slot, now):
            slot.has_rooms = False  # an empty one has given way
            continue
        if slot.status == "blocked" and is_emptied and not slot.is_settling:
            slot.is_settling, slot.blocked_by = True, step.number
            slot.version += 1
        elif slot.status == "open":
            slot.status, slot.blocked_by, slot.is_settling = "blocked", step.number, is_emptied
            slot.version += 1


def _counting(books: Books, name: str, span: Span, now: datetime) -> bool:
    """Whether anything counts on time of a thing."""
    if any(meets(one.span, span) for one in books.blocks_of(name)):
        return True
    if any(one.counts(now) for one in books.users(name, span)):
        return True
    return any(
        books.takes_rooms(slot, now) and meets(books.padded(slot), span)
        for slot in books.slots.values()
        if any(thing == name for thing, _ in slot.rooms)
    )


def unblock(books: Books, step: Step, said: Said, now: datetime) -> None:
    """Give blocked time back."""
    del now
    require_accepted(said)
    one = books.closed[step.subject]
    if one.status == "removed":
        return
    one.status, one.is_settling = "removed", False
    one.version += 1
    for slot in books.slots.values():
        if slot.status != "blocked" or slot.blocked_by != step.subject:
            continue
        other = _block_over(books, slot)
        slot.version += 1
        if other is not None:
            slot.blocked_by = other.number
        else:
            slot.status, slot.blocked_by = "open", 0


def _block_over(books: Books, slot: SlotPage) -> Closed | None:
    """Return what else blocks the rooms of a slot, if it still has them."""
    if not slot.has_rooms:
        return None
    for name, _ in slot.rooms:
        for one in books.blocks_of(name):
            if meets(one.span, books.padded(slot)):
                return one
    return None


def slot(books: Books, step: Step, said: Said, now: datetime) -> None:
    """Make a slot by hand."""
    offer = books.world.offers[step.name]
    assert step.starts_at is not None
    span = (step.starts_at, step.starts_at + offer.minutes * MINUTE)
    page = SlotPage(
        name=f"#{step.number}",
        offer=offer.name,
        span=span,
        places=step.amount or offer.places,
        is_by_hand=True,
        is_own=bool(step.amount),
    )
    page.rooms = tuple(
        (name, need.units) for need in offer.needs if offer.is_of_slot(need) for name in need.names
    )
    page.has_rooms = bool(page.rooms)
    is_there = any(
        one.offer == offer.name and one.span[0] == span[0] and one.status == "open"
        for one in books.slots.values()
    )
    expected = opening_causes(books, offer.name, page, now)
    if is_there:
        expected = [refused("record.already_exists")]
    if span[0] < now:
        expected = [refused("input.invalid")]
    if allowed(said, expected):
        books.slots[page.name] = page


def cancel_slot(books: Books, step: Step, said: Said, now: datetime) -> None:
    """Cancel a slot."""
    assert step.ask is not None
    name = books.slot_name(step.ask)
    assert name is not None
    offer = books.world.offers[step.ask.offer]
    page = books.slots.get(name)
    if page is not None and page.status == "cancelled":
        _cancel_again(books, page, step, said, now)
        return
    if page is not None and (page.status == "past" or page.span[1] <= now):
        allowed(said, [refused("state.transition_not_allowed", status="past")])
        return
    people = [one for one in _in(books, name) if _is_affected(one, now)]
    in_use = refused("record.in_use")
    if not allowed(said, [in_use if people and step.how == "refuse" else None]):
        return
    if page is None:
        span = books.span_of(step.ask)
        page = SlotPage(
            name=name, offer=offer.name, span=span, places=offer.places, is_by_hand=False
        )
        books.slots[name] = page
    else:
        page.version += 1
    was_settling = page.is_settling
    is_guarded = _is_guarded(books, page)
    is_emptied = step.how != "list"
    page.status, page.blocked_by, page.has_rooms = "cancelled", 0, False
    page.is_settling = (is_emptied and (bool(people) or not is_guarded)) or was_settling


def _cancel_again(books: Books, page: SlotPage, step: Step, said: Said, now: datetime) -> None:
    """Cancel what is cancelled: only whom it has left may still be called off."""
    people = [one for one in _in(books, page.name) if _is_affected(one, now)]
    is_left = bool(people) or not _is_guarded(books, page)
    if step.how != "cancel" or not is_left or page.is_settling:
        require_accepted(said)
    elif page.span[1] <= now:
        allowed(said, [refused("state.transition_not_allowed", status="past")])
    else:
        require_accepted(said)
        page.is_settling = True
        page.version += 1


def _is_guarded(books: Books, page: SlotPage) -> bool:
    """Whether whoever books in a slot takes a lock."""
    if books.world.offers[page.offer].is_counted:
        return page.places is not None
    names = {name for need in books.world.offers[page.offer].needs for name in need.names}
    return all(books.capacity[name] is not None for name in names)


def _in(books: Books, name: str) -> list[Taken]:
    return [one for one in books.taken.values() if one.slot == name and one.status in LIVE]


def _is_affected(one: Taken, now: datetime) -> bool:
    """Whether somebody in a slot counts on it: a booking, or a hold whose time is not over."""
    return one.kind == "booking" or (one.until is not None and now < one.until)


def resize_slot(books: Books, step: Step, said: Said, now: datetime) -> None:
    """Change how many places a slot has."""
    assert step.ask is not None
    page = books.slots.get(books.slot_name(step.ask) or "")
    if page is None:
        allowed(said, [refused("record.not_found")])
        return
    if page.status not in {"open", "blocked"}:
        allowed(said, [refused("state.transition_not_allowed", status=page.status)])
        return
    inside = books.guests_in(page.name, now)
    is_short = step.amount != page.places and step.amount < inside and not step.is_forced
    if allowed(said, [refused("capacity.exceeded") if is_short else None]):
        if not page.is_own or page.places != step.amount:
            page.version += 1
        page.places, page.is_own = step.amount, True


def settle(books: Books, step: Step, said: Said, now: datetime) -> None:
    """Call off who is in what was closed: one slot, or the time of one block."""
    require_accepted(said)
    called_off = 0
    if step.ask is not None:
        page = books.slots[books.slot_name(step.ask) or ""]
        if page.is_settling:
            called_off = _call_off(books, _in(books, page.name), now)
            _end_settling(page, said)
    else:
        one = books.closed[step.subject]
        if one.is_settling:
            called_off = _call_off(books, books.users(one.name, one.span), now)
            _end_settling(one, said)
    differ_unless(said.done["called_off"] == called_off, f"expected {called_off} called off")


def settle_all(books: Books, now: datetime, is_settling: Callable[[str, str], bool]) -> None:
    """Call off whoever is in what was closed so, as the worker does."""
    for page in books.slots.values():
        if page.is_settling:
            _call_off(books, _in(books, page.name), now)
            if not is_settling("slot", page.name):
                page.is_settling = False
                page.version += 1
    for one in books.closed.values():
        if one.is_settling:
            _call_off(books, books.users(one.name, one.span), now)
            if not is_settling("block", str(one.number)):
                one.is_settling = False
                one.version += 1


def _end_settling(one: SlotPage | Closed, said: Said) -> None:
    """Follow the engine, which waits for others where nothing is locked."""
    if not said.done["is_settling"]:
        one.is_settling = False
        one.version += 1


def _call_off(books: Books, users: list[Taken], now: datetime) -> int:
    """Cancel the bookings and let the holds go of those who have not come yet."""
    waiting = [one for one in users if one.status in MAY_BE_CALLED_OFF]
    for one in waiting:
        is_over = one.kind == "hold" and one.until is not None and now >= one.until
        status = "cancelled" if one.kind == "booking" else "expired" if is_over else "released"
        books.end(one, status)
        books.empty(one, now)
    return len(waiting)
