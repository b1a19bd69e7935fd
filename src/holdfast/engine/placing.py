"""Taking places: what holds and bookings share.

`placing_needs` finds the keys that a request locks, `take` judges it under them and writes the
claims. Giving places back is `releasing`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from holdfast.domain.access import Scope
from holdfast.domain.assignment import Taken
from holdfast.domain.availability import CHECKS, Check, plan, slot_places_left
from holdfast.domain.claims import (
    Claim,
    ClaimOwner,
    day_key,
    offering_key,
    pieces,
    resource_key,
    slot_key,
)
from holdfast.domain.errors import AccessDenied, CapacityExceeded, InputInvalid
from holdfast.domain.holds import AssignedResource
from holdfast.domain.ids import ClaimId, ResourceId, SlotId
from holdfast.domain.intervals import Interval
from holdfast.domain.offerings import Counting
from holdfast.domain.overrides import Override
from holdfast.domain.requirements import Choosing
from holdfast.domain.resources import Resource, Scheme
from holdfast.domain.scenes import Scene, Wish, is_host_busy, taken_stretches
from holdfast.domain.shapes import Stay, dates_of
from holdfast.domain.slots import Slot, SlotOrigin, SlotStatus
from holdfast.domain.strategies import in_preference
from holdfast.domain.zones import day_interval
from holdfast.engine.choosing import Choice, Target, choose
from holdfast.engine.releasing import make_way, way_making_needs
from holdfast.engine.staging import (
    Stage,
    day_cap,
    host_keys,
    keys_of,
    loads_on,
    require_asked,
    scene_of,
    stage_of,
    zone_of,
)
from holdfast.engine.use_cases import Look, Needs, NeedsMore, View

POOL_LOCK_MAX = 50
"""So many candidates are all locked; of more, those that look free, and a few to spare."""

SPARES = 4
MISSES_MAX = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """For whom places are taken, and until when they count by themselves."""

    owner_kind: ClaimOwner
    owner_id: str
    counts_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What was taken: for which wish, and the resources that serve it."""

    target: Target
    wish: Wish
    assigned: tuple[AssignedResource, ...]


def placing_needs(look: Look, choice: Choice) -> Needs:
    """Find what a request for places locks and reads."""
    target = choose(look, choice)
    stage = stage_of(look, target, choice.components)
    _require_known_picks(choice, stage)
    keys = keys_of(look, stage, _locked_ids(look, stage, choice))
    counters = _slot_counters(look, target) | keys.counters
    guards = set(keys.guards)
    if target.slot is None and target.offering.counting is Counting.PLACES:
        # Whoever makes the slot's counter reads its cap from the offering under that lock.
        guards.add(offering_key(target.offering.offering_id))
    more = way_making_needs(look, keys.overs, stage.interval, own_id=target.slot_id)
    return Needs.of(guards=guards | more.guards, counters=counters | more.counters)


def _require_known_picks(choice: Choice, stage: Stage) -> None:
    for i, resource_id in enumerate(choice.picks):
        if resource_id not in stage.resources:
            message = f"'{resource_id}' does not serve '{stage.target.offering.name}'."
            raise InputInvalid.at(f"/resource_ids/{i}", "unknown_resource", message)
    require_asked(stage.requirements, stage.members, choice.picks)


def _slot_counters(look: Look, target: Target) -> set[str]:
    """The counter of the slot's places, unless it is stored and unlimited.

    Of a striped slot one stripe at random; whoever that did not do for locks all of them.
    """
    if target.offering.counting is not Counting.PLACES or target.slot_id is None:
        return set()
    if target.slot is not None and target.slot.capacity is None:
        return set()
    keys = (slot_key(target.slot_id),) if target.slot is None else target.slot.counter_keys
    return {keys[look.luck % len(keys)]} if look.moves == 0 else set(keys)


def _locked_ids(look: Look, stage: Stage, choice: Choice) -> tuple[ResourceId, ...]:
    """Return whose keys to lock: of a large pool those that look free, unless that has missed."""
    ids = stage.claimed_ids
    if len(ids) <= POOL_LOCK_MAX or look.moves >= MISSES_MAX:
        return ids
    keys = keys_of(look, stage, ids)
    busy = {
        over.key.partition(":")[2]
        for over in keys.overs
        if look.claims_over(over.key, stage.interval)
    }
    likely = _likely(look, stage, choice, busy)
    return tuple(rid for rid in ids if rid in likely or _may_be_over(look, stage, rid, busy))


def _may_be_over(look: Look, stage: Stage, resource_id: ResourceId, busy: set[str]) -> bool:
    """Whether a candidate looks as if more were taken of it than there is, which others make good.

    Of a shared one it is enough that all that is claimed around the time would be too much.
    """
    resource = stage.resources[resource_id]
    if resource.capacity is None:
        return False
    if resource.scheme is Scheme.DATED:
        dates = dates_of(stage.target.stay, zone_of(resource, stage.target.tenant))
        is_over = any(look.is_over(day_key(resource_id, day)) for day in dates)
        return is_over or resource_id in busy
    claims = look.claims_over(resource_key(resource_id), stage.interval)
    return sum(claim.units for claim in claims) > resource.capacity


def _likely(look: Look, stage: Stage, choice: Choice, busy: set[str]) -> dict[ResourceId, None]:
    """Return the candidates that look free, as many as may be needed and a few more."""
    likely: dict[ResourceId, None] = {}
    offering = stage.target.offering
    for requirement in offering.requirements:
        named = requirement.pool_id or requirement.category_id
        ids = requirement.named_ids if named is None else stage.members[named]
        if requirement.choosing is Choosing.ALL_OF:
            likely.update(dict.fromkeys(ids))
            continue
        candidates = in_preference(
            requirement,
            [stage.resources[rid] for rid in ids],
            loads=loads_on(look, stage, stage.claimed_ids),
            starts_at=stage.target.stay.starts_at,
        )
        ranked = [one.resource_id for one in candidates]
        order = sorted(ranked, key=lambda one: (one not in choice.picks, one in busy))
        likely.update(dict.fromkeys(order[: requirement.members + SPARES]))
    return likely


def take(
    view: View,
    choice: Choice,
    *,
    party_size: int,
    taker: Taker,
    override: Override | None = None,
    ignores: frozenset[str] = frozenset(),
    had: Sequence[Claim] = (),
    checks: Sequence[Check] = CHECKS,
) -> Placed:
    """Judge a request under its locks and take its places; of a move, `had` is what it gives back.

    Raises:
        HoldfastError: The request is refused; nothing was taken.
        NeedsMore: It may yet be served by somebody whose key is not locked.
    """
    chosen = choose_places(
        view,
        choice,
        party_size=party_size,
        override=override,
        ignores=ignores,
        had=had,
        checks=checks,
    )
    return take_chosen(view, chosen, taker=taker)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenPlaces:
    """The places that a request would take, chosen under their locks, and not yet taken."""

    target: Target
    scene: Scene
    wish: Wish
    taken: tuple[Taken, ...]
    override: Override | None

    @property
    def assigned(self) -> tuple[AssignedResource, ...]:
        """The resources that would serve it."""
        return tuple(assigned_by(self.scene, self.wish, one) for one in self.taken)


def choose_places(
    view: View,
    choice: Choice,
    *,
    party_size: int,
    override: Override | None = None,
    ignores: frozenset[str] = frozenset(),
    had: Sequence[Claim] = (),
    checks: Sequence[Check] = CHECKS,
) -> ChosenPlaces:
    """Judge a request under its locks and choose its places.

    Raises:
        HoldfastError: The request is refused.
        NeedsMore: It may yet be served by somebody whose key is not locked.
    """
    _require_may_override(view, override)
    target = choose(view, choice)
    stage = stage_of(view, target, choice.components)
    locked_ids = _those_locked(view, stage)
    keys = keys_of(view, stage, locked_ids)
    make_way(view, keys.overs, stage.interval, own_id=target.slot_id)
    scene = scene_of(view, stage, locked_ids=locked_ids)
    wish = replace(target.wish(choice, party_size=party_size, ignores=ignores), had=tuple(had))
    try:
        taken = plan(scene, wish, now=view.now, checks=checks, override=override)
    except CapacityExceeded as refusal:
        if len(locked_ids) < len(stage.claimed_ids) or not _has_all_stripes(view, target):
            raise NeedsMore from refusal
        raise
    _require_in_stripes(view, target, scene, wish)
    return ChosenPlaces(target=target, scene=scene, wish=wish, taken=taken, override=override)


def take_chosen(view: View, chosen: ChosenPlaces, *, taker: Taker) -> Placed:
    """Take the places that were chosen, by the same command."""
    target, wish, override = chosen.target, chosen.wish, chosen.override
    writer = _Claims(view, chosen.scene, taker, override)
    if target.offering.counting is Counting.PLACES:
        _open_slot(view, target, chosen.scene, chosen.taken, override)
        writer.acquire_places(wish)
    for one in chosen.taken:
        if not one.is_by_slot:
            writer.acquire(one, wish.stay)
    return Placed(target=target, wish=wish, assigned=chosen.assigned)


def judged(view: View, choice: Choice, *, party_size: int, checks: Sequence[Check]) -> Placed:
    """Judge a request without taking anything; who would serve it is not said.

    Raises:
        HoldfastError: The request is refused.
    """
    target = choose(view, choice)
    stage = stage_of(view, target, choice.components)
    locked_ids = _those_locked(view, stage)
    scene = scene_of(view, stage, locked_ids=locked_ids)
    wish = target.wish(choice, party_size=party_size, ignores=frozenset())
    plan(scene, wish, now=view.now, checks=checks)
    return Placed(target=target, wish=wish, assigned=())


def _require_in_stripes(view: View, target: Target, scene: Scene, wish: Wish) -> None:
    """Refuse to take over the limit in a striped slot, even to staff.

    A place given back in one stripe would be sold while another one is over.
    """
    slot = target.slot
    left = slot_places_left(scene, wish)
    if slot is None or slot.stripes == 1 or left is None or wish.party_size <= left:
        return
    if not _has_all_stripes(view, target):
        raise NeedsMore
    message = (
        f"{left} places are left, in {slot.stripes} stripes, and a slot in stripes is never over."
        " Take fewer, or make one counter of them first (stripes: 1)."
    )
    raise CapacityExceeded(
        message, requested=wish.party_size, remaining=left, limited_by=slot.slot_id
    )


def _has_all_stripes(view: View, target: Target) -> bool:
    """Whether all that counts the places of the slot is locked."""
    slot = target.slot
    if slot is None or slot.stripes == 1:
        return True
    return all(view.is_locked(key) for key in slot.counter_keys)


def _require_may_override(view: View, override: Override | None) -> None:
    if override is None:
        return
    if Scope.BOOKINGS_WRITE not in view.actor.scopes:
        message = "Only staff may set aside hours, notice or capacity."
        raise AccessDenied(message)
    if not override.reason.strip():
        message = "Say why: an override needs a reason."
        raise InputInvalid.at("/override/reason", "missing", message)


def _those_locked(view: View, stage: Stage) -> tuple[ResourceId, ...]:
    """Return the candidates whose keys this batch has locked, or who take no lock."""
    if len(stage.claimed_ids) <= POOL_LOCK_MAX:
        return stage.claimed_ids
    return tuple(rid for rid in stage.claimed_ids if _is_locked(view, stage, rid))


def _is_locked(view: View, stage: Stage, resource_id: ResourceId) -> bool:
    resource = stage.resources[resource_id]
    if not all(view.is_locked(key) for key in host_keys(stage, [resource_id])):
        return False
    if resource.capacity is None:
        return True
    if resource.scheme is Scheme.INTERVAL:
        return view.is_locked(resource_key(resource_id))
    dates = dates_of(stage.target.stay, zone_of(resource, stage.target.tenant))
    return all(view.is_locked(day_key(resource_id, day)) for day in dates)


def assigned_by(scene: Scene, wish: Wish, taken: Taken) -> AssignedResource:
    """Return a resource that serves a wish, as it is kept with a hold or booking."""
    is_taken_already = taken.is_by_slot and wish.slot_id in scene.slot_resources
    return AssignedResource(
        resource_id=taken.resource.resource_id,
        name=taken.resource.name,
        units=taken.units,
        role=taken.requirement.role,
        is_by_slot=taken.is_by_slot,
        reason=taken.reason,
        is_host_busy=not is_taken_already and is_host_busy(scene, wish, taken.resource),
    )


def _open_slot(
    view: View,
    target: Target,
    scene: Scene,
    taken: Iterable[Taken],
    override: Override | None,
) -> None:
    """Store a generated slot with its counter, once, and take its rooms and staff."""
    offering, slot_id = target.offering, target.slot_id
    assert slot_id is not None, "places are counted in slots"
    if target.slot is None:
        slot = Slot(
            slot_id=slot_id,
            offering_id=offering.offering_id,
            starts_at=target.stay.starts_at,
            ends_at=target.stay.ends_at,
            capacity=offering.slot_capacity,
            is_capacity_own=False,
            origin=SlotOrigin.GENERATED,
            status=SlotStatus.OPEN,
            created_at=view.now,
            version=1,
        )
        view.insert(slot)
        view.set_cap(slot_key(slot.slot_id), slot.capacity)
    if slot_id not in scene.slot_resources:
        claim_for_slot(view, scene, slot_id, target.stay, taken, override=override)


def claim_for_slot(
    view: View,
    scene: Scene,
    slot_id: SlotId,
    stay: Stay,
    taken: Iterable[Taken],
    *,
    override: Override | None = None,
) -> None:
    """Take the rooms and staff of a slot for the slot itself; over the limit if staff said so."""
    owner = Taker(owner_kind=ClaimOwner.SLOT, owner_id=slot_id, counts_until=None)
    writer = _Claims(view, scene, owner, override)
    for one in taken:
        if one.is_by_slot:
            writer.acquire(one, stay)


class _Claims:
    """Writes the claims of one taker."""

    def __init__(self, view: View, scene: Scene, taker: Taker, override: Override | None) -> None:
        self._view = view
        self._scene = scene
        self._taker = taker
        self._reason = override.reason if override else None

    def acquire_places(self, wish: Wish) -> None:
        """Take places in the wished slot: under its counter, or what its stripes have."""
        assert wish.slot_id is not None, "places are counted in slots"
        if wish.slot is not None and wish.slot.stripes > 1:
            self._acquire_striped(wish, wish.slot)
            return
        left = slot_places_left(self._scene, wish)
        self._write(
            slot_key(wish.slot_id),
            None,
            wish.party_size,
            wish.interval,
            is_over=left is not None and wish.party_size > left,
        )

    def _acquire_striped(self, wish: Wish, slot: Slot) -> None:
        """Take places of one stripe if it has them all, else of several; never over the limit."""
        rows = [self._view.counter(key) for key in slot.counter_keys if self._view.is_locked(key)]
        free = {row.key: max(0, (row.cap or 0) - row.used) for row in rows}
        rest = wish.party_size
        enough = [key for key, left in free.items() if left >= rest]
        for key in enough[:1] or list(free):
            units = min(rest, free[key])
            if units:
                self._write(key, None, units, wish.interval, is_over=False)
                rest -= units
        assert rest == 0, "what does not fit was refused"

    def acquire(self, taken: Taken, stay: Stay) -> None:
        """Take units of a resource: a date at a time, or a long stretch in several claims."""
        resource = taken.resource
        if resource.scheme is Scheme.DATED and resource.capacity is not None:
            here = self._scene.zone_of(resource)
            for day in dates_of(stay, here):
                self._take_day(taken, day, day_interval(day, here))
            return
        for stretch in taken_stretches(self._scene, stay, resource):
            for piece in pieces(stretch):
                key = resource_key(resource.resource_id)
                self._write(key, resource, taken.units, piece, is_over=taken.is_over)

    def _take_day(self, taken: Taken, day: date, interval: Interval) -> None:
        resource = taken.resource
        key = day_key(resource.resource_id, day)
        row = self._view.counter(key)
        cap = row.cap
        if cap is None:
            cap = day_cap(self._view, resource, day)
            self._view.set_cap(key, cap)
        is_over = taken.is_over and row.used + taken.units > cap
        self._write(key, resource, taken.units, interval, is_over=is_over)

    def _write(
        self, key: str, resource: Resource | None, units: int, interval: Interval, *, is_over: bool
    ) -> None:
        view, taker = self._view, self._taker
        view.acquire(
            Claim(
                claim_id=ClaimId(view.new_id("clm")),
                key=key,
                resource_id=resource.resource_id if resource is not None else None,
                owner_kind=taker.owner_kind,
                owner_id=taker.owner_id,
                units=units,
                starts_at=interval.starts_at,
                ends_at=interval.ends_at,
                counts_until=taker.counts_until,
                is_exclusive=_is_exclusive(resource) and not is_over,
                is_over=is_over,
                actor_id=view.actor.actor_id,
                reason=self._reason if is_over else None,
                acquired_at=view.now,
                converted_at=None,
                released_at=None,
            )
        )


def _is_exclusive(resource: Resource | None) -> bool:
    """Whether claims of a resource may never overlap. A dated one's calendar may say otherwise."""
    if resource is None or resource.scheme is Scheme.DATED:
        return False
    return resource.is_exclusive
