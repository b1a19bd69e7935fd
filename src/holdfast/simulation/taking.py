"""The model of holds and bookings: placing, keeping, converting, confirming and ending them."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from holdfast.simulation.books import Books, Parts, SlotPage, Taken, seconds
from holdfast.simulation.customers import code_cause, limit_cause
from holdfast.simulation.judging import Cause, causes, ways
from holdfast.simulation.rulings import (
    allowed,
    differ,
    differ_unless,
    refused,
    require_accepted,
)
from holdfast.simulation.steps import Said, Step
from holdfast.simulation.worlds import MINUTE

HOLD_CEILING = timedelta(hours=2)
PUBLIC_TTL = timedelta(minutes=15)
EXTENSIONS_MAX, PUBLIC_EXTENSIONS_MAX = 20, 1
PUBLIC = frozenset({"web", "kiosk"})
"""Who stands for customers, and sees only what they have placed themselves."""


def place(books: Books, step: Step, said: Said, now: datetime) -> None:
    """Place a hold or a booking."""
    ask = step.ask
    assert ask is not None
    code = code_cause(books, step.promo, step.customer, now)
    # The price of a booking is agreed before its places are looked at.
    sold = [code] if code is not None and step.kind == "book" else []
    if step.is_forced and step.by in PUBLIC:
        allowed(said, [*sold, refused("access.denied")])
        return
    limit = limit_cause(books, ask.offer, step.customer, now)
    expected = [
        cause or code or limit for cause in causes(books, ask, now, is_forced=step.is_forced)
    ]
    if not allowed(said, [*sold, *expected]):
        return
    offer = books.world.offers[ask.offer]
    waits = step.kind == "book" and offer.asks == "later" and not step.is_forced
    one = Taken(
        kind="hold" if step.kind == "hold" else "booking",
        number=step.number,
        ask=ask,
        by=step.by,
        span=books.span_of(ask),
        spans=books.spans_of(ask),
        dates=books.dates_of(ask),
        slot=books.slot_name(ask),
        parts=(),
        status="active",
        has_places=not waits,
        order=step.order,
        made_at=now,
        customer=step.customer,
        promo=step.promo,
    )
    if step.kind == "hold":
        time_hold(books, one, step, now)
    else:
        begin_booking(books, one, now)
    if not waits:
        seat(books, one, said, now, is_forced=step.is_forced)
    books.taken[one.kind, one.number] = one
    check(one, said)


def time_hold(books: Books, one: Taken, step: Step, now: datetime) -> None:
    """Say until when a hold counts, and until when it can be kept."""
    own = books.world.offers[one.ask.offer].hold_minutes * MINUTE
    asked = step.amount * MINUTE if step.amount else own
    ttl = min(asked, own, PUBLIC_TTL) if step.by in PUBLIC else asked
    one.until, one.ceiling = now + ttl, now + max(HOLD_CEILING, ttl)


def begin_booking(books: Books, one: Taken, now: datetime) -> None:
    """Say what a booking waits for."""
    offer = books.world.offers[one.ask.offer]
    reasons = set[str]()
    one.until = None
    if offer.asks != "no":
        reasons.add("approval")
        if offer.answer_minutes is not None:
            one.until = now + offer.answer_minutes * MINUTE
    if offer.delay_minutes:
        reasons.add("delay")
        one.confirms_at = now + offer.delay_minutes * MINUTE
    one.reasons = frozenset(reasons)
    one.status = "pending" if reasons else "confirmed"


def seat(
    books: Books,
    one: Taken,
    said: Said,
    now: datetime,
    *,
    is_forced: bool = False,
    had: Taken | None = None,
) -> None:
    """Give somebody the places of those whom the engine chose, if they could serve."""
    own, others = assigned(said)
    name = one.slot
    page = books.slots.get(name) if name is not None else None
    held: list[Parts | None] = [page.rooms if page is not None and page.has_rooms else None]
    if page is not None and page.has_rooms and not books.takes_rooms(page, now):
        held.append(None)
    chosen = (Counter(own), Counter(others))
    is_one = any(
        chosen == (Counter(some), Counter(rest))
        for rooms in held
        for some, rest in ways(books, one.ask, now, rooms, is_forced=is_forced, had=had)
    )
    differ_unless(is_one, f"these cannot serve together: {own} for the slot, {others}")
    one.parts, one.all_parts, one.has_places = others, (*own, *others), True
    if books.world.offers[one.ask.offer].is_counted and name is not None:
        if page is None:
            page = books.slots[name] = opened(books, one, name)
        page.rooms, page.has_rooms = own, bool(own)


def opened(books: Books, one: Taken, name: str) -> SlotPage:
    """Return the page of a slot that is opened by demand."""
    offer = books.world.offers[one.ask.offer]
    return SlotPage(
        name=name, offer=offer.name, span=one.span, places=offer.places, is_by_hand=False
    )


def assigned(said: Said) -> tuple[Parts, Parts]:
    """Return who serves: for the slot itself, and for the booking."""
    chosen = cast("Sequence[tuple[str, int, bool]]", said.done["assigned"])
    own = tuple((name, units) for name, units, is_by_slot in chosen if is_by_slot)
    others = tuple((name, units) for name, units, is_by_slot in chosen if not is_by_slot)
    return own, others


def check(one: Taken, said: Said) -> None:
    """Compare what the engine says of a hold or booking with the books."""
    expected: dict[str, object] = {
        "status": one.status,
        "version": one.version,
        "guests": one.ask.guests,
        "span": one.span,
    }
    if one.kind == "hold" or one.status == "pending":
        expected["until"] = one.until
    if one.kind == "booking":
        expected["reasons"] = sorted(one.reasons)
    differ(said.done, expected)


def found(books: Books, kind: str, step: Step, said: Said) -> Taken | None:
    """Return a hold or booking that one may touch; else the engine has to say so."""
    one = books.taken[kind, step.subject]
    if step.by in PUBLIC and one.by != step.by:
        allowed(said, [refused("record.not_found")])
        return None
    if step.if_version and step.if_version != one.version:
        allowed(said, [refused("record.changed")])
        return None
    return one


def extend(books: Books, step: Step, said: Said, now: datetime) -> None:
    """Keep a hold longer."""
    one = found(books, "hold", step, said)
    if one is None:
        return
    cause = over(one, now, "extend")
    most = PUBLIC_EXTENSIONS_MAX if one.by in PUBLIC else EXTENSIONS_MAX
    if cause is None and one.extensions >= most:
        cause = refused("policy.limit_reached", limit=most, actual=one.extensions)
    if not allowed(said, [cause]):
        return
    own = books.world.offers[one.ask.offer].hold_minutes * MINUTE
    ttl = min(own, PUBLIC_TTL) if one.by in PUBLIC else own
    assert one.until is not None
    assert one.ceiling is not None
    one.until = max(one.until, min(now + ttl, one.ceiling))
    one.extensions += 1
    one.version += 1
    check(one, said)


def over(one: Taken, now: datetime, action: str) -> Cause | None:
    """Say why a hold cannot be kept any longer, or be made a booking of."""
    assert one.until is not None
    if one.status == "expired" or (one.status == "active" and now >= one.until):
        return refused("hold.expired", at=one.until)
    if one.status != "active":
        return refused("state.transition_not_allowed", status=one.status, action=action)
    return None


def release(books: Books, step: Step, said: Said, now: datetime) -> None:
    """Give a hold back."""
    one = found(books, "hold", step, said)
    if one is None:
        return
    if one.status == "converted":
        allowed(said, [refused("state.transition_not_allowed", status="converted")])
        return
    require_accepted(said)
    if one.status == "active":
        assert one.until is not None
        books.end(one, "expired" if now >= one.until else "released")
        books.empty(one, now)
    check(one, said)


def convert(books: Books, step: Step, said: Said, now: datetime) -> None:
    """Turn a hold into a booking."""
    hold = books.taken.get(("hold", step.subject))
    assert hold is not None
    if step.by in PUBLIC and hold.by != step.by:
        allowed(said, [refused("record.not_found")])
        return
    if hold.status == "converted" and step.order:
        made = books.taken["booking", hold.made]
        if made.order == step.order:
            require_accepted(said)
            check(made, said)
            return
    cause = over(hold, now, "convert") or unusable(books, hold)
    cause = cause or limit_cause(books, hold.ask.offer, step.customer, now, but=hold.number)
    cause = cause or code_cause(books, hold.promo, step.customer, now, but=hold.number)
    if not allowed(said, [cause]):
        return
    one = copy.copy(hold)
    one.kind, one.number, one.by, one.order = "booking", step.number, step.by, step.order
    one.version, one.made = 1, hold.number
    one.made_at, one.customer = now, step.customer
    begin_booking(books, one, now)
    hold.status, hold.made, hold.version = "converted", step.number, hold.version + 1
    hold.has_places = False
    books.taken["booking", step.number] = one
    check(one, said)


def unusable(books: Books, one: Taken) -> Cause | None:
    """Say why what somebody holds cannot be kept: its slot or who serves has been closed."""
    slot = books.slots.get(one.slot or "")
    if slot is not None and slot.status != "open":
        return refused("availability.closed", reason=f"slot_{slot.status}")
    if any(name in books.inactive for name, _ in one.all_parts):
        return refused("availability.closed", reason="resource_inactive")
    return None


def confirm(books: Books, step: Step, said: Said, now: datetime) -> None:
    """Say yes to a booking."""
    one = found(books, "booking", step, said)
    if one is None:
        return
    if one.status == "confirmed":
        require_accepted(said)
        check(one, said)
        return
    is_over = one.until is not None and now >= one.until
    if one.status != "pending" or is_over:
        allowed(said, [refused("state.transition_not_allowed", action="confirm")])
        return
    if one.has_places:
        if not allowed(said, [unusable(books, one)]):
            return
    else:
        if not allowed(said, causes(books, one.ask, now, is_approval=True)):
            return
        seat(books, one, said, now)
    one.status, one.reasons, one.until = "confirmed", frozenset(), None
    one.version += 1
    check(one, said)


def confirm_due(books: Books, one: Taken, now: datetime) -> None:
    """Let a delay be over, as the worker does."""
    is_due = one.confirms_at is not None and one.confirms_at <= now
    is_over = one.until is not None and one.until <= now
    if one.status != "pending" or "delay" not in one.reasons or not is_due or is_over:
        return
    if "approval" in one.reasons:
        one.reasons, one.confirms_at = one.reasons - {"delay"}, None
        one.version += 1
    elif unusable(books, one) is None:
        one.status, one.reasons, one.until = "confirmed", frozenset(), None
        one.version += 1


def decline(books: Books, step: Step, said: Said, now: datetime) -> None:
    """Say no to a booking."""
    finish(books, step, said, now, action="decline", status="declined", froms={"pending"})


def cancel(books: Books, step: Step, said: Said, now: datetime) -> None:
    """Call a booking off."""
    froms = {"pending", "confirmed"}
    finish(books, step, said, now, action="cancel", status="cancelled", froms=froms)


def finish(
    books: Books,
    step: Step,
    said: Said,
    now: datetime,
    *,
    action: str,
    status: str,
    froms: set[str],
) -> None:
    """End a booking."""
    one = found(books, "booking", step, said)
    if one is None:
        return
    if one.status not in {*froms, status}:
        cause = refused("state.transition_not_allowed", status=one.status, action=action)
        allowed(said, [cause])
        return
    if action == "cancel" and _has_begun(one, step, now):
        limit = seconds(one.span[0] - now)
        allowed(said, [refused("policy.cancellation_closed", limit=0, actual=limit)])
        return
    require_accepted(said)
    if one.status != status:
        books.end(one, status)
        books.empty(one, now)
    check(one, said)


def _has_begun(one: Taken, step: Step, now: datetime) -> bool:
    """Whether it is too late for a customer to call off what the business has agreed to."""
    return step.by in PUBLIC and one.status == "confirmed" and one.span[0] < now
