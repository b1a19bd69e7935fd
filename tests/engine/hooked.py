"""A business whose hooks are asked: a till that charges by key, and processes that die."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TypeVar

from holdfast.bootstrap import Engine
from holdfast.domain.access import SYSTEM
from holdfast.domain.bookings import Booking
from holdfast.domain.holds import Hold
from holdfast.domain.hooks import Attempt, HookCall
from holdfast.domain.ids import TenantId
from holdfast.domain.offerings import Offering
from holdfast.engine.asking import Hooks, Question, Verdict
from holdfast.engine.bookings import PlaceBooking
from holdfast.engine.choosing import Choice
from holdfast.engine.facade import TenantEngine
from holdfast.engine.ports import Answer, IdempotencyKey
from holdfast.engine.use_cases import Envelope, Outcome
from holdfast.storage.proving import prove
from holdfast.testing.clocks import ManualClock, SeededIds
from tests.engine.businesses import FOR_ADA, add_offering, add_room, at, open_desk
from tests.engine.tables import records

TEN = at("10:00", day=1)


T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class House:
    """A business of one room, open before hooks came."""

    engine: Engine
    clock: ManualClock
    desk: TenantEngine
    talk: Offering

    def with_hooks(self, hooks: Hooks, *, seed: int = 99) -> TenantEngine:
        """Sit down at the same desk with hooks."""
        return hooked(self.engine, self.clock, hooks, seed=seed).at(
            self.desk.tenant_id, actor=self.desk.actor
        )

    @property
    def wanted(self) -> PlaceBooking:
        """A booking at ten on Tuesday."""
        choice = Choice(offering_id=self.talk.offering_id, starts_at=TEN)
        return PlaceBooking(choice=choice, details=FOR_ADA)


def open_house(engine: Engine, clock: ManualClock) -> House:
    """Open the business."""
    desk = open_desk(engine)
    talk = add_offering(desk, "talk", add_room(desk), price_minor=1_000)
    return House(engine=engine, clock=clock, desk=desk, talk=talk)


def audited(house: House) -> None:
    """Check that the books are sound."""
    assert prove(house.engine.database).violations == ()


@dataclass
class Till:
    """A payment provider: whoever charges twice by one key has charged once."""

    charges: dict[str, int] = field(default_factory=dict)
    asked: list[HookCall] = field(default_factory=list)

    def charge(self, call: HookCall) -> None:
        """Charge what a booking costs, under the attempt's id."""
        self.asked.append(call)
        self.charges[call.attempt_id] = call.booking.price.amount_minor


def hooked(engine: Engine, clock: ManualClock, hooks: Hooks, *, seed: int = 99) -> Engine:
    """Return another engine over the same database, with hooks."""
    return Engine.over(engine.database, clock=clock, ids=SeededIds(seed), hooks=hooks)


def keyed(command: object, key: str | None = "key-1", fingerprint: str = "same") -> Envelope:
    """Return a command under an idempotency key, as a server would send it."""
    idempotency = None
    if key is not None:
        idempotency = IdempotencyKey(
            caller="till", route="POST /v1/bookings", key=key, fingerprint=fingerprint
        )

    def render(result: object) -> Answer:
        assert isinstance(result, Booking)
        return Answer(status=201, headers=(), body=result.booking_id.encode())

    return Envelope(command=command, actor=SYSTEM, render=render, idempotency=idempotency)


def drive(
    engine: Engine, tenant_id: TenantId, envelope: Envelope, *, steps: int | None = None
) -> Outcome | None:
    """Lead a command past the hooks; after so many steps the process dies, and None is returned."""
    assert engine.asking is not None
    passage = engine.asking.passage(envelope)
    step, taken = next(passage), 0
    while steps is None or taken < steps:
        found: Outcome | Verdict
        if isinstance(step, Question):
            found = step.put()
        else:
            found = engine.unit_of_work.run(tenant_id, [step])[0]
        taken += 1
        if taken == steps:
            return None
        try:
            step = passage.send(found)
        except StopIteration as end:
            outcome = end.value
            assert isinstance(outcome, Outcome)
            return outcome
    return None


@dataclass(frozen=True, kw_only=True)
class Left:
    """What is in the database: holds, bookings and attempts by their statuses."""

    holds: list[str]
    bookings: list[str]
    attempts: list[str]


def left(engine: Engine) -> Left:
    """Return what is in the database."""

    def statuses(kind: type) -> list[str]:
        return sorted(str(one.status) for one in records(engine.database, kind))

    return Left(holds=statuses(Hold), bookings=statuses(Booking), attempts=statuses(Attempt))


class GatedThreads:
    """Threads for hooks that begin only when they are let."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.begun = threading.Event()

    def start(self, work: Callable[[], T]) -> Future[T]:
        """Begin when the gate opens."""
        future: Future[T] = Future()
        self.begun.set()

        def run() -> None:
            self.gate.wait(30)
            future.set_result(work())

        threading.Thread(target=run, daemon=True).start()
        return future
