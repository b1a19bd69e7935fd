"""What remains: how many more guests or parties a wish leaves room for, and how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from holdfast.domain.assignment import Need, pool_left
from holdfast.domain.availability import SERVING_CHECKS, slot_places_left
from holdfast.domain.cases import Case
from holdfast.domain.hosts import host_conflict_of
from holdfast.domain.offerings import Counting
from holdfast.domain.policies import HostConflict
from holdfast.domain.requirements import Per
from holdfast.domain.resources import Resource, Scheme
from holdfast.domain.scenes import Scene, Wish, lefts_on
from holdfast.domain.shapes import dates_of


def places_left(scene: Scene, wish: Wish, *, now: datetime) -> int | None:
    """Return how many more could come: guests, or parties where only those count.

    The least over all requirements limits it. None is without limit.
    """
    case = Case(scene, wish, now=now)
    for check in SERVING_CHECKS:
        check(case)
    return places_left_in(case)


def places_left_in(case: Case) -> int | None:
    """Return how many more could come of a case that is accepted, as `places_left` does."""
    scene, wish = case.scene, case.wish
    counts = [slot_places_left(scene, wish)]
    counts += [
        _count_left(scene, wish, need)
        for need in case.needs
        if need.requirement.is_required and not need.is_open
    ]
    return _least(counts)


def _count_left(scene: Scene, wish: Wish, need: Need) -> int | None:
    """How many are served by what the candidates have left, each and together."""
    count = _count_of(need, lefts_on(scene, wish, need.candidates), host_in=scene)
    left = pool_left(scene, wish, need)
    if left is None:
        return count
    most = left // (need.requirement.members * need.requirement.quantity)
    if need.is_by_slot:
        return count if most else 0
    return most if count is None else min(count, most)


def places_in_all(scene: Scene, wish: Wish, *, now: datetime) -> int | None:
    """Return how many could come if nothing were taken, closed or blocked. None is no limit."""
    case = Case(scene, wish, now=now)
    counts = [_places_of_slot(scene, wish)]
    counts += [
        _count_of(need, [units_in_all(scene, wish, one) for one in need.candidates])
        for need in case.needs
        if need.requirement.is_required
    ]
    return _least(counts)


def units_in_all(scene: Scene, wish: Wish, resource: Resource) -> int | None:
    """Return a resource's capacity for a wish, over all of its dates; None is unlimited."""
    if resource.capacity is None or resource.scheme is Scheme.INTERVAL:
        return resource.capacity
    dates = dates_of(wish.stay, scene.zone_of(resource))
    return min(scene.days[resource.resource_id, day].cap for day in dates)


def _places_of_slot(scene: Scene, wish: Wish) -> int | None:
    if scene.offering.counting is not Counting.PLACES:
        return None
    return scene.offering.slot_capacity if wish.slot is None else wish.slot.capacity


def _least(counts: Sequence[int | None]) -> int | None:
    return min((count for count in counts if count is not None), default=None)


def _count_of(
    need: Need, lefts: Sequence[int | None], *, host_in: Scene | None = None
) -> int | None:
    """How many parties or guests the candidates of one need serve, by what is left of each."""
    requirement = need.requirement
    quantity = requirement.quantity
    counts = [None if left is None else left // quantity for left in lefts]
    if host_in is not None and host_in.hosts and need.is_any and requirement.members == 1:
        counts = _by_host(host_in, need.candidates, counts)
    if not need.is_any:
        least = _least(counts) if counts else 0
        # The slot takes what it needs once; that it can be opened says nothing of how many come.
        return None if need.is_by_slot and least else least
    if need.is_by_slot:
        able = sum(count is None or count > 0 for count in counts)
        return None if able >= need.members else 0
    if requirement.members_per is Per.PARTICIPANT:  # one resource serves one guest of a party
        return sum(count is None or count > 0 for count in counts) // requirement.members
    if requirement.per is Per.PARTICIPANT:
        return _largest_party(counts, requirement.members)
    return _parties(counts, requirement.members)


def _by_host(
    scene: Scene, resources: Sequence[Resource], counts: Sequence[int | None]
) -> list[int | None]:
    """Return the counts of one resource of each owner who cannot be busy on two, the largest."""
    found: list[int | None] = []
    of_hosts: dict[str, list[int | None]] = {}
    for one, count in zip(resources, counts, strict=True):
        rule = host_conflict_of(scene.tenant, scene.offering, one)
        if one.owner_id in scene.hosts and rule is HostConflict.REJECT:
            of_hosts.setdefault(one.owner_id or "", []).append(count)
        else:
            found.append(count)
    return found + [
        None if None in some else max(one or 0 for one in some) for some in of_hosts.values()
    ]


def _largest_party(counts: Sequence[int | None], members: int) -> int | None:
    """How many guests so many resources can serve, if each of them serves the whole party."""
    best = sorted(counts, key=lambda count: (count is not None, -(count or 0)))
    return _least(best[:members]) if len(best) >= members else 0


def _parties(counts: Sequence[int | None], members: int) -> int | None:
    """How many parties can be served, each by so many different resources.

    >>> _parties([1, 1, 1], 1), _parties([2, 1], 2), _parties([5, 1, 1], 2)
    (3, 1, 2)
    """
    if sum(count is None for count in counts) >= members:
        return None
    least, most = 0, sum(count or 0 for count in counts)
    if members == 1:
        return most
    while least < most:
        parties = (least + most + 1) // 2
        served = sum(parties if count is None else min(count, parties) for count in counts)
        least, most = (parties, most) if served >= members * parties else (least, parties - 1)
    return least
