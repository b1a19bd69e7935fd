"""Strategies: in which order those who may serve are tried, and why one was chosen.

Whoever is free is chosen in this order; the order never decides whether a wish is accepted. What
somebody has to do is read from the claims under the locks of those who may serve, so that the
choice is exact under parallel requests and there is no state of its own to go wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from holdfast.domain.claims import Claim, ClaimOwner
from holdfast.domain.ids import ResourceId
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, Interval
from holdfast.domain.requirements import Choosing, Requirement, Strategy
from holdfast.domain.resources import Resource

LOAD_AROUND = timedelta(days=7)
"""What somebody has to do is counted so long before and after the time that is asked for."""

_LONG_AGO = FIRST_INSTANT
_BY_LOAD = frozenset({Strategy.ROUND_ROBIN, Strategy.LEAST_LOADED})


class Chosen(StrEnum):
    """Why a resource serves.

    NEEDED: every one that is named does. ASKED: it was asked for by name. The others are those
    strategies by which it came before the others that were free.
    """

    NEEDED = "needed"
    ASKED = "asked"
    FIRST_AVAILABLE = "first_available"
    ROUND_ROBIN = "round_robin"
    LEAST_LOADED = "least_loaded"
    PRIORITY = "priority"
    RANDOM = "random"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Load:
    """What somebody has to do around some time.

    Attributes:
        taken: The time that is taken, times its units.
        last_at: When something was taken last; long ago if nothing is.
        last_count: How often then: many are chosen in one instant.
    """

    taken: timedelta = timedelta(0)
    last_at: datetime = _LONG_AGO
    last_count: int = 0


_NOTHING = Load()


def is_by_load(requirement: Requirement) -> bool:
    """Whether the order depends on what those who may serve have to do."""
    return requirement.choosing is Choosing.ANY_OF and requirement.strategy in _BY_LOAD


def around(interval: Interval) -> Interval:
    """Return the time in which loads are counted."""
    return Interval(
        starts_at=max(FIRST_INSTANT, interval.starts_at - LOAD_AROUND),
        ends_at=min(LAST_INSTANT, interval.ends_at + LOAD_AROUND),
    )


def load_of(claims: Iterable[Claim]) -> Load:
    """Return what claims that count amount to; blocks are no work."""
    mine = [claim for claim in claims if claim.owner_kind is not ClaimOwner.BLOCK]
    last_at = max((one.acquired_at for one in mine), default=_LONG_AGO)
    return Load(
        taken=sum(((one.ends_at - one.starts_at) * one.units for one in mine), start=timedelta(0)),
        last_at=last_at,
        last_count=sum(one.acquired_at == last_at for one in mine),
    )


def in_preference(
    requirement: Requirement,
    resources: Sequence[Resource],
    *,
    loads: Mapping[ResourceId, Load],
    starts_at: datetime,
) -> list[Resource]:
    """Return resources in the order in which they are tried; the order given settles ties."""

    def load(one: Resource) -> Load:
        return loads.get(one.resource_id, _NOTHING)

    def lot(one: Resource) -> bytes:
        drawn = f"{requirement.seed}|{starts_at.isoformat()}|{one.resource_id}"
        return sha256(drawn.encode()).digest()

    match requirement.strategy if requirement.choosing is Choosing.ANY_OF else None:
        case Strategy.ROUND_ROBIN:
            return sorted(resources, key=lambda one: (load(one).last_at, load(one).last_count))
        case Strategy.LEAST_LOADED:
            return sorted(resources, key=lambda one: load(one).taken)
        case Strategy.PRIORITY:
            return sorted(resources, key=lambda one: one.sort_order)
        case Strategy.RANDOM:
            return sorted(resources, key=lot)
        case _:
            return list(resources)


def unasked(
    requirements: Iterable[Requirement],
    members: Mapping[str, Sequence[ResourceId]],
    picks: Iterable[ResourceId],
) -> Requirement | None:
    """Return a requirement that nobody was asked for by name for, although it serves so only."""
    asked = set(picks)
    for one in requirements:
        is_manual = one.choosing is Choosing.ANY_OF and one.strategy is Strategy.MANUAL
        named = asked.intersection(candidate_ids(one, members))
        if is_manual and one.is_required and len(named) < one.members:
            return one
    return None


def candidate_ids(
    requirement: Requirement, members: Mapping[str, Sequence[ResourceId]]
) -> Sequence[ResourceId]:
    """Return the resources that a requirement names, itself or by a pool or category."""
    if requirement.pool_id is not None:
        return members.get(requirement.pool_id, ())
    if requirement.category_id is not None:
        return members.get(requirement.category_id, ())
    return requirement.named_ids


def reason_for(requirement: Requirement, *, is_asked: bool) -> Chosen:
    """Return why one of those who may serve a requirement was chosen."""
    if is_asked:
        return Chosen.ASKED
    if requirement.choosing is Choosing.ALL_OF:
        return Chosen.NEEDED
    return Chosen(requirement.strategy.value)
