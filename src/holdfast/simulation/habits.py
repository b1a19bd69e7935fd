"""Habits: how often what is done, what is sent with a key, and what is not sent with others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

KEYED = frozenset(
    {"hold", "book", "move", "convert", "cancel", "release", "extend", "block", "slot"}
)
"""What callers send with an idempotency key."""
WEIGHTS: Mapping[str, int] = {
    "hold": 20,
    "book": 14,
    "extend": 7,
    "release": 5,
    "convert": 12,
    "confirm": 7,
    "decline": 3,
    "cancel": 7,
    "move": 6,
    "check_in": 4,
    "check_out": 2,
    "complete": 2,
    "no_show": 2,
    "undo": 3,
    "block": 4,
    "unblock": 4,
    "slot": 4,
    "cancel_slot": 2,
    "resize_slot": 3,
    "settle": 3,
    "resize": 3,
    "day": 4,
    "switch": 2,
    "nonsense": 1,
    "again": 6,
    "work": 5,
    "look": 6,
    "stumble": 1,
}
CUSTOMERS = 5
ALONE = frozenset({"settle", "work", "look", "stumble", "block", "again"})
"""What is not sent together with other commands."""


def promo_for(number: int, codes: Iterable[str]) -> str:
    """Return the promotional code of every third step; at times one that there is not."""
    known = [*codes]
    said = [*known, *known, "NONE"]
    return said[number // 3 % len(said)] if number % 3 == 0 else ""
