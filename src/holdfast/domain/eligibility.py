"""Eligibility: for every requirement of a wish, who may serve it, and why the others may not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from holdfast.domain.assignment import Need
from holdfast.domain.availability import CHECKS, SERVING_CHECKS, judge
from holdfast.domain.cases import Case
from holdfast.domain.errors import (
    BeyondHorizon,
    HoldfastError,
    NoticeTooShort,
    PartySizeRefused,
)
from holdfast.domain.requirements import Choosing, Requirement
from holdfast.domain.resources import Resource, ResourceStatus
from holdfast.domain.scenes import Scene, Wish, requirements_of, room_on
from holdfast.domain.strategies import candidate_ids


class Exclusion(StrEnum):
    """Why a resource may not serve.

    OFFERING: the offering itself cannot be booked so, whoever serves. IN_SLOT: the slot has taken
    its resources already, and this is none of them. HOST_BUSY: its owner is busy elsewhere, and
    the policy in force minds.
    """

    DELETED = "deleted"
    INACTIVE = "inactive"
    SETTLING = "settling"
    SKILLS = "skills"
    PARTY_SIZE = "party_size"
    OUTSIDE_HOURS = "outside_hours"
    BLOCKED = "blocked"
    NOTICE = "notice"
    HORIZON = "horizon"
    CAPACITY = "capacity"
    HOST_BUSY = "host_busy"
    IN_SLOT = "in_slot"
    OFFERING = "offering"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One resource that a requirement names, itself or by its pool or category.

    Attributes:
        reason: Why it may not serve; None if it may.
        units_left: How many units of it are left then; None when nothing limits it, or when it was
            excluded before that was looked at.
    """

    resource: Resource
    reason: Exclusion | None
    units_left: int | None

    @property
    def is_eligible(self) -> bool:
        """Whether it may serve."""
        return self.reason is None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementCandidates:
    """Who may serve one requirement.

    Attributes:
        pointer: Where the requirement stands in the offering, as a JSON pointer.
        members: How many of the candidates are needed.
        units: How many units of each.
    """

    pointer: str
    requirement: Requirement
    members: int
    units: int
    candidates: tuple[Candidate, ...]

    @property
    def is_met(self) -> bool:
        """Whether enough of them may serve."""
        return sum(one.is_eligible for one in self.candidates) >= max(1, self.members)


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """Who may serve a wish.

    Attributes:
        refusal: Why the wish as a whole would be refused now; None when it would be accepted.
    """

    wish: Wish
    refusal: HoldfastError | None
    requirements: tuple[RequirementCandidates, ...]


def eligibility_of(scene: Scene, wish: Wish, *, now: datetime) -> Eligibility:
    """Say for every requirement who may serve, by the checks that decide a booking.

    A candidate that may serve would be accepted if it were picked by name, as long as the other
    requirements can be met too; one that may not would be refused.
    """
    is_refused = _offering_refuses(scene, wish, now=now)
    chosen = set(wish.components)
    found = [
        _candidates_of(scene, wish, f"/requirements/{i}", needed, is_refused=is_refused, now=now)
        for i, needed in enumerate(scene.offering.requirements)
    ]
    for i, component in enumerate(scene.offering.components):
        if component.key in chosen:
            found += [
                _candidates_of(
                    scene,
                    wish,
                    f"/components/{i}/requirements/{k}",
                    needed,
                    is_refused=is_refused,
                    now=now,
                )
                for k, needed in enumerate(component.requirements)
            ]
    assert len(found) == len(requirements_of(scene.offering, wish.components))
    return Eligibility(wish=wish, refusal=judge(scene, wish, now=now), requirements=tuple(found))


def _offering_refuses(scene: Scene, wish: Wish, *, now: datetime) -> bool:
    """Whether a wish is refused whoever serves: by its party, length, hours, notice or slot."""
    case = Case(scene, wish, now=now)
    case.needs = []
    return any(check(case) is not None for check in CHECKS)


def _candidates_of(
    scene: Scene,
    wish: Wish,
    pointer: str,
    requirement: Requirement,
    *,
    is_refused: bool,
    now: datetime,
) -> RequirementCandidates:
    need = Need(scene, wish, requirement)
    candidates = []
    for resource_id in candidate_ids(requirement, scene.members):
        resource = scene.resources[resource_id]
        reason = exclusion_of(scene, wish, requirement, resource, now=now)
        is_looked_at = reason in {None, Exclusion.CAPACITY}
        left = room_on(scene, wish, resource).left if is_looked_at else None
        if reason is None and is_refused:
            reason = Exclusion.OFFERING
        candidates.append(Candidate(resource=resource, reason=reason, units_left=left))
    return RequirementCandidates(
        pointer=pointer,
        requirement=requirement,
        members=need.members,
        units=need.units,
        candidates=tuple(candidates),
    )


def exclusion_of(
    scene: Scene, wish: Wish, requirement: Requirement, resource: Resource, *, now: datetime
) -> Exclusion | None:
    """Return what the evaluator has against a resource, as if it had to serve alone; or None."""
    need = Need(scene, wish, requirement)
    if resource not in need.candidates:
        is_able = resource in scene.candidates(requirement)
        return Exclusion.IN_SLOT if is_able else Exclusion.SKILLS
    need.candidates, need.members = [resource], 1
    # As if it were required: a check says nothing of those it leaves out of an optional one.
    need.requirement = replace(requirement, is_required=True, choosing=Choosing.ANY_OF)
    case = Case(scene, wish, now=now)
    case.needs = [need]
    for check in SERVING_CHECKS:
        refusal = check(case)
        if not need.candidates:
            assert refusal is not None, "whoever is left out of a required need is refused"
            return _exclusion(resource, refusal)
    is_taken = not need.is_open and not room_on(scene, wish, resource).fits(need.units)
    return Exclusion.CAPACITY if is_taken else None


def _exclusion(resource: Resource, refusal: HoldfastError) -> Exclusion:
    if isinstance(refusal, PartySizeRefused):
        return Exclusion.PARTY_SIZE
    if isinstance(refusal, NoticeTooShort):
        return Exclusion.NOTICE
    if isinstance(refusal, BeyondHorizon):
        return Exclusion.HORIZON
    if resource.status is ResourceStatus.DELETED:
        return Exclusion.DELETED
    if resource.status is ResourceStatus.INACTIVE:
        return Exclusion.INACTIVE
    return Exclusion(str(refusal.fields["reason"]))
