"""Assignment: which resources serve a wish, requirement by requirement.

Each requirement has candidates. Those that cannot serve are left out, one reason at a time, in
the order in which refusals are given; of the rest, as many are chosen as are needed. One resource
serves one requirement of a booking, and where requirements share candidates the choice is a
matching (Kuhn's augmenting paths), so that a wish is refused only when no choice would do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

from holdfast.domain.ids import ResourceId
from holdfast.domain.over_commitment import units_left
from holdfast.domain.requirements import Choosing, Requirement
from holdfast.domain.resources import Resource
from holdfast.domain.scenes import (
    Room,
    Scene,
    Wish,
    is_claimed_by_slot,
    lefts_on,
    requirements_of,
    room_on,
)
from holdfast.domain.strategies import Chosen, in_preference, reason_for

ROLES_MAX = 100
"""In how many ways those asked for by name are tried, where they could serve several needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A resource that serves a requirement, and the units that it gives.

    Attributes:
        is_by_slot: Whether the slot has claimed it, or claims it, for all bookings in it.
        is_over: Whether it is taken although nothing is left.
        reason: Why it serves, rather than another one.
    """

    resource: Resource
    units: int
    requirement: Requirement
    reason: Chosen
    is_by_slot: bool = False
    is_over: bool = False


class Need:
    """One requirement of a wish, and who of its candidates may still serve."""

    __slots__ = ("candidates", "group", "is_by_slot", "is_open", "members", "requirement", "units")

    def __init__(self, scene: Scene, wish: Wish, requirement: Requirement) -> None:
        self.requirement = requirement
        self.is_by_slot = is_claimed_by_slot(scene.offering, requirement)
        self.group = scene.group(requirement)
        candidates = self.group.resources
        held = scene.slot_resources.get(wish.slot_id) if wish.slot_id is not None else None
        # Whether the slot that is asked for has taken its resources already.
        self.is_open = self.is_by_slot and held is not None
        if self.is_open and held is not None and not requirement.is_single:
            candidates = [one for one in candidates if one.resource_id in held]
        is_any = requirement.choosing is Choosing.ANY_OF
        candidates = in_preference(
            requirement, candidates, loads=scene.loads, starts_at=wish.starts_at
        )
        self.candidates = candidates
        self.members = requirement.members_for(wish.party_size) if is_any else len(candidates)
        if is_any and self.is_open:
            self.members = min(self.members, len(candidates))
        party = 1 if self.is_by_slot else wish.party_size
        self.units = requirement.units(party)

    @property
    def is_any(self) -> bool:
        """Whether it does not matter which of the candidates serve."""
        return self.requirement.choosing is Choosing.ANY_OF

    @property
    def is_short(self) -> bool:
        """Whether too few candidates are left."""
        # All of nobody: a pool without members, or a skill that nobody has.
        return len(self.candidates) < max(self.members, 1)

    def keep(self, may_serve: Callable[[Resource], bool]) -> list[Resource]:
        """Leave out the candidates that cannot serve; returns them."""
        serving = list(map(may_serve, self.candidates))
        if all(serving):
            return []
        pairs = list(zip(self.candidates, serving, strict=True))
        self.candidates = [one for one, serves in pairs if serves]
        return [one for one, serves in pairs if not serves]

    def may_be_served_by(self, resource_id: ResourceId) -> bool:
        """Whether a resource is still among the candidates."""
        return any(one.resource_id == resource_id for one in self.candidates)


def needs_of(scene: Scene, wish: Wish) -> list[Need]:
    """Return the needs of a wish, in the order of its requirements."""
    return [
        Need(scene, wish, requirement)
        for requirement in requirements_of(scene.offering, wish.components)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """What is short: the requirement, the resource that limits it if it is one, and by how much."""

    need: Need
    resource: Resource | None
    asked: int
    left: int
    room: Room | None = None


def assign(
    scene: Scene, wish: Wish, needs: Sequence[Need], *, is_forced: bool = False
) -> tuple[list[Taken], Shortage | None]:
    """Choose resources for all needs, or say what is short.

    Args:
        scene: What is known.
        wish: What is asked for.
        needs: Its needs, with the candidates that are in use, open and not blocked.
        is_forced: Take what is there although nothing is left, as staff may.
    """
    chosen: list[Taken] = []
    used: dict[str, int] = {}
    for need in needs:
        if need.is_any:
            continue
        shortage = _take_all(scene, wish, need, chosen, used, is_forced=is_forced)
        if shortage is not None and need.requirement.is_required:
            return chosen, shortage
    shortage = _take_any(scene, wish, needs, chosen, is_forced=is_forced)
    order = {id(need.requirement): i for i, need in enumerate(needs)}
    chosen.sort(key=lambda taken: order[id(taken.requirement)])
    return chosen, shortage


def _take_all(
    scene: Scene,
    wish: Wish,
    need: Need,
    chosen: list[Taken],
    used: dict[str, int],
    *,
    is_forced: bool,
) -> Shortage | None:
    """Take every candidate of a need, or none of them."""
    taken = []
    if need.is_short:
        return Shortage(need=need, resource=None, asked=max(1, need.members), left=0)
    for resource in need.candidates:
        is_over = False
        if not need.is_open:
            room = room_on(scene, wish, resource)
            mine = used.get(resource.resource_id, 0)
            if not room.fits(need.units + mine):
                if not is_forced:
                    left = max(0, (room.left or 0) - mine)
                    return Shortage(
                        need=need, resource=resource, asked=need.units, left=left, room=room
                    )
                is_over = True
        taken.append(_taken(wish, need, resource, is_over=is_over))
    for one in taken:
        used[one.resource.resource_id] = used.get(one.resource.resource_id, 0) + need.units
    chosen += taken
    return None


def _take_any(
    scene: Scene,
    wish: Wish,
    needs: Sequence[Need],
    chosen: list[Taken],
    *,
    is_forced: bool,
) -> Shortage | None:
    """Take as many candidates of each need as it asks for; no matter which, but for the picks."""
    taken = {one.resource.resource_id for one in chosen}
    picks = [one for one in wish.picks if one not in taken]
    some = [need for need in needs if need.is_any]
    if not some and not picks:
        return None
    if len(some) == 1 and not picks and not is_forced and not scene.is_over:
        return _take_first(scene, wish, some[0], taken, chosen)
    shortage: Shortage | None = None
    pools = None if is_forced else _Pools(scene, wish, needs, chosen)
    for roles in _roles(needs, picks):
        matching = _Matching(taken=taken, picks=dict(zip(picks, roles, strict=True)))
        found = _matched(scene, wish, needs, matching, pools)
        if found is None:
            for i, resource in matching.pairs():
                is_over = not _is_free(scene, wish, needs[i], resource)
                chosen.append(_taken(wish, needs[i], resource, is_over=is_over))
            return None
        shortage = shortage or found
    if shortage is None:
        # Somebody asked for by name serves nothing here, such as a room that the class is not in.
        lost = next(pick for pick in picks if not any(n.may_be_served_by(pick) for n in needs))
        return Shortage(need=needs[0], resource=scene.resources[lost], asked=1, left=0)
    return shortage


def _take_first(
    scene: Scene, wish: Wish, need: Need, taken: set[ResourceId], chosen: list[Taken]
) -> Shortage | None:
    """Take the first who are free: where one need chooses there is nobody to move aside."""
    free = [one for one in _free_of(scene, wish, need) if one.resource_id not in taken]
    if len(free) >= need.members:
        chosen += [_taken(wish, need, one, is_over=False) for one in free[: need.members]]
        return None
    if not need.requirement.is_required:
        return None
    return Shortage(need=need, resource=None, asked=need.members, left=len(free))


def _roles(needs: Sequence[Need], picks: Sequence[ResourceId]) -> Iterator[tuple[int, ...]]:
    """Yield the ways in which those asked for by name could serve: the index of each one's need."""
    able = [
        [i for i, need in enumerate(needs) if need.is_any and need.may_be_served_by(pick)]
        for pick in picks
    ]
    # Who is asked for and serves nothing is no candidate of any need: there is no way.
    yield from islice(product(*able), ROLES_MAX)


def _matched(
    scene: Scene,
    wish: Wish,
    needs: Sequence[Need],
    matching: _Matching,
    pools: _Pools | None,
) -> Shortage | None:
    """Match all needs, or say which one is short; without pools it does not matter what is left."""
    is_forced = pools is None
    for i, need in enumerate(needs):
        if not need.is_any:
            continue
        idle = {one.resource_id for one in _free_of(scene, wish, need)}
        if is_forced:
            # Whom staff wish for by name is taken although another one is free.
            idle.update(wish.picks)
        free = [one for one in need.candidates if one.resource_id in idle]
        busy = [one for one in need.candidates if one.resource_id not in idle]
        found = matching.add(i, free, need.members)
        if found < need.members and is_forced:
            found += matching.add(i, busy, need.members - found)
        is_short = found < need.members
        if not is_short and pools is not None:
            is_short = pools.are_beyond(needs[: i + 1], matching)
        if is_short or not matching.has_picks(i, free, busy if is_forced else ()):
            matching.drop(i)
            if need.requirement.is_required or matching.is_picked(i):
                left = min(found, need.members - 1)
                return Shortage(need=need, resource=None, asked=need.members, left=left)
    return None


def _free_of(scene: Scene, wish: Wish, need: Need) -> list[Resource]:
    """Return the candidates of a need of whom enough is left."""
    if need.is_open:
        return need.candidates
    lefts = lefts_on(scene, wish, need.candidates)
    units = need.units
    return [
        one
        for one, left in zip(need.candidates, lefts, strict=True)
        if left is None or left >= units
    ]


def pool_left(
    scene: Scene, wish: Wish, need: Need, serving: Sequence[Resource] | None = None
) -> int | None:
    """Return how many units those have left together of whom any serve; None if nobody is over.

    `serving` are those who can serve, if they are not the need's candidates.
    """
    if not scene.is_over or not need.is_any or need.is_open:
        return None
    able = need.candidates if serving is None else serving
    return units_left(scene, wish, everybody=scene.candidates(need.requirement), serving=able)


class _Pools:
    """What those have left together of whom any serve, where one of them is over."""

    def __init__(
        self, scene: Scene, wish: Wish, needs: Sequence[Need], chosen: Sequence[Taken]
    ) -> None:
        self._left = [
            (
                frozenset(one.resource_id for one in scene.candidates(need.requirement)),
                left,
            )
            for need in needs
            if (left := pool_left(scene, wish, need)) is not None
        ]
        open_roles = {id(need.requirement) for need in needs if need.is_open}
        self._chosen = [
            (one.resource.resource_id, one.units)
            for one in chosen
            if id(one.requirement) not in open_roles
        ]

    def are_beyond(self, needs: Sequence[Need], matching: _Matching) -> bool:
        """Whether what is matched so far is more than one of them has left."""
        if not self._left:
            return False
        matched = [
            (resource.resource_id, needs[i].units)
            for i, resource in matching.pairs()
            if not needs[i].is_open
        ]
        taken = [*self._chosen, *matched]
        return any(
            sum(units for resource_id, units in taken if resource_id in ids) > left
            for ids, left in self._left
        )


def _is_free(scene: Scene, wish: Wish, need: Need, resource: Resource) -> bool:
    return need.is_open or room_on(scene, wish, resource).fits(need.units)


def _taken(wish: Wish, need: Need, resource: Resource, *, is_over: bool) -> Taken:
    return Taken(
        resource=resource,
        units=need.units,
        requirement=need.requirement,
        reason=reason_for(need.requirement, is_asked=resource.resource_id in wish.picks),
        is_by_slot=need.is_by_slot,
        is_over=is_over,
    )


class _Matching:
    """Resources matched to the places of needs, each resource once.

    Who was asked for by name is kept for the need that `picks` says, and goes first there.
    """

    def __init__(self, *, taken: set[ResourceId], picks: Mapping[ResourceId, int]) -> None:
        self._taken = taken
        self._picks = picks
        # A place is a need's index and a number; edges are in order of preference.
        self._edges: dict[tuple[int, int], Sequence[Resource]] = {}
        self._place_of: dict[ResourceId, tuple[int, int]] = {}
        self._resource_at: dict[tuple[int, int], Resource] = {}

    def add(self, index: int, candidates: Sequence[Resource], members: int) -> int:
        """Match up to so many places more of a need; returns how many were."""
        free = [
            one
            for one in candidates
            if one.resource_id not in self._taken
            and self._picks.get(one.resource_id, index) == index
        ]
        picked = [one for one in free if one.resource_id in self._picks]
        first = sum(place[0] == index for place in self._edges)
        for number in range(first, first + members):
            place = (index, number)
            # A place for each of those asked for by name, and nobody else sits there.
            self._edges[place] = [picked.pop(0)] if picked else free
            if not self._augment(place, set()):
                del self._edges[place]
                return number - first
        return members

    def is_picked(self, index: int) -> bool:
        """Whether somebody was asked for by name for a need."""
        return index in self._picks.values()

    def has_picks(self, index: int, free: Sequence[Resource], forced: Sequence[Resource]) -> bool:
        """Whether everybody asked for by name for a need serves it."""
        ids = {one.resource_id for one in (*free, *forced)}
        wanted = {pick for pick, place in self._picks.items() if place == index}
        serving = {one.resource_id for place, one in self._resource_at.items() if place[0] == index}
        return wanted <= ids and wanted <= serving

    def drop(self, index: int) -> None:
        """Give back what a need was matched to."""
        for place in [place for place in self._edges if place[0] == index]:
            resource = self._resource_at.pop(place, None)
            if resource is not None:
                del self._place_of[resource.resource_id]
            del self._edges[place]

    def pairs(self) -> list[tuple[int, Resource]]:
        """Return each need's index with each of its resources, in the order of the places."""
        return [(place[0], self._resource_at[place]) for place in sorted(self._resource_at)]

    def _augment(self, place: tuple[int, int], seen: set[ResourceId]) -> bool:
        """Find a resource for a place, moving others aside if they can go elsewhere."""
        for resource in self._edges[place]:
            # A free one first, in order of preference: others are moved only for need.
            if resource.resource_id not in self._place_of:
                self._put(place, resource)
                return True
        for resource in self._edges[place]:
            resource_id = resource.resource_id
            if resource_id in seen:
                continue
            seen.add(resource_id)
            if self._augment(self._place_of[resource_id], seen):
                self._put(place, resource)
                return True
        return False

    def _put(self, place: tuple[int, int], resource: Resource) -> None:
        self._place_of[resource.resource_id] = place
        self._resource_at[place] = resource
