"""Terms: what a buyer says that changes the price, and what it uses up beside time and places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from holdfast.domain import checks
from holdfast.domain.money import AMOUNT_MAX
from holdfast.domain.prices import TIERS_MAX, code_list_fault
from holdfast.domain.resources import CAPACITY_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Tickets:
    """So many tickets of a tier, by its key."""

    tier: str
    quantity: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a buyer says that changes the price.

    Attributes:
        promo_codes: As they were typed, in their order.
        tickets: How many of which tier; together as many as come.
        order_total_minor: The total of the shop's order, in the offering's currency.
        attributes: What is said of the customer; conditions read it as `user.…`.
    """

    promo_codes: tuple[str, ...] = ()
    tickets: tuple[Tickets, ...] = ()
    order_total_minor: int | None = None
    attributes: dict[str, object] = field(default_factory=dict)

    @property
    def needs_belief(self) -> bool:
        """Whether they say what only staff know to be true."""
        return self.order_total_minor is not None or bool(self.attributes)


NO_TERMS = Terms()
"""Nothing is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What a hold or booking uses up of a promo code or of a tier's tickets, by the counter."""

    key: str
    units: int


def terms_faults(terms: Terms) -> list[checks.Fault | None]:
    """Say what is wrong with what a buyer says.

    >>> [fault.pointer for fault in terms_faults(Terms(order_total_minor=-1)) if fault]
    ['/order_total_minor']
    """
    return [
        code_list_fault(terms.promo_codes, "/promo_codes"),
        *(
            checks.line(f"/promo_codes/{i}", code, shortest=1)
            for i, code in enumerate(terms.promo_codes)
        ),
        *_ticket_faults(terms.tickets),
        checks.whole("/order_total_minor", terms.order_total_minor, least=0, most=AMOUNT_MAX),
        checks.metadata("/customer_attributes", terms.attributes),
    ]


def _ticket_faults(tickets: tuple[Tickets, ...]) -> Iterator[checks.Fault | None]:
    """Yield what is wrong with the tickets, whatever tiers there are."""
    if len(tickets) > TIERS_MAX:
        yield checks.fault("/tickets", "too_many", f"Name at most {TIERS_MAX} tiers.")
        return
    tiers = [one.tier for one in tickets]
    for i, one in enumerate(tickets):
        yield checks.whole(f"/tickets/{i}/quantity", one.quantity, least=1, most=CAPACITY_MAX)
        if one.tier in tiers[:i]:
            yield checks.fault(f"/tickets/{i}/tier", "twice", "Name each tier once.")
