"""Verdicts: whether a wish can be booked, what limits it, and every reason why not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from holdfast.domain.assignment import Need, pool_left
from holdfast.domain.availability import CHECKS, PARTY_CHECKS, judge
from holdfast.domain.cases import Case
from holdfast.domain.eligibility import Exclusion, exclusion_of
from holdfast.domain.errors import Alternative, CapacityExceeded, HoldfastError
from holdfast.domain.ids import ResourceId
from holdfast.domain.offerings import Counting
from holdfast.domain.remaining import places_left, units_in_all
from holdfast.domain.requirements import Choosing, Per, Requirement
from holdfast.domain.resources import Resource
from holdfast.domain.scenes import Scene, Wish, chosen_components, is_host_busy, room_on
from holdfast.domain.slots import Slot

TIME_CHECKS = tuple(check for check in CHECKS if check not in PARTY_CHECKS)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityVerdict:
    """Whether a party is of a size that can be served at all, whatever is taken.

    Attributes:
        capacity_max: The largest party; None is without limit.
        limited_by: What sets that limit: a component's key, or an id; None without limit.
    """

    is_valid: bool
    capacity_max: int | None
    requested: int
    limited_by: str | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateVerdict:
    """Whether one resource could serve one requirement then.

    Attributes:
        free: Units that are left of it for the whole time; None is unlimited.
        reason: Why it cannot serve, in the words of `eligibility`.
        is_host_busy: Whether its owner is busy on another resource, which matters.
    """

    resource_id: ResourceId
    name: str
    total: int | None
    free: int | None
    reason: Exclusion | None
    is_host_busy: bool

    @property
    def is_free(self) -> bool:
        """Whether it could serve."""
        return self.reason is None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementVerdict:
    """How a requirement stands: how many resources serve it, and how many of them are free.

    Attributes:
        target_id: The resource, pool or category that is required, or the first one named.
        needed: How many resources it takes.
        reason: Why it is not met: that of the first resource that cannot serve.
    """

    role: str
    target_id: str
    is_required: bool
    needed: int
    total: int
    free: int
    reason: str | None
    candidates: tuple[CandidateVerdict, ...]

    @property
    def is_met(self) -> bool:
        """Whether enough of them are free."""
        return self.reason is None


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityVerdict:
    """Whether there is room then, whatever the size of a party may be.

    Attributes:
        remaining: How many more could come, guests or parties; None is without limit.
    """

    is_available: bool
    remaining: int | None
    requirements: tuple[RequirementVerdict, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer to "could this be booked now?". Nothing is written for it.

    Attributes:
        refusal: What a booking would be refused with; None when it can be booked.
        reasons: Every reason why not, of which the refusal is the first.
    """

    can_book: bool
    capacity: CapacityVerdict
    availability: AvailabilityVerdict
    refusal: HoldfastError | None
    reasons: tuple[HoldfastError, ...]
    alternatives: tuple[Alternative, ...] = ()


def verdict_on(scene: Scene, wish: Wish, *, now: datetime) -> Verdict:
    """Judge a wish in full: the verdict of `judge`, with everything that leads to it."""
    refusal = judge(scene, wish, now=now)
    reasons = reasons_against(scene, wish, now=now)
    of_time = judge(scene, wish, now=now, checks=TIME_CHECKS)
    is_short = of_time is None or isinstance(of_time, CapacityExceeded)
    return Verdict(
        can_book=refusal is None,
        capacity=_capacity(scene, wish, now=now),
        availability=AvailabilityVerdict(
            is_available=of_time is None,
            remaining=places_left(scene, wish, now=now) if is_short else 0,
            requirements=_requirements(scene, wish, now=now),
        ),
        refusal=refusal,
        reasons=reasons,
    )


def reasons_against(scene: Scene, wish: Wish, *, now: datetime) -> tuple[HoldfastError, ...]:
    """Return every reason against a wish, in the order of the checks, each by itself.

    Who serves is judged by those who are in use: a shortage that follows from a block is said
    once, as the block.
    """
    found: list[HoldfastError] = []
    case = Case(scene, wish, now=now)
    for check in CHECKS:
        refusal = check(case)
        if refusal is not None:
            found.append(refusal)
    last = found[-1] if len(found) > 1 else None
    is_by_slot = last is not None and last.fields.get("limited_by") == wish.slot_id
    if isinstance(last, CapacityExceeded) and not is_by_slot and _is_short(case):
        found.pop()
    return tuple(found)


def _is_short(case: Case) -> bool:
    return any(need.is_short for need in case.needs if need.requirement.is_required)


def _capacity(scene: Scene, wish: Wish, *, now: datetime) -> CapacityVerdict:
    limits = list(_party_limits(scene, wish, Case(scene, wish, now=now).needs))
    size = wish.party_size
    most, limited_by, name = min(limits, default=(None, None, ""), key=lambda limit: limit[0])
    refusal = judge(scene, wish, now=now, checks=PARTY_CHECKS)
    message = "" if refusal is None else refusal.detail
    if refusal is None and most is not None and size > most:
        message = f"{size} asked for, at most {most} can be served: {name} limits it."
    return CapacityVerdict(
        is_valid=not message,
        capacity_max=most,
        requested=size,
        limited_by=limited_by,
        message=message,
    )


def _party_limits(scene: Scene, wish: Wish, needs: Sequence[Need]) -> list[tuple[int, str, str]]:
    """Return what limits the size of a party: the limit, what sets it, and its name."""
    offering = scene.offering
    limits: list[tuple[int, str, str]] = []
    most = scene.policy().party_max
    if most is not None:
        limits.append((most, offering.offering_id, offering.name))
    limits.extend(
        (component.capacity, component.key, component.name)
        for component in chosen_components(offering, wish.components)
        if component.capacity is not None
    )
    if offering.counting is Counting.PLACES:
        slot: Slot | None = wish.slot
        places = offering.slot_capacity if slot is None else slot.capacity
        if places is not None:
            limits.append((places, wish.slot_id or offering.offering_id, "the slot"))
    for need in needs:
        limit = _limit_of_need(scene, wish, need)
        if limit is not None and need.requirement.is_required:
            limits.append((limit, _target_id(need), need.requirement.role or _names(need)))
    return limits


def _limit_of_need(scene: Scene, wish: Wish, need: Need) -> int | None:
    """The largest party that the candidates of a need could serve if nothing were taken."""
    return largest_party(
        need.requirement,
        need.candidates,
        is_by_slot=need.is_by_slot,
        units_of=lambda resource: units_in_all(scene, wish, resource),
    )


def largest_party(
    requirement: Requirement,
    candidates: Sequence[Resource],
    *,
    is_by_slot: bool,
    units_of: Callable[[Resource], int | None],
) -> int | None:
    """Return the largest party that candidates could serve if nothing were taken; None: any.

    Args:
        requirement: What they have to serve.
        candidates: Who may; of nobody nothing is said.
        is_by_slot: Whether the slot takes them, and not each booking in it.
        units_of: How much there is of one, None if nothing limits it.
    """
    if not candidates:
        return None
    limits = []
    for resource in candidates:
        units = units_of(resource)
        goes_with_party = requirement.per is Per.PARTICIPANT and not is_by_slot
        room = units // requirement.quantity if units is not None and goes_with_party else None
        most = [limit for limit in (room, resource.party_max) if limit is not None]
        limits.append(min(most, default=None))
    if requirement.members_per is Per.PARTICIPANT:
        return len(candidates) // requirement.members
    known = [limit for limit in limits if limit is not None]
    if requirement.choosing is not Choosing.ANY_OF:
        return min(known, default=None)
    if len(known) < len(limits):
        return None
    best = sorted(known, reverse=True)[: requirement.members]
    return best[-1]


def _requirements(scene: Scene, wish: Wish, *, now: datetime) -> tuple[RequirementVerdict, ...]:
    case = Case(scene, wish, now=now)
    found = []
    for need in case.needs:
        candidates = tuple(_candidate(case, need, resource) for resource in need.candidates)
        able = [one for one, said in zip(need.candidates, candidates, strict=True) if said.is_free]
        left = pool_left(scene, wish, need, able)
        free = len(able) if left is None else min(len(able), left // need.units)
        is_short = free < max(need.members, 1)
        lost = next((one.reason for one in candidates if not one.is_free), "nobody")
        found.append(
            RequirementVerdict(
                role=need.requirement.role,
                target_id=_target_id(need),
                is_required=need.requirement.is_required,
                needed=need.members,
                total=len(candidates),
                free=free,
                reason=lost if is_short else None,
                candidates=candidates,
            )
        )
    return tuple(found)


def _candidate(case: Case, need: Need, resource: Resource) -> CandidateVerdict:
    """Look at one resource as if it had to serve alone."""
    scene, wish = case.scene, case.wish
    return CandidateVerdict(
        resource_id=resource.resource_id,
        name=resource.name,
        total=units_in_all(scene, wish, resource),
        free=room_on(scene, wish, resource).left,
        reason=exclusion_of(scene, wish, need.requirement, resource, now=case.now),
        is_host_busy=not need.is_open and is_host_busy(scene, wish, resource),
    )


def _target_id(need: Need) -> str:
    requirement = need.requirement
    named = requirement.named_ids
    return requirement.pool_id or requirement.category_id or (named[0] if named else "")


def _names(need: Need) -> str:
    return ", ".join(resource.name for resource in need.candidates[:3])
