"""The model of customers' limits: how many bookings one may have ahead, or make within a day."""

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
