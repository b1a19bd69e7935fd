"""Pricing: what a request costs, for whoever writes it down and for whoever only asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.customers import Contact, Customer
from holdfast.domain.errors import AccessDenied, InputInvalid
from holdfast.domain.ids import CustomerId
from holdfast.domain.offerings import Counting
from holdfast.domain.price_rules import asks_occupancy
from holdfast.domain.prices import PriceTooLarge, QuoteInputs, quote
from holdfast.domain.promo_codes import PromoUse
from holdfast.domain.quotes import Quote
from holdfast.domain.situations import Situation
from holdfast.domain.terms import NO_TERMS, Terms, Use, terms_faults
from holdfast.domain.zones import zone
from holdfast.engine.choosing import Choice, Target, choose
from holdfast.engine.placing import Taker
from holdfast.engine.use_cases import Look, Needs, NeedsMore, View
from holdfast.engine.using import (
    codes_of,
    customer_mark,
    promos_used,
    require_usable,
    tiers_of,
    use_up,
    using_needs,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """What is bought, as far as its price asks.

    Attributes:
        customer_id, contact: Who buys. Where staff name a customer, what is known of them counts.
        metadata: The booking's own.
        is_agreed: Whether its terms were believed before, as those of a booking that moves were.
    """

    target: Target
    party_size: int
    terms: Terms = NO_TERMS
    customer_id: CustomerId | None = None
    contact: Contact = field(default_factory=Contact)
    metadata: Mapping[str, object] = field(default_factory=dict)
    is_agreed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """What was agreed: the price with its lines, and what is to be used up for it."""

    purchase: Purchase
    quote: Quote
    promos: tuple[PromoUse, ...]
    mark: str | None


def pricing_needs(
    look: Look, choice: Choice, terms: Terms, contact: Contact, customer_id: CustomerId | None
) -> Needs:
    """Find what selling locks, beside the places.

    Raises:
        InputInvalid: What the buyer says is malformed.
    """
    checks.require(terms_faults(terms))
    if not terms.promo_codes and not terms.tickets:
        return Needs()
    return using_needs(look, choose(look, choice), terms, contact, customer_id)


def sell(view: View, purchase: Purchase, *, now: datetime, taken_count: int) -> Sale:
    """Agree on a price, under the locks of the codes that it counts on.

    Raises:
        AccessDenied: It says what only staff may say.
        InputInvalid: It costs more than can be said, or its tickets are malformed.
        PromoRefused: A code cannot be used.
    """
    codes, mark = codes_of(view, purchase.terms), None
    if codes.found:
        mark = customer_mark(view, purchase.contact, purchase.customer_id)
    promos = promos_used(view, codes, mark)
    quote = quote_for(view, purchase, now=now, taken_count=taken_count, promos=promos)
    require_usable([*codes.unknown, *quote.promo_refusals])
    return Sale(purchase=purchase, quote=quote, promos=promos, mark=mark)


def close_sale(view: View, sale: Sale, *, taker: Taker) -> tuple[Use, ...]:
    """Use up the codes and tickets that a price counts on; returns what was used.

    Raises:
        CapacityExceeded: A tier has too few tickets left.
    """
    target, terms = sale.purchase.target, sale.purchase.terms
    return use_up(view, target, terms, sale.promos, mark=sale.mark, taker=taker)


def places_taken(view: View, target: Target) -> int:
    """Return how many places of a slot are taken as the command finds it; 0 if nobody counts.

    Raises:
        NeedsMore: Prices ask for it, and not all that counts the places is locked.
    """
    slot = target.slot
    if target.offering.counting is not Counting.PLACES or slot is None or slot.capacity is None:
        return 0
    locked = [key for key in slot.counter_keys if view.is_locked(key)]
    if len(locked) < len(slot.counter_keys) and asks_occupancy(target.offering.price_rules):
        raise NeedsMore
    return sum(view.counter(key).used for key in locked)


def quote_for(
    look: Look,
    purchase: Purchase,
    *,
    now: datetime,
    taken_count: int,
    promos: tuple[PromoUse, ...] = (),
) -> Quote:
    """Return what a purchase costs, line by line.

    Args:
        look: Where the customer is found.
        purchase: What is bought.
        now: The present.
        taken_count: Places of the slot that are taken before.
        promos: The codes given, and how often they have been used.

    Raises:
        AccessDenied: It says what only staff may say.
        InputInvalid: It costs more than can be said, or its tickets are malformed.
        RecordNotFound: There is no such customer.
    """
    target, terms = purchase.target, purchase.terms
    offering, slot = target.offering, target.slot
    is_believed = offering.believes_customers or Scope.BOOKINGS_WRITE in look.actor.scopes
    if terms.needs_belief and not (is_believed or purchase.is_agreed):
        message = (
            f"For '{offering.name}' only staff may say order_total_minor or customer_attributes."
        )
        raise AccessDenied(message, scopes=[Scope.BOOKINGS_WRITE.value])
    capacity = offering.slot_capacity if slot is None else slot.capacity
    inputs = QuoteInputs(
        offering_id=offering.offering_id,
        price=offering.price,
        unit=offering.price_unit,
        situation=Situation(
            party_size=purchase.party_size,
            starts_at=target.stay.starts_at,
            ends_at=target.stay.ends_at,
            zone=zone(target.zone_name),
            now=now,
            date_count=len(target.stay.dates) or None,
            order_total_minor=terms.order_total_minor,
            capacity=capacity if offering.counting is Counting.PLACES else None,
            taken_count=taken_count,
            user={**_known_of(look, purchase.customer_id), **terms.attributes},
            metadata=purchase.metadata if is_believed else {},
        ),
        rules=offering.price_rules,
        slot_price_minor=None if slot is None else slot.price_minor,
        tiers=tiers_of(target, terms, party_size=purchase.party_size),
        promos=promos,
    )
    try:
        return quote(inputs)
    except PriceTooLarge as fault:
        raise InputInvalid.at("/party_size", "price_too_large", str(fault)) from None


def _known_of(look: Look, customer_id: CustomerId | None) -> Mapping[str, object]:
    """Return what the business has written about a customer whom staff name.

    Whoever only gives an e-mail address is not believed to be that customer.
    """
    if customer_id is None or Scope.BOOKINGS_WRITE not in look.actor.scopes:
        return {}
    return look.get(Customer, customer_id).metadata
