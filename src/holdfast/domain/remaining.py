"""What remains: how many more guests or parties an accepted wish leaves room for."""

from __future__ import annotations

from datetime import datetime

from holdfast.domain.assignment import Need
from holdfast.domain.availability import SERVING_CHECKS, Case, slot_places_left
from holdfast.domain.scenes import Scene, Wish, room_on


def places_left(scene: Scene, wish: Wish, *, now: datetime) -> int | None:
    """Return how many more could come: guests, or parties where only those count."""
    case = Case(scene, wish, now=now)
    for check in SERVING_CHECKS:
        check(case)
    left = slot_places_left(scene, wish)
    found = [] if left is None else [left]
    for need in case.needs:
        if need.requirement.is_required and not need.is_open:
            count = _count_left(scene, wish, need)
            if count is not None:
                found.append(count)
    return min(found) if found else None


def _count_left(scene: Scene, wish: Wish, need: Need) -> int | None:
    """How many parties or guests the candidates of one need could still serve."""
    quantity = need.requirement.quantity
    counts = []
    for resource in need.candidates:
        left = room_on(scene, wish, resource).left
        if left is None and not need.is_any:
            continue
        counts.append(None if left is None else left // quantity)
    if not need.is_any:
        least = min((count for count in counts if count is not None), default=None)
        # The slot takes what it needs once; that it can be opened says nothing of how many come.
        return None if need.is_by_slot and least else least
    able = [count for count in counts if count is None or count > 0]
    if need.is_by_slot:
        return None if len(able) >= need.members else 0
    if need.units > quantity:  # units go with the party: one resource serves all of it
        return None if None in able else max((count or 0 for count in able), default=0)
    per_party = max(1, need.requirement.members)
    return len(able) // per_party
