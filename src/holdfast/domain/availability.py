"""Availability: one evaluator that decides a booking, lists slots and explains a refusal.

A `Scene` is everything known about one offering around some time; a `Wish` is one request. What
`judge` accepts is what `open_slots` lists, because both are the same function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from holdfast.domain.capacity import peak_units
from holdfast.domain.claims import Claim, ClaimOwner
from holdfast.domain.errors import (
    AvailabilityClosed,
    BeyondHorizon,
    CapacityExceeded,
    HoldfastError,
    NoticeTooShort,
    PartySizeRefused,
)
from holdfast.domain.ids import ResourceId, SlotId, generated_slot_id
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, Interval
from holdfast.domain.offerings import Counting, Offering, OfferingStatus, Per, Requirement
from holdfast.domain.resources import Resource, ResourceStatus
from holdfast.domain.schedules import WeeklyRule, expand_rules, is_open, slots_on_grid
from holdfast.domain.slots import Slot, SlotOrigin, SlotStatus
from holdfast.domain.tenants import Tenant, TenantStatus
from holdfast.domain.zones import local_day, zone

WINDOW_DAYS_MAX = 400


class ClaimIndex:
    """Claims of one key, found by the days they touch."""

    __slots__ = ("_by_day",)

    def __init__(self, claims: Iterable[Claim]) -> None:
        self._by_day: dict[int, list[Claim]] = {}
        for claim in claims:
            last = (claim.ends_at - timedelta(microseconds=1)).toordinal()
            for day in range(claim.starts_at.toordinal(), last + 1):
                self._by_day.setdefault(day, []).append(claim)

    def overlapping(self, interval: Interval) -> list[Claim]:
        """Return the claims that overlap an interval, each once."""
        first = interval.starts_at.toordinal()
        last = (interval.ends_at - timedelta(microseconds=1)).toordinal()
        starts_at, ends_at = interval.starts_at, interval.ends_at
        if first == last:
            return [
                claim
                for claim in self._by_day.get(first, ())
                if claim.starts_at < ends_at and claim.ends_at > starts_at
            ]
        found = {
            claim.claim_id: claim
            for day in range(first, last + 1)
            for claim in self._by_day.get(day, ())
            if claim.starts_at < ends_at and claim.ends_at > starts_at
        }
        return list(found.values())


_NO_CLAIMS = ClaimIndex(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is known of one offering around some time, under a lock or at one read.

    Attributes:
        rules: Weekly rules by owner: the offering and each required resource.
        claims: Counting claims by resource, of unlimited ones only the blocks. What has lapsed is
            not among them, nor what an empty slot opened by demand would give back.
        used_by_slot: Places taken, of the slots that have a counter.
        stored_slots: The offering's stored slots by id.
    """

    tenant: Tenant
    offering: Offering
    resources: Mapping[ResourceId, Resource]
    rules: Mapping[str, Sequence[WeeklyRule]]
    claims: Mapping[ResourceId, ClaimIndex]
    used_by_slot: Mapping[SlotId, int]
    stored_slots: Mapping[SlotId, Slot]

    @property
    def zone_name(self) -> str:
        """The zone in which the offering's days are counted."""
        return self.offering.zone or self.tenant.zone

    def claims_on(self, resource_id: ResourceId) -> ClaimIndex:
        """The claims on a resource."""
        return self.claims.get(resource_id, _NO_CLAIMS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One request for one slot. `slot` is the stored row, if there is one."""

    slot_id: SlotId
    starts_at: datetime
    ends_at: datetime
    party_size: int
    slot: Slot | None

    @property
    def interval(self) -> Interval:
        """The time of the slot, without buffers."""
        return Interval(starts_at=self.starts_at, ends_at=self.ends_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSlot:
    """A slot that can be booked. `remaining` is None when nothing limits it."""

    slot_id: SlotId
    starts_at: datetime
    ends_at: datetime
    remaining: int | None


def padded(offering: Offering, interval: Interval) -> Interval:
    """Return the time that a slot takes from its resources: with the offering's buffers.

    At the ends of the calendar there is nothing for a buffer to keep free.
    """
    starts_at = max(interval.starts_at - offering.buffer_before, FIRST_INSTANT)
    ends_at = min(interval.ends_at + offering.buffer_after, LAST_INSTANT)
    return Interval(starts_at=starts_at, ends_at=ends_at)


def is_claimed_by_slot(offering: Offering, requirement: Requirement) -> bool:
    """Whether the slot itself claims what is required, rather than each booking in it."""
    return offering.counting is Counting.PLACES and requirement.per is Per.BOOKING


def wish_for(
    offering: Offering, *, slot: Slot | None, starts_at: datetime, party_size: int
) -> Wish:
    """Return the wish for a stored slot, or for the slot that schedules generate at a start."""
    if slot is not None:
        return Wish(
            slot_id=slot.slot_id,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            party_size=party_size,
            slot=slot,
        )
    return Wish(
        slot_id=generated_slot_id(offering.offering_id, starts_at),
        starts_at=starts_at,
        ends_at=starts_at + offering.duration,
        party_size=party_size,
        slot=None,
    )


def _party_size(scene: Scene, wish: Wish, _now: datetime) -> HoldfastError | None:
    offering = scene.offering
    if wish.party_size < offering.party_min:
        message = f"'{offering.name}' is booked for at least {offering.party_min}."
        return PartySizeRefused(message, limit=offering.party_min, actual=wish.party_size)
    if offering.party_max is not None and wish.party_size > offering.party_max:
        message = f"'{offering.name}' is booked for at most {offering.party_max} at a time."
        return PartySizeRefused(message, limit=offering.party_max, actual=wish.party_size)
    return None


def _in_use(scene: Scene, wish: Wish, _now: datetime) -> HoldfastError | None:
    if scene.tenant.status is not TenantStatus.ACTIVE:
        return _closed("This business takes no bookings at the moment.", "tenant_inactive")
    if scene.offering.status is not OfferingStatus.ACTIVE:
        return _closed(f"'{scene.offering.name}' is not offered now.", "offering_inactive")
    if wish.slot is not None and wish.slot.status is not SlotStatus.OPEN:
        return _closed("This slot is not open.", f"slot_{wish.slot.status}")
    for requirement in scene.offering.requirements:
        resource = scene.resources[requirement.resource_id]
        if resource.status is not ResourceStatus.ACTIVE:
            return _closed(f"{resource.name} cannot be booked now.", "resource_inactive")
    return None


def _open(scene: Scene, wish: Wish, _now: datetime) -> HoldfastError | None:
    if wish.slot is not None and wish.slot.origin is SlotOrigin.MANUAL:
        return None
    grid_owner = _grid_owner(scene)
    if grid_owner is None:
        message = f"'{scene.offering.name}' has no opening hours; book one of its slots."
        return _closed(message, "no_schedule")
    offering = scene.offering
    rules = scene.rules[grid_owner]
    if not slots_on_grid(
        rules, wish.starts_at, duration=offering.duration, step=offering.slot_step
    ):
        is_inside = is_open(rules, wish.interval)
        reason = "not_on_grid" if is_inside else "outside_hours"
        return _closed("There is no slot that starts then.", reason)
    return _others_open(scene, wish, grid_owner)


def _others_open(scene: Scene, wish: Wish, grid_owner: str) -> HoldfastError | None:
    for requirement in scene.offering.requirements:
        owner = requirement.resource_id
        rules = scene.rules.get(owner, ())
        if owner != grid_owner and rules and not is_open(rules, wish.interval):
            name = scene.resources[owner].name
            return _closed(f"{name} is not open then.", "outside_hours")
    return None


def _not_blocked(scene: Scene, wish: Wish, _now: datetime) -> HoldfastError | None:
    taken = padded(scene.offering, wish.interval)
    for requirement in scene.offering.requirements:
        for claim in scene.claims_on(requirement.resource_id).overlapping(taken):
            if claim.owner_kind is ClaimOwner.BLOCK:
                name = scene.resources[requirement.resource_id].name
                why = f": {claim.reason}" if claim.reason else ""
                return _closed(f"{name} is closed then{why}.", "blocked")
    return None


def _notice(scene: Scene, wish: Wish, now: datetime) -> HoldfastError | None:
    own = scene.offering.notice
    notice = scene.tenant.notice if own is None else own
    left = wish.starts_at - now
    if left >= notice:
        return None
    seconds, limit = int(left.total_seconds()), int(notice.total_seconds())
    if seconds < 0:
        message = "This slot has already begun. Choose a later one."
    else:
        message = f"Bookings are taken until {_words(notice)} before the start."
    return NoticeTooShort(message, limit=limit, actual=seconds)


def _horizon(scene: Scene, wish: Wish, now: datetime) -> HoldfastError | None:
    own = scene.offering.horizon_days
    days_max = scene.tenant.horizon_days if own is None else own
    here = zone(scene.zone_name)
    days = (local_day(wish.starts_at, here) - local_day(now, here)).days
    if days <= days_max:
        return None
    message = f"Bookings open {days_max} days ahead; this is {days} days away."
    return BeyondHorizon(message, limit=days_max, actual=days)


def _capacity(scene: Scene, wish: Wish, _now: datetime) -> HoldfastError | None:
    shortage = _first_shortage(scene, wish)
    if shortage is None:
        return None
    name, key, requested, remaining = shortage
    message = f"{requested} asked for, {remaining} left: {name} limits it."
    if remaining == 0:
        message = f"Nothing is left then: {name} is taken."
    return CapacityExceeded(message, requested=requested, remaining=remaining, limited_by=key)


def _opening_capacity(scene: Scene, wish: Wish, _now: datetime) -> HoldfastError | None:
    for requirement in scene.offering.requirements:
        free = _units_left(scene, wish, requirement)
        is_own = is_claimed_by_slot(scene.offering, requirement)
        if is_own and free is not None and requirement.quantity > free:
            name = scene.resources[requirement.resource_id].name
            message = f"{name} is taken then."
            return CapacityExceeded(
                message,
                requested=requirement.quantity,
                remaining=free,
                limited_by=requirement.resource_id,
            )
    return None


Check = Callable[[Scene, Wish, datetime], HoldfastError | None]

# The list is the specification: what is asked of a request, in the order of the answers.
CHECKS: tuple[Check, ...] = (
    _party_size,
    _in_use,
    _open,
    _not_blocked,
    _notice,
    _horizon,
    _capacity,
)
# What is asked of a slot made by hand, which takes its rooms and staff for itself.
OPENING_CHECKS: tuple[Check, ...] = (_in_use, _not_blocked, _opening_capacity)
# What is asked again when held places become a booking: the hold has passed the rest.
CONVERSION_CHECKS: tuple[Check, ...] = (_in_use,)


def judge(
    scene: Scene, wish: Wish, *, now: datetime, checks: Sequence[Check] = CHECKS
) -> HoldfastError | None:
    """Return why a wish is refused, or None when it is accepted.

    The same answer decides a hold under its locks, lists a slot and explains its absence.
    """
    for check in checks:
        refusal = check(scene, wish, now)
        if refusal is not None:
            return refusal
    return None


def places_left(scene: Scene, wish: Wish) -> int | None:
    """Return how many more could come to a slot: guests, or parties where only those count."""
    offering = scene.offering
    left: list[int] = []
    if offering.counting is Counting.PLACES:
        capacity = wish.slot.capacity if wish.slot is not None else offering.slot_capacity
        if capacity is not None:
            left.append(max(0, capacity - scene.used_by_slot.get(wish.slot_id, 0)))
    for requirement in offering.requirements:
        free = _units_left(scene, wish, requirement)
        if free is not None:
            is_whole = is_claimed_by_slot(offering, requirement)
            if not is_whole:
                left.append(free // requirement.quantity)
            elif free < requirement.quantity:
                left.append(0)
    return min(left) if left else None


def open_slots(
    scene: Scene,
    window: Interval,
    *,
    party_size: int,
    now: datetime,
    limit: int | None = None,
    judged_max: int | None = None,
) -> list[OpenSlot]:
    """List the slots that start in a window and would be accepted now, in order of start.

    At most `limit` are listed, and only the first `judged_max` candidates are looked at.
    """
    found: list[OpenSlot] = []
    for wish in wishes_in(scene, window, party_size=party_size)[:judged_max]:
        if judge(scene, wish, now=now) is None:
            found.append(
                OpenSlot(
                    slot_id=wish.slot_id,
                    starts_at=wish.starts_at,
                    ends_at=wish.ends_at,
                    remaining=places_left(scene, wish),
                )
            )
            if limit is not None and len(found) >= limit:
                break
    return found


def wishes_in(scene: Scene, window: Interval, *, party_size: int) -> list[Wish]:
    """Return a wish for every slot that starts in a window, open or not, in order of start."""
    offering = scene.offering
    wishes = {
        slot.slot_id: wish_for(offering, slot=slot, starts_at=slot.starts_at, party_size=party_size)
        for slot in scene.stored_slots.values()
        if window.covers(slot.starts_at)
        and (slot.origin is SlotOrigin.MANUAL or slot.status is SlotStatus.OPEN)
    }
    grid_owner = _grid_owner(scene)
    if grid_owner is not None:
        for interval in expand_rules(
            scene.rules[grid_owner], window, duration=offering.duration, step=offering.slot_step
        ):
            slot_id = generated_slot_id(offering.offering_id, interval.starts_at)
            if slot_id not in scene.stored_slots:
                wishes[slot_id] = wish_for(
                    offering, slot=None, starts_at=interval.starts_at, party_size=party_size
                )
    return sorted(wishes.values(), key=lambda wish: (wish.starts_at, wish.slot_id))


def _grid_owner(scene: Scene) -> str | None:
    """Whose rules make the grid: the offering's, else the first required resource that has any."""
    owners = [scene.offering.offering_id, *(r.resource_id for r in scene.offering.requirements)]
    return next((owner for owner in owners if scene.rules.get(owner)), None)


def _units_left(scene: Scene, wish: Wish, requirement: Requirement) -> int | None:
    """Units of a required resource left over a slot's time; None when unlimited."""
    resource = scene.resources[requirement.resource_id]
    if resource.capacity is None:
        return None
    taken = padded(scene.offering, wish.interval)
    others = [
        claim
        for claim in scene.claims_on(requirement.resource_id).overlapping(taken)
        if claim.owner_id != wish.slot_id
    ]
    return max(0, resource.capacity - peak_units(others, taken))


def _first_shortage(scene: Scene, wish: Wish) -> tuple[str, str, int, int] | None:
    """Return what is short: its name, its id, the units asked for and those left."""
    offering = scene.offering
    if offering.counting is Counting.PLACES:
        capacity = wish.slot.capacity if wish.slot is not None else offering.slot_capacity
        if capacity is not None:
            left = max(0, capacity - scene.used_by_slot.get(wish.slot_id, 0))
            if wish.party_size > left:
                return "the slot", wish.slot_id, wish.party_size, left
    for requirement in offering.requirements:
        free = _units_left(scene, wish, requirement)
        asked = requirement.units(wish.party_size)
        if free is not None and asked > free:
            name = scene.resources[requirement.resource_id].name
            return name, requirement.resource_id, asked, free
    return None


def _closed(message: str, reason: str) -> AvailabilityClosed:
    return AvailabilityClosed(message, reason=reason)


def _words(length: timedelta) -> str:
    """Write a length of time as people say it.

    >>> _words(timedelta(hours=4)), _words(timedelta(minutes=90)), _words(timedelta(days=1))
    ('4 hours', '90 minutes', '24 hours')
    """
    minutes = int(length.total_seconds()) // 60
    if minutes % 60 == 0:
        hours = minutes // 60
        return f"{hours} hour{'' if hours == 1 else 's'}"
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
