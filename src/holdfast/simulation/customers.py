"""The model of customers' limits: on bookings ahead, on those made within a day, on codes used."""

from __future__ import annotations

from datetime import datetime

from holdfast.simulation.books import Books
from holdfast.simulation.rulings import Cause, refused
from holdfast.simulation.worlds import DAY


def limit_cause(
    books: Books, offer_name: str, customer: int, now: datetime, *, but: int = 0
) -> Cause | None:
    """Say why a customer may have no more; None if they may.

    Args:
        books: What everybody has.
        offer_name: What is to be booked.
        customer: Who books; 0 if nobody says.
        now: When.
        but: The hold that becomes a booking, which does not count beside it.
    """
    offer = books.world.offers[offer_name]
    if not customer:
        return None
    ahead = books.ahead_of(customer, now, but=but)
    if offer.ahead_max is not None:
        count = sum(one.ask.offer == offer_name for one in ahead)
        if count >= offer.ahead_max:
            return refused("policy.limit_reached", limit=offer.ahead_max, actual=count)
    if offer.made_max is not None:
        made = [one for one in ahead if one.kind == "hold"]
        made += [
            one
            for one in books.taken.values()
            if one.kind == "booking" and one.customer == customer
        ]
        count = sum(one.made_at > now - DAY for one in made)
        if count >= offer.made_max:
            return refused("policy.limit_reached", limit=offer.made_max, actual=count)
    return None


def code_cause(
    books: Books, code: str, customer: int, now: datetime, *, but: int = 0
) -> Cause | None:
    """Say why a promotional code cannot be used; None if it can, or none is given.

    Args:
        books: What everybody has.
        code: Its name.
        customer: Who buys; 0 if nobody says.
        now: When.
        but: The hold that becomes a booking and has used it already.
    """
    if not code:
        return None
    known = books.world.codes.get(code)
    if known is None:
        return refused("promo.refused", reason="unknown")
    users = books.users_of(code, now)
    if not but and known.uses_max is not None and len(users) >= known.uses_max:
        return refused("promo.refused", reason="used_up")
    if known.each_max is None:
        return None
    if not customer:
        return None if but else refused("promo.refused", reason="customer_needed")
    # A hold counts for the customer who was named when it was placed.
    own = [one for one in users if one.customer == customer]
    if any(one.kind == "hold" and one.number == but for one in own):
        return None
    return (
        refused("promo.refused", reason="used_up_by_customer")
        if len(own) >= known.each_max
        else None
    )
