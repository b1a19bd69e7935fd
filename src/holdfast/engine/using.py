"""Using up: promo codes and tickets, counted as claims under keys of their own.

A use lapses with its hold, is handed over to the booking and given back with its places, since it
is a claim like theirs. Codes are counted whether they are limited or not, so that a limit can come
later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from holdfast.domain.bookings import Booking
from holdfast.domain.claims import (
    Claim,
    ClaimOwner,
    offering_key,
    pieces,
    promo_uses_key,
    tickets_key,
)
from holdfast.domain.customers import Contact, email_key, phone_key, use_mark, use_mark_of
from holdfast.domain.errors import CapacityExceeded, InputInvalid, PromoRefused
from holdfast.domain.holds import Hold
from holdfast.domain.ids import ClaimId, CustomerId, PromoId, SlotId
from holdfast.domain.offerings import Counting, Offering
from holdfast.domain.prices import QUOTA_MAX, TierChoice
from holdfast.domain.promo_codes import (
    USES_MAX,
    PromoCode,
    PromoReason,
    PromoRefusal,
    PromoUse,
    promo_key,
    unknown_promo,
)
from holdfast.domain.terms import Terms, Tickets, Use
from holdfast.engine.choosing import Target
from holdfast.engine.people import find_customer, find_customer_reads
from holdfast.engine.placing import Taker
from holdfast.engine.ports import ById, CounterOf, ReadStore, Where
from holdfast.engine.use_cases import Look, Needs, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """The promo codes that a buyer gives: those that there are, and those that are not."""

    found: tuple[PromoCode, ...]
    unknown: tuple[PromoRefusal, ...]


def codes_of(look: Look, terms: Terms) -> Codes:
    """Find the codes that a buyer gives, in their order."""
    keys = [promo_key(code) for code in terms.promo_codes]
    look.want(*(Where(PromoCode, "code", key) for key in keys))
    found, unknown = list[PromoCode](), list[PromoRefusal]()
    for key in keys:
        promos = look.where(PromoCode, "code", key)
        found += promos
        unknown += [] if promos else [unknown_promo(key)]
    return Codes(found=tuple(found), unknown=tuple(unknown))


def customer_mark(look: Look, contact: Contact, customer_id: CustomerId | None) -> str | None:
    """Return by what uses are counted for a customer; None if nobody knows who it is.

    The mark is of the address under which the customer is found first, so that it is the same
    before the first booking makes a customer of it as after, and whatever address they have later.
    """
    look.want(*find_customer_reads(contact, customer_id))
    customer = find_customer(look, contact, customer_id)
    if customer is not None:
        return use_mark_of(customer)
    if contact.email:
        return use_mark(email_key(contact.email))
    return use_mark(phone_key(contact.phone)) if contact.phone else None


def using_needs(
    look: Look, target: Target, terms: Terms, contact: Contact, customer_id: CustomerId | None
) -> Needs:
    """Find what using up codes and tickets locks."""
    counters = set[str]()
    if terms.promo_codes:
        reads = find_customer_reads(contact, customer_id)
        look.want(*(Where(PromoCode, "code", promo_key(c)) for c in terms.promo_codes), *reads)
        mark = customer_mark(look, contact, customer_id)
        for promo in codes_of(look, terms).found:
            counters |= set(_keys_of(promo.promo_id, mark))
    return Needs.of(counters=counters) | ticket_needs(look, target, terms)


def ticket_needs(look: Look, target: Target, terms: Terms) -> Needs:
    """Find what taking tickets locks."""
    guards, keys = set[str](), set(_ticket_keys(target, terms))
    look.want(*(CounterOf(key) for key in keys))
    if any(look.cap_of(key) is None for key in keys):
        # Whoever makes a tier's counter reads its quota from the offering under that lock.
        guards.add(offering_key(target.offering.offering_id))
    return Needs.of(guards=guards, counters=keys)


def _keys_of(promo_id: PromoId, mark: str | None) -> list[str]:
    marked = [] if mark is None else [promo_uses_key(promo_id, mark)]
    return [promo_uses_key(promo_id), *marked]


def _ticket_keys(target: Target, terms: Terms) -> dict[str, int]:
    """The counters of the tickets, and how many; only where places in slots are counted."""
    if target.slot_id is None or target.offering.counting is not Counting.PLACES:
        return {}
    return {tickets_key(target.slot_id, one.tier): one.quantity for one in terms.tickets}


def promos_used(view: View, codes: Codes, mark: str | None) -> tuple[PromoUse, ...]:
    """Return how often codes have been used, under their locks."""
    return tuple(
        PromoUse(
            promo=promo,
            uses_count=view.counter(promo_uses_key(promo.promo_id)).used,
            customer_uses_count=None
            if mark is None
            else view.counter(promo_uses_key(promo.promo_id, mark)).used,
        )
        for promo in codes.found
    )


def tiers_of(target: Target, terms: Terms, *, party_size: int) -> tuple[TierChoice, ...]:
    """Return the tickets that a buyer chooses.

    Raises:
        InputInvalid: The offering has no such tier, or they are not for as many as come.
    """
    offering, tiers = target.offering, {tier.key: tier for tier in target.offering.ticket_tiers}
    if not tiers and terms.tickets:
        message = f"'{offering.name}' has no ticket tiers."
        raise InputInvalid.at("/tickets", "not_offered", message)
    for i, one in enumerate(terms.tickets):
        if one.tier not in tiers:
            known = ", ".join(f"'{key}'" for key in sorted(tiers))
            message = f"'{offering.name}' has no tier '{one.tier}'. Choose among {known}."
            raise InputInvalid.at(f"/tickets/{i}/tier", "unknown_tier", message)
    count = sum(one.quantity for one in terms.tickets)
    if tiers and count != party_size:
        message = f"Say of which tiers {party_size} ticket(s) are: {count} are named."
        raise InputInvalid.at("/tickets", "wrong_count", message)
    return tuple(TierChoice(tier=tiers[one.tier], quantity=one.quantity) for one in terms.tickets)


def use_up(
    view: View,
    target: Target,
    terms: Terms,
    promos: Sequence[PromoUse],
    *,
    mark: str | None,
    taker: Taker,
) -> tuple[Use, ...]:
    """Count the codes and tickets of a sale that is agreed, and return what was used up.

    Raises:
        CapacityExceeded: A tier has too few tickets left.
    """
    uses = []
    for use in promos:
        caps = (use.promo.cap, USES_MAX)
        for key, cap in zip(_keys_of(use.promo.promo_id, mark), caps, strict=False):
            uses.append(_count(view, Use(key=key, units=1), cap, target, taker))
    return (*uses, *_take_tickets(view, target, terms, taker))


def _take_tickets(view: View, target: Target, terms: Terms, taker: Taker) -> list[Use]:
    uses = []
    quotas = {tier.key: tier.quota for tier in target.offering.ticket_tiers}
    tickets = zip(terms.tickets, _ticket_keys(target, terms), strict=False)
    for one, key in tickets:
        quota = quotas[one.tier]
        cap = QUOTA_MAX if quota is None else quota
        refusal = _too_few(one, cap - view.counter(key).used)
        if refusal is not None:
            raise refusal
        uses.append(_count(view, Use(key=key, units=one.quantity), cap, target, taker))
    return uses


def _too_few(tickets: Tickets, left: int) -> CapacityExceeded | None:
    if tickets.quantity <= left:
        return None
    left = max(0, left)
    message = f"{left} ticket(s) of tier '{tickets.tier}' are left."
    return CapacityExceeded(
        message, requested=tickets.quantity, remaining=left, limited_by=tickets.tier
    )


def tickets_short(
    store: ReadStore,
    offering: Offering,
    slot_ids: Iterable[SlotId],
    tickets: Sequence[Tickets],
    *,
    now: datetime,
) -> dict[SlotId, CapacityExceeded]:
    """Return of which slots too few tickets of a tier are left, as it is seen without locks."""
    quotas = {tier.key: tier.quota for tier in offering.ticket_tiers if tier.quota is not None}
    limited = [one for one in tickets if one.tier in quotas]
    keys = {
        (slot_id, one.tier): tickets_key(slot_id, one.tier)
        for slot_id in slot_ids
        for one in limited
    }
    used = store.used(list(keys.values()), now=now) if keys else {}
    short: dict[SlotId, CapacityExceeded] = {}
    for (slot_id, tier), key in keys.items():
        one = next(one for one in limited if one.tier == tier)
        refusal = _too_few(one, quotas[tier] - used.get(key, 0))
        if refusal is not None:
            short.setdefault(slot_id, refusal)
    return short


def _count(view: View, use: Use, cap: int, target: Target, taker: Taker) -> Use:
    """Write a use as a claim; the first one makes the counter."""
    if view.counter(use.key).cap is None:
        view.set_cap(use.key, cap)
    interval = pieces(target.stay.interval)[0]
    view.acquire(
        Claim(
            claim_id=ClaimId(view.new_id("clm")),
            key=use.key,
            resource_id=None,
            owner_kind=taker.owner_kind,
            owner_id=taker.owner_id,
            units=use.units,
            starts_at=interval.starts_at,
            ends_at=interval.ends_at,
            counts_until=taker.counts_until,
            is_exclusive=False,
            is_over=False,
            actor_id=view.actor.actor_id,
            reason=None,
            acquired_at=view.now,
            converted_at=None,
            released_at=None,
        )
    )
    return use


def require_usable(refusals: Iterable[PromoRefusal]) -> None:
    """Refuse a sale with a code that cannot be used.

    Raises:
        PromoRefused: There is one.
    """
    for refusal in refusals:
        raise PromoRefused(refusal.detail, promo_code=refusal.code, reason=refusal.reason)


# --------------------------------------------------------------------------------- another time


def agreed_needs(look: Look, booking: Booking, target: Target, terms: Terms) -> Needs:
    """Find what a booking that moves, or takes other tickets, looks at and locks for its terms."""
    look.want(*(ById(PromoCode, promo_id) for promo_id in _promos_in(booking.uses)))
    return ticket_needs(look, target, terms)


def agreed_promos(look: Look, booking: Booking) -> tuple[PromoUse, ...]:
    """Return the codes that a booking has used, as they lower its price wherever it moves."""
    found = [look.get(PromoCode, promo_id) for promo_id in _promos_in(booking.uses)]
    return tuple(
        PromoUse(
            promo=replace(
                promo,
                minimum_minor=0,
                valid_from=None,
                valid_until=None,
                uses_max=None,
                uses_per_customer_max=None,
                offering_ids=frozenset(),
                is_combinable=True,
                is_active=True,
            )
        )
        for promo in found
    )


def move_tickets(
    view: View, booking: Booking, target: Target, terms: Terms, taker: Taker, *, party_size: int
) -> tuple[Use, ...]:
    """Give a booking's tickets back and take others, or those of another slot; return its uses.

    Raises:
        CapacityExceeded: A tier has too few tickets left there.
        InputInvalid: A tier is there no longer, or the tickets are not for as many as come.
    """
    wanted = _ticket_keys(target, terms)
    old = {use.key: use.units for use in booking.uses if use.key.startswith("tier:")}
    is_other = wanted != old or terms.tickets != booking.terms.tickets
    if (terms.tickets or is_other) and (is_other or party_size != booking.party_size):
        tiers_of(target, terms, party_size=party_size)
    if wanted == old:
        return booking.uses
    for claim in view.where(Claim, "owner_id", booking.booking_id):
        if claim.key in old:
            view.change_claim(claim, released_at=view.now, reason="rescheduled")
    kept = [use for use in booking.uses if use.key not in old]
    return (*kept, *_take_tickets(view, target, terms, taker))


# ----------------------------------------------------------------------------- another customer


def carrying_needs(
    look: Look, hold: Hold, contact: Contact, customer_id: CustomerId | None
) -> Needs:
    """Find what a hold's uses lock when somebody books it."""
    counters = {use.key for use in hold.uses}
    ids = _promos_in(hold.uses)
    if ids:
        reads = find_customer_reads(contact, customer_id)
        look.want(*(ById(PromoCode, promo_id) for promo_id in ids), *reads)
        mark = customer_mark(look, contact, customer_id)
        counters |= {key for promo_id in ids for key in _keys_of(promo_id, mark)}
    return Needs.of(counters=counters)


def carry_over(
    view: View, hold: Hold, target: Target, contact: Contact, customer_id: CustomerId | None
) -> tuple[Use, ...]:
    """Return the uses of a hold, counted from now on for whoever books in the end.

    Raises:
        PromoRefused: This customer has used a code as often as they may.
    """
    marked = _promos_in(hold.uses)
    mark = customer_mark(view, contact, customer_id) if marked else None
    if mark is None:
        return hold.uses
    claims = {claim.key: claim for claim in view.where(Claim, "owner_id", hold.hold_id)}
    taker = Taker(owner_kind=ClaimOwner.HOLD, owner_id=hold.hold_id, counts_until=hold.expires_at)
    kept = {use.key: use for use in hold.uses}
    for promo_id, before in marked.items():
        key = promo_uses_key(promo_id, mark)
        if before == key:
            continue
        promo = view.get(PromoCode, promo_id)
        limit = promo.uses_per_customer_max
        if limit is not None and view.counter(key).used >= limit:
            detail = f"The code {promo.code} was used by you already."
            reason = PromoReason.USED_UP_BY_CUSTOMER
            raise PromoRefused(detail, promo_code=promo.code, reason=reason)
        if before is not None:
            view.change_claim(claims[before], released_at=view.now, reason="another customer")
            del kept[before]
        kept[key] = _count(view, Use(key=key, units=1), USES_MAX, target, taker)
    return tuple(kept.values())


def _promos_in(uses: Iterable[Use]) -> Mapping[PromoId, str | None]:
    """Return the codes among uses, each with the key of its customer, if it has one."""
    found: dict[PromoId, str | None] = {}
    for use in uses:
        kind, promo_id, mark = [*use.key.split(":", 2), ""][:3]
        if kind == "promo":
            found[PromoId(promo_id)] = use.key if mark else found.get(PromoId(promo_id))
    return found
