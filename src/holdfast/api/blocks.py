"""Blocks: time taken away from a resource, by instants or by whole local days."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.closures import AffectedOut, WhenBookedIn, closing
from holdfast.api.models import (
    AResourceId,
    Body,
    Instant,
    InstantOut,
    LocalDay,
    MaybeEmptyLine,
    Out,
    Query,
    QueryInstant,
    Words,
)
from holdfast.api.paging import PageOut, PageQuery
from holdfast.domain.access import Scope
from holdfast.domain.blocks import Block, BlockStatus
from holdfast.domain.closures import Closure, WhenBooked
from holdfast.domain.ids import BlockId, ResourceId
from holdfast.engine.blocks import AddBlock, RemoveBlock, RemoveBlockAt
from holdfast.engine.reading import Page


class BlockTimeIn(Body):
    """When, why, and what becomes of the bookings and holds in that time.

    Either `starts_at` up to but not including `ends_at`, or all of the local days `first_on` to
    `last_on`, both included, in the resource's zone. When it is booked, a block is refused with a
    list, or placed over the bookings, which are then listed (`list`) or called off (`cancel`).
    """

    starts_at: Instant | None = None
    ends_at: Instant | None = None
    first_on: LocalDay | None = None
    last_on: LocalDay | None = None
    reason: MaybeEmptyLine = ""
    when_booked: WhenBookedIn = WhenBooked.REFUSE


class AddBlockIn(BlockTimeIn):
    """Which resource, when and why."""

    resource_id: AResourceId


class ResourceBlockQuery(PageQuery):
    """Which blocks of the resource to list; by default the active ones."""

    ends_after: QueryInstant | None = None
    status: Words[BlockStatus] = ()


class BlockQuery(ResourceBlockQuery):
    """Which blocks to list; by default the active ones."""

    resource_id: AResourceId | None = None


class BlockAtQuery(Query):
    """When the block begins."""

    starts_at: QueryInstant


class BlockOut(Out):
    """Time taken away from a resource: from `starts_at` up to but not including `ends_at`."""

    block_id: str
    resource_id: str
    starts_at: InstantOut
    ends_at: InstantOut
    reason: str
    status: BlockStatus
    created_at: InstantOut
    removed_at: InstantOut | None
    is_settling: bool
    version: int

    @classmethod
    def of(cls, block: Block) -> BlockOut:
        """Show a block."""
        return cls(**_shown(block))


class ClosedBlockOut(BlockOut):
    """A new block, and the first 50 of those whom it concerns.

    While `is_settling`, bookings and holds are still being called off.
    """

    affected: list[AffectedOut]
    is_more: bool

    @classmethod
    def closed(cls, closure: Closure[Block]) -> ClosedBlockOut:
        """Show a new block."""
        return cls(**_shown(closure.record), **closing(closure))


def _shown(block: Block) -> dict[str, Any]:
    return {
        "block_id": block.block_id,
        "resource_id": block.resource_id,
        "starts_at": block.starts_at,
        "ends_at": block.ends_at,
        "reason": block.reason,
        "status": block.status,
        "created_at": block.created_at,
        "removed_at": block.removed_at,
        "is_settling": block.is_settling,
        "version": block.version,
    }


class BlockPage(PageOut):
    """A page of blocks, by their start."""

    items: list[BlockOut]


def _resource_id(call: Call) -> ResourceId:
    return ResourceId(call.path_id("resource_id", "res", kind="resource"))


def _block_id(call: Call) -> BlockId:
    return BlockId(call.path_id("block_id", "blk", kind="block"))


async def _add(call: Call, body: BlockTimeIn, resource_id: ResourceId) -> Response:
    command = AddBlock(
        resource_id=resource_id,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        first_on=body.first_on,
        last_on=body.last_on,
        reason=body.reason,
        when_booked=body.when_booked,
    )
    response = await call.write(command, ClosedBlockOut.closed, location="/v1/blocks")
    if body.when_booked is WhenBooked.CANCEL:
        block_id = BlockId(json.loads(bytes(response.body))["block_id"])
        slots = await call.read(lambda desk: desk.blocks.blocked_slots(block_id))
        await call.settle_block(block_id)
        for slot in slots:
            if slot.is_settling:
                await call.settle_slot(slot.slot_id)
    return response


async def add(call: Call) -> Response:
    """Take time away from a resource."""
    body = await call.body(AddBlockIn)
    return await _add(call, body, body.resource_id)


async def add_of_resource(call: Call) -> Response:
    """Take time away from the resource of the path."""
    resource_id = _resource_id(call)
    return await _add(call, await call.body(BlockTimeIn), resource_id)


async def _list(call: Call, query: ResourceBlockQuery, resource_id: ResourceId | None) -> Response:
    request = call.page_request(query)
    statuses = query.status or (BlockStatus.ACTIVE,)
    page: Page[Block] = await call.read(
        lambda desk: desk.blocks.list(
            request, resource_id=resource_id, ends_after=query.ends_after, statuses=statuses
        )
    )
    cursor = call.next_cursor(page)
    items = [BlockOut.of(block) for block in page.items]
    return call.page(BlockPage(items=items, next_cursor=cursor), cursor)


async def list_(call: Call) -> Response:
    """List blocks."""
    query = call.query(BlockQuery)
    return await _list(call, query, query.resource_id)


async def list_of_resource(call: Call) -> Response:
    """List the blocks of a resource."""
    resource_id = _resource_id(call)
    query = call.query(ResourceBlockQuery)
    await call.read(lambda desk: desk.resources.get(resource_id))
    return await _list(call, query, resource_id)


async def get(call: Call) -> Response:
    """Show a block."""
    block_id = _block_id(call)
    block = await call.read(lambda desk: desk.blocks.get(block_id))
    return call.record(BlockOut.of(block), version=block.version)


async def remove(call: Call) -> Response:
    """Give time back."""
    block_id = _block_id(call)
    await call.no_body()
    return await call.write(RemoveBlock(block_id=block_id), BlockOut.of)


async def remove_at(call: Call) -> Response:
    """Give back the time of the resource that is blocked from an instant on."""
    resource_id = _resource_id(call)
    await call.no_body()
    query = call.query(BlockAtQuery)
    command = RemoveBlockAt(resource_id=resource_id, starts_at=query.starts_at)
    return await call.write(command, BlockOut.of)


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/blocks",
        name="addBlock",
        summary="Take time away from a resource, also over bookings",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=add,
        body=AddBlockIn,
        answer=ClosedBlockOut,
        status=201,
        codes=("record.in_use", "record.not_found"),
    ),
    Endpoint(
        method="GET",
        path="/v1/blocks",
        name="listBlocks",
        summary="List blocks, by their start",
        scopes=(Scope.CATALOGUE_READ,),
        run=list_,
        query=BlockQuery,
        answer=BlockPage,
    ),
    Endpoint(
        method="GET",
        path="/v1/blocks/{block_id}",
        name="getBlock",
        summary="Show a block",
        scopes=(Scope.CATALOGUE_READ,),
        run=get,
        answer=BlockOut,
        codes=("record.not_found",),
    ),
    Endpoint(
        method="DELETE",
        path="/v1/blocks/{block_id}",
        name="removeBlock",
        summary="Give blocked time back; doing it again changes nothing",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=remove,
        answer=BlockOut,
        codes=("record.not_found",),
    ),
    Endpoint(
        method="POST",
        path="/v1/resources/{resource_id}/blocks",
        name="addResourceBlock",
        summary="Take time away from this resource, also over bookings",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=add_of_resource,
        body=BlockTimeIn,
        answer=ClosedBlockOut,
        status=201,
        codes=("record.in_use", "record.not_found"),
    ),
    Endpoint(
        method="DELETE",
        path="/v1/resources/{resource_id}/blocks",
        name="removeResourceBlock",
        summary="Give back the time of this resource that is blocked from an instant on",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=remove_at,
        query=BlockAtQuery,
        answer=BlockOut,
        codes=("record.not_found",),
    ),
    Endpoint(
        method="GET",
        path="/v1/resources/{resource_id}/blocks",
        name="listResourceBlocks",
        summary="List the blocks of this resource",
        scopes=(Scope.CATALOGUE_READ,),
        run=list_of_resource,
        query=ResourceBlockQuery,
        answer=BlockPage,
        codes=("record.not_found",),
    ),
)
