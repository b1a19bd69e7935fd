"""Checking: whether one request could be booked now, and every reason why not. Nothing is written.

A request is understood by the same `choosing.choose` and judged by the same evaluator as a hold or
booking would be; it is only looked at without locks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import cast

from holdfast.domain import checks
from holdfast.domain.access import Actor, Scope
from holdfast.domain.availability import plan
from holdfast.domain.customers import Contact
from holdfast.domain.errors import Alternative, HoldfastError, InputInvalid
from holdfast.domain.holds import AssignedResource
from holdfast.domain.ids import CustomerId, SlotId, TenantId
from holdfast.domain.intervals import Interval
from holdfast.domain.scenes import requirements_of
from holdfast.domain.terms import NO_TERMS, Terms, terms_faults
from holdfast.domain.verdicts import Verdict, verdict_on
from holdfast.engine.availability.asking import require_party
from holdfast.engine.availability.searching import with_alternatives
from holdfast.engine.choosing import Choice, choose
from holdfast.engine.customer_limits import Buyer, Deal, seem_within_limits
from holdfast.engine.estimating import estimated
from holdfast.engine.looking import load_scene, require_known
from holdfast.engine.people import contact_faults
from holdfast.engine.placing import assigned_by
from holdfast.engine.ports import ReadStore
from holdfast.engine.pricing import Purchase
from holdfast.engine.snapshots import look_up
from holdfast.engine.staging import candidates_of, require_asked
from holdfast.engine.use_cases import Look
from holdfast.engine.using import require_usable, tickets_short

_AN_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """Who would book, and on which terms: what a booking says beside what, when and for how many.

    Attributes:
        contact, customer_id: Who they are, whose limits and codes are asked.
    """

    terms: Terms = NO_TERMS
    contact: Contact = field(default_factory=Contact)
    customer_id: CustomerId | None = None
    metadata: dict[str, object] = field(default_factory=dict)


def check(
    store: ReadStore,
    *,
    tenant_id: TenantId,
    actor: Actor,
    choice: Choice,
    party_size: int,
    prospect: Prospect | None = None,
    is_explained: bool = False,
) -> Verdict:
    """Judge one request without writing anything.

    Args:
        store: Where to read.
        tenant_id: The business.
        actor: Who asks.
        choice: What is to be booked.
        party_size: For how many.
        prospect: Who would book, and on which terms. Without it codes, tickets and the limits of
            customers are not asked. Answers to the offering's fields never are.
        is_explained: Whether only reasons are wanted, and no alternatives.

    Raises:
        AccessDenied: The actor may not look.
        InputInvalid: The request is malformed, as a booking of it would be.
        RecordNotFound: There is no such offering, slot or resource.
    """
    actor.require(Scope.AVAILABILITY_READ)
    require_party(party_size)
    target = look_up(store, lambda look: choose(look, choice), tenant_id=tenant_id, actor=actor)
    stay, now = target.stay, store.now()
    scene = load_scene(
        store,
        tenant=target.tenant,
        offering=target.offering,
        window=Interval(starts_at=stay.starts_at, ends_at=stay.starts_at + _AN_INSTANT),
        now=now,
        stay_days=(stay.ends_at - stay.starts_at).days + 1,
    )
    require_known(scene, choice.picks, choice.components)
    if scene.slot_resources.get(target.slot_id or SlotId("")) is None:
        needed = requirements_of(scene.offering, choice.components)
        require_asked(needed, scene.members, choice.picks)
    wish = target.wish(choice, party_size=party_size, ignores=frozenset())
    verdict = verdict_on(scene, wish, now=now)
    malformed = next((one for one in verdict.reasons if isinstance(one, InputInvalid)), None)
    if malformed is not None:
        raise malformed
    if prospect is not None:
        taken = plan(scene, wish, now=now) if verdict.refusal is None else ()
        asked = _Asked(
            choice=choice,
            party_size=party_size,
            prospect=prospect,
            assigned=tuple(assigned_by(scene, wish, one) for one in taken),
        )
        verdict = asked.judged(store, verdict, tenant_id=tenant_id, actor=actor, now=now)
    if verdict.refusal is None or is_explained:
        return verdict
    refusal = with_alternatives(
        store,
        tenant_id=tenant_id,
        choice=choice,
        party_size=party_size,
        refusal=verdict.refusal,
        tickets=() if prospect is None else prospect.terms.tickets,
    )
    found = cast("tuple[Alternative, ...]", refusal.fields.get("alternatives", ()))
    return replace(verdict, refusal=refusal, alternatives=found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What would be booked, by whom and on which terms, and who would serve it."""

    choice: Choice
    party_size: int
    prospect: Prospect
    assigned: tuple[AssignedResource, ...]

    def judged(
        self,
        store: ReadStore,
        verdict: Verdict,
        *,
        tenant_id: TenantId,
        actor: Actor,
        now: datetime,
    ) -> Verdict:
        """Return a verdict with what stands against whoever books, in the order of a booking.

        Raises:
            AccessDenied: Something is said that only staff may say.
            InputInvalid: What is said is malformed, as a booking of it would be.
        """
        prospect = self.prospect
        checks.require(
            [
                *contact_faults(prospect.contact),
                *terms_faults(prospect.terms),
                checks.metadata("/metadata", prospect.metadata),
            ]
        )
        look = partial(look_up, store, tenant_id=tenant_id, actor=actor)
        of_codes = look(lambda one: self._codes(store, one, now=now))
        of_limits = look(lambda one: self._limits(one, now=now))
        of_tickets = look(lambda one: self._tickets(store, one, now=now))
        reasons = (*of_codes, *verdict.reasons, *of_limits, *of_tickets)
        of_time = [] if verdict.refusal is None else [verdict.refusal]
        refusal = next(iter((*of_codes, *of_time, *of_limits, *of_tickets)), None)
        return replace(verdict, can_book=refusal is None, refusal=refusal, reasons=reasons)

    def _codes(self, store: ReadStore, look: Look, *, now: datetime) -> list[HoldfastError]:
        prospect = self.prospect
        purchase = Purchase(
            target=choose(look, self.choice),
            party_size=self.party_size,
            terms=prospect.terms,
            customer_id=prospect.customer_id,
            contact=prospect.contact,
            metadata=prospect.metadata,
        )
        quote = estimated(store, look, purchase, now=now)
        return _refusals(lambda: require_usable(quote.promo_refusals))

    def _limits(self, look: Look, *, now: datetime) -> list[HoldfastError]:
        target, prospect = choose(look, self.choice), self.prospect
        deal = Deal(
            target=target,
            candidates=candidates_of(look, target, self.choice.components),
            assigned=self.assigned,
            buyer=Buyer(contact=prospect.contact, customer_id=prospect.customer_id),
        )
        return _refusals(lambda: seem_within_limits(look, deal, now=now))

    def _tickets(self, store: ReadStore, look: Look, *, now: datetime) -> list[HoldfastError]:
        target = choose(look, self.choice)
        if target.slot_id is None:
            return []
        tickets = self.prospect.terms.tickets
        short = tickets_short(store, target.offering, [target.slot_id], tickets, now=now)
        return list(short.values())


def _refusals(ask: Callable[[], None]) -> list[HoldfastError]:
    """Return what something is refused with, if it is; what is malformed is raised."""
    try:
        ask()
    except InputInvalid:
        raise
    except HoldfastError as refusal:
        return [refusal]
    return []
