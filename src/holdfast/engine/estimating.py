"""Estimating: what a request would cost, as it is seen without locks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from holdfast.domain.claims import promo_uses_key
from holdfast.domain.offerings import Counting
from holdfast.domain.promo_codes import PromoUse
from holdfast.domain.quotes import Quote
from holdfast.engine.choosing import Target
from holdfast.engine.ports import ReadStore
from holdfast.engine.pricing import Purchase, quote_for
from holdfast.engine.use_cases import Look
from holdfast.engine.using import Codes, codes_of, customer_mark


def estimated(store: ReadStore, look: Look, purchase: Purchase, *, now: datetime) -> Quote:
    """Return what a purchase would cost now, and which of its codes could not be used.

    Raises:
        AccessDenied: It says what only staff may say.
        InputInvalid: It costs more than can be said, or its tickets are malformed.
    """
    codes = codes_of(look, purchase.terms)
    mark = customer_mark(look, purchase.contact, purchase.customer_id) if codes.found else None
    quoted = quote_for(
        look,
        purchase,
        now=now,
        taken_count=places_seen(store, purchase.target, now=now),
        promos=_promos(store, codes, mark, now=now),
    )
    return replace(quoted, promo_refusals=(*codes.unknown, *quoted.promo_refusals))


def _promos(
    store: ReadStore, codes: Codes, mark: str | None, *, now: datetime
) -> tuple[PromoUse, ...]:
    """Return how often codes have been used, as it is seen without locks."""
    keys = {promo.promo_id: promo_uses_key(promo.promo_id) for promo in codes.found}
    own = {promo_id: promo_uses_key(promo_id, mark) for promo_id in keys} if mark else {}
    used = store.used([*keys.values(), *own.values()], now=now) if keys else {}
    return tuple(
        PromoUse(
            promo=promo,
            uses_count=used.get(keys[promo.promo_id], 0),
            customer_uses_count=used.get(own[promo.promo_id], 0) if own else None,
        )
        for promo in codes.found
    )


def places_seen(store: ReadStore, target: Target, *, now: datetime) -> int:
    """Return how many places of a slot are taken now; 0 if nobody counts."""
    slot = target.slot
    if target.offering.counting is not Counting.PLACES or slot is None or slot.capacity is None:
        return 0
    return sum(store.used(slot.counter_keys, now=now).values())
