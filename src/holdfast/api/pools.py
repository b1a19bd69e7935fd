"""Pools: resources that stand in for one another, such as the setups of a region."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field
from starlette.responses import Response

from holdfast.api.calls import Call, Endpoint
from holdfast.api.models import (
    AResourceId,
    Body,
    InstantOut,
    Line,
    LongText,
    Metadata,
    Out,
    Patch,
    Query,
    SortOrder,
    Words,
    read_flag,
)
from holdfast.api.paging import PageOut, PageQuery
from holdfast.api.refusals import CHANGED_CODES
from holdfast.api.turns import Turn
from holdfast.domain.access import Scope
from holdfast.domain.ids import PoolId
from holdfast.domain.pools import POOL_MEMBERS_MAX, Pool, PoolAction, PoolStatus
from holdfast.domain.resources import Resource, ResourceStatus
from holdfast.engine.pools import ActOnPool, AddPool, ChangePool
from holdfast.engine.reading import Page

Members = Annotated[list[AResourceId], Field(max_length=POOL_MEMBERS_MAX)]


class AddPoolIn(Body):
    """A region, a team, the rooms that stand in for one another: members in the order of trying."""

    name: Line
    kind: Line = "pool"
    description: LongText = ""
    resource_ids: Members = Field(default_factory=list)
    sort_order: SortOrder = 0
    metadata: Metadata = Field(default_factory=dict)


class ChangePoolIn(Patch):
    """What to change. `resource_ids` replaces all members; bookings that were made stay."""

    turns: ClassVar = MappingProxyType({"resource_ids": Turn("resource_ids", tuple)})

    name: Line = ""
    kind: Line = ""
    description: LongText = ""
    resource_ids: Members = Field(default_factory=list)
    sort_order: SortOrder = 0
    metadata: Metadata = Field(default_factory=dict)


class RestorePoolIn(Body):
    """Nothing has to be said for it."""


class DeletePoolQuery(Query):
    """With `force` a pool is deleted although offerings need it: they cannot be booked then."""

    force: Annotated[bool, BeforeValidator(read_flag)] = False


class PoolQuery(PageQuery):
    """Which pools to list; by default the active ones."""

    kind: Line | None = None
    status: Words[PoolStatus] = ()


class PoolOut(Out):
    """Resources that stand in for one another, in the order in which they are tried."""

    pool_id: str
    name: str
    kind: str
    description: str
    resource_ids: list[str]
    sort_order: int
    status: PoolStatus
    metadata: dict[str, Any]
    created_at: InstantOut
    deleted_at: InstantOut | None
    version: int

    @classmethod
    def of(cls, pool: Pool) -> PoolOut:
        """Show a pool."""
        return cls(**_shown(pool))


class PoolMemberOut(Out):
    """A resource of a pool."""

    resource_id: str
    name: str
    status: ResourceStatus


class PoolWithResourcesOut(PoolOut):
    """A pool with the names of its resources."""

    resources: list[PoolMemberOut]

    @classmethod
    def with_resources(cls, pool: Pool, resources: tuple[Resource, ...]) -> PoolWithResourcesOut:
        """Show a pool and its resources."""
        members = [
            PoolMemberOut(resource_id=one.resource_id, name=one.name, status=one.status)
            for one in resources
        ]
        return cls(**_shown(pool), resources=members)


class PoolPage(PageOut):
    """A page of pools, by their sort order."""

    items: list[PoolOut]


def _shown(pool: Pool) -> dict[str, Any]:
    return {
        "pool_id": pool.pool_id,
        "name": pool.name,
        "kind": pool.kind,
        "description": pool.description,
        "resource_ids": list(pool.resource_ids),
        "sort_order": pool.sort_order,
        "status": pool.status,
        "metadata": pool.metadata,
        "created_at": pool.created_at,
        "deleted_at": pool.deleted_at,
        "version": pool.version,
    }


def _pool_id(call: Call) -> PoolId:
    return PoolId(call.path_id("pool_id", "pol", kind="pool"))


async def add(call: Call) -> Response:
    """Add a pool."""
    body = await call.body(AddPoolIn)
    command = AddPool(
        name=body.name,
        kind=body.kind,
        description=body.description,
        resource_ids=tuple(body.resource_ids),
        sort_order=body.sort_order,
        metadata=body.metadata,
    )
    return await call.write(command, PoolOut.of, location="/v1/pools")


async def list_(call: Call) -> Response:
    """List pools."""
    query = call.query(PoolQuery)
    request = call.page_request(query)
    statuses = query.status or (PoolStatus.ACTIVE,)
    page: Page[Pool] = await call.read(
        lambda desk: desk.pools.list(request, kind=query.kind, statuses=statuses)
    )
    cursor = call.next_cursor(page)
    items = [PoolOut.of(pool) for pool in page.items]
    return call.page(PoolPage(items=items, next_cursor=cursor), cursor)


async def get(call: Call) -> Response:
    """Show a pool with its resources."""
    pool_id = _pool_id(call)
    pool, resources = await call.read(lambda desk: desk.pools.get_with_resources(pool_id))
    shown = PoolWithResourcesOut.with_resources(pool, resources)
    # The names of resources change without the pool.
    return call.record(shown, version=pool.version, is_settled=False)


async def change(call: Call) -> Response:
    """Change a pool."""
    pool_id = _pool_id(call)
    body = await call.body(ChangePoolIn)
    command = ChangePool(pool_id=pool_id, changes=body.changes(), if_version=call.if_version)
    return await call.write(command, PoolOut.of)


async def delete(call: Call) -> Response:
    """Delete a pool softly."""
    pool_id = _pool_id(call)
    await call.no_body()
    query = call.query(DeletePoolQuery)
    command = ActOnPool(
        pool_id=pool_id,
        action=PoolAction.DELETE,
        is_forced=query.force,
        if_version=call.if_version,
    )
    return await call.write(command, PoolOut.of)


async def restore(call: Call) -> Response:
    """Undo the deletion of a pool."""
    pool_id = _pool_id(call)
    await call.body(RestorePoolIn)
    command = ActOnPool(pool_id=pool_id, action=PoolAction.RESTORE, if_version=call.if_version)
    return await call.write(command, PoolOut.of)


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/pools",
        name="addPool",
        summary="Add resources that stand in for one another",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=add,
        body=AddPoolIn,
        answer=PoolOut,
        status=201,
    ),
    Endpoint(
        method="GET",
        path="/v1/pools",
        name="listPools",
        summary="List pools, by their sort order; of one kind, such as regions",
        scopes=(Scope.CATALOGUE_READ,),
        run=list_,
        query=PoolQuery,
        answer=PoolPage,
    ),
    Endpoint(
        method="GET",
        path="/v1/pools/{pool_id}",
        name="getPool",
        summary="Show a pool with the names of its resources, deleted ones included",
        scopes=(Scope.CATALOGUE_READ,),
        run=get,
        answer=PoolWithResourcesOut,
        codes=("record.not_found",),
    ),
    Endpoint(
        method="PATCH",
        path="/v1/pools/{pool_id}",
        name="changePool",
        summary="Change a pool or its members",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=change,
        body=ChangePoolIn,
        answer=PoolOut,
        codes=CHANGED_CODES,
        takes_version=True,
    ),
    Endpoint(
        method="DELETE",
        path="/v1/pools/{pool_id}",
        name="deletePool",
        summary="Delete a pool softly; refused while offerings on sale need it",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=delete,
        query=DeletePoolQuery,
        answer=PoolOut,
        codes=("record.in_use", *CHANGED_CODES),
        takes_version=True,
    ),
    Endpoint(
        method="POST",
        path="/v1/pools/{pool_id}/restore",
        name="restorePool",
        summary="Undo the deletion of a pool",
        scopes=(Scope.CATALOGUE_WRITE,),
        run=restore,
        body=RestorePoolIn,
        is_body_optional=True,
        answer=PoolOut,
        codes=CHANGED_CODES,
        takes_version=True,
    ),
)
