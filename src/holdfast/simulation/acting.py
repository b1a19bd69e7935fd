"""Acting: the engine's side of a simulated business, with names in the place of its ids."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from holdfast.bootstrap import Engine
from holdfast.domain.access import SYSTEM, Actor, ActorKind, Role
from holdfast.domain.errors import HoldfastError
from holdfast.domain.ids import AccountId, OfferingId, TenantId
from holdfast.domain.offerings import Counting
from holdfast.domain.policies import ActiveLimit, CreationLimit, LimitScope, Policy
from holdfast.domain.promo_codes import PromoKind
from holdfast.domain.requirements import Choosing, Per, Requirement
from holdfast.domain.resources import Scheme
from holdfast.domain.shapes import Shape
from holdfast.domain.tenants import Tenant
from holdfast.engine import facade
from holdfast.engine.offerings import AddOffering
from holdfast.engine.ports import Due, IdempotencyKey, StorageFault, TenantRegister
from holdfast.engine.promo_codes import AddPromoCode
from holdfast.engine.registry import USE_CASES
from holdfast.engine.resources import AddResource
from holdfast.engine.schedules import WeeklyOpening
from holdfast.engine.sweeping import Sweeper
from holdfast.engine.tenants import AddTenant
from holdfast.engine.unit_of_work import UnitOfWork
from holdfast.engine.use_cases import Envelope, Outcome
from holdfast.simulation.commands import MADE_BY, Names, command_of, rendered
from holdfast.simulation.nemesis import Crash, Nemesis, NemesisStores
from holdfast.simulation.steps import Ask, Difference, Fault, Said, Step, plain
from holdfast.simulation.worlds import (
    CHECK_IN_HOUR,
    CHECK_OUT_HOUR,
    CLOSES_HOUR,
    DAY,
    MINUTE,
    OPENS_HOUR,
    Offer,
    World,
)
from holdfast.storage.database import Database
from holdfast.storage.proving import prove
from holdfast.storage.register import SqlTenantRegister
from holdfast.storage.watching import Sight, watch
from holdfast.testing.clocks import ManualClock, SeededIds
from holdfast.workers.approve import confirm_due_bookings
from holdfast.workers.clockwork import WorkIncomplete
from holdfast.workers.expire import expire_due
from holdfast.workers.limit import settle_limits
from holdfast.workers.past import mark_slots_past
from holdfast.workers.settle import settle_closures

SLUG = "simulated-"
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
FORMS = {"free": Shape.FREE, "days": Shape.DAYS, "nights": Shape.NIGHTS}
TOLD = ("reason", "limit", "actual", "requested", "remaining", "at", "status", "action")
"""The fields of refusals that have no ids in them."""

ACTORS: Mapping[str, Actor] = {
    "staff": SYSTEM,
    "web": Actor(kind=ActorKind.PUBLISHABLE_KEY, actor_id="key_web"),
    "kiosk": Actor(kind=ActorKind.PUBLISHABLE_KEY, actor_id="key_kiosk"),
    "viewer": Actor(kind=ActorKind.MEMBER, actor_id="mbr_viewer", role=Role.VIEWER),
}


Job = Callable[[facade.Engine], object]
JOBS: tuple[Job, ...] = (
    expire_due,
    confirm_due_bookings,
    mark_slots_past,
    settle_closures,
    settle_limits,
)


class OneTenant:
    """The register, in which the workers find nothing but one business."""

    def __init__(self, register: TenantRegister, tenant_id: TenantId) -> None:
        self._register = register
        self._tenant_id = tenant_id

    def find(self, slug_or_id: str) -> Tenant | None:
        """Return a business by its slug or id, or None."""
        return self._register.find(slug_or_id)

    def find_by_slug(self, slug: str) -> Tenant | None:
        """Return a business by its slug, or None."""
        return self._register.find_by_slug(slug)

    def list_all(self) -> list[Tenant]:
        """Return all businesses, by slug."""
        return self._register.list_all()

    def of_account(self, account_id: AccountId) -> list[Tenant]:
        """Return the businesses that a person may act for, by slug."""
        return self._register.of_account(account_id)

    def with_due(self, due: Due, *, limit: int) -> list[TenantId]:
        """Return the business, if it has something due."""
        del limit
        page = self._register.due(due, self._tenant_id, after=None, limit=1)
        return [self._tenant_id] if page else []

    def due(
        self, due: Due, tenant_id: TenantId, *, after: tuple[datetime, str] | None, limit: int
    ) -> list[tuple[datetime, str]]:
        """Return a page of what a business has due, since when, in that order."""
        return self._register.due(due, tenant_id, after=after, limit=limit)


@dataclass(kw_only=True)
class House:
    """The real engine over a real database, with its doors open to the nemesis."""

    database: Database
    clock: ManualClock
    world: World
    seed: int
    names: Names = field(default_factory=Names)

    def __post_init__(self) -> None:
        """Open the business."""
        self.nemesis = Nemesis(self.clock)
        count = len(SqlTenantRegister(self.database).list_all())
        # The same each time in a database of its own, and never those of a business before.
        self._ids = SeededIds(self.seed + count)
        self.tenant_id = TenantId("")
        self.engine = self._engine()
        slug = f"{SLUG}{count}"
        tenant = self.engine.add_tenant(
            AddTenant(slug=slug, name=slug, zone=self.world.zone, currency="EUR")
        )
        self.tenant_id = tenant.tenant_id
        self.engine = self._engine()
        desk = self.engine.at(tenant.tenant_id, actor=SYSTEM)
        for thing in self.world.things.values():
            command = AddResource(
                name=thing.name,
                capacity=thing.capacity,
                scheme=Scheme.DATED if thing.is_dated else Scheme.INTERVAL,
            )
            self.names.give("thing", thing.name, desk.resources.add(command).resource_id)
        for code in self.world.codes.values():
            desk.promo_codes.add(
                AddPromoCode(
                    code=code.name,
                    kind=PromoKind.PERCENT,
                    basis_points=1_000,
                    uses_max=code.uses_max,
                    uses_per_customer_max=code.each_max,
                )
            )
        for offer in self.world.offers.values():
            made = desk.offerings.add(self._offering(offer))
            self.names.give("offer", offer.name, made.offering_id)
            if offer.form in {"slot", "class"}:
                opening = WeeklyOpening(
                    weekdays=EVERY_DAY,
                    opens_minute=OPENS_HOUR * 60,
                    closes_minute=CLOSES_HOUR * 60,
                )
                desk.schedules.set(made.offering_id, [opening])

    def _engine(self) -> facade.Engine:
        """Start the engine, as after a crash: nothing but the database is left."""
        plain_engine = Engine.over(self.database, clock=self.clock, ids=self._ids)
        stores = NemesisStores(self.database, self.nemesis)
        unit_of_work = UnitOfWork(
            stores=stores,
            ids=self._ids,
            use_cases=USE_CASES,
            monotonic=time.monotonic,
        )
        return facade.Engine(
            unit_of_work=unit_of_work,
            sweeper=Sweeper(stores=stores, ids=self._ids),
            reads=plain_engine.reads,
            quiescence=plain_engine.quiescence,
            register=OneTenant(plain_engine.register, self.tenant_id),
            ids=self._ids,
            clock=self.clock,
            close=lambda: None,
        )

    def _offering(self, offer: Offer) -> AddOffering:
        is_slotted = offer.form in {"slot", "class", "event"}
        is_dated = offer.form in {"days", "nights"}
        return AddOffering(
            slug=offer.name,
            name=offer.name,
            duration=offer.minutes * MINUTE,
            slot_step=offer.step * MINUTE if is_slotted else None,
            shape=FORMS.get(offer.form, Shape.SLOTS),
            counting=Counting.PLACES if offer.is_counted else Counting.RESOURCES,
            slot_capacity=offer.places,
            buffer_before=offer.before * MINUTE,
            buffer_after=offer.after * MINUTE,
            party_max=offer.guests_max,
            notice=offer.notice_minutes * MINUTE,
            horizon_days=offer.horizon_days,
            hold_ttl=offer.hold_minutes * MINUTE,
            length_min=offer.minutes * MINUTE if offer.form == "free" else None,
            dates_max=offer.days_max if is_dated else None,
            check_in_minute=CHECK_IN_HOUR * 60,
            check_out_minute=CHECK_OUT_HOUR * 60,
            is_always_open=offer.form == "free",
            is_approved_by_hand=offer.asks != "no",
            pending_takes=offer.asks != "later",
            pending_ttl=None if offer.answer_minutes is None else offer.answer_minutes * MINUTE,
            confirm_delay=offer.delay_minutes * MINUTE if offer.delay_minutes else None,
            policy=Policy(
                active_limits=()
                if offer.ahead_max is None
                else (ActiveLimit(scope=LimitScope.OFFERING, most=offer.ahead_max),),
                creation_limits=()
                if offer.made_max is None
                else (CreationLimit(most=offer.made_max, window=DAY),),
            ),
            requirements=tuple(
                Requirement(
                    resource_ids=self.names.things(need.names),
                    choosing=Choosing.ANY_OF if need.members else Choosing.ALL_OF,
                    members=need.members or 1,
                    quantity=need.units,
                    per=Per.PARTICIPANT if need.is_per_guest else Per.BOOKING,
                )
                for need in offer.needs
            ),
        )

    # Doing

    def can(self, step: Step) -> bool:
        """Whether everything that a step is about is there; a shortened history may lack it."""
        return all(command_of(one, self.names) is not None for one in step.commands)

    def asked(self, step: Step) -> str:
        """Return what tells a request from another one."""
        return hashlib.sha256(repr(command_of(step, self.names)).encode()).hexdigest()

    def do(self, step: Step) -> list[Said]:
        """Send a step's commands as one batch, and say what came back of each."""
        envelopes = [self._envelope(one) for one in step.commands]
        self.nemesis.arm(step.fault)
        try:
            outcomes: list[Outcome | None] = list(self._run(envelopes))
        except Crash:
            outcomes = self._after_crash(envelopes)
        finally:
            self.nemesis.disarm()
        pairs = zip(step.commands, outcomes, strict=True)
        return [self._said(one, outcome) for one, outcome in pairs]

    def _run(self, envelopes: list[Envelope]) -> list[Outcome]:
        return self.engine.unit_of_work.run(self.tenant_id, envelopes)

    def _after_crash(self, envelopes: list[Envelope]) -> list[Outcome | None]:
        """Start again; if it was committed, everybody asks again with the same key."""
        self.nemesis.disarm()
        self.engine = self._engine()
        if not self.nemesis.has_committed:
            return [None for _ in envelopes]
        return [replace(outcome, is_replayed=False) for outcome in self._run(envelopes)]

    def _envelope(self, step: Step) -> Envelope:
        command = command_of(step, self.names)
        assert command is not None
        key = None
        if step.key:
            key = IdempotencyKey(
                caller=step.by, route=step.kind, key=step.key, fingerprint=self.asked(step)
            )
        render = partial(rendered, self.names)
        return Envelope(command=command, actor=ACTORS[step.by], render=render, idempotency=key)

    def _said(self, step: Step, outcome: Outcome | None) -> Said:
        if outcome is None:
            return Said(is_lost=True)
        if outcome.error is not None:
            fields = outcome.error.fields
            told = {name: plain(fields[name]) for name in TOLD if name in fields}
            if outcome.bug is not None:
                told["bug"] = repr(outcome.bug)
            return Said(code=outcome.error.code, fields=told)
        assert outcome.answer is not None
        done = json.loads(outcome.answer.body)
        self._name(step, done)
        if step.kind == "settle":
            kind = "slot" if step.ask is not None else "block"
            done["is_settling"] = self.names.settled_name(step) in self.look().settling[kind]
        return Said(done=done, body=outcome.answer.body, is_replayed=outcome.is_replayed)

    def _name(self, step: Step, done: Mapping[str, object]) -> None:
        """Call what a step has made by the step's number."""
        kind, record_id = str(done.get("kind")), str(done.get("id"))
        if kind not in MADE_BY or self.names.knows(kind, record_id):
            return
        if step.kind in MADE_BY[kind]:
            mark = "#" if kind == "slot" else ""
            self.names.give(kind, f"{mark}{step.number}", record_id)

    # Workers

    def work(self, fault: Fault | None) -> None:
        """Let every worker run. One that is killed or fails is started once more."""
        self.nemesis.arm(fault)
        for job in JOBS:
            try:
                job(self.engine)
            except (Crash, WorkIncomplete, StorageFault, HoldfastError, RuntimeError):
                # Whatever it was, a simulated bug among it, the next run does the rest.
                self._start_again(job)
        self.nemesis.disarm()

    def _start_again(self, job: Job) -> None:
        self.nemesis.disarm()
        self.engine = self._engine()
        try:
            job(self.engine)
        except (WorkIncomplete, StorageFault, HoldfastError) as error:
            raise Difference(f"a worker failed although nothing went wrong: {error!r}") from error

    def expire(self) -> None:
        """Let the worker run that records what is over."""
        self._start_again(expire_due)

    # Watching

    def look(self) -> Sight:
        """Look at everything there is, by our names; by ids where we have none."""
        sight = watch(self.database, self.tenant_id)
        name = self.names.name
        return replace(
            sight,
            standing={
                kind: {name(kind, one): row for one, row in rows.items()}
                for kind, rows in sight.standing.items()
            },
            settling={
                kind: {name(kind, one) for one in ids} for kind, ids in sight.settling.items()
            },
        )

    def is_settling(self, kind: str, name: str) -> bool:
        """Whether the bookings of a block or slot are still being called off."""
        return name in self.look().settling[kind]

    def listed(self, ask: Ask, since: datetime, until: datetime) -> list[datetime]:
        """Return the starts of the slots that are listed as free."""
        desk = self.engine.at(self.tenant_id, actor=SYSTEM)
        answer = desk.availability.list(
            OfferingId(self.names.id("offer", ask.offer)),
            starts_at=since,
            ends_at=until,
            party_size=ask.guests,
        )
        return [slot.starts_at for slot in answer.slots]

    def prove(self) -> list[str]:
        """Prove the books; return what is wrong."""
        report = prove(self.database, tenant_id=self.tenant_id)
        return [f"{one.kind} {one.key}: {one.detail}" for one in report.violations]
