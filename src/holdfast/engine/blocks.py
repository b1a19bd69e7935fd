"""Blocks: take time away from a resource, and give it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from holdfast.domain import checks
from holdfast.domain.access import Scope
from holdfast.domain.blocks import Block, BlockStatus
from holdfast.domain.claims import Claim, ClaimOwner, pieces, resource_key
from holdfast.domain.errors import InputInvalid, RecordInUse
from holdfast.domain.ids import BlockId, ClaimId, ResourceId
from holdfast.domain.intervals import FIRST_INSTANT, LAST_INSTANT, Interval
from holdfast.domain.resources import Resource
from holdfast.engine.ports import Over, Where
from holdfast.engine.releasing import make_way, way_making_needs
from holdfast.engine.staging import claims_key
from holdfast.engine.use_cases import Look, Needs, UseCase, View

BLOCK_MAX = timedelta(days=1_100)
AFFECTED_SHOWN_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class AddBlock:
    """Take `[starts_at, ends_at)` away from a resource.

    Refused while bookings or holds are there; the refusal lists them.
    """

    resource_id: ResourceId
    starts_at: datetime
    ends_at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveBlock:
    """Give blocked time back. Removing again changes nothing."""

    block_id: BlockId


def interval_of(command: AddBlock) -> Interval:
    """Return the time of a block.

    Raises:
        InputInvalid: It ends before it begins, is too long, or lies outside the calendar.
    """
    if not FIRST_INSTANT <= command.starts_at < command.ends_at <= LAST_INSTANT:
        raise InputInvalid.at("/ends_at", "reversed", "A block ends after it starts.")
    if command.ends_at - command.starts_at > BLOCK_MAX:
        message = f"A block is at most {BLOCK_MAX.days} days long. Deactivate the resource instead."
        raise InputInvalid.at("/ends_at", "too_long", message)
    return Interval(starts_at=command.starts_at, ends_at=command.ends_at)


def _add_needs(command: AddBlock, look: Look) -> Needs:
    interval = interval_of(command)
    resource = look.get(Resource, command.resource_id)
    key = claims_key(resource)
    # The definition's lock as well, so that a resource cannot become limited in between.
    over = Over(key, interval.starts_at, interval.ends_at)
    look.want(over)
    more = way_making_needs(look, [over], interval, own_id=None)
    guards = {key, resource_key(resource.resource_id)} | more.guards
    return Needs.of(guards=guards, counters=more.counters)


def _add(view: View, command: AddBlock, now: datetime) -> Block:
    interval = interval_of(command)
    checks.require([checks.line("/reason", command.reason)])
    resource = view.get(Resource, command.resource_id)
    key = claims_key(resource)
    over = Over(key, interval.starts_at, interval.ends_at)
    make_way(view, [over], interval, own_id=None)
    _require_free(view, key, interval, now=now)
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
    )
    view.insert(block)
    for piece in pieces(interval):
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
                is_exclusive=resource.is_exclusive,
                is_over=False,
                actor_id=view.actor.actor_id,
                reason=command.reason or None,
                acquired_at=now,
                converted_at=None,
                released_at=None,
            )
        )
    view.fact("block.added", block, resource_id=resource.resource_id)
    return block


def _require_free(view: View, key: str, interval: Interval, *, now: datetime) -> None:
    """Refuse while somebody counts on the time."""
    affected = sorted(
        {
            (claim.owner_kind.value, claim.owner_id)
            for claim in view.claims_over(key, interval)
            if claim.counts_at(now)
        }
    )
    if affected:
        message = (
            f"{len(affected)} booking(s), hold(s), slot(s) or block(s) are in that time. Cancel or"
            " move them first."
        )
        shown = [{"kind": kind, "id": owner} for kind, owner in affected[:AFFECTED_SHOWN_MAX]]
        raise RecordInUse(message, kind="resource", key=key.partition(":")[2], affected=shown)


def _remove_needs(command: RemoveBlock, look: Look) -> Needs:
    block = look.get(Block, command.block_id)
    claims = Where(Claim, "owner_id", block.block_id)
    guards = {resource_key(block.resource_id)}
    guards.update(claim.key for claim in look.where(Claim, "owner_id", block.block_id))
    return Needs.of(guards=guards, reads=[claims])


def _remove(view: View, command: RemoveBlock, now: datetime) -> Block:
    block = view.get(Block, command.block_id)
    if block.status is BlockStatus.REMOVED:
        return block
    for claim in view.where(Claim, "owner_id", block.block_id):
        view.change_claim(claim, released_at=now)
    removed = view.update(block, status=BlockStatus.REMOVED, removed_at=now)
    view.fact("block.removed", removed, resource_id=removed.resource_id)
    return removed


USE_CASES: Mapping[type, UseCase[Any, Any]] = MappingProxyType(
    {
        AddBlock: UseCase(
            "block.add", scopes=(Scope.CATALOGUE_WRITE,), needs=_add_needs, decide=_add
        ),
        RemoveBlock: UseCase(
            "block.remove", scopes=(Scope.CATALOGUE_WRITE,), needs=_remove_needs, decide=_remove
        ),
    }
)
