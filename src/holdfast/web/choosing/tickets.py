"""Tickets: price levels with how many of each are wanted, and what is left of them in a slot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from holdfast.domain.ids import SlotId
from holdfast.domain.listing import OpenSlot
from holdfast.domain.money import Money
from holdfast.domain.prices import TicketTier
from holdfast.domain.terms import Tickets
from holdfast.engine.reading import PAGE_MAX, PageRequest
from holdfast.web.choosing.shop import Shop
from holdfast.web.offers import TICKET_PREFIX


@dataclass(frozen=True, slots=True, kw_only=True)
class TierShown:
    """A price level, how many are wanted, and where one fewer or one more leads."""

    tier: TicketTier
    price: Money
    quantity: int
    fewer: str | None
    more: str | None


def tiers_shown(shop: Shop, most: int | None, kept: dict[str, object]) -> tuple[TierShown, ...]:
    """Return the price levels of an offering with what is wanted of them.

    Args:
        shop: Whose they are.
        most: How many may come together; None is as many as there are.
        kept: What stays chosen when their number changes.
    """
    wanted = {one.tier: one.quantity for one in shop.wanted.tickets}
    count, currency = sum(wanted.values()), shop.offering.price.currency
    found = []
    for tier in shop.offering.ticket_tiers:
        quantity = wanted.get(tier.key, 0)
        name = TICKET_PREFIX + tier.key
        is_last = count <= shop.offering.party_min
        found.append(
            TierShown(
                tier=tier,
                price=Money(amount_minor=tier.price_minor, currency=currency),
                quantity=quantity,
                fewer=shop.url(**{**kept, name: quantity - 1 or None})
                if quantity and not is_last
                else None,
                more=shop.url(**{**kept, name: quantity + 1})
                if most is None or count < most
                else None,
            )
        )
    return tuple(found)


def sum_of(tiers: Sequence[TierShown], currency: str) -> Money:
    """Return what all wanted tickets are together, by the prices that are shown."""
    sums = (one.price.amount_minor * one.quantity for one in tiers)
    return Money(amount_minor=sum(sums), currency=currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What a stored slot says beyond its time.

    Attributes:
        price: Its own price; None is the offering's.
        left: Of the price levels with a quota, their name and what is left.
        is_enough: Whether there is enough of them for what is wanted.
    """

    price: Money | None
    left: tuple[tuple[str, int], ...]
    is_enough: bool


def shelves_of(shop: Shop, slots: Sequence[OpenSlot]) -> dict[SlotId, Shelf]:
    """Return what slots say beyond their time."""
    ids = [slot.slot_id for slot in slots if slot.slot_id is not None]
    if not ids:
        return {}
    stored = shop.desk.slots.list(
        PageRequest(limit=PAGE_MAX),
        offering_id=shop.offering.offering_id,
        starts_from=slots[0].starts_at,
        starts_before=slots[-1].ends_at,
    ).items
    prices = {one.slot_id: one.price_minor for one in stored}
    sold = shop.desk.slots.tickets_left(stored)
    tiers = shop.offering.ticket_tiers
    # Of a slot that nobody has booked yet, all are left.
    quotas = {tier.key: tier.quota for tier in tiers if tier.quota is not None}
    names = {tier.key: tier.label for tier in tiers}
    currency = shop.offering.price.currency
    found = {}
    for slot_id in ids:
        minor, left = prices.get(slot_id), sold.get(slot_id, quotas)
        found[slot_id] = Shelf(
            price=None if minor is None else Money(amount_minor=minor, currency=currency),
            left=tuple((names[key], count) for key, count in left.items()),
            is_enough=_is_enough(shop.wanted.tickets, left),
        )
    return found


def _is_enough(wanted: Sequence[Tickets], left: Mapping[str, int]) -> bool:
    return all(one.quantity <= left.get(one.tier, one.quantity) for one in wanted)
