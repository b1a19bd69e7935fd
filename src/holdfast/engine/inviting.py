"""Inviting: what is free at one time goes to those who wait for it, in their order.

A worker looks for such times without locks (`chances`) and sends a command for each. Under the
locks of the waitlist and of what is free, the plan is made again and decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from holdfast.domain.access import Scope
from holdfast.domain.availability import APPROVAL_CHECKS
from holdfast.domain.claims import Claim, ClaimOwner, waitlist_key
from holdfast.domain.customers import Customer
from holdfast.domain.errors import CapacityExceeded, HoldfastError
from holdfast.domain.ids import ResourceId, WaitlistEntryId
from holdfast.domain.offerings import Counting
from holdfast.domain.policies_in_force import policy_in_force
from holdfast.domain.quotes import Quote
from holdfast.domain.strategies import unasked
from holdfast.domain.waitlists import (
    INVITATION_TTL,
    LOOKED_AT_MAX,
    NOTHING_KEPT,
    Given,
    WaitlistAction,
    WaitlistEntry,
    gathers,
    gathers_until,
    in_order,
    is_kept_at,
    is_over,
    plan_invitations,
    transition,
    wishes_for,
)
from holdfast.engine.choosing import Choice, Target, choose
from holdfast.engine.placing import Placed, Taker, placing_needs, take
from holdfast.engine.ports import ById, Where
from holdfast.engine.pricing import Purchase, places_taken, quote_for
from holdfast.engine.releasing import close_emptied, give_back_some, release, release_needs
from holdfast.engine.snapshots import UndeclaredRead
from holdfast.engine.staging import stage_of
from holdfast.engine.use_cases import Look, Needs, UseCase, View


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteWaiting:
    """Give what is free at one time to those who wait for it; `choice` names the time only."""

    choice: Choice


def _invite_needs(command: InviteWaiting, look: Look) -> Needs:
    target = choose(look, command.choice)
    offering_id = target.offering.offering_id
    look.want(Where(WaitlistEntry, "offering_id", offering_id))
    line = _line(look, target)
    look.want(
        *(Where(Claim, "owner_id", one.entry_id) for one in line if one.kept_count),
        *(ById(Customer, one.customer_id) for one in line if one.customer_id and one.is_vouched),
    )
    guards, counters = {waitlist_key(offering_id)}, set[str]()
    missing: list[UndeclaredRead] = []
    for choice in {one: None for entry in line for one in _choices(look, target, command, entry)}:
        try:
            needs = placing_needs(look, choice)
        except UndeclaredRead as undeclared:
            missing.append(undeclared)
            continue
        guards |= needs.guards
        counters |= needs.counters
    if missing:
        raise UndeclaredRead([read for one in missing for read in one.reads])
    for entry in line:
        if entry.kept_count:
            kept = release_needs(look, entry.entry_id)
            guards |= kept.guards
            counters |= kept.counters
    return Needs.of(guards=guards, counters=counters)


def _line(look: Look, target: Target) -> list[WaitlistEntry]:
    """Return those who wait for a time, in order. Whose wish is over is left out later."""
    waiting = look.where(WaitlistEntry, "offering_id", target.offering.offering_id)
    stay, zone_name = target.stay, target.zone_name
    wishing = (it for it in in_order(waiting) if wishes_for(it, stay, zone_name))
    return [entry for entry, _ in zip(wishing, range(LOOKED_AT_MAX), strict=False)]


def _choices(
    look: Look, target: Target, command: InviteWaiting, entry: WaitlistEntry
) -> list[Choice]:
    """Return what an entry would be served by: one request for each resource it wishes for.

    Whom nobody can serve without being asked for by name is served by nobody.
    """
    choice = replace(command.choice, components=entry.components)
    stage = stage_of(look, target, entry.components)
    wished: list[tuple[ResourceId, ...]] = [
        (one,) for one in entry.wishes.resources if one in stage.resources
    ]
    return [
        replace(choice, picks=picks)
        for picks in (wished if entry.wishes.resources else [()])
        if unasked(stage.requirements, stage.members, picks) is None
    ]


def _invite(view: View, command: InviteWaiting, now: datetime) -> tuple[WaitlistEntry, ...]:
    """Invite whom the plan says; returns those who are invited now."""
    target = choose(view, command.choice)
    line = [it for it in _line(view, target) if not is_over(it.wishes, now=now)]
    at = (target.slot_id, target.stay)
    here = {it.entry_id for it in line if it.kept_count and is_kept_at(it, *at)}
    for entry_id in sorted(here):
        release(view, entry_id, reason="gathering")
    chance = _Chance(view, command, target, here)
    plan = plan_invitations(line, give=chance.give, may_stand=chance.may_stand)
    changes: dict[WaitlistEntryId, dict[str, Any]] = {
        entry_id: dict(NOTHING_KEPT) for entry_id in here
    }
    for entry_id, count in plan.passed.items():
        changes.setdefault(entry_id, {})["passed_count"] = count
    for entry in plan.invited:
        changes[entry.entry_id] = chance.given(entry)
    if plan.kept_for is not None:
        kept = chance.keep(plan.kept_for)
        changes.setdefault(plan.kept_for.entry_id, {}).update(kept)
    return _written(view, line, changes)


def _written(
    view: View,
    line: Iterable[WaitlistEntry],
    changes: Mapping[WaitlistEntryId, Mapping[str, Any]],
) -> tuple[WaitlistEntry, ...]:
    invited = []
    for entry in line:
        changed = replace(entry, **changes.get(entry.entry_id, {}))
        if changed == entry:
            continue
        after = view.update(entry, **changes[entry.entry_id])
        what = "kept" if after.passed_count == entry.passed_count else "passed"
        if after.status is not entry.status:
            what = str(after.status)
            invited.append(after)
        elif after.kept_count < entry.kept_count:
            what = "let_go"
        view.fact(
            f"waitlist_entry.{what}",
            after,
            number=after.number,
            slot_id=after.slot_id,
            starts_at=after.starts_at,
            expires_at=after.expires_at,
        )
    return tuple(invited)


def _gathers_until(target: Target, starts_at: datetime) -> datetime:
    policy = policy_in_force(target.tenant, target.offering)
    return gathers_until(target.offering, policy, starts_at=starts_at)


class _Chance:
    """What is free at one time, as it is given away to one after the other."""

    def __init__(
        self, view: View, command: InviteWaiting, target: Target, here: Collection[WaitlistEntryId]
    ) -> None:
        self._view = view
        self._command = command
        self._target = target
        self._here = here
        self._refused: dict[tuple[int, Choice], HoldfastError] = {}
        self._placed: dict[WaitlistEntryId, tuple[Placed, Choice, Quote]] = {}
        offering, starts_at = target.offering, target.stay.starts_at
        ends_at = view.now + (offering.invitation_ttl or INVITATION_TTL)
        # Nobody is to have the last word after it has begun.
        self._expires_at = min(ends_at, starts_at) if view.now < starts_at else ends_at
        self._kept_until = _gathers_until(target, starts_at)

    def give(self, entry: WaitlistEntry) -> Given:
        """Take what an entry needs, if it is there; what is not for it never will be."""
        given = Given.NEVER
        for choice in _choices(self._view, self._target, self._command, entry):
            refusal = self._take(entry, choice)
            if refusal is None:
                return Given.YES
            most = self._places_in_all(choice)
            is_larger = most is not None and entry.party_size > most
            if isinstance(refusal, CapacityExceeded) and not is_larger:
                given = Given.NOT_NOW
        return given

    def may_stand(self, entry: WaitlistEntry) -> bool:
        """Whether places may be kept back here for an entry: it gathers at one time only."""
        is_elsewhere = bool(entry.kept_count) and entry.entry_id not in self._here
        is_early = self._view.now < self._kept_until
        return is_early and not is_elsewhere and gathers(self._target.offering)

    def given(self, entry: WaitlistEntry) -> dict[str, Any]:
        """Return what an invited entry has now."""
        placed, choice, quote = self._placed[entry.entry_id]
        now = self._view.now
        return {
            "status": transition(entry.status, WaitlistAction.INVITE, now=now),
            **self._kept(placed, choice, entry.party_size),
            "price": quote.total,
            "price_lines": quote.lines,
            "kept_until": None,
            "invited_at": now,
            "expires_at": self._expires_at,
        }

    def keep(self, entry: WaitlistEntry) -> dict[str, Any]:
        """Take all that is left for an entry that stands, until there is enough for it."""
        taker = self._taker(entry, self._kept_until)
        for choice in _choices(self._view, self._target, self._command, entry):
            # Others have taken of it since it was refused: what is left now says the refusal now.
            self._refused.pop((entry.party_size, choice), None)
            refusal = self._take(entry, choice)
            count = refusal.fields["remaining"] if isinstance(refusal, CapacityExceeded) else 0
            if not isinstance(count, int) or not count:
                continue
            try:
                placed = take(
                    self._view, choice, party_size=count, taker=taker, checks=APPROVAL_CHECKS
                )
            except HoldfastError:
                continue  # nobody here serves a party so small
            return {**self._kept(placed, choice, count), "kept_until": self._kept_until}
        return {}

    def _take(self, entry: WaitlistEntry, choice: Choice) -> HoldfastError | None:
        """Take what an entry needs, or say why not; less is left later, so a no stays a no."""
        asked = (entry.party_size, choice)
        if asked in self._refused:
            return self._refused[asked]
        view = self._view
        before = view.where(Claim, "owner_id", entry.entry_id) if entry.kept_count else ()
        taker = self._taker(entry, self._expires_at)
        try:
            quote = self._quote(entry, choose(view, choice))
            placed = take(view, choice, party_size=entry.party_size, taker=taker)
        except HoldfastError as refusal:
            self._refused[asked] = refusal
            return refusal
        close_emptied(view, give_back_some(view, before, reason="invited"))
        self._placed[entry.entry_id] = placed, choice, quote
        return None

    def _quote(self, entry: WaitlistEntry, target: Target) -> Quote:
        """Return what it costs. What only the customer says of themselves is not believed."""
        purchase = Purchase(
            target=target,
            party_size=entry.party_size,
            customer_id=entry.customer_id if entry.is_vouched else None,
            metadata=entry.metadata if target.offering.believes_customers else {},
        )
        view = self._view
        taken_count = places_taken(view, target)
        return quote_for(view, purchase, now=view.now, taken_count=taken_count)

    def _places_in_all(self, choice: Choice) -> int | None:
        """Return for how many guests there is room when nobody else comes; None: who knows."""
        target = self._target
        if target.offering.counting is Counting.PLACES:
            slot = target.slot
            return target.offering.slot_capacity if slot is None else slot.capacity
        if not gathers(target.offering):
            return None
        stage = stage_of(self._view, target, choice.components)
        return next(iter(stage.resources.values())).capacity

    def _kept(self, placed: Placed, choice: Choice, count: int) -> dict[str, Any]:
        stay = placed.target.stay
        return {
            "slot_id": placed.wish.slot_id,
            "starts_at": stay.starts_at,
            "ends_at": stay.ends_at,
            "dates": stay.dates,
            "picks": choice.picks,
            "assigned": placed.assigned,
            "kept_count": count,
        }

    def _taker(self, entry: WaitlistEntry, until: datetime) -> Taker:
        return Taker(owner_kind=ClaimOwner.INVITATION, owner_id=entry.entry_id, counts_until=until)


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        InviteWaiting: UseCase(
            "waitlist.invite",
            scopes=(Scope.BOOKINGS_WRITE,),
            needs=_invite_needs,
            decide=_invite,
        )
    }
)
