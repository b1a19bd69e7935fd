"""How often something recurs, in the words of the wire."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from holdfast.domain.recurrence import Frequency


class SeriesFrequency(StrEnum):
    """How long one period of a series is."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"


def frequencies(words: Iterable[SeriesFrequency]) -> tuple[Frequency, ...]:
    """Return them as the engine takes them."""
    return tuple(Frequency(word.upper()) for word in words)


def frequency_words(found: Iterable[Frequency]) -> list[str]:
    """Return them as they are shown."""
    return [one.lower() for one in found]
