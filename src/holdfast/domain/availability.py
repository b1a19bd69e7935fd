"""Availability: one evaluator that decides a booking, lists slots and explains a refusal.

A `Scene` is everything known about one offering around some time; a `Wish` is one request. What
`judge` accepts is what `open_slots` lists, because both are the same function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from holdfast.domain.assignment import Shortage, Taken, assign
from holdfast.domain.cases import Case
from holdfast.domain.errors import (
    CapacityExceeded,
    HoldfastError,
    InputInvalid,
    LengthRefused,
    PartySizeRefused,
)
from holdfast.domain.hosts import host_conflict_of
from holdfast.domain.offerings import Counting, OfferingStatus
from holdfast.domain.opening import closed, hours
from holdfast.domain.overrides import Override
from holdfast.domain.policies import HostConflict
from holdfast.domain.policy_checks import horizon, notice, party_size
from holdfast.domain.requirements import Requirement
from holdfast.domain.resources import Resource, ResourceStatus
from holdfast.domain.scenes import (
    Scene,
    Wish,
    chosen_components,
    is_host_busy,
    taken_stretches,
    unknown_component,
)
from holdfast.domain.shapes import Shape, in_words, runs
from holdfast.domain.slots import SlotStatus
from holdfast.domain.tenants import TenantStatus
from holdfast.domain.zones import zone

NAMES_SHOWN_MAX = 3


def _components(case: Case) -> HoldfastError | None:
    offering, wish = case.scene.offering, case.wish
    if not wish.components:
        return None
    known = {component.key for component in offering.components}
    for i, key in enumerate(wish.components):
        if key not in known:
            return unknown_component(offering, i, key)
    limited = [one for one in chosen_components(offering, wish.components) if one.capacity]
    least = min(limited, key=lambda one: one.capacity or 0, default=None)
    if least is None or least.capacity is None or wish.party_size <= least.capacity:
        return None
    message = (
        f"{wish.party_size} participants exceed the capacity of {least.capacity}: limited by"
        f" {least.name}. Book for fewer, or without it."
    )
    return CapacityExceeded(
        message, requested=wish.party_size, remaining=least.capacity, limited_by=least.key
    )


def _length(case: Case) -> HoldfastError | None:
    """Refuse a stay that is too short, too long, or not on the offering's steps."""
    offering, stay = case.scene.offering, case.wish.stay
    if offering.shape is Shape.SLOTS:
        return None
    if offering.shape is Shape.FREE:
        return _free_length(case)
    what = "night" if offering.shape is Shape.NIGHTS else "day"
    count = len(stay.dates)
    if count < offering.dates_min:
        message = f"'{offering.name}' is booked for at least {offering.dates_min} {what}(s)."
        return LengthRefused(message, limit=offering.dates_min, actual=count)
    if offering.dates_max is not None and count > offering.dates_max:
        message = f"'{offering.name}' is booked for at most {offering.dates_max} {what}(s)."
        return LengthRefused(message, limit=offering.dates_max, actual=count)
    is_scattered = len(runs(stay.dates)) > 1
    if is_scattered and not (offering.is_scattered and offering.shape is Shape.DAYS):
        message = f"The {what}s have to follow each other without a gap."
        return InputInvalid.at("/dates", "not_consecutive", message)
    return None


def _free_length(case: Case) -> HoldfastError | None:
    offering, stay = case.scene.offering, case.wish.stay
    length = stay.ends_at - stay.starts_at
    least, most = offering.length_min or offering.duration, offering.length_max
    if length < least:
        message = f"'{offering.name}' is booked for at least {in_words(least)}."
        return LengthRefused(message, limit=_seconds(least), actual=_seconds(length))
    if most is not None and length > most:
        message = f"'{offering.name}' is booked for at most {in_words(most)}."
        return LengthRefused(message, limit=_seconds(most), actual=_seconds(length))
    step = offering.slot_step
    if step is None:
        return None
    here = zone(case.scene.zone_name)
    local = stay.starts_at.astimezone(here)
    minute = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)
    if minute % step or length % step:
        message = f"Start and length go in steps of {in_words(step)}. Choose others."
        return closed(message, "not_on_grid")
    return None


def _in_use(case: Case) -> HoldfastError | None:
    scene, slot = case.scene, case.wish.slot
    if scene.tenant.status is not TenantStatus.ACTIVE:
        return closed("This business takes no bookings at the moment.", "tenant_inactive")
    if scene.offering.status is not OfferingStatus.ACTIVE:
        return closed(f"'{scene.offering.name}' is not offered now.", "offering_inactive")
    if slot is not None and slot.status is not SlotStatus.OPEN:
        return closed(f"This slot is {slot.status}. Choose another one.", f"slot_{slot.status}")
    if slot is not None and (slot.is_settling or slot.limit_to is not None):
        return closed("This slot is being changed. Try again in a moment.", "settling")
    needs = [need for need in case.needs if not need.group.is_in_use]
    if not needs:
        return None
    refusal = case.leave_out(
        lambda one: one.status is ResourceStatus.ACTIVE,
        lambda _, one: closed(f"{one.name} is out of use. Choose another.", "resource_inactive"),
        needs=needs,
    )
    return refusal or case.leave_out(
        lambda one: not one.is_settling,
        lambda _, one: closed(f"{one.name} is being changed. Try again in a moment.", "settling"),
        needs=needs,
    )


def _large_enough(case: Case) -> HoldfastError | None:
    """Leave out resources that do not serve a party of this size."""
    size = case.wish.party_size
    return case.leave_out(
        lambda one: (one.party_min or 1) <= size <= (one.party_max or size),
        lambda _, one: _unfit(one, size),
        needs=[need for need in case.needs if not need.group.serves_any_party],
    )


def _unfit(resource: Resource, size: int) -> PartySizeRefused:
    if resource.party_max is not None and size > resource.party_max:
        message = f"{resource.name} serves at most {resource.party_max} at a time."
        return PartySizeRefused(message, limit=resource.party_max, actual=size)
    least = resource.party_min or 1
    message = f"{resource.name} serves at least {least}."
    return PartySizeRefused(message, limit=least, actual=size)


def _not_blocked(case: Case) -> HoldfastError | None:
    return case.leave_out(
        lambda one: _block_reason(case.scene, case.wish, one) is None,
        lambda _, one: closed(
            f"{one.name} is closed then{_block_reason(case.scene, case.wish, one)}.", "blocked"
        ),
        needs=[need for need in case.needs if need.group.has_blocks],
    )


def _block_reason(scene: Scene, wish: Wish, resource: Resource) -> str | None:
    """Why a resource is blocked then, as the end of a sentence; None if it is not."""
    index = scene.claims.get(resource.resource_id)
    if index is None:
        return None
    for taken in taken_stretches(scene, wish.stay, resource):
        block = index.block_over(taken)
        if block is not None:
            return f": {block.reason}" if block.reason else ""
    return None


def _host_free(case: Case) -> HoldfastError | None:
    """Leave out those whose owner is busy on another resource, where that is a reason."""
    scene, wish = case.scene, case.wish
    if not scene.hosts:
        return None
    return case.leave_out(
        lambda one: (
            not (
                host_conflict_of(scene.tenant, scene.offering, one) is HostConflict.REJECT
                and is_host_busy(scene, wish, one)
            )
        ),
        lambda _, one: _waitable(case, _busy_elsewhere(one)),
        # What a slot has taken already is no further conflict.
        needs=[need for need in case.needs if not need.is_open],
    )


def _busy_elsewhere(resource: Resource) -> CapacityExceeded:
    message = f"{resource.name} is free, but its owner is busy elsewhere. Choose another time."
    refusal = CapacityExceeded(message, requested=1, remaining=0, limited_by=resource.resource_id)
    refusal.fields["reason"] = "host_busy"
    return refusal


def _capacity(case: Case) -> HoldfastError | None:
    """Choose the resources, or say what is short."""
    is_forced = case.override is not None and case.override.capacity
    left = slot_places_left(case.scene, case.wish)
    if left is not None and case.wish.party_size > left and not is_forced:
        return _waitable(
            case, _short("the slot", case.wish.slot_id or "", asked=case.wish.party_size, left=left)
        )
    case.taken, shortage = assign(case.scene, case.wish, case.needs, is_forced=is_forced)
    return None if shortage is None else _waitable(case, _shortage(case, shortage))


def _waitable(case: Case, refusal: CapacityExceeded) -> CapacityExceeded:
    """Say that one may wait for a place, where the offering has a waitlist."""
    if case.scene.offering.has_waitlist:
        refusal.detail += " You may join the waitlist."
        refusal.fields["has_waitlist"] = True
    return refusal


def _opening_capacity(case: Case) -> HoldfastError | None:
    """Choose the resources that a slot takes for itself."""
    own = [need for need in case.needs if need.is_by_slot]
    case.taken, shortage = assign(case.scene, case.wish, own)
    if shortage is None:
        return None
    if shortage.resource is None:
        return _shortage(case, shortage)
    return CapacityExceeded(
        f"{shortage.resource.name} is taken then. Choose another time.",
        requested=shortage.asked,
        remaining=shortage.left,
        limited_by=shortage.resource.resource_id,
    )


def _shortage(case: Case, shortage: Shortage) -> CapacityExceeded:
    resource, requirement = shortage.resource, shortage.need.requirement
    if resource is None:
        name = requirement.role or _name_of(case.scene, requirement)
        refusal = CapacityExceeded(
            f"{shortage.asked} of {name} needed, {shortage.left} free then. Choose another time.",
            requested=shortage.asked,
            remaining=shortage.left,
            limited_by=_id_of(requirement),
        )
    else:
        key = resource.resource_id
        refusal = _short(resource.name, key, asked=shortage.asked, left=shortage.left)
    if shortage.room is not None and shortage.room.dates:
        # Every short date, not only the first.
        refusal.fields["dates"] = tuple(
            {"date": day.isoformat(), "requested": shortage.asked, "remaining": left}
            for day, left in shortage.room.dates
            if left < shortage.asked
        )
    return refusal


def _short(name: str, key: str, *, asked: int, left: int) -> CapacityExceeded:
    message = f"{asked} asked for, {left} left: {name} limits it. Ask for fewer, or another time."
    if left == 0:
        message = f"Nothing is left then: {name} is taken. Choose another time."
    return CapacityExceeded(message, requested=asked, remaining=left, limited_by=key)


def _name_of(scene: Scene, requirement: Requirement) -> str:
    if requirement.skills:
        return ", ".join(requirement.skills)
    candidates = scene.candidates(requirement)
    more = "…" if len(candidates) > NAMES_SHOWN_MAX else ""
    return ", ".join(one.name for one in candidates[:NAMES_SHOWN_MAX]) + more


def _id_of(requirement: Requirement) -> str:
    named = requirement.named_ids
    return requirement.pool_id or requirement.category_id or (named[0] if named else "")


Check = Callable[[Case], HoldfastError | None]

# What is asked of the party alone, whenever it comes.
PARTY_CHECKS: tuple[Check, ...] = (party_size, _components)
# The list is the specification: what is asked of a request, in the order of the answers.
CHECKS: tuple[Check, ...] = (
    *PARTY_CHECKS,
    _length,
    _in_use,
    _large_enough,
    hours,
    _not_blocked,
    notice,
    horizon,
    _host_free,
    _capacity,
)
# Of a series only the first has to be within the horizon: the others are far ahead by their nature.
LATER_CHECKS: tuple[Check, ...] = tuple(one for one in CHECKS if one is not horizon)
# What is asked of a slot made by hand, which takes its rooms and staff for itself.
OPENING_CHECKS: tuple[Check, ...] = (_in_use, _not_blocked, _host_free, _opening_capacity)
# What is asked of a booking that keeps its start, whenever that is; and if only its party shrinks.
IN_PLACE_CHECKS: tuple[Check, ...] = tuple(
    check for check in CHECKS if check not in {notice, horizon}
)
SHRINKING_CHECKS: tuple[Check, ...] = (*PARTY_CHECKS, _capacity)
# What is asked again when a request is approved that has not taken its places yet.
APPROVAL_CHECKS: tuple[Check, ...] = (
    _in_use,
    _large_enough,
    hours,
    _not_blocked,
    _host_free,
    _capacity,
)
# Who of the candidates may serve at all, whatever is left.
SERVING_CHECKS: tuple[Check, ...] = (
    _in_use,
    _large_enough,
    hours,
    _not_blocked,
    notice,
    horizon,
    _host_free,
)
# What staff may set aside.
_CLOSED_CHECKS: frozenset[Check] = frozenset({hours, _not_blocked})
_NOTICE_CHECKS: frozenset[Check] = frozenset({notice, horizon})
_CAPACITY_CHECKS: frozenset[Check] = frozenset({_host_free})


def judge(
    scene: Scene,
    wish: Wish,
    *,
    now: datetime,
    checks: Sequence[Check] = CHECKS,
    override: Override | None = None,
) -> HoldfastError | None:
    """Return why a wish is refused, or None when it is accepted.

    The same answer decides a hold under its locks, lists a slot and explains its absence.
    """
    return _judged(Case(scene, wish, now=now, override=override), checks)


def examine(
    scene: Scene, wish: Wish, *, now: datetime, override: Override | None = None
) -> tuple[HoldfastError | None, Case]:
    """Return what `judge` does, and the case: of what is accepted, who may serve it."""
    case = Case(scene, wish, now=now, override=override)
    return _judged(case, CHECKS), case


def plan(
    scene: Scene,
    wish: Wish,
    *,
    now: datetime,
    checks: Sequence[Check] = CHECKS,
    override: Override | None = None,
) -> tuple[Taken, ...]:
    """Return the resources that serve a wish.

    Raises:
        HoldfastError: The wish is refused, as `judge` says.
    """
    case = Case(scene, wish, now=now, override=override)
    refusal = _judged(case, checks)
    if refusal is not None:
        raise refusal
    return tuple(case.taken)


def _judged(case: Case, checks: Sequence[Check]) -> HoldfastError | None:
    override = case.override
    for check in checks:
        if override is not None and (
            (override.closed and check in _CLOSED_CHECKS)
            or (override.notice and check in _NOTICE_CHECKS)
            or (override.capacity and check in _CAPACITY_CHECKS)
        ):
            continue
        refusal = check(case)
        if refusal is not None:
            return refusal
    return None


def slot_places_left(scene: Scene, wish: Wish) -> int | None:
    """Return the places left in a slot that counts them; None when nothing limits it."""
    offering = scene.offering
    if offering.counting is not Counting.PLACES:
        return None
    capacity = wish.slot.capacity if wish.slot is not None else offering.slot_capacity
    if capacity is None or wish.slot_id is None:
        return None
    return max(0, capacity - scene.used_by_slot.get(wish.slot_id, 0))


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())
