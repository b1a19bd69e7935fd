"""The model: what each step has to be answered, and what becomes of the books by it.

It shares nothing with the engine: no SQL, no locks, no batches, none of its code. Where several
answers are right, such as who of a pool serves, it checks that the engine's is one of them and
goes on with that.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from holdfast.simulation import attending, closures, definitions, moving, taking
from holdfast.simulation.books import Books
from holdfast.simulation.rulings import allowed, differ_unless, refused, require_accepted
from holdfast.simulation.steps import Said, Step
from holdfast.simulation.worlds import World

FOR_BOOKERS = frozenset({"hold", "book", "extend", "release", "convert", "cancel", "move"})
"""What the public may do, with what is its own; a viewer may do none of these."""


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
        _STEPS[step.kind](self.books, step, said, now)
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
            taking.confirm_due(self.books, one, now)
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


_STEPS: Mapping[str, Callable[[Books, Step, Said, datetime], None]] = {
    "hold": taking.place,
    "book": taking.place,
    "extend": taking.extend,
    "release": taking.release,
    "convert": taking.convert,
    "confirm": taking.confirm,
    "decline": taking.decline,
    "cancel": taking.cancel,
    "move": moving.move,
    "check_in": attending.check_in,
    "check_out": attending.end,
    "complete": attending.end,
    "no_show": attending.end,
    "undo": attending.undo,
    "block": closures.block,
    "unblock": closures.unblock,
    "slot": closures.slot,
    "cancel_slot": closures.cancel_slot,
    "resize_slot": closures.resize_slot,
    "settle": closures.settle,
    "resize": definitions.resize,
    "day": definitions.set_day,
    "switch": definitions.switch,
    "nonsense": definitions.nonsense,
}
