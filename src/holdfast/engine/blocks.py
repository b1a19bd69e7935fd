"""Blocks: take time away from a resource, also over bookings, and give it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.blocks import Block, BlockStatus
from holdfast.domain.bookings import Booking
from holdfast.domain.claims import Claim, ClaimOwner, pieces, resource_key, waitlist_key
from holdfast.domain.closures import (
    AFFECTED_SHOWN_MAX,
    CALLED_OFF_MAX,
    Affected,
    Closure,
    Settled,
    WhenBooked,
    shown,
)
from holdfast.domain.errors import InputInvalid, RecordInUse, RecordNotFound
from holdfast.domain.holds import Hold
from holdfast.domain.ids import BlockId, ClaimId, ResourceId, SlotId
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, Interval
from holdfast.domain.resources import Resource
from holdfast.domain.slots import Slot, SlotStatus
from holdfast.domain.tenants import Tenant
from holdfast.domain.waitlists import WaitlistEntry
from holdfast.domain.zones import MINUTES_PER_DAY, instant_of
from holdfast.engine.closing import Use, use_of
from holdfast.engine.ending import (
    EMPTY_FIRST,
    bookings_in,
    call_off,
    counting_on,
    holds_in,
    may_be_called_off,
)
from holdfast.engine.gathering import gathered
from holdfast.engine.ports import ById, Over, Where
from holdfast.engine.releasing import make_way, release_needs, way_making_needs
from holdfast.engine.staging import claims_key, zone_of
from holdfast.engine.use_cases import Look, Needs, UseCase, View

BLOCK_MAX = timedelta(days=1_100)
OVER_BOOKINGS = "a block over bookings"
# Whoever is in so many slots is listed; there are more affected than are shown in any case then.
LOOKED_INTO_MAX = AFFECTED_SHOWN_MAX + 1

_Owner = Booking | Hold | WaitlistEntry
_CALLED_OFF: Mapping[ClaimOwner, type[_Owner]] = MappingProxyType(
    {
        ClaimOwner.BOOKING: Booking,
        ClaimOwner.HOLD: Hold,
        ClaimOwner.INVITATION: WaitlistEntry,
    }
)
"""Whoever has claims that are called off when their time is taken away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddBlock:
    """Take time away from a resource.

    Either `[starts_at, ends_at)`, or all of the local days `first_on` to `last_on`, both included,
    in the resource's zone. `when_booked` says what becomes of the bookings and holds in that time:
    refuse the block with a list of them, keep them for staff to see to, or call them off, which
    `SettleBlock` and `SettleSlot` do step by step. Slots whose room it takes are blocked too.
    """

    resource_id: ResourceId
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    first_on: date | None = None
    last_on: date | None = None
    reason: str = ""
    when_booked: WhenBooked = WhenBooked.REFUSE


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleBlock:
    """Call off the next few bookings and holds under a block that is settling.

    As `SettleSlot`: over what is unlimited it goes on settling, until a step says which version of
    the block everybody has been outlived who may not have seen.
    """

    block_id: BlockId
    outlived_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveBlock:
    """Give blocked time back. Removing again changes nothing."""

    block_id: BlockId


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveBlockAt:
    """Give back the blocked time of a resource that begins at an instant."""

    resource_id: ResourceId
    starts_at: datetime


def interval_of(look: Look, command: AddBlock, resource: Resource) -> Interval:
    """Return the time of a block.

    Raises:
        InputInvalid: It is not said in one way, ends before it begins, is too long, or lies outside
            the calendar.
    """
    match (command.starts_at, command.ends_at, command.first_on, command.last_on):
        case (datetime() as starts_at, datetime() as ends_at, None, None):
            pass
        case (None, None, date() as first, date() as last):
            starts_at, ends_at = _days(look, resource, first, last)
        case _:
            message = "Say when: either starts_at and ends_at, or the first and the last day."
            raise InputInvalid.at("/starts_at", "time_choice", message)
    if not FIRST_INSTANT <= starts_at < ends_at <= LAST_INSTANT:
        raise InputInvalid.at("/ends_at", "reversed", "A block ends after it starts.")
    if ends_at - starts_at > BLOCK_MAX:
        message = f"A block is at most {BLOCK_MAX.days} days long. Deactivate the resource instead."
        raise InputInvalid.at("/ends_at", "too_long", message)
    return Interval(starts_at=starts_at, ends_at=ends_at)


def _days(look: Look, resource: Resource, first: date, last: date) -> tuple[datetime, datetime]:
    """Return where the first local day begins and the last one ends."""
    if first > last:
        message = "The last day comes before the first."
        raise InputInvalid.at("/last_on", "reversed", message)
    here = zone_of(resource, look.get(Tenant, look.tenant_id))
    return (
        instant_of(first, 0, here, gap="forward"),
        instant_of(last, MINUTES_PER_DAY, here, gap="forward"),
    )


def _add_needs(command: AddBlock, look: Look) -> Needs:
    look.want(ById(Resource, command.resource_id), ById(Tenant, look.tenant_id))
    resource = look.get(Resource, command.resource_id)
    interval = interval_of(look, command, resource)
    use = use_of(look, resource, interval)
    blocks = Over(claims_key(resource), interval.starts_at, interval.ends_at)
    look.want(blocks, *use.overs)
    more = way_making_needs(look, use.overs, interval, own_id=None)
    slot_ids = _slot_ids(look, use)
    look.want(*(ById(Slot, slot_id) for slot_id in slot_ids))
    gathered(partial(_look_into, look, slot_id) for slot_id in slot_ids[:LOOKED_INTO_MAX])
    slots = [look.get(Slot, slot_id) for slot_id in slot_ids]
    counters = use.counters | more.counters | {key for slot in slots for key in slot.counter_keys}
    # The definition's lock as well: a resource may not become limited in between, and whoever
    # counts on a date for the first time has it.
    guards = use.guards | {resource_key(resource.resource_id)} | more.guards
    return Needs.of(guards=guards, counters=counters)


def _slot_ids(look: Look, use: Use) -> list[SlotId]:
    """The slots that have claims of their own in some time."""
    claims = use.claims(look)
    ids = {claim.owner_id for claim in claims if claim.owner_kind is ClaimOwner.SLOT}
    return [SlotId(slot_id) for slot_id in sorted(ids)]


def _look_into(look: Look, slot_id: SlotId) -> Needs:
    bookings_in(look, slot_id, limit=AFFECTED_SHOWN_MAX + 1)
    holds_in(look, slot_id, limit=AFFECTED_SHOWN_MAX + 1)
    return Needs()


def _add(view: View, command: AddBlock, now: datetime) -> Closure[Block]:
    checks.require([checks.line("/reason", command.reason)])
    if command.when_booked is WhenBooked.CANCEL:
        view.actor.require(Scope.BOOKINGS_WRITE)
    resource = view.get(Resource, command.resource_id)
    interval = interval_of(view, command, resource)
    use = use_of(view, resource, interval)
    make_way(view, use.overs, interval, own_id=None)
    blocks = view.claims_over(claims_key(resource), interval)
    others = [claim for claim in {*use.claims(view), *blocks} if claim.counts_at(now)]
    if others and command.when_booked is WhenBooked.REFUSE:
        raise _in_use(resource, others)
    slot_ids = _slot_ids(view, use)
    some, is_more = shown(_affected(view, others, slot_ids))
    is_emptied = command.when_booked is WhenBooked.CANCEL
    is_booked = any(claim.owner_kind in _CALLED_OFF for claim in others)
    block = Block(
        block_id=BlockId(view.new_id("blk")),
        resource_id=resource.resource_id,
        starts_at=interval.starts_at,
        ends_at=interval.ends_at,
        reason=command.reason,
        status=BlockStatus.ACTIVE,
        created_at=now,
        removed_at=None,
        version=1,
        # Bookings of what is unlimited share no lock with us: one may be on its way.
        is_settling=is_emptied and (is_booked or resource.capacity is None),
    )
    view.insert(block)
    _claim(view, resource, block, blocks)
    for slot_id in slot_ids:
        _block_slot(view, view.get(Slot, slot_id), block, is_emptied=is_emptied)
    view.fact(
        "block.added", block, resource_id=resource.resource_id, when_booked=command.when_booked
    )
    return Closure(record=block, affected=some, is_more=is_more)


def _in_use(resource: Resource, others: Iterable[Claim]) -> RecordInUse:
    affected = {Affected(kind=claim.owner_kind.value, record_id=claim.owner_id) for claim in others}
    some, _ = shown(affected)
    message = (
        f"{len(affected)} booking(s), hold(s), slot(s) or block(s) are in that time. {EMPTY_FIRST}"
    )
    listed = [{"kind": one.kind, "id": one.record_id} for one in some]
    return RecordInUse(message, kind="resource", key=resource.resource_id, affected=listed)


def _affected(view: View, others: Iterable[Claim], slot_ids: Sequence[SlotId]) -> set[Affected]:
    """Who counts on the time: bookings and holds, slots, and who is in the slots."""
    affected = {
        Affected(kind=claim.owner_kind.value, record_id=claim.owner_id)
        for claim in others
        if claim.owner_kind is not ClaimOwner.BLOCK
    }
    for slot_id in slot_ids[:LOOKED_INTO_MAX]:
        affected.update(counting_on(view, slot_id, limit=AFFECTED_SHOWN_MAX + 1))
    return affected


def _claim(view: View, resource: Resource, block: Block, others: Iterable[Claim]) -> None:
    """Take the time; over others' claims it is taken over the limit, and says so."""
    key = claims_key(resource)
    is_limited = key == resource_key(resource.resource_id)
    counting = [claim for claim in others if claim.counts_at(view.now)]
    for piece in pieces(Interval(starts_at=block.starts_at, ends_at=block.ends_at)):
        is_over = is_limited and any(
            claim.starts_at < piece.ends_at and piece.starts_at < claim.ends_at
            for claim in counting
        )
        view.acquire(
            Claim(
                claim_id=ClaimId(view.new_id("clm")),
                key=key,
                resource_id=resource.resource_id,
                owner_kind=ClaimOwner.BLOCK,
                owner_id=block.block_id,
                units=resource.capacity or 1,
                starts_at=piece.starts_at,
                ends_at=piece.ends_at,
                counts_until=None,
                is_exclusive=resource.is_exclusive and not is_over,
                is_over=is_over,
                actor_id=view.actor.actor_id,
                reason=block.reason or (OVER_BOOKINGS if is_over else None),
                acquired_at=view.now,
                converted_at=None,
                released_at=None,
            )
        )


def _block_slot(view: View, slot: Slot, block: Block, *, is_emptied: bool) -> None:
    """Take no more bookings in a slot whose room is blocked."""
    if slot.status is SlotStatus.BLOCKED and is_emptied and not slot.is_settling:
        # Another block closed it and left its bookings; this one calls them off.
        emptied = view.update(slot, is_settling=True, blocked_by=block.block_id)
        view.fact("slot.blocked", emptied, block_id=block.block_id)
    if slot.status is not SlotStatus.OPEN:
        return
    blocked = view.update(
        slot,
        status=SlotStatus.BLOCKED,
        blocked_by=block.block_id,
        cancel_reason=block.reason or None,
        is_settling=is_emptied,
    )
    view.fact("slot.blocked", blocked, block_id=block.block_id)


def _settle_needs(command: SettleBlock, look: Look) -> Needs:
    block = look.get(Block, command.block_id)
    if not block.is_settling:
        return Needs()
    owners = _left_under(look, block)
    return gathered(partial(_calling_off_needs, look, *owner) for owner in owners)


def _calling_off_needs(look: Look, kind: type[_Owner], owner_id: str) -> Needs:
    """Lock what is given back, and the line of whoever goes back in it."""
    needs = release_needs(look, owner_id)
    entry = look.get(kind, owner_id)
    if not isinstance(entry, WaitlistEntry):
        return needs
    return needs | Needs.of(guards=[waitlist_key(entry.offering_id)])


def _left_under(look: Look, block: Block) -> list[tuple[type[_Owner], str]]:
    """The next few bookings, holds and invitations in a block's time that can be called off."""
    resource = look.get(Resource, block.resource_id)
    use = use_of(look, resource, Interval(starts_at=block.starts_at, ends_at=block.ends_at))
    look.want(*use.overs)
    kinds = {
        claim.owner_id: _CALLED_OFF[claim.owner_kind]
        for claim in use.claims(look)
        if claim.owner_kind in _CALLED_OFF
    }
    look.want(*(ById(kind, owner_id) for owner_id, kind in kinds.items()))
    left = [
        (kind, owner_id)
        for owner_id, kind in sorted(kinds.items())
        if may_be_called_off(look.get(kind, owner_id))
    ][:CALLED_OFF_MAX]
    look.want(*(Where(Claim, "owner_id", owner_id) for _, owner_id in left))
    return left


def _settle(view: View, command: SettleBlock, now: datetime) -> Settled:
    del now
    block = view.get(Block, command.block_id)
    if not block.is_settling:
        return Settled(called_off=0, is_done=True, is_settling=False)
    owners = _left_under(view, block)
    reason = block.reason or None
    called_off = sum(call_off(view, view.get(kind, key), reason=reason) for kind, key in owners)
    if len(owners) == CALLED_OFF_MAX:
        return Settled(called_off=called_off, is_done=False, is_settling=True)
    is_guarded = view.get(Resource, block.resource_id).capacity is not None
    if is_guarded or command.outlived_version == block.version:
        block = view.update(block, is_settling=False)
    return Settled(called_off=called_off, is_done=True, is_settling=block.is_settling)


def _remove_needs(command: RemoveBlock, look: Look) -> Needs:
    return _needs_of(look, look.get(Block, command.block_id))


def _needs_of(look: Look, block: Block) -> Needs:
    look.want(Where(Claim, "owner_id", block.block_id), Where(Slot, "blocked_by", block.block_id))
    guards = {resource_key(block.resource_id)}
    guards.update(claim.key for claim in look.where(Claim, "owner_id", block.block_id))
    slots = look.where(Slot, "blocked_by", block.block_id)
    look.want(*(Where(Claim, "owner_id", slot.slot_id) for slot in slots))
    rooms = [claim for slot in slots for claim in _rooms(look, slot)]
    look.want(*(ById(Resource, claim.resource_id or "") for claim in rooms))
    look.want(*(_over(look, claim) for claim in rooms))
    # Whoever blocks another room of such a slot has that room's lock.
    guards.update(f"res:{claim.resource_id}" for claim in rooms)
    return Needs.of(guards=guards, counters={key for slot in slots for key in slot.counter_keys})


def _rooms(look: Look, slot: Slot) -> list[Claim]:
    """What a slot has taken for itself."""
    claims = look.where(Claim, "owner_id", slot.slot_id)
    return [claim for claim in claims if claim.resource_id is not None]


def _over(look: Look, room: Claim) -> Over:
    """Where the blocks of a slot's room are."""
    resource = look.get(Resource, room.resource_id or "")
    return Over(claims_key(resource), room.starts_at, room.ends_at)


def _remove(view: View, command: RemoveBlock, now: datetime) -> Block:
    return _end(view, view.get(Block, command.block_id), now=now)


def _end(view: View, block: Block, *, now: datetime) -> Block:
    """Give a block's time back, and open the slots again that nothing else blocks."""
    if block.status is BlockStatus.REMOVED:
        return block
    for claim in view.where(Claim, "owner_id", block.block_id):
        view.change_claim(claim, released_at=now)
    for slot in view.where(Slot, "blocked_by", block.block_id):
        _reopen(view, slot)
    removed = view.update(block, status=BlockStatus.REMOVED, removed_at=now, is_settling=False)
    view.fact("block.removed", removed, resource_id=removed.resource_id)
    return removed


def _reopen(view: View, slot: Slot) -> None:
    for room in _rooms(view, slot):
        over = _over(view, room)
        for claim in view.claims_over(
            over.key, Interval(starts_at=over.starts_at, ends_at=over.ends_at)
        ):
            if claim.owner_kind is ClaimOwner.BLOCK:
                view.update(slot, blocked_by=BlockId(claim.owner_id))
                return
    opened = view.update(slot, status=SlotStatus.OPEN, blocked_by=None, cancel_reason=None)
    view.fact("slot.opened", opened)


def _remove_at_needs(command: RemoveBlockAt, look: Look) -> Needs:
    return _needs_of(look, _starting(look, command))


def _starting(look: Look, command: RemoveBlockAt) -> Block:
    look.want(ById(Resource, command.resource_id), Where(Block, "resource_id", command.resource_id))
    look.get(Resource, command.resource_id)
    for block in look.where(Block, "resource_id", command.resource_id):
        if block.starts_at == command.starts_at:
            return block
    key = f"{command.resource_id} at {command.starts_at.isoformat()}"
    raise RecordNotFound(kind="block", key=key)


def _remove_at(view: View, command: RemoveBlockAt, now: datetime) -> Block:
    return _end(view, _starting(view, command), now=now)


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        AddBlock: UseCase(
            "block.add", scopes=(Scope.CATALOGUE_WRITE,), needs=_add_needs, decide=_add
        ),
        SettleBlock: UseCase(
            "block.settle", scopes=(Scope.CATALOGUE_WRITE,), needs=_settle_needs, decide=_settle
        ),
        RemoveBlock: UseCase(
            "block.remove", scopes=(Scope.CATALOGUE_WRITE,), needs=_remove_needs, decide=_remove
        ),
        RemoveBlockAt: UseCase(
            "block.remove_at",
            scopes=(Scope.CATALOGUE_WRITE,),
            needs=_remove_at_needs,
            decide=_remove_at,
        ),
    }
)
