"""Giving places back, keeping them, and making way: what ends or moves the claims of an owner."""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.domain.bookings import Booking
from holdfast.domain.claims import Claim, is_counter_key, is_use_key, slot_id_of, slot_key
from holdfast.domain.errors import AvailabilityClosed
from holdfast.domain.holds import AssignedResource, Hold
from holdfast.domain.ids import ResourceId, SlotId
from holdfast.domain.intervals import Interval
from holdfast.domain.offerings import Counting, OfferingStatus
from holdfast.domain.resources import Resource, ResourceStatus
from holdfast.domain.slots import Slot, SlotOrigin, SlotStatus
from holdfast.domain.tenants import TenantStatus
from holdfast.domain.waitlists import Kept
from holdfast.engine.choosing import Target, target_of
from holdfast.engine.ports import ById, Over, Where
from holdfast.engine.staging import claimed_keys, demand_slots
from holdfast.engine.use_cases import Look, Needs, View


def way_making_needs(
    look: Look, overs: Iterable[Over], interval: Interval, *, own_id: str | None
) -> Needs:
    """Find what closing empty slots that are in the way locks."""
    guards, counters = set[str](), set[str]()
    for slot in demand_slots(look, overs, interval, own_id=own_id):
        counters.add(slot_key(slot.slot_id))
        own_guards, own_counters = _split(look, _resource_keys(look, slot.slot_id))
        guards |= own_guards
        counters |= own_counters
    return Needs.of(guards=guards, counters=counters)


def make_way(view: View, overs: Iterable[Over], interval: Interval, *, own_id: str | None) -> None:
    """Close the empty slots that are in the way."""
    for slot in demand_slots(view, overs, interval, own_id=own_id):
        _close_if_empty(view, slot)


def _resource_keys(look: Look, owner_id: str) -> set[str]:
    """The resource keys that an owner's claims are under."""
    claims = look.where(Claim, "owner_id", owner_id)
    return {claim.key for claim in claims if claim.resource_id is not None}


def _split(look: Look, keys: Iterable[str]) -> tuple[set[str], set[str]]:
    """Sort keys into guards and counters; those of unlimited resources take no lock."""
    counters = {key for key in keys if is_counter_key(key)}
    ids = {key: key.removeprefix("res:") for key in keys if key not in counters}
    look.want(*(ById(Resource, resource_id) for resource_id in ids.values()))
    guards = {key for key, rid in ids.items() if look.get(Resource, rid).capacity is not None}
    return guards, counters


def release_needs(look: Look, owner_id: str) -> Needs:
    """Find what giving an owner's places back locks: their keys, and those of emptied slots."""
    claims = look.where(Claim, "owner_id", owner_id)
    keys = {claim.key for claim in claims if claim.resource_id is not None}
    uses = {claim.key for claim in claims if is_use_key(claim.key)}
    places = {claim.key for claim in claims if claim.resource_id is None} - uses
    slot_ids = sorted({slot_id_of(key) for key in places})
    look.want(
        *(ById(Slot, slot_id) for slot_id in slot_ids),
        *(Where(Claim, "owner_id", slot_id) for slot_id in slot_ids),
    )
    for slot_id in slot_ids:
        slot = look.get(Slot, slot_id)
        if slot.capacity is None and slot.limit_to is None:
            places.discard(slot_key(slot.slot_id))
        if slot.origin is SlotOrigin.GENERATED:
            keys.update(_resource_keys(look, slot_id))
    guards, counters = _split(look, keys)
    return Needs.of(guards=guards, counters=counters | places | uses)


def keeping_needs(look: Look, kept: Hold | Booking | Kept, owner_id: str) -> Needs:
    """Find what keeping places longer locks: what releasing them does, and all their keys.

    The keys are named even when nothing is claimed under them any more. Whoever reaped the claims
    left the time in those rows, and on a clock that has stepped back since, a hold must not find
    itself in time again: its place is sold.
    """
    needs = release_needs(look, owner_id)
    target = target_of(look, kept)
    own = [assigned.resource_id for assigned in kept.assigned if not assigned.is_by_slot]
    look.want(*(ById(Resource, assigned.resource_id) for assigned in kept.assigned))
    keys = set[str]()
    for resource_id in own:
        resource = look.get(Resource, resource_id)
        keys |= claimed_keys(resource, kept.stay, target.tenant)
    guards, counters = _split(look, keys)
    slot = target.slot
    is_counted = target.offering.counting is Counting.PLACES
    if is_counted and slot is not None and slot.capacity is not None:
        kept_keys = needs.counters & set(slot.counter_keys)
        # Of a striped slot those under which the places are; all, where nobody knows any more.
        counters.update(kept_keys if slot.stripes > 1 and kept_keys else slot.counter_keys)
    counters.update(use.key for use in kept.uses)
    return Needs.of(
        guards=needs.guards | guards, counters=needs.counters | counters, reads=needs.reads
    )


def require_in_use(view: View, target: Target, assigned: Iterable[AssignedResource]) -> None:
    """Refuse to turn held places into a booking when their slot or resources are closed.

    The hold has passed notice, horizon and limits; only what may have been closed since is asked.

    Raises:
        AvailabilityClosed: Something is no longer in use.
    """
    if target.tenant.status is not TenantStatus.ACTIVE:
        message = "This business takes no bookings at the moment."
        raise AvailabilityClosed(message, reason="tenant_inactive")
    if target.offering.status is not OfferingStatus.ACTIVE:
        message = f"'{target.offering.name}' is not offered now."
        raise AvailabilityClosed(message, reason="offering_inactive")
    slot = target.slot
    if slot is not None and slot.status is not SlotStatus.OPEN:
        raise AvailabilityClosed(
            f"This slot is {slot.status}. Choose another one.", reason=f"slot_{slot.status}"
        )
    for one in assigned:
        _require_active(view, one.resource_id)


def _require_active(view: View, resource_id: ResourceId) -> None:
    resource = view.get(Resource, resource_id)
    if resource.status is not ResourceStatus.ACTIVE:
        message = f"{resource.name} is out of use. Choose another."
        raise AvailabilityClosed(message, reason="resource_inactive")


def release(view: View, owner_id: str, *, reason: str, keeps_uses: bool = False) -> None:
    """Give an owner's places back, and close a slot opened by demand that this empties.

    What it has used of promo codes and tickets is given back with them, unless it took place.
    """
    claims = view.where(Claim, "owner_id", owner_id)
    given = [one for one in claims if not (keeps_uses and is_use_key(one.key))]
    close_emptied(view, give_back_some(view, given, reason=reason))


def give_back(view: View, owner_id: str, *, reason: str) -> list[SlotId]:
    """Give an owner's places back, and return the slots that they were in.

    It keeps what it has used of promo codes and tickets: it only moves.
    """
    claims = view.where(Claim, "owner_id", owner_id)
    places = [one for one in claims if not is_use_key(one.key)]
    return give_back_some(view, places, reason=reason)


def give_back_some(view: View, claims: Iterable[Claim], *, reason: str) -> list[SlotId]:
    """Give the places of some claims back, and return the slots that they were in."""
    slot_ids = []
    for claim in claims:
        _release(view, claim, reason=reason)
        if claim.resource_id is None and not is_use_key(claim.key):
            slot_ids.append(slot_id_of(claim.key))
    return slot_ids


def close_emptied(view: View, slot_ids: Iterable[SlotId]) -> None:
    """Close those of some slots that demand had opened and nobody is in."""
    for slot_id in slot_ids:
        _close_if_empty(view, view.get(Slot, slot_id))


def _release(view: View, claim: Claim, *, reason: str) -> None:
    """Release a claim; what was taken over the limit keeps the reason for which it was."""
    kept = claim.reason if claim.is_over else reason
    view.change_claim(claim, released_at=view.now, reason=kept)


def _close_if_empty(view: View, slot: Slot) -> None:
    if not slot.gives_way:
        return
    if view.counter(slot_key(slot.slot_id)).used > 0:
        return
    for claim in view.where(Claim, "owner_id", slot.slot_id):
        _release(view, claim, reason="slot emptied")
