"""The model: what each step has to be answered, and what becomes of the books by it.

It shares nothing with the engine: no SQL, no locks, no batches, none of its code. Where several
answers are right, such as who of a pool serves, it checks that the engine's is one of them and
goes on with that.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from holdfast.simulation import closures, definitions
from holdfast.simulation.books import Books, Parts, SlotPage, Taken
from holdfast.simulation.judging import Cause, causes, ways
from holdfast.simulation.rulings import (
    allowed,
    differ,
    differ_unless,
    refused,
    require_accepted,
)
from holdfast.simulation.steps import Said, Step
from holdfast.simulation.worlds import MINUTE, World

HOLD_CEILING = timedelta(hours=2)
PUBLIC_TTL = timedelta(minutes=15)
EXTENSIONS_MAX, PUBLIC_EXTENSIONS_MAX = 20, 1
PUBLIC = frozenset({"web", "kiosk"})
# What the public and viewers may not do; the rest of the kinds is for everybody who may book.
STAFF_ONLY = frozenset({"confirm", "decline"})
FOR_BOOKERS = frozenset({"hold", "book", "extend", "release", "convert", "cancel"})


@dataclass(kw_only=True)
class Model:
    """A business as it should be.

    Attributes:
        kept: The answers that are kept: by caller, kind and key, what was asked and answered.
    """

    world: World
    books: Books
    kept: dict[tuple[str, str, str], tuple[str, bytes]] = field(default_factory=dict)

    @classmethod
    def of(cls, world: World) -> Model:
        """Return the model of a business in which nothing has happened yet."""
        books = Books(world=world)
        books.capacity = {name: thing.capacity for name, thing in world.things.items()}
        return cls(world=world, books=books)

    def copied(self) -> Model:
        """Return a copy that may be tried out on."""
        books = copy.copy(self.books)
        for name in ("taken", "slots", "closed"):
            setattr(books, name, {key: copy.copy(one) for key, one in getattr(books, name).items()})
        books.capacity, books.days = dict(books.capacity), dict(books.days)
        books.inactive = set(books.inactive)
        return Model(world=self.world, books=books, kept=dict(self.kept))

    def do(self, step: Step, said: Said, now: datetime, *, asked: str = "") -> None:
        """Compare what the engine said to a step, and write down what it has done.

        Args:
            step: The step.
            said: What the engine said.
            now: When it decided.
            asked: What the command was, to tell the same request from another one.

        Raises:
            Difference: It should have said something else.
        """
        if self._is_denied(step):
            allowed(said, [refused("access.denied")])
            return
        name = (step.by, step.kind, step.key)
        if step.key and name in self.kept:
            self._replayed(said, self.kept[name], asked)
            return
        differ_unless(not said.is_replayed, "an answer was replayed that nobody was given")
        _STEPS[step.kind](self, step, said, now)
        if step.key and said.code is None:
            self.kept[name] = (asked, said.body)

    def _is_denied(self, step: Step) -> bool:
        if step.by == "staff":
            return False
        return step.by == "viewer" or step.kind not in FOR_BOOKERS

    def _replayed(self, said: Said, kept: tuple[str, bytes], asked: str) -> None:
        was_asked, body = kept
        if was_asked != asked:
            allowed(said, [refused("request.key_reused")])
            return
        require_accepted(said)
        differ_unless(said.is_replayed, "the same request was done a second time")
        differ_unless(said.body == body, "the same request was answered otherwise")

    # Places

    def place(self, step: Step, said: Said, now: datetime) -> None:
        """Place a hold or a booking."""
        ask, books = step.ask, self.books
        assert ask is not None
        if step.is_forced and step.by in PUBLIC:
            allowed(said, [refused("access.denied")])
            return
        if not allowed(said, causes(books, ask, now, is_forced=step.is_forced)):
            return
        offer = self.world.offers[ask.offer]
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
        )
        if step.kind == "hold":
            self._time_hold(one, step, now)
        else:
            self._begin_booking(one, now)
        if not waits:
            self._seat(one, said, now, is_forced=step.is_forced)
        books.taken[one.kind, one.number] = one
        self._check(one, said)

    def _time_hold(self, one: Taken, step: Step, now: datetime) -> None:
        own = self.world.offers[one.ask.offer].hold_minutes * MINUTE
        asked = step.amount * MINUTE if step.amount else own
        ttl = min(asked, own, PUBLIC_TTL) if step.by in PUBLIC else asked
        one.until, one.ceiling = now + ttl, now + max(HOLD_CEILING, ttl)

    def _begin_booking(self, one: Taken, now: datetime) -> None:
        offer = self.world.offers[one.ask.offer]
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

    def _seat(self, one: Taken, said: Said, now: datetime, *, is_forced: bool = False) -> None:
        """Give somebody the places of those whom the engine chose, if they could serve."""
        own, others = self._assigned(said)
        books, name = self.books, one.slot
        page = books.slots.get(name) if name is not None else None
        held: list[Parts | None] = [page.rooms if page is not None and page.has_rooms else None]
        if page is not None and page.has_rooms and not books.takes_rooms(page, now):
            held.append(None)
        chosen = (Counter(own), Counter(others))
        found = any(
            chosen == (Counter(some), Counter(rest))
            for rooms in held
            for some, rest in ways(books, one.ask, now, rooms, is_forced=is_forced)
        )
        differ_unless(found, f"these cannot serve together: {own} for the slot, {others}")
        one.parts, one.all_parts, one.has_places = others, (*own, *others), True
        if self.world.offers[one.ask.offer].is_counted and name is not None:
            if page is None:
                page = books.slots[name] = self._opened(one, name)
            page.rooms, page.has_rooms = own, bool(own)

    def _opened(self, one: Taken, name: str) -> SlotPage:
        offer = self.world.offers[one.ask.offer]
        return SlotPage(
            name=name, offer=offer.name, span=one.span, places=offer.places, is_by_hand=False
        )

    @staticmethod
    def _assigned(said: Said) -> tuple[Parts, Parts]:
        assigned = cast("Sequence[tuple[str, int, bool]]", said.done["assigned"])
        own = tuple((name, units) for name, units, is_by_slot in assigned if is_by_slot)
        others = tuple((name, units) for name, units, is_by_slot in assigned if not is_by_slot)
        return own, others

    def _check(self, one: Taken, said: Said) -> None:
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

    # Holds

    def _found(self, kind: str, step: Step, said: Said) -> Taken | None:
        """Return a hold or booking that one may touch; else the engine has to say so."""
        one = self.books.taken[kind, step.subject]
        if step.by in PUBLIC and one.by != step.by:
            allowed(said, [refused("record.not_found")])
            return None
        if step.if_version and step.if_version != one.version:
            allowed(said, [refused("record.changed")])
            return None
        return one

    def extend(self, step: Step, said: Said, now: datetime) -> None:
        """Keep a hold longer."""
        one = self._found("hold", step, said)
        if one is None:
            return
        cause = self._over(one, now, "extend")
        most = PUBLIC_EXTENSIONS_MAX if one.by in PUBLIC else EXTENSIONS_MAX
        if cause is None and one.extensions >= most:
            cause = refused("policy.limit_reached", limit=most, actual=one.extensions)
        if not allowed(said, [cause]):
            return
        own = self.world.offers[one.ask.offer].hold_minutes * MINUTE
        ttl = min(own, PUBLIC_TTL) if one.by in PUBLIC else own
        assert one.until is not None
        assert one.ceiling is not None
        one.until = max(one.until, min(now + ttl, one.ceiling))
        one.extensions += 1
        one.version += 1
        self._check(one, said)

    @staticmethod
    def _over(one: Taken, now: datetime, action: str) -> Cause | None:
        """Say why a hold cannot be kept any longer, or be made a booking of."""
        assert one.until is not None
        if one.status == "expired" or (one.status == "active" and now >= one.until):
            return refused("hold.expired", at=one.until)
        if one.status != "active":
            return refused("state.transition_not_allowed", status=one.status, action=action)
        return None

    def release(self, step: Step, said: Said, now: datetime) -> None:
        """Give a hold back."""
        one = self._found("hold", step, said)
        if one is None:
            return
        if one.status == "converted":
            allowed(said, [refused("state.transition_not_allowed", status="converted")])
            return
        require_accepted(said)
        if one.status == "active":
            assert one.until is not None
            self.books.end(one, "expired" if now >= one.until else "released", now)
        self._check(one, said)

    def convert(self, step: Step, said: Said, now: datetime) -> None:
        """Turn a hold into a booking."""
        hold = self.books.taken.get(("hold", step.subject))
        assert hold is not None
        if step.by in PUBLIC and hold.by != step.by:
            allowed(said, [refused("record.not_found")])
            return
        if hold.status == "converted" and step.order:
            made = self.books.taken["booking", hold.made]
            if made.order == step.order:
                require_accepted(said)
                self._check(made, said)
                return
        cause = self._over(hold, now, "convert") or self._unusable(hold)
        if not allowed(said, [cause]):
            return
        one = copy.copy(hold)
        one.kind, one.number, one.by, one.order = "booking", step.number, step.by, step.order
        one.version, one.made = 1, hold.number
        self._begin_booking(one, now)
        hold.status, hold.made, hold.version = "converted", step.number, hold.version + 1
        hold.has_places = False
        self.books.taken["booking", step.number] = one
        self._check(one, said)

    def _unusable(self, one: Taken) -> Cause | None:
        """Say why what somebody holds cannot be kept: its slot or who serves has been closed."""
        slot = self.books.slots.get(one.slot or "")
        if slot is not None and slot.status != "open":
            return refused("availability.closed", reason=f"slot_{slot.status}")
        if any(name in self.books.inactive for name, _ in one.all_parts):
            return refused("availability.closed", reason="resource_inactive")
        return None

    # Bookings

    def confirm(self, step: Step, said: Said, now: datetime) -> None:
        """Say yes to a booking."""
        one = self._found("booking", step, said)
        if one is None:
            return
        if one.status == "confirmed":
            require_accepted(said)
            self._check(one, said)
            return
        is_over = one.until is not None and now >= one.until
        if one.status != "pending" or is_over:
            allowed(said, [refused("state.transition_not_allowed", action="confirm")])
            return
        if one.has_places:
            if not allowed(said, [self._unusable(one)]):
                return
        else:
            found = causes(self.books, one.ask, now, is_approval=True)
            if not allowed(said, found):
                return
            self._seat(one, said, now)
        one.status, one.reasons, one.until = "confirmed", frozenset(), None
        one.version += 1
        self._check(one, said)

    def confirm_due(self, one: Taken, now: datetime) -> None:
        """Let a delay be over, as the worker does."""
        is_due = one.confirms_at is not None and one.confirms_at <= now
        is_over = one.until is not None and one.until <= now
        if one.status != "pending" or "delay" not in one.reasons or not is_due or is_over:
            return
        if "approval" in one.reasons:
            one.reasons, one.confirms_at = one.reasons - {"delay"}, None
            one.version += 1
        elif self._unusable(one) is None:
            one.status, one.reasons, one.until = "confirmed", frozenset(), None
            one.version += 1

    def decline(self, step: Step, said: Said, now: datetime) -> None:
        """Say no to a booking."""
        self._finish(step, said, now, action="decline", status="declined", froms={"pending"})

    def cancel(self, step: Step, said: Said, now: datetime) -> None:
        """Call a booking off."""
        froms = {"pending", "confirmed"}
        self._finish(step, said, now, action="cancel", status="cancelled", froms=froms)

    def _finish(
        self, step: Step, said: Said, now: datetime, *, action: str, status: str, froms: set[str]
    ) -> None:
        one = self._found("booking", step, said)
        if one is None:
            return
        if one.status not in {*froms, status}:
            cause = refused("state.transition_not_allowed", status=one.status, action=action)
            allowed(said, [cause])
            return
        require_accepted(said)
        if one.status != status:
            self.books.end(one, status, now)
        self._check(one, said)

    def take_over(self, other: Model) -> None:
        """Go on with what was tried out on a copy."""
        self.books, self.kept = other.books, other.kept

    # Time

    def work(self, now: datetime, *, is_settling: Callable[[str, str], bool]) -> None:
        """Do what the workers do when all of them run.

        Args:
            now: When.
            is_settling: Whether a slot or block, by kind and name, is settling afterwards.
        """
        self.books.expire(now)
        for one in list(self.books.taken.values()):
            self.confirm_due(one, now)
        for slot in self.books.slots.values():
            if slot.status == "open" and slot.span[1] <= now:
                slot.status = "past"
                slot.version += 1
        closures.settle_all(self.books, now, is_settling)

    def state(self) -> dict[str, dict[str, tuple[str, int]]]:
        """Return the status and version of everything that there is."""
        books = self.books
        found: dict[str, dict[str, tuple[str, int]]] = {
            "hold": {},
            "booking": {},
            "block": {str(one.number): (one.status, one.version) for one in books.closed.values()},
            "slot": {one.name: (one.status, one.version) for one in books.slots.values()},
        }
        for one in books.taken.values():
            found[one.kind][str(one.number)] = (one.status, one.version)
        return found


Act = Callable[[Model, Step, Said, datetime], None]


def _on_books(act: Callable[[Books, Step, Said, datetime], None]) -> Act:
    return lambda model, step, said, now: act(model.books, step, said, now)


_STEPS: Mapping[str, Act] = {
    "hold": Model.place,
    "book": Model.place,
    "extend": Model.extend,
    "release": Model.release,
    "convert": Model.convert,
    "confirm": Model.confirm,
    "decline": Model.decline,
    "cancel": Model.cancel,
    "block": _on_books(closures.block),
    "unblock": _on_books(closures.unblock),
    "slot": _on_books(closures.slot),
    "cancel_slot": _on_books(closures.cancel_slot),
    "resize_slot": _on_books(closures.resize_slot),
    "settle": _on_books(closures.settle),
    "resize": _on_books(definitions.resize),
    "day": _on_books(definitions.set_day),
    "switch": _on_books(definitions.switch),
    "nonsense": _on_books(definitions.nonsense),
}
