"""Units of prices, and how many of each a booking has; the one rule of rounding."""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction


class PriceUnit(StrEnum):
    """What a price is for."""

    BOOKING = "per_booking"
    PARTICIPANT = "per_participant"
    HOUR = "per_hour"
    NIGHT = "per_night"
    SLOT = "per_slot"
    UNIT = "per_unit"


BASIS_POINTS_WHOLE = 10_000
"""Hundredths of a percent in the whole."""

TIMED = frozenset({PriceUnit.HOUR, PriceUnit.NIGHT})
"""The units that price a part of a booking by its length."""


def whole_minor(amount: Fraction) -> int:
    """Round an exact amount to whole minor units: half up, below zero as above.

    So 12.5 is 13 and a reduction of 12.5 takes 13 off. Every line of a quote is rounded once, and
    totals add rounded lines.

    >>> [whole_minor(Fraction(n, 2)) for n in (25, 24, -25)]
    [13, 12, -13]
    """
    size = (2 * abs(amount.numerator) + amount.denominator) // (2 * amount.denominator)
    return size if amount >= 0 else -size
