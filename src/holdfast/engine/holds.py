"""Holds: place, extend, release, expire. Converting is a booking's business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.claims import Claim, ClaimOwner
from holdfast.domain.customers import Contact
from holdfast.domain.errors import InputInvalid, LimitReached
from holdfast.domain.holds import (
    EXTENSIONS_MAX,
    HOLD_CEILING,
    HOLD_TTL_MAX,
    PUBLIC_EXTENSIONS_MAX,
    PUBLIC_HOLD_TTL,
    Hold,
    HoldAction,
    HoldStatus,
    transition,
)
from holdfast.domain.ids import HoldId, SlotId
from holdfast.domain.overrides import Override
from holdfast.domain.terms import NO_TERMS, Terms
from holdfast.engine.answering import answered_early
from holdfast.engine.choosing import Choice, choose, target_of
from holdfast.engine.customer_limits import Buyer, Deal, limit_needs, require_within_limits
from holdfast.engine.ownership import may_touch, own_hold
from holdfast.engine.people import contact_faults
from holdfast.engine.placing import Taker, placing_needs, take
from holdfast.engine.ports import ById, Where
from holdfast.engine.pricing import Purchase, close_sale, places_taken, pricing_needs, sell
from holdfast.engine.releasing import (
    close_emptied,
    give_back_some,
    keeping_needs,
    release,
    release_needs,
)
from holdfast.engine.staging import candidates_of
from holdfast.engine.use_cases import Look, Needs, UseCase, View
from holdfast.engine.versions import require_version

HOLD_SCOPES = (Scope.HOLDS_OWN, Scope.HOLDS_ANY)
# Releasing by client key takes at most so many holds at once.
RELEASE_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceHold:
    """Keep places for a while. `ttl` None means the offering's own hold time.

    `override` is what staff set aside for it, with a reason. The price is quoted now and stays.
    `answers` may be given already, all or some; they are checked at once.

    `instead_of` is a hold that is given back for it, in the same step: whoever changes their mind
    keeps what they have until they have the other, and what they have is not in their own way. Of
    the same time it lasts no longer than that one might have.
    """

    choice: Choice
    party_size: int = 1
    ttl: timedelta | None = None
    client_key: str | None = None
    contact: Contact = field(default_factory=Contact)
    metadata: dict[str, object] = field(default_factory=dict)
    override: Override | None = None
    terms: Terms = NO_TERMS
    answers: dict[str, object] = field(default_factory=dict)
    instead_of: HoldId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendHold:
    """Keep the places longer: until `ttl` from now, at most to the hold's ceiling.

    `ttl` None means the offering's own hold time.
    """

    hold_id: HoldId
    ttl: timedelta | None = None
    if_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseHold:
    """Give the places back. Releasing again changes nothing."""

    hold_id: HoldId
    if_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseHoldsOfClient:
    """Give back everything that one client key holds."""

    client_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireHold:
    """Record that a hold's time is over. Its places stopped counting by themselves."""

    hold_id: HoldId


def _place_needs(command: PlaceHold, look: Look) -> Needs:
    checks.require(
        [
            *contact_faults(command.contact),
            checks.line("/client_key", command.client_key, shortest=1),
            checks.metadata("/metadata", command.metadata),
            checks.metadata("/answers", command.answers),
        ]
    )
    needs, target = placing_needs(look, command.choice), choose(look, command.choice)
    candidates = candidates_of(look, target, command.choice.components)
    limits = limit_needs(look, target, candidates, Buyer(contact=command.contact))
    sold = pricing_needs(look, command.choice, command.terms, command.contact, None)
    return needs | limits | sold | _instead_needs(look, command.instead_of)


def _instead_needs(look: Look, hold_id: HoldId | None) -> Needs:
    """Find what giving the other hold back locks."""
    if hold_id is None:
        return Needs()
    look.want(ById(Hold, hold_id), Where(Claim, "owner_id", hold_id))
    own_hold(look, hold_id)
    return release_needs(look, hold_id)


def _place(view: View, command: PlaceHold, now: datetime) -> Hold:
    hold_id = HoldId(view.new_id("hld"))
    is_public = view.actor.is_public
    span = _span(view, command, is_public=is_public, now=now)
    expires_at = span.expires_at
    taker = Taker(owner_kind=ClaimOwner.HOLD, owner_id=hold_id, counts_until=expires_at)
    taken_count = places_taken(view, choose(view, command.choice))
    placed = take(
        view,
        command.choice,
        party_size=command.party_size,
        taker=taker,
        override=command.override,
        had=span.had,
    )
    target, wish = placed.target, placed.wish
    purchase = Purchase(
        target=target,
        party_size=command.party_size,
        terms=command.terms,
        contact=command.contact,
        metadata=command.metadata,
    )
    sale = sell(view, purchase, now=now, taken_count=taken_count)
    deal = Deal(
        target=target,
        candidates=candidates_of(view, target, command.choice.components),
        assigned=placed.assigned,
        buyer=Buyer(contact=command.contact),
        override=command.override,
        hold_id=command.instead_of,
        is_hold=True,
    )
    require_within_limits(view, deal, now=now)
    answers = answered_early(view, target.offering, command.answers, command.metadata)
    hold = Hold(
        hold_id=hold_id,
        status=HoldStatus.ACTIVE,
        offering_id=target.offering_id,
        slot_id=wish.slot_id,
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        party_size=command.party_size,
        assigned=placed.assigned,
        price=sale.quote.total,
        client_key=command.client_key,
        contact=command.contact,
        placed_by=view.actor.actor_id,
        is_public=is_public,
        expires_at=expires_at,
        ceiling_at=span.ceiling_at,
        extension_count=span.extension_count,
        booking_id=None,
        created_at=now,
        ended_at=None,
        version=1,
        dates=target.stay.dates,
        resource_id=target.resource.resource_id if target.resource else None,
        picks=command.choice.picks,
        components=command.choice.components,
        override=command.override,
        price_lines=sale.quote.lines,
        terms=command.terms,
        uses=close_sale(view, sale, taker=taker),
        **answers.by_name(),
    )
    view.insert(hold)
    close_emptied(view, span.left)
    view.fact("hold.placed", hold, slot_id=hold.slot_id, expires_at=expires_at)
    return hold


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """How long a new hold lasts, and how long it can be made to last.

    Attributes:
        left, had: The slots in which the places were of the hold that it stands for, and its claims
            if they still counted.
    """

    expires_at: datetime
    ceiling_at: datetime
    extension_count: int
    left: tuple[SlotId, ...]
    had: tuple[Claim, ...]


def _span(view: View, command: PlaceHold, *, is_public: bool, now: datetime) -> _Span:
    """Return how long a new hold lasts, and give back the one that it stands for."""
    ttl = _ttl(view, command, is_public=is_public)
    ceiling_at, extension_count = now + max(HOLD_CEILING, ttl), 0
    left: list[SlotId] = []
    had: tuple[Claim, ...] = ()
    if command.instead_of is not None:
        before = own_hold(view, command.instead_of)
        was_active = before.status is HoldStatus.ACTIVE and now < before.expires_at
        had = view.where(Claim, "owner_id", before.hold_id) if was_active else ()
        left = _give_back(view, before, now=now)
        target = choose(view, command.choice)
        is_same = (before.offering_id, before.stay) == (target.offering_id, target.stay)
        if was_active and is_same:
            # Nobody keeps one time for ever by asking for it again and again.
            ceiling_at = min(ceiling_at, before.ceiling_at)
            extension_count = before.extension_count
    return _Span(
        expires_at=min(now + ttl, ceiling_at),
        ceiling_at=ceiling_at,
        extension_count=extension_count,
        left=tuple(left),
        had=had,
    )


def _give_back(view: View, hold: Hold, *, now: datetime) -> list[SlotId]:
    """Give a hold back for another one; returns the slots that its places were in.

    They are not closed yet, even if nobody is in them: the other one may be in the same.
    """
    status = transition(hold, HoldAction.RELEASE, now=now)
    if status is hold.status:
        return []
    left = give_back_some(view, view.where(Claim, "owner_id", hold.hold_id), reason=status)
    view.fact(f"hold.{status}", view.update(hold, status=status, ended_at=now))
    return left


def _ttl(view: View, command: PlaceHold, *, is_public: bool) -> timedelta:
    own = choose(view, command.choice).offering.hold_ttl
    longest = min(own, PUBLIC_HOLD_TTL) if is_public else HOLD_TTL_MAX
    return min(_asked(command.ttl, own), longest)


def _asked(ttl: timedelta | None, own: timedelta) -> timedelta:
    """Return how long a hold is wanted for: by default as long as its offering says."""
    if ttl is not None and ttl <= timedelta(0):
        raise InputInvalid.at("/ttl_seconds", "out_of_range", "A hold lasts at least a second.")
    return own if ttl is None else ttl


def _extend_needs(command: ExtendHold, look: Look) -> Needs:
    return keeping_needs(look, own_hold(look, command.hold_id), command.hold_id)


def _extend(view: View, command: ExtendHold, now: datetime) -> Hold:
    hold = own_hold(view, command.hold_id)
    require_version(hold, command.if_version)
    transition(hold, HoldAction.EXTEND, now=now)
    most = PUBLIC_EXTENSIONS_MAX if hold.is_public else EXTENSIONS_MAX
    if hold.extension_count >= most:
        message = f"This hold has been extended {hold.extension_count} times. Book or let it go."
        raise LimitReached(message, limit=most, actual=hold.extension_count)
    own = target_of(view, hold).offering.hold_ttl
    ttl = _asked(command.ttl, own)
    longest = PUBLIC_HOLD_TTL if hold.is_public else HOLD_TTL_MAX
    expires_at = min(now + min(ttl, longest), hold.ceiling_at)
    expires_at = max(hold.expires_at, expires_at)
    for claim in view.where(Claim, "owner_id", hold.hold_id):
        view.change_claim(claim, counts_until=expires_at)
    extended = view.update(hold, expires_at=expires_at, extension_count=hold.extension_count + 1)
    view.fact("hold.extended", extended, expires_at=expires_at)
    return extended


def _release_needs(command: ReleaseHold, look: Look) -> Needs:
    own_hold(look, command.hold_id)
    return release_needs(look, command.hold_id)


def _release(view: View, command: ReleaseHold, now: datetime) -> Hold:
    hold = own_hold(view, command.hold_id)
    require_version(hold, command.if_version)
    return _end(view, hold, HoldAction.RELEASE, now=now)


def _end(view: View, hold: Hold, action: HoldAction, *, now: datetime) -> Hold:
    """End a hold, give its places back and say so; ending it again changes nothing."""
    status = transition(hold, action, now=now)
    if status is hold.status:
        return hold
    release(view, hold.hold_id, reason=status)
    ended = view.update(hold, status=status, ended_at=now)
    view.fact(f"hold.{status}", ended)
    return ended


def _release_all_needs(command: ReleaseHoldsOfClient, look: Look) -> Needs:
    needs = Needs()
    for hold in _active_of(look, command.client_key):
        own = release_needs(look, hold.hold_id)
        needs = Needs(
            needs.guards | own.guards, needs.counters | own.counters, needs.reads | own.reads
        )
    return needs


def _release_all(view: View, command: ReleaseHoldsOfClient, now: datetime) -> tuple[Hold, ...]:
    return tuple(
        _end(view, hold, HoldAction.RELEASE, now=now)
        for hold in _active_of(view, command.client_key)
    )


def _active_of(look: Look, client_key: str) -> list[Hold]:
    if not client_key:
        raise InputInvalid.at("/client_key", "missing", "Say whose holds: client_key is empty.")
    holds = look.where(Hold, "client_key", client_key)
    active = [h for h in holds if h.status is HoldStatus.ACTIVE and may_touch(look.actor, h)]
    active = active[:RELEASE_MAX]
    look.want(*(Where(Claim, "owner_id", hold.hold_id) for hold in active))
    return active


def _expire_needs(command: ExpireHold, look: Look) -> Needs:
    look.want(ById(Hold, command.hold_id), Where(Claim, "owner_id", command.hold_id))
    return release_needs(look, command.hold_id)


def _expire(view: View, command: ExpireHold, now: datetime) -> Hold:
    hold = view.get(Hold, command.hold_id)
    if hold.status is not HoldStatus.ACTIVE or now < hold.expires_at:
        # Somebody converted, released or extended it in the meantime: nothing to do.
        return hold
    return _end(view, hold, HoldAction.EXPIRE, now=now)


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        PlaceHold: UseCase("hold.place", scopes=HOLD_SCOPES, needs=_place_needs, decide=_place),
        ExtendHold: UseCase("hold.extend", scopes=HOLD_SCOPES, needs=_extend_needs, decide=_extend),
        ReleaseHold: UseCase(
            "hold.release", scopes=HOLD_SCOPES, needs=_release_needs, decide=_release
        ),
        ReleaseHoldsOfClient: UseCase(
            "hold.release_all",
            scopes=HOLD_SCOPES,
            needs=_release_all_needs,
            decide=_release_all,
        ),
        ExpireHold: UseCase(
            "hold.expire", scopes=(Scope.HOLDS_ANY,), needs=_expire_needs, decide=_expire
        ),
    }
)
