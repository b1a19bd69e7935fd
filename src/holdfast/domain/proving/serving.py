"""Who serves: whether what an open slot has taken is what its offering asks for.

Where any of several resources serve, no one set is right: what counts is that each belongs to a
requirement, and that each requirement has as many as it needs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import combinations

from holdfast.domain.claims import Claim
from holdfast.domain.requirements import Choosing, Requirement

Part = tuple[str, int]
"""A resource, and the units that it gives."""

Member = Callable[[Requirement, str], bool]
"""Whether a resource may serve a requirement."""

OPTIONAL_MAX = 10
"""Of more requirements that may be left out, any choice is taken to be right."""


def parts_of(claims: Iterable[Claim]) -> Counter[Part]:
    """Return the resources that claims take, each as often as it serves, whatever the pieces."""
    first: dict[str, datetime] = {}
    parts: Counter[Part] = Counter()
    for claim in sorted(claims, key=lambda one: one.starts_at):
        if claim.resource_id is None:
            continue
        if first.setdefault(claim.resource_id, claim.starts_at) == claim.starts_at:
            parts[claim.resource_id, claim.units] += 1
    return parts


def is_served(
    requirements: Sequence[Requirement],
    parts: Counter[Part],
    *,
    may_serve: Member,
    everybody: Sequence[Sequence[str] | None],
) -> bool:
    """Say whether resources are just what requirements ask for.

    Args:
        requirements: What is asked for, each once and whatever the party.
        parts: The resources that were taken.
        may_serve: Whether a resource may serve a requirement.
        everybody: Of each requirement all who may serve it; None if nobody knows.
    """
    rest = Counter(parts)
    fixed = set[str]()
    for item, wanted in zip(requirements, everybody, strict=True):
        if item.choosing is not Choosing.ALL_OF:
            continue
        if wanted is None:
            asked = Counter((name, item.quantity) for name, _ in rest if may_serve(item, name))
        else:
            asked = Counter((name, item.quantity) for name in wanted)
        if item.is_required and (not asked or asked - rest):
            return False
        fixed.update(name for name, _ in asked & rest)
        rest -= asked
    loose = list(rest.elements())
    names = {name for name, _ in loose}
    if len(names) < len(loose) or names & fixed:
        return False  # where any will do, one resource serves once
    anyhow = [item for item in requirements if item.choosing is Choosing.ANY_OF]
    return any(_is_matched(chosen, loose, may_serve) for chosen in _choices(anyhow, len(loose)))


def _choices(requirements: Sequence[Requirement], count: int) -> Iterator[list[Requirement]]:
    """Yield the requirements that so many resources can have met: some may have been left out."""
    needed = [item for item in requirements if item.is_required]
    spare = [item for item in requirements if not item.is_required][:OPTIONAL_MAX]
    for size in range(len(spare) + 1):
        for some in combinations(spare, size):
            if sum(item.members for item in (*needed, *some)) == count:
                yield [*needed, *some]


def _is_matched(
    requirements: Sequence[Requirement], parts: Sequence[Part], may_serve: Member
) -> bool:
    """Say whether each resource can have a place of a requirement of its own."""
    places = [item for item in requirements for _ in range(item.members)]
    taken_by: dict[int, Part] = {}

    def has_place(part: Part, seen: set[int]) -> bool:
        for number, item in enumerate(places):
            if number in seen or item.quantity != part[1] or not may_serve(item, part[0]):
                continue
            seen.add(number)
            if number not in taken_by or has_place(taken_by[number], seen):
                taken_by[number] = part
                return True
        return False

    return all(has_place(part, set()) for part in parts)
