"""Blocks: time taken away from a resource, by instants or by whole local days."""

from __future__ import annotations

from datetime import date, datetime

from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import (
    AResourceId,
    Body,
    Instant,
    InstantOut,
    LocalDay,
    MaybeEmptyLine,
    Out,
    QueryInstant,
    Words,
)
from holdfast.api.paging import PageOut, PageQuery
from holdfast.domain.access import Scope
from holdfast.domain.blocks import Block, BlockStatus
from holdfast.domain.errors import InputInvalid
from holdfast.domain.ids import BlockId, ResourceId
from holdfast.domain.zones import MINUTES_PER_DAY, instant_of, zone
from holdfast.engine.blocks import AddBlock, RemoveBlock
from holdfast.engine.facade import TenantEngine
from holdfast.engine.reading import Page


class BlockTimeIn(Body):
    """When, and why.

    Either `starts_at` up to but not including `ends_at`, or all of the local days `from_on` to
    `until_on`, both included, in the resource's zone.
    """

    starts_at: Instant | None = None
    ends_at: Instant | None = None
    from_on: LocalDay | None = None
    until_on: LocalDay | None = None
    reason: MaybeEmptyLine = ""


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
    version: int

    @classmethod
    def of(cls, block: Block) -> BlockOut:
        """Show a block."""
        return cls(
            block_id=block.block_id,
            resource_id=block.resource_id,
            starts_at=block.starts_at,
            ends_at=block.ends_at,
            reason=block.reason,
            status=block.status,
            created_at=block.created_at,
            removed_at=block.removed_at,
            version=block.version,
        )


class BlockPage(PageOut):
    """A page of blocks, by their start."""

    items: list[BlockOut]


def _resource_id(call: Call) -> ResourceId:
    return ResourceId(call.path_id("resource_id", "res", kind="resource"))


def _block_id(call: Call) -> BlockId:
    return BlockId(call.path_id("block_id", "blk", kind="block"))


def _zone_name(desk: TenantEngine, resource_id: ResourceId) -> str:
    return desk.resources.get(resource_id).zone or desk.get().zone


def _days(first: date, last: date, zone_name: str) -> tuple[datetime, datetime]:
    """Return where the first local day begins and the last one ends."""
    here = zone(zone_name)
    return (
        instant_of(first, 0, here, gap="forward"),
        instant_of(last, MINUTES_PER_DAY, here, gap="forward"),
    )


async def _add(call: Call, body: BlockTimeIn, resource_id: ResourceId) -> Response:
    instants = (body.starts_at, body.ends_at)
    days = (body.from_on, body.until_on)
    match (*instants, *days):
        case (datetime() as starts_at, datetime() as ends_at, None, None):
            pass
        case (None, None, date() as first, date() as last):
            zone_name = await call.read(lambda desk: _zone_name(desk, resource_id))
            starts_at, ends_at = _days(first, last, zone_name)
        case _:
            message = "Say when: either starts_at and ends_at, or from_on and until_on."
            raise InputInvalid.at("/starts_at", "time_choice", message)
    command = AddBlock(
        resource_id=resource_id, starts_at=starts_at, ends_at=ends_at, reason=body.reason
    )
    return await call.write(command, BlockOut.of, location="/v1/blocks")


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


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/blocks",
        name="addBlock",
        summary="Take time away from a resource; refused while somebody counts on it",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=add,
        body=AddBlockIn,
        answer=BlockOut,
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
        summary="Take time away from this resource",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=add_of_resource,
        body=BlockTimeIn,
        answer=BlockOut,
        status=201,
        codes=("record.in_use", "record.not_found"),
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
