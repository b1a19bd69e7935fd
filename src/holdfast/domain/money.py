"""Money: whole minor units of one currency, never a float."""

from __future__ import annotations

import re
from dataclasses import dataclass

AMOUNT_MAX = 10**15
_CURRENCY = re.compile(r"[A-Z]{3}\Z")

# ISO 4217 currencies whose minor unit is not a hundredth.
EXPONENT_BY_CURRENCY = {
    **dict.fromkeys(
        ("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF").split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}


def is_currency(text: str) -> bool:
    """Tell whether a text has the form of an ISO 4217 code.

    >>> is_currency("EUR"), is_currency("eur")
    (True, False)
    """
    return _CURRENCY.match(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount in minor units (cents, yen, millimes) of an ISO 4217 currency."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        """Refuse what is not money."""
        if not is_currency(self.currency):
            message = f"{self.currency!r} is not a currency code such as 'EUR'."
            raise ValueError(message)
        if abs(self.amount_minor) > AMOUNT_MAX:
            message = f"An amount is at most {AMOUNT_MAX} minor units."
            raise ValueError(message)

    @property
    def exponent(self) -> int:
        """How many decimals the currency has."""
        return EXPONENT_BY_CURRENCY.get(self.currency, 2)

    def __str__(self) -> str:
        """Write the amount with its currency's own decimals.

        >>> str(Money(amount_minor=2500, currency="EUR"))
        '25.00 EUR'
        >>> str(Money(amount_minor=7, currency="JPY"))
        '7 JPY'
        """
        if self.exponent == 0:
            return f"{self.amount_minor} {self.currency}"
        sign = "-" if self.amount_minor < 0 else ""
        whole, part = divmod(abs(self.amount_minor), 10**self.exponent)
        return f"{sign}{whole}.{part:0{self.exponent}d} {self.currency}"
