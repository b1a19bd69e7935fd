"""Running: a simulated business from its first step to the last, beside the model of it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import permutations

from holdfast.domain.errors import HoldfastError
from holdfast.simulation.acting import House
from holdfast.simulation.judging import causes
from holdfast.simulation.minds import Mind
from holdfast.simulation.model import Model
from holdfast.simulation.steps import Ask, Difference, Said, Step, plain
from holdfast.simulation.worlds import CLOSES_HOUR, DAY, MINUTE, OPENS_HOUR, World, draw_world
from holdfast.storage.database import Database
from holdfast.testing.clocks import ManualClock, seeded_chance

PROOF_EVERY = 50
OPERATIONS_IN_A_LIFE = 400
FAILURES = frozenset({"server.busy", "request.failed"})
COUNTED_AS = {"nonsense": "hold", "stumble": "release"}
DRAINED_AFTER = timedelta(hours=24)
FORGOTTEN_AFTER = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How often one kind of operation was accepted, and refused by which codes."""

    accepted: int
    refused_by_code: dict[str, int]

    @property
    def refused(self) -> int:
        """How often it was refused."""
        return sum(self.refused_by_code.values())


@dataclass(kw_only=True)
class Tally:
    """How often each kind of operation was accepted, and refused for what."""

    accepted: Counter[str] = field(default_factory=Counter)
    refused: dict[str, Counter[str]] = field(default_factory=dict)
    operations: int = 0

    def note(self, kind: str, code: str | None) -> None:
        """Count one operation."""
        self.operations += 1
        codes = self.refused.setdefault(kind, Counter())
        if code is None:
            self.accepted[kind] += 1
        else:
            codes[code] += 1

    def by_operation(self) -> dict[str, Count]:
        """Return the counts by kind of operation."""
        return {
            kind: Count(accepted=self.accepted[kind], refused_by_code=dict(sorted(codes.items())))
            for kind, codes in sorted(self.refused.items())
        }


class Life:
    """One simulated business: the engine's side, the model's side, and their comparison."""

    def __init__(
        self, database: Database, clock: ManualClock, world: World, *, seed: str, tally: Tally
    ) -> None:
        """Open the business on both sides."""
        clock.set(world.starts_at)
        number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:6], "big")
        self.clock = clock
        self.model = Model.of(world)
        self.house = House(database=database, clock=clock, world=world, seed=number)
        self.house.nemesis.must_lock = self._must_lock
        self.steps: list[Step] = []
        self.told: list[str] = []
        self._tally = tally

    def _must_lock(self, key: str) -> bool:
        """Whether what is claimed under a key is limited, so that its lock is needed."""
        kind, _, rest = key.partition(":")
        names, books = self.house.names, self.model.books
        if kind == "res":
            return books.capacity[names.name("thing", rest)] is not None
        if kind == "slot":
            page = books.slots.get(names.name("slot", rest))
            return page is not None and page.places is not None
        return kind in {"day", "promo"}

    def do(self, step: Step, *, is_proved: bool = False) -> None:
        """Do one step on both sides, and compare.

        Raises:
            Difference: They do not agree, or something that must always hold does not.
        """
        self.steps.append(step)
        self.clock.advance(seconds=step.seconds)
        if not self._is_possible(step):
            return
        answers = self._act(step)
        self._compare(step, answers)
        told = [_told(said) for said in answers]
        self.told.append(json.dumps([plain(step), told], sort_keys=True, default=str))
        self._watch()
        if is_proved:
            self.prove()

    def _is_possible(self, step: Step) -> bool:
        if step.kind in {"work", "look"}:
            return True
        if step.kind == "stumble":
            return ("hold", step.subject) in self.model.books.taken
        return self.house.can(step)

    def _act(self, step: Step) -> list[Said]:
        match step.kind:
            case "work":
                self.house.work(step.fault)
                return []
            case "look":
                return [self._listed(step)]
            case "stumble":
                return [self._stumbled(step)]
            case "settle":
                self.house.expire()
                self.model.books.expire(self.clock.now())
                return self.house.do(step)
            case _:
                return self.house.do(step)

    def _stumbled(self, step: Step) -> Said:
        """Give a hold back while the clock is an hour behind; then the clock is right again."""
        now = self.clock.now()
        self.clock.set(now - timedelta(seconds=step.amount))
        said = self.house.do(replace(step, kind="release", fault=None))[0]
        self.clock.set(now)
        return said

    def _listed(self, step: Step) -> Said:
        """Ask for the free slots of a day."""
        assert step.ask is not None
        assert step.day is not None
        since = self.model.world.midnight(step.day)
        try:
            slots = self.house.listed(step.ask, since, since + DAY)
        except HoldfastError as refusal:
            return Said(code=refusal.code)
        return Said(done={"starts": [plain(start) for start in slots]})

    # Comparing

    def _compare(self, step: Step, answers: Sequence[Said]) -> None:
        now = self.clock.now()
        if step.kind == "work":
            self._tally.note("work", None)
            self.model.work(now, is_settling=self.house.is_settling)
            return
        for one, said in zip(step.commands, answers, strict=True):
            if not said.is_lost:
                self._tally.note(COUNTED_AS.get(one.kind, one.kind), said.code)
        if step.kind == "look":
            self._compare_listed(step, answers[0], now)
        elif step.kind == "stumble":
            if answers[0].code != "clock.behind":
                raise Difference(f"expected clock.behind, got {answers[0].code}")
        else:
            self._compare_done(step, answers, now)

    def _compare_done(self, step: Step, answers: Sequence[Said], now: datetime) -> None:
        pairs = [
            (one, said)
            for one, said in zip(step.commands, answers, strict=True)
            if not self._has_failed(step, said)
        ]
        if len(pairs) == 1:
            one, said = pairs[0]
            self.model.do(one, said, now, asked=self.house.asked(one))
            return
        # A batch is as good as its commands one by one, in some order: who finds that it has to
        # lock more is moved behind the others.
        first: Difference | None = None
        for order in permutations(pairs):
            tried = self.model.copied()
            try:
                for one, said in order:
                    tried.do(one, said, now, asked=self.house.asked(one))
            except Difference as difference:
                first = first or difference
            else:
                self.model.take_over(tried)
                return
        if first is not None:
            raise first

    def _has_failed(self, step: Step, said: Said) -> bool:
        """Whether a command could not be done, as is right where something went wrong."""
        if said.is_lost:
            return True
        if said.code not in FAILURES:
            return False
        if not self.house.nemesis.has_struck:
            raise Difference(f"nothing went wrong, and yet: {said.code} {said.fields}")
        if said.code == "request.failed" and "simulated" not in str(said.fields.get("bug")):
            raise Difference(f"a bug: {said.fields}")
        del step
        return True

    def _compare_listed(self, step: Step, said: Said, now: datetime) -> None:
        assert step.ask is not None
        assert step.day is not None
        books, offer = self.model.books, self.model.world.offers[step.ask.offer]
        certain, possible = set[str](), set[str]()
        for ask in self._asks_on(step):
            found = causes(books, ask, now)
            start = str(plain(books.span_of(ask)[0]))
            if None in found:
                possible.add(start)
                if found == [None]:
                    certain.add(start)
        if step.ask.guests > offer.guests_max:
            return
        listed = said.done.get("starts", ())
        assert isinstance(listed, list | tuple)
        if not certain <= set(listed) <= possible:
            raise Difference(f"listed {sorted(listed)}, expected {sorted(certain)}")

    def _asks_on(self, step: Step) -> list[Ask]:
        """Return a request for each slot of a day."""
        ask, day, world = step.ask, step.day, self.model.world
        assert ask is not None
        assert day is not None
        offer = world.offers[ask.offer]
        if offer.form == "event":
            pages = self.model.books.slots.values()
            return [
                replace(ask, slot=int(page.name[1:]))
                for page in pages
                if page.offer == offer.name and world.local_day(page.span[0]) == day
            ]
        opens = world.instant(day, OPENS_HOUR)
        count = ((CLOSES_HOUR - OPENS_HOUR) * 60 - offer.minutes) // offer.step + 1
        return [
            replace(ask, starts_at=opens + number * offer.step * MINUTE) for number in range(count)
        ]

    # Invariants

    def _watch(self) -> None:
        """Check what must hold after every step."""
        sight, expected = self.house.look(), self.model.state()
        for kind, rows in expected.items():
            if sight.standing[kind] != rows:
                theirs, ours = sight.standing[kind].items(), rows.items()
                wrong = sorted(theirs - ours), sorted(ours - theirs)
                raise Difference(f"{kind}s: stored {wrong[0]}, expected {wrong[1]}")
        if sight.miscounted:
            raise Difference(f"counters: {sight.miscounted}")
        if self.house.nemesis.unlocked:
            raise Difference(f"written without its lock: {self.house.nemesis.unlocked}")

    def prove(self) -> None:
        """Prove the books.

        Raises:
            Difference: They are wrong.
        """
        wrong = self.house.prove()
        if wrong:
            raise Difference(f"audit: {wrong}")

    def drain(self) -> None:
        """Let nothing go wrong any more: a day later nobody may be waiting for anything.

        Raises:
            Difference: Somebody is.
        """
        for length in (DRAINED_AFTER, FORGOTTEN_AFTER):
            self.clock.advance(seconds=length.total_seconds())
            self.house.work(None)
            self.model.work(self.clock.now(), is_settling=self.house.is_settling)
            self._watch()
        waiting = [
            f"{one.kind} {one.number}"
            for one in self.model.books.taken.values()
            if one.status in {"active", "pending"} and one.until is not None
        ]
        settling = [str(name) for name in self.house.look().settling.values() if name]
        if waiting or settling:
            raise Difference(f"not drained: {waiting} {settling}")
        self.prove()


def _told(said: Said) -> object:
    done = {name: value for name, value in said.done.items() if name != "id"}
    return [said.code, dict(said.fields), done, said.is_replayed, said.is_lost]


def live(life: Life, *, seed: str, operations: int, tally: Tally) -> Difference | None:
    """Let a business live for so many operations; return the first difference, if any."""
    mind = Mind(chance=seeded_chance(f"{seed} mind"), model=life.model)
    end = tally.operations + operations
    count = 0
    try:
        while tally.operations < end:
            count += 1
            life.do(mind.next(life.clock.now()), is_proved=count % PROOF_EVERY == 0)
        life.drain()
    except Difference as difference:
        return difference
    return None


def world_of(seed: str) -> World:
    """Draw the business of a seed."""
    return draw_world(seeded_chance(f"{seed} world"))
