"""Terms: what a buyer says that changes the price, kept with the hold or booking."""

from __future__ import annotations

from dataclasses import dataclass, field

from holdfast.domain import checks
from holdfast.domain.money import AMOUNT_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a buyer says that changes the price.

    Attributes:
        order_total_minor: The total of the shop's order, in the offering's currency.
        attributes: What is said of the customer; conditions read it as `user.…`.
    """

    order_total_minor: int | None = None
    attributes: dict[str, object] = field(default_factory=dict)

    @property
    def needs_belief(self) -> bool:
        """Whether they say what only staff know to be true."""
        return self.order_total_minor is not None or bool(self.attributes)


NO_TERMS = Terms()
"""Nothing is said."""


def terms_faults(terms: Terms) -> list[checks.Fault | None]:
    """Say what is wrong with what a buyer says.

    >>> [fault.pointer for fault in terms_faults(Terms(order_total_minor=-1)) if fault]
    ['/order_total_minor']
    """
    return [
        checks.whole("/order_total_minor", terms.order_total_minor, least=0, most=AMOUNT_MAX),
        checks.metadata("/customer_attributes", terms.attributes),
    ]
